"""dbutils as notebooks know it: widgets, notebook, fs on volumes, secrets, jobs.taskValues."""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, NamedTuple

from lakehouse_engine.contract import SecretsGetParams, TaskGetValueParams, Workspace
from lakehouse_engine.errors import EngineError
from lakehouse_engine.notebook_runner.context import ContextSource
from lakehouse_engine.notebook_runner.run import NotebookExit, Run
from lakehouse_engine.volumes import Volumes, not_carried, volume_of


class FileInfo(NamedTuple):
    path: str
    name: str
    size: int
    modificationTime: int


class SecretMetadata(NamedTuple):
    key: str


class SecretScope(NamedTuple):
    name: str


class Widgets:
    """A value comes from the task's parameters, or a pipeline's configuration, or else is the widget's default."""

    def __init__(
        self, parameters: dict[str, str], instead: str = "give the task a base parameter of this name"
    ) -> None:
        self._given = dict(parameters)
        self._instead = instead
        self._values: dict[str, str] = dict(parameters)

    def text(self, name: str, defaultValue: str, label: str | None = None) -> None:
        self._values[name] = self._given.get(name, str(defaultValue))

    def dropdown(self, name: str, defaultValue: str, choices: Sequence[str], label: str | None = None) -> None:
        if defaultValue not in choices:
            raise EngineError(
                f"The default of widget '{name}', '{defaultValue}', is not among its choices {list(choices)}.",
                error_class="INVALID_PARAMETER_VALUE",
            )
        self.text(name, defaultValue)

    def combobox(self, name: str, defaultValue: str, choices: Sequence[str], label: str | None = None) -> None:
        self.text(name, defaultValue)

    def multiselect(self, name: str, defaultValue: str, choices: Sequence[str], label: str | None = None) -> None:
        self.dropdown(name, defaultValue, choices)

    def get(self, name: str) -> str:
        if name not in self._values:
            raise EngineError(
                f"No input widget named {name} is defined. Define it with dbutils.widgets.text, or {self._instead}.",
                error_class="InputWidgetNotDefined",
            )
        return self._values[name]

    def getAll(self) -> dict[str, str]:
        return dict(self._values)

    def getArgument(self, name: str, defaultValue: str | None = None) -> str:
        return self._values[name] if defaultValue is None else self._values.get(name, defaultValue)

    @contextmanager
    def given(self, parameters: Mapping[str, str]) -> Iterator[None]:
        """A notebook that %run includes, with values for its widgets; `$name` is the value of one that is there."""
        before = dict(self._given)
        wanted = {k: self._values.get(v[1:], v) if v.startswith("$") else v for k, v in parameters.items()}
        self._given.update(wanted)
        self._values.update(wanted)
        try:
            yield
        finally:
            self._given.clear()
            self._given.update(before)

    def remove(self, name: str) -> None:
        self._values.pop(name, None)

    def removeAll(self) -> None:
        self._values.clear()


class Files:
    """dbutils.fs. The local workspace has volumes and no DBFS root; `may` raises where the principal lacks a privilege
    on a volume: READ_VOLUME, and WRITE_VOLUME to change files."""

    def __init__(self, volumes: Volumes, may: Callable[[str, str, str], None]) -> None:
        self._volumes = volumes
        self._may = may

    def _local(self, path: str, privilege: str = "READ_VOLUME") -> str:
        nowhere = not_carried(path)
        if nowhere is not None:
            raise EngineError(f"{path}: {nowhere}", error_class="INVALID_PATH")
        if path.startswith("file:"):
            return self._volumes.outside(path)
        if not self._volumes.is_volume_path(path):
            raise EngineError(
                f"{path} is not below /Volumes: the local workspace has no DBFS root. "
                f"Use /Volumes/<catalog>/<schema>/<volume>/….",
                error_class="INVALID_PATH",
            )
        local, volume = self._volumes.to_local(path), volume_of(path)
        if volume is not None:
            self._may(privilege, "VOLUME", volume)
        return local

    def ls(self, path: str) -> list[FileInfo]:
        local = self._local(path)
        if not os.path.exists(local):
            raise FileNotFoundError(f"No such file or directory: {path}")
        names = sorted(os.listdir(local)) if os.path.isdir(local) else [os.path.basename(local)]
        folder = local if os.path.isdir(local) else os.path.dirname(local)
        return [self._info(os.path.join(folder, name)) for name in names]

    def _info(self, local: str) -> FileInfo:
        status, folder = os.stat(local), os.path.isdir(local)
        shown = self._volumes.to_uri(local) + ("/" if folder else "")
        name = os.path.basename(local) + ("/" if folder else "")
        return FileInfo(shown, name, 0 if folder else status.st_size, int(status.st_mtime * 1000))

    def mkdirs(self, path: str) -> bool:
        os.makedirs(self._local(path, "WRITE_VOLUME"), exist_ok=True)
        return True

    def put(self, file: str, contents: str, overwrite: bool = False) -> bool:
        local = self._local(file, "WRITE_VOLUME")
        if os.path.exists(local) and not overwrite:
            raise FileExistsError(f"{file} exists; give overwrite=True to replace it")
        os.makedirs(os.path.dirname(local), exist_ok=True)
        with open(local, "w", encoding="utf-8", newline="") as out:
            out.write(contents)
        return True

    def head(self, file: str, maxBytes: int = 65536) -> str:
        with open(self._local(file), "rb") as source:
            return source.read(maxBytes).decode("utf-8", errors="replace")

    def rm(self, path: str, recurse: bool = False) -> bool:
        local = self._local(path, "WRITE_VOLUME")
        if not os.path.lexists(local):
            return False
        if not os.path.isdir(local):
            os.remove(local)
        elif recurse:
            shutil.rmtree(local)
        elif os.listdir(local):
            raise OSError(f"{path} is a directory and not empty; give recurse=True to delete it with what it holds")
        else:
            os.rmdir(local)
        return True

    def cp(self, source: str, to: str, recurse: bool = False) -> bool:
        origin, target = self._local(source), self._local(to, "WRITE_VOLUME")
        if os.path.isdir(origin):
            if not recurse:
                raise OSError(f"{source} is a directory; give recurse=True to copy it")
            shutil.copytree(origin, target, dirs_exist_ok=True)
            return True
        if os.path.isdir(target) or to.endswith("/"):
            target = os.path.join(target, os.path.basename(origin))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copyfile(origin, target)
        return True

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"dbutils.fs.{name} is not available in the local workspace; it has ls, head, put, cp, mv, rm and mkdirs "
            "on volumes."
        )

    def mv(self, source: str, to: str, recurse: bool = False) -> bool:
        self.cp(source, to, recurse)
        return self.rm(source, recurse)


class TaskValues:
    def __init__(self, run: Run, workspace: Workspace) -> None:
        self._run = run
        self._workspace = workspace

    def set(self, key: str, value: Any) -> None:
        try:
            text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        except (TypeError, ValueError) as error:
            raise TypeError(f"The task value '{key}' must be representable as JSON: {error}") from None
        size = len(text.encode())
        if size > 48 * 1024:
            raise ValueError(f"The task value '{key}' has {size} bytes of JSON; at most 49152 are allowed.")
        if self._run.redactor.text(text) != text:
            raise ValueError(
                f"The task value '{key}' holds a secret, and task values are kept and shown as they are. "
                "Let the other task read the secret by dbutils.secrets.get."
            )
        self._workspace.request("task.setValue", {"runId": self._run.run_id, "key": key, "json": text})

    def get(self, taskKey: str, key: str, default: Any = None, debugValue: Any = None) -> Any:
        what: TaskGetValueParams = {"runId": self._run.run_id, "taskKey": taskKey, "key": key}
        answer = self._workspace.request("task.getValue", what)
        if answer.get("found") and "json" in answer:
            return json.loads(answer["json"])
        if default is not None:
            return default
        context = self._workspace.request("task.context", {"runId": self._run.run_id})
        if debugValue is not None and not context.get("jobId"):  # a notebook that runs by itself
            return debugValue
        raise ValueError(f"Task '{taskKey}' has set no value '{key}', and no default is given.")


class Secrets:
    """`seen` is told each value that user code gets, so that what the code prints can leave it out."""

    def __init__(
        self, principal: str | None, workspace: Workspace, seen: Callable[[str], None] = lambda _: None
    ) -> None:
        self._principal = principal
        self._workspace = workspace
        self._seen = seen

    def get(self, scope: str, key: str) -> str:
        return self.getBytes(scope, key).decode()

    def getBytes(self, scope: str, key: str) -> bytes:
        what: SecretsGetParams = {"scope": scope, "key": key, "principal": self._principal}
        value = base64.b64decode(self._workspace.request("secrets.get", what)["value"])
        self._seen(value.decode(errors="ignore"))
        return value

    def list(self, scope: str) -> list[SecretMetadata]:
        found = self._workspace.request("secrets.list", {"scope": scope, "principal": self._principal})
        return [SecretMetadata(name) for name in found["names"]]

    def listScopes(self) -> list[SecretScope]:
        found = self._workspace.request("secrets.list", {"principal": self._principal})
        return [SecretScope(name) for name in found["names"]]


class NotebookUtils(ContextSource):
    def __init__(self, run: Run, workspace: Workspace, run_child: Callable[..., str | None]) -> None:
        super().__init__(run.run_id, lambda: run.path, run.principal, workspace)
        self._run_child = run_child

    def exit(self, value: Any) -> None:
        raise NotebookExit(str(value))

    def run(self, path: str, timeout_seconds: int, arguments: dict[str, str] | None = None) -> str | None:
        return self._run_child(path, timeout_seconds, {k: str(v) for k, v in (arguments or {}).items()})


class Library:
    def restartPython(self) -> None:
        print("dbutils.library.restartPython does nothing in the local workspace: %pip takes effect at once.")


class DBUtils:
    def __init__(
        self,
        run: Run,
        workspace: Workspace,
        volumes: Volumes,
        may: Callable[[str, str, str], None],
        run_child: Callable[..., str | None],
    ) -> None:
        self.widgets = Widgets(run.parameters)
        self.fs = Files(volumes, may)
        self.secrets = Secrets(run.principal, workspace, run.redactor.hide)
        self.jobs = SimpleNamespace(taskValues=TaskValues(run, workspace))
        self.notebook = NotebookUtils(run, workspace, run_child)
        self.entry_point = self.notebook.entry_point
        self.library = Library()

    def help(self) -> None:
        print("dbutils here: " + ", ".join(sorted(self.__dict__)))

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"dbutils.{name} is not available in the local workspace; it has widgets, fs, notebook, secrets, jobs and "
            "library."
        )
