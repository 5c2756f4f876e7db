"""Packages that Databricks' runtimes carry: installed when code first imports one of them, then there for all."""

from __future__ import annotations

import importlib.machinery
import os
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

from lakehouse_engine.environments.install import SHARED_MODULES, install_locked, locked_folder

LOCK = Path(__file__).with_name("runtime.requirements.txt")
# Where Spark's workers find them (python_workers.py).
VARIABLE = "ENGINE_RUNTIME_PACKAGES"
# fmt: off
IMPORTS = frozenset({
    "IPython", "boto3", "botocore", "cachetools", "certifi", "click", "cloudpickle", "cryptography", "cycler", "git",
    "google", "jinja2", "jmespath", "joblib", "markupsafe", "matplotlib", "mlflow", "mpl_toolkits", "packaging",
    "patsy", "PIL", "plotly", "psutil", "pydantic", "pydantic_core", "pyparsing", "requests", "s3transfer", "scipy",
    "seaborn", "six", "sklearn", "sqlparse", "statsmodels", "tenacity", "threadpoolctl", "tqdm", "traitlets",
    "typing_extensions", "urllib3", "yaml",
})
# fmt: on


_wrappers: set[CodeType] = set()


def passes_imports_on(function: FunctionType) -> None:
    """Marks a function that stands in for Python's import: whoever calls it is who asks."""
    _wrappers.add(function.__code__)


def _asked_by_the_engine() -> bool:
    """Whether the import stands in code of the engine or of its packages, which do without what they do not find."""
    frame = sys._getframe(2)
    while frame is not None and (frame.f_code.co_filename.startswith("<frozen importlib") or frame.f_code in _wrappers):
        frame = frame.f_back
    return frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in SHARED_MODULES


class RuntimePackages:
    """The last place where an import looks. `in_user_code`: whether this thread runs code of a run or an update;
    `tell`: shows the user what takes so long."""

    def __init__(self, in_user_code: Callable[[], bool], tell: Callable[[str], None]) -> None:
        self._in_user_code = in_user_code
        self._tell = tell
        self._lock = threading.Lock()

    def install_finder(self) -> None:
        sys.meta_path.append(self)

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if path is not None or name not in IMPORTS or not self._in_user_code() or _asked_by_the_engine():
            return None
        return importlib.machinery.PathFinder.find_spec(name, [self.folder()])

    def folder(self) -> str:
        """The packages' folder, installed when it is not there, and last on sys.path from now on."""
        with self._lock:
            folder = str(locked_folder(LOCK))
            if not os.path.isdir(folder):
                self._tell("Installing the packages of Databricks' runtime; this happens once on this machine.\n")
                install_locked(LOCK)
            if folder not in sys.path:
                sys.path.append(folder)
            return folder
