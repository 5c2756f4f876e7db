"""Which environment the process has: sys.path and sys.modules are one for all runs.

Runs of one environment go on side by side, and so do runs that ask for no packages; a run of another environment
waits until the last run of this one has ended. The modules of an environment are put away with its last run and come
back with the next: extension modules are not loaded twice.
"""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

from lakehouse_engine.environments.install import SHARED_MODULES, added, install

_KEPT = SHARED_MODULES | sys.stdlib_module_names


class Environments:
    def __init__(self) -> None:
        self._free = threading.Condition()
        self._folders: tuple[str, ...] | None = None
        self._runs = 0
        self._tops: frozenset[str] = frozenset()
        self._put_away: dict[tuple[str, ...], dict[str, ModuleType]] = {}
        self._hidden: dict[str, ModuleType] = {}
        self._known: set[str] = set()

    def enter(
        self,
        folders: tuple[str, ...],
        waits: Callable[[], None] = lambda: None,
        canceled: threading.Event | None = None,
    ) -> bool:
        """Code of this process now imports from `folders`, until `leave`. `waits`: called when others must end first.

        @returns False when the run was canceled while it waited
        """
        with self._free:
            if self._folders not in (None, folders):
                waits()
            while self._folders not in (None, folders):
                if canceled is not None and canceled.is_set():
                    return False
                self._free.wait(0.5)
            if self._folders is None:
                self._switch_to(folders)
            self._runs += 1
            return True

    def leave(self, folders: tuple[str, ...]) -> None:
        with self._free:
            self._runs -= 1
            if self._runs == 0:
                self._switch_back(folders)
                self._free.notify_all()

    def _switch_to(self, folders: tuple[str, ...]) -> None:
        self._folders = folders
        self._tops = frozenset().union(*(top_names(Path(folder)) for folder in folders)) - _KEPT
        self._hidden = self._taken()
        sys.modules.update(self._put_away.get(folders, {}))
        self._known.update(folders)
        sys.path[:0] = folders
        for folder in folders:
            sys.path_importer_cache.pop(folder, None)
        importlib.invalidate_caches()

    def _switch_back(self, folders: tuple[str, ...]) -> None:
        self._put_away[folders] = self._taken()
        sys.modules.update(self._hidden)
        self._hidden = {}
        for folder in folders:
            if folder in sys.path:
                sys.path.remove(folder)
        self._folders, self._tops = None, frozenset()

    def path(self, before: Sequence[str]) -> list[str]:
        """sys.path as it was before, but with the folders of the environment that is there now."""
        return [*(self._folders or ()), *(folder for folder in before if folder not in self._known)]

    def _taken(self) -> dict[str, ModuleType]:
        """The modules whose names are the environment's, out of sys.modules."""
        # A copy, here as wherever sys.modules is gone through: other threads import meanwhile.
        names = [name for name in list(sys.modules) if name.partition(".")[0] in self._tops]
        return {name: sys.modules.pop(name) for name in names}


# sys.modules is the process's, and so is what stands in it.
process = Environments()


class Packages:
    """What one run or update imports beside the engine's own packages.

    `tell`: shows the user what takes time; `canceled`: ends a wait for other runs.
    """

    def __init__(self, tell: Callable[[str], None], canceled: threading.Event) -> None:
        self._tell = tell
        self._canceled = canceled
        self._lines: list[str] = []
        self.folders: tuple[str, ...] = ()

    def add(self, lines: Sequence[str]) -> bool:
        """Installs what these lines of a requirements file name; a package named again replaces its earlier line.

        @returns False when the run was canceled meanwhile
        """
        wanted = added(self._lines, lines)
        folders = install(wanted) if wanted else ()
        if folders != self.folders:
            self.give_back()
            waits = "Waiting for runs with other packages to end: one set of packages is there at a time.\n"
            if not process.enter(folders, lambda: self._tell(waits), self._canceled):
                return False
        self._lines, self.folders = wanted, folders
        return True

    def give_back(self) -> None:
        if self.folders:
            folders, self.folders = self.folders, ()
            process.leave(folders)


def top_names(folder: Path) -> frozenset[str]:
    """The names under which a folder's modules and packages are imported."""
    entries = [entry for entry in folder.iterdir() if not entry.name.endswith((".dist-info", ".data"))]
    return frozenset(
        entry.name.partition(".")[0] for entry in entries if entry.is_dir() or entry.suffix in (".py", ".so")
    )
