"""Bad rows on purpose: copies of good rows with one defect each, repeats, and rows that end too early.

Good rows stay as they are, so orders still add up. A defect is a text that breaks one rule of the silver layer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from olist.entities import BY_NAME, NOTHING_RESCUED, Rule

REPEAT = "repeat"
SHORT = "short"


@dataclass(frozen=True)
class Delivery:
    """Rows of a file, and those after them that lack their last column; `broken` counts rows by rule."""

    rows: pd.DataFrame
    short: pd.DataFrame
    broken: dict[str, int]
    good: int
    repeats: int

    @property
    def count(self) -> int:
        return len(self.rows) + len(self.short)

    @property
    def quarantined(self) -> int:
        return self.count - self.good - self.repeats


def spoil(random: np.random.Generator, entity: str, rows: pd.DataFrame, share: float) -> Delivery:
    """`rows` with about `share` more: every kind of defect at least once, unless the share is 0 or there is no row."""
    good = len(rows)
    checks = BY_NAME[entity].checks
    kinds: list[Rule | str] = [*checks, REPEAT, SHORT]
    if share == 0 or good == 0:
        return Delivery(rows, rows.iloc[:0], {}, good, 0)
    extra = max(len(kinds), round(good * share))
    chosen = np.arange(extra) % len(kinds)
    source = rows.iloc[random.integers(0, good, extra)].reset_index(drop=True)
    broken: dict[str, int] = {}
    for position, kind in enumerate(kinds):
        at = chosen == position
        rules: list[str] = []
        if isinstance(kind, Rule):
            source.loc[at, kind.column] = kind.broken_by
            rules = [kind.name]
        elif kind == SHORT:
            lost = rows.columns[-1]
            rules = [NOTHING_RESCUED, *[rule.name for rule in checks if rule.column == lost and rule.needed]]
        for rule in rules:
            broken[rule] = broken.get(rule, 0) + int(at.sum())
    short = chosen == kinds.index(SHORT)
    whole = pd.concat([rows, source[~short]], ignore_index=True)
    # Bad rows lie among the good ones.
    whole = whole.iloc[random.permutation(len(whole))].reset_index(drop=True)
    repeats = int((chosen == kinds.index(REPEAT)).sum())
    return Delivery(whole, source[short].reset_index(drop=True), broken, good, repeats)
