"""The notebooks of both pipelines on the real engine, against the independent computation of `tests/oracle`."""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from olist.generator import generate, parse
from oracle import bronze_rows, compare, expected, odd

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests" / "engine"))

from engine_process import EngineProcess  # noqa: E402

SCHEMAS = ["default", "raw", "bronze", "silver", "gold", "cdc", "ops"]
PIPELINES = {"medallion": "silver", "cdc": "cdc"}


class Lakehouse:
    """One catalog with empty volumes; `update` runs a pipeline's own notebooks as they lie in the repository."""

    def __init__(self, folder: Path) -> None:
        self.engine = EngineProcess(folder)
        self.engine.initialize([{"name": "main", "schemas": SCHEMAS}])
        self.landing = str(folder / "volumes" / "main" / "raw" / "landing")
        self.changes = str(folder / "volumes" / "main" / "raw" / "changes")
        for volume in (self.landing, self.changes):
            os.makedirs(volume)
        self.updates = 0

    def update(self, name: str, **params: Any) -> list[dict[str, Any]]:
        """Runs the pipeline to its end, which has to be good, and gives its events."""
        self.updates += 1
        update = f"u{self.updates}"
        request = {"pipelineId": name, "updateId": update, "pipeline": _definition(name), "principal": "me"}
        storage = str(self.engine.folder / "pipelines" / name)
        answer = self.engine.ask("update.run", {**request, "storage": storage, **params}, timeout=540)
        assert answer == {"state": "COMPLETED"}
        told = [p for method, p in self.engine.told if method == "update.event" and p["updateId"] == update]
        return [p["event"] for p in told]

    def table(self, name: str) -> pd.DataFrame:
        rows = self.engine.sql(f"SELECT * FROM {name}", format="ARROW_STREAM")
        if not rows:
            return pd.DataFrame(columns=[column["name"] for column in self.engine.result["columns"]])
        frame = pa.ipc.open_stream(rows).read_pandas(timestamp_as_object=True)
        return frame.map(lambda value: value.replace(tzinfo=None) if hasattr(value, "tzinfo") else value)

    def differences(self, *, cdc: bool = True) -> list[str]:
        want = expected(self.landing, self.changes if cdc else None)
        return compare(want, {name: self.table(name) for name in want})


def _definition(name: str) -> dict[str, Any]:
    notebooks = ROOT / "notebooks"
    language = {".py": "PYTHON", ".sql": "SQL"}
    return {
        "id": name,
        "name": name,
        "catalog": "main",
        "schema": PIPELINES[name],
        "rootPath": "/Workspace/olist",
        "configuration": {
            "olist.landing_path": "/Volumes/main/raw/landing",
            "olist.changes_path": "/Volumes/main/raw/changes",
        },
        "sources": [
            {
                "path": f"/Workspace/olist/{path.relative_to(notebooks).with_suffix('')}",
                "kind": "notebook",
                "language": language[path.suffix],
                "content": path.read_text(encoding="utf-8"),
            }
            for path in sorted((notebooks / name).rglob("*"))
            if path.suffix in language
        ],
        "files": [
            {
                "path": f"/Workspace/olist/{path.relative_to(notebooks)}",
                "content": base64.b64encode(path.read_bytes()).decode(),
            }
            for path in sorted((notebooks / "olist").rglob("*"))
            if path.suffix in (".py", ".json")
        ],
    }


@pytest.fixture
def lakehouse(tmp_path: Path) -> Iterator[Lakehouse]:
    if "delta" not in os.environ.get("ENGINE_JARS", ""):
        pytest.skip("ENGINE_JARS does not name Delta's jars")
    house = Lakehouse(tmp_path)
    yield house
    house.engine.close()


def _written(events: list[dict[str, Any]]) -> dict[str, int]:
    progress = [e["details"]["flow_progress"] | {"flow": e["origin"]["flow_name"]} for e in events
                if e["event_type"] == "flow_progress"]  # fmt: skip
    return {p["flow"]: p["metrics"]["num_output_rows"] for p in progress if p.get("metrics")}


def test_increments_end_in_other_tables_than_the_data_has_or_than_a_full_refresh_makes(lakehouse: Lakehouse) -> None:
    for _ in range(2):
        generate(lakehouse.landing, lakehouse.changes, parse("0.02", "7", "0.02"))
        lakehouse.update("medallion")
        lakehouse.update("cdc")
        assert lakehouse.differences() == []
    files = bronze_rows(lakehouse.landing)
    assert {name: len(lakehouse.table(f"bronze.{name}")) for name in files} == files
    written = _written(lakehouse.update("medallion"))
    assert {flow: rows for flow, rows in written.items() if ".bronze." in flow and rows} == {}, "files are read twice"
    lakehouse.update("medallion", fullRefresh=True)
    assert lakehouse.differences() == []


def test_odd_but_legal_files_are_read_wrongly(lakehouse: Lakehouse) -> None:
    for number, form in enumerate(odd.SAME):
        odd.write(lakehouse.landing, form=form, name=f"{number}.csv", empty=number == 0)
    odd.write(lakehouse.landing, odd.real_olist(), odd.real_columns, name="real.csv")
    odd.write(lakehouse.landing, form=odd.extra_column, name="extra.csv")
    lakehouse.update("medallion")
    assert lakehouse.differences(cdc=False) == []
