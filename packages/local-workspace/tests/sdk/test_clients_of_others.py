"""The Databricks SDK for Python as scripts use it: waiters, pages, error classes, files, secrets. Without Spark."""

from __future__ import annotations

import base64
import io
from datetime import timedelta
from pathlib import Path

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import (
    AlreadyExists,
    BadRequest,
    DatabricksError,
    InvalidParameterValue,
    NotFound,
    NotImplemented,
    OperationFailed,
    PermissionDenied,
    ResourceAlreadyExists,
    ResourceConflict,
    ResourceDoesNotExist,
    Unauthenticated,
)
from databricks.sdk.service.catalog import PermissionsChange, Privilege, VolumeType
from databricks.sdk.service.compute import EventType
from databricks.sdk.service.iam import ComplexValue, Patch, PatchOp, PatchSchema
from databricks.sdk.service.jobs import (
    ConditionTask,
    ConditionTaskOp,
    NotebookTask,
    RunLifeCycleState,
    RunResultState,
    SubmitTask,
    Task,
    TriggerType,
)
from databricks.sdk.service.pipelines import NotebookLibrary, PipelineLibrary
from databricks.sdk.service.settings import ListType
from databricks.sdk.service.workspace import AclPermission, ImportFormat, Language

SOON = timedelta(seconds=30)


def condition(key: str, **more: object) -> Task:
    return Task(task_key=key, condition_task=ConditionTask(op=ConditionTaskOp.EQUAL_TO, left="1", right="1"), **more)


@pytest.fixture(scope="module")
def robot(workspace: WorkspaceClient) -> WorkspaceClient:
    """A service principal without any rights."""
    made = workspace.service_principals.create(display_name="robot of scripts")
    token = workspace.token_management.create_obo_token(application_id=made.application_id, lifetime_seconds=3600)
    return WorkspaceClient(host=workspace.config.host, token=token.token_value, auth_type="pat")


@pytest.fixture(scope="module")
def volume(workspace: WorkspaceClient) -> str:
    workspace.schemas.create("scripts", "main")
    workspace.volumes.create("main", "scripts", "files", VolumeType.MANAGED)
    return "/Volumes/main/scripts/files"


def test_a_waiter_returns_the_run_that_succeeded(workspace: WorkspaceClient) -> None:
    seen = []
    job = workspace.jobs.create(name="good", tasks=[condition("a")])
    run = workspace.jobs.run_now(job.job_id).result(timeout=SOON, callback=lambda each: seen.append(each.run_id))
    assert run.state.result_state == RunResultState.SUCCESS
    assert run.tasks[0].condition_task.outcome == "true"
    assert run.trigger == TriggerType.ONE_TIME
    assert [each.run_id for each in workspace.jobs.list_runs(job_id=job.job_id, expand_tasks=True)] == [run.run_id]


def test_a_waiter_fails_with_the_reason_when_a_task_fails(workspace: WorkspaceClient) -> None:
    missing = NotebookTask(notebook_path="/Shared/is-not-there")
    job = workspace.jobs.create(name="bad", tasks=[Task(task_key="t", notebook_task=missing)])
    waiter = workspace.jobs.run_now(job.job_id)
    with pytest.raises(OperationFailed, match=r"INTERNAL_ERROR: Task t failed with message: .*is-not-there"):
        waiter.result(timeout=SOON)
    run = workspace.jobs.get_run(waiter.run_id)
    assert (run.state.life_cycle_state, run.state.result_state) == (
        RunLifeCycleState.INTERNAL_ERROR,
        RunResultState.FAILED,
    )
    with pytest.raises(OperationFailed):
        workspace.jobs.submit_and_wait(tasks=[SubmitTask(task_key="t", notebook_task=missing)], timeout=SOON)
    repaired = workspace.jobs.repair_run(waiter.run_id, rerun_all_failed_tasks=True)
    with pytest.raises(OperationFailed):
        repaired.result(timeout=SOON)


def test_long_jobs_and_lists_come_whole(workspace: WorkspaceClient) -> None:
    keys = [f"t{number}" for number in range(130)]
    job = workspace.jobs.create(name="long", tasks=[condition(key) for key in keys])
    assert [task.task_key for task in workspace.jobs.get(job.job_id).settings.tasks] == keys
    (listed,) = workspace.jobs.list(name="long", expand_tasks=True)
    assert len(listed.settings.tasks) == 130
    run = workspace.jobs.run_now(job.job_id).result(timeout=SOON)
    assert [task.task_key for task in run.tasks] == keys
    for number in range(7):
        workspace.groups.create(display_name=f"page-{number}")
    total = workspace.api_client.do("GET", "/api/2.0/preview/scim/v2/Groups")["totalResults"]
    assert len(list(workspace.groups.list(count=2))) == total
    assert len(list(workspace.jobs.list(limit=1))) == len(list(workspace.jobs.list()))


def test_clusters_warehouses_and_pipelines_have_waiters_that_end(workspace: WorkspaceClient) -> None:
    cluster = workspace.clusters.create_and_wait(
        spark_version=workspace.clusters.select_spark_version(long_term_support=True),
        node_type_id=workspace.clusters.select_node_type(local_disk=True),
        num_workers=1,
        timeout=SOON,
    )
    workspace.clusters.resize(cluster.cluster_id, num_workers=2).result(timeout=SOON)
    workspace.clusters.restart(cluster.cluster_id).result(timeout=SOON)
    workspace.clusters.delete(cluster.cluster_id).result(timeout=SOON)
    workspace.clusters.ensure_cluster_is_running(cluster.cluster_id)
    wanted = [EventType.STARTING, EventType.TERMINATING]
    events = [event.type for event in workspace.clusters.events(cluster.cluster_id, event_types=wanted, limit=1)]
    assert events == wanted
    warehouse = workspace.warehouses.create_and_wait(
        name="scripts", cluster_size="Small", max_num_clusters=1, timeout=SOON
    )
    workspace.warehouses.stop(warehouse.id).result(timeout=SOON)
    workspace.warehouses.start(warehouse.id).result(timeout=SOON)
    library = PipelineLibrary(notebook=NotebookLibrary(path="/Shared/is-not-there"))
    pipeline = workspace.pipelines.create(name="scripts", catalog="main", schema="scripts", libraries=[library])
    workspace.pipelines.stop_and_wait(pipeline.pipeline_id, timeout=SOON)
    assert [each.name for each in workspace.pipelines.list_pipelines(filter="name LIKE 'scri%'")] == ["scripts"]


def test_errors_are_the_classes_that_scripts_catch(workspace: WorkspaceClient, robot: WorkspaceClient) -> None:
    with pytest.raises(ResourceDoesNotExist, match="Cluster 123 does not exist") as missing:
        workspace.clusters.get("123")
    assert missing.value.error_code == "INVALID_PARAMETER_VALUE"
    with pytest.raises(ResourceDoesNotExist):
        workspace.jobs.get(1)
    for look in (
        lambda: workspace.catalogs.get("not_there"),
        lambda: workspace.tables.get("main.default.not_there"),
        lambda: workspace.pipelines.get("not-there"),
        lambda: workspace.warehouses.get("not-there"),
        lambda: workspace.workspace.get_status("/not/there"),
        lambda: workspace.service_principals.get("1"),
        lambda: workspace.ip_access_lists.get("not-there"),
    ):
        with pytest.raises(NotFound):
            look()
    with pytest.raises(BadRequest, match="already exists") as taken:
        workspace.catalogs.create("main")
    assert taken.value.error_code == "CATALOG_ALREADY_EXISTS"
    workspace.secrets.create_scope("taken")
    with pytest.raises(ResourceAlreadyExists):
        workspace.secrets.create_scope("taken")
    workspace.users.create(user_name="taken@example.org")
    with pytest.raises(ResourceConflict):
        workspace.users.create(user_name="taken@example.org")
    with pytest.raises(InvalidParameterValue, match="nowhere"):
        workspace.ip_access_lists.create("office", ListType.ALLOW, ip_addresses=["nowhere"])
    with pytest.raises(BadRequest):
        list(workspace.groups.list(filter="no filter"))
    with pytest.raises(PermissionDenied):
        robot.catalogs.create("mine")
    with pytest.raises(NotImplemented, match=r"docs/local-workspace\.md"):
        list(workspace.clean_rooms.list())
    # A token that is not there is 403 on Databricks, none at all is 401.
    with pytest.raises(PermissionDenied):
        WorkspaceClient(host=workspace.config.host, token="made-up", auth_type="pat").current_user.me()
    with pytest.raises(Unauthenticated):
        WorkspaceClient(host=workspace.config.host, username="ann", password="x", auth_type="basic").current_user.me()


def test_files_keep_their_bytes_under_any_name(workspace: WorkspaceClient, volume: str, tmp_path: Path) -> None:
    name = f"{volume}/with ?, # and ü %41.bin"
    content = bytes(range(256)) * 1024
    workspace.files.upload(name, io.BytesIO(content))
    with workspace.files.download(name).contents as stream:
        assert stream.read() == content
    about = workspace.files.get_metadata(name)
    assert (about.content_length, about.content_type) == (len(content), "application/octet-stream")
    with pytest.raises(AlreadyExists) as taken:
        workspace.files.upload(name, io.BytesIO(b""), overwrite=False)
    assert taken.value.get_error_info()[0].reason.startswith("FILES_API_")
    large = b"0123456789" * 7_000_000
    (tmp_path / "large").write_bytes(large)
    workspace.files.upload_from(f"{volume}/large", str(tmp_path / "large"))
    workspace.files.download_to(f"{volume}/large", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == large
    for number in range(5):
        workspace.files.upload(f"{volume}/folder/{number}", io.BytesIO(b"x"))
    assert len(list(workspace.files.list_directory_contents(f"{volume}/folder", page_size=2))) == 5
    with pytest.raises(BadRequest):
        workspace.files.delete_directory(f"{volume}/folder")


def test_dbutils_works_on_volumes_and_secrets(workspace: WorkspaceClient, volume: str, tmp_path: Path) -> None:
    fs, root = workspace.dbutils.fs, f"{volume}/dbutils"
    fs.mkdirs(root)
    fs.put(f"{root}/one", "text" * 20_000, True)
    assert fs.head(f"{root}/one") == ("text" * 20_000)[:65_536]
    fs.cp(root, f"{root}-copy")
    assert [each.path for each in fs.ls(f"{root}-copy")] == [f"{root}-copy/one"]
    fs.mv(f"{root}-copy/one", f"file:{tmp_path}/one")
    assert (tmp_path / "one").read_text() == "text" * 20_000
    with pytest.raises(IOError):
        fs.rm(root)
    fs.rm(root, recurse=True)
    with pytest.raises(NotFound):
        fs.ls(root)
    workspace.secrets.create_scope("scripts")
    workspace.secrets.put_secret("scripts", "text", string_value="secret")
    workspace.secrets.put_secret("scripts", "bytes", bytes_value=base64.b64encode(b"\xff\x00").decode())
    assert workspace.dbutils.secrets.get("scripts", "text") == "secret"
    assert workspace.dbutils.secrets.getBytes("scripts", "bytes") == b"\xff\x00"
    assert {each.key for each in workspace.dbutils.secrets.list("scripts")} == {"text", "bytes"}


def test_notebooks_and_files_of_the_workspace(workspace: WorkspaceClient) -> None:
    folder = f"/Users/{workspace.current_user.me().user_name}/scripts"
    workspace.workspace.mkdirs(f"{folder}/below")
    workspace.workspace.upload(f"{folder}/nb.py", io.BytesIO(b"print(1)"))
    workspace.workspace.upload(f"{folder}/below/file.py", io.BytesIO(b"print(2)"), format=ImportFormat.AUTO)
    assert workspace.workspace.download(f"{folder}/nb.py").read() == b"# Databricks notebook source\nprint(1)"
    assert workspace.workspace.download(f"{folder}/below/file.py").read() == b"print(2)"
    assert len(list(workspace.workspace.list(folder, recursive=True))) == 2
    with pytest.raises(ResourceAlreadyExists):
        workspace.workspace.upload(
            f"{folder}/nb.py", io.BytesIO(b""), format=ImportFormat.SOURCE, language=Language.PYTHON
        )
    with pytest.raises(DatabricksError, match="is not empty"):
        workspace.workspace.delete(folder)
    workspace.workspace.delete(folder, recursive=True)


def test_identities_and_grants(workspace: WorkspaceClient, robot: WorkspaceClient, volume: str) -> None:
    user = workspace.users.create(user_name="pat@example.org")
    operations = [Patch(op=PatchOp.REPLACE, path="active", value="false")]
    schemas = [PatchSchema.URN_IETF_PARAMS_SCIM_API_MESSAGES_2_0_PATCH_OP]
    workspace.users.patch(user.id, operations=operations, schemas=schemas)
    assert workspace.users.get(user.id).active is False
    group = workspace.groups.create(display_name="scripts", members=[ComplexValue(value=user.id)])
    assert [member.value for member in workspace.groups.get(group.id).members] == [user.id]
    me = robot.current_user.me().user_name
    with pytest.raises(PermissionDenied, match=r"USE CATALOG|USE SCHEMA|READ VOLUME"):
        list(robot.files.list_directory_contents(volume))
    for kind, name, privilege in (
        ("catalog", "main", Privilege.USE_CATALOG),
        ("schema", "main.scripts", Privilege.USE_SCHEMA),
        ("volume", "main.scripts.files", Privilege.READ_VOLUME),
    ):
        workspace.grants.update(kind, name, changes=[PermissionsChange(add=[privilege], principal=me)])
    list(robot.files.list_directory_contents(volume))
    with pytest.raises(PermissionDenied, match="WRITE VOLUME"):
        robot.files.upload(f"{volume}/no", io.BytesIO(b""))
    effective = workspace.grants.get_effective("volume", "main.scripts.files", principal=me)
    assert [each.privilege for each in effective.privilege_assignments[0].privileges] == [Privilege.READ_VOLUME]
    workspace.secrets.create_scope("shared")
    with pytest.raises(PermissionDenied):
        list(robot.secrets.list_secrets("shared"))
    workspace.secrets.put_acl("shared", me, AclPermission.READ)
    assert list(robot.secrets.list_secrets("shared")) == []
