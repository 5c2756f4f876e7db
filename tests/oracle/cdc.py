"""Current state, history and quarantined events of the CDC entities, replayed in order one key at a time."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from oracle import values as v
from oracle.read import Row, read_folder
from oracle.silver import clean
from oracle.spec import CDC_ENTITIES, COLUMNS, EVENT_COLUMNS, KEYS, LINEAGE

UNKNOWN_START = datetime(1970, 1, 1)


def cdc_tables(silver: dict[str, list[Row]], changes: str) -> dict[str, list[Row]]:
    tables: dict[str, list[Row]] = {}
    for entity in CDC_ENTITIES:
        events, quarantined = _events(entity, changes)
        history = _history(entity, silver[f"silver.{entity}"], events)
        tables[f"ops.quarantine_{entity}_changes"] = quarantined
        tables[f"cdc.{entity}_history"] = history
        open_rows = (row for row in history if row["__END_AT"] is None)
        tables[f"cdc.{entity}_current"] = [{c: row[c] for c in COLUMNS[entity]} for row in open_rows]
    return tables


def _events(entity: str, changes: str) -> tuple[list[Row], list[Row]]:
    columns = [*EVENT_COLUMNS, *COLUMNS[entity]]
    (key,) = KEYS[entity]
    events, quarantined = [], []
    seen = set()
    for raw in read_folder(changes, entity, columns):
        identity = (
            *((raw[c] or "").strip(" ").upper() if c == "operation" else (raw[c] or "").strip(" ") for c in columns),
            raw["_rescued"],
        )
        if identity in seen:  # delivered before
            continue
        seen.add(identity)
        event = {
            "operation": v.upper(raw["operation"]),
            "sequence_number": v.bigint(raw["sequence_number"]),
            "change_timestamp": v.time(raw["change_timestamp"]),
            **clean(entity, raw),
        }
        broken = [] if event["operation"] in ("INSERT", "UPDATE", "DELETE") else ["operation_is_known"]
        broken += ["key_is_given"] if event[key] is None else []
        broken += [f"{c}_is_given" for c in ("sequence_number", "change_timestamp") if event[c] is None]
        broken += ["no_rescued_data"] if raw["_rescued"] else []
        if broken:
            lineage = {name: raw[name] for name in LINEAGE}
            quarantined.append({**{c: raw[c] for c in columns}, **lineage, "broken_rules": sorted(broken)})
        else:
            events.append(event)
    return events, quarantined


def _history(entity: str, initial: list[Row], events: list[Row]) -> list[Row]:
    columns = COLUMNS[entity]
    (key,) = KEYS[entity]
    happened: dict[Any, list[tuple[datetime, Row | None]]] = defaultdict(list)
    for row in initial:
        happened[row[key]].append((UNKNOWN_START, {c: row[c] for c in columns}))
    for event in sorted(events, key=lambda event: (event["change_timestamp"], event["sequence_number"])):
        gone = event["operation"] == "DELETE"
        happened[event[key]].append((event["change_timestamp"], None if gone else {c: event[c] for c in columns}))
    history: list[Row] = []
    for moments in happened.values():
        state: Row | None = None
        for moment, after in moments:
            if after == state:  # the same event once more, or a change of nothing
                continue
            if state is not None:
                history[-1]["__END_AT"] = moment
            if after is not None:
                history.append({**after, "__START_AT": moment, "__END_AT": None})
            state = after
    return history
