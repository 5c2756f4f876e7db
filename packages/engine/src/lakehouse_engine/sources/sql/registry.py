"""Every form of the Lakeflow SQL reference and what this workspace does with it. The docs' table is made from this.

The parser refuses through `refusal`, so that what it says and what the docs say is one text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["supported", "differs", "refused"]


@dataclass(frozen=True)
class Entry:
    """`note`: how it differs, or why it is refused. `instead`: what to write. `page`: the reference's page."""

    form: str
    status: Status
    page: str
    note: str = ""
    instead: str = ""


_ST = "ldp-sql-ref-create-streaming-table"
_MV = "ldp-sql-ref-create-materialized-view"
_TV = "ldp-sql-ref-create-temporary-view"
_VIEW = "ldp-sql-ref-create-view"
_FLOW = "ldp-sql-ref-create-flow"
_CDC = "ldp-sql-ref-apply-changes-into"
_SQL = "ldp/developer/sql-dev"
_PARAMETERS = "ldp/parameters"
_EXPECT = "ldp/expectations"


def _supported(page: str, *forms: str) -> list[Entry]:
    return [Entry(form, "supported", page) for form in forms]


ENTRIES: tuple[Entry, ...] = (
    *_supported(
        _ST,
        "CREATE [OR REFRESH] [PRIVATE | TEMPORARY] STREAMING TABLE",
        "CREATE [STREAMING | INCREMENTAL] LIVE TABLE",
        "IF NOT EXISTS",
        "column type, NOT NULL, COMMENT",
        "PRIMARY KEY, FOREIGN KEY (kept, not enforced)",
        "COMMENT",
        "TBLPROPERTIES",
        "PARTITIONED BY",
        "CLUSTER BY (columns) | AUTO | NONE",
        "USING DELTA",
        "FLOW INSERT [ONCE] BY NAME",
        "FLOW AUTO CDC",
    ),
    *_supported(_MV, "CREATE [OR REFRESH] [PRIVATE | TEMPORARY] MATERIALIZED VIEW", "CREATE LIVE TABLE"),
    Entry(
        "CREATE OR REPLACE of either", "differs", _MV, "Means OR REFRESH: what a streaming table has read stays read."
    ),
    Entry(
        "REFRESH POLICY AUTO | INCREMENTAL [STRICT] | FULL",
        "differs",
        f"{_MV}-refresh-policy",
        "Nothing is incremental here: INCREMENTAL computes everything, with a warning, and fails only if the query is "
        "not deterministic.",
    ),
    *_supported(_TV, "CREATE TEMPORARY VIEW", "CREATE [TEMPORARY] [STREAMING | INCREMENTAL] LIVE VIEW"),
    *_supported(_VIEW, "CREATE VIEW"),
    *_supported(_EXPECT, "CONSTRAINT ... EXPECT (...) [ON VIOLATION DROP ROW | FAIL UPDATE]"),
    *_supported(_FLOW, "CREATE FLOW ... AS INSERT [ONCE] INTO ... BY NAME", "CREATE FLOW ... AS AUTO CDC [ONCE] INTO"),
    Entry(
        "REPLACE WHERE condition",
        "supported",
        _FLOW,
        "Each update computes the whole query and keeps what meets the condition.",
    ),
    *_supported(_FLOW, "REPLACE USING (columns) SEQUENCE BY column"),
    *_supported(
        _CDC,
        "APPLY CHANGES INTO, AUTO CDC INTO",
        "KEYS, SEQUENCE BY",
        "IGNORE NULL UPDATES [ON columns | * EXCEPT (columns)]",
        "APPLY AS DELETE WHEN, APPLY AS TRUNCATE WHEN",
        "COLUMNS columns | * EXCEPT (columns)",
        "STORED AS SCD TYPE 1 | SCD TYPE 2 | BITEMPORAL",
        "SYSTEM SEQUENCE BY column (with BITEMPORAL)",
        "TRACK HISTORY ON columns | * EXCEPT (columns)",
        "COLUMNS TO UPDATE column",
    ),
    *_supported(_FLOW, "AUTO CDC INTO ... FROM SNAPSHOT (query)"),
    *_supported(
        "sql/language-manual/functions/last_snapshot_version",
        "FROM SNAPSHOT (query) WITH VERSION (query), last_snapshot_version(), current_snapshot_version()",
    ),
    *_supported(_SQL, "STREAM t, STREAM(t)", "read_files, STREAM read_files, cloud_files", "event_log", "LIVE. prefix"),
    *_supported("sql/language-manual/functions/list_files", "list_files"),
    *_supported(_SQL, "SET key = value", "USE CATALOG, USE SCHEMA"),
    *_supported(_PARAMETERS, "${parameter}", ":parameter"),
    Entry("MASK, WITH ROW FILTER", "supported", _ST, "Set before rows are written. Private datasets take none."),
    Entry("GENERATED ALWAYS AS (expr)", "supported", _ST, "The query does not return the column."),
    Entry(
        "GENERATED ... AS IDENTITY",
        "refused",
        _ST,
        "Open-source Delta writes no identity columns from a stream.",
        "Compute the key in the query, for example with uuid() or xxhash64(...).",
    ),
    Entry("DEFAULT", "refused", _ST, "A flow writes every column.", "Use coalesce(column, value) in the query."),
    Entry("LOCATION", "refused", _ST, "Unity Catalog chooses where a pipeline's table is kept.", "Remove the clause."),
    Entry("USING", "refused", _ST, "A pipeline's tables are Delta tables.", "Write USING DELTA or nothing."),
    Entry(
        "SCHEDULE",
        "refused",
        _ST,
        "A pipeline's datasets are refreshed by its updates.",
        "Schedule the pipeline with a job.",
    ),
    Entry(
        "TRIGGER ON UPDATE",
        "refused",
        _ST,
        "A pipeline's datasets are refreshed by its updates.",
        "Give the job that runs the pipeline a table update trigger.",
    ),
    Entry(
        "DEFAULT COLLATION", "refused", _ST, "Only UTF8_BINARY is available.", "Write DEFAULT COLLATION UTF8_BINARY."
    ),
    Entry("ROW FILTER on a view", "refused", _VIEW, "A view has no row filter.", "Filter in its query."),
    Entry(
        "CONSTRAINT on a published view",
        "refused",
        _VIEW,
        "CREATE VIEW takes no expectations.",
        "Use CREATE TEMPORARY VIEW or CREATE MATERIALIZED VIEW.",
    ),
    Entry(
        "a table clause on a view",
        "refused",
        _TV,
        "A view stores no rows, so it has no layout and no keys.",
        "Remove the clause, or use CREATE MATERIALIZED VIEW.",
    ),
    Entry(
        "FROM SNAPSHOT ... STORED AS BITEMPORAL",
        "refused",
        "ldp/cdc",
        "Bitemporal history is computed from a feed of changes, and snapshots are none.",
        "Use STORED AS SCD TYPE 2.",
    ),
    Entry(
        "OR REPLACE of a view",
        "refused",
        _SQL,
        "A view is what its pipeline's sources say.",
        "Write CREATE alone.",
    ),
    Entry(
        "CREATE TABLE",
        "refused",
        _SQL,
        "A pipeline defines streaming tables, materialized views and views.",
        "Write CREATE OR REFRESH STREAMING TABLE or CREATE OR REFRESH MATERIALIZED VIEW.",
    ),
    Entry(
        "CREATE FUNCTION",
        "refused",
        _SQL,
        "A pipeline does not create functions.",
        "Create it in the SQL editor or a notebook task.",
    ),
    Entry(
        "CREATE CATALOG, SCHEMA or VOLUME",
        "refused",
        _SQL,
        "A pipeline does not create containers.",
        "Create it before the pipeline runs.",
    ),
    Entry(
        "a query alone",
        "refused",
        _SQL,
        "A pipeline source defines datasets and flows; a query's result would go nowhere.",
        "Put CREATE OR REFRESH MATERIALIZED VIEW name AS before it.",
    ),
    Entry(
        "DML",
        "refused",
        _SQL,
        "A pipeline source does not change tables by statement.",
        "Write CREATE FLOW ... AS INSERT INTO ... BY NAME, or AUTO CDC INTO.",
    ),
    Entry(
        "DDL",
        "refused",
        _SQL,
        "A pipeline changes a dataset when its definition changes.",
        "Change the CREATE statement.",
    ),
    Entry(
        "GRANT, REVOKE",
        "refused",
        _SQL,
        "A pipeline source gives no privileges.",
        "Grant on the table or its schema in the catalog.",
    ),
    Entry("SHOW, DESCRIBE, EXPLAIN", "refused", _SQL, "A pipeline source shows nothing.", "Run it in the SQL editor."),
    Entry("SET without a value", "refused", _SQL, "A pipeline source shows nothing.", "Write SET key = value."),
)

_REFUSED = {entry.form: entry for entry in ENTRIES if entry.status == "refused"}

# The statements that a pipeline does not take, by their first keyword (CREATE has its own reading).
REFUSED_STATEMENTS: dict[str, str] = {
    **dict.fromkeys(("SELECT", "WITH", "VALUES", "FROM", "TABLE", "("), "a query alone"),
    **dict.fromkeys(("INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "TRUNCATE", "LOAD"), "DML"),
    **dict.fromkeys(
        ("ALTER", "DROP", "COMMENT", "OPTIMIZE", "VACUUM", "ANALYZE", "REFRESH", "CACHE", "MSCK", "RESTORE"), "DDL"
    ),
    **dict.fromkeys(("GRANT", "REVOKE", "DENY"), "GRANT, REVOKE"),
    **dict.fromkeys(("SHOW", "DESCRIBE", "DESC", "EXPLAIN", "LIST"), "SHOW, DESCRIBE, EXPLAIN"),
}


def refusal(form: str) -> Entry:
    return _REFUSED[form]


def markdown() -> str:
    """The table for the docs."""
    rows = ["| SQL | Here | Note |", "| --- | --- | --- |"]
    for entry in ENTRIES:
        form = entry.form.replace("|", "\\|")
        rows.append(f"| `{form}` | {entry.status} | {f'{entry.note} {entry.instead}'.strip()} |")
    return "\n".join(rows) + "\n"
