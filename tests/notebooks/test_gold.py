"""Gold's queries on a few orders whose answers can be worked out by hand: each test is one way to get gold wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from lakehouse_engine.sources.sql import parse_sql
from olist import silver
from olist.entities import BY_NAME
from olist.typed import schema
from pyspark.sql import Row, SparkSession

GOLD = Path(__file__).parents[2] / "notebooks" / "medallion" / "gold"

# customer_id, person, city, state
CUSTOMERS = [
    ("c1", "ann", "Recife", "PE"),
    ("c2", "ann", "Recife", "PE"),
    ("c3", "bob", "São Paulo", "SP"),
    ("c4", "cid", "São Paulo", "SP"),
]
# order_id, customer_id, status, purchase, carrier, delivered, estimated
ORDERS = [
    ("o1", "c1", "delivered", "2018-01-31 23:59:59", "2018-02-02 10:00:00", "2018-02-05 00:10:00", "2018-02-04"),
    ("o2", "c2", "delivered", "2018-02-04 12:00:00", "2018-02-05 10:00:00", "2018-02-10 23:00:00", "2018-02-20"),
    ("o3", "c3", "delivered", "2018-02-05 00:00:00", "2018-02-06 10:00:00", "2018-02-08 01:00:00", "2018-02-08"),
    ("o4", "c4", "canceled", "2018-03-01 08:00:00", None, None, "2018-03-20"),
    ("o5", "c9", "delivered", "2018-02-20 08:00:00", "2018-02-21 08:00:00", None, "2018-03-01"),
]
# order_id, number, product, seller, shipping limit, price, freight
ITEMS = [
    ("o1", 1, "p1", "s1", "2018-02-02 09:59:59", "10.00", "1.00"),
    ("o1", 2, "p1", "s1", "2018-02-03 00:00:00", "10.00", "1.00"),
    ("o1", 3, "p2", "s2", "2018-02-03 00:00:00", "0.05", "0.00"),
    ("o2", 1, "p1", "s1", "2018-02-06 00:00:00", "20.01", "0.00"),
    ("o3", 1, "p9", "s2", "2018-02-07 00:00:00", "5.00", "0.50"),
    ("o4", 1, "p1", "s3", "2018-03-05 00:00:00", "99.00", "1.00"),
    ("o5", 1, "p1", "s1", "2018-02-22 00:00:00", "7.00", "0.00"),
    ("lost", 1, "p1", "s4", "2018-02-22 00:00:00", "3.00", "0.00"),
]
# order_id, number, type, installments, value
PAYMENTS = [
    ("o1", 1, "credit_card", 3, "20.00"),
    ("o1", 2, "voucher", 0, "2.05"),
    ("o2", 1, "credit_card", 2, "20.01"),
    ("o3", 1, "boleto", 1, "0.00"),
    ("o4", 1, "boleto", 1, "100.00"),
    ("lost", 1, "boleto", 1, "3.00"),
]
# review, order_id, score
REVIEWS = [("r1", "o1", 5), ("r2", "o1", 4), ("r3", "o1", 4), ("r4", "o2", 1), ("r5", "o4", 1)]


@pytest.fixture(scope="module")
def gold(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[tuple, Row]]]:
    """Rows of each gold table by key."""
    place = tmp_path_factory.mktemp("silver")
    spark.sql(f"CREATE DATABASE silver LOCATION 'file:{place}'")

    def table(name: str, rows: list[dict]) -> None:
        wanted = schema(BY_NAME[name])
        empty = spark.createDataFrame([], wanted)
        text = spark.createDataFrame([tuple(row.get(c) for c in empty.columns) for row in rows], ", ".join(
            f"{c} STRING" for c in empty.columns))  # fmt: skip
        typed = text.select(*[text[f.name].cast(f.dataType).alias(f.name) for f in empty.schema.fields])
        typed.coalesce(1).write.format("parquet").saveAsTable(f"silver.{name}")

    def of(names: str, values: list[tuple]) -> list[dict]:
        return [dict(zip(names.split(), (None if v is None else str(v) for v in row), strict=True)) for row in values]

    table("customers", of("customer_id customer_unique_id customer_city customer_state", CUSTOMERS))
    table("orders", of("order_id customer_id order_status order_purchase_timestamp order_delivered_carrier_date "
                       "order_delivered_customer_date order_estimated_delivery_date", ORDERS))  # fmt: skip
    table(
        "order_items", of("order_id order_item_id product_id seller_id shipping_limit_date price freight_value", ITEMS)
    )
    table("order_payments", of("order_id payment_sequential payment_type payment_installments payment_value", PAYMENTS))
    table("order_reviews", of("review_id order_id review_score", REVIEWS))
    table("products", of("product_id product_category_name", [("p1", "beleza"), ("p2", "unknown")]))
    names = ("orders", "customers", "order_items", "order_payments", "order_reviews")
    enriched = silver.enriched(*[spark.read.table(f"silver.{name}") for name in names])
    enriched.coalesce(1).write.format("parquet").saveAsTable("silver.orders_enriched")
    try:
        yield {path.stem: _rows(spark, path) for path in GOLD.glob("*.sql")}
    finally:
        spark.sql("DROP DATABASE silver CASCADE")


KEYS = {
    "sales_performance": ("category", "customer_state", "customer_city", "sales_month"),
    "customer_segments": ("customer_unique_id",),
    "logistics_efficiency": ("customer_state",),
    "payment_methods_evolution": ("payment_type", "week_start"),
    "seller_quality": ("seller_id",),
}


def _rows(spark: SparkSession, path: Path) -> dict[tuple, Row]:
    (statement,) = parse_sql(path.read_text(encoding="utf-8"), path.name)
    found = spark.sql(statement.query.text).collect()
    by_key = {tuple(row[c] for c in KEYS[path.stem]): row for row in found}
    assert len(by_key) == len(found), f"{path.stem}: rows repeat their key"
    return by_key


def test_revenue_is_lost_or_multiplied(gold) -> None:
    rows = gold["sales_performance"]
    assert sum(row.revenue for row in rows.values()) == Decimal("54.56")
    assert rows["beleza", "PE", "Recife", date(2018, 1, 1)].asDict() | {"average_ticket": None} == {
        "category": "beleza", "customer_state": "PE", "customer_city": "Recife", "sales_month": date(2018, 1, 1),
        "orders": 1, "items": 2, "revenue": Decimal("22.00"), "average_ticket": None,
    }  # fmt: skip


def test_an_unknown_product_or_customer_drops_its_items(gold) -> None:
    rows = gold["sales_performance"]
    assert rows["unknown", "SP", "São Paulo", date(2018, 2, 1)].revenue == Decimal("5.50")
    assert rows["beleza", "unknown", "unknown", date(2018, 2, 1)].revenue == Decimal("7.00")


def test_a_person_counts_once_per_customer_row_or_for_canceled_orders(gold) -> None:
    rows = gold["customer_segments"]
    assert set(rows) == {("ann",), ("bob",)}
    ann = rows["ann",]
    assert (ann.frequency, ann.monetary_value) == (2, Decimal("42.06"))
    assert ann.last_purchase_at == datetime(2018, 2, 4, 12)
    # The newest purchase in the data is that of the canceled order.
    assert (ann.recency_days, rows["bob",].recency_days) == (25, 24)


def test_scores_are_turned_around(gold) -> None:
    ann, bob = (gold["customer_segments"][name,] for name in ("ann", "bob"))
    assert (ann.r_score, ann.f_score, ann.m_score, ann.segment) == (1, 5, 5, "at_risk")
    assert (bob.r_score, bob.f_score, bob.m_score, bob.segment) == (5, 1, 1, "new")


def test_a_delay_has_the_wrong_sign_or_counts_hours(gold) -> None:
    rows = gold["logistics_efficiency"]
    assert set(rows) == {("PE",), ("SP",)}  # o5 has no day of delivery
    recife = rows["PE",]
    assert (recife.deliveries, recife.late_orders, recife.late_pct) == (2, 1, Decimal("50.00"))
    assert (recife.avg_delivery_days, recife.avg_delay_days) == (Decimal("5.50"), Decimal("-4.50"))
    assert recife.p90_delivery_days == pytest.approx(5.9)


def test_weeks_are_those_of_the_purchase_and_start_on_monday(gold) -> None:
    rows = gold["payment_methods_evolution"]
    assert set(rows) == {
        ("credit_card", date(2018, 1, 29)), ("voucher", date(2018, 1, 29)),
        ("boleto", date(2018, 2, 5)), ("boleto", date(2018, 2, 26)),
    }  # fmt: skip
    card = rows["credit_card", date(2018, 1, 29)]
    assert (card.payments, card.amount, card.avg_installments) == (2, Decimal("40.01"), Decimal("2.50"))
    assert card.share_pct == Decimal("95.13")
    assert rows["boleto", date(2018, 2, 5)].share_pct == 0  # a week in which nothing was paid


def test_a_seller_is_rated_by_reviews_instead_of_orders(gold) -> None:
    rows = gold["seller_quality"]
    assert set(rows) == {("s1",), ("s2",), ("s3",), ("s4",)}
    first = rows["s1",]
    # (13/3 + 1) / 2 = 2.666…
    assert (first.avg_rating, first.one_star_orders) == (Decimal("2.67"), 1)
    assert (first.delivered_orders, first.revenue) == (3, Decimal("49.01"))
    assert (first.late_shipments, rows["s2",].late_shipments) == (1, 0)
    assert (rows["s3",].canceled_orders, rows["s3",].revenue, rows["s3",].avg_rating) == (1, 0, Decimal("1.00"))
    assert rows["s4",].avg_rating is None
    assert [rows[s,].seller_rank for s in ("s2", "s1", "s3", "s4")] == [1, 2, 3, 4]


def test_declared_columns_differ_from_the_query(spark: SparkSession, gold) -> None:
    for path in GOLD.glob("*.sql"):
        (statement,) = parse_sql(path.read_text(encoding="utf-8"), path.name)
        declared = [column.name for column in statement.columns]
        assert declared == list(next(iter(gold[path.stem].values())).__fields__)
        assert all(column.comment for column in statement.columns)
