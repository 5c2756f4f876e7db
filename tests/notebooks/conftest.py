"""A plain Spark session for the shared functions; the engine for whole pipelines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lakehouse import EngineProcess, start_engine
from lakehouse_engine.testing import spark_session
from pyspark.sql import SparkSession


@pytest.fixture(scope="package")
def spark() -> Iterator[SparkSession]:
    with spark_session() as session:
        yield session


@pytest.fixture(scope="package")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProcess]:
    process = start_engine(tmp_path_factory.mktemp("engine"))
    try:
        yield process
    finally:
        process.close()
