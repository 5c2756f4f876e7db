"""update.run on the real engine: what a second update reads, what fails, what is kept."""

from __future__ import annotations

from pathlib import Path

from lakehouse_engine.testing import EngineProcess, wait_for
from pipelines import Pipeline

STREAM = """
@dp.table(name="{name}", comment="as they came")
@dp.expect("has id", "id is not null")
def orders():
    reader = spark.readStream.format("cloudFiles").option("cloudFiles.format", "csv").option("header", "true")
    return reader.schema("id INT, amount INT, at TIMESTAMP").load("LANDING/orders")
"""


def test_an_update_reads_only_what_is_new_and_late_data_reaches_every_layer(engine: EngineProcess) -> None:
    p = Pipeline(engine).module("tidy.py", "def tidy(frame):\n    return frame.withColumn('twice', frame.amount * 2)\n")
    p.python(
        "from tidy import tidy\n"
        + STREAM.format(name="a_orders")
        + """
@dp.temporary_view
@dp.expect_or_drop("positive", "amount > 0")
def a_good():
    return tidy(spark.readStream.table("a_orders"))

dp.create_streaming_table("a_current")
dp.create_auto_cdc_flow(target="a_current", source="a_good", keys=["id"], sequence_by="at", stored_as_scd_type=1)
"""
    )
    p.sql(
        "CREATE OR REFRESH MATERIALIZED VIEW a_total COMMENT 'sum' AS"
        " WITH a_current AS (SELECT * FROM main.default.a_current) SELECT count(*) n, sum(twice) total FROM a_current"
    )
    p.land("orders/1.csv", "id,amount,at\n1,10,2024-01-02\n2,-1,2024-01-01\n,5,2024-01-01\n")
    p.completed()
    assert p.flow("a_orders")["data_quality"]["expectations"] == [
        {"name": "has id", "dataset": "main.default.a_orders", "passed_records": 2, "failed_records": 1}
    ]
    assert p.flow("a_current")["data_quality"]["dropped_records"] == 1
    assert p.rows("SELECT * FROM a_total") == [["2", "30"]]

    p.land(
        "orders/2.csv", "id,amount,at\n1,99,2024-01-01\n3,7,2024-01-03\n"
    )  # the first row is older than what is there
    p.completed()
    assert p.flow("a_orders")["metrics"]["num_output_rows"] == 2
    assert p.flow("a_current")["metrics"]["num_upserted_rows"] == 1
    assert p.rows("SELECT id, amount FROM a_current WHERE id IS NOT NULL ORDER BY id") == [["1", "10"], ["3", "7"]]
    assert p.rows("SELECT * FROM a_total") == [["3", "44"]]

    p.completed()
    planned = [e for e in p.events if e["event_type"] == "planning_information"]
    assert [e["origin"]["flow_name"] for e in planned] == ["main.default.a_total"], (
        "recomputed although nothing changed"
    )

    p.completed(fullRefresh=True)
    assert p.flow("a_orders")["metrics"]["num_output_rows"] == 5
    assert p.rows("SELECT * FROM a_total") == [["3", "44"]]
    types = {q["table"]["fullName"]: q["table"]["tableType"] for m, q in engine.asked if m == "catalog.putTable"}
    assert types["main.default.a_total"] == "MATERIALIZED_VIEW" and types["main.default.a_current"] == "STREAMING_TABLE"


def test_what_a_function_reads_is_not_brought_up_to_date_where_nothing_else_did_it_before(
    engine: EngineProcess,
) -> None:
    p = Pipeline(engine, configuration={"pipelines.maxParallelFlows": "1"})
    p.python(
        """
@dp.materialized_view
def b_known():
    return spark.read.table("b_landed").groupBy("id").count()

"""
        + STREAM.format(name="b_landed")
    )
    p.land("orders/1.csv", "id,amount,at\n1,10,2024-01-02\n")
    p.completed()
    assert p.rows("SELECT * FROM main.default.b_known") == [["1", "1"]]


def test_a_failed_expectation_keeps_the_table_and_stops_only_what_reads_it(engine: EngineProcess) -> None:
    p = Pipeline(engine).python(STREAM.format(name="b_orders"))
    p.sql("CREATE OR REFRESH STREAMING TABLE b_copy AS SELECT * FROM STREAM(b_orders)")
    p.sql(
        "CREATE OR REFRESH MATERIALIZED VIEW b_checked"
        " (CONSTRAINT small EXPECT (amount < 100) ON VIOLATION FAIL UPDATE) AS SELECT id, amount FROM b_orders;\n"
        "CREATE OR REFRESH MATERIALIZED VIEW b_after AS SELECT count(*) n FROM b_checked"
    )
    p.land("orders/1.csv", "id,amount,at\n1,10,2024-01-02\n")
    p.completed()
    p.land("orders/2.csv", "id,amount,at\n2,500,2024-01-02\n")
    answer = p.update()
    assert answer["state"] == "FAILED"
    message = answer["error"]["message"]
    assert "small" in message and "amount < 100" in message and '"amount": 500' in message, message
    assert p.flow("b_checked")["status"] == "FAILED" and p.flow("b_after")["status"] == "SKIPPED"
    assert p.flow("b_copy")["status"] == "COMPLETED" and p.flow("b_copy")["metrics"]["num_output_rows"] == 1
    assert p.rows("SELECT * FROM b_checked") == [["1", "10"]]


def test_an_error_in_a_query_names_the_source_and_its_line(engine: EngineProcess) -> None:
    p = Pipeline(engine).sql("\nCREATE OR REFRESH MATERIALIZED VIEW c_wrong AS SELECT nothing FROM range(3)")
    message = p.update(validateOnly=True)["error"]["message"]
    assert f"/Workspace/{p.id}/n0:3" in message, message
    assert "nothing" in message
    q = Pipeline(engine).python("@dp.table(colour='red')\ndef d(): ...\n")
    assert f"/Workspace/{q.id}/n0:3" in q.update()["error"]["message"]


def test_validation_makes_no_table_and_finds_errors_behind_datasets_that_do_not_exist_yet(
    engine: EngineProcess,
) -> None:
    p = Pipeline(engine).python(
        STREAM.format(name="d_orders")
        + """
@dp.table(name="d_next")
def d_next():
    return spark.readStream.table("d_orders").drop("at").dropDuplicates(["id"])

@dp.materialized_view
def d_bad():
    return spark.read.table("d_next").select("at")
"""
    )
    p.land("orders/1.csv", "id,amount,at\n1,10,2024-01-02\n")
    answer = p.update(validateOnly=True)
    assert answer["state"] == "FAILED" and "at" in answer["error"]["message"]
    assert p.flow("d_next")["status"] == "QUEUED"
    recorded = [q["table"]["fullName"] for method, q in engine.asked if method == "catalog.putTable"]
    assert not [name for name in recorded if name.startswith("main.default.d_")]


def test_new_columns_in_the_files_become_columns_of_the_table_within_one_update(engine: EngineProcess) -> None:
    p = Pipeline(engine).sql(
        "CREATE OR REFRESH STREAMING TABLE e_t AS SELECT * FROM STREAM read_files('LANDING/in', format => 'csv')"
    )
    p.land("in/1.csv", "a\n1\n")
    p.completed()
    p.land("in/2.csv", "a,b\n2,x\n")
    p.completed()
    assert p.rows("SELECT a, b FROM e_t ORDER BY a") == [["1", None], ["2", "x"]]


def test_selected_tables_alone_are_refreshed(engine: EngineProcess) -> None:
    p = Pipeline(engine).python(STREAM.format(name="f_orders"))
    p.sql("CREATE OR REFRESH MATERIALIZED VIEW f_count AS SELECT count(*) n FROM f_orders")
    p.land("orders/1.csv", "id,amount,at\n1,10,2024-01-02\n")
    p.completed()
    p.land("orders/2.csv", "id,amount,at\n2,10,2024-01-02\n")
    p.completed(refreshSelection=["f_count"])
    assert p.flow("f_orders")["status"] == "EXCLUDED"
    assert p.rows("SELECT * FROM f_count") == [["1"]]
    p.completed(fullRefreshSelection=["f_orders"], refreshSelection=["main.default.f_count"])
    assert p.rows("SELECT * FROM f_count") == [["2"]]
    assert "no_such" in p.update(refreshSelection=["no_such"])["error"]["message"]


def test_a_once_flow_and_two_append_flows_fill_one_table_exactly_once(engine: EngineProcess) -> None:
    p = Pipeline(engine).python(
        """
dp.create_streaming_table("g_all", schema="id INT COMMENT 'key', origin STRING", comment="both")
@dp.append_flow(target="g_all", once=True)
def g_old():
    return spark.sql("SELECT 1 AS id, 'old' AS origin")
for letter in "ab":
    @dp.append_flow(target="g_all", name=f"g_{letter}")
    def g_flow(letter=letter):
        frame = spark.readStream.format("cloudFiles").option("cloudFiles.format", "csv").option("header", "true")
        return frame.schema("id INT").load(f"LANDING/{letter}").selectExpr("id", f"'{letter}' AS origin")
"""
    )
    p.land("a/1.csv", "id\n2\n")
    p.land("b/1.csv", "id\n3\n")
    p.completed()
    p.completed()
    assert p.rows("SELECT * FROM g_all ORDER BY id") == [["1", "old"], ["2", "a"], ["3", "b"]]
    columns = next(
        q["table"]["columns"] for m, q in engine.asked[::-1] if q.get("table", {}).get("fullName", "").endswith("g_all")
    )
    assert columns[0]["comment"] == "key"


def test_a_stopped_update_is_canceled_and_the_next_one_goes_on(engine: EngineProcess) -> None:
    p = Pipeline(engine).python(
        STREAM.format(name="h_orders")
        .replace("return reader", "return slow(reader", 1)
        .replace('orders")\n', 'orders"))\n')
        + """
import os, time
def slow(frame):
    open("SWITCH-reached", "w").close()
    while os.path.exists("SWITCH"):
        time.sleep(0.05)
    return frame
""".replace("SWITCH", str(engine.folder / "h_switch"))
    )
    switch = engine.folder / "h_switch"
    switch.touch()
    p.land("orders/1.csv", "id,amount,at\n1,10,2024-01-02\n")
    going = p.start()
    wait_for(Path(f"{switch}-reached").exists, "the flow to be planned")
    engine.ask("update.stop", {"updateId": p.update_id})
    switch.unlink()
    assert going.result(60) == {"state": "CANCELED"}
    killed = Path(p.storage) / "sources/update-whose-engine-was-killed"
    killed.mkdir(parents=True)
    p.completed()
    assert p.rows("SELECT id FROM h_orders") == [["1"]]
    assert not killed.exists(), "what it left is gone"


def test_a_stop_between_two_jobs_of_a_flow_ends_it(engine: EngineProcess) -> None:
    reached = engine.folder / "o_reached"
    p = Pipeline(engine).python(
        """
import time
@dp.materialized_view
def o_many():
    for at in range(120):
        open("REACHED", "w").close()
        time.sleep(0.5)
        spark.range(1).collect()
    return spark.range(1)
""".replace("REACHED", str(reached))
    )
    going = p.start()
    wait_for(reached.exists, "the flow to begin")
    engine.ask("update.stop", {"updateId": p.update_id})
    assert going.result(30) == {"state": "CANCELED"}


def test_a_stop_that_overtakes_its_update_ends_it_before_it_begins(engine: EngineProcess) -> None:
    p = Pipeline(engine).sql("CREATE OR REFRESH MATERIALIZED VIEW o_overtaken AS SELECT 1 AS one")
    update_id = f"{p.id}-overtaken"
    engine.ask("update.stop", {"updateId": update_id})
    assert p.update(updateId=update_id) == {"state": "CANCELED"}
    told = [p["event"] for method, p in engine.told if method == "update.event" and p["updateId"] == update_id]
    states = [event["details"]["update_progress"]["state"] for event in told if "update_progress" in event["details"]]
    assert states == ["CREATED", "INITIALIZING", "STOPPING", "CANCELED"]
    p.completed()
    assert p.rows("SELECT * FROM o_overtaken") == [["1"]]


def test_the_event_log_is_a_table_and_a_function(engine: EngineProcess) -> None:
    p = Pipeline(engine, event_log={"name": "i_log"})
    p.sql("CREATE OR REFRESH MATERIALIZED VIEW i_one AS SELECT 1 AS one")
    p.completed()
    of = "get_json_object(details, '$.flow_progress.{}')".format
    query = f"SELECT {of('metrics.num_output_rows')} FROM i_log WHERE {of('status')} = 'COMPLETED'"
    assert p.rows(query) == [["1"]]


def test_history_snapshots_and_changes_become_scd_type_2_rows(engine: EngineProcess) -> None:
    p = Pipeline(engine).python(
        """
from pyspark.sql import functions as F
@dp.temporary_view
def j_changes():
    frame = spark.readStream.format("cloudFiles").option("cloudFiles.format", "csv").option("header", "true")
    return frame.schema("id INT, name STRING, n INT, op STRING").load("LANDING/changes")
dp.create_streaming_table("j_history")
dp.create_auto_cdc_flow(target="j_history", source="j_changes", keys=["id"], sequence_by=F.col("n"),
    stored_as_scd_type=2, apply_as_deletes=F.expr("op = 'D'"), except_column_list=["op", "n"])

def versions(latest):
    if latest is None:
        return spark.sql("SELECT 1 AS id, 'a' AS v"), 1
    if latest == 1:
        return spark.sql("SELECT 1 AS id, 'b' AS v"), 2
    return None
dp.create_streaming_table("j_snapshots")
dp.create_auto_cdc_from_snapshot_flow(target="j_snapshots", source=versions, keys=["id"], stored_as_scd_type=2)
"""
    )
    p.land("changes/1.csv", "id,name,n,op\n1,a,1,U\n1,b,3,U\n")
    p.completed()
    p.land("changes/2.csv", "id,name,n,op\n1,late,2,U\n1,,4,D\n")
    p.completed()
    found = p.rows("SELECT name, __START_AT, __END_AT FROM j_history ORDER BY 2")
    assert found == [["a", "1", "2"], ["late", "2", "3"], ["b", "3", "4"]]
    assert p.rows("SELECT v, __START_AT, __END_AT FROM j_snapshots ORDER BY 2") == [["a", "1", "2"], ["b", "2", None]]
