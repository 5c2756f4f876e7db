"""For tests: the real engine process, driven as the workspace drives it, and a plain Spark session."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from pyspark import SparkConf, SparkContext
from pyspark.sql import SparkSession

from lakehouse_engine.session import SETTINGS, jvm_options

SOURCE = Path(__file__).resolve().parents[1]

# What makes the engine's session the workspace's; the rest makes Spark fit for small data on few cores.
_OF_THE_WORKSPACE = {
    "spark.scheduler.mode",
    "spark.sql.extensions",
    "spark.sql.sources.default",
    "spark.sql.execution.arrow.pyspark.enabled",
    "spark.hadoop.fs.dbfs.impl",
    "spark.delta.logStore.dbfs.impl",
    "spark.hadoop.fs.defaultFS",
    "spark.python.daemon.module",
}


@contextlib.contextmanager
def spark_session() -> Iterator[SparkSession]:
    """Spark with Delta in this process, for tests of functions of DataFrames. Every caller has the same one.

    ENGINE_JARS names Delta's jars and the engine's own.
    """
    owner = SparkContext._active_spark_context is None
    settings = {
        **{name: value for name, value in SETTINGS.items() if name not in _OF_THE_WORKSPACE},
        "spark.sql.extensions": ",".join(
            ["org.apache.spark.sql.lakehouse.TableFilesExtension", "io.delta.sql.DeltaSparkSessionExtension"]
        ),
        "spark.databricks.delta.properties.defaults.enableDeletionVectors": "true",
        "spark.driver.extraClassPath": _jars(),
        "spark.driver.extraJavaOptions": jvm_options(),
        "spark.driver.memory": "1g",
    }
    session = SparkSession(SparkContext.getOrCreate(SparkConf().setMaster("local[2]").setAll(list(settings.items()))))
    session.sparkContext.setLogLevel("ERROR")
    context: Any = session.sparkContext
    context._jvm.lakehouse.catalog.HadoopDefaults.trim(context._jsc.hadoopConfiguration())
    try:
        yield session
    finally:
        if owner:
            session.stop()


def _jars() -> str:
    jars = os.environ.get("ENGINE_JARS", "")
    if "delta" not in jars:
        raise RuntimeError("ENGINE_JARS does not name Delta's jars")
    return jars


def wait_for(condition: Callable[[], object], what: str, timeout: float = 300) -> None:
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, f"waited {timeout} s for {what}"
        time.sleep(0.02)


class EngineFailed(Exception):
    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["message"])
        self.data = error.get("data", {})


class EngineProcess:
    """Stands for the workspace: `answers` maps the engine's own requests to what they are given."""

    def __init__(self, folder: Path) -> None:
        _jars()
        self.folder = folder
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, Any] = {"catalog.putTable": lambda p: {"tableId": "id"}}
        self._ids = itertools.count(1)
        self._waiting: dict[int, Future[Any]] = {}
        self._lock = threading.Lock()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lakehouse_engine"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, "PYTHONPATH": str(SOURCE), "ENGINE_MEMORY": "1g"},
        )
        assert self.process.stdin and self.process.stdout
        self._stdin, self._stdout = self.process.stdin, self.process.stdout
        threading.Thread(target=self._read, daemon=True).start()

    def initialize(self, catalogs: list[dict[str, Any]], timeout: float = 120) -> dict[str, Any]:
        roots = {"dataDir": "", "volumesRoot": "volumes", "tablesRoot": "tables"}
        params = {key: str(self.folder / name) for key, name in roots.items()}
        return self.ask("initialize", {**params, "catalogs": catalogs, "tables": [], "functions": []}, timeout)

    def send(self, method: str, params: dict[str, Any]) -> Future[Any]:
        number = next(self._ids)
        answer = self._waiting[number] = Future()
        self._write({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        return answer

    def ask(self, method: str, params: dict[str, Any], timeout: float = 120) -> Any:
        return self.send(method, params).result(timeout)

    def sql(self, statement: str, **more: Any) -> Any:
        """The rows; `result` then has the whole answer."""
        folder = self.folder / "results" / str(next(self._ids))
        params = {"statementId": folder.name, "statement": statement, "resultDir": str(folder), "principal": "me"}
        self.result = self.ask("sql.execute", {"catalog": "main", "schema": "default", **params, **more})
        rows: list[list[str | None]] = []
        for chunk in self.result["chunks"]:
            data = (folder / chunk["file"]).read_bytes()
            if more.get("format", "JSON_ARRAY") != "JSON_ARRAY":
                return data
            rows += json.loads(data)
        return rows

    def notebook(self, *cells: str, run_id: str = "1", path: str = "/Shared/n", **more: Any) -> dict[str, Any]:
        source = "# Databricks notebook source\n" + "\n# COMMAND ----------\n".join(cells)
        params = {"runId": run_id, "path": path, "language": "PYTHON", "source": source, "principal": "me"}
        return self.ask("notebook.run", {**params, "parameters": {}, "sysPath": [], **more})

    def wait_for_job(self) -> None:
        """Until Spark works on something: what was sent before has then got beyond its analysis."""
        active = "spark.sparkContext.statusTracker().getActiveJobsIds()"
        ran = self.notebook(f"import time\nwhile not {active}:\n    time.sleep(0.01)", run_id="wait-for-job")
        assert "error" not in ran, ran["error"]

    def printed(self, run_id: str) -> str:
        told = [p["text"] for method, p in self.told if method == "notebook.output" and p["runId"] == run_id]
        return "".join(told)

    def close(self) -> int:
        self._stdin.close()
        try:
            return self.process.wait(20)
        finally:
            self.process.kill()

    def log(self) -> str:
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def _write(self, message: dict[str, Any]) -> None:
        with self._lock:
            self._stdin.write(json.dumps(message).encode() + b"\n")
            self._stdin.flush()

    def _read(self) -> None:
        for line in self._stdout:
            message = json.loads(line)
            if "method" not in message:
                self._answered(message)
            elif "id" not in message:
                self.told.append((message["method"], message["params"]))
            else:
                self._answer(message)

    def _answered(self, message: dict[str, Any]) -> None:
        waiting = self._waiting.pop(message["id"])
        if "error" in message:
            waiting.set_exception(EngineFailed(message["error"]))
        else:
            waiting.set_result(message["result"])

    def _answer(self, message: dict[str, Any]) -> None:
        method, params = message["method"], message["params"]
        self.asked.append((method, params))
        answer = self.answers.get(method, lambda _: {})
        try:
            self._write({"jsonrpc": "2.0", "id": message["id"], "result": answer(params)})
        except PermissionError as refused:
            data = {"error_class": "PERMISSION_DENIED", "error_code": "PERMISSION_DENIED"}
            error = {"code": -32000, "message": str(refused), "data": data}
            self._write({"jsonrpc": "2.0", "id": message["id"], "error": error})
