"""`list_files(path [, recursive => …])`: the files of a folder of a volume as rows.

https://docs.databricks.com/aws/en/sql/language-manual/functions/list_files
"""

from __future__ import annotations

import datetime
import mimetypes
import os
from collections.abc import Iterator, Mapping
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from lakehouse_engine.errors import EngineError
from lakehouse_engine.readers.source import ReaderContext, require

# FILE is a struct here, of the fields that CAST of a FILE as STRUCT has on Databricks.
# https://docs.databricks.com/aws/en/sql/language-manual/data-types/file-type
_FILE = "struct<uri: string, offset: bigint, size: bigint, content_type: string, checksum: string>"
_SCHEMA = f"path string, size bigint, modification_time timestamp, file {_FILE}"


def list_files(spark: SparkSession, path: str, context: ReaderContext, named: Mapping[str, Any]) -> DataFrame:
    """`named`: the arguments given as `name => value`."""
    recursive = _recursive(named)
    require(spark, path, "READ_VOLUME")
    root = context.to_local(path)
    if not os.path.exists(root):
        raise EngineError(f"list_files: the path {path} does not exist", error_class="LIST_FILES_ERROR.PATH_NOT_EXISTS")
    shown = path.removeprefix("dbfs:").rstrip("/")
    rows = [_row(shown + found.path[len(root.rstrip("/")) :], found) for found in _entries(root, recursive)]
    return spark.createDataFrame(sorted(rows, key=lambda row: row[0]), _SCHEMA)


def _recursive(named: Mapping[str, Any]) -> bool:
    given = {name.lower(): value for name, value in named.items()}
    if given.get("connection") is not None:
        raise EngineError(
            "list_files: connection is not supported here: there are no connections to other systems; "
            "list a path of a volume",
            error_class="LIST_FILES_ERROR.CONNECTION_NOT_EXISTS",
        )
    unknown = sorted(set(given) - {"connection", "recursive"})
    if unknown:
        raise EngineError(
            f"list_files has no argument {unknown[0]}; allowed: connection, recursive",
            error_class="UNRECOGNIZED_PARAMETER_NAME",
        )
    text = str(given.get("recursive", True)).lower()
    if text not in ("true", "false"):
        raise EngineError(
            f"list_files: recursive is '{text}'; allowed: true, false", error_class="INVALID_PARAMETER_VALUE"
        )
    return text == "true"


class _Found:
    def __init__(self, path: str, status: os.stat_result, folder: bool = False) -> None:
        self.path = path
        self.status = status
        self.folder = folder


def _entries(root: str, recursive: bool) -> Iterator[_Found]:
    """Links are left out: volumes have none on Databricks, and one could lead out of the volume."""
    if os.path.isfile(root):
        yield _Found(root, os.stat(root))
        return
    with os.scandir(root) as entries:
        for entry in entries:
            if entry.is_symlink():
                continue
            if entry.is_dir() and recursive:
                yield from _entries(entry.path, recursive)
            else:
                yield _Found(entry.path, entry.stat(follow_symlinks=False), entry.is_dir())


def _row(path: str, found: _Found) -> tuple[Any, ...]:
    changed = datetime.datetime.fromtimestamp(found.status.st_mtime, datetime.UTC)
    if found.folder:
        return path, 0, changed, None
    size = found.status.st_size
    return path, size, changed, (f"dbfs:{path}", None, size, mimetypes.guess_type(path)[0], None)
