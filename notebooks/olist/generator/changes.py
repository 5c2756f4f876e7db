"""CDC events of customers, products and sellers, and the state in which they leave each key.

Events of one file build on the state before them; what a change does not touch is filled from the key's last event.
Files hold events late, twice and out of order: the sequence number says what happened when.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from olist.entities import BY_NAME, CHANGING, NOTHING_RESCUED
from olist.events import OPERATIONS, events_of
from olist.generator.columns import ids, pick, texts
from olist.generator.dimensions import CATEGORIES
from olist.generator.parameters import Parameters

KEYS = {entity.name: entity.key[0] for entity in CHANGING}
FILES = 3
_EVENTS = 50
_INSERT, _UPDATE, _DELETE = OPERATIONS
_RANK = {_INSERT: 0, _UPDATE: 1, _DELETE: 2}
_BEGIN = 1_535_760_000_000_000  # 2018-09-01, in microseconds
_LATE, _TWICE = 0.04, 0.04


@dataclass
class State:
    """What the events so far have left: `rows` by key, empty text for null; `deleted` keys; the last of both clocks."""

    rows: pd.DataFrame
    deleted: list[str]
    sequence: int
    clock: int


@dataclass(frozen=True)
class ChangeFiles:
    """The events in the order of their files, the short rows of each file, and counts for the truth."""

    files: list[tuple[pd.DataFrame, pd.DataFrame]]
    touched: set[str]
    counts: dict[str, int]
    broken: dict[str, int]


def first_state(entity: str, initial: pd.DataFrame) -> State:
    return State(initial.set_index(KEYS[entity]), [], 0, _BEGIN)


def events(
    parameters: Parameters, batch: int, entity: str, state: State, places: pd.DataFrame, newcomers: pd.DataFrame
) -> ChangeFiles:
    """The next files of events; `state` is moved on to where they lead. `newcomers` are rows to insert, keys aside."""
    random = parameters.random(batch, f"changes {entity}")
    files: list[pd.DataFrame] = []
    counts = {"events": 0, "inserts": 0, "updates": 0, "deletes": 0, "late": 0, "repeated": 0}
    touched: set[str] = set()
    for _ in range(FILES):
        happened = _happen(random, entity, state, parameters.sized(_EVENTS, 10), places, newcomers)
        touched.update(happened[KEYS[entity]])
        counts["events"] += len(happened)
        for name, operation in (("inserts", _INSERT), ("updates", _UPDATE), ("deletes", _DELETE)):
            counts[name] += int((happened["operation"] == operation).sum())
        files.append(happened)
    delivered = _deliver(random, files, counts)
    broken: dict[str, int] = {}
    spoiled = [_spoil(random, entity, frame, parameters.bad_share, broken) for frame in delivered]
    return ChangeFiles(spoiled, touched, counts, broken)


def _happen(
    random: np.random.Generator,
    entity: str,
    state: State,
    count: int,
    places: pd.DataFrame,
    newcomers: pd.DataFrame,
) -> pd.DataFrame:
    key = KEYS[entity]
    inserts, deletes = round(count * 0.3), round(count * 0.1)
    updates = count - inserts - deletes
    back = state.deleted[: inserts // 5]  # some who left come back
    fresh = np.concatenate([np.array(back, dtype=object), ids(random, inserts - len(back))])
    alive = state.rows.index.to_numpy()
    gone = alive[random.permutation(len(alive))[: min(deletes, len(alive) // 2)]]
    pool = np.concatenate([alive[random.integers(0, len(alive), max(4, updates // 2))], fresh, gone])
    keys = np.concatenate([fresh, pool[random.integers(0, len(pool), updates)], gone])
    operation = np.repeat([_INSERT, _UPDATE, _DELETE], [len(fresh), updates, len(gone)]).astype(object)
    frame = pd.DataFrame({key: keys, "operation": operation, "at": random.permutation(len(keys))})

    # Of one key's moments, the insert takes the first and the delete the last.
    moments = frame.sort_values([key, "at"])["at"].to_numpy()
    ranked = frame.assign(rank=frame["operation"].map(_RANK)).sort_values([key, "rank", "at"]).index
    frame.loc[ranked, "at"] = moments
    frame = frame.sort_values("at", ignore_index=True)

    columns = list(state.rows.columns)
    rows = newcomers.drop(columns=key).iloc[random.integers(0, len(newcomers), len(frame))].reset_index(drop=True)
    inserted = (frame["operation"] == _INSERT).to_numpy()
    if "customer_unique_id" in columns:
        rows["customer_unique_id"] = ids(random, len(frame))
    changed = _changed(random, entity, rows, places)
    values = pd.DataFrame({c: rows[c].where(inserted, changed.get(c)) for c in columns}).astype(object)
    before = state.rows.loc[state.rows.index.intersection(pd.unique(frame[key]))]
    known = pd.concat([before.assign(**{key: before.index}), values.assign(**{key: frame[key]})], ignore_index=True)
    filled = known.groupby(key, sort=False)[columns].ffill().iloc[len(before) :].reset_index(drop=True)

    steps = random.integers(1, 600_000_000, len(frame))
    clock = state.clock + np.cumsum(steps)
    frame["sequence_number"] = state.sequence + 1 + np.arange(len(frame))
    frame["change_timestamp"] = clock
    frame = pd.concat([frame, filled], axis=1)
    _move_on(state, key, frame, columns)
    frame.loc[frame["operation"] == _DELETE, columns] = ""
    return frame


def _changed(
    random: np.random.Generator, entity: str, rows: pd.DataFrame, places: pd.DataFrame
) -> dict[str, pd.Series]:
    """The new values of an update, missing where it leaves the column alone."""
    count = len(rows)
    kind = random.random(count)
    if entity == "products":
        category = pd.Series(pick(random, [*CATEGORIES, ""], count)).where(kind < 0.3)
        weight = pd.Series(texts(random.integers(50, 30001, count)), dtype=object).where((kind >= 0.3) & (kind < 0.8))
        photos = pd.Series(texts(random.integers(1, 9, count)), dtype=object).where(kind >= 0.8)
        return {"product_category_name": category, "product_weight_g": weight, "product_photos_qty": photos}
    prefix = entity.removesuffix("s")
    place = places.iloc[random.integers(0, len(places), count)].reset_index(drop=True)
    moves = pd.Series(kind < (0.6 if entity == "customers" else 1))
    changes = {
        f"{prefix}_zip_code_prefix": place["zip"].where(moves),
        f"{prefix}_city": place["city"].where(moves),
        f"{prefix}_state": place["state"].where(moves),
    }
    if entity == "customers":
        phones = pd.Series([f"+55 21 9{number:08d}" for number in random.integers(0, 10**8, count)])
        mails = pd.Series([f"novo{number}@example.com" for number in random.integers(0, 10**8, count)])
        changes["customer_phone"] = phones.where((kind >= 0.6) & (kind < 0.8))
        changes["customer_email"] = mails.where(kind >= 0.8)
    return changes


def _move_on(state: State, key: str, frame: pd.DataFrame, columns: list[str]) -> None:
    last = frame.drop_duplicates(key, keep="last").set_index(key)
    kept = state.rows[~state.rows.index.isin(last.index)]
    deleted = last["operation"] == _DELETE
    state.rows = pd.concat([kept, last.loc[~deleted, columns]])
    state.deleted = [k for k in state.deleted if k not in last.index] + last.index[deleted].tolist()
    state.sequence = int(frame["sequence_number"].iloc[-1])
    state.clock = int(frame["change_timestamp"].iloc[-1])


def _deliver(random: np.random.Generator, files: list[pd.DataFrame], counts: dict[str, int]) -> list[pd.DataFrame]:
    """Out of order within a file; some events come a file late (never later than the batch), some twice."""
    delivered = []
    held = files[0].iloc[:0]
    for number, happened in enumerate(files):
        late = random.random(len(happened)) < (_LATE if number < len(files) - 1 else 0)
        twice = happened[random.random(len(happened)) < _TWICE]
        rows = pd.concat([happened[~late], held, twice], ignore_index=True)
        counts["late"] += int(late.sum())
        counts["repeated"] += len(twice)
        held = happened[late]
        near = np.arange(len(rows)) + random.uniform(0, 6, len(rows))
        delivered.append(rows.iloc[np.argsort(near, kind="stable")].reset_index(drop=True))
    return delivered


def _spoil(
    random: np.random.Generator, entity: str, frame: pd.DataFrame, share: float, broken: dict[str, int]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """As text, operations in any case and padded; and with bad events among the good ones, and short rows."""
    key = KEYS[entity]
    columns = [c for c in frame.columns if c not in (key, "operation", "at", "sequence_number", "change_timestamp")]
    style = random.integers(0, 12, len(frame))
    operation = frame["operation"]
    operation = operation.where(style != 0, operation.str.lower())
    operation = operation.where(style != 1, " " + operation.str.title() + " ")
    moment = np.datetime_as_string(frame["change_timestamp"].to_numpy().astype("datetime64[us]"))
    file = pd.DataFrame(
        {
            "sequence_number": frame["sequence_number"].astype(str),
            "operation": operation,
            "change_timestamp": np.char.replace(moment, "T", " ").astype(object),
            key: frame[key],
        }
    )
    file = pd.concat([file, frame[columns]], axis=1)
    if share == 0:
        return file, file.iloc[:0]
    checks = events_of(BY_NAME[entity]).checks
    kinds = [*[rule.name for rule in checks], NOTHING_RESCUED]
    extra = max(len(kinds), round(len(file) * share))
    chosen = np.arange(extra) % len(kinds)
    bad = file.iloc[random.integers(0, len(file), extra)].reset_index(drop=True)
    for position, rule in enumerate(checks):
        bad.loc[chosen == position, rule.column] = rule.broken_by
    for position, name in enumerate(kinds):
        broken[name] = broken.get(name, 0) + int((chosen == position).sum())
    short = chosen == len(kinds) - 1
    whole = pd.concat([file, bad[~short]], ignore_index=True)
    return whole.iloc[random.permutation(len(whole))].reset_index(drop=True), bad[short].reset_index(drop=True)
