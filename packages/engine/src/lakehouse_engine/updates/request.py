"""What the workspace asks of an update: the parameters of `update.run`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class UpdateRequest:
    params: Mapping[str, Any]
    pipeline: Mapping[str, Any]
    pipeline_id: str
    update_id: str
    storage: str  # the pipeline's folder
    principal: str | None
    validating: bool  # only resolves the graph and its schemas
    full_refresh: bool
    full_refresh_selection: tuple[str, ...]
    refresh_selection: tuple[str, ...]
    dependencies: tuple[str, ...]  # lines of a requirements file

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> UpdateRequest:
        return cls(
            params=params,
            pipeline=params["pipeline"],
            pipeline_id=params["pipelineId"],
            update_id=params["updateId"],
            storage=params["storage"],
            principal=params.get("principal"),
            validating=bool(params.get("validateOnly")),
            full_refresh=bool(params.get("fullRefresh")),
            full_refresh_selection=tuple(params.get("fullRefreshSelection") or ()),
            refresh_selection=tuple(params.get("refreshSelection") or ()),
            dependencies=tuple(params.get("dependencies") or ()),
        )

    @property
    def cause(self) -> str:
        return self.params.get("cause", "API_CALL")

    @property
    def name(self) -> str | None:
        """The pipeline's name."""
        return self.pipeline.get("name")

    @property
    def configuration(self) -> dict[str, Any]:
        return dict(self.pipeline.get("configuration") or {})

    @property
    def continuous(self) -> bool:
        """Whether the update goes on until it is stopped; one that only validates ends."""
        return bool(self.pipeline.get("continuous")) and not self.validating
