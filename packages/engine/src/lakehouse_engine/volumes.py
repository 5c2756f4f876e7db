"""Volume paths and the folders of this machine that hold them."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from lakehouse_engine.errors import EngineError
from lakehouse_engine.files import local as without_scheme

PREFIXES = ("dbfs:/Volumes", "/Volumes")
_DATASETS = "/databricks-datasets"


def volume_of(path: str) -> str | None:
    """The full name of the volume that a /Volumes or dbfs:/Volumes path is in; None for another path."""
    parts = PurePosixPath(path.removeprefix("dbfs:")).parts
    return ".".join(parts[2:5]) if len(parts) > 4 and parts[1] == "Volumes" else None


def not_carried(path: str) -> str | None:
    """Why a path of DBFS leads nowhere here; None for any other path.

    https://docs.databricks.com/aws/en/discover/databricks-datasets: /databricks-datasets, and by FUSE below /dbfs.
    """
    inner = path.removeprefix("file:").removeprefix("dbfs:")
    fuse = inner == "/dbfs" or inner.startswith("/dbfs/")
    inner = inner.removeprefix("/dbfs") if fuse else inner
    instead = "Upload the files into a volume and use /Volumes/<catalog>/<schema>/<volume>/…."
    if inner == _DATASETS or inner.startswith(_DATASETS + "/"):
        return f"the local workspace does not carry Databricks' sample files in {_DATASETS}. {instead}"
    return f"the local workspace has no DBFS root. {instead}" if fuse else None


class Volumes:
    def __init__(self, root: str) -> None:
        self.root = str(Path(root).resolve())

    def is_volume_path(self, path: object) -> bool:
        text = os.fspath(path) if isinstance(path, str | os.PathLike) else None
        return isinstance(text, str) and any(text == p or text.startswith(p + "/") for p in PREFIXES)

    def to_local(self, path: str | os.PathLike[str]) -> str:
        """The file of this machine behind a /Volumes or dbfs:/Volumes path; other paths as they are.

        Raises EngineError for a path that leaves the volumes.
        """
        text = os.fspath(path)
        if not self.is_volume_path(text):
            return text.removeprefix("file:")
        inner = text.removeprefix("dbfs:").removeprefix("/Volumes")
        parts = PurePosixPath(inner).parts
        volume = os.path.join(self.root, *parts[1:4])
        real = os.path.realpath(self.root + inner)
        if ".." in parts or not (real == volume or real.startswith(volume + os.sep)):
            raise EngineError(f"'{text}' leaves its volume", error_class="INVALID_PATH")
        return self.root + inner

    def outside(self, path: str) -> str:
        """The file behind a file: path. Raises EngineError for one of the workspace's own, links resolved."""
        real = os.path.realpath(path.removeprefix("file:"))
        data = os.path.dirname(self.root)
        if real == data or real.startswith(data + os.sep):
            raise EngineError(f"'{path}' is a file of the workspace; use /Volumes/…", error_class="INVALID_PATH")
        return path.removeprefix("file:")

    def to_uri(self, local: str) -> str:
        """What Databricks shows for a file of a volume: dbfs:/Volumes/…"""
        text = without_scheme(local)
        return "dbfs:/Volumes" + text[len(self.root) :] if text.startswith(self.root) else local
