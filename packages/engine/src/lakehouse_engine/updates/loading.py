"""Loads a pipeline's sources into a graph: copies of its files go on the import path, then each source executes."""

from __future__ import annotations

import base64
import posixpath
import shutil
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from lakehouse_engine import jvm
from lakehouse_engine.contract import Workspace
from lakehouse_engine.environments.pip import requirements
from lakehouse_engine.errors import EngineError, message_of, to_rpc
from lakehouse_engine.event_log.table import event_log_frame, storage_of
from lakehouse_engine.flows.context import CurrentSession, current
from lakehouse_engine.graph.model import Graph, SourceLocation
from lakehouse_engine.graph.names import Defaults
from lakehouse_engine.notebook_runner.context import ContextSource
from lakehouse_engine.notebook_runner.dbutils import Widgets
from lakehouse_engine.readers import list_files, read_files
from lakehouse_engine.sources.notebook import Cell, cells, run_target
from lakehouse_engine.sources.python import load_python
from lakehouse_engine.sources.python_api import Registration, registering
from lakehouse_engine.sources.python_imports import PipelineImports, importing
from lakehouse_engine.sources.sql import SqlSourceError, defines, load_sql


class Sources:
    """One update's copy of the sources, and what SQL sources ask of it (`SqlContext`)."""

    def __init__(
        self,
        pipeline: Mapping[str, Any],
        folder: Path,
        session: SparkSession,
        defaults: Defaults,
        storage: str,
        may_read_events: Callable[[str], None],
        utilities: Mapping[str, Any],
        context: tuple[str, str | None, Workspace],
        warn: Callable[[str], None],
        install: Callable[[list[str]], None],
        mirror: Callable[[str], str],
    ) -> None:
        """`may_read_events`: raises for another pipeline's id; `utilities`: what `dbutils` has beside widgets;
        `context`: id of the update, who it runs as and the workspace; `warn`: tells of what a source says and the
        update leaves out; `install`: lines of a requirements file; `mirror`: a file or folder of the workspace on this
        machine."""
        self._pipeline = pipeline
        self._folder = folder
        self._session = session
        self._defaults = defaults
        self._storage = storage
        self._may_read_events = may_read_events
        self._warn = warn
        self._install = install
        self._mirror = mirror
        self._loading = ""
        update_id, principal, workspace = context
        notebook = PipelineNotebook(update_id, lambda: self._loading, principal, workspace)
        self.dbutils = PipelineUtilities(dict(pipeline.get("configuration") or {}), notebook, utilities)
        self.configuration: Mapping[str, str] = dict(pipeline.get("configuration") or {})
        self.parameters: Mapping[str, str] = dict(pipeline.get("parameters") or {})
        self.graph = Graph()
        self._scopes: dict[str, dict[str, Any]] = {}
        self._installed: list[tuple[list[str], str]] = []

    def load(self) -> Graph:
        shutil.rmtree(self._folder, ignore_errors=True)
        paths = {}
        for source in self._pipeline["sources"]:
            ending = "" if posixpath.splitext(source["path"])[1] else "." + source["language"].lower()[:3].rstrip("t")
            copy = self._copy(source["path"] + (ending if source["kind"] == "notebook" else ""))
            copy.write_text(source["content"], encoding="utf-8")
            paths[str(copy)] = source["path"]
        for file in self._pipeline.get("files") or []:
            copy = self._copy(file["path"])
            copy.write_bytes(base64.b64decode(file["content"]))
            paths[str(copy)] = file["path"]
        root = self._copy(self._pipeline["rootPath"])
        self.imports = PipelineImports([str(root)])
        registration = Registration(self.graph, CurrentSession(self._session), paths)
        files = {path: file for file, path in paths.items()}
        self._install_all()
        for source in self._pipeline["sources"]:
            beside = self.local("/Workspace" + posixpath.dirname(source["path"].removeprefix("/Workspace")))
            with importing(self.imports), self.imports.active(beside), registering(registration):
                self._one(source, files[source["path"]], registration.spark)
        registration.check()
        return self.graph

    def _install_all(self) -> None:
        """Before sources are loaded, one update at a time: an update with other packages waits for those that go on."""
        for source in self._pipeline["sources"]:
            for cell in cells(source["content"], source["language"]) if source["kind"] == "notebook" else ():
                if cell.kind == "pip":
                    self._pip(cell.text, SourceLocation(source["path"], cell.line, cell=cell.number))

    def local(self, path: str) -> str:
        """Below the root the update's copy of a path of the workspace, else what is there now."""
        for name in (path, path.removeprefix("/Workspace")):
            if posixpath.commonpath([name, self._pipeline["rootPath"]]) == self._pipeline["rootPath"]:
                return str(self._copy(name))
        return self._mirror(path)

    def _copy(self, path: str) -> Path:
        copy = (self._folder / path.lstrip("/")).resolve()
        if not copy.is_relative_to(self._folder.resolve()):
            raise EngineError(f"{path} leaves the pipeline's root", error_class="INVALID_PATH")
        copy.parent.mkdir(parents=True, exist_ok=True)
        return copy

    def _one(self, source: Mapping[str, Any], file: str, spark: Any) -> None:
        path = self._loading = source["path"]
        scope = self._scopes[path] = {
            # As in a notebook; and what is defined in `__main__` travels with the code to the workers.
            "__name__": "__main__",
            "__file__": file,
            "spark": spark,
            "sc": self._session.sparkContext,
            "dbutils": self.dbutils,
            "display": _display,
            "displayHTML": _display,
        }
        try:
            if source["language"] == "SQL":
                load_sql(source["content"], path, self.graph, self)
            else:
                load_python(source["content"], path, file, scope, lambda cell: self._magic(cell, path))
        except EngineError as error:
            raise error if error.location else _at(path, error, error) from None
        except SqlSourceError as error:
            raise EngineError(str(error), error_class=error.error_class, location=str(error.location)) from None
        except SystemExit:
            pass
        except Exception as error:
            raise _at(path, error, EngineError(f"{type(error).__name__}: {message_of(error)}")) from error

    def _magic(self, cell: Cell, path: str) -> None:
        location = SourceLocation(path, cell.line, cell=cell.number)
        if cell.kind == "sql":
            if not defines(cell.text):  # someone looked at a table here while writing the notebook
                self._warn(f"{location}: the %sql cell defines no dataset, and is ignored")
                return
            lines = "\n" * (cell.line - 1)
            load_sql(lines + cell.text, path, self.graph, self)
            return
        self.run_magic(cell.kind, cell.text, location)

    # --- SqlContext ----------------------------------------------------------------------------------------------

    def run_magic(self, language: str, code: str, location: SourceLocation) -> None:
        if language == "python":
            text = "\n" * ((location.line or 1) - 1) + code
            exec(compile(text, location.path, "exec", dont_inherit=True), self._scopes[location.path])
            return
        if language == "run":
            target, given = run_target(code)
            with self.dbutils.widgets.given(given):
                self._run(target, location)
            return
        if language == "pip":
            self._pip(code, location)
            return
        if language == "restart_python":
            return
        self._warn(f"{location}: %{language} does not run in a pipeline, and the cell is ignored; use Python or SQL")

    def _pip(self, code: str, location: SourceLocation) -> None:
        try:
            asked = requirements(code, lambda word: self._local(word, location))
            if (asked, str(location)) not in self._installed:
                self._installed.append((asked, str(location)))
                self._install(asked)
        except EngineError as error:
            raise EngineError(f"{location}: {error}", error_class=error.error_class) from None

    def _local(self, word: str, location: SourceLocation) -> str:
        """The copy of a file of the pipeline that %pip names."""
        if word.startswith("."):
            beside = posixpath.dirname(location.path.removeprefix("/Workspace"))
            word = "/Workspace" + posixpath.normpath(posixpath.join(beside, word))
        return self.local(word) if word.startswith("/Workspace/") else word

    def _run(self, target: str, location: SourceLocation) -> None:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(location.path), target))
        copies = [
            self._copy(each + ending) for each in (path, path.removeprefix("/Workspace")) for ending in ("", ".py")
        ]
        found = next((copy for copy in copies if copy.is_file()), None)
        if found is None:
            raise EngineError(
                f"{location}: %run {target}: there is no such notebook in the workspace",
                error_class="NOTEBOOK_NOT_FOUND",
                location=str(location),
            )
        scope = self._scopes[location.path]
        self._scopes[path] = scope
        load_python(found.read_text(encoding="utf-8"), path, str(found), scope, lambda cell: self._magic(cell, path))

    def run_sql(
        self, text: str, *, catalog: str | None, schema: str | None, frames: Mapping[str, DataFrame]
    ) -> DataFrame:
        reader = current.get()
        if reader is None:
            raise EngineError("a pipeline's query ran outside of an update", error_class="OUTSIDE_OF_PIPELINE")
        chosen = None
        if catalog is not None or schema is not None:
            chosen = Defaults(
                catalog or self._defaults.catalog, schema or ("default" if catalog else self._defaults.schema)
            )
        return reader.reading.query(reader, text, chosen, frames)

    def constant(self, text: str, function: str, location: SourceLocation) -> str | None:
        """The value of a constant expression, as text."""
        reader = current.get()
        session = reader.session if reader else self._session
        try:
            return jvm.of(session).org.apache.spark.sql.lakehouse.Constants.text(session._jsparkSession, function, text)
        except Exception as error:
            shown = to_rpc(error)
            raise EngineError(
                f"{location}: {shown['message']}", error_class=shown["data"]["error_class"], location=str(location)
            ) from None

    def table_function(
        self, name: str, arguments: list[str], options: dict[str, Any], streaming: bool, location: SourceLocation
    ) -> DataFrame:
        reader = current.get()
        session = reader.session if reader else self._session
        if name == "event_log":
            folder = storage_of(self._pipeline, self._storage, arguments)
            if folder != self._storage:
                self._may_read_events(arguments[0])
            return event_log_frame(session, folder)
        given = dict(options)
        path = arguments[0] if arguments else given.pop("path", None)
        if not path:
            raise EngineError(f"{location}: {name} needs a path", error_class="INVALID_READER_OPTION")
        if name == "cloud_files" and len(arguments) > 1:
            given["format"] = arguments[1]
        source = "read_files"
        if name == "cloud_files":  # Auto Loader's older name in SQL, with the defaults that it has in Python
            source = "cloudFiles"
            given = {("cloudFiles.format" if key == "format" else key): value for key, value in given.items()}
        try:
            if name == "list_files":
                return list_files(session, path, streaming=streaming, **given)
            return read_files(session, path, streaming=streaming, source=source, **given)
        except EngineError as error:
            raise EngineError(f"{location}: {error}", error_class=error.error_class, location=str(location)) from None


class PipelineUtilities:
    """`dbutils` of a pipeline's source: widgets are the pipeline's configuration, fs and secrets are a notebook's."""

    def __init__(self, configuration: Mapping[str, str], notebook: PipelineNotebook, more: Mapping[str, Any]) -> None:
        self.widgets = Widgets(dict(configuration), "set it in the pipeline's configuration")
        self.notebook = notebook
        self.entry_point = notebook.entry_point
        self.__dict__.update(more)

    def __getattr__(self, name: str) -> Any:
        raise _not_in_sources(name)


class PipelineNotebook(ContextSource):
    """`dbutils.notebook` of a pipeline's source, which knows its context; other notebooks do not run in a pipeline."""

    def __getattr__(self, name: str) -> Any:
        raise _not_in_sources(f"notebook.{name}")


def _not_in_sources(name: str) -> EngineError:
    return EngineError(
        f"dbutils.{name} is not available in a pipeline's source; call it in a notebook task before the pipeline",
        error_class="UNSUPPORTED_UTILITY",
    )


def _display(*values: Any, **options: Any) -> None:
    """An update has nobody to show anything to; Databricks ignores the call in a pipeline, too."""


def _at(path: str, error: BaseException, shown: EngineError) -> EngineError:
    """The error with the line of the source that it came from."""
    name = posixpath.basename(path)
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.endswith(path) or posixpath.basename(frame.filename).startswith(name + ".")
    ]
    where = f"{path}:{lines[-1]}" if lines else path
    return EngineError(f"{where}: {shown}", error_class=shown.error_class, location=where)
