"""COPY INTO on the real engine: each file once, whatever comes between, and errors that name what is wrong."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from lakehouse_engine.testing import EngineFailed, EngineProcess

_numbers = itertools.count(1)


class Landing:
    """A table `name` with the columns id INT and city STRING, and a folder of files for it."""

    def __init__(self, engine: EngineProcess) -> None:
        self.engine = engine
        self.name = f"copied_{next(_numbers)}"
        self.path = f"/Volumes/main/raw/landing/{self.name}"
        engine.sql(f"CREATE TABLE {self.name} (id INT, city STRING)")

    def land(self, name: str, text: str) -> None:
        file = Path(self.engine.folder) / "volumes" / self.path.removeprefix("/Volumes/") / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def copy(self, clauses: str = "", source: str | None = None, into: str = "") -> list[list[str | None]]:
        source = source or f"'{self.path}'"
        options = "FORMAT_OPTIONS ('header' = 'true', 'inferSchema' = 'true')"
        return self.engine.sql(f"COPY INTO {self.name} {into} FROM {source} FILEFORMAT = CSV {options} {clauses}")

    def rows(self) -> list[list[str | None]]:
        return self.engine.sql(f"SELECT * FROM {self.name} ORDER BY ALL")


@pytest.fixture
def landing(engine: EngineProcess) -> Landing:
    return Landing(engine)


def test_each_file_is_loaded_once(landing: Landing) -> None:
    landing.land("1.csv", "id,city\n1,Rio\n2,Recife\n")
    assert landing.copy() == [["2", "2", "0"]]
    assert landing.copy() == [["0", "0", "0"]]
    landing.land("1.csv", "id,city\n1,Rio\n2,Recife\n9,changed\n")
    landing.land("2024/2.csv", "id,city\n3,Belem\n")
    landing.land("_hidden.csv", "id,city\n8,hidden\n")
    assert landing.copy() == [["1", "1", "0"]]
    assert landing.rows() == [["1", "Rio"], ["2", "Recife"], ["3", "Belem"]]
    assert landing.copy("COPY_OPTIONS ('force' = 'true')") == [["4", "4", "0"]]


def test_a_table_that_is_replaced_or_made_anew_is_loaded_again(landing: Landing) -> None:
    landing.land("1.csv", "id,city\n1,Rio\n")
    landing.copy()
    landing.engine.sql(f"CREATE OR REPLACE TABLE {landing.name} (id INT, city STRING)")
    assert landing.copy() == [["1", "1", "0"]]
    landing.engine.sql(f"DROP TABLE {landing.name}")
    landing.engine.sql(f"CREATE TABLE {landing.name} (id INT, city STRING)")
    assert landing.copy() == [["1", "1", "0"]]
    assert landing.rows() == [["1", "Rio"]]


def test_a_load_that_fails_loads_its_files_again(landing: Landing) -> None:
    landing.land("1.csv", "id,city,more\n1,Rio,x\n")
    with pytest.raises(EngineFailed):
        landing.copy()
    assert landing.rows() == []
    assert landing.copy("COPY_OPTIONS ('mergeSchema' = 'true')") == [["1", "1", "0"]]
    assert landing.rows() == [["1", "Rio", "x"]]
    told = [q["table"] for m, q in landing.engine.asked if m == "catalog.putTable"]
    assert [column["name"] for column in told[-1]["columns"]] == ["id", "city", "more"]


def test_files_patterns_expressions_and_positions_are_as_documented(landing: Landing) -> None:
    for name in ("a1", "a2", "b1", "b2"):
        landing.land(f"{name}.csv", f"id,city\n{name[1]},{name}\n")
    assert landing.copy("FILES = ('b2.csv')") == [["1", "1", "0"]]
    assert landing.copy("PATTERN = '{a,x}*.csv'") == [["2", "2", "0"]]
    expressions = f"(SELECT id + 100 AS id, concat(city, '@', _metadata.file_name) AS city FROM '{landing.path}')"
    assert landing.copy(source=expressions) == [["1", "1", "0"]]
    assert landing.rows() == [["1", "a1"], ["2", "a2"], ["2", "b2"], ["101", "b1@b1.csv"]]
    landing.land("plain/c.csv", "7,seven\n")
    landing.engine.sql(
        f"COPY INTO {landing.name} BY POSITION FROM '{landing.path}/plain' FILEFORMAT = CSV "
        "FORMAT_OPTIONS ('inferSchema' = 'true')"
    )
    landing.land("one/d.csv", "eight\n")
    landing.engine.sql(f"COPY INTO {landing.name} (city) FROM '{landing.path}/one' FILEFORMAT = CSV")
    assert landing.rows()[-2:] == [["7", "seven"], ["101", "b1@b1.csv"]]
    assert landing.rows()[0] == [None, "eight"]


def test_columns_match_by_name_whatever_their_case(landing: Landing) -> None:
    landing.land("1.csv", "CITY,Id\nRio,1\n")
    assert landing.copy() == [["1", "1", "0"]]
    landing.land("2.json", '{"City": "Recife", "ID": 2}\n{"ID": 3, "New": true}\n')
    selected = f"(SELECT CAST(ID AS INT) AS ID, City, New FROM '{landing.path}/2.json')"
    options = "COPY_OPTIONS ('mergeSchema' = 'true')"
    landing.engine.sql(f"COPY INTO {landing.name} FROM {selected} FILEFORMAT = JSON {options}")
    assert landing.rows() == [["1", "Rio", None], ["2", "Recife", None], ["3", None, "true"]]
    assert landing.engine.sql(f"DESCRIBE {landing.name}")[0][0] == "id"


def test_other_formats_load_and_a_text_that_is_no_number_stays_out(landing: Landing) -> None:
    landing.land("1.json", '{"id": "1", "city": "Rio"}\n{"id": "2"}\n')
    copy = f"COPY INTO {landing.name} FROM '{landing.path}' FILEFORMAT = JSON"
    assert landing.engine.sql(copy) == [["2", "2", "0"]]
    landing.land("2.json", '{"id": "one", "city": "Rio"}\n')
    with pytest.raises(EngineFailed, match="CAST_INVALID_INPUT"):
        landing.engine.sql(copy)
    assert landing.rows() == [["1", "Rio"], ["2", None]]


@pytest.mark.parametrize(
    ("clauses", "error"),
    [
        ("FILES = ('none.csv')", r"'none.csv' of FILES is no file of"),
        ("COPY_OPTIONS ('purge' = 'true')", r"the copy options force and mergeSchema, not purge"),
        ("VALIDATE ALL", r"VALIDATE is not supported"),
        ("FILES = ('1.csv') PATTERN = '*'", r"either FILES or PATTERN"),
        ("NONSENSE", r"expected VALIDATE, FILES, PATTERN, FORMAT_OPTIONS or COPY_OPTIONS"),
    ],
)
def test_a_wrong_clause_is_refused(landing: Landing, clauses: str, error: str) -> None:
    landing.land("1.csv", "id,city\n1,Rio\n")
    with pytest.raises(EngineFailed, match=error):
        landing.copy(clauses)
    assert landing.rows() == []


def test_a_source_or_table_that_does_not_exist_is_named(landing: Landing) -> None:
    with pytest.raises(EngineFailed, match=r"reads files of volumes .*; 's3://bucket/x' is none"):
        landing.copy(source="'s3://bucket/x'")
    with pytest.raises(EngineFailed, match=r"landing/nowhere' does not exist"):
        landing.copy(source="'/Volumes/main/raw/landing/nowhere'")
    with pytest.raises(EngineFailed, match=r"'main.default.no_table' cannot be found; create it first"):
        landing.engine.sql(f"COPY INTO no_table FROM '{landing.path}' FILEFORMAT = CSV")
