"""Brings datasets up to date, each once in an update, several side by side; what is read is always done before.

Nothing predicts dependencies: a dataset's function runs, and reading another dataset of the pipeline brings that one
up to date first, in the reader's thread or by waiting for the thread that is at it. So what user code analyses eagerly
sees fresh tables. A thread that waits gives its slot away, so waiting never uses up the threads that do the work.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from lakehouse_engine.errors import EngineError


class Outcome(Enum):
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"
    STOPPED = "STOPPED"


class DependencyFailed(Exception):
    """A dataset that was to be read has failed or was skipped; the reader is skipped."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not up to date: it failed or was skipped")
        self.dependency = name


class Stopped(Exception):
    """The update was asked to stop."""


@dataclass
class _Unit:
    outcome: Outcome = Outcome.PENDING
    reads: str | None = None  # what its thread waits for or runs now: the edge that a cycle consists of
    error: BaseException | None = None
    result: Any = None
    done: threading.Event = field(default_factory=threading.Event)


class Scheduler:
    """`work(key)` brings one dataset up to date; it may call `need` for others, from the thread it runs in."""

    def __init__(
        self,
        keys: Iterable[str],
        work: Callable[[str], Any],
        slots: int = 4,
        stopping: threading.Event | None = None,
    ) -> None:
        """`stopping`: once it is set, nothing else begins."""
        self._units = {key: _Unit() for key in keys}
        self._work = work
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(slots)
        self.stopping = stopping or threading.Event()

    def run(self, keys: list[str]) -> dict[str, Outcome]:
        """All of `keys`, and what they read; the outcome of each dataset that was looked at."""
        if keys:
            with ThreadPoolExecutor(len(keys), thread_name_prefix="flow") as pool:
                # A user's context (which update, which session) goes with the work.
                futures = [pool.submit(copy_context().run, self._root, key) for key in keys]
            for future in futures:
                future.result()
        return {key: unit.outcome for key, unit in self._units.items() if unit.outcome is not Outcome.PENDING}

    def error(self, key: str) -> BaseException | None:
        return self._units[key].error

    def need(self, key: str, reader: str | None) -> Any:
        """The result of `key`, which `reader` is about to read, once it is up to date."""
        self._check_stop()
        unit = self._units[key]
        with self._lock:
            if reader is not None:
                self._refuse_cycle(key, reader)
                self._units[reader].reads = key
            mine = unit.outcome is Outcome.PENDING
            if mine:
                unit.outcome = Outcome.RUNNING
        try:
            if mine:
                self._execute(key, unit)
            elif not unit.done.is_set():
                self._slots.release()
                try:
                    unit.done.wait()
                finally:
                    self._slots.acquire()
        finally:
            if reader is not None:
                with self._lock:
                    self._units[reader].reads = None
        if unit.outcome is Outcome.STOPPED:
            raise Stopped()
        if unit.outcome is not Outcome.COMPLETED:
            raise DependencyFailed(key)
        return unit.result

    def _root(self, key: str) -> None:
        unit = self._units[key]
        with self._slots:
            with self._lock:
                if unit.outcome is not Outcome.PENDING:
                    return
                unit.outcome = Outcome.STOPPED if self.stopping.is_set() else Outcome.RUNNING
            if unit.outcome is Outcome.STOPPED:
                unit.done.set()
            else:
                self._execute(key, unit)

    def _execute(self, key: str, unit: _Unit) -> None:
        try:
            self._check_stop()
            unit.result = self._work(key)
            unit.outcome = Outcome.COMPLETED
        except Stopped:
            unit.outcome = Outcome.STOPPED
        except DependencyFailed as error:
            unit.error, unit.outcome = error, Outcome.SKIPPED
        except BaseException as error:
            unit.error = error
            unit.outcome = Outcome.STOPPED if self.stopping.is_set() else Outcome.FAILED
        finally:
            unit.done.set()

    def _refuse_cycle(self, key: str, reader: str) -> None:
        path, current = [reader, key], key
        while current != reader:
            following = self._units[current].reads
            if following is None:
                return
            current = following
            path.append(current)
        raise EngineError(
            f"Datasets read each other in a circle: {' → '.join(path)}; break it at one of them",
            error_class="CIRCULAR_DEPENDENCY",
        )

    def _check_stop(self) -> None:
        if self.stopping.is_set():
            raise Stopped()
