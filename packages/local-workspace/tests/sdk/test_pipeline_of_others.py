"""The Databricks SDK for Python with resources and a pipeline that have nothing to do with this project's program."""

from __future__ import annotations

import base64
import io
import time

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound, PermissionDenied
from databricks.sdk.service.catalog import VolumeType
from databricks.sdk.service.pipelines import FileLibrary, NotebookLibrary, PipelineLibrary, UpdateInfoState
from databricks.sdk.service.sql import StatementParameterListItem, StatementState
from databricks.sdk.service.workspace import ExportFormat, ImportFormat, Language

CATALOG = "weather_station"
PYTHON = b"""# Databricks notebook source
from pyspark import pipelines as dp
from pyspark.sql import functions as F

# COMMAND ----------

@dp.table(comment="Readings as delivered")
@dp.expect_or_drop("plausible", "celsius BETWEEN -90 AND 60")
def readings():
    return (
        spark.readStream.format("cloudFiles")
        .option("cloudFiles.format", "csv")
        .option("header", "true")
        .schema("station STRING, day DATE, celsius DOUBLE")
        .load(spark.conf.get("station.files"))
    )
"""
SQL = b"""CREATE OR REFRESH MATERIALIZED VIEW warmest (
  station STRING COMMENT 'Name of the station', celsius DOUBLE,
  CONSTRAINT named EXPECT (station IS NOT NULL) ON VIOLATION FAIL UPDATE
) COMMENT 'Highest reading by station'
AS SELECT station, max(celsius) AS celsius FROM readings GROUP BY station;
"""


def run_update(client: WorkspaceClient, pipeline_id: str, **more: object) -> None:
    update_id = client.pipelines.start_update(pipeline_id, **more).update_id
    deadline = time.monotonic() + 240
    while True:
        update = client.pipelines.get_update(pipeline_id, update_id).update
        if update.state in (UpdateInfoState.COMPLETED, UpdateInfoState.FAILED, UpdateInfoState.CANCELED):
            break
        assert time.monotonic() < deadline, f"the update is still {update.state}"
        time.sleep(0.1)
    messages = [e.message for e in client.pipelines.list_pipeline_events(pipeline_id) if str(e.level).endswith("ERROR")]
    assert update.state == UpdateInfoState.COMPLETED, messages


def rows(client: WorkspaceClient, statement: str, **parameters: str) -> list[list[str | None]]:
    warehouse = next(iter(client.warehouses.list()))
    answer = client.statement_execution.execute_statement(
        statement,
        warehouse.id,
        catalog=CATALOG,
        schema="measured",
        wait_timeout="50s",
        parameters=[StatementParameterListItem(name=n, value=v) for n, v in parameters.items()] or None,
    )
    assert answer.status.state == StatementState.SUCCEEDED, answer.status.error
    return answer.result.data_array or []


@pytest.fixture(scope="module")
def station(workspace: WorkspaceClient) -> str:
    """Catalog, schema, volume, sources and pipeline; the pipeline's id."""
    workspace.catalogs.create(CATALOG, comment="A weather station")
    workspace.schemas.create("measured", CATALOG)
    workspace.volumes.create(CATALOG, "measured", "files", VolumeType.MANAGED)
    workspace.workspace.mkdirs("/Shared/weather")
    workspace.workspace.import_(
        "/Shared/weather/readings",
        content=base64.b64encode(PYTHON).decode(),
        format=ImportFormat.SOURCE,
        language=Language.PYTHON,
    )
    workspace.workspace.upload("/Shared/weather/warmest.sql", io.BytesIO(SQL), format=ImportFormat.AUTO)
    return workspace.pipelines.create(
        name="weather",
        catalog=CATALOG,
        schema="measured",
        serverless=True,
        libraries=[
            PipelineLibrary(notebook=NotebookLibrary(path="/Shared/weather/readings")),
            PipelineLibrary(file=FileLibrary(path="/Shared/weather/warmest.sql")),
        ],
        configuration={"station.files": f"/Volumes/{CATALOG}/measured/files/in"},
    ).pipeline_id


def test_a_pipeline_reads_uploaded_files_once_and_its_result_is_read_by_sql(
    workspace: WorkspaceClient, station: str
) -> None:
    folder = f"/Volumes/{CATALOG}/measured/files/in"
    workspace.files.create_directory(folder)
    workspace.files.upload(
        f"{folder}/a.csv", io.BytesIO(b"station,day,celsius\nnorth,2026-01-01,3.5\nsouth,2026-01-01,999\n")
    )
    run_update(workspace, station)
    assert rows(workspace, "SELECT station, celsius FROM warmest ORDER BY station") == [["north", "3.5"]]

    workspace.files.upload(
        f"{folder}/b.csv", io.BytesIO(b"station,day,celsius\nnorth,2026-01-02,7.25\nsouth,2026-01-02,12\n")
    )
    run_update(workspace, station)
    found = rows(workspace, "SELECT celsius FROM warmest WHERE station = :name", name="south")
    assert found == [["12.0"]]
    assert rows(workspace, "SELECT count(*) FROM readings") == [["3"]]


def test_tables_have_columns_types_and_comments(workspace: WorkspaceClient, station: str) -> None:
    table = workspace.tables.get(f"{CATALOG}.measured.warmest")
    assert table.comment == "Highest reading by station"
    assert [(c.name, c.type_text, c.comment) for c in table.columns] == [
        ("station", "string", "Name of the station"),
        ("celsius", "double", None),
    ]


def test_events_carry_the_counts_of_expectations(workspace: WorkspaceClient, station: str) -> None:
    # The SDK's event type leaves details out, so the REST answer is read.
    answer = workspace.api_client.do("GET", f"/api/2.0/pipelines/{station}/events", query={"max_results": 250})
    progress = [e["details"]["flow_progress"] for e in answer["events"] if e["event_type"] == "flow_progress"]
    counts = [
        (x["passed_records"], x["failed_records"])
        for p in progress
        for x in p.get("data_quality", {}).get("expectations", [])
        if x["name"] == "plausible"
    ]
    assert sorted(counts) == [(1, 1), (2, 0)]


def test_a_source_comes_back_as_it_was_uploaded(workspace: WorkspaceClient, station: str) -> None:
    exported = workspace.workspace.export("/Shared/weather/readings", format=ExportFormat.SOURCE)
    assert base64.b64decode(exported.content) == PYTHON


def test_errors_are_the_exceptions_that_the_sdk_documents(workspace: WorkspaceClient, station: str) -> None:
    with pytest.raises(NotFound):
        workspace.catalogs.get("no_such_catalog")
    with pytest.raises(NotFound):
        workspace.pipelines.get("00000000-0000-4000-8000-000000000000")
    with pytest.raises(PermissionDenied):
        WorkspaceClient(host=workspace.config.host, token="wrong", auth_type="pat").current_user.me()


def test_everything_can_be_removed_again(workspace: WorkspaceClient, station: str) -> None:
    workspace.pipelines.delete(station)
    with pytest.raises(NotFound):
        workspace.tables.get(f"{CATALOG}.measured.readings")
    workspace.workspace.delete("/Shared/weather", recursive=True)
    workspace.catalogs.delete(CATALOG, force=True)
    assert CATALOG not in {c.name for c in workspace.catalogs.list()}
