"""Writes an update's events: what Databricks' event log says, in its types and fields."""

from __future__ import annotations

import threading
from typing import Any

from engine.errors import message_of
from engine.event_log import EventLog
from engine.graph.model import AutoCdcFlow, Dataset, Flow, QueryFlow
from engine.graph.names import Names

_FINAL = {"COMPLETED", "FAILED", "CANCELED"}


class Progress:
    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._defined: set[tuple[str, str]] = set()

    def created(self, cause: str) -> None:
        self._log.write("create_update", f"Update started by {cause}.", {"cause": cause})

    def state(self, state: str, error: BaseException | None = None) -> None:
        message = f"Update is {state}." if error is None else f"Update is {state}: {message_of(error)}"
        self._log.write(
            "update_progress", message, {"state": state}, level="ERROR" if state == "FAILED" else "INFO", error=error
        )

    def graph(self, names: Names) -> None:
        for key, dataset in names.datasets.items():
            self._log.write(
                "dataset_definition",
                f"Dataset {key} is defined as {dataset.kind.value}.",
                _dataset(key, dataset),
                dataset_name=key,
            )

    def definition(self, key: str, flow: Flow, reads: set[str]) -> None:
        """Once an update for each flow, when what it reads is known."""
        with self._lock:
            if (key, flow.name) in self._defined:
                return
            self._defined.add((key, flow.name))
        details: dict[str, Any] = {
            "output_dataset": key,
            "input_datasets": [{"name": name} for name in sorted(reads)],
            "flow_type": _flow_type(flow),
            "schema": None,
        }
        if isinstance(flow, AutoCdcFlow):
            details["cdc"] = {"keys": list(flow.keys), "stored_as_scd_type": flow.stored_as_scd_type}
        self._log.write(
            "flow_definition", f"Flow {flow.name} is defined.", details, dataset_name=key, flow_name=flow.name
        )

    def flow(
        self,
        key: str,
        name: str,
        status: str,
        *,
        figures: dict[str, Any] | None = None,
        error: BaseException | None = None,
        level: str | None = None,
        message: str | None = None,
        seconds: float | None = None,
    ) -> None:
        details: dict[str, Any] = {"status": status}
        for part in ("metrics", "data_quality"):
            if figures and figures.get(part):
                details[part] = figures[part]
        text = f"Flow {name} is {status}."
        if figures and figures.get("unchanged"):
            text = f"Flow {name} is {status}: nothing that it reads has changed."
        if seconds is not None:
            details["duration_ms"] = round(seconds * 1000)
        if message:
            text = f"Flow {name} is {status}: {message}"
        elif error is not None:
            text = f"Flow {name} is {status}: {message_of(error)}"
        self._log.write(
            "flow_progress",
            text,
            details,
            level=level or ("ERROR" if status == "FAILED" else "WARN" if status == "SKIPPED" else "INFO"),
            error=error if status == "FAILED" else None,
            dataset_name=key,
            flow_name=name,
        )


def _dataset(key: str, dataset: Dataset) -> dict[str, Any]:
    return {
        "dataset_type": dataset.kind.value,
        "name": key,
        "comment": dataset.comment,
        "num_expectations": len(dataset.expectations),
        "expectations": [
            {
                "name": e.name,
                "constraint": e.condition,
                "action": {"warn": "ALLOW", "drop": "DROP", "fail": "FAIL"}[e.action],
            }
            for e in dataset.expectations
        ],
        "source_code_location": {"path": dataset.location.path, "line": dataset.location.line},
    }


def _flow_type(flow: Flow) -> str:
    if isinstance(flow, QueryFlow):
        return "APPEND" if not flow.default else "QUERY"
    return "CHANGE" if isinstance(flow, AutoCdcFlow) else "SNAPSHOT_CHANGE"
