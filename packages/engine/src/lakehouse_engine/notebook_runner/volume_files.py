"""/Volumes for Python code: there is no such folder on this machine, so calls that open files are given the real one.

`open`, `os`, `pathlib`, `shutil`, `glob` and pandas all end in the functions wrapped here; pyarrow opens files in C++
and is wrapped at its own entries, as are the libraries of native_files.py.
"""

from __future__ import annotations

import builtins
import functools
import importlib
import io
import os
import re
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

from lakehouse_engine.notebook_runner import native_files, working_folder
from lakehouse_engine.volumes import Volumes, not_carried

# fmt: off
_OS = [
    "access", "chmod", "chown", "getxattr", "link", "listdir", "listxattr", "lstat", "makedirs", "mkdir", "open",
    "readlink", "remove", "removexattr", "rename", "replace", "rmdir", "setxattr", "stat", "statvfs", "symlink",
    "truncate", "unlink", "utime",
]
# fmt: on

_PYARROW = {
    "pyarrow": ["OSFile", "memory_map", "input_stream", "output_stream"],
    "pyarrow.csv": ["read_csv", "open_csv", "write_csv"],
    "pyarrow.json": ["read_json", "open_json"],
    "pyarrow.feather": ["read_feather", "read_table", "write_feather"],
    "pyarrow.parquet": ["read_table", "write_table", "read_metadata", "read_schema", "read_pandas", "write_to_dataset"],
    "pyarrow.dataset": ["dataset", "write_dataset"],
    "pyarrow.orc": ["read_table", "write_table"],
}
# Where the path is among their arguments, where it is not the first; of os.rename and os.replace both are.
_SECOND = {"write_csv", "write_feather", "write_table", "write_to_dataset", "write_dataset"}
_BOTH = {"rename", "replace"}
# fmt: off
_NAMES = {
    "base_dir", "database", "dest", "file", "filename", "fname", "fp", "input_file", "model_file", "output_file",
    "path", "path_or_buffer", "path_or_paths", "path_or_source", "root_path", "source", "where",
}
# fmt: on
_PYARROW_CLASSES = {"pyarrow.parquet": ["ParquetFile", "ParquetWriter", "ParquetDataset"], "pyarrow.csv": ["CSVWriter"]}

P = ParamSpec("P")
R = TypeVar("R")

_installed = False


# The copy on this machine of a path below /Workspace.
_mirror: Callable[[str], str] | None = None
# The same in an update of a pipeline, whose sources are a copy.
of_update: ContextVar[Callable[[str], str] | None] = ContextVar("workspace_files_of_update", default=None)


def install(volumes: Volumes, mirror: Callable[[str], str] | None = None) -> None:
    """For the whole process, once: nothing else here has paths below /Volumes or /Workspace."""
    global _installed, _mirror
    if _installed:
        return
    _installed, _mirror = True, mirror
    working_folder.install()
    wrapped_open = _wrap(volumes, io.open)
    builtins.open = io.open = wrapped_open
    for name in _OS:
        if hasattr(os, name):
            real = getattr(os, name)
            setattr(os, name, _wrap(volumes, real))
            for able in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks, os.supports_effective_ids):
                if real in able:
                    able.add(getattr(os, name))
    os.scandir = _scandir(volumes, os.scandir)
    native_files.install(functools.partial(_wrap, volumes))
    for module_name, names in _PYARROW.items():
        module = _import(module_name)
        for name in names:
            if hasattr(module, name):
                setattr(module, name, _wrap(volumes, getattr(module, name), 1 if name in _SECOND else 0))
    for module_name, names in _PYARROW_CLASSES.items():
        module = _import(module_name)
        for name in names:
            if hasattr(module, name):
                setattr(module, name, _subclass(volumes, getattr(module, name)))


def _import(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:  # a part that this build of pyarrow lacks
        return None


def _map(volumes: Volumes, value: Any) -> Any:
    if isinstance(value, str | os.PathLike) and volumes.is_volume_path(value):
        return volumes.to_local(value)
    if isinstance(value, str | os.PathLike) and _mirror is not None:
        text = os.fspath(value)
        if isinstance(text, str) and text.startswith("/Workspace/"):
            return (of_update.get() or _mirror)(text)
    if isinstance(value, list) and value and all(isinstance(item, str | os.PathLike) for item in value):
        return [_map(volumes, item) for item in value]
    return value


def _in_folder(value: Any, kwargs: dict[str, Any], native: bool) -> Any:
    """A relative path, made absolute in the run's folder; what a library knows as an address stays as it is."""
    # Beside an open folder (dir_fd) a name is relative to that one, as shutil.rmtree gives it; so in a filesystem.
    if any(kwargs.get(name) is not None for name in ("dir_fd", "src_dir_fd", "filesystem")):
        return value
    if native and isinstance(value, list | tuple):
        return type(value)(_in_folder(item, kwargs, native) for item in value)
    if native and isinstance(value, str) and re.match(r"[^/]*:", value):  # s3://…, :memory:, NETCDF:"a.nc":b
        return value
    return working_folder.absolute(value)


def _wrap(volumes: Volumes, function: Callable[P, R], place: int | None = None) -> Callable[P, R]:
    """`place`: where the path is among the arguments of a function that opens files natively."""
    native, at = place is not None, place or 0
    anyhow: Callable[..., R] = function  # with paths in the place of some arguments

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        # Paths stand among the first two arguments everywhere; the rest may be data.
        given = [_map(volumes, value) for value in args[:2]]
        places = (0, 1) if getattr(function, "__name__", "") in _BOTH else (at,)
        for each in places:
            if each < len(given):
                given[each] = _in_folder(given[each], kwargs, native)
        named = {key: _map(volumes, value) for key, value in kwargs.items()}
        named |= {key: _in_folder(value, kwargs, native) for key, value in named.items() if key in _NAMES}
        try:
            return anyhow(*given, *args[2:], **named)
        except OSError as error:
            raise _shown(volumes, error) from None

    return call


def _shown(volumes: Volumes, error: OSError) -> OSError:
    """The error with the path as the user wrote it, not as it is on this machine."""
    mirror = os.path.join(os.path.dirname(volumes.root), "workspace")
    for here, shown in ((volumes.root, "/Volumes"), (mirror, "/Workspace")):
        for name in ("filename", "filename2"):
            path = getattr(error, name, None)
            if isinstance(path, str) and path.startswith(here):
                setattr(error, name, shown + path[len(here) :])
        error.args = tuple(a.replace(here, shown) if isinstance(a, str) else a for a in error.args)
    nowhere = not_carried(error.filename) if isinstance(error.filename, str) else None
    if nowhere is not None:
        error.strerror = f"{error.strerror}: {nowhere}"
    return error


def _subclass(volumes: Volumes, base: Any) -> type:
    class Mapped(base):
        def __init__(self, where: Any, *args: Any, **kwargs: Any) -> None:
            super().__init__(_in_folder(_map(volumes, where), kwargs, True), *args, **kwargs)

        if hasattr(base, "__cinit__") or base.__module__.startswith("pyarrow._"):

            def __new__(cls, where: Any, *args: Any, **kwargs: Any) -> Any:
                return base.__new__(cls, _in_folder(_map(volumes, where), kwargs, True), *args, **kwargs)

    Mapped.__name__ = base.__name__
    Mapped.__qualname__ = base.__qualname__
    Mapped.__module__ = base.__module__
    Mapped.__doc__ = base.__doc__
    return Mapped


class _Entry:
    """An os.DirEntry that shows the path of the volume or workspace folder."""

    def __init__(self, entry: os.DirEntry[str], folder: str) -> None:
        self._entry = entry
        self.name = entry.name
        self.path = os.path.join(folder, entry.name)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._entry, name)

    def __fspath__(self) -> str:
        return self.path

    def __repr__(self) -> str:
        return f"<DirEntry {self.name!r}>"


class _Scan:
    def __init__(self, scan: Any, folder: str) -> None:
        self._scan = scan
        self._folder = folder

    def __iter__(self) -> Iterator[_Entry]:
        return self

    def __next__(self) -> _Entry:
        return _Entry(next(self._scan), self._folder)

    def __enter__(self) -> _Scan:
        return self

    def __exit__(self, *_: object) -> None:
        self._scan.close()

    def close(self) -> None:
        self._scan.close()


def _scandir(volumes: Volumes, scandir: Callable[..., Any]) -> Callable[..., Any]:
    """os.walk, glob, Path.rglob and shutil.copytree read folders with it, and build paths from what it shows."""

    @functools.wraps(scandir)
    def call(path: Any = ".") -> Any:
        try:
            local = _map(volumes, path)
            if local is not path:
                return _Scan(scandir(local), os.fspath(path))
            return scandir(working_folder.absolute(path))
        except OSError as error:
            raise _shown(volumes, error) from None

    return call
