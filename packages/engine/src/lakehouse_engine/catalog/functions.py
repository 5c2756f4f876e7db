"""SQL functions of Unity Catalog. Spark's analyzer puts them into plans (scala/catalog/Functions.scala)."""

from __future__ import annotations

from typing import Any

from lakehouse_engine.catalog import python_functions
from lakehouse_engine.identifiers import quote
from lakehouse_engine.routines import MADE, SUPPLIED
from lakehouse_engine.session import Engine
from lakehouse_engine.sources.sql.tokenizer import tokenize

FunctionRecord = dict[str, Any]


class Functions:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jvm = engine.jvm.org.apache.spark.sql.lakehouse.SqlFunctions

    def put(self, record: FunctionRecord) -> None:
        """Functions in other languages are on record at the workspace only: Spark does not know them."""
        python = python_functions.is_python(record)
        if not python and (record.get("routine_body") or "SQL") != "SQL":
            return
        table = record.get("data_type") == "TABLE_TYPE"
        returns = record.get("full_data_type") or record.get("data_type") or "STRING"
        catalog, schema, name = record["fullName"].split(".", 2)
        self._jvm.put(
            catalog,
            schema,
            name,
            parameters(record),
            returns,
            table,
            python_functions.body_of(self._engine, record, names(record)) if python else body(record),
            record.get("is_deterministic", True) is not False,
        )

    def built_in(self) -> list[str]:
        """Names of Spark's own functions, and of those that the engine adds."""
        return [
            *self._jvm.builtIn(),
            *(name for names in (MADE, SUPPLIED) for each in names for name in each.split(", ")),
        ]

    def drop(self, full_name: str) -> None:
        self._jvm.drop(*full_name.split(".", 2))


def body(record: FunctionRecord) -> str:
    """The definition, with `function.parameter` where it writes `catalog.schema.function.parameter`.

    https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-name-resolution. Spark knows the shorter form alone.
    """
    text = record.get("routine_definition") or ""
    given = {name.lower() for name in names(record)}
    full = record["fullName"].lower().split(".", 2)
    tokens = tokenize(text)
    at, edits = 0, []
    while at < len(tokens) - 1:
        parts = [tokens[at].identifier.lower()]
        end = at
        while tokens[end + 1].text == "." and end + 2 < len(tokens):
            end += 2
            parts.append(tokens[end].identifier.lower())
        for over in (1, 2):  # parts that stand before the function's own name; what follows are fields
            if len(parts) > over + 1 and parts[: over + 1] == full[-over - 1 :] and parts[over + 1] in given:
                edits.append((tokens[at].start, tokens[at + 2 * over].start))
        at = end + 1
    for start, end in reversed(edits):
        text = text[:start] + text[end:]
    return text


def names(record: FunctionRecord) -> list[str]:
    return [each["name"] for each in given_parameters(record)]


def given_parameters(record: FunctionRecord) -> list[dict[str, Any]]:
    return (record.get("input_params") or {}).get("parameters", [])


def parameters(record: FunctionRecord) -> str:
    """What stands between the parentheses of CREATE FUNCTION."""
    found = []
    for each in given_parameters(record):
        default = f" DEFAULT {each['parameter_default']}" if each.get("parameter_default") else ""
        found.append(f"{quote(each['name'])} {each['type_text']}{default}")
    return ", ".join(found)
