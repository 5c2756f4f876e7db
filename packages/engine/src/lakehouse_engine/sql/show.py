"""SHOW and DESCRIBE as Databricks answers them, from information_schema: each principal sees what it may see."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from lakehouse_engine.catalog import Catalog
from lakehouse_engine.catalog.views import EVERY_VIEW
from lakehouse_engine.contract import CatalogInformationSchemaParams, PrivilegeCheck, Workspace
from lakehouse_engine.errors import EngineError, no_such_catalog, no_such_table
from lakehouse_engine.identifiers import literal, quote_if_needed
from lakehouse_engine.sources.sql.parser.cursor import Cursor
from lakehouse_engine.sources.sql.tokenizer import Kind, SourceText
from lakehouse_engine.sql import describe_json, show_catalog
from lakehouse_engine.sql.securables import CurrentNames

Row = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """`columns` as DDL."""

    columns: str
    rows: list[tuple[Any, ...]]


class Show:
    def __init__(self, catalog: Catalog, workspace: Workspace) -> None:
        self._catalog = catalog
        self._workspace = workspace

    def answer(self, text: str, names: CurrentNames, principal: str | None) -> Answer | None:
        """None for what Spark answers itself."""
        c = Cursor(SourceText(text, "statement"))
        if listed := show_catalog.answer(c, lambda catalog, view: self._view(principal, catalog, view)):
            return Answer(*listed)
        if c.accept("SHOW", "CATALOGS"):
            seen = self._view(principal, "system", "catalogs")
            matches = _pattern(c)
            return Answer("catalog string", sorted((r["catalog_name"],) for r in seen if matches(r["catalog_name"])))
        if c.accept("SHOW", "CREATE", "TABLE"):
            name = names.full("TABLE", _parts(c))
            return Answer("createtab_stmt string", [(self._create_table(name, principal),)])
        for which in ("ALL", "USER", "SYSTEM", ""):
            if c.accept("SHOW", *filter(None, (which,)), "FUNCTIONS"):
                return Answer(
                    "function string", [(name,) for name in self._functions(c, which or "ALL", names, principal)]
                )
        if not (c.accept("DESCRIBE") or c.accept("DESC")):
            return None
        for words, describe in (
            (("CATALOG",), self._describe_catalog),
            (("SCHEMA",), self._describe_schema),
            (("DATABASE",), self._describe_schema),
            (("FUNCTION",), self._describe_function),
        ):
            if c.sees(*words) and c.peek().kind in (Kind.WORD, Kind.QUOTED):
                c.advance()
                c.accept("EXTENDED")
                kind = {"DATABASE": "SCHEMA"}.get(words[0], words[0])
                name = names.full(kind, _parts(c))
                c.expect_end()
                return describe(name, principal)
        return self._describe_as_json(c, names, principal)

    def _functions(self, c: Cursor, which: str, names: CurrentNames, principal: str | None) -> list[str]:
        """[{IN | FROM} schema] [[LIKE] name or pattern]: built-in functions, and those of the schema.

        https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-syntax-aux-show-functions
        """
        schema = names.full("SCHEMA", _parts(c)) if c.accept("IN") or c.accept("FROM") else ""
        catalog, schema = schema.split(".") if schema else (names.catalog, names.schema)
        self._catalog.require_schema(catalog, schema)
        matches = self._named(c)
        c.expect_end()
        system = self._catalog.functions.built_in() if which != "USER" else []
        rows = self._view(principal, catalog, "routines") if which != "SYSTEM" else []
        own = [r["routine_name"] for r in rows if r["routine_schema"] == schema.lower()]
        called = [f"{catalog}.{schema}.{name}" for name in own if matches(name)]
        return sorted(name for name in system if matches(name)) + sorted(called)

    @staticmethod
    def _named(c: Cursor) -> Callable[[str], bool]:
        if c.ended or c.sees("LIKE") or c.token.kind is Kind.STRING:
            return _pattern(c)
        wanted = _parts(c)[-1].lower()
        return lambda name: name.lower() == wanted

    def _describe_as_json(self, c: Cursor, names: CurrentNames, principal: str | None) -> Answer | None:
        """DESCRIBE [TABLE] EXTENDED name AS JSON; None where it is not that of a table on record."""
        c.accept("TABLE")
        if not (c.accept("EXTENDED") or c.accept("FORMATTED")) or c.token.kind not in (Kind.WORD, Kind.QUOTED):
            return None
        name = names.full("TABLE", _parts(c))
        if not c.accept("AS", "JSON") or self._catalog.get(name) is None:
            return None
        c.expect_end()
        return Answer("json_metadata string", [(describe_json.describe(self._readable(name, principal)),)])

    def _readable(self, name: str, principal: str | None) -> dict[str, Any]:
        """The record of a table that the principal may select from."""
        record = self._catalog.get(name)
        if record is None:
            raise no_such_table(name)
        if principal is not None:
            check: PrivilegeCheck = {"privilege": "SELECT", "securableType": "TABLE", "fullName": name}
            self._workspace.request("catalog.authorize", {"principal": principal, "checks": [check]})
        return record

    def visible(self, text: str, names: CurrentNames, principal: str | None) -> Callable[[Row], bool] | None:
        """Which rows of Spark's answer the principal may see; None where it is not a list of a catalog's objects."""
        c = Cursor(SourceText(text, "statement"))
        if c.accept("SHOW", "SCHEMAS") or c.accept("SHOW", "DATABASES"):
            catalog = ".".join(_parts(c)) if c.accept("IN") or c.accept("FROM") else names.catalog
            if catalog.lower() not in self._catalog.schemas():
                raise no_such_catalog(catalog)
            seen = {r["schema_name"] for r in self._view(principal, catalog, "schemata")} | {"information_schema"}
            return lambda row: row["databaseName"] in seen
        if c.accept("SHOW", "TABLES") or c.accept("SHOW", "VIEWS"):
            here = f"{names.catalog}.{names.schema}"
            schema = names.full("SCHEMA", _parts(c)) if c.accept("IN") or c.accept("FROM") else here
            catalog, schema = schema.lower().split(".")
            rows = self._view(principal, catalog, "tables")
            tables = {r["table_name"] for r in rows if r["table_schema"] == schema}
            return lambda row: row["isTemporary"] or row.get("tableName", row.get("viewName")) in tables
        return None

    def _view(self, principal: str | None, catalog: str, view: str) -> list[Row]:
        asked: CatalogInformationSchemaParams = {"principal": principal, "catalog": catalog, "view": view}
        answer = self._workspace.request("catalog.informationSchema", asked)
        names = [column.split(" ")[0] for column in answer["schema"].split(", ")]
        return [dict(zip(names, row, strict=True)) for row in answer["rows"]]

    def _one(self, rows: Iterable[Row], what: str, name: str) -> Row:
        for row in rows:
            return row
        raise EngineError(
            f"{what} '{name}' does not exist.", error_class=f"{what.upper()}_NOT_FOUND", error_code="NOT_FOUND"
        )

    def _describe_catalog(self, name: str, principal: str | None) -> Answer:
        rows = (r for r in self._view(principal, name, "catalogs") if r["catalog_name"] == name.lower())
        row = self._one(rows, "Catalog", name)
        shown = [("Catalog Name", row["catalog_name"]), ("Comment", row["comment"]), ("Owner", row["catalog_owner"])]
        return Answer("info_name string, info_value string", shown)

    def _describe_schema(self, name: str, principal: str | None) -> Answer:
        catalog, schema = name.lower().split(".")
        rows = (r for r in self._view(principal, catalog, "schemata") if r["schema_name"] == schema)
        row = self._one(rows, "Schema", name)
        shown = [("Catalog Name", catalog), ("Namespace Name", schema), ("Comment", row["comment"])]
        columns = "database_description_item string, database_description_value string"
        return Answer(columns, [*shown, ("Owner", row["schema_owner"])])

    def _describe_function(self, name: str, principal: str | None) -> Answer:
        catalog, schema, function = name.lower().split(".")
        rows = self._view(principal, catalog, "routines")
        row = self._one(
            (r for r in rows if (r["routine_schema"], r["routine_name"]) == (schema, function)), "Function", name
        )
        lines = [
            f"Function:      {name}",
            f"Type:          {'TABLE' if row['data_type'] == 'TABLE_TYPE' else 'SCALAR'}",
            f"Returns:       {(row['full_data_type'] or '').upper()}",
            *([f"Comment:       {row['comment']}"] if row["comment"] else []),
            f"Deterministic: {'true' if row['is_deterministic'] == 'YES' else 'false'}",
            f"Owner:         {row['routine_owner']}",
            f"Body:          {row['routine_definition']}",
        ]
        return Answer("function_desc string", [(line,) for line in lines])

    def _create_table(self, name: str, principal: str | None) -> str:
        record = self._readable(name, principal)
        comment = [f"COMMENT {literal(record['comment'])}"] if record.get("comment") else []
        kind = record["tableType"].replace("_", " ")
        if record["tableType"] in EVERY_VIEW:
            columns = ",\n".join(f"  {quote_if_needed(c['name'])}{_comment(c)}" for c in record["columns"])
            definition, metrics = record.get("viewDefinition") or "", []
            if record["tableType"] == "METRIC_VIEW":
                kind, definition, metrics = "VIEW", f"$${definition}$$", ["WITH METRICS", "LANGUAGE YAML"]
            return "\n".join([f"CREATE {kind} {name} (\n{columns})", *metrics, *comment, f"AS {definition}"])
        columns = ",\n".join(f"  {_column(c)}" for c in record["columns"])
        properties = ",\n".join(
            f"  {literal(k)} = {literal(v)}" for k, v in sorted((record.get("properties") or {}).items())
        )
        parts = [f"CREATE {'STREAMING ' if kind.startswith('STREAMING') else ''}TABLE {name} (\n{columns})"]
        if not kind.startswith("STREAMING"):
            parts.append(f"USING {(record.get('dataSourceFormat') or 'DELTA').lower()}")
        for words, key in (("PARTITIONED BY", "partitionColumns"), ("CLUSTER BY", "clusteringColumns")):
            if record.get(key):
                parts.append(f"{words} ({', '.join(map(quote_if_needed, record[key]))})")
        parts += comment
        if record["tableType"] == "EXTERNAL" and record.get("location"):
            parts.append(f"LOCATION {literal(record['location'])}")
        return "\n".join([*parts, *([f"TBLPROPERTIES (\n{properties})"] if properties else [])])

    def described(self, name: str, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """DESCRIBE EXTENDED with the type that the record has: for Spark, every table here is an external one."""
        record = self._catalog.get(name) or {}
        told = {"Type": record.get("tableType"), "Owner": record.get("owner")}
        start = next((i for i, row in enumerate(rows) if row[0].startswith("# Detailed Table")), len(rows))
        return [
            (row[0], told.get(row[0]) or row[1], *row[2:]) if i > start and row[0] in told else row
            for i, row in enumerate(rows)
        ]


def _parts(c: Cursor) -> list[str]:
    found = [c.identifier("a name")]
    while c.accept("."):
        found.append(c.identifier("a name"))
    return found


def _pattern(c: Cursor) -> Callable[[str], bool]:
    """[LIKE] 'a*|b': Databricks' patterns, * for any characters and | for alternatives."""
    c.accept("LIKE")
    pattern = "*" if c.ended else c.string("a pattern")
    c.expect_end()
    return show_catalog.pattern(pattern)


def _column(column: Row) -> str:
    needed = "" if column.get("nullable", True) else " NOT NULL"
    return f"{quote_if_needed(column['name'])} {column['type_text'].upper()}{needed}{_comment(column)}"


def _comment(column: Row) -> str:
    return f" COMMENT {literal(column['comment'])}" if column.get("comment") else ""
