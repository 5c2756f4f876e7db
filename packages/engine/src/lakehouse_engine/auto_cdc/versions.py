"""Versions of snapshots: what orders them, and what a target with history says from when to when a row held.

A table's snapshots are dated; a function gives its own numbers, texts or times; a query (WITH VERSION) selects a value
of any type that has an order. The latest one applied is kept as JSON.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import (
    DataType,
    LongType,
    NullType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from lakehouse_engine.auto_cdc.plan import JSON_OPTIONS
from lakehouse_engine.errors import EngineError
from lakehouse_engine.graph.model import SnapshotQueries


@dataclass(frozen=True)
class Selected:
    """A version that a query selected: its column, and a row of it in JSON."""

    field: StructField
    text: str

    @property
    def column(self) -> Column:
        row = F.from_json(F.lit(self.text), StructType([self.field]), JSON_OPTIONS)
        return row.getField(self.field.name).alias(self.field.name)

    def __str__(self) -> str:
        return self.text


Version = int | str | datetime.datetime | Selected


def type_of(version: Version | None) -> DataType:
    match version:
        case Selected():
            return version.field.dataType
        case str():
            return StringType()
        case datetime.datetime():
            return TimestampType()
    return LongType()


def column(version: Version) -> Column:
    return version.column if isinstance(version, Selected) else F.lit(version).cast(type_of(version))


def to_record(version: Version) -> dict[str, Any]:
    if isinstance(version, Selected):
        return {"selected": version.text, "schema": json.loads(StructType([version.field]).json())}
    return {"at": version.isoformat()} if isinstance(version, datetime.datetime) else {"version": version}


def from_record(record: dict[str, Any]) -> Version:
    if "selected" in record:
        return Selected(StructType.fromJson(record["schema"]).fields[0], record["selected"])
    return datetime.datetime.fromisoformat(record["at"]) if "at" in record else record["version"]


class VersionedSnapshots:
    """FROM SNAPSHOT (snapshot) WITH VERSION (version): one version after the other, until `version` has no row."""

    def __init__(self, spark: SparkSession, queries: SnapshotQueries, flow: str) -> None:
        self.spark = spark
        self.queries = queries
        self.flow = flow

    def next(self, latest: Version | None) -> tuple[DataFrame, Selected] | None:
        """The rows of the next version, and it; None where there is none."""
        if latest is not None and not isinstance(latest, Selected):
            raise self._refuse(
                "INVALID_SNAPSHOT_VERSION_TYPE",
                "the snapshots before were not versioned by a query; run a full refresh of the table",
            )
        field = self._field(latest)
        chosen = self._chosen(self.queries.version(self._rows(field, latest)), field)
        if chosen is None:
            return None
        if latest is not None and not self.spark.range(1).select(chosen.column > latest.column).collect()[0][0]:
            raise self._refuse(
                "OUT_OF_ORDER_SNAPSHOT_VERSION",
                f"the version query selects {chosen} after {latest}; versions grow, so compare with "
                "last_snapshot_version() in its condition",
            )
        return self.queries.snapshot(self._rows(field, chosen)), chosen

    def schema(self) -> tuple[StructType, DataType]:
        """Columns of the snapshots and type of the versions; no rows are read."""
        field = self._field(None)
        self.queries.version(self._rows(field, None))
        return self.queries.snapshot(self._rows(field, None)).schema, field.dataType

    def _field(self, latest: Selected | None) -> StructField:
        """The version query's column, which last_snapshot_version() has, too. Before there is one, the query is read
        with a column without a type, or else without its conditions."""
        if latest is not None:
            return latest.field
        unknown = StructField(self.queries.name, NullType())
        try:
            found = self.queries.version(self._rows(unknown, None))
        except AnalysisException as error:
            try:
                found = self.queries.unfiltered(self._rows(unknown, None))
            except AnalysisException:
                raise error from None
        return self._only(found)

    def _only(self, found: DataFrame) -> StructField:
        if found.isStreaming:
            raise self._refuse("INVALID_SNAPSHOT_VERSION", "the version query is a stream; read its sources in batch")
        if len(found.columns) != 1:
            columns = ", ".join(found.columns)
            raise self._refuse(
                "INVALID_SNAPSHOT_VERSION",
                f"the version query returns the columns {columns}; it returns one, which may be a struct",
            )
        (field,) = found.schema.fields
        try:
            found.select(F.col(found.columns[0]) < F.col(found.columns[0]))
        except AnalysisException:
            problem = f"the version query returns {field.dataType.simpleString()}, which has no order"
            raise self._refuse("SNAPSHOT_VERSION_NOT_SORTABLE", problem) from None
        return StructField(field.name, field.dataType)

    def _chosen(self, found: DataFrame, field: StructField) -> Selected | None:
        now = self._only(found)
        if now.dataType.simpleString() != field.dataType.simpleString():
            raise self._refuse(
                "INVALID_SNAPSHOT_VERSION_TYPE",
                f"the version query returns {now.dataType.simpleString()}, and the versions before are "
                f"{field.dataType.simpleString()}; cast it, or run a full refresh of the table",
            )
        only = found.toDF(field.name)
        row = F.to_json(F.struct(*only.columns), JSON_OPTIONS)
        rows = only.limit(2).select(F.col(only.columns[0]).isNull(), row).collect()
        if len(rows) > 1:
            problem = "the version query returns several rows; order them and write LIMIT 1"
            raise self._refuse("INVALID_SNAPSHOT_VERSION", problem)
        if rows and rows[0][0]:
            raise self._refuse("NULL_SNAPSHOT_VERSION", "the version query returns NULL; filter it out")
        return Selected(field, rows[0][1]) if rows else None

    def _rows(self, field: StructField, version: Selected | None) -> Callable[[], DataFrame]:
        """What a function of versions returns: one row, or none. A frame for each call."""
        if version is None:
            return lambda: self.spark.createDataFrame([], StructType([field]))
        return lambda: self.spark.range(1).select(version.column)

    def _refuse(self, error_class: str, problem: str) -> EngineError:
        """Conditions of Databricks' APPLY_CHANGES_FROM_SNAPSHOT_ERROR."""
        place = self.queries.location
        found = f"APPLY_CHANGES_FROM_SNAPSHOT_ERROR.{error_class}"
        return EngineError(f"{place}: {self.flow}: {problem}", error_class=found, location=str(place))
