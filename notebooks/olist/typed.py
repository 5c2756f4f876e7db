"""From a row as delivered to a typed row: trimmed, folded, cast. Nothing is judged here, nothing is dropped.

A value that cannot be read becomes null, which breaks the rules about it; `_delivered` keeps the row's own text.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from olist.entities import RESCUED, Entity, Kind

LINEAGE = ("_source_file", "_file_modified_at")
DELIVERED, SEQUENCE = "_delivered", "_sequence"
# Columns of a typed row that help on the way to silver and do not belong there.
HELPERS = (DELIVERED, RESCUED, SEQUENCE)
UNKNOWN_CATEGORY = "unknown"
# Every character that is white space in Unicode, as no-break spaces; SQL's trim knows the space alone.
_BLANKS = "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680{}\u2028\u2029\u202f\u205f\u3000".format(
    "".join(map(chr, range(0x2000, 0x200B)))
)
# Casts read more than numbers and dates: 1.5d is a DOUBLE, and 12:30 a time of the day on which the update runs.
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_DAY_FIRST = r"^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([T ]|$)"


def clean(name: str, kind: Kind) -> Column:
    """The column `name`, delivered as text, as its kind wants it; blank text is null."""
    text = F.nullif(F.btrim(F.col(name), F.lit(_BLANKS)), F.lit(""))
    match kind:
        case Kind.CITY:
            text = F.initcap(text)
        case Kind.STATE:
            text = F.upper(text)
        case Kind.CODE:
            text = F.lower(text)
        case Kind.COUNT:
            # Tools that know no missing integers write 225.0 for 225.
            text = F.regexp_replace(text, r"\.0+$", "").try_cast(kind.sql_type)
        case Kind.MONEY | Kind.DEGREES:
            text = F.when(text.rlike(_NUMBER), text).try_cast(kind.sql_type)
        case Kind.TIME:
            text = F.when(text.rlike(_DAY_FIRST) & ~text.startswith("0000"), text).try_cast(kind.sql_type)
    if name == "product_category_name":
        text = F.coalesce(text, F.lit(UNKNOWN_CATEGORY))
    return text


def typed(delivered: DataFrame, entity: Entity, *carried: str) -> DataFrame:
    """Bronze rows of `entity` as typed rows, with lineage, the helpers that rules and order of arrival need, and the
    columns `carried` as they are.
    """
    names = entity.column_names
    text = [F.coalesce(F.col(name), F.lit("")).alias(name) for name in names]
    return delivered.select(
        *[clean(column.name, column.kind).alias(column.name) for column in entity.columns],
        *LINEAGE,
        RESCUED,
        F.struct(*names).alias(DELIVERED),
        F.struct("_file_modified_at", "_source_file", *text).alias(SEQUENCE),
        *carried,
    )


def schema(entity: Entity) -> str:
    """The silver table's columns with types and comments."""
    columns = [f"{c.name} {c.kind.sql_type} COMMENT {quoted(c.comment)}" for c in entity.columns]
    return ", ".join([*columns, *lineage_schema()])


def lineage_schema() -> list[str]:
    return [
        "_source_file STRING COMMENT 'File that delivered the row'",
        "_file_modified_at TIMESTAMP COMMENT 'When that file was last modified (UTC)'",
    ]


def quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
