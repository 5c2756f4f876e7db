"""`python -m lakehouse_engine.unit_tests`: tests written for Databricks' editor, run over a pipeline in a folder."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest
from lakehouse_engine.errors import EngineError
from lakehouse_engine.unit_tests.__main__ import parse
from lakehouse_engine.unit_tests.coverage import Coverage
from lakehouse_engine.unit_tests.sources import Folder

SAMPLE = Path(__file__).parent / "sample"
SOURCE = Path(__file__).parents[3] / "src"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    options = ["--root", str(SAMPLE), "--catalog", "shop", "--schema", "silver", "--configuration", "currency=BRL"]
    return subprocess.run(
        [sys.executable, "-m", "lakehouse_engine.unit_tests", *options, *arguments],
        env={**os.environ, "PYTHONPATH": str(SOURCE), "ENGINE_MEMORY": "1g", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.CompletedProcess[str], Path]]:
    """All tests of the sample, once."""
    report = tmp_path_factory.mktemp("report") / "junit.xml"
    yield run("--require-coverage", "90", "--", "-q", f"--junitxml={report}"), report


def test_tests_of_the_editor_pass_and_are_reported_as_junit(
    whole: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    ended, report = whole
    suite = ElementTree.parse(report).getroot().find("testsuite")
    assert suite is not None
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "20", "failures": "0", "errors": "0", "skipped": "0"}, ended.stdout[-4000:]


def test_what_no_test_exercised_is_shown_and_counts(whole: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    ended, _ = whole
    lines = {line.split()[0]: line for line in ended.stdout.splitlines() if line.strip()}
    assert lines["shop.silver.never_tested"].endswith("0           0/1  never: not exercised"), ended.stdout[-2000:]
    assert lines["shop.silver.orders_clean"].split()[2] == "3/3"
    assert lines["changes"].split()[1] == "1"
    assert ended.returncode == 3, ended.stderr
    assert "is below the 90 % that are required" in ended.stdout


def test_a_root_without_sources_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_a.py").write_text("")
    with pytest.raises(EngineError, match="matches no Python or SQL source"):
        Folder(tmp_path, "c", "s").spec()
    with pytest.raises(EngineError, match="is not a folder"):
        Folder(tmp_path / "none", "c", "s").spec()


def test_sources_are_notebooks_and_files_without_tests_and_caches(tmp_path: Path) -> None:
    for name, text in {
        "a.py": "# Databricks notebook source\n",
        "deep/b.sql": "SELECT 1",
        "deep/data.csv": "x",
        "test_a.py": "",
        "tests/helper.py": "",
        "__pycache__/c.py": "",
        ".git/d.py": "",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    spec = Folder(tmp_path, "c", "s", place="/Workspace/p").spec()
    assert [(s["path"], s["kind"]) for s in spec["sources"]] == [
        ("/Workspace/p/a", "notebook"),
        ("/Workspace/p/deep/b.sql", "file"),
    ]
    assert [file["path"] for file in spec["files"]] == [
        "/Workspace/p/deep/data.csv", "/Workspace/p/test_a.py", "/Workspace/p/tests/helper.py",
    ]  # fmt: skip
    chosen = Folder(tmp_path, "c", "s", include=("deep/**",)).spec()
    assert [source["path"].rsplit("/", 1)[1] for source in chosen["sources"]] == ["b.sql"]


@pytest.mark.parametrize("wrong", [["--configuration", "a"], ["--require-coverage", "101"], ["--unknown"]])
def test_wrong_options_end_with_status_2(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(["--root", ".", "--catalog", "c", "--schema", "s", *wrong])
    assert ended.value.code == 2
    assert wrong[0].lstrip("-") in capsys.readouterr().err


def test_an_expectation_that_fails_the_update_counts_as_violated() -> None:
    coverage = Coverage()
    origin = {"dataset_name": "c.s.t"}
    message = "c.s.t: a row violates expectation positive (x > 0), which fails the update."
    coverage.add(
        [
            {"event_type": "dataset_definition", "origin": origin, "details": {"dataset_definition": {
                "expectations": [{"name": "positive"}, {"name": "other"}]}}},
            {"event_type": "flow_progress", "origin": origin, "details": {"flow_progress": {"status": "FAILED"}},
             "error": {"exceptions": [{"message": message}]}},
        ]
    )  # fmt: skip
    expectations = coverage.datasets["c.s.t"].expectations
    assert (expectations["positive"].failed, expectations["other"].failed) == (1, 0)
    assert round(coverage.percent) == 67
