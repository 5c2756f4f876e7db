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
from lakehouse_engine.identifiers import folded

# Deletion vectors let a merge touch few bytes of large files.
PROPERTIES = {"delta.enableDeletionVectors": "true"}
KIND = "STREAMING_TABLE"
KEY_DRIFT = "AUTOCDC_INVALID_STATE.KEY_SCHEMA_DRIFT"
_STATE = "auto_cdc_type"  # scd_type, keys: {name: type}

AnyCdcFlow = AutoCdcFlow | SnapshotCdcFlow


def source(reader: Reader, flow: AutoCdcFlow) -> DataFrame:
    if flow.source_query is not None:
        return flow.source_query()
    return reader.session.read.table(flow.source) if flow.once else reader.session.readStream.table(flow.source)


def check_type(target: Target, flow: AnyCdcFlow, flows: Iterable[Flow]) -> None:
    """All flows into a target store it as one SCD type, which a full refresh alone changes
    (AUTOCDC_INVALID_STATE.SCD_TYPE_DRIFT)."""
    wanted = flow.stored_as_scd_type
    for other in flows:
        if isinstance(other, AutoCdcFlow | SnapshotCdcFlow) and other.stored_as_scd_type != wanted:
            problem = f"flow {other.name} stores it as {_called(other.stored_as_scd_type)}; all its flows agree on one"
            raise _drift(flow, problem)
        if isinstance(other, AutoCdcFlow | SnapshotCdcFlow):
            _check_beside(flow, other)
    known = _stored_type(target)
    if known is not None and known != wanted:
        raise _drift(flow, f"{flow.target} holds {_called(known)}; change it back, or run a full refresh of the table")


def _check_beside(flow: AnyCdcFlow, other: AnyCdcFlow) -> None:
    """A table follows changes or snapshots, not both (ldp-python-ref-apply-changes-from-snapshot), by the same keys."""
    if type(flow) is not type(other):
        problem = f"also has flow {other.name}; changes and snapshots are applied to tables of their own"
        raise _refused(flow, "target", problem, "INVALID_ARGUMENT")
    if {folded(key) for key in flow.keys} != {folded(key) for key in other.keys}:
        problem = f"are {_listed(flow.keys)}, but those of flow {other.name} are {_listed(other.keys)}"
        raise _refused(flow, "keys", problem, KEY_DRIFT)


def check_keys(target: Target, flow: AnyCdcFlow, source: StructType) -> None:
    """Only a full refresh changes the key columns of a target or their types.

    https://docs.databricks.com/aws/en/error-messages/autocdc-invalid-state-error-class
    """
    wanted, known = _keys(flow, source), target.state(_STATE).get("keys")
    if known is not None and {folded(name): kind for name, kind in known.items()} != {
        folded(name): kind for name, kind in wanted.items()
    }:
        shown, held = (", ".join(f"{name} {kind}" for name, kind in keys.items()) for keys in (wanted, known))
        problem = f"are {shown}, but {flow.target} was written with {held}; change them back, or run a full refresh"
        raise _refused(flow, "keys", f"{problem} of the table", KEY_DRIFT)


def _keys(flow: AnyCdcFlow, source: StructType) -> dict[str, str]:
    fields = {field.name.lower(): field for field in source.fields}
    found = [fields[folded(key)] for key in flow.keys if folded(key) in fields]
    return {field.name: field.dataType.simpleString() for field in found}


def _listed(keys: Iterable[str]) -> str:
    return ", ".join(map(str, keys))


def _stored_type(target: Target) -> ScdType | None:
    """As remembered; of a target of an older version, as its columns say."""
    known = target.state(_STATE).get("scd_type")
    if known is not None or target.record is None:
        return known
    if not any((target.folder / name).exists() for name in ("auto_cdc", "snapshots")):
        return None
    return 2 if START_AT in target.schema().fieldNames() else 1


def _called(scd_type: ScdType) -> str:
    return "bitemporal history" if scd_type == "bitemporal" else f"SCD type {scd_type}"


def _drift(flow: AnyCdcFlow, problem: str) -> EngineError:
    is_type = f"is {_called(flow.stored_as_scd_type)}"
    return _refused(flow, "stored_as_scd_type", f"{is_type}, but {problem}", "AUTOCDC_INVALID_STATE.SCD_TYPE_DRIFT")


def _refused(flow: AnyCdcFlow, argument: str, problem: str, error_class: str) -> EngineError:
    return EngineError(
        f"{flow.location}: AUTO CDC flow {flow.name} into {flow.target}: {argument}: {problem}",
        error_class=error_class,
        location=str(flow.location),
    )


def _keep(target: Target, flow: AnyCdcFlow, source: StructType) -> None:
    """The type and the keys, from the first time on; a target of an older version remembers neither."""
    known = target.state(_STATE)
    kept = {"scd_type": flow.stored_as_scd_type, "keys": _keys(flow, source), **known}
    if kept != known:
        target.remember(_STATE, kept)


def applier(reader: Reader, target: Target, flow: AutoCdcFlow, frame: DataFrame) -> AutoCdcApplier:
    location = target.location if target.record else ""
    return AutoCdcApplier(reader.session, flow, frame.schema, location, f"file:{target.folder}/auto_cdc")


def apply_changes(reader: Reader, target: Target, flow: AutoCdcFlow, rules: Rules, frame: DataFrame) -> dict[str, Any]:
    check_keys(target, flow, frame.schema)
    plan = applier(reader, target, flow, frame)
    target.ensure(reader.session, plan.target_schema, KIND, PROPERTIES)
    _keep(target, flow, frame.schema)
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
    """A flow that runs once is done when it has applied a snapshot."""
    done = _apply_snapshots(reader, target, flow)
    if flow.once and done:
        target.remember("once", {**target.state("once"), flow.name: {"done": True}})
    return _figures(done)


def _apply_snapshots(reader: Reader, target: Target, flow: SnapshotCdcFlow) -> list[CdcMetrics]:
    plan = _snapshots(reader, target, flow)
    done: list[CdcMetrics] = []

    def apply(frame: DataFrame, number: Any) -> None:
        check_keys(target, flow, frame.schema)
        target.ensure(reader.session, plan.target_schema(frame.schema, versions.type_of(number)), KIND, PROPERTIES)
        _keep(target, flow, frame.schema)
        plan.target_path = target.location
        done.append(plan.apply(frame, number))

    if isinstance(flow.source, str):
        with reading_as(reader):
            frame = reader.session.read.table(flow.source)
        known = batch.inputs(reader, frame)
        marks = target.state("snapshot_inputs")
        if known is not None and marks.get(flow.name) == known:
            return done
        apply(frame, datetime.datetime.now(datetime.UTC))
        target.remember("snapshot_inputs", {**marks, flow.name: known})
        return done
    while True:
        with reading_as(reader):
            following = plan.next()
        if following is None:
            break
        apply(*following)
    return done


def _figures(done: list[CdcMetrics]) -> dict[str, Any]:
    upserted, deleted = sum(d.upserted for d in done), sum(d.deleted for d in done)
    return {"metrics": {"num_output_rows": upserted, "num_upserted_rows": upserted, "num_deleted_rows": deleted}}
