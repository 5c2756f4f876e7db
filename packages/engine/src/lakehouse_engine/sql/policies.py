"""CREATE POLICY and DROP POLICY of Unity Catalog, read into what the policies' REST API takes.

https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-syntax-ddl-create-policy
"""

from __future__ import annotations

from typing import Any

from lakehouse_engine.errors import EngineError
from lakehouse_engine.sources.sql.tokenizer import Kind
from lakehouse_engine.sql.securables import SecurableReader

_ON = ("CATALOG", "SCHEMA", "TABLE")


def read_create(reader: SecurableReader, replace: bool) -> dict[str, Any]:
    """Behind CREATE [OR REPLACE] POLICY."""
    c = reader.cursor
    name = c.identifier("the policy's name")
    kind, securable = _on(reader)
    policy: dict[str, Any] = {"name": name, "on_securable_type": kind, "on_securable_fullname": securable}
    if c.accept("COMMENT"):
        policy["comment"] = c.string("a comment")
    if c.sees("GRANT") or c.sees("DENY"):
        raise EngineError(
            f"CREATE POLICY … {c.token.upper} is not supported by the local workspace; policies are ROW FILTER or "
            "COLUMN MASK. Use GRANT.",
            error_class="UNSUPPORTED_FEATURE",
        )
    filters = c.accept("ROW", "FILTER")
    if not filters:
        c.expect("COLUMN", "MASK")
    action: dict[str, Any] = {"function_name": reader.full_name("FUNCTION")}
    c.expect("TO", after="the policy's function")
    policy["to_principals"] = _principals(reader)
    if c.accept("EXCEPT"):
        policy["except_principals"] = _principals(reader)
    c.expect("FOR", "TABLES")
    policy["for_securable_type"] = "TABLE"
    if c.accept("WHEN"):
        policy["when_condition"] = c.text_until("a condition", lambda: c.ended or c.sees("MATCH") or _action(c))
    if c.accept("MATCH", "COLUMNS"):
        policy["match_columns"] = [_match(reader)]
        while c.accept(","):
            policy["match_columns"].append(_match(reader))
    if not filters:
        if not c.accept("ON", "COLUMN"):
            c.fail("ON COLUMN and the alias of a column")
        action["on_column"] = c.identifier("the alias of a column")
    if c.accept("USING", "COLUMNS"):
        action["using"] = _arguments(reader)
    policy["policy_type"] = "POLICY_TYPE_ROW_FILTER" if filters else "POLICY_TYPE_COLUMN_MASK"
    policy["row_filter" if filters else "column_mask"] = action
    return {"kind": "createPolicy", "orReplace": replace, "policy": policy}


def read_drop(reader: SecurableReader) -> dict[str, Any]:
    """Behind DROP POLICY."""
    name = reader.cursor.identifier("the policy's name")
    kind, securable = _on(reader)
    return {"kind": "dropPolicy", "policy": name, "securableType": kind, "name": securable}


def _on(reader: SecurableReader) -> tuple[str, str]:
    c = reader.cursor
    c.expect("ON", after="the policy's name")
    if c.token.upper not in _ON:
        c.fail("CATALOG, SCHEMA or TABLE")
    kind = c.advance().upper
    return kind, reader.full_name(kind)


def _principals(reader: SecurableReader) -> list[str]:
    found = [reader.principal()]
    while reader.cursor.accept(","):
        found.append(reader.principal())
    return found


def _action(c: Any) -> bool:
    return c.sees("ON", "COLUMN") or c.sees("USING", "COLUMNS")


def _match(reader: SecurableReader) -> dict[str, str]:
    """condition [[AS] alias]: an alias without AS is the word behind the condition's last bracket."""
    c = reader.cursor

    def over() -> bool:
        word = c.token.kind in (Kind.WORD, Kind.QUOTED) and c.token.upper not in ("AND", "OR")
        return c.ended or c.sees(",") or c.sees("AS") or _action(c) or (word and c.previous.text == ")")

    found = {"condition": c.text_until("a condition", over)}
    named = c.accept("AS")
    if named or not (c.ended or c.sees(",") or _action(c)):
        found["alias"] = c.identifier("the alias of a column")
    return found


def _arguments(reader: SecurableReader) -> list[dict[str, str]]:
    c = reader.cursor
    c.expect("(")
    found: list[dict[str, str]] = []
    while not c.accept(")"):
        token = c.token
        text = c.text_until("an argument", lambda: c.sees(",") or c.sees(")"))
        alias = token.kind in (Kind.WORD, Kind.QUOTED) and token.upper not in ("TRUE", "FALSE", "NULL")
        found.append({"alias": token.identifier} if alias else {"constant": text})
        if not c.sees(")"):
            c.expect(",")
    return found
