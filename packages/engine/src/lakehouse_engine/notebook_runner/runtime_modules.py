"""Modules by which code outside of a notebook's cells gets at `dbutils` and `spark`: those of Databricks' runtime.

`from pyspark.dbutils import DBUtils; DBUtils(spark)` and `from databricks.sdk.runtime import dbutils, spark` mean what
the run or the update has in whose thread they are asked for.
"""

from __future__ import annotations

import importlib.util
import sys
import types
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from pyspark.sql import SparkSession

# `dbutils` of the pipeline whose sources or queries run; a notebook's is its run's.
of_pipeline: ContextVar[Any] = ContextVar("pipeline_dbutils", default=None)


def install(current_run: Callable[[], Any]) -> None:
    """For the whole process, once. A databricks-sdk that is installed stays what it is, but for its runtime module."""

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
                return SparkSession.getActiveSession().sparkContext
            case "sql" | "table":
                return getattr(SparkSession.getActiveSession(), name)
        raise AttributeError(f"module 'databricks.sdk.runtime' has no attribute '{name}' here")

    _module("pyspark.dbutils", DBUtils=dbutils)
    runtime = _module(
        "databricks.sdk.runtime", __getattr__=attribute, __all__=["dbutils", "spark", "sc", "sql", "table"]
    )
    if importlib.util.find_spec("databricks") is None:
        for name in ("databricks", "databricks.sdk"):
            _module(name, __path__=[])
        sys.modules["databricks"].sdk = sys.modules["databricks.sdk"]
        sys.modules["databricks.sdk"].runtime = runtime


def _module(name: str, **members: Any) -> types.ModuleType:
    module = types.ModuleType(name, f"{name} as Databricks' runtime has it")
    module.__dict__.update(members)
    sys.modules[name] = module
    return module
