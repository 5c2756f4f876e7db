"""Parameters of a statement, named or positional: text with a SQL type becomes a typed literal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pyspark.sql import SparkSession

from lakehouse_engine import jvm
from lakehouse_engine.errors import EngineError, message_of
from lakehouse_engine.sources.sql.tokenizer import tokenize

# A date with or without a time, without a zone.
_TIMESTAMP = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([ T]\d{1,2}:\d{1,2}(?::\d{1,2}(?:\.\d+)?)?)?")
_LEGACY_WIDGET = re.compile(r"(?<!\\)\$\{([^{}\s]+)\}")
_TYPES = {
    "STRING": "string",
    "TEXT": "string",
    "INTEGER": "int",
    "LONG": "bigint",
    "SHORT": "smallint",
    "BYTE": "tinyint",
    "REAL": "float",
    "NUMERIC": "decimal",
    "DEC": "decimal",
}


def bind(session: SparkSession, statement: str, parameters: Iterable[Mapping[str, Any]]) -> str:
    """The statement with `[{name?, value, type, arguments?}]` put in as typed literals.

    Parameters without a name stand for the statement's `?`s, in their order. Those of type ARRAY and MAP have
    `arguments`, parameters without names: elements, or keys and values by turns.
    """
    given = list(parameters)
    if not given:
        return statement
    literals = jvm.of(session).org.apache.spark.sql.lakehouse.Literals
    named = [p for p in given if p.get("name")]
    if named and len(named) < len(given):
        raise EngineError(
            "A statement takes either named parameters or positional ones, not both.",
            error_class="UNBOUND_SQL_PARAMETER",
        )
    constants = [_constant(session, p, _label(p, at)) for at, p in enumerate(given)]
    simple = all(p.get("arguments") is None for p in given)
    if named and simple:
        values = {p["name"]: each for p, each in zip(given, constants, strict=True)}
        try:
            return literals.bind(statement, values)
        except Exception as error:
            if "PARSE_SYNTAX_ERROR" not in str(error):
                raise
            return _by_words(statement, {name: literals.sql(each) for name, each in values.items()})
    args = {p["name"]: c for p, c in zip(given, constants, strict=True)} if named else constants
    return literals.bindArguments(session._jsparkSession, statement, args)


def with_widgets(text: str, widgets: Mapping[str, str]) -> str:
    """A SQL cell with the text of a widget in the place of each `${name}`, which is deprecated; `\\$` is a dollar sign.

    https://docs.databricks.com/aws/en/notebooks/legacy-widgets
    """
    return _LEGACY_WIDGET.sub(lambda found: widgets.get(found[1], found[0]), text)


def _by_words(statement: str, values: Mapping[str, str]) -> str:
    """For statements that are not Spark's, as CREATE CATALOG: `:name` where it stands by itself becomes the value."""
    tokens = tokenize(statement)
    by_name = {name.lower(): value for name, value in values.items()}
    edits: list[tuple[int, int, str]] = []
    for before, colon, name in zip([None, *tokens], tokens, tokens[1:], strict=False):
        apart = before is None or before.end < colon.start or before.text in ("(", ",", "=")
        if colon.text == ":" and apart and name.start == colon.end and name.text.lower() in by_name:
            edits.append((colon.start, name.end, by_name[name.text.lower()]))
    for start, end, value in reversed(edits):
        statement = statement[:start] + value + statement[end:]
    return statement


def _label(parameter: Mapping[str, Any], at: int) -> str:
    return f"'{parameter['name']}'" if parameter.get("name") else str(at + 1)


def _constant(session: SparkSession, parameter: Mapping[str, Any], label: str) -> Any:
    """A column of the JVM; that of an array or map is not yet a literal."""
    arguments, declared = parameter.get("arguments"), (parameter.get("type") or "STRING").strip().upper()
    if arguments is None:
        return _literal(session, parameter, label)
    if declared not in ("ARRAY", "MAP") or (declared == "MAP" and len(arguments) % 2):
        raise _invalid(label, f"{len(arguments)} arguments do not make a value of type {declared}.")
    elements = [_constant(session, each, f"{label}, argument {at + 1}") for at, each in enumerate(arguments)]
    functions = jvm.of(session).org.apache.spark.sql.functions
    columns = jvm.of(session).PythonUtils.toSeq(elements)
    return functions.array(columns) if declared == "ARRAY" else functions.map(columns)


def _literal(session: SparkSession, parameter: Mapping[str, Any], label: str) -> Any:
    value = parameter.get("value")
    declared = (parameter.get("type") or "STRING").strip()
    ddl = _TYPES.get(declared.upper(), declared)
    if value is not None and ddl.lower() in ("timestamp", "timestamp_ltz"):
        value = _in_zone(value, str(session.conf.get("spark.sql.session.timeZone")))
    try:
        return jvm.of(session).org.apache.spark.sql.lakehouse.Literals.cast(value, ddl)
    except Exception as error:
        reason = message_of(getattr(error, "java_exception", None) or error)
        raise _invalid(label, f"{value!r} is not a value of type {declared}: {reason.splitlines()[0]}") from None


def _in_zone(value: str, zone: str) -> str:
    """A time without a zone is one of the session's: values are cast as in UTC."""
    found = _TIMESTAMP.fullmatch(value.strip())
    if found is None or zone == "UTC":
        return value
    return f"{value.strip()}{'' if found[1] else ' 00:00:00'} {zone}"


def _invalid(label: str, reason: str) -> EngineError:
    return EngineError(f"Parameter {label}: {reason}", error_class="INVALID_PARAMETER_VALUE", error_code="BAD_REQUEST")
