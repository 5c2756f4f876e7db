"""From checked options to a DataFrame, one builder a format. What a user's schema lacks is rescued, never lost."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import MapType, StringType, StructField, StructType

from engine.errors import EngineError
from engine.readers import inference
from engine.readers.options import FileOptions

CSV_BY_NAME = "lakehouse.readers.NamedCsvFileFormat"
CORRUPT = "_corrupt_record"


@dataclass(frozen=True)
class ReaderContext:
    """What a reader needs to know of the place it runs in.

    `schema_dir`: the local folder for an inferred schema of the flow that reads now, None where there is none.
    `to_local` / `to_spark`: a user's path (/Volumes/…) as a file of this machine / as Spark opens it.
    """

    schema_dir: Callable[[], str | None] = lambda: None
    to_local: Callable[[str], str] = lambda path: path
    to_spark: Callable[[str], str] = lambda path: path


@dataclass(frozen=True)
class Source:
    spark: SparkSession
    context: ReaderContext
    options: FileOptions
    path: str
    schema: StructType | None
    streaming: bool

    def reader(self, **extra: str) -> Any:
        reader = self.spark.readStream if self.streaming else self.spark.read
        options = {**self.options.spark, **extra}
        if self.streaming:
            # Spark forgets files older than the newest by maxFileAge; Auto Loader forgets none.
            options["maxFileAge"] = "36500d"
            if self.options.max_bytes is not None:
                options["maxBytesPerTrigger"] = str(self.options.max_bytes)
            elif self.options.max_files is not None:
                options["maxFilesPerTrigger"] = str(self.options.max_files)
        return reader.options(**options)

    def load(self, file_format: str, schema: StructType | None, **extra: str) -> DataFrame:
        reader = self.reader(**extra).format(file_format)
        if schema is not None:
            reader = reader.schema(schema)
        return reader.load(self.context.to_spark(self.path))

    def resolved(self, infer: inference.Infer) -> StructType:
        """The given schema, or the inferred one with hints. With a given schema no file is looked at."""
        if self.schema is not None:
            return inference.apply_hints(self.schema, self.options.schema_hints)
        location = self.options.schema_location
        folder = self.context.to_local(location) if location else self.context.schema_dir()
        if self.streaming and folder is None:
            raise EngineError(
                f"{self.options.source}: reading {self.path} needs a schema or the option cloudFiles.schemaLocation",
                error_class="CF_MISSING_SCHEMA_LOCATION",
            )
        if location is None and folder is not None:
            folder = os.path.join(folder, _slug(self.path))
        pattern = self.options.spark.get("pathGlobFilter")
        local = self.context.to_local(self.path)
        files = inference.list_files(local, pattern)
        schema = inference.known_schema(self.options, folder if self.streaming else None, files, infer, self.path)
        return inference.apply_hints(_with_partitions(schema, local, files, self.options), self.options.schema_hints)


def _slug(path: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in path).strip("_")[-120:] or "root"


def _with_partitions(schema: StructType, root: str, files: list[inference.Listed], options: FileOptions) -> StructType:
    """Adds the `name=value` folders between the root and the first file as text columns."""
    if options.partition_columns == () or options.spark.get("recursiveFileLookup", "").lower() == "true" or not files:
        return schema
    parts = os.path.relpath(os.path.dirname(files[0].path), root).split(os.sep) if os.path.isdir(root) else []
    names = [p.split("=", 1)[0] for p in parts if "=" in p]
    if options.partition_columns is not None:
        names = list(options.partition_columns)
    known = {f.name.lower() for f in schema.fields}
    return StructType([*schema.fields, *(StructField(n, StringType()) for n in names if n.lower() not in known)])


def build(source: Source) -> DataFrame:
    if not source.options.include_existing:
        source = _without_existing(source)
    match source.options.format:
        case "csv":
            return _csv(source)
        case "json":
            return _json(source)
        case "text" | "binaryFile":
            return source.load(source.options.format, source.schema)
        case other:
            return _self_describing(source, other)


def _without_existing(source: Source) -> Source:
    raise EngineError(
        f"{source.options.source}: option cloudFiles.includeExistingFiles=false is not supported here: every file in "
        f"{source.path} is read once; use modifiedAfter to leave out older files",
        error_class="UNSUPPORTED_READER_OPTION",
    )


def _csv(source: Source) -> DataFrame:
    options = source.options
    wants_types = options.infer_types or options.spark.get("inferSchema", "").lower() == "true"

    def infer(paths: list[str]) -> StructType | None:
        if not paths:
            return None
        settings = {k: v for k, v in options.spark.items() if k not in ("pathGlobFilter", "inferSchema")}
        reader = source.spark.read.format(CSV_BY_NAME).options(**settings, inferSchema=str(wants_types).lower())
        try:
            return reader.load(["file:" + p for p in paths]).schema
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
    return source.load(CSV_BY_NAME, schema, **extra)


def _with_column(schema: StructType, name: str) -> StructType:
    if name.lower() in {f.name.lower() for f in schema.fields}:
        return schema
    return StructType([*schema.fields, StructField(name, StringType())])


_JSON_ONLY_FILE_OPTIONS = [
    "pathGlobFilter",
    "recursiveFileLookup",
    "modifiedAfter",
    "modifiedBefore",
    "ignoreCorruptFiles",
    "ignoreMissingFiles",
    "lineSep",
    "encoding",
    "charset",
    "multiLine",
    "compression",
]


def _json(source: Source) -> DataFrame:
    options = source.options
    parse = {k: v for k, v in options.spark.items() if k not in _JSON_ONLY_FILE_OPTIONS}

    def infer(paths: list[str]) -> StructType | None:
        settings = {k: v for k, v in options.spark.items() if k not in ("pathGlobFilter", "primitivesAsString")}
        reader = source.spark.read.format("json").options(**settings)
        found = reader.option("prefersDecimal", "false").load(["file:" + p for p in paths]).schema
        fields = [f for f in found.fields if f.name != CORRUPT]
        if not options.infer_types:
            fields = [StructField(f.name, StringType()) for f in fields]
        return StructType(fields) if fields else None

    schema = source.resolved(infer)
    rescued = options.rescued_column
    multi_line = options.spark.get("multiLine", "false").lower() == "true"
    if rescued is None:
        return source.load("json", schema)
    plain = StructType([f for f in schema.fields if f.name != rescued])
    text_options = {k: v for k, v in options.spark.items() if k in _JSON_ONLY_FILE_OPTIONS and k != "multiLine"}
    if text_options.get("encoding", text_options.get("charset", "UTF-8")).upper().replace("-", "") != "UTF8":
        raise EngineError(
            f"{options.source}: option encoding with a rescued data column is supported for JSON in UTF-8 only",
            error_class="UNSUPPORTED_READER_OPTION",
        )
    text_source = Source(
        source.spark,
        source.context,
        FileOptions(options.source, "text", text_options, max_files=options.max_files, max_bytes=options.max_bytes),
        source.path,
        None,
        source.streaming,
    )
    lines = text_source.load("text", None, wholetext=str(multi_line).lower())
    value = F.col("value")
    if multi_line:
        # A file is one document, or an array of documents of which each is a row.
        elements = F.from_json(
            F.when(F.trim(value).startswith("["), value).otherwise(F.concat(F.lit("["), value, F.lit("]"))),
            "array<string>",
        )
        lines = lines.select(F.explode(elements).alias("value"))
    lines = lines.where(F.length(F.trim(value)) > 0)
    parsed = StructType([*plain.fields, StructField(CORRUPT, StringType())])
    columns = lines.select(
        value,
        F.from_json(value, parsed, {**parse, "columnNameOfCorruptRecord": CORRUPT}).alias("parsed"),
        F.from_json(value, MapType(StringType(), StringType())).alias("raw"),
        F.col("_metadata.file_path").alias("file"),
    )
    return columns.select(
        *[F.col("parsed")[f.name].alias(f.name) for f in plain.fields], _json_rescue(plain).alias(rescued)
    )


def _json_rescue(schema: StructType) -> Column:
    """JSON text of the fields that are not in the schema or do not fit their type; null when there are none."""
    names = [f.name for f in schema.fields]
    known = F.array(*[F.lit(n) for n in names]) if names else F.array().cast("array<string>")
    misfits = [F.when(F.col("parsed")[n].isNull() & F.col("raw")[n].isNotNull(), F.lit(n)) for n in names]
    misfit = F.array_compact(F.array(*misfits)) if misfits else F.array().cast("array<string>")
    kept = F.map_filter("raw", lambda k, v: v.isNotNull() & (~F.array_contains(known, k) | F.array_contains(misfit, k)))
    whole = F.create_map(F.lit(CORRUPT), F.col("value"))
    rest = F.when(F.col("raw").isNull(), whole).otherwise(kept)
    text = F.to_json(F.map_concat(rest, F.create_map(F.lit("_file_path"), F.col("file"))))
    return F.when(F.size(rest) > 0, text)


def _self_describing(source: Source, file_format: str) -> DataFrame:
    """Parquet, ORC, Avro and XML name and type their own columns."""

    def infer(paths: list[str]) -> StructType | None:
        settings = {k: v for k, v in source.options.spark.items() if k != "pathGlobFilter"}
        if file_format in ("parquet", "orc"):
            settings["mergeSchema"] = "true"
        found = source.spark.read.format(file_format).options(**settings).load(["file:" + p for p in paths]).schema
        return found if found.fields else None

    schema = source.resolved(infer)
    frame = source.load(file_format, schema)
    rescued = source.options.rescued_column
    if rescued is None or rescued in schema.fieldNames():
        return frame
    # These formats fail the read on a type that does not fit, so there is nothing to rescue from a column.
    return frame.withColumn(rescued, F.lit(None).cast("string"))
