"""`pyspark.pipelines.testing`: TestPipeline and the status of its runs."""

from __future__ import annotations

import shutil
import types
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from lakehouse_engine.errors import EngineError
from lakehouse_engine.event_log.table import frame_of
from lakehouse_engine.graph.names import Defaults, split
from lakehouse_engine.session import Engine
from lakehouse_engine.sql import Statements
from lakehouse_engine.unit_tests.coverage import Coverage
from lakehouse_engine.unit_tests.isolation import IsolatedCatalog, IsolatedNames, IsolatedVolumes, Workspace
from lakehouse_engine.updates.service import UpdateService, run_unheard


class UpdateFailed(Exception):
    """An update of a test failed. `status` has its event log."""

    def __init__(self, message: str, status: RunStatus) -> None:
        super().__init__(message)
        self.status = status


class RunStatus:
    """How an update of a test ended: `is_success`, and `event_log_table_name` for a query of `test_spark`."""

    def __init__(self, runner: Runner, session: SparkSession, number: int, events: list[dict[str, Any]]) -> None:
        self._runner = runner
        self._session = session
        self._table = f"event_log_of_run_{number}"
        self._made = False
        self.events = events
        self.is_success = False

    @property
    def event_log_table_name(self) -> str:
        """A table of this run's events, with the columns of a pipeline's event log. Made when it is first asked for."""
        name = self._runner.defaults.full(self._table)
        if not self._made:
            frame_of(self._session, self.events).write.saveAsTable(name)
            self._made = True
        return name


class Runner:
    """The engine of a test run, and the state of the test that goes on in it."""

    def __init__(self, engine: Engine, catalog: IsolatedCatalog, workspace: Workspace, spec: dict[str, Any]) -> None:
        self._engine = engine
        self._catalog = catalog
        self._workspace = workspace
        self._updates = UpdateService(engine, catalog, workspace)
        self._statements = Statements(engine, catalog, workspace, partial(run_unheard, engine, catalog))
        self.spec = spec
        self.defaults = Defaults(spec["catalog"], spec["schema"])
        self.names = IsolatedNames(catalog, self.defaults, lambda: self._statements.follow(None))
        self.coverage = Coverage()
        self._session: SparkSession | None = None
        self._runs = 0

    @property
    def _storage(self) -> Path:
        return self._engine.data_dir / "pipelines" / self.spec["id"]

    def begin(self) -> SparkSession:
        """A session for one test, with the pipeline's default catalog and schema in use."""
        self._catalog.require_schema(self.defaults.catalog, self.defaults.schema)
        session = self._engine.new_session(self.defaults.catalog, self.defaults.schema)
        self._statements.attach(session, None)
        run = session.sql

        def sql(sqlQuery: str, args: Any = None, **kwargs: Any) -> Any:
            self.names.of_statement(sqlQuery)
            return run(sqlQuery, args, **kwargs)

        session.sql = sql  # type: ignore[method-assign]
        self._session, self._runs = session, 0
        return session

    def end(self) -> None:
        """Nothing of the test stays: tables, volumes, the pipeline's state."""
        self._session = None
        self._catalog.forget_tables()
        volumes = self._engine.volumes
        assert isinstance(volumes, IsolatedVolumes)
        volumes.clear()
        shutil.rmtree(self._storage, ignore_errors=True)

    def update(self, session: object, names: Iterable[str] | None) -> RunStatus:
        if session is not self._session or self._session is None:
            raise EngineError(
                "TestPipeline.run takes the test_spark of the test that runs", error_class="INVALID_PARAMETER_VALUE"
            )
        self._statements.follow(None)
        self._runs += 1
        del self._workspace.events[:]
        params = {
            "pipelineId": self.spec["id"],
            "updateId": f"{self.spec['id']}-{self._runs}",
            "pipeline": self.spec,
            "cause": "API_CALL",
            "principal": None,
            "storage": str(self._storage),
            "refreshSelection": [".".join(split(name)) for name in names or ()],
        }
        answer = self._updates.run(params)
        status = RunStatus(self, self._session, self._runs, list(self._workspace.events))
        self.coverage.add(status.events)
        if answer["state"] != "COMPLETED":
            raise UpdateFailed((answer.get("error") or {}).get("message") or f"the update is {answer['state']}", status)
        status.is_success = True
        return status


class TestPipeline:
    """The pipeline whose tests run."""

    __test__ = False  # not a class of tests
    _runner: Runner | None = None

    @classmethod
    def active(cls) -> TestPipeline:
        if cls._runner is None:
            raise EngineError("no pipeline is active; run the tests by `lakehouse test`", error_class="NO_PIPELINE")
        return cls()

    def run(self, test_spark: SparkSession, tables: Iterable[str] | None = None) -> RunStatus:
        """Updates the datasets of these names, or all of the pipeline's, from what the test has put into its tables.

        Several runs of a test go on from each other. Raises UpdateFailed when the update fails.
        """
        assert self._runner is not None
        if isinstance(tables, str):
            raise EngineError(
                f"TestPipeline.run takes a set of names; write {{{tables!r}}}", error_class="INVALID_PARAMETER_VALUE"
            )
        return self._runner.update(test_spark, tables)


@pytest.fixture(name="test_spark")
def _test_spark() -> Any:
    """A session of one test, whose tables are not those of any other."""
    runner = TestPipeline._runner
    assert runner is not None
    yield runner.begin()
    runner.end()


def install(runner: Runner) -> types.ModuleType:
    """Makes the module importable, as tests import it on Databricks."""
    TestPipeline._runner = runner
    module = types.ModuleType("pyspark.pipelines.testing", "Databricks' testing API of pipelines.")
    module.TestPipeline = TestPipeline  # type: ignore[attr-defined]
    module.test_spark = _test_spark  # type: ignore[attr-defined]
    module.UpdateFailed = UpdateFailed  # type: ignore[attr-defined]
    return module
