"""Change events: each once, and how the initial load becomes their start. Which count: notebooks/tests/cdc."""

from __future__ import annotations

from datetime import datetime

from olist import changes
from olist import typed as t
from olist.entities import CHANGING, SELLERS
from olist.events import events_of
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

EVENTS = events_of(SELLERS)
KEY = "s" * 32
GOOD = {
    "sequence_number": " 7",
    "operation": " Update ",
    "change_timestamp": "2018-09-01 00:00:00.000123",
    "seller_id": f" {KEY} ",
    "seller_zip_code_prefix": "01234",
    "seller_city": "SÃO PAULO",
    "seller_state": "sp",
}


def delivered(spark: SparkSession, *rows: dict) -> DataFrame:
    names = [*EVENTS.column_names, t.RESCUED, "_source_file"]
    values = [
        tuple({**GOOD, t.RESCUED: None, "_source_file": "f.csv", **row}.get(name) for name in names) for row in rows
    ]
    frame = spark.createDataFrame(values, ", ".join(f"{name} STRING" for name in names))
    return frame.withColumn("_file_modified_at", F.lit(datetime(2018, 9, 2)))


def test_a_repeated_event_is_logged_once(spark: SparkSession) -> None:
    rows = [
        {},
        {"_source_file": "again.csv", "operation": "UPDATE", "seller_id": KEY},
        {"sequence_number": "8"},
        {t.RESCUED: '{"more":"x","_file_path":"f.csv"}'},
        {t.RESCUED: '{"more":"x","_file_path":"again.csv"}', "_source_file": "again.csv"},
        {t.RESCUED: '{"more":"y","_file_path":"f.csv"}'},
        {"sequence_number": None},
        {"sequence_number": None, "_source_file": "again.csv"},
    ]
    kept = changes.once(delivered(spark, *rows), EVENTS)
    assert kept.columns == delivered(spark).columns
    assert sorted((row.sequence_number or "", (row[t.RESCUED] or "")[:12]) for row in kept.collect()) == [
        ("", ""), (" 7", ""), (" 7", '{"more":"x",'), (" 7", '{"more":"y",'), ("8", ""),
    ]  # fmt: skip


def test_an_initial_row_is_as_silver_holds_it_where_silver_knows_its_version_or_a_later_one(
    spark: SparkSession,
) -> None:
    def landed(*rows: tuple[str, str, int]) -> DataFrame:
        names = [*SELLERS.column_names, *t.LINEAGE]
        values = [
            {"seller_id": key, "seller_city": city, "_source_file": f"{day}.csv", "day": day} for key, city, day in rows
        ]
        frame = spark.createDataFrame(
            [tuple(value.get(name) for name in [*names[:-1], "day"]) for value in values],
            ", ".join([*(f"{name} STRING" for name in names[:-1]), "day INT"]),
        )
        return frame.withColumn(names[-1], F.expr("make_timestamp(2018, 1, day, 0, 0, 0)")).drop("day")

    rows = landed(
        ("a", "old", 1), ("a", "new", 2), ("b", "one", 1), ("b", "other", 1), ("c", "unseen", 3), ("d", "newer", 5)
    )
    silver = landed(("a", "new", 2), ("b", "other", 1), ("d", "seen", 4))
    newest = changes.newest(rows, silver, SELLERS)
    assert newest.columns == rows.columns
    kept = sorted((row.seller_id, row.seller_city) for row in newest.collect())
    assert kept == [("a", "new"), ("a", "new"), ("b", "other"), ("b", "other"), ("c", "unseen"), ("d", "newer")]


def test_an_initial_row_starts_before_every_event(spark: SparkSession) -> None:
    landed = t.typed(delivered(spark, {}).select(*SELLERS.column_names, t.RESCUED, *t.LINEAGE), SELLERS)
    row = changes.initial(landed, SELLERS).first()
    assert (row.operation, row.change_timestamp, row.seller_id) == ("INSERT", datetime(1970, 1, 1), KEY)


def test_every_declared_column_has_a_comment_and_a_place_in_the_rows(spark: SparkSession) -> None:
    for entity in CHANGING:
        events = events_of(entity)
        staged = spark.createDataFrame([], changes.staged_schema(events)).schema
        assert staged.names == [*events.column_names, *t.LINEAGE]
        states = [spark.createDataFrame([], changes.state_schema(entity, history=h)).schema for h in (False, True)]
        assert states[0].names == entity.column_names
        assert states[1].names == [*entity.column_names, "__START_AT", "__END_AT"]
        assert all(field.metadata.get("comment") for schema in (staged, *states) for field in schema.fields)
