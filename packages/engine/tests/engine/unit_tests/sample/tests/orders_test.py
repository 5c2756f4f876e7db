"""Written as for Databricks' editor: names of one to three parts, SQL and DataFrames, several runs in one test."""

import os

import pytest
from pyspark.pipelines.testing import TestPipeline, test_spark  # noqa: F401
from pyspark.sql import functions as F
from pyspark.testing import assertDataFrameEqual

test_pipeline = TestPipeline.active()


def test_expectations_drop_and_warn_and_the_event_log_counts_them(orders):
    status = test_pipeline.run(orders, {"orders_clean", "shop.gold.totals"})
    assert status.is_success
    expected = orders.createDataFrame([("C1", 100.0), ("C2", 30.0)], "customer_id string, total double")
    totals = orders.table("shop.gold.totals").withColumn("total", F.col("total").cast("double"))
    assertDataFrameEqual(totals, expected)
    events = orders.table(status.event_log_table_name)
    counted = events.filter("event_type = 'flow_progress' AND details LIKE '%known_currency%'")
    assert counted.count() == 1
    first = orders.sql(
        f"SELECT details:flow_progress.data_quality.dropped_records AS dropped FROM {status.event_log_table_name} "
        "WHERE details LIKE '%dropped_records%' ORDER BY timestamp LIMIT 1"
    ).first()
    assert str(first["dropped"]) == "1"


def test_a_second_run_takes_only_what_is_new(orders):
    test_pipeline.run(orders, {"shop.silver.orders_clean"})
    orders.sql("INSERT INTO shop.raw.orders VALUES (9, 'C9', 1, 1.0, 'BRL')")
    test_pipeline.run(orders, {"orders_clean"})
    assert sorted(row.order_id for row in orders.table("silver.orders_clean").collect()) == [1, 3, 9]


def test_a_row_that_fails_the_update_raises(test_spark):  # noqa: F811
    row = [(1, "C1", 0, 1.0, "BRL")]
    frame = test_spark.createDataFrame(
        row, "order_id int, customer_id string, quantity int, unit_price double, currency string"
    )
    frame.write.saveAsTable("shop.raw.orders")
    with pytest.raises(Exception, match="positive") as failed:
        test_pipeline.run(test_spark, {"orders_clean"})
    assert not failed.value.status.is_success
    assert test_spark.table(failed.value.status.event_log_table_name).filter("level = 'ERROR'").count() > 0


def test_history_of_late_changes(test_spark):  # noqa: F811
    test_spark.sql(
        "CREATE TABLE shop.raw.changes AS "
        "SELECT * FROM VALUES (1, ' a', 1), (1, 'c', 3), (1, 'b ', 2) AS t(id, city, seq)"
    )
    test_pipeline.run(test_spark, {"customers"})
    rows = test_spark.sql("SELECT city, __START_AT FROM customers ORDER BY __START_AT").collect()
    assert [(row.city, row["__START_AT"]) for row in rows] == [("a", 1), ("b", 2), ("c", 3)]


def test_files_of_a_volume_are_those_of_the_test(test_spark):  # noqa: F811
    os.makedirs("/Volumes/shop/raw/files/in")
    with open("/Volumes/shop/raw/files/in/a.json", "w") as file:
        file.write('{"a": 1}\n')
    test_pipeline.run(test_spark, {"landed"})
    assert test_spark.table("landed").count() == 1


@pytest.mark.parametrize("name", ["shop.raw.orders", "orders_clean", "shop.silver.landed"])
def test_nothing_of_other_tests_is_there(test_spark, name):  # noqa: F811
    assert not test_spark.catalog.tableExists(name)
    assert not os.path.exists("/Volumes/shop/raw/files/in/a.json")


def test_a_source_without_a_table_in_the_test_is_not_there(test_spark):  # noqa: F811
    with pytest.raises(Exception, match="TABLE_OR_VIEW_NOT_FOUND"):
        test_pipeline.run(test_spark, {"orders_clean"})


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE SCHEMA shop.other", "drop schema if exists shop.raw cascade", "CREATE CATALOG other",
        "ALTER CATALOG shop OWNER TO `a`", "GRANT SELECT ON TABLE shop.raw.orders TO `a`",
        "REVOKE SELECT ON TABLE shop.raw.orders FROM `a`", "ALTER TABLE shop.raw.orders OWNER TO `a`",
        "ALTER TABLE shop.raw.orders SET TAGS ('a' = 'b')", "ALTER TABLE shop.raw.orders UNSET TAGS ('a')",
        "CREATE OR REPLACE POLICY p ON TABLE shop.raw.orders", "DROP POLICY p ON TABLE shop.raw.orders",
    ],
)  # fmt: skip
def test_a_test_session_refuses_to_govern(test_spark, statement):  # noqa: F811
    with pytest.raises(Exception, match="not available in a pipeline's unit tests"):
        test_spark.sql(statement)
