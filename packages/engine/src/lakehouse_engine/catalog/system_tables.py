"""Tables of Databricks' own, in the catalogs samples and system. Their rows are a query's, which no stream can read.

https://docs.databricks.com/aws/en/discover/databricks-datasets, …/admin/system-tables: both can be read as streams.
"""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lakehouse_engine.catalog.text import quoted
from lakehouse_engine.session import Engine

# Their owner; no principal has this name.
SYSTEM_USER = "System user"


def is_query(record: Mapping[str, Any]) -> bool:
    return record["tableType"] == "VIEW" and record.get("owner") == SYSTEM_USER


def write_files(engine: Engine, record: Mapping[str, Any]) -> Path:
    """The Delta table with the rows of the query, written once: a stream remembers which table it read."""
    version = hashlib.sha256(record["viewDefinition"].encode()).hexdigest()[:8]
    folder = Path(engine.tables_root).resolve() / f"{record['tableId']}-{version}"
    if not folder.exists():
        unfinished = engine.data_dir.resolve() / "tmp" / str(uuid.uuid4())
        try:
            with engine.own_work() as spark:
                # In Java: this may be in the query of a pipeline, where Python's readers and writers are watched.
                rows: Any = spark._jsparkSession.table(quoted(record["fullName"]))
                rows.write().format("delta").save(unfinished.as_uri())
            folder.parent.mkdir(parents=True, exist_ok=True)
            unfinished.rename(folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return folder
