"""COPY INTO: the files of a folder that a table has not loaded yet, appended in one commit.

https://docs.databricks.com/aws/en/sql/language-manual/delta-copy-into. Beside a table's files is a list for each load;
it counts once Delta knows the load's number as a transaction of the table, so files and their rows come together or not
at all. A table that is replaced has another id, and has loaded nothing.
"""

from __future__ import annotations

import json
import os
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from lakehouse_engine import jvm
from lakehouse_engine.catalog import Catalog
from lakehouse_engine.errors import EngineError, no_such_table
from lakehouse_engine.files import replace
from lakehouse_engine.readers.listing import list_files
from lakehouse_engine.sources.sql.parser.clauses import properties
from lakehouse_engine.sources.sql.parser.cursor import Cursor
from lakehouse_engine.sources.sql.tokenizer import SourceText
from lakehouse_engine.sql import inserted
from lakehouse_engine.sql.securables import CurrentNames
from lakehouse_engine.volumes import Volumes, volume_of

COLUMNS = "num_affected_rows bigint, num_inserted_rows bigint, num_skipped_corrupt_files bigint"
_FORMATS = ("csv", "json", "orc", "parquet", "text", "binaryfile")
_FOLDER, _SOURCE = "_copy_into", "copy_into_source"
_COPY_OPTIONS = ("force", "mergeschema")


@dataclass
class Copy:
    """A statement. `select`: the text of its expressions, None where it takes all columns."""

    table: str
    path: str = ""
    select: str | None = None
    format: str = ""
    by_position: bool = False
    columns: tuple[str, ...] = ()
    files: tuple[str, ...] | None = None
    pattern: str | None = None
    options: dict[str, str] = field(default_factory=dict)
    force: bool = False
    merge_schema: bool = False


def parse(text: str) -> Copy | None:
    """None for another statement. Raises SqlSyntaxError where it is none that Databricks documents."""
    c = Cursor(SourceText(text, "statement"))
    if not c.accept("COPY", "INTO"):
        return None
    found = Copy(c.name("the table's name"))
    found.by_position = c.accept("BY", "POSITION")
    if not found.by_position and c.sees("("):
        found.columns = c.parenthesised_names("a column")
    c.expect("FROM")
    if c.accept("("):
        found.select = _expressions(c, text)
        found.path = _source(c)
        c.expect(")")
    else:
        found.path = _source(c)
    c.expect("FILEFORMAT", "=")
    found.format = c.identifier("a file format").lower()
    if found.format not in _FORMATS:
        c.fail(f"one of {', '.join(_FORMATS).upper()}", c.previous)
    _clauses(c, found)
    c.expect_end()
    return found


def _expressions(c: Cursor, text: str) -> str:
    c.expect("SELECT")
    start, depth = c.token.start, 0
    while not c.ended and not (depth == 0 and c.sees("FROM")):
        token = c.advance()
        depth += {"(": 1, ")": -1}.get(token.text, 0)
    end = c.token.start
    c.expect("FROM")
    return text[start:end].strip()


def _source(c: Cursor) -> str:
    path = c.string("the path of the files")
    if c.sees("WITH"):
        _refuse("WITH (CREDENTIAL …) and (ENCRYPTION …)", "files lie in volumes, which need neither")
    return path


def _clauses(c: Cursor, found: Copy) -> None:
    while not c.ended:
        if c.accept("VALIDATE"):
            _refuse("VALIDATE", "run the statement into a table of its own")
        elif c.accept("FILES"):
            c.expect("=", "(")
            files = [c.string("a file's name")]
            while c.accept(","):
                files.append(c.string("a file's name"))
            c.expect(")")
            found.files = tuple(files)
        elif c.accept("PATTERN"):
            c.expect("=")
            found.pattern = c.string("a pattern")
        elif c.accept("FORMAT_OPTIONS"):
            found.options = dict(properties(c))
        elif c.accept("COPY_OPTIONS"):
            token = c.token
            options = {name.lower(): value.lower() == "true" for name, value in properties(c)}
            if unknown := [name for name in options if name not in _COPY_OPTIONS]:
                c.fail(f"the copy options force and mergeSchema, not {unknown[0]}", token)
            found.force, found.merge_schema = options.get("force", False), options.get("mergeschema", False)
        else:
            c.fail("VALIDATE, FILES, PATTERN, FORMAT_OPTIONS or COPY_OPTIONS")
    if found.files is not None and found.pattern is not None:
        c.fail("either FILES or PATTERN")


def _refuse(clause: str, instead: str) -> None:
    raise EngineError(
        f"COPY INTO … {clause} is not supported in the local workspace's SQL; {instead}.",
        error_class="UNSUPPORTED_FEATURE",
    )


class Copier:
    def __init__(self, catalog: Catalog, volumes: Volumes) -> None:
        self._catalog = catalog
        self._volumes = volumes
        # Two loads of one table at the same time would load the same files.
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def run(
        self, session: SparkSession, copy: Copy, names: CurrentNames, principal: str | None
    ) -> tuple[int, int, int]:
        """Rows that were put into the table, twice, and files that were skipped as corrupt."""
        name = names.table(copy.table)
        record, location = self._catalog.get(name), self._catalog.folder(name)
        if record is None or location is None:
            raise no_such_table(name, advice="create it first")
        found = self._files(copy, principal)
        with self._locks[name]:
            loads = _Loads(session, location)
            known = set() if copy.force else loads.files()
            new = [file for file in found if file not in known]
            if not new:
                return 0, 0, 0
            frame = self._frame(session, copy, new, record)
            log = inserted.Log(location)
            loads.begin(new)
            writer = frame.write.format("delta").mode("append").options(**loads.transaction)
            if copy.merge_schema:
                writer = writer.option("mergeSchema", "true")
            writer.saveAsTable(".".join(f"`{part}`" for part in name.split(".", 2)))
            if copy.merge_schema:
                self._catalog.sync(name, principal=principal)
            rows = log.rows() or 0
            return rows, rows, 0

    def _files(self, copy: Copy, principal: str | None) -> list[str]:
        """The files of the source as paths of volumes, in their order."""
        path = copy.path.removeprefix("dbfs:").rstrip("/")
        volume = volume_of(path)
        if volume is None:
            raise EngineError(
                f"COPY INTO reads files of volumes (/Volumes/catalog/schema/volume/…); '{copy.path}' is none.",
                error_class="COPY_INTO_SOURCE_FILE_FORMAT_NOT_SUPPORTED",
            )
        self._catalog.authorize(principal, "READ_VOLUME", "VOLUME", volume)
        root = Path(self._volumes.to_local(path))
        if not root.exists():
            raise EngineError(f"'{copy.path}' does not exist.", error_class="PATH_NOT_FOUND", error_code="NOT_FOUND")
        if copy.files is not None:
            below = [name.strip("/") for name in copy.files]
            if missing := [name for name in below if not (root / name).is_file()]:
                raise EngineError(
                    f"'{missing[0]}' of FILES is no file of '{copy.path}'.", error_class="PATH_NOT_FOUND",
                    error_code="NOT_FOUND",
                )  # fmt: skip
        elif root.is_file():
            return [path]
        else:
            place = str(root) if copy.pattern is None else f"{root}/{copy.pattern.strip('/')}"
            below = sorted(os.path.relpath(file.path, root) for file in list_files(place))
        return [f"{path}/{name}" for name in below]

    def _frame(self, session: SparkSession, copy: Copy, files: list[str], record: Mapping[str, Any]) -> DataFrame:
        reader = session.read.format("binaryFile" if copy.format == "binaryfile" else copy.format)
        frame = reader.options(**copy.options).load(files)
        if copy.select is not None:
            if "_metadata" in copy.select:
                frame = frame.select("*", "_metadata")
            frame.createOrReplaceTempView(_SOURCE)
            try:
                frame = SparkSession.sql(session, f"SELECT {copy.select} FROM {_SOURCE}")
            finally:
                session.catalog.dropTempView(_SOURCE)
        if not copy.by_position and not copy.columns:
            return frame.toDF(*_spelled(frame.columns, [column["name"] for column in record["columns"]]))
        names = list(copy.columns) or [column["name"] for column in record["columns"]]
        if len(names) != len(frame.columns):
            raise EngineError(
                f"COPY INTO {copy.table}: the files have {len(frame.columns)} columns, and {len(names)} are to be "
                f"written: {', '.join(names)}.",
                error_class="COPY_INTO_COLUMN_ARITY_MISMATCH",
            )
        return frame.toDF(*names)


def _spelled(columns: Sequence[str], known: Sequence[str]) -> list[str]:
    """The files' columns, under the table's own spelling of their names: names match whatever their case."""
    spelling = {name.lower(): name for name in known}
    return [spelling.get(name.lower(), name) for name in columns]


class _Loads:
    """What a table has loaded: numbered lists of files, of which those up to Delta's transaction count."""

    def __init__(self, session: SparkSession, table: Path) -> None:
        transactions = jvm.of(session).org.apache.spark.sql.lakehouse.Transactions
        found = transactions.last(session._jsparkSession, str(table), _FOLDER)
        self._application, self._last = str(found[0]), int(found[1])
        self._folder = table / _FOLDER / self._application

    @property
    def transaction(self) -> dict[str, str]:
        return {"txnAppId": f"{_FOLDER}-{self._application}", "txnVersion": str(self._last + 1)}

    def files(self) -> set[str]:
        known: set[str] = set()
        for number in range(self._last + 1):
            known.update(json.loads((self._folder / f"{number}.json").read_text()))
        return known

    def begin(self, files: list[str]) -> None:
        replace(self._folder / f"{self._last + 1}.json", json.dumps(files))
