"""The context of a run: `dbutils.notebook.getContext()`, and the same by `dbutils.entry_point`, as code outside of the
JVM asks for it: `dbutils.entry_point.getDbutils().notebook().getContext().notebookPath().get()`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from lakehouse_engine.contract import RunLoginParams, RunLoginResult, Workspace
from lakehouse_engine.errors import EngineError


class ContextSource:
    """What `dbutils.notebook` of a notebook and of a pipeline's source have in common.

    `path`: of the code that asks, at that moment.
    """

    def __init__(self, run_id: str, path: Callable[[], str], principal: str | None, workspace: Workspace) -> None:
        self._run_id, self._path_now, self._principal, self._workspace = run_id, path, principal, workspace

    def getContext(self) -> Context:
        ids = self._workspace.request("task.context", {"runId": self._run_id})
        return Context(self._path_now(), self._principal, ids, self.login)

    def login(self) -> RunLoginResult:
        """The workspace's address and a token of whom the code runs as."""
        if self._principal is None:
            raise RuntimeError("code that runs as nobody is not logged in")
        asked: RunLoginParams = {"runId": self._run_id, "principal": self._principal}
        return self._workspace.request("run.login", asked)

    @property
    def entry_point(self) -> Any:
        return SimpleNamespace(getDbutils=lambda: SimpleNamespace(notebook=lambda: self))


class Option:
    """A value of the context as Scala's Option gives it."""

    def __init__(self, name: str, value: Any) -> None:
        self._name, self._value = name, value

    def isDefined(self) -> bool:
        return self._value is not None

    def isEmpty(self) -> bool:
        return self._value is None

    def get(self) -> Any:
        if self._value is None:
            raise EngineError(f"The context has no {self._name} here.", error_class="NOT_FOUND")
        return self._value

    def getOrElse(self, other: Any) -> Any:
        return other if self._value is None else self._value


# Members of Databricks' context that nothing in the local workspace stands for.
_ABSENT = ("clusterId", "notebookId", "rootRunId", "idInJob", "jobGroup", "jobName", "multitaskParentTask")


class Context:
    """What code knows of its own run. `ids` is the answer of task.context."""

    def __init__(
        self, path: str, principal: str | None, ids: Mapping[str, Any], login: Callable[[], RunLoginResult]
    ) -> None:
        def text(value: Any) -> str | None:
            return None if value is None else str(value)

        self._login = login
        self._host = ids.get("host")
        # Of a notebook Databricks answers the path of the workspace's tree, without the /Workspace of file systems.
        self._path = path.removeprefix("/Workspace") or "/"
        tags = {
            "jobId": text(ids.get("jobId")),
            "multitaskParentRunId": text(ids.get("jobRunId")),
            "runId": text(ids.get("runId")),
            "taskKey": ids.get("taskKey"),
            "orgId": text(ids.get("workspaceId")),
            "browserHostName": urlsplit(self._host).netloc if self._host else None,
            "user": principal,
        }
        self._tags = {key: value for key, value in tags.items() if value is not None}

    def notebookPath(self) -> Option:
        return Option("notebookPath", self._path)

    def apiUrl(self) -> Option:
        return Option("apiUrl", self._host)

    def apiToken(self) -> Option:
        return Option("apiToken", self._login()["token"])

    def userName(self) -> Option:
        return self._tag("userName", "user")

    def workspaceId(self) -> Option:
        return self._tag("workspaceId", "orgId")

    def browserHostName(self) -> Option:
        return self._tag("browserHostName")

    def jobId(self) -> Option:
        return self._tag("jobId")

    def currentRunId(self) -> Option:
        return self._tag("currentRunId", "runId")

    def tags(self) -> Any:
        def apply(key: str) -> str:
            return self._tag(key).get()

        return SimpleNamespace(apply=apply, get=self._tag)

    def _tag(self, name: str, key: str | None = None) -> Option:
        return Option(name, self._tags.get(key or name))

    def toJson(self) -> str:
        return json.dumps({"extraContext": {"notebook_path": self._path}, "tags": self._tags})

    def safeToJson(self) -> str:
        """As toJson, by the attributes that code without the right to the whole context may see."""
        return json.dumps(
            {"attributes": {"notebook_path": self._path, "currentRunId": self._tags.get("runId")} | self._tags}
        )

    def __getattr__(self, name: str) -> Any:
        if name in _ABSENT:
            return lambda: Option(name, None)
        had = "apiToken, apiUrl, browserHostName, currentRunId, jobId, notebookPath, safeToJson, tags, toJson, userName"
        raise AttributeError(f"the context of a run has no {name} in the local workspace; it has {had} and workspaceId")
