"""From checked options to a DataFrame, one builder a format. What a user's schema lacks is rescued, never lost."""

from __future__ import annotations

import datetime
import functools
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from lakehouse_engine.errors import EngineError
from lakehouse_engine.graph.names import quote
from lakehouse_engine.readers import inference, json_files
from lakehouse_engine.readers.hints import apply_hints
from lakehouse_engine.readers.listing import Listed, list_files, partition_column, partition_fields
from lakehouse_engine.readers.options import FileOptions, refuse

CSV_BY_NAME = "lakehouse.readers.NamedCsvFileFormat"


@dataclass(frozen=True)
class ReaderContext:
    """What a reader needs to know of the place it runs in.

    `schema_dir`: the local folder for an inferred schema of the flow that reads now, None where there is none.
    `to_local` / `to_spark`: a user's path (/Volumes/…) as a file of this machine / as Spark opens it.
    `warn`: tells the user what has no effect.
    """

    schema_dir: Callable[[], str | None] = lambda: None
    to_local: Callable[[str], str] = lambda path: path
    to_spark: Callable[[str], str] = lambda path: path
    warn: Callable[[str], None] = print


@dataclass(frozen=True)
class Source:
    spark: SparkSession
    context: ReaderContext
    options: FileOptions
    path: str
    schema: StructType | None
    streaming: bool

    def load(self, file_format: str, schema: StructType | None, **extra: str) -> DataFrame:
        """The rows of all files below the path; `_metadata` is there to be asked for."""
        reader: Any = self.spark.readStream if self.streaming else self.spark.read
        options = {**self.options.spark, **extra, "recursiveFileLookup": "true"}
        if self.streaming:
            # Spark forgets files older than the newest by maxFileAge; Auto Loader forgets none.
            options["maxFileAge"] = "36500d"
            if self.options.max_bytes is not None:
                options["maxBytesPerTrigger"] = str(self.options.max_bytes)
            elif self.options.max_files is not None:
                options["maxFilesPerTrigger"] = str(self.options.max_files)
        reader = reader.options(**options).format(file_format)
        if schema is not None:
            reader = reader.schema(schema)
        frame = reader.load(self.context.to_spark(self.path))
        changed = F.col("_metadata.file_modification_time")
        if self.options.after is not None:
            frame = frame.where(changed > F.lit(self.options.after).cast("timestamp"))
        if self.options.before is not None:
            frame = frame.where(changed < F.lit(self.options.before).cast("timestamp"))
        return frame

    def partitions(self, given: StructType | None) -> list[StructField]:
        """The columns that folders name; beside a given schema only those of its own columns."""
        if self.options.spark.get("recursiveFileLookup") == "true":
            return []
        root = self.context.to_local(self.path)
        found = partition_fields(root, self.files(), self.options.infer_types, self.options.partition_columns)
        if given is None:
            return found
        folders = {field.name.lower() for field in found}
        return [field for field in given.fields if field.name.lower() in folders]

    def folder(self) -> str | None:
        """Where this machine keeps what the reader must remember between updates; None where there is no place."""
        location = self.options.schema_location
        if location is not None:
            return self.context.to_local(location)
        folder = self.context.schema_dir()
        return None if folder is None else os.path.join(folder, _slug(self.path))

    def files(self) -> list[Listed]:
        return list_files(self.context.to_local(self.path), self.options.spark.get("pathGlobFilter"))

    def resolved(self, infer: inference.Infer) -> StructType:
        """The given schema, or the inferred one with hints. With a given schema no file is looked at."""
        if self.schema is not None:
            return apply_hints(self.options.source, self.schema, self.options.schema_hints)
        folder = self.folder() if self.streaming else None
        if self.streaming and folder is None:
            raise EngineError(
                f"{self.options.source}: reading {self.path} needs a schema or the option cloudFiles.schemaLocation",
                error_class="CF_MISSING_SCHEMA_LOCATION",
            )
        schema = inference.known_schema(self.options, folder, self.files(), infer, self.path)
        known = {f.name.lower() for f in schema.fields}
        folders = [f for f in self.partitions(None) if f.name.lower() not in known]
        return apply_hints(self.options.source, StructType([*schema.fields, *folders]), self.options.schema_hints)


def listed(reader: Any, paths: Sequence[str]) -> DataFrame:
    """The files of a listing. Their names are no patterns, whatever characters they have."""
    return reader.option("__globPaths__", "false").load([f"file:{path}" for path in paths])


def _slug(path: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in path).strip("_")[-120:] or "root"


def build(source: Source) -> DataFrame:
    apply_hints(
        source.options.source, StructType(), source.options.schema_hints
    )  # wrong ones fail before files are read
    if not source.options.include_existing:
        source = _without_existing(source)
    match source.options.format:
        case "csv":
            return _csv(source)
        case "json":
            return json_files.build(source)
        case "text":
            return _fixed(source, StructType.fromDDL("value STRING"))
        case "binaryFile":
            whole = "path STRING, modificationTime TIMESTAMP, length BIGINT, content BINARY"
            return _fixed(source, StructType.fromDDL(whole))
        case other:
            return _self_describing(source, other)


def finished(
    frame: DataFrame, schema: StructType, partitions: Sequence[StructField], made: Mapping[str, Column] | None = None
) -> DataFrame:
    """The columns of `schema`, in order: those `made`, those of folders, and the frame's own; `_metadata` is hidden."""
    folders, columns = {field.name: field for field in partitions}, made or {}

    def column(name: str) -> Column:
        if name in columns:
            return columns[name].alias(name)
        return partition_column(folders[name]) if name in folders else F.col(quote([name]))

    shown = frame.select(*[column(field.name) for field in schema.fields], F.col("_metadata"))
    spark = frame.sparkSession
    return DataFrame(spark._jvm.org.apache.spark.sql.lakehouse.FileFrames.hide(shown._jdf), spark)


def without(schema: StructType, fields: Sequence[StructField], *names: str | None) -> StructType:
    left_out = {field.name for field in fields} | set(names)
    return StructType([field for field in schema.fields if field.name not in left_out])


def _fixed(source: Source, schema: StructType) -> DataFrame:
    """Formats that have the same columns whatever the files hold; folders add theirs."""
    given = source.schema
    partitions = source.partitions(given)
    frame = source.load(source.options.format, without(given, partitions) if given is not None else schema)
    return finished(frame, given or StructType([*schema.fields, *partitions]), partitions)


def _without_existing(source: Source) -> Source:
    """Only files that came after the first start, whose time is kept beside the schema."""
    options, folder = source.options, source.folder()
    problem = None
    if not source.streaming:
        problem = "a query that is no stream reads the files that are there; use modifiedAfter"
    elif folder is None:
        problem = "it needs the option cloudFiles.schemaLocation, beside which the time of the first start is kept"
    elif options.after is not None:
        problem = "modifiedAfter is given, too; keep one of them"
    if problem is not None or folder is None:
        raise refuse(options.source, "includeExistingFiles=false", problem or "")
    mark = Path(folder) / "_first_start"
    if not mark.exists():
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text(datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    return replace(source, options=replace(options, after=mark.read_text()))


def _csv(source: Source) -> DataFrame:
    options = source.options
    wants_types = options.infer_types or options.spark.get("inferSchema") == "true"

    def infer(paths: Sequence[str]) -> StructType | None:
        if not paths:
            return None
        settings = {k: v for k, v in options.spark.items() if k not in ("pathGlobFilter", "inferSchema", "mode")}
        reader = source.spark.read.format(CSV_BY_NAME).options(**settings, inferSchema=str(wants_types).lower())
        try:
            return listed(reader, paths).schema
        except Exception as error:
            if "UNABLE_TO_INFER_SCHEMA" in str(error):
                return None
            raise

    schema = source.resolved(infer)
    extra = {}
    if options.rescued_column is not None:
        schema = _with_column(schema, options.rescued_column)
        extra["rescuedDataColumn"] = options.rescued_column
    if options.evolution_mode in ("addNewColumns", "failOnNewColumns") and source.schema is None:
        extra["failOnNewColumns"] = "true"
    partitions = source.partitions(schema)
    frame = source.load(CSV_BY_NAME, without(schema, partitions), **extra)
    return finished(frame, schema, partitions)


def _with_column(schema: StructType, name: str) -> StructType:
    if name.lower() in {f.name.lower() for f in schema.fields}:
        return schema
    return StructType([*schema.fields, StructField(name, StringType())])


def _self_describing(source: Source, file_format: str) -> DataFrame:
    """Parquet, ORC and XML name and type their own columns; those that the schema lacks are rescued."""
    options = source.options

    def infer(paths: Sequence[str]) -> StructType | None:
        if not paths:
            return None
        settings = {k: v for k, v in options.spark.items() if k != "pathGlobFilter"}
        if file_format in ("parquet", "orc"):
            settings["mergeSchema"] = "true"
        found = listed(source.spark.read.format(file_format).options(**settings), paths).schema
        return found if found.fields else None

    schema = source.resolved(infer)
    rescued = options.rescued_column
    partitions = source.partitions(schema)
    if rescued is None or rescued in schema.fieldNames():
        return finished(source.load(file_format, without(schema, partitions)), schema, partitions)
    known = {f.name.lower() for f in schema.fields}
    in_files = infer([f.path for f in source.files()])
    others = [f for f in (in_files.fields if in_files else []) if f.name.lower() not in known]
    frame = source.load(file_format, StructType([*without(schema, partitions).fields, *others]))
    rest: Column = F.lit(None).cast("string")
    if others:
        values = [F.col(quote([f.name])) for f in others]
        text = F.to_json(F.struct(*values, F.col("_metadata.file_path").alias("_file_path")))
        rest = F.when(functools.reduce(lambda a, b: a | b, [value.isNotNull() for value in values]), text)
    return finished(frame, _with_column(schema, rescued), partitions, {rescued: rest})
