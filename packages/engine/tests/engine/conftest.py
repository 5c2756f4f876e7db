"""One small Spark session for the tests of the engine's parts; ENGINE_JARS names Delta's jar and the engine's own."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from lakehouse_engine.session import SETTINGS
from lakehouse_engine.testing import EngineProcess
from pyspark.sql import SparkSession


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    jars = os.environ.get("ENGINE_JARS", "")
    if "delta" not in jars:
        pytest.skip("ENGINE_JARS does not name Delta's jars")
    settings = {
        "spark.driver.extraClassPath": jars,
        "spark.driver.memory": "1g",
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.extensions": ",".join(
            ["org.apache.spark.sql.lakehouse.TableFilesExtension", "io.delta.sql.DeltaSparkSessionExtension"]
        ),
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.databricks.delta.snapshotPartitions": "1",
        **{name: value for name, value in SETTINGS.items() if "parquet" in name},
        "spark.databricks.delta.properties.defaults.enableDeletionVectors": "true",
    }
    builder = SparkSession.builder.master("local[2]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProcess]:
    """The real engine in a process of its own: catalog main, schemas default and raw, volume main.raw.landing."""
    if "delta" not in os.environ.get("ENGINE_JARS", ""):
        pytest.skip("ENGINE_JARS does not name Delta's jars")
    process = EngineProcess(tmp_path_factory.mktemp("engine"))
    try:
        process.initialize([{"name": "main", "schemas": ["default", "raw"]}])
        (process.folder / "volumes/main/raw/landing").mkdir(parents=True)
        yield process
    finally:
        process.close()
