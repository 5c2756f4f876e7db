"""`python -m lakehouse_engine`: the Spark process of the local workspace (docs/architecture.md, Engine protocol)."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
import threading
import traceback
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from lakehouse_engine.contract import Connection, Empty, RunResult, UpdateRunResult
from lakehouse_engine.errors import EngineError
from lakehouse_engine.protocol import Peer


def private_streams() -> tuple[BinaryIO, BinaryIO]:
    """The protocol's own descriptors. What user code or the JVM reads and prints gets nowhere near them."""
    incoming, outgoing = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return os.fdopen(incoming, "rb"), os.fdopen(outgoing, "wb")


Answer = TypeVar("Answer", RunResult, UpdateRunResult)


class Server:
    """Puts the engine's parts together and answers the workspace's requests."""

    def __init__(self, connection: Peer) -> None:
        self._peer = connection
        peer: Connection = connection
        self._lock = threading.Lock()
        self._updates: Any = None
        peer.on("initialize", self.initialize)
        peer.on("ping", self.ping, ordered=True)
        peer.on("catalog.apply", lambda p: self._ready("catalog").apply(p["changes"]) or {}, ordered=True)
        peer.on("sql.openSession", lambda p: self._ready("statements").sessions.open(p))
        peer.on("sql.closeSession", lambda p: self._ready("statements").sessions.close(p["sessionId"]) or {})
        peer.on("sql.execute", lambda p: self._ready("statements").execute(p))
        peer.on("sql.cancel", lambda p: self._ready("statements").cancel(p["statementId"]) or {})
        peer.on("notebook.run", lambda p: self._reported(self._ready("notebooks").run_notebook(p)))
        peer.on("python.run", lambda p: self._reported(self._ready("notebooks").run_python(p)))
        peer.on("command.openContext", lambda p: self._ready("notebooks").contexts.open(p["contextId"]) or {})
        peer.on("command.closeContext", lambda p: self._ready("notebooks").contexts.close(p["contextId"]) or {})
        peer.on("command.run", lambda p: self._reported(self._ready("notebooks").run_command(p)))
        peer.on("notebook.cancel", lambda p: self._ready("notebooks").cancel(p["runId"]) or {})
        peer.on("update.run", lambda p: self._reported(self._update_service().run(p)))
        peer.on("update.stop", lambda p: self._update_service().stop(p) or {})
        peer.on("shutdown", lambda _: threading.Timer(0.1, end).start() or {})

    def initialize(self, params: dict[str, Any]) -> dict[str, Any]:
        from lakehouse_engine import jvm, python_workers
        from lakehouse_engine.catalog import Catalog
        from lakehouse_engine.catalog.guard import Guard
        from lakehouse_engine.notebook_runner import Notebooks
        from lakehouse_engine.session import Engine
        from lakehouse_engine.sql import Statements

        for folder in (params["dataDir"], params["volumesRoot"], params["tablesRoot"]):
            Path(folder).mkdir(parents=True, exist_ok=True)
        self.engine = Engine(params["dataDir"], params["volumesRoot"], params["tablesRoot"])
        jvm.watch()
        self._peer.before_failure = jvm.hold_if_gone
        self.catalog = Catalog(self.engine, self._peer)
        Guard(self.engine, self.catalog, self._peer)
        self.catalog.load(params)
        self.statements = Statements(self.engine, self.catalog, self._peer, self._refresh)
        self.notebooks = Notebooks(self.engine, self.statements, self._peer)
        python_workers.send_folders(code_folders)
        return {
            "sparkVersion": self.engine.spark.version,
            "deltaVersion": delta_version(),
            "pythonVersion": ".".join(map(str, sys.version_info[:3])),
            "pysparkVersion": version("pyspark"),
            "pid": os.getpid(),
        }

    def ping(self, _: Empty) -> Empty:
        """A sign of life of the thread that reads, of the interpreter and of the JVM."""
        if hasattr(self, "engine"):
            from lakehouse_engine import jvm

            jvm.answers()
        return {}

    def _reported(self, answer: Answer) -> Answer:
        """An answer that reports a failure, unless it failed because the JVM ended."""
        if answer.get("error"):
            self._peer.before_failure()
        return answer

    def _ready(self, part: str) -> Any:
        found = getattr(self, part, None)
        if found is None:
            raise EngineError("the engine has not been initialized", error_class="ENGINE_NOT_READY")
        return found

    def _update_service(self) -> Any:
        with self._lock:
            if self._updates is None:
                from lakehouse_engine.updates.service import UpdateService

                self._updates = UpdateService(self._ready("engine"), self.catalog, self._peer)
            return self._updates

    def _refresh(self, params: dict[str, Any]) -> dict[str, Any]:
        from lakehouse_engine.updates.service import run_unheard

        return run_unheard(self.engine, self.catalog, params)


def code_folders() -> list[str]:
    """Where the code that runs in this thread imports from: the folders of an update, or of a notebook or file."""
    from lakehouse_engine.notebook_runner.output import current_run
    from lakehouse_engine.sources.python_imports import current

    imports, run = current.get(), current_run()
    return [
        *(imports.roots if imports else ()),
        *(imports.packages if imports else ()),
        *(run.import_folders if run else ()),
    ]


def delta_version() -> str:
    """Of the jar on the class path: delta-spark_<spark>_<scala>-<version>.jar."""
    for jar in os.environ.get("ENGINE_JARS", "").split(os.pathsep):
        name = Path(jar).stem
        if name.startswith("delta-spark"):
            return name.rsplit("-", 1)[-1]
    return "unknown"


def end(status: int = 0) -> None:
    """Ends the process, and its JVM when there is one: PySpark is imported by then only if Spark has started."""
    if "pyspark" in sys.modules:
        from lakehouse_engine import jvm

        jvm.end(status)
    os._exit(status)


_PR_SET_PDEATHSIG = 1  # prctl(2)


def end_with_the_workspace() -> None:
    """An engine that hangs does not see its input end; on Linux the kernel kills it when its parent has ended."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def main() -> None:
    end_with_the_workspace()
    incoming, outgoing = private_streams()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: end())
    # PySpark logs every failed analysis in full; the error itself goes to whoever asked.
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL + 1)
    sys.dont_write_bytecode = True  # a module that a deployment replaced within a second would stay the old one
    peer = Peer(incoming, outgoing)
    Server(peer)
    try:
        peer.serve()
    except BaseException:
        traceback.print_exc()
        end(1)
    end()


if __name__ == "__main__":
    main()
