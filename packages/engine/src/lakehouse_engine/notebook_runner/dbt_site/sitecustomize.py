"""In dbt's own Python: Databricks' SQL connector speaks HTTPS alone unless it is given the whole address.

The local workspace is reached over HTTP, by its host as DBT_HOST has it.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_CLIENT = "databricks.sql.client"


class _OnImport:
    """Finds the connector's client as everyone else does, and changes it once it is there."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != _CLIENT:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        loader: Any = spec.loader if spec else None
        if loader is not None:
            loader.exec_module = _then(loader.exec_module)
        return spec


def _then(execute: Callable[[ModuleType], None]) -> Callable[[ModuleType], None]:
    def exec_module(module: ModuleType) -> None:
        execute(module)
        connection: Any = module.__dict__["Connection"]
        made = connection.__init__

        def init(self: Any, server_hostname: str, http_path: str, *rest: Any, **options: Any) -> None:
            if server_hostname.startswith("http://"):
                options.setdefault("_connection_uri", f"{server_hostname.rstrip('/')}/{http_path.lstrip('/')}")
            made(self, server_hostname, http_path, *rest, **options)

        connection.__init__ = init

    return exec_module


sys.meta_path.insert(0, _OnImport())
