"""What the cases in Python have in common: pages of the reference, and streams of JSON lines."""

from __future__ import annotations

import json
from typing import Any

REF = "ldp/developer/ldp-python-ref-"
TABLE, VIEW, MATERIALIZED_VIEW = f"{REF}table", f"{REF}view", f"{REF}materialized-view"
STREAMING_TABLE, APPEND_FLOW, EXPECTATIONS = f"{REF}streaming-table", f"{REF}append-flow", f"{REF}expectations"
SINK, FOREACH_BATCH, UPDATE_FLOW = f"{REF}sink", f"{REF}foreach-batch-sink", f"{REF}update-flow"
REPLACE_FLOW = f"{REF}replace-flow"
CDC, SNAPSHOT = f"{REF}apply-changes", f"{REF}apply-changes-from-snapshot"
DEVELOP, CONSIDERATIONS = "ldp/developer/python-dev", "ldp/developer/python-ref"
PARAMETERS, STATEFUL, FLOWS = "ldp/parameters", "ldp/stateful-processing", "ldp/flows"
IMPORTS, HOOKS, PATTERNS = "ldp/import-workspace-files", "ldp/monitor-event-hooks", "ldp/expectation-patterns"


def reader(schema: str) -> str:
    """Python's expression of a stream over the JSON lines that the case lands."""
    return (
        f'spark.readStream.format("cloudFiles").option("cloudFiles.format", "json").schema("{schema}").load("LANDING")'
    )


def lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)
