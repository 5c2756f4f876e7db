"""Entry points of the packages that a task's libraries brought."""

from __future__ import annotations

import importlib
from importlib.metadata import PackageNotFoundError, distribution


def call(package: str, entry_point: str) -> None:
    """An entry point that the package's metadata name, or else its function of that name.

    https://docs.databricks.com/api/workspace/jobs/create, python_wheel_task.entry_point
    """
    try:
        named = [each for each in distribution(package).entry_points if each.name == entry_point]
    except PackageNotFoundError:
        raise ModuleNotFoundError(
            f"The package '{package}' is not installed. Name its wheel in the task's libraries or in the dependencies "
            "of its environment."
        ) from None
    if named:
        named[0].load()()
        return
    module = importlib.import_module(package.replace("-", "_"))
    if not hasattr(module, entry_point):
        raise AttributeError(f"The package '{package}' has no entry point and no function '{entry_point}'.")
    getattr(module, entry_point)()
