"""Changes modules when code has imported them, whoever does so first and wherever they lie."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
import threading
from collections.abc import Callable, Collection, Sequence
from types import FunctionType, ModuleType
from typing import cast

from lakehouse_engine.environments.runtime import passes_imports_on

Change = Callable[[ModuleType], None]


def change(names: Collection[str], how: Change) -> None:
    """For the whole process. Modules that are there already are changed at once."""
    for name in names:
        if name in sys.modules:
            how(sys.modules[name])
    sys.meta_path.insert(0, _AfterImport(frozenset(names), how))


class _AfterImport(importlib.abc.MetaPathFinder):
    """Finds these modules as everyone else does, and changes them when they have been executed."""

    def __init__(self, names: frozenset[str], how: Change) -> None:
        self._names = names
        self._how = how
        self._finding = threading.local()

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in self._names or getattr(self._finding, "name", None) == name:
            return None
        self._finding.name = name
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self._finding.name = None
        loader = spec.loader if spec else None
        if loader is not None:
            execute = loader.exec_module

            def exec_module(module: ModuleType) -> None:
                execute(module)
                self._how(module)

            setattr(loader, "exec_module", exec_module)  # noqa: B010 (a method of a type that declares it)
        return spec


for _finder in (_AfterImport.find_spec, importlib.util.find_spec):
    passes_imports_on(cast(FunctionType, _finder))
