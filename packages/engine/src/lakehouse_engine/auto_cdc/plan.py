"""What a flow asks for, checked against the schema of its source: which columns, tracked how, in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, StringType, StructField, StructType

from lakehouse_engine.errors import EngineError
from lakehouse_engine.graph.model import AutoCdcFlow, ScdType
from lakehouse_engine.identifiers import folded, quote

START_AT, END_AT = "__START_AT", "__END_AT"
# Of bitemporal targets: from when to when the system knew the row.
SYSTEM_START_AT, SYSTEM_END_AT = "__SYSTEM_START_AT", "__SYSTEM_END_AT"

# Names of columns as the source has them: the argument that they stand in, and what it says.
Resolve = Callable[[str, Sequence[str]], list[str]]
# Columns of remembered events beside the source's own: sequence, kind of event (U, D, T), identity of the event, and
# the number of the batch that brought it.
SEQUENCE, KIND, IDENTITY, ARRIVED = "__sequence", "__kind", "__event_id", "__arrived"
# Of partial events: the columns that the event updates, in lower case; null for all of them.
UPDATES = "__updates"
RESERVED = (START_AT, END_AT, SEQUENCE, KIND, IDENTITY, ARRIVED, UPDATES)
# Of bitemporal events: when the system learned of the event.
SYSTEM = "__system"
BITEMPORAL_RESERVED = (SYSTEM_START_AT, SYSTEM_END_AT, SYSTEM)


@dataclass(frozen=True)
class CdcPlan:
    keys: tuple[str, ...]
    columns: StructType  # of the target, without the validity columns
    tracked: tuple[str, ...]
    ignore_nulls: tuple[str, ...]
    scd_type: ScdType
    truncates: bool
    updates: str | None = None  # the source's column of columns to update
    partial: bool = False  # whether events may update some of the columns

    @property
    def kept(self) -> tuple[str, ...]:
        """Columns whose value can be that of an earlier event."""
        return tuple(n for n in self.names if n not in self.keys) if self.partial else self.ignore_nulls

    @property
    def names(self) -> list[str]:
        return self.columns.fieldNames()

    @property
    def history(self) -> bool:
        """Whether the target has rows that no longer hold."""
        return self.scd_type != 1

    @property
    def bitemporal(self) -> bool:
        return self.scd_type == "bitemporal"

    @property
    def same(self) -> list[str]:
        """What makes two deliveries the same event."""
        return [*self.keys, SEQUENCE, *([SYSTEM] if self.bitemporal else []), IDENTITY]


def refuse(where: str, argument: str, problem: str) -> EngineError:
    return EngineError(f"{where}: {argument}: {problem}", error_class="INVALID_AUTO_CDC_ARGUMENT")


def make_plan(flow: AutoCdcFlow, source: StructType) -> CdcPlan:
    where = f"{flow.location}: AUTO CDC flow {flow.name} into {flow.target}"
    fields = {f.name.lower(): f for f in source.fields}

    def resolve(argument: str, names: Sequence[str]) -> list[str]:
        found = []
        for name in names:
            field = fields.get(folded(name))
            if field is None:
                known = ", ".join(source.fieldNames())
                raise refuse(where, argument, f"there is no column {name}; the source has: {known}")
            found.append(field.name)
        return found

    _check_type(where, flow)
    if not flow.keys:
        raise refuse(where, "keys", "is empty; name the columns that identify a row")
    reserved = RESERVED + (BITEMPORAL_RESERVED if flow.stored_as_scd_type == "bitemporal" else ())
    for field in source.fields:
        if field.name in reserved:
            raise refuse(where, "source", f"has a column {field.name}, a name that AUTO CDC keeps for itself")
    keys = resolve("keys", flow.keys)
    names = [f.name for f in source.fields]
    if flow.column_list is not None and flow.except_column_list is not None:
        raise refuse(where, "column_list", "and except_column_list exclude each other; give one")
    if flow.column_list is not None:
        wanted = set(resolve("column_list", flow.column_list))
        names = [n for n in names if n in wanted]
    elif flow.except_column_list is not None:
        left_out = set(resolve("except_column_list", flow.except_column_list))
        names = [n for n in names if n not in left_out]
    for key in keys:
        if key not in names:
            raise refuse(where, "keys", f"the key {key} is not among the target's columns; a key cannot be left out")
    updates = _columns_to_update(where, flow, resolve, fields)
    return CdcPlan(
        keys=tuple(keys),
        columns=StructType([StructField(n, fields[n.lower()].dataType, True) for n in names]),
        tracked=tuple(_tracked(where, flow, resolve, names, keys)),
        ignore_nulls=tuple(_ignored_nulls(where, flow, resolve, names, keys)),
        scd_type=flow.stored_as_scd_type,
        truncates=flow.apply_as_truncates is not None,
        updates=updates,
        partial=updates is not None,
    )


def _check_type(where: str, flow: AutoCdcFlow) -> None:
    """What the storage type needs and excludes (ldp-sql-ref-apply-changes-into, ldp/cdc-advanced): truncates are of
    SCD type 1; bitemporal history has a system sequence, and no partial updates."""
    bitemporal = flow.stored_as_scd_type == "bitemporal"
    if not bitemporal and flow.stored_as_scd_type not in (1, 2):
        raise refuse(where, "stored_as_scd_type", f"is {flow.stored_as_scd_type!r}; allowed: 1, 2, bitemporal")
    if bitemporal and flow.system_sequence_by is None:
        raise refuse(where, "system_sequence_by", "is missing; bitemporal history needs the time the system knew of")
    if not bitemporal and flow.system_sequence_by is not None:
        raise refuse(where, "system_sequence_by", 'needs stored_as_scd_type "bitemporal"')
    if flow.stored_as_scd_type != 1 and flow.apply_as_truncates is not None:
        raise refuse(where, "apply_as_truncates", "is supported for SCD type 1 only")
    if bitemporal and flow.columns_to_update is not None:
        raise refuse(where, "columns_to_update", "is not supported for bitemporal history")


def _tracked(where: str, flow: AutoCdcFlow, resolve: Resolve, names: list[str], keys: list[str]) -> list[str]:
    given, left_out = flow.track_history_column_list, flow.track_history_except_column_list
    if given is None and left_out is None:
        return [n for n in names if n not in keys]
    if flow.stored_as_scd_type != 2:
        raise refuse(where, "track_history_column_list", "needs stored_as_scd_type 2")
    if given is not None and left_out is not None:
        raise refuse(where, "track_history_column_list", "and its except form exclude each other; give one")
    if given is not None:
        return resolve("track_history_column_list", given)
    excluded = set(resolve("track_history_except_column_list", left_out or ()))
    return [n for n in names if n not in excluded and n not in keys]


def _ignored_nulls(where: str, flow: AutoCdcFlow, resolve: Resolve, names: list[str], keys: list[str]) -> list[str]:
    given, left_out = flow.ignore_null_updates_columns, flow.ignore_null_updates_except_columns
    if given is not None and left_out is not None:
        raise refuse(where, "ignore_null_updates_column_list", "and its except form exclude each other; give one")
    if given is not None:
        chosen = set(resolve("ignore_null_updates_column_list", given))
    elif left_out is not None:
        chosen = set(names) - set(resolve("ignore_null_updates_except_column_list", left_out))
    else:
        chosen = set(names) if flow.ignore_null_updates else set()
    return [n for n in names if n in chosen and n not in keys]


def _columns_to_update(where: str, flow: AutoCdcFlow, resolve: Resolve, fields: dict[str, StructField]) -> str | None:
    """COLUMNS TO UPDATE (ldp-sql-ref-apply-changes-into): a column of type array<string>, without
    IGNORE NULL UPDATES."""
    if flow.columns_to_update is None:
        return None
    nulls = (flow.ignore_null_updates_columns, flow.ignore_null_updates_except_columns)
    if flow.ignore_null_updates or any(given is not None for given in nulls):
        raise refuse(where, "columns_to_update", "and ignore_null_updates exclude each other; give one")
    (name,) = resolve("columns_to_update", [flow.columns_to_update])
    found = fields[name.lower()].dataType
    if not (isinstance(found, ArrayType) and isinstance(found.elementType, StringType)):
        raise refuse(
            where, "columns_to_update", f"the column {name} is {found.simpleString()}; it must be array<string>"
        )
    return name


def column(value: str | Column) -> Column:
    """A column argument: an expression in SQL text, or a Column as it is."""
    return F.expr(value) if isinstance(value, str) else value


_MICROS = "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX"
# For JSON that says every value exactly.
JSON_OPTIONS = {"timestampFormat": _MICROS, "timestampNTZFormat": _MICROS[:-3], "ignoreNullFields": "false"}


def identity(names: Sequence[str]) -> Column:
    """A fingerprint of the columns' values. Through JSON, since Spark's hash skips nulls and refuses maps."""
    return F.xxhash64(F.to_json(F.struct(*[quoted(n) for n in names]), JSON_OPTIONS))


def quoted(name: str) -> Column:
    return F.col(quote(name))


def to_events(flow: AutoCdcFlow, plan: CdcPlan, batch: DataFrame, number: int) -> DataFrame:
    """The batch as events to remember: the target's columns, sequence, kind, identity and the batch's number."""
    kind = F.lit("U")
    if flow.apply_as_deletes is not None:
        kind = F.when(column(flow.apply_as_deletes), F.lit("D")).otherwise(kind)
    if flow.apply_as_truncates is not None:
        kind = F.when(column(flow.apply_as_truncates), F.lit("T")).otherwise(kind)
    made = [column(flow.sequence_by).alias(SEQUENCE), kind.alias(KIND)]
    if flow.system_sequence_by is not None:
        made.append(column(flow.system_sequence_by).alias(SYSTEM))
    if plan.partial:
        made.append(_updates(plan).alias(UPDATES))
    events = batch.select(*[quoted(n) for n in plan.names], *made)
    same = [*plan.names, KIND, *([UPDATES] if plan.partial else [])]
    return events.withColumns({IDENTITY: identity(same), ARRIVED: F.lit(number).cast("bigint")})


def _updates(plan: CdcPlan) -> Column:
    if plan.updates is None:
        return F.lit(None).cast("array<string>")
    return F.array_sort(F.transform(quoted(plan.updates), lambda name: F.lower(name)))


def type_of(value: str | Column, source: DataFrame) -> DataType:
    return source.select(column(value)).schema.fields[0].dataType
