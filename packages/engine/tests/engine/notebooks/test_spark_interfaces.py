"""What notebooks ask of PySpark and Delta by names and paths of the workspace, beside SQL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from lakehouse_engine.testing import EngineProcess

MINE, OTHERS = "/Workspace/Users/me", "/Workspace/Users/other"


@pytest.fixture
def mirrored(engine: EngineProcess) -> Iterator[EngineProcess]:
    """The engine, with a workspace that copies its files as they are asked for, and gives other users' to nobody."""
    before = dict(engine.answers)
    root = Path(engine.folder) / "workspace"

    def mirror(params: dict) -> dict:
        if not (params["path"] + "/").startswith(MINE + "/"):
            raise PermissionError(f"no READ on {params['path']}")
        folder = root / MINE.removeprefix("/Workspace/") / "data"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "a.csv").write_text("x,y\n1,2\n")
        (folder / "b.csv").write_text("x,y\n3,4\n")
        return {}

    engine.answers["workspace.mirror"] = mirror
    (root / "Users/other").mkdir(parents=True, exist_ok=True)
    (root / "Users/other/s.csv").write_text("secret\n")
    yield engine
    engine.answers = before


def values(engine: EngineProcess, *expressions: str) -> list[object]:
    """The value of each expression as JSON has it; of one that fails, its error's text."""
    answer = engine.notebook(
        "import json, delta\nfound = []\n"
        f"for text in {list(expressions)!r}:\n"
        "    try:\n        found.append(eval(text))\n"
        "    except Exception as error:\n        found.append('failed: ' + str(error))\n"
        "dbutils.notebook.exit(json.dumps(found, default=str))"
    )
    assert "error" not in answer, answer["error"]
    return json.loads(answer["result"])


@pytest.mark.parametrize(
    "path", [f"file:{MINE}/data", f"file://{MINE}/data/*.csv", f"{MINE}/data", f"dbfs:{MINE}/data/[ab].csv"]
)
def test_spark_reads_files_of_the_workspace(mirrored: EngineProcess, path: str) -> None:
    """https://docs.databricks.com/aws/en/files/workspace-interact"""
    query = f"SELECT x FROM read_files('{path}', format => 'csv')"
    rows, shown, supplied = values(
        mirrored,
        f"sorted(r.x for r in spark.read.csv({path!r}, header=True).collect())",
        f"spark.read.format('text').load({path!r}).select('_metadata.file_path').sort('file_path').first()[0]",
        f"sorted(r.x for r in spark.sql({query!r}).collect())",
    )
    assert rows == ["1", "3"] and supplied == [1, 3]
    assert str(shown).endswith(f"{MINE}/data/a.csv")


def test_files_of_the_workspace_are_read_by_who_may_and_written_by_nobody(mirrored: EngineProcess) -> None:
    root = Path(mirrored.folder).resolve() / "workspace"
    denied, copy, above, written, sql = values(
        mirrored,
        f"spark.read.text('file:{OTHERS}/s.csv').collect()",
        f"spark.read.text('file:{root}/Users/other/s.csv').collect()",
        f"spark.read.text('file:{MINE}/../other/s.csv').collect()",
        f"spark.range(1).write.csv('{MINE}/out')",
        f"[r.value for r in spark.sql('SELECT * FROM text.`file:{MINE}/data/a.csv`').collect()]",
    )
    assert f"no READ on {OTHERS}/s.csv" in str(denied)
    assert f"no READ on {OTHERS}/s.csv" in str(copy)
    assert "leaves its volume" in str(above)
    assert "is in the workspace, which Spark only reads" in str(written)
    assert sql == ["x,y", "1,2"]


def test_the_catalog_interface_knows_the_names_of_unity_catalog(engine: EngineProcess) -> None:
    engine.sql("CREATE OR REPLACE TABLE main.raw.listed AS SELECT 1 AS id")
    found = values(
        engine,
        "[(t.catalog, t.namespace) for t in spark.catalog.listTables('main.raw') if t.name == 'listed']",
        "[t.name for t in spark.catalog.listTables('raw', 'list*')]",
        "isinstance(spark.catalog.listTables(), list)",
        "spark.catalog.tableExists('listed', 'raw'), spark.catalog.tableExists('listed', 'main.raw')",
        "spark.catalog.tableExists('listed', 'default')",
        "[c.name for c in spark.catalog.listColumns('listed', 'raw')]",
        "[c.name for c in spark.catalog.listCatalogs('mai*')]",
        "spark.catalog.functionExists('abs'), spark.catalog.functionExists('main.raw.nothing')",
    )
    assert found == [[["main", ["raw"]]], ["listed"], True, [True, True], False, ["id"], ["main"], [True, False]]


def test_delta_builds_tables_by_names_of_up_to_three_parts(engine: EngineProcess) -> None:
    def built(verb: str, name: str, column: str) -> str:
        builder = f"delta.DeltaTable.{verb}(spark).tableName('{name}').addColumn('{column}', 'INT')"
        return f"{builder}.execute().toDF().columns"

    found = values(
        engine,
        built("create", "main.raw.built", "id"),
        built("createIfNotExists", "raw.built", "x"),
        built("createOrReplace", "built", "y"),
        built("create", "main.raw.built", "id"),
        built("replace", "main.raw.not_built", "id"),
        "spark.catalog.currentDatabase()",
    )
    assert found[:3] + found[5:] == [["id"], ["id"], ["y"], "default"]
    assert "ALREADY_EXISTS" in str(found[3])
    assert "not_built" in str(found[4])
    put = [p["table"]["fullName"] for method, p in engine.asked if method == "catalog.putTable"]
    assert {"main.raw.built", "main.default.built"} <= set(put)


def test_rdds_read_files_of_volumes(engine: EngineProcess) -> None:
    (Path(engine.folder) / "volumes/main/raw/landing/lines.txt").write_text("a\nb\n")
    path = "/Volumes/main/raw/landing/lines.txt"
    assert values(engine, f"sc.textFile('{path}').map(str.upper).collect()", f"sc.textFile('dbfs:{path}').count()") == [
        ["A", "B"],
        2,
    ]


def test_settings_of_databricks_hold(engine: EngineProcess) -> None:
    """https://docs.databricks.com/aws/en/structured-streaming/rocksdb-state-store"""
    answer = engine.notebook(
        "store = 'spark.sql.streaming.stateStore.providerClass'\n"
        "spark.conf.set(store, 'com.databricks.sql.streaming.state.RocksDBStateStoreProvider')\n"
        "spark.conf.set('spark.sql.shuffle.partitions', 'auto')\n"
        "spark.sql('SET spark.sql.shuffle.partitions = auto')\n"
        "spark.sql('CREATE OR REPLACE TABLE counted AS SELECT id % 2 AS k FROM range(5)')\n"
        "counts = spark.readStream.table('counted').groupBy('k').count()\n"
        "path = '/Volumes/main/raw/landing/rocks'\n"
        "stream = counts.writeStream.format('delta').outputMode('complete').option('checkpointLocation', path)\n"
        "stream.trigger(availableNow=True).toTable('counts').awaitTermination()\n"
        "dbutils.notebook.exit(str(sorted(map(tuple, spark.table('counts').collect()))))"
    )
    assert answer.get("result") == "[(0, 3), (1, 2)]", answer
    assert list((Path(engine.folder) / "volumes/main/raw/landing/rocks/state").rglob("*.zip")), "no state of RocksDB"
    (refused,) = values(engine, "spark.conf.set('spark.sql.streaming.stateStore.providerClass', 'java.lang.String')")
    assert "INVALID_CONF_VALUE" in str(refused)


def test_refusals_are_exceptions_of_pyspark(engine: EngineProcess) -> None:
    code = (
        "from pyspark.errors import AnalysisException\nfound = []\n"
        "for refused in (lambda: spark.read.csv('/etc/passwd').count(), \n"
        "        lambda: spark.sql(\"LIST '/Volumes/main/raw/landing'\"), lambda: spark.sql('ADD JAR x.jar')):\n"
        "    try:\n        refused()\n"
        "    except AnalysisException as error:\n"
        "        found.append([type(error).__name__, bool(error.getCondition()), str(error) == error.getMessage()])\n"
        "dbutils.notebook.exit(found)"
    )
    answer = engine.notebook(code)
    assert answer.get("result") == str([["AnalysisException", True, True]] * 3), answer
    message = engine.notebook("spark.read.csv('/etc/passwd')")["error"]["message"]
    assert message.startswith(("[INVALID_PARAMETER_VALUE.PATH] ", "AnalysisException: ")), message
    message = engine.notebook("spark.sql('ADD JAR x.jar')")["error"]["message"]
    assert "EngineError" not in message and "Py4J" not in message, message


def test_a_trace_shows_no_place_of_this_machine(engine: EngineProcess) -> None:
    for source in ("spark.sql('SELECT * FROM nowhere_at_all')", "spark.table('nowhere_at_all').count()"):
        error = engine.notebook(source)["error"]
        assert "nowhere_at_all" in error["trace"]
        assert "lakehouse_engine" not in error["trace"]
        assert "site-packages" not in error["trace"]


def test_a_run_has_the_spark_conf_of_its_cluster(engine: EngineProcess) -> None:
    """https://docs.databricks.com/aws/en/compute/configure: a cluster's Spark configuration is that of its sessions."""
    conf = {
        "spark.sql.shuffle.partitions": "7",
        "my.stage": "dev",
        "spark.master": "local[*]",
        "spark.sql.extensions": "org.example.Mine",
        "spark.hadoop.fs.file.impl": "org.example.Files",
        "my.token": "{{secrets/vault/token}}",
    }
    child = engine.folder / "workspace/Shared/conf_child.py"
    child.parent.mkdir(parents=True, exist_ok=True)
    child.write_text("# Databricks notebook source\ndbutils.notebook.exit(spark.conf.get('my.stage'))")
    answer = engine.notebook(
        "names = ['spark.sql.shuffle.partitions', 'my.stage', 'my.token']\n"
        "dbutils.notebook.exit([*(spark.conf.get(n, None) for n in names), dbutils.notebook.run('conf_child', 60)])",
        run_id="conf",
        sparkConf=conf,
    )
    assert answer.get("result") == "['7', 'dev', None, 'dev']", answer
    printed = engine.printed("conf")
    for name in ("spark.master", "spark.sql.extensions", "spark.hadoop.fs.file.impl", "my.token"):
        assert f"spark_conf {name} of run conf's cluster has no effect: " in printed
    assert "a reference to a secret is not resolved here" in printed
    assert engine.notebook("dbutils.notebook.exit(spark.conf.get('my.stage', 'none'))")["result"] == "none"
