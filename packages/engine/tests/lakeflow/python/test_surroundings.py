"""What surrounds a pipeline's queries: event hooks, dbutils, warnings, settings of views, and whose rights count."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from engine.notebooks.test_packages import wheel_of
from lakeflow.python.sources import HOOKS
from lakehouse_engine.testing import EngineProcess
from pipelines import Pipeline


@pytest.fixture(scope="module")
def engine(corpus) -> EngineProcess:
    return corpus.engine


def messages(pipeline: Pipeline, level: str) -> list[str]:
    return [event["message"] for event in pipeline.events if event["level"] == level]


def test_hooks_see_every_event_in_order_and_their_failures_end_only_themselves(
    engine: EngineProcess, tmp_path: Path
) -> None:
    told = tmp_path / "told.jsonl"
    p = Pipeline(engine).python(
        f"""
import json
@dp.on_event_hook
def keep(event):
    with open({str(told)!r}, "a") as file:
        file.write(json.dumps([event["event_type"], event["details"]]) + "\\n")

@dp.on_event_hook(max_allowable_consecutive_failures=1)
def broken(event):
    raise ValueError("not today")

@dp.materialized_view
def s_hooked():
    return spark.range(2)
"""
    )
    p.completed()
    seen = [json.loads(line) for line in told.read_text().splitlines()]
    states = [details["update_progress"]["state"] for kind, details in seen if kind == "update_progress"]
    assert states == ["SETTING_UP_TABLES", "RUNNING", "COMPLETED"], HOOKS
    flows = [details["flow_progress"]["status"] for kind, details in seen if kind == "flow_progress"]
    assert flows == ["QUEUED", "STARTING", "RUNNING", "COMPLETED"]
    failures = [m for m in messages(p, "WARN") if "not today" in m]
    assert len(failures) == 2 and "called no more" in failures[1]


def test_updates_with_other_packages_take_turns(engine: EngineProcess, tmp_path: Path) -> None:
    """Each waits before its sources are loaded: one update loads sources at a time, and those that go on need to."""
    pipelines: list[Pipeline] = []
    for number in (1, 2):
        wheel = wheel_of(tmp_path, "taking_turns", str(number), f"version = {number}\n")
        p = Pipeline(engine).python("# COMMAND ----------\n# MAGIC %pip install " + str(wheel))
        p.module(f"late{number}.py", "from taking_turns import version\n").python(
            f"""
@dp.materialized_view
def s_turn{number}():
    from late{number} import version
    return spark.range(version)
"""
        )
        pipelines.append(p)
    going = [p.start() for p in pipelines]
    assert [answer.result(120) for answer in going] == [{"state": "COMPLETED"}] * 2
    counted = pipelines[0].rows("SELECT (SELECT count(*) FROM s_turn1), (SELECT count(*) FROM s_turn2)")
    assert counted == [["1", "2"]]


def test_sources_find_what_lies_outside_of_the_root(engine: EngineProcess) -> None:
    """A shared source beside its modules, a folder on sys.path and files by their names in the workspace."""
    asked: list[str] = []

    def mirror(params: dict) -> dict:
        asked.append(params["path"])
        shared = engine.folder / "workspace/shared/lib"
        (shared / "tools").mkdir(parents=True, exist_ok=True)
        (shared / "numbers_of_lib.py").write_text("N = 3\n")
        (shared / "tools/names_of_lib.py").write_text("NAME = 's_outside'\n")
        (shared / "spec.json").write_text('{"comment": "from a file"}')
        return {}

    engine.answers["workspace.mirror"] = mirror
    p = Pipeline(engine).module("inside.json", '{"inside": 1}').python(
        """
import json, sys
from numbers_of_lib import N
sys.path.append("/Workspace/shared/lib/tools")
from names_of_lib import NAME
with open("/Workspace/shared/lib/spec.json") as file:
    SPEC = json.load(file)
with open("/Workspace/ROOT/inside.json") as file:
    SPEC.update(json.load(file))

@dp.materialized_view(name=NAME, comment=SPEC["comment"])
def outside():
    return spark.range(N + SPEC["inside"])
"""
    )  # fmt: skip
    p.sources[0]["path"] = "/Workspace/shared/lib/source"
    p.sources[0]["content"] = p.sources[0]["content"].replace("ROOT", p.id)
    try:
        p.completed()
    finally:
        del engine.answers["workspace.mirror"]
    assert asked[0] == "/Workspace/shared/lib" and "/Workspace/shared/lib/tools" in asked
    assert p.rows("SELECT count(*) FROM s_outside") == [["4"]]


def test_tables_of_databricks_are_read_as_streams(engine: EngineProcess) -> None:
    """https://docs.databricks.com/aws/en/discover/databricks-datasets: tables in the catalog samples, as any other."""
    id_of_trips: Any = {"name": "id", "type_text": "bigint", "type_name": "LONG", "position": 0, "nullable": True}
    id_of_trips["type_json"] = '{"name":"id","type":"long","nullable":true,"metadata":{}}'
    table = {
        "fullName": "samples.nyctaxi.trips", "tableId": "trips-id", "tableType": "VIEW", "owner": "System user",
        "viewDefinition": "SELECT IF(id < 0, NULL, id) AS id FROM range(0, 5, 1, 1)", "columns": [id_of_trips],
        "properties": {},
    }  # fmt: skip
    made = [{"op": "createCatalog", "catalog": "samples"}]
    made += [{"op": "createSchema", "catalog": "samples", "schema": "nyctaxi"}, {"op": "putTable", "table": table}]
    engine.ask("catalog.apply", {"changes": made})
    p = (
        Pipeline(engine)
        .sql("CREATE STREAMING TABLE s_trips AS SELECT * FROM STREAM(samples.nyctaxi.trips)")
        .python(
            "@dp.table\ndef s_trips_again():\n    return spark.readStream.table('samples.nyctaxi.trips')\n"
            "@dp.materialized_view\ndef s_trips_batch():\n    return spark.read.table('samples.nyctaxi.trips')\n"
        )
    )
    try:
        p.completed()
        engine.ask("catalog.apply", {"changes": [{"op": "putTable", "table": table}]})  # as after a restart
        p.completed()
        names = ("s_trips", "s_trips_again", "s_trips_batch")
        assert [p.rows(f"SELECT count(*) FROM {name}") for name in names] == [[["5"]]] * 3, "once, not again"
        answer = engine.notebook(
            "rows = spark.readStream.table('samples.nyctaxi.trips').writeStream.trigger(availableNow=True)\n"
            "rows.format('memory').queryName('s_seen').start().awaitTermination()\n"
            "dbutils.notebook.exit(spark.table('s_seen').count())"
        )
        assert answer.get("result") == "5", answer
    finally:
        engine.ask("catalog.apply", {"changes": [{"op": "dropCatalog", "catalog": "samples"}]})


def test_casts_are_strict_unless_the_pipeline_says_otherwise(engine: EngineProcess) -> None:
    """https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-ansi-compliance: on by default from runtime 17.0.
    https://docs.databricks.com/aws/en/release-notes/dlt/: pipelines run on 17.3 and newer, in both channels."""
    text = "@dp.materialized_view\ndef s_cast():\n    return spark.sql(\"SELECT CAST('none' AS INT) AS n\")\n"
    answer = Pipeline(engine).python(text).update()
    assert "CAST_INVALID_INPUT" in answer["error"]["message"], answer
    lenient = {"spark.sql.ansi.enabled": "false"}
    by_place: dict[str, Any] = {
        "s_cast_by_configuration": {"configuration": lenient},
        "s_cast_by_cluster": {"clusters": [{"label": "default", "spark_conf": {**lenient, "spark.jars": "no.jar"}}]},
    }
    for name, settings in by_place.items():
        p = Pipeline(engine, **settings).python(text.replace("s_cast", name))
        p.completed()
        assert p.rows(f"SELECT * FROM {name}") == [[None]]
    assert any("spark.jars" in text for text in messages(p, "WARN"))


def test_sources_have_files_secrets_parameters_and_their_context(engine: EngineProcess) -> None:
    engine.answers["secrets.get"] = lambda p: {"value": base64.b64encode(b"key-of-" + p["principal"].encode()).decode()}
    engine.answers["task.context"] = lambda p: {"host": "http://here", "workspaceId": 42, "runId": p["runId"]}
    engine.answers["run.login"] = lambda p: {"host": "http://here", "token": " for " + p["principal"]}
    p = Pipeline(engine, configuration={"kind": "json"}).module(
        "where.py",
        "from pyspark.dbutils import DBUtils\n\n\ndef names(spark, folder):\n"
        "    return [f.name for f in DBUtils(spark).fs.ls(folder)]\n",
    )
    p.python(
        """
from where import names
TOKEN = dbutils.secrets.get("scope", "key")
context = dbutils.entry_point.getDbutils().notebook().getContext()
TOKEN += context.notebookPath().get()[-3:] + context.apiUrl().get() + str(context.jobId().isDefined())
from databricks.sdk.runtime import dbutils as same
TOKEN += same.notebook.getContext().apiToken().get()
try:
    dbutils.notebook.run("/other", 60)
except Exception as error:
    TOKEN += str(error)[:56]
def following(latest):
    found = sorted(name for name in names(spark, "LANDING/s") if int(name.split(".")[0]) > (latest or 0))
    if not found:
        return None
    frame = spark.read.format(dbutils.widgets.get("kind")).schema("id INT, v STRING").load(f"LANDING/s/{found[0]}")
    return frame, int(found[0].split(".")[0])

if __name__ == "__main__":
    dp.create_streaming_table("s_snapshots", comment=TOKEN)
dp.create_auto_cdc_from_snapshot_flow("s_snapshots", following, ["id"], stored_as_scd_type=1)
"""
    )
    p.land("s/1.json", '{"id": 1, "v": "a"}\n')
    p.completed()
    p.land("s/2.json", '{"id": 1, "v": "b"}\n{"id": 2, "v": "c"}\n')
    p.completed()
    assert p.rows("SELECT * FROM s_snapshots ORDER BY id") == [["1", "b"], ["2", "c"]]
    (comment,) = {q["table"]["comment"] for m, q in engine.asked if m == "catalog.putTable" and "s_snapshots" in str(q)}
    refused = "dbutils.notebook.run is not available in a pipeline's sou"
    assert comment == "key-of-me/n0http://hereFalse for me" + refused[:56]


def test_actions_in_a_query_function_are_told_with_their_place(engine: EngineProcess) -> None:
    p = Pipeline(engine).python(
        "@dp.materialized_view\ndef s_base():\n    return spark.range(3)\n"
        "@dp.materialized_view\ndef s_asks():\n    known = [row.id for row in spark.read.table('s_base').collect()]\n"
        "    return spark.range(spark.read.table('s_base').count() + max(known))\n"
    )
    p.completed()
    assert p.rows("SELECT count(*) FROM s_asks") == [["5"]]
    told = messages(p, "WARN")
    assert [
        name for text in told for name in ("collect()", "count()") if f"n0:6: the function calls {name}" in text
    ] == [
        "collect()",
        "count()",
    ]


def test_what_a_pipeline_leaves_out_of_its_sources_is_told(engine: EngineProcess) -> None:
    p = Pipeline(engine, configuration={"kind": "json"}).python(
        """
# COMMAND ----------

# MAGIC %md-sandbox
# MAGIC <div>no code</div>

# COMMAND ----------

# MAGIC %fs ls /anywhere

# COMMAND ----------

# MAGIC %sql
# MAGIC -- how it looks
# MAGIC SHOW TABLES; SELECT 1

# COMMAND ----------

dbutils.widgets.text("kind", "csv", "Format")
dbutils.widgets.dropdown("mode", "some", ["some", "all"])

@dp.table(comment=dbutils.widgets.get("mode"))
def s_left_out():
    files = spark.readStream.format("cloudFiles").option("cloudFiles.format", dbutils.widgets.get("kind"))
    return files.option("skipChangeCommits", "true").schema("id INT").load("LANDING")
"""
    )
    p.land("1.json", '{"id": 1}\n')
    p.completed()
    assert p.rows("SELECT * FROM s_left_out") == [["1"]]
    told = messages(p, "WARN")
    assert "%fs does not run in a pipeline, and the cell is ignored" in told[0], told
    assert "the %sql cell defines no dataset, and is ignored" in told[1]
    assert "Flow 'main.default.s_left_out': cloudFiles: option skipChangeCommits has no effect" in told[2]


def test_a_view_that_nothing_reads_is_resolved(engine: EngineProcess) -> None:
    p = Pipeline(engine).python("@dp.materialized_view\ndef s_alone():\n    return spark.range(3)\n")
    p.sql("CREATE LIVE VIEW s_unread AS SELECT * FROM LIVE.s_nowhere")
    answer = p.update()
    assert answer["state"] == "FAILED" and "the pipeline has no dataset s_nowhere" in answer["error"]["message"], answer
    assert p.flow("s_unread")["status"] == "FAILED"


def test_settings_of_a_view_hold_in_its_query_alone(engine: EngineProcess) -> None:
    hour = "spark.sql(\"SELECT date_format(timestamp_seconds(0), 'HH') AS h\")"
    p = Pipeline(engine).python(
        "@dp.temporary_view(spark_conf={'spark.sql.session.timeZone': 'Asia/Tokyo'})\n"
        f"def s_tokyo():\n    return {hour}\n"
        f"@dp.materialized_view\ndef s_hours():\n    return {hour}.union(spark.read.table('s_tokyo'))\n"
    )
    p.completed()
    assert p.rows("SELECT * FROM s_hours ORDER BY h") == [["00"], ["09"]]


@pytest.mark.parametrize("settings", ["", "(spark_conf={'spark.sql.shuffle.partitions': '1'})"])
def test_a_flow_with_settings_of_its_own_reads_as_its_principal_too(engine: EngineProcess, settings: str) -> None:
    engine.sql("CREATE TABLE IF NOT EXISTS main.raw.s_closed AS SELECT 1 AS x")

    def refuse(params: dict) -> dict:
        for check in params["checks"]:
            if check["fullName"] == "main.raw.s_closed":
                raise PermissionError(f"{params['principal']} may not read {check['fullName']}")
        return {}

    before = engine.answers.get("catalog.authorize")
    engine.answers["catalog.authorize"] = refuse
    name = f"s_reads_{len(settings)}"
    p = Pipeline(engine).python(
        f"@dp.materialized_view{settings}\ndef {name}():\n    return spark.read.table('main.raw.s_closed')\n"
    )
    try:
        assert "me may not read main.raw.s_closed" in p.update()["error"]["message"]
    finally:
        if before is None:
            del engine.answers["catalog.authorize"]
        else:
            engine.answers["catalog.authorize"] = before


def test_a_batch_handler_writes_as_the_updates_principal(engine: EngineProcess) -> None:
    def refuse(params: dict) -> dict:
        if any(check["privilege"] == "MODIFY" for check in params["checks"]):
            raise PermissionError("me may not change it")
        return {}

    engine.sql("CREATE TABLE IF NOT EXISTS main.raw.s_target (id BIGINT)")
    p = Pipeline(engine).python(
        "@dp.table\ndef s_stream():\n    reader = spark.readStream.format('cloudFiles')\n"
        "    return reader.option('cloudFiles.format', 'json').schema('id BIGINT').load('LANDING/h')\n"
        "@dp.foreach_batch_sink\ndef s_handler(df, batch_id):\n"
        "    df.write.mode('append').insertInto('main.raw.s_target')\n"
        "@dp.append_flow(target='s_handler')\ndef s_feed():\n    return spark.readStream.table('s_stream')\n"
    )
    p.land("h/1.json", '{"id": 1}\n')
    engine.answers["catalog.authorize"] = refuse
    try:
        assert "me may not change it" in p.update()["error"]["message"]
    finally:
        del engine.answers["catalog.authorize"]
    p.completed()
    assert p.rows("SELECT * FROM main.raw.s_target") == [["1"]]


def test_workers_import_what_lies_beside_the_sources(engine: EngineProcess) -> None:
    text = (
        "from helpers.names import greet\nfrom pyspark.sql.functions import *\n"
        "spark.udf.register('s_greet', greet, 'string')\n"
        "@dp.materialized_view\ndef s_late():\n"
        "    @udf('string')\n    def late(x):\n        import helpers.names\n        return helpers.names.greet()\n"
        "    rows = spark.range(2).select(late('id').alias('a'))\n"
        "    return rows.agg(countDistinct('a').alias('n'), max('a').alias('a'))\n"
    )
    p = Pipeline(engine).python(text).sql("CREATE MATERIALIZED VIEW s_greeted AS SELECT s_greet() AS a")
    for greeting in ("hi", "hello"):  # a worker keeps no module of an earlier update
        p.files.clear()
        p.module("helpers/names.py", f"def greet():\n    return '{greeting}'\n")
        p.completed()
        assert p.rows("SELECT a, (SELECT a FROM s_late), (SELECT n FROM s_late) FROM s_greeted") == [
            [greeting, greeting, "1"]
        ]
