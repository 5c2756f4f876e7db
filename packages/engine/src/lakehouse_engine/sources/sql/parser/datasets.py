"""CREATE: streaming tables, materialized views, views and flows, in today's words and in the older LIVE ones."""

from __future__ import annotations

from lakehouse_engine.graph.model import DatasetKind, SourceLocation

from ..statements import CreateDataset, CreateFlow, FlowSpec, Query
from . import flows
from .clauses import table_clauses
from .columns import Specification, specification
from .cursor import Cursor

_VIEWS = (DatasetKind.VIEW, DatasetKind.TEMPORARY_VIEW)


def create(cursor: Cursor) -> CreateDataset | CreateFlow:
    location = cursor.location
    cursor.expect("CREATE")
    if cursor.accept("FLOW"):
        return _flow(cursor, location)
    start = cursor.token
    replace = start if cursor.accept("OR", "REPLACE") else None
    if replace is None and cursor.accept("OR"):
        cursor.expect("REFRESH", after="OR")
    private = cursor.accept("PRIVATE")
    temporary = not private and (cursor.accept("TEMPORARY") or cursor.accept("TEMP"))
    kind = _kind(cursor, temporary)
    if replace and kind in _VIEWS:
        cursor.refuse("OR REPLACE of a view", replace)
    if cursor.accept("IF"):
        cursor.expect("NOT", "EXISTS", after="IF")
    if cursor.sees("("):
        cursor.fail("the dataset's name")
    name = cursor.name("the dataset's name")
    view = kind in _VIEWS
    found = _columns(cursor, kind)
    following = "AS query" if kind is not DatasetKind.STREAMING_TABLE else "AS query, FLOW"
    clauses = table_clauses(cursor, kind, following)
    query, flow = _body(cursor, kind)
    return CreateDataset(
        name,
        kind,
        location,
        private=(private or temporary) and not view,
        columns=tuple(found.columns),
        expectations=tuple(found.expectations),
        constraints=tuple(found.constraints),
        clauses=clauses,
        query=query,
        flow=flow,
    )


def _kind(cursor: Cursor, temporary: bool) -> DatasetKind:
    if cursor.accept("MATERIALIZED"):
        cursor.expect("VIEW", after="MATERIALIZED")
        return DatasetKind.MATERIALIZED_VIEW
    streaming = cursor.accept("STREAMING") or cursor.accept("INCREMENTAL")  # the word of the first years
    live = cursor.accept("LIVE")
    if cursor.accept("VIEW"):
        return DatasetKind.TEMPORARY_VIEW if live or temporary or streaming else DatasetKind.VIEW
    if cursor.sees("TABLE") and (streaming or live):
        cursor.advance()
        return DatasetKind.STREAMING_TABLE if streaming else DatasetKind.MATERIALIZED_VIEW
    if streaming or live:
        cursor.fail("TABLE or VIEW")
    if cursor.sees("TABLE"):
        cursor.refuse("CREATE TABLE")
    if cursor.token.upper in ("FUNCTION", "PROCEDURE"):
        cursor.refuse("CREATE FUNCTION")
    if cursor.token.upper in ("CATALOG", "SCHEMA", "DATABASE", "VOLUME", "EXTERNAL", "CONNECTION", "SHARE"):
        cursor.refuse("CREATE CATALOG, SCHEMA or VOLUME")
    cursor.fail("STREAMING TABLE, MATERIALIZED VIEW, TEMPORARY VIEW, VIEW or FLOW")


def _columns(cursor: Cursor, kind: DatasetKind) -> Specification:
    if not cursor.sees("("):
        return Specification()
    token = cursor.token
    found = specification(cursor)
    if kind is DatasetKind.VIEW and found.expectations:
        cursor.refuse("CONSTRAINT on a published view", token)
    if kind in _VIEWS and (found.constraints or any(column.mask or column.generated for column in found.columns)):
        cursor.refuse("a table clause on a view", token)
    return found


def _body(cursor: Cursor, kind: DatasetKind) -> tuple[Query | None, FlowSpec | None]:
    if cursor.accept("AS"):
        return flows.query(cursor, "AS"), None
    if kind is not DatasetKind.STREAMING_TABLE:
        cursor.fail("AS query")
    return (None, None) if cursor.ended else (None, flows.dataset_flow(cursor))


def _flow(cursor: Cursor, location: SourceLocation) -> CreateFlow:
    name = cursor.name("the flow's name")
    comment = cursor.string("the flow's comment") if cursor.accept("COMMENT") else None
    cursor.expect("AS", after="the flow's name")
    if cursor.sees("INSERT"):
        target, flow = flows.insert_into(cursor)
    elif cursor.sees("AUTO") or cursor.sees("APPLY", "CHANGES"):
        target, flow = flows.auto_cdc_into(cursor)
    else:
        cursor.fail("INSERT INTO ... BY NAME or AUTO CDC INTO")
    return CreateFlow(name, target, flow, location, comment)
