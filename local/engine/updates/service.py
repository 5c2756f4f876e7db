"""`update.run` and `update.stop` of the engine protocol."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from engine.catalog import Catalog
from engine.errors import EngineError
from engine.event_log import EventLog, read
from engine.event_log import table as event_log_table
from engine.protocol import Peer
from engine.session import Engine
from engine.updates.update import Request, Update


class UpdateService:
    """Runs updates, of several pipelines side by side; the workspace sees to it that a pipeline has one at a time."""

    def __init__(self, engine: Engine, catalog: Catalog, peer: Peer) -> None:
        self._engine = engine
        self._catalog = catalog
        self._peer = peer
        self._running: dict[str, Update] = {}
        self._lock = threading.Lock()

    def run(self, params: dict[str, Any]) -> dict[str, Any]:
        spec = params["pipeline"]
        request = Request(
            pipeline_id=params["pipelineId"],
            update_id=params["updateId"],
            spec=spec,
            cause=params.get("cause") or "API_CALL",
            principal=params.get("principal") or "",
            storage=Path(params["storage"]),
            validate_only=bool(params.get("validateOnly")),
            full_refresh=bool(params.get("fullRefresh")),
            full_refresh_selection=list(params.get("fullRefreshSelection") or []),
            refresh_selection=list(params.get("refreshSelection") or []),
        )
        log = EventLog(
            str(request.storage / "event_log.jsonl"),
            {
                "pipeline_id": request.pipeline_id,
                "pipeline_name": spec.get("name"),
                "pipeline_type": "WORKSPACE",
                "update_id": request.update_id,
            },
            lambda event: self._peer.notify(
                "update.event",
                {"pipelineId": request.pipeline_id, "updateId": request.update_id, "event": event},
            ),
        )
        update = Update(self._engine, self._catalog, request, log, lambda pipeline: self._events(request, pipeline))
        with self._lock:
            self._running[request.update_id] = update
        try:
            result = update.run()
            if not request.validate_only:
                self._publish(request, update)
            return result
        finally:
            with self._lock:
                self._running.pop(request.update_id, None)

    def stop(self, params: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            update = self._running.get(params["updateId"])
        if update is not None:
            update.stop()
        return {}

    def events(self, pipeline_id: str) -> list[dict[str, Any]]:
        """For `event_log('<pipeline id>')` in statements."""
        return read(str(self._engine.data_dir / "pipelines" / pipeline_id / "event_log.jsonl"))

    def _events(self, request: Request, pipeline_id: str) -> list[dict[str, Any]]:
        return read(str(request.storage.parent / pipeline_id / "event_log.jsonl"))

    def _publish(self, request: Request, update: Update) -> None:
        """The event log as the table that the pipeline's settings name; this update's events are appended to it."""
        setting = request.spec.get("event_log") or {}
        if not setting.get("name"):
            return
        catalog = setting.get("catalog") or request.spec.get("catalog") or "main"
        schema = setting.get("schema") or request.spec.get("schema") or "default"
        name = f"{catalog}.{schema}.{setting['name']}".lower()
        try:
            known = self._catalog.get(name)
            events = self._events(request, request.pipeline_id)
            if known is None:
                self._catalog.create_table(
                    name, event_log_table.SCHEMA, comment=f"Event log of pipeline {request.spec.get('name')}",
                    pipeline_id=request.pipeline_id, principal=request.principal,
                )  # fmt: skip
            else:
                events = [e for e in events if e["origin"].get("update_id") == request.update_id]
            frame = event_log_table.frame(update.session, events)
            frame.write.format("delta").mode("append").save(self._catalog.get(name)["location"])
        except EngineError as error:
            raise EngineError(
                f"the event log cannot be published as {name}: {error}", error_class=error.error_class
            ) from error
