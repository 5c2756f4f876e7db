"""Loads a pipeline's sources into a graph: Python and SQL, notebooks and files, from copies on disk."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from engine import readers
from engine.errors import EngineError
from engine.event_log import table as event_log_table
from engine.flows import reading
from engine.graph.model import Graph, SourceLocation
from engine.sources import python_api
from engine.sources.python import load_python, pipeline_modules
from engine.sources.sql import load_sql

Spec = Mapping[str, Any]


class Definitions:
    """The code of one update. `fingerprint` changes with any source, file or setting of the pipeline."""

    def __init__(self, spec: Spec, folder: Path, session: SparkSession, read_events: Any) -> None:
        self._spec = spec
        self._folder = folder
        self._session = session
        self._read_events = read_events
        self.configuration: dict[str, str] = dict(spec.get("configuration") or {})
        self.parameters: dict[str, str] = {}
        self.graph = Graph()
        self._paths: dict[str, str] = {}  # real file → workspace path
        self._scopes: dict[str, dict[str, Any]] = {}
        self._sources = {source["path"]: source for source in spec.get("sources", [])}

    @property
    def fingerprint(self) -> str:
        parts = [self._spec.get("sources", []), self._spec.get("files", []), self.configuration]
        return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()

    def load(self) -> Graph:
        """Raises EngineError or SqlSourceError at the first wrong source, naming its path and line."""
        self._materialise()
        root = self._file(self._spec.get("rootPath") or "/")
        registration = python_api.Registration(self.graph, self._session, self._paths)
        folders = [str(root)]
        with python_api.registering(registration), pipeline_modules(folders):
            for source in self._spec.get("sources", []):
                self._load(source["path"], source["language"], source["content"])
        return self.graph

    def _file(self, path: str) -> Path:
        """The copy of a workspace path; the tree is kept, so that code can tell its place from __file__."""
        return self._folder / PurePosixPath(path.removeprefix("/Workspace")).relative_to("/")

    def _materialise(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        for file in self._spec.get("files", []):
            self._write(file["path"], base64.b64decode(file["content"]))
        for source in self._spec.get("sources", []):
            self._write(source["path"], source["content"].encode())

    def _write(self, path: str, content: bytes) -> None:
        file = self._file(path)
        if not file.resolve().is_relative_to(self._folder.resolve()):
            raise EngineError(f"'{path}' is outside of the workspace", error_class="INVALID_PATH")
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.is_dir():
            return
        file.write_bytes(content)

    def _load(self, path: str, language: str, content: str) -> None:
        if language == "PYTHON":
            self._python(path, content, self._scope(path))
        else:
            load_sql(content, path, self.graph, _Sql(self, path))

    def _python(self, path: str, content: str, scope: dict[str, Any]) -> None:
        file = str(self._file(path))
        self._paths[file] = path
        load_python(content, path, file, scope, lambda cell: self.magic(path, cell.kind, cell.text, cell.line))

    def _scope(self, path: str) -> dict[str, Any]:
        if path not in self._scopes:
            self._scopes[path] = {
                "__name__": "__main__",
                "__file__": str(self._file(path)),
                "spark": self._session,
                "sc": self._session.sparkContext,
                "dbutils": PipelineUtilities(self.configuration),
                "display": lambda *_, **__: None,
                "displayHTML": lambda *_, **__: None,
            }
        return self._scopes[path]

    def magic(self, path: str, kind: str, text: str, line: int) -> None:
        where = SourceLocation(path, line)
        if kind == "sql":
            load_sql("\n" * (line - 1) + text, path, self.graph, _Sql(self, path))
        elif kind == "python":
            file = f"{self._file(path)}#{line}"
            self._paths[file] = path
            load_python("\n" * (line - 1) + text, path, file, self._scope(path), lambda _: None)
        elif kind == "run":
            self._run(path, text.strip().strip("\"'"), where)
        elif kind == "pip":
            raise EngineError(
                f"{where}: %pip does not run here: the engine's Python environment is fixed. It has PySpark, pandas, "
                "NumPy and PyArrow; on Databricks, prefer the pipeline's environment.dependencies",
                error_class="UNSUPPORTED_MAGIC",
                location=str(where),
            )
        else:
            raise EngineError(
                f"{where}: a %{kind} cell cannot run in a pipeline; use Python and SQL",
                error_class="UNSUPPORTED_MAGIC",
                location=str(where),
            )

    def _run(self, path: str, target: str, where: SourceLocation) -> None:
        """%run: the other notebook's cells in this notebook's scope. Paths are relative to the notebook."""
        parts: list[str] = []
        base = PurePosixPath(path).parent
        for part in (PurePosixPath(target) if target.startswith("/") else base / target).parts[1:]:
            if part == "..":
                parts[-1:] = []
            elif part != ".":
                parts.append(part)
        resolved = "/" + "/".join(parts)
        for candidate in (resolved, resolved + ".py"):
            source = self._sources.get(candidate)
            content = source["content"] if source else self._read(candidate)
            if content is not None:
                self._python(candidate, content, self._scope(path))
                return
        raise EngineError(
            f"{where}: %run {target}: there is no notebook {resolved} in the pipeline's folder",
            error_class="NOTEBOOK_NOT_FOUND",
            location=str(where),
        )

    def _read(self, path: str) -> str | None:
        file = self._file(path)
        return file.read_text() if file.is_file() else None

    def event_log(self, pipeline_id: str) -> DataFrame:
        return event_log_table.frame(self._session, self._read_events(pipeline_id))


class _Sql:
    """What SQL sources get from the update (SqlContext)."""

    def __init__(self, definitions: Definitions, path: str) -> None:
        self._definitions = definitions
        self._path = path
        self.configuration = definitions.configuration
        self.parameters = definitions.parameters

    def run_sql(self, text: str, *, catalog: str | None, schema: str | None) -> DataFrame:
        session = self._definitions._session
        if catalog is None and schema is None:
            return session.sql(text)
        with reading.names_in(session, catalog, schema):
            return session.sql(text)

    def table_function(
        self, name: str, arguments: list[str], options: dict[str, Any], streaming: bool, location: SourceLocation
    ) -> DataFrame:
        session = self._definitions._session
        function = name.lower()
        if function in ("read_files", "cloud_files"):
            given = dict(options)
            if function == "cloud_files" and len(arguments) > 1:
                given.setdefault("format", arguments[1])
                for extra in arguments[2:]:
                    given.update(extra if isinstance(extra, dict) else {})
            path = arguments[0] if arguments else given.pop("path", None)
            if not path:
                raise EngineError(f"{location}: {function} needs the path to read from", location=str(location))
            schema = given.pop("schema", None)
            try:
                return readers.read_files(session, path, streaming=streaming, schema=schema, **given)
            except EngineError as error:
                raise EngineError(
                    f"{location}: {error}", error_class=error.error_class, location=str(location)
                ) from error
        if function == "event_log":
            if len(arguments) != 1:
                raise EngineError(f"{location}: event_log takes one argument, a pipeline's id", location=str(location))
            return self._definitions.event_log(arguments[0])
        raise EngineError(f"{location}: there is no table function {name}", location=str(location))

    def run_magic(self, language: str, code: str, location: SourceLocation) -> None:
        self._definitions.magic(self._path, language, code, location.line or 1)


class PipelineUtilities:
    """`dbutils` in a pipeline's source: widgets read the pipeline's configuration, the rest is for notebooks of jobs."""

    def __init__(self, configuration: Mapping[str, str]) -> None:
        self.widgets = _Widgets(configuration)

    def __getattr__(self, name: str) -> Any:
        raise EngineError(
            f"dbutils.{name} is not available in a pipeline's source; do it in a notebook task before the pipeline runs",
            error_class="UNSUPPORTED_UTILITY",
        )


class _Widgets:
    def __init__(self, configuration: Mapping[str, str]) -> None:
        self._configuration = configuration

    def get(self, name: str) -> str:
        if name not in self._configuration:
            raise EngineError(
                f"there is no widget and no pipeline configuration '{name}'; set it in the pipeline's configuration",
                error_class="WIDGET_NOT_FOUND",
            )
        return self._configuration[name]
