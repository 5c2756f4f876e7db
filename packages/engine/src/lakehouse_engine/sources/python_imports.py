"""Imports of a pipeline's sources: its own modules, and `dp` and `dlt` as the engine has them.

sys.path and sys.modules are one for the process, and updates run side by side. So an update's modules are there only
while one of its sources is loaded, or while an import runs that names one of them; `install` wraps Python's import for
the latter, which user code may do anywhere: in a dataset's function, and in a function of a module.
"""

from __future__ import annotations

import builtins
import importlib
import os
import sys
import threading
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pyspark

from lakehouse_engine.environments.active import process
from lakehouse_engine.environments.runtime import passes_imports_on
from lakehouse_engine.sources import python_api

_lock = threading.RLock()
_original: dict[str, Any] = {}
_PACKAGE = "pyspark"


# Not hidden by a folder of the same name in a pipeline: the engine itself runs on these.
_KEPT = {"lakehouse_engine", "pyspark", "py4j", *sys.stdlib_module_names}


class PipelineImports:
    """What the sources of one update import. `roots`: the folders of its modules, in the order of search."""

    def __init__(self, roots: Sequence[str]) -> None:
        self._roots = tuple(dict.fromkeys(roots))
        # Folders of the packages that the update installed, which every import of the process sees.
        self.packages: tuple[str, ...] = ()
        self._front = python_api.modules()
        self._own: dict[str, types.ModuleType] = {}
        self._active = False
        self._hidden: dict[str, types.ModuleType] = {}
        self._tops = {name for root in self._roots for name in _modules_in(root)} - _KEPT

    @contextmanager
    def active(self, first: str | None = None) -> Iterator[None]:
        """While it lasts, imports find the update's modules. `first`: a folder to search before the roots."""
        with _lock:
            if self._active:
                yield
                return
            if first:
                self._search(first)
            roots = tuple(dict.fromkeys([first, *self._roots] if first else self._roots))
            path = list(sys.path)
            self._hidden = {}
            self._hide(self.has)
            sys.modules.update(self._own)
            sys.modules.update(self._front)
            sys.path[:0] = roots
            importlib.invalidate_caches()
            self._active = True
            try:
                with _attributes(self._front):
                    yield
            finally:
                self._active = False
                sys.path[:] = process.path(path)  # %pip may have installed packages meanwhile
                for name in [name for name in list(sys.modules) if self.has(name)]:
                    module = sys.modules.pop(name)
                    if name not in self._front:
                        self._own[name] = module
                sys.modules.update(self._hidden)

    def _hide(self, which: Callable[[str], bool]) -> None:
        """Modules of others that have the names of the update's own."""
        for name in [name for name in list(sys.modules) if which(name)]:
            self._hidden[name] = sys.modules.pop(name)

    def add(self, root: str) -> None:
        """A folder that user code appended to sys.path, as far as the update's modules go."""
        new = set(_modules_in(root)) - _KEPT - self._tops
        if self._active:
            self._hide(lambda name: name.partition(".")[0] in new)
        else:
            sys.path[:] = [path for path in sys.path if path != root]
        self._tops |= new
        self._roots = tuple(dict.fromkeys([*self._roots, root]))

    def _search(self, first: str) -> None:
        """Modules beside a source come before those of other folders that have their names."""
        here = set(_modules_in(first)) - _KEPT
        for name, module in list(self._own.items()):
            if name.partition(".")[0] in here and not str(getattr(module, "__file__", "") or "").startswith(first):
                del self._own[name]
        self._tops |= here
        self._roots = tuple(dict.fromkeys([*self._roots, first]))

    @property
    def roots(self) -> tuple[str, ...]:
        """The folders of the update's modules, in the order of search."""
        return self._roots

    def has(self, name: str) -> bool:
        """Whether an import of that name means a module of this update."""
        return name in self._front or name.partition(".")[0] in self._tops

    def of_pyspark(self, names: Sequence[str]) -> types.ModuleType | None:
        """pyspark with `dp` in the place of its own, where one of `names` is that."""
        wanted = {name: self._front[f"{_PACKAGE}.{name}"] for name in names if f"{_PACKAGE}.{name}" in self._front}
        if "dlt" in names:
            wanted["dlt"] = self._front["dlt"]
        return _Package(wanted) if wanted else None


def _modules_in(folder: str) -> Iterator[str]:
    """The names under which files of a folder, and folders with Python files, are imported."""
    for entry in Path(folder).iterdir() if os.path.isdir(folder) else ():
        if entry.suffix == ".py" or (entry.is_dir() and any(entry.rglob("*.py"))):
            yield entry.stem


class _Package(types.ModuleType):
    """pyspark, with other modules in it: a statement takes them from here after the import has ended."""

    def __init__(self, members: Mapping[str, Any]) -> None:
        super().__init__(_PACKAGE)
        self.__dict__.update(members)

    def __getattr__(self, name: str) -> Any:
        return getattr(pyspark, name)


@contextmanager
def _attributes(front: Mapping[str, types.ModuleType]) -> Iterator[None]:
    members = {"pipelines": front[f"{_PACKAGE}.pipelines"], "dlt": front["dlt"]}
    before = {name: getattr(pyspark, name, None) for name in members}
    dlt = sys.modules.get(f"{_PACKAGE}.dlt")
    sys.modules[f"{_PACKAGE}.dlt"] = members["dlt"]
    for name, module in members.items():
        setattr(pyspark, name, module)
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                delattr(pyspark, name)
            else:
                setattr(pyspark, name, module)
        del sys.modules[f"{_PACKAGE}.dlt"]
        if dlt is not None:
            sys.modules[f"{_PACKAGE}.dlt"] = dlt


current: ContextVar[PipelineImports | None] = ContextVar("pipeline_imports", default=None)


@contextmanager
def importing(imports: PipelineImports) -> Iterator[None]:
    """Code of this context, and of threads that go on with it, imports what the update has."""
    install()
    token = current.set(imports)
    try:
        yield
    finally:
        current.reset(token)


_ELSEWHERE = ("/Workspace/", "/Volumes/")
_local: list[Callable[[str], str]] = []


def find_folders(local: Callable[[str], str]) -> None:
    """`local`: the folder of this machine for one of the workspace or of a volume that this thread's code searches."""
    _local[:] = [local]
    install()


def _localize(imports: PipelineImports | None) -> None:
    """User code appends folders to sys.path by their names in the workspace."""
    if not _local or not any(str(path).startswith(_ELSEWHERE) for path in sys.path):
        return
    with _lock:
        for path in [path for path in sys.path if str(path).startswith(_ELSEWHERE)]:
            found = _local[0](path)
            if found == path:  # it belongs to another thread's code
                continue
            sys.path[sys.path.index(path)] = found
            sys.path_importer_cache.pop(found, None)
            if imports is not None:
                imports.add(found)


def install() -> None:
    """Once for the process. Code outside of updates imports as it always did."""
    with _lock:
        if _original:
            return
        _original.update(importer=builtins.__import__, import_module=importlib.import_module)

    def importer(
        name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0
    ) -> types.ModuleType:  # fmt: skip
        imports = current.get()
        _localize(imports)
        if imports is None:
            return _original["importer"](name, globals, locals, fromlist, level)
        if level == 0 and name == _PACKAGE and fromlist:
            package = imports.of_pyspark(fromlist)
            if package is not None:
                return package
        if level == 0 and name == f"{_PACKAGE}.pipelines" and not fromlist:
            package = imports.of_pyspark(["pipelines"])
            assert package is not None
            return package
        package = (globals or {}).get("__package__") or "" if level else ""
        if not imports.has(name if level == 0 else package or "."):
            return _original["importer"](name, globals, locals, fromlist, level)
        with imports.active():
            return _original["importer"](name, globals, locals, fromlist, level)

    def import_module(name: str, package: str | None = None) -> types.ModuleType:
        imports = current.get()
        _localize(imports)
        if imports is None or not imports.has((package or "") if name.startswith(".") else name):
            return _original["import_module"](name, package)
        with imports.active():
            return _original["import_module"](name, package)

    for function in (importer, import_module):
        passes_imports_on(function)
    builtins.__import__ = importer
    importlib.import_module = import_module
