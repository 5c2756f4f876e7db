"""CSV files as delivered: text by column name, null for an empty value, and whether a row does not fit its header."""

from __future__ import annotations

import csv
import os
from datetime import UTC, datetime
from typing import Any

Row = dict[str, Any]

csv.field_size_limit(1 << 24)


def read_folder(root: str, entity: str, columns: list[str]) -> list[Row]:
    """Rows of all files of <root>/<entity>, however deep; names that start with _ or . are not data."""
    rows: list[Row] = []
    for folder, folders, files in os.walk(os.path.join(root, entity)):
        folders[:] = sorted(name for name in folders if name[0] not in "_.")
        for name in sorted(files):
            if name[0] not in "_.":
                rows += read_file(os.path.join(folder, name), columns)
    return rows


def read_file(path: str, columns: list[str]) -> list[Row]:
    modified = datetime.fromtimestamp(os.stat(path).st_mtime_ns // 1_000_000 / 1000, UTC).replace(tzinfo=None)
    with open(path, encoding="utf-8-sig", newline="") as file:
        records = [record for record in csv.reader(file) if record]
    if not records:
        return []
    header, *data = records
    extra = [at for at, name in enumerate(header) if name not in columns]
    rows = []
    for record in data:
        given = dict(zip(header, record, strict=False))
        row: Row = {column: given.get(column) or None for column in columns}
        row["_rescued"] = len(record) != len(header) or any(record[at] for at in extra)
        row["_source_file"] = path
        row["_file_modified_at"] = modified
        rows.append(row)
    return rows
