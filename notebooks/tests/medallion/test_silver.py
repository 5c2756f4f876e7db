"""Silver's rules, the quarantine and late rows, in Databricks' testing API.

`lakehouse test` runs this file here, and Databricks' editor there.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import good_rows
import pytest
from good_rows import ID
from olist.bronze import schema as bronze_schema
from olist.entities import BY_NAME, ENTITIES
from pyspark.pipelines.testing import TestPipeline, test_spark  # noqa: F401
from pyspark.sql import SparkSession

pipeline = TestPipeline.active()

# What silver cleans, in the way that it does for the column.
UNCLEAN = {
    "customers": {
        "customer_zip_code_prefix": " 01001 ",
        "customer_city": " SÃO paulo",
        "customer_state": "sp ",
        "customer_email": " Ana@Example.COM ",
        "customer_phone": "  ",
    },
    "order_items": {"price": "10.00"},
    "order_payments": {"payment_type": " Credit_Card", "payment_value": " 99999999999999.99"},
    "products": {"product_weight_g": "225.0", "product_category_name": "  "},
}
GOOD = {name: {**row, **UNCLEAN.get(name, {})} for name, row in good_rows.GOOD.items()}
# Further values that break one rule, beside those that the rule itself names.
EDGES = [
    ("customers", "customer_id", ID[:31], "customer_id_is_32_characters"),
    ("geolocation", "geolocation_lat", "5.29", "geolocation_lat_is_in_brazil"),
    ("geolocation", "geolocation_lat", "NaN", "geolocation_lat_is_in_brazil"),
    ("geolocation", "geolocation_lat", "-33.7601", "geolocation_lat_is_in_brazil"),
    ("geolocation", "geolocation_lng", "west", "geolocation_lng_is_in_brazil"),
    ("geolocation", "geolocation_lng", "-28.83", "geolocation_lng_is_in_brazil"),
    ("orders", "order_id", ID + "0", "order_id_is_32_characters"),
    ("orders", "order_purchase_timestamp", "31/01/2018", "order_purchase_timestamp_is_given"),
    ("order_items", "price", "R$ 1", "price_is_not_negative"),
    ("order_payments", "payment_type", " \t", "payment_type_is_given"),
    ("order_reviews", "review_score", "0", "review_score_is_1_to_5"),
    ("order_reviews", "review_score", "4.5", "review_score_is_1_to_5"),
    ("products", "product_width_cm", "-2147483648", "product_width_cm_is_not_negative"),
]
# The same rules fill silver and quarantine for every entity; between them these clean their columns in every way.
KEPT = {"silver.customers", "silver.order_payments", "silver.products", "silver.geolocation"}
QUARANTINE = {f"ops.quarantine_{entity.name}" for entity in ENTITIES}


def deliver(spark: SparkSession, name: str, rows: Sequence[Mapping[str, str | None]]) -> None:
    """Bronze rows of an entity. What a row does not name is null, and its file is that of all."""
    columns = bronze_schema(BY_NAME[name])
    names = [field.name for field in spark.createDataFrame([], columns).schema.fields]
    at = {"_file_modified_at": datetime(2024, 1, 2), "_ingested_at": datetime(2024, 1, 2)}
    whole = [{"_source_file": "f.csv", **at, **row} for row in rows]
    frame = spark.createDataFrame([tuple(row.get(column) for column in names) for row in whole], columns)
    frame.write.mode("append").saveAsTable(f"bronze.{name}")


@pytest.fixture
def delivered(test_spark):  # noqa: F811
    """A good row of every entity, and for every rule a row that breaks it alone."""
    for entity in ENTITIES:
        good = GOOD[entity.name]
        broken = [{**good, rule.column: rule.broken_by, "_source_file": rule.name} for rule in entity.checks]
        missing = [{**good, rule.column: None, "_source_file": rule.name} for rule in entity.checks if rule.needed]
        edges = [{**good, column: value, "_source_file": rule} for e, column, value, rule in EDGES if e == entity.name]
        unfit = {**good, "_rescued_data": "{}", "_source_file": "no_rescued_data"}
        deliver(test_spark, entity.name, [good, *broken, *missing, *edges, unfit])
    return test_spark


def test_a_row_that_breaks_a_rule_is_set_aside_with_its_rule_and_never_kept(delivered):
    pipeline.run(delivered, KEPT | QUARANTINE)
    for table in KEPT:
        assert delivered.table(table).count() == 1, table
    for entity in ENTITIES:
        aside = delivered.table(f"ops.quarantine_{entity.name}").collect()
        assert len(aside) == delivered.table(f"bronze.{entity.name}").count() - 1, entity.name
        assert all(row.broken_rules == [row._source_file] for row in aside), entity.name
        as_delivered = {(row._source_file, row[rule.column]) for rule in entity.checks for row in aside}
        assert {(rule.name, rule.broken_by) for rule in entity.checks} <= as_delivered, entity.name

    customer = delivered.table("silver.customers").first()
    assert (customer.customer_zip_code_prefix, customer.customer_city) == ("01001", "São Paulo")
    assert (customer.customer_state, customer.customer_email) == ("SP", "ana@example.com")
    assert customer.customer_phone is None
    product = delivered.table("silver.products").first()
    assert (product.product_weight_g, product.product_category_name) == (225, "unknown")
    payment = delivered.table("silver.order_payments").first()
    assert (payment.payment_type, payment.payment_value) == ("credit_card", Decimal("99999999999999.99"))


def test_the_latest_file_wins_also_when_an_older_one_comes_after_it(test_spark):  # noqa: F811
    def version(city: str, day: int) -> dict:
        return {**GOOD["sellers"], "seller_city": city, "_file_modified_at": datetime(2024, 1, day)}

    deliver(test_spark, "sellers", [version("recife", 3), version("natal", 5)])
    pipeline.run(test_spark, {"silver.sellers"})
    deliver(test_spark, "sellers", [version("olinda", 4), version("natal", 5)])
    pipeline.run(test_spark, {"silver.sellers"})
    assert [row.seller_city for row in test_spark.table("silver.sellers").collect()] == ["Natal"]
