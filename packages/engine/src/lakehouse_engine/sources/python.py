"""Executes a Python file or notebook of a pipeline, so that its decorators fill the graph."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Callable
from typing import Any

from lakehouse_engine.errors import EngineError
from lakehouse_engine.sources.notebook import Cell, cells, is_notebook


def load_python(
    content: str,
    path: str,
    file: str,
    scope: dict[str, Any],
    run_magic: Callable[[Cell], None],
) -> None:
    """`path` is the workspace path, `file` its real copy, `scope` its globals; other magics go to `run_magic`."""
    linecache.cache[file] = (len(content), None, content.splitlines(keepends=True), file)
    notebook = is_notebook(content, "PYTHON")
    for cell in cells(content, "PYTHON"):
        if cell.kind == "md":
            continue
        if cell.kind != "python":
            run_magic(cell)
            continue
        where = f" (cell {cell.number})" if notebook else ""
        try:
            tree = ast.parse("\n" * (cell.line - 1) + cell.text, file)
        except SyntaxError as error:
            raise EngineError(
                f"{path}:{error.lineno}{where}: {error.msg}: {(error.text or '').strip()}",
                error_class="SYNTAX_ERROR",
                location=f"{path}:{error.lineno}",
            ) from None
        exec(compile(tree, file, "exec", dont_inherit=True), scope)  # not this file's __future__
