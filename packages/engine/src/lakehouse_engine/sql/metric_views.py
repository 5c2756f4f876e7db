"""Metric views: CREATE VIEW … WITH METRICS, whose measures a query aggregates by MEASURE(name).

The definition's joins, filter and source become the query of a view below, the columns' expressions hold over it; Spark
resolves MEASURE. https://docs.databricks.com/aws/en/metric-views/yaml-ref
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql.types import StructType

from lakehouse_engine import jvm
from lakehouse_engine.catalog import Catalog
from lakehouse_engine.catalog.views import VIEWS
from lakehouse_engine.errors import EngineError, message_of, no_such_table, table_exists
from lakehouse_engine.identifiers import quote
from lakehouse_engine.sql.securables import CurrentNames

_VERSIONS = ("0.1", "1.1")
_TOP = {"version", "source", "filter", "joins", "dimensions", "fields", "measures", "comment"}
_COLUMN = {"name", "expr", "comment", "display_name", "format", "synonyms"}
_JOIN = {"name", "source", "on", "using", "joins", "rely", "cardinality"}
_NOT_HERE = {
    "materialization": "the local workspace computes a metric view at each query",
    "parameters": "write the values into the expressions",
    "window": "write the window into the source",
}
_NAME = re.compile(r"\s*(`([^`]|``)+`|\w+)(\s*\.\s*(`([^`]|``)+`|\w+)){0,2}\s*")


@dataclass(frozen=True)
class Column:
    name: str
    expr: str
    measure: bool
    comment: str | None


@dataclass(frozen=True)
class Definition:
    """`source`: a query with the columns of `schema`, which the expressions of `columns` name."""

    source: str
    schema: StructType
    columns: tuple[Column, ...]
    comment: str | None

    def query(self) -> str:
        """Every column once, for their types."""
        columns = ", ".join(f"{c.expr} AS {quote(c.name)}" for c in self.columns)
        grouped = " GROUP BY ALL" if any(c.measure for c in self.columns) else ""
        return f"SELECT {columns} FROM ({self.source}){grouped}"


@dataclass(frozen=True)
class MetricView:
    """`columns`: name and comment of those that the statement lists, in order."""

    name: str
    definition: str
    comment: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    columns: Sequence[tuple[str, str | None]] = ()
    exists_ok: bool = False
    replace: bool = False
    alters: bool = False


def parse(session: SparkSession, text: str, names: CurrentNames) -> MetricView | None:
    if "METRICS" not in text.upper():
        return None
    read = jvm.of(session).org.apache.spark.sql.lakehouse.MetricViews.statement(session._jsparkSession, text)
    if read is None:
        return None
    found = json.loads(read)
    return MetricView(
        names.full("TABLE", found["name"]),
        found["definition"],
        found["comment"],
        found["properties"],
        [(name, comment) for name, comment in found["columns"]],
        found["ifNotExists"],
        found["replace"],
    )


_ALTER = re.compile(
    r"\s*ALTER\s+VIEW\s+(?P<name>.+?)\s+AS\s+\$\$(?P<definition>.*)\$\$\s*;?\s*", re.IGNORECASE | re.DOTALL
)


def parse_alter(session: SparkSession, text: str, names: CurrentNames) -> MetricView | None:
    found = _ALTER.fullmatch(text)
    if found is None:
        return None
    created = f"CREATE OR REPLACE VIEW {found['name']} WITH METRICS LANGUAGE YAML AS $${found['definition']}$$"
    view = parse(session, created, names)
    return view and MetricView(view.name, view.definition, alters=True)


def run(
    session: SparkSession, catalog: Catalog, wanted: MetricView, names: CurrentNames, principal: str | None
) -> None:
    before = catalog.get(wanted.name)
    if before is not None and wanted.exists_ok:
        return
    if wanted.alters and (before is None or before["tableType"] != "METRIC_VIEW"):
        raise no_such_table(wanted.name, "metric view")
    if before is not None:
        if not (wanted.replace or wanted.alters):
            raise table_exists(wanted.name)
        if before["tableType"] not in VIEWS:
            raise _error("EXPECT_VIEW_NOT_TABLE.NO_ALTERNATIVE", f"'{wanted.name}' is a table, not a view.")
        catalog.authorize(principal, "MANAGE", "TABLE", wanted.name)
    definition = read(session, wanted.definition)
    schema = session.sql(definition.query()).schema
    given = dict(wanted.columns) if wanted.columns else {}
    if wanted.columns and len(wanted.columns) != len(definition.columns):
        raise _invalid(
            f"the statement names {len(wanted.columns)} columns, the definition has {len(definition.columns)}"
        )
    metrics = []
    for column, typed, name in zip(
        definition.columns, schema.fields, given or [c.name for c in definition.columns], strict=True
    ):
        comment = given.get(name) or column.comment
        typed.name, typed.metadata = name, {"comment": comment} if comment else {}
        metrics.append({"name": name, "expr": column.expr, "measure": column.measure})
    kept = before if wanted.alters and before else {}
    below = {"view.source": definition.source, "view.sourceSchema": definition.schema.json()}
    catalog.put_view(
        wanted.name,
        wanted.definition,
        StructType(schema.fields),
        comment=wanted.comment or definition.comment or kept.get("comment"),
        metrics={**wanted.properties, **below, "view.metrics": json.dumps(metrics)},
        query_catalog=names.catalog,
        query_schema=names.schema,
        principal=principal,
    )


def read(session: SparkSession, text: str) -> Definition:
    """Raises INVALID_METRIC_VIEW_YAML where the text is no definition, and for what is not supported."""
    views = jvm.of(session).org.apache.spark.sql.lakehouse.MetricViews
    try:
        given = json.loads(views.parsed(text))
    except PySparkException as error:
        raise _invalid(_reason(error)) from None
    top = _fields(given, _TOP, "the definition", ("version", "source"))
    if str(top["version"]) not in _VERSIONS:
        raise _invalid(f"version {top['version']} is not supported; {' and '.join(_VERSIONS)} are")
    if "dimensions" in top and "fields" in top:
        raise _invalid("fields and dimensions are the same; give one of them")
    dimensions = _columns(top.get("dimensions") or top.get("fields") or [], "dimension")
    measures = _columns(top.get("measures") or [], "measure")
    if not dimensions and not measures:
        raise _invalid("there is neither a dimension nor a measure")
    source = _source(session, top)
    if (condition := top.get("filter")) is not None:
        source = f"SELECT * FROM ({source}) WHERE {condition}"
    schema = session.sql(source).schema
    columns = _inlined(session, dimensions, measures, {name.lower() for name in schema.names})
    return Definition(source, schema, tuple(columns), top.get("comment"))


def _fields(given: Any, known: set[str], what: str, required: Sequence[str]) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise _invalid(f"{what} is no mapping")
    for name in given:
        if name in _NOT_HERE:
            raise EngineError(
                f"{name} in a metric view is not supported in the local workspace: {_NOT_HERE[name]}.",
                error_class="UNSUPPORTED_FEATURE",
            )
        if name not in known:
            raise _invalid(f"{what} has no field '{name}'; it has {', '.join(sorted(known))}")
    for name in required:
        if given.get(name) in (None, ""):
            raise _invalid(f"{what} lacks '{name}'")
    return given


def _columns(given: Any, kind: str) -> list[Column]:
    if not isinstance(given, list):
        raise _invalid(f"the {kind}s are no list")
    each = [_fields(column, _COLUMN, f"a {kind}", ("name", "expr")) for column in given]
    return [Column(str(c["name"]), str(c["expr"]), kind == "measure", c.get("comment")) for c in each]


def _source(session: SparkSession, top: Mapping[str, Any]) -> str:
    """Joined rows are structs named by their joins, and so is the source's row."""
    source = _relation(str(top["source"]))
    joins = top.get("joins") or []
    if not joins:
        return f"SELECT * FROM {source}"
    clauses = list(_joins(joins, "source"))
    structs = ["struct(source.*) AS source", *(_struct(session, join) for join in joins)]
    columns = ", ".join([_star(session, "source", source, joins), *structs])
    return f"SELECT {columns} FROM {source} AS source {' '.join(clauses)}"


def _star(session: SparkSession, name: str, relation: str, joins: Sequence[Mapping[str, Any]]) -> str:
    """The columns but those that a join's name hides."""
    taken = {"source", *(str(join["name"]).lower() for join in joins)}
    columns = session.sql(f"SELECT * FROM {relation}").columns
    hidden = [quote(column) for column in columns if column.lower() in taken]
    return f"{name}.* EXCEPT ({', '.join(hidden)})" if hidden else f"{name}.*"


def _relation(text: str) -> str:
    return text.strip() if _NAME.fullmatch(text) else f"({text.strip().rstrip(';')})"


def _joins(joins: Any, parent: str) -> Iterator[str]:
    """A row has one match at most: where there are more, one of them counts."""
    if not isinstance(joins, list):
        raise _invalid("joins are no list")
    for given in joins:
        join = _fields(given, _JOIN, "a join", ("name", "source"))
        if str(join.get("cardinality", "many_to_one")) != "many_to_one":
            raise EngineError(
                f"cardinality {join['cardinality']} of the join '{join['name']}' is not supported in the local "
                "workspace; aggregate in the source.",
                error_class="UNSUPPORTED_FEATURE",
            )
        name = quote(str(join["name"]))
        if ("on" in join) == ("using" in join):
            raise _invalid(f"the join '{join['name']}' takes either 'on' or 'using'")
        condition = (
            str(join["on"])
            if "on" in join
            else " AND ".join(f"{parent}.{quote(column)} = {name}.{quote(column)}" for column in join["using"])
        )
        rows = f"SELECT * FROM {_relation(str(join['source']))} AS {name} WHERE {condition} LIMIT 1"
        yield f"LEFT JOIN LATERAL ({rows}) AS {name}"
        yield from _joins(join.get("joins") or [], name)


def _struct(session: SparkSession, join: Mapping[str, Any]) -> str:
    name, inner = quote(str(join["name"])), join.get("joins") or []
    columns = [_star(session, name, _relation(str(join["source"])), inner), *(_struct(session, j) for j in inner)]
    return f"struct({', '.join(columns)}) AS {name}"


def _inlined(
    session: SparkSession, dimensions: Sequence[Column], measures: Sequence[Column], columns: set[str]
) -> Iterator[Column]:
    """The columns with the expressions of those before them, which they may name, in place of their names. A column of
    the source, whose names in lower case are `columns`, comes first."""
    views = jvm.of(session).org.apache.spark.sql.lakehouse.MetricViews
    before: dict[tuple[str, bool], str] = {}
    for column in (*dimensions, *measures):
        if (column.name.lower(), True) in before or (column.name.lower(), False) in before:
            raise _invalid(f"there are two columns '{column.name}'")
        expr = column.expr
        try:
            references = json.loads(views.references(session._jsparkSession, expr))
        except PySparkException as error:
            raise _invalid(f"the expression of '{column.name}', {expr}: {_reason(error)}") from None
        for found in sorted(references, key=lambda r: -r["start"]):
            name = found["name"].lower()
            inner = before.get((name, found["measure"]))
            if found["measure"] and inner is None:
                raise _invalid(f"'{column.name}' names the measure '{found['name']}', which no measure before it is")
            if inner is not None and (found["measure"] or name not in columns):
                expr = f"{expr[: found['start']]}({inner}){expr[found['end'] :]}"
        before[(column.name.lower(), column.measure)] = expr
        yield Column(column.name, expr, column.measure, column.comment)


def _reason(error: PySparkException) -> str:
    return message_of(error).splitlines()[0]


def _invalid(reason: str) -> EngineError:
    return _error("INVALID_METRIC_VIEW_YAML", f"The definition of the metric view is invalid: {reason}.")


def _error(error_class: str, message: str) -> EngineError:
    return EngineError(f"[{error_class}] {message}", error_class=error_class)
