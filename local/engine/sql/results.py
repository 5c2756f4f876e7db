"""Results of statements as files: JSON_ARRAY, ARROW_STREAM and CSV chunks in Databricks' formats of values."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import (
    ArrayType,
    BinaryType,
    DataType,
    MapType,
    StringType,
    StructField,
    StructType,
    TimestampNTZType,
    TimestampType,
    VariantType,
)

from engine.catalog.columns import column_infos

# Uncompressed bytes of a chunk, as Databricks cuts them.
CHUNK_BYTES = 16 * 1024 * 1024
_BATCH_ROWS = 10_000


def write_result(
    frame: DataFrame, *, format: str, folder: Path, row_limit: int | None, byte_limit: int | None
) -> dict[str, Any]:
    """Runs the query and writes its chunks to `folder`; the answer of `sql.execute`."""
    columns = column_infos(frame.schema)
    if not columns:
        frame.collect()
        return {"columns": [], "chunks": [], "totalRowCount": 0, "totalByteCount": 0, "truncated": False}
    names = [field.name for field in frame.schema.fields]
    unique = frame.toDF(*[f"c{i}" for i in range(len(names))])
    if row_limit is not None:
        unique = unique.limit(row_limit + 1)
    if format != "ARROW_STREAM":
        unique = unique.select(*[_as_text(f).alias(f.name) for f in unique.schema.fields])
    else:
        unique = unique.select(*[_for_arrow(f).alias(f.name) for f in unique.schema.fields])
    table = unique.toArrow()
    truncated = row_limit is not None and table.num_rows > row_limit
    if truncated:
        table = table.slice(0, row_limit)
    writer = _Chunks(folder, format, names, byte_limit)
    writer.write(table)
    return {
        "columns": columns,
        "chunks": writer.chunks,
        "totalRowCount": writer.rows,
        "totalByteCount": writer.bytes,
        "truncated": truncated or writer.cut,
    }


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
    if isinstance(kind, ArrayType | MapType | StructType | VariantType):
        options = {"ignoreNullFields": "false", "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"}
        return F.to_json(column, options)
    return column.cast("string")


def _for_arrow(field: StructField) -> Column:
    """Arrow has no type for a variant; its JSON is sent."""
    return F.to_json(F.col(field.name)) if _holds_variant(field.dataType) else F.col(field.name)


def _holds_variant(kind: DataType) -> bool:
    return isinstance(kind, VariantType)


class _Chunks:
    def __init__(self, folder: Path, format: str, names: list[str], byte_limit: int | None) -> None:
        self.chunks: list[dict[str, Any]] = []
        self.rows = 0
        self.bytes = 0
        self.cut = False
        self._folder = folder
        self._format = format
        self._names = names
        self._limit = byte_limit

    def write(self, table: pa.Table) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._format == "ARROW_STREAM":
            self._arrow(table.rename_columns(self._names))
        else:
            self._text(table)

    def _arrow(self, table: pa.Table) -> None:
        rows = table.num_rows
        if self._limit is not None and table.nbytes > self._limit:
            rows = int(rows * self._limit / table.nbytes)
            self.cut = True
        per_row = max(1, table.nbytes // max(1, table.num_rows))
        step = max(1, CHUNK_BYTES // per_row)
        for start in range(0, rows, step):
            part = table.slice(start, min(step, rows - start))
            sink = io.BytesIO()
            with pa.ipc.new_stream(sink, part.schema) as stream:
                stream.write_table(part)
            self._add(sink.getvalue(), part.num_rows, "arrow")

    def _text(self, table: pa.Table) -> None:
        encode, opening, between, closing = (
            (_json_row, b"[", b",", b"]") if self._format == "JSON_ARRAY" else (_csv_row, b"", b"", b"")
        )
        suffix = "json" if self._format == "JSON_ARRAY" else "csv"
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

    def _add(self, data: bytes, rows: int, suffix: str) -> None:
        index = len(self.chunks)
        name = f"{index}.{suffix}"
        (self._folder / name).write_bytes(data)
        chunk = {"index": index, "rowOffset": self.rows, "rowCount": rows, "byteCount": len(data), "file": name}
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
