"""AUTO CDC FROM SNAPSHOT: the target follows whole copies of the source."""

from __future__ import annotations

from pathlib import Path

import pytest
from lakehouse_engine.auto_cdc import SnapshotApplier
from lakehouse_engine.errors import EngineError
from lakehouse_engine.graph.model import SnapshotCdcFlow, SourceLocation

SCHEMA = "id int, name string"
SNAPSHOTS = {1: [(1, "a"), (2, "b")], 2: [(1, "A"), (3, "c")], 3: [(1, "A"), (2, "back"), (3, "c")]}


def make(spark, tmp_path: Path, scd_type: int) -> SnapshotApplier:
    def following(latest):
        number = (latest or 0) + 1
        return (spark.createDataFrame(SNAPSHOTS[number], SCHEMA), number) if number in SNAPSHOTS else None

    flow = SnapshotCdcFlow("f", "t", following, ["id"], SourceLocation("/p.py", 1), stored_as_scd_type=scd_type)
    applier = SnapshotApplier(spark, flow, str(tmp_path / "t"), str(tmp_path / "state"))
    source = spark.createDataFrame([], SCHEMA).schema
    spark.createDataFrame([], applier.target_schema(source)).write.format("delta").save(str(tmp_path / "t"))
    return applier


def run(applier: SnapshotApplier) -> None:
    while (step := applier.next()) is not None:
        applier.apply(*step)


@pytest.mark.parametrize(
    ("scd_type", "want"),
    [
        (1, {(1, "A"), (2, "back"), (3, "c")}),
        (2, {(1, "a", 1, 2), (1, "A", 2, None), (2, "b", 1, 2), (2, "back", 3, None), (3, "c", 2, None)}),
    ],
)
def test_the_target_is_what_the_snapshots_say(spark, tmp_path: Path, scd_type: int, want: set) -> None:
    applier = make(spark, tmp_path, scd_type)
    run(applier)
    found = {tuple(r) for r in spark.read.format("delta").load(str(tmp_path / "t")).collect()}
    assert found == want
    last = spark.createDataFrame(SNAPSHOTS[3], SCHEMA)
    again = applier.apply(last, 3)
    assert (again.upserted, again.deleted) == (0, 0), "a snapshot applied again changed the target"


def test_a_key_twice_in_a_snapshot_is_refused(spark, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="more than once"):
        make(spark, tmp_path, 1).apply(spark.createDataFrame([(1, "a"), (1, "b")], SCHEMA), 1)
