"""Every gold view on a few orders whose answers can be worked out by hand."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from olist.entities import BY_NAME
from olist.typed import schema
from pyspark.pipelines.testing import TestPipeline, test_spark  # noqa: F401
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

pipeline = TestPipeline.active()

CUSTOMERS = [
    ("c1", "ann", "Recife", "PE"),
    ("c2", "ann", "Recife", "PE"),
    ("c3", "bob", "São Paulo", "SP"),
    ("c4", "cid", "São Paulo", "SP"),
]
# Order, customer, status, purchase, carrier, delivered, estimated
ORDERS = [
    ("o1", "c1", "delivered", "2018-01-31 23:59:59", "2018-02-02 10:00:00", "2018-02-05 00:10:00", "2018-02-04"),
    ("o2", "c2", "delivered", "2018-02-04 12:00:00", "2018-02-05 10:00:00", "2018-02-10 23:00:00", "2018-02-20"),
    ("o3", "c3", "delivered", "2018-02-05 00:00:00", "2018-02-06 10:00:00", "2018-02-08 01:00:00", "2018-02-08"),
    ("o4", "c4", "canceled", "2018-03-01 08:00:00", None, None, "2018-03-20"),
    ("o5", "c9", "delivered", "2018-02-20 08:00:00", "2018-02-21 08:00:00", None, "2018-03-01"),
]
# Order, number, product, seller, shipping limit, price, freight
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
PAYMENTS = [
    ("o1", 1, "credit_card", 3, "20.00"),
    ("o1", 2, "voucher", 0, "2.05"),
    ("o2", 1, "credit_card", 2, "20.01"),
    ("o3", 1, "boleto", 1, "0.00"),
    ("o4", 1, "boleto", 1, "100.00"),
    ("lost", 1, "boleto", 1, "3.00"),
]
REVIEWS = [("r1", "o1", 5), ("r2", "o1", 4), ("r3", "o1", 4), ("r4", "o2", 1), ("r5", "o4", 1)]
COLUMNS = {
    "customers": "customer_id customer_unique_id customer_city customer_state",
    "orders": "order_id customer_id order_status order_purchase_timestamp order_delivered_carrier_date "
    "order_delivered_customer_date order_estimated_delivery_date",
    "order_items": "order_id order_item_id product_id seller_id shipping_limit_date price freight_value",
    "order_payments": "order_id payment_sequential payment_type payment_installments payment_value",
    "order_reviews": "review_id order_id review_score",
    "products": "product_id product_category_name",
}
GOLD = {
    "gold.sales_performance": ("category", "customer_state", "customer_city", "sales_month"),
    "gold.customer_segments": ("customer_unique_id",),
    "gold.logistics_efficiency": ("customer_state",),
    "gold.payment_methods_evolution": ("payment_type", "week_start"),
    "gold.seller_quality": ("seller_id",),
}


def table(spark: SparkSession, name: str, rows: list[tuple]) -> None:
    """A silver table of these rows; columns that are not given are null."""
    columns = COLUMNS[name].split()
    text = ", ".join(f"{column} STRING" for column in columns)
    frame = spark.createDataFrame([tuple(None if v is None else str(v) for v in row) for row in rows], text)
    declared = spark.createDataFrame([], schema(BY_NAME[name])).schema.fields
    typed = [
        (frame[field.name] if field.name in columns else F.lit(None)).cast(field.dataType).alias(field.name)
        for field in declared
    ]
    frame.select(*typed).write.saveAsTable(f"silver.{name}")


def rows_of(spark: SparkSession, name: str) -> dict[tuple, Row]:
    found = spark.table(name).collect()
    by_key = {tuple(row[column] for column in GOLD[name]): row for row in found}
    assert len(by_key) == len(found), f"{name}: rows repeat their key"
    return by_key


@pytest.fixture
def silver(test_spark):  # noqa: F811
    for name, rows in (
        ("customers", CUSTOMERS),
        ("orders", ORDERS),
        ("order_items", ITEMS),
        ("order_payments", PAYMENTS),
        ("order_reviews", REVIEWS),
        ("products", [("p1", "beleza"), ("p2", "unknown")]),
    ):
        table(test_spark, name, rows)
    return test_spark


def test_every_gold_view_gives_the_figures_worked_out_by_hand(silver):
    pipeline.run(silver, {"silver.orders_enriched", *GOLD})
    sales(rows_of(silver, "gold.sales_performance"))
    segments(rows_of(silver, "gold.customer_segments"))
    logistics(rows_of(silver, "gold.logistics_efficiency"))
    payments(rows_of(silver, "gold.payment_methods_evolution"))
    sellers(rows_of(silver, "gold.seller_quality"))


def sales(rows: dict[tuple, Row]) -> None:
    """Delivered items count once; an unknown product or customer keeps its items."""
    assert sum(row.revenue for row in rows.values()) == Decimal("54.56")
    january = rows["beleza", "PE", "Recife", date(2018, 1, 1)]
    assert (january.orders, january.items, january.revenue, january.average_ticket) == (1, 2, 22, 22)
    assert rows["unknown", "SP", "São Paulo", date(2018, 2, 1)].revenue == Decimal("5.50")
    assert rows["beleza", "unknown", "unknown", date(2018, 2, 1)].revenue == Decimal("7.00")


def segments(rows: dict[tuple, Row]) -> None:
    """A person counts once over all customer rows, without canceled orders."""
    assert set(rows) == {("ann",), ("bob",)}
    ann, bob = rows["ann",], rows["bob",]
    assert (ann.frequency, ann.monetary_value) == (2, Decimal("42.06"))
    assert ann.last_purchase_at == datetime(2018, 2, 4, 12)
    # The newest purchase in the data is that of the canceled order.
    assert (ann.recency_days, bob.recency_days) == (25, 24)
    assert (ann.r_score, ann.f_score, ann.m_score, ann.segment) == (1, 5, 5, "at_risk")
    assert (bob.r_score, bob.f_score, bob.m_score, bob.segment) == (5, 1, 1, "new")


def logistics(rows: dict[tuple, Row]) -> None:
    """Days are calendar days, and late is positive."""
    assert set(rows) == {("PE",), ("SP",)}  # o5 has no day of delivery
    recife = rows["PE",]
    assert (recife.deliveries, recife.late_orders, recife.late_pct) == (2, 1, 50)
    assert (recife.avg_delivery_days, recife.avg_delay_days) == (Decimal("5.50"), Decimal("-4.50"))
    assert recife.p90_delivery_days == pytest.approx(5.9)


def payments(rows: dict[tuple, Row]) -> None:
    """Weeks are those of the purchase and start on Monday; a payment without an order has none yet."""
    assert set(rows) == {
        ("credit_card", date(2018, 1, 29)),
        ("voucher", date(2018, 1, 29)),
        ("boleto", date(2018, 2, 5)),
        ("boleto", date(2018, 2, 26)),
    }
    card = rows["credit_card", date(2018, 1, 29)]
    assert (card.payments, card.amount, card.avg_installments) == (2, Decimal("40.01"), Decimal("2.50"))
    assert card.share_pct == Decimal("95.13")
    assert rows["boleto", date(2018, 2, 5)].share_pct == 0  # a week in which nothing was paid


def sellers(rows: dict[tuple, Row]) -> None:
    """Ratings are means over orders, not over reviews."""
    assert set(rows) == {("s1",), ("s2",), ("s3",), ("s4",)}
    first = rows["s1",]
    # (13/3 + 1) / 2 = 2.666…
    assert (first.avg_rating, first.one_star_orders) == (Decimal("2.67"), 1)
    assert (first.delivered_orders, first.revenue) == (3, Decimal("49.01"))
    assert (first.late_shipments, rows["s2",].late_shipments) == (1, 0)
    assert (rows["s3",].canceled_orders, rows["s3",].revenue, rows["s3",].avg_rating) == (1, 0, 1)
    assert rows["s4",].avg_rating is None
    assert [rows[seller,].seller_rank for seller in ("s2", "s1", "s3", "s4")] == [1, 2, 3, 4]


def test_an_item_that_comes_after_its_order_is_part_of_the_next_answer(silver):
    views = {"silver.orders_enriched", "gold.sales_performance"}
    pipeline.run(silver, views)
    silver.sql(
        "INSERT INTO silver.order_items (order_id, order_item_id, product_id, seller_id, price, freight_value) "
        "VALUES ('o3', 2, 'p1', 's1', 10.00, 0.00)"
    )
    pipeline.run(silver, views)
    order = silver.table("silver.orders_enriched").filter("order_id = 'o3'").first()
    assert (order.item_count, order.item_value) == (2, Decimal("15.00"))
    assert sum(row.revenue for row in silver.table("gold.sales_performance").collect()) == Decimal("64.56")


def test_a_payment_below_zero_fails_the_update_of_its_view(silver):
    silver.sql(
        "INSERT INTO silver.order_payments "
        "(order_id, payment_sequential, payment_type, payment_installments, payment_value) "
        "VALUES ('o3', 9, 'voucher', 1, -1.00)"
    )
    with pytest.raises(Exception, match=r"money_not_negative|share_in_range"):
        pipeline.run(silver, {"gold.payment_methods_evolution"})
