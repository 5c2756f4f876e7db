"""One run of a notebook or Python file: its session, what it prints, its end."""

from __future__ import annotations

import ctypes
import math
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import SparkSession

from lakehouse_engine.cancellation import Cancellation
from lakehouse_engine.environments.active import Packages
from lakehouse_engine.notebook_runner.output import Printer
from lakehouse_engine.notebook_runner.streams import Streams
from lakehouse_engine.redaction import Redactor

# Seconds from one interruption of a canceled run's thread to the next, of which there are three.
_INTERRUPTS = (0.5, 5.0)


class NotebookExit(BaseException):
    """dbutils.notebook.exit: ends the notebook; not an Exception, so that user code's handlers let it pass."""

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


class RunCanceled(BaseException):
    """Raised inside of the run's thread when it is canceled."""


@dataclass
class Run:
    run_id: str
    path: str
    session: SparkSession
    principal: str | None
    printer: Printer
    redactor: Redactor
    folders: list[str]
    parameters: dict[str, str] = field(default_factory=dict)
    spark_conf: Mapping[str, str] = field(default_factory=dict)
    thread: threading.Thread | None = None
    dbutils: Any = None
    # Of a command: the table that it showed last. None in notebooks, where tables are printed.
    shown: list[dict[str, Any]] | None = None
    parent: Run | None = None
    # A command's queries go on after it, until its execution context is closed.
    owns_streams: bool = True
    # Of MLflow: whether it was used, and the experiment that its runs are in.
    uses_mlflow: bool = False
    experiment: str | None = None
    # A notebook that another one runs shares that one's.
    packages: Packages = field(init=False)
    cancellation: Cancellation = field(init=False)
    streams: Streams = field(init=False)

    def __post_init__(self) -> None:
        # A notebook that another one runs may end alone, so its jobs are a group of their own.
        group = f"{self.run_id}/{uuid.uuid4()}" if self.parent else self.run_id
        self.cancellation = Cancellation(group, again=self._interrupt)
        self.packages = self.parent.packages if self.parent else Packages(self.print, self.cancellation.requested)
        self.streams = Streams(self.session)
        self._interrupts = iter(_INTERRUPTS)
        self._next_interrupt: float | None = None

    @property
    def import_folders(self) -> list[str]:
        return [*self.folders, *self.packages.folders]

    def print(self, text: str) -> None:
        self.printer.write(text)

    def tell(self, text: str) -> None:
        """At once: the run may print nothing more for a long time."""
        self.print(f"{text}\n")
        self.printer.flush()

    def start(self, work: Callable[[], Any]) -> None:
        self.thread = threading.Thread(target=work, name=f"run-{self.run_id}", daemon=True)
        self.thread.start()

    def _interrupt(self) -> None:
        """Raises RunCanceled in the run's thread, some seconds apart: code that catches it may need another one.

        A thread that waits for a query in the JVM is not interrupted before the query ends.
        """
        if self.owns_streams:
            self.streams.stop()
        now = time.monotonic()
        if self._next_interrupt is None:
            self._next_interrupt = now
        thread = self.thread
        if thread is None or thread.ident is None or now < self._next_interrupt:
            return
        self._next_interrupt = now + next(self._interrupts, math.inf)
        if thread.is_alive() and not self.cancellation.ended.is_set():
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(RunCanceled))
