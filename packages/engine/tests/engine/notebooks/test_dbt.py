"""dbt_task, with a dbt that tells how it was called in the place of the real one."""

from __future__ import annotations

import json
import sys
import tarfile
import threading
import time
from pathlib import Path

import pytest
from lakehouse_engine.environments import install
from lakehouse_engine.errors import EngineError
from lakehouse_engine.notebook_runner import dbt

TELLING = """#!{python}
import json, os, pathlib, sys
if sys.argv[1] == "sleep":
    print("sleeping", flush=True)
    __import__("time").sleep(60)
pathlib.Path("target").mkdir(exist_ok=True)
pathlib.Path("target/run_results.json").write_text("{{}}")
folder = pathlib.Path(os.environ["DBT_PROFILES_DIR"])
profiles = (folder / "profiles.yml").read_text()
print(json.dumps([sys.argv[1:], os.environ["DBT_HOST"], os.environ["DBT_ACCESS_TOKEN"], folder.name, profiles]))
sys.exit(3 if sys.argv[1] == "fail" else 0)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ENGINE_CACHE", str(tmp_path / "cache"))
    executable = install.root() / f"apart-{install._key(dbt.DEFAULT)}" / "bin" / "dbt"
    executable.parent.mkdir(parents=True)
    executable.write_text(TELLING.format(python=sys.executable))
    executable.chmod(0o755)
    folder = tmp_path / "project"
    (folder / "own").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text("name: shop\nprofile: 'shop_profile' # of the team\n")
    (folder / "own" / "profiles.yml").write_text("shop_profile: {}\n")
    return folder


def run(project: Path, *commands: str, **more: object) -> None:
    task = {
        "commands": list(commands), "project": str(project), "http_path": None, "catalog": None, "schema": None,
        "profiles": None, "artifacts": str(project.parent / "left" / "1.tar.gz"), "requirements": [], **more,
    }  # fmt: skip
    dbt.run(task, "http://127.0.0.1:1", "secret")  # type: ignore[arg-type]


def test_a_warehouse_makes_the_profile_that_the_project_names(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = {"http_path": "/sql/1.0/warehouses/w", "catalog": "c", "schema": "s"}
    run(project, "dbt deps", "dbt run --vars '{day: 1}'", **where)
    first, told, second, again = capsys.readouterr().out.splitlines()
    assert (first, second) == ("+ dbt deps", "+ dbt run --vars '{day: 1}'")
    arguments, host, token, _, profiles = json.loads(again)
    assert (arguments, host, token) == (["run", "--vars", "{day: 1}"], "http://127.0.0.1:1", "secret")
    output = json.loads(profiles)["shop_profile"]["outputs"]["databricks"]
    assert output == {
        "type": "databricks", "method": "http", "host": host, "http_path": "/sql/1.0/warehouses/w", "schema": "s",
        "catalog": "c", "token": "{{ env_var('DBT_ACCESS_TOKEN') }}", "threads": 4,
    }  # fmt: skip
    assert "secret" not in profiles
    assert json.loads(told)[0] == ["deps"]
    assert not (project / "target").exists()
    with tarfile.open(project.parent / "left" / "1.tar.gz") as archive:
        assert "target/run_results.json" in archive.getnames()


def test_a_project_has_profiles_of_its_own(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(project, "dbt run", profiles="own/")
    assert json.loads(capsys.readouterr().out.splitlines()[1])[3:] == ["own", "shop_profile: {}\n"]


def test_a_command_that_fails_is_the_last_and_says_what_dbt_said(project: Path) -> None:
    with pytest.raises(EngineError, match=r"Command 'dbt fail' failed with exit code 3:\n\[\[\"fail\"\]"):
        run(project, "dbt fail", "dbt run", profiles="own")
    assert (project.parent / "left" / "1.tar.gz").is_file()


@pytest.mark.parametrize(
    ("commands", "message"), [(["rm -rf ."], "must start with dbt"), (["dbt run 'a"], "No closing quotation")]
)
def test_wrong_commands_are_refused(project: Path, commands: list[str], message: str) -> None:
    with pytest.raises(EngineError, match=message):
        run(project, *commands, profiles="own")


def test_a_folder_without_a_project_is_refused(project: Path) -> None:
    (project / "dbt_project.yml").unlink()
    with pytest.raises(EngineError, match=r"no dbt_project\.yml"):
        run(project, "dbt run", http_path="/sql/1.0/warehouses/w")


def test_a_cancelled_task_ends_dbt(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started, ended = threading.Event(), []
    real = dbt._next

    def interrupted(lines):  # what a cancelled run raises in the thread
        if started.is_set():
            raise KeyboardInterrupt
        started.set()
        return real(lines)

    monkeypatch.setattr(dbt, "_next", interrupted)
    before = time.monotonic()
    try:
        run(project, "dbt sleep", profiles="own")
    except KeyboardInterrupt:
        ended.append(time.monotonic() - before)
    assert ended and ended[0] < 30


def test_packages_without_dbt_are_named(project: Path) -> None:
    folder = install.root() / f"apart-{install._key(['other', 'dbt-core<1.12'])}"
    folder.mkdir()
    with pytest.raises(EngineError, match="bring no dbt; name dbt-databricks"):
        run(project, "dbt run", requirements=["other"])
