"""CREATE FUNCTION, read into the record of a SQL function of Unity Catalog."""

from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession

from lakehouse_engine.catalog import python_functions
from lakehouse_engine.catalog.columns import type_name, type_text
from lakehouse_engine.catalog.functions import body as body_of
from lakehouse_engine.catalog.functions import given_parameters
from lakehouse_engine.catalog.functions import names as names_of
from lakehouse_engine.errors import EngineError
from lakehouse_engine.identifiers import quote
from lakehouse_engine.session import use
from lakehouse_engine.sources.sql.parser.cursor import Cursor
from lakehouse_engine.sources.sql.tokenizer import Kind
from lakehouse_engine.sql.current import current
from lakehouse_engine.sql.securables import SecurableReader

FunctionRecord = dict[str, Any]


def read_create(reader: SecurableReader, replace: bool) -> dict[str, Any]:
    """CREATE [OR REPLACE] FUNCTION [IF NOT EXISTS] name(parameters) RETURNS type … RETURN body"""
    c = reader.cursor
    exists = c.accept("IF", "NOT", "EXISTS")
    name = reader.full_name("FUNCTION")
    parameters = _parameters(reader)
    comment, returns, table, language = None, "", False, "SQL"
    while not c.ended and not c.sees("RETURN") and not (language == "PYTHON" and c.sees("AS")):
        if c.accept("RETURNS"):
            table = c.accept("TABLE")
            returns = _columns(c) if table else _type(reader)
        elif c.accept("COMMENT"):
            comment = c.string("a comment")
        elif c.accept("LANGUAGE", "PYTHON"):
            language = "PYTHON"
        elif c.sees("PARAMETER", "STYLE") or c.sees("HANDLER") or c.sees("ENVIRONMENT"):
            raise EngineError(
                f"CREATE FUNCTION … {c.token.upper} is not supported by the local workspace: a function in Python "
                "takes a row's values and has the engine's packages. Leave the clause out.",
                error_class="UNSUPPORTED_FEATURE",
            )
        elif not (
            c.accept("LANGUAGE", "SQL")
            or c.accept("NOT", "DETERMINISTIC")
            or c.accept("DETERMINISTIC")
            or c.accept("CONTAINS", "SQL")
            or c.accept("READS", "SQL", "DATA")
        ):
            c.fail("RETURNS, COMMENT, LANGUAGE SQL or PYTHON, [NOT] DETERMINISTIC or RETURN")
    body = _python_body(c, returns, table) if language == "PYTHON" else _sql_body(c)
    function: FunctionRecord = {
        "input_params": {"parameters": parameters},
        "data_type": "TABLE_TYPE" if table else (returns.split("(")[0].split("<")[0].upper() or "STRING"),
        "full_data_type": returns,
        "routine_body": "SQL",
        "routine_definition": body,
        "parameter_style": "S",
        "is_deterministic": True,
        "sql_data_access": "CONTAINS_SQL",
        "is_null_call": True,
        "security_type": "DEFINER",
        "specific_name": name.rsplit(".", 1)[-1],
    }
    if language == "PYTHON":
        function |= {"routine_body": "EXTERNAL", "external_language": "PYTHON", "sql_data_access": "NO_SQL"}
    return {
        "kind": "createFunction",
        "name": name,
        "orReplace": replace,
        "ifNotExists": exists,
        **({"comment": comment} if comment else {}),
        "function": function,
    }


def _sql_body(c: Cursor) -> str:
    c.expect("RETURN")
    body = c.source.text[c.token.start :].strip().rstrip(";")
    while not c.ended:
        c.advance()
    return body


def _python_body(c: Cursor, returns: str, table: bool) -> str:
    if table:
        raise EngineError(
            "RETURNS TABLE … LANGUAGE PYTHON is not supported by the local workspace; write the table function in SQL.",
            error_class="UNSUPPORTED_FEATURE",
        )
    if not returns:
        c.fail("RETURNS before the body of a function in Python")
    c.expect("AS", after="the clauses of a function in Python")
    return c.string("the body, between $$ and $$")


def check(session: SparkSession, statement: dict[str, Any]) -> None:
    """Lets Spark look at the body before the function is on record, and complete a result type that is not said."""
    function = statement["function"]
    if python_functions.is_python(function):
        python_functions.compiled(statement["name"], names_of(function), function["routine_definition"])
        return
    catalog, schema, name = statement["name"].split(".", 2)
    given = given_parameters(function)
    values = ", ".join(f"CAST(NULL AS {p['type_text']}) AS {quote(p['name'])}" for p in given) or "1"
    body = body_of({**function, "fullName": statement["name"]})
    table = function["data_type"] == "TABLE_TYPE"
    given_values = f"(SELECT {values}) AS {quote(name)}"
    query = (
        f"SELECT made.* FROM {given_values}, LATERAL ({body}) AS made"
        if table
        else f"SELECT ({body}) FROM {given_values}"
    )
    before = current(session)
    use(session, catalog, schema)
    try:
        found = SparkSession.sql(session, query).schema
    finally:
        use(session, *before)
    if not function["full_data_type"]:
        kind = found.fields[0].dataType
        function["full_data_type"] = found.toDDL() if table else type_text(kind)
        function["data_type"] = "TABLE_TYPE" if table else type_name(kind)


def _columns(c: Cursor) -> str:
    """Of a table function; without them they are those of its query."""
    return c.parenthesised_text("the columns of the result") if c.sees("(") else ""


def _parameters(reader: SecurableReader) -> list[dict[str, Any]]:
    c = reader.cursor
    c.expect("(", after="the function's name")
    found: list[dict[str, Any]] = []
    while not c.accept(")"):
        name = c.identifier("a parameter")
        kind = _type(reader)
        parameter = {
            "name": name,
            "type_text": kind,
            "type_name": kind.split("(")[0].split("<")[0].upper(),
            "position": len(found),
            "parameter_mode": "IN",
            "parameter_type": "PARAM",
        }
        if c.accept("DEFAULT"):
            parameter["parameter_default"] = c.text_until(
                "a default", lambda: c.sees(",") or c.sees(")") or c.sees("COMMENT")
            )
        if c.accept("COMMENT"):
            parameter["comment"] = c.string("a comment")
        found.append(parameter)
        if not c.sees(")"):
            c.expect(",")
    return found


def _type(reader: SecurableReader) -> str:
    """A type as written: its word, and what stands in its brackets."""
    c = reader.cursor
    start = c.token.start
    c.identifier("a type")
    depth = 0
    while c.sees("(") or c.sees("<") or depth > 0:
        token = c.advance()
        if token.kind is Kind.END:
            c.fail("the end of the type")
        depth += {"(": 1, "<": 1, ")": -1, ">": -1}.get(token.text, 0)
    return c.source.text[start : c.previous.end]
