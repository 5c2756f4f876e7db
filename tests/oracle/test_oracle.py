"""The oracle itself, on rows small enough to work out by hand; and its comparison, which must see every difference."""

from __future__ import annotations

import os
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle import bronze_rows, compare, expected, odd
from oracle.cdc import _history
from oracle.gold import _percentile_90, _scores
from oracle.spec import COLUMNS
from oracle.values import rounded, time


def without_lineage(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    return {n: f.drop(columns=["_source_file", "_file_modified_at"], errors="ignore") for n, f in tables.items()}


@pytest.fixture
def tables(tmp_path) -> dict[str, pd.DataFrame]:
    odd.write(str(tmp_path))
    return expected(str(tmp_path))


def record(frame: pd.DataFrame, **key) -> dict:
    (row,) = [r for r in frame.to_dict("records") if all(r[c] == v for c, v in key.items())]
    return row


@pytest.mark.parametrize("form", odd.SAME, ids=lambda form: form.__name__)
def test_every_legal_way_to_write_a_file_gives_the_same_tables(tmp_path, form, tables):
    odd.write(str(tmp_path / "odd"), form=form, empty=True)
    assert compare(without_lineage(tables), without_lineage(expected(str(tmp_path / "odd")))) == []
    assert bronze_rows(str(tmp_path / "odd")) == bronze_rows(str(tmp_path))


def test_rows_with_an_unknown_column_are_quarantined(tmp_path):
    odd.write(str(tmp_path), form=odd.extra_column)
    tables = expected(str(tmp_path))
    assert len(tables["ops.quarantine_orders"]) == bronze_rows(str(tmp_path))["orders"] == 4
    assert tables["ops.quarantine_orders"]["broken_rules"].tolist() == [["no_rescued_data"]] * 4


def test_the_public_files_work_without_personal_columns(tmp_path):
    odd.write(str(tmp_path), odd.real_olist(), form=odd.real_columns)
    assert expected(str(tmp_path))["silver.customers"]["customer_name"].isna().all()


def test_enriched_order_worked_out_by_hand(tables):
    order = record(tables["silver.orders_enriched"], order_id=f"{1001:032x}")
    assert order["customer_city"] == "São Paulo"
    assert (order["item_count"], order["item_value"], order["freight_value"]) == (3, Decimal("30.03"), Decimal("0.00"))
    assert (order["payment_count"], order["payment_value"]) == (1, Decimal("30.03"))
    assert order["used_credit_card"] is False
    assert order["avg_review_score"] == Decimal("3.50")
    assert order["has_review_comment"] is True
    assert (order["delivery_days"], order["delivery_delay_days"]) == (5, 1)
    other = record(tables["silver.orders_enriched"], order_id=f"{1002:032x}")
    assert other["avg_review_score"] is None and other["delivery_days"] is None and other["used_credit_card"] is True


def test_gold_worked_out_by_hand(tables):
    sales = record(tables["gold.sales_performance"], category="unknown", customer_city="São Paulo")
    assert sales["sales_month"] == date(2018, 1, 1)
    assert (sales["orders"], sales["items"], sales["revenue"]) == (2, 2, Decimal("20.02"))
    assert sales["average_ticket"] == Decimal("10.01")
    assert tables["gold.sales_performance"]["revenue"].sum() == Decimal("60.06")
    seller = record(tables["gold.seller_quality"], seller_id=f"{3001:032x}")
    assert seller == {
        "seller_id": f"{3001:032x}",
        "delivered_orders": 2,
        "revenue": Decimal("60.06"),
        "avg_rating": Decimal("3.50"),
        "one_star_orders": 0,
        "canceled_orders": 1,
        "late_shipments": 4,
        "seller_rank": 1,
    }
    logistics = record(tables["gold.logistics_efficiency"], customer_state="SP")
    assert (logistics["deliveries"], logistics["late_pct"]) == (2, Decimal("100.00"))
    methods = record(tables["gold.payment_methods_evolution"], payment_type="boleto")
    assert (methods["week_start"], methods["share_pct"]) == (date(2018, 1, 29), Decimal("50.00"))
    assert set(tables["gold.customer_segments"]["frequency"]) == {1}
    assert len(tables["gold.customer_segments"]) == 3


def test_geolocation_worked_out_by_hand(tables):
    (row,) = tables["silver.geolocation"].to_dict("records")
    assert row["latitude"] == pytest.approx((-23.5 - 23.6 - 33.76) / 3, abs=1e-6)
    assert (row["samples"], row["city"], row["region"]) == (3, "Sao Paulo", "southeast")


def test_the_newest_version_of_a_row_wins(tmp_path):
    orders = odd.SMALL["orders"][:1]
    late = [{**orders[0], "order_status": "canceled"}]
    odd.write(str(tmp_path), {"orders": late}, name="a.csv")
    odd.write(str(tmp_path), {"orders": orders}, name="b.csv")
    os.utime(tmp_path / "orders" / "a.csv", (2_000_000_000, 2_000_000_000))
    os.utime(tmp_path / "orders" / "b.csv", (1_000_000_000, 1_000_000_000))
    assert expected(str(tmp_path))["silver.orders"]["order_status"].tolist() == ["canceled"]
    os.utime(tmp_path / "orders" / "a.csv", (1_000_000_000, 1_000_000_000))
    assert expected(str(tmp_path))["silver.orders"]["order_status"].tolist() == ["delivered"]


def test_a_short_row_is_quarantined(tmp_path):
    odd.write(str(tmp_path), {"sellers": odd.SMALL["sellers"]})
    path = tmp_path / "sellers" / "part.csv"
    path.write_text(path.read_text() + f"{3002:032x},01001,recife\n")
    tables = expected(str(tmp_path))
    assert len(tables["silver.sellers"]) == 1
    assert tables["ops.quarantine_sellers"]["broken_rules"].tolist() == [["no_rescued_data", "seller_state_is_given"]]


def test_rounding_is_half_up():
    assert [rounded(Fraction(n, 1000)) for n in (1005, 1004, 1015, -1005)] == [
        Decimal("1.01"),
        Decimal("1.00"),
        Decimal("1.02"),
        Decimal("-1.01"),
    ]
    assert str(rounded(Fraction(3))) == "3.00"


def test_a_date_that_does_not_exist_has_no_value():
    assert time("2018-02-30 00:00:00") is None
    assert time("2018-02-28 00:00:00.123456") == datetime(2018, 2, 28, 0, 0, 0, 123456)


def test_scores_and_percentile_worked_out_by_hand():
    assert _scores([1, 1, 2, 3, 3, 9]) == {1: 1, 2: 3, 3: 4, 9: 5}
    assert _scores([4]) == {4: 1}
    assert _percentile_90([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) == pytest.approx(9.1)
    assert _percentile_90([5]) == 5


_EVENTS = st.lists(
    st.tuples(
        st.sampled_from("AB"), st.sampled_from(["INSERT", "UPDATE", "DELETE"]), st.sampled_from(["x", "y", None])
    ),
    max_size=12,
)


@settings(max_examples=200, deadline=None)
@given(_EVENTS, st.randoms(use_true_random=False), st.booleans())
def test_order_of_arrival_and_repeats_do_not_change_the_history(drawn, random, initial):
    def row(key: str, city: str | None) -> dict:
        return dict.fromkeys(COLUMNS["sellers"]) | {"seller_id": key, "seller_city": city}

    events = [
        row(key, city) | {"operation": operation, "sequence_number": n, "change_timestamp": datetime(2018, 1, 1, 0, n)}
        for n, (key, operation, city) in enumerate(drawn)
    ]
    start = [row("A", "x")] if initial else []
    history = _history("sellers", start, events)
    arrived = events + [event for event in events if random.random() < 0.3]
    random.shuffle(arrived)
    assert _history("sellers", start, arrived) == history
    for key in "AB":
        own = [r for r in history if r["seller_id"] == key]
        assert all(a["__END_AT"] is not None and a["__END_AT"] <= b["__START_AT"] for a, b in pairwise(own))
        last = next((event for event in reversed(events) if event["seller_id"] == key), None)
        open_rows = [r["seller_city"] for r in own if r["__END_AT"] is None]
        if last is not None:
            assert open_rows == ([] if last["operation"] == "DELETE" else [last["seller_city"]])


def _broken(frame: pd.DataFrame, column: str, value: object) -> pd.DataFrame:
    changed = frame.copy()
    changed[column] = [value, *changed[column].tolist()[1:]]
    return changed


def test_compare_finds_every_difference(tables):
    frame = tables["gold.seller_quality"]
    assert compare(tables, tables) == []
    name = "gold.seller_quality"
    cases = [
        frame.iloc[:0],
        pd.concat([frame, frame]),
        frame.drop(columns="revenue"),
        _broken(frame, "revenue", Decimal("60.07")),
        _broken(frame, "revenue", Decimal("60.060")),
        _broken(frame, "avg_rating", None),
        _broken(frame, "canceled_orders", 2),
    ]
    for actual in cases:
        assert compare({name: frame}, {name: actual})
    assert compare({name: frame}, {}) == ["gold.seller_quality: there is no such table"]
    message = "\n".join(compare({name: frame}, {name: cases[3]}))
    assert "revenue is Decimal('60.07'), expected Decimal('60.06')" in message


def test_compare_accepts_other_forms_of_the_same_value(tables):
    frame = tables["silver.orders_enriched"]
    other = frame.sample(frac=1, random_state=3)[list(reversed(frame.columns))].assign(more=1)
    for column in frame.columns:
        if "date" in column or "timestamp" in column:
            other[column] = pd.to_datetime(other[column], utc=True)
    other["delivery_days"] = other["delivery_days"].astype(float)
    assert compare({"silver.orders_enriched": frame}, {"silver.orders_enriched": other}) == []
