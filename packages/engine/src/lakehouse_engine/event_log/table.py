"""`event_log('<pipeline id>')`: a pipeline's events as rows, with the columns that Databricks documents."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from lakehouse_engine import event_log
from lakehouse_engine.errors import EngineError

SCHEMA = """
id string, sequence struct<data_plane_id: struct<instance: string, seq_no: bigint>, control_plane_seq_no: bigint>,
origin struct<cloud: string, region: string, org_id: bigint, user_id: bigint, pipeline_id: string,
  pipeline_type: string, pipeline_name: string, cluster_id: string, update_id: string, maintenance_id: string,
  table_id: string, dataset_name: string, flow_id: string, flow_name: string, batch_id: bigint, request_id: string,
  uc_resource_id: string, catalog_name: string, schema_name: string, host: string>,
timestamp timestamp, message string, level string, maturity_level string,
error struct<fatal: boolean, exceptions: array<struct<class_name: string, message: string,
  stack: array<struct<declaring_class: string, method_name: string, file_name: string, line_number: bigint>>>>>,
details string, event_type string"""


def file_of(storage: str) -> str:
    return os.path.join(storage, "events.jsonl")


def event_log_frame(session: SparkSession, storage: str) -> DataFrame:
    """The events so far of the pipeline whose files are in `storage`."""
    return frame_of(session, event_log.read(file_of(storage)))


def frame_of(session: SparkSession, events: list[event_log.Event]) -> DataFrame:
    lines = []
    for event in events:
        lines.append((json.dumps({**event, "details": json.dumps(event["details"])}),))
    if not lines:
        return session.createDataFrame([], SCHEMA)
    text = session.createDataFrame(lines, "value string")
    return text.selectExpr(f"inline(array(from_json(value, '{' '.join(SCHEMA.split())}')))")


def storage_of(own: Mapping[str, Any], storage: str, arguments: Sequence[str]) -> str:
    """The folder of the pipeline that event_log's argument names: an id, which may be the running pipeline's own."""
    if len(arguments) != 1:
        raise EngineError("event_log takes one argument, a pipeline's id", error_class="WRONG_NUM_ARGS")
    wanted = arguments[0]
    folder = storage if wanted == own.get("id") else os.path.join(os.path.dirname(storage), os.path.basename(wanted))
    if not os.path.exists(file_of(folder)):
        raise EngineError(
            f"event_log: there is no pipeline {wanted} that has been updated", error_class="PIPELINE_DOES_NOT_EXIST"
        )
    return folder
