"""The event log as a table of the catalog, which the settings of a pipeline may name."""

from __future__ import annotations

import json
from pathlib import Path

from lakehouse_engine import event_log
from lakehouse_engine.errors import EngineError
from lakehouse_engine.event_log.table import SCHEMA, file_of, frame_of
from lakehouse_engine.files import replace
from lakehouse_engine.updates.context import UpdateContext


def publish(context: UpdateContext) -> None:
    """Appends the events that the table lacks. The last one that it has is remembered beside the log."""
    request, catalog = context.request, context.catalog
    if request.validating:
        return
    full_name = _table(context)
    if full_name is None:
        return
    mark = Path(request.storage) / "published.json"
    try:
        through = json.loads(mark.read_text())
    except (FileNotFoundError, ValueError):
        through = {}
    record = catalog.get(full_name)
    if record is None:
        schema = context.session.createDataFrame([], SCHEMA).schema
        record = catalog.create_table(
            full_name, schema, comment="Event log of a pipeline", pipeline_id=request.pipeline_id,
            principal=request.principal,
        )  # fmt: skip
        through = {}
    elif record.get("pipelineId") != request.pipeline_id:
        raise EngineError(
            f"event_log: the table {full_name} exists already and is not this pipeline's; name another table",
            error_class="TABLE_ALREADY_EXISTS",
        )
    done = through.get(record["location"], 0)
    events = event_log.read(file_of(request.storage))
    if len(events) > done:
        frame = frame_of(context.session, events[done:])
        frame.write.format("delta").mode("append").option("txnAppId", f"event-log-{request.pipeline_id}").option(
            "txnVersion", str(len(events))
        ).save(record["location"])
        replace(mark, json.dumps({record["location"]: len(events)}))


def _table(context: UpdateContext) -> str | None:
    """The table that the pipeline's settings name, if any."""
    wanted = context.request.pipeline.get("event_log")
    if not wanted:
        return None
    if not wanted.get("name"):
        raise EngineError(
            f"event_log of pipeline {context.request.name} names no table; set event_log.name",
            error_class="INVALID_PIPELINE_SETTINGS",
        )
    defaults = context.names.defaults
    catalog, schema = wanted.get("catalog") or defaults.catalog, wanted.get("schema") or defaults.schema
    return f"{catalog}.{schema}.{wanted['name']}"
