"""The benchmark of the medallion watches steps of the engine by their names."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_step_that_the_trace_watches_is_in_the_engine() -> None:
    # In a process of its own: what is watched stays wrapped.
    code = "import medallion, update_trace\nmedallion.watch(update_trace.Spans(), update_trace.Streams())"
    path = os.pathsep.join(
        str(ROOT / folder) for folder in ("packages/engine/src", "notebooks", "bench", "tests/notebooks")
    )
    ended = subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path}, capture_output=True)
    assert ended.returncode == 0, ended.stderr.decode()
