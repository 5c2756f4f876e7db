"""CSV through Auto Loader: columns by name, nothing lost, files once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lakehouse_engine.errors import EngineError
from lakehouse_engine.readers import ReaderContext, install, read_files
from pyspark.sql import DataFrame

SCHEMA = "id int, name string, amount decimal(10,2)"


@pytest.fixture
def landing(spark, tmp_path: Path) -> Path:
    install(spark, ReaderContext(schema_dir=lambda: str(tmp_path / "schemas")))
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


def reader(spark, **options):
    chosen = {"cloudFiles.format": "csv", "header": "true", "escape": '"', "multiLine": "true", **options}
    return spark.readStream.format("cloudFiles").options(**chosen)


def update(frame: DataFrame, landing: Path) -> list:
    """One update into a Delta table; all of its rows in order of id."""
    target = str(landing.parent / "t")
    writer = frame.writeStream.format("delta").option("checkpointLocation", str(landing.parent / "checkpoint"))
    writer.option("mergeSchema", "true").trigger(availableNow=True).start(target).awaitTermination()
    return frame.sparkSession.read.format("delta").load(target).orderBy("id").collect()


def test_columns_are_matched_by_each_files_own_header(spark, landing: Path) -> None:
    (landing / "a.csv").write_text('id,name,amount\n1,ann,1.5\n2,"x,""y""\nz",2\n')
    (landing / "b.csv").write_bytes("\ufeffamount,id,name\r\n3.5,3,cal\r\n,4,\r\n".encode())
    (landing / "empty.csv").write_text("")
    (landing / "header.csv").write_text("id,name,amount\n")
    frame = reader(spark).schema(SCHEMA).load(str(landing)).select("*", "_metadata.file_name")
    rows = [
        (r["id"], r["name"], None if r["amount"] is None else str(r["amount"]), r["file_name"])
        for r in update(frame, landing)
    ]
    assert rows == [
        (1, "ann", "1.50", "a.csv"),
        (2, 'x,"y"\nz', "2.00", "a.csv"),
        (3, "cal", "3.50", "b.csv"),
        (4, None, None, "b.csv"),
    ]


@pytest.mark.parametrize("option", ["rescuedDataColumn", "cloudFiles.rescuedDataColumn"])
def test_what_does_not_fit_the_schema_is_rescued(spark, landing: Path, option: str) -> None:
    (landing / "c.csv").write_text("id,name,amount,extra\n5,eve,oops,E\n6,fay\n7,gus,7,,over\n8,hal,8,\n")
    frame = reader(spark, **{option: "_rescued_data"}).schema(SCHEMA).load(str(landing))
    rescued = [r["_rescued_data"] and json.loads(r["_rescued_data"]) for r in update(frame, landing)]
    for record in rescued:
        if record:
            assert record.pop("_file_path").endswith("/c.csv")
    assert rescued == [{"amount": "oops", "extra": "E"}, {"_corrupt_record": "6,fay"}, {"_c4": "over"}, None]


def test_a_file_is_read_once_and_later_files_by_the_next_update(spark, landing: Path) -> None:
    def frame() -> DataFrame:
        return reader(spark).schema(SCHEMA).load(str(landing))

    (landing / "a.csv").write_text("id,name,amount\n1,a,1\n")
    assert [r["id"] for r in update(frame(), landing)] == [1]
    assert [r["id"] for r in update(frame(), landing)] == [1]
    (landing / "b.csv").write_text("name,id\nb,2\n")
    assert [(r["id"], r["name"]) for r in update(frame(), landing)] == [(1, "a"), (2, "b")]


def test_without_a_schema_columns_are_text_and_new_ones_are_added(spark, landing: Path) -> None:
    (landing / "a.csv").write_text("id,amount\n1,1.5\n")
    first = reader(spark).load(str(landing))
    assert first.dtypes == [("id", "string"), ("amount", "string"), ("_rescued_data", "string")]
    update(first, landing)
    (landing / "b.csv").write_text("id,extra\n2,x\n")
    rows = update(reader(spark).load(str(landing)), landing)
    assert [(r["id"], r["amount"], r["extra"]) for r in rows] == [("1", "1.5", None), ("2", None, "x")]


def test_read_files_infers_types(spark, landing: Path) -> None:
    (landing / "a.csv").write_text("id,amount,day\n1,1.5,2024-01-02\n")
    frame = read_files(spark, str(landing))
    assert frame.dtypes == [("id", "int"), ("amount", "double"), ("day", "date"), ("_rescued_data", "string")]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"cloudFiles.allowOverwrites": "true"},
            "cloudFiles.allowOverwrites is not supported here: a file is read once",
        ),
        ({"cloudFiles.nonsense": "1"}, "cloudFiles.nonsense is not supported here: there is no such option"),
        ({"cloudFiles.header": "true"}, "cloudFiles.header is not supported here: there is no such option"),
        ({"cloudFiles.format": "toml"}, "format is 'toml'; allowed: binaryFile, csv"),
        ({"cloudFiles.schemaEvolutionMode": "addNewColumns"}, "leave the schema out"),
    ],
)
def test_an_option_that_cannot_be_applied_is_refused_by_name(spark, landing: Path, options: dict, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        reader(spark, **options).schema(SCHEMA).load(str(landing))


def test_an_option_that_is_none_of_auto_loader_has_no_effect_and_is_told(spark, landing: Path, capsys) -> None:
    (landing / "a.csv").write_text("id,name\n1,a\n")
    reader(spark, skipChangeCommits="true").schema(SCHEMA).load(str(landing))
    assert "option skipChangeCommits has no effect" in capsys.readouterr().out
    read_files(spark, str(landing), format="text", inferSchema="true")
    assert "option inferSchema has no effect" in capsys.readouterr().out
    with pytest.raises(EngineError, match="nonsense is not supported here: format csv has no such option"):
        read_files(spark, str(landing), format="csv", nonsense="1")


def test_an_unreadable_file_fails_with_its_name(spark, landing: Path) -> None:
    (landing / "bad.csv.gz").write_bytes(b"this is not gzip")
    with pytest.raises(Exception, match=r"bad\.csv\.gz"):
        read_files(spark, str(landing), schema="id int", format="csv", header=True).collect()
