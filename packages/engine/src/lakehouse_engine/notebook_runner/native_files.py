"""Libraries that open files in C, C++ or Rust: their own functions are given the real path, once they are imported.

On Databricks /Volumes and /Workspace are mounted, so that every library opens files there by their paths.
https://docs.databricks.com/aws/en/volumes/volume-files
"""

from __future__ import annotations

import functools
import importlib.abc
import importlib.machinery
import importlib.util
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any

# The path is the first or second argument of each.
# fmt: off
_FUNCTIONS = {
    "cv2": ["imread", "imreadmulti", "imwrite"],
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
}
_METHODS = {
    "lightgbm": {"Booster": ["save_model"]},
    "polars": {
        "DataFrame": ["write_avro", "write_csv", "write_ipc", "write_ndjson", "write_parquet"],
        "LazyFrame": ["sink_csv", "sink_ipc", "sink_ndjson", "sink_parquet"],
    },
    "xgboost": {"Booster": ["load_model", "save_model"]},
}
# fmt: on

Local = Callable[[Any], Any]


def install(local: Local) -> None:
    """For the whole process, once. `local`: the path on this machine of one below /Volumes or /Workspace."""
    sys.meta_path.insert(0, _AfterImport(local))


class _AfterImport(importlib.abc.MetaPathFinder):
    """Finds these modules as everyone else does, and changes their functions when they have been executed."""

    def __init__(self, local: Local) -> None:
        self._local = local
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
            for owner, name in _entries(module):
                setattr(owner, name, _given(self._local, getattr(owner, name)))

        return exec_module


def _entries(module: ModuleType) -> Iterator[tuple[Any, str]]:
    name = module.__name__
    owners = [(module, _FUNCTIONS.get(name, []))]
    owners += [(getattr(module, kind, None), names) for kind, names in _METHODS.get(name, {}).items()]
    return ((owner, each) for owner, names in owners for each in names if hasattr(owner, each))


def _given(local: Local, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        named = {key: local(value) for key, value in kwargs.items()}
        return function(*(local(value) for value in args[:2]), *args[2:], **named)

    return call
