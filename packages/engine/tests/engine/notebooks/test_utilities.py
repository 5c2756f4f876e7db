"""dbutils and magics as notebooks of jobs use them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest
from lakehouse_engine.testing import EngineProcess

LANDING = "/Volumes/main/raw/landing"
CONTEXT = {"host": "http://127.0.0.1:4680", "workspaceId": 42}


@pytest.fixture
def workspace(engine: EngineProcess) -> Iterator[EngineProcess]:
    """The engine, with a workspace that has a secret, and knows the run as the task `here` of job 7."""
    before = dict(engine.answers)
    secrets = {"vault": {"token": "s3cret-value"}}
    values: dict[str, object] = {}

    def listed(params: dict) -> dict:
        return {"names": list(secrets[params["scope"]] if "scope" in params else secrets)}

    engine.answers |= {
        "secrets.get": lambda p: {"value": base64.b64encode(secrets[p["scope"]][p["key"]].encode()).decode()},
        "secrets.list": listed,
        "task.context": lambda p: {**CONTEXT, "jobId": 7, "jobRunId": 70, "taskKey": "here", "runId": p["runId"]},
        "task.setValue": lambda p: values.update({p["key"]: p["json"]}) or {},
        "task.getValue": lambda p: {"found": p["key"] in values, "json": values.get(p["key"])},
    }
    yield engine
    engine.answers = before


def result(answer: dict) -> str:
    assert "error" not in answer, answer["error"]
    return answer["result"]


def test_secrets_are_listed_and_never_printed(workspace: EngineProcess) -> None:
    answer = workspace.notebook(
        "token = dbutils.secrets.get(scope='vault', key='token')\nprint('token', token)\n"
        "names = [s.name for s in dbutils.secrets.listScopes()] + [s.key for s in dbutils.secrets.list('vault')]\n"
        "dbutils.notebook.exit(f'{len(token)} {names}')",
        run_id="secret",
    )
    assert result(answer) == "12 ['vault', 'token']"
    assert workspace.printed("secret").strip() == "token [REDACTED]"


def test_values_of_tasks_pass_to_later_tasks(workspace: EngineProcess) -> None:
    answer = workspace.notebook(
        "dbutils.jobs.taskValues.set(key='rows', value={'n': 3})\n"
        "got = dbutils.jobs.taskValues.get(taskKey='here', key='rows', debugValue=0)\n"
        "other = dbutils.jobs.taskValues.get(taskKey='here', key='none', default='d', debugValue='x')\n"
        "dbutils.notebook.exit(f'{got} {other}')"
    )
    assert result(answer) == "{'n': 3} d"
    answer = workspace.notebook("dbutils.jobs.taskValues.get(taskKey='here', key='none', debugValue='x')")
    assert "Task 'here' has set no value 'none'" in answer["error"]["message"]
    workspace.answers["task.context"] = lambda p: {}
    answer = workspace.notebook(
        "dbutils.notebook.exit(dbutils.jobs.taskValues.get(taskKey='here', key='none', debugValue='x'))"
    )
    assert result(answer) == "x", "outside of a job, the value for debugging"


def test_a_notebook_knows_its_context(workspace: EngineProcess) -> None:
    """By each of the ways in which public notebooks ask for it."""
    answer = workspace.notebook(
        "context = dbutils.notebook.entry_point.getDbutils().notebook().getContext()\n"
        "same = dbutils.entry_point.getDbutils().notebook().getContext()\n"
        "import json\n"
        "said = [context.notebookPath().get(), same.userName().get(), context.jobId().get(),\n"
        "        context.tags().get('taskKey').get(), context.tags().get('none').isDefined(),\n"
        "        json.loads(context.toJson())['tags']['multitaskParentRunId'],\n"
        "        json.loads(dbutils.notebook.getContext().safeToJson())['attributes']['orgId'],\n"
        "        same.browserHostName().get(), context.apiUrl().get(), context.clusterId().getOrElse('none')]\n"
        "try:\n    context.clusterld()\nexcept AttributeError as error:\n    said.append(str(error)[:39])\n"
        "dbutils.notebook.exit(json.dumps(said))",
        path="/Workspace/Shared/own",
    )
    assert json.loads(result(answer)) == [
        "/Shared/own", "me", "7", "here", False, "70", "42", "127.0.0.1:4680", "http://127.0.0.1:4680", "none",
        "the context of a run has no clusterld i",
    ]  # fmt: skip


def test_modules_beside_a_notebook_have_dbutils(workspace: EngineProcess) -> None:
    folder = workspace.folder / "workspace/Shared/runtime"
    folder.mkdir(parents=True)
    (folder / "helper_with_dbutils.py").write_text(
        "def by_class(spark):\n    from pyspark.dbutils import DBUtils\n"
        "    return DBUtils(spark).widgets.get('w')\n\n\n"
        "def by_runtime():\n    from databricks.sdk.runtime import dbutils, spark\n"
        "    return dbutils.secrets.get('vault', 'token')[:2] + str(spark.range(2).count())\n"
    )
    answer = workspace.notebook(
        "from helper_with_dbutils import by_class, by_runtime\ndbutils.notebook.exit(by_class(spark) + by_runtime())",
        path="/Shared/runtime/n",
        sysPath=[str(folder)],
        parameters={"w": "given"},
    )
    assert result(answer) == "givens32"


def test_files_of_a_volume_can_be_handled(workspace: EngineProcess) -> None:
    base = f"{LANDING}/utilities"
    answer = workspace.notebook(
        f"fs = dbutils.fs\nfs.mkdirs('{base}/in')\nfs.put('{base}/in/a.txt', 'hello', True)\n"
        f"fs.cp('{base}/in', '{base}/copy', True)\nfs.mv('{base}/copy/a.txt', '{base}/b.txt')\n"
        f"listed = [(f.name, f.size) for f in fs.ls('{base}')]\ngone = fs.rm('{base}/copy', True)",
        f"# MAGIC %fs head {base}/b.txt",
        "try:\n    dbutils.fs.mount('s3://b', '/mnt/b')\nexcept AttributeError as error:\n    text = str(error)\n"
        "dbutils.notebook.exit(f'{listed} {gone} {text}')",
        run_id="files",
    )
    assert result(answer).startswith("[('b.txt', 5), ('copy/', 0), ('in/', 0)] True dbutils.fs.mount is not available")
    assert workspace.printed("files").strip() == "hello"


def test_the_sample_files_of_databricks_are_said_not_to_be_here(workspace: EngineProcess) -> None:
    """https://docs.databricks.com/aws/en/discover/databricks-datasets: by Spark, dbutils and FUSE."""
    answer = workspace.notebook(
        "import json, os, pandas\nfile = '/databricks-datasets/retail-org/customers/customers.csv'\ntold = []\n"
        "def say(action):\n    try:\n        action()\n    except Exception as error:\n"
        "        told.append('does not carry' in str(error) and '/Volumes/<catalog>' in str(error))\n"
        "say(lambda: spark.read.csv(file))\nsay(lambda: spark.read.text('dbfs:' + file))\n"
        "say(lambda: spark.read.text('file:/dbfs' + file))\n"
        "say(lambda: spark.readStream.format('text').load(os.path.dirname(file)))\n"
        "say(lambda: spark.sql(f\"SELECT * FROM read_files('{file}')\"))\n"
        "say(lambda: spark.sql(f'SELECT * FROM csv.`{file}`'))\n"
        "say(lambda: dbutils.fs.ls('/databricks-datasets'))\n"
        "say(lambda: dbutils.fs.cp('dbfs:' + file, '/Volumes/main/raw/landing'))\n"
        "say(lambda: open('/dbfs' + file))\nsay(lambda: os.listdir('/databricks-datasets/'))\n"
        "say(lambda: pandas.read_csv('/dbfs' + file))\n"
        "told.append(os.path.exists(file))\ndbutils.notebook.exit(json.dumps(told))"
    )
    assert json.loads(result(answer)) == [True] * 11 + [False]


def test_delta_and_files_are_written_to_a_folder_of_a_volume(workspace: EngineProcess) -> None:
    """Names with blanks, quotes and percent signs, as dbutils and Python's own files know them."""
    folder = f'{LANDING}/my own/day="1 %41"'
    answer = workspace.notebook(
        f"folder = '{folder}'\nspark.range(2).write.save(folder + '/table')\n"
        "spark.sql(f'INSERT INTO delta.`{folder}/table` VALUES (7)')\n"
        "spark.range(3).write.csv(folder + '/files', header=True)\n"
        "dbutils.fs.put(folder + '/one.csv', 'id\\n5\\n')\n"
        "names = [f.name for f in dbutils.fs.ls(folder)]\n"
        "one = spark.read.csv(folder + '/one.csv', header=True).first().id\n"
        "files = spark.read.csv(folder + '/files', header=True).count()\n"
        "spark.sql(f'CREATE TABLE delta.`{folder}/made` AS SELECT * FROM delta.`{folder}/table`')\n"
        "spark.sql(f'DELETE FROM delta.`{folder}/made` WHERE id = 0')\n"
        "spark.range(2).write.parquet(folder + '/parquet')\n"
        "plain = spark.sql(f'SELECT * FROM parquet.`{folder}/parquet`').count()\n"
        "made = spark.sql(f'SELECT * FROM delta.`{folder}/made`').count()\n"
        "rows = [spark.read.load(folder + '/table').count(), files, plain, made]\n"
        "dbutils.notebook.exit(f'{names} {one} {rows}')",
        "# MAGIC %md-sandbox\n# MAGIC <div>no code</div>",
    )
    assert result(answer) == "['files/', 'one.csv', 'table/'] 5 [3, 3, 2, 2]"


def test_a_folder_with_files_of_a_volume_can_be_removed(workspace: EngineProcess) -> None:
    answer = workspace.notebook(
        f"base = '{LANDING}/removed'\ndbutils.fs.put(base + '/in/a.txt', 'hello')\ndbutils.fs.rm(base, True)\n"
        "import os, shutil\ngone = os.path.exists(base)\nos.makedirs(base + '/deep')\n"
        "open(base + '/deep/b.txt', 'w').close()\nshutil.rmtree(base)\n"
        "dbutils.notebook.exit(f'{gone} {os.path.exists(base)}')"
    )
    assert result(answer) == "False False"


def test_a_stream_writes_to_a_table(workspace: EngineProcess) -> None:
    """Once into a new table, once more into the same; display shows what is there."""
    answer = workspace.notebook(
        "spark.sql('CREATE OR REPLACE TABLE main.raw.streamed_from AS SELECT id FROM range(3)')\n"
        "def stream():\n    rows = spark.readStream.table('main.raw.streamed_from')\n"
        f"    to = rows.writeStream.option('checkpointLocation', '{LANDING}/streamed_checkpoint')\n"
        "    to.trigger(availableNow=True).toTable('main.raw.streamed_to').awaitTermination()\n"
        "    return spark.table('main.raw.streamed_to').count()\n"
        "first = stream()\nspark.sql('INSERT INTO main.raw.streamed_from VALUES (7)')\nsecond = stream()\n"
        "display(spark.readStream.table('main.raw.streamed_to'))",
        "from delta.tables import DeltaTable\n"
        "table = DeltaTable.forName(spark, 'main.raw.streamed_to')\ntable.delete('id = 7')\n"
        "spark.sql('USE main.raw')\n"
        "source = spark.range(2, 5).withColumnRenamed('id', 'new')\n"
        "(DeltaTable.forName(spark, 'streamed_to').alias('t').merge(source.alias('s'), 't.id = s.new')\n"
        "    .whenMatchedDelete().whenNotMatchedInsert(values={'id': 's.new'}).execute())\n"
        "ids = sorted(r.id for r in spark.table('streamed_to').collect())\n"
        "dbutils.notebook.exit(f'{first} {second} {ids} {table.history(1).first().operation}')",
    )
    assert result(answer) == "3 4 [0, 1, 3, 4] MERGE"


def test_sql_cells_share_the_session_of_python(workspace: EngineProcess) -> None:
    answer = workspace.notebook(
        "spark.range(3).createOrReplaceTempView('numbers_here')\nspark.conf.set('my.limit', '2')",
        "# MAGIC %sql\n# MAGIC CREATE OR REPLACE TEMP VIEW few AS SELECT id FROM numbers_here WHERE id < ${my.limit};\n"
        "# MAGIC SELECT count(*) AS n FROM few",
        "# MAGIC %python\n# MAGIC n = _sqldf.first()['n']",
        "dbutils.library.restartPython()\ndisplay(spark.table('few'))\nspark.range(7, 8).display()",
        "dbutils.notebook.exit(n)",
        run_id="cells",
    )
    assert result(answer) == "2"
    printed = workspace.printed("cells")
    assert "restartPython does nothing" in printed and "|id |" in printed and "|7  |" in printed


def test_annotations_of_a_notebook_are_text(workspace: EngineProcess) -> None:
    answer = workspace.notebook(
        "import pandas as pd\nfrom pyspark.sql.functions import pandas_udf\n"
        "@pandas_udf('long')\ndef plus(v: pd.Series) -> pd.Series:\n    return v + 1\n"
        "dbutils.notebook.exit(spark.range(3).agg({'id': 'max'}).select(plus('max(id)')).first()[0])"
    )
    assert result(answer) == "3"


def test_a_called_notebook_that_fails_says_so(workspace: EngineProcess) -> None:
    folder = workspace.folder / "workspace/Shared"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "failing.py").write_text("# Databricks notebook source\nraise ValueError('from below')\n")
    answer = workspace.notebook("dbutils.notebook.run('./failing', 60)")
    assert "'/Shared/failing' failed: ValueError: from below" in answer["error"]["message"]
