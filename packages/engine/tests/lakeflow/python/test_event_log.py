"""The event log in SQL: queries by which pipelines are watched (ldp/monitor-event-logs, …-schema) and their answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lakeflow.python.sources import lines
from lakehouse_engine.testing import EngineFailed, EngineProcess
from pipelines import Pipeline

SOURCE = """
@dp.table(comment="raw")
@dp.expect("paid", "amount > 0")
@dp.expect_or_drop("keyed", "id IS NOT NULL")
def l_raw():
    reader = spark.readStream.format("cloudFiles").option("cloudFiles.format", "json")
    return reader.schema("id INT, amount INT, n INT").load("LANDING")

@dp.temporary_view
def l_view():
    return spark.readStream.table("l_raw").where("amount IS NOT NULL")

dp.create_streaming_table("l_current")
dp.create_auto_cdc_flow(target="l_current", source="l_view", keys=["id"], sequence_by="n", stored_as_scd_type=1)

@dp.materialized_view
@dp.expect_all_or_fail({"sane": "total < 1000"})
def l_total():
    return spark.sql("SELECT sum(amount) AS total FROM l_current CROSS JOIN main.raw.l_foreign")

@dp.table
def l_count():
    return spark.readStream.table("l_raw").groupBy().count()
"""
FIRST = lines({"id": 1, "amount": 5, "n": 1}, {"id": 2, "amount": -5, "n": 1}, {"amount": 7, "n": 1})
SECOND = lines({"id": 1, "amount": 9, "n": 2})
BROKEN = lines({"id": 3, "amount": 5000, "n": 1})


class Log:
    """A pipeline of two updates that succeeded and one that failed, its log published, and a view of event_log()."""

    def __init__(self, engine: EngineProcess) -> None:
        self.engine = engine
        engine.sql("CREATE TABLE IF NOT EXISTS main.raw.l_foreign AS SELECT 1 AS x")
        self.pipeline = Pipeline(engine, event_log={"name": "l_events", "schema": "raw"}).python(SOURCE)
        for name, text in (("1.json", FIRST), ("2.json", SECOND)):
            self.pipeline.land(name, text)
            self.pipeline.completed()
        self.completed = self.pipeline.update_id
        self.pipeline.land("3.json", BROKEN)
        answer = self.pipeline.update()
        assert answer["state"] == "FAILED" and "sane" in answer["error"]["message"], answer
        engine.sql(f"CREATE OR REPLACE VIEW main.raw.l_log AS SELECT * FROM event_log('{self.pipeline.id}')")

    def rows(self, query: str, of: str = "main.raw.l_log") -> list[list[str | None]]:
        return self.engine.sql(query.replace("LOG", of).replace("DONE", self.completed))


@pytest.fixture(scope="module")
def log(corpus) -> Iterator[Log]:
    return Log(corpus.engine)


QUALITY = """
WITH done AS (SELECT explode(from_json(details :flow_progress :data_quality :expectations,
    'array<struct<name: string, dataset: string, passed_records: int, failed_records: int>>')) r
  FROM LOG WHERE event_type = 'flow_progress' AND origin.update_id = 'DONE')
SELECT r.dataset, r.name, sum(r.passed_records), sum(r.failed_records) FROM done GROUP BY ALL ORDER BY ALL
"""


@pytest.mark.parametrize("of", ["main.raw.l_log", "main.raw.l_events"])
def test_the_latest_update_is_found_and_its_quality(log: Log, of: str) -> None:
    latest = "SELECT origin.update_id FROM LOG WHERE event_type = 'create_update' ORDER BY timestamp DESC LIMIT 1"
    # The update that failed is in the function's answer at once, and in the table from the next update on.
    assert log.rows(latest, of) in ([[log.pipeline.update_id]], [[log.completed]])
    assert log.rows(QUALITY, of) == [
        ["main.default.l_raw", "keyed", "1", "0"],
        ["main.default.l_raw", "paid", "1", "0"],
        ["main.default.l_total", "sane", "1", "0"],
    ]


def test_lineage(log: Log) -> None:
    query = """SELECT details:flow_definition.output_dataset, details:flow_definition.input_datasets,
        details:flow_definition.flow_type FROM LOG
        WHERE event_type = 'flow_definition' AND origin.update_id = 'DONE' ORDER BY 1"""
    assert log.rows(query) == [
        ["l_view", '["main.default.l_raw"]', "VIEW"],
        ["main.default.l_count", '["main.default.l_raw"]', "COMPLETE"],
        ["main.default.l_current", '["l_view"]', "CHANGE"],
        ["main.default.l_raw", None, "APPEND"],
        ["main.default.l_total", '["main.default.l_current","main.raw.l_foreign"]', "MATERIALIZED_VIEW"],
    ]


def test_rows_written_dropped_and_left_to_read(log: Log) -> None:
    query = """SELECT origin.flow_name, details:flow_progress.metrics.num_output_rows::bigint,
        details:flow_progress.metrics.num_upserted_rows::bigint, details:flow_progress.metrics.num_deleted_rows::bigint,
        details:flow_progress.data_quality.dropped_records::bigint,
        double(details:flow_progress.metrics.backlog_bytes) AS backlog
        FROM LOG WHERE event_type = 'flow_progress' AND details:flow_progress.metrics IS NOT NULL
        AND origin.update_id <> 'DONE' AND details:flow_progress.status = 'COMPLETED' ORDER BY timestamp, 1"""
    found = {row[0]: row[1:] for row in reversed(log.rows(query))}  # of the first update
    assert found["main.default.l_raw"] == ["2", None, None, "1", "0.0"]
    assert found["main.default.l_current"][1:3] == ["2", "0"]


def test_definitions_of_datasets(log: Log) -> None:
    query = """SELECT origin.dataset_name, details:dataset_definition.dataset_type,
        details:dataset_definition.num_flows, details:dataset_definition.expectations[0].name,
        details:dataset_definition.expectations[0].action, origin.schema_name
        FROM LOG WHERE event_type = 'dataset_definition' AND origin.update_id = 'DONE' ORDER BY 1"""
    assert log.rows(query) == [
        ["l_view", "VIEW", "1", None, None, None],
        ["main.default.l_count", "STREAMING_TABLE", "1", None, None, "default"],
        ["main.default.l_current", "STREAMING_TABLE", "1", None, None, "default"],
        ["main.default.l_raw", "STREAMING_TABLE", "1", "keyed", "DROP", "default"],
        ["main.default.l_total", "MATERIALIZED_VIEW", "1", "sane", "FAIL", "default"],
    ]


def test_states_of_updates_and_how_long_they_took(log: Log) -> None:
    states = """SELECT details:update_progress.state FROM LOG WHERE event_type = 'update_progress'
        AND origin.update_id = 'DONE' ORDER BY sequence.control_plane_seq_no"""
    assert [state for (state,) in log.rows(states)] == [
        "CREATED", "INITIALIZING", "SETTING_UP_TABLES", "RUNNING", "COMPLETED",
    ]  # fmt: skip
    took = """SELECT origin.update_id,
        max(timestamp) FILTER (WHERE details:update_progress.state IN ('COMPLETED', 'FAILED'))
        - min(timestamp) FILTER (WHERE details:update_progress.state = 'INITIALIZING') > INTERVAL 0 SECONDS,
        max_by(details:update_progress.state, timestamp) FROM LOG WHERE event_type = 'update_progress'
        GROUP BY 1 ORDER BY min(timestamp)"""
    assert [row[1:] for row in log.rows(took)] == [["true", "COMPLETED"], ["true", "COMPLETED"], ["true", "FAILED"]]
    flows = """SELECT count(DISTINCT origin.flow_id), count(DISTINCT origin.flow_name) FROM LOG
        WHERE details:flow_progress.status = 'COMPLETED' AND details:flow_progress IS NOT NULL"""
    assert log.rows(flows) == [["4", "4"]]


def test_who_did_what_and_how_a_refresh_was_planned(log: Log) -> None:
    query = """SELECT details:user_action:action, details:user_action:user_name, count(*)
        FROM LOG WHERE event_type = 'user_action' GROUP BY ALL"""
    assert log.rows(query) == [["START", "me", "3"]]
    query = """SELECT details:create_update.cause, details:create_update.run_as,
        details:create_update.full_refresh::boolean
        FROM LOG WHERE event_type = 'create_update' AND origin.update_id = 'DONE'"""
    assert log.rows(query) == [["API_CALL", "me", "false"]]
    query = """SELECT origin.flow_name, details:planning_information.technique_information[0].maintenance_type
        FROM LOG WHERE event_type = 'planning_information' AND origin.update_id = 'DONE'"""
    assert log.rows(query) == [["main.default.l_total", "MAINTENANCE_TYPE_COMPLETE_RECOMPUTE"]]


def test_errors_with_their_chain(log: Log) -> None:
    query = """SELECT event_type, level, error.exceptions[0].class_name, error.exceptions[0].message,
        size(error.exceptions), error.fatal FROM LOG WHERE error IS NOT NULL ORDER BY sequence.control_plane_seq_no"""
    flow, update = log.rows(query)
    assert flow[:3] == ["flow_progress", "ERROR", "EXPECTATION_VIOLATION"] and '"total": 5004' in flow[3], flow
    assert update[:3] == ["update_progress", "ERROR", "EXPECTATION_VIOLATION"] and update[5] == "true"
    assert int(flow[4]) >= 2, "the cause that Spark gave"
    assert log.rows("SELECT count(*) FROM LOG WHERE details:flow_progress.status = 'FAILED'") == [["1"]]


def test_columns_of_the_function_of_a_table_and_of_the_published_log(log: Log) -> None:
    wanted = [
        "id", "sequence", "origin", "timestamp", "message", "level", "maturity_level", "error", "details", "event_type",
    ]  # fmt: skip
    for of in (f"event_log('{log.pipeline.id}')", "event_log(TABLE(main.default.l_total))", "main.raw.l_events"):
        assert int(log.rows("SELECT count(*) FROM LOG", of)[0][0]) > 20
        log.rows("SELECT * FROM LOG LIMIT 1", of)
        assert [column["name"] for column in log.engine.result["columns"]] == wanted
    assert log.rows(
        f"SELECT count(*) FROM LOG l ANTI JOIN event_log('{log.pipeline.id}') e USING (id)", "main.raw.l_events"
    ) == [["0"]]


def test_an_update_reads_its_own_log(log: Log) -> None:
    p = Pipeline(log.engine).sql(
        f"CREATE OR REFRESH MATERIALIZED VIEW l_own AS SELECT DISTINCT event_type FROM event_log('{log.pipeline.id}')"
    )
    p.completed()
    assert ["flow_progress"] in p.rows("SELECT * FROM l_own")


def test_only_the_owner_reads_it(log: Log) -> None:
    def refuse(params: dict) -> dict:
        raise PermissionError(f"{params['principal']} is not the owner of pipeline {params['pipelineId']}")

    log.engine.answers["pipeline.authorize"] = refuse
    other = Pipeline(log.engine).sql(
        f"CREATE OR REFRESH MATERIALIZED VIEW l_other AS SELECT * FROM event_log('{log.pipeline.id}')"
    )
    try:
        for query in (f"event_log('{log.pipeline.id}')", "event_log(TABLE(main.default.l_total))", "main.raw.l_log"):
            with pytest.raises(EngineFailed, match=f"me is not the owner of pipeline {log.pipeline.id}") as refused:
                log.rows("SELECT * FROM LOG", query)
            assert refused.value.data["error_class"] == "PERMISSION_DENIED"
        assert "is not the owner" in other.update()["error"]["message"]
        log.rows("SELECT * FROM LOG", "main.raw.l_events")  # a table: whoever may SELECT
    finally:
        del log.engine.answers["pipeline.authorize"]
