"""MLflow's client in runs. https://docs.databricks.com/aws/en/mlflow/tracking

`mlflow` is a small copy of the shape of MLflow's own modules here: the real one comes with the runtime's packages.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from lakehouse_engine.testing import EngineProcess

_REGISTRY = (
    "class Registry:\n    def __init__(self): self._registry = {0}\n"
    "    def register(self, name, made): self._registry[name] = made\n"
)
_MODULES = {
    "__init__": (
        "from mlflow.tracking import fluent\nfrom mlflow.tracking.fluent import *\nfrom mlflow import tracking\n"
        "def set_tracking_uri(uri):\n    global uri_set\n    uri_set = uri\n"
    ),
    "store/artifact/artifact_repository_registry": (
        f"{_REGISTRY.format('{}')}_artifact_repository_registry = Registry()\n"
    ),
    "store/artifact/local_artifact_repo": "def LocalArtifactRepository(path):\n    return path\n",
    "store/tracking/rest_store": (
        "class RestStore:\n    def __init__(self, credentials): self.credentials = credentials\n"
    ),
    "tracking/_tracking_service/utils": f"{_REGISTRY.format('{}')}_tracking_store_registry = Registry()\n",
    "tracking/context/registry": (
        f"{_REGISTRY.format('[]')}class GitRunContext: pass\n_run_context_provider_registry = Registry()\n"
        "_run_context_provider_registry._registry.append(GitRunContext())\n"
    ),
    "tracking/default_experiment/registry": (
        f"{_REGISTRY.format('[]')}_default_experiment_provider_registry = Registry()\n"
    ),
    "tracking/fluent": (
        "import os, types\n_active_experiment_id = None\n_active = []\nended = []\n"
        "def set_experiment(name):\n    global _active_experiment_id\n    _active_experiment_id = 'id of ' + name\n"
        "    os.environ['MLFLOW_EXPERIMENT_ID'] = _active_experiment_id\n"
        "    return types.SimpleNamespace(experiment_id=_active_experiment_id)\n"
        "def start_run():\n    _active.append(1)\n"
        "def active_run():\n    return _active[-1] if _active else None\n"
        "def end_run(status='FINISHED'):\n    _active.pop()\n    ended.append(status)\n"
        "class MlflowClient:\n    def get_experiment_by_name(self, name): return None\n"
        "    def create_experiment(self, name): return 'made for ' + name\n"
        "    def get_run(self, run):\n        if run == 'closed': raise PermissionError(run)\n"
    ),
    "utils/autologging_utils": "AUTOLOGGING_INTEGRATIONS = {'sklearn': {}}\n",
    "utils/rest_utils": "def MlflowHostCreds(host, token):\n    return host, token\n",
}
_ASK = """
import os
from mlflow.tracking._tracking_service.utils import _tracking_store_registry as stores
from mlflow.tracking.default_experiment.registry import _default_experiment_provider_registry as experiments
credentials = stores._registry["databricks"](store_uri="databricks").credentials
experiment = experiments._registry[0].get_experiment_id
"""


@pytest.fixture
def project(engine: EngineProcess):
    folder = engine.folder / "workspace/Users/me/ml"
    for name, code in _MODULES.items():
        file = folder / "mlflow" / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(code)
    engine.answers["run.login"] = lambda asked: {"host": "http://here", "token": f"of {asked['principal']}"}
    yield folder
    del engine.answers["run.login"]


def ran(engine: EngineProcess, project: Path, code: str, **more: str) -> dict:
    path = f"/Users/me/ml/{more.get('run_id', 'n')}"
    return engine.notebook(f"import mlflow{_ASK}{code}", path=path, sysPath=[str(project)], **more)


def test_it_tracks_in_the_workspace_as_the_runs_principal(engine: EngineProcess, project: Path) -> None:
    code = "dbutils.notebook.exit([mlflow.uri_set, *credentials(), experiment()])"
    assert ran(engine, project, code)["result"] == str(
        ["databricks", "http://here", "of me", "made for /Users/me/ml/n"]
    )
    tags = (
        "from mlflow.tracking.context.registry import _run_context_provider_registry as contexts\n"
        "(source,) = contexts._registry\ntags = source.tags()\n"
        "dbutils.notebook.exit([tags['mlflow.user'], tags['mlflow.source.name']])"
    )
    assert ran(engine, project, tags)["result"] == str(["me", "/Users/me/ml/n"])


def test_an_experiment_that_is_set_is_the_runs_alone(engine: EngineProcess, project: Path) -> None:
    code = (
        "mlflow.set_experiment('/Shared/e')\n"
        "process = [mlflow.fluent._active_experiment_id, os.environ.get('MLFLOW_EXPERIMENT_ID')]\n"
        "dbutils.notebook.exit([experiment(), *process])"
    )
    assert ran(engine, project, code)["result"] == str(["id of /Shared/e", None, None])
    assert ran(engine, project, "dbutils.notebook.exit(experiment())")["result"] == "made for /Users/me/ml/n"


def test_runs_that_code_left_active_end_with_it(engine: EngineProcess, project: Path) -> None:
    code = "ended = mlflow.fluent.ended\ncredentials()\nmlflow.start_run()\nmlflow.start_run()\n"
    kept = "import builtins\nbuiltins.ended_of_mlflow = ended\n"
    assert "error" not in ran(engine, project, f"{code}{kept}")
    look = "import builtins\ndbutils.notebook.exit(builtins.__dict__.pop('ended_of_mlflow'))"
    assert engine.notebook(look)["result"] == str(["FINISHED", "FINISHED"])
    assert "ValueError" in ran(engine, project, f"{code}{kept}raise ValueError('x')")["error"]["message"]
    assert engine.notebook(look)["result"] == str(["FAILED", "FAILED"])


def test_artifacts_lie_in_the_data_folder_for_who_reads_the_run(engine: EngineProcess, project: Path) -> None:
    code = (
        "from mlflow.store.artifact.artifact_repository_registry import _artifact_repository_registry as artifacts\n"
        "made = artifacts._registry['dbfs']\nfound = []\n"
        "for rest in ('e/r/artifacts', 'e/r/artifacts/sub', 'e/../../x', 'e/closed/artifacts'):\n"
        "    for root in ('dbfs:/databricks/mlflow-tracking/', 'dbfs://databricks/databricks/mlflow-tracking/'):\n"
        "        try:\n            found.append(made(root + rest))\n"
        "        except (ValueError, PermissionError) as error:\n            found.append(type(error).__name__)\n"
        "dbutils.notebook.exit(found)"
    )
    root = f"{engine.folder}/mlflow/e/r/artifacts"
    expected = [root, root, f"{root}/sub", f"{root}/sub", *["ValueError"] * 2, *["PermissionError"] * 2]
    assert ran(engine, project, code)["result"] == str(expected)
