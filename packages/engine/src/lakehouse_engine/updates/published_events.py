"""The event log as a table of the catalog, which the settings of a pipeline may name."""

from __future__ import annotations

import json
import os
from pathlib import Path

from pyspark.sql import SparkSession

from lakehouse_engine import event_log
from lakehouse_engine.catalog import Catalog
from lakehouse_engine.errors import EngineError
from lakehouse_engine.event_log.table import SCHEMA, file_of, frame_of
from lakehouse_engine.files import replace


def publish(
    session: SparkSession, catalog: Catalog, full_name: str, storage: str, pipeline_id: str, principal: str | None
) -> None:
    """Appends the events that the table lacks. The last one that it has is remembered beside the log."""
    mark = os.path.join(storage, "published.json")
    try:
        with open(mark) as file:
            through = json.load(file)
    except (FileNotFoundError, ValueError):
        through = {}
    record = catalog.get(full_name)
    if record is None:
        schema = session.createDataFrame([], SCHEMA).schema
        record = catalog.create_table(
            full_name, schema, comment="Event log of a pipeline", pipeline_id=pipeline_id, principal=principal
        )
        through = {}
    elif record.get("pipelineId") != pipeline_id:
        raise EngineError(
            f"event_log: the table {full_name} exists already and is not this pipeline's; name another table",
            error_class="TABLE_ALREADY_EXISTS",
        )
    done = through.get(record["location"], 0)
    events = event_log.read(file_of(storage))
    if len(events) > done:
        frame = frame_of(session, events[done:])
        frame.write.format("delta").mode("append").option("txnAppId", f"event-log-{pipeline_id}").option(
            "txnVersion", str(len(events))
        ).save(record["location"])
        replace(Path(mark), json.dumps({record["location"]: len(events)}))
