"""The engine's errors, and how any exception becomes an error of the protocol."""

from __future__ import annotations

import re
import traceback
from typing import Any


class EngineError(Exception):
    """An error whose message a user reads as it is.

    `error_class` is Spark's or Databricks' name of the condition, `error_code` the REST error code that fits it,
    `location` where in the user's source it happened.
    """

    def __init__(
        self,
        message: str,
        *,
        error_class: str = "INTERNAL_ERROR",
        error_code: str = "BAD_REQUEST",
        location: Any = None,
    ) -> None:
        super().__init__(message)
        self.error_class = error_class
        self.error_code = error_code
        self.location = location


def no_such_catalog(name: str) -> EngineError:
    """As Databricks words it; names in plans are found missing by scala/sql/UnknownCatalogs.scala."""
    return EngineError(
        f"[NO_SUCH_CATALOG_EXCEPTION] Catalog '{name}' was not found. Please verify the catalog name and then retry "
        "the query or command again. SQLSTATE: 42704",
        error_class="NO_SUCH_CATALOG_EXCEPTION",
        error_code="NOT_FOUND",
    )


def no_such_table(name: str, kind: str = "table or view", *, advice: str = "") -> EngineError:
    advice = f"; {advice}" if advice else ""
    return EngineError(
        f"[TABLE_OR_VIEW_NOT_FOUND] The {kind} '{name}' cannot be found{advice}. SQLSTATE: 42P01",
        error_class="TABLE_OR_VIEW_NOT_FOUND",
    )


def table_exists(name: str) -> EngineError:
    return EngineError(
        f"[TABLE_OR_VIEW_ALREADY_EXISTS] '{name}' exists already. SQLSTATE: 42P07",
        error_class="TABLE_OR_VIEW_ALREADY_EXISTS",
    )


_PART = r"(?:[a-z0-9]|_u|_x[0-9a-f]{4})+"
_ENCODED = re.compile(rf"(`?)(?:spark_catalog`?\.`?)?({_PART})__({_PART})(`?)(?![A-Za-z0-9_])(\.`?)?(x__{_PART})?")


def _decode(part: str) -> str:
    """By the JVM, which made the name (Names in scala/catalog); as it is where there is no JVM, or no longer."""
    from lakehouse_engine import jvm  # starts PySpark's import, which this module must not

    try:
        return jvm.decoded_name(part)
    except Exception:
        return part


def user_names(text: str) -> str:
    """Shows tables by the names that users gave them, not by those under which Spark's session catalog keeps them."""

    def back(m: re.Match[str]) -> str:
        tick = m[1] or m[4]
        table = (m[5] or "") + (_decode(m[6][3:]) if m[6] else "")
        return f"{tick}{_decode(m[2])}{tick}.{tick}{_decode(m[3])}{tick}{table}"

    return _ENCODED.sub(back, text)


_STATE = re.compile(r"SQLSTATE: ([0-9A-Z]{5})")
_CONDITION = re.compile(r"^\[([A-Z][A-Z0-9_.]*)\]")


def refusal_of(error: BaseException) -> EngineError | None:
    """What the engine refused inside of Spark's analyzer (Refused in scala/guard/Guard.scala), as it was refused."""
    java = _java_of(error)
    if java is None or java.getClass().getSimpleName() != "Refused":
        return None
    return EngineError(java.getMessage(), error_class=java.errorClass(), error_code=java.errorCode())


def message_of(error: BaseException) -> str:
    """The first part of an exception's message: what is wrong, without the JVM's stack."""
    error = refusal_of(error) or error
    desc = getattr(error, "desc", None) or getattr(error, "_desc", None)
    text = str(desc or error) or type(error).__name__
    for noise in ("\n\nJVM stacktrace:", "\n\tat ", "\n+- ", "\nWrite", ";\n'"):
        text = text.split(noise)[0]
    return user_names(text).strip()


# Conditions that say that work failed, and not why: the cause does.
_WRAPPER = re.compile(r"\[(TASK_WRITE_FAILED|STREAM_FAILED)\]|Job aborted|Writing job failed|Query \[.*\] terminated")
_OPENER = re.compile(r"\[FAILED_READ_FILE[.A-Z_]*\]")  # names the file; its cause says what is wrong with it


def _java_of(error: BaseException) -> Any:
    """The JVM's exception; PySpark leaves those that it has no class for in Py4J's."""
    return getattr(error, "_origin", None) or getattr(error, "java_exception", None)


def reason_of(error: BaseException) -> str:
    """`message_of`, of the first cause that says more than that a task or a stream failed."""
    java, found = _java_of(error), ""
    while java is not None:
        text = user_names((java.getMessage() or java.toString()).split("\n\tat ")[0]).strip()
        if not _WRAPPER.match(text):
            found = f"{found}: {text}" if found else text
            if not _OPENER.match(text):
                return found
        java = java.getCause()
    return found or message_of(error)


def to_rpc(error: BaseException) -> dict[str, Any]:
    """`error` of a JSON-RPC answer: {code, message, data: {error_class, error_code, location?, trace?}}."""
    error = refusal_of(error) or error
    text = message_of(error)
    if hasattr(error, "java_exception") or text.startswith("[TASK_WRITE_FAILED]"):
        text = reason_of(error)
    if isinstance(error, EngineError):
        data: dict[str, Any] = {"error_class": error.error_class, "error_code": error.error_code}
        if error.location is not None:
            data["location"] = str(error.location)
        if state := _STATE.search(text):
            data["sql_state"] = state[1]
        return {"code": -32000, "message": text, "data": data}
    found = _CONDITION.match(text)
    condition = found[1] if found else getattr(error, "errorClass", None) or type(error).__name__
    trace = "".join(traceback.format_exception(error))[-20_000:]
    return {
        "code": -32000,
        "message": text,
        "data": {
            "error_class": condition,
            "error_code": "BAD_REQUEST",
            "trace": user_names(trace),
            **({"sql_state": state[1]} if (state := _STATE.search(text)) else {}),
        },
    }
