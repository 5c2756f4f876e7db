"""AUTO CDC where a batch or a table is not the usual small one: every way to the target ends in the reference rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from lakehouse_engine.auto_cdc import AutoCdcApplier, apply, store
from lakehouse_engine.auto_cdc.store import EventStore
from lakehouse_engine.errors import EngineError
from pyspark.sql import Row
from reference import expected
from test_auto_cdc import CASES, SCHEMA, flow, stream, table


def run(spark, definition, batches: list[list[dict]], folder: Path) -> None:
    for number, batch in enumerate(batches):
        # Streams also bring the list of columns to update, which no flow here reads.
        rows = [Row(**{name: value for name, value in event.items() if name != "listed"}) for event in batch]
        frame = spark.createDataFrame(rows, SCHEMA)
        AutoCdcApplier(spark, definition, frame.schema, str(folder / "t"), str(folder / "log")).apply(frame, number)


@pytest.mark.parametrize("most", [0, 40], ids=["a large batch", "few events of keys with a long history"])
@pytest.mark.parametrize("case", ["scd1", "scd2 tracking a column"])
def test_what_does_not_fit_into_memory_is_merged(spark, tmp_path: Path, monkeypatch, case: str, most: int) -> None:
    monkeypatch.setattr(apply, "_FEW", most)
    definition, rules, _ = CASES[case]
    batches = stream(7, 30)[:2]
    batches = [batches[0], batches[1][: most or None]]
    run(spark, definition, batches, tmp_path)
    assert table(spark, tmp_path / "t") == expected(rules, batches[0] + batches[1])


def test_a_kill_between_the_commit_and_the_memory_of_it_does_no_harm(spark, tmp_path: Path, monkeypatch) -> None:
    definition, rules, _ = CASES["scd2"]
    first, second, *_ = stream(3, 20)
    run(spark, definition, [first], tmp_path)
    with monkeypatch.context() as killed:
        killed.setattr(EventStore, "append", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run(spark, definition, [second], tmp_path)
    run(spark, definition, [second], tmp_path)
    assert table(spark, tmp_path / "t") == expected(rules, first + second)


def test_two_flows_into_a_target_share_what_they_remember(spark, tmp_path: Path) -> None:
    run(spark, flow(), [[{"id": "k", "name": "new", "city": "x", "seq": 5, "op": "U"}]], tmp_path)
    run(spark, flow(), [[{"id": "k", "name": "late", "city": "x", "seq": 3, "op": "D"}]], tmp_path)
    assert table(spark, tmp_path / "t") == {("k", "new", "x", 5)}


def test_of_two_states_with_one_sequence_the_later_batch_has_the_last_word(spark, tmp_path: Path) -> None:
    for name in ("b", "c", "a"):
        run(spark, flow(), [[{"id": "k", "name": name, "city": "x", "seq": 1, "op": "U"}]], tmp_path)
    run(spark, flow(), [[{"id": "k", "name": "b", "city": "x", "seq": 1, "op": "U"}]], tmp_path)  # once more
    assert table(spark, tmp_path / "t") == {("k", "a", "x", 1)}


def test_keys_that_sets_cannot_compare_are_merged(spark, tmp_path: Path) -> None:
    schema = "id double, name string, seq int"
    define = flow(apply_as_deletes=None, except_column_list=["seq"])
    for number, row in enumerate([(0.0, "old", 1), (-0.0, "new", 2)]):
        frame = spark.createDataFrame([row], schema)
        AutoCdcApplier(spark, define, frame.schema, str(tmp_path / "t"), str(tmp_path / "log")).apply(frame, number)
    assert table(spark, tmp_path / "t") == {(0.0, "new")}


@pytest.mark.parametrize("keys", [150, 1000, 5000])
def test_batches_of_many_keys_find_their_rows(spark, tmp_path: Path, keys: int) -> None:
    def rows(seq: int, name: str, count: int) -> list[dict]:
        return [{"id": f"k{n}", "name": name, "city": "x", "seq": seq, "op": "U"} for n in range(count)]

    run(spark, flow(), [rows(1, "old", keys + 10)], tmp_path)
    run(spark, flow(), [rows(2, "new", keys)], tmp_path)
    found = table(spark, tmp_path / "t")
    assert len(found) == keys + 10
    assert {row[0] for row in found if row[1] == "old"} == {f"k{n}" for n in range(keys, keys + 10)}


def test_the_change_feed_of_a_target_tells_what_changed(spark, tmp_path: Path) -> None:
    name = f"delta.`{tmp_path / 't'}`"
    first = [{"id": key, "name": "a", "city": "x", "seq": 1, "op": "U"} for key in "kl"]
    run(spark, flow(), [first], tmp_path)
    spark.sql(f"ALTER TABLE {name} SET TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')")
    run(spark, flow(), [[{"id": "k", "name": "b", "city": "x", "seq": 2, "op": "U"}]], tmp_path)
    feed = (
        spark.read.format("delta")
        .option("readChangeFeed", "true")
        .option("startingVersion", 2)
        .load(str(tmp_path / "t"))
    )
    assert {(r["_change_type"], r["id"], r["name"]) for r in feed.collect()} == {
        ("update_preimage", "k", "a"),
        ("update_postimage", "k", "b"),
    }


def test_the_remembered_events_do_not_grow_in_number_of_folders(spark, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(store, "_SMALL_FOLDERS", 3)
    kept = EventStore(spark, str(tmp_path / "log"), ["n"])
    assert not kept.exists()
    for number in range(5):
        kept.append(spark.createDataFrame([(number,)], "n int"))
    assert {r.n for r in kept.read(spark.createDataFrame([], "n int").schema).collect()} == set(range(5))
    kept.append(spark.createDataFrame([(5, "x")], "n int, more string"))
    rows = kept.read(spark.createDataFrame([], "n int, more string").schema).collect()
    assert {(r.n, r.more) for r in rows} == {*((n, None) for n in range(5)), (5, "x")}
    assert len([entry for entry in (tmp_path / "log").iterdir() if entry.is_dir()]) <= 3


def test_events_of_an_older_version_are_not_taken_for_none(spark, tmp_path: Path) -> None:
    (tmp_path / "log/_delta_log").mkdir(parents=True)
    with pytest.raises(EngineError, match="run a full refresh"):
        EventStore(spark, str(tmp_path / "log"), ["id"]).exists()
