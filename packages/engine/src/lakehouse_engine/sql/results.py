"""Results of statements as files: JSON_ARRAY, ARROW_STREAM and CSV chunks in Databricks' formats of values.

SQL_TEXT is for Thrift clients that do not read Arrow: as JSON_ARRAY, with values as CAST to STRING shows them.
"""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_type
from pyspark.sql.types import (
    ArrayType,
    BinaryType,
    BooleanType,
    DataType,
    DayTimeIntervalType,
    DecimalType,
    MapType,
    NullType,
    NumericType,
    StringType,
    StructField,
    StructType,
    TimestampNTZType,
    TimestampType,
    VariantType,
    YearMonthIntervalType,
)

from lakehouse_engine.catalog.columns import column_infos, sql_name

# Uncompressed bytes of a chunk, as Databricks cuts them.
CHUNK_BYTES = 16 * 1024 * 1024
_BATCH_ROWS = 10_000
# Of an Arrow record batch: clients of Thrift ask for rows by number and by bytes, and get whole batches.
_ARROW_ROWS, _ARROW_BYTES = 4096, 1024 * 1024
_ARROW_END = b"\xff\xff\xff\xff\x00\x00\x00\x00"
# What a client may want as text in Arrow, by the names of `arrowAsText`.
_KINDS: dict[str, tuple[type[DataType], ...]] = {
    "TIMESTAMP": (TimestampType, TimestampNTZType),
    "DECIMAL": (DecimalType,),
    "COMPLEX": (ArrayType, MapType, StructType),
    "INTERVAL": (DayTimeIntervalType, YearMonthIntervalType),
    "NULL": (NullType,),
}
_JSON_TEXT = {"ignoreNullFields": "false", "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"}
_JSON_SQL_TEXT = {"ignoreNullFields": "false", "timestampFormat": "yyyy-MM-dd HH:mm:ss.SSS"}


def write_result(
    frame: DataFrame,
    *,
    format: str,
    folder: Path,
    row_limit: int | None,
    byte_limit: int | None,
    arrow_as_text: Collection[str] = (),
) -> dict[str, Any]:
    """Runs the query and writes its chunks to `folder`; the answer of `sql.execute`.

    `arrow_as_text`: kinds of types, by the keys of _KINDS, that are text in ARROW_STREAM.
    """
    columns = column_infos(frame.schema, sizes=False)
    if not columns:
        frame.collect()
        return {"columns": [], "chunks": [], "totalRowCount": 0, "totalByteCount": 0, "truncated": False}
    names = [field.name for field in frame.schema.fields]
    unique = frame.toDF(*[f"c{i}" for i in range(len(names))])
    if row_limit is not None:
        unique = unique.limit(row_limit + 1)
    if format == "ARROW_STREAM":
        text = tuple(kind for name in arrow_as_text for kind in _KINDS[name])
        unique = unique.select(*[_for_arrow(f, text).alias(f.name) for f in unique.schema.fields])
    else:
        as_text = _as_sql_text if format == "SQL_TEXT" else _as_text
        unique = unique.select(*[as_text(f).alias(f.name) for f in unique.schema.fields])
    table = unique.toArrow()
    if format == "ARROW_STREAM":
        table = _in_zone(table, str(frame.sparkSession.conf.get("spark.sql.session.timeZone")))
    truncated = row_limit is not None and table.num_rows > row_limit
    if truncated:
        table = table.slice(0, row_limit)
    writer = _Chunks(folder, format, columns, byte_limit)
    writer.write(table)
    return {
        "columns": columns,
        **_modified(columns, table),
        **({"arrowSchema": base64.b64encode(writer.schema).decode()} if format == "ARROW_STREAM" else {}),
        "chunks": writer.chunks,
        "totalRowCount": writer.rows,
        "totalByteCount": writer.bytes,
        "truncated": truncated or writer.cut,
    }


def _in_zone(table: pa.Table, zone: str) -> pa.Table:
    """Timestamps say the session's time zone, which clients show them in; Spark's say UTC."""
    if zone == "UTC":
        return table
    return table.cast(pa.schema([field.with_type(_zoned(field.type, zone)) for field in table.schema]))


def _zoned(kind: pa.DataType, zone: str) -> pa.DataType:
    if pa.types.is_timestamp(kind):
        return pa.timestamp(kind.unit, zone) if kind.tz else kind
    if pa.types.is_list(kind):
        return pa.list_(_zoned_field(kind.value_field, zone))
    if pa.types.is_map(kind):
        return pa.map_(_zoned_field(kind.key_field, zone), _zoned_field(kind.item_field, zone))
    if pa.types.is_struct(kind):
        return pa.struct([_zoned_field(field, zone) for field in kind])
    return kind


def _zoned_field(field: pa.Field, zone: str) -> pa.Field:
    return field.with_type(_zoned(field.type, zone))


def _modified(columns: list[dict[str, Any]], table: pa.Table) -> dict[str, int]:
    """How many rows INSERT, UPDATE, DELETE or MERGE changed: what they answer with begins with that number."""
    if columns[0]["name"] != "num_affected_rows" or table.num_rows != 1:
        return {}
    return {"modifiedRows": int(table.column(0)[0].as_py())}


def _as_text(field: StructField) -> Column:
    column, kind = F.col(field.name), field.dataType
    if isinstance(kind, StringType):
        return column.cast("string")
    if isinstance(kind, TimestampType):
        return F.date_format(column, "yyyy-MM-dd'T'HH:mm:ss.SSSXXX")
    if isinstance(kind, TimestampNTZType):
        return F.date_format(column, "yyyy-MM-dd'T'HH:mm:ss.SSS")
    if isinstance(kind, BinaryType):
        return F.base64(column)
    if isinstance(kind, ArrayType | MapType | StructType):
        return F.to_json(column.cast(_texts_within(kind)), _JSON_TEXT)
    if isinstance(kind, VariantType):
        return F.to_json(column, _JSON_TEXT)
    return column.cast("string")


def _texts_within(kind: DataType) -> DataType:
    """Numbers and booleans within arrays, maps and structs are text, too, as the values of columns are."""
    match kind:
        case ArrayType():
            return ArrayType(_texts_within(kind.elementType), kind.containsNull)
        case MapType():
            return MapType(kind.keyType, _texts_within(kind.valueType), kind.valueContainsNull)
        case StructType():
            return StructType([StructField(f.name, _texts_within(f.dataType), f.nullable) for f in kind.fields])
        case NumericType() | BooleanType():
            return StringType()
        case _:
            return kind


def _as_sql_text(field: StructField) -> Column:
    """As `_as_text`, timestamps as SQL shows them."""
    column, kind = F.col(field.name), field.dataType
    if isinstance(kind, TimestampType | TimestampNTZType):
        return column.cast("string")
    if isinstance(kind, ArrayType | MapType | StructType | VariantType):
        return F.to_json(column, _JSON_SQL_TEXT)
    return _as_text(field)


def _for_arrow(field: StructField, text: tuple[type[DataType], ...]) -> Column:
    """Variants, which Arrow has no type for, and months, for which Spark makes none, are text, as is what holds one."""
    if isinstance(field.dataType, (*text, YearMonthIntervalType)):
        return _as_sql_text(field)
    if _without_arrow(field.dataType):
        return F.to_json(F.col(field.name))
    # Commands answer with nulls where their schema has none, as OPTIMIZE does: Arrow takes it at its word.
    kind = _with_nulls(field.dataType)
    return F.col(field.name) if kind == field.dataType else F.col(field.name).cast(kind)


def _with_nulls(kind: DataType) -> DataType:
    match kind:
        case ArrayType():
            return ArrayType(_with_nulls(kind.elementType), True)
        case MapType():
            return MapType(_with_nulls(kind.keyType), _with_nulls(kind.valueType), True)
        case StructType():
            return StructType([StructField(f.name, _with_nulls(f.dataType), True, f.metadata) for f in kind.fields])
        case _:
            return kind


def _without_arrow(kind: DataType) -> bool:
    match kind:
        case ArrayType():
            return _without_arrow(kind.elementType)
        case MapType():
            return _without_arrow(kind.keyType) or _without_arrow(kind.valueType)
        case StructType():
            return any(_without_arrow(field.dataType) for field in kind.fields)
        case _:
            return isinstance(kind, VariantType | YearMonthIntervalType)


class _Chunks:
    def __init__(self, folder: Path, format: str, columns: list[dict[str, Any]], byte_limit: int | None) -> None:
        self.schema = b""  # of ARROW_STREAM, as the message that its streams begin with
        self.chunks: list[dict[str, Any]] = []
        self.rows = 0
        self.bytes = 0
        self.cut = False
        self._folder = folder
        self._format = format
        self._columns = columns
        self._names = [column["name"] for column in columns]
        self._limit = byte_limit

    def write(self, table: pa.Table) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._format == "ARROW_STREAM":
            self._arrow(pa.Table.from_arrays(table.columns, schema=self._arrow_schema(table.schema)))
        else:
            self._text(table)

    def _arrow(self, table: pa.Table) -> None:
        rows = table.num_rows
        if self._limit is not None and table.nbytes > self._limit:
            rows = int(rows * self._limit / table.nbytes)
            self.cut = True
        per_row = max(1, table.nbytes // max(1, table.num_rows))
        step = max(1, CHUNK_BYTES // per_row)
        batch_rows = max(1, min(_ARROW_ROWS, _ARROW_BYTES // per_row))
        self.schema = table.schema.serialize().to_pybytes()
        for start in range(0, rows, step):
            part = table.slice(start, min(step, rows - start))
            data, batches = bytearray(self.schema), []
            for batch in part.combine_chunks().to_batches(max_chunksize=batch_rows):
                message = batch.serialize()
                batches.append({"offset": len(data), "byteCount": message.size, "rowCount": batch.num_rows})
                data += message
            self._add(bytes(data + _ARROW_END), part.num_rows, "arrow", batches=batches)

    def _arrow_schema(self, found: pa.Schema) -> pa.Schema:
        """The columns' own names, and the types that they have in SQL as Databricks notes them beside Arrow's."""
        fields = []
        for field, column in zip(found, self._columns, strict=True):
            kind = json.loads(column["type_json"])["type"]
            notes = {
                "Spark:DataType:SqlName": sql_name(column["type_text"]),
                "Spark:DataType:JsonType": json.dumps(kind),
            }
            fields.append(field.with_name(column["name"]).with_metadata(notes))
        return pa.schema(fields)

    def _text(self, table: pa.Table) -> None:
        encode, opening, between, closing = (
            (_csv_row, b"", b"", b"") if self._format == "CSV" else (_json_row, b"[", b",", b"]")
        )
        suffix = "csv" if self._format == "CSV" else "json"
        if self._format == "CSV":
            opening = _csv_row(self._names)
        pending: list[bytes] = []
        size = total = 0
        for row in _rows(table):
            encoded = encode(row)
            if self._limit is not None and total + len(encoded) > self._limit:
                self.cut = True
                break
            if pending and size + len(encoded) > CHUNK_BYTES:
                self._add(opening + between.join(pending) + closing, len(pending), suffix)
                pending, size = [], 0
            pending.append(encoded)
            size += len(encoded)
            total += len(encoded)
        if pending:
            self._add(opening + between.join(pending) + closing, len(pending), suffix)

    def _add(self, data: bytes, rows: int, suffix: str, **more: Any) -> None:
        index = len(self.chunks)
        name = f"{index}.{suffix}"
        (self._folder / name).write_bytes(data)
        chunk = {"index": index, "rowOffset": self.rows, "rowCount": rows, "byteCount": len(data), "file": name}
        chunk |= more
        self.chunks.append(chunk)
        self.rows += rows
        self.bytes += len(data)


def _rows(table: pa.Table) -> Iterator[tuple[str | None, ...]]:
    for batch in table.to_batches(max_chunksize=_BATCH_ROWS):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _json_row(row: tuple[str | None, ...]) -> bytes:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()


def _csv_row(row: tuple[str | None, ...] | list[str]) -> bytes:
    """null is an empty field, empty text is quoted."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(row)
    return text.getvalue().encode()


def small_frame(session: SparkSession, rows: Iterable[Iterable[Any]], schema: StructType) -> DataFrame:
    """Through Arrow: a few rows are then part of the plan, and no Python worker is started for them."""
    if not schema.fields:
        return session.createDataFrame([], schema)
    columns = list(zip(*rows, strict=True)) or [[] for _ in schema.fields]
    arrays = [
        pa.array(list(values), to_arrow_type(f.dataType)) for values, f in zip(columns, schema.fields, strict=True)
    ]
    return session.createDataFrame(pa.table(arrays, names=schema.names), schema)
