"""Batch flows: a materialized view recomputed in one commit, or a `once` flow appended exactly once."""

from __future__ import annotations

import os
import uuid
from typing import Any

from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F

from lakehouse_engine import jvm
from lakehouse_engine.expectations import Rules
from lakehouse_engine.flows.context import Reader
from lakehouse_engine.flows.streams import add_quality
from lakehouse_engine.flows.targets import Target
from lakehouse_engine.identifiers import quote_all
from lakehouse_engine.session import active, clone

_CHECK = "spark.databricks.delta.replaceWhere.constraintCheck.enabled"


def version(folder: str) -> int:
    """The newest version of a Delta table, by the names of its commits."""
    try:
        names = os.listdir(os.path.join(folder, "_delta_log"))
    except FileNotFoundError:
        return -1
    return max((int(name[:20]) for name in names if name.endswith(".json") and name[:20].isdigit()), default=-1)


def inputs(reader: Reader, frame: DataFrame) -> dict[str, int] | None:
    """The Delta tables behind the frame with their versions; None where a new run may give other rows anyway."""
    folders = jvm.of(frame.sparkSession).org.apache.spark.sql.lakehouse.Plans.inputs(frame._jdf)
    if folders is None:
        return None
    return {**reader.inputs, **{folder: version(folder) for folder in folders if folder not in reader.inputs}}


def overwrite(reader: Reader, target: Target, frame: DataFrame, rules: Rules) -> tuple[dict[str, Any], bool]:
    """The figures, and whether the table has other columns than before."""
    observation = Observation(f"rows_{uuid.uuid4().hex}")
    schema, _ = target.wanted(frame.schema)
    named = {f.name.lower(): f for f in schema.fields}
    fitted = target.fit(rules.apply(frame, observation))
    # The columns' comments are metadata of the frame, so a new schema brings them along.
    fitted = fitted.select(
        *[F.col(quote_all([n])).alias(n, metadata=named[n.lower()].metadata or {}) for n in fitted.columns]
    )
    writer = fitted.write.format("delta").mode("overwrite")
    reshaped = _differs(target, fitted)
    if reshaped:
        writer = writer.option("overwriteSchema", "true")
        if target.dataset.partition_cols:
            writer = writer.partitionBy(*target.dataset.partition_cols)
    writer.save(target.location)
    return _metrics(reader, rules, observation), reshaped


def _differs(target: Target, frame: DataFrame) -> bool:
    def shape(fields: Any) -> list[tuple[str, str]]:
        return [(f.name, f.dataType.simpleString()) for f in fields]

    return shape(target.schema().fields) != shape(frame.schema.fields)


def append_once(reader: Reader, target: Target, flow: str, frame: DataFrame, rules: Rules) -> dict[str, Any]:
    """Delta knows the flow's transaction, so that a kill between the commit and the mark does no harm."""
    state = target.state("once")
    identity = state.get(flow, {}).get("id") or uuid.uuid4().hex
    target.remember("once", {**state, flow: {"id": identity, "done": False}})
    observation = Observation(f"rows_{uuid.uuid4().hex}")
    fitted = target.fit(rules.apply(frame, observation))
    writer = fitted.write.format("delta").mode("append").option("txnAppId", identity).option("txnVersion", "1")
    writer.save(target.location)
    target.remember("once", {**target.state("once"), flow: {"id": identity, "done": True}})
    return _metrics(reader, rules, observation)


def replace_where(reader: Reader, target: Target, condition: str, frame: DataFrame, rules: Rules) -> dict[str, Any]:
    """One commit: rows that meet the condition go, and the query's that meet it come. Others stay untouched.

    https://docs.databricks.com/aws/en/ldp/flows-replace-where
    """
    observation = Observation(f"rows_{uuid.uuid4().hex}")
    fitted = target.fit(rules.apply(frame.where(condition), observation))
    session = clone(frame.sparkSession)
    # The rows were chosen by the condition already; with the time of day in it, it may hold no more a moment later.
    session._jsparkSession.sessionState().conf().setConfString(_CHECK, "false")
    with active(session):
        writer = fitted.write.format("delta").mode("overwrite").option("replaceWhere", condition)
        writer.save(target.location)
    return _metrics(reader, rules, observation)


def was_done(target: Target, flow: str) -> bool:
    return bool(target.state("once").get(flow, {}).get("done"))


def _metrics(reader: Reader, rules: Rules, observation: Observation) -> dict[str, Any]:
    found = rules.metrics(_row(observation))
    for view, other in reader.rules:
        if isinstance(other, Observation):
            add_quality(found, view.metrics(_row(other)))
    return found


def _row(observation: Observation) -> list[dict[str, Any]]:
    """The observation's row. One whose part of the plan was never computed has none, and asking for it would wait;
    one whose part was found to be empty before it ran has a row without columns."""
    inner = observation._jo
    if inner is None or not inner.future().isCompleted():
        return []
    return [observation.get] if inner.future().value().get().get().size() else []
