"""`update.run` and `update.stop` of the engine's protocol."""

from __future__ import annotations

from typing import Any, Literal

from lakehouse_engine.cancellation import Cancellations
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
        self._updates = Cancellations(engine.spark.sparkContext)

    def run(self, params: dict[str, Any]) -> dict[str, Any]:
        """One update from its start to its end, whose state is the answer."""
        update = Update(self._engine, self._catalog, self._peer, params, self._updates)
        answer: dict[str, Any] = update.redactor.value(update.run())
        return answer

    def stop(self, params: dict[str, Any]) -> dict[str, Any]:
        """Asks an update to stop: one that is to begin does not begin, one that has ended is left as it is."""
        self._updates.cancel(params["updateId"])
        return {}


def run_unheard(engine: Engine, catalog: Catalog, params: dict[str, Any]) -> dict[str, Any]:
    """An update whose events stay in its folder: the workspace has no record of its pipeline. It is stopped with the
    statement or the run that it is a part of."""
    return Update(engine, catalog, _Unheard(), params, Cancellations(engine.spark.sparkContext)).run()


class _Unheard:
    def notify(self, method: Literal["update.event"], params: UpdateEventParams) -> None:
        return
