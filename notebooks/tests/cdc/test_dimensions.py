"""Change events: which count, which are set aside, and both kinds of dimension with late and repeated events."""

from collections.abc import Mapping
from datetime import datetime

import pytest
from olist import bronze, changes
from olist.entities import CHANGING, SELLERS
from olist.events import events_of
from olist.typed import schema as silver_schema
from pyspark.pipelines.testing import TestPipeline, test_spark  # noqa: F401
from pyspark.sql import SparkSession

pipeline = TestPipeline.active()

EVENTS = events_of(SELLERS)
KEY = "unit-test-seller-0123456789abcde"
GOOD = {
    "sequence_number": " 7",
    "operation": " Update ",
    "change_timestamp": "2018-09-01 00:00:00.000123",
    "seller_id": f" {KEY} ",
    "seller_zip_code_prefix": "01234",
    "seller_city": "SÃO PAULO",
    "seller_state": "sp",
}
# A change of one column of a good event, and the rules that the event then breaks.
BROKEN: list[tuple[dict[str, str | None], list[str]]] = [
    ({"operation": "MERGE"}, ["operation_is_known"]),
    ({"operation": None}, ["operation_is_known"]),
    ({"seller_id": "  "}, ["key_is_given"]),
    ({"sequence_number": "seven"}, ["sequence_number_is_given"]),
    ({"change_timestamp": "2018-02-30 00:00:00"}, ["change_timestamp_is_given"]),
    ({"_rescued_data": "{}"}, ["no_rescued_data"]),
    ({"operation": "", "sequence_number": None}, ["operation_is_known", "sequence_number_is_given"]),
]


def append(spark: SparkSession, table: str, columns: str, rows: list[Mapping[str, object]]) -> None:
    names = [field.name for field in spark.createDataFrame([], columns).schema.fields]
    frame = spark.createDataFrame([tuple(row.get(name) for name in names) for row in rows], columns)
    frame.write.mode("append").saveAsTable(table)


def log(spark: SparkSession, *rows: Mapping[str, object]) -> None:
    append(spark, "cdc.sellers_changes", bronze.schema(EVENTS), [{**GOOD, **row} for row in rows])


def test_an_event_counts_or_is_set_aside_as_delivered_with_the_rules_it_breaks(test_spark):  # noqa: F811
    erased = {"operation": "delete", "seller_city": None, "seller_state": "", "sequence_number": "8"}
    log(test_spark, {}, erased, *[{**broken, "_source_file": str(n)} for n, (broken, _) in enumerate(BROKEN)])
    pipeline.run(test_spark, {"cdc.sellers_staged", "ops.quarantine_sellers_changes"})

    update, delete = sorted(test_spark.table("cdc.sellers_staged").collect(), key=lambda row: row.sequence_number)
    assert (update.operation, update.sequence_number, update.seller_id) == ("UPDATE", 7, KEY)
    assert (update.seller_zip_code_prefix, update.seller_city, update.seller_state) == ("01234", "São Paulo", "SP")
    assert update.change_timestamp == datetime(2018, 9, 1, 0, 0, 0, 123)
    assert (delete.operation, delete.seller_city, delete.seller_state) == ("DELETE", None, None)

    aside = {row._source_file: row for row in test_spark.table("ops.quarantine_sellers_changes").collect()}
    assert {int(n): row.broken_rules for n, row in aside.items()} == {n: rules for n, (_, rules) in enumerate(BROKEN)}
    assert aside["0"].seller_city == "SÃO PAULO"


@pytest.fixture
def staged(test_spark):  # noqa: F811
    """Empty tables where the dimensions look for the initial load, for events and for what silver has."""
    for entity in CHANGING:
        append(test_spark, f"bronze.{entity.name}", bronze.schema(entity), [])
        append(test_spark, f"cdc.{entity.name}_staged", changes.staged_schema(events_of(entity)), [])
        append(test_spark, f"silver.{entity.name}", silver_schema(entity), [])
    return test_spark


def change(spark: SparkSession, *events: tuple[str, int, str | None]) -> None:
    """Events of the seller: operation, day, city."""
    rows = [
        {
            "operation": operation,
            "sequence_number": day,
            "change_timestamp": datetime(2018, 9, day),
            "seller_id": KEY,
            "seller_city": city,
        }
        for operation, day, city in events
    ]
    append(spark, "cdc.sellers_staged", changes.staged_schema(EVENTS), rows)


def own(spark: SparkSession, table: str) -> list:
    return spark.table(f"cdc.{table}").filter(f"seller_id = '{KEY}'").collect()


def history(spark: SparkSession) -> list[tuple[str, int, int | None]]:
    """City, day of the start and day of the end of each state."""
    rows = sorted(own(spark, "sellers_history"), key=lambda row: row["__START_AT"])
    return [(r.seller_city, r["__START_AT"].day, r["__END_AT"].day if r["__END_AT"] else None) for r in rows]


def test_late_repeated_and_unordered_events_end_in_the_same_rows(staged):
    dimensions = {"cdc.sellers_current", "cdc.sellers_history"}
    change(staged, ("UPDATE", 5, "Natal"), ("INSERT", 1, "Recife"), ("UPDATE", 5, "Natal"))
    pipeline.run(staged, dimensions)
    assert [row.seller_city for row in own(staged, "sellers_current")] == ["Natal"]
    assert history(staged) == [("Recife", 1, 5), ("Natal", 5, None)]

    change(staged, ("UPDATE", 3, "Olinda"))
    pipeline.run(staged, dimensions)
    assert [row.seller_city for row in own(staged, "sellers_current")] == ["Natal"]
    assert history(staged) == [("Recife", 1, 3), ("Olinda", 3, 5), ("Natal", 5, None)]

    change(staged, ("DELETE", 9, None), ("UPDATE", 7, "Caruaru"))
    pipeline.run(staged, dimensions)
    assert own(staged, "sellers_current") == []
    assert history(staged) == [("Recife", 1, 3), ("Olinda", 3, 5), ("Natal", 5, 7), ("Caruaru", 7, 9)]


def test_the_initial_load_holds_before_every_event_and_without_the_rows_that_break_a_rule(staged):
    row = {"seller_id": KEY, "seller_zip_code_prefix": "01234", "seller_city": "recife", "seller_state": "pe"}
    delivered = {**row, "_source_file": "1.csv", "_file_modified_at": datetime(2018, 9, 20)}
    append(staged, "bronze.sellers", bronze.schema(SELLERS), [delivered, {**delivered, "seller_state": " "}])
    change(staged, ("UPDATE", 5, "Natal"))
    pipeline.run(staged, {"cdc.sellers_current", "cdc.sellers_history"})
    assert [row.seller_city for row in own(staged, "sellers_current")] == ["Natal"]
    assert history(staged) == [("Recife", 1, 5), ("Natal", 5, None)]
