"""SQL sessions: what SET, USE and temporary views of one statement mean for the next ones."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.sql import SparkSession

from lakehouse_engine.errors import EngineError
from lakehouse_engine.session import Engine, active
from lakehouse_engine.sql import settings
from lakehouse_engine.sql.current import current


@dataclass(frozen=True)
class SqlSession:
    spark: SparkSession
    principal: str | None


class Sessions:
    """Open sessions by the ids that the workspace gave them. They end with this process at the latest."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._open: dict[str, SqlSession] = {}
        self._lock = threading.Lock()

    def open(self, params: Mapping[str, Any]) -> dict[str, str]:
        """Answers `sql.openSession` with the catalog and schema in use."""
        principal = params.get("principal")
        spark = self.make(params.get("catalog"), params.get("schema"), principal)
        with active(spark):
            for name, value in (params.get("configuration") or {}).items():
                settings.configure(spark, name, value)
        with self._lock:
            self._open[params["sessionId"]] = SqlSession(spark, principal)
        catalog, schema = current(spark)
        return {"catalog": catalog, "schema": schema}

    def close(self, session_id: str) -> None:
        with self._lock:
            self._open.pop(session_id, None)

    def find(self, session_id: str, principal: str | None) -> SparkSession:
        with self._lock:
            found = self._open.get(session_id)
        if found is None or found.principal != principal:
            raise EngineError(
                f"The SQL session {session_id} does not exist.",
                error_class="INVALID_HANDLE.SESSION_NOT_FOUND",
                error_code="NOT_FOUND",
            )
        return found.spark

    def make(self, catalog: str | None, schema: str | None, principal: str | None) -> SparkSession:
        """A session of Spark of the principal's own."""
        spark = self._engine.new_session(catalog, schema)
        self._engine.guard.protect(spark, principal)
        return spark
