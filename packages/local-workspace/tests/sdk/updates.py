"""Updates of pipelines and statements by the SDK, waited for."""

from __future__ import annotations

import time

from databricks.sdk import WorkspaceClient
from databricks.sdk.service.pipelines import UpdateInfoState
from databricks.sdk.service.sql import StatementState

_ENDED = (UpdateInfoState.COMPLETED, UpdateInfoState.FAILED, UpdateInfoState.CANCELED)


def run_update(client: WorkspaceClient, pipeline_id: str, timeout: float = 400) -> str:
    """The id of an update that completed; fails with what its events say otherwise."""
    update_id = client.pipelines.start_update(pipeline_id).update_id
    deadline = time.monotonic() + timeout
    while (update := client.pipelines.get_update(pipeline_id, update_id).update).state not in _ENDED:
        assert time.monotonic() < deadline, f"the update is still {update.state}"
        time.sleep(0.1)
    messages = [e.message for e in client.pipelines.list_pipeline_events(pipeline_id) if str(e.level).endswith("ERROR")]
    assert update.state == UpdateInfoState.COMPLETED, messages
    return update_id


def statement_rows(client: WorkspaceClient, catalog: str, schema: str, statement: str) -> list[list[str | None]]:
    warehouse = next(iter(client.warehouses.list()))
    answer = client.statement_execution.execute_statement(
        statement, warehouse.id, catalog=catalog, schema=schema, wait_timeout="50s"
    )
    assert answer.status.state == StatementState.SUCCEEDED, answer.status.error
    return (answer.result and answer.result.data_array) or []
