"""What a reader of files works on: its place, its checked options, and the frames that it makes of files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructField, StructType

from lakehouse_engine import jvm
from lakehouse_engine.errors import EngineError
from lakehouse_engine.identifiers import quote_all
from lakehouse_engine.readers import inference
from lakehouse_engine.readers.hints import apply_hints
from lakehouse_engine.readers.listing import Listed, list_files, partition_column, partition_fields
from lakehouse_engine.readers.options import FileOptions


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
            require(self.spark, location, "WRITE_VOLUME")
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


def require(spark: SparkSession, path: str, privilege: str) -> None:
    """Before this process looks at files: raises where the session's principal may not (scala/guard/Places.scala)."""
    jvm.of(spark).org.apache.spark.sql.lakehouse.Guard.require(spark._jsparkSession, path, privilege)


def _slug(path: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in path).strip("_")[-120:] or "root"


def finished(
    frame: DataFrame, schema: StructType, partitions: Sequence[StructField], made: Mapping[str, Column] | None = None
) -> DataFrame:
    """The columns of `schema`, in order: those `made`, those of folders, and the frame's own; `_metadata` is hidden."""
    folders, columns = {field.name: field for field in partitions}, made or {}

    def column(name: str) -> Column:
        if name in columns:
            return columns[name].alias(name)
        return partition_column(folders[name]) if name in folders else F.col(quote_all([name]))

    shown = frame.select(*[column(field.name) for field in schema.fields], F.col("_metadata"))
    spark = frame.sparkSession
    return DataFrame(jvm.of(spark).org.apache.spark.sql.lakehouse.FileFrames.hide(shown._jdf), spark)


def without(schema: StructType, fields: Sequence[StructField], *names: str | None) -> StructType:
    left_out = {field.name for field in fields} | set(names)
    return StructType([field for field in schema.fields if field.name not in left_out])
