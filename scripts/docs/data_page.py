"""docs/data.md: the datasets of both pipelines as they are deployed. `npm run docs` writes it.

Columns, comments and grain are what the catalog has on record after an update; rules and lineage are what the event log
says of it. `main` makes such an update over empty folders.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docs" / "data.md"
SCHEMAS = ("bronze", "silver", "gold", "cdc", "ops")
_KINDS = {"STREAMING_TABLE": "streaming table", "MATERIALIZED_VIEW": "materialized view"}
_ACTIONS = {"ALLOW": "warns", "DROP": "drops the row", "FAIL": "fails the update"}
_INTRO = """# The data

Every dataset of the two pipelines: what a row is, its columns, the rules that its rows must keep, and what it is made
from. This page is written from what is deployed, by `npm run docs`: columns and comments from the catalog, rules and
lineage from the pipelines' event logs. Lineage is between tables: files are named where nothing else is read.

A rule holds only where its condition is true: a value that is missing or cannot be read breaks it. What a breach does
depends on the layer. Bronze warns and keeps every row; silver and the staged changes drop the row, which is then in its
quarantine table with the names of the rules it broke; gold and the reconciliation fail the update. Rules of silver are
those of a temporary view that the table reads, so they stand with its name.

Times are UTC, money is DECIMAL(18,2) in BRL. Sources and generator: the notebooks of `notebooks/`, first cell.
"""

Event = dict[str, Any]


class Page:
    """`records`: TableRecords by schema and name; `events`: of one update of each pipeline, by its name."""

    def __init__(self, records: dict[str, dict[str, Any]], events: dict[str, list[Event]], catalog: str) -> None:
        self.records = records
        self.catalog = catalog
        self.pipelines: dict[str, list[str]] = {}
        self.rules: dict[str, list[dict[str, str]]] = {}
        self.kinds: dict[str, str] = {}
        self.reads: dict[str, list[str]] = {}
        for pipeline, told in events.items():
            self._read(pipeline, told)

    def _read(self, pipeline: str, told: list[Event]) -> None:
        for event in told:
            details = event["details"].get(event["event_type"], {})
            name = self._key(pipeline, event["origin"].get("dataset_name") or "")
            if event["event_type"] == "dataset_definition":
                self.rules[name] = details["expectations"] or []
                self.kinds[name] = details["dataset_type"]
                if name in self.records:
                    self.pipelines.setdefault(pipeline, []).append(name)
            elif event["event_type"] == "flow_definition" and "input_datasets" in details:
                found = {self._key(pipeline, read) for read in details["input_datasets"] or []}
                self.reads[name] = sorted(found | set(self.reads.get(name, [])))

    def _key(self, pipeline: str, name: str) -> str:
        """A table's schema and name; a temporary view's with its pipeline, for another one may have that name, too."""
        short = name.removeprefix(f"{self.catalog}.")
        return short if short in self.records else f"{pipeline}:{short}"

    def text(self) -> str:
        parts = [_INTRO]
        for pipeline, names in self.pipelines.items():
            parts += [f"## Pipeline {pipeline}\n", self._graph(names)]
            for schema in SCHEMAS:
                parts += [self._dataset(name) for name in sorted(names) if name.startswith(f"{schema}.")]
        return "\n".join(parts)

    def sources(self, name: str) -> list[str]:
        """The tables that a dataset is made from, through temporary views."""
        found: dict[str, None] = {}
        for read in self.reads.get(name, []):
            found.update(dict.fromkeys([read] if read in self.records else self.sources(read)))
        return sorted(found)

    def views(self, name: str) -> list[str]:
        """The temporary views between a dataset and those tables."""
        found: dict[str, None] = {}
        for read in self.reads.get(name, []):
            if read not in self.records:
                found.update(dict.fromkeys([read, *self.views(read)]))
        return list(found)

    def _graph(self, names: list[str]) -> str:
        edges = [
            (source, name) for name in sorted(names) for source in self.sources(name) if name != "ops.reconciliation"
        ]
        lines = [
            f"  {source.replace('.', '_')}[{source}] --> {name.replace('.', '_')}[{name}]" for source, name in edges
        ]
        return "\n".join(["```mermaid", "flowchart LR", *lines, "```", ""])

    def _dataset(self, name: str) -> str:
        record = self.records[name]
        grain = (record.get("properties") or {})["grain"]
        sources = self.sources(name)
        lines = [f"### {name}\n", f"{record['comment']}.\n"]
        lines.append(f"- Kind: {_KINDS[self.kinds[name]]}")
        lines.append(f"- One row per: {grain}")
        lines.append(f"- Made from: {_names(sources) if sources else 'files'}")
        lines += [
            f"- {self._rule(name, at, rule)}" for at in [name, *self.views(name)] for rule in self.rules.get(at, [])
        ]
        lines += ["", "| Column | Type | |", "| --- | --- | --- |"]
        lines += [
            f"| {c['name']} | {c['type_text'].upper()} | {_cell(c.get('comment') or '')} |" for c in record["columns"]
        ]
        return "\n".join([*lines, ""])

    def _rule(self, name: str, at: str, rule: dict[str, str]) -> str:
        where = "" if at == name else f" (in `{at.partition(':')[2]}`)"
        return f"Rule `{rule['name']}`: `{rule['constraint']}`, else {_ACTIONS[rule['action']]}{where}"


def _names(names: list[str]) -> str:
    return ", ".join(f"[{name}](#{name.replace('.', '')})" for name in names)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def main() -> None:
    sys.path[:0] = [str(ROOT / path) for path in ("packages/engine/src", "tests", "tests/notebooks", "notebooks")]
    from lakehouse import Lakehouse, start_engine
    from olist.entities import CHANGING, ENTITIES
    from pipeline_spec import PIPELINES

    with tempfile.TemporaryDirectory() as folder:
        engine = start_engine(Path(folder))
        try:
            house = Lakehouse(engine)
            for volume, entities in ((house.landing, ENTITIES), (house.changes, CHANGING)):
                for entity in entities:
                    Path(volume, entity.name).mkdir()
            events = {}
            for pipeline in PIPELINES:
                house.update(pipeline)
                events[pipeline] = house.events
            FILE.write_text(Page(house.records(), events, house.catalog).text(), encoding="utf-8")
        finally:
            engine.close()


if __name__ == "__main__":
    main()
