"""Wheels of a task: unpacked beside the workspace's files, so that they are imported, and forgotten, like those."""

from __future__ import annotations

import contextlib
import importlib
import os
import shutil
import uuid
import zipfile
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from lakehouse_engine.errors import EngineError


def unpack(wheel: Mapping[str, str]) -> str:
    """The folder to import from; made when a run first asks for this wheel."""
    folder = Path(wheel["folder"])
    if not folder.is_dir():
        partial = folder.with_name(f"{folder.name}.{uuid.uuid4().hex}")
        try:
            with zipfile.ZipFile(wheel["file"]) as archive:
                archive.extractall(partial)
        except (zipfile.BadZipFile, OSError) as error:
            shutil.rmtree(partial, ignore_errors=True)
            name = os.path.basename(wheel["file"])
            raise EngineError(f"{name} is not a wheel: {error}", error_class="INVALID_LIBRARY") from None
        for part in (*partial.glob("*.data/purelib"), *partial.glob("*.data/platlib")):
            shutil.copytree(part, partial, dirs_exist_ok=True)
        with contextlib.suppress(OSError):  # another run was first
            partial.rename(folder)
        shutil.rmtree(partial, ignore_errors=True)
    return str(folder)


def call(package: str, entry_point: str) -> None:
    """An entry point that the package's metadata name, or else its function of that name.

    https://docs.databricks.com/api/workspace/jobs/create, python_wheel_task.entry_point
    """
    try:
        named = [each for each in distribution(package).entry_points if each.name == entry_point]
    except PackageNotFoundError:
        raise ModuleNotFoundError(
            f"None of the task's wheels is the package '{package}'. Name its wheel in the task's libraries or in the "
            "dependencies of its environment."
        ) from None
    if named:
        named[0].load()()
        return
    module = importlib.import_module(package.replace("-", "_"))
    if not hasattr(module, entry_point):
        raise AttributeError(f"The package '{package}' has no entry point and no function '{entry_point}'.")
    getattr(module, entry_point)()
