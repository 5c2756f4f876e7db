"""Quarantine: the rows that silver drops, as delivered, with the names of the rules they broke."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from olist.bronze import delivered_columns
from olist.entities import RESCUED, Entity
from olist.typed import DELIVERED, LINEAGE, lineage_schema, typed

BROKEN = "broken_rules"
REPLAY_FILE = "replay-{}.csv"
# A row of such a file stands for one that left the quarantine.
IS_REPLAYED = r"_source_file RLIKE '/replay-[0-9]+[.]csv$'"


def broken_rules(rules: dict[str, str]) -> Column:
    """The sorted names of the rules that do not hold; a condition that is null does not hold."""
    names = [
        F.when(F.coalesce(F.expr(condition), F.lit(False)), F.lit(None)).otherwise(F.lit(name))
        for name, condition in sorted(rules.items())
    ]
    return F.array_compact(F.array(*names))


def rejected(delivered: DataFrame, entity: Entity) -> DataFrame:
    """The bronze rows that break a rule."""
    judged = typed(delivered, entity).withColumn(BROKEN, broken_rules(entity.rules))
    return judged.where(F.size(BROKEN) > 0).select(f"{DELIVERED}.*", RESCUED, *LINEAGE, BROKEN)


def schema(entity: Entity) -> str:
    return ", ".join(
        [
            *delivered_columns(entity),
            f"{RESCUED} STRING COMMENT 'What the file had in the row beside the known columns, as JSON'",
            *lineage_schema(),
            f"{BROKEN} ARRAY<STRING> COMMENT 'Names of the rules that the row breaks, sorted'",
        ]
    )
