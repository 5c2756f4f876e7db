"""What a SQL source says, as plain data: one frozen class a statement. Queries and expressions are kept as text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lakehouse_engine.graph.model import (
    ColumnSpec,
    DatasetKind,
    Expectation,
    ScdType,
    SourceLocation,
    TableConstraint,
)


@dataclass(frozen=True)
class Query:
    """The text of a query exactly as written, and where it begins."""

    text: str
    location: SourceLocation


@dataclass(frozen=True)
class ColumnChoice:
    """`(a, b)`, or `* EXCEPT (a, b)` when `excluded`."""

    names: tuple[str, ...]
    excluded: bool = False


@dataclass(frozen=True)
class InsertSpec:
    """`replace_where`: the condition of the rows that the query's replace. `replace_using`: the columns by whose values
    they do, in the order of `sequence_by`."""

    query: Query
    once: bool = False
    replace_where: str | None = None
    replace_using: tuple[str, ...] = ()
    sequence_by: str | None = None


@dataclass(frozen=True)
class AutoCdcSpec:
    """`source` is a dataset's name, or `source_query` a relation's text when it is more than a name."""

    keys: tuple[str, ...]
    sequence_by: str
    source: str | None = None
    source_query: Query | None = None
    streaming: bool = True
    once: bool = False
    ignore_null_updates: bool = False
    ignore_null_updates_on: ColumnChoice | None = None
    columns_to_update: str | None = None
    apply_as_deletes: str | None = None
    apply_as_truncates: str | None = None
    columns: ColumnChoice | None = None
    scd_type: ScdType = 1
    system_sequence_by: str | None = None
    track_history: ColumnChoice | None = None


@dataclass(frozen=True)
class SnapshotSpec:
    """AUTO CDC FROM SNAPSHOT (query) [WITH VERSION (version)]."""

    query: Query
    keys: tuple[str, ...]
    version: Query | None = None
    scd_type: Literal[1, 2] = 1
    track_history: ColumnChoice | None = None
    once: bool = False


FlowSpec = InsertSpec | AutoCdcSpec | SnapshotSpec


@dataclass(frozen=True)
class TableClauses:
    """The clauses between a dataset's columns and its query."""

    comment: str | None = None
    properties: tuple[tuple[str, str], ...] = ()
    partitioned_by: tuple[str, ...] | None = None
    cluster_by: tuple[str, ...] | None = None
    cluster_by_auto: bool = False
    row_filter: str | None = None
    refresh_policy: str | None = None


@dataclass(frozen=True)
class CreateDataset:
    name: str
    kind: DatasetKind
    location: SourceLocation
    private: bool = False
    columns: tuple[ColumnSpec, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    constraints: tuple[TableConstraint, ...] = ()
    clauses: TableClauses = TableClauses()
    query: Query | None = None
    flow: FlowSpec | None = None


@dataclass(frozen=True)
class CreateFlow:
    """CREATE FLOW name, or APPLY CHANGES INTO / AUTO CDC INTO without one (`name` is None: the target's name)."""

    name: str | None
    target: str
    flow: FlowSpec
    location: SourceLocation
    comment: str | None = None


@dataclass(frozen=True)
class SetConfiguration:
    key: str
    value: str
    location: SourceLocation


@dataclass(frozen=True)
class Use:
    """USE CATALOG c, USE SCHEMA s, USE [c.]s."""

    catalog: str | None
    schema: str | None
    location: SourceLocation


Statement = CreateDataset | CreateFlow | SetConfiguration | Use
