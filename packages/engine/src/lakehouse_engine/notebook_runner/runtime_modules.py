"""Modules by which code gets at `dbutils`, `spark` and the workspace: those of Databricks' runtime.

`from pyspark.dbutils import DBUtils; DBUtils(spark)` and `from databricks.sdk.runtime import dbutils, spark` mean what
the run or the update has in whose thread they are asked for. `databricks.sdk` itself is one of the packages of the
runtime, and comes when code takes more of it than that; its WorkspaceClient() is logged in as who the run acts as.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
import types
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from lakehouse_engine.environments.runtime import RuntimePackages

# `dbutils` of the pipeline whose sources or queries run; a notebook's is its run's.
of_pipeline: ContextVar[Any] = ContextVar("pipeline_dbutils", default=None)

_SDK = "databricks.sdk"
# What code and the SDK look for to see whether they are on Databricks; the first with Spark 4.
_RUNTIME_VERSION = "17.3"


def install(current_run: Callable[[], Any], login: Callable[[], tuple[str, str]], packages: RuntimePackages) -> None:
    """For the whole process, once. `login`: the workspace's address and a token for the code of this thread."""

    def dbutils(spark: Any = None) -> Any:
        run = current_run()
        found = of_pipeline.get() if run is None else run.dbutils
        if found is None:
            raise RuntimeError("dbutils is there for the code of notebooks, tasks and pipelines only")
        return found

    def attribute(name: str) -> Any:
        match name:
            case "dbutils":
                return dbutils()
            case "spark":
                return SparkSession.getActiveSession()
            case "sc":
                return SparkSession.active().sparkContext
            case "sql" | "table":
                return getattr(SparkSession.getActiveSession(), name)
        raise AttributeError(f"module 'databricks.sdk.runtime' has no attribute '{name}' here")

    def native_auth() -> tuple[str, Callable[[], dict[str, str]]]:
        host, _ = login()
        return host, lambda: {"Authorization": f"Bearer {login()[1]}"}

    os.environ["DATABRICKS_RUNTIME_VERSION"] = _RUNTIME_VERSION
    # The user's own profiles lead to real workspaces.
    os.environ["DATABRICKS_CONFIG_FILE"] = os.devnull
    sys.modules["pyspark.dbutils"] = _module("pyspark.dbutils", DBUtils=dbutils)
    runtime = _module(
        f"{_SDK}.runtime", __getattr__=attribute, __all__=["dbutils", "spark", "sc", "sql", "table"],
        init_runtime_native_auth=native_auth, init_runtime_native_unified=None, init_runtime_repl_auth=None,
        init_runtime_legacy_auth=None,
    )  # fmt: skip
    connect = _module("databricks.connect", DatabricksSession=types.SimpleNamespace(builder=_Builder()))
    package = None if importlib.util.find_spec("databricks") else _Package(packages)
    sys.meta_path.insert(0, _Finder({runtime.__name__: runtime, connect.__name__: connect}, package))
    for module in (runtime, connect):
        sys.modules[module.__name__] = module
    if package is not None:
        package.sdk.runtime = runtime


class _Builder:
    """DatabricksSession.builder: on Databricks it gives the session that is there, whatever it was told."""

    def __getattr__(self, name: str) -> Callable[..., _Builder]:
        return lambda *_, **__: self

    def getOrCreate(self) -> SparkSession | None:
        return SparkSession.getActiveSession()


class _Package:
    """`databricks` and `databricks.sdk` without their files, until code takes something of them."""

    def __init__(self, packages: RuntimePackages) -> None:
        self._packages = packages
        self.whole = False
        self.top: Any = _module("databricks", __path__=[])
        self.sdk: Any = _module(_SDK, __path__=[], __getattr__=self._attribute)
        self.top.sdk = self.sdk
        sys.modules.update({"databricks": self.top, _SDK: self.sdk})

    def _attribute(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self.complete()
        return getattr(self.sdk, name)

    def complete(self) -> None:
        """The modules are those of the runtime's packages from now on."""
        self.whole = True
        folder = Path(self._packages.folder()) / "databricks"
        self.top.__path__ = [str(folder)]
        spec = importlib.util.spec_from_file_location(
            _SDK, folder / "sdk" / "__init__.py", submodule_search_locations=[str(folder / "sdk")]
        )
        assert spec is not None and spec.loader is not None
        del self.sdk.__getattr__
        self.sdk.__spec__, self.sdk.__file__, self.sdk.__path__ = spec, spec.origin, [str(folder / "sdk")]
        try:
            spec.loader.exec_module(self.sdk)
        except BaseException:
            self.whole = False
            self.sdk.__getattr__ = self._attribute
            raise


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Comes first: the runtime's own modules stand in the place of those that a package of the same name has."""

    def __init__(self, own: dict[str, types.ModuleType], package: _Package | None) -> None:
        self._own = own
        self._package = package

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name in self._own:
            return importlib.machinery.ModuleSpec(name, self)
        package = self._package
        if package and not package.whole and name.startswith(f"{_SDK}.") and sys.modules.get(_SDK) is package.sdk:
            package.complete()
            return importlib.machinery.PathFinder.find_spec(name, package.sdk.__path__)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return self._own[spec.name]

    def exec_module(self, module: types.ModuleType) -> None:
        """It is whole."""


def _module(name: str, **members: Any) -> types.ModuleType:
    module = types.ModuleType(name, f"{name} as Databricks' runtime has it")
    module.__dict__.update(members)
    return module
