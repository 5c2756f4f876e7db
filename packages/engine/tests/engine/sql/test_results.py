"""What `sql.execute` answers: values, limits, chunks and types, in JSON, CSV and Arrow."""

from __future__ import annotations

import csv
import io

import pyarrow as pa
from lakehouse_engine.testing import EngineProcess


def test_values_are_formatted_as_on_databricks(engine: EngineProcess) -> None:
    rows = engine.sql(
        "SELECT 1, 2.50, true, null, DATE'2024-02-01', TIMESTAMP'2024-01-02 03:04:05.678', array(1, 2), "
        "named_struct('a', 1, 'b', CAST(null AS INT)), map('k', 1.5), X'6162', 'é', CAST(1 AS DOUBLE), '1', '2', "
        "TIMESTAMP_NTZ'2024-01-02 03:04:05'"
    )
    assert rows == [
        [
            *("1", "2.50", "true", None, "2024-02-01", "2024-01-02T03:04:05.678Z", '["1","2"]'),
            *('{"a":"1","b":null}', '{"k":"1.5"}', "YWI=", "é", "1.0", "1", "2", "2024-01-02T03:04:05.000"),
        ]
    ]
    columns = engine.result["columns"]
    assert [c["type_name"] for c in columns[:4]] == ["INT", "DECIMAL", "BOOLEAN", "NULL"]
    assert (columns[1]["type_precision"], columns[1]["type_scale"], columns[1]["position"]) == (3, 2, 1)


def test_limits_cut_a_result_and_say_so(engine: EngineProcess) -> None:
    assert engine.sql("SELECT id FROM range(10) ORDER BY id", rowLimit=3) == [["0"], ["1"], ["2"]]
    assert engine.result["truncated"] and engine.result["totalRowCount"] == 3
    engine.sql("SELECT id FROM range(3)", rowLimit=3)
    assert not engine.result["truncated"]
    engine.sql("SELECT repeat('x', 1000) FROM range(100)", byteLimit=10_000)
    assert engine.result["truncated"] and 1 < engine.result["totalRowCount"] < 11


def test_chunks_hold_every_row(engine: EngineProcess) -> None:
    rows = engine.sql("SELECT id, repeat('x', 1000) FROM range(40000) ORDER BY id")
    assert len(engine.result["chunks"]) > 1
    assert [int(row[0]) for row in rows] == list(range(40000))
    assert [c["rowOffset"] for c in engine.result["chunks"]][1] == engine.result["chunks"][0]["rowCount"]


def test_arrow_and_csv_results_are_readable(engine: EngineProcess) -> None:
    query = "SELECT id, CAST(id AS STRING) AS text FROM range(3) ORDER BY id"
    table = pa.ipc.open_stream(engine.sql(query, format="ARROW_STREAM")).read_all()
    assert table.to_pydict() == {"id": [0, 1, 2], "text": ["0", "1", "2"]}
    data = list(csv.reader(io.StringIO(engine.sql(query, format="CSV").decode())))
    assert data == [["id", "text"], ["0", "0"], ["1", "1"], ["2", "2"]]


def test_timestamps_in_arrow_are_in_the_sessions_zone(engine: EngineProcess) -> None:
    engine.ask(
        "sql.openSession", {"sessionId": "zoned", "principal": "me", "configuration": {"TIMEZONE": "Asia/Tokyo"}}
    )
    query = "SELECT TIMESTAMP'2024-01-02 12:00:00' AS t, array(TIMESTAMP'2024-01-02 12:00:00') AS a"
    table = pa.ipc.open_stream(engine.sql(query, format="ARROW_STREAM", sessionId="zoned")).read_all()
    assert table.schema.field("t").type == pa.timestamp("us", "Asia/Tokyo")
    assert table.schema.field("a").type.value_type == pa.timestamp("us", "Asia/Tokyo")
    assert table.column("t")[0].as_py().isoformat() == "2024-01-02T12:00:00+09:00"
    assert table.column("a")[0].as_py() == [table.column("t")[0].as_py()]
    engine.ask("sql.closeSession", {"sessionId": "zoned"})


def test_months_are_readable_in_arrow(engine: EngineProcess) -> None:
    query = "SELECT INTERVAL '1-2' YEAR TO MONTH AS ym, array(INTERVAL '3' MONTH) AS a, INTERVAL '1' DAY AS d"
    table = pa.ipc.open_stream(engine.sql(query, format="ARROW_STREAM")).read_all()
    assert table.column("ym")[0].as_py() == "INTERVAL '1-2' YEAR TO MONTH"
    assert "3" in table.column("a")[0].as_py()
    assert table.column("d")[0].as_py().days == 1


def test_types_are_named_as_in_sql(engine: EngineProcess) -> None:
    query = "SELECT named_struct('aB', map(1, CAST(1 AS DECIMAL(5, 2)))) AS s, array(1) AS a"
    schema = pa.ipc.open_stream(engine.sql(query, format="ARROW_STREAM")).schema
    assert schema.field("s").metadata[b"Spark:DataType:SqlName"] == b"STRUCT<aB: MAP<INT, DECIMAL(5,2)>>"
    assert schema.field("a").metadata[b"Spark:DataType:SqlName"] == b"ARRAY<INT>"


def test_a_parameter_of_sql_is_shown_under_its_own_name(engine: EngineProcess) -> None:
    engine.ask("sql.openSession", {"sessionId": "set", "principal": "me", "configuration": {"ansi_mode": "False"}})
    assert engine.sql("SET ansi_mode", sessionId="set") == [["ansi_mode", "False"]]
    assert engine.sql("SET ANSI_MODE = true", sessionId="set") == [["ANSI_MODE", "true"]]
    assert engine.sql("SET TIME ZONE 'Asia/Tokyo'", sessionId="set") == [["spark.sql.session.timeZone", "Asia/Tokyo"]]
    engine.ask("sql.closeSession", {"sessionId": "set"})


def test_the_answer_of_optimize_fits_into_arrow(engine: EngineProcess) -> None:
    engine.sql("CREATE TABLE optimized CLUSTER BY (id) AS SELECT id FROM range(10)")
    for _ in range(2):
        engine.sql("OPTIMIZE optimized", format="ARROW_STREAM")
        assert engine.result["totalRowCount"] == 1
    row = "named_struct('a', 1, 'b', array(named_struct('c', id)))"
    engine.sql(f"SELECT {row} AS s, map('k', {row}) AS m FROM range(2)", format="ARROW_STREAM")
    assert engine.result["totalRowCount"] == 2
