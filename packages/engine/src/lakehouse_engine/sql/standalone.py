"""Materialized views and streaming tables that a warehouse makes: each is kept up to date by a pipeline of its own.

https://docs.databricks.com/aws/en/ldp/dbsql/materialized and …/dbsql/streaming. The pipeline has one source, the
statement, and lies in the engine's folder of pipelines; nobody sees it but through its table.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakehouse_engine.catalog import Catalog
from lakehouse_engine.errors import EngineError, no_such_table, table_exists
from lakehouse_engine.files import replace
from lakehouse_engine.graph.model import DatasetKind
from lakehouse_engine.session import Engine
from lakehouse_engine.sources.sql.errors import SqlUnsupportedError
from lakehouse_engine.sources.sql.parser import parse_statement
from lakehouse_engine.sources.sql.parser.cursor import Cursor
from lakehouse_engine.sources.sql.statements import CreateDataset
from lakehouse_engine.sources.sql.tokenizer import SourceText
from lakehouse_engine.sql.securables import CurrentNames

_KINDS = {("MATERIALIZED", "VIEW"): "MATERIALIZED_VIEW", ("STREAMING", "TABLE"): "STREAMING_TABLE"}
_SPEC = "standalone.json"

# `update.run` without events (updates/service.py)
RunUpdate = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Standalone:
    """What a statement wants: to `create`, `refresh` or `drop` a table. `full`: from the beginning."""

    verb: str
    name: str
    kind: str | None = None
    replace: bool = False
    if_exists: bool = False
    full: bool = False
    text: str = ""


def parse(text: str, names: CurrentNames) -> Standalone | None:
    """None for other statements. DROP TABLE and DROP VIEW name one of these, too, where it is on record as one."""
    c = Cursor(SourceText(text, "statement"))
    match c.token.upper:
        case "CREATE":
            return _create(c, text, names)
        case "REFRESH":
            return _refresh(c, names)
        case "ALTER":
            _refuse_schedule(c)
        case "DROP":
            return _drop(c, names)
    return None


def translate(text: str) -> str:
    """ALTER MATERIALIZED VIEW and ALTER STREAMING TABLE as ALTER TABLE, which Spark has."""
    c = Cursor(SourceText(text, "statement"))
    if not c.accept("ALTER") or not _kind(c):
        return text
    return f"ALTER TABLE {text[c.token.start :]}"


def _kind(c: Cursor) -> str | None:
    return next((kind for words, kind in _KINDS.items() if c.accept(*words)), None)


def _create(c: Cursor, text: str, names: CurrentNames) -> Standalone | None:
    c.advance()
    replace = c.accept("OR", "REPLACE") or c.accept("OR", "REFRESH")
    kind = _kind(c)
    if kind is None:
        return None
    existing = c.accept("IF", "NOT", "EXISTS")
    try:
        found = parse_statement(SourceText(text, "statement"))
    except SqlUnsupportedError as error:
        if error.clause not in ("SCHEDULE", "TRIGGER ON UPDATE"):
            raise
        raise _no_schedule(error.clause) from None
    assert isinstance(found, CreateDataset) and found.kind is DatasetKind[kind]
    return Standalone("create", names.table(found.name), kind, replace, existing, text=text)


def _refresh(c: Cursor, names: CurrentNames) -> Standalone | None:
    """REFRESH [MATERIALIZED VIEW | [STREAMING] TABLE] name [FULL] [SYNC]; REFRESH TABLE alone is Spark's."""
    c.advance()
    kind = _kind(c)
    if kind is None and (c.sees("TABLE") or c.sees("FUNCTION") or not c.token.upper):
        return None
    name = names.table(c.name("the name of a materialized view or streaming table"))
    full = c.accept("FULL")
    if c.sees("ASYNC"):
        raise EngineError(
            "REFRESH … ASYNC is not supported by the local workspace: a refresh ends with its statement. Leave it out.",
            error_class="UNSUPPORTED_FEATURE",
        )
    c.accept("SYNC")
    c.expect_end("FULL, SYNC or the end of the statement")
    return Standalone("refresh", name, kind, full=full)


def _drop(c: Cursor, names: CurrentNames) -> Standalone | None:
    c.advance()
    kind = _kind(c)
    if kind is None and not (c.accept("TABLE") or c.accept("VIEW")):
        return None
    exists = c.accept("IF", "EXISTS")
    return Standalone("drop", names.table(c.name("a name")), kind, if_exists=exists)


def _refuse_schedule(c: Cursor) -> None:
    c.advance()
    if _kind(c) is None:
        return
    c.name("a name")
    for verb in ("ADD", "ALTER", "DROP"):
        for clause in ("SCHEDULE", "TRIGGER"):
            if c.sees(verb, clause):
                raise _no_schedule(clause)


def _no_schedule(clause: str) -> EngineError:
    return EngineError(
        f"{clause} is not supported by the local workspace: a materialized view or streaming table of a warehouse is "
        "refreshed by REFRESH. Schedule a job with a SQL task that runs it.",
        error_class="UNSUPPORTED_FEATURE",
    )


class StandaloneTables:
    def __init__(self, engine: Engine, catalog: Catalog, run_update: RunUpdate) -> None:
        self._engine = engine
        self._catalog = catalog
        self._run_update = run_update

    def run(self, wanted: Standalone, names: CurrentNames, principal: str | None) -> bool:
        """Whether the statement was one of these."""
        match wanted.verb:
            case "create":
                self._create(wanted, names, principal)
            case "refresh":
                self._refresh(wanted, principal)
            case "drop":
                return self._drop(wanted, principal)
        return True

    def _create(self, wanted: Standalone, names: CurrentNames, principal: str | None) -> None:
        record = self._catalog.get(wanted.name)
        if record is not None and wanted.if_exists:
            return
        if record is not None and not wanted.replace:
            raise table_exists(wanted.name)
        spec = self._spec(wanted.name)
        if record is not None and (spec is None or record["tableType"] != wanted.kind):
            raise EngineError(
                f"'{wanted.name}' exists and is no {_spoken(wanted.kind)} that a statement made; drop it first, or "
                "change it where it was made.",
                error_class="TABLE_OR_VIEW_ALREADY_EXISTS",
            )
        if record is not None:
            self._catalog.authorize(principal, "MANAGE", "TABLE", wanted.name)
        catalog, schema, _ = wanted.name.split(".", 2)
        self._catalog.require_schema(catalog, schema)
        made = self._pipeline(spec["id"] if spec else str(uuid.uuid4()), wanted, names, principal)
        folder = self._folder(made["id"])
        try:
            self._update(made, full=False)
        except Exception:
            if record is None:
                if self._catalog.exists(wanted.name):
                    self._catalog.drop_table(wanted.name, principal)
                shutil.rmtree(folder, ignore_errors=True)
            raise
        replace(folder / _SPEC, json.dumps(made))

    def _pipeline(
        self, pipeline_id: str, wanted: Standalone, names: CurrentNames, principal: str | None
    ) -> dict[str, Any]:
        return {
            "id": pipeline_id,
            "name": wanted.name,
            "catalog": names.catalog,
            "schema": names.schema,
            "rootPath": "/statement",
            "sources": [{"path": "/statement.sql", "kind": "file", "language": "SQL", "content": wanted.text}],
            "principal": principal,
        }

    def _refresh(self, wanted: Standalone, principal: str | None) -> None:
        record, spec = self._catalog.get(wanted.name), self._spec(wanted.name)
        if record is None:
            raise no_such_table(wanted.name)
        self._catalog.authorize(principal, "REFRESH", "TABLE", wanted.name)
        if spec is None:
            owner = record.get("pipelineId")
            if owner is None and wanted.kind is None and not wanted.full:
                return  # REFRESH [TABLE] of a table, of which nothing is cached
            kept = f"kept up to date by the pipeline {owner}: start an update of it" if owner else "nothing to refresh"
            raise EngineError(f"'{wanted.name}' is {kept}.", error_class="UNSUPPORTED_FEATURE")
        if wanted.kind not in (None, record["tableType"]):
            raise EngineError(
                f"'{wanted.name}' is a {_spoken(record['tableType'])}, not a {_spoken(wanted.kind)}.",
                error_class="EXPECT_TABLE_NOT_VIEW",
            )
        self._update(spec, full=wanted.full)

    def _drop(self, wanted: Standalone, principal: str | None) -> bool:
        record, spec = self._catalog.get(wanted.name), self._spec(wanted.name)
        if wanted.kind is None and spec is None:
            return False  # another table or view, which Spark drops
        if record is None:
            if wanted.if_exists:
                return True
            raise no_such_table(wanted.name)
        if wanted.kind not in (None, record["tableType"]):
            raise EngineError(
                f"'{wanted.name}' is a {_spoken(record['tableType'])}, not a {_spoken(wanted.kind)}.",
                error_class="EXPECT_TABLE_NOT_VIEW",
            )
        self._catalog.authorize(principal, "MANAGE", "TABLE", wanted.name)
        self._catalog.drop_table(wanted.name, principal)
        if spec is not None:
            shutil.rmtree(self._folder(spec["id"]), ignore_errors=True)
        return True

    def _folder(self, pipeline_id: str) -> Path:
        return self._engine.data_dir / "pipelines" / pipeline_id

    def _spec(self, name: str) -> dict[str, Any] | None:
        """Of the pipeline behind a table that a statement made; None for other tables."""
        pipeline = (self._catalog.get(name) or {}).get("pipelineId")
        try:
            return json.loads((self._folder(pipeline) / _SPEC).read_text()) if pipeline else None
        except FileNotFoundError:
            return None

    def _update(self, spec: dict[str, Any], *, full: bool) -> None:
        """As its owner, whoever asks for it."""
        folder = self._folder(spec["id"])
        folder.mkdir(parents=True, exist_ok=True)
        answer = self._run_update(
            {
                "pipelineId": spec["id"],
                "updateId": str(uuid.uuid4()),
                "pipeline": spec,
                "cause": "USER_ACTION",
                "fullRefresh": full,
                "principal": spec["principal"],
                "storage": str(folder),
            }
        )
        if answer["state"] != "COMPLETED":
            message = (answer.get("error") or {}).get("message", "The refresh was canceled.")
            raise EngineError(message, error_class="REFRESH_FAILED")


def _spoken(kind: str | None) -> str:
    return {"MATERIALIZED_VIEW": "materialized view", "STREAMING_TABLE": "streaming table", "VIEW": "view"}.get(
        kind or "", "table"
    )
