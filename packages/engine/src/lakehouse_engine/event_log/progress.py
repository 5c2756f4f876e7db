"""What an update tells of itself, in the event types of Databricks' pipeline event log."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyspark
from pyspark.sql.types import StructType

from lakehouse_engine.errors import message_of
from lakehouse_engine.event_log import EventLog
from lakehouse_engine.graph.model import AutoCdcFlow, Dataset, DatasetKind, EventHook, Flow, SnapshotCdcFlow
from lakehouse_engine.graph.names import split

_LEVELS = {"FAILED": "ERROR", "SKIPPED": "WARN", "STOPPED": "WARN", "CANCELED": "WARN"}
_DATASET_TYPES = {
    DatasetKind.STREAMING_TABLE: "STREAMING_TABLE",
    DatasetKind.MATERIALIZED_VIEW: "MATERIALIZED_VIEW",
    DatasetKind.TEMPORARY_VIEW: "VIEW",
    DatasetKind.VIEW: "VIEW",
    DatasetKind.SINK: "SINK",
}
_ACTIONS = {"warn": "ALLOW", "drop": "DROP", "fail": "FAIL"}


def flow_name(key: str, flow: Flow) -> str:
    """A dataset's own flow has the dataset's name, complete."""
    return key if getattr(flow, "default", False) or flow.name == flow.target else flow.name


@dataclass(frozen=True)
class Evaluated:
    """What is known of a flow once its query was evaluated: the names it reads, its columns, and how it writes."""

    reads: Iterable[str] = ()
    schema: StructType | None = None
    batch: bool = False
    replaces: bool = False


class Progress:
    """`continuous`: flows do not complete; each time that one has written rows, it tells so as RUNNING."""

    def __init__(self, log: EventLog, update_id: str, pipeline_name: str, *, continuous: bool = False) -> None:
        self.continuous = continuous
        self._log = log
        self._id = update_id
        self._name = pipeline_name
        self._lock = threading.Lock()
        self._states: dict[tuple[str, str], str] = {}
        # What no event has defined yet: flows, and datasets of which the query's frame says what they are.
        self._undefined: dict[tuple[str, str], tuple[Flow, Dataset]] = {}
        self._unknown: dict[str, tuple[Dataset, list[Flow]]] = {}

    def created(self, cause: str, principal: str | None, params: Mapping[str, Any]) -> None:
        who = principal or "the local workspace"
        self._log.write(
            "user_action", f"User {who} started an update of pipeline {self._name}.",
            {"action": "START", "user_name": who},
        )  # fmt: skip
        self._log.write(
            "create_update",
            f"Update {self._id[:6]} started by {cause}.",
            {
                "cause": cause,
                "run_as": who,
                "dbr_version": f"local (Spark {pyspark.__version__})",
                "full_refresh": bool(params.get("fullRefresh")),
                "full_refresh_selection": list(params.get("fullRefreshSelection") or []),
                "refresh_selection": list(params.get("refreshSelection") or []),
                "validate_only": bool(params.get("validateOnly")),
            },
        )

    def update(self, state: str, error: BaseException | None = None) -> None:
        if state in ("COMPLETED", "FAILED", "CANCELED"):
            for (key, _), (flow, dataset) in list(self._undefined.items()):
                self.inputs(key, flow, dataset, Evaluated())
        text = f"Update {self._id[:6]} is {state}."
        details = {"state": state, **({"cancellation_cause": "USER_ACTION"} if state == "CANCELED" else {})}
        self._log.write("update_progress", text, details, level=_LEVELS.get(state, "INFO"), error=error)

    def dataset(self, key: str, dataset: Dataset, flows: list[Flow]) -> None:
        if dataset.kind is DatasetKind.SINK:
            self._log.write(
                "sink_definition",
                f"Sink {key} is defined with format {dataset.sink_format}.",
                {"format": dataset.sink_format, "options": dict(dataset.sink_options)},
                **_origin(key),
            )
        elif dataset.kind is DatasetKind.STREAMING_TABLE and any(getattr(flow, "default", False) for flow in flows):
            self._unknown[key] = (dataset, flows)
        else:
            self._defined(key, dataset, flows, _DATASET_TYPES[dataset.kind])
        for flow in flows:
            self._undefined[key, flow_name(key, flow)] = (flow, dataset)
            self.flow(key, flow, "QUEUED")

    def _defined(self, key: str, dataset: Dataset, flows: list[Flow], kind: str) -> None:
        self._log.write(
            "dataset_definition",
            f"Dataset {key} is defined as {kind}.",
            {
                "dataset_type": kind,
                "num_flows": len(flows),
                "expectations": [
                    {
                        "name": e.name,
                        "constraint": e.condition,
                        "action": {"warn": "ALLOW"}.get(e.action, e.action.upper()),
                    }
                    for e in dataset.expectations
                ],
            },
            **_origin(key),
        )

    def inputs(self, key: str, flow: Flow, dataset: Dataset, found: Evaluated) -> None:
        """The flow's definition, once in an update: what a flow reads is known when its query was evaluated."""
        with self._lock:
            if self._undefined.pop((key, flow_name(key, flow)), None) is None:
                return
            unknown = self._unknown.pop(key, None)
        flow_type = _flow_type(dataset, flow, found)
        if unknown is not None:
            batch = flow_type == "MATERIALIZED_VIEW"
            self._defined(key, *unknown, flow_type if batch else _DATASET_TYPES[dataset.kind])
        names = sorted(found.reads)
        details: dict[str, Any] = {
            "output_sink" if dataset.kind is DatasetKind.SINK else "output_dataset": key,
            "input_datasets": names or None,
            "flow_type": flow_type,
            "comment": flow.comment or dataset.comment,
            "spark_conf": [{"key": k, "value": str(v)} for k, v in getattr(flow, "spark_conf", {}).items()],
            "language": "SQL" if getattr(flow, "sql", None) else "PYTHON",
            "once": getattr(flow, "once", False),
            "source_location": str(flow.location),
        }
        if found.schema is not None:
            details["schema"] = [
                {"name": f.name, "data_type": f.dataType.simpleString(), "nullable": f.nullable}
                for f in found.schema.fields
            ]
            details["schema_json"] = found.schema.json()
        reads = f" reading {', '.join(names)}" if names else ""
        self._log.write(
            "flow_definition", f"Flow {flow_name(key, flow)} defined as {flow_type}{reads}.", details,
            **_origin(key, flow),
        )  # fmt: skip

    def flow(
        self,
        key: str,
        flow: Flow,
        status: str,
        figures: Mapping[str, Any] | None = None,
        error: BaseException | None = None,
        because: str = "",
    ) -> None:
        name = flow_name(key, flow)
        with self._lock:
            before = self._states.get((key, name))
            if before in ("COMPLETED", "FAILED", "SKIPPED", "STOPPED", "EXCLUDED"):
                return
            if self.continuous and status in ("STARTING", "RUNNING", "COMPLETED"):
                if before == "RUNNING" and not _anything(figures or {}):
                    return
                status = status if status == "STARTING" else "RUNNING"
            self._states[key, name] = status
        text = f"Flow '{name}' has {status}." if status in ("COMPLETED", "FAILED") else f"Flow '{name}' is {status}."
        if because:
            text = f"Flow '{name}' is {status}: {because}"
        if error is not None:
            text = f"Flow '{name}' has {status}: {message_of(error)}"
        self._log.write(
            "flow_progress", text, {"status": status, **(figures or {})},
            level=_LEVELS.get(status, "INFO"), error=error, **_origin(key, flow),
        )  # fmt: skip

    def end_flows(self, flows: Mapping[str, list[Flow]]) -> None:
        """The update ends, and with it the flows that would have gone on."""
        for key, of_dataset in flows.items():
            for flow in of_dataset:
                if (key, flow_name(key, flow)) in self._states:
                    self.flow(key, flow, "STOPPED")

    def restarted(self, key: str, flow: Flow, error: BaseException) -> None:
        name = flow_name(key, flow)
        self._log.write(
            "flow_progress", f"Flow '{name}' starts again, since its files have new columns: {message_of(error)}",
            {"status": "STARTING"}, level="WARN", **_origin(key, flow),
        )  # fmt: skip

    def warn(self, key: str, flow: Flow, text: str) -> None:
        name = flow_name(key, flow)
        self._log.write(
            "flow_progress", f"Flow '{name}': {text}", {"status": "STARTING"}, level="WARN", **_origin(key, flow)
        )  # fmt: skip

    def warn_of_source(self, text: str) -> None:
        self._log.write("update_progress", text, {"state": "INITIALIZING"}, level="WARN")

    def not_reset(self, keys: Collection[str]) -> None:
        text = f"Without a full refresh, since pipelines.reset.allowed is false: {', '.join(sorted(keys))}"
        self._log.write("update_progress", text, {"state": "RESETTING"}, level="WARN")

    def hook_failed(self, hook: EventHook, error: BaseException, failures: int, disabled: bool) -> None:
        end = "; it is called no more in this update" if disabled else ""
        self._log.write(
            "hook_progress",
            f"Event hook {hook.name} failed {failures} times in a row{end}: {message_of(error)}",
            {"hook_name": hook.name, "status": "DISABLED" if disabled else "FAILED", "failures": failures},
            level="WARN",
            error=error,
        )

    def planned(self, key: str, flow: Flow, technique: str) -> None:
        name = flow_name(key, flow)
        if technique == "NO_OP" and self.continuous and self._states.get((key, name)) == "RUNNING":
            return
        self._log.write(
            "planning_information",
            f"Flow '{name}' has been planned to be executed as {technique}.",
            {"technique_information": [{"maintenance_type": f"MAINTENANCE_TYPE_{technique}", "is_chosen": True}]},
            **_origin(key, flow),
        )


def _origin(key: str, flow: Flow | None = None) -> dict[str, Any]:
    """What an event says of its dataset and flow. A flow's id is the same in all updates."""
    parts = split(key)
    found = {"dataset_name": key}
    if len(parts) == 3:
        found |= {"catalog_name": parts[0], "schema_name": parts[1]}
    if flow is not None:
        name = flow_name(key, flow)
        found |= {"flow_name": name, "flow_id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{key}/{name}"))}
    return found


def _anything(figures: Mapping[str, Any]) -> bool:
    """Whether a flow's figures say that there was something to do."""
    quality = figures.get("data_quality", {})
    return any(figures.get("metrics", {}).values()) or bool(quality.get("dropped_records"))


def _flow_type(dataset: Dataset, flow: Flow, found: Evaluated) -> str:
    """As the reference of the event log names them; COMPLETE is a stream that gives all its rows anew."""
    if isinstance(flow, AutoCdcFlow):
        return "CHANGE"
    if isinstance(flow, SnapshotCdcFlow):
        return "SNAPSHOT_CHANGE"
    if dataset.kind in (DatasetKind.TEMPORARY_VIEW, DatasetKind.VIEW):
        return "VIEW"
    if dataset.kind is DatasetKind.MATERIALIZED_VIEW or (flow.default and flow.sql is None and found.batch):
        return "MATERIALIZED_VIEW"
    return "COMPLETE" if found.replaces else "APPEND"
