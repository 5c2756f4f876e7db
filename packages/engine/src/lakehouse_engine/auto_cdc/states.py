"""From the events of some keys to their rows in the target: pure functions of the set of events."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, MapType, StructType

from lakehouse_engine.auto_cdc.plan import (
    ARRIVED,
    END_AT,
    IDENTITY,
    KIND,
    SEQUENCE,
    START_AT,
    SYSTEM,
    SYSTEM_END_AT,
    SYSTEM_START_AT,
    UPDATES,
    CdcPlan,
    identity,
    quoted,
)

# Of bitemporal events: a time at which the system learned of something, its number and the one after it.
_KNOWN_AT, _KNOWN, _NEXT = "__known_at", "__known", "__next_known"


def rows(plan: CdcPlan, events: DataFrame) -> DataFrame:
    if plan.bitemporal:
        return _bitemporal(plan, events)
    return _history(plan, events, plan.keys) if plan.history else _current(plan, events)


def row_keys(plan: CdcPlan) -> list[str]:
    """What tells the target's rows apart."""
    return [*plan.keys, *([START_AT] if plan.history else []), *([SYSTEM_START_AT] if plan.bitemporal else [])]


def _bitemporal(plan: CdcPlan, events: DataFrame) -> DataFrame:
    """The history of SCD type 2 that the system knew at each of its times, where equal rows of times that follow each
    other make one (ldp/cdc-advanced, "Bitemporal AUTO CDC"). As many histories as the key has times: its cost grows
    with the square of the number of a key's events."""
    key = Window.partitionBy(*map(quoted, plan.keys))
    times = events.withColumn(_KNOWN_AT, F.array_sort(F.collect_set(SYSTEM).over(key)))
    first, last = F.array_position(_KNOWN_AT, F.col(SYSTEM)), F.size(_KNOWN_AT)

    def known(number: Column) -> Column:
        at = F.element_at(_KNOWN_AT, number.cast("int")).alias(_KNOWN_AT)
        return F.struct(number.alias(_KNOWN), at, F.get(_KNOWN_AT, number).alias(_NEXT))

    spans = F.explode(F.transform(F.sequence(first, last.cast("bigint")), known))
    told = times.select(*events.columns, spans.alias("__span")).select(*events.columns, "__span.*")
    rows = _history(plan, told, [*plan.keys, _KNOWN], [_KNOWN, _KNOWN_AT, _NEXT])
    in_order = Window.partitionBy(*map(quoted, plan.keys), START_AT).orderBy(_KNOWN)
    rows = rows.withColumn("__values", identity([*plan.names, END_AT]))
    follows = F.lag(_KNOWN).over(in_order).eqNullSafe(F.col(_KNOWN) - 1)
    goes_on = follows & F.lag("__values").over(in_order).eqNullSafe(F.col("__values"))
    rows = rows.withColumn("__opens", F.when(goes_on, 0).otherwise(1))
    rows = rows.withColumn("__run", F.sum("__opens").over(in_order))
    run = Window.partitionBy(*map(quoted, plan.keys), START_AT, "__run").orderBy(_KNOWN)
    rows = rows.withColumn(SYSTEM_START_AT, F.first(_KNOWN_AT).over(run))
    rows = rows.withColumn("__last", F.lead(_KNOWN).over(run).isNull()).where("__last")
    return rows.select(*map(quoted, plan.names), START_AT, END_AT, SYSTEM_START_AT, F.col(_NEXT).alias(SYSTEM_END_AT))


def _one_per_sequence(plan: CdcPlan, events: DataFrame, by: Sequence[str]) -> DataFrame:
    """Two different events of a key with one sequence have no documented winner; here a delete wins, then what came in
    a later batch, then the greater identity. With ignore_null_updates the updates among them make one: what the
    winner leaves null, another one's value fills. So do partial updates: each brings the columns that it lists.
    Of bitemporal events, what the system learned later wins first: it corrects what was known of that time."""
    if plan.kept:
        events = _merged(plan, events, by)
    newest = [F.desc(SYSTEM)] if plan.bitemporal else []
    order = [*newest, F.col(KIND), F.desc(ARRIVED), F.desc(IDENTITY)]
    same = Window.partitionBy(*map(quoted, by), SEQUENCE).orderBy(*order)
    return events.withColumn("__n", F.row_number().over(same)).where("__n = 1").drop("__n")


def _merged(plan: CdcPlan, events: DataFrame, by: Sequence[str]) -> DataFrame:
    """In each event of a tie, the last value that one of them sets."""
    order = [*([SYSTEM] if plan.bitemporal else []), ARRIVED, IDENTITY]
    tie = Window.partitionBy(*map(quoted, by), SEQUENCE, KIND).orderBy(*order)
    tie = tie.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    merged = {name: _last_set(plan, name, F.lit(True), tie) for name in plan.kept}
    if plan.partial:
        whole = F.max(F.col(UPDATES).isNull()).over(tie)
        merged[UPDATES] = F.when(~whole, F.flatten(F.collect_list(UPDATES).over(tie)))
    return events.withColumns(merged)


def _filled(plan: CdcPlan, events: DataFrame, by: Sequence[str]) -> DataFrame:
    """What an event does not set keeps the last value since the key was inserted (or inserted again)."""
    if not plan.kept:
        return events
    in_order = Window.partitionBy(*map(quoted, by)).orderBy(SEQUENCE)
    deletes = F.sum(F.when(F.col(KIND) == "D", 1).otherwise(0)).over(in_order)
    events = events.withColumn("__life", deletes)
    so_far = Window.partitionBy(*map(quoted, by), "__life").orderBy(SEQUENCE)
    so_far = so_far.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    # The delete itself opens the next life's window, and its values must not be taken over.
    filled = {name: _last_set(plan, name, F.col(KIND) != "D", so_far) for name in plan.kept}
    return events.withColumns(filled).drop("__life")


def _last_set(plan: CdcPlan, name: str, counts: Column, window: WindowSpec) -> Column:
    """The last value that an event of the window sets: what it lists, null or not; else what is not null."""
    if not plan.partial:
        return _last_value(F.when(counts, quoted(name)), plan.columns[name].dataType, window)
    listed = F.col(UPDATES).isNull() | F.array_contains(UPDATES, name.lower())
    found = F.when(counts & listed, F.struct(quoted(name).alias("value")))
    return F.last(found, ignorenulls=True).over(window).getField("value")


def _last_value(value: Column, data_type: DataType, window: WindowSpec) -> Column:
    if not isinstance(data_type, StructType):
        return F.last(value, ignorenulls=True).over(window)
    parts = [_last_value(value.getField(f.name), f.dataType, window).alias(f.name) for f in data_type.fields]
    ever = F.last(value, ignorenulls=True).over(window).isNotNull()
    return F.when(ever, F.struct(*parts))


def _current(plan: CdcPlan, events: DataFrame) -> DataFrame:
    events = _filled(plan, _one_per_sequence(plan, events, plan.keys), plan.keys)
    newest = Window.partitionBy(*map(quoted, plan.keys)).orderBy(F.desc(SEQUENCE))
    winners = events.withColumn("__n", F.row_number().over(newest)).where(f"__n = 1 and {KIND} = 'U'")
    return winners.select(*map(quoted, plan.names))


def _history(plan: CdcPlan, events: DataFrame, by: Sequence[str], more: Sequence[str] = ()) -> DataFrame:
    """`by`: whose events are one history, `more`: columns of theirs to keep."""
    events = _filled(plan, _one_per_sequence(plan, events, by), by)
    in_order = Window.partitionBy(*map(quoted, by)).orderBy(SEQUENCE)
    types = {f.name: f.dataType for f in plan.columns.fields}
    same = F.lit(True)
    for name in plan.tracked:
        now = comparable(quoted(name), types[name])
        same = same & now.eqNullSafe(F.lag(now).over(in_order))
    before = F.lag(KIND).over(in_order)
    opens = before.isNull() | (before != F.col(KIND)) | ((F.col(KIND) == "U") & ~same)
    events = events.withColumn("__opens", F.when(opens, 1).otherwise(0))
    events = events.withColumn("__run", F.sum("__opens").over(in_order))
    run = Window.partitionBy(*map(quoted, by), "__run").orderBy(SEQUENCE)
    whole = run.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    # Of a run of states with equal tracked columns the last one is shown, valid from the first one on.
    events = events.withColumn(START_AT, F.first(SEQUENCE).over(whole))
    events = events.withColumn("__last", F.lead(SEQUENCE).over(run).isNull()).where("__last")
    events = events.withColumn(END_AT, F.lead(START_AT).over(in_order)).where(F.col(KIND) == "U")
    return events.select(*map(quoted, plan.names), START_AT, END_AT, *more)


def comparable(value: Column, data_type: DataType) -> Column:
    """Spark compares everything but maps; their text stands for them."""
    return F.to_json(value) if _has_map(data_type) else value


def _has_map(data_type: DataType) -> bool:
    if isinstance(data_type, StructType):
        return any(_has_map(f.dataType) for f in data_type.fields)
    if isinstance(data_type, ArrayType):
        return _has_map(data_type.elementType)
    return isinstance(data_type, MapType)
