"""One small Spark session for the tests of the engine's parts; ENGINE_JARS names Delta's jar and the engine's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lakehouse_engine.testing import EngineProcess, spark_session
from pyspark.sql import SparkSession


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    with spark_session() as session:
        yield session


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProcess]:
    """The real engine in a process of its own: catalog main, schemas default and raw, volume main.raw.landing."""
    process = EngineProcess(tmp_path_factory.mktemp("engine"))
    try:
        catalogs = [{"name": "main", "schemas": ["default", "raw"]}, {"name": "system", "schemas": []}]
        process.initialize(catalogs)
        (process.folder / "volumes/main/raw/landing").mkdir(parents=True)
        yield process
    finally:
        process.close()
