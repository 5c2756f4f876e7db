"""The engine as a process: what reaches its protocol, and how it ends."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from lakehouse_engine.testing import EngineFailed, EngineProcess


@pytest.fixture
def process(tmp_path: Path) -> EngineProcess:
    if "delta" not in os.environ.get("ENGINE_JARS", ""):
        pytest.skip("ENGINE_JARS does not name Delta's jars")
    return EngineProcess(tmp_path)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_process_outlives_the_workspace_or_prints_into_the_protocol(process: EngineProcess) -> None:
    with pytest.raises(EngineFailed, match="not been initialized"):
        process.ask("sql.execute", {})
    answer = process.initialize([{"name": "main", "schemas": ["default"]}])
    assert answer["sparkVersion"].startswith("4.") and answer["pid"] == process.process.pid
    with pytest.raises(EngineFailed, match=r"no method nonsense"):
        process.ask("nonsense", {})
    answer = process.notebook(
        "import os, subprocess, sys\nos.write(1, b'raw\\n')\nsubprocess.run(['echo', 'child'])\nprint('printed')\n"
        "assert sys.stdin.read() == ''\ndbutils.notebook.exit('ok')"
    )
    assert answer.get("result") == "ok", answer
    assert "raw" in process.log() and "child" in process.log()
    busy = {"statementId": "s", "statement": "SELECT sum(id % 7) FROM range(1000000000000)", "resultDir": "/nowhere"}
    process.send("sql.execute", {**busy, "catalog": "main"})
    time.sleep(2)
    children = Path(f"/proc/{process.process.pid}/task/{process.process.pid}/children").read_text().split()
    began = time.monotonic()
    process.close()
    assert time.monotonic() - began < 10
    time.sleep(0.5)
    assert not [pid for pid in children if _alive(int(pid))], "the JVM is still there"
