"""Runs the areas of the corpus on one engine and keeps, for each case, what did not come out as it says."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from lakeflow.cases import Area, Case, Step, Table
from lakehouse_engine.testing import EngineFailed, EngineProcess
from pipelines import Pipeline

_SHOWN = 1500  # of a message that is not the expected one


class CorpusRuns:
    """An area runs when the first of its cases is asked for; of its cases those that are among `selected`."""

    def __init__(self, engine: EngineProcess, selected: Sequence[Case]) -> None:
        self.engine = engine
        self._selected = {id(case) for case in selected}
        self._problems: dict[str, dict[str, list[str]]] = {}
        self._dropped = 0  # requests before this one are of tables that are gone

    def check(self, area: Area, case: Case) -> None:
        if area.name not in self._problems:
            try:
                self._problems[area.name] = self._run(area)
            except Exception as error:  # told by each case, and not tried again for each
                self._problems[area.name] = {each.name: [f"the area did not run: {error}"] for each in area.cases}
        problems = self._problems[area.name][case.name]
        assert not problems, "\n".join([f"see {case.page}", *problems])

    def _run(self, area: Area) -> dict[str, list[str]]:
        schema = {"op": "createSchema", "catalog": "main", "schema": area.name}
        self.engine.ask("catalog.apply", {"changes": [schema]})
        found: dict[str, list[str]] = {}
        cases = [case for case in area.cases if id(case) in self._selected]
        together = [case for case in cases if not case.apart]
        if together:
            found |= _CaseRun(self.engine, area.name, together).run()
            if len(together) > 1 and all(found.values()):
                # The sources of one case keep all from running; which one shows where each has its own pipeline.
                for case in together:
                    self._drop(area.name)
                    found |= _CaseRun(self.engine, area.name, [case]).run()
        for case in cases:
            if case.apart:
                self._drop(area.name)  # a name is free again for the next case
                found |= _CaseRun(self.engine, area.name, [case]).run()
        return found

    def _drop(self, schema: str) -> None:
        made = {}
        since, self._dropped = self._dropped, len(self.engine.asked)
        for method, params in self.engine.asked[since:]:
            if method == "catalog.putTable" and params["table"]["fullName"].startswith(f"main.{schema}."):
                made[params["table"]["fullName"]] = params["table"]
        drops = [
            {"op": "dropTable", "fullName": name, "location": table.get("location")} for name, table in made.items()
        ]
        self.engine.ask("catalog.apply", {"changes": drops})


class _CaseRun:
    """Cases that share a pipeline, from its first update to its last."""

    def __init__(self, engine: EngineProcess, schema: str, cases: Sequence[Case]) -> None:
        self.engine = engine
        self.cases = cases
        self.schema = f"main.{schema}"
        given: dict[str, dict[str, str]] = {"configuration": {}, "parameters": {}}
        for case in cases:
            for field, key, value in [(name, *pair) for name in given for pair in getattr(case, name).items()]:
                if given[field].setdefault(key, value) != value:
                    raise ValueError(f"case {case.name} gives {key} another value than a case before it; run it alone")
        self.pipeline = Pipeline(engine, schema=schema, **given)
        self.root = f"/Workspace/{self.pipeline.id}"
        self.texts = {(case.name, name): text for case in cases for name, text in case.sources.items()}
        self.problems: dict[str, list[str]] = {case.name: [] for case in cases}
        for case in cases:
            for name, text in case.files.items():
                content = base64.b64encode(self._filled(case, text).encode()).decode()
                self.pipeline.files.append({"path": f"{self._folder(case)}/{name}", "content": content})

    def run(self) -> dict[str, list[str]]:
        for number in range(max(len(case.steps) for case in self.cases)):
            self._step(number)
        return self.problems

    def _step(self, number: int) -> None:
        steps = [(case, case.steps[number]) for case in self.cases if number < len(case.steps)]
        params: dict[str, Any] = {}
        for case, step in steps:
            for name, content in step.land.items():
                self._land(case, name, content)
            for statement in step.run:
                self.engine.sql(self._filled(case, statement), schema=self.schema.split(".")[1])
            self.texts |= {(case.name, name): text for name, text in step.edit.items()}
            params |= step.params
        self.pipeline.sources = [self._source(case, name, text) for case, name, text in self._sources()]
        self._asked = len(self.engine.asked)
        answer = self.pipeline.update(**params)
        failed = self._failed() if len(self.cases) > 1 else {}
        for case, step in steps:
            own = answer
            if failed:  # the answer tells of one flow; each case is told of its own
                messages = failed.get(self._folder(case))
                own = (
                    {"state": "FAILED", "error": {"message": "; ".join(messages)}}
                    if messages
                    else {"state": "COMPLETED"}
                )
            found = [f"update {number + 1}: {problem}" for problem in self._compare(case, step, own)]
            self.problems[case.name] += found

    def _failed(self) -> dict[str, list[str]]:
        """By folder of a case, what its failed flows say; each names the source that it is defined in."""
        found: dict[str, list[str]] = {}
        for event in self.pipeline.events:
            if event["event_type"] == "flow_progress" and event["details"]["flow_progress"]["status"] == "FAILED":
                folders = [self._folder(case) for case in self.cases if f"{self._folder(case)}/" in event["message"]]
                found.setdefault(folders[0] if folders else "", []).append(event["message"])
        return {} if "" in found else found

    def _sources(self) -> Iterable[tuple[Case, str, str]]:
        cases = {case.name: case for case in self.cases}
        return [(cases[case], name, text) for (case, name), text in self.texts.items()]

    def _source(self, case: Case, name: str, text: str) -> dict[str, str]:
        stem, _, ending = name.rpartition(".")
        language = {"sql": "SQL", "py": "PYTHON"}[ending]
        notebook = "Databricks notebook source" in text.split("\n", 1)[0]
        path = f"{self._folder(case)}/{stem if notebook else name}"
        kind = "notebook" if notebook else "file"
        return {"path": path, "kind": kind, "language": language, "content": self._filled(case, text)}

    def _folder(self, case: Case) -> str:
        return self.root if len(self.cases) == 1 else f"{self.root}/{_plain(case.name)}"

    def _landing(self, case: Case) -> str:
        return f"{self.pipeline.volume}/{_plain(case.name)}"

    def _filled(self, case: Case, text: str) -> str:
        return text.replace("LANDING", self._landing(case)).replace("SCHEMA.", f"{self.schema}.")

    def _land(self, case: Case, name: str, content: str | bytes) -> None:
        volumes = self.engine.folder / "volumes"
        file = volumes / self._landing(case).removeprefix("/Volumes/") / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)

    # --- what came out -------------------------------------------------------------------------------------------

    def _compare(self, case: Case, step: Step, answer: dict[str, Any]) -> Iterable[str]:
        message = (answer.get("error") or {}).get("message", "")
        if step.fails is None and answer["state"] != "COMPLETED":
            yield f"it is {answer['state']}: {message[:_SHOWN]}"
        elif step.fails is not None and answer["state"] != "FAILED":
            yield f"it is {answer['state']} and was to fail with {step.fails}"
        elif step.fails is not None and not re.search(self._filled(case, step.fails), message, re.DOTALL):
            yield f"it failed with: {message[:_SHOWN]}\nand not with: {step.fails}"
        for name, table in step.tables.items():
            try:
                yield from (f"{name}: {problem}" for problem in self._table(name, table))
            except Exception as error:
                yield f"{name}: {type(error).__name__}: {str(error)[:_SHOWN]}"
        for query, rows in step.queries.items():
            try:
                found = self.engine.sql(self._filled(case, query), schema=self.schema.split(".")[1])
            except Exception as error:
                yield f"{query}: {str(error)[:_SHOWN]}"
                continue
            if found != _texts(rows):
                yield f"{query} gives {found}, not {_texts(rows)}"

    def _table(self, name: str, table: Table) -> Iterable[str]:
        full = name if name.count(".") == 2 else f"{self.schema}.{name}"
        if table.gone:
            try:
                yield f"it is there, with the rows {self.engine.sql(f'SELECT * FROM {full}')}"
            except EngineFailed as error:
                if error.data["error_class"] != "TABLE_OR_VIEW_NOT_FOUND":
                    raise
            return
        if table.rows is not None:
            found = self.engine.sql(f"SELECT {table.select} FROM {full}")
            if _sorted(found) != _sorted(_texts(table.rows)):
                yield f"rows are {_sorted(found)}\nnot {_sorted(_texts(table.rows))}"
        record = self._record(full)
        wanted: dict[str, Any] = dict(table.record)
        if table.comment is not None:
            wanted["comment"] = table.comment
        for key, value in wanted.items():
            given = record.get(key)
            if key == "properties":
                given = {k: v for k, v in (given or {}).items() if k in value}
            if given != value:
                yield f"{key} is {given!r}, not {value!r}"
        if table.columns is not None:
            columns = [_column(column) for column in record.get("columns", [])]
            if columns != list(table.columns):
                yield f"columns are {columns}, not {list(table.columns)}"
        if table.protection is not None:
            protection = self._protection(full)
            if protection != [(what, function, list(using)) for what, function, using in table.protection]:
                yield f"protection is {protection}, not {table.protection}"
        yield from self._figures(full, table)

    def _figures(self, full: str, table: Table) -> Iterable[str]:
        progress = [
            event["details"]["flow_progress"]
            for event in self.pipeline.events
            if event["event_type"] == "flow_progress" and event["origin"].get("dataset_name") == full.lower()
        ]
        quality = [p["data_quality"] for p in progress if "data_quality" in p]
        rules: dict[str, tuple[int, int]] = {}
        for rule in (rule for q in quality for rule in q["expectations"]):
            passed, failed = rules.get(rule["name"], (0, 0))
            rules[rule["name"]] = (passed + rule["passed_records"], failed + rule["failed_records"])
        written = sum((p.get("metrics") or {}).get("num_output_rows", 0) for p in progress)
        dropped = sum(q["dropped_records"] for q in quality)
        for what, found, wanted in (
            ("expectations", rules, table.rules),
            ("dropped", dropped, table.dropped),
            ("rows written", written, table.written),
        ):
            if wanted is not None and found != wanted:
                yield f"{what}: {found}, not {wanted}"

    def _protection(self, full: str) -> list[tuple[str, str | None, list[str]]]:
        asked = self.engine.asked[self._asked :]
        told = [params["statement"] for method, params in asked if method == "catalog.statement"]
        return [
            (statement.get("column", "ROW FILTER"), statement["function"], statement["using"])
            for statement in told
            if statement["kind"] in ("setMask", "setRowFilter") and statement["table"].lower() == full.lower()
        ]

    def _record(self, full: str) -> dict[str, Any]:
        """What the catalog was last told of the table; empty where it was told nothing."""
        for method, params in reversed(self.engine.asked):
            if method == "catalog.putTable" and params["table"]["fullName"].lower() == full.lower():
                return params["table"]
        return {}


def _plain(name: str) -> str:
    return re.sub(r"\W+", "_", name).strip("_")


def _column(column: dict[str, Any]) -> str:
    comment = column.get("comment")
    return f"{column['name']} {column['type_text']}" + (f" '{comment}'" if comment else "")


def _texts(rows: Iterable[Sequence[Any]]) -> list[list[str | None]]:
    def text(value: Any) -> str | None:
        if value is None or isinstance(value, str):
            return value
        return str(value).lower() if isinstance(value, bool) else str(value)

    return [[text(value) for value in row] for row in rows]


def _sorted(rows: list[list[str | None]]) -> list[list[str | None]]:
    return sorted(rows, key=json.dumps)
