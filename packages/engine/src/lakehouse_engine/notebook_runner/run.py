"""One run of a notebook or Python file: its session, what it prints, its end."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import SparkSession

from lakehouse_engine.environments.active import Packages
from lakehouse_engine.jobs import drop_jobs
from lakehouse_engine.notebook_runner.output import Printer
from lakehouse_engine.redaction import Redactor


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
    canceled: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None
    dbutils: Any = None
    # Of a command: the table that it showed last. None in notebooks, where tables are printed.
    shown: list[dict[str, Any]] | None = None
    children: list[Run] = field(default_factory=list)
    parent: Run | None = None
    # A notebook that another one runs shares that one's.
    packages: Packages = field(init=False)

    def __post_init__(self) -> None:
        self.packages = self.parent.packages if self.parent else Packages(self.print, self.canceled)

    @property
    def import_folders(self) -> list[str]:
        return [*self.folders, *self.packages.folders]

    def print(self, text: str) -> None:
        self.printer.write(text)

    def start(self, work: Callable[[], Any]) -> None:
        self.thread = threading.Thread(target=work, name=f"run-{self.run_id}", daemon=True)
        self.thread.start()

    def cancel(self) -> None:
        """Asks the thread to stop and Spark to drop the run's jobs."""
        first = not self.canceled.is_set()
        self.canceled.set()
        for child in self.children:
            child.cancel()
        if self.parent is not None:  # its jobs are the parent's group, and the parent may go on
            self.session.sparkContext.cancelJobGroup(self.run_id)
        elif first:
            drop_jobs(self.session.sparkContext, self.run_id, self.ended)
        thread = self.thread
        if thread is not None and thread.ident is not None and thread.is_alive() and not self.ended.is_set():
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(RunCanceled))
