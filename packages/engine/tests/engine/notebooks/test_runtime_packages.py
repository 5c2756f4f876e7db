"""Packages that Databricks' runtimes carry come with the first import; environments take turns in one process."""

from __future__ import annotations

import hashlib
import importlib
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from engine.notebooks.test_packages import wheel_of
from lakehouse_engine.environments import runtime
from lakehouse_engine.environments.active import Environments
from lakehouse_engine.environments.install import added, install
from lakehouse_engine.environments.pip import requirements
from lakehouse_engine.errors import EngineError
from lakehouse_engine.sources import python_imports


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENGINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))


def test_a_package_that_caps_pyarrow_is_installed_with_the_engines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As mlflow does: uv would take its last release from before it capped PyArrow, of 2022."""
    monkeypatch.setenv("UV_OFFLINE", "1")
    wheel = wheel_of(tmp_path, "capped", "1", "here = True\n", "Requires-Dist: pyarrow>=4,<5\n")
    (folder,) = install([wheel])
    assert (Path(folder) / "capped/__init__.py").exists()
    assert not (Path(folder) / "pyarrow").exists()
    with pytest.raises(EngineError, match="pyarrow"):
        install([wheel, "pyarrow==4.0"])


def test_a_package_of_the_runtime_is_installed_when_user_code_imports_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = wheel_of(tmp_path, "patsy", "9", "here = True\n")
    lock = tmp_path / "lock.txt"
    lock.write_text(f"patsy @ file://{wheel} --hash=sha256:{hashlib.sha256(Path(wheel).read_bytes()).hexdigest()}\n")
    monkeypatch.setattr(runtime, "LOCK", lock)
    monkeypatch.delitem(sys.modules, "patsy", raising=False)
    told: list[str] = []
    in_user_code = False
    packages = runtime.RuntimePackages(lambda: in_user_code, told.append)
    packages.install_finder()
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("patsy")
    in_user_code = True
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("no_package_of_the_runtime")
    of_the_engine = {"__name__": "pyspark.sql.utils"}
    exec("try:\n    import patsy\nexcept ImportError:\n    patsy = None", of_the_engine)
    assert of_the_engine["patsy"] is None
    assert told == []
    assert importlib.import_module("patsy").here
    assert len(told) == 1
    monkeypatch.delitem(sys.modules, "patsy")
    python_imports.install()  # as the first update of a pipeline does
    of_user: dict[str, Any] = {"__name__": "__main__"}
    exec("import patsy", of_user)
    assert of_user["patsy"].here
    monkeypatch.delitem(sys.modules, "patsy")
    monkeypatch.setattr(sys, "path", [folder for folder in sys.path if folder != packages.folder()])
    exec("try:\n    import patsy\nexcept ImportError:\n    patsy = None", of_the_engine)
    assert of_the_engine["patsy"] is None


def test_another_environment_waits_and_modules_come_back_as_they_were(tmp_path: Path) -> None:
    one, two = (install([wheel_of(tmp_path, "turns", str(n), f"version = {n}\n")]) for n in (1, 2))
    environments = Environments()
    environments.enter(one)
    first = importlib.import_module("turns")
    waiting, canceled = threading.Event(), threading.Event()
    seen: list[object] = []

    def other() -> None:
        seen.append(environments.enter(two, waiting.set))
        seen.append(importlib.import_module("turns").version)
        environments.leave(two)

    thread = threading.Thread(target=other)
    thread.start()
    assert waiting.wait(10)
    assert environments.enter(one)  # the one that is there takes more runs
    environments.leave(one)
    canceled.set()
    assert not environments.enter(two, canceled=canceled)
    environments.leave(one)
    thread.join(10)
    assert seen == [True, 2]
    environments.enter(one)
    assert importlib.import_module("turns") is first
    environments.leave(one)
    assert "turns" not in sys.modules


def test_an_editable_project_is_imported_where_it_is_with_what_it_depends_on(tmp_path: Path) -> None:
    needed = wheel_of(tmp_path, "needed", "1", "")
    (tmp_path / "project/src/mine").mkdir(parents=True)
    text = f'[project]\nname = "mine"\ndependencies = ["needed @ file://{needed}"]\n'
    (tmp_path / "project/pyproject.toml").write_text(text)
    packages, sources = install([f"-e {tmp_path / 'project'}"])
    assert (Path(packages) / "needed").is_dir()
    assert sources == str(tmp_path / "project/src")
    (tmp_path / "project/pyproject.toml").write_text("[project")
    with pytest.raises(EngineError, match=r"pyproject\.toml of project cannot be read"):
        install([f"-e {tmp_path / 'project'}"])


def test_pip_takes_what_a_requirements_file_can_say() -> None:
    lines = requirements(
        "install -q 'polars>1' -r ./r.txt --index-url=https://x/simple -e ../p", lambda word: f"<{word}>"
    )
    assert lines == ["<polars>1>", "-r <./r.txt>", "--index-url https://x/simple", "-e <../p>"]
    assert added(["requests==1", "a"], ["requests>2", "/x/which-1-py3-none-any.whl"]) == [
        "a", "requests>2", "/x/which-1-py3-none-any.whl",
    ]  # fmt: skip
    cell = "install a \\\n  b\n%pip install c  # and more\n\n%restart_python"
    assert requirements(cell, str) == ["a", "b", "c"]
    for text, wrong in [("list", "%pip list"), ("install", "names no package"), ("install --target x", "--target")]:
        with pytest.raises(EngineError, match=wrong):
            requirements(text, str)
