"""What a run prints: stdout and stderr of its thread, and of threads that its code starts, go to the workspace."""

from __future__ import annotations

import functools
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from pyspark.sql import SparkSession

from lakehouse_engine.redaction import Redactor
from lakehouse_engine.session import active

_RUN = "_lakehouse_run"


def current_run() -> Any:
    """The run whose code this thread executes, if any."""
    return getattr(threading.current_thread(), _RUN, None)


def enter_run(run: Any) -> None:
    setattr(threading.current_thread(), _RUN, run)


class _Stream:
    """Stands for sys.stdout and sys.stderr; text printed outside of a run goes where it always went."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def write(self, text: str) -> int:
        run = current_run()
        if run is None:
            return self._real.write(text)
        run.print(text)
        return len(text)

    def flush(self) -> None:
        if current_run() is None:
            self._real.flush()

    def writelines(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class Printer:
    """Collects small writes and sends them on at line ends, at most every few hundred milliseconds."""

    def __init__(self, send: Callable[[str], None], redactor: Redactor) -> None:
        self._send = send
        self._redactor = redactor
        self._parts: list[str] = []
        self._size = 0
        self._last = 0.0
        self._lock = threading.Lock()

    def write(self, text: str) -> None:
        with self._lock:
            self._parts.append(text)
            self._size += len(text)
            now = time.monotonic()
            if self._size > 32_768 or ("\n" in text and now - self._last > 0.3):
                self._last = now
                self._flush()

    def flush(self) -> None:
        with self._lock:
            self._flush()

    def _flush(self) -> None:
        if self._parts:
            text = self._redactor.text("".join(self._parts))
            self._parts, self._size = [], 0
            self._send(text)


def _in_session(session: SparkSession, work: Callable[[], None]) -> None:
    """A thread of a run's code works for the run's principal, in its session."""
    with active(session):
        work()


_installed = False


def install() -> None:
    global _installed
    if _installed:
        return
    _installed = True
    sys.stdout = _Stream(sys.stdout)
    sys.stderr = _Stream(sys.stderr)
    start, sleep = threading.Thread.start, time.sleep

    def start_in_run(thread: threading.Thread) -> None:
        run = current_run()
        if run is not None:
            setattr(thread, _RUN, run)
            if thread is not run.thread:
                thread.run = functools.partial(_in_session, run.session, thread.run)
        start(thread)

    def sleep_in_run(seconds: float) -> None:
        """In slices, since an exception set from outside is raised between two of Python's steps only."""
        if current_run() is None or seconds <= 0.2:
            sleep(seconds)
            return
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            sleep(min(left, 0.2))

    patched: Any = threading.Thread
    patched.start = start_in_run
    time.sleep = sleep_in_run
