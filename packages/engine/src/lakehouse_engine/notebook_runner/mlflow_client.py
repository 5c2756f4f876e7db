"""MLflow's client as it is on Databricks: it tracks in the workspace, as the principal of the run whose code asks.

Without an experiment that the code has set, runs go to that of the notebook or file, whose name is its path.
https://docs.databricks.com/aws/en/mlflow/tracking, https://docs.databricks.com/aws/en/mlflow/experiments
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from lakehouse_engine.notebook_runner import after_import, output

_ARTIFACTS = "/databricks/mlflow-tracking/"
_lock = threading.Lock()


def install(login: Callable[[], tuple[str, str]], folder: Path) -> None:
    """For the whole process, once. `login`: the workspace's address and a token for the code of this thread; `folder`:
    of the artifacts."""
    after_import.change(["mlflow"], functools.partial(_connect, login, folder))


def end(run: Any, failed: bool) -> None:
    """Ends the MLflow runs that the code of this thread left active, and autologging, which is the process's."""
    mlflow: Any = sys.modules.get("mlflow")
    if mlflow is None or not getattr(run, "uses_mlflow", False):
        return
    with contextlib.suppress(Exception):  # what the run itself did is done
        while mlflow.active_run() is not None:
            mlflow.end_run("FAILED" if failed else "FINISHED")
        from mlflow.utils.autologging_utils import AUTOLOGGING_INTEGRATIONS  # pyright: ignore

        AUTOLOGGING_INTEGRATIONS.clear()


def _connect(login: Callable[[], tuple[str, str]], folder: Path, module: ModuleType) -> None:
    from mlflow.store.artifact import artifact_repository_registry as artifacts  # pyright: ignore
    from mlflow.store.artifact.local_artifact_repo import LocalArtifactRepository  # pyright: ignore
    from mlflow.store.tracking.rest_store import RestStore  # pyright: ignore
    from mlflow.tracking._tracking_service import utils  # pyright: ignore
    from mlflow.tracking.context import registry as contexts  # pyright: ignore
    from mlflow.tracking.default_experiment import registry as defaults  # pyright: ignore
    from mlflow.utils.rest_utils import MlflowHostCreds  # pyright: ignore

    mlflow: Any = module

    def credentials() -> Any:
        host, token = login()
        run = output.current_run()
        if run is not None:
            run.uses_mlflow = True
        return MlflowHostCreds(host, token=token)

    def repository(artifact_uri: str, *_: Any, **__: Any) -> Any:
        path = urlsplit(artifact_uri).path  # dbfs:/databricks/…, or dbfs://<tracking URI>/databricks/…
        parts = PurePosixPath(path).parts
        if not path.startswith(_ARTIFACTS) or len(parts) < 6 or ".." in parts:
            raise ValueError(f"'{artifact_uri}' is not the place of an MLflow run's artifacts")
        mlflow.MlflowClient().get_run(parts[4])  # whoever reads the run reads its artifacts
        return LocalArtifactRepository(str(folder.joinpath(*parts[3:])))

    utils._tracking_store_registry.register("databricks", lambda store_uri=None, **_: RestStore(credentials))
    artifacts._artifact_repository_registry.register("dbfs", repository)
    defaults._default_experiment_provider_registry._registry.insert(0, _Experiment(mlflow))
    providers = contexts._run_context_provider_registry._registry
    # The Git repository around the engine is none of the code's.
    providers[:] = [each for each in providers if type(each).__name__ != "GitRunContext"] + [_Source()]
    mlflow.set_tracking_uri("databricks")
    _set_experiment_of_run(mlflow)


def _set_experiment_of_run(mlflow: Any) -> None:
    """set_experiment holds for the run alone: MLflow keeps it for the process, and for processes that it starts."""
    fluent = mlflow.tracking.fluent
    original = fluent.set_experiment

    @functools.wraps(original)
    def set_experiment(*args: Any, **kwargs: Any) -> Any:
        run = output.current_run()
        with _lock:
            experiment = original(*args, **kwargs)
            if run is not None:
                run.experiment = experiment.experiment_id
                fluent._active_experiment_id = None
                os.environ.pop("MLFLOW_EXPERIMENT_ID", None)
        return experiment

    mlflow.set_experiment = fluent.set_experiment = set_experiment


class _Experiment:
    """MLflow's DefaultExperimentProvider."""

    def __init__(self, mlflow: Any) -> None:
        self._mlflow = mlflow

    def in_context(self) -> bool:
        return output.current_run() is not None

    def get_experiment_id(self) -> str:
        run = output.current_run()
        if getattr(run, "experiment", None) is None:
            client, name = self._mlflow.MlflowClient(), run.path
            found = client.get_experiment_by_name(name)
            run.experiment = found.experiment_id if found else client.create_experiment(name)
        return run.experiment


class _Source:
    """MLflow's RunContextProvider: what ran, and as whom."""

    def in_context(self) -> bool:
        return output.current_run() is not None

    def tags(self) -> dict[str, str]:
        run = output.current_run()
        return {
            "mlflow.user": run.principal or "",
            "mlflow.source.name": run.path,
            "mlflow.source.type": "NOTEBOOK",
            "mlflow.databricks.notebookPath": run.path,
        }
