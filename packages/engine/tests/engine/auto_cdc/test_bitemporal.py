"""Bitemporal AUTO CDC against the plain-Python reference (ldp/cdc-advanced, "Bitemporal AUTO CDC")."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from lakehouse_engine.auto_cdc import AutoCdcApplier, apply
from lakehouse_engine.errors import EngineError
from lakehouse_engine.graph.model import AutoCdcFlow
from pyspark.sql import DataFrame
from reference import Rules, expected_bitemporal
from test_auto_cdc import flow, table

SCHEMA = "id string, name string, city string, seq bigint, sys bigint, op string"
VALUES = ("a", "b", None)


def bitemporal(**given) -> AutoCdcFlow:
    base = {"stored_as_scd_type": "bitemporal", "system_sequence_by": "sys", "except_column_list": ["op"]}
    return flow(**{**base, **given})


def stream(seed: int, keys: int) -> list[dict]:
    """Events of `keys` keys that share few times, shuffled, some of them twice; sequences repeat at other times."""
    dice = random.Random(seed)
    events = []
    for number in range(keys):
        for place in dice.sample(range(80), dice.randint(1, 9)):
            seq, sys = divmod(place, 8)
            op = "D" if dice.random() < 0.25 else "U"
            name, city = dice.choice(VALUES), dice.choice(VALUES)
            event = {"id": f"k{number}", "name": name, "city": city, "seq": seq, "sys": sys, "op": op}
            events += [event] * (2 if dice.random() < 0.2 else 1)
    dice.shuffle(events)
    return events


def split(seed: int, events: list[dict]) -> list[list[dict]]:
    """In order, into batches of any size, of which some are empty."""
    dice = random.Random(seed)
    cuts = sorted(dice.randint(0, len(events)) for _ in range(dice.randint(0, 4)))
    return [events[a:b] for a, b in zip([0, *cuts], [*cuts, len(events)], strict=True)]


def run(spark, definition: AutoCdcFlow, batch: list[dict], folder: Path, number: int = 0):
    frame: DataFrame = spark.createDataFrame([tuple(e.values()) for e in batch], SCHEMA)
    applier = AutoCdcApplier(spark, definition, frame.schema, str(folder / "t"), str(folder / "log"))
    return applier.apply(frame, number)


ALL, SOME = ("id", "name", "city", "seq", "sys"), ("id", "name", "city")
CASES = {
    "all columns": (bitemporal(), Rules("bitemporal", ALL[1:], columns=ALL)),
    "states that repeat": (
        bitemporal(except_column_list=["op", "seq", "sys"]),
        Rules("bitemporal", SOME[1:], columns=SOME),
    ),
    "nulls that are ignored": (
        bitemporal(column_list=list(SOME), except_column_list=None, ignore_null_updates=True),
        Rules("bitemporal", SOME[1:], ("name", "city"), columns=SOME),
    ),
    "nulls of a column that are ignored": (
        bitemporal(except_column_list=["op", "sys"], ignore_null_updates_columns=["city"]),
        Rules("bitemporal", ALL[1:4], ("city",), columns=ALL[:4]),
    ),
}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("case", CASES, ids=list(CASES))
def test_any_order_and_any_batches_give_the_reference_rows(spark, tmp_path: Path, case: str, seed: int) -> None:
    definition, rules = CASES[case]
    seen: list[dict] = []
    for number, batch in enumerate(split(seed, stream(seed + len(case), 60))):
        run(spark, definition, batch, tmp_path, number)
        seen += batch
        if seen:
            assert table(spark, tmp_path / "t") == expected_bitemporal(rules, seen), f"after batch {number}"
    again = run(spark, definition, batch, tmp_path, number)
    assert (again.upserted, again.deleted) == (0, 0), "a repeated batch changed the target"


def test_late_and_early_times_in_batches_of_one_event_give_the_reference_rows(spark, tmp_path: Path) -> None:
    definition, rules = CASES["nulls that are ignored"]
    events = stream(3, 1)
    for number, event in enumerate(events):
        run(spark, definition, [event], tmp_path, number)
        assert table(spark, tmp_path / "t") == expected_bitemporal(rules, events[: number + 1])


@pytest.mark.parametrize("most", [0, 40], ids=["a large batch", "few events of keys with a long history"])
def test_what_does_not_fit_into_memory_is_merged(spark, tmp_path: Path, monkeypatch, most: int) -> None:
    monkeypatch.setattr(apply, "_FEW", most)
    definition, rules = CASES["states that repeat"]
    events = stream(7, 30)
    batches = [events[:70], events[70 : 70 + (most or 60)]]
    for batch in batches:
        run(spark, definition, batch, tmp_path)
    assert table(spark, tmp_path / "t") == expected_bitemporal(rules, batches[0] + batches[1])


def day(clock: str) -> str:
    return f"2025-07-18 {clock}"


def test_the_guides_company_is_added_updated_late_and_deleted(spark, tmp_path: Path) -> None:
    """The worked example of ldp/cdc-advanced: four changes of company A, the third out of order. The times of the
    deletion's reading are our own."""
    schema = "company string, data string, bt timestamp, st timestamp, op string"
    rows = [
        ("A", "XFv1", day("10:01:00"), day("10:05:00"), "U"),
        ("A", "XFv2", day("12:15:43"), day("12:20:00"), "U"),
        ("A", "XFv3", day("12:05:00"), day("12:25:00"), "U"),
        ("A", None, day("12:30:00"), day("12:35:00"), "D"),
    ]
    definition = bitemporal(
        keys=["company"], sequence_by="bt", system_sequence_by="st", except_column_list=["bt", "st", "op"]
    )
    found = []
    for number, row in enumerate(rows):
        frame = spark.sql(f"SELECT * FROM VALUES {row!r} AS t(company, data, bt, st, op)".replace("None", "NULL"))
        frame = frame.selectExpr(*[f"CAST({c.split()[0]} AS {c.split()[1]})" for c in schema.split(", ")])
        applier = AutoCdcApplier(spark, definition, frame.schema, str(tmp_path / "t"), str(tmp_path / "log"))
        applier.apply(frame, number)
        rows_now = spark.read.format("delta").load(str(tmp_path / "t"))
        texts = rows_now.selectExpr("data", *[f"date_format({c}, 'HH:mm:ss')" for c in rows_now.columns[2:]])
        found.append({tuple(r) for r in texts.collect()})
    assert rows_now.columns[2:] == ["__START_AT", "__END_AT", "__SYSTEM_START_AT", "__SYSTEM_END_AT"]
    assert found[0] == {("XFv1", "10:01:00", None, "10:05:00", None)}
    assert found[1] == {
        ("XFv1", "10:01:00", None, "10:05:00", "12:20:00"),
        ("XFv1", "10:01:00", "12:15:43", "12:20:00", None),
        ("XFv2", "12:15:43", None, "12:20:00", None),
    }
    late = {
        ("XFv1", "10:01:00", None, "10:05:00", "12:20:00"),
        ("XFv1", "10:01:00", "12:15:43", "12:20:00", "12:25:00"),
        ("XFv1", "10:01:00", "12:05:00", "12:25:00", None),
        ("XFv3", "12:05:00", "12:15:43", "12:25:00", None),
    }
    assert found[2] == late | {("XFv2", "12:15:43", None, "12:20:00", None)}
    assert found[3] == late | {
        ("XFv2", "12:15:43", None, "12:20:00", "12:35:00"),
        ("XFv2", "12:15:43", "12:30:00", "12:35:00", None),
    }


def test_times_that_are_structs_order_by_their_fields(spark, tmp_path: Path) -> None:
    schema = "id string, name string, day int, n int"
    frame = spark.createDataFrame([("k", "late", 2, 1), ("k", "early", 1, 9)], schema)
    given = bitemporal(
        sequence_by="day", system_sequence_by="struct(day, n)", apply_as_deletes=None, except_column_list=["day", "n"]
    )
    AutoCdcApplier(spark, given, frame.schema, str(tmp_path / "t"), str(tmp_path / "log")).apply(frame, 0)
    rows = [tuple(r) for r in spark.read.format("delta").load(str(tmp_path / "t")).collect()]
    assert set(rows) == {
        ("k", "early", 1, None, (1, 9), (2, 1)),
        ("k", "early", 1, 2, (2, 1), None),
        ("k", "late", 2, None, (2, 1), None),
    }


def test_an_event_without_a_time_of_the_system_is_refused(spark, tmp_path: Path) -> None:
    event = {"id": "k", "name": "a", "city": "b", "seq": 1, "sys": None, "op": "U"}
    with pytest.raises(EngineError, match="system_sequence_by: 1 of 1 events have no sequence"):
        run(spark, bitemporal(), [event], tmp_path)
    assert not (tmp_path / "t").exists()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"system_sequence_by": None}, "system_sequence_by: is missing; bitemporal history needs"),
        ({"stored_as_scd_type": 2}, 'system_sequence_by: needs stored_as_scd_type "bitemporal"'),
        ({"apply_as_truncates": "op = 'T'"}, "apply_as_truncates: is supported for SCD type 1 only"),
        ({"columns_to_update": "op"}, "columns_to_update: is not supported for bitemporal history"),
        ({"track_history_column_list": ["name"]}, "track_history_column_list: needs stored_as_scd_type 2"),
        ({"system_sequence_by": "nope"}, "nope"),
    ],
)
def test_what_bitemporal_history_excludes_is_refused_by_name(spark, tmp_path: Path, given, message: str) -> None:
    schema = spark.createDataFrame([], SCHEMA).schema
    with pytest.raises(Exception, match=message):
        AutoCdcApplier(spark, bitemporal(**given), schema, str(tmp_path / "t"), str(tmp_path / "log"))
