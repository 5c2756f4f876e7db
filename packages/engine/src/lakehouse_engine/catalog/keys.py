"""A table's keys as Unity Catalog has them: https://docs.databricks.com/api/workspace/tableconstraints"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lakehouse_engine.errors import EngineError
from lakehouse_engine.graph.model import TableConstraint
from lakehouse_engine.graph.names import split
from lakehouse_engine.identifiers import quote_all


def described(
    given: TableConstraint,
    table: str,
    full_name: Callable[[str], str],
    constraints_of: Callable[[str], list[dict[str, Any]]],
) -> dict[str, Any]:
    """Databricks' TableConstraint of a key of `table`, whose full name it is.

    `full_name` completes the parent's name; `constraints_of` gives the constraints of the table of a full name.
    Raises EngineError where a foreign key leaves out the columns of a table that has no primary key.
    """
    plain, columns = table.split(".")[-1], list(given.columns)
    rely = {"rely": True} if given.rely else {}
    if given.kind == "PRIMARY KEY":
        series = {"timeseries_columns": list(given.timeseries)} if given.timeseries else {}
        return {
            "primary_key_constraint": {"name": given.name or f"{plain}_pk", "child_columns": columns, **series, **rely}
        }
    name, parent = given.name or f"{plain}_{'_'.join(columns)}_fk", full_name(given.parent)
    keys = [each["primary_key_constraint"] for each in constraints_of(parent) if each.get("primary_key_constraint")]
    if not given.parent_columns and not keys:
        raise EngineError(
            f"Table {quote_all(split(parent))} does not have either a primary key constraint or a UNIQUE constraint.",
            error_class="NOT_FOUND.UC_REFERENTIAL_CONSTRAINT_DOES_NOT_EXIST",
            error_code="NOT_FOUND",
        )
    parents = list(given.parent_columns or keys[0]["child_columns"])
    detail = {"name": name, "child_columns": columns, "parent_table": parent, "parent_columns": parents}
    return {"foreign_key_constraint": {**detail, **rely}}
