"""`verify_workspace.py HOST TOKEN_FILE DATA_DIR CATALOG`: what the deployed pipelines wrote against the oracle.

Reads every table as a client does, by SQL in Arrow over external links; prints each difference, and ends with status 1
when there is one.
"""

from __future__ import annotations

import sys
import urllib.request
from pathlib import Path

import pandas as pd
import pyarrow as pa
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.sql import Disposition, Format, StatementState

sys.path.insert(0, str(Path(__file__).parents[1]))

from oracle import bronze_rows, compare, expected


def read(client: WorkspaceClient, table: str) -> pd.DataFrame:
    warehouse = next(iter(client.warehouses.list())).id
    execution = client.statement_execution
    answer = execution.execute_statement(
        f"SELECT * FROM {table}",
        warehouse,
        format=Format.ARROW_STREAM,
        disposition=Disposition.EXTERNAL_LINKS,
        wait_timeout="50s",
    )
    if answer.status.state != StatementState.SUCCEEDED:
        raise RuntimeError(f"{table}: {answer.status.error}")
    parts = []
    for number in range(answer.manifest.total_chunk_count or 0):
        for link in execution.get_statement_result_chunk_n(answer.statement_id, number).external_links or []:
            with urllib.request.urlopen(link.external_link) as content:
                parts.append(pa.ipc.open_stream(content).read_all())
    if not parts:
        return pd.DataFrame(columns=[c.name for c in answer.manifest.schema.columns])
    frame = pa.concat_tables(parts).to_pandas(timestamp_as_object=True)
    for column in frame.columns:
        frame[column] = [v.replace(tzinfo=None) if getattr(v, "tzinfo", None) else v for v in frame[column]]
    return frame


def main() -> int:
    host, token_file, data_dir, catalog = sys.argv[1:]
    client = WorkspaceClient(host=host, token=Path(token_file).read_text().strip(), auth_type="pat")
    raw = Path(data_dir) / "volumes" / catalog / "raw"
    want = expected(str(raw / "landing"), str(raw / "changes"))
    found = compare(want, {name: read(client, f"{catalog}.{name}") for name in want})
    for entity, rows in bronze_rows(str(raw / "landing")).items():
        have = len(read(client, f"{catalog}.bronze.{entity}"))
        if have != rows:
            found.append(f"bronze.{entity}: {have} rows, the files have {rows}")
    print("\n".join(found) if found else f"{len(want)} tables are as expected")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
