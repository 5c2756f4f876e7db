"""Prepares an update: packages, a session with the pipeline's configuration, the sources loaded into a graph."""

from __future__ import annotations

import functools
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from lakehouse_engine import readers as file_readers
from lakehouse_engine.cancellation import Cancellation
from lakehouse_engine.catalog import Catalog
from lakehouse_engine.environments.active import Packages
from lakehouse_engine.errors import EngineError
from lakehouse_engine.event_log.hooks import EventHooks
from lakehouse_engine.event_log.progress import Progress
from lakehouse_engine.flows.context import current
from lakehouse_engine.graph.model import Graph
from lakehouse_engine.graph.names import UNPUBLISHED, Defaults, Names, split
from lakehouse_engine.notebook_runner import volume_files
from lakehouse_engine.notebook_runner.dbutils import Files, Secrets
from lakehouse_engine.notebook_runner.runtime_modules import of_pipeline
from lakehouse_engine.redaction import Redactor
from lakehouse_engine.session import DEFAULT_CATALOG, Engine
from lakehouse_engine.sources.python_imports import PipelineImports, importing
from lakehouse_engine.updates import actions, reading, settings
from lakehouse_engine.updates.context import UpdateContext, in_update
from lakehouse_engine.updates.loading import Sources
from lakehouse_engine.updates.relay import EventRelay
from lakehouse_engine.updates.request import UpdateRequest
from lakehouse_engine.updates.running_flows import RunningFlows

# Spark keeps the last 100 by default; the figures of a stream are the sum over all of its batches.
_KEPT_BATCHES = "10000"


@dataclass(frozen=True)
class Preparation:
    request: UpdateRequest
    engine: Engine
    catalog: Catalog
    progress: Progress
    relay: EventRelay
    packages: Packages
    redactor: Redactor
    cancellation: Cancellation
    flows: RunningFlows

    def context(self, sources: Path) -> UpdateContext:
        """`sources`: the folder for the update's copy of the pipeline's sources."""
        self._install(self.request.dependencies)
        defaults = self._defaults()
        session = self._session(defaults)
        graph, imports = self._load(sources, session, defaults)
        if graph.hooks:
            with in_update(self.request, session), importing(imports):
                self.relay.add_hooks(EventHooks(graph.hooks, self.progress.hook_failed))
        if not graph.datasets:
            raise EngineError(
                f"the sources of pipeline {self.request.name} define no dataset; define one with @dp.table, "
                "@dp.materialized_view or CREATE STREAMING TABLE",
                error_class="NO_TABLES_IN_PIPELINE",
            )
        context = UpdateContext(
            self.request, self.engine, self.catalog, self.progress, self.cancellation, self.flows, session,
            Names(graph, defaults, self.request.pipeline_id), imports, self._code(defaults),
        )  # fmt: skip
        self._adopt(context)
        return context

    def _install(self, lines: Sequence[str]) -> None:
        """What the pipeline's environment and %pip name, for this update."""
        if lines and self.request.pipeline.get("continuous"):
            raise EngineError(
                "A continuous pipeline cannot have packages of its own in the local workspace, whose runs take turns "
                f"in having them: {', '.join(lines)}. Run it triggered.",
                error_class="UNSUPPORTED_FEATURE",
            )
        if lines and not self.packages.add([self.engine.volumes.to_local(line) for line in lines]):
            raise EngineError("The update was stopped.", error_class="CANCELED")

    def _defaults(self) -> Defaults:
        """Where datasets without a schema go; the schema is made where it does not exist.

        https://docs.databricks.com/aws/en/ldp/target-schema: a pipeline needs CREATE SCHEMA on the catalog for that.
        """
        pipeline = self.request.pipeline
        catalog = pipeline.get("catalog") or DEFAULT_CATALOG
        schema = pipeline.get("schema") or pipeline.get("target")
        if not schema:
            raise EngineError(
                f"pipeline {self.request.name} has no schema; set schema, the one to publish its datasets to",
                error_class="INVALID_PIPELINE_SETTINGS",
            )
        self._make_schema(catalog, schema)
        return Defaults(catalog, schema)

    def _make_schema(self, catalog: str, schema: str) -> None:
        try:
            self.catalog.require_schema(catalog, schema)
        except EngineError as missing:
            if missing.error_class != "SCHEMA_NOT_FOUND":
                raise
            if not self.request.validating:
                wanted: Any = {"kind": "createSchema", "name": f"{catalog}.{schema}", "ifNotExists": True}
                self.catalog.statement(wanted, self.request.principal)

    def _session(self, defaults: Defaults) -> SparkSession:
        """The update's session, which works as its principal."""
        request = self.request
        session = self.engine.new_session(defaults.catalog, defaults.schema)
        self.engine.guard.own(session, request.principal, request.pipeline_id, request.storage)
        session.conf.set("spark.sql.streaming.numRecentProgressUpdates", _KEPT_BATCHES)
        settings.configure(session, request.pipeline, self.progress.warn_of_source)
        context = file_readers.ReaderContext(schema_dir=_schema_dir, to_local=self.engine.file_of, warn=actions.tell)
        file_readers.install(session, context)
        reading.install()
        return session

    def _load(self, sources: Path, session: SparkSession, defaults: Defaults) -> tuple[Graph, PipelineImports]:
        request = self.request
        utilities = {
            "fs": Files(self.engine.volumes, functools.partial(self.catalog.authorize, request.principal)),
            "secrets": Secrets(request.principal, self.catalog.workspace, self.redactor.hide),
        }
        loaded = Sources(
            request.pipeline, sources, session, defaults, request.storage,
            functools.partial(self.catalog.authorize_event_log, request.principal), utilities,
            (request.update_id, request.principal, self.catalog.workspace), self.progress.warn_of_source,
            self._install, self._mirror,
        )  # fmt: skip
        of_pipeline.set(loaded.dbutils)
        volume_files.of_update.set(loaded.local)
        with in_update(request, session):
            graph = loaded.load()
        loaded.imports.packages = self.packages.folders
        return graph, loaded.imports

    def _mirror(self, path: str) -> str:
        """The current copy of a path of the workspace, which the pipeline's principal must be able to read."""
        self.catalog.workspace.request("workspace.mirror", {"principal": self.request.principal, "path": path})
        return self.engine.file_of(path)

    def _code(self, defaults: Defaults) -> str:
        pipeline = self.request.pipeline
        code = [pipeline["sources"], pipeline.get("files"), pipeline.get("configuration"), pipeline.get("parameters"),
                defaults.catalog, defaults.schema]  # fmt: skip
        return hashlib.sha256(json.dumps(code, sort_keys=True).encode()).hexdigest()

    def _adopt(self, context: UpdateContext) -> None:
        """Other schemas that datasets name are made, too; private tables of an earlier update are found again.

        https://docs.databricks.com/aws/en/ldp/target-schema: a write creates the specified schema where it is missing.
        """
        defaults = context.names.defaults
        for key, dataset in context.names.datasets.items():
            if dataset.kind not in UNPUBLISHED:
                if split(key)[:2] != [defaults.catalog.lower(), defaults.schema.lower()]:
                    self._make_schema(*split(key)[:2])
                context.target(key).adopt()


def _schema_dir() -> str | None:
    reader = current.get()
    if reader is None or reader.schema_dir is None:
        return None
    os.makedirs(reader.schema_dir, exist_ok=True)
    return reader.schema_dir
