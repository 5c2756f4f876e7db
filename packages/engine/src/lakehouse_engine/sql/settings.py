"""The configuration parameters of Databricks SQL, and which of Spark's a session may be given.

https://docs.databricks.com/sql/language-manual/sql-ref-parameters
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from pyspark.sql import SparkSession

from lakehouse_engine.errors import EngineError, message_of
from lakehouse_engine.sources.sql.tokenizer import Kind, tokenize

_BOOLEANS = {"TRUE", "FALSE"}


def _boolean(value: str) -> bool:
    return value.upper() in _BOOLEANS


def _seconds(value: str) -> bool:
    return value.isdecimal() and int(value) <= 172_800


def _any(value: str) -> bool:
    return True


# Name: Spark's own, where there is one, and which values are allowed. Spark checks the values of its own.
# The others are kept so that `SET name` shows them: no result is cached here, there is no Photon, tags are not shown.
_PARAMETERS: dict[str, tuple[str | None, Callable[[str], bool]]] = {
    "ANSI_MODE": ("spark.sql.ansi.enabled", _boolean),
    "ENABLE_PHOTON": (None, _boolean),
    "LEGACY_TIME_PARSER_POLICY": ("spark.sql.legacy.timeParserPolicy", _any),
    "MAX_FILE_PARTITION_BYTES": ("spark.sql.files.maxPartitionBytes", _any),
    "QUERY_TAGS": (None, _any),
    "READ_ONLY_EXTERNAL_METASTORE": (None, _boolean),
    "STATEMENT_TIMEOUT": (None, _seconds),
    "TIMEZONE": ("spark.sql.session.timeZone", _any),
    "USE_CACHED_RESULT": (None, _boolean),
}


# Databricks leaves this number to the engine then; Spark has no such value, so the number stays.
_AUTOMATIC = re.compile(r"(SET\s+spark\.sql\.shuffle\.partitions)\s*=\s*auto\s*", re.IGNORECASE)


_SECRET = re.compile(r"\{\{\s*secrets/")


def configure(session: SparkSession, name: str, value: str) -> None:
    """One entry of a session's configuration: a parameter, or a setting of Spark or Delta that may change later."""
    if name.upper() in _PARAMETERS:
        session.conf.set(*_assignment(name, value))
    elif session.conf.isModifiable(name):
        session.conf.set(name, value)
    else:
        raise EngineError(
            f"[CONFIG_NOT_AVAILABLE] Configuration {name} is not available. SQLSTATE: 42K0I",
            error_class="CONFIG_NOT_AVAILABLE",
        )


def of_cluster(session: SparkSession, conf: Mapping[str, str], whose: str, warn: Callable[[str], None]) -> None:
    """Of a cluster's `spark_conf` what a session can take; a warning names each of the rest.

    https://docs.databricks.com/aws/en/compute/configure: it holds for every session on the cluster.
    """
    for name, value in conf.items():
        try:
            if _SECRET.search(value):
                raise EngineError(
                    "a reference to a secret is not resolved here; read it with dbutils.secrets.get",
                    error_class="UNSUPPORTED_FEATURE",
                )
            session.conf.set(name, value)
        except Exception as error:
            warn(f"spark_conf {name} of {whose} has no effect: {message_of(error)}")


def translate(text: str) -> str:
    """`SET parameter [= value]` and `RESET parameter` in Spark's words, whatever quotes they have (some drivers send
    backticks around the value, too); any other statement as it is."""
    tokens = [token for token in tokenize(text) if token.kind is not Kind.END]
    if len(tokens) < 2 or tokens[0].upper not in ("SET", "RESET"):
        return text
    verb, name = tokens[0].upper, tokens[1].identifier.upper()
    if name not in _PARAMETERS:
        return _AUTOMATIC.sub(r"\1", text)
    key = _key(name)
    if len(tokens) == 2:
        return f"{verb} {key}"
    if verb == "RESET" or tokens[2].text != "=":
        return text
    value = text[tokens[2].start + 1 :].strip()
    if re.fullmatch(r"'[^']*'|\"[^\"]*\"|`[^`]*`", value):
        value = value[1:-1]
    if value.upper() == "DEFAULT":
        return f"RESET {key}"
    return f"SET {key}={_assignment(name, value)[1]}"


def named(text: str) -> str | None:
    """The parameter of `SET parameter [= value]`, as it is written there: Spark answers with its own name for it."""
    tokens = tokenize(text)
    if tokens[0].upper != "SET" or tokens[1].identifier.upper() not in _PARAMETERS:
        return None
    return tokens[1].identifier if tokens[2].kind is Kind.END or tokens[2].text == "=" else None


def timeout_of(session: SparkSession) -> int:
    """Seconds that a statement of the session may take; 0 for as long as it takes."""
    return int(session.conf.get(_key("STATEMENT_TIMEOUT"), "0") or 0)


def _key(name: str) -> str:
    return _PARAMETERS[name.upper()][0] or name.upper()


def _assignment(name: str, value: str) -> tuple[str, str]:
    _, allowed = _PARAMETERS[name.upper()]
    if not allowed(value):
        raise EngineError(
            f"[INVALID_CONF_VALUE] The value '{value}' in the config \"{name.upper()}\" is invalid. SQLSTATE: 22022",
            error_class="INVALID_CONF_VALUE",
        )
    return _key(name), value.upper() if name.upper() == "LEGACY_TIME_PARSER_POLICY" else value
