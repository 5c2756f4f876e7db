"""AUTO CDC flows: change events, or whole snapshots, applied to their target."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql.types import StructType

from lakehouse_engine.auto_cdc import AutoCdcApplier, CdcMetrics, SnapshotApplier, versions
from lakehouse_engine.auto_cdc.plan import START_AT
from lakehouse_engine.errors import EngineError
from lakehouse_engine.expectations import Rules
from lakehouse_engine.flows import batch, streams
from lakehouse_engine.flows.context import Reader, reading_as
from lakehouse_engine.flows.targets import Target
from lakehouse_engine.graph.model import AutoCdcFlow, Flow, ScdType, SnapshotCdcFlow

# Deletion vectors let a merge touch few bytes of large files.
PROPERTIES = {"delta.enableDeletionVectors": "true"}
KIND = "STREAMING_TABLE"


def source(reader: Reader, flow: AutoCdcFlow) -> DataFrame:
    if flow.source_query is not None:
        return flow.source_query()
    return reader.session.read.table(flow.source) if flow.once else reader.session.readStream.table(flow.source)


def check_type(target: Target, flow: AutoCdcFlow | SnapshotCdcFlow, flows: Iterable[Flow]) -> None:
    """All flows into a target store it as one SCD type, which a full refresh alone changes
    (AUTOCDC_INVALID_STATE.SCD_TYPE_DRIFT)."""
    wanted = flow.stored_as_scd_type
    for other in flows:
        if isinstance(other, AutoCdcFlow | SnapshotCdcFlow) and other.stored_as_scd_type != wanted:
            problem = f"flow {other.name} stores it as {_called(other.stored_as_scd_type)}; all its flows agree on one"
            raise _drift(flow, problem)
    known = _stored_type(target)
    if known is not None and known != wanted:
        raise _drift(flow, f"{flow.target} holds {_called(known)}; change it back, or run a full refresh of the table")


def _stored_type(target: Target) -> ScdType | None:
    """As remembered; of a target of an older version, as its columns say."""
    known = target.state("auto_cdc_type").get("scd_type")
    if known is not None or target.record is None:
        return known
    if not any((target.folder / name).exists() for name in ("auto_cdc", "snapshots")):
        return None
    return 2 if START_AT in target.schema().fieldNames() else 1


def _called(scd_type: ScdType) -> str:
    return "bitemporal history" if scd_type == "bitemporal" else f"SCD type {scd_type}"


def _drift(flow: AutoCdcFlow | SnapshotCdcFlow, problem: str) -> EngineError:
    return EngineError(
        f"{flow.location}: AUTO CDC flow {flow.name} into {flow.target}: stored_as_scd_type: is "
        f"{_called(flow.stored_as_scd_type)}, but {problem}",
        error_class="AUTOCDC_INVALID_STATE.SCD_TYPE_DRIFT",
        location=str(flow.location),
    )


def _keep_type(target: Target, flow: AutoCdcFlow | SnapshotCdcFlow) -> None:
    if target.state("auto_cdc_type").get("scd_type") is None:
        target.remember("auto_cdc_type", {"scd_type": flow.stored_as_scd_type})


def applier(reader: Reader, target: Target, flow: AutoCdcFlow, frame: DataFrame) -> AutoCdcApplier:
    location = target.location if target.record else ""
    return AutoCdcApplier(reader.session, flow, frame.schema, location, f"file:{target.folder}/auto_cdc")


def apply_changes(reader: Reader, target: Target, flow: AutoCdcFlow, rules: Rules, frame: DataFrame) -> dict[str, Any]:
    plan = applier(reader, target, flow, frame)
    target.ensure(reader.session, plan.target_schema, KIND, PROPERTIES)
    _keep_type(target, flow)
    plan.target_path = target.location
    done: list[CdcMetrics] = []
    if flow.once:
        state = target.state("once")
        done.append(plan.apply(rules.apply(frame, "once_rows"), 0))
        target.remember("once", {**state, flow.name: {"done": True}})
        return _figures(done)

    def each(rows: DataFrame, number: int) -> None:
        done.append(plan.apply(rows, number))

    writer = streams.available_now(rules.apply(frame, streams.ROWS), target.checkpoint(flow.name), flow.name)
    query = streams.run(reader, writer.foreachBatch(each), lambda w: w.start())
    found = streams.metrics(reader, rules, query)
    return {**found, **_figures(done)}


def snapshot_schema(reader: Reader, target: Target, flow: SnapshotCdcFlow) -> StructType:
    """The target's columns, as far as they are known before a snapshot is read."""
    return _snapshots(reader, target, flow).schema() or target.schema()


def _snapshots(reader: Reader, target: Target, flow: SnapshotCdcFlow) -> SnapshotApplier:
    folder = target.folder / "snapshots" / flow.name.replace("/", "_")
    return SnapshotApplier(reader.session, flow, "", str(folder))


def apply_snapshots(reader: Reader, target: Target, flow: SnapshotCdcFlow) -> dict[str, Any]:
    plan = _snapshots(reader, target, flow)
    done: list[CdcMetrics] = []

    def apply(frame: DataFrame, number: Any) -> None:
        target.ensure(reader.session, plan.target_schema(frame.schema, versions.type_of(number)), KIND, PROPERTIES)
        _keep_type(target, flow)
        plan.target_path = target.location
        done.append(plan.apply(frame, number))

    if isinstance(flow.source, str):
        with reading_as(reader):
            frame = reader.session.read.table(flow.source)
        known = batch.inputs(reader, frame)
        marks = target.state("snapshot_inputs")
        if known is not None and marks.get(flow.name) == known:
            return _figures(done)
        apply(frame, datetime.datetime.now(datetime.UTC))
        target.remember("snapshot_inputs", {**marks, flow.name: known})
        return _figures(done)
    while True:
        with reading_as(reader):
            following = plan.next()
        if following is None:
            break
        apply(*following)
    return _figures(done)


def _figures(done: list[CdcMetrics]) -> dict[str, Any]:
    upserted, deleted = sum(d.upserted for d in done), sum(d.deleted for d in done)
    return {"metrics": {"num_output_rows": upserted, "num_upserted_rows": upserted, "num_deleted_rows": deleted}}
