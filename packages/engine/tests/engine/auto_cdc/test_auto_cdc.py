"""AUTO CDC against the plain-Python reference: many keys a batch, each key a random stream of its own."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from lakehouse_engine.auto_cdc import AutoCdcApplier
from lakehouse_engine.errors import EngineError
from lakehouse_engine.graph.model import AutoCdcFlow, SourceLocation
from reference import Rules, expected

SCHEMA = "id string, name string, city string, seq bigint, op string"
PARTIAL = SCHEMA + ", listed array<string>"
HERE = SourceLocation("/pipeline/cdc.py", 3)
VALUES = ("a", "b", None)


def flow(**given) -> AutoCdcFlow:
    base = {"keys": ["id"], "sequence_by": "seq", "apply_as_deletes": "op = 'D'", "except_column_list": ["op"]}
    return AutoCdcFlow("f", "t", "s", location=HERE, **{**base, **given})


def stream(seed: int, keys: int, truncates: int = 0) -> list[list[dict]]:
    """Events of `keys` keys, shuffled over four batches, some of them delivered twice."""
    dice = random.Random(seed)
    events = []
    for number in range(keys):
        for seq in dice.sample(range(1, 30), dice.randint(1, 8)):
            op = "D" if dice.random() < 0.25 else "U"
            name, city = dice.choice(VALUES), dice.choice(VALUES)
            listed = [c for c in ("name", "city", "seq", "op") if dice.random() < 0.5]
            events.append({"id": f"k{number}", "name": name, "city": city, "seq": seq, "op": op, "listed": listed})
    for _ in range(truncates):
        seq = dice.randint(1, 20)
        events.append({"id": None, "name": None, "city": None, "seq": seq, "op": "T", "listed": None})
    dice.shuffle(events)
    batches: list[list[dict]] = [[], [], [], []]
    for event in events:
        for _ in range(2 if dice.random() < 0.2 else 1):
            dice.choice(batches).append(event)
    return batches


def table(spark, path) -> set[tuple]:
    rows = [tuple(r) for r in spark.read.format("delta").load(str(path)).collect()]
    assert len(rows) == len(set(rows)), "the target holds a row twice"
    return set(rows)


def partial(**given) -> AutoCdcFlow:
    return flow(columns_to_update="LISTED", except_column_list=["op", "listed"], **given)


TRACK_ALL = ("name", "city", "seq")
CASES = {
    "scd1": (flow(), Rules(1, TRACK_ALL), 0),
    "scd1 ignoring nulls": (flow(ignore_null_updates=True), Rules(1, TRACK_ALL, ("name", "city")), 0),
    "scd1 truncates": (flow(apply_as_truncates="op = 'T'"), Rules(1, TRACK_ALL), 3),
    "scd2": (flow(stored_as_scd_type=2), Rules(2, TRACK_ALL), 0),
    "scd2 tracking a column": (
        flow(stored_as_scd_type=2, track_history_column_list=["name"]),
        Rules(2, ("name",)),
        0,
    ),
    "scd2 tracking, nulls of a column ignored": (
        flow(
            stored_as_scd_type=2,
            track_history_except_column_list=["seq"],
            ignore_null_updates_columns=["city"],
        ),
        Rules(2, ("name", "city"), ("city",)),
        0,
    ),
    "scd1 partial updates, truncates": (
        partial(apply_as_truncates="op = 'T'"),
        Rules(1, TRACK_ALL, partial=True),
        2,
    ),
    "scd2 partial updates, tracking": (
        partial(stored_as_scd_type=2, track_history_column_list=["name"]),
        Rules(2, ("name",), partial=True),
        0,
    ),
}


@pytest.mark.parametrize("case", CASES, ids=list(CASES))
def test_any_order_of_arrival_gives_the_reference_rows(spark, tmp_path: Path, case: str) -> None:
    definition, rules, truncates = CASES[case]
    seen: list[dict] = []
    for number, batch in enumerate(stream(len(case), 60, truncates)):
        schema = PARTIAL if rules.partial else SCHEMA
        frame = spark.createDataFrame([tuple(e.values())[: 6 if rules.partial else 5] for e in batch], schema)
        applier = AutoCdcApplier(spark, definition, frame.schema, str(tmp_path / "t"), str(tmp_path / "log"))
        applier.apply(frame, number)
        seen += batch
        want = expected(rules, seen)
        assert table(spark, tmp_path / "t") == want, f"after batch {number}"
    again = applier.apply(frame, number)
    assert (again.upserted, again.deleted) == (0, 0), "a repeated batch changed the target"
    assert table(spark, tmp_path / "t") == want


def test_an_event_without_sequence_is_refused_before_anything_changes(spark, tmp_path: Path) -> None:
    frame = spark.createDataFrame([("k", "a", "b", None, "U")], SCHEMA)
    applier = AutoCdcApplier(spark, flow(), frame.schema, str(tmp_path / "t"), str(tmp_path / "log"))
    with pytest.raises(EngineError, match="sequence_by: 1 of 1 events have no sequence"):
        applier.apply(frame, 0)
    assert not (tmp_path / "t").exists()


@pytest.mark.parametrize(
    ("listed", "message"),
    [
        (None, "columns_to_update: 1 updates have no list of columns"),
        (["name", "town"], "columns_to_update: an update lists town; the source has: id, name"),
        ([None], "columns_to_update: an update lists NULL"),
    ],
)
def test_a_list_of_columns_that_says_nothing_is_refused(spark, tmp_path: Path, listed, message: str) -> None:
    frame = spark.createDataFrame([("k", "a", "b", 1, "U", listed), ("k", None, None, 2, "D", None)], PARTIAL)
    applier = AutoCdcApplier(spark, partial(), frame.schema, str(tmp_path / "t"), str(tmp_path / "log"))
    with pytest.raises(EngineError, match=message):
        applier.apply(frame, 0)
    assert not (tmp_path / "t").exists()


def test_partial_updates_and_whole_events_of_two_flows_meet(spark, tmp_path: Path) -> None:
    """Whichever flow comes last, an event of the other keeps its meaning; events at one sequence make one."""
    paths = str(tmp_path / "t"), str(tmp_path / "log")

    def apply(definition: AutoCdcFlow, *events: tuple) -> None:
        frame = spark.createDataFrame(list(events), PARTIAL)
        AutoCdcApplier(spark, definition, frame.schema, *paths).apply(frame, 0)

    whole = flow(except_column_list=["op", "listed"])
    apply(whole, ("k", "a", "b", 1, "U", None))
    apply(partial(), ("k", None, "x", 5, "U", ["Name", "seq"]), ("k", "x", "oslo", 5, "U", ["city"]))
    assert table(spark, paths[0]) == {("k", None, "oslo", 5)}
    apply(whole, ("k", "late", "late", 3, "U", None), ("n", "new", None, 1, "U", None))
    assert table(spark, paths[0]) == {("k", None, "oslo", 5), ("n", "new", None, 1)}
    apply(partial(), ("k", "y", "y", 9, "U", []), ("n", None, "rio", 2, "U", ["city"]))
    assert table(spark, paths[0]) == {("k", None, "oslo", 5), ("n", "new", "rio", 1)}
    with pytest.raises(EngineError, match="ignore_null_updates: another flow into the target has columns_to_update"):
        apply(flow(except_column_list=["op", "listed"], ignore_null_updates=True), ("k", None, "b", 9, "U", None))


def test_a_new_column_of_the_source_becomes_part_of_target_and_history(spark, tmp_path: Path) -> None:
    paths = str(tmp_path / "t"), str(tmp_path / "log")
    old = spark.createDataFrame([("k", "a", "b", 1, "U")], SCHEMA)
    AutoCdcApplier(spark, flow(stored_as_scd_type=2), old.schema, *paths).apply(old, 0)
    new = spark.createDataFrame([("k", "a", "b", 2, "U", 7)], SCHEMA + ", size int")
    AutoCdcApplier(spark, flow(stored_as_scd_type=2), new.schema, *paths).apply(new, 1)
    rows = spark.read.format("delta").load(paths[0]).orderBy("__START_AT").collect()
    assert [(r["seq"], r["size"], r["__END_AT"]) for r in rows] == [(1, None, 2), (2, 7, None)]


def test_a_struct_sequence_orders_by_its_fields(spark, tmp_path: Path) -> None:
    schema = "id string, name string, day int, n int"
    frame = spark.createDataFrame([("k", "late", 2, 1), ("k", "early", 1, 9), ("k", "last", 2, 3)], schema)
    define = flow(
        sequence_by="struct(day, n)", apply_as_deletes=None, except_column_list=["day", "n"], stored_as_scd_type=2
    )
    applier = AutoCdcApplier(spark, define, frame.schema, str(tmp_path / "t"), str(tmp_path / "log"))
    applier.apply(frame.limit(1), 0)
    applier.apply(frame, 1)
    rows = spark.read.format("delta").load(str(tmp_path / "t")).orderBy("__START_AT").collect()
    assert [(r["name"], r["__END_AT"] and tuple(r["__END_AT"])) for r in rows] == [
        ("early", (2, 1)),
        ("late", (2, 3)),
        ("last", None),
    ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"keys": []}, "keys: is empty"),
        ({"keys": ["nope"]}, "keys: there is no column nope"),
        ({"column_list": ["name"], "except_column_list": None}, "the key id is not among"),
        ({"column_list": ["id"]}, "exclude each other"),
        (
            {"stored_as_scd_type": 2, "apply_as_truncates": "op = 'T'"},
            "apply_as_truncates: is supported for SCD type 1",
        ),
        ({"track_history_column_list": ["name"]}, "needs stored_as_scd_type 2"),
        ({"apply_as_deletes": "op"}, "apply_as_deletes: is not a condition"),
        ({"columns_to_update": "nope"}, "columns_to_update: there is no column nope"),
        ({"columns_to_update": "op"}, "columns_to_update: the column op is string; it must be array<string>"),
        ({"columns_to_update": "op", "ignore_null_updates": True}, "columns_to_update: and ignore_null_updates"),
        ({"columns_to_update": "op", "ignore_null_updates_columns": ["city"]}, "exclude each other"),
    ],
)
def test_a_wrong_argument_is_refused_by_name(spark, tmp_path: Path, given: dict, message: str) -> None:
    schema = spark.createDataFrame([], SCHEMA).schema
    with pytest.raises(EngineError, match=message):
        AutoCdcApplier(spark, flow(**given), schema, str(tmp_path / "t"), str(tmp_path / "log"))
