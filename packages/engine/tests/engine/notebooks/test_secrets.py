"""The value of a secret leaves a run or an update nowhere: planted, and looked for in every byte and every answer."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from lakehouse_engine.redaction import Redactor
from lakehouse_engine.testing import EngineProcess

SECRET = 'plänted-"7z3q"-value\n-second line of it-'
PARTS = ("7z3q", "second line of it")  # no identifier in hexadecimal digits has the first by chance
READ = "secret = dbutils.secrets.get('vault', 'key')\n"


@pytest.fixture
def vault(engine: EngineProcess) -> Iterator[EngineProcess]:
    before = dict(engine.answers)
    engine.answers["secrets.get"] = lambda _: {"value": base64.b64encode(SECRET.encode()).decode()}
    yield engine
    engine.answers.clear()
    engine.answers.update(before)


CELLS = {
    "printed": "print(secret)\nprint('parts', secret.split('\\n')[0], repr(secret))",
    "to stderr": "import sys\nprint(secret, file=sys.stderr)",
    "shown": "display(spark.createDataFrame([(secret,)], 'a string'))\nsecret",
    "the exit value": "dbutils.notebook.exit('it is ' + secret)",
    "an exit value as JSON": "import json\ndbutils.notebook.exit(json.dumps({'k': secret}))",
    "an exit value that is cut within it": "dbutils.notebook.exit('x' * (5 * 1024 * 1024 - 12) + secret)",
    "an error": "raise ValueError('bad ' + secret)",
    "an error of Spark": "spark.sql(f\"SELECT assert_true(false, '{secret}')\").collect()",
    "an error of a worker": "from pyspark.sql.functions import udf\n@udf('string')\ndef fails(x):\n"
    "    raise ValueError('worker ' + secret)\nspark.range(1).select(fails('id')).collect()",
    "a task value": "dbutils.jobs.taskValues.set('k', [secret])",
    "a thread": "import threading\nt = threading.Thread(target=lambda: print(secret))\nt.start()\nt.join()",
    "a called notebook": "print(dbutils.notebook.run('./leaks', 60, {'given': secret}))",
}


@pytest.mark.parametrize("how", CELLS)
def test_a_notebook_leaves_its_secret_out_of(vault: EngineProcess, how: str) -> None:
    folder = vault.folder / "workspace/Shared"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "leaks.py").write_text(
        "# Databricks notebook source\nprint(dbutils.widgets.get('given'))\n"
        "dbutils.notebook.exit(dbutils.widgets.get('given'))\n"
    )
    seen = len(vault.told), len(vault.asked)
    answer = vault.notebook(READ + CELLS[how], run_id=f"leaks {how}")
    text = json.dumps([answer, vault.told[seen[0] :], vault.asked[seen[1] :]], ensure_ascii=False)
    assert not [part for part in PARTS if part in text], text[-3000:]
    assert ("[REDACTED]" in text) != (how == "a task value"), "the test reaches the way out"
    if how == "a task value":
        assert "The task value 'k' holds a secret" in answer["error"]["message"]
    assert not _found(vault.folder)


def test_a_file_of_python_leaves_its_secret_out(vault: EngineProcess) -> None:
    source = f"from databricks.sdk.runtime import dbutils\n{READ}raise ValueError(secret)"
    answer = vault.ask(
        "python.run", {"runId": "file", "path": "/Shared/f.py", "source": source, "argv": [], "principal": "me"}
    )
    assert answer["error"]["message"].startswith("ValueError: [REDACTED]")
    assert not [part for part in PARTS if part in json.dumps(answer, ensure_ascii=False)]


def test_an_update_leaves_its_secret_out_of_events_and_answer(vault: EngineProcess) -> None:
    read = "secret = dbutils.secrets.get('vault', 'key')\n"
    flows = (
        "@dp.table(spark_conf={'my.key': secret}, comment='c')\ndef told():\n    return spark.range(1)\n"
        "@dp.table\ndef fails():\n    raise ValueError('bad ' + secret)\n"
    )
    for number, text in enumerate([read + flows, read + "raise ValueError(secret)\n"]):
        spec = {
            "id": f"leaks{number}", "name": "leaks", "catalog": "main", "schema": "default", "rootPath": "/Workspace/l",
            "files": [],
            "sources": [{"path": "/Workspace/l/n", "kind": "notebook", "language": "PYTHON",
                         "content": "# Databricks notebook source\nfrom pyspark import pipelines as dp\n" + text}],
        }  # fmt: skip
        seen = len(vault.told)
        answer = vault.ask("update.run", {
            "pipelineId": spec["id"], "updateId": f"leaks-u{number}", "pipeline": spec, "principal": "me",
            "storage": str(vault.folder / "pipelines" / str(spec["id"]))})  # fmt: skip
        assert answer["state"] == "FAILED"
        text = json.dumps([answer, vault.told[seen:]], ensure_ascii=False)
        assert "[REDACTED]" in text and not [part for part in PARTS if part in text], text[-3000:]
    assert not _found(vault.folder)


def test_what_code_makes_of_a_value_is_found_where_json_and_python_write_it() -> None:
    redactor = Redactor()
    redactor.hide("ab")
    redactor.hide('abc"\n')
    assert redactor.text('ab abc"\n abc\\"\\n x') == "[REDACTED] [REDACTED] [REDACTED] x"
    redactor.hide(" \n")
    redactor.hide("state")
    assert redactor.value({"state": [1, None, "ab", "no state"]}) == {"state": [1, None, "ab", "no [REDACTED]"]}


def _found(folder: Path) -> list[str]:
    """The files of the data folder that hold a part of the secret."""
    marks = [part.encode() for part in PARTS]
    return [str(p) for p in folder.rglob("*") if p.is_file() and any(mark in p.read_bytes() for mark in marks)]
