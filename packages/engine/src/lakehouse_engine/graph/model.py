"""The graph that every source fills: datasets, flows and expectations of one pipeline, as plain data.

Python sources (decorators) and SQL sources (statements) both end here, so what runs does not depend on the language
it was written in. Names are kept as written; `engine.graph.names` resolves them against the pipeline's defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import StructType


class DatasetKind(Enum):
    STREAMING_TABLE = "STREAMING_TABLE"
    MATERIALIZED_VIEW = "MATERIALIZED_VIEW"
    TEMPORARY_VIEW = "TEMPORARY_VIEW"
    VIEW = "VIEW"  # published to the catalog, stores no rows
    SINK = "SINK"


@dataclass(frozen=True)
class SourceLocation:
    """Where a definition stands: workspace path of the file, 1-based line and column, 1-based notebook cell."""

    path: str
    line: int | None = None
    column: int | None = None
    cell: int | None = None

    def __str__(self) -> str:
        text = self.path if self.line is None else f"{self.path}:{self.line}"
        return text if self.column is None else f"{text}:{self.column}"


# https://docs.databricks.com/aws/en/ldp/developer/ldp-sql-ref-create-materialized-view-refresh-policy
REFRESH_POLICIES = ("auto", "incremental", "incremental_strict", "full")
ExpectationAction = Literal["warn", "drop", "fail"]


@dataclass(frozen=True)
class Expectation:
    """A rule on the rows of a dataset. `condition` is a Spark SQL boolean expression; null counts as a violation.

    `column`: the condition as Python gave it where it was a Column; `condition` then only shows it.
    """

    name: str
    condition: str
    action: ExpectationAction = "warn"
    column: Column | None = field(default=None, compare=False)


@dataclass(frozen=True)
class ColumnSpec:
    """A column as declared by the source; `data_type` is None where only a comment or mask was given."""

    name: str
    data_type: str | None = None
    nullable: bool = True
    comment: str | None = None
    mask: str | None = None
    generated: str | None = None


@dataclass(frozen=True)
class TableConstraint:
    """PRIMARY KEY or FOREIGN KEY as written: informational, kept on the table, never enforced.

    `parent`: the table that a foreign key refers to; without `parent_columns`, its primary key is meant.
    """

    kind: Literal["PRIMARY KEY", "FOREIGN KEY"]
    text: str
    name: str | None = None
    columns: tuple[str, ...] = ()
    timeseries: tuple[str, ...] = ()
    rely: bool = False
    parent: str = ""
    parent_columns: tuple[str, ...] = ()


@dataclass
class Dataset:
    name: str
    kind: DatasetKind
    location: SourceLocation
    comment: str | None = None
    schema: StructType | str | None = None
    columns: Sequence[ColumnSpec] = ()
    constraints: Sequence[TableConstraint] = ()
    table_properties: dict[str, str] = field(default_factory=dict)
    spark_conf: dict[str, str] = field(default_factory=dict)
    partition_cols: Sequence[str] | None = None
    cluster_by: Sequence[str] | None = None
    cluster_by_auto: bool = False
    row_filter: str | None = None
    private: bool = False
    refresh_policy: str | None = None  # one of REFRESH_POLICIES; of a materialized view
    expectations: list[Expectation] = field(default_factory=list)
    sink_format: str | None = None
    sink_options: dict[str, str] = field(default_factory=dict)
    batch_handler: Callable[[DataFrame, int], Any] | None = None  # of a sink: what each batch is given to


@dataclass
class QueryFlow:
    """Appends to (streaming table) or recomputes (materialized view, view) `target` from what `query` returns.

    `query` is called on demand, with the update's session active; it may use anything that Spark offers.
    `sql` is the text behind `query` when it came from SQL.
    """

    name: str
    target: str
    query: Callable[[], DataFrame]
    location: SourceLocation
    once: bool = False
    by_name: bool = True
    comment: str | None = None
    spark_conf: dict[str, str] = field(default_factory=dict)
    sql: str | None = None
    default: bool = True  # the flow that a dataset definition brings; False for append_flow / CREATE FLOW
    replace_where: str | None = None  # the query's rows take the place of those that meet this condition
    replace_using: Sequence[str] = ()  # the query's rows take the place of those with their values of these columns
    sequence_by: str | Column | None = None  # of replace_using: which rows are newer
    updates: bool = False  # update_flow: each batch gives a sink the rows that it changed


ScdType = Literal[1, 2, "bitemporal"]


@dataclass
class AutoCdcFlow:
    """AUTO CDC INTO target: `source` is read as a stream of changes. Column arguments are names or Columns.

    `system_sequence_by`: of bitemporal history, when the system learned of a change.
    """

    name: str
    target: str
    source: str
    keys: Sequence[str]
    sequence_by: str | Column
    location: SourceLocation
    ignore_null_updates: bool = False
    ignore_null_updates_columns: Sequence[str] | None = None
    ignore_null_updates_except_columns: Sequence[str] | None = None
    columns_to_update: str | None = None
    apply_as_deletes: str | Column | None = None
    apply_as_truncates: str | Column | None = None
    column_list: Sequence[str] | None = None
    except_column_list: Sequence[str] | None = None
    stored_as_scd_type: ScdType = 1
    system_sequence_by: str | Column | None = None
    track_history_column_list: Sequence[str] | None = None
    track_history_except_column_list: Sequence[str] | None = None
    once: bool = False
    comment: str | None = None
    source_query: Callable[[], DataFrame] | None = None  # SQL: FROM STREAM (…) or a once flow's batch query


# A query that reads the rows of a table function, which are given to it.
QueryOfRows = Callable[[Callable[[], "DataFrame"]], "DataFrame"]


@dataclass(frozen=True)
class SnapshotQueries:
    """FROM SNAPSHOT (snapshot) WITH VERSION (version): the snapshot's query reads current_snapshot_version(), the
    version query last_snapshot_version().

    `unfiltered`: the version query without its conditions. `name`: what its column seems to be called.
    """

    version: QueryOfRows
    unfiltered: QueryOfRows
    snapshot: QueryOfRows
    name: str
    location: SourceLocation


@dataclass
class SnapshotCdcFlow:
    """AUTO CDC FROM SNAPSHOT: `source` names a dataset, or is a function of the latest version -> (frame, version), or
    the queries of a snapshot and its version."""

    name: str
    target: str
    source: str | Callable[[Any], Any] | SnapshotQueries
    keys: Sequence[str]
    location: SourceLocation
    stored_as_scd_type: Literal[1, 2] = 1
    track_history_column_list: Sequence[str] | None = None
    track_history_except_column_list: Sequence[str] | None = None
    comment: str | None = None
    once: bool = False


Flow = QueryFlow | AutoCdcFlow | SnapshotCdcFlow


@dataclass(frozen=True)
class EventHook:
    """User code that is called with every event. After more than `allowed_failures` in a row it is called no more."""

    name: str
    function: Callable[[dict[str, Any]], Any]
    allowed_failures: int | None
    location: SourceLocation


class Graph:
    """What the sources of one pipeline defined, in the order in which they did."""

    def __init__(self) -> None:
        self.datasets: list[Dataset] = []
        self.flows: list[Flow] = []
        self.hooks: list[EventHook] = []

    def add_dataset(self, dataset: Dataset) -> None:
        self.datasets.append(dataset)

    def add_flow(self, flow: Flow) -> None:
        self.flows.append(flow)
