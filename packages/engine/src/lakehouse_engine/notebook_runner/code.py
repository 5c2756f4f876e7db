"""Python cells: compiled so that errors show the notebook's own lines, run in one namespace."""

from __future__ import annotations

import ast
import linecache
import os
import re
import sys
import traceback
from types import CodeType
from typing import Any

from lakehouse_engine.errors import message_of, user_names
from lakehouse_engine.sources.notebook import Cell


class CellError(Exception):
    """What a run's `error` is made of."""

    def __init__(self, message: str, trace: str) -> None:
        super().__init__(message)
        self.message = message
        self.trace = trace


def remember_source(path: str, source: str) -> None:
    """Lets tracebacks show the lines of the notebook."""
    lines = source.splitlines(keepends=True)
    linecache.cache[path] = (len(source), None, lines, path)


def run_cell(cell: Cell, path: str, namespace: dict[str, Any]) -> None:
    """Runs a Python cell; the value of a last expression is shown as a notebook shows it."""
    try:
        tree = ast.parse(cell.text, filename=path)
    except SyntaxError as error:
        line = cell.line + (error.lineno or 1) - 1
        raise CellError(
            f"SyntaxError: {error.msg} ({path}, cell {cell.number}, line {line})", f"{path}:{line}: {error.text or ''}"
        ) from None
    ast.increment_lineno(tree, cell.line - 1)
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.Expr):
        tree.body.pop()
    _run(_compiled(tree, path, "exec"), path, cell.number, namespace)
    if isinstance(last, ast.Expr):
        value = _run(_compiled(ast.Expression(last.value), path, "eval"), path, cell.number, namespace)
        if value is not None:
            print(repr(value))


def run_file(source: str, path: str, namespace: dict[str, Any]) -> None:
    try:
        code = _compiled(source, path, "exec")
    except SyntaxError as error:
        raise CellError(
            f"SyntaxError: {error.msg} ({path}, line {error.lineno})", f"{path}:{error.lineno}: {error.text or ''}"
        ) from None
    _run(code, path, None, namespace)


def _compiled(source: Any, path: str, mode: str) -> CodeType:
    """Without this file's imports from __future__: they would make text of annotations, which pandas functions read."""
    return compile(source, path, mode, dont_inherit=True)


def _run(code: CodeType, path: str, cell: int | None, namespace: dict[str, Any]) -> Any:
    try:
        return eval(code, namespace)
    except SystemExit as error:
        if error.code in (None, 0):
            return None
        raise CellError(f"SystemExit: {error.code}", f"{path}: SystemExit: {error.code}") from None
    except CellError:
        raise
    except (Exception, KeyboardInterrupt) as error:
        raise describe(error, path, cell) from None


# Whose stack is nobody's business, and where packages lie on this machine.
_ENGINE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_PACKAGES = re.compile(r'"/[^"\n]*/(?:site-packages|lib/python3\.\d+)/')


def describe(error: BaseException, path: str, cell: int | None) -> CellError:
    frames = [f for f in traceback.extract_tb(sys.exc_info()[2]) if not f.filename.startswith(_ENGINE)]
    own = [f for f in frames if f.filename == path]
    name = type(error).__name__
    message = f"{name}: {message_of(error)}" if not message_of(error).startswith("[") else message_of(error)
    # of a file the trace alone says where, as on Databricks
    where = f" ({path}, cell {cell}, line {own[-1].lineno})" if own and cell else ""
    listed = _PACKAGES.sub('"', "".join(traceback.format_list(frames)))
    trace = "Traceback (most recent call last):\n" + listed + message
    return CellError(message + where, user_names(trace))
