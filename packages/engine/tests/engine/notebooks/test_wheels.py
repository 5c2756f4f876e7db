"""Wheels of tasks (jobs/python-wheel): imported by the task and by its functions on workers, forgotten afterwards."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from lakehouse_engine.testing import EngineProcess

SOURCE = "from lakehouse_engine.notebook_runner.wheels import call\ncall({package!r}, {entry!r})\n"


@pytest.fixture
def wheel(tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "my_greet-0.1-py3-none-any.whl"
    code = (
        "import sys\n"
        "def greet(x):\n    return f'hi {x}'\n"
        "def main():\n"
        "    from pyspark.sql import SparkSession\n    from pyspark.sql.functions import udf\n"
        "    rows = SparkSession.builder.getOrCreate().range(1).select(udf(greet)('id').alias('g')).collect()\n"
        "    print(sys.argv[1:], rows[0].g)\n"
        "def other():\n    print('other')\n"
    )
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("my_greet/__init__.py", code)
        archive.writestr("my_greet-0.1.dist-info/METADATA", "Metadata-Version: 2.1\nName: my-greet\nVersion: 0.1\n")
        archive.writestr("my_greet-0.1.dist-info/entry_points.txt", "[console_scripts]\nstart = my_greet:main\n")
    return {"file": str(file), "folder": str(tmp_path / "site")}


def run(engine: EngineProcess, run_id: str, package: str, entry: str, **more) -> dict:
    params = {"runId": run_id, "path": package, "principal": "me", "sysPath": [], "argv": ["a", "--b=c"], **more}
    return engine.ask("python.run", {**params, "source": SOURCE.format(package=package, entry=entry)})


def test_an_entry_point_runs_and_workers_import_the_package(engine: EngineProcess, wheel: dict[str, str]) -> None:
    assert "error" not in run(engine, "wheel1", "my-greet", "start", wheels=[wheel])
    assert engine.printed("wheel1").strip() == "['a', '--b=c'] hi 0"
    assert "error" not in run(engine, "wheel2", "my-greet", "other", wheels=[wheel])  # a function, no entry point
    assert engine.printed("wheel2").strip() == "other"


def test_what_is_missing_is_named(engine: EngineProcess, wheel: dict[str, str], tmp_path: Path) -> None:
    assert "None of the task's wheels" in run(engine, "wheel3", "my-greet", "start")["error"]["message"]
    message = run(engine, "wheel4", "my-greet", "nope", wheels=[wheel])["error"]["message"]
    assert "no entry point and no function 'nope'" in message
    broken = tmp_path / "broken.whl"
    broken.write_text("no zip")
    with pytest.raises(Exception, match=r"broken\.whl is not a wheel"):
        run(engine, "wheel5", "x", "y", wheels=[{"file": str(broken), "folder": str(tmp_path / "none")}])


def test_code_opens_files_of_the_workspace(engine: EngineProcess) -> None:
    asked: list[dict] = []

    def mirror(params: dict) -> dict:
        asked.append(params)
        if "closed" in params["path"]:
            raise PermissionError("me does not have CAN_READ on it")
        file = engine.folder / "workspace" / params["path"].removeprefix("/Workspace/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text('{"a": 1}')
        return {}

    engine.answers["workspace.mirror"] = mirror
    try:
        answer = engine.notebook(
            "import json, pathlib\nwith open('/Workspace/Users/me/data.json') as f:\n    a = json.load(f)\n"
            "b = pathlib.Path('/Workspace/Users/me/data.json').read_text()\ndbutils.notebook.exit(f'{a} {b}')"
        )
        refused = engine.notebook("open('/Workspace/Users/me/closed.json')")
    finally:
        del engine.answers["workspace.mirror"]
    assert answer["result"] == "{'a': 1} {\"a\": 1}"
    assert asked[0] == {"principal": "me", "path": "/Workspace/Users/me/data.json"}
    assert "does not have CAN_READ" in refused["error"]["message"]
