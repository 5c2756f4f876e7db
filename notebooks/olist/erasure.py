"""Erases a person from all layers: personal data goes, and the id of the person becomes one that leads to nobody.

Orders and money stay: what is left says nothing about a person, and every law between the layers still holds.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase

from pyspark.sql import SparkSession

from olist import personal_data
from olist.entities import CUSTOMERS
from olist.generator.files import write

PERSON, ROW = "customer_unique_id", CUSTOMERS.key[0]
FOLDER = CUSTOMERS.name
DELIVERED = "delivered"  # of ops.replayed: a row as JSON
# Where text fitted no column it may be of the person. It stays something, since the rules go by whether it is there.
NOTHING_LEFT = '{"erased": "true"}'

Columns = dict[str, list[str]]
"""Columns by table (schema.table)."""


def check(person: str) -> str:
    """Raises ValueError for what is no id of a person."""
    if not re.fullmatch(r"[0-9A-Za-z]{32}", person):
        raise ValueError(f"{PERSON} is '{person}': 32 letters or digits were expected")
    return person


def tables(spark: SparkSession, catalog: str) -> Columns:
    """The tables of the catalog that may hold the person's data, with all of their columns."""
    rows = spark.sql(
        f"SELECT concat(table_schema, '.', table_name) AS name, column_name "
        f"FROM `{catalog}`.information_schema.columns ORDER BY ordinal_position"
    ).collect()
    found: Columns = {}
    for row in rows:
        if any(fnmatchcase(row.name, pattern) for pattern in personal_data.DECLARED["tables"]):
            found.setdefault(row.name, []).append(row["column_name"])
    return found


def rows_of(spark: SparkSession, where: Columns, person: str) -> set[str]:
    """The customer rows (one for each order) of the person, in whatever layer one is."""
    found: set[str] = set()
    for table, columns in where.items():
        if {PERSON, ROW} <= set(columns):
            rows = spark.sql(
                f"SELECT DISTINCT trim({ROW}) AS id FROM {table} WHERE trim({PERSON}) = '{person}'"
            ).collect()
            found |= {row.id for row in rows if row.id}
    return found


def earlier(spark: SparkSession, where: Columns, person: str, rows: set[str]) -> str | None:
    """The id that stands for the person since an earlier run that did not reach everything; None before the first."""
    ids = _texts(rows)
    for table, columns in where.items():
        personal = [name for name in columns if name in personal_data.COLUMNS]
        if ids and personal and {PERSON, ROW} <= set(columns):
            erased = " AND ".join(f"{name} IS NULL" for name in personal)
            found = spark.sql(
                f"SELECT min({PERSON}) AS id FROM {table} WHERE trim({ROW}) IN ({ids}) AND {erased} "
                f"AND {PERSON} <> '{person}' AND {PERSON} RLIKE '^[0-9a-f]{{32}}$'"
            ).first()
            if found and found.id:
                return found.id
    return None


def statement(table: str, columns: list[str], person: str, rows: set[str], instead: str) -> str | None:
    """The UPDATE that erases the person from a table; None for one whose rows do not say whose they are."""
    changes = {name: "NULL" for name in columns if name in personal_data.COLUMNS}
    changes |= {
        name: f"CASE WHEN {name} IS NOT NULL THEN '{NOTHING_LEFT}' END"
        for name in columns
        if name in personal_data.UNPARSED
    }
    if PERSON in columns:
        changes[PERSON] = f"CASE WHEN trim({PERSON}) = '{person}' THEN '{instead}' ELSE {PERSON} END"
        own = _belongs(PERSON, ROW, person, rows)
    elif DELIVERED in columns:
        own = _belongs(_delivered(PERSON), _delivered(ROW), person, rows)
    else:
        return None
    sets = ", ".join(f"{name} = {value}" for name, value in changes.items())
    return f"UPDATE {table} SET {sets} WHERE {own}"


def _delivered(name: str) -> str:
    return f"get_json_object({DELIVERED}, '$.{name}')"


def _belongs(person_of: str, row_of: str, person: str, rows: set[str]) -> str:
    ids = _texts(rows)
    own = f"trim({person_of}) = '{person}'"
    return f"({own} OR trim({row_of}) IN ({ids}))" if ids else own


def _texts(rows: set[str]) -> str:
    return ", ".join(f"'{row}'" for row in sorted(rows) if re.fullmatch(r"[\w-]+", row))


def erase_files(root: str, person: str, rows: set[str], instead: str) -> int:
    """Rewrites the delivered files that name the person; answers how many. Their times stay, which order versions."""
    written = 0
    folder = os.path.join(root, FOLDER)
    for path in sorted(_files(folder)):
        with open(path, encoding="utf-8", newline="") as file:
            text = file.read()
        erased = erase_text(text, person, rows, instead)
        if erased == text:
            continue
        status = os.stat(path)
        write(path, erased.encode(), (status.st_atime_ns, status.st_mtime_ns))
        written += 1
    return written


def _files(folder: str) -> Iterator[str]:
    for at, _, names in os.walk(folder):
        yield from (os.path.join(at, name) for name in names if name.endswith(".csv") and not name.startswith("_"))


def erase_text(text: str, person: str, rows: set[str], instead: str) -> str:
    """A CSV file with a header, without the person's data. Rows of others keep their text to the byte."""
    lines = list(_records(text))
    if not lines:
        return text
    header = [name.strip().lstrip("\ufeff") for name in lines[0][1]]
    if PERSON not in header:
        return text
    erase = _eraser(header, person, rows, instead)
    return "".join(raw if number == 0 else erase(raw, values) for number, (raw, values) in enumerate(lines))


def _records(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each record with its own text, line ends included; one in quotes may have several lines."""
    raw: list[str] = []

    def feed() -> Iterator[str]:
        for line in re.findall(r"[^\n]*\n|[^\n]+", text):
            raw.append(line)
            yield line

    for values in csv.reader(feed()):
        yield "".join(raw), values
        raw.clear()


def _eraser(header: list[str], person: str, rows: set[str], instead: str) -> Callable[[str, list[str]], str]:
    at = {name: number for number, name in enumerate(header)}

    def erase(raw: str, values: list[str]) -> str:
        named = {name: values[number].strip() for name, number in at.items() if number < len(values)}
        if named.get(PERSON) != person and named.get(ROW) not in rows:
            return raw
        left = [
            instead if name == PERSON and value.strip() == person else "" if name in personal_data.COLUMNS else value
            for name, value in zip(header, values, strict=False)
        ]
        # What the row has beside the header's columns is kept as a fact, not as text.
        left += ["erased"] * (len(values) - len(left))
        out = io.StringIO()
        csv.writer(out, lineterminator=raw[len(raw.rstrip("\r\n")) :]).writerow(left)
        return out.getvalue()

    return erase
