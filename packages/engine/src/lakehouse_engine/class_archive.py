"""`python -m lakehouse_engine.class_archive FILE`: makes the archive of classes that the engine's JVM starts from.

Spark and Delta load some 25,000 classes until the first update has run. An archive of them (class-data sharing)
takes a fifth off the processor time of a start and a first update, and more than half off the start alone. It holds
what the engine loads while it does here, once, what pipelines, statements and notebooks do most.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from lakehouse_engine.testing import EngineProcess

_TIMEOUT = 600  # of each step, on a machine that has other work

_PIPELINE = """from pyspark import pipelines as dp

@dp.table
@dp.expect("positive", "amount > 0")
def orders():
    reader = spark.readStream.format("cloudFiles").option("cloudFiles.format", "csv")
    return reader.option("header", "true").schema("id INT, amount INT, version INT").load("/Volumes/main/raw/landing")

@dp.materialized_view
def total():
    return spark.read.table("orders").groupBy("id").count()

dp.create_streaming_table("history")
dp.create_auto_cdc_flow("history", "orders", keys=["id"], sequence_by="version", stored_as_scd_type=2)
"""
_STATEMENTS = (
    "CREATE TABLE main.default.kept AS SELECT 1 AS a, 'x' AS b",
    "MERGE INTO main.default.kept USING (SELECT 1 AS a) s ON kept.a = s.a WHEN MATCHED THEN UPDATE SET b = 'y'",
    "UPDATE main.default.kept SET b = 'z'",
    "DELETE FROM main.default.kept WHERE a = 1",
    "DESCRIBE HISTORY main.default.kept",
    "SELECT h.id, count(*) FROM main.default.history h JOIN main.default.total t USING (id) GROUP BY 1 ORDER BY 1",
)
_NOTEBOOK = """# Databricks notebook source
frame = spark.range(5)
frame.write.saveAsTable("main.default.numbers")
display(spark.table("main.default.numbers"))
frame.toPandas()
"""
# The JVM writes the archive as it ends by itself; the engine then ends, too.
_END = "# Databricks notebook source\nspark._jvm.java.lang.System.exit(0)\n"


def make(archive: Path) -> None:
    os.environ.pop("ENGINE_CLASS_ARCHIVE", None)
    os.environ["ENGINE_JVM_OPTIONS"] = f"-XX:ArchiveClassesAtExit={archive}"
    with tempfile.TemporaryDirectory(prefix="lakehouse-classes-") as folder:
        engine = EngineProcess(Path(folder))
        try:
            _work(engine)
            engine.send("notebook.run", _notebook(_END))
            engine.process.wait(_TIMEOUT)
        finally:
            engine.process.kill()
        if not archive.exists():
            raise SystemExit(f"The JVM wrote no archive {archive}:\n{engine.log()[-2000:]}")


def _work(engine: EngineProcess) -> None:
    engine.initialize([{"name": "main", "schemas": ["default", "raw"]}], timeout=_TIMEOUT)
    landing = engine.folder / "volumes/main/raw/landing"
    landing.mkdir(parents=True)
    (landing / "1.csv").write_text("id,amount,version\n1,10,1\n1,20,2\n2,-1,3\n")
    source = {"path": "/Workspace/p/source.py", "kind": "file", "language": "PYTHON", "content": _PIPELINE}
    pipeline = {
        "id": "p", "name": "p", "catalog": "main", "schema": "default", "rootPath": "/Workspace/p",
        "sources": [source], "files": [],
    }  # fmt: skip
    update = {"pipelineId": "p", "updateId": "u", "pipeline": pipeline, "principal": "me"}
    answer = engine.ask("update.run", {**update, "storage": str(engine.folder / "pipelines")}, timeout=_TIMEOUT)
    if answer != {"state": "COMPLETED"}:
        raise SystemExit(f"The update ended as {answer}")
    for number, statement in enumerate(_STATEMENTS):
        params = {"statementId": str(number), "statement": statement, "catalog": "main", "principal": "me"}
        engine.ask("sql.execute", {**params, "resultDir": str(engine.folder / f"result-{number}")}, timeout=_TIMEOUT)
    answer = engine.ask("notebook.run", _notebook(_NOTEBOOK), timeout=_TIMEOUT)
    if "error" in answer:
        raise SystemExit(f"The notebook failed: {answer['error']}")


def _notebook(source: str) -> dict[str, Any]:
    run = {"runId": "r", "path": "/Shared/n", "language": "PYTHON", "source": source, "principal": "me"}
    return {**run, "parameters": {}, "sysPath": []}


if __name__ == "__main__":
    make(Path(sys.argv[1]))
