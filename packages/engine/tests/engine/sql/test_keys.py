"""PRIMARY KEY and FOREIGN KEY in CREATE TABLE and ALTER TABLE, read without Spark."""

from __future__ import annotations

from typing import Any

import pytest
from lakehouse_engine.catalog.keys import described as as_databricks
from lakehouse_engine.errors import EngineError
from lakehouse_engine.graph.model import TableConstraint
from lakehouse_engine.sources.sql.errors import SqlSyntaxError
from lakehouse_engine.sql import keys, unity
from lakehouse_engine.sql.securables import CurrentNames

NAMES = CurrentNames("main", "sales")


def create(text: str) -> keys.TableKeys:
    found = keys.of_create(text, NAMES.table)
    assert found is not None
    return found


def described(given: TableConstraint) -> dict[str, Any]:
    """In a catalog whose table main.sales.orders has the primary key id, and no other one a key."""
    primary_keys = {"main.sales.orders": [primary("orders_pk", "id")]}
    return as_databricks(given, "main.sales.t", NAMES.table, lambda table: primary_keys.get(table, []))


def primary(name: str, *columns: str, **more: object) -> dict[str, Any]:
    return {"primary_key_constraint": {"name": name, "child_columns": list(columns), **more}}


def foreign(name: str, columns: list[str], parent: str, parents: list[str]) -> dict[str, Any]:
    detail = {"name": name, "child_columns": columns, "parent_table": parent, "parent_columns": parents}
    return {"foreign_key_constraint": detail}


@pytest.mark.parametrize(
    ("columns", "plain", "constraints"),
    [
        ("id INT NOT NULL PRIMARY KEY, n INT", "id INT NOT NULL , n INT", [primary("t_pk", "id")]),
        ("id INT PRIMARY KEY, n INT", "id INT  NOT NULL, n INT", [primary("t_pk", "id")]),
        ("id INT, PRIMARY KEY (id)", "id INT NOT NULL", [primary("t_pk", "id")]),
        ("PRIMARY KEY (`id`), id INT NOT NULL", " id INT NOT NULL", [primary("t_pk", "id")]),
        (
            "id INT NOT NULL, at TIMESTAMP NOT NULL, CONSTRAINT k PRIMARY KEY (id, at TIMESERIES) RELY, n INT",
            "id INT NOT NULL, at TIMESTAMP NOT NULL, n INT",
            [primary("k", "id", "at", timeseries_columns=["at"], rely=True)],
        ),
        (
            "id INT CONSTRAINT k PRIMARY KEY NOT ENFORCED COMMENT 'the, (key' , o INT REFERENCES orders",
            "id INT  COMMENT 'the, (key' NOT NULL , o INT ",
            [primary("k", "id"), foreign("t_o_fk", ["o"], "main.sales.orders", ["id"])],
        ),
        (
            "a INT, b STRUCT<x: INT, y: DECIMAL(3, 1)>, CONSTRAINT f FOREIGN KEY (a) REFERENCES c.s.p (q) "
            "MATCH FULL ON DELETE NO ACTION NOT ENFORCED DEFERRABLE INITIALLY DEFERRED, PRIMARY KEY (a)",
            "a INT NOT NULL, b STRUCT<x: INT, y: DECIMAL(3, 1)>",
            [foreign("f", ["a"], "c.s.p", ["q"]), primary("t_pk", "a")],
        ),
        (
            "n INT, g INT GENERATED ALWAYS AS (n + (1)), o INT FOREIGN KEY REFERENCES main.sales.orders(id)",
            "n INT, g INT GENERATED ALWAYS AS (n + (1)), o INT ",
            [foreign("t_o_fk", ["o"], "main.sales.orders", ["id"])],
        ),
    ],
)
def test_keys_are_cut_out(columns: str, plain: str, constraints: list[dict]) -> None:
    found = create(f"CREATE TABLE t ({columns}) USING delta COMMENT 'x'")
    assert found.text == f"CREATE TABLE t ({plain}) USING delta COMMENT 'x'"
    assert list(map(described, found.constraints)) == constraints
    assert (found.table, found.exists_ok, found.replaces) == ("main.sales.t", False, False)


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE t (`primary` INT, n STRING DEFAULT 'PRIMARY KEY')",
        "CREATE TABLE t AS SELECT 1 AS id",
        "CREATE TABLE t (1a INT)",
    ],
)
def test_other_tables_are_left_alone(text: str) -> None:
    assert create(text) == keys.TableKeys(text, "main.sales.t", False, False)


def test_what_is_no_table() -> None:
    assert keys.of_create("CREATE VIEW v AS SELECT 1", NAMES.table) is None
    found = create("CREATE OR REPLACE TABLE a.b.t (id INT PRIMARY KEY)")
    assert (found.table, found.replaces) == ("a.b.t", True)
    assert create("CREATE TABLE IF NOT EXISTS t (id INT PRIMARY KEY)").exists_ok


@pytest.mark.parametrize(
    "columns", ["id INT, PRIMARY KEY id", "id INT, FOREIGN KEY (id)", "id INT PRIMARY KEY ENFORCED ("]
)
def test_a_broken_key_is_a_syntax_error(columns: str) -> None:
    with pytest.raises(SqlSyntaxError):
        create(f"CREATE TABLE t ({columns})")


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("ADD CONSTRAINT k PRIMARY KEY (id)", {"kind": "addConstraint", "constraint": primary("k", "id")}),
        (
            "ADD FOREIGN KEY (a, b) REFERENCES orders",
            {"kind": "addConstraint", "constraint": foreign("t_a_b_fk", ["a", "b"], "main.sales.orders", ["id"])},
        ),
        ("DROP PRIMARY KEY", {"kind": "dropConstraint", "ifExists": False, "cascade": False}),
        ("DROP PRIMARY KEY IF EXISTS CASCADE", {"kind": "dropConstraint", "ifExists": True, "cascade": True}),
        (
            "DROP FOREIGN KEY IF EXISTS (a, b)",
            {"kind": "dropConstraint", "ifExists": True, "cascade": False, "foreignKey": ["a", "b"]},
        ),
        ("DROP CONSTRAINT k RESTRICT", {"kind": "dropConstraint", "ifExists": False, "cascade": False, "name": "k"}),
        ("ADD CONSTRAINT positive CHECK (id > 0)", None),
        ("ADD COLUMN n INT", None),
        ("DROP COLUMN n", None),
    ],
)
def test_keys_of_a_table_that_exists(text: str, statement: dict | None) -> None:
    found = unity.parse(f"ALTER TABLE t {text}", NAMES)
    if found and "constraint" in found:
        found["constraint"] = described(found["constraint"])
    assert found == (None if statement is None else {**statement, "table": "main.sales.t"})


def test_a_foreign_key_needs_a_key_of_its_parent() -> None:
    [given] = create("CREATE TABLE t (id INT REFERENCES items)").constraints
    with pytest.raises(
        EngineError, match=r"Table `main`\.`sales`\.`items` does not have either a primary key"
    ) as failed:
        described(given)
    assert failed.value.error_class == "NOT_FOUND.UC_REFERENTIAL_CONSTRAINT_DOES_NOT_EXIST"
