"""The files under a path, as Auto Loader finds them: globs, hidden names, `name=value` folders."""

from __future__ import annotations

import datetime
import fnmatch
import glob
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import quote as quote_uri
from urllib.parse import unquote

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, DateType, DoubleType, IntegerType, LongType, StringType, StructField

_NULL = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True)
class Listed:
    path: str
    modified: float


def list_files(path: str, pattern: str | None = None) -> list[Listed]:
    """Data files under a local path or glob, as Spark lists them: hidden names (`_`, `.`) are left out."""
    found: dict[str, Listed] = {}
    patterns = None if pattern is None else [_python_glob(p) for p in braces(pattern)]

    def add(file: str) -> None:
        if patterns is None or any(fnmatch.fnmatchcase(os.path.basename(file), p) for p in patterns):
            found[file] = Listed(file, os.stat(file).st_mtime)

    for start in _starts(path):
        if os.path.isfile(start):
            add(start)
        for folder, folders, files in os.walk(start):
            folders[:] = sorted(f for f in folders if not (f.startswith(".") or (f.startswith("_") and "=" not in f)))
            for name in sorted(files):
                if not name.startswith((".", "_")):
                    add(os.path.join(folder, name))
    return list(found.values())


def _starts(path: str) -> list[str]:
    if not re.search(r"[*?\[{]", path):
        return [path]
    return sorted({start for one in braces(path) for start in glob.glob(_python_glob(one))})


def braces(pattern: str) -> list[str]:
    """`a{b,c{d,e}}` as the patterns ab, acd and ace: Hadoop has alternatives in globs, Python has not."""
    depth, start, parts = 0, -1, [0]
    for at, letter in enumerate(pattern):
        if letter == "{":
            depth += 1
            if depth == 1:
                start, parts = at, [at + 1]
        elif letter == "," and depth == 1:
            parts.append(at + 1)
        elif letter == "}" and depth:
            depth -= 1
            if depth == 0:
                ends = [*[p - 1 for p in parts[1:]], at]
                choices = [pattern[a:b] for a, b in zip(parts, ends, strict=True)]
                return [found for c in choices for found in braces(pattern[:start] + c + pattern[at + 1 :])]
    return [pattern]


def _python_glob(pattern: str) -> str:
    return pattern.replace("[^", "[!")


def partition_fields(
    root: str, files: Iterable[Listed], typed: bool, only: tuple[str, ...] | None
) -> list[StructField]:
    """A column for each `name=value` folder between the root and the files; `typed` as Spark would type its values."""
    values: dict[str, list[str]] = {}
    for file in files:
        for part in os.path.dirname(file.path).split(os.sep)[_depth(root) :]:
            name, equals, value = part.partition("=")
            if equals and name and value != _NULL:
                values.setdefault(unquote(name), []).append(unquote(value))
    names = values if only is None else only
    return [StructField(name, _type(values.get(name, [])) if typed else StringType()) for name in names]


def partition_column(field: StructField) -> Column:
    """The value of the `name=value` folder that a row's file lies in, in the field's type; `file` is its URI."""
    name = re.escape(quote_uri(field.name))
    folder = F.regexp_extract(F.col("_metadata.file_path"), rf"^.*/{name}=([^/]*)/", 1)
    # A URI of a folder's name, which itself has what a path may not hold as %XX.
    value = folder
    for _ in range(2):
        value = F.url_decode(F.replace(value, F.lit("+"), F.lit("%2B")))
    return F.when((folder != "") & (folder != _NULL), value).cast(field.dataType).alias(field.name)


def _depth(root: str) -> int:
    """How many folders of a file's path are the root's: those before the first with a wildcard."""
    parts = root.rstrip(os.sep).split(os.sep)
    return next((n for n, part in enumerate(parts) if re.search(r"[*?\[{]", part)), len(parts))


def _type(values: list[str]) -> DataType:
    for data_type, fits in _TYPES:
        if values and all(fits(value) for value in values):
            return data_type
    return StringType()


def _is_int(value: str) -> bool:
    return _is_long(value) and -(2**31) <= int(value) < 2**31


def _is_long(value: str) -> bool:
    return bool(re.fullmatch(r"[+-]?\d{1,19}", value)) and -(2**63) <= int(value) < 2**63


def _is_double(value: str) -> bool:
    return bool(re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", value))


def _is_date(value: str) -> bool:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return False
    try:
        datetime.date.fromisoformat(value)
    except ValueError:
        return False
    return True


_TYPES: tuple[tuple[DataType, Callable[[str], bool]], ...] = (
    (IntegerType(), _is_int),
    (LongType(), _is_long),
    (DoubleType(), _is_double),
    (DateType(), _is_date),
)
