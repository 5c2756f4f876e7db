"""The scheduler of updates, without Spark."""

from __future__ import annotations

import threading
import time

from lakehouse_engine.errors import EngineError
from lakehouse_engine.updates.scheduler import Outcome, Scheduler


def run(reads: dict[str, list[str]], *, slots: int = 2, failing: tuple[str, ...] = ()) -> tuple[Scheduler, dict, list]:
    order: list[str] = []

    def work(key: str) -> None:
        for other in reads[key]:
            scheduler.need(other, key)
        if key in failing:
            raise ValueError(key)
        time.sleep(0.005)
        order.append(key)

    scheduler = Scheduler(reads, work, slots)
    return scheduler, scheduler.run(list(reads)), order


def test_a_dataset_that_is_read_is_finished_before_its_reader_and_runs_once():
    reads = {"d": ["b", "c"], "b": ["a"], "c": ["a"], "a": []}
    for slots in (1, 2, 4):
        _, outcomes, order = run(reads, slots=slots)
        assert set(outcomes.values()) == {Outcome.COMPLETED}
        assert sorted(order) == ["a", "b", "c", "d"]
        assert order[0] == "a" and order[-1] == "d"


def test_what_does_not_depend_on_a_failed_dataset_goes_on():
    reads = {"a": [], "b": ["a"], "c": ["b"], "x": [], "y": ["x"]}
    scheduler, outcomes, _ = run(reads, failing=("a",))
    assert outcomes == {
        "a": Outcome.FAILED, "b": Outcome.SKIPPED, "c": Outcome.SKIPPED, "x": Outcome.COMPLETED, "y": Outcome.COMPLETED,
    }  # fmt: skip
    assert isinstance(scheduler.error("a"), ValueError)


def test_a_circle_ends_in_an_error_that_names_it_and_never_in_a_deadlock():
    for slots in (1, 2, 4):
        reads = {"a": ["b"], "b": ["c"], "c": ["a"], "free": []}
        found: list = []
        thread = threading.Thread(
            target=lambda reads=reads, slots=slots, found=found: found.append(run(reads, slots=slots))
        )
        thread.daemon = True
        thread.start()
        thread.join(10)
        assert found, "the scheduler hangs"
        scheduler, outcomes, _ = found[0]
        assert outcomes["free"] is Outcome.COMPLETED
        errors = [scheduler.error(k) for k in "abc"]
        assert any(isinstance(e, EngineError) and e.error_class == "CIRCULAR_DEPENDENCY" for e in errors)
