"""A pipeline of 33 datasets in SQL alone, deployed by the Databricks SDK: a library's loans, twice, with late files."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.catalog import VolumeType
from databricks.sdk.service.pipelines import PathPattern, PipelineLibrary
from databricks.sdk.service.workspace import ImportFormat
from updates import run_update, statement_rows

CATALOG, SCHEMA = "library", "lent"
FILES = f"/Volumes/{CATALOG}/{SCHEMA}/files"
SOURCES = Path(__file__).parent / "library"
DATASETS = 33

FIRST = {
    "branches/1.csv": "code|name\nn|North\ns|South\n",
    "books/1.json": '{"isbn": "b1", "title": "Dune", "author": "Herbert", "tags": ["sf", "old"], "price": 9.5, '
    '"edition": 1}\n'
    '{"isbn": "b2", "title": "Emma", "author": "Austen", "tags": ["old"], "price": 7, "edition": 1}\n',
    "copies/branch=n/1.csv": "copy_id,isbn\n1,b1\n2,b2\n",
    "copies/branch=s/1.csv": "copy_id,isbn\n3,b1\n",
    "members/1.csv": "member_id,name,mail,city,op,seq\nm1,Ann,ann@x.org,Oslo,I,1\nm2,Bob,bob@x.org,Rome,I,2\n",
    "loans/1.csv": "loan_id,copy_id,member_id,lent_on\nL1,1,m1,2026-01-01\nL2,2,m1,2026-01-02\nL3,3,m2,2026-01-02\n"
    "L4,,m2,2026-01-03\n",
    "returns/1.csv": "loan_id,returned_on\nL1,2026-01-10\n",
    "notes/1.txt": "quiet please\nplease return\n",
}
# A later edition and one that is older than what is known, a member who moves, one who goes and a change that came
# late, a loan of last year, and a return of it.
SECOND = {
    "books/2.json": '{"isbn": "b1", "title": "Dune", "author": "Herbert", "tags": ["sf"], "price": 12.25, '
    '"edition": 2}\n'
    '{"isbn": "b2", "title": "Ema", "author": "?", "tags": [], "price": 1, "edition": 0}\n',
    "members/2.csv": "member_id,name,mail,city,op,seq\nm1,Anna,anna@x.org,Oslo,U,5\nm1,An,an@x.org,Bergen,U,0\n"
    "m2,,,,D,6\nm3,Cal,cal@x.org,Rome,I,7\nm4,Dee,dee@x.org,Lima,I,8\n",
    "loans/2.csv": "loan_id,copy_id,member_id,lent_on\nL5,1,m4,2026-01-12\nL0,1,m1,2025-12-20\nL6,9,,2026-01-12\n",
    "returns/2.csv": "loan_id,returned_on\nL2,2026-01-20\nL3,2026-01-05\nL0,2025-12-24\n",
    "notes/2.txt": "quiet\n",
}


def land(client: WorkspaceClient, files: dict[str, str]) -> None:
    for name, text in files.items():
        client.files.create_directory(f"{FILES}/{name}".rpartition("/")[0])
        client.files.upload(f"{FILES}/{name}", io.BytesIO(text.encode()))


@pytest.fixture(scope="module")
def pipeline(workspace: WorkspaceClient) -> str:
    workspace.catalogs.create(CATALOG)
    workspace.schemas.create(SCHEMA, CATALOG)
    workspace.volumes.create(CATALOG, SCHEMA, "files", VolumeType.MANAGED)
    for function in (
        "hide(mail STRING, instead STRING) RETURN"
        " CASE WHEN is_account_group_member('librarians') THEN mail ELSE instead END",
        "shown(city STRING) RETURN city <> 'Rome'",
    ):
        statement_rows(workspace, CATALOG, SCHEMA, f"CREATE FUNCTION {function}")
    workspace.workspace.mkdirs("/Shared/library")
    for source in SOURCES.glob("*.sql"):
        workspace.workspace.upload(f"/Shared/library/{source.name}", source.open("rb"), format=ImportFormat.AUTO)
    land(workspace, FIRST)
    made = workspace.pipelines.create(
        name="library",
        catalog=CATALOG,
        schema=SCHEMA,
        serverless=True,
        root_path="/Shared/library",
        libraries=[PipelineLibrary(glob=PathPattern(include="/Shared/library/**"))],
        configuration={"library.files": FILES, "library.days": "14"},
    )
    return made.pipeline_id


def check(client: WorkspaceClient, expected: dict[str, list[list[str | None]]]) -> None:
    found = {}
    for table in expected:
        name, _, columns = table.partition(": ")
        found[table] = sorted(statement_rows(client, CATALOG, SCHEMA, f"SELECT {columns or '*'} FROM {name}"), key=str)
    assert found == {table: sorted(rows, key=str) for table, rows in expected.items()}


def test_the_first_update_fills_every_dataset(workspace: WorkspaceClient, pipeline: str) -> None:
    run_update(workspace, pipeline)
    check(
        workspace,
        {
            "raw_loans: loan_id, source_file": [[f"L{n}", "1.csv"] for n in (1, 2, 3, 4)],
            "raw_books: count(*)": [["2"]],
            "raw_copies: copy_id, branch": [["1", "n"], ["2", "n"], ["3", "s"]],
            "loans: loan_id, copy_id": [["L1", "1"], ["L2", "2"], ["L3", "3"]],
            "refused_loans": [["L4", "1.csv"]],
            "books: isbn, title, price": [["b1", "Dune", "9.50"], ["b2", "Emma", "7.00"]],
            "members: member_id, name, city": [["m1", "Ann", "Oslo"], ["m2", "Bob", "Rome"]],
            "members_history": [["m1", "Ann", "Oslo", "1", None], ["m2", "Bob", "Rome", "2", None]],
            "loan_facts: loan_id, days, branch, title": [
                ["L1", "9", "n", "Dune"],
                ["L2", None, "n", "Emma"],
                ["L3", None, "s", "Dune"],
            ],
            "open_loans": [["L2", "m1"], ["L3", "m2"]],
            "late_returns": [],
            "fines": [],
            "loans_by_branch": [["North", "2", "1"], ["South", "1", "1"]],
            "loans_by_member": [["Ann", "2"], ["Bob", "1"]],
            "loans_by_month": [["2026-01-01", "3"]],
            "popular_books": [["Dune", "2", "1"], ["Emma", "1", "2"]],
            "tags": [["old", "3"], ["sf", "2"]],
            "value_lent": [["16.50"]],
            "words": [["please", "2"], ["quiet", "1"], ["return", "1"]],
            "addresses": [["Ann", "***", "Oslo"]],
            "event_counts": [["before", "1"], ["lent", "3"], ["returned", "1"]],
            "summary": [["3", "2", None]],
        },
    )


def test_the_second_update_takes_late_files_to_where_they_belong(workspace: WorkspaceClient, pipeline: str) -> None:
    land(workspace, SECOND)
    run_update(workspace, pipeline)
    check(
        workspace,
        {
            "raw_loans: count(*)": [["7"]],
            "loans: loan_id, lent_on": [
                ["L0", "2025-12-20"],
                ["L1", "2026-01-01"],
                ["L2", "2026-01-02"],
                ["L3", "2026-01-02"],
                ["L5", "2026-01-12"],
            ],
            "refused_loans": [["L4", "1.csv"], ["L6", "2.csv"]],
            "books: isbn, title, price": [["b1", "Dune", "12.25"], ["b2", "Emma", "7.00"]],
            "members: member_id, name, city": [["m1", "Anna", "Oslo"], ["m3", "Cal", "Rome"], ["m4", "Dee", "Lima"]],
            "members_history": [
                ["m1", "An", "Bergen", "0", "1"],
                ["m1", "Ann", "Oslo", "1", "5"],
                ["m1", "Anna", "Oslo", "5", None],
                ["m2", "Bob", "Rome", "2", "6"],
                ["m3", "Cal", "Rome", "7", None],
                ["m4", "Dee", "Lima", "8", None],
            ],
            "open_loans": [["L5", "m4"]],
            "late_returns": [["L2", "4"]],
            "fines": [["L2", "1.00"]],
            "loans_by_branch": [["North", "4", "1"], ["South", "1", "0"]],
            "loans_by_member": [["Anna", "3"], ["Cal", "0"], ["Dee", "1"]],
            "loans_by_month": [["2025-12-01", "1"], ["2026-01-01", "4"]],
            "popular_books": [["Dune", "4", "1"], ["Emma", "1", "2"]],
            "tags": [["old", "1"], ["sf", "4"]],
            "value_lent": [["12.25"]],
            "words": [["please", "2"], ["quiet", "2"], ["return", "1"]],
            "addresses": [["Anna", "***", "Oslo"], ["Dee", "***", "Lima"]],
            "event_counts": [["before", "1"], ["lent", "5"], ["returned", "4"]],
            "summary": [["5", "1", "1.00"]],
        },
    )


def test_an_update_without_new_files_writes_nothing(workspace: WorkspaceClient, pipeline: str) -> None:
    update = run_update(workspace, pipeline)
    answer = workspace.api_client.do("GET", f"/api/2.0/pipelines/{pipeline}/events", query={"max_results": 250})
    flows = [e for e in answer["events"] if e["event_type"] == "flow_progress" and e["origin"]["update_id"] == update]
    written = {
        e["origin"]["flow_name"]: rows
        for e in flows
        if (rows := e["details"]["flow_progress"].get("metrics", {}).get("num_output_rows"))
    }
    assert flows and written == {}


def test_the_datasets_are_on_record(workspace: WorkspaceClient, pipeline: str) -> None:
    tables = {table.name: table for table in workspace.tables.list(CATALOG, SCHEMA)}
    temporary, private = 2, 1
    assert len(tables) == DATASETS - temporary - private
    assert (tables["refused_loans"].comment, tables["summary"].comment) == (
        "Loans that nobody can follow",
        "The library in one row",
    )
    masked = {
        c.name: c.mask.function_name for c in workspace.tables.get(f"{CATALOG}.{SCHEMA}.addresses").columns if c.mask
    }
    assert masked == {"mail": "library.lent.hide"}


def test_the_counts_of_expectations_are_in_the_events(workspace: WorkspaceClient, pipeline: str) -> None:
    counts = statement_rows(
        workspace, CATALOG, SCHEMA,
        "SELECT x.name, sum(x.passed_records), sum(x.failed_records) FROM (SELECT explode(from_json("
        "details:flow_progress.data_quality.expectations, 'array<struct<name: string, passed_records: bigint, "
        f"failed_records: bigint>>')) AS x FROM event_log('{pipeline}')) GROUP BY x.name",
    )  # fmt: skip
    assert sorted(counts) == [
        ["dated", "4", "0"],
        ["has_copy", "6", "1"],
        ["has_member", "6", "1"],
        ["never_negative", "1", "0"],
    ]


def test_the_library_closes(workspace: WorkspaceClient, pipeline: str) -> None:
    workspace.pipelines.delete(pipeline)
    workspace.workspace.delete("/Shared/library", recursive=True)
    workspace.catalogs.delete(CATALOG, force=True)
    assert CATALOG not in {c.name for c in workspace.catalogs.list()}
