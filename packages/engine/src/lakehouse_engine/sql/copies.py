"""Tables made after another one: CREATE TABLE … LIKE, and … DEEP CLONE. Spark's catalog and Delta have neither.

https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-syntax-ddl-create-table-like and …/delta-clone.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from lakehouse_engine.catalog import Catalog, TableRecord
from lakehouse_engine.catalog.columns import schema_of
from lakehouse_engine.catalog.text import quoted
from lakehouse_engine.errors import no_such_table, table_exists
from lakehouse_engine.sources.sql.parser.cursor import Cursor
from lakehouse_engine.sources.sql.tokenizer import SourceText
from lakehouse_engine.sql.securables import CurrentNames

# Of Delta's own making; a new table has those of its own.
_OWN = ("delta.feature.", "delta.minReaderVersion", "delta.minWriterVersion", "clusteringColumns")


@dataclass(frozen=True)
class Copy:
    """`version`: VERSION or TIMESTAMP AS OF, as written. `rows`: with the rows, else the columns alone."""

    table: str
    source: str
    rows: bool
    replace: bool
    exists_ok: bool
    version: str = ""


def parse(text: str, names: CurrentNames) -> Copy | None:
    c = Cursor(SourceText(text, "statement"))
    if not c.accept("CREATE"):
        return None
    replace = c.accept("OR", "REPLACE")
    if not c.accept("TABLE"):
        return None
    exists_ok = c.accept("IF", "NOT", "EXISTS")
    if not c.token.text or c.sees("("):
        return None
    table = c.name("the table's name")
    if c.accept("LIKE"):
        source = c.name("the name of a table")
        c.accept("USING", "DELTA")
        c.expect_end("USING DELTA or the end of the statement")
        return Copy(names.table(table), names.table(source), False, replace, exists_ok)
    if not (c.accept("DEEP", "CLONE") or c.accept("CLONE")):
        return None
    source = c.name("the name of a table")
    version = ""
    if c.sees("VERSION") or c.sees("TIMESTAMP"):
        version = c.text_until("a version", stop=lambda: c.ended)
    c.expect_end("VERSION AS OF, TIMESTAMP AS OF or the end of the statement")
    return Copy(names.table(table), names.table(source), True, replace, exists_ok, version)


def run(session: SparkSession, catalog: Catalog, wanted: Copy, principal: str | None) -> DataFrame:
    if catalog.exists(wanted.table) and wanted.exists_ok:
        return session.createDataFrame([], StructType())
    source = catalog.get(wanted.source)
    if source is None or not source.get("location"):
        raise no_such_table(wanted.source, "table")
    if catalog.exists(wanted.table) and not wanted.replace:
        raise table_exists(wanted.table)
    catalog.authorize(principal, "SELECT", "TABLE", wanted.source)
    if catalog.exists(wanted.table):
        catalog.authorize(principal, "MANAGE", "TABLE", wanted.table)
    rows = session.sql(f"SELECT * FROM {quoted(wanted.source)} {wanted.version}") if wanted.rows else None
    _create(catalog, wanted, source, principal)
    if rows is None:
        return session.createDataFrame([], StructType())
    try:
        rows.write.insertInto(quoted(wanted.table))
    except Exception:
        if not wanted.replace:
            catalog.drop_table(wanted.table, principal)
        raise
    catalog.drain_events()
    return _figures(session, wanted)


def _create(catalog: Catalog, wanted: Copy, source: TableRecord, principal: str | None) -> None:
    properties = {k: v for k, v in (source.get("properties") or {}).items() if not k.startswith(_OWN)}
    catalog.create_table(
        wanted.table,
        schema_of(source),
        comment=source.get("comment"),
        properties=properties,
        partition_cols=source.get("partitionColumns"),
        cluster_by=source.get("clusteringColumns"),
        principal=principal,
        replace=catalog.exists(wanted.table),
    )


def _figures(session: SparkSession, wanted: Copy) -> DataFrame:
    """The six columns that CLONE answers with."""
    (made,) = SparkSession.sql(session, f"DESCRIBE DETAIL {quoted(wanted.table)}").collect()
    (before,) = SparkSession.sql(session, f"DESCRIBE DETAIL {quoted(wanted.source)}").collect()
    values = [before.sizeInBytes, before.numFiles, 0, made.numFiles, 0, made.sizeInBytes]
    names = (
        "source_table_size source_num_of_files num_removed_files num_copied_files removed_files_size copied_files_size"
    )
    # Through Arrow: the row is part of the plan, and no Python worker is started for it.
    columns = {name: pa.array([value], pa.int64()) for name, value in zip(names.split(), values, strict=True)}
    return session.createDataFrame(pa.table(columns))
