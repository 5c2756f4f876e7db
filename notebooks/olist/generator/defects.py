"""Bad rows on purpose: copies of good rows with one defect each, repeats, and rows that end too early.

Good rows stay as they are, so orders still add up; a defect names the rule of the silver layer that it breaks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

REPEAT = "repeat"
SHORT = "short"


@dataclass(frozen=True)
class Defect:
    """`column` gets `value`; the row then breaks `rule`."""

    rule: str
    column: str
    value: str


RESCUED = "no_rescued_data"

DEFECTS: dict[str, list[Defect]] = {
    "customers": [
        Defect("customer_id_is_32_characters", "customer_id", "not-an-id"),
        Defect("customer_unique_id_is_32_characters", "customer_unique_id", ""),
        Defect("customer_zip_code_prefix_is_given", "customer_zip_code_prefix", ""),
    ],
    "geolocation": [
        Defect("geolocation_zip_code_prefix_is_given", "geolocation_zip_code_prefix", ""),
        Defect("geolocation_lat_is_in_brazil", "geolocation_lat", "45.650000"),
        Defect("geolocation_lng_is_in_brazil", "geolocation_lng", ""),
    ],
    "orders": [
        Defect("order_id_is_32_characters", "order_id", "123"),
        Defect("customer_id_is_32_characters", "customer_id", ""),
        Defect("order_status_is_known", "order_status", "teleported"),
        Defect("order_purchase_timestamp_is_given", "order_purchase_timestamp", "yesterday"),
    ],
    "order_items": [
        Defect("order_id_is_32_characters", "order_id", ""),
        Defect("order_item_id_is_positive", "order_item_id", "0"),
        Defect("product_id_is_32_characters", "product_id", "p"),
        Defect("seller_id_is_32_characters", "seller_id", "s"),
        Defect("price_is_not_negative", "price", "-10.00"),
        Defect("freight_value_is_not_negative", "freight_value", "free"),
    ],
    "order_payments": [
        Defect("order_id_is_32_characters", "order_id", "?"),
        Defect("payment_sequential_is_positive", "payment_sequential", "0"),
        Defect("payment_type_is_given", "payment_type", "  "),
        Defect("payment_installments_is_not_negative", "payment_installments", "-1"),
        Defect("payment_value_is_not_negative", "payment_value", "-0.01"),
    ],
    "order_reviews": [
        Defect("review_id_is_32_characters", "review_id", "r"),
        Defect("order_id_is_32_characters", "order_id", ""),
        Defect("review_score_is_1_to_5", "review_score", "6"),
    ],
    "products": [
        Defect("product_id_is_32_characters", "product_id", "p-1"),
        Defect("product_weight_g_is_not_negative", "product_weight_g", "-5"),
        Defect("product_length_cm_is_not_negative", "product_length_cm", "-1"),
        Defect("product_height_cm_is_not_negative", "product_height_cm", "-2"),
        Defect("product_width_cm_is_not_negative", "product_width_cm", "-3"),
    ],
    "sellers": [
        Defect("seller_id_is_32_characters", "seller_id", "s-1"),
        Defect("seller_city_is_given", "seller_city", " "),
        Defect("seller_state_is_given", "seller_state", ""),
    ],
}

# A short row lacks its last column; these entities have a rule about that one.
_SHORT_BREAKS = {
    "order_items": "freight_value_is_not_negative",
    "order_payments": "payment_value_is_not_negative",
    "sellers": "seller_state_is_given",
}


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
    kinds: list[Defect | str] = [*DEFECTS[entity], REPEAT, SHORT]
    if share == 0 or good == 0:
        return Delivery(rows, rows.iloc[:0], {}, good, 0)
    extra = max(len(kinds), round(good * share))
    chosen = np.arange(extra) % len(kinds)
    source = rows.iloc[random.integers(0, good, extra)].reset_index(drop=True)
    broken: dict[str, int] = {}
    for position, kind in enumerate(kinds):
        at = chosen == position
        rules: list[str] = []
        if isinstance(kind, Defect):
            source.loc[at, kind.column] = kind.value
            rules = [kind.rule]
        elif kind == SHORT:
            rules = [RESCUED, *([_SHORT_BREAKS[entity]] if entity in _SHORT_BREAKS else [])]
        for rule in rules:
            broken[rule] = broken.get(rule, 0) + int(at.sum())
    short = chosen == kinds.index(SHORT)
    whole = pd.concat([rows, source[~short]], ignore_index=True)
    # Bad rows lie among the good ones.
    whole = whole.iloc[random.permutation(len(whole))].reset_index(drop=True)
    repeats = int((chosen == kinds.index(REPEAT)).sum())
    return Delivery(whole, source[short].reset_index(drop=True), broken, good, repeats)
