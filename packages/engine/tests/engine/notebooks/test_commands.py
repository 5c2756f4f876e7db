"""Commands of an execution context: https://docs.databricks.com/api/workspace/commandexecution"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from lakehouse_engine.testing import EngineFailed, EngineProcess

_ids = itertools.count(1)


@pytest.fixture(scope="module")
def context(engine: EngineProcess) -> Iterator[str]:
    engine.ask("command.openContext", {"contextId": "c1", "principal": None})
    yield "c1"
    engine.ask("command.closeContext", {"contextId": "c1"})


def run(engine: EngineProcess, context: str, source: str, language: str = "PYTHON") -> tuple[dict, str]:
    run_id = f"command-{next(_ids)}"
    params = {"contextId": context, "runId": run_id, "language": language, "source": source, "principal": None}
    answer = engine.ask("command.run", params)
    return answer, "".join(
        said["text"] for method, said in engine.told if method == "notebook.output" and said["runId"] == run_id
    )


def test_commands_share_names_and_session(engine: EngineProcess, context: str) -> None:
    assert run(engine, context, "x = 20 + 1\nspark.range(3).createOrReplaceTempView('three')") == ({}, "")
    assert run(engine, context, "print('x is', x)\nx * 2") == ({}, "x is 21\n42\n")
    answer, printed = run(engine, context, "SELECT max(id) AS m, 'a' AS t FROM three", "SQL")
    assert (answer["table"]["rows"], printed) == ([[2, "a"]], "")
    assert [column["name"] for column in answer["table"]["columns"]] == ["m", "t"]
    assert run(engine, context, "USE SCHEMA raw", "SQL")[0] == {}
    assert run(engine, context, "spark.catalog.currentDatabase()")[1] == "'raw'\n"


def test_display_shows_a_table_of_at_most_a_thousand_rows(engine: EngineProcess, context: str) -> None:
    table = run(engine, context, "display(spark.range(1500))")[0]["table"]
    assert (len(table["rows"]), table["truncated"]) == (1000, True)


def test_a_command_that_fails_leaves_the_names(engine: EngineProcess, context: str) -> None:
    answer, printed = run(engine, context, "kept = 1\nprint('before')\nraise ValueError('no')")
    assert printed == "before\n"
    assert answer["error"]["message"].startswith("ValueError: no")
    assert "raise ValueError('no')" in answer["error"]["trace"]
    assert run(engine, context, "kept")[1] == "1\n"
    assert "nowhere" in run(engine, context, "SELECT * FROM main.default.nowhere", "SQL")[0]["error"]["message"]


def test_a_context_that_is_gone_is_named(engine: EngineProcess) -> None:
    with pytest.raises(EngineFailed, match="ContextNotFound: execution context c0 is gone"):
        run(engine, "c0", "1")
