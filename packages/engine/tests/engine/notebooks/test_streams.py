"""Streaming queries of runs: they hold the run, fail it, and end with it.

https://docs.databricks.com/aws/en/structured-streaming/query-recovery: jobs prevent a run from completing while a query
is active, and a failure in one of them fails the run, which terminates the others.
"""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from lakehouse_engine.testing import EngineProcess

_RATE = "spark.readStream.format('rate').load().writeStream.format('noop')"
_QUERY = f"query = {_RATE}.queryName('{{name}}').start()\n"
# Any session's queries, by the threads that they run in.
_THREADS = (
    "threads = sc._jvm.java.lang.Thread.getAllStackTraces().keySet().toString()\n"
    "dbutils.notebook.exit('stream execution thread for {name}' in threads)"
)


@pytest.fixture
def running() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1)


def active(engine: EngineProcess, name: str) -> bool:
    return engine.notebook(_THREADS.replace("{name}", name))["result"] == "True"


def until_printed(engine: EngineProcess, run_id: str, text: str, run: Future) -> None:
    end = time.monotonic() + 30
    while text not in engine.printed(run_id):
        assert time.monotonic() < end, engine.printed(run_id)
        assert not run.done(), run.result()
        time.sleep(0.1)


@pytest.mark.parametrize("then", ["", "query.awaitTermination()"], ids=["after its code", "in its code"])
def test_a_run_with_an_active_query_goes_on_until_it_is_canceled(
    engine: EngineProcess, running: ThreadPoolExecutor, then: str
) -> None:
    name, run_id = f"held_{bool(then)}", f"held-{bool(then)}"
    code = f"{_QUERY.format(name=name)}print('started')\n{then}"
    run = running.submit(engine.notebook, code, run_id=run_id)
    until_printed(engine, run_id, "started" if then else f"while its streaming queries are active: {name}", run)
    assert not run.done()
    assert active(engine, name)
    begun = time.monotonic()
    engine.ask("notebook.cancel", {"runId": run_id})
    assert run.result(20)["error"]["message"] == "The run was canceled."
    assert time.monotonic() - begun < 8  # it ended, and was not given up
    assert not active(engine, name)


def test_a_run_ends_when_its_queries_have(engine: EngineProcess) -> None:
    code = (
        "spark.sql('CREATE OR REPLACE TABLE main.raw.held_from AS SELECT id FROM range(3)')\n"
        "rows = spark.readStream.table('main.raw.held_from').writeStream.trigger(availableNow=True)\n"
        "rows.option('checkpointLocation', '/Volumes/main/raw/landing/held').toTable('main.raw.held_to')\n"
        "dbutils.notebook.exit('done')"
    )
    assert engine.notebook(code)["result"] == "done"
    assert engine.sql("SELECT count(*) FROM main.raw.held_to") == [["3"]]


def test_a_failing_query_fails_the_run_and_ends_the_others(engine: EngineProcess) -> None:
    failing = f"def each(rows, number):\n    raise ValueError('batch is wrong')\n{_RATE}".replace(
        ".format('noop')", ".foreachBatch(each)"
    )
    answer = engine.notebook(f"{_QUERY.format(name='beside_failing')}{failing}.start()")
    assert "batch is wrong" in answer["error"]["message"]
    assert not active(engine, "beside_failing")
    told = failing.replace("spark.readStream", "try:\n    spark.readStream")
    answer = engine.notebook(f"{told}.start().awaitTermination()\nexcept Exception:\n    dbutils.notebook.exit('told')")
    assert answer.get("result") == "told", answer


def test_code_that_fails_ends_its_queries(engine: EngineProcess) -> None:
    answer = engine.notebook(f"{_QUERY.format(name='of_failing')}raise ValueError('x')")
    assert "ValueError: x" in answer["error"]["message"]
    assert not active(engine, "of_failing")
