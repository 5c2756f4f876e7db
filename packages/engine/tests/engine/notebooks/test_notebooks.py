"""notebook.run and python.run on the real engine."""

from __future__ import annotations

from pathlib import Path

from lakehouse_engine.testing import EngineProcess, wait_for

LANDING = "/Volumes/main/raw/landing"


def _value(answer: dict) -> str:
    assert "error" not in answer, answer["error"]
    return answer["result"]


def test_python_code_uses_files_of_a_volume(engine: EngineProcess) -> None:
    answer = engine.notebook(
        f"""
import glob, io, os, pathlib, shutil
import pandas as pd, pyarrow as pa, pyarrow.csv as pc, pyarrow.parquet as pq
base = "{LANDING}/files"
os.makedirs(f"{{base}}/a", exist_ok=True)
pd.DataFrame({{"x": [1, 2]}}).to_csv(f"{{base}}/a/pandas.csv", index=False)
table = pa.table({{"i": [1, 2, 3]}})
pq.write_table(table, f"{{base}}/a/one.parquet")
pc.write_csv(table, f"{{base}}/a/arrow.csv")
with pq.ParquetWriter(f"{{base}}/a/two.parquet", table.schema) as writer:
    writer.write_table(table)
with pc.CSVWriter(f"{{base}}/a/two.csv", table.schema) as writer:
    writer.write_table(table)
folder = pathlib.Path(base)
(folder / "p" / "q").mkdir(parents=True)
(folder / "p/q/f.txt").write_text("hi")
shutil.copytree(f"{{base}}/p", f"{{base}}/copy")
os.rename(f"{{base}}/copy/q/f.txt", f"{{base}}/copy/q/g.txt")
found = sorted(glob.glob(f"{{base}}/**/*.txt", recursive=True))
walked = sorted(os.path.join(at, name) for at, _, names in os.walk(base) for name in names if name.endswith(".txt"))
assert found == walked == sorted(map(str, folder.rglob("*.txt"))), (found, walked)
assert all(entry.path.startswith(base) for entry in os.scandir(base))
shutil.rmtree(f"{{base}}/p")
assert not os.path.exists(f"{{base}}/p") and sorted(os.listdir(base)) == ["a", "copy"]
assert pq.read_table(f"{{base}}/a/two.parquet").num_rows == 3
assert len(pd.read_parquet(f"{{base}}/a/one.parquet")) == 3
try:
    open(f"{{base}}/none")
except FileNotFoundError as error:
    assert error.filename == f"{{base}}/none" and "{engine.folder}" not in str(error)
else:
    raise AssertionError("no error")
rows = spark.read.option("header", True).csv(f"{{base}}/a/pandas.csv").selectExpr("x", "_metadata.file_path p")
dbutils.notebook.exit(rows.first().p)
"""
    )
    assert _value(answer) == f"dbfs:{LANDING}/files/a/pandas.csv"
    assert (engine.folder / "volumes/main/raw/landing/files/a/pandas.csv").read_text() == "x\n1\n2\n"


def test_a_path_out_of_the_volumes_is_refused(engine: EngineProcess) -> None:
    answer = engine.notebook(f"open('{LANDING}/../../../../x', 'w')")
    assert "leaves its volume" in answer["error"]["message"]


def test_cells_widgets_and_magics_share_their_names(engine: EngineProcess) -> None:
    answer = engine.notebook(
        "# MAGIC %md\n# MAGIC # Title",
        "dbutils.widgets.text('n', '1')\ndbutils.widgets.dropdown('mode', 'a', ['a', 'b'])\n"
        "from pyspark.sql import functions as F\n"
        "spark.range(int(dbutils.widgets.get('n'))).createOrReplaceTempView('numbers')",
        "# MAGIC %sql\n# MAGIC SELECT count(*) AS c, :mode AS mode, '${n} \\$1' AS legacy FROM numbers",
        "@F.udf('int')\ndef plus(x):\n    return x + 1\n"
        "top = spark.table('numbers').select(F.max(plus('id'))).first()[0]\n"
        "print('printed', top)\nrow = _sqldf.first()\n"
        "dbutils.notebook.exit(f'{row.c} {row.mode} {top} {row.legacy}')",
        "raise Exception('not reached')",
        run_id="widgets",
        parameters={"n": "5"},
    )
    assert _value(answer) == "5 a 5 5 $1"  # https://docs.databricks.com/aws/en/notebooks/legacy-widgets
    assert "printed 5" in engine.printed("widgets")


def test_an_error_says_where_it_is(engine: EngineProcess) -> None:
    answer = engine.notebook("x = 1", "def f():\n    return undefined\n\nf()")
    assert answer["error"]["message"] == "NameError: name 'undefined' is not defined (/Shared/n, cell 2, line 5)"
    assert (
        "return undefined" in answer["error"]["trace"]
        and "lakehouse_engine/notebook_runner" not in answer["error"]["trace"]
    )
    answer = engine.notebook("x = 1", "\nprint('a'\n")
    assert answer["error"]["message"] == "SyntaxError: '(' was never closed (/Shared/n, cell 2, line 5)"
    answer = engine.notebook("dbutils.widgets.get('none')")
    assert "No input widget named none" in answer["error"]["message"]
    answer = engine.notebook("# MAGIC %sh ls")
    assert "%sh is not supported" in answer["error"]["message"]


def test_a_replaced_module_is_imported_anew(engine: EngineProcess) -> None:
    folder = engine.folder / "workspace/Shared/project"
    (folder / "shared_code").mkdir(parents=True)
    (folder / "shared_code/__init__.py").write_text("")
    (folder / "shared_code/rules.py").write_text("def twice(x):\n    return x * 2\n")
    for value in ("one", "two"):
        (folder / "shared_code/value.py").write_text(f"VALUE = '{value}'")
        (folder / "other.py").write_text(f"# Databricks notebook source\nINCLUDED = '{value}'\n")
        answer = engine.notebook(
            "# MAGIC %run ./other",
            "from pyspark.sql import functions as F\nfrom shared_code.rules import twice\n"
            "assert spark.range(1).select(F.udf(twice, 'string')(F.lit('a'))).first()[0] == 'aa'",
            "from shared_code.value import VALUE\ndbutils.notebook.exit(VALUE + INCLUDED)",
            path="/Shared/project/main",
            sysPath=[str(folder)],
        )
        assert _value(answer) == value * 2


def test_a_called_notebook_answers(engine: EngineProcess) -> None:
    folder = engine.folder / "workspace/Shared"
    folder.mkdir(parents=True, exist_ok=True)
    source = "# Databricks notebook source\ndbutils.notebook.exit(dbutils.widgets.get('a') * 2)\n"
    (folder / "child.py").write_text(source)
    answer = engine.notebook("dbutils.notebook.exit(dbutils.notebook.run('child', 60, {'a': 'x'}))")
    assert _value(answer) == "xx"


def test_a_table_made_by_a_notebook_is_on_record(engine: EngineProcess) -> None:
    engine.asked.clear()
    answer = engine.notebook(
        "spark.range(3).write.mode('overwrite').saveAsTable('main.raw.from_notebook')",
        "spark.sql('GRANT SELECT ON TABLE main.raw.from_notebook TO `g`')",
    )
    assert "error" not in answer, answer
    put = [p["table"]["fullName"] for method, p in engine.asked if method == "catalog.putTable"]
    granted = [p["statement"]["grantee"] for method, p in engine.asked if method == "catalog.statement"]
    assert (put, granted) == (["main.raw.from_notebook"], ["g"])


def test_columns_that_come_with_rows_are_on_record(engine: EngineProcess) -> None:
    def columns() -> list[str]:
        told = [p["table"] for method, p in engine.asked if method == "catalog.putTable"]
        assert told[-1]["fullName"] == "main.default.evolving"
        return [column["name"] for column in told[-1]["columns"]]

    source = "(SELECT 5 AS a, 6 AS b, 7 AS c) s ON t.a = s.a WHEN NOT MATCHED THEN INSERT *"
    engine.notebook("spark.sql('CREATE TABLE evolving (a INT)')")
    for write, expected in (
        (
            "spark.sql('SELECT 1 AS a, 2 AS b').write.mode('append').option('mergeSchema', True)"
            ".saveAsTable('evolving')",
            "ab",
        ),
        (f"spark.sql('MERGE WITH SCHEMA EVOLUTION INTO evolving t USING {source}')", "abc"),
    ):
        answer = engine.notebook(write)
        assert "error" not in answer, answer
        assert columns() == list(expected)
    engine.asked.clear()
    engine.notebook("spark.sql('INSERT INTO evolving VALUES (1, 2, 3)')")
    assert not [method for method, _ in engine.asked if method == "catalog.putTable"]


def test_a_frame_appends_only_where_the_principal_may_change_the_table(engine: EngineProcess) -> None:
    engine.notebook("spark.range(1).write.mode('overwrite').saveAsTable('main.raw.kept')")

    def refuse(params: dict) -> dict:
        if any(check["privilege"] == "MODIFY" for check in params["checks"]):
            raise PermissionError("me may not change it")
        return {}

    engine.answers["catalog.authorize"] = refuse
    try:
        for write in ("insertInto('main.raw.kept')", "mode('append').saveAsTable('main.raw.kept')"):
            answer = engine.notebook(f"spark.range(3).write.{write}")
            assert "me may not change it" in answer["error"]["message"]
        answer = engine.notebook("spark.range(3).writeTo('main.raw.kept').append()")
        assert "me may not change it" in answer["error"]["message"]
    finally:
        del engine.answers["catalog.authorize"]
    assert engine.sql("SELECT count(*) FROM main.raw.kept") == [["1"]]


def test_a_python_file_gets_its_arguments(engine: EngineProcess) -> None:
    source = "import sys\nif __name__ == '__main__':\n    print('args', sys.argv[1:], spark.range(2).count())\n"
    params = {"runId": "file", "path": "/Shared/job.py", "source": source, "argv": ["--a", "1"], "principal": "me"}
    answer = engine.ask("python.run", {**params, "sysPath": []})
    assert "error" not in answer, answer
    assert "args ['--a', '1'] 2" in engine.printed("file")


def test_the_error_of_a_python_file_has_its_place_in_the_trace(engine: EngineProcess) -> None:
    params = {"runId": "bad", "path": "/Shared/bad.py", "source": "\nraise ValueError('no')\n", "argv": []}
    error = engine.ask("python.run", {**params, "principal": "me", "sysPath": []})["error"]
    assert error["message"] == "ValueError: no"
    assert 'File "/Shared/bad.py", line 2' in error["trace"]


def test_a_canceled_notebook_ends(engine: EngineProcess, tmp_path: Path) -> None:
    marker, begun = tmp_path / "reached", tmp_path / "begun"
    for number, body in enumerate(
        ["import time\ntime.sleep(60)", "spark.range(10**12).selectExpr('sum(id % 7)').collect()"]
    ):
        run_id = f"cancel-{number}"
        source = f"# Databricks notebook source\nopen('{begun}', 'w').close()\n{body}\nopen('{marker}', 'w')\n"
        params = {"runId": run_id, "path": "/Shared/slow", "language": "PYTHON", "source": source, "principal": "me"}
        running = engine.send("notebook.run", {**params, "parameters": {}, "sysPath": []})
        wait_for(begun.exists, "the notebook to begin")
        begun.unlink()
        engine.ask("notebook.cancel", {"runId": run_id})
        assert running.result(20)["error"]["message"] == "The run was canceled."
    assert not marker.exists()


def test_a_cancel_that_overtakes_its_run_ends_it_before_it_begins(engine: EngineProcess) -> None:
    engine.ask("notebook.cancel", {"runId": "overtaken"})
    ran = engine.notebook("print('begun')", run_id="overtaken")
    assert ran["error"]["message"] == "The run was canceled."
    assert engine.printed("overtaken") == ""


def test_a_notebook_goes_on_after_one_that_it_called_ran_out_of_time(engine: EngineProcess) -> None:
    file = engine.folder / "workspace/Shared/slow_child.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("spark.range(10**12).selectExpr('sum(id % 7)').collect()")
    ran = engine.notebook(
        "try:\n    dbutils.notebook.run('slow_child', 1)\nexcept TimeoutError as error:\n    print(error)",
        "dbutils.notebook.exit(str(spark.range(7).count()))",
        run_id="calls-slow",
    )
    assert ran["result"] == "7"
    assert engine.printed("calls-slow").strip() == "Notebook '/Shared/slow_child' did not end within 1 seconds."


def test_prints_of_two_runs_stay_apart(engine: EngineProcess) -> None:
    body = (
        "import threading, time\ndef say(text):\n    for _ in range(20):\n        print(text)\n"
        "        time.sleep(0.01)\n"
        "t = threading.Thread(target=say, args=(NAME,))\nt.start()\nt.join()\nsay(NAME)\n"
    )
    runs = {}
    for name in ("left", "right"):
        source = f"# Databricks notebook source\nNAME = '{name}'\n{body}"
        params = {"runId": name, "path": f"/Shared/{name}", "language": "PYTHON", "source": source, "principal": "me"}
        runs[name] = engine.send("notebook.run", {**params, "parameters": {}, "sysPath": []})
    for name, running in runs.items():
        assert "error" not in running.result(60)
        assert engine.printed(name).split() == [name] * 40
