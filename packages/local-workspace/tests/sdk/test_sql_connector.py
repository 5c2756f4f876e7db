"""The Databricks SQL connector for Python, over Thrift and over the Statement Execution API, and SQLAlchemy on it."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from databricks import sql
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.sql import WarehouseAccessControlRequest, WarehousePermissionLevel
from databricks.sql.client import Connection
from databricks.sql.exc import DatabaseError, RequestError, ServerOperationError
from sqlalchemy import create_engine, inspect, text

Connect = Callable[..., Connection]
UTC = datetime.UTC

EVERY_TYPE = """
SELECT true AS b, 1Y AS y, 2S AS s, 3 AS i, 9007199254740993L AS l, 1.5F AS f, 2.5D AS d,
  CAST(-1.25 AS DECIMAL(38, 2)) AS dec, 'ä' AS str, X'00FF' AS bin, DATE'2024-02-29' AS dt,
  TIMESTAMP'2024-01-02 03:04:05.123456' AS ts, TIMESTAMP_NTZ'2024-01-02 03:04:05' AS ntz,
  array('p', NULL) AS a, map('k', 1) AS m, named_struct('x', 1, 'y', NULL) AS st,
  parse_json('{"a":[1]}') AS v, INTERVAL '1-2' YEAR TO MONTH AS ym, INTERVAL '1' DAY AS dy, CAST(NULL AS STRING) AS n
"""


@pytest.fixture(scope="module")
def path(workspace: WorkspaceClient) -> str:
    return next(iter(workspace.warehouses.list())).odbc_params.path


def _connect(client: WorkspaceClient, path: str, **more: Any) -> Connection:
    host, port = client.config.host.rsplit(":", 1)
    where = {"server_hostname": host, "_port": int(port)} if more.get("use_sea") else {"server_hostname": "127.0.0.1"}
    return sql.connect(
        http_path=path,
        access_token=client.config.token,
        _connection_uri=f"{client.config.host}{path}",
        _retry_stop_after_attempts_count=2,
        enable_telemetry=False,
        **{**where, **more},
    )


@pytest.fixture(scope="module")
def connect(workspace: WorkspaceClient, path: str) -> Connect:
    return lambda **more: _connect(workspace, path, **more)


@pytest.fixture(scope="module")
def connection(connect: Connect) -> Iterator[Connection]:
    with connect() as opened:
        yield opened


def rows(connection: Connection, statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [tuple(row) for row in cursor.fetchall()]


def test_values_of_every_type(connection: Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute(EVERY_TYPE)
        row = cursor.fetchone().asDict()
        kinds = {name: kind for name, kind, *_ in cursor.description}
        precision = next(each[4:6] for each in cursor.description if each[0] == "dec")
    assert precision == (38, 2)
    assert list(row.pop("a")) == ["p", None]
    assert row == {
        **{"b": True, "y": 1, "s": 2, "i": 3, "l": 9007199254740993, "f": 1.5, "d": 2.5, "dec": Decimal("-1.25")},
        **{"str": "ä", "bin": b"\x00\xff", "dt": datetime.date(2024, 2, 29), "n": None, "v": '{"a":[1]}'},
        "ts": datetime.datetime(2024, 1, 2, 3, 4, 5, 123456, tzinfo=UTC),
        "ntz": datetime.datetime(2024, 1, 2, 3, 4, 5),
        **{"m": [("k", 1)], "st": {"x": 1, "y": None}, "ym": "INTERVAL '1-2' YEAR TO MONTH", "dy": "INTERVAL '1' DAY"},
    }
    assert (kinds["v"], kinds["l"], kinds["ts"], kinds["st"]) == ("variant", "bigint", "timestamp", "struct")


def test_complex_types_and_decimals_as_text_where_the_client_wants_them_so(connect: Connect) -> None:
    with connect(_use_arrow_native_complex_types=False, _use_arrow_native_decimals=False) as plain:
        assert rows(plain, "SELECT array(1, 2), named_struct('a', 'x'), CAST(1.5 AS DECIMAL(5, 2))") == [
            ("[1,2]", '{"a":"x"}', Decimal("1.50"))
        ]


def test_values_without_arrow(workspace: WorkspaceClient, path: str) -> None:
    """A client that has no PyArrow gets columns of Thrift."""
    query = (
        "SELECT id, IF(id % 2 = 0, NULL, id / 4) AS q, array(id), X'00FF', DATE'2024-02-29', CAST(id AS DECIMAL(9, 1))"
    )
    program = f"""if True:
        import sys
        sys.modules["pyarrow"] = None
        from databricks import sql
        where = {{"_connection_uri": {workspace.config.host + path!r}, "enable_telemetry": False}}
        with sql.connect("127.0.0.1", {path!r}, {workspace.config.token!r}, **where) as opened:
            cursor = opened.cursor()
            cursor.execute({query + " FROM range(30000) ORDER BY id"!r})
            rows = [tuple(row) for row in cursor.fetchall()]
        print(len(rows), rows[-1], rows[-2][1])
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    wanted = r"30000 (29999, 7499.75, '[29999]', b'\x00\xff', datetime.date(2024, 2, 29), Decimal('29999.0')) None"
    assert done.stdout.strip() == wanted, done.stderr


def test_a_hundred_thousand_rows_in_stretches(connection: Connection) -> None:
    with connection.cursor(arraysize=7_000) as cursor:
        cursor.execute("SELECT id, concat('row ', id) AS name FROM range(100000) ORDER BY id")
        first = cursor.fetchmany(10)
        rest = cursor.fetchall_arrow()
    assert [row.id for row in first] == list(range(10))
    assert rest.column("id").to_pylist() == list(range(10, 100_000))
    assert rest.column("name")[-1].as_py() == "row 99999"


def test_no_rows_and_no_columns(connection: Connection) -> None:
    assert rows(connection, "SELECT 1 AS a WHERE false") == []
    assert rows(connection, "CREATE OR REPLACE TEMPORARY VIEW nothing AS SELECT 1 AS a WHERE false") == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM nothing")
        assert [each[:2] for each in cursor.description] == [("a", "int")]


def test_parameters_by_name_and_by_place(connection: Connection) -> None:
    values = [1, "it's", None, Decimal("1.50"), datetime.date(2024, 1, 2), True, 2.5]
    assert rows(connection, "SELECT ?, ?, ?, ?, ?, ?, ?", values) == [tuple(values)]
    assert rows(connection, "SELECT :a + 1, ':a', :b", {"a": 41, "b": "x"}) == [(42, ":a", "x")]
    given = {"list": [1, 2], "map": {"k": 5}}
    assert rows(connection, "SELECT :list[1], :map['k'], size(:list)", given) == [(2, 5, 2)]
    with pytest.raises(ServerOperationError, match="UNBOUND_SQL_PARAMETER"):
        rows(connection, "SELECT :a, :b", {"a": 1})


def test_times_of_parameters_are_the_sessions(connect: Connect) -> None:
    noon = datetime.datetime(2024, 1, 2, 12)
    with connect(session_configuration={"TIMEZONE": "America/Los_Angeles"}) as there:
        assert rows(there, "SELECT current_timezone()") == [("America/Los_Angeles",)]
        assert rows(there, "SELECT :t = TIMESTAMP'2024-01-02 12:00:00', hour(:t)", {"t": noon}) == [(True, 12)]


def test_what_a_session_holds_is_its_own_until_it_is_closed(connect: Connect) -> None:
    with connect(catalog="main", schema="default") as one, connect() as other:
        rows(one, "CREATE SCHEMA IF NOT EXISTS main.apart")
        rows(one, "CREATE TEMPORARY VIEW mine AS SELECT 7 AS n")
        rows(one, "SET `ansi_mode` = `false`;")
        rows(one, "USE SCHEMA apart")
        assert rows(one, "SELECT n, current_schema(), 1 / 0 FROM mine") == [(7, "apart", None)]
        assert rows(other, "SELECT current_schema()") == [("default",)]
        with pytest.raises(ServerOperationError, match="TABLE_OR_VIEW_NOT_FOUND"):
            rows(other, "SELECT * FROM mine")
        with pytest.raises(ServerOperationError, match="DIVIDE_BY_ZERO"):
            rows(other, "SELECT 1 / 0")


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"catalog": "is_not_there"}, "is_not_there"),
        ({"session_configuration": {"no.such.setting": "1"}}, "CONFIG_NOT_AVAILABLE.*no.such.setting"),
        ({"session_configuration": {"ANSI_MODE": "perhaps"}}, "INVALID_CONF_VALUE.*perhaps"),
    ],
)
def test_a_session_is_refused_with_the_reason(connect: Connect, more: dict[str, Any], reason: str) -> None:
    with pytest.raises(DatabaseError, match=reason):
        connect(**more)


def test_errors_say_what_spark_says(connection: Connection) -> None:
    for statement, reason in [
        ("SELECT * FROM is_not_there", r"\[TABLE_OR_VIEW_NOT_FOUND\].*is_not_there"),
        ("SELEC 1", r"\[PARSE_SYNTAX_ERROR\]"),
        ("SELECT CAST('x' AS INT)", r"\[CAST_INVALID_INPUT\]"),
    ]:
        with pytest.raises(ServerOperationError, match=reason):
            rows(connection, statement)


def test_a_statement_is_cancelled_and_another_runs_out_of_time(connection: Connection) -> None:
    endless = "SELECT count(*) FROM range(100000000000) WHERE id % 7 = 3"
    cursor = connection.cursor()
    timer = threading.Timer(3, cursor.cancel)
    timer.start()
    began = time.monotonic()
    with pytest.raises(DatabaseError, match="CANCELED"):
        cursor.execute(endless)
    assert time.monotonic() - began < 30
    timer.join()
    rows(connection, "SET STATEMENT_TIMEOUT = 2")
    with pytest.raises(DatabaseError, match=r"QUERY_EXECUTION_TIMEOUT_EXCEEDED.*\(2s\)"):
        rows(connection, endless)
    rows(connection, "RESET STATEMENT_TIMEOUT")
    assert rows(connection, "SELECT 1") == [(1,)]


def test_asynchronous_statements(connection: Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute_async("SELECT id FROM range(3)")
        cursor.get_async_execution_result()
        assert [row.id for row in cursor.fetchall()] == [0, 1, 2]


def test_tables_are_described_by_their_metadata(connection: Connection) -> None:
    rows(
        connection,
        "CREATE OR REPLACE TABLE main.default.described (id BIGINT NOT NULL, price DECIMAL(10, 2) COMMENT 'in euros')",
    )
    rows(connection, "COMMENT ON COLUMN main.default.described.id IS 'key'")
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO main.default.described VALUES (1, 2.5), (2, 3.5)")
        cursor.execute("UPDATE main.default.described SET price = 0")
        assert cursor.rowcount == 2
        assert "main" in [row.TABLE_CAT for row in cursor.catalogs().fetchall()]
        assert "default" in [row.TABLE_SCHEM for row in cursor.schemas("main", "def%").fetchall()]
        tables = cursor.tables("main", "default", "descr_bed", ["TABLE"]).fetchall()
        assert [(row.TABLE_NAME, row.TABLE_TYPE) for row in tables] == [("described", "TABLE")]
        columns = cursor.columns("main", "default", "described", "%").fetchall()
    [(described,)] = rows(connection, "DESCRIBE TABLE EXTENDED main.default.described AS JSON")
    assert json.loads(described)["columns"] == [
        {"name": "id", "type": {"name": "bigint"}, "nullable": False, "comment": "key"},
        {
            **{"name": "price", "type": {"name": "decimal", "precision": 10, "scale": 2}, "nullable": True},
            "comment": "in euros",
        },
    ]
    seen = [(row.COLUMN_NAME, row.TYPE_NAME, row.DECIMAL_DIGITS, row.NULLABLE, row.REMARKS) for row in columns]
    assert seen == [("id", "BIGINT", 0, 0, "key"), ("price", "DECIMAL(10,2)", 2, 1, "in euros")]


def test_a_principal_sees_and_may_what_it_was_granted(
    workspace: WorkspaceClient, connection: Connection, path: str
) -> None:
    made = workspace.service_principals.create(display_name="analyst")
    token = workspace.token_management.create_obo_token(application_id=made.application_id, lifetime_seconds=3600)
    robot = WorkspaceClient(host=workspace.config.host, token=token.token_value, auth_type="pat")
    private = workspace.warehouses.create(name="private", cluster_size="Small").response
    with pytest.raises(RequestError, match=r"(?i)permission"):
        _connect(robot, f"/sql/1.0/warehouses/{private.id}")
    may_use = WarehouseAccessControlRequest(
        service_principal_name=made.application_id, permission_level=WarehousePermissionLevel.CAN_USE
    )
    workspace.warehouses.update_permissions(path.rsplit("/", 1)[1], access_control_list=[may_use])
    rows(connection, "CREATE OR REPLACE TABLE main.default.secret AS SELECT 1 AS n")
    with _connect(robot, path) as theirs:
        with pytest.raises(ServerOperationError, match="does not have SELECT on Table"):
            rows(theirs, "SELECT * FROM main.default.secret")
        with theirs.cursor() as cursor:
            assert cursor.tables("main", "default", "secret").fetchall() == []
        for grant in (
            "USE CATALOG ON CATALOG main",
            "USE SCHEMA ON SCHEMA main.default",
            "SELECT ON main.default.secret",
        ):
            rows(connection, f"GRANT {grant} TO `{made.application_id}`")
        assert rows(theirs, "SELECT n FROM main.default.secret") == [(1,)]
    with pytest.raises(RequestError, match="Invalid access token"):
        sql.connect("127.0.0.1", path, "dapi-wrong", _connection_uri=f"{workspace.config.host}{path}")


def test_files_of_volumes_are_put_got_and_removed(connection: Connection, connect: Connect, tmp_path: Path) -> None:
    rows(connection, "CREATE VOLUME IF NOT EXISTS main.default.staging")
    local, back = tmp_path / "a b.csv", tmp_path / "back.csv"
    local.write_text("id\n1\n")
    file = "/Volumes/main/default/staging/ä.csv"
    with connect(staging_allowed_local_path=str(tmp_path)) as staging, staging.cursor() as cursor:
        cursor.execute(f"PUT '{local}' INTO '{file}'")
        with pytest.raises(sql.Error, match="FILE_IN_STAGING_PATH_ALREADY_EXISTS"):
            cursor.execute(f"PUT '{local}' INTO '{file}'")
        cursor.execute(f"PUT '{local}' INTO '{file}' OVERWRITE")
        cursor.execute(f"GET '{file}' TO '{back}'")
        assert back.read_text() == local.read_text()
        cursor.execute(f"REMOVE '{file}'")
        with pytest.raises(sql.Error, match="404"):
            cursor.execute(f"GET '{file}' TO '{back}'")


@pytest.mark.parametrize(
    "more", [{}, {"use_cloud_fetch": False}, {"use_hybrid_disposition": True}], ids=["links", "inline", "hybrid"]
)
def test_the_same_over_the_statement_execution_api(connect: Connect, more: dict[str, Any]) -> None:
    settings = {"TIMEZONE": "Asia/Tokyo"}
    with connect(use_sea=True, session_configuration=settings, schema="default", catalog="main", **more) as other:
        rows(other, "CREATE OR REPLACE TEMPORARY VIEW tv AS SELECT 1 AS x")
        assert rows(other, "SELECT x, current_timezone(), :a FROM tv", {"a": "b"}) == [(1, "Asia/Tokyo", "b")]
        assert rows(other, "SELECT x FROM tv WHERE x = 2") == []
        assert len(rows(other, "SELECT * FROM range(100000)")) == 100_000
        rows(other, "CREATE OR REPLACE TABLE main.default.listed (id INT COMMENT 'key', price DECIMAL(5, 1))")
        with other.cursor() as cursor:
            tables = cursor.tables("main", "default", "list*").fetchall()
            assert [(row.namespace, row.tableName, row.tableType) for row in tables] == [("default", "listed", "TABLE")]
            columns = cursor.columns("main", "default", "listed", "*").fetchall()
        assert [(row.col_name, row.columnType, row.remarks) for row in columns] == [
            ("id", "INT", "key"),
            ("price", "DECIMAL(5,1)", ""),
        ]
        with pytest.raises(ServerOperationError, match="TABLE_OR_VIEW_NOT_FOUND"):
            rows(other, "SELECT * FROM is_not_there")


def test_sqlalchemy(workspace: WorkspaceClient, connection: Connection, path: str) -> None:
    rows(connection, "CREATE OR REPLACE TABLE main.default.mapped (id INT, name STRING)")
    url = f"databricks://token:{workspace.config.token}@127.0.0.1?http_path={path}&catalog=main&schema=default"
    arguments = {"_connection_uri": f"{workspace.config.host}{path}", "enable_telemetry": False}
    engine = create_engine(url, connect_args=arguments)
    try:
        with engine.begin() as there:
            there.execute(text("INSERT INTO mapped VALUES (:id, :name)"), {"id": 1, "name": "a"})
            assert there.execute(text("SELECT id, name FROM mapped")).all() == [(1, "a")]
        seen = inspect(engine)
        assert "mapped" in seen.get_table_names(schema="default")
        assert [each["name"] for each in seen.get_columns("mapped", schema="default")] == ["id", "name"]
    finally:
        engine.dispose()
