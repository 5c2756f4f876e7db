"""Applies batches of change events to a Delta table, at the cost of the keys that they touch.

Beside the target the events seen are kept (`state_path`, one store for a target, shared by all its flows): a late event
rewrites rows that only earlier events explain, and a delete must be remembered to win over an older update that comes
after it. For the keys of a batch, the rows before and after are computed without and with the batch, and their
difference goes into the target in one commit: few rows are put in the place of the old ones, many are merged. The batch
is remembered after that: one that is applied again after a crash finds the same difference, so it ends in the same
rows. Flows into one target run one after another.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructField, StructType

from lakehouse_engine.auto_cdc import delta, states
from lakehouse_engine.auto_cdc import plan as planning
from lakehouse_engine.auto_cdc.plan import (
    END_AT,
    KIND,
    SEQUENCE,
    START_AT,
    SYSTEM,
    SYSTEM_END_AT,
    SYSTEM_START_AT,
    UPDATES,
    quoted,
)
from lakehouse_engine.auto_cdc.store import EventStore
from lakehouse_engine.errors import EngineError
from lakehouse_engine.graph.model import AutoCdcFlow
from lakehouse_engine.identifiers import quote

# Up to so many rows are taken into memory.
_FEW = 20_000


@dataclass(frozen=True)
class CdcMetrics:
    """Rows of the target that a batch changed, and what was in the batch."""

    events: int = 0
    upserted: int = 0
    deleted: int = 0


class AutoCdcApplier:
    def __init__(
        self, spark: SparkSession, flow: AutoCdcFlow, source_schema: StructType, target_path: str, state_path: str
    ) -> None:
        self.spark = spark
        self.flow = flow
        self.plan = planning.make_plan(flow, source_schema)
        self.target_path = target_path
        self.store = EventStore(spark, state_path, self.plan.keys)
        empty = spark.createDataFrame([], source_schema)
        for argument in ("apply_as_deletes", "apply_as_truncates"):
            condition = getattr(flow, argument)
            if condition is not None and empty.select(planning.column(condition)).dtypes[0][1] != "boolean":
                raise self._refuse(argument, "is not a condition: its type is not BOOLEAN")
        self.source_names = [f.lower() for f in source_schema.fieldNames()]
        self.sequence_type = planning.type_of(flow.sequence_by, empty)
        self.system_type = None
        if flow.system_sequence_by is not None:
            self.system_type = planning.type_of(flow.system_sequence_by, empty)

    @property
    def target_schema(self) -> StructType:
        fields = list(self.plan.columns.fields)
        if self.plan.history:
            fields += [StructField(START_AT, self.sequence_type), StructField(END_AT, self.sequence_type)]
        if self.system_type is not None:
            fields += [StructField(SYSTEM_START_AT, self.system_type), StructField(SYSTEM_END_AT, self.system_type)]
        return StructType(fields)

    def apply(self, batch: DataFrame, batch_id: int) -> CdcMetrics:
        """Applies one batch; again with the same events, it changes nothing more."""
        if self.store.partial and not self.plan.partial:
            if self.plan.ignore_nulls:
                raise self._refuse("ignore_null_updates", "another flow into the target has columns_to_update")
            self.plan = dataclasses.replace(self.plan, partial=True)
        events = planning.to_events(self.flow, self.plan, batch, self.store.appended).persist(
            StorageLevel.MEMORY_AND_DISK
        )
        try:
            few = delta.local(events, _FEW)
            return self._checked(events if few is None else few, few is not None, batch_id)
        finally:
            events.unpersist()

    def _checked(self, events: DataFrame, few: bool, batch_id: int) -> CdcMetrics:
        orders = {"sequence_by": SEQUENCE, **({"system_sequence_by": SYSTEM} if self.plan.bitemporal else {})}
        found = events.agg(
            F.count(F.lit(1)).alias("events"),
            F.count_if(F.col(KIND) == "T").alias("truncates"),
            *[F.count_if(F.col(name).isNull()).alias(argument) for argument, name in orders.items()],
        ).first()
        if found is None or not found.events:
            return CdcMetrics()
        for argument in orders:
            if found[argument]:
                raise self._refuse(
                    argument, f"{found[argument]} of {found.events} events have no sequence (NULL); drop them before"
                )
        if self.plan.updates is not None:
            self._check_updates(events)
        if not self.store.exists():
            return self._first(events, found.events, batch_id)
        log = self.store.read(events.schema)
        known = delta.touching(log, events, self.plan.keys) if few and not self.plan.truncates else None
        old = delta.local(known, _FEW) if known is not None else None
        if old is not None:
            return self._few(old, events, found.events, batch_id)
        return self._many(log, events, found.events, found.truncates > 0, batch_id)

    def _check_updates(self, events: DataFrame) -> None:
        """No text states what an update without a list changes, or a list with a name that nothing has."""
        unknown = F.filter(UPDATES, lambda name: ~F.coalesce(name.isin(self.source_names), F.lit(False)))
        updates = events.where(f"{KIND} = 'U'")
        found = updates.agg(
            F.count_if(F.col(UPDATES).isNull()).alias("without"),
            F.max(F.when(F.size(unknown) > 0, F.coalesce(unknown[0], F.lit("NULL")))).alias("unknown"),
        ).collect()[0]
        if found.without:
            raise self._refuse("columns_to_update", f"{found.without} updates have no list of columns (NULL)")
        if found.unknown is not None:
            raise self._refuse(
                "columns_to_update",
                f"an update lists {found.unknown}; the source has: {', '.join(self.source_names)}",
            )

    def _few(self, old: DataFrame, events: DataFrame, count: int, batch_id: int) -> CdcMetrics:
        """All events of the batch's keys are in memory: the rows before and after are the work of one task."""
        fresh = delta.fresh(events, old, self.plan.same)
        was, now = states.rows(self.plan, old), states.rows(self.plan, delta.together(old, fresh))
        changes = delta.local(self._difference(was, now), _FEW)
        keys, names = states.row_keys(self.plan), self.target_schema.fieldNames()
        if changes is None:
            upserted, deleted = delta.merge(self.target_path, self._difference(was, now), keys, names)
        else:
            upserted, deleted = (delta.count(changes, delta.ACTION, action) for action in "UD")
            if upserted or deleted:
                put = changes.where(f"{delta.ACTION} = 'U'").select(*map(quoted, names))
                if not delta.replace(self.target_path, changes, keys, put, self.flow.name, batch_id):
                    delta.merge(self.target_path, changes, keys, names)
        self.store.append(fresh)
        return CdcMetrics(count, upserted, deleted)

    def _many(self, log: DataFrame, events: DataFrame, count: int, truncating: bool, batch_id: int) -> CdcMetrics:
        if truncating:
            old = log.where(f"{KIND} != 'T'")
        else:
            keys = events.select(*map(quoted, self.plan.keys)).distinct()
            old = log.alias("o").join(keys.alias("k"), delta.equal("o", "k", self.plan.keys), "left_semi")
        before, after = self._after_truncates(log, events, truncating)
        old = old.persist(StorageLevel.MEMORY_AND_DISK)
        try:
            fresh = self._fresh(old, events)
            was = states.rows(self.plan, before(old))
            now = states.rows(self.plan, after(old.union(fresh).where(f"{KIND} != 'T'")))
            names = self.target_schema.fieldNames()
            merged = delta.merge(self.target_path, self._difference(was, now), states.row_keys(self.plan), names)
            self.store.append(fresh)
        finally:
            old.unpersist()
        return CdcMetrics(count, merged[0], merged[1])

    def _fresh(self, old: DataFrame, events: DataFrame) -> DataFrame:
        """Each event that is not remembered, once."""
        unique = events.dropDuplicates(self.plan.same).alias("e")
        return unique.join(old.alias("o"), delta.equal("e", "o", self.plan.same), "left_anti")

    def _first(self, events: DataFrame, count: int, batch_id: int) -> CdcMetrics:
        """No log yet: whatever the target holds is a first batch that did not end, so it is written anew."""
        unique = events.dropDuplicates(self.plan.same)
        _, after = self._after_truncates(None, events, True)
        result = states.rows(self.plan, after(unique.where(f"{KIND} != 'T'")))
        observed = result.select(*[quoted(f.name).cast(f.dataType).alias(f.name) for f in self.target_schema.fields])
        # In the keys' order, so that the rows of a later batch's keys are in few pages.
        observed = observed.sortWithinPartitions(*map(quoted, self.plan.keys))
        observed.write.format("delta").mode("overwrite").option("mergeSchema", "true").save(self.target_path)
        rows = delta.last_metric(self.target_path, "numOutputRows", self.spark)
        self.store.append(unique)
        return CdcMetrics(count, rows, 0)

    def _after_truncates(self, log: DataFrame | None, events: DataFrame, truncating: bool):
        """Filters for the events that outlive the truncates known before and after the batch."""
        if not self.plan.truncates:
            return (lambda d: d), (lambda d: d)
        known = None
        if log is not None:
            known = _last_truncate(log)
        newest = _last_truncate(events) if truncating else None
        latest = max((s for s in (known, newest) if s is not None), default=None)

        def survivors(limit: Any) -> Callable[[DataFrame], DataFrame]:
            return lambda d: d if limit is None else d.where(F.col(SEQUENCE) >= F.lit(limit).cast(self.sequence_type))

        return survivors(known), survivors(latest)

    def _difference(self, was: DataFrame, now: DataFrame) -> DataFrame:
        keys = states.row_keys(self.plan)
        names = self.target_schema.fieldNames()
        before = was.select(*map(quoted, keys), planning.identity(names).alias("__was"))
        after = now.withColumn("__now", planning.identity(names))
        joined = before.alias("b").hint("merge").join(after.alias("a"), delta.equal("b", "a", keys), "full_outer")
        joined = joined.where("not (b.__was <=> a.__now)")
        picked = [
            (F.coalesce(F.col(f"a.{quote(n)}"), F.col(f"b.{quote(n)}")) if n in keys else F.col(f"a.{quote(n)}")).alias(
                n
            )
            for n in names
        ]
        return joined.select(*picked, F.when(F.col("a.__now").isNull(), "D").otherwise("U").alias(delta.ACTION))

    def _refuse(self, argument: str, problem: str) -> EngineError:
        flow = self.flow
        return planning.refuse(f"{flow.location}: AUTO CDC flow {flow.name} into {flow.target}", argument, problem)


def _last_truncate(events: DataFrame) -> Any:
    """The newest sequence of a truncate; None where there is none."""
    return events.where(f"{KIND} = 'T'").agg(F.max(SEQUENCE)).collect()[0][0]
