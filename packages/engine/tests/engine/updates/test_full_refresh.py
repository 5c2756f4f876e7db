"""A full refresh that did not come to its end is completed by the next update."""

from __future__ import annotations

import json
from pathlib import Path

from lakehouse_engine.testing import EngineProcess
from lakehouse_engine.updates.full_refresh import FullRefresh
from pipelines import Pipeline


def test_what_an_update_leaves_is_the_next_ones_to_empty(tmp_path: Path) -> None:
    first = FullRefresh(str(tmp_path))
    first.begin({"a", "b", "c"}, ["a", "b", "c"])
    first.done("a")
    later = FullRefresh(str(tmp_path))
    later.begin(set(), ["a", "b"])  # c is no dataset of the pipeline any more
    assert [key in later for key in "abc"] == [False, True, False]
    later.done("b")
    assert not list(tmp_path.iterdir())


def test_a_stream_goes_on_after_a_full_refresh_that_ended_between_two_tables(engine: EngineProcess) -> None:
    p = Pipeline(engine)
    p.python(
        "@dp.table\ndef upstream():\n"
        "    reader = spark.readStream.format('cloudFiles').option('cloudFiles.format', 'csv')\n"
        "    return reader.option('header', 'true').schema('id INT').load('LANDING')\n\n"
        "@dp.table\ndef downstream():\n    return spark.readStream.table('upstream')\n"
    )
    p.land("1.csv", "id\n1\n")
    p.completed()
    # As a kill between the two leaves it: the first is emptied and filled again, the second still has read the old one.
    p.completed(fullRefreshSelection=["upstream"], refreshSelection=[])
    Path(p.storage, "full_refresh.json").write_text(json.dumps(["main.default.downstream"]))
    p.land("2.csv", "id\n2\n")
    p.completed()
    for table in ("upstream", "downstream"):
        assert sorted(p.rows(f"SELECT id FROM {table}")) == [["1"], ["2"]], table
    assert not Path(p.storage, "full_refresh.json").exists()


def test_a_first_update_that_may_not_create_its_table_leaves_none_behind(engine: EngineProcess) -> None:
    def refuse(params: dict) -> dict:
        raise PermissionError("User does not have CREATE TABLE on Schema 'main.default'.")

    p = Pipeline(engine)
    p.sql("CREATE OR REFRESH MATERIALIZED VIEW refused_first AS SELECT 1 AS a")
    put, engine.answers["catalog.putTable"] = engine.answers["catalog.putTable"], refuse
    try:
        answer = p.update()
        assert answer["state"] == "FAILED" and "CREATE TABLE" in answer["error"]["message"]
    finally:
        engine.answers["catalog.putTable"] = put
    p.completed()
    assert p.rows("SELECT * FROM refused_first") == [["1"]]
