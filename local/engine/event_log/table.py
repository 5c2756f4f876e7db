"""The event log as rows: what `event_log('<pipeline id>')` answers and what is published as a table."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

# Columns of the event log: Databricks' "pipeline event log schema" reference.
SCHEMA = StructType.fromDDL("""
  id STRING, sequence STRUCT<data_plane_id: STRUCT<instance: STRING, seq_no: BIGINT>, control_plane_seq_no: BIGINT>,
  origin STRUCT<cloud: STRING, region: STRING, org_id: BIGINT, pipeline_id: STRING, pipeline_type: STRING,
    pipeline_name: STRING, cluster_id: STRING, update_id: STRING, maintenance_id: STRING, table_id: STRING,
    dataset_name: STRING, flow_id: STRING, flow_name: STRING, batch_id: BIGINT, request_id: STRING, uc_resource_id: STRING,
    host: STRING, materialization_name: STRING>,
  timestamp TIMESTAMP, message STRING, level STRING, maturity_level STRING,
  error STRUCT<fatal: BOOLEAN, exceptions: ARRAY<STRUCT<class_name: STRING, message: STRING,
    stack: ARRAY<STRUCT<declaring_class: STRING, method_name: STRING, file_name: STRING, line_number: INT>>>>>,
  details STRING, event_type STRING""")


def frame(spark: SparkSession, events: Iterable[dict[str, Any]]) -> DataFrame:
    lines = [(json.dumps({**event, "details": json.dumps(event.get("details"))}, default=str),) for event in events]
    parsed = spark.createDataFrame(lines, "line STRING").select(
        F.from_json("line", SCHEMA, {"timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSX"}).alias("e")
    )
    return parsed.select("e.*")
