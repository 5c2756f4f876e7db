"""dbt_task: a project's commands, run by dbt in an environment of its own against the SQL of the workspace.

https://docs.databricks.com/aws/en/jobs/dbt
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import shlex
import shutil
import signal
import subprocess
import tarfile
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict

from lakehouse_engine.environments.install import install_apart, name_of
from lakehouse_engine.errors import EngineError

# What a task gets that names no dbt of its own.
DEFAULT = ("dbt-databricks==1.12.7", "dbt-core==1.11.16")
# Later ones download a parser from GitHub while they are installed, past every package index.
_CORE = "dbt-core<1.12"
_SITE = Path(__file__).with_name("dbt_site")
_PROFILE = re.compile(r"""^profile\s*:\s*["']?([^"'#\n]+?)["']?\s*(?:#.*)?$""", re.MULTILINE)
_SHOWN = 20  # lines of what dbt said last, in the error


class DbtTask(TypedDict):
    """`project`: a folder of this disk; `http_path`: of the warehouse, where the task names one; `profiles`: relative
    to the project; `artifacts`: the archive to write; `requirements`: lines of a requirements file."""

    commands: list[str]
    project: str
    http_path: str | None
    catalog: str | None
    schema: str | None
    profiles: str | None
    artifacts: str
    requirements: list[str]


def run(task: DbtTask, host: str, token: str) -> None:
    """All commands, until one fails. The project's folder in the workspace stays as it is: dbt works on a copy."""
    executable = _environment(task["requirements"]) / "bin" / "dbt"
    if not executable.is_file():
        raise EngineError(
            "The packages of this dbt task bring no dbt; name dbt-databricks in its libraries, or in the dependencies "
            "of its environment.",
            error_class="LIBRARY_INSTALLATION_FAILED",
        )
    with tempfile.TemporaryDirectory(prefix="dbt-") as name:
        project = Path(name) / "project"
        shutil.copytree(task["project"], project)
        variables = _variables(task, project, Path(name), host, token)
        try:
            for command in task["commands"]:
                _command(command, executable, project, variables)
        finally:
            _pack(project, Path(task["artifacts"]))


def _environment(lines: Sequence[str]) -> Path:
    if not lines:
        return install_apart(DEFAULT)
    own = any(name_of(line) == "dbt-core" for line in lines)
    return install_apart([*lines, *([] if own else [_CORE])])


def _variables(task: DbtTask, project: Path, folder: Path, host: str, token: str) -> dict[str, str]:
    """DBT_HOST and DBT_ACCESS_TOKEN are what profiles of dbt tasks name, as Databricks sets them."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PYSPARK", "ENGINE_"))}
    profiles = project / (task["profiles"] or ".")
    if task["http_path"] is not None:
        profiles = folder / "profiles"
        profiles.mkdir()
        (profiles / "profiles.yml").write_text(_profile(task, project, host), encoding="utf-8")
    return {
        **kept,
        "DBT_HOST": host,
        "DBT_ACCESS_TOKEN": token,
        "DBT_PROFILES_DIR": str(profiles),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_USE_COLORS": "false",
        "PYTHONPATH": str(_SITE),
        "PYTHONUNBUFFERED": "1",
    }


def _profile(task: DbtTask, project: Path, host: str) -> str:
    """Of the warehouse that the task names, under the name that the project asks for. JSON is YAML."""
    file = project / "dbt_project.yml"
    if not file.is_file():
        raise EngineError(
            "There is no dbt_project.yml in the project's folder; set project_directory to the folder that has it.",
            error_class="INVALID_PARAMETER_VALUE",
        )
    found = _PROFILE.search(file.read_text(encoding="utf-8"))
    target = {
        "type": "databricks",
        "method": "http",
        "host": host,
        "http_path": task["http_path"],
        "token": "{{ env_var('DBT_ACCESS_TOKEN') }}",
        "schema": task["schema"] or "default",
        **({"catalog": task["catalog"]} if task["catalog"] else {}),
        "threads": 4,
    }
    return json.dumps(
        {found[1].strip() if found else "default": {"target": "databricks", "outputs": {"databricks": target}}}
    )


def _command(command: str, executable: Path, project: Path, variables: Mapping[str, str]) -> None:
    """Prints what dbt prints. A cancelled run, which is an exception that comes between two lines, ends dbt."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise EngineError(f"Command {command!r}: {error}", error_class="INVALID_PARAMETER_VALUE") from None
    if not words or words[0] != "dbt":
        raise EngineError(f"Command {command!r} must start with dbt.", error_class="INVALID_PARAMETER_VALUE")
    print(f"+ {command}")
    lines: queue.Queue[str | None] = queue.Queue()
    process = subprocess.Popen(
        [str(executable), *words[1:]], cwd=project, env=dict(variables), text=True, encoding="utf-8", errors="replace",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    threading.Thread(target=_read, args=(process, lines), daemon=True).start()
    said: list[str] = []
    try:
        while (line := _next(lines)) is not None:
            print(line)
            said = [*said, line][-_SHOWN:]
        code = process.wait()
    finally:
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if code != 0:
        shown = "\n".join(said).strip()
        raise EngineError(f"Command {command!r} failed with exit code {code}:\n{shown}", error_class="DBT_FAILED")


def _read(process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line.rstrip("\n"))
    lines.put(None)


def _next(lines: queue.Queue[str | None]) -> str | None:
    while True:
        with contextlib.suppress(queue.Empty):
            return lines.get(timeout=0.2)


def _pack(project: Path, archive: Path) -> None:
    """What dbt left: manifest, results, compiled SQL and logs."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    made = archive.with_suffix(".part")
    with tarfile.open(made, "w:gz") as packed:
        for name in ("target", "logs"):
            if (project / name).is_dir():
                packed.add(project / name, arcname=name)
    made.rename(archive)
