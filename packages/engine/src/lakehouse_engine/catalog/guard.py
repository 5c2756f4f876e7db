"""Who may read and change which tables, and what they see of them: Spark's analyzer asks here (scala/guard)."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from pyspark.java_gateway import ensure_callback_server_started
from pyspark.sql import DataFrame, SparkSession

from lakehouse_engine import jvm
from lakehouse_engine.catalog import Catalog
from lakehouse_engine.contract import Workspace
from lakehouse_engine.errors import EngineError, no_such_table, to_rpc
from lakehouse_engine.event_log.table import event_log_frame, storage_of
from lakehouse_engine.readers import ReaderContext, list_files, read_files
from lakehouse_engine.readers.registry import OPTIONS
from lakehouse_engine.session import Engine


def _as_json(method: Callable[..., dict[str, Any]]) -> Callable[..., str]:
    """What is refused is an answer, too: an exception would reach Spark as text with this process's stack."""

    @functools.wraps(method)
    def call(*args: Any) -> str:
        try:
            return json.dumps(method(*args))
        except Exception as error:
            return _error(error)

    return call


def _error(error: Exception) -> str:
    found = to_rpc(error)
    return json.dumps({"error": {"message": found["message"], **found["data"]}})


class Guard:
    """Answers Spark's analyzer, with the workspace's word on what a principal may."""

    def __init__(self, engine: Engine, catalog: Catalog, workspace: Workspace) -> None:
        self._engine = engine
        self._catalog = catalog
        self._workspace = workspace
        self._jvm = engine.jvm.org.apache.spark.sql.lakehouse
        ensure_callback_server_started(engine.spark.sparkContext._gateway)
        names = [option.name for option in OPTIONS]
        self._jvm.ReaderOptions.start(_strings(engine.spark, names))
        folders = (engine.data_dir, engine.tables_root, engine.volumes.root)
        self._jvm.Guard.start(self, engine.spark._jsparkSession, *(str(Path(each).resolve()) for each in folders))
        engine.guard = self

    def protect(self, session: SparkSession, principal: str | None) -> None:
        """What `session` does from now on is done by the principal; without one by the engine, which may do all."""
        self._jvm.Guard.protect(session._jsparkSession, principal)

    def own(self, session: SparkSession, principal: str | None, pipeline_id: str, storage: str) -> None:
        """The session is an update's of that pipeline, whose private tables and files in `storage` are its own."""
        self._jvm.Guard.own(session._jsparkSession, principal, pipeline_id, storage)

    def _authorize(self, principal: str, check: dict[str, Any]) -> list[dict[str, Any]]:
        asked: Any = {"principal": principal, "checks": [check]}
        found: Any = self._workspace.request("catalog.authorize", asked)
        return found.get("tables", [])

    @_as_json
    def read(self, principal: str, table: str, throughView: bool) -> dict[str, Any]:
        record = self._catalog.get(table)
        if record is None:  # Spark says that it does not exist
            return {}
        _refuse_private(record)
        check = {"privilege": "SELECT", "securableType": "TABLE", "fullName": table, "throughView": throughView}
        rules = self._authorize(principal, check)
        if not rules:
            return {}
        masks = {mask["column"].lower(): mask for mask in rules[0].get("columnMasks", [])}
        return {
            "columns": [
                {"name": column["name"], "type": column["type_text"]}
                | ({"mask": _rule(masks[column["name"].lower()])} if column["name"].lower() in masks else {})
                for column in record.get("columns", [])
            ],
            "filters": [_rule(rule) for rule in rules[0].get("rowFilters", [])],
        }

    @_as_json
    def check(self, principal: str, privilege: str, securableType: str, name: str) -> dict[str, Any]:
        _refuse_private(self._catalog.get(name) or {})
        self._authorize(principal, {"privilege": privilege, "securableType": securableType, "fullName": name})
        return {}

    @_as_json
    def passes(
        self, principal: str, definerType: str, definer: str, privilege: str, securableType: str, name: str
    ) -> dict[str, Any]:
        asked = {"privilege": privilege, "securableType": securableType, "fullName": name}
        self._authorize(principal, {**asked, "definer": {"securableType": definerType, "fullName": definer}})
        return {}

    @_as_json
    def exists(self, table: str) -> dict[str, Any]:
        return {"exists": self._catalog.exists(table)}

    @_as_json
    def streamed(self, table: str) -> dict[str, Any]:
        self._catalog.make_files(table)
        return {}

    @_as_json
    def owner(self, folder: str) -> dict[str, Any]:
        return {"pipeline": self._catalog.pipeline_of(Path(folder))}

    @_as_json
    def workspaceFile(self, principal: str, path: str) -> dict[str, Any]:
        self._workspace.request("workspace.mirror", {"principal": principal, "path": path})
        return {}

    @_as_json
    def groups(self, principal: str) -> dict[str, Any]:
        return {**self._workspace.request("principal.groups", {"principal": principal})}

    @_as_json
    def informationSchema(self, principal: str | None, catalog: str, view: str) -> dict[str, Any]:
        asked: Any = {"principal": principal, "catalog": catalog, "view": view}
        return {**self._workspace.request("catalog.informationSchema", asked)}

    def rows(self, principal: str | None, function: str, arguments: str, streaming: bool) -> Any:
        """The JVM's frame; the text of an error otherwise."""
        try:
            given = json.loads(arguments)
            session = SparkSession.active()
            if function == "event_log":
                frame = self._events(session, principal, given["placed"])
            else:
                frame = self._files(session, function, given["placed"], given["named"], streaming)
            return frame._jdf
        except Exception as error:
            return _error(error)

    def _events(self, session: SparkSession, principal: str | None, placed: list[str]) -> DataFrame:
        """Only for the pipeline's owner, through views, too."""
        name = placed[0] if len(placed) == 1 else ""
        table = self._catalog.get(name)  # event_log(TABLE(t)): the events of the pipeline that keeps t up to date
        pipeline = str(table.get("pipelineId") or "") if table else name
        storage = self._engine.data_dir / "pipelines" / PurePosixPath(pipeline or "none").name
        found = storage_of({}, str(storage), [pipeline] if placed else [])
        self._catalog.authorize_event_log(principal, pipeline)
        return event_log_frame(session, found)

    def _files(
        self, session: SparkSession, function: str, placed: list[str], named: dict[str, str], streaming: bool
    ) -> DataFrame:
        path = placed[0] if placed else named.pop("path", None)
        if not path:
            raise EngineError(f"{function} needs a path", error_class="INVALID_READER_OPTION")
        context = ReaderContext(to_local=self._engine.file_of)
        read = list_files if function == "list_files" else read_files
        return read(session, path, streaming=streaming, context=context, **named)

    class Java:
        implements = ["org.apache.spark.sql.lakehouse.Authority"]  # noqa: RUF012 (py4j reads it)


def _strings(spark: SparkSession, texts: list[str]) -> Any:
    gateway: Any = spark.sparkContext._gateway
    array = gateway.new_array(jvm.of(spark).java.lang.String, len(texts))
    for place, text in enumerate(texts):
        array[place] = text
    return array


def _refuse_private(record: dict[str, Any]) -> None:
    """A pipeline's private table is there for its own updates, which do not ask here."""
    if record.get("private"):
        raise no_such_table(record["fullName"])


def _rule(rule: dict[str, Any]) -> dict[str, Any]:
    return {"function": rule["function"], "using": [_argument(text) for text in rule.get("using", [])]}


def _argument(text: str) -> dict[str, str]:
    """A column's name, or a literal as it was written."""
    literal = text[:1] in "'\"-+" or text[:1].isdigit() or text.upper() in ("TRUE", "FALSE", "NULL")
    return {"literal": text} if literal else {"column": text}
