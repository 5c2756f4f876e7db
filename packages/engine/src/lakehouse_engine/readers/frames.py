"""From checked options to a DataFrame, one builder a format. What a user's schema lacks is rescued, never lost."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from lakehouse_engine.identifiers import quote_all
from lakehouse_engine.readers import json_files
from lakehouse_engine.readers.hints import apply_hints
from lakehouse_engine.readers.options import refuse
from lakehouse_engine.readers.source import Source, finished, listed, without
from lakehouse_engine.schemas import struct

CSV_BY_NAME = "lakehouse.readers.NamedCsvFileFormat"
# Files whose columns have types of their own, with a rescued data column (scala/readers/RescuedFormats.scala).
_TYPED = {
    "parquet": "org.apache.spark.sql.lakehouse.RescuedParquet",
    "orc": "org.apache.spark.sql.lakehouse.RescuedOrc",
}


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
            return _fixed(source, StructType([StructField("value", StringType())]))
        case "binaryFile":
            return _fixed(source, struct("path STRING, modificationTime TIMESTAMP, length BIGINT, content BINARY"))
        case other:
            return _self_describing(source, other)


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


def _merged(read: Callable[[Sequence[str]], StructType], paths: Sequence[str]) -> StructType:
    """The columns of all files; of one that has several types the first file's, and the others are rescued."""
    try:
        return read(paths)
    except Exception as error:
        if "CANNOT_MERGE_SCHEMA" not in str(error):
            raise
    fields: dict[str, StructField] = {}
    for path in paths:
        for field in read([path]).fields:
            fields.setdefault(field.name.lower(), field)
    return StructType(list(fields.values()))


def _self_describing(source: Source, file_format: str) -> DataFrame:
    """Parquet, ORC and XML name and type their own columns; what does not fit the schema is rescued."""
    options = source.options

    def infer(paths: Sequence[str]) -> StructType | None:
        if not paths:
            return None
        settings = {k: v for k, v in options.spark.items() if k != "pathGlobFilter"}
        if file_format in _TYPED:
            settings["mergeSchema"] = "true"

        def read(files: Sequence[str]) -> StructType:
            return listed(source.spark.read.format(file_format).options(**settings), files).schema

        found = _merged(read, paths) if rescued is not None and file_format in _TYPED else read(paths)
        return found if found.fields else None

    rescued = options.rescued_column
    schema = source.resolved(infer)
    partitions = source.partitions(schema)
    if rescued is not None and file_format in _TYPED:
        schema = _with_column(schema, rescued)
        frame = source.load(_TYPED[file_format], without(schema, partitions), rescuedDataColumn=rescued)
        return finished(frame, schema, partitions)
    if rescued is None or rescued in schema.fieldNames():
        return finished(source.load(file_format, without(schema, partitions)), schema, partitions)
    known = {f.name.lower() for f in schema.fields}
    in_files = infer([f.path for f in source.files()])
    others = [f for f in (in_files.fields if in_files else []) if f.name.lower() not in known]
    frame = source.load(file_format, StructType([*without(schema, partitions).fields, *others]))
    rest: Column = F.lit(None).cast("string")
    if others:
        values = [F.col(quote_all([f.name])) for f in others]
        text = F.to_json(F.struct(*values, F.col("_metadata.file_path").alias("_file_path")))
        rest = F.when(functools.reduce(lambda a, b: a | b, [value.isNotNull() for value in values]), text)
    return finished(frame, _with_column(schema, rescued), partitions, {rescued: rest})
