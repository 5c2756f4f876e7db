"""Brings one dataset up to date: evaluates its flows and hands them to what runs their kind."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any, Protocol

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from lakehouse_engine.errors import EngineError, reason_of, to_rpc
from lakehouse_engine.event_log.progress import Evaluated
from lakehouse_engine.expectations import Rules
from lakehouse_engine.flows import batch, cdc, replacing, sinks, streams
from lakehouse_engine.flows.context import Reader, reading_as
from lakehouse_engine.graph.model import AutoCdcFlow, Dataset, DatasetKind, Flow, QueryFlow, SnapshotCdcFlow
from lakehouse_engine.readers import is_schema_change
from lakehouse_engine.sources.python_api import session_of_flow
from lakehouse_engine.updates.actions import in_query
from lakehouse_engine.updates.context import UpdateContext
from lakehouse_engine.updates.full_refresh import FullRefresh
from lakehouse_engine.updates.reading import Reading, clone, not_a_frame
from lakehouse_engine.updates.scheduler import DependencyFailed, Stopped

# Files may bring new columns more than once in an update; each time the stream starts again.
_MAX_RESTARTS = 10
_STREAMING, _MATERIALIZED = "STREAMING_TABLE", "MATERIALIZED_VIEW"


class Round(Protocol):
    """The round of the whole graph that the dataset is part of (updates/graph_run.py)."""

    reading: Reading
    full_refresh: FullRefresh

    def resets(self, key: str) -> bool: ...

    def failed(self, key: str, flow: Flow, error: BaseException) -> None: ...


class Work:
    """One dataset in one round of an update."""

    def __init__(self, context: UpdateContext, round: Round, key: str) -> None:
        self.context = context
        self.round = round
        self.key = key
        self.dataset: Dataset = context.names.datasets[key]
        self.flows: list[Flow] = context.names.flows.get(key, [])
        self.target = context.target(key)
        self.rules = Rules(key, self.dataset.expectations)

    def run(self) -> None:
        if self.dataset.kind is DatasetKind.VIEW:
            self._flow(self.flows[0], self._published_view)
            return
        if self.dataset.kind is not DatasetKind.SINK:
            self.target.check_owner()
            if self.round.resets(self.key) or (self.target.record is None and self.target.folder.exists()):
                self.target.begin_reset()
                self.round.full_refresh.done(self.key)
        elif self.round.resets(self.key):
            self.target.forget()  # the rows that have left the pipeline stay where they are
            self.round.full_refresh.done(self.key)
        if not self.flows and not self.dataset.schema and not self.dataset.columns:
            raise EngineError(
                f"{self.dataset.location}: {self.dataset.name} has neither a flow nor a schema; add a flow that writes "
                "to it",
                error_class="DATASET_WITHOUT_FLOW",
                location=str(self.dataset.location),
            )
        if not self.flows:
            self.target.ensure(self.context.session, StructType(), _STREAMING)
        for flow in self.flows:
            self._flow(flow, lambda reader, flow=flow: self._one(reader, flow))

    def validate(self) -> StructType:
        """The columns that the dataset will have; nothing is made and nothing is read but schemas."""
        found = StructType()
        for flow in self.flows:
            try:
                schema = self._with_reader(flow, lambda reader, flow=flow: self._schema(reader, flow))
            except Exception as error:
                shown = self._shown(flow, error)
                self.round.failed(self.key, flow, shown)
                raise shown from (None if shown is error else error)
            found = found if found.fields else schema
        if self.dataset.kind in (DatasetKind.TEMPORARY_VIEW, DatasetKind.SINK):
            return found
        return self.target.wanted(found)[0]

    def _schema(self, reader: Reader, flow: Flow) -> StructType:
        if isinstance(flow, AutoCdcFlow | SnapshotCdcFlow) and not self.round.resets(self.key):
            cdc.check_type(self.target, flow, self.flows)
        if isinstance(flow, AutoCdcFlow):
            frame = self._changes(reader, flow)
            self.rules.apply(frame, "check")
            if not self.round.resets(self.key):
                cdc.check_keys(self.target, flow, frame.schema)
            return cdc.applier(reader, self.target, flow, frame).target_schema
        if isinstance(flow, SnapshotCdcFlow):
            with reading_as(reader):
                return cdc.snapshot_schema(reader, self.target, flow)
        frame = self._frame(reader, flow)
        self._kind(flow, frame)
        return self.rules.apply(frame, "check").schema

    # --- flows ---------------------------------------------------------------------------------------------------

    def _with_reader(self, flow: Flow, work: Callable[[Reader], Any]) -> Any:
        conf = {**self.dataset.spark_conf, **getattr(flow, "spark_conf", {})}
        session: SparkSession = self.context.session
        if conf:
            session = clone(session)
            for key, value in conf.items():
                session.conf.set(key, str(value))
        folder = str(self.target.folder / "schemas" / flow.name.replace("/", "_"))
        reader = Reader(self.round.reading, session, self.key, self.context.engine.volumes, folder)
        token = session_of_flow.set(session)
        try:
            with self.context.flows.running(reader), self.context.active(session):
                return work(reader)
        finally:
            session_of_flow.reset(token)

    def _flow(self, flow: Flow, work: Callable[[Reader], dict[str, Any]]) -> None:
        progress = self.context.progress
        progress.flow(self.key, flow, "STARTING")
        try:
            figures = self._with_reader(flow, work)
        except BaseException as error:
            shown = self._shown(flow, error)
            if shown is not error:
                shown.__cause__ = error  # before the event log is told, which shows the chain
            self.round.failed(self.key, flow, shown)
            if shown is error:
                raise
            raise shown from error
        progress.flow(self.key, flow, "COMPLETED", figures)

    def _shown(self, flow: Flow, error: BaseException) -> BaseException:
        """What a user reads: which rule broke, or what Spark says with the place of the flow's definition."""
        if isinstance(error, (EngineError, DependencyFailed, Stopped)) or not isinstance(error, Exception):
            return error
        violation = self.rules.violation(error)
        if violation is not None:
            return violation
        found = to_rpc(error)
        text = _cause(found["message"])
        if text.startswith("[TASK_WRITE_FAILED]"):
            text = reason_of(error)
        return EngineError(
            f"{flow.location}: {text}",
            error_class=found["data"]["error_class"],
            location=str(flow.location),
        )

    def _running(self, reader: Reader, flow: Flow) -> None:
        self._inputs(reader, flow)
        self.context.progress.flow(self.key, flow, "RUNNING")

    def _inputs(self, reader: Reader, flow: Flow) -> None:
        """Only now, when its query was evaluated, is it known what a flow reads."""
        progress, names = self.context.progress, self.round.reading.names
        for consumer, inputs in reader.reads.items():
            if consumer != self.key:
                progress.inputs(consumer, names.flows[consumer][0], names.datasets[consumer], Evaluated(inputs))
        frame, reads = reader.frame, reader.reads.get(self.key, set())
        if isinstance(flow, SnapshotCdcFlow) and isinstance(flow.source, str):  # is read only later
            reads = {names.find(flow.source) or names.defaults.full(flow.source)}
        if frame is None:
            found = Evaluated(reads)
        else:
            found = Evaluated(reads, frame.schema, not frame.isStreaming, streams.replaces(frame))
        progress.inputs(self.key, flow, self.dataset, found)

    def _one(self, reader: Reader, flow: Flow) -> dict[str, Any]:
        for _ in range(_MAX_RESTARTS):
            try:
                return self._attempt(reader, flow)
            except Exception as error:
                if not is_schema_change(error):
                    raise
                reader.rules.clear()
                self.context.progress.restarted(self.key, flow, error)
        return self._attempt(reader, flow)

    def _attempt(self, reader: Reader, flow: Flow) -> dict[str, Any]:
        reader.frame = None
        if isinstance(flow, AutoCdcFlow | SnapshotCdcFlow):
            cdc.check_type(self.target, flow, self.flows)
        if isinstance(flow, AutoCdcFlow):
            if flow.once and batch.was_done(self.target, flow.name):
                return _NOTHING
            frame = self._changes(reader, flow)
            self._running(reader, flow)
            return cdc.apply_changes(reader, self.target, flow, self.rules, frame)
        if isinstance(flow, SnapshotCdcFlow):
            if flow.once and batch.was_done(self.target, flow.name):
                return _NOTHING
            self._running(reader, flow)
            return cdc.apply_snapshots(reader, self.target, flow)
        if flow.once and self.dataset.kind is not DatasetKind.SINK and batch.was_done(self.target, flow.name):
            return _NOTHING
        frame = self._frame(reader, flow)
        if self.dataset.kind is DatasetKind.SINK:
            self._running(reader, flow)
            return sinks.write(reader, self.dataset, self.target, flow, frame)
        kind = self._kind(flow, frame)
        assert kind is not None, "sinks and views are not written here"
        if kind == _MATERIALIZED:
            return self._materialize(reader, flow, frame)
        self.target.ensure(reader.session, frame.schema, kind)
        self._running(reader, flow)
        if flow.replace_using:
            return replacing.replace_using(reader, self.target, flow, frame, self.rules)
        if flow.replace_where is not None:
            return batch.replace_where(reader, self.target, flow.replace_where, frame, self.rules)
        if flow.once:
            return batch.append_once(reader, self.target, flow.name, frame, self.rules)
        mode = "append"
        if streams.replaces(frame):
            mode = "complete"
            if len(self.flows) > 1:
                raise self._refuse(
                    flow, "has several flows, and this one replaces all rows: it aggregates without a watermark"
                )
        fitted = self.target.fit(self.rules.apply(frame, streams.ROWS))
        writer = streams.available_now(fitted, self.target.checkpoint(flow.name), flow.name, mode).format(streams.TABLE)
        query = streams.run(reader, writer, lambda w: w.start(self.target.location))
        return streams.metrics(reader, self.rules, query)

    def _frame(self, reader: Reader, flow: QueryFlow) -> DataFrame:
        # No longer than that: what the engine itself reads is not the flow's.
        warn = functools.partial(self.context.progress.warn, self.key, flow)
        with reading_as(reader), in_query(str(flow.location), warn):
            frame = flow.query()
        if not isinstance(frame, DataFrame):
            raise not_a_frame(flow, frame)
        reader.frame = frame
        return frame

    def _changes(self, reader: Reader, flow: AutoCdcFlow) -> DataFrame:
        with reading_as(reader):
            return cdc.source(reader, flow)

    def _kind(self, flow: QueryFlow, frame: DataFrame) -> str | None:
        """What `table` makes depends on what its function returns, as in Databricks; other definitions say it."""
        kind = self.dataset.kind
        if kind in (DatasetKind.SINK, DatasetKind.TEMPORARY_VIEW, DatasetKind.VIEW):
            return None
        if kind is DatasetKind.MATERIALIZED_VIEW and frame.isStreaming:
            raise self._refuse(flow, "is a materialized view, and its query is a stream; read its sources in batch")
        if flow.replace_using and not frame.isStreaming:
            raise self._refuse(flow, "has a REPLACE USING flow whose query is no stream; read its source as a stream")
        if flow.replace_where is not None:
            if frame.isStreaming:
                raise self._refuse(flow, "has a REPLACE WHERE flow whose query is a stream; read its sources in batch")
            return kind.value
        if kind is DatasetKind.STREAMING_TABLE and not frame.isStreaming and not flow.once:
            if flow.default and flow.sql is None and len(self.flows) == 1:
                return _MATERIALIZED
            raise self._refuse(flow, "is a streaming table, and its query is not a stream; read a source as a stream")
        return kind.value

    def _refuse(self, flow: QueryFlow, problem: str) -> EngineError:
        text = f"{flow.location}: {self.dataset.name} {problem}"
        return EngineError(text, error_class="INVALID_FLOW_QUERY", location=str(flow.location))

    def _check_policy(self, flow: QueryFlow, frame: DataFrame, made: bool) -> None:
        """Of the reasons for which Databricks refuses to refresh a query incrementally, one can be known here.

        https://docs.databricks.com/aws/en/ldp/developer/ldp-sql-ref-create-materialized-view-refresh-policy
        """
        policy = self.dataset.refresh_policy or ""
        if not policy.startswith("incremental"):
            return
        analyzed: Any = frame._jdf.queryExecution().analyzed()  # pyright: ignore[reportPrivateUsage]
        if (made or policy == "incremental_strict") and not analyzed.deterministic():
            text = (
                f"{flow.location}: {self.dataset.name} has the refresh policy {policy}, and its query is not "
                "deterministic; make it so, or choose the policy AUTO or FULL"
            )
            reason = "MATERIALIZED_VIEW_NOT_INCREMENTALIZABLE.EXPRESSION_NOT_DETERMINISTIC"
            raise EngineError(text, error_class=reason, location=str(flow.location))
        self.context.progress.warn(
            self.key, flow, f"Refresh policy {policy}: everything is computed, and that it could be less is not checked"
        )

    def _materialize(self, reader: Reader, flow: QueryFlow, frame: DataFrame) -> dict[str, Any]:
        """Nothing is computed where neither the inputs nor anything that defines the rows has changed since."""
        known = batch.inputs(reader, frame)
        made = self.target.ensure(reader.session, frame.schema, _MATERIALIZED)
        before = self.target.state("materialized")
        now = {"inputs": known, "definition": self._fingerprint(frame)}
        if not made and known is not None and before == now and self.dataset.refresh_policy != "full":
            self._inputs(reader, flow)
            self.context.progress.planned(self.key, flow, "NO_OP")
            return _NOTHING
        self._check_policy(flow, frame, made)
        self._running(reader, flow)
        self.context.progress.planned(self.key, flow, "COMPLETE_RECOMPUTE")
        self.target.remember("materialized", {})
        figures, reshaped = batch.overwrite(reader, self.target, frame, self.rules)
        if reshaped:
            self.context.catalog.sync(self.target.table, principal=self.target.principal)
        self.target.remember("materialized", now)
        return figures

    def _fingerprint(self, frame: DataFrame) -> str:
        rules = [(e.name, e.condition, e.action) for e in self.dataset.expectations]
        text = json.dumps([self.context.code, rules, frame.schema.json()])
        return hashlib.sha256(text.encode()).hexdigest()

    def _published_view(self, reader: Reader) -> dict[str, Any]:
        (flow,) = self.flows
        assert isinstance(flow, QueryFlow)
        frame = self._frame(reader, flow)
        if flow.sql is None or frame.isStreaming:
            raise self._refuse(flow, "is a view, which a batch query in SQL defines")
        self._inputs(reader, flow)
        defaults = self.context.names.defaults
        self.context.catalog.put_view(
            self.key, flow.sql, self.target.wanted(frame.schema)[0], comment=self.dataset.comment,
            query_catalog=defaults.catalog, query_schema=defaults.schema, pipeline_id=self.context.request.pipeline_id,
            principal=self.target.principal,
        )  # fmt: skip
        return _NOTHING


_IN_STREAM = re.compile(r"^\[STREAM_FAILED\] Query \[.*?\] terminated with exception: ")


def _cause(message: str) -> str:
    """What went wrong in a stream, without Spark's account of the query that it ended."""
    if not _IN_STREAM.match(message):
        return message
    return _IN_STREAM.sub("", message.split("\n=== Streaming Query ===")[0]).removesuffix(" SQLSTATE: XXKST").strip()


_NOTHING: dict[str, Any] = {"metrics": {"num_output_rows": 0}}
