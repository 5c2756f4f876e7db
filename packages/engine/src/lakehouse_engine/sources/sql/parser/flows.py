"""Flows: INSERT, AUTO CDC and its snapshot form, with every clause of APPLY CHANGES."""

from __future__ import annotations

from typing import Any, Literal

from lakehouse_engine.graph.model import ScdType

from ..statements import AutoCdcSpec, ColumnChoice, FlowSpec, InsertSpec, Query, SnapshotSpec
from ..tokenizer import Kind
from .cursor import Cursor

_QUERY_STARTS = ("SELECT", "WITH", "VALUES", "TABLE", "FROM", "MAP", "REDUCE", "(")
# Where an expression of AUTO CDC ends: the first words of the clauses that may follow.
_CLAUSES = (
    ("KEYS", "("),
    ("IGNORE", "NULL"),
    ("APPLY", "AS"),
    ("SEQUENCE", "BY"),
    ("SYSTEM", "SEQUENCE"),
    ("STORED", "AS"),
    ("TRACK", "HISTORY"),
    ("COLUMNS",),
)


def query(cursor: Cursor, after: str) -> Query:
    """The rest of the statement, which Spark will read."""
    if not any(cursor.sees(word) for word in _QUERY_STARTS):
        cursor.fail(f"a query after {after}: SELECT, WITH, VALUES, TABLE or FROM")
    location = cursor.location
    text = cursor.text_until("a query", stop=lambda: cursor.ended)
    return Query(text, location)


def dataset_flow(cursor: Cursor) -> FlowSpec:
    """FLOW ... within CREATE STREAMING TABLE."""
    cursor.expect("FLOW")
    if cursor.accept("INSERT"):
        once = cursor.accept("ONCE")
        return _insert(cursor, once)
    if cursor.accept("AUTO"):
        cursor.expect("CDC", after="AUTO")
        return auto_cdc(cursor, once=cursor.accept("ONCE"))
    if cursor.sees("REPLACE"):
        return _insert(cursor, once=False)
    cursor.fail("INSERT [ONCE] BY NAME query, REPLACE WHERE, REPLACE USING or AUTO CDC after FLOW")


def insert_into(cursor: Cursor) -> tuple[str, InsertSpec]:
    """INSERT [ONCE] INTO [ONCE] target [BY NAME] query; rows go into columns by their names in any case."""
    cursor.expect("INSERT")
    once = cursor.accept("ONCE")
    cursor.expect("INTO", after="INSERT")
    once = cursor.accept("ONCE") or once
    target = cursor.name("the target streaming table")
    return target, _insert(cursor, once)


def _insert(cursor: Cursor, once: bool) -> InsertSpec:
    """[BY NAME] [REPLACE WHERE condition | REPLACE USING (columns) SEQUENCE BY column] [BY NAME] query: BY NAME stands
    before or behind."""
    _by_name(cursor)
    found: dict[str, Any] = {}
    if cursor.sees("REPLACE"):
        if once:
            clause = f"REPLACE {cursor.peek().upper}"
            cursor.fail(f"a flow that runs in every update: ONCE and {clause} exclude each other")
        found = _replace(cursor)
        _by_name(cursor)
    return InsertSpec(query(cursor, "the target of INSERT"), once, **found)


def _replace(cursor: Cursor) -> dict[str, Any]:
    if cursor.accept("REPLACE", "USING"):
        keys = cursor.parenthesised_names("a key column")
        cursor.expect("SEQUENCE", "BY", after="the key columns")
        return {"replace_using": keys, "sequence_by": cursor.identifier("the column that orders the rows")}
    cursor.expect("REPLACE")
    cursor.expect("WHERE", after="REPLACE")
    return {"replace_where": cursor.text_until("the condition of REPLACE WHERE", stop=lambda: _after_condition(cursor))}


def _by_name(cursor: Cursor) -> None:
    if cursor.accept("BY"):
        cursor.expect("NAME", after="BY")


def _after_condition(cursor: Cursor) -> bool:
    return cursor.ended or cursor.sees("BY", "NAME") or any(cursor.sees(word) for word in _QUERY_STARTS if word != "(")


def auto_cdc_into(cursor: Cursor) -> tuple[str, FlowSpec]:
    """AUTO CDC [ONCE] INTO target ..., or APPLY CHANGES INTO target ..."""
    if cursor.accept("APPLY"):
        cursor.expect("CHANGES", after="APPLY")
        once = False
    else:
        cursor.expect("AUTO", "CDC")
        once = cursor.accept("ONCE")
    cursor.expect("INTO")
    target = cursor.name("the target streaming table")
    return target, auto_cdc(cursor, once)


def auto_cdc(cursor: Cursor, once: bool) -> AutoCdcSpec | SnapshotSpec:
    cursor.expect("FROM")
    if cursor.sees("SNAPSHOT", "("):
        return _snapshot(cursor, once)
    found: dict[str, Any] = {"once": once, **_source(cursor)}
    found["keys"] = _keys(cursor)
    seen: set[str] = set()
    while not cursor.ended:
        token = cursor.token
        for name, value in _clause(cursor).items():
            if name in seen:
                cursor.fail("each clause once", token)
            seen.add(name)
            found[name] = value
    if "sequence_by" not in seen:
        cursor.fail("SEQUENCE BY column: AUTO CDC needs the order of the changes")
    return AutoCdcSpec(**found)


def _source(cursor: Cursor) -> dict[str, Any]:
    location, start = cursor.location, cursor.index
    text = cursor.text_until("the source, then KEYS (columns)", stop=lambda: cursor.ended or _at_clause(cursor))
    end, cursor.index = cursor.index, start
    wrapped = cursor.accept("STREAM", "(")
    streaming = wrapped or (cursor.sees("STREAM") and cursor.index + 1 < end and cursor.peek().text != ".")
    if streaming and not wrapped:
        cursor.advance()
    name = None
    if cursor.token.kind in (Kind.WORD, Kind.QUOTED):
        name = cursor.name("the source")
        if wrapped and not cursor.accept(")"):
            name = None
    if cursor.index != end:
        name = None
    cursor.index = end
    source_query = None if name else Query(f"SELECT * FROM {text}", location)
    return {"source": name, "source_query": source_query, "streaming": streaming}


def _at_clause(cursor: Cursor) -> bool:
    return any(cursor.sees(*words) for words in _CLAUSES)


def _keys(cursor: Cursor) -> tuple[str, ...]:
    if not cursor.accept("KEYS"):
        cursor.fail("KEYS (columns)")
    return cursor.parenthesised_names("a key column")


def _expression(cursor: Cursor, what: str) -> str:
    return cursor.text_until(what, stop=lambda: cursor.ended or _at_clause(cursor))


def _clause(cursor: Cursor) -> dict[str, Any]:
    if cursor.accept("IGNORE", "NULL"):
        cursor.expect("UPDATES", after="IGNORE NULL")
        choice = {"ignore_null_updates_on": _choice(cursor)} if cursor.accept("ON") else {}
        return {"ignore_null_updates": True, **choice}
    if cursor.accept("APPLY", "AS"):
        kind = "DELETE" if cursor.accept("DELETE") else "TRUNCATE"
        if kind == "TRUNCATE" and not cursor.accept("TRUNCATE"):
            cursor.fail("DELETE WHEN or TRUNCATE WHEN")
        cursor.expect("WHEN", after=kind)
        return {f"apply_as_{kind.lower()}s": _expression(cursor, f"the condition of APPLY AS {kind}")}
    if cursor.accept("SEQUENCE", "BY"):
        return {"sequence_by": _expression(cursor, "the column to order changes by")}
    if cursor.accept("STORED", "AS"):
        return {"scd_type": _stored_as(cursor)}
    if cursor.accept("TRACK", "HISTORY"):
        cursor.expect("ON", after="TRACK HISTORY")
        return {"track_history": _choice(cursor)}
    if cursor.accept("COLUMNS", "TO", "UPDATE"):
        return {"columns_to_update": cursor.identifier("the column that lists the columns to update")}
    if cursor.accept("COLUMNS"):
        return {"columns": _choice(cursor)}
    if cursor.accept("SYSTEM", "SEQUENCE"):
        cursor.expect("BY", after="SYSTEM SEQUENCE")
        return {"system_sequence_by": _expression(cursor, "the column of the system's time")}
    cursor.fail(
        "a clause of AUTO CDC: IGNORE NULL UPDATES, APPLY AS DELETE WHEN, APPLY AS TRUNCATE WHEN, SEQUENCE BY, "
        "SYSTEM SEQUENCE BY, COLUMNS, STORED AS, TRACK HISTORY ON, COLUMNS TO UPDATE"
    )


def _stored_as(cursor: Cursor) -> ScdType:
    if cursor.accept("BITEMPORAL"):
        return "bitemporal"
    if not cursor.sees("SCD"):
        cursor.fail("SCD TYPE 1, SCD TYPE 2 or BITEMPORAL after STORED AS")
    return _scd_type(cursor)


def _scd_type(cursor: Cursor) -> Literal[1, 2]:
    cursor.expect("SCD", after="STORED AS")
    cursor.expect("TYPE", after="SCD")
    if cursor.token.text not in ("1", "2"):
        cursor.fail("1 or 2")
    return 1 if cursor.advance().text == "1" else 2


def _choice(cursor: Cursor) -> ColumnChoice:
    """(a, b), a, b or * EXCEPT (a, b)"""
    if cursor.accept("*"):
        cursor.expect("EXCEPT", after="*")
        return ColumnChoice(cursor.parenthesised_names("a column"), excluded=True)
    if cursor.sees("("):
        return ColumnChoice(cursor.parenthesised_names("a column"))
    names = [cursor.column_path("a column, (columns) or * EXCEPT (columns)")]
    while cursor.accept(","):
        names.append(cursor.column_path("a column"))
    return ColumnChoice(tuple(names))


def _snapshot(cursor: Cursor, once: bool) -> SnapshotSpec:
    cursor.expect("SNAPSHOT")
    location = cursor.location
    text = cursor.parenthesised_text("the snapshot's query")
    version = None
    if cursor.accept("WITH", "VERSION"):
        after = cursor.location
        version = Query(cursor.parenthesised_text("the version query"), after)
    keys = _keys(cursor)
    scd_type: Literal[1, 2] = 1
    track = None
    if cursor.accept("STORED", "AS"):
        if cursor.sees("BITEMPORAL"):
            cursor.refuse("FROM SNAPSHOT ... STORED AS BITEMPORAL")
        scd_type = _scd_type(cursor)
    if cursor.accept("TRACK", "HISTORY"):
        cursor.expect("ON", after="TRACK HISTORY")
        track = _choice(cursor)
    cursor.expect_end("STORED AS SCD TYPE, TRACK HISTORY ON or the end of the statement")
    return SnapshotSpec(Query(text, location), keys, version, scd_type, track, once)
