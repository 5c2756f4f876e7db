"""Whether tables hold what is expected of them: rows as a multiset, values by kind, differences in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

_SHOWN = 5
# Means of doubles depend on the order of addition, in the last of the decimals that are kept.
_TOLERANCE = 2e-6


def compare(expected: Mapping[str, pd.DataFrame], actual: Mapping[str, pd.DataFrame]) -> list[str]:
    """For each expected table its differences; order of rows and columns and further columns do not matter."""
    differences: list[str] = []
    for name, frame in expected.items():
        if name not in actual:
            differences.append(f"{name}: there is no such table")
        else:
            differences += [f"{name}: {difference}" for difference in _table(name, frame, actual[name])]
    return differences


def _table(name: str, expected: pd.DataFrame, actual: pd.DataFrame) -> list[str]:
    missing = [column for column in expected.columns if column not in actual.columns]
    if missing:
        return [f"lacks the columns {', '.join(missing)}; it has {', '.join(map(str, actual.columns))}"]
    columns = list(expected.columns)
    want, have = _rows(expected, columns), _rows(actual, columns)
    if name == "silver.geolocation":
        want, have = _close(want, have)
    lost, extra = want - have, have - want
    if not lost and not extra:
        return []
    lines = [f"{want.total()} rows expected, {have.total()} found; {lost.total()} missing, {extra.total()} too many"]
    strange = sorted(extra.elements(), key=repr)
    for row in sorted(lost.elements(), key=repr)[:_SHOWN]:
        near = max(strange, key=lambda other: _alike(row, other), default=None)
        if near is None or _alike(row, near) < len(row) / 2:
            lines.append(f"missing: {dict(zip(columns, row, strict=True))}")
            continue
        strange.remove(near)
        apart = [f"{c} is {b!r}, expected {a!r}" for c, a, b in zip(columns, row, near, strict=True) if a != b]
        same = next((f"{c}={a!r}" for c, a, b in zip(columns, row, near, strict=True) if a == b), "")
        lines.append(f"{same}: {'; '.join(apart)}")
    if not lost:
        lines += [f"too many: {dict(zip(columns, row, strict=True))}" for row in strange[:_SHOWN]]
    return lines


def _alike(row: tuple[Any, ...], other: tuple[Any, ...]) -> int:
    return sum(a == b for a, b in zip(row, other, strict=True))


def _close(want: Counter[tuple[Any, ...]], have: Counter[tuple[Any, ...]]) -> tuple[Counter[Any], Counter[Any]]:
    """Coordinates that differ by less than the tolerance count as equal, for the same zip prefix."""
    by_key = {row[0]: row for row in want}

    def snapped(row: tuple[Any, ...]) -> tuple[Any, ...]:
        other = by_key.get(row[0], row)
        return tuple(
            b if isinstance(a, float) and isinstance(b, float) and abs(a - b) < _TOLERANCE else a
            for a, b in zip(row, other, strict=True)
        )

    return want, Counter(snapped(row) for row in have.elements())


def _rows(frame: pd.DataFrame, columns: list[str]) -> Counter[tuple[Any, ...]]:
    series = [[_value(column, value) for value in frame[column].tolist()] for column in columns]
    return Counter(zip(*series, strict=True))


def _value(column: str, value: Any) -> Any:
    """One form for what pandas, pyarrow and Spark hand out differently; decimals keep their scale."""
    if isinstance(value, list | tuple | np.ndarray):
        return tuple(_value(column, item) for item in value)
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    if column == "_source_file":  # what the path begins with depends on who looks
        return "/".join(str(value).split("/")[-2:])
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        # A column of whole numbers with a null in it comes as floats from pandas.
        return round(float(value), 9)
    if isinstance(value, pd.Timestamp):
        value = value.to_pydatetime(warn=False)
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, Decimal):
        return value if value.as_tuple().exponent == -2 else f"{value} (scale is not 2)"
    if isinstance(value, date):
        return value
    return value
