"""Auto Loader (`format("cloudFiles")`) and `read_files` on open-source Spark.

`install(session, context)` once for every session that runs user code; the classes in scala/ must be on the driver's
class path. `read_files` is what the SQL table function of that name calls.
"""

from __future__ import annotations

import threading
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.readwriter import DataStreamReader
from pyspark.sql.types import StructType

from lakehouse_engine.errors import EngineError
from lakehouse_engine.readers import file_list, frames, options
from lakehouse_engine.readers.hints import parse_schema
from lakehouse_engine.readers.listing import list_files as data_files
from lakehouse_engine.readers.registry import FORMATS
from lakehouse_engine.readers.source import ReaderContext, Source, require

__all__ = ["ReaderContext", "install", "is_schema_change", "list_files", "read_files"]

_lock = threading.Lock()
_ATTRIBUTE = "_lakehouse_readers"
_UNKNOWN_FIELD = "UNKNOWN_FIELD_EXCEPTION"


def install(session: SparkSession, context: ReaderContext) -> None:
    """Makes `session.readStream.format("cloudFiles")` work; calling it again replaces the context."""
    setattr(session, _ATTRIBUTE, context)
    with _lock:
        if not hasattr(DataStreamReader, _ATTRIBUTE):
            _patch()
            setattr(DataStreamReader, _ATTRIBUTE, True)


def is_schema_change(error: BaseException) -> bool:
    """Whether the flow failed since files brought new columns: run it again, and they are part of the schema."""
    return _UNKNOWN_FIELD in str(error) and "failOnNewColumns" not in str(error)


def read_files(
    spark: SparkSession,
    path: str,
    *,
    streaming: bool = False,
    schema: StructType | str | None = None,
    context: ReaderContext | None = None,
    source: str = "read_files",
    **given: Any,
) -> DataFrame:
    """SQL's `read_files(path, …)`, and with `streaming` `STREAM read_files(path, …)`; `source`: whose defaults hold."""
    parsed = parse_schema(source, "schema", schema) if isinstance(schema, str) else schema
    texts = {name: _text(value) for name, value in given.items() if value is not None}
    where = context or getattr(spark, _ATTRIBUTE, ReaderContext())
    require(spark, path, "READ_VOLUME")
    if not any(name.lower() in ("format", "cloudfiles.format") for name in texts):
        texts["format"] = _detect_format(where.to_local(path), path)
    checked = options.parse(source, texts, schema_given=parsed is not None, streaming=streaming)
    _tell_ignored(where, checked)
    return frames.build(Source(spark, where, checked, path, parsed, streaming))


def list_files(
    spark: SparkSession, path: str, *, streaming: bool = False, context: ReaderContext | None = None, **named: Any
) -> DataFrame:
    """SQL's `list_files(path, …)`."""
    if streaming:
        raise EngineError(
            "list_files is no stream: it lists the files that are there now; read new files with STREAM read_files",
            error_class="UNSUPPORTED_FEATURE",
        )
    return file_list.list_files(spark, path, context or getattr(spark, _ATTRIBUTE, ReaderContext()), named)


def _tell_ignored(context: ReaderContext, checked: options.FileOptions) -> None:
    for name in checked.ignored:
        context.warn(
            f"{checked.source}: option {name} has no effect: it is none of Auto Loader, whose names begin with "
            f"cloudFiles., and none of format {checked.format}"
        )


def _detect_format(local: str, path: str) -> str:
    endings = {"csv": "csv", "tsv": "csv", "json": "json", "jsonl": "json", "ndjson": "json", "parquet": "parquet",
               "txt": "text", "xml": "xml", "avro": "avro", "orc": "orc"}  # fmt: skip
    for file in data_files(local):
        parts = file.path.lower().removesuffix(".gz").rsplit(".", 1)
        if len(parts) == 2 and parts[1] in endings:
            return endings[parts[1]]
        break
    raise EngineError(
        f"read_files: the format of {path} cannot be told from its files; give format => one of {', '.join(FORMATS)}",
        error_class="INVALID_READER_OPTION",
    )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _patch() -> None:
    """Spark's reader keeps its settings in the JVM, so what Auto Loader needs is remembered beside it."""
    original = {name: getattr(DataStreamReader, name) for name in ("format", "option", "options", "schema", "load")}

    def remembered(reader: DataStreamReader) -> dict[str, Any]:
        return reader.__dict__.setdefault("_lakehouse", {"format": None, "options": {}, "schema": None})

    def format_(self: DataStreamReader, source: str) -> DataStreamReader:
        remembered(self)["format"] = source
        return self if source.lower() == "cloudfiles" else original["format"](self, source)

    def option(self: DataStreamReader, key: str, value: Any) -> DataStreamReader:
        if value is not None:
            remembered(self)["options"][key] = _text(value)
        return original["option"](self, key, value)

    def options_(self: DataStreamReader, **given: Any) -> DataStreamReader:
        remembered(self)["options"].update({k: _text(v) for k, v in given.items() if v is not None})
        return original["options"](self, **given)

    def schema(self: DataStreamReader, schema: Any) -> DataStreamReader:
        remembered(self)["schema"] = schema
        return original["schema"](self, schema)

    def load(
        self: DataStreamReader, path: str | None = None, format: str | None = None, schema: Any = None, **more: Any
    ):
        memory = remembered(self)
        if (format or memory["format"] or "").lower() != "cloudfiles":
            return original["load"](self, path, format, schema, **more)
        given = {**memory["options"], **{k: _text(v) for k, v in more.items() if v is not None}}
        path = path or given.pop("path", None)
        if not path:
            raise EngineError("cloudFiles: load needs the path to read from", error_class="INVALID_READER_OPTION")
        wanted = schema if schema is not None else memory["schema"]
        struct = parse_schema("cloudFiles", "schema", wanted) if isinstance(wanted, str) else wanted
        checked = options.parse("cloudFiles", given, schema_given=struct is not None, streaming=True)
        context = getattr(self._spark, _ATTRIBUTE, None) or ReaderContext()
        require(self._spark, path, "READ_VOLUME")
        _tell_ignored(context, checked)
        return frames.build(Source(self._spark, context, checked, path, struct, True))

    for name, function in {
        "format": format_,
        "option": option,
        "options": options_,
        "schema": schema,
        "load": load,
    }.items():
        setattr(DataStreamReader, name, function)
