"""The jobs that a person starts: replay of quarantined rows, without the tables."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from olist import personal_data, quarantine, replay
from olist.entities import BY_NAME, RESCUED
from pyspark.sql import functions as F

PERSON = "a" * 32


@pytest.mark.parametrize(
    ("entity", "where", "mend", "says"),
    [
        ("order", "TRUE", "{}", "entity is 'order': one of customers, "),
        ("orders", " ", "{}", "where is empty"),
        ("orders", "TRUE", "price=1", "mend is not JSON"),
        ("orders", "TRUE", "[]", "mend must be a JSON object"),
        ("orders", "TRUE", '{"order_status": ""}', "mend must be a JSON object"),
        ("orders", "TRUE", '{"price": "1"}', "mend names price: columns of orders are order_id, "),
        ("orders", "TRUE", '{"_rescued_data": "\'x\'"}', "only NULL"),
    ],
)
def test_a_replay_refuses_parameters_that_cannot_be_meant(entity: str, where: str, mend: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        replay.parse(entity, where, mend)


def test_a_replay_delivers_the_text_of_the_mended_rows() -> None:
    entity = BY_NAME["order_reviews"]
    texts: dict[str, str | None] = {name: f'{name}, said "x"\nand more' for name in entity.column_names}
    texts["review_comment_title"] = None
    content = replay.csv_file(entity, [json.dumps({**texts, RESCUED: None})]).decode()
    (row,) = csv.DictReader(io.StringIO(content))
    assert row == {name: text or "" for name, text in texts.items()}


def _quarantined(spark: Any, *rows: tuple[str, str, str | None]) -> Any:
    entity = BY_NAME["order_items"]
    columns = [*entity.column_names, RESCUED, "_source_file", "_file_modified_at", quarantine.BROKEN]
    sets = [
        (PERSON, item, "d" * 32, "e" * 32, None, price, "1", rescued, "landing/1.csv", "2026-01-01", ["x"])
        for item, price, rescued in rows
    ]
    schema = ", ".join(f"{name} {'ARRAY<STRING>' if name == quarantine.BROKEN else 'STRING'}" for name in columns)
    return spark.createDataFrame(sets, schema).withColumn(
        "_file_modified_at", F.col("_file_modified_at").cast("timestamp")
    )


def test_a_row_that_is_still_wrong_or_older_than_silver_is_not_replayed(spark) -> None:
    rows = _quarantined(spark, ("1", "-2", None), ("2", "-x", None), ("3", "-4", None), ("4", "-5", '{"a": "b"}'))
    newer = spark.sql(
        f"SELECT '{PERSON}' AS order_id, 3 AS order_item_id, 'landing/2.csv' AS _source_file, "
        "TIMESTAMP '2026-01-02' AS _file_modified_at"
    )
    asked = replay.parse("order_items", "price LIKE '-%'", "{\"price\": \"replace(price, '-', '')\"}")
    found = {row.order_item_id: row for row in replay.judged(rows, newer, asked).collect()}
    assert {n: (row.breaks, row.superseded) for n, row in found.items()} == {
        1: ([], False),
        2: (["price_is_not_negative"], False),
        3: ([], True),
        4: (["no_rescued_data"], False),
    }
    assert json.loads(found[1].mended)["price"] == "2"
    assert json.loads(found[1].was.delivered)["price"] == "-2"
    dropped = replay.parse("order_items", "order_item_id = 4", '{"price": "\'5\'", "_rescued_data": "NULL"}')
    assert [row.breaks for row in replay.judged(rows, newer, dropped).collect()] == [[]]


def test_columns_of_personal_data_are_tagged_and_those_in_a_wrong_table_named() -> None:
    columns = [("silver.customers", "customer_email"), ("bronze.orders", RESCUED), ("bronze.customers", RESCUED)]
    assert personal_data.kinds(columns) == {columns[0]: "email", columns[2]: "unparsed"}
    strays = [("gold.segments", "customer_email"), ("silver.customers", "customer_cpf"), ("gold.x", "category")]
    assert personal_data.strays([*columns, *strays]) == [
        "gold.segments.customer_email",
        "silver.customers.customer_cpf",
    ]
