"""Change events of an entity as a source of their own: the event's columns before the entity's, and what must hold."""

from __future__ import annotations

from dataclasses import replace

from olist.entities import Column, Entity, Kind, Rule, given

OPERATION, SEQUENCE, CHANGED_AT = "operation", "sequence_number", "change_timestamp"
OPERATIONS = ("INSERT", "UPDATE", "DELETE")
IS_DELETE = f"{OPERATION} = 'DELETE'"
IS_KNOWN = "{} IN ({})".format(OPERATION, ", ".join(f"'{operation}'" for operation in OPERATIONS))

_EVENT = (
    Column(SEQUENCE, Kind.TEXT, "Place of the event among all events of the entity"),
    Column(OPERATION, Kind.STATE, "What happened to the row: INSERT, UPDATE or DELETE"),
    Column(CHANGED_AT, Kind.TIME, "When it happened (UTC)"),
)


def events_of(entity: Entity) -> Entity:
    """The source of `entity`'s change events, which carry one key column."""
    (key,) = entity.key
    return replace(
        entity,
        comment=f"Change events of {entity.name}",
        columns=(*_EVENT, *entity.columns),
        checks=(
            Rule("operation_is_known", IS_KNOWN, OPERATION, "MERGE"),
            Rule("key_is_given", f"{key} IS NOT NULL", key, ""),
            given(SEQUENCE, "n/a"),
            given(CHANGED_AT, "soon"),
        ),
    )
