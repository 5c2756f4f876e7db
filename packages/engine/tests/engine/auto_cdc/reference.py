"""AUTO CDC in plain Python over a list of events: what the engine's tables must equal after every update."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Rules:
    scd_type: int | str
    tracked: tuple[str, ...]
    ignore_nulls: tuple[str, ...] = ()
    partial: bool = False  # an event sets the columns that its `listed` names
    columns: tuple[str, ...] = field(default=("id", "name", "city", "seq"))


def expected(rules: Rules, events: list[dict]) -> set[tuple]:
    """`events` hold at most one event a key and sequence, or exact repeats of it."""
    result: set[tuple] = set()
    floor = max((e["seq"] for e in events if e["op"] == "T"), default=None)
    alive = [e for e in events if e["op"] != "T" and (floor is None or e["seq"] >= floor)]
    for key in {e["id"] for e in alive}:
        by_sequence = {e["seq"]: e for e in alive if e["id"] == key}
        result |= _rows(rules, [by_sequence[s] for s in sorted(by_sequence)])
    return result


def expected_bitemporal(rules: Rules, events: list[dict]) -> set[tuple]:
    """The rows that `expected` gives of what the system knew at each of its times (`sys`), where a row that the next
    time has too goes on. Of events of a key and sequence the one known last counts; events have one `sys` each or are
    exact repeats. With `ignore_nulls` it takes from the earlier ones what it leaves null."""
    result: set[tuple] = set()
    for key in {e["id"] for e in events}:
        own = [e for e in events if e["id"] == key]
        times = sorted({e["sys"] for e in own})
        since: dict[tuple, int] = {}
        for at in times:
            rows = _rows(rules, _told(rules, [e for e in own if e["sys"] <= at]))
            result |= {(*row, start, at) for row, start in since.items() if row not in rows}
            since = {**dict.fromkeys(rows, at), **{row: start for row, start in since.items() if row in rows}}
        result |= {(*row, start, None) for row, start in since.items()}
    return result


def _told(rules: Rules, events: list[dict]) -> list[dict]:
    """One event a sequence, in order."""
    told: dict[int, dict] = {}
    values: dict[int, dict] = {}  # of a sequence: what its updates have said so far
    for event in sorted(events, key=lambda e: e["sys"]):
        seq = event["seq"]
        if event["op"] == "U":
            before = values.get(seq, {})
            kept = {c: before.get(c) if event[c] is None else event[c] for c in rules.ignore_nulls}
            event = values[seq] = {**event, **kept}
        told[seq] = event
    return [told[seq] for seq in sorted(told)]


def _rows(rules: Rules, events: list[dict]) -> set[tuple]:
    rows: list[list] = []  # values, start, end
    for event in events:
        open_row = rows[-1] if rows and rows[-1][2] is None else None
        if event["op"] == "D":
            if open_row is not None:
                open_row[2] = event["seq"]
            continue
        state = {c: event[c] for c in rules.columns}
        if rules.partial:
            before = open_row[0] if open_row is not None else dict.fromkeys(rules.columns)
            state = {c: state[c] if c == "id" or c in event["listed"] else before[c] for c in rules.columns}
        if open_row is not None:
            for column in rules.ignore_nulls:
                state[column] = open_row[0][column] if state[column] is None else state[column]
            if all(state[c] == open_row[0][c] for c in rules.tracked):
                open_row[0] = state
                continue
            open_row[2] = event["seq"]
        rows.append([state, event["seq"], None])
    if rules.scd_type == 1:
        return {tuple(v[c] for c in rules.columns) for v, _, end in rows if end is None}
    return {(*(v[c] for c in rules.columns), start, end) for v, start, end in rows}
