"""Executes a Python file or notebook of a pipeline, so that its decorators fill the graph."""

from __future__ import annotations

import ast
import linecache
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from engine.errors import EngineError
from engine.sources import python_api
from engine.sources.notebook import Cell, cells, is_notebook

_imports = threading.Lock()


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
        exec(compile(tree, file, "exec"), scope)


@contextmanager
def pipeline_modules(roots: list[str], front: Mapping[str, Any] | None = None) -> Iterator[None]:
    """While it lasts, `dp` and `dlt` are the engine's, and modules under `roots` are imported from there, freshly.

    sys.modules is one for the process, so sources of two updates are loaded one after the other.
    """
    front = dict(front or python_api.modules())
    with _imports:
        import pyspark

        before, path = dict(sys.modules), list(sys.path)
        pipelines, dlt = getattr(pyspark, "pipelines", None), getattr(pyspark, "dlt", None)
        sys.modules.update(front)
        sys.modules["pyspark.dlt"] = front["dlt"]
        pyspark.pipelines, pyspark.dlt = front["pyspark.pipelines"], front["dlt"]
        sys.path[:0] = roots
        try:
            yield
        finally:
            sys.path[:] = path
            for name, module in list(sys.modules.items()):
                ours = (getattr(module, "__file__", None) or "").startswith(tuple(root + "/" for root in roots))
                if (ours and name not in before) or name in front or name == "pyspark.dlt":
                    del sys.modules[name]
                    if name in before:
                        sys.modules[name] = before[name]
            for name, module in (("pipelines", pipelines), ("dlt", dlt)):
                if module is None:
                    delattr(pyspark, name)
                else:
                    setattr(pyspark, name, module)
