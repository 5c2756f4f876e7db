"""Where an update's time goes: its steps by the thread that takes them, and what Spark's jobs take of it.

`Spans` counts the time of functions, each without that of the counted functions it calls; `Streams` adds up what
streaming queries say of themselves; `Jobs` reads Spark's event log.
"""

from __future__ import annotations

import functools
import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Spans:
    """Seconds and calls by name. Time is each thread's own, so steps side by side add up to more than the clock."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.calls: dict[str, int] = defaultdict(int)
        self._lock = threading.Lock()
        self._local = threading.local()

    def reset(self) -> None:
        with self._lock:
            self.seconds.clear()
            self.calls.clear()

    def watch(self, owner: Any, name: str, label: str | None = None) -> None:
        """Counts calls of `owner.name` from now on."""
        function = getattr(owner, name)
        setattr(owner, name, self.timed(function, label or f"{getattr(owner, '__name__', owner)}.{name}"))

    def timed(self, function: Callable[..., Any], label: str) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            stack = self._local.__dict__.setdefault("stack", [])
            stack.append(0.0)
            started = time.monotonic()
            try:
                return function(*args, **kwargs)
            finally:
                took = time.monotonic() - started
                inner = stack.pop()
                if stack:
                    stack[-1] += took
                with self._lock:
                    self.seconds[label] += took - inner
                    self.calls[label] += 1

        return call

    def lines(self) -> list[str]:
        rows = sorted(self.seconds.items(), key=lambda item: -item[1])
        return [f"  {seconds:8.2f} s {self.calls[label]:6d} ×  {label}" for label, seconds in rows if seconds >= 0.005]


class Streams:
    """The durations that streaming queries report for their batches, summed."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.batches = 0

    def reset(self) -> None:
        self.seconds.clear()
        self.batches = 0

    def add(self, query: Any) -> None:
        for progress in query.recentProgress:
            self.batches += 1
            for name, milliseconds in progress.durationMs.items():
                self.seconds[name] += milliseconds / 1000

    def lines(self) -> list[str]:
        rows = sorted(self.seconds.items(), key=lambda item: -item[1])
        return [f"  {seconds:8.2f} s  {name}" for name, seconds in rows]


class Jobs:
    """Spark's event log in `folder`; `since` gives what ran after a moment of the clock."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def since(self, started: float) -> dict[str, float]:
        """Jobs, stages, tasks; seconds with a job running; seconds of tasks, thereof garbage collection."""
        jobs: dict[int, list[float]] = {}
        found: dict[str, float] = defaultdict(float)
        for path in sorted(self._folder.rglob("*")):
            if path.is_file() and not path.name.startswith(("appstatus", ".")):
                self._read(path, started * 1000, jobs, found)
        found["jobs"] = len(jobs)
        busy, until = 0.0, 0.0
        for begin, end in sorted(jobs.values()):
            busy += max(0.0, end - max(begin, until))
            until = max(until, end)
        found["busy"] = busy / 1000
        return found

    def _read(self, path: Path, after: float, jobs: dict[int, list[float]], found: dict[str, float]) -> None:
        with path.open(encoding="utf-8") as file:
            for line in file:
                if not line.endswith("\n"):
                    break
                event = json.loads(line)
                kind = event["Event"]
                if kind == "SparkListenerJobStart" and event["Submission Time"] >= after:
                    jobs[event["Job ID"]] = [event["Submission Time"], event["Submission Time"]]
                elif kind == "SparkListenerJobEnd" and event["Job ID"] in jobs:
                    jobs[event["Job ID"]][1] = event["Completion Time"]
                elif kind == "SparkListenerTaskEnd" and event["Task Info"]["Launch Time"] >= after:
                    metrics = event.get("Task Metrics") or {}
                    found["tasks"] += 1
                    found["task seconds"] += (
                        event["Task Info"]["Finish Time"] - event["Task Info"]["Launch Time"]
                    ) / 1000
                    found["collection seconds"] += metrics.get("JVM GC Time", 0) / 1000
                elif kind == "SparkListenerStageCompleted" and event["Stage Info"].get("Submission Time", 0) >= after:
                    found["stages"] += 1
