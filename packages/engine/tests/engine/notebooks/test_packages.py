"""Packages of runs: imported by their code and by its functions on workers, gone with the run.

https://docs.databricks.com/aws/en/jobs/python-wheel, https://docs.databricks.com/aws/en/libraries/notebooks-python-libraries
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from engine.updates.pipelines import Pipeline
from lakehouse_engine.environments import install, runtime
from lakehouse_engine.testing import EngineProcess

SOURCE = "from lakehouse_engine.notebook_runner.wheels import call\ncall({package!r}, {entry!r})\n"
GREET = (
    "import sys\n"
    "def greet(x):\n    return f'hi {x}'\n"
    "def main():\n"
    "    from pyspark.sql import SparkSession\n    from pyspark.sql.functions import udf\n"
    "    rows = SparkSession.builder.getOrCreate().range(1).select(udf(greet)('id').alias('g')).collect()\n"
    "    print(sys.argv[1:], rows[0].g)\n"
    "def other():\n    print('other')\n"
)


def wheel_of(folder: Path, name: str, version: str, code: str, requires: str = "") -> str:
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}/__init__.py": code,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\nstart = {name}:main\n",
    }
    file = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        archive.writestr(f"{info}/RECORD", "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"]))
    return str(file)


@pytest.fixture(scope="module")
def greet(tmp_path_factory: pytest.TempPathFactory) -> str:
    return wheel_of(tmp_path_factory.mktemp("wheels"), "my_greet", "0.1", GREET, "Requires-Dist: pandas>=2\n")


def run(engine: EngineProcess, run_id: str, package: str, entry: str, *dependencies: str) -> dict:
    params = {"runId": run_id, "path": package, "principal": "me", "sysPath": [], "argv": ["a", "--b=c"]}
    source = SOURCE.format(package=package, entry=entry)
    return engine.ask("python.run", {**params, "source": source, "dependencies": list(dependencies)})


def test_an_entry_point_runs_and_workers_import_the_package(engine: EngineProcess, greet: str) -> None:
    assert "error" not in run(engine, "wheel1", "my-greet", "start", greet)
    assert engine.printed("wheel1").strip() == "['a', '--b=c'] hi 0"
    assert "error" not in run(engine, "wheel2", "my-greet", "other", greet)  # a function, no entry point
    assert engine.printed("wheel2").strip() == "other"


def test_what_is_missing_is_named(engine: EngineProcess, greet: str, tmp_path: Path) -> None:
    assert "'my-greet' is not installed" in run(engine, "wheel3", "my-greet", "start")["error"]["message"]
    message = run(engine, "wheel4", "my-greet", "nope", greet)["error"]["message"]
    assert "no entry point and no function 'nope'" in message
    old = wheel_of(tmp_path, "older", "1", "", "Requires-Dist: pandas<2\n")
    with pytest.raises(Exception, match=r"older-1-py3-none-any\.whl cannot be installed: .*pandas<2") as failed:
        run(engine, "wheel5", "older", "main", old)
    assert failed.value.data["error_class"] == "LIBRARY_INSTALLATION_FAILED"


def test_a_wheel_brings_the_extras_that_are_asked_for(engine: EngineProcess, tmp_path: Path) -> None:
    helper = wheel_of(tmp_path, "helper", "1", "HELP = 'yes'\n")
    more = f"Provides-Extra: train\nRequires-Dist: helper @ file://{helper} ; extra == 'train'\n"
    model = wheel_of(tmp_path, "model", "1", "def main():\n    import helper\n    print(helper.HELP)\n", more)
    assert "No module named 'helper'" in run(engine, "extra1", "model", "main", model)["error"]["message"]
    assert "error" not in run(engine, "extra2", "model", "main", f"{model}[train]")
    assert engine.printed("extra2").strip() == "yes"
    by_pip = f"# MAGIC %pip install {model}[train]"
    assert engine.notebook(by_pip, "import helper\ndbutils.notebook.exit(helper.HELP)")["result"] == "yes"


def test_pip_installs_for_the_rest_of_the_notebook(engine: EngineProcess, tmp_path: Path) -> None:
    first = wheel_of(tmp_path, "which", "1", "version = 1\n")
    second = wheel_of(tmp_path, "which", "2", "version = 2\n")
    ask = "import which\ndbutils.notebook.exit(which.version)"
    assert engine.notebook(f"# MAGIC %pip install -q {first}", ask)["result"] == "1"
    assert engine.notebook(f"# MAGIC %pip install {second}", ask)["result"] == "2"  # not what the run before imported
    assert engine.notebook(f"# MAGIC %pip install {first}", ask)["result"] == "1"
    assert "No module named 'which'" in engine.notebook(ask)["error"]["message"]
    failed = engine.notebook("# MAGIC %pip install --target=/tmp x")["error"]["message"]
    assert "option --target=/tmp is not supported" in failed
    assert "cell 1" in failed
    assert "%pip uninstall is not supported" in engine.notebook("# MAGIC %pip uninstall -y x")["error"]["message"]


def test_a_serverless_notebook_has_the_packages_of_its_environment_pane(engine: EngineProcess, tmp_path: Path) -> None:
    """https://docs.databricks.com/aws/en/compute/serverless/dependencies; the block belongs to no cell."""
    first = wheel_of(tmp_path, "panes", "1", "NAME = 'from the pane'\n")
    block = (
        '# /// script\n# [tool.databricks.environment]\n# environment_version = "5"\n# dependencies = [\n'
        f'#   "{first}",\n# ]\n# ///\n'
    )
    (engine.folder / "workspace/Shared").mkdir(parents=True, exist_ok=True)
    (engine.folder / "workspace/Shared/settings.py").write_text(
        f"# Databricks notebook source\n{block}found = 'read'\n"
    )
    answer = engine.notebook(
        f"{block}# DBTITLE 1,Settings\n# MAGIC %run ./settings",
        "import panes\ndbutils.notebook.exit(f'{found} {panes.NAME}')",
    )
    assert answer.get("result") == "read from the pane", answer
    assert "cell 1, line 9" in engine.notebook(f"{block}raise ValueError('x')")["error"]["message"]
    broken = engine.notebook("# /// script\n# dependencies = [\n# ///\n# MAGIC %md\n# MAGIC x")["error"]["message"]
    assert "The environment at the top of the notebook" in broken


def test_a_pipeline_has_the_packages_of_its_environment_and_of_pip(engine: EngineProcess, tmp_path: Path) -> None:
    environment = wheel_of(tmp_path, "rates", "1", "def twice(x):\n    return x * 2\n")
    by_pip = wheel_of(tmp_path, "names", "1", "NAME = 'n'\n")
    pipeline = Pipeline(engine).python(
        f"# COMMAND ----------\n# MAGIC %pip install {by_pip}\n# COMMAND ----------\n"
        "import names\nfrom rates import twice\nfrom pyspark.sql.functions import udf, lit\n"
        "@dp.materialized_view(name='packaged')\n"
        "def packaged():\n"
        "    import rates\n"
        "    return spark.range(2).select(udf(rates.twice, 'long')('id').alias('x'), lit(names.NAME).alias('n'))\n"
    )
    assert pipeline.update(dependencies=[environment])["state"] == "COMPLETED", pipeline.events
    assert engine.sql("SELECT x, n FROM packaged ORDER BY x") == [["0", "n"], ["2", "n"]]
    assert "No module named 'rates'" in engine.notebook("import rates")["error"]["message"]
    failed = Pipeline(engine, continuous=True).python("").update(dependencies=[environment])
    assert "continuous pipeline cannot have packages" in failed["error"]["message"]


def test_workers_know_where_the_packages_of_the_runtime_are(engine: EngineProcess) -> None:
    """https://docs.databricks.com/aws/en/release-notes/runtime/17.3lts: workers can import what it lists."""
    answer = engine.notebook(
        "import os\nfrom pyspark.sql.functions import udf\n"
        f"folder = udf(lambda _: os.environ.get({runtime.VARIABLE!r}))\n"
        "dbutils.notebook.exit(spark.range(1).select(folder('id')).first()[0])"
    )
    assert answer["result"] == str(install.locked_folder(runtime.LOCK))


def test_the_sdk_is_logged_in_as_the_run(engine: EngineProcess) -> None:
    engine.answers["run.login"] = lambda asked: {"host": "http://127.0.0.1:9", "token": f"of {asked['principal']}"}
    try:
        answer = engine.notebook(
            "from databricks.sdk import WorkspaceClient\nfrom databricks.connect import DatabricksSession\n"
            "from databricks.sdk.runtime import dbutils as other\n"
            "config = WorkspaceClient().config\ncontext = other.notebook.getContext()\n"
            "assert DatabricksSession.builder.serverless().getOrCreate() is spark\n"
            "dbutils.notebook.exit([config.host, config.authenticate()['Authorization'], context.apiToken().get()])"
        )
    finally:
        del engine.answers["run.login"]
    assert answer.get("result") == "['http://127.0.0.1:9', 'Bearer of me', 'of me']", answer


def test_code_appends_folders_of_the_workspace_to_its_path(engine: EngineProcess) -> None:
    """https://docs.databricks.com/aws/en/files/workspace-modules"""
    root = engine.folder / "workspace/Users/me/project"

    def mirror(params: dict) -> dict:
        assert params == {"principal": "me", "path": "/Workspace/Users/me/project"}
        (root / "parts/deep").mkdir(parents=True, exist_ok=True)  # packages without __init__.py
        (root / "parts/deep/rates.py").write_text("def twice(x):\n    return 2 * x\n")
        return {}

    engine.answers["workspace.mirror"] = mirror
    code = (
        "import sys\nsys.path.append('/Workspace/Users/me/project')\nfrom parts.deep.rates import twice\n"
        "dbutils.notebook.exit(spark.range(3).rdd.map(lambda r: twice(r.id)).sum())"
    )
    try:
        answers = [engine.notebook(code) for _ in range(2)]
    finally:
        del engine.answers["workspace.mirror"]
    assert [answer.get("result") for answer in answers] == ["6", "6"], answers
    assert "No module named 'parts'" in engine.notebook("import parts")["error"]["message"]


def test_code_opens_files_of_the_workspace(engine: EngineProcess) -> None:
    asked: list[dict] = []

    def mirror(params: dict) -> dict:
        asked.append(params)
        if "closed" in params["path"]:
            raise PermissionError("me does not have CAN_READ on it")
        file = engine.folder / "workspace" / params["path"].removeprefix("/Workspace/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text('{"a": 1}')
        return {}

    engine.answers["workspace.mirror"] = mirror
    try:
        answer = engine.notebook(
            "import json, pathlib\nwith open('/Workspace/Users/me/data.json') as f:\n    a = json.load(f)\n"
            "b = pathlib.Path('/Workspace/Users/me/data.json').read_text()\ndbutils.notebook.exit(f'{a} {b}')"
        )
        refused = engine.notebook("open('/Workspace/Users/me/closed.json')")
    finally:
        del engine.answers["workspace.mirror"]
    assert answer["result"] == "{'a': 1} {\"a\": 1}"
    assert asked[0] == {"principal": "me", "path": "/Workspace/Users/me/data.json"}
    assert "does not have CAN_READ" in refused["error"]["message"]


def test_functions_of_modules_anywhere_in_the_workspace_go_to_workers(engine: EngineProcess) -> None:
    project = engine.folder / "workspace/Users/me/lab"
    for folder in ("notebooks", "helpers/deep"):
        (project / folder).mkdir(parents=True)
    (project / "helpers/deep/units.py").write_text("def twice(x):\n    return x * 2\n")
    answer = engine.notebook(
        "import sys\nfrom pathlib import Path\nsys.path.append(str((Path.cwd().parent / 'helpers/deep').resolve()))\n"
        "from units import twice\nfrom pyspark.sql.functions import lit, udf\n"
        "dbutils.notebook.exit(spark.range(1).select(udf(twice, 'int')(lit(2))).first()[0])",
        path="/Users/me/lab/notebooks/main",
        sysPath=[str(project / "notebooks")],
    )
    assert answer.get("result") == "4", answer


def test_libraries_that_open_files_natively_are_given_real_paths(engine: EngineProcess, tmp_path: Path) -> None:
    """https://docs.databricks.com/aws/en/volumes/volume-files: on Databricks a volume is mounted for every library."""
    raster = wheel_of(tmp_path, "rasterio", "1", "def open(fp, mode='r', **more):\n    return fp, mode, more\n")
    frames = "class DataFrame:\n    def write_parquet(self, file):\n        return file\n"
    polars = wheel_of(
        tmp_path, "polars", "1", f"{frames}def read_csv(source, columns=None):\n    return source, columns\n"
    )
    answer = engine.notebook(
        f"# MAGIC %pip install {raster} {polars}",
        "import rasterio\nfrom polars import DataFrame, read_csv\nfile = '/Volumes/main/raw/landing/x'\n"
        "found = [*rasterio.open(file, 'w', crs='EPSG:4326'), *read_csv([file], columns=['a']), *read_csv('s3://x')]\n"
        "dbutils.notebook.exit([*found, DataFrame().write_parquet(file=file)])",
    )
    file = f"{engine.folder}/volumes/main/raw/landing/x"
    expected = [file, "w", {"crs": "EPSG:4326"}, [file], ["a"], "s3://x", None, file]
    assert answer.get("result") == str(expected), answer


def test_libraries_that_open_files_natively_find_relative_paths(engine: EngineProcess, tmp_path: Path) -> None:
    """https://docs.databricks.com/aws/en/files/cwd-dbr-14: they lead to the folder of the notebook or file."""
    shapes = wheel_of(
        tmp_path, "pyogrio", "1", "def write_dataframe(df, path, layer=None):\n    return df, path, layer\n"
    )
    duck = wheel_of(
        tmp_path, "duckdb", "1", "def connect(database=':memory:', read_only=False):\n    return database\n"
    )
    folder = engine.folder / "workspace/Users/me/native"
    folder.mkdir(parents=True)
    answer = engine.notebook(
        f"# MAGIC %pip install {shapes} {duck}",
        "import duckdb, pathlib, pyogrio, sqlite3\nimport pyarrow as pa, pyarrow.parquet as pq\n"
        "found = [*pyogrio.write_dataframe('df', 'a.shp', layer='b'), duckdb.connect('c.db'),"
        " duckdb.connect(':memory:'), duckdb.connect(database=pathlib.Path('e.db')), duckdb.connect('md:f')]\n"
        "with sqlite3.connect('g.db') as database:\n    database.execute('CREATE TABLE t (n INT)')\n"
        "pq.write_table(pa.table({'n': [1]}), 'h.parquet')\n"
        "read = pq.ParquetFile('h.parquet').metadata.num_rows, pq.read_table(source='h.parquet').num_rows\n"
        "with open(file='i.txt', mode='w') as text:\n    text.write('i')\n"
        "dbutils.notebook.exit([*found, *read])",
        path="/Users/me/native/main",
        sysPath=[str(folder)],
    )
    names = ["df", f"{folder}/a.shp", "b", f"{folder}/c.db", ":memory:", f"{folder}/e.db", "md:f", 1, 1]
    assert answer.get("result") == str(names), answer
    assert sorted(file.name for file in folder.iterdir()) == ["g.db", "h.parquet", "i.txt"]


def test_code_lists_folders_of_the_workspace(engine: EngineProcess) -> None:
    """os.walk, glob, pathlib and shutil list them by os.scandir; dbutils.fs.cp copies one into a volume.

    https://docs.databricks.com/aws/en/files/workspace-interact
    """

    def mirror(params: dict) -> dict:
        if "closed" in params["path"]:
            raise PermissionError("me does not have CAN_READ on it")
        for name in ("one.csv", "deep/two.csv"):
            file = engine.folder / "workspace/Users/me/folder" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(name)
        return {}

    engine.answers["workspace.mirror"] = mirror
    try:
        answer = engine.notebook(
            "import glob, os, pathlib\nfolder = '/Workspace/Users/me/folder'\n"
            "found = sorted(glob.glob(f'{folder}/**/*.csv', recursive=True))\n"
            "walked = sorted(os.path.join(at, name) for at, _, names in os.walk(folder) for name in names)\n"
            "assert found == walked == sorted(map(str, pathlib.Path(folder).rglob('*.csv'))), (found, walked)\n"
            "target = '/Volumes/main/raw/landing/from_workspace'\n"
            "dbutils.fs.cp(f'file:{folder}', target, recurse=True)\n"
            "try:\n    os.scandir(f'{folder}/none')\nexcept FileNotFoundError as error:\n    missing = error.filename\n"
            "dbutils.notebook.exit(f'{found} {open(target + \"/deep/two.csv\").read()} {missing}')"
        )
        refused = engine.notebook("import os\nos.scandir('/Workspace/Users/me/closed')")
    finally:
        del engine.answers["workspace.mirror"]
    at = "/Workspace/Users/me/folder"
    assert answer.get("result") == f"['{at}/deep/two.csv', '{at}/one.csv'] deep/two.csv {at}/none", answer
    assert "does not have CAN_READ" in refused["error"]["message"]
