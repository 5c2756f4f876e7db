"""One update of one pipeline: load the sources, bring every dataset up to date, write the event log."""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, Observation, SparkSession

from engine import readers
from engine.catalog import Catalog
from engine.errors import EngineError, message_of
from engine.event_log import EventLog
from engine.expectations import Rules
from engine.flows import cdc, reading, recompute
from engine.flows.stream import Streams
from engine.flows.target import Target
from engine.graph.model import AutoCdcFlow, Dataset, DatasetKind, Flow, QueryFlow, SnapshotCdcFlow
from engine.graph.names import Defaults, Names
from engine.session import Engine, active
from engine.sources import python_api
from engine.updates.definitions import Definitions
from engine.updates.progress import Progress
from engine.updates.scheduler import DependencyFailed, Outcome, Scheduler, Stopped

SLOTS = 4
# A file with new columns ends the flow once, as on Databricks; the flow is then started again with the new schema.
_SCHEMA_RESTARTS = 10


@dataclass
class Request:
    """What `update.run` asks for."""

    pipeline_id: str
    update_id: str
    spec: Mapping[str, Any]
    cause: str
    principal: str
    storage: Path
    validate_only: bool = False
    full_refresh: bool = False
    full_refresh_selection: list[str] = field(default_factory=list)
    refresh_selection: list[str] = field(default_factory=list)


class Update:
    def __init__(
        self,
        engine: Engine,
        catalog: Catalog,
        request: Request,
        log: EventLog,
        read_events: Callable[[str], list[dict[str, Any]]],
    ) -> None:
        self.request = request
        self._catalog = catalog
        spec = request.spec
        self._defaults = Defaults(spec.get("catalog") or "main", spec.get("schema") or spec.get("target") or "default")
        settings = {k: str(v) for k, v in (spec.get("configuration") or {}).items()}
        self.session: SparkSession = engine.new_session(self._defaults.catalog, self._defaults.schema)
        for key, value in settings.items():
            self.session.conf.set(key, value)
        self.session.conf.set("spark.sql.streaming.numRecentProgressUpdates", "1000")
        self._progress = Progress(log)
        self._streams = Streams()
        self._definitions = Definitions(spec, request.storage / "source" / request.update_id, self.session, read_events)
        self._engine = engine
        self._names: Names
        self._scheduler: Scheduler
        self._memory: recompute.Memory
        self._reads: dict[str, set[str]] = {}
        self._view_rules: dict[str, tuple[Rules, list[Observation]]] = {}
        self._view_observed: dict[str, list[Mapping[str, Any]]] = {}
        self._group = f"update-{request.update_id}"
        self._stopped = threading.Event()

    # --- the update -----------------------------------------------------------------------------------------------

    def run(self) -> dict[str, Any]:
        """{"state": COMPLETED | FAILED | CANCELED, "error"?: text}"""
        progress = self._progress
        progress.created(self.request.cause)
        progress.state("INITIALIZING")
        try:
            with active(self.session):
                outcomes = self._run()
        except Stopped:
            return self._ended("CANCELED")
        except BaseException as error:
            return self._ended("CANCELED" if self._stopped.is_set() else "FAILED", error)
        finally:
            shutil.rmtree(self.request.storage / "source" / self.request.update_id, ignore_errors=True)
        if self._stopped.is_set() or Outcome.STOPPED in outcomes.values():
            return self._ended("CANCELED")
        failed = [key for key, outcome in outcomes.items() if outcome is Outcome.FAILED]
        if failed:
            error = self._scheduler.error(failed[0])
            return self._ended("FAILED", error, f"{len(failed)} flow(s) failed, first {failed[0]}: ")
        return self._ended("COMPLETED")

    def _ended(self, state: str, error: BaseException | None = None, prefix: str = "") -> dict[str, Any]:
        self._progress.state(state, error)
        return {"state": state} if error is None else {"state": state, "error": prefix + message_of(error)}

    def stop(self) -> None:
        self._stopped.set()
        if hasattr(self, "_scheduler"):
            self._scheduler.stopping.set()
        self._streams.stop()
        self._engine.spark.sparkContext.cancelJobsWithTag(self._group)

    def _run(self) -> dict[str, Outcome]:
        readers.install(self.session, self._reader_context())
        self._memory = recompute.Memory(str(self.request.storage / "views"), self._definitions.fingerprint)
        graph = self._definitions.load()
        self._names = names = Names(graph, self._defaults)
        if not names.datasets:
            raise EngineError(
                "The pipeline's sources define no dataset: no @dp.table, @dp.materialized_view or CREATE … TABLE was found",
                error_class="NO_TABLES_IN_PIPELINE",
            )
        self._check_targets()
        self._progress.graph(names)
        selected = self._selection()
        self._scheduler = Scheduler(names.datasets, self._work, SLOTS)
        if self._stopped.is_set():
            raise Stopped()
        reading.install(self.session, self)
        if self.request.validate_only:
            return self._validate(selected)
        self._reset()
        self._progress.state("SETTING_UP_TABLES")
        self._progress.state("RUNNING")
        for key in selected:
            for flow in names.flows.get(key, []):
                self._progress.flow(key, flow.name, "QUEUED")
        outcomes = self._scheduler.run(selected)
        self._report_views()
        for key, outcome in outcomes.items():
            if outcome in (Outcome.SKIPPED, Outcome.STOPPED):
                for flow in names.flows.get(key, []):
                    self._progress.flow(key, flow.name, outcome.value, error=self._scheduler.error(key))
        return outcomes

    def _check_targets(self) -> None:
        for key, dataset in self._names.datasets.items():
            if dataset.kind in (DatasetKind.TEMPORARY_VIEW, DatasetKind.SINK):
                continue
            catalog, schema, _ = key.split(".", 2)
            try:
                self._catalog.require_schema(catalog, schema)
            except EngineError as error:
                raise EngineError(
                    f"{dataset.location}: {dataset.name}: {error} Create it before the pipeline runs.",
                    error_class=error.error_class,
                    location=str(dataset.location),
                ) from None
            if key not in self._names.flows and dataset.kind is not DatasetKind.STREAMING_TABLE:
                raise EngineError(f"{dataset.location}: {dataset.name} has no query", location=str(dataset.location))

    def _selection(self) -> list[str]:
        names = self._names
        chosen = [*self.request.refresh_selection, *self.request.full_refresh_selection]
        if not chosen:
            return [k for k, d in names.datasets.items() if d.kind is not DatasetKind.TEMPORARY_VIEW]
        keys = []
        for name in chosen:
            key = names.find(name)
            if key is None:
                raise EngineError(
                    f"the refresh selection names {name}, which the pipeline does not define; it has: "
                    + ", ".join(sorted(names.datasets)),
                    error_class="INVALID_REFRESH_SELECTION",
                )
            keys.append(key)
        # Only these: what they read is taken as it is, as on Databricks.
        self._only = set(keys)
        return list(dict.fromkeys(keys))

    _only: set[str] | None = None

    def _reset(self) -> None:
        """Full refresh: tables, and with them their checkpoints, go; each is made anew by its flow."""
        names = self._names
        chosen = {names.find(n) for n in self.request.full_refresh_selection}
        keys = [k for k in names.datasets if self.request.full_refresh or k in chosen]
        if not keys:
            return
        self._progress.state("RESETTING")
        for key in keys:
            dataset = names.datasets[key]
            if dataset.table_properties.get("pipelines.reset.allowed", "true").lower() == "false":
                continue
            if dataset.kind in (DatasetKind.STREAMING_TABLE, DatasetKind.MATERIALIZED_VIEW):
                self._target(key).drop()
            for flow in names.flows.get(key, []):
                shutil.rmtree(self._checkpoint(key, flow), ignore_errors=True)

    def _validate(self, selected: list[str]) -> dict[str, Outcome]:
        """Plans every query without writing. Tables that were never made are read as empty ones of their query's shape."""
        self._planned: dict[str, DataFrame] = {}
        self._scheduler = Scheduler(self._names.datasets, self._plan, SLOTS)
        return self._scheduler.run(list(self._names.datasets))

    def _plan(self, key: str) -> DataFrame | None:
        frame: DataFrame | None = None
        for flow in self._names.flows.get(key, []):
            if isinstance(flow, QueryFlow):
                frame = self._query(key, flow)
        self._planned[key] = frame if frame is not None else self.session.createDataFrame([], "value STRING")
        return self._planned[key]

    # --- reading (Resolver) -----------------------------------------------------------------------------------------

    def resolve(self, name: str, *, streaming: bool) -> DataFrame | str | None:
        key = self._names.find(name)
        if key is None:
            return None
        result = self._need(key)
        kind = self._names.datasets[key].kind
        if kind is DatasetKind.TEMPORARY_VIEW:
            return result
        if self.request.validate_only:
            return result
        if kind is DatasetKind.SINK:
            raise EngineError(f"{name} is a sink; it is written, not read", error_class="SINK_READ")
        return reading.full_quoted(key)

    def prepare(self, names: list[list[str]]) -> None:
        from engine.graph.names import quote

        for parts in names:
            if len(parts) > 3:
                continue
            key = self._names.find(quote(parts))
            if key is None:
                continue
            result = self._need(key)
            view = self._names.datasets[key].kind is DatasetKind.TEMPORARY_VIEW
            if isinstance(result, DataFrame) and (view or self.request.validate_only):
                result.createOrReplaceTempView(parts[-1])

    def _need(self, key: str) -> Any:
        me = reading.reader.get()
        if me is not None:
            self._reads.setdefault(me, set()).add(key)
        if self._only is not None and key not in self._only and self._names.datasets[key].kind in (
            DatasetKind.STREAMING_TABLE, DatasetKind.MATERIALIZED_VIEW,
        ):  # fmt: skip
            return None
        return self._scheduler.need(key, me)

    # --- datasets ---------------------------------------------------------------------------------------------------

    def _work(self, key: str) -> Any:
        dataset = self._names.datasets[key]
        context = self.session.sparkContext
        with active(self.session), reading.reading_as(key):
            context.addJobTag(self._group)
            token = python_api.session_of_flow.set(self.session)
            try:
                match dataset.kind:
                    case DatasetKind.TEMPORARY_VIEW:
                        return self._view(key, dataset)
                    case DatasetKind.VIEW:
                        return self._published_view(key, dataset)
                    case _:
                        return self._table(key, dataset)
            finally:
                python_api.session_of_flow.reset(token)
                context.removeJobTag(self._group)

    def _query(self, key: str, flow: QueryFlow) -> DataFrame:
        with reading.reading_as(key):
            frame = flow.query()
        if not isinstance(frame, DataFrame):
            raise EngineError(
                f"{flow.location}: the function of {flow.name} returned {type(frame).__name__}, not a DataFrame",
                error_class="INVALID_QUERY_FUNCTION",
                location=str(flow.location),
            )
        return frame

    def _view(self, key: str, dataset: Dataset) -> DataFrame:
        (flow,) = self._names.flows[key]
        frame = self._query(key, flow)
        self._progress.definition(key, flow, self._reads.get(key, set()))
        if dataset.expectations:
            rules = Rules(key, dataset.expectations)
            if frame.isStreaming:
                frame = rules.apply(frame, self._metric(key))
                self._view_rules[key] = (rules, [])
            else:
                observation = Observation()
                frame = rules.apply(frame, observation)
                self._view_rules[key] = (rules, [observation])
        return frame

    def _published_view(self, key: str, dataset: Dataset) -> None:
        (flow,) = self._names.flows[key]
        if not isinstance(flow, QueryFlow) or flow.sql is None:
            raise EngineError(
                f"{dataset.location}: a published view needs an SQL query", location=str(dataset.location)
            )
        frame = self._query(key, flow)
        self._progress.definition(key, flow, self._reads.get(key, set()))
        self._catalog.put_view(
            key, reading.without_live(flow.sql), frame.schema, comment=dataset.comment,
            query_catalog=self._defaults.catalog, query_schema=self._defaults.schema,
            pipeline_id=self.request.pipeline_id, principal=self.request.principal,
        )  # fmt: skip

    def _table(self, key: str, dataset: Dataset) -> None:
        flows = self._names.flows.get(key, [])
        if not flows:
            target, declared = self._target(key), self._target(key).declared()
            if declared is not None:
                target.ensure(declared)
            return
        for flow in flows:
            self._flow(key, dataset, flow)

    def _flow(self, key: str, dataset: Dataset, flow: Flow) -> None:
        for attempt in range(_SCHEMA_RESTARTS):
            started = time.monotonic()
            self._progress.flow(key, flow.name, "STARTING")
            rules = Rules(key, dataset.expectations)
            try:
                figures = self._execute(key, dataset, flow, rules)
            except (Stopped, DependencyFailed):
                raise
            except BaseException as error:
                if self._stopped.is_set():
                    raise Stopped() from None
                if readers.is_schema_change(error) and attempt < _SCHEMA_RESTARTS - 1:
                    self._progress.flow(key, flow.name, "FAILED", level="WARN", message="new columns; it starts again")
                    continue
                found = rules.violation(error) or self._view_violation(error) or _located(error, flow)
                self._progress.flow(key, flow.name, "FAILED", error=found)
                raise found from error
            self._progress.flow(key, flow.name, "COMPLETED", figures=figures, seconds=time.monotonic() - started)
            return

    def _execute(self, key: str, dataset: Dataset, flow: Flow, rules: Rules) -> dict[str, Any]:
        for name, value in {**dataset.spark_conf, **getattr(flow, "spark_conf", {})}.items():
            self.session.conf.set(name, value)
        if isinstance(flow, SnapshotCdcFlow):
            self._progress.flow(key, flow.name, "RUNNING")
            if isinstance(flow.source, str):
                self._need_named(key, flow.source)
            return cdc.apply_snapshots(self.session, flow, self._target(key), state=str(self.request.storage / "cdc"))
        if isinstance(flow, AutoCdcFlow):
            return self._changes(key, flow, rules)
        frame = self._query(key, flow)
        self._progress.definition(key, flow, self._reads.get(key, set()))
        self._progress.flow(key, flow.name, "RUNNING")
        if dataset.kind is DatasetKind.STREAMING_TABLE and flow.default and not frame.isStreaming and flow.sql is None:
            # @table with a batch query is a materialized view: `dlt` has one decorator for both.
            dataset.kind = DatasetKind.MATERIALIZED_VIEW
        if dataset.kind is DatasetKind.MATERIALIZED_VIEW:
            return self._recompute(key, flow, frame, rules)
        if dataset.kind is DatasetKind.SINK:
            sink = (dataset.sink_format or "delta", dataset.sink_options)
            self._streams.run(
                frame, name=self._query_name(key, flow), checkpoint=self._checkpoint(key, flow), sink=sink
            )
            return {}
        return self._append(key, flow, frame, rules)

    def _recompute(self, key: str, flow: QueryFlow, frame: DataFrame, rules: Rules) -> dict[str, Any]:
        if frame.isStreaming:
            raise EngineError(
                f"{flow.location}: the materialized view {flow.target} has a streaming query; read its sources without "
                "STREAM or readStream, or make it a streaming table",
                error_class="STREAMING_QUERY_IN_MATERIALIZED_VIEW",
                location=str(flow.location),
            )
        figures = recompute.recompute(self._target(key), frame, rules, self._memory)
        return figures if figures is not None else {"metrics": {"num_output_rows": 0}, "unchanged": True}

    def _append(self, key: str, flow: QueryFlow, frame: DataFrame, rules: Rules) -> dict[str, Any]:
        target = self._target(key)
        shaped = target.shape(frame)
        problem = target.incompatible(shaped.schema)
        if problem is not None:
            raise problem
        target.ensure(shaped.schema)
        if not frame.isStreaming:
            return self._append_once(key, flow, shaped, rules, target)
        name = self._metric(f"{key}/{flow.name}")
        checkpoint = str(Path(self._checkpoint(key, flow), target.table_id))
        observed = self._streams.run(
            rules.apply(shaped, name), name=self._query_name(key, flow), checkpoint=checkpoint, path=target.location
        )
        self._collect(observed)
        target.sync_if_changed(_merged(target, shaped))
        return rules.metrics(observed.get(name, []))

    def _append_once(self, key: str, flow: QueryFlow, frame: DataFrame, rules: Rules, target: Target) -> dict[str, Any]:
        if not flow.once:
            raise EngineError(
                f"{flow.location}: flow {flow.name} into the streaming table {flow.target} has a batch query; read with "
                "STREAM or readStream, or make it a flow that runs once",
                error_class="BATCH_QUERY_IN_STREAMING_TABLE",
                location=str(flow.location),
            )
        mark = Path(self._checkpoint(key, flow), target.table_id, "done")
        if mark.exists():
            return {"metrics": {"num_output_rows": 0}}
        observation = Observation()
        writer = rules.apply(frame, observation).write.format("delta").mode("append").option("mergeSchema", "true")
        # Delta leaves out a write that it has seen: a kill between commit and mark does not append twice.
        writer.option("txnAppId", f"{target.table_id}/{flow.name}").option("txnVersion", "1").save(target.location)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
        target.sync_if_changed(_merged(target, frame))
        return rules.metrics([observation.get])

    def _changes(self, key: str, flow: AutoCdcFlow, rules: Rules) -> dict[str, Any]:
        with reading.reading_as(key):
            if flow.source_query is not None:
                source = flow.source_query()
            elif flow.once:
                source = self.session.read.table(flow.source)
            else:
                source = self.session.readStream.table(flow.source)
        self._progress.definition(key, flow, self._reads.get(key, set()))
        self._progress.flow(key, flow.name, "RUNNING")
        figures, observed = cdc.apply_changes(
            self.session, flow, source, self._target(key), rules, self._streams,
            state=str(self.request.storage / "cdc"), checkpoint=self._checkpoint(key, flow),
            query_name=self._query_name(key, flow),
        )  # fmt: skip
        self._collect(observed)
        return figures

    def _need_named(self, key: str, name: str) -> None:
        with reading.reading_as(key):
            self.resolve(name, streaming=False)

    # --- helpers ----------------------------------------------------------------------------------------------------

    def _target(self, key: str) -> Target:
        return Target(
            self._catalog,
            self.session,
            self._names.datasets[key],
            key,
            self.request.pipeline_id,
            self.request.principal,
        )

    def _checkpoint(self, key: str, flow: Flow) -> str:
        return str(self.request.storage / "checkpoints" / _file_name(key) / _file_name(flow.name))

    def _query_name(self, key: str, flow: Flow) -> str:
        return f"{key}/{flow.name}/{self.request.update_id}"

    def _metric(self, name: str) -> str:
        return f"expectations {name}"

    def _collect(self, observed: Mapping[str, list[Mapping[str, Any]]]) -> None:
        """Counts of views above a stream. A view that several streams read is counted by the first to end."""
        for key in self._view_rules:
            rows = observed.get(self._metric(key))
            if rows:
                self._view_observed.setdefault(key, list(rows))

    def _report_views(self) -> None:
        for key, (rules, observations) in self._view_rules.items():
            rows = list(self._view_observed.get(key, []))
            for observation in observations:
                with contextlib.suppress(Exception):
                    if observation._jo.future().isCompleted():
                        rows.append(observation.get)
            (flow,) = self._names.flows[key]
            self._progress.flow(key, flow.name, "COMPLETED", figures=rules.metrics(rows))

    def _view_violation(self, error: BaseException) -> EngineError | None:
        for rules, _ in self._view_rules.values():
            found = rules.violation(error)
            if found is not None:
                return found
        return None

    def _reader_context(self) -> readers.ReaderContext:
        def schema_dir() -> str | None:
            key = reading.reader.get()
            return None if key is None else str(self.request.storage / "schemas" / _file_name(key))

        return replace(readers.ReaderContext(), schema_dir=schema_dir, to_local=self._engine.volumes.to_local)


def _file_name(name: str) -> str:
    return "".join(c if c.isalnum() or c in "._-" else f"%{ord(c):02x}" for c in name.lower())


def _merged(target: Target, frame: DataFrame) -> Any:
    """The table's columns after an append that may have added some."""
    from pyspark.sql.types import StructType

    known = {c["name"].lower() for c in (target.record or {}).get("columns", [])}
    stored = [c for c in (target.record or {}).get("columns", [])]
    new = [f for f in frame.schema.fields if f.name.lower() not in known]
    if not new:
        import json

        from engine.catalog import columns_json

        return StructType.fromJson(json.loads(columns_json(stored)))
    return frame.schema


def _located(error: BaseException, flow: Flow) -> EngineError:
    if isinstance(error, EngineError) and error.location is not None:
        return error
    where = str(flow.location)
    text = message_of(error)
    return EngineError(
        text if text.startswith(where) else f"{where}: flow {flow.name}: {text}",
        error_class=getattr(error, "error_class", None) or _condition(text),
        location=where,
    )


def _condition(text: str) -> str:
    return text[1:].split("]", 1)[0] if text.startswith("[") and "]" in text else "FLOW_FAILED"
