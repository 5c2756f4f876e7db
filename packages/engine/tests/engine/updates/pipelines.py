"""A pipeline on the real engine process: its sources, its landing folder, its updates and their events."""

from __future__ import annotations

import base64
import itertools
from pathlib import Path
from typing import Any

from lakehouse_engine.testing import EngineProcess

_numbers = itertools.count(1)


class Pipeline:
    def __init__(self, engine: EngineProcess, **settings: Any) -> None:
        self.engine = engine
        self.id = f"p{next(_numbers)}"
        self.settings = settings
        self.sources: list[dict[str, str]] = []
        self.files: list[dict[str, str]] = []
        self.volume = f"/Volumes/main/raw/landing/{self.id}"
        self.events: list[dict[str, Any]] = []

    def python(self, text: str) -> Pipeline:
        return self._source("PYTHON", "# Databricks notebook source\nfrom pyspark import pipelines as dp\n" + text)

    def sql(self, text: str) -> Pipeline:
        return self._source("SQL", "-- Databricks notebook source\n" + text)

    def _source(self, language: str, text: str) -> Pipeline:
        path = f"/Workspace/{self.id}/n{len(self.sources)}"
        text = text.replace("LANDING", self.volume)
        self.sources.append({"path": path, "kind": "notebook", "language": language, "content": text})
        return self

    def module(self, name: str, text: str) -> Pipeline:
        content = base64.b64encode(text.encode()).decode()
        self.files.append({"path": f"/Workspace/{self.id}/{name}", "content": content})
        return self

    def land(self, name: str, text: str) -> None:
        file = self.engine.folder / "volumes" / self.volume.removeprefix("/Volumes/") / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def start(self, **params: Any):
        spec = {
            "id": self.id, "name": self.id, "catalog": "main", "schema": "default", "rootPath": f"/Workspace/{self.id}",
            "sources": self.sources, "files": self.files, **self.settings,
        }  # fmt: skip
        self.update_id = f"{self.id}-u{next(_numbers)}"
        request = {"pipelineId": self.id, "updateId": self.update_id, "pipeline": spec, "principal": "me"}
        return self.engine.send("update.run", {**request, "storage": self.storage, **params})

    @property
    def storage(self) -> str:
        return str(Path(self.engine.folder) / "pipelines" / self.id)

    def update(self, **params: Any) -> dict[str, Any]:
        answer = self.start(**params).result(300)
        told = [p for method, p in self.engine.told if method == "update.event" and p["updateId"] == self.update_id]
        self.events = [p["event"] for p in told]
        return answer

    def completed(self, **params: Any) -> None:
        answer = self.update(**params)
        assert answer == {"state": "COMPLETED"}, answer

    def flow(self, name: str) -> dict[str, Any]:
        """The last progress of the flow with that name or of the dataset main.default.<name>."""
        names = (name, f"main.default.{name}")
        found = [
            e["details"]["flow_progress"]
            for e in self.events
            if e["event_type"] == "flow_progress" and e["origin"]["flow_name"] in names
        ]
        return found[-1]

    def rows(self, query: str) -> list[list[str | None]]:
        return self.engine.sql(query)
