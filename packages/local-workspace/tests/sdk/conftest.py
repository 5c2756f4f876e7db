"""A local workspace of its own for the session, as any client meets it: an address and a token."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from databricks.sdk import WorkspaceClient

MAIN = Path(__file__).parents[2] / "src" / "main.ts"
START_TIMEOUT = 60


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkspaceClient]:
    data = tmp_path_factory.mktemp("workspace")
    node = os.environ.get("NODE_BINARY") or shutil.which("node") or "node"
    log = (data / "stdout.log").open("wb")
    process = subprocess.Popen(
        [node, str(MAIN), "--data-dir", str(data / "state"), "--port", "0"],
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        file = data / "state" / "workspace.json"
        deadline = time.monotonic() + START_TIMEOUT
        while not file.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the workspace did not start: {(data / 'stdout.log').read_text()}")
            time.sleep(0.02)
        yield WorkspaceClient(
            host=json.loads(file.read_text())["host"],
            token=(data / "state" / "token").read_text().strip(),
            auth_type="pat",
        )
    finally:
        process.terminate()
        process.wait(30)
        log.close()
