"""AUTO CDC FROM SNAPSHOT: a target follows whole copies of its source, one version after the other.

What changed is the difference between a snapshot and the target's open rows. The last version applied is kept under
`state_path`, after the target's commit: a snapshot applied again after a crash differs in nothing.
"""

from __future__ import annotations

import datetime
import json
import os
from pathlib import Path
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, StructField, StructType, TimestampType

from lakehouse_engine.auto_cdc import delta, versions
from lakehouse_engine.auto_cdc import plan as planning
from lakehouse_engine.auto_cdc.apply import CdcMetrics
from lakehouse_engine.auto_cdc.plan import END_AT, START_AT, quoted
from lakehouse_engine.auto_cdc.versions import Version, VersionedSnapshots
from lakehouse_engine.errors import EngineError
from lakehouse_engine.files import local, replace
from lakehouse_engine.graph.model import AutoCdcFlow, SnapshotCdcFlow, SnapshotQueries
from lakehouse_engine.identifiers import quote


class SnapshotApplier:
    def __init__(self, spark: SparkSession, flow: SnapshotCdcFlow, target_path: str, state_path: str) -> None:
        self.spark = spark
        self.flow = flow
        self.target_path = target_path
        self.state_file = os.path.join(local(state_path), "snapshot.json")

    @property
    def version_type(self) -> DataType:
        """Of __START_AT and __END_AT: a table's snapshots are dated, a function numbers its own."""
        return TimestampType() if isinstance(self.flow.source, str) else versions.type_of(self.latest_version)

    def target_schema(self, source: StructType, kind: DataType | None = None) -> StructType:
        """`kind`: the type of the versions."""
        fields = [StructField(f.name, f.dataType, True) for f in source.fields]
        if self.flow.stored_as_scd_type == 2:
            kind = kind or self.version_type
            fields += [StructField(START_AT, kind), StructField(END_AT, kind)]
        return StructType(fields)

    def schema(self) -> StructType | None:
        """The target's columns; None where only a snapshot tells."""
        match self.flow.source:
            case str():
                return self.target_schema(self.spark.read.table(self.flow.source).schema)
            case SnapshotQueries():
                return self.target_schema(*self._versioned(self.flow.source).schema())
        return None

    def _versioned(self, queries: SnapshotQueries) -> VersionedSnapshots:
        return VersionedSnapshots(self.spark, queries, self._what)

    @property
    def latest_version(self) -> Version | None:
        try:
            with open(self.state_file) as file:
                record = json.load(file)
        except FileNotFoundError:
            return None
        return versions.from_record(record)

    def next(self) -> tuple[DataFrame, Version] | None:
        """The next snapshot of a function source, None when there is none newer."""
        if isinstance(self.flow.source, str):
            raise self._refuse("source", "is a table; apply its rows with the time of reading as version")
        latest = self.latest_version
        if isinstance(self.flow.source, SnapshotQueries):
            return self._versioned(self.flow.source).next(latest)
        answer = self.flow.source(latest)
        if answer is None:
            return None
        if not (isinstance(answer, tuple) and len(answer) == 2 and isinstance(answer[0], DataFrame)):
            raise self._refuse(
                "source", f"returned {type(answer).__name__}; it must return (DataFrame, version) or None"
            )
        if isinstance(answer[1], bool) or not isinstance(answer[1], (int, str, datetime.datetime)):
            raise self._refuse(
                "source", f"returned a version of type {type(answer[1]).__name__}; allowed: int, str, datetime"
            )
        if latest is not None and versions.type_of(answer[1]) != versions.type_of(latest):
            raise self._refuse("source", f"returned version {answer[1]!r} after {latest!r}; versions are of one type")
        newest: Any = answer[1]
        if latest is not None and newest <= latest:
            raise self._refuse("source", f"returned version {answer[1]} after {latest}; versions must grow")
        return answer[0], answer[1]

    def apply(self, snapshot: DataFrame, version: Version) -> CdcMetrics:
        like = AutoCdcFlow(
            self.flow.name, self.flow.target, "", self.flow.keys, "", self.flow.location,
            stored_as_scd_type=self.flow.stored_as_scd_type,
            track_history_column_list=self.flow.track_history_column_list,
            track_history_except_column_list=self.flow.track_history_except_column_list,
        )  # fmt: skip
        plan = planning.make_plan(like, snapshot.schema)
        keys, names = list(plan.keys), plan.names
        history = plan.scd_type == 2
        repeated = snapshot.groupBy(*map(quoted, keys)).count().where("count > 1").limit(1).collect()
        if repeated:
            raise self._refuse("keys", f"a key is in the snapshot of version {version} more than once")
        target = self.spark.read.format("delta").load(self.target_path)
        known = target.where(quoted(END_AT).isNull()) if history else target
        tracked = list(plan.tracked) or keys
        new = snapshot.select(
            *map(quoted, names), planning.identity(tracked).alias("__new"), planning.identity(names).alias("__new_all")
        )
        lacking = [n for n in names if n not in known.columns]
        types = {f.name: f.dataType for f in plan.columns.fields}
        known = known.withColumns({n: F.lit(None).cast(types[n]) for n in lacking}) if lacking else known
        old = known.select(
            *map(quoted, names),
            *([quoted(START_AT)] if history else []),
            planning.identity(tracked).alias("__old"),
            planning.identity(names).alias("__old_all"),
        )
        both = old.alias("o").join(new.alias("n"), delta.equal("o", "n", keys), "full_outer")
        both = both.where("not (o.__old_all <=> n.__new_all)")

        if history:
            changes = self._versions(both, names, version)
            row_keys, columns = [*keys, START_AT], [*names, START_AT, END_AT]
        else:
            gone = F.col("n.__new_all").isNull()
            row = [F.coalesce(F.col(f"n.{quote(n)}"), F.when(gone, F.col(f"o.{quote(n)}"))) for n in names]
            picked = [c.alias(n) for c, n in zip(row, names, strict=True)]
            changes = both.select(*picked, F.when(gone, "D").otherwise("U").alias(delta.ACTION))
            row_keys, columns = keys, names
        upserted, deleted = delta.merge(self.target_path, changes, row_keys, columns)
        self._remember(version)
        return CdcMetrics(upserted + deleted, upserted, deleted)

    def _versions(self, both: DataFrame, names: list[str], version: Version) -> DataFrame:
        """Changes of a target with history: rows that end, rows that begin, and rows that this version made and undoes.

        `both`: old rows as `o` beside new ones as `n`, where they differ.
        """
        at, none = versions.column(version), F.lit(None).cast(versions.type_of(version))
        gone, was = F.col("n.__new_all").isNull(), F.col("o.__old_all").isNotNull()

        def side(letter: str) -> list[Column]:
            return [F.col(f"{letter}.{quote(n)}").alias(n) for n in names]

        # A row that this very version opened is replaced, not closed: it never was valid.
        moved = ~F.col("o.__old").eqNullSafe(F.col("n.__new")) & ~F.col(f"o.{START_AT}").eqNullSafe(at)
        closed = both.where(was & (gone | moved) & ~(F.col(f"o.{START_AT}") == at)).select(
            *side("o"), F.col(f"o.{START_AT}").alias(START_AT), at.alias(END_AT), F.lit("U").alias(delta.ACTION)
        )
        undone = both.where(gone & (F.col(f"o.{START_AT}") == at)).select(
            *side("o"), F.col(f"o.{START_AT}").alias(START_AT), none.alias(END_AT), F.lit("D").alias(delta.ACTION)
        )
        opened = both.where(~gone).select(
            *side("n"),
            F.when(was & ~moved, F.col(f"o.{START_AT}")).otherwise(at).alias(START_AT),
            none.alias(END_AT),
            F.lit("U").alias(delta.ACTION),
        )
        return closed.unionByName(opened).unionByName(undone)

    def _remember(self, version: Version) -> None:
        replace(Path(self.state_file), json.dumps(versions.to_record(version)))

    @property
    def _what(self) -> str:
        return f"AUTO CDC FROM SNAPSHOT flow {self.flow.name} into {self.flow.target}"

    def _refuse(self, argument: str, problem: str) -> EngineError:
        return planning.refuse(f"{self.flow.location}: {self._what}", argument, problem)
