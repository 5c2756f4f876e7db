"""By a corpus of attacks: a principal gets at nothing but its own catalog, and works with that as before."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import attacks
import pyspark
import pytest
from lakehouse_engine.testing import EngineFailed, EngineProcess
from world import MARKS, World


@pytest.fixture(scope="module")
def world(engine: EngineProcess) -> Iterator[World]:
    with World(engine) as made:
        yield made


@pytest.mark.parametrize("group", attacks.GROUPS)
def test_every_attack_is_refused(world: World, group: str) -> None:
    before = _rest(world.engine.folder)
    passed = []
    for attack in attacks.GROUPS[group]:
        statement = world.fill(attack)
        try:
            told = str(world.as_mallory(statement))
            if "Error occurred during query planning" in told and not any(mark in told for mark in MARKS):
                continue  # EXPLAIN shows the refusal
        except EngineFailed as refused:
            told = f"{refused} {refused.data}"
            if not any(mark in told for mark in MARKS) and not _internal(refused):
                continue
        passed.append(f"{statement}\n    → {told[:300]}")
    assert not passed, f"{len(passed)} of {len(attacks.GROUPS[group])} passed:\n" + "\n".join(passed)
    assert _rest(world.engine.folder) == before
    assert world.as_owner("SELECT * FROM theirs.s.t") == [[MARKS[0]]]


def test_every_attack_of_a_notebook_through_spark_is_refused(world: World) -> None:
    """Each is a cell's line; what it gives, or why it was refused, is what the notebook exits with."""
    lines = [world.fill(line) for line in attacks.NOTEBOOK]
    before = _rest(world.engine.folder)
    answer = world.engine.notebook(
        f"lines = {lines!r}\nimport json\ntold = []\n"
        "for line in lines:\n    try:\n        told.append([True, str(eval(line))])\n"
        "    except Exception as error:\n        told.append([False, str(error)])\n"
        "dbutils.notebook.exit(json.dumps(told))",
        principal="mallory", catalog="mine", schema="s",
    )  # fmt: skip
    told = json.loads(answer["result"])
    passed = [
        f"{line}\n    → {text[:300]}"
        for line, (through, text) in zip(lines, told, strict=True)
        if through or any(mark in text for mark in MARKS)
    ]
    assert not passed, f"{len(passed)} of {len(lines)} passed:\n" + "\n".join(passed)
    assert _rest(world.engine.folder) == before
    assert world.as_owner("SELECT * FROM theirs.s.t") == [[MARKS[0]]]


def test_what_is_answered_has_nothing_of_others(world: World) -> None:
    for attack in attacks.ANSWERED:
        told = str(world.as_mallory(world.fill(attack)))
        assert not any(mark in told for mark in MARKS), told


def test_the_corpus_is_large() -> None:
    assert sum(len(set(group)) for group in attacks.GROUPS.values()) >= 150


def test_a_session_of_sql_is_opened_with_settings_of_sparks_own(world: World) -> None:
    for name in ("spark.sql.catalog.evil", "fs.defaultFS", "lakehouse.volumes.root", "spark.sql.sources.default"):
        params = {"sessionId": name, "principal": "mallory", "configuration": {name: "x"}}
        with pytest.raises(EngineFailed, match="CONFIG_NOT_AVAILABLE"):
            world.engine.ask("sql.openSession", params)


def test_a_principal_works_with_what_is_its_own(world: World) -> None:
    failed = []
    for statement in attacks.lines("own.sql"):
        try:
            world.as_mallory(statement)
        except Exception as error:
            failed.append(f"{statement}\n    → {str(error)[:300]}")
    assert not failed, "\n".join(failed)


def test_sql_of_public_notebooks_passes(world: World) -> None:
    failed = _failed(world, [f"spark.sql({world.fill(line)!r}).collect()" for line in attacks.lines("public.sql")])
    assert not failed, "\n".join(failed)


def test_python_of_public_notebooks_passes(world: World) -> None:
    failed = _failed(world, attacks.lines("public.txt"))
    assert not failed, "\n".join(failed)


def test_every_operator_command_and_function_of_spark_and_delta_is_known() -> None:
    """A new one is refused until it is looked at: then it belongs into Permitted, PermittedFunctions or refused.txt."""
    jars = Path(pyspark.__file__).parent / "jars"
    class_path = os.pathsep.join([os.environ["ENGINE_JARS"], str(jars / "*")])
    java = os.environ.get("ENGINE_JAVA", "java")
    names = [str(p) for p in sorted(jars.glob("spark-*.jar"))] + [
        j for j in os.environ["ENGINE_JARS"].split(os.pathsep) if "delta" in Path(j).name
    ]
    found = subprocess.run(
        [java, "-cp", class_path, "org.apache.spark.sql.lakehouse.PlanClasses", *names],
        capture_output=True, text=True, check=True, timeout=300,
    ).stdout.split("\n")  # fmt: skip
    refused = set((Path(__file__).parent / "refused.txt").read_text().split())
    unknown = [name for name in found if name and name not in refused]
    assert not unknown, f"neither permitted nor in refused.txt: {unknown}"
    assert len(refused) > 100


def _failed(world: World, lines: list[str]) -> list[str]:
    """The lines that fail, with the reason, where each is a cell's; they are those of one session."""
    answer = world.engine.ask("notebook.run", {
        "runId": "public", "path": "/Shared/n", "language": "PYTHON", "parameters": {}, "sysPath": [],
        "principal": "mallory", "catalog": "mine", "schema": "s", "source": "# Databricks notebook source\n"
        f"from delta.tables import DeltaTable\nlines = {lines!r}\nimport json, pyspark.pandas\ntold = []\n"
        "for line in lines:\n    try:\n        exec(line)\n"
        "    except Exception as error:\n        told.append(f'{line}\\n    → {str(error)[:300]}')\n"
        "dbutils.notebook.exit(json.dumps(told))",
    }, 600)  # fmt: skip
    assert "result" in answer, answer
    return json.loads(answer["result"])


def _internal(refused: EngineFailed) -> bool:
    """An error that nobody meant: the attack came further than it should."""
    return any(
        text in str(refused) for text in ("NullPointerException", "MatchError", "ClassCastException", "INTERNAL_ERROR")
    )


def _rest(folder: Path) -> dict[str, str]:
    """What is not mallory's, by its path."""
    found = {}
    for place, folders, files in os.walk(folder):
        folders[:] = [f for f in folders if f not in ("results", "tmp", "mine", "warehouse")]
        for name in files:
            path = Path(place, name)
            if not path.is_symlink() and "tables" not in path.parts:
                found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found
