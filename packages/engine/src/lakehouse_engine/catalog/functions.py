"""SQL functions of Unity Catalog. Spark's analyzer puts them into the plans that call them (scala/Functions.scala)."""

from __future__ import annotations

from typing import Any

FunctionRecord = dict[str, Any]


class Functions:
    def __init__(self, jvm: Any) -> None:
        self._jvm = jvm.org.apache.spark.sql.lakehouse.SqlFunctions

    def put(self, record: FunctionRecord) -> None:
        """Functions in other languages are on record at the workspace only: Spark does not know them."""
        if (record.get("routine_body") or "SQL") != "SQL":
            return
        table = record.get("data_type") == "TABLE_TYPE"
        returns = record.get("full_data_type") or record.get("data_type") or "STRING"
        catalog, schema, name = record["fullName"].split(".", 2)
        self._jvm.put(
            catalog,
            schema,
            name,
            parameters(record),
            returns,
            table,
            record.get("routine_definition") or "",
            record.get("is_deterministic", True) is not False,
        )

    def drop(self, full_name: str) -> None:
        self._jvm.drop(*full_name.split(".", 2))


def parameters(record: FunctionRecord) -> str:
    """What stands between the parentheses of CREATE FUNCTION."""
    found = []
    for each in (record.get("input_params") or {}).get("parameters", []):
        name = each["name"].replace("`", "``")
        default = f" DEFAULT {each['parameter_default']}" if each.get("parameter_default") else ""
        found.append(f"`{name}` {each['type_text']}{default}")
    return ", ".join(found)
