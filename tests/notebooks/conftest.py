"""A plain Spark session, UTC as on Databricks, for the shared functions; the engine for whole pipelines."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from lakehouse import EngineProcess, start_engine
from pyspark import SparkContext
from pyspark.sql import SparkSession


@pytest.fixture(scope="package")
def spark() -> Iterator[SparkSession]:
    running = SparkContext._active_spark_context
    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.driver.memory", "1g")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    yield session
    if running is None:  # else it is another package's
        session.stop()


@pytest.fixture(scope="package")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProcess]:
    if "delta" not in os.environ.get("ENGINE_JARS", ""):
        pytest.fail("ENGINE_JARS does not name Delta's jars")
    process = start_engine(tmp_path_factory.mktemp("engine"))
    try:
        yield process
    finally:
        process.close()
