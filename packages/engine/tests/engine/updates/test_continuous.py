"""Continuous pipelines: an update that goes on until it is stopped."""

from __future__ import annotations

from typing import Any

from lakehouse_engine.testing import EngineProcess, wait_for
from pipelines import Pipeline

SOURCES = """
@dp.table(spark_conf={"pipelines.trigger.interval": "1 second"})
@dp.expect_or_drop("positive", "amount > 0")
def NAME_orders():
    return spark.readStream.format("cloudFiles").option("cloudFiles.format", "csv").option("header", "true").schema(
        "id INT, amount INT").load("LANDING/orders")

@dp.materialized_view(spark_conf={"pipelines.trigger.interval": "1 second"})
def NAME_total():
    return spark.read.table("NAME_orders").selectExpr("sum(amount) AS amount")
"""


def continuous(engine: EngineProcess, name: str, **settings: Any) -> Pipeline:
    p = Pipeline(engine, continuous=True, **settings).python(SOURCES.replace("NAME", name))
    p.land("orders/1.csv", "id,amount\n1,10\n2,-1\n")
    return p


def told(engine: EngineProcess, p: Pipeline, flow: str) -> list[dict[str, Any]]:
    events = [q["event"] for m, q in engine.told if m == "update.event" and q["updateId"] == p.update_id]
    of_flow = [e for e in events if e["event_type"] == "flow_progress" and e["origin"]["flow_name"].endswith(flow)]
    return [e["details"]["flow_progress"] for e in of_flow]


def written(engine: EngineProcess, p: Pipeline, flow: str) -> list[int]:
    return [f["metrics"]["num_output_rows"] for f in told(engine, p, flow) if "metrics" in f]


def test_what_arrives_is_processed_until_a_stop(engine: EngineProcess) -> None:
    p = continuous(engine, "ca", event_log={"name": "ca_log"})
    going = p.start()
    wait_for(lambda: written(engine, p, "ca_total") == [1], "the first round")
    p.land("orders/2.csv", "id,amount\n3,5\n")
    wait_for(lambda: written(engine, p, "ca_total") == [1, 1], "the round of the second file")
    assert p.rows("SELECT amount FROM ca_total") == [["15"]]
    assert not going.done()
    engine.ask("update.stop", {"updateId": p.update_id})
    assert going.result(60) == {"state": "CANCELED"}
    statuses = [f["status"] for f in told(engine, p, "ca_orders")]
    assert statuses == ["QUEUED", "STARTING", "RUNNING", "RUNNING", "RUNNING", "STOPPED"]
    assert written(engine, p, "ca_orders") == [1, 1]
    logged = "get_json_object(details, '$.flow_progress.metrics.num_output_rows') IS NOT NULL"
    assert p.rows(f"SELECT count(*) FROM ca_log WHERE {logged} AND origin.flow_name LIKE '%ca_orders'") == [["2"]]


def test_a_full_refresh_resets_tables_once_and_then_goes_on(engine: EngineProcess) -> None:
    p = continuous(engine, "cb")
    going = p.start(fullRefresh=True)
    wait_for(lambda: written(engine, p, "cb_total") == [1], "the first round")
    p.land("orders/2.csv", "id,amount\n3,5\n")
    wait_for(lambda: written(engine, p, "cb_total") == [1, 1], "the round of the second file")
    engine.ask("update.stop", {"updateId": p.update_id})
    assert going.result(60) == {"state": "CANCELED"}
    # A table that is reset again would have read the first file a second time.
    assert written(engine, p, "cb_orders") == [1, 1]


def test_a_flow_that_fails_ends_the_update_with_its_error(engine: EngineProcess) -> None:
    p = continuous(engine, "cc")
    p.python(
        """
@dp.table(spark_conf={"pipelines.trigger.interval": "1 second"})
@dp.expect_or_fail("small", "amount < 100")
def cc_small():
    return spark.readStream.table("cc_orders")
"""
    )
    going = p.start()
    wait_for(lambda: written(engine, p, "cc_small") == [1], "the first round")
    p.land("orders/2.csv", "id,amount\n3,500\n")
    answer = going.result(120)
    assert answer["state"] == "FAILED"
    assert "small" in answer["error"]["message"]
    assert told(engine, p, "cc_small")[-1]["status"] == "FAILED"
    assert told(engine, p, "cc_orders")[-1]["status"] == "STOPPED"


def test_an_interval_that_cannot_be_read_fails_before_anything_is_written(engine: EngineProcess) -> None:
    p = continuous(engine, "cd")
    p.sql("SET pipelines.trigger.interval = soon; CREATE OR REFRESH MATERIALIZED VIEW cd_one AS SELECT 1 AS one")
    answer = p.update()
    assert answer["state"] == "FAILED"
    assert "pipelines.trigger.interval of cd_one is 'soon'; it must be" in answer["error"]["message"]
    assert told(engine, p, "cd_orders") == []


def test_an_update_that_only_validates_ends(engine: EngineProcess) -> None:
    continuous(engine, "ce").completed(validateOnly=True)
