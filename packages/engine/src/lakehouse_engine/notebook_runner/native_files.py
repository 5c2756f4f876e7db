"""Libraries that open files in C, C++ or Rust: their own functions are given the real path, once they are imported.

On Databricks /Volumes and /Workspace are mounted, so that every library opens files there by their paths, and relative
ones in the folder of the notebook or file that runs.
https://docs.databricks.com/aws/en/volumes/volume-files
https://docs.databricks.com/aws/en/files/cwd-dbr-14
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from lakehouse_engine.notebook_runner import after_import

# The path is the first argument of each, but of those in _SECOND.
# fmt: off
_FUNCTIONS = {
    "cv2": ["imread", "imreadmulti", "imwrite"],
    "duckdb": ["connect", "from_csv_auto", "from_parquet", "read_csv", "read_json", "read_parquet"],
    "faiss": ["read_index", "write_index"],
    "fiona": ["listlayers", "open"],
    "polars": [
        "read_avro", "read_csv", "read_ipc", "read_ndjson", "read_parquet", "read_parquet_schema", "scan_csv",
        "scan_ipc", "scan_ndjson", "scan_parquet",
    ],
    "pyogrio": [
        "list_layers", "open_arrow", "read_arrow", "read_bounds", "read_dataframe", "read_info", "write_arrow",
        "write_dataframe",
    ],
    "rasterio": ["open"],
    "sqlite3": ["connect"],
    "torch": ["save"],
}
_SECOND = {("faiss", "write_index"), ("pyogrio", "write_arrow"), ("pyogrio", "write_dataframe"), ("torch", "save")}
_METHODS = {
    "duckdb": {
        "DuckDBPyConnection": ["from_csv_auto", "from_parquet", "read_csv", "read_json", "read_parquet"],
        "DuckDBPyRelation": ["to_csv", "to_parquet", "write_csv", "write_parquet"],
    },
    "h5py": {"File": ["__init__"]},
    "lightgbm": {"Booster": ["__init__", "save_model"]},
    "polars": {
        "DataFrame": ["write_avro", "write_csv", "write_ipc", "write_ndjson", "write_parquet"],
        "LazyFrame": ["sink_csv", "sink_ipc", "sink_ndjson", "sink_parquet"],
    },
    "xgboost": {"Booster": ["load_model", "save_model"]},
}
# fmt: on

# A function made to map the argument in that place.
Wrap = Callable[[Callable[..., Any], int], Callable[..., Any]]


def install(wrap: Wrap) -> None:
    """For the whole process, once."""
    after_import.change({*_FUNCTIONS, *_METHODS}, functools.partial(_change, wrap))


def _change(wrap: Wrap, module: ModuleType) -> None:
    for owner, name, place in _entries(module):
        setattr(owner, name, wrap(getattr(owner, name), place))


def _entries(module: ModuleType) -> Iterator[tuple[Any, str, int]]:
    """Functions and methods that the module has, and where their path is; a method's first argument is its object."""
    name = module.__name__
    for function in _FUNCTIONS.get(name, []):
        if hasattr(module, function):
            yield module, function, int((name, function) in _SECOND)
    for kind, methods in _METHODS.get(name, {}).items():
        owner = getattr(module, kind, None)
        yield from ((owner, method, 1) for method in methods if hasattr(owner, method))
