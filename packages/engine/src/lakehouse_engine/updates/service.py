"""`update.run` and `update.stop` of the engine's protocol."""

from __future__ import annotations

import threading
from typing import Any, Literal

from lakehouse_engine.catalog import Catalog
from lakehouse_engine.contract import UpdateEventParams
from lakehouse_engine.session import Engine
from lakehouse_engine.updates.relay import Listener
from lakehouse_engine.updates.update import Update


class UpdateService:
    def __init__(self, engine: Engine, catalog: Catalog, peer: Listener) -> None:
        self._engine = engine
        self._catalog = catalog
        self._peer = peer
        self._updates: dict[str, Update] = {}
        self._lock = threading.Lock()

    def run(self, params: dict[str, Any]) -> dict[str, Any]:
        """One update from its start to its end, whose state is the answer."""
        update = Update(self._engine, self._catalog, self._peer, params)
        with self._lock:
            self._updates[params["updateId"]] = update
        try:
            answer: dict[str, Any] = update.redactor.value(update.run())
            return answer
        finally:
            with self._lock:
                del self._updates[params["updateId"]]

    def stop(self, params: dict[str, Any]) -> dict[str, Any]:
        """Asks an update to stop; one that has ended already is left as it is."""
        with self._lock:
            update = self._updates.get(params["updateId"])
        if update is not None:
            update.stop()
        return {}


def run_unheard(engine: Engine, catalog: Catalog, params: dict[str, Any]) -> dict[str, Any]:
    """An update whose events stay in its folder: the workspace has no record of its pipeline."""
    return Update(engine, catalog, _Unheard(), params).run()


class _Unheard:
    def notify(self, method: Literal["update.event"], params: UpdateEventParams) -> None:
        return
