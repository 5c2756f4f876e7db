"""Applies batches of change events to a Delta table, at the cost of the keys that they touch.

Beside the target stands a log of the events seen (`state_path`, one for a target, shared by all its flows): a late
event rewrites rows that only earlier events explain, and a delete must be remembered to win over an older update that
comes after it. For the keys of a batch, the rows before and after are computed from the log without and with the
batch, and their difference is merged into the target in one commit. The log grows after that: a batch that is applied
again after a crash finds the same difference, so it ends in the same rows. Flows into one target run one after another.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructField, StructType

from engine.auto_cdc import delta, states
from engine.auto_cdc import plan as planning
from engine.auto_cdc.plan import END_AT, IDENTITY, KIND, SEQUENCE, START_AT, quoted
from engine.errors import EngineError
from engine.graph.model import AutoCdcFlow

# Above so many keys a literal list costs more to plan than it saves in reading.
_MAX_LITERAL_KEYS = 2000


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
        self.state_path = state_path
        empty = spark.createDataFrame([], source_schema)
        for argument in ("apply_as_deletes", "apply_as_truncates"):
            condition = getattr(flow, argument)
            if condition is not None and empty.select(planning.column(condition)).dtypes[0][1] != "boolean":
                raise self._refuse(argument, "is not a condition: its type is not BOOLEAN")
        self.sequence_type = planning.sequence_type(flow, empty).dataType

    @property
    def target_schema(self) -> StructType:
        fields = list(self.plan.columns.fields)
        if self.plan.scd_type == 2:
            fields += [StructField(START_AT, self.sequence_type), StructField(END_AT, self.sequence_type)]
        return StructType(fields)

    def apply(self, batch: DataFrame, batch_id: int) -> CdcMetrics:
        """Applies one batch; again with the same events, it changes nothing more."""
        events = planning.to_events(self.flow, self.plan, batch)
        events = events.persist(StorageLevel.MEMORY_AND_DISK)
        try:
            found = events.agg(
                F.count(F.lit(1)).alias("events"),
                F.sum(F.when(F.col(SEQUENCE).isNull(), 1).otherwise(0)).alias("unordered"),
                F.sum(F.when(F.col(KIND) == "T", 1).otherwise(0)).alias("truncates"),
            ).first()
            if found is None or not found.events:
                return CdcMetrics()
            if found.unordered:
                raise self._refuse(
                    "sequence_by",
                    f"{found.unordered} of {found.events} events have no sequence (NULL); drop them before",
                )
            return self._apply(events, found.events, found.truncates > 0, batch_id)
        finally:
            events.unpersist()

    def _apply(self, events: DataFrame, count: int, truncating: bool, batch_id: int) -> CdcMetrics:
        spark = events.sparkSession
        if not os.path.isdir(os.path.join(delta.local_path(self.state_path), "_delta_log")):
            return self._first(spark, events, count, batch_id)
        log = spark.read.format("delta").load(self.state_path)
        keys = events.select(*map(quoted, self.plan.keys)).distinct()
        old = log if truncating else self._of_keys(log, keys)
        old = old.where(f"{KIND} != 'T'") if truncating else old
        before, after = self._after_truncates(log, events, truncating)
        old = old.persist(StorageLevel.MEMORY_AND_DISK)
        try:
            same = [*self.plan.keys, SEQUENCE, IDENTITY]
            fresh = (
                events.dropDuplicates(same).alias("e").join(old.alias("o"), delta.equal("e", "o", same), "left_anti")
            )
            everything = old.unionByName(fresh, allowMissingColumns=True)
            names = self.target_schema.fieldNames()
            was = states.rows(self.plan, before(self._complete(old)))
            now = states.rows(self.plan, after(everything.where(f"{KIND} != 'T'")))
            merged = delta.merge(self.target_path, self._difference(was, now), states.row_keys(self.plan), names)
            self._append(fresh, batch_id)
        finally:
            old.unpersist()
        return CdcMetrics(count, merged[0], merged[1])

    def _first(self, spark: SparkSession, events: DataFrame, count: int, batch_id: int) -> CdcMetrics:
        """No log yet: whatever the target holds is a first batch that did not end, so it is written anew."""
        unique = events.dropDuplicates([*self.plan.keys, SEQUENCE, IDENTITY])
        _, after = self._after_truncates(None, events, True)
        result = states.rows(self.plan, after(unique.where(f"{KIND} != 'T'")))
        observed = result.select(*[quoted(f.name).cast(f.dataType).alias(f.name) for f in self.target_schema.fields])
        observed.write.format("delta").mode("overwrite").option("mergeSchema", "true").save(self.target_path)
        rows = delta.last_metric(self.target_path, "numOutputRows", spark)
        self._append(unique, batch_id)
        return CdcMetrics(count, rows, 0)

    def _complete(self, log: DataFrame) -> DataFrame:
        """The log's rows with the columns that the source gained since."""
        missing = [f for f in self.plan.columns.fields if f.name not in log.columns]
        return log.withColumns({f.name: F.lit(None).cast(f.dataType) for f in missing}) if missing else log

    def _of_keys(self, log: DataFrame, keys: DataFrame) -> DataFrame:
        """The events of the batch's keys. A literal list lets Parquet skip what cannot match; the join is exact."""
        listed = keys.limit(_MAX_LITERAL_KEYS + 1).collect()
        if len(listed) <= _MAX_LITERAL_KEYS:
            for key in self.plan.keys:
                values = {row[key] for row in listed}
                if None not in values:
                    log = log.where(quoted(key).isin(list(values)))
        return log.alias("o").join(F.broadcast(keys.alias("k")), delta.equal("o", "k", self.plan.keys), "left_semi")

    def _after_truncates(self, log: DataFrame | None, events: DataFrame, truncating: bool):
        """Filters for the events that outlive the truncates known before and after the batch."""
        if not self.plan.truncates:
            return (lambda d: d), (lambda d: d)
        known = None
        if log is not None:
            known = log.where(f"{KIND} = 'T'").agg(F.max(SEQUENCE).alias("s")).first()["s"]
        newest = events.where(f"{KIND} = 'T'").agg(F.max(SEQUENCE).alias("s")).first()["s"] if truncating else None
        latest = max((s for s in (known, newest) if s is not None), default=None)

        def survivors(limit):
            return lambda d: d if limit is None else d.where(F.col(SEQUENCE) >= F.lit(limit).cast(self.sequence_type))

        return survivors(known), survivors(latest)

    def _difference(self, was: DataFrame, now: DataFrame) -> DataFrame:
        keys = states.row_keys(self.plan)
        names = self.target_schema.fieldNames()
        before = was.select(*map(quoted, keys), planning.identity(names).alias("__was"))
        after = now.withColumn("__now", planning.identity(names))
        joined = before.alias("b").join(after.alias("a"), delta.equal("b", "a", keys), "full_outer")
        joined = joined.where("not (b.__was <=> a.__now)")
        picked = [
            (
                F.coalesce(F.col(f"a.{delta.quote(n)}"), F.col(f"b.{delta.quote(n)}"))
                if n in keys
                else F.col(f"a.{delta.quote(n)}")
            ).alias(n)
            for n in names
        ]
        return joined.select(*picked, F.when(F.col("a.__now").isNull(), "D").otherwise("U").alias(delta.ACTION))

    def _append(self, events: DataFrame, batch_id: int) -> None:
        writer = events.write.format("delta").mode("append").option("mergeSchema", "true")
        writer = writer.option("delta.dataSkippingNumIndexedCols", str(len(self.plan.keys)))
        writer.option("userMetadata", f"{self.flow.name} batch {batch_id}").save(self.state_path)

    def _refuse(self, argument: str, problem: str) -> EngineError:
        flow = self.flow
        return planning.refuse(f"{flow.location}: AUTO CDC flow {flow.name} into {flow.target}", argument, problem)
