"""Records of views."""

from __future__ import annotations

import pytest
from lakehouse_engine.catalog.views import commented, view_record
from lakehouse_engine.errors import EngineError
from pyspark.sql.types import LongType, StringType, StructField, StructType

ROWS = StructType([StructField("id", LongType(), metadata={"comment": "key"}), StructField("name", StringType())])


@pytest.mark.parametrize("restarted", [False, True])
def test_a_column_gets_another_comment_in_this_process_and_the_next(restarted: bool) -> None:
    record = view_record("main.default.v", "SELECT 1", ROWS, query_catalog="main", query_schema="default")
    if restarted:
        del record["schemaJson"]  # the workspace keeps the columns alone
    changed = commented(record, "NAME", "of a person")
    assert [(c["name"], c.get("comment")) for c in changed["columns"]] == [("id", "key"), ("name", "of a person")]
    assert [c.get("comment") for c in commented(changed, "id", None)["columns"]] == [None, "of a person"]
    with pytest.raises(EngineError, match=r"Column 'x' does not exist in view 'main\.default\.v'; it has id, name"):
        commented(record, "x", "none")
