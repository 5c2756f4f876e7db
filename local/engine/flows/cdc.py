"""AUTO CDC flows of an update: change events, or snapshots, into a streaming table."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, Observation, SparkSession

from engine.auto_cdc.apply import AutoCdcApplier
from engine.auto_cdc.snapshot import SnapshotApplier
from engine.errors import EngineError
from engine.expectations import Rules
from engine.flows.stream import Observed, Streams
from engine.flows.target import Target
from engine.graph.model import AutoCdcFlow, SnapshotCdcFlow


def apply_changes(
    session: SparkSession,
    flow: AutoCdcFlow,
    source: DataFrame,
    target: Target,
    rules: Rules,
    streams: Streams,
    *,
    state: str,
    checkpoint: str,
    query_name: str,
) -> tuple[dict[str, Any], Observed]:
    """Applies the events that are new in `source`. The event log's figures, and what views below observed."""
    if source.isStreaming == flow.once:
        wanted = "a batch query, since the flow runs once" if flow.once else "a streaming query"
        raise EngineError(
            f"{flow.location}: AUTO CDC flow {flow.name} into {flow.target}: its source must be {wanted}",
            error_class="INVALID_AUTO_CDC_ARGUMENT",
            location=str(flow.location),
        )
    applier = AutoCdcApplier(session, flow, source.schema, "", "")
    problem = target.incompatible(applier.target_schema)
    if problem is not None:
        raise problem
    target.ensure(applier.target_schema)
    applier.target_path = target.location
    applier.state_path = str(Path(state, target.table_id))
    observed: list[Any] = []
    upserted, deleted = 0, 0
    # One flow after another writes a target; a stream's batches come from a thread of Spark's.
    lock = threading.Lock()

    def batch(frame: DataFrame, batch_id: int) -> None:
        nonlocal upserted, deleted
        with lock:
            if rules.expectations:
                observation = Observation()
                frame = rules.apply(frame, observation)
            done = applier.apply(frame, batch_id)
            if rules.expectations:
                observed.append(observation.get)
            upserted += done.upserted
            deleted += done.deleted

    if flow.once:
        found: Observed = {}
        mark = Path(checkpoint, "done")
        if not mark.exists():
            batch(source, 0)
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.touch()
    else:
        found = streams.run(source, name=query_name, checkpoint=str(Path(checkpoint, target.table_id)), batch=batch)
    target.sync_if_changed(session.read.format("delta").load(target.location).schema)
    figures: dict[str, Any] = {"metrics": {"num_upserted_rows": upserted, "num_deleted_rows": deleted}}
    if rules.expectations:
        figures["data_quality"] = rules.metrics(observed)["data_quality"]
    return figures, found


def apply_snapshots(session: SparkSession, flow: SnapshotCdcFlow, target: Target, *, state: str) -> dict[str, Any]:
    """Applies the snapshots that are new, in order."""
    applier = SnapshotApplier(session, flow, "", "")
    upserted, deleted = 0, 0
    if target.record is not None:
        applier.target_path, applier.state_path = target.location, str(Path(state, target.table_id))
    while (found := applier.next()) is not None:
        frame, version = found
        if not applier.target_path:
            target.ensure(applier.target_schema(frame.schema))
            applier.target_path, applier.state_path = target.location, str(Path(state, target.table_id))
        done = applier.apply(frame, version)
        upserted += done.upserted
        deleted += done.deleted
    return {"metrics": {"num_upserted_rows": upserted, "num_deleted_rows": deleted}}
