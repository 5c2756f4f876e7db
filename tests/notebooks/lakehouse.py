"""Both pipelines on the real engine, with the notebooks as they lie in the repository and volumes of their own."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from lakehouse_engine.testing import EngineProcess
from oracle import compare, expected
from pipeline_spec import ROOT, pipeline_spec

SCHEMAS = ["default", "raw", "bronze", "silver", "gold", "cdc", "ops"]
_numbers = itertools.count(1)


def start_engine(folder: Path) -> EngineProcess:
    engine = EngineProcess(folder)
    engine.initialize([{"name": "main", "schemas": SCHEMAS}])
    return engine


class Lakehouse:
    """A catalog of its own with empty volumes; `update` runs a pipeline, of the repository's notebooks or of others."""

    def __init__(self, engine: EngineProcess, notebooks: Path = ROOT / "notebooks") -> None:
        self.engine = engine
        self._notebooks = notebooks
        self.catalog = f"house{next(_numbers)}"
        changes = [{"op": "createCatalog", "catalog": self.catalog}]
        changes += [{"op": "createSchema", "catalog": self.catalog, "schema": schema} for schema in SCHEMAS]
        engine.ask("catalog.apply", {"changes": changes})
        volumes = engine.folder / "volumes" / self.catalog / "raw"
        self.landing, self.changes = str(volumes / "landing"), str(volumes / "changes")
        for volume in (self.landing, self.changes):
            os.makedirs(volume)
        self.events: list[dict[str, Any]] = []  # of the last update
        self._updates = 0

    def update(self, name: str, **params: Any) -> None:
        """Runs the pipeline to its end, which has to be good."""
        answer = self.attempt(name, **params)
        assert answer == {"state": "COMPLETED"}, answer

    def attempt(self, name: str, **params: Any) -> dict[str, Any]:
        """Runs the pipeline to whatever end it comes to."""
        self._updates += 1
        pipeline = pipeline_spec(name, self.catalog, self._notebooks)
        update = f"{pipeline['id']}-{self._updates}"
        request = {"pipelineId": pipeline["id"], "updateId": update, "pipeline": pipeline, "principal": "me"}
        storage = str(self.engine.folder / "pipelines" / pipeline["id"])
        answer = self.engine.ask("update.run", {**request, "storage": storage, **params}, timeout=800)
        told = [p for method, p in self.engine.told if method == "update.event" and p["updateId"] == update]
        self.events = [p["event"] for p in told]
        return answer

    def written(self) -> dict[str, int]:
        """Rows that each flow of the last update wrote."""
        progress = [e for e in self.events if e["event_type"] == "flow_progress"]
        figures = {e["origin"]["flow_name"]: e["details"]["flow_progress"].get("metrics") for e in progress}
        return {flow: metrics["num_output_rows"] for flow, metrics in figures.items() if metrics}

    def records(self) -> dict[str, dict[str, Any]]:
        """What the engine has put on record of each table, by schema and name."""
        put = [p["table"] for method, p in self.engine.asked if method == "catalog.putTable"]
        own = f"{self.catalog}."
        return {table["fullName"].removeprefix(own): table for table in put if table["fullName"].startswith(own)}

    def table(self, name: str) -> pd.DataFrame:
        rows = self.engine.sql(f"SELECT * FROM {self.catalog}.{name}", format="ARROW_STREAM")
        if not rows:
            return pd.DataFrame(columns=[column["name"] for column in self.engine.result["columns"]])
        frame = pa.ipc.open_stream(rows).read_pandas(timestamp_as_object=True)
        return frame.map(lambda value: value.replace(tzinfo=None) if hasattr(value, "tzinfo") else value)

    def differences(self, *, cdc: bool = True, entity: str | None = None) -> list[str]:
        """How the tables, or silver and quarantine of one entity, differ from what the oracle makes of the files."""
        want = expected(self.landing, self.changes if cdc else None)
        if entity is not None:
            want = {name: want[name] for name in (f"silver.{entity}", f"ops.quarantine_{entity}")}
        return compare(want, {name: self.table(name) for name in want})
