"""_truth.json, at the root of the landing volume: what all batches so far delivered, and the answers to it.

batches      [{number, scale, seed, bad_share, run}]
rows         entity → data rows of its landing files
quarantined  entity → rows that break a rule;   broken  entity → rule → rows
repeats      entity → rows delivered once more as they were
orders       {orders, items, item_value, freight_value, payments, payment_value}: good rows, each once; money as text
changes      entity → {rows, quarantined, broken, events, inserts, updates, deletes, late, repeated}
final        entity → key → its columns after all events, null for a key that was deleted; keys with events only
clocks       entity → the last sequence number, and the last change in microseconds since 1970
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from olist.entities import BY_NAME
from olist.generator.changes import KEYS, ChangeFiles, State
from olist.generator.defects import Delivery

NAME = "_truth.json"


def empty() -> dict[str, Any]:
    return {
        "batches": [],
        "rows": dict.fromkeys(BY_NAME, 0),
        "quarantined": dict.fromkeys(BY_NAME, 0),
        "broken": {entity: {} for entity in BY_NAME},
        "repeats": dict.fromkeys(BY_NAME, 0),
        "orders": {
            "orders": 0,
            "items": 0,
            "payments": 0,
            "item_value": "0.00",
            "freight_value": "0.00",
            "payment_value": "0.00",
        },
        "changes": {entity: {"rows": 0, "quarantined": 0, "broken": {}} for entity in KEYS},
        "final": {entity: {} for entity in KEYS},
        "clocks": {},
    }


def add_delivery(truth: dict[str, Any], entity: str, delivery: Delivery) -> None:
    truth["rows"][entity] += delivery.count
    truth["quarantined"][entity] += delivery.quarantined
    truth["repeats"][entity] += delivery.repeats
    _add(truth["broken"][entity], delivery.broken)


def add_orders(truth: dict[str, Any], counts: dict[str, int], cents: dict[str, int]) -> None:
    _add(truth["orders"], counts)
    for name, more in cents.items():
        truth["orders"][name] = _money(_cents(truth["orders"][name]) + more)


def add_changes(truth: dict[str, Any], entity: str, changes: ChangeFiles, state: State) -> None:
    record = truth["changes"][entity]
    _add(record, changes.counts)
    _add(record["broken"], changes.broken)
    record["rows"] += sum(len(rows) + len(short) for rows, short in changes.files)
    record["quarantined"] += sum(changes.broken.values())
    there = clean(entity, state.rows.loc[state.rows.index.intersection(sorted(changes.touched))])
    columns = there.where(there != "", None).to_dict("index")
    for key in sorted(changes.touched):
        truth["final"][entity][key] = columns.get(key)
    truth["clocks"][entity] = {"sequence": state.sequence, "clock": state.clock}


def state_on_record(truth: dict[str, Any], entity: str, state: State) -> State:
    """A first state, moved to where the events on record led."""
    final = truth["final"][entity]
    if not final:
        return state
    there = {key: columns for key, columns in final.items() if columns is not None}
    rows = pd.DataFrame.from_dict(there, orient="index", columns=list(state.rows.columns)).fillna("")
    rest = state.rows[~state.rows.index.isin(list(final))]
    clocks = truth["clocks"][entity]
    deleted = [key for key, columns in final.items() if columns is None]
    return State(pd.concat([rest, rows]), deleted, clocks["sequence"], clocks["clock"])


def clean(entity: str, rows: pd.DataFrame) -> pd.DataFrame:
    """As the tables show them: cities in title case, and `unknown` for a product without a category."""
    if entity == "products":
        return rows.assign(product_category_name=rows["product_category_name"].replace("", "unknown"))
    city = f"{entity.removesuffix('s')}_city"
    return rows.assign(**{city: [" ".join(w.capitalize() for w in text.split(" ")) for text in rows[city]]})


def _add(record: dict[str, int], more: dict[str, int]) -> None:
    for name, count in more.items():
        record[name] = record.get(name, 0) + count


def _cents(text: str) -> int:
    return int(text.replace(".", ""))


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
