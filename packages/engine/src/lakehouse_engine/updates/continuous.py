"""A continuous pipeline: after the first round each dataset again, whenever its interval has passed, until a stop.

https://docs.databricks.com/aws/en/ldp/pipeline-mode. A dataset whose sources have nothing new is left as it is.
"""

from __future__ import annotations

import re
import time

from lakehouse_engine.errors import EngineError
from lakehouse_engine.graph.model import Dataset, DatasetKind
from lakehouse_engine.updates.context import UpdateContext
from lakehouse_engine.updates.graph_run import GraphRun
from lakehouse_engine.updates.published_events import publish
from lakehouse_engine.updates.scheduler import Outcome

INTERVAL = "pipelines.trigger.interval"
# Databricks' defaults in seconds: streams; whole queries over Delta tables alone; other whole queries.
_STREAM, _OVER_DELTA, _OVER_OTHERS = 5.0, 60.0, 600.0
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_INTERVAL = re.compile(r"\s*(\d+)\s*(second|minute|hour|day)s?\s*", re.IGNORECASE)
# Only views that readers evaluate have nothing of their own to keep fresh.
_WITHOUT_ROWS = (DatasetKind.TEMPORARY_VIEW, DatasetKind.VIEW)


class Rounds:
    """Raises EngineError where an interval that is given cannot be read."""

    def __init__(self, context: UpdateContext, run: GraphRun) -> None:
        self._context = context
        self._run = run
        kept = {key: d for key, d in context.names.datasets.items() if d.kind not in _WITHOUT_ROWS}
        self._given = {key: self._given_interval(key, dataset) for key, dataset in kept.items()}

    def keep_fresh(self, outcomes: dict[str, Outcome]) -> dict[str, Outcome]:
        """Rounds over the datasets of `outcomes`, until one fails or the update is to stop: the last round's outcomes.

        Between two rounds of a dataset is its interval, and at least as long as the round took: at most half of the
        time is work.
        """
        intervals = {key: self._interval(key) for key in outcomes if key in self._given}
        due = {key: time.monotonic() + seconds for key, seconds in intervals.items()}
        while due and all(outcome is Outcome.COMPLETED for outcome in outcomes.values()):
            if self._context.cancellation.requested.wait(max(0.0, min(due.values()) - time.monotonic())):
                break
            started = time.monotonic()
            ready = [key for key, at in due.items() if at <= started]
            outcomes = self._run.bring_up_to_date(ready)
            ended = time.monotonic()
            due |= {key: ended + max(intervals[key], ended - started) for key in ready}
            publish(self._context)
        return outcomes

    def _given_interval(self, key: str, dataset: Dataset) -> float | None:
        conf = dict(dataset.spark_conf)
        for flow in self._context.names.flows.get(key, []):
            conf |= getattr(flow, "spark_conf", {})
        given = conf.get(INTERVAL) or self._context.session.conf.get(INTERVAL, None)
        return None if given is None else _seconds(str(given), dataset)

    def _interval(self, key: str) -> float:
        given = self._given[key]
        if given is not None:
            return given
        dataset = self._context.names.datasets[key]
        state = {} if dataset.kind is DatasetKind.SINK else self._context.target(key).state("materialized")
        if not state:
            return _STREAM
        return _OVER_OTHERS if state.get("inputs") is None else _OVER_DELTA


def _seconds(text: str, dataset: Dataset) -> float:
    found = _INTERVAL.fullmatch(text)
    if found is None or int(found[1]) == 0:
        raise EngineError(
            f"{dataset.location}: {INTERVAL} of {dataset.name} is '{text}'; it must be a number of seconds, minutes, "
            "hours or days, as '10 seconds'",
            error_class="INVALID_PIPELINE_SETTINGS",
            location=str(dataset.location),
        )
    return float(found[1]) * _UNITS[found[2].lower()]
