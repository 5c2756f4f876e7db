"""Brings the datasets of an update's graph up to date: which of them, in which order, and what came of each."""

from __future__ import annotations

from contextvars import copy_context
from pathlib import Path

from pyspark.sql.types import StructType

from lakehouse_engine.errors import EngineError, message_of
from lakehouse_engine.graph.model import DatasetKind, Flow
from lakehouse_engine.sources.python_imports import importing
from lakehouse_engine.updates.context import UpdateContext
from lakehouse_engine.updates.datasets import Work
from lakehouse_engine.updates.full_refresh import FullRefresh, never_reset
from lakehouse_engine.updates.reading import Reading
from lakehouse_engine.updates.scheduler import DependencyFailed, Outcome, Scheduler, Stopped

_FLOWS_AT_ONCE = 4


class GraphRun:
    def __init__(self, context: UpdateContext) -> None:
        self._context = context
        empty = str(Path(context.request.storage) / "empty")
        self.reading = Reading(context.names, context.catalog, self._need, empty)
        self.full_refresh = FullRefresh(context.request.storage)
        self._first_round = True
        self._only: set[str] | None = None  # the datasets of this round, None for all
        self._scheduler = self._new_scheduler()
        self._errors: list[tuple[str, BaseException]] = []

    def _new_scheduler(self) -> Scheduler:
        """Of one round: each dataset is brought up to date at most once in it."""
        slots = int(self._context.request.configuration.get("pipelines.maxParallelFlows", _FLOWS_AT_ONCE))
        return Scheduler(self._context.names.datasets, self._work, slots, self._context.cancellation.requested)

    @property
    def whole(self) -> bool:
        """Whether the last round was of the whole graph."""
        return self._only is None

    def run(self) -> dict[str, Outcome]:
        """The round that the request asks for: its selected datasets, or the whole graph."""
        context = self._context
        names, progress, request = context.names, context.progress, context.request
        emptied = {self._key(name) for name in request.full_refresh_selection}
        selected = emptied | {self._key(name) for name in request.refresh_selection}
        for key, dataset in names.datasets.items():
            progress.dataset(key, dataset, names.flows.get(key, []))
        if not request.validating:
            self.full_refresh.begin(self._to_empty(emptied), names.datasets)
            if request.full_refresh or emptied:
                progress.update("RESETTING")
            progress.update("SETTING_UP_TABLES")
            progress.update("RUNNING")
        for key in names.datasets:
            if selected and key not in selected:
                for flow in names.flows.get(key, []):
                    progress.flow(key, flow, "EXCLUDED")
        views = () if request.validating else (DatasetKind.TEMPORARY_VIEW,)
        keys = [key for key, dataset in names.datasets.items() if dataset.kind not in views]
        return self.bring_up_to_date([key for key in keys if not selected or key in selected], whole=not selected)

    def bring_up_to_date(self, keys: list[str], *, whole: bool = False) -> dict[str, Outcome]:
        """These datasets once. What else they read is brought up to date before where they are the `whole` graph, and
        else read as it is.
        """
        self._only = None if whole else set(keys)
        self._scheduler = self._new_scheduler()
        with importing(self._context.imports):
            outcomes = copy_context().run(self._scheduler.run, keys)
            if whole and all(outcome is Outcome.COMPLETED for outcome in outcomes.values()):
                # What no flow has read is resolved, too: a view of what does not exist fails the update.
                outcomes = copy_context().run(self._scheduler.run, self._unread_views())
        self._first_round = False
        for key, outcome in outcomes.items():
            self._report(key, outcome)
        return outcomes

    def failure(self, outcomes: dict[str, Outcome]) -> tuple[BaseException, str] | None:
        """The first error and the message for all; None where every dataset is up to date."""
        if not self._errors and all(outcome is Outcome.COMPLETED for outcome in outcomes.values()):
            return None
        key, error = self._errors[0] if self._errors else ("", EngineError("no dataset could be updated"))
        others = f" ({len(self._errors) - 1} more failed)" if len(self._errors) > 1 else ""
        text = message_of(error)
        return error, (text if key in text else f"{key}: {text}") + others

    # --- for the work on a dataset (updates/datasets.py) ---------------------------------------------------------

    def resets(self, key: str) -> bool:
        """Whether the dataset is emptied before its flows run."""
        return self._first_round and key in self.full_refresh

    def failed(self, key: str, flow: Flow, error: BaseException) -> None:
        """A flow ended with an error, which is logged as a failure, as a skip or as the end of a stop."""
        progress = self._context.progress
        if isinstance(error, Stopped) or self._context.cancellation.requested.is_set():
            progress.flow(key, flow, "STOPPED")
        elif isinstance(error, DependencyFailed):
            progress.flow(key, flow, "SKIPPED", because=str(error))
        else:
            self._errors.append((key, error))
            progress.flow(key, flow, "FAILED", error=error)

    # --- the parts of a round ------------------------------------------------------------------------------------

    def _unread_views(self) -> list[str]:
        datasets = self._context.names.datasets
        views = [key for key, each in datasets.items() if each.kind is DatasetKind.TEMPORARY_VIEW]
        return [key for key in views if key not in self.reading.views_read]

    def _work(self, key: str) -> StructType | None:
        work = Work(self._context, self, key)
        if self._context.request.validating:
            return work.validate()
        if self._context.names.datasets[key].kind is DatasetKind.TEMPORARY_VIEW:
            work.validate()
            return None
        work.run()
        return None

    def _need(self, key: str, reader: str | None) -> StructType | None:
        if self._only is not None and key not in self._only:
            if self._context.catalog.exists(self._context.names.table(key)):
                return None
            raise EngineError(
                f"{key} has never been updated and is not among the tables selected for this update; select it, too",
                error_class="TABLE_OR_VIEW_NOT_FOUND",
            )
        return self._scheduler.need(key, reader)

    def _to_empty(self, asked: set[str]) -> set[str]:
        """The datasets that the request's full refresh empties; views have no rows to forget."""
        datasets = self._context.names.datasets
        if self._context.request.full_refresh:
            views = (DatasetKind.TEMPORARY_VIEW, DatasetKind.VIEW)
            asked = {key for key, dataset in datasets.items() if dataset.kind not in views}
        if kept := never_reset(asked, datasets):
            self._context.progress.not_reset(kept)
        return asked - kept

    def _report(self, key: str, outcome: Outcome) -> None:
        """The flows of a dataset that ended before they began."""
        progress = self._context.progress
        error = self._scheduler.error(key)
        if outcome is Outcome.FAILED and error is not None and all(e is not error for _, e in self._errors):
            self._errors.append((key, error))
        for flow in self._context.names.flows.get(key, []):
            if outcome is Outcome.FAILED:
                first = any(e is error for _, e in self._errors)
                progress.flow(key, flow, "FAILED" if first else "SKIPPED", error=error)
            elif outcome is Outcome.SKIPPED:
                progress.flow(key, flow, "SKIPPED", because=str(error or ""))
            elif outcome is Outcome.STOPPED:
                progress.flow(key, flow, "STOPPED")

    def _key(self, name: str) -> str:
        names = self._context.names
        key = names.find(name)
        if key is None:
            known = ", ".join(sorted(names.datasets))
            raise EngineError(
                f"{name}, selected for this update, is not a dataset of the pipeline; it has {known}",
                error_class="DATASET_NOT_FOUND",
            )
        return key
