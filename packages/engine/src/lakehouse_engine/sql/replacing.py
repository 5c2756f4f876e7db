"""INSERT … REPLACE USING and REPLACE ON, which Delta takes in MERGE only.

Rows of the table that a row of the query matches are deleted and all rows of the query inserted, in one commit. The
query runs once: each of its rows comes twice, to be inserted and to find what it replaces.
https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-syntax-dml-insert-into
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import SparkSession

from lakehouse_engine.catalog import TableRecord
from lakehouse_engine.catalog.columns import schema_of
from lakehouse_engine.errors import EngineError
from lakehouse_engine.identifiers import quote
from lakehouse_engine.sources.sql.parser.cursor import Cursor
from lakehouse_engine.sources.sql.tokenizer import Kind, SourceText
from lakehouse_engine.sql import dialect
from lakehouse_engine.sql.row_changes import QUERIES

# Words before a parenthesis that belongs to the condition, and does not hold the query that follows it.
_GO_ON = ("AND", "OR", "NOT", "IN", "EXISTS", "ANY", "SOME", "ALL", "LIKE", "ILIKE", "RLIKE", "BETWEEN", "WHEN", "THEN")
_SOURCE = "__source"


@dataclass(frozen=True)
class Replacement:
    """`using`: columns of REPLACE USING, None for REPLACE ON; table, aliases, condition and query as written."""

    table: str
    alias: str | None
    by_name: bool
    using: tuple[str, ...] | None
    condition: str
    query: str
    source: str

    def merge(self, columns: Sequence[str], given: Sequence[str]) -> str:
        """The MERGE that does the same: `columns` of the table, `given` by the query."""
        values = self._values(columns, given)
        target = self.alias or self.table
        condition = self.condition
        if self.using is not None:
            equal = [f"{target}.{quote(c)} = {self.source}.{quote(values[c])}" for c in self._known(columns, values)]
            condition = " AND ".join(equal)
        twice = "LATERAL VIEW explode(array(true, false)) __m AS __new"
        rows = f"SELECT __rows.*, __new FROM ({self.query}) AS __rows {twice}"
        into = ", ".join(quote(column) for column in values)
        inserted = ", ".join(f"{self.source}.{quote(name)}" for name in values.values())
        return (
            f"MERGE INTO {self.table}{f' AS {self.alias}' if self.alias else ''} USING ({rows}) AS {self.source} "
            f"ON NOT {self.source}.__new AND ({condition}) WHEN MATCHED THEN DELETE "
            f"WHEN NOT MATCHED AND {self.source}.__new THEN INSERT ({into}) VALUES ({inserted})"
        )

    def _values(self, columns: Sequence[str], given: Sequence[str]) -> dict[str, str]:
        """The query's column for each of the table's."""
        folded = [name.lower() for name in given]
        if repeated := next((name for name in given if folded.count(name.lower()) > 1), None):
            raise EngineError(
                f"[COLUMN_ALREADY_EXISTS] The column `{repeated}` already exists. Choose another name or rename the "
                "existing column. SQLSTATE: 42711",
                error_class="COLUMN_ALREADY_EXISTS",
            )
        if not self.by_name:
            if len(given) != len(columns):
                kind = "NOT_ENOUGH" if len(given) < len(columns) else "TOO_MANY"
                raise EngineError(
                    f"[INSERT_COLUMN_ARITY_MISMATCH.{kind}_DATA_COLUMNS] Cannot write to {self.table}, the reason is "
                    f"{'not enough' if kind == 'NOT_ENOUGH' else 'too many'} data columns: "
                    f"Table columns: {_listed(columns)}. Data columns: {_listed(given)}. SQLSTATE: 21S01",
                    error_class="INSERT_COLUMN_ARITY_MISMATCH",
                )
            return dict(zip(columns, given, strict=True))
        known = {name.lower(): name for name in columns}
        if extra := next((name for name in given if name.lower() not in known), None):
            raise _unresolved(extra, columns)
        return {known[name.lower()]: name for name in given}

    def _known(self, columns: Sequence[str], values: dict[str, str]) -> list[str]:
        """The columns of USING as the table spells them; each is a column of the table that the query gives."""
        known = {name.lower(): name for name in columns if name in values}
        for name in self.using or ():
            if name.lower() not in known:
                raise _unresolved(name, list(known.values()))
        return [known[name.lower()] for name in self.using or ()]


def run(session: SparkSession, replacement: Replacement, record: TableRecord) -> int:
    """How many rows it inserted."""
    given = SparkSession.sql(session, f"SELECT * FROM ({replacement.query})").columns
    merge = replacement.merge(schema_of(record).fieldNames(), given)
    row = dialect.execute(session, merge).first()
    return int(row["num_inserted_rows"]) if row else 0


def parse(text: str) -> Replacement | None:
    """None for other statements."""
    c = Cursor(SourceText(text, "statement"))
    common = ""
    if c.sees("WITH"):
        c.skip_balanced("a statement", stop=lambda: c.sees("INSERT") or c.ended)
        common = text[: c.token.start]
    if not c.accept("INSERT") or any(c.sees(*words) for words in (("OVERWRITE",), ("INTO", "DIRECTORY"))):
        return None
    evolving = c.accept("WITH", "SCHEMA", "EVOLUTION")
    c.expect("INTO")
    c.accept("TABLE")
    table = c.name("the table")
    alias = None
    if c.accept("AS") or not (c.sees("BY", "NAME") or c.sees("REPLACE")):
        if c.token.kind not in (Kind.WORD, Kind.QUOTED):
            return None
        c.identifier("an alias")
        alias = c.previous.text
    by_name = c.accept("BY", "NAME")
    if not (c.sees("REPLACE", "USING") or c.sees("REPLACE", "ON")):
        return None
    if evolving:
        raise EngineError(
            "INSERT WITH SCHEMA EVOLUTION is not supported together with REPLACE. Add the columns by ALTER TABLE.",
            error_class="UNSUPPORTED_FEATURE",
        )
    c.expect("REPLACE")
    using: tuple[str, ...] | None = None
    condition = ""
    if c.accept("USING"):
        using = c.parenthesised_names("a column")
    else:
        c.expect("ON")
        condition = c.text_until("a condition", stop=lambda: _begins_query(c))
    query, source = _query(c, text)
    return Replacement(table, alias, by_name, using, condition, f"{common}{query}", source or _SOURCE)


def _begins_query(c: Cursor) -> bool:
    if c.token.upper in QUERIES:
        return True
    before = c.previous
    operand = before.text in (")", "]") or (before.kind is not Kind.OPERATOR and before.upper not in _GO_ON)
    return operand and c.sees("(") and (c.peek().upper in QUERIES or c.peek().text == "(")


def _query(c: Cursor, text: str) -> tuple[str, str | None]:
    """The query, and the alias that it has in a condition."""
    start = c.token.start
    if c.token.upper not in QUERIES and not c.sees("("):
        c.fail("a query")
    if c.sees("("):
        query = c.parenthesised_text("a query")
        if c.ended:
            return f"SELECT * FROM ({query})", None
        named = c.accept("AS")
        if named or (c.token.kind in (Kind.WORD, Kind.QUOTED) and c.peek().kind is Kind.END):
            c.identifier("an alias")
            alias = c.previous.text
            c.expect_end()
            return f"SELECT * FROM ({query})", alias
    return f"SELECT * FROM ({text[start:]})", None


def _listed(names: Sequence[str]) -> str:
    return ", ".join(quote(name) for name in names)


def _unresolved(name: str, columns: Sequence[str]) -> EngineError:
    return EngineError(
        f"[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column, variable, or function parameter with name {quote(name)} cannot "
        f"be resolved. Did you mean one of the following? [{_listed(columns)}]. SQLSTATE: 42703",
        error_class="UNRESOLVED_COLUMN",
    )
