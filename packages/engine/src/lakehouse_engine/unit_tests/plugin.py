"""The pytest plugin: an engine for the whole run, the module that tests import, the table of coverage at the end."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lakehouse_engine.unit_tests.coverage import Coverage
from lakehouse_engine.unit_tests.pipeline import Runner, TestPipeline, install


class Plugin:
    def __init__(self, spec: dict[str, Any], folder: Path) -> None:
        self._runner = _start(spec, folder)
        self._module = install(self._runner)
        sys.modules[self._module.__name__] = self._module

    @property
    def coverage(self) -> Coverage:
        return self._runner.coverage

    def stop(self) -> None:
        TestPipeline._runner = None
        sys.modules.pop(self._module.__name__, None)

    def pytest_configure(self, config: pytest.Config) -> None:
        config.pluginmanager.register(self._module, "pyspark.pipelines.testing")

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        terminalreporter.section("pipeline coverage")
        for line in self.coverage.lines():
            terminalreporter.write_line(line)


@contextlib.contextmanager
def _errors_to(file: Path) -> Iterator[None]:
    """What the JVM prints has no place between the lines of pytest; it inherits its streams when it starts."""
    before, log = os.dup(2), os.open(file, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    os.dup2(log, 2)
    try:
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)
        os.close(log)


def _start(spec: dict[str, Any], folder: Path) -> Runner:
    from lakehouse_engine.catalog.guard import Guard
    from lakehouse_engine.notebook_runner import volume_files
    from lakehouse_engine.session import Engine
    from lakehouse_engine.unit_tests.isolation import IsolatedCatalog, IsolatedVolumes, Workspace

    # PySpark logs every failed analysis in full; the error itself reaches the test.
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL + 1)
    for name in ("data", "volumes", "tables"):
        (folder / name).mkdir()
    with _errors_to(folder / "spark.log"):
        engine = Engine(str(folder / "data"), str(folder / "volumes"), str(folder / "tables"))
    engine.volumes = IsolatedVolumes(str(folder / "volumes"))
    volume_files.install(engine.volumes)
    workspace = Workspace()
    catalog = IsolatedCatalog(engine, workspace)
    Guard(engine, catalog, workspace)
    catalog.load({})
    catalog.require_schema("main", "default")
    runner = Runner(engine, catalog, workspace, spec)
    runner.names.install()
    return runner
