"""Which datasets and expectations the tests of a pipeline exercised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Tally:
    """An expectation's rows over all runs."""

    passed: int = 0
    failed: int = 0

    @property
    def exercised(self) -> bool:
        return self.passed + self.failed > 0


@dataclass
class Tested:
    """A dataset: how many runs updated it, and its expectations by name."""

    runs: int = 0
    expectations: dict[str, Tally] = field(default_factory=dict)


class Coverage:
    """Counted from the event log: a dataset is exercised by an update of it, an expectation by a row that it judged."""

    def __init__(self) -> None:
        self.datasets: dict[str, Tested] = {}

    def add(self, events: Iterable[Mapping[str, Any]]) -> None:
        """The events of one run."""
        for event in events:
            name = (event.get("origin") or {}).get("dataset_name")
            details = (event.get("details") or {}).get(event["event_type"]) or {}
            if name is None:
                continue
            if event["event_type"] == "dataset_definition":
                tested = self.datasets.setdefault(name, Tested())
                for expectation in details.get("expectations") or []:
                    tested.expectations.setdefault(expectation["name"], Tally())
            elif event["event_type"] == "flow_definition":
                for read in details.get("input_datasets") or []:
                    if "." not in read:  # a temporary view, which only its readers run
                        self.datasets.setdefault(read, Tested()).runs += 1
            elif event["event_type"] == "flow_progress":
                self._progress(name, event, details)

    def _progress(self, name: str, event: Mapping[str, Any], details: Mapping[str, Any]) -> None:
        if details.get("status") not in ("COMPLETED", "FAILED"):
            return
        self.datasets.setdefault(name, Tested()).runs += 1
        for found in (details.get("data_quality") or {}).get("expectations") or []:
            owner = self.datasets.setdefault(found.get("dataset") or name, Tested())
            tally = owner.expectations.setdefault(found["name"], Tally())
            tally.passed += int(found.get("passed_records") or 0)
            tally.failed += int(found.get("failed_records") or 0)
        if details.get("status") == "FAILED":
            self._violated(name, event)

    def _violated(self, name: str, event: Mapping[str, Any]) -> None:
        """An expectation that failed the update, whose counts no event has: the error names it."""
        text = " ".join(str(each.get("message")) for each in (event.get("error") or {}).get("exceptions") or [])
        for expectation, tally in self.datasets[name].expectations.items():
            if f"violates expectation {expectation} (" in text:
                tally.failed += 1

    @property
    def percent(self) -> float:
        """Exercised datasets and expectations of all that the runs defined; 100 where nothing is defined."""
        parts = [bool(tested.runs) for tested in self.datasets.values()]
        parts += [tally.exercised for tested in self.datasets.values() for tally in tested.expectations.values()]
        return 100 * sum(parts) / len(parts) if parts else 100.0

    def lines(self) -> list[str]:
        """A table for the terminal: what no test exercised stands first."""
        if not self.datasets:
            return ["no test ran the pipeline"]
        width = max(len(name) for name in self.datasets)
        rows = [f"{'dataset'.ljust(width)}  runs  expectations  not exercised, or never violated"]
        for name, tested in sorted(self.datasets.items(), key=lambda item: (item[1].runs > 0, item[0])):
            missing = [key for key, tally in tested.expectations.items() if not tally.exercised]
            never = [key for key, tally in tested.expectations.items() if tally.exercised and not tally.failed]
            notes = [*(f"{key}: not exercised" for key in missing), *(f"{key}: never violated" for key in never)]
            done = f"{len(tested.expectations) - len(missing)}/{len(tested.expectations)}"
            rows.append(f"{name.ljust(width)}  {tested.runs:4}  {done.rjust(12)}  {', '.join(notes)}".rstrip())
        return [*rows, f"{self.percent:.0f} % of datasets and expectations exercised"]
