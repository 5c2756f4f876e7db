"""SQL statements into the graph: what `load_sql` does with a file or a notebook of one pipeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from lakehouse_engine.graph.model import (
    AutoCdcFlow,
    Dataset,
    DatasetKind,
    Graph,
    QueryFlow,
    SnapshotCdcFlow,
    SnapshotQueries,
    SourceLocation,
)
from lakehouse_engine.identifiers import quote_if_needed

from . import snapshots
from .errors import SqlSyntaxError, SqlUnsupportedError
from .parser import parse_statement
from .query import Constant, FunctionCall, rewrite
from .script import Cell, cells, split_statements, substitute
from .statements import (
    AutoCdcSpec,
    ColumnChoice,
    CreateDataset,
    CreateFlow,
    FlowSpec,
    InsertSpec,
    Query,
    SetConfiguration,
    SnapshotSpec,
    Statement,
    Use,
)

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class SqlContext(Protocol):
    """What a pipeline's update offers to its SQL sources."""

    configuration: Mapping[str, str]  # values of ${key}
    parameters: Mapping[str, str]  # values of :key

    def run_sql(
        self, text: str, *, catalog: str | None, schema: str | None, frames: Mapping[str, DataFrame]
    ) -> DataFrame:
        """The frame of a query; names of the pipeline's datasets mean its datasets, and those of `frames` mean these.

        `catalog` and `schema`: of USE.
        """
        ...

    def constant(self, text: str, function: str, location: SourceLocation) -> str | None:
        """The value of a constant expression that is an argument of `function`, as text."""
        ...

    def table_function(
        self, name: str, arguments: list[str], options: dict[str, Any], streaming: bool, location: SourceLocation
    ) -> DataFrame:
        """read_files, list_files, cloud_files or event_log."""
        ...

    def run_magic(self, language: str, code: str, location: SourceLocation) -> None:
        """A cell of an SQL notebook in another language: python, run, pip, sh, ... (md and sql never come here)."""
        ...


def load_sql(text: str, path: str, graph: Graph, context: SqlContext) -> None:
    """Everything that `text`, the file or notebook at `path`, defines. The first error stops it."""
    loader = _Loader(graph, context)
    for cell in cells(text, path):
        loader.cell(cell)


def parse_sql(text: str, path: str, configuration: Mapping[str, str] | None = None) -> list[Statement]:
    """The statements of a file's SQL, without a graph: SET takes effect on what follows it."""
    values = dict(configuration or {})
    found: list[Statement] = []
    for cell in cells(text, path):
        if cell.language != "sql":
            continue
        for part in split_statements(cell.source):
            statement = parse_statement(substitute(part, values))
            if isinstance(statement, SetConfiguration):
                values[statement.key] = statement.value
            found.append(statement)
    return found


class _Loader:
    """One source's state: what SET and USE say holds until its end."""

    def __init__(self, graph: Graph, context: SqlContext) -> None:
        self.graph = graph
        self.context = context
        self.configuration = dict(context.configuration)
        self.spark_conf: dict[str, str] = {}
        self.catalog: str | None = None
        self.schema: str | None = None

    def cell(self, cell: Cell) -> None:
        if cell.language == "md":
            return
        if cell.language != "sql":
            text = cell.source.text
            self.context.run_magic(cell.language, text.lstrip(), cell.source.location(len(text) - len(text.lstrip())))
            return
        for part in split_statements(cell.source):
            self.statement(parse_statement(substitute(part, self.configuration, self.context.parameters)))

    def statement(self, statement: Statement) -> None:
        match statement:
            case SetConfiguration():
                self.configuration[statement.key] = statement.value
                self.spark_conf[statement.key] = statement.value
            case Use():
                if statement.catalog is not None:
                    self.catalog, self.schema = statement.catalog, None
                self.schema = statement.schema or self.schema
            case CreateDataset():
                self.dataset(statement)
            case CreateFlow():
                target = self.qualified(statement.target)
                name = statement.name or target
                self.flow(
                    name, target, statement.flow, statement.location, statement.comment, default=not statement.name
                )

    def dataset(self, made: CreateDataset) -> None:
        local = made.private or made.kind is DatasetKind.TEMPORARY_VIEW
        if local and "." in made.name:
            what = "a temporary view" if made.kind is DatasetKind.TEMPORARY_VIEW else "a private dataset"
            raise SqlUnsupportedError(
                f"The name {made.name}", f"{what} is not in the catalog.", "Give it a name of one part.", made.location
            )
        name = made.name if local else self.qualified(made.name)
        clauses = made.clauses
        self.graph.add_dataset(
            Dataset(
                name,
                made.kind,
                made.location,
                comment=clauses.comment,
                columns=made.columns,
                constraints=made.constraints,
                table_properties=dict(clauses.properties),
                spark_conf=dict(self.spark_conf),
                partition_cols=clauses.partitioned_by,
                cluster_by=clauses.cluster_by,
                cluster_by_auto=clauses.cluster_by_auto,
                row_filter=clauses.row_filter,
                refresh_policy=clauses.refresh_policy,
                private=made.private,
                expectations=list(made.expectations),
            )
        )
        flow = InsertSpec(made.query) if made.query else made.flow
        if flow is not None:
            self.flow(name, name, flow, made.location, None, default=True, by_name=made.query is None)

    def qualified(self, name: str) -> str:
        """The name with what USE said before it; without USE it is the pipeline's defaults that complete it."""
        dots = _dots(name)
        if name.upper().startswith("LIVE.") or dots == 2:
            return name
        if dots == 0 and self.schema is not None:
            name, dots = f"{quote_if_needed(self.schema)}.{name}", 1
        elif dots == 0 and self.catalog is not None:
            name, dots = f"`default`.{name}", 1
        return f"{quote_if_needed(self.catalog)}.{name}" if dots == 1 and self.catalog is not None else name

    def flow(
        self,
        name: str,
        target: str,
        spec: FlowSpec,
        location: SourceLocation,
        comment: str | None,
        *,
        default: bool,
        by_name: bool = True,
    ) -> None:
        match spec:
            case InsertSpec():
                self.graph.add_flow(
                    QueryFlow(
                        name,
                        target,
                        self.query(spec.query),
                        location,
                        once=spec.once,
                        by_name=by_name,
                        comment=comment,
                        spark_conf=dict(self.spark_conf),
                        sql=spec.query.text,
                        default=default,
                        replace_where=spec.replace_where,
                        replace_using=spec.replace_using,
                        sequence_by=spec.sequence_by,
                    )
                )
            case AutoCdcSpec():
                self.graph.add_flow(self.auto_cdc(name, target, spec, location, comment))
            case SnapshotSpec():
                self.snapshot(name, target, spec, location, comment)

    def auto_cdc(
        self, name: str, target: str, spec: AutoCdcSpec, location: SourceLocation, comment: str | None
    ) -> AutoCdcFlow:
        ignore, columns, track = spec.ignore_null_updates_on, spec.columns, spec.track_history
        problem = _contradiction(spec)
        if problem is not None:
            raise SqlSyntaxError(problem, location)
        if not spec.streaming and not spec.once and spec.source:
            raise SqlSyntaxError(
                f"AUTO CDC reads changes as a stream; write FROM STREAM({spec.source}), "
                "or AUTO CDC ONCE for a batch source",
                location,
            )
        source_query = spec.source_query
        if spec.once and spec.source:  # a once flow reads its source as it is, not as a stream
            source_query = Query(f"SELECT * FROM {spec.source}", location)
        return AutoCdcFlow(
            name,
            target,
            self.qualified(spec.source) if spec.source else "",
            spec.keys,
            spec.sequence_by,
            location,
            ignore_null_updates=spec.ignore_null_updates,
            ignore_null_updates_columns=_included(ignore),
            ignore_null_updates_except_columns=_excluded(ignore),
            columns_to_update=spec.columns_to_update,
            apply_as_deletes=spec.apply_as_deletes,
            apply_as_truncates=spec.apply_as_truncates,
            column_list=_included(columns),
            except_column_list=_excluded(columns),
            stored_as_scd_type=spec.scd_type,
            system_sequence_by=spec.system_sequence_by,
            track_history_column_list=_included(track),
            track_history_except_column_list=_excluded(track),
            once=spec.once,
            comment=comment,
            source_query=self.query(source_query) if source_query else None,
        )

    def snapshot(
        self, name: str, target: str, spec: SnapshotSpec, location: SourceLocation, comment: str | None
    ) -> None:
        """The snapshot's query becomes a temporary view of the pipeline, which is what the flow reads; one of versions
        is run for each of them."""
        if spec.version is not None:
            source: str | SnapshotQueries = self.versions(spec.query, spec.version)
        else:
            plain = "".join(letter if letter.isalnum() else "_" for letter in name)
            source = f"__snapshot_of_{plain}"
            self.graph.add_dataset(Dataset(source, DatasetKind.TEMPORARY_VIEW, location))
            self.flow(source, source, InsertSpec(spec.query), location, None, default=True)
        self.graph.add_flow(
            SnapshotCdcFlow(
                name,
                target,
                source,
                spec.keys,
                location,
                stored_as_scd_type=spec.scd_type,
                track_history_column_list=_included(spec.track_history),
                track_history_except_column_list=_excluded(spec.track_history),
                comment=comment,
                once=spec.once,
            )
        )

    def versions(self, snapshot: Query, version: Query) -> SnapshotQueries:
        return SnapshotQueries(
            self.query_of(version, snapshots.LAST),
            self.query_of(snapshots.without_conditions(version), snapshots.LAST),
            self.query_of(snapshot, snapshots.CURRENT),
            snapshots.column_name(version),
            version.location,
        )

    def query(self, query: Query) -> Callable[[], DataFrame]:
        run = self.query_of(query, None)
        return lambda: run(None)

    def query_of(self, query: Query, function: str | None) -> Callable[[Callable[[], DataFrame] | None], DataFrame]:
        """Rewritten now, so that a wrong call of read_files fails when the source is read; run on demand.

        `function`: a table function without arguments, whose rows the caller of the query gives.
        """
        rewritten = rewrite(query, [function] if function else ())
        for call in rewritten.calls:
            if call.name == function and (call.arguments or call.options or call.streaming):
                raise SqlSyntaxError(f"{function}() takes no arguments, and is not a stream", call.location)
        catalog, schema, context = self.catalog, self.schema, self.context

        def frame(call: FunctionCall, rows: Callable[[], DataFrame] | None) -> DataFrame:
            if call.name == function and rows is not None:
                return rows()
            return context.table_function(
                call.name,
                [self._value(each, call) for each in call.arguments],
                {name: self._value(each, call) for name, each in call.options.items()},
                call.streaming,
                call.location,
            )

        def run(rows: Callable[[], DataFrame] | None) -> DataFrame:
            frames = {call.view: frame(call, rows) for call in rewritten.calls}
            return context.run_sql(rewritten.text, catalog=catalog, schema=schema, frames=frames)

        return run

    def _value(self, argument: Any, call: FunctionCall) -> Any:
        if not isinstance(argument, Constant):
            return argument
        return self.context.constant(argument.text, call.name, call.location)


def _contradiction(spec: AutoCdcSpec) -> str | None:
    """Clauses that the reference gives to one storage type (ldp-sql-ref-apply-changes-into)."""
    bitemporal = spec.scd_type == "bitemporal"
    if spec.apply_as_truncates is not None and spec.scd_type != 1:
        return "APPLY AS TRUNCATE WHEN works with SCD TYPE 1 only; remove it, or store as SCD TYPE 1"
    if spec.track_history is not None and spec.scd_type != 2:
        return "TRACK HISTORY ON works with SCD TYPE 2 only; add STORED AS SCD TYPE 2"
    if bitemporal and spec.system_sequence_by is None:
        return "STORED AS BITEMPORAL needs SYSTEM SEQUENCE BY column: when the system learned of a change"
    if not bitemporal and spec.system_sequence_by is not None:
        return "SYSTEM SEQUENCE BY works with STORED AS BITEMPORAL only; remove it, or store as BITEMPORAL"
    if bitemporal and spec.columns_to_update is not None:
        return "COLUMNS TO UPDATE does not work with STORED AS BITEMPORAL; remove it, or store as SCD TYPE 2"
    return None


def _included(choice: ColumnChoice | None) -> tuple[str, ...] | None:
    return choice.names if choice and not choice.excluded else None


def _excluded(choice: ColumnChoice | None) -> tuple[str, ...] | None:
    return choice.names if choice and choice.excluded else None


def _dots(name: str) -> int:
    """How many dots part the name: those within back quotes do not."""
    inside = dots = 0
    for letter in name:
        if letter == "`":
            inside = not inside
        dots += letter == "." and not inside
    return dots
