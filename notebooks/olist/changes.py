"""Change events of a dimension: what their files hold, which of them count, and the initial load as their start."""

from __future__ import annotations

from functools import reduce
from operator import and_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from olist.entities import RESCUED, Entity, Kind
from olist.events import CHANGED_AT, OPERATION, OPERATIONS, SEQUENCE
from olist.quarantine import BROKEN, broken_rules
from olist.typed import DELIVERED, LINEAGE, clean, lineage_schema, quoted

# Nobody knows since when a row of the initial load holds: before every event.
UNKNOWN_START = "TIMESTAMP '1970-01-01T00:00:00Z'"
_EVENT = "_event"


def log_expectations() -> dict[str, str]:
    """The log keeps every event, and says how many have an operation that nobody knows."""
    return {"operation_is_known": f"upper(trim({OPERATION})) IN ({', '.join(map(quoted, OPERATIONS))})"}


def once(delivered: DataFrame, events: Entity) -> DataFrame:
    """Each event one time, however often, in how many files and in which spelling of its operation it is delivered."""
    # What was rescued names the file it was in, which does not make it another event.
    rescued = f"map_filter(from_json({RESCUED}, 'MAP<STRING, STRING>'), (name, text) -> name <> '_file_path')"
    columns = [F.upper(F.trim(name)) if name == OPERATION else F.trim(name) for name in events.column_names]
    # A hash, since what the stream remembers is out of an erasure's reach.
    event = F.sha2(F.to_json(F.array(*columns, F.to_json(F.expr(rescued)))), 256)
    return delivered.withColumn(_EVENT, event).dropDuplicates([_EVENT]).drop(_EVENT)


def typed(delivered: DataFrame, events: Entity) -> DataFrame:
    """Events as typed rows, with lineage and the helpers that rules need."""
    others = [column for column in events.columns if column.name != SEQUENCE]
    return delivered.select(
        clean(SEQUENCE, Kind.TEXT).try_cast("BIGINT").alias(SEQUENCE),
        *[clean(column.name, column.kind).alias(column.name) for column in others],
        *LINEAGE,
        RESCUED,
        F.struct(*events.column_names).alias(DELIVERED),
    )


def rejected(delivered: DataFrame, events: Entity) -> DataFrame:
    """The events that break a rule, as delivered."""
    judged = typed(delivered, events).withColumn(BROKEN, broken_rules(events.rules))
    return judged.where(F.size(BROKEN) > 0).select(f"{DELIVERED}.*", RESCUED, *LINEAGE, BROKEN)


def staged_schema(events: Entity) -> str:
    types = {SEQUENCE: "BIGINT"}
    columns = [f"{c.name} {types.get(c.name, c.kind.sql_type)} COMMENT {quoted(c.comment)}" for c in events.columns]
    return ", ".join([*columns, *lineage_schema()])


def newest(landed: DataFrame, silver: DataFrame, entity: Entity) -> DataFrame:
    """The landed rows, each as silver holds it where silver knows that version or a later one. Silver orders the
    versions in one file, too, and holds a row as an erasure left it.
    """
    landed, silver = landed.alias("landed"), silver.alias("silver")

    def version(side: str) -> Column:
        return F.struct(f"{side}._file_modified_at", f"{side}._source_file")

    same_key = reduce(and_, (F.col(f"landed.{name}").eqNullSafe(F.col(f"silver.{name}")) for name in entity.key))
    known = version("silver") >= version("landed")

    def held(name: str) -> Column:
        own = F.col(f"landed.{name}")
        return F.when(known, F.col(f"silver.{name}")).otherwise(own).alias(name) if name in entity.column_names else own

    return landed.join(silver, same_key & known, "left").select(*map(held, landed.columns))


def initial(valid: DataFrame, entity: Entity) -> DataFrame:
    """Typed rows of the initial load as inserts before every event."""
    return valid.select(F.lit("INSERT").alias(OPERATION), F.expr(UNKNOWN_START).alias(CHANGED_AT), *entity.column_names)


def state_schema(entity: Entity, *, history: bool) -> str:
    """Columns of the current state, or of the history with its validity."""
    columns = [f"{c.name} {c.kind.sql_type} COMMENT {quoted(c.comment)}" for c in entity.columns]
    validity = [
        "__START_AT TIMESTAMP COMMENT 'Since when the row holds (UTC); 1970-01-01 for the initial load'",
        "__END_AT TIMESTAMP COMMENT 'Until when it held, exclusive (UTC); null while it holds'",
    ]
    return ", ".join([*columns, *(validity if history else [])])
