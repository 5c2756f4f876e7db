"""`notebook.run`, `python.run` and `notebook.cancel`."""

from __future__ import annotations

import functools
import html
import os
import re
import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from pyspark.sql import SparkSession

from lakehouse_engine.cancellation import Cancellations
from lakehouse_engine.contract import Workspace
from lakehouse_engine.environments.pip import of_dependencies, requirements
from lakehouse_engine.environments.runtime import RuntimePackages
from lakehouse_engine.errors import EngineError
from lakehouse_engine.notebook_runner import mlflow_client, output, runtime_modules, streams, volume_files
from lakehouse_engine.notebook_runner.code import CellError, describe, remember_source, run_cell, run_file
from lakehouse_engine.notebook_runner.contexts import Contexts
from lakehouse_engine.notebook_runner.dbutils import DBUtils
from lakehouse_engine.notebook_runner.display import display
from lakehouse_engine.notebook_runner.display import install as display_of_frames
from lakehouse_engine.notebook_runner.modules import Modules, send_by_value
from lakehouse_engine.notebook_runner.run import NotebookExit, Run, RunCanceled
from lakehouse_engine.notebook_runner.working_folder import working_in
from lakehouse_engine.redaction import Redactor
from lakehouse_engine.session import Engine, active
from lakehouse_engine.sources.notebook import Cell, cells, run_target, serverless_dependencies
from lakehouse_engine.sources.python_imports import find_folders
from lakehouse_engine.sql import Statements, script, settings
from lakehouse_engine.sql.parameters import with_widgets

# Databricks returns at most 5 MB of what a notebook exits with.
RESULT_LIMIT = 5 * 1024 * 1024
# Seconds after which a canceled run that does not end is left to itself.
_GIVEN_UP = 10
_EXTENSIONS = {"PYTHON": ".py", "SQL": ".sql"}


class Notebooks:
    def __init__(self, engine: Engine, statements: Statements, workspace: Any) -> None:
        self._engine = engine
        self._statements = statements
        self._workspace: Workspace = workspace
        self._notify: Callable[[str, dict[str, Any]], None] = workspace.notify
        self._runs = Cancellations(engine.spark.sparkContext)
        self.contexts = Contexts(engine.new_session, self._command)
        self._modules = Modules(engine.data_dir / "workspace")
        volume_files.install(engine.volumes, self._mirror)
        find_folders(self._searched)
        output.install()
        streams.install()
        display_of_frames()
        runtime = RuntimePackages(_in_user_code, _tell_run)
        runtime.install_finder()
        runtime_modules.install(output.current_run, self._login, runtime)
        mlflow_client.install(self._login, engine.data_dir / "mlflow")

    def _mirror(self, path: str) -> str:
        """The copy of what is at a path of the workspace, for the run of this thread, whose principal must read it."""
        run = output.current_run()
        if run is None:
            return path
        self._workspace.request("workspace.mirror", {"principal": run.principal, "path": path})
        return self._engine.file_of(path)

    def _searched(self, path: str) -> str:
        """The folder of this machine that code means which appended `path` to sys.path."""
        if self._engine.volumes.is_volume_path(path):
            return self._engine.volumes.to_local(path)
        of_update = volume_files.of_update.get()
        found = of_update(path) if of_update else self._mirror(path)
        if output.current_run() is not None:
            send_by_value(Path(found))
        return found

    def run_notebook(self, params: Mapping[str, Any]) -> dict[str, Any]:
        run = self._new_run(params)
        dependencies = params.get("dependencies") or []
        return self._finish(run, dependencies, lambda: self.execute(run, params["language"], params["source"]))

    def run_python(self, params: Mapping[str, Any]) -> dict[str, Any]:
        run = self._new_run(params)
        argv = [params["path"], *map(str, params.get("argv") or [])]
        dependencies = params.get("dependencies") or []
        return self._finish(run, dependencies, lambda: self._execute_file(run, params["source"], argv))

    def run_command(self, params: Mapping[str, Any]) -> dict[str, Any]:
        context = self.contexts.of(params["contextId"])
        run = self._new_run({**params, "path": f"<command-{params['runId']}>"}, context.session)
        run.shown = []
        answer = self._finish(run, [], self.contexts.work(run, params))
        error = {"error": answer["error"]} if "error" in answer else {}
        return {**error, **({"table": run.shown[-1]} if run.shown else {})}

    def _command(self, run: Run, cell: Cell, names: dict[str, Any]) -> None:
        """A command of an execution context, whose names stay for the next one."""
        if names:
            names["dbutils"] = run.dbutils = self._dbutils(run)
        else:
            names.update(self._namespace(run))
        remember_source(run.path, cell.text)
        try:
            self._cell(run, run.path, cell, names)
        except NotebookExit as end:
            print(f"Notebook exited: {end.value}")
        except EngineError as error:
            raise describe(error, run.path, None) from None
        finally:
            self._statements.follow(run.principal)

    def cancel(self, run_id: str) -> None:
        self._runs.cancel(str(run_id))

    def _new_run(self, params: Mapping[str, Any], session: SparkSession | None = None) -> Run:
        run_id, redactor = str(params["runId"]), Redactor()
        return Run(
            run_id=run_id,
            path=params["path"],
            session=session or self._engine.new_session(params.get("catalog"), params.get("schema")),
            principal=params.get("principal"),
            printer=output.Printer(
                lambda text: self._notify("notebook.output", {"runId": run_id, "text": text}), redactor
            ),
            redactor=redactor,
            owns_streams=session is None,
            folders=list(params.get("sysPath") or []),
            parameters={k: str(v) for k, v in (params.get("parameters") or {}).items()},
            spark_conf=params.get("sparkConf") or {},
        )

    def _finish(self, run: Run, dependencies: list[str], work: Callable[[], str | None]) -> dict[str, Any]:
        """Runs `work` in the run's own thread; a canceled run is given up when it does not end soon."""
        answer: dict[str, Any] = {}
        failed: list[Exception] = []

        def body() -> None:
            try:
                with self._modules.of(run.folders):
                    output.enter_run(run)
                    self._install(run, dependencies)
                    answer.update(self._in_run(run, work))
            except RunCanceled:
                pass  # raised between the steps above, when a cancel came at the very end
            except Exception as error:
                failed.append(error)  # its packages cannot be installed, or the JVM has ended
            finally:
                run.packages.give_back()
                output.enter_run(None)
                run.cancellation.ended.set()

        requested, ended = run.cancellation.requested, run.cancellation.ended
        with self._runs.during(run.cancellation):
            if requested.is_set():  # before it had begun
                ended.set()
            else:
                run.start(body)
            while not ended.wait(0.5):
                if requested.is_set():
                    ended.wait(_GIVEN_UP)
                    break
        run.printer.flush()
        if requested.is_set():
            return {"truncated": False, "error": {"message": "The run was canceled.", "trace": ""}}
        if failed:
            raise failed[0]
        return answer

    def _in_run(self, run: Run, work: Callable[[], str | None]) -> dict[str, Any]:
        answer = self._ended(run, work)
        if "error" in answer:
            answer["error"] = {name: run.redactor.text(text) for name, text in answer["error"].items()}
        if "result" in answer:  # cut afterwards: no one would find a part of a secret
            result = run.redactor.text(answer["result"])
            answer |= {"result": result[:RESULT_LIMIT], "truncated": len(result) > RESULT_LIMIT}
        return answer

    def _ended(self, run: Run, work: Callable[[], str | None]) -> dict[str, Any]:
        output.enter_run(run)
        completed = False
        run.session.sparkContext.setJobGroup(run.cancellation.group, run.path, interruptOnCancel=True)
        try:
            self._statements.attach(run.session, run.principal)  # first: a thread works for whom its session is
            settings.of_cluster(run.session, run.spark_conf, f"run {run.run_id}'s cluster", run.tell)
            folder = run.folders[0] if run.folders else None
            with run.cancellation.active(), active(run.session), working_in(folder):
                result = work()
                if run.owns_streams:
                    run.streams.wait(run.cancellation.requested, run.tell)
            completed = True
        except CellError as error:
            return {"truncated": False, "error": {"message": error.message, "trace": error.trace}}
        except RunCanceled:
            return {}
        except Exception as error:
            failed = describe(error, run.path, None)
            return {"truncated": False, "error": {"message": failed.message, "trace": failed.trace}}
        finally:
            mlflow_client.end(run, failed=not completed)
            if run.owns_streams:
                run.streams.end()
            output.enter_run(None)
        return {"truncated": False, **({} if result is None else {"result": result})}

    def execute(self, run: Run, language: str, source: str) -> str | None:
        """All cells; what the notebook exits with."""
        self._install(run, of_dependencies(serverless_dependencies(source, language), self._local_to(run, run.path)))
        namespace = self._namespace(run)
        try:
            self._cells(run, run.path, language, source, namespace)
        except NotebookExit as end:
            return end.value
        return None

    def _execute_file(self, run: Run, source: str, argv: list[str]) -> str | None:
        namespace = {**self._namespace(run), "__file__": run.path}
        before, sys.argv = sys.argv, argv
        remember_source(run.path, source)
        try:
            run_file(source, run.path, namespace)
        except NotebookExit as end:
            return end.value
        finally:
            sys.argv = before
            self._statements.follow(run.principal)
        return None

    def _namespace(self, run: Run) -> dict[str, Any]:
        session = run.session
        run.dbutils = self._dbutils(run)
        return {
            "__name__": "__main__",
            "__builtins__": __builtins__,
            "spark": session,
            "sc": session.sparkContext,
            "sql": session.sql,
            "table": session.table,
            "dbutils": run.dbutils,
            "display": display,
            "displayHTML": lambda text: print(html.unescape(re.sub(r"<[^>]*>", "", text))),
        }

    def _dbutils(self, run: Run) -> DBUtils:
        return DBUtils(
            run,
            self._workspace,
            self._engine.volumes,
            functools.partial(self._statements.authorize, run.principal),
            lambda path, timeout, arguments: self._run_child(run, path, timeout, arguments),
        )

    def _cells(self, run: Run, path: str, language: str, source: str, namespace: dict[str, Any]) -> None:
        remember_source(path, source)
        for cell in cells(source, language):
            try:
                self._cell(run, path, cell, namespace)
            except EngineError as error:
                raise describe(error, path, cell.number) from None
            finally:
                self._statements.follow(run.principal)

    def _cell(self, run: Run, path: str, cell: Cell, namespace: dict[str, Any]) -> None:
        match cell.kind:
            case "python":
                run_cell(cell, path, namespace)
            case "sql":
                self._sql_cell(run, path, cell, namespace)
            case "md" | "restart_python":  # %pip takes effect at once
                return
            case "run":
                target, given = run_target(cell.text)
                name, language, source = self._read(run, path, target)
                with namespace["dbutils"].widgets.given(given):
                    self._cells(run, name, language, source, namespace)
            case "fs":
                words = shlex.split(cell.text)
                if not words:
                    raise EngineError(
                        f"{path}, cell {cell.number}: %fs needs a command", error_class="INVALID_PARAMETER"
                    )
                display(getattr(namespace["dbutils"].fs, words[0])(*words[1:]))
            case "pip":
                self._pip(run, path, cell)
            case other:
                raise EngineError(
                    f"{path}, cell {cell.number}, line {cell.line}: %{other} is not supported by the local workspace; "
                    "cells may be Python, %sql, %md, %run, %fs and %pip.",
                    error_class="UNSUPPORTED_FEATURE",
                )

    def _local_to(self, run: Run, path: str) -> Callable[[str], str]:
        """The file on this machine of a path that the notebook names to pip."""
        folder = run.folders[0] if run.folders else os.path.dirname(path)

        def local(word: str) -> str:
            if self._engine.volumes.is_volume_path(word):
                return self._engine.volumes.to_local(word)
            if word.startswith("/Workspace/"):
                return self._mirror(word)
            return os.path.normpath(os.path.join(folder, word)) if word.startswith(".") or os.sep in word[:1] else word

        return local

    def _pip(self, run: Run, path: str, cell: Cell) -> None:
        try:
            asked = requirements(cell.text, self._local_to(run, path))
            self._install(run, asked)
        except EngineError as error:
            where = f" ({path}, cell {cell.number}, line {cell.line})"
            raise EngineError(f"{error}{where}", error_class=error.error_class) from None
        print(f"Installed {', '.join(os.path.basename(line) for line in asked)}.")

    def _install(self, run: Run, lines: list[str]) -> None:
        if lines and not run.packages.add(lines):
            raise RunCanceled

    def _login(self) -> tuple[str, str]:
        """Address of the workspace, and a token of whom the code of this thread runs as."""
        run = output.current_run()
        utilities = runtime_modules.of_pipeline.get() if run is None else run.dbutils
        if utilities is None:
            raise RuntimeError("only the code of notebooks, tasks and pipelines is logged in")
        answer = utilities.notebook.login()
        return answer["host"], answer["token"]

    def _sql_cell(self, run: Run, path: str, cell: Cell, namespace: dict[str, Any]) -> None:
        widgets = namespace["dbutils"].widgets.getAll()
        parameters = [{"name": k, "value": v, "type": "STRING"} for k, v in widgets.items()]
        try:
            for statement in script.split(with_widgets(cell.text, widgets)):
                frame = self._statements.run(run.session, statement, parameters, principal=run.principal)
                namespace["_sqldf"] = frame
                if frame.columns:
                    display(frame)
        except Exception as error:
            failed = describe(error, path, cell.number)
            raise CellError(f"{failed.message} ({path}, cell {cell.number}, line {cell.line})", failed.trace) from None

    def _read(self, run: Run, path: str, target: str) -> tuple[str, str, str]:
        """Another notebook of the workspace, from the copy that lies beside this one: its path, language and source."""
        name = target if target.startswith("/") else str(PurePosixPath(path).parent / target)
        full = Path("/" + name.removeprefix("/Workspace").lstrip("/"))
        parts: list[str] = []
        for part in full.parts[1:]:
            if part == "..":
                parts = parts[:-1]
            elif part != ".":
                parts.append(part)
        found = "/" + "/".join(parts)
        if run.principal is not None:
            self._workspace.request("workspace.requireRead", {"principal": run.principal, "path": found})
        base = self._engine.data_dir / "workspace" / "/".join(parts)
        for language, extension in _EXTENSIONS.items():
            for file in (base, Path(f"{base}{extension}")):
                if file.suffix == extension and file.is_file():
                    return found, language, file.read_text(encoding="utf-8")
        raise EngineError(
            f"Notebook '{target}' was not found: '/{'/'.join(parts)}' does not exist. A path is absolute, or relative "
            f"to the notebook {path}.",
            error_class="NOTEBOOK_NOT_FOUND",
        )

    def _run_child(self, parent: Run, path: str, timeout: int, arguments: dict[str, str]) -> str | None:
        name, language, source = self._read(parent, parent.path, path)
        child = Run(
            run_id=parent.run_id,
            path=name,
            session=self._engine.new_session(),
            principal=parent.principal,
            printer=parent.printer,
            redactor=parent.redactor,
            folders=parent.folders,
            parameters=arguments,
            spark_conf=parent.spark_conf,
            parent=parent,
        )
        answer: dict[str, Any] = {}

        def body() -> None:
            try:
                answer.update(self._in_run(child, lambda: self.execute(child, language, source)))
            finally:
                child.cancellation.ended.set()

        with child.cancellation.within(parent.cancellation):
            child.start(body)
            if not child.cancellation.ended.wait(timeout or None):
                child.cancellation.request(child.session.sparkContext)
                raise TimeoutError(f"Notebook '{name}' did not end within {timeout} seconds.")
        if "error" in answer:
            raise EngineError(f"Notebook '{name}' failed: {answer['error']['message']}", error_class="WORKFLOW_FAILED")
        return answer.get("result")


def _in_user_code() -> bool:
    return output.current_run() is not None or runtime_modules.of_pipeline.get() is not None


def _tell_run(text: str) -> None:
    run = output.current_run()
    if run is not None:
        run.print(text)
