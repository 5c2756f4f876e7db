"""The jobs that a person starts: replay of quarantined rows, and erasure of a person, without the tables."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from olist import erasure, personal_data, quarantine, replay
from olist.entities import BY_NAME, RESCUED
from pyspark.sql import functions as F

PERSON, OTHER, ROW, NEW = "a" * 32, "b" * 32, "c" * 32, "0" * 32
HEADER = "customer_id,customer_unique_id,customer_city,customer_name,customer_email,customer_phone\n"


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


def _erased(text: str) -> str:
    return erasure.erase_text(HEADER + text, PERSON, {ROW}, NEW).removeprefix(HEADER)


def test_an_erasure_takes_the_text_of_the_person_and_leaves_that_of_others() -> None:
    others = f'{OTHER},{OTHER}, "x"" y",Ada,a@b.c,1\r\n"{OTHER}",{OTHER},"two\nlines",,,\n'
    assert _erased(others) == others
    assert _erased(f"{OTHER}, {PERSON} ,Rio,Ada,a@b.c,1\n") == f"{OTHER},{NEW},Rio,,,\n"
    # By the customer row alone, where the id of the person is broken; a row with too much or too little in it.
    assert _erased(f'{ROW},,Rio,"Ada, the first",a@b.c,1,more\r\n') == f"{ROW},,Rio,,,,erased\r\n"
    assert _erased(f"{ROW},{PERSON},Rio,Ada") == f"{ROW},{NEW},Rio,"


def test_an_erasure_keeps_times_of_files_and_files_that_do_not_name_the_person(tmp_path: Path) -> None:
    folder = tmp_path / "customers"
    folder.mkdir()
    for name, person in (("1.csv", PERSON), ("2.csv", OTHER)):
        (folder / name).write_text(f"{HEADER}{OTHER},{person},Rio,Ada,a@b.c,1\n")
        os.utime(folder / name, (1_700_000_000, 1_700_000_000))
    inode = (folder / "2.csv").stat().st_ino
    assert erasure.erase_files(str(tmp_path), PERSON, set(), NEW) == 1
    assert "Ada" not in (folder / "1.csv").read_text()
    assert (folder / "1.csv").stat().st_mtime == 1_700_000_000
    assert (folder / "2.csv").stat().st_ino == inode
    assert sorted(path.name for path in folder.iterdir()) == ["1.csv", "2.csv"]
    assert erasure.erase_files(str(tmp_path), PERSON, set(), NEW) == 0


@pytest.mark.parametrize("person", ["", "x", "a" * 31 + "'", "%" * 32])
def test_an_erasure_refuses_what_is_no_id(person: str) -> None:
    with pytest.raises(ValueError, match="32 letters or digits"):
        erasure.check(person)


def test_an_erasure_reaches_every_table_that_says_whose_its_rows_are() -> None:
    by_column = erasure.statement(
        "t", ["customer_id", "customer_unique_id", "customer_email", RESCUED], PERSON, {ROW}, NEW
    )
    assert by_column is not None
    for part in ("customer_email = NULL", f"{RESCUED} = CASE", f"THEN '{NEW}'", f"IN ('{ROW}')"):
        assert part in by_column
    by_text = erasure.statement("ops.replayed", ["delivered", "mended"], PERSON, set(), NEW)
    assert by_text is not None
    assert "get_json_object(delivered, '$.customer_unique_id')" in by_text
    assert erasure.statement("t", ["customer_email"], PERSON, set(), NEW) is None


def test_an_erasure_that_goes_on_gives_the_id_of_the_earlier_run(spark) -> None:
    columns = ["customer_id", "customer_unique_id", "customer_email"]
    rows = [(ROW, PERSON, "a@b.c"), (OTHER, OTHER, None), (ROW, "", None), (ROW, OTHER, "other@b.c")]
    where = {"erased_rows": columns, "ops.replayed": ["delivered"]}
    schema = ", ".join(f"{name} STRING" for name in columns)
    spark.createDataFrame(rows, schema).createOrReplaceTempView("erased_rows")
    assert erasure.earlier(spark, where, PERSON, {ROW}) is None
    assert erasure.earlier(spark, where, PERSON, set()) is None
    spark.createDataFrame([*rows, (f" {ROW}", NEW, None)], schema).createOrReplaceTempView("erased_rows")
    assert erasure.earlier(spark, where, PERSON, {ROW}) == NEW


def test_columns_of_personal_data_are_tagged_and_those_in_a_wrong_table_named() -> None:
    columns = [("silver.customers", "customer_email"), ("bronze.orders", RESCUED), ("bronze.customers", RESCUED)]
    assert personal_data.kinds(columns) == {columns[0]: "email", columns[2]: "unparsed"}
    strays = [("gold.segments", "customer_email"), ("silver.customers", "customer_cpf"), ("gold.x", "category")]
    assert personal_data.strays([*columns, *strays]) == [
        "gold.segments.customer_email",
        "silver.customers.customer_cpf",
    ]
