"""Spark's Python workers, which import the modules that lie beside the code whose functions they run.

The JVM starts this module as its daemon. `send_folders` gives each function the folders of its code; a worker, which
runs functions of many runs and updates one after another, forgets their modules when its task has ended.
"""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Callable, Iterable
from typing import Any, BinaryIO

_NAME = "pyspark.worker_of_lakehouse"  # the daemon takes no other than pyspark's


def main(infile: BinaryIO, outfile: BinaryIO) -> None:
    """A task, as the daemon's forked process runs it."""
    from pyspark.worker import main as run  # not before the fork: it starts threads

    runtime = os.environ.get("ENGINE_RUNTIME_PACKAGES")  # environments/runtime.py: last, and never forgotten
    if runtime and os.path.isdir(runtime) and runtime not in sys.path:
        sys.path.append(runtime)
    before = list(sys.path)
    try:
        run(infile, outfile)
    finally:
        forget([folder for folder in sys.path if folder not in before])
        sys.path[:] = before


def forget(folders: Iterable[str]) -> None:
    """The modules that were imported from there."""
    roots = tuple(f"{folder.rstrip('/')}/" for folder in folders)
    for name, module in list(sys.modules.items()):
        places = [getattr(module, "__file__", None), *getattr(module, "__path__", [])]
        if any(f"{place}/".startswith(roots) for place in places if place):
            del sys.modules[name]
    for folder in roots:
        sys.path_importer_cache.pop(folder.rstrip("/"), None)


def send_folders(of_caller: Callable[[], Iterable[str]]) -> None:
    """For the whole driver process, once: functions go to workers with the folders that `of_caller` names."""
    from pyspark.core import rdd

    prepare = rdd._prepare_for_python_RDD

    def with_folders(context: Any, command: Any) -> tuple[Any, Any, Any, Any]:
        pickled, broadcast, environment, includes = prepare(context, command)
        return pickled, broadcast, environment, [*includes, *of_caller()]

    rdd._prepare_for_python_RDD = with_folders


if __name__ == "__main__":
    from pyspark import daemon

    worker = types.ModuleType(_NAME)
    worker.main = main  # type: ignore[attr-defined]
    sys.modules[_NAME] = worker
    sys.argv[1:2] = [_NAME]
    daemon.manager()
