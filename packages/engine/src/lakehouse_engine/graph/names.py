"""Resolves the names of datasets: one to three parts, any case, `LIVE.x`, against a pipeline's catalog and schema."""

from __future__ import annotations

from dataclasses import dataclass

from lakehouse_engine.errors import EngineError
from lakehouse_engine.graph.model import Dataset, DatasetKind, Flow, Graph, QueryFlow
from lakehouse_engine.identifiers import quote_all

PRIVATE = "__private_"  # scala/guard/Guard.scala knows it, too
UNPUBLISHED = (DatasetKind.TEMPORARY_VIEW, DatasetKind.SINK)


def split(name: str) -> list[str]:
    """The parts of a dotted name; a part in backquotes may hold dots, and doubled backquotes stand for one."""
    parts, current, quoted, position = [], "", False, 0
    while position < len(name):
        letter = name[position]
        if letter == "`":
            if quoted and name[position + 1 : position + 2] == "`":
                current += "`"
                position += 1
            else:
                quoted = not quoted
        elif letter == "." and not quoted:
            parts.append(current)
            current = ""
        else:
            current += letter
        position += 1
    parts.append(current)
    if quoted or any(not part.strip() for part in parts) or len(parts) > 3:
        raise EngineError(
            f"{name!r} is not a dataset's name; write table, schema.table or catalog.schema.table",
            error_class="INVALID_DATASET_NAME",
        )
    return [part.strip() for part in parts]


@dataclass(frozen=True)
class Defaults:
    """The pipeline's own catalog and schema, which complete shorter names."""

    catalog: str
    schema: str

    def full(self, name: str) -> str:
        parts = split(name)
        if len(parts) == 2 and parts[0].lower() == "live":
            parts = parts[1:]
        return ".".join([self.catalog, self.schema][: 3 - len(parts)] + parts)


class Names:
    """The datasets and flows of a graph by resolved name. Building it checks what only the whole graph can tell."""

    def __init__(self, graph: Graph, defaults: Defaults, pipeline_id: str = "") -> None:
        self.defaults = defaults
        self._pipeline_id = pipeline_id
        self.datasets: dict[str, Dataset] = {}
        self.flows: dict[str, list[Flow]] = {}
        for dataset in graph.datasets:
            key = self.key(dataset)
            if key in self.datasets:
                raise EngineError(
                    f"{dataset.location}: {dataset.name} is defined twice, first at {self.datasets[key].location}; "
                    "give one of them another name",
                    error_class="DUPLICATE_DATASET",
                    location=str(dataset.location),
                )
            self.datasets[key] = dataset
        seen: dict[str, Flow] = {}
        for flow in graph.flows:
            key = self.find(flow.target)
            if key is None:
                raise EngineError(
                    f"{flow.location}: flow {flow.name} writes to {flow.target}, which this pipeline does not define; "
                    "create it with create_streaming_table",
                    error_class="FLOW_TARGET_NOT_DEFINED",
                    location=str(flow.location),
                )
            _check_target(flow, self.datasets[key])
            # A dataset's own flow has the dataset's name, which is unique already within its schema.
            name = key if getattr(flow, "default", False) else flow.name.lower()
            if name in seen:
                raise EngineError(
                    f"{flow.location}: flow {flow.name} is defined twice, first at {seen[name].location}; "
                    "give one of them another name",
                    error_class="DUPLICATE_FLOW",
                    location=str(flow.location),
                )
            seen[name] = flow
            self.flows.setdefault(key, []).append(flow)

    def key(self, dataset: Dataset) -> str:
        if dataset.kind in UNPUBLISHED:
            return ".".join(split(dataset.name)).lower()
        return self.defaults.full(dataset.name).lower()

    def table(self, key: str) -> str:
        """The catalog's name of the table behind a dataset. A private one has a name that only its pipeline reads."""
        dataset = self.datasets[key]
        if not dataset.private:
            return key
        catalog, schema, name = split(key)
        return f"{catalog}.{schema}.{PRIVATE}{self._pipeline_id}_{name}".lower()

    def find(self, name: str) -> str | None:
        """The key of the pipeline's dataset that `name` means, None when it is not one of the pipeline's."""
        parts = split(name)
        if len(parts) == 2 and parts[0].lower() == "live":
            parts = parts[1:]
        if len(parts) == 1 and (parts[0].lower() in self.datasets):
            return parts[0].lower()
        full = self.defaults.full(quote_all(parts)).lower()
        return full if full in self.datasets else None


def _check_target(flow: Flow, dataset: Dataset) -> None:
    """Which kinds of datasets a flow may write to that does not come with the dataset's definition."""
    allowed = (DatasetKind.STREAMING_TABLE,)
    if isinstance(flow, QueryFlow):
        if flow.default:
            return
        allowed = (DatasetKind.SINK,) if flow.updates else (DatasetKind.STREAMING_TABLE, DatasetKind.SINK)
    if dataset.kind not in allowed:
        kind = dataset.kind.value.lower().replace("_", " ")
        what = "update flows" if isinstance(flow, QueryFlow) and flow.updates else "flows"
        names = " and ".join(f"{each.value.lower().replace('_', ' ')}s" for each in allowed)
        raise EngineError(
            f"{flow.location}: flow {flow.name} writes to {flow.target}, which is a {kind}, defined at "
            f"{dataset.location}; {what} write to {names}",
            error_class="INVALID_FLOW_TARGET",
            location=str(flow.location),
        )
