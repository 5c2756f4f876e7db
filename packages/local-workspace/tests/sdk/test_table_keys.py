"""Keys of tables by SQL, as Unity Catalog keeps them: on record over REST, in information_schema, never enforced."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.sql import StatementResponse, StatementState

SCHEMA = "main.keys"


@pytest.fixture(scope="module", autouse=True)
def schema(workspace: WorkspaceClient) -> Iterator[None]:
    workspace.schemas.create(name="keys", catalog_name="main")
    yield
    workspace.schemas.delete(SCHEMA, force=True)


def answer(workspace: WorkspaceClient, statement: str) -> StatementResponse:
    warehouse = next(iter(workspace.warehouses.list()))
    run = workspace.statement_execution.execute_statement(
        statement, warehouse.id, catalog="main", schema="keys", wait_timeout="50s"
    )
    while run.status.state in (StatementState.PENDING, StatementState.RUNNING):
        run = workspace.statement_execution.get_statement(run.statement_id)
    return run


def run(workspace: WorkspaceClient, statement: str) -> list[list[str]]:
    found = answer(workspace, statement)
    assert found.status.state is StatementState.SUCCEEDED, found.status.error
    return (found.result.data_array if found.result else None) or []


def refused(workspace: WorkspaceClient, statement: str) -> str:
    found = answer(workspace, statement)
    assert found.status.state is StatementState.FAILED
    return found.status.error.message


def constraints(workspace: WorkspaceClient, table: str) -> list[dict]:
    return [each.as_dict() for each in workspace.tables.get(f"{SCHEMA}.{table}").table_constraints or []]


def test_keys_come_and_go_with_their_tables(workspace: WorkspaceClient) -> None:
    run(workspace, "CREATE TABLE orders (id INT, day DATE, CONSTRAINT orders_key PRIMARY KEY (id) RELY) COMMENT 'all'")
    run(workspace, "CREATE TABLE items (id INT NOT NULL PRIMARY KEY, order_id INT REFERENCES orders, n INT)")
    key = {"name": "orders_key", "child_columns": ["id"], "rely": True}
    assert constraints(workspace, "orders") == [{"primary_key_constraint": key}]
    assert constraints(workspace, "items") == [
        {"primary_key_constraint": {"name": "items_pk", "child_columns": ["id"]}},
        {
            "foreign_key_constraint": {
                "name": "items_order_id_fk",
                "child_columns": ["order_id"],
                "parent_table": f"{SCHEMA}.orders",
                "parent_columns": ["id"],
            }
        },
    ]
    columns = {column.name: column.nullable for column in workspace.tables.get(f"{SCHEMA}.orders").columns}
    assert columns == {"id": False, "day": True}
    listed = "SELECT constraint_name, constraint_type FROM main.information_schema.table_constraints ORDER BY 1"
    assert ["orders_key", "PRIMARY KEY"] in run(workspace, listed)

    run(workspace, "INSERT INTO orders VALUES (1, NULL), (1, NULL)")  # not enforced
    run(workspace, "CREATE TABLE IF NOT EXISTS orders (other INT PRIMARY KEY)")  # is there
    assert constraints(workspace, "orders") == [{"primary_key_constraint": key}]
    assert "items_order_id_fk" in refused(workspace, "ALTER TABLE orders DROP CONSTRAINT orders_key")
    run(workspace, "ALTER TABLE orders DROP PRIMARY KEY CASCADE")
    assert constraints(workspace, "orders") == []
    assert [next(iter(each)) for each in constraints(workspace, "items")] == ["primary_key_constraint"]
    run(workspace, "CREATE OR REPLACE TABLE items (id INT, n INT)")
    assert constraints(workspace, "items") == []


def test_drivers_find_keys_and_functions_by_show(workspace: WorkspaceClient) -> None:
    run(workspace, "CREATE TABLE above (a INT, b INT, CONSTRAINT above_key PRIMARY KEY (a, b))")
    run(workspace, "CREATE TABLE below (x INT, y INT, CONSTRAINT below_key FOREIGN KEY (x, y) REFERENCES above)")
    run(workspace, "CREATE FUNCTION plus_one(n INT) RETURNS INT RETURN n + 1")
    at = ["main", "keys"]
    assert run(workspace, "SHOW KEYS IN CATALOG `main` IN SCHEMA `keys` IN TABLE `above`") == [
        [*at, "above", "a", "1", "above_key"],
        [*at, "above", "b", "2", "above_key"],
    ]
    assert run(workspace, "SHOW FOREIGN KEYS IN CATALOG main IN SCHEMA keys IN TABLE below") == [
        [*at, "above", "a", *at, "below", "x", "1", "3", "3", "below_key", "above_key", "7"],
        [*at, "above", "b", *at, "below", "y", "2", "3", "3", "below_key", "above_key", "7"],
    ]
    assert run(workspace, "SHOW KEYS IN CATALOG main IN SCHEMA keys IN TABLE below") == []
    assert run(workspace, "SHOW FUNCTIONS IN CATALOG main SCHEMA LIKE 'key.' LIKE 'plus*'") == [
        ["plus_one", *at, "", "1", "main.keys.plus_one"]
    ]
    assert ["keys", "main"] in run(workspace, "SHOW SCHEMAS IN ALL CATALOGS LIKE 'k*|none'")
    shown = run(workspace, "SHOW TABLES IN CATALOG main SCHEMA LIKE 'keys' LIKE 'b.low|abov'")
    assert [row[1] for row in shown] == ["below"]


def test_keys_of_tables_that_are_there(workspace: WorkspaceClient) -> None:
    run(workspace, "CREATE TABLE parents (id INT NOT NULL, n INT)")
    run(workspace, "CREATE TABLE children (id INT NOT NULL, parent INT)")
    assert "nullable" in refused(workspace, "ALTER TABLE parents ADD PRIMARY KEY (n)")
    unkeyed = refused(workspace, "ALTER TABLE children ADD FOREIGN KEY (parent) REFERENCES parents")
    assert "does not have either a primary key" in unkeyed
    run(workspace, "ALTER TABLE parents ADD CONSTRAINT parent_key PRIMARY KEY (id)")
    run(workspace, "ALTER TABLE children ADD CONSTRAINT f FOREIGN KEY (parent) REFERENCES parents NOT ENFORCED")
    run(workspace, "ALTER TABLE children ADD CONSTRAINT positive CHECK (id > 0)")
    assert len(constraints(workspace, "children")) == 1
    assert "CHECK" in refused(workspace, "INSERT INTO children VALUES (-1, 1)")
    run(workspace, "ALTER TABLE children DROP CONSTRAINT positive")
    run(workspace, "INSERT INTO children VALUES (-1, 1)")
    run(workspace, "ALTER TABLE children DROP FOREIGN KEY (parent)")
    run(workspace, "ALTER TABLE children DROP FOREIGN KEY IF EXISTS (parent)")
    assert constraints(workspace, "children") == []


def test_a_table_whose_keys_are_refused_is_not_made(workspace: WorkspaceClient) -> None:
    assert "missing" in refused(workspace, "CREATE TABLE orphans (id INT REFERENCES main.keys.missing (id))")
    assert "orphans" not in [table.name for table in workspace.tables.list("main", "keys")]
    run(workspace, "CREATE TABLE orphans (id INT)")


def test_a_table_whose_new_keys_are_refused_stays_as_it_was(workspace: WorkspaceClient) -> None:
    run(workspace, "CREATE TABLE kept_whole (id INT COMMENT 'key', CONSTRAINT kept_pk PRIMARY KEY (id))")
    run(workspace, "INSERT INTO kept_whole VALUES (1), (2)")
    new = "CREATE OR REPLACE TABLE kept_whole (id INT, name STRING REFERENCES main.keys.missing (id))"
    assert "missing" in refused(workspace, new)
    assert run(workspace, "SELECT * FROM kept_whole ORDER BY id") == [["1"], ["2"]]
    columns = workspace.tables.get("main.keys.kept_whole").columns or []
    assert [(column.name, column.comment) for column in columns] == [("id", "key")]
    assert [each["primary_key_constraint"]["name"] for each in constraints(workspace, "kept_whole")] == ["kept_pk"]
