"""One update of one pipeline: sources into a graph, the graph's datasets up to date, events on the way."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextvars import copy_context
from pathlib import Path
from typing import Any, Literal, Protocol

from pyspark.sql import SparkSession
from pyspark.sql.types import StructType

from lakehouse_engine import jvm
from lakehouse_engine import readers as file_readers
from lakehouse_engine.catalog import Catalog
from lakehouse_engine.contract import UpdateEventParams
from lakehouse_engine.environments.active import Packages
from lakehouse_engine.errors import EngineError, message_of
from lakehouse_engine.event_log import EventLog
from lakehouse_engine.event_log.hooks import EventHooks
from lakehouse_engine.event_log.progress import Progress
from lakehouse_engine.event_log.table import file_of
from lakehouse_engine.flows.context import Reader, current
from lakehouse_engine.flows.targets import Target
from lakehouse_engine.graph.model import DatasetKind, Flow
from lakehouse_engine.graph.names import Defaults, Names, split
from lakehouse_engine.jobs import drop_jobs
from lakehouse_engine.notebook_runner import volume_files
from lakehouse_engine.notebook_runner.dbutils import Files, Secrets
from lakehouse_engine.notebook_runner.runtime_modules import of_pipeline
from lakehouse_engine.redaction import Redactor
from lakehouse_engine.session import DEFAULT_CATALOG, Engine
from lakehouse_engine.session import active as active_session
from lakehouse_engine.sources.python_imports import importing
from lakehouse_engine.updates import actions, reading
from lakehouse_engine.updates.continuous import Rounds
from lakehouse_engine.updates.datasets import Work
from lakehouse_engine.updates.full_refresh import FullRefresh, never_reset
from lakehouse_engine.updates.inactive import drop_inactive, drops_inactive
from lakehouse_engine.updates.loading import Sources
from lakehouse_engine.updates.published_events import publish
from lakehouse_engine.updates.scheduler import DependencyFailed, Outcome, Scheduler, Stopped

_FLOWS_AT_ONCE = 4
_UNPUBLISHED = (DatasetKind.TEMPORARY_VIEW, DatasetKind.SINK)


class Listener(Protocol):
    """Who hears of an update's events."""

    def notify(self, method: Literal["update.event"], params: UpdateEventParams) -> None: ...


class Update:
    def __init__(self, engine: Engine, catalog: Catalog, peer: Listener, params: dict[str, Any]) -> None:
        self.engine = engine
        self.catalog = catalog
        self.params = params
        self.pipeline: dict[str, Any] = params["pipeline"]
        self.pipeline_id: str = params["pipelineId"]
        self.update_id: str = params["updateId"]
        self.storage: str = params["storage"]
        self.validating = bool(params.get("validateOnly"))
        self.readers: set[Reader] = set()
        self.code = ""
        self._scheduler: Scheduler | None = None
        self._first_round = True
        self._rounds: Rounds | None = None  # of a continuous pipeline
        self.stopping = threading.Event()
        self._flows_ended = threading.Event()
        self.packages = Packages(lambda text: self.progress.warn_of_source(text.strip()), self.stopping)
        self.full_refresh = FullRefresh(self.storage)
        self.redactor = Redactor()
        self._errors: list[tuple[str, BaseException]] = []
        self._hooks: EventHooks | None = None
        origin = {
            "cloud": "local",
            "pipeline_id": self.pipeline_id,
            "pipeline_type": "WORKSPACE",
            "pipeline_name": self.pipeline.get("name"),
            "update_id": self.update_id,
        }

        def tell(event: dict[str, Any]) -> None:
            told: Any = {"pipelineId": self.pipeline_id, "updateId": self.update_id, "event": event}
            peer.notify("update.event", told)
            if self._hooks is not None:
                self._hooks.tell(event)

        log = EventLog(file_of(self.storage), origin, tell, self.redactor)
        goes_on = bool(self.pipeline.get("continuous")) and not self.validating
        self.progress = Progress(log, self.update_id, str(self.pipeline.get("name")), continuous=goes_on)

    # --- the whole update ----------------------------------------------------------------------------------------

    def run(self) -> dict[str, Any]:
        sources = Path(self.storage) / "sources"
        shutil.rmtree(sources, ignore_errors=True)  # of updates whose engine was killed
        try:
            self.progress.created(self.params.get("cause", "API_CALL"), self.params.get("principal"), self.params)
            for state in ("CREATED", "INITIALIZING"):
                self.progress.update(state)
            self.install(self.params.get("dependencies") or [])
            self._initialize(sources / self.update_id)
            outcomes = self._run_graph()
            if self._rounds is None:
                self._flows_ended.set()
            self._drop_inactive(outcomes)
            self.publish_events()
            if self._rounds is not None:
                outcomes = self._rounds.keep_fresh(outcomes)
                self._flows_ended.set()
                self.progress.end_flows(self.names.flows)
            return self._finish(outcomes)
        except BaseException as error:
            self._flows_ended.set()
            if self.stopping.is_set():
                if self._rounds is not None:  # the stop came in the middle of a round
                    self.progress.end_flows(self.names.flows)
                    # Its own jobs were canceled; the next update publishes the rest.
                    with contextlib.suppress(Exception):
                        self.publish_events()
                self.progress.update("CANCELED")
                return {"state": "CANCELED"}
            jvm.hold_if_gone()
            self.progress.update("FAILED", error)
            return {"state": "FAILED", "error": {"message": message_of(error)}}
        finally:
            if self._hooks is not None:
                self._hooks.close()
            self.packages.give_back()
            shutil.rmtree(sources / self.update_id, ignore_errors=True)

    def install(self, lines: Sequence[str]) -> None:
        """What the pipeline's environment and %pip name, for this update."""
        if lines and self.pipeline.get("continuous"):
            raise EngineError(
                "A continuous pipeline cannot have packages of its own in the local workspace, whose runs take turns "
                f"in having them: {', '.join(lines)}. Run it triggered.",
                error_class="UNSUPPORTED_FEATURE",
            )
        if lines and not self.packages.add([self.engine.volumes.to_local(line) for line in lines]):
            raise EngineError("The update was stopped.", error_class="CANCELED")

    def _mirror(self, path: str) -> str:
        """The copy of what is at a path of the workspace now, which who runs the pipeline must read."""
        self.catalog.workspace.request("workspace.mirror", {"principal": self.params.get("principal"), "path": path})
        return str(self.engine.data_dir / "workspace" / path.removeprefix("/Workspace/"))

    def stop(self) -> None:
        self.stopping.set()
        if self._scheduler is not None:
            self._scheduler.stopping.set()
        self.progress.update("STOPPING")
        for reader in list(self.readers):
            for query in list(reader.queries):
                with contextlib.suppress(Exception):
                    query.stop()
        drop_jobs(self.engine.spark.sparkContext, self.update_id, self._flows_ended)

    def _initialize(self, sources: Path) -> None:
        pipeline = self.pipeline
        defaults = self._defaults()
        catalog, schema = defaults.catalog, defaults.schema
        self.session = self.engine.new_session(catalog, schema)
        self.engine.guard.own(self.session, self.params.get("principal"), self.pipeline_id, self.storage)
        for key, value in {"spark.sql.streaming.numRecentProgressUpdates": "10000"}.items():
            self.session.conf.set(key, value)
        for key, value in (pipeline.get("configuration") or {}).items():
            self._configure(key, str(value))
        volumes = self.engine.volumes
        context = file_readers.ReaderContext(schema_dir=_schema_dir, to_local=volumes.to_local, warn=actions.tell)
        file_readers.install(self.session, context)
        reading.install()
        principal = self.params.get("principal")
        utilities = {
            "fs": Files(volumes, functools.partial(self.catalog.authorize, principal)),
            "secrets": Secrets(principal, self.catalog.workspace, self.redactor.hide),
        }
        loaded = Sources(
            pipeline, sources, self.session, defaults, self.storage,
            functools.partial(self.catalog.authorize_event_log, principal), utilities, self.progress.warn_of_source,
            self.install, self._mirror,
        )  # fmt: skip
        of_pipeline.set(loaded.dbutils)
        volume_files.of_update.set(loaded.local)
        with self.active(self.session):
            graph = loaded.load()
        self.imports = loaded.imports
        self.imports.packages = self.packages.folders
        if graph.hooks:
            with self.active(self.session), importing(self.imports):
                self._hooks = EventHooks(graph.hooks, self.progress.hook_failed)
        if not graph.datasets:
            raise EngineError(
                f"the sources of pipeline {pipeline.get('name')} define no dataset; define one with @dp.table, "
                "@dp.materialized_view or CREATE STREAMING TABLE",
                error_class="NO_TABLES_IN_PIPELINE",
            )
        self.names = Names(graph, defaults, self.pipeline_id)
        for key, dataset in self.names.datasets.items():
            if dataset.kind not in _UNPUBLISHED:
                if split(key)[:2] != [catalog.lower(), schema.lower()]:
                    self.catalog.require_schema(*split(key)[:2])
                self.target(key).adopt()
        if self.progress.continuous:
            self._rounds = Rounds(self)
        code = [pipeline["sources"], pipeline.get("files"), pipeline.get("configuration"), pipeline.get("parameters"),
                catalog, schema]  # fmt: skip
        self.code = hashlib.sha256(json.dumps(code, sort_keys=True).encode()).hexdigest()
        empty = str(Path(self.storage) / "empty")
        self.reading = reading.Reading(self.names, self.catalog, self._need, empty)

    def _defaults(self) -> Defaults:
        """Where datasets without a schema go; the schema is made where it does not exist.

        https://docs.databricks.com/aws/en/ldp/target-schema: a pipeline needs CREATE SCHEMA on the catalog for that.
        """
        pipeline = self.pipeline
        catalog = pipeline.get("catalog") or DEFAULT_CATALOG
        schema = pipeline.get("schema") or pipeline.get("target")
        if not schema:
            raise EngineError(
                f"pipeline {pipeline.get('name')} has no schema; set schema, the one to publish its datasets to",
                error_class="INVALID_PIPELINE_SETTINGS",
            )
        try:
            self.catalog.require_schema(catalog, schema)
        except EngineError as missing:
            if missing.error_class != "SCHEMA_NOT_FOUND":
                raise
            if not self.validating:
                wanted: Any = {"kind": "createSchema", "name": f"{catalog}.{schema}", "ifNotExists": True}
                self.catalog.statement(wanted, self.params.get("principal"))
        return Defaults(catalog, schema)

    def _drop_inactive(self, outcomes: dict[str, Outcome]) -> None:
        """After an update of everything that went well: only then is it sure what the pipeline no longer has."""
        asked = drops_inactive(self.pipeline.get("configuration") or {})
        whole = not self.validating and self._only is None and all(o is Outcome.COMPLETED for o in outcomes.values())
        if asked and whole:
            defined = set(self.names.datasets)
            drop_inactive(self.catalog, self.pipeline_id, defined, self.storage, self.params.get("principal"))

    def publish_events(self) -> None:
        """The event log as a table, where the pipeline's settings name one."""
        wanted = self.pipeline.get("event_log")
        if not wanted or self.validating:
            return
        if not wanted.get("name"):
            raise EngineError(
                f"event_log of pipeline {self.pipeline.get('name')} names no table; set event_log.name",
                error_class="INVALID_PIPELINE_SETTINGS",
            )
        defaults = self.names.defaults
        catalog, schema = wanted.get("catalog") or defaults.catalog, wanted.get("schema") or defaults.schema
        publish(self.session, self.catalog, f"{catalog}.{schema}.{wanted['name']}", self.storage, self.pipeline_id,
                self.params.get("principal"))  # fmt: skip

    def _configure(self, key: str, value: str) -> None:
        try:
            self.session.conf.set(key, value)
        except Exception as error:
            raise EngineError(
                f"configuration {key} of pipeline {self.pipeline.get('name')}: {message_of(error)}",
                error_class="INVALID_PIPELINE_SETTINGS",
            ) from None

    @contextlib.contextmanager
    def active(self, session: SparkSession) -> Iterator[None]:
        with active_session(session):
            session.sparkContext.setJobGroup(self.update_id, f"update of {self.pipeline.get('name')}", True)
            yield

    # --- datasets ------------------------------------------------------------------------------------------------

    def _run_graph(self) -> dict[str, Outcome]:
        selected = self._selected()
        for key, dataset in self.names.datasets.items():
            self.progress.dataset(key, dataset, self.names.flows.get(key, []))
        if not self.validating:
            self.full_refresh.begin(self._to_empty(), self.names.datasets)
            if self.params.get("fullRefresh") or self._full:
                self.progress.update("RESETTING")
            self.progress.update("SETTING_UP_TABLES")
            self.progress.update("RUNNING")
        keys = [
            key
            for key, dataset in self.names.datasets.items()
            if (self.validating or dataset.kind is not DatasetKind.TEMPORARY_VIEW) and (not selected or key in selected)
        ]
        for key in self.names.datasets:
            if selected and key not in selected:
                for flow in self.names.flows.get(key, []):
                    self.progress.flow(key, flow, "EXCLUDED")
        return self.bring_up_to_date(keys, whole=not selected)

    def bring_up_to_date(self, keys: list[str], *, whole: bool = False) -> dict[str, Outcome]:
        """These datasets once. What else they read is brought up to date before where they are the `whole` graph, and
        else read as it is.
        """
        self._only = None if whole else set(keys)
        slots = int((self.pipeline.get("configuration") or {}).get("pipelines.maxParallelFlows", _FLOWS_AT_ONCE))
        self._scheduler = Scheduler(self.names.datasets, self._work, slots)
        if self.stopping.is_set():
            self._scheduler.stopping.set()
        with importing(self.imports):
            outcomes = copy_context().run(self._scheduler.run, keys)
            if whole and all(outcome is Outcome.COMPLETED for outcome in outcomes.values()):
                # What no flow has read is resolved, too: a view of what does not exist fails the update.
                outcomes = copy_context().run(self._scheduler.run, self._unread_views())
        self._first_round = False
        for key, outcome in outcomes.items():
            self._report(key, outcome)
        return outcomes

    def _unread_views(self) -> list[str]:
        views = [key for key, each in self.names.datasets.items() if each.kind is DatasetKind.TEMPORARY_VIEW]
        return [key for key in views if key not in self.reading.views_read]

    def _work(self, key: str) -> StructType | None:
        work = Work(self, key)
        if self.validating:
            return work.validate()
        if self.names.datasets[key].kind is DatasetKind.TEMPORARY_VIEW:
            work.validate()
            return None
        work.run()
        return None

    def _need(self, key: str, reader: str | None) -> StructType | None:
        assert self._scheduler is not None
        if self._only is not None and key not in self._only:
            if self.catalog.exists(self.names.table(key)):
                return None
            raise EngineError(
                f"{key} has never been updated and is not among the tables selected for this update; select it, too",
                error_class="TABLE_OR_VIEW_NOT_FOUND",
            )
        return self._scheduler.need(key, reader)

    def target(self, key: str) -> Target:
        principal = self.params.get("principal")
        table = self.names.table(key)
        return Target(
            key, table, self.names.datasets[key], self.catalog, self.storage, self.pipeline_id, principal,
            self.names.defaults,
        )  # fmt: skip

    def resets(self, key: str) -> bool:
        return self._first_round and key in self.full_refresh

    def _to_empty(self) -> set[str]:
        """The datasets that this update's full refresh is of; views have nothing to forget."""
        datasets = self.names.datasets
        asked = self._full
        if self.params.get("fullRefresh"):
            views = (DatasetKind.TEMPORARY_VIEW, DatasetKind.VIEW)
            asked = {key for key, dataset in datasets.items() if dataset.kind not in views}
        if kept := never_reset(asked, datasets):
            self.progress.not_reset(kept)
        return asked - kept

    def failed(self, key: str, flow: Flow, error: BaseException) -> None:
        """A flow ended with an error: told as what it is, a failure, a skip, or the end of a stop."""
        if isinstance(error, Stopped) or self.stopping.is_set():
            self.progress.flow(key, flow, "STOPPED")
        elif isinstance(error, DependencyFailed):
            self.progress.flow(key, flow, "SKIPPED", because=str(error))
        else:
            self._errors.append((key, error))
            self.progress.flow(key, flow, "FAILED", error=error)

    def _report(self, key: str, outcome: Outcome) -> None:
        """The flows of a dataset that ended before they began."""
        assert self._scheduler is not None
        error = self._scheduler.error(key)
        if outcome is Outcome.FAILED and error is not None and all(e is not error for _, e in self._errors):
            self._errors.append((key, error))
        for flow in self.names.flows.get(key, []):
            if outcome is Outcome.FAILED:
                first = any(e is error for _, e in self._errors)
                self.progress.flow(key, flow, "FAILED" if first else "SKIPPED", error=error)
            elif outcome is Outcome.SKIPPED:
                self.progress.flow(key, flow, "SKIPPED", because=str(error or ""))
            elif outcome is Outcome.STOPPED:
                self.progress.flow(key, flow, "STOPPED")

    def _selected(self) -> set[str]:
        self._full = {self._key(name) for name in self.params.get("fullRefreshSelection") or []}
        return self._full | {self._key(name) for name in self.params.get("refreshSelection") or []}

    def _key(self, name: str) -> str:
        key = self.names.find(name)
        if key is None:
            known = ", ".join(sorted(self.names.datasets))
            raise EngineError(
                f"{name}, selected for this update, is not a dataset of the pipeline; it has {known}",
                error_class="DATASET_NOT_FOUND",
            )
        return key

    def _finish(self, outcomes: dict[str, Outcome]) -> dict[str, Any]:
        if self.stopping.is_set():
            self.progress.update("CANCELED")
            return {"state": "CANCELED"}
        if not self._errors and all(o is Outcome.COMPLETED for o in outcomes.values()):
            self.progress.update("COMPLETED")
            return {"state": "COMPLETED"}
        key, error = self._errors[0] if self._errors else ("", EngineError("no dataset could be updated"))
        self.progress.update("FAILED", error)
        others = f" ({len(self._errors) - 1} more failed)" if len(self._errors) > 1 else ""
        text = message_of(error)
        return {"state": "FAILED", "error": {"message": (text if key in text else f"{key}: {text}") + others}}


def _schema_dir() -> str | None:
    reader = current.get()
    if reader is None or reader.schema_dir is None:
        return None
    os.makedirs(reader.schema_dir, exist_ok=True)
    return reader.schema_dir
