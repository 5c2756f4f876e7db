"""The Spark settings of a pipeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pyspark.sql import SparkSession

from lakehouse_engine.errors import EngineError, message_of
from lakehouse_engine.sql.settings import of_cluster


def configure(session: SparkSession, pipeline: Mapping[str, Any], warn: Callable[[str], None]) -> None:
    """Of `spark_conf` of the clusters for updates what a session can take, and a warning of the rest; then all of
    `configuration`, or EngineError.

    https://docs.databricks.com/aws/en/ldp/configure-compute: a cluster's label is default, updates or maintenance.
    """
    clusters = [each for each in pipeline.get("clusters") or [] if each.get("label") != "maintenance"]
    for cluster in sorted(clusters, key=lambda each: each.get("label") == "updates"):
        conf = {key: str(value) for key, value in (cluster.get("spark_conf") or {}).items()}
        of_cluster(session, conf, "the pipeline's clusters", warn)
    for key, value in (pipeline.get("configuration") or {}).items():
        try:
            session.conf.set(key, str(value))
        except Exception as error:
            raise EngineError(
                f"configuration {key} of pipeline {pipeline.get('name')}: {message_of(error)}",
                error_class="INVALID_PIPELINE_SETTINGS",
            ) from None
