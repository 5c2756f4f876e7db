"""What an update tells of itself, in the event types of Databricks' pipeline event log."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any

from engine.errors import message_of
from engine.event_log import EventLog
from engine.graph.model import AutoCdcFlow, Dataset, DatasetKind, Flow, QueryFlow, SnapshotCdcFlow

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


class Progress:
    def __init__(self, log: EventLog, update_id: str, pipeline_name: str) -> None:
        self._log = log
        self._id = update_id
        self._name = pipeline_name
        self._lock = threading.Lock()
        self._states: dict[tuple[str, str], str] = {}

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
                "full_refresh": bool(params.get("fullRefresh")),
                "full_refresh_selection": list(params.get("fullRefreshSelection") or []),
                "refresh_selection": list(params.get("refreshSelection") or []),
                "validate_only": bool(params.get("validateOnly")),
            },
        )

    def update(self, state: str, error: BaseException | None = None) -> None:
        text = f"Update {self._id[:6]} is {state}."
        self._log.write("update_progress", text, {"state": state}, level=_LEVELS.get(state, "INFO"), error=error)

    def dataset(self, key: str, dataset: Dataset, flows: list[Flow]) -> None:
        self._log.write(
            "dataset_definition",
            f"Dataset {key} is defined as {_DATASET_TYPES[dataset.kind]}.",
            {
                "dataset_type": _DATASET_TYPES[dataset.kind],
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
            dataset_name=key,
        )
        for flow in flows:
            self.inputs(key, flow, dataset)
            self.flow(key, flow, "QUEUED")

    def inputs(self, key: str, flow: Flow, dataset: Dataset, read: Iterable[str] | None = None) -> None:
        """The flow's definition; a second time with what it reads, which is known when its query was evaluated."""
        details: dict[str, Any] = {
            "output_dataset": key,
            "flow_type": _flow_type(dataset, flow),
            "comment": flow.comment,
            "spark_conf": [{"key": k, "value": str(v)} for k, v in getattr(flow, "spark_conf", {}).items()],
            "language": "SQL" if getattr(flow, "sql", None) else "PYTHON",
            "once": getattr(flow, "once", False),
            "source_location": str(flow.location),
        }
        if read is not None:
            details["input_datasets"] = [{"name": name} for name in sorted(read)]
        self._log.write(
            "flow_definition",
            f"Flow {flow_name(key, flow)} is defined.",
            details,
            dataset_name=key,
            flow_name=flow_name(key, flow),
        )

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
            if self._states.get((key, name)) in ("COMPLETED", "FAILED", "SKIPPED", "STOPPED", "EXCLUDED"):
                return
            self._states[key, name] = status
        text = f"Flow '{name}' has {status}." if status in ("COMPLETED", "FAILED") else f"Flow '{name}' is {status}."
        if because:
            text = f"Flow '{name}' is {status}: {because}"
        if error is not None:
            text = f"Flow '{name}' has {status}: {message_of(error)}"
        self._log.write(
            "flow_progress", text, {"status": status, **(figures or {})},
            level=_LEVELS.get(status, "INFO"), error=error, dataset_name=key, flow_name=name,
        )  # fmt: skip

    def restarted(self, key: str, flow: Flow, error: BaseException) -> None:
        name = flow_name(key, flow)
        self._log.write(
            "flow_progress", f"Flow '{name}' starts again, since its files have new columns: {message_of(error)}",
            {"status": "STARTING"}, level="WARN", dataset_name=key, flow_name=name,
        )  # fmt: skip

    def planned(self, key: str, flow: Flow, technique: str) -> None:
        name = flow_name(key, flow)
        self._log.write(
            "planning_information",
            f"Flow '{name}' has been planned to be executed as {technique}.",
            {"technique_information": [{"maintenance_type": f"MAINTENANCE_TYPE_{technique}", "is_chosen": True}]},
            dataset_name=key,
            flow_name=name,
        )


def _flow_type(dataset: Dataset, flow: Flow) -> str:
    if isinstance(flow, AutoCdcFlow):
        return "CHANGE"
    if isinstance(flow, SnapshotCdcFlow):
        return "SNAPSHOT_CHANGE"
    assert isinstance(flow, QueryFlow)
    views = (DatasetKind.TEMPORARY_VIEW, DatasetKind.VIEW)
    if dataset.kind in views:
        return "VIEW"
    return "COMPLETE" if dataset.kind is DatasetKind.MATERIALIZED_VIEW else "APPEND"
