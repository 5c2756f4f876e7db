"""The aggregates of silver: places by zip prefix, and orders with what belongs to them."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from good_rows import GOOD
from olist import silver
from olist.entities import BY_NAME, GEOLOCATION
from olist.typed import typed
from rows import bronze


def _frame(spark, name: str, rows: list[dict[str, str]]):
    return typed(bronze(spark, BY_NAME[name], [{**GOOD[name], **row} for row in rows]), BY_NAME[name])


def _place(spark, samples: list[tuple[str, str, str, str]]):
    names = ("geolocation_lat", "geolocation_lng", "geolocation_city", "geolocation_state")
    (row,) = silver.places(
        _frame(spark, GEOLOCATION.name, [dict(zip(names, sample, strict=True)) for sample in samples])
    ).collect()
    return row


def test_a_place_is_the_mean_of_its_samples_and_their_most_frequent_city(spark) -> None:
    row = _place(
        spark,
        [
            ("-23.1", "-46.1", "osasco", "SP"),
            ("-23.2", "-46.2", "barueri", "SP"),
            ("-23.3000010", "-46.3", "osasco", "RJ"),
            ("-23.4", "-46.4", "barueri", "MG"),
        ],
    )
    assert (row["city"], row["state"], row["region"], row["samples"]) == ("Barueri", "SP", "southeast", 4)
    assert (row["latitude"], row["longitude"]) == (-23.25, -46.25)


def test_every_state_has_its_own_region() -> None:
    states = [state for group in silver.REGIONS.values() for state in group]
    assert len(states) == len(set(states)) == 27


@pytest.mark.parametrize(("state", "region"), [("am", "north"), ("XX", "unknown"), ("", "unknown"), ("DF", "midwest")])
def test_a_place_gets_the_region_of_its_state(spark, state: str, region: str) -> None:
    assert _place(spark, [("-10", "-50", "x", state)])["region"] == region


@pytest.fixture(scope="module")
def enriched(spark) -> dict[str, dict]:
    def number(n: int) -> str:
        return f"{n:032x}"

    many = {
        "order_id": number(1),
        "customer_id": number(11),
        "order_delivered_customer_date": "2018-02-02 00:00:01",
        "order_estimated_delivery_date": "2018-02-05 23:00:00",
    }
    late = {
        "order_id": number(3),
        "order_delivered_customer_date": "2018-02-06 00:00:00",
        "order_estimated_delivery_date": "2018-02-05 23:59:59",
    }
    orders = _frame(spark, "orders", [many, {"order_id": number(2)}, late])
    customers = _frame(spark, "customers", [{"customer_id": number(11)}])
    items = _frame(
        spark,
        "order_items",
        [
            {"order_id": number(1), "order_item_id": "1", "price": "10.10", "freight_value": "1.01"},
            {"order_id": number(1), "order_item_id": "2", "price": "20.20", "freight_value": "2.02"},
            {"order_id": number(9), "price": "99"},
        ],
    )
    payments = _frame(
        spark,
        "order_payments",
        [
            {"order_id": number(1), "payment_type": "voucher", "payment_value": "3.33"},
            {"order_id": number(1), "payment_type": "CREDIT_CARD", "payment_value": "30.00"},
        ],
    )
    # 193 ones and seven twos: 1.035, which is 1.04 rounded half up.
    scores = [
        {"order_id": number(1), "review_id": number(n), "review_score": "2" if n < 7 else "1"} for n in range(200)
    ]
    scores[3]["review_comment_message"] = 'bom, "muito"\nbom'
    scores.append({"order_id": number(3), "review_comment_message": "  ", "review_comment_title": "t"})
    rows = silver.enriched(orders, customers, items, payments, _frame(spark, "order_reviews", scores)).collect()
    assert len(rows) == 3, "an order is lost or multiplied"
    return {name: row.asDict() for name, row in zip(("many", "bare", "late"), sorted(rows), strict=True)}


def test_sums_of_an_order_do_not_multiply_with_its_payments_and_reviews(enriched) -> None:
    row = enriched["many"]
    assert (row["item_count"], row["item_value"], row["freight_value"]) == (2, Decimal("30.30"), Decimal("3.03"))
    assert (row["payment_count"], row["payment_value"], row["used_credit_card"]) == (2, Decimal("33.33"), True)
    assert (row["avg_review_score"], row["has_review_comment"]) == (Decimal("1.04"), True)
    assert row["customer_city"] == "Sao Paulo"


def test_an_order_without_anything_has_zeros_and_nulls_where_they_belong(enriched) -> None:
    row = enriched["bare"]
    zeros = ("item_count", "item_value", "freight_value", "payment_count", "payment_value")
    assert all(row[name] == 0 for name in zeros)
    assert (row["used_credit_card"], row["has_review_comment"]) == (False, False)
    unknown = ("customer_unique_id", "customer_state", "avg_review_score", "delivery_days", "delivery_delay_days")
    assert all(row[name] is None for name in unknown)


def test_days_are_calendar_days_and_late_orders_have_positive_delays(enriched) -> None:
    assert enriched["many"]["order_purchase_timestamp"] == datetime.datetime(2018, 1, 31, 23, 59, 59)
    assert (enriched["many"]["delivery_days"], enriched["many"]["delivery_delay_days"]) == (2, -3)
    assert enriched["late"]["delivery_delay_days"] == 1
    assert enriched["late"]["has_review_comment"] is False, "a blank message counts as a comment"
