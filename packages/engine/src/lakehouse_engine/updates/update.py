"""One update of one pipeline: sources into a graph, the graph's datasets up to date, events on the way."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lakehouse_engine import jvm
from lakehouse_engine.cancellation import Cancellation, Cancellations, current
from lakehouse_engine.catalog import Catalog
from lakehouse_engine.environments.active import Packages
from lakehouse_engine.errors import message_of
from lakehouse_engine.event_log import EventLog
from lakehouse_engine.event_log.progress import Progress
from lakehouse_engine.event_log.table import file_of
from lakehouse_engine.redaction import Redactor
from lakehouse_engine.session import Engine
from lakehouse_engine.updates.context import UpdateContext
from lakehouse_engine.updates.continuous import Rounds
from lakehouse_engine.updates.graph_run import GraphRun
from lakehouse_engine.updates.inactive import drop_inactive, drops_inactive
from lakehouse_engine.updates.preparation import Preparation
from lakehouse_engine.updates.published_events import publish
from lakehouse_engine.updates.relay import EventRelay, Listener
from lakehouse_engine.updates.request import UpdateRequest
from lakehouse_engine.updates.running_flows import RunningFlows
from lakehouse_engine.updates.scheduler import Outcome, Stopped


class Update:
    """`updates`: those that can be stopped; it is one of them while it runs."""

    def __init__(
        self,
        engine: Engine,
        catalog: Catalog,
        workspace: Listener,
        params: Mapping[str, Any],
        updates: Cancellations,
    ) -> None:
        self._request = request = UpdateRequest.of(params)
        self._engine = engine
        self._catalog = catalog
        self._updates = updates
        self._flows = RunningFlows()
        self._cancellation = Cancellation(
            request.update_id, once=lambda: self._progress.update("STOPPING"), again=self._flows.stop_streams
        )
        self.redactor = Redactor()
        self._relay = EventRelay(request, workspace)
        origin = {
            "cloud": "local",
            "pipeline_id": request.pipeline_id,
            "pipeline_type": "WORKSPACE",
            "pipeline_name": request.name,
            "update_id": request.update_id,
        }
        log = EventLog(file_of(request.storage), origin, self._relay.pass_on, self.redactor)
        self._progress = Progress(log, request.update_id, str(request.name), continuous=request.continuous)
        self._packages = Packages(
            lambda text: self._progress.warn_of_source(text.strip()), self._cancellation.requested
        )

    def run(self) -> dict[str, Any]:
        request, progress = self._request, self._progress
        sources = Path(request.storage) / "sources"
        shutil.rmtree(sources, ignore_errors=True)  # of updates whose engine was killed
        progress.created(request.cause, request.principal, request.params)
        for state in ("CREATED", "INITIALIZING"):
            progress.update(state)
        with self._updates.during(self._cancellation), self._cancellation.within(current()):
            try:
                context = self._prepare(sources / request.update_id)
                return self._continuous(context) if request.continuous else self._triggered(context)
            except BaseException as error:
                self._cancellation.ended.set()
                if self._cancellation.requested.is_set():
                    return self._canceled()
                jvm.hold_if_gone()
                return self._failed(error, message_of(error))
            finally:
                self._relay.close()
                self._packages.give_back()
                shutil.rmtree(sources / request.update_id, ignore_errors=True)

    def _prepare(self, sources: Path) -> UpdateContext:
        if self._cancellation.requested.is_set():  # before the update had begun
            raise Stopped()
        preparation = Preparation(
            self._request, self._engine, self._catalog, self._progress, self._relay, self._packages, self.redactor,
            self._cancellation, self._flows,
        )  # fmt: skip
        return preparation.context(sources)

    def _triggered(self, context: UpdateContext) -> dict[str, Any]:
        run = GraphRun(context)
        outcomes = run.run()
        self._cancellation.ended.set()
        self._drop_inactive(context, run, outcomes)
        publish(context)
        return self._ended(run, outcomes)

    def _continuous(self, context: UpdateContext) -> dict[str, Any]:
        run = GraphRun(context)
        rounds = Rounds(context, run)
        try:
            outcomes = run.run()
            self._drop_inactive(context, run, outcomes)
            publish(context)
            outcomes = rounds.keep_fresh(outcomes)
        except BaseException:
            self._cancellation.ended.set()
            if self._cancellation.requested.is_set():  # the stop came in the middle of a round
                self._progress.end_flows(context.names.flows)
                # Its own jobs were canceled; the next update publishes the rest.
                with contextlib.suppress(Exception):
                    publish(context)
            raise
        self._cancellation.ended.set()
        self._progress.end_flows(context.names.flows)
        return self._ended(run, outcomes)

    def _drop_inactive(self, context: UpdateContext, run: GraphRun, outcomes: Mapping[str, Outcome]) -> None:
        """After an update of everything that went well: only then is it sure what the pipeline no longer has."""
        asked = drops_inactive(self._request.configuration)
        whole = not self._request.validating and run.whole and all(o is Outcome.COMPLETED for o in outcomes.values())
        if asked and whole:
            drop_inactive(context)

    def _ended(self, run: GraphRun, outcomes: dict[str, Outcome]) -> dict[str, Any]:
        if self._cancellation.requested.is_set():
            return self._canceled()
        failure = run.failure(outcomes)
        if failure is not None:
            return self._failed(*failure)
        self._progress.update("COMPLETED")
        return {"state": "COMPLETED"}

    def _canceled(self) -> dict[str, Any]:
        self._progress.update("CANCELED")
        return {"state": "CANCELED"}

    def _failed(self, error: BaseException, message: str) -> dict[str, Any]:
        self._progress.update("FAILED", error)
        return {"state": "FAILED", "error": {"message": message}}
