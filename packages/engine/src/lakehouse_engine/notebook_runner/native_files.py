"""Libraries that open files in C, C++ or Rust: their own functions are given the real path, once they are imported.

On Databricks /Volumes and /Workspace are mounted, so that every library opens files there by their paths, and relative
ones in the folder of the notebook or file that runs.
https://docs.databricks.com/aws/en/volumes/volume-files
https://docs.databricks.com/aws/en/files/cwd-dbr-14
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any

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
    for name in {*_FUNCTIONS, *_METHODS} & set(sys.modules):
        _change(sys.modules[name], wrap)
    sys.meta_path.insert(0, _AfterImport(wrap))


class _AfterImport(importlib.abc.MetaPathFinder):
    """Finds these modules as everyone else does, and changes their functions when they have been executed."""

    def __init__(self, wrap: Wrap) -> None:
        self._wrap = wrap
        self._finding = threading.local()

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if (name not in _FUNCTIONS and name not in _METHODS) or getattr(self._finding, "name", None) == name:
            return None
        self._finding.name = name
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self._finding.name = None
        loader: Any = spec.loader if spec else None
        if loader is not None:
            loader.exec_module = self._then(loader.exec_module)
        return spec

    def _then(self, execute: Callable[[ModuleType], None]) -> Callable[[ModuleType], None]:
        def exec_module(module: ModuleType) -> None:
            execute(module)
            _change(module, self._wrap)

        return exec_module


def _change(module: ModuleType, wrap: Wrap) -> None:
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
