"""The engine as a process: what reaches its protocol, and how it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lakehouse_engine.jvm import ENDED_STATUS
from lakehouse_engine.testing import SOURCE, EngineFailed, EngineProcess, wait_for

NOTEBOOK = {
    "runId": "1",
    "path": "/Shared/n",
    "language": "PYTHON",
    "source": "print('begun')\nspark.range(10**12).selectExpr('sum(id % 7)').collect()",
    "principal": "me",
    "parameters": {},
    "sysPath": [],
}


@pytest.fixture
def process(tmp_path: Path) -> EngineProcess:
    return EngineProcess(tmp_path)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_engine_answers_by_the_protocol_alone_and_takes_its_children_along(process: EngineProcess) -> None:
    with pytest.raises(EngineFailed, match="not been initialized"):
        process.ask("sql.execute", {})
    spilled = process.folder / "tmp" / "blockmgr-of-a-killed-engine" / "data"
    spilled.parent.mkdir(parents=True)
    spilled.touch()
    answer = process.initialize([{"name": "main", "schemas": ["default"]}])
    assert not spilled.parent.exists()
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
    process.wait_for_job()
    children = Path(f"/proc/{process.process.pid}/task/{process.process.pid}/children").read_text().split()
    began = time.monotonic()
    process.close()
    assert time.monotonic() - began < 10
    wait_for(lambda: not [pid for pid in children if _alive(int(pid))], "the JVM to end", timeout=10)


def _catches(pid: int, number: signal.Signals) -> bool:
    caught = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the kernel has no signal of a parent's end")
def test_an_engine_that_hangs_ends_with_its_workspace() -> None:
    theirs, ours = os.pipe()  # held open by this test: the input of the engine does not end
    start = "import subprocess, sys; print(subprocess.Popen(sys.argv[1:]).pid, flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", start, sys.executable, "-m", "lakehouse_engine"]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    workspace = subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, text=True, env=environment)
    assert workspace.stdout
    engine = int(workspace.stdout.readline())
    try:
        wait_for(lambda: _catches(engine, signal.SIGTERM), "the engine to start", timeout=60)
        os.kill(engine, signal.SIGSTOP)
        workspace.kill()
        wait_for(lambda: not _alive(engine), "the engine to end", timeout=10)
    finally:
        workspace.kill()
        workspace.wait()
        with contextlib.suppress(ProcessLookupError):
            os.kill(engine, signal.SIGKILL)
        workspace.stdout.close()
        os.close(theirs)
        os.close(ours)


def _java(process: EngineProcess) -> int:
    """The engine's JVM: PySpark's script has become it by `exec`."""
    [child] = Path(f"/proc/{process.process.pid}/task/{process.process.pid}/children").read_text().split()
    return int(child)


def test_an_engine_ends_with_its_jvm_however_the_jvm_ends(process: EngineProcess, tmp_path: Path) -> None:
    process.initialize([{"name": "main", "schemas": ["default"]}])
    assert process.ask("ping", {}) == {}
    busy = {"statementId": "s", "statement": "SELECT sum(id % 7) FROM range(1000000000000)", "catalog": "main"}
    statement = process.send("sql.execute", {**busy, "resultDir": str(tmp_path / "result")})
    process.wait_for_job()
    run = process.send("notebook.run", NOTEBOOK)
    wait_for(lambda: process.printed("1") == "begun\n", "the notebook to begin")
    os.kill(_java(process), signal.SIGKILL)
    assert process.process.wait(10) == ENDED_STATUS
    assert process.log().rstrip().endswith("engine: the JVM was ended by SIGKILL")
    assert not statement.done() and not run.done(), "the reason is the engine's end, not what failed by it"


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("spark._jvm.java.lang.System.exit(3)", "engine: the JVM ended with status 3"),
        ("spark._jvm.java.nio.ByteBuffer.allocate(2**30 + 2**29).capacity()", "engine: the JVM ended with status 3"),
    ],
    ids=["System.exit in user code", "out of memory"],
)
def test_a_jvm_that_user_code_ends_ends_the_engine(process: EngineProcess, cell: str, reason: str) -> None:
    process.initialize([{"name": "main", "schemas": ["default"]}])
    run = process.send("notebook.run", {**NOTEBOOK, "source": cell})
    assert process.process.wait(20) == ENDED_STATUS
    assert process.log().rstrip().endswith(reason)
    assert not run.done()
