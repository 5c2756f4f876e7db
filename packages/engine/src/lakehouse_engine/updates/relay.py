"""Passes the events of an update on: to the workspace and to the event hooks of the pipeline's sources."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from lakehouse_engine.contract import UpdateEventParams
from lakehouse_engine.event_log.hooks import EventHooks
from lakehouse_engine.updates.request import UpdateRequest


class Listener(Protocol):
    """The workspace's end of the connection, as updates use it."""

    def notify(self, method: Literal["update.event"], params: UpdateEventParams) -> None: ...


class EventRelay:
    """The hooks are known once the sources are loaded; they receive the events from then on."""

    def __init__(self, request: UpdateRequest, workspace: Listener) -> None:
        self._request = request
        self._workspace = workspace
        self._hooks: EventHooks | None = None

    def pass_on(self, event: dict[str, Any]) -> None:
        params: Any = {"pipelineId": self._request.pipeline_id, "updateId": self._request.update_id, "event": event}
        self._workspace.notify("update.event", params)
        if self._hooks is not None:
            self._hooks.tell(event)

    def add_hooks(self, hooks: EventHooks) -> None:
        self._hooks = hooks

    def close(self) -> None:
        if self._hooks is not None:
            self._hooks.close()
