"""Named parameters of a statement: text with a SQL type becomes a typed literal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pyspark.sql import SparkSession

from engine.errors import EngineError, message_of

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
    """The statement with `[{name, value, type}]` put in as typed literals."""
    values = {p["name"]: _literal(session, p) for p in parameters}
    return session._jvm.org.apache.spark.sql.lakehouse.Literals.bind(statement, values) if values else statement


def _literal(session: SparkSession, parameter: Mapping[str, Any]) -> Any:
    name, value = parameter["name"], parameter.get("value")
    declared = (parameter.get("type") or "STRING").strip()
    ddl = _TYPES.get(declared.upper(), declared)
    try:
        return session._jvm.org.apache.spark.sql.lakehouse.Literals.cast(value, ddl)
    except Exception as error:
        reason = message_of(getattr(error, "java_exception", None) or error)
        raise EngineError(
            f"Parameter '{name}': {value!r} is not a value of type {declared}: {reason.splitlines()[0]}",
            error_class="INVALID_PARAMETER_VALUE",
            error_code="BAD_REQUEST",
        ) from None
