"""Modules that lie beside user code in the workspace: found by its imports, read anew for each run, sent to workers."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from pyspark.cloudpickle import cloudpickle


class Modules:
    """sys.path and sys.modules are the process's; a run that is going on keeps the modules that it has imported."""

    def __init__(self, root: Path) -> None:
        self._root = str(root.resolve())
        self._lock = threading.Lock()
        self._going: list[list[str]] = []
        # Wherever in the workspace code searched for it, as `sys.path.append(str(Path.cwd().parent / "lib"))`.
        registered = cloudpickle._is_registered_pickle_by_value
        cloudpickle._is_registered_pickle_by_value = lambda module: registered(module) or self._is_ours(module)

    @contextlib.contextmanager
    def of(self, folders: Sequence[str]) -> Iterator[None]:
        """`folders` come first in the search; what earlier runs imported, and where they searched, is forgotten."""
        added = list(folders)
        with self._lock:
            self._forget_paths()
            self._going.append(added)
            # All are found before the first goes: the path of a package without __init__.py is asked of those above it.
            for name in [name for name, module in list(sys.modules.items()) if self._is_ours(module)]:
                del sys.modules[name]
            for folder in folders:
                sys.path_importer_cache.pop(folder, None)
                send_by_value(Path(folder))
                send_by_value(Path(folder).parent)
            sys.path[:0] = folders
        try:
            yield
        finally:
            with self._lock:
                self._going.remove(added)
                for folder in folders:
                    if folder in sys.path:
                        sys.path.remove(folder)
                self._forget_paths()

    def _forget_paths(self) -> None:
        """What a run appended, such as the folder above its own, would hide the next project's modules from it."""
        if not self._going:
            sys.path[:] = [path for path in sys.path if not self._is_below(path)]
            for path in [path for path in list(sys.path_importer_cache) if self._is_below(path)]:
                sys.path_importer_cache.pop(path, None)

    def _is_below(self, path: str) -> bool:
        return os.path.realpath(path).startswith(self._root)

    def _is_ours(self, module: object) -> bool:
        file = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", None) or []), "")
        return str(file).startswith(self._root)


def send_by_value(folder: Path) -> None:
    """Spark's Python workers do not search the workspace's folders: functions go to them with their code."""
    if folder.is_dir():
        for entry in folder.iterdir():
            if entry.suffix == ".py" or (entry.is_dir() and any(entry.rglob("*.py"))):
                cloudpickle._PICKLE_BY_VALUE_MODULES.add(entry.stem)
