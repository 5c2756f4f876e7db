"""A notebook's current folder is its own. A process has one; here each run's thread has one of its own."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_here = threading.local()


def current() -> str | None:
    return getattr(_here, "folder", None)


@contextmanager
def working_in(folder: str | None) -> Iterator[None]:
    before = current()
    _here.folder = folder
    try:
        yield
    finally:
        _here.folder = before


def absolute(path: Any) -> Any:
    """A relative path, made absolute in the run's folder; anything else as it is."""
    folder = current()
    if folder is None or not isinstance(path, str | os.PathLike):
        return path
    text = os.fspath(path)
    return os.path.join(folder, text) if isinstance(text, str) and text and not os.path.isabs(text) else path


def install() -> None:
    """For the whole process, once. os.path.abspath and pathlib ask os.getcwd, too."""
    getcwd: Callable[[], str] = os.getcwd
    chdir: Callable[[Any], None] = os.chdir

    @functools.wraps(getcwd)
    def of_thread() -> str:
        return current() or getcwd()

    @functools.wraps(chdir)
    def in_thread(path: Any) -> None:
        if current() is None:
            chdir(path)
            return
        target = os.path.normpath(absolute(path))
        if not os.path.isdir(target):
            raise FileNotFoundError(2, "No such file or directory", os.fspath(path))
        _here.folder = target

    os.getcwd = of_thread
    os.chdir = in_thread
