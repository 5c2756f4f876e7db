"""JSON with a rescued data column: what the schema lacks, what is not of its type and what is no JSON is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, StringType, StructField, StructType, VariantType

from lakehouse_engine.errors import EngineError
from lakehouse_engine.readers.source import Source, finished, listed, without
from lakehouse_engine.session import clone

CORRUPT = "_corrupt_record"
_OF_THE_FILE = (
    "pathGlobFilter",
    "recursiveFileLookup",
    "modifiedAfter",
    "modifiedBefore",
    "ignoreCorruptFiles",
    "ignoreMissingFiles",
    "lineSep",
    "encoding",
    "charset",
)
_RAW = "map<string,string>"


def build(source: Source) -> DataFrame:
    options = source.options
    if options.variant_column is not None:
        schema = StructType([StructField(options.variant_column, VariantType())])
        return source.load("json", schema, singleVariantColumn=options.variant_column)
    schema = source.resolved(lambda paths: _infer(source, paths))
    if options.rescued_column is None:
        partitions = source.partitions(schema)
        return finished(source.load("json", without(schema, partitions)), schema, partitions)
    return _rescuing(source, schema, options.rescued_column)


def _infer(source: Source, paths: Sequence[str]) -> StructType | None:
    if not paths:
        return None
    leave_out = ("pathGlobFilter", "primitivesAsString", "mode")
    settings = {k: v for k, v in source.options.spark.items() if k not in leave_out}
    if source.options.infer_types and "primitivesAsString" in source.options.spark:
        settings["primitivesAsString"] = source.options.spark["primitivesAsString"]
    # Names that differ by case alone would fail as duplicates; the first of them is the column, the others are rescued.
    session = clone(source.spark)
    session.conf.set("spark.sql.caseSensitive", "true")
    found = _one_per_name(listed(session.read.format("json").options(**settings), paths).schema)
    corrupt = source.options.spark.get("columnNameOfCorruptRecord", CORRUPT)
    fields = [f for f in found.fields if f.name != corrupt]
    if not source.options.infer_types:  # fields within columns are text, too: the column holds their JSON
        fields = [StructField(f.name, StringType()) for f in fields]
    return StructType(fields) if fields else None


def _one_per_name(data_type: Any) -> Any:
    """Names that differ by case are one column: docs ingestion/cloud-object-storage/auto-loader/schema."""
    if isinstance(data_type, ArrayType):
        return ArrayType(_one_per_name(data_type.elementType), data_type.containsNull)
    if not isinstance(data_type, StructType):
        return data_type
    fields: dict[str, StructField] = {}
    for field in data_type.fields:
        fields.setdefault(field.name.lower(), StructField(field.name, _one_per_name(field.dataType), field.nullable))
    return StructType(list(fields.values()))


def _rescuing(source: Source, schema: StructType, rescued: str) -> DataFrame:
    options = source.options
    if options.spark.get("encoding", options.spark.get("charset", "UTF-8")).upper().replace("-", "") != "UTF8":
        raise EngineError(
            f"{options.source}: option encoding with a rescued data column is supported for JSON in UTF-8 only",
            error_class="UNSUPPORTED_READER_OPTION",
        )
    corrupt = options.spark.get("columnNameOfCorruptRecord")
    parse = {k: v for k, v in options.spark.items() if k not in (*_OF_THE_FILE, "multiLine", "mode")}
    partitions = source.partitions(schema)
    plain = without(schema, partitions, rescued, corrupt)
    value = F.col("value")
    parsed = StructType([*plain.fields, StructField(CORRUPT, StringType())])
    frame = _records(source).select(
        value,
        F.from_json(value, parsed, {**parse, "columnNameOfCorruptRecord": CORRUPT}).alias("parsed"),
        F.from_json(value, _RAW).alias("raw"),
        F.col("_metadata"),
    )
    no_json, file = F.col("raw").isNull(), F.col("_metadata.file_path")
    mode = options.spark.get("mode", "PERMISSIVE")
    if mode == "DROPMALFORMED":
        frame = frame.where(~no_json)
    elif mode == "FAILFAST":
        text = F.concat(F.lit("malformed JSON in FAILFAST mode in "), file, F.lit(": "), value)
        frame = frame.where(F.when(no_json, F.raise_error(text).cast("boolean")).otherwise(F.lit(True)))
    columns = {field.name: F.col("parsed")[field.name] for field in plain.fields}
    kept = schema.fields
    if corrupt is not None and corrupt in schema.fieldNames():
        columns[corrupt] = F.when(no_json, value)
    columns[rescued] = _rest(plain.fields, parse, keep_whole=corrupt not in columns)
    if rescued not in schema.fieldNames():
        kept = [*kept, StructField(rescued, StringType())]
    return finished(frame, StructType(kept), partitions, columns)


def _records(source: Source) -> DataFrame:
    """A row for each record: a line, or with multiLine a file; an array is its elements."""
    options = source.options
    multi_line = options.spark.get("multiLine") == "true"
    text_options = {k: v for k, v in options.spark.items() if k in _OF_THE_FILE}
    as_text = replace(source, options=replace(options, format="text", spark=text_options), schema=None)
    schema = StructType([StructField("value", StringType())])
    lines = as_text.load("text", schema, wholetext=str(multi_line).lower())
    value = F.col("value")
    array = F.from_json(value, ArrayType(StringType()))
    elements = F.when(F.ltrim(value).startswith("["), F.coalesce(array, F.array(value))).otherwise(F.array(value))
    return lines.where(F.length(F.trim(value)) > 0).select(F.explode(elements).alias("value"), F.col("_metadata"))


def _rest(fields: Sequence[StructField], parse: dict[str, str], keep_whole: bool) -> Column:
    """JSON text of the fields that are not in the schema or do not fit their type; null when there are none."""
    known = F.array(*[F.lit(f.name) for f in fields]) if fields else F.array().cast("array<string>")
    misfits = [F.when(_misfit(f, parse), F.lit(f.name)) for f in fields]
    misfit = F.array_compact(F.array(*misfits)) if misfits else F.array().cast("array<string>")
    kept = F.map_filter("raw", lambda k, v: v.isNotNull() & (~F.array_contains(known, k) | F.array_contains(misfit, k)))
    whole = F.create_map(F.lit(CORRUPT), F.col("value")) if keep_whole else F.create_map().cast(_RAW)
    rest = F.when(F.col("raw").isNull(), whole).otherwise(kept)
    text = F.to_json(F.map_concat(rest, F.create_map(F.lit("_file_path"), F.col("_metadata.file_path"))))
    return F.when(F.size(rest) > 0, text)


def _misfit(field: StructField, parse: dict[str, str]) -> Column:
    """Whether the record has a value that the column's type cannot take, at any depth."""
    value, raw = F.col("parsed")[field.name], F.col("raw")[field.name]
    lost = value.isNull() & raw.isNotNull()
    if isinstance(field.dataType, StructType):
        within = StructType([*field.dataType.fields, StructField(CORRUPT, StringType())])
        again = F.from_json(raw, within, {**parse, "columnNameOfCorruptRecord": CORRUPT})
        lost = lost | (value.isNotNull() & again[CORRUPT].isNotNull()) | _has_other_fields(raw, field.dataType)
    return lost


def _has_other_fields(raw: Column, data_type: StructType) -> Column:
    """Whether the JSON has fields, at any depth of objects, that the type lacks: also one in another case."""
    values = F.from_json(raw, _RAW)
    names = F.array(*[F.lit(name) for name in data_type.fieldNames()])
    found = F.size(F.array_except(F.map_keys(values), names)) > 0
    for field in data_type.fields:
        if isinstance(field.dataType, StructType):
            found = found | F.coalesce(_has_other_fields(values[field.name], field.dataType), F.lit(False))
    return F.coalesce(found, F.lit(False))
