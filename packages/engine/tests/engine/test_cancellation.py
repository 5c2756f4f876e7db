"""The end of work before it is done, without Spark: its jobs, what belongs to it, and requests that come early."""

from __future__ import annotations

import threading

import pytest
from lakehouse_engine.cancellation import Cancellation, Cancellations, current
from lakehouse_engine.errors import EngineError
from lakehouse_engine.testing import wait_for
from lakehouse_engine.updates.running_flows import RunningFlows


class Jobs:
    """Of a SparkContext: the groups whose jobs were canceled, in order."""

    def __init__(self) -> None:
        self.canceled: list[str] = []

    def cancelJobGroup(self, group: str) -> None:
        self.canceled.append(group)


class Stream:
    def __init__(self) -> None:
        self.stopped = threading.Event()

    def stop(self) -> None:
        self.stopped.set()


class Flow:
    def __init__(self, queries: list[Stream]) -> None:
        self.queries = queries


def threads_of(group: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == f"cancel-{group}"]


def test_jobs_are_canceled_until_the_work_has_ended() -> None:
    jobs, work = Jobs(), Cancellation("again")
    work.request(jobs)
    wait_for(lambda: len(jobs.canceled) >= 3, "jobs that began later to be canceled")
    work.ended.set()
    wait_for(lambda: not threads_of("again"), "the end")
    assert set(jobs.canceled) == {"again"}


def test_what_ends_the_work_is_tried_again_after_it_has_failed() -> None:
    tried: list[int] = []

    def failing() -> None:
        tried.append(len(tried))
        raise RuntimeError("the stream has ended")

    jobs, work = Jobs(), Cancellation("failing", again=failing)
    work.request(jobs)
    wait_for(lambda: len(tried) >= 2, "another attempt")
    work.ended.set()


def test_the_first_request_decides_the_reason() -> None:
    asked: list[str] = []
    work = Cancellation("first", once=lambda: asked.append("once"))
    timeout = EngineError("timed out", error_class="TIMEOUT")
    work.check()
    work.request(Jobs(), timeout)
    work.request(Jobs(), EngineError("canceled", error_class="CANCELED"))
    work.ended.set()
    with pytest.raises(EngineError, match="timed out"):
        work.check()
    assert asked == ["once"]


def test_work_within_other_work_ends_with_it_even_if_it_begins_after_the_request() -> None:
    jobs, outer = Jobs(), Cancellation("outer")
    before, after = Cancellation("before"), Cancellation("after")
    with before.within(outer):
        outer.request(jobs, EngineError("canceled", error_class="CANCELED"))
        assert before.requested.wait(5)
        with after.within(outer):
            assert after.requested.wait(5)
    wait_for(lambda: {"outer", "before", "after"} <= set(jobs.canceled), "the jobs of each", 5)
    for work in (before, after, outer):
        work.ended.set()


def test_work_that_has_left_other_work_goes_on() -> None:
    outer, left, stays = Cancellation("outer"), Cancellation("left"), Cancellation("stays")
    with left.within(outer):
        pass
    with stays.within(outer):
        outer.request(Jobs())
        assert stays.requested.wait(5)
    assert not left.requested.is_set()
    for work in (outer, stays):
        work.ended.set()


def test_code_finds_the_work_that_it_belongs_to() -> None:
    work = Cancellation("mine")
    with work.active():
        assert current() is work
    assert current() is None


def test_a_request_that_comes_before_the_work_is_kept_for_it_and_for_it_alone() -> None:
    jobs = Jobs()
    going = Cancellations(jobs)
    going.cancel("early", EngineError("canceled", error_class="CANCELED"))
    other, work, again = Cancellation("other"), Cancellation("early"), Cancellation("early")
    with going.during(other):
        assert not other.requested.is_set()
    with going.during(work):
        assert work.requested.is_set()
        work.ended.set()
    with going.during(again):
        assert not again.requested.is_set(), "one request ends one piece of work"
        going.cancel("early")
        assert again.requested.is_set()
        again.ended.set()


def test_a_stop_ends_the_streams_of_flows_whenever_they_start() -> None:
    flows = RunningFlows()
    first, later = Stream(), Stream()
    reader = Flow([first])
    work = Cancellation("streams", again=flows.stop_streams)
    with flows.running(reader):
        work.request(Jobs())
        assert first.stopped.wait(5)
        reader.queries.append(later)  # its flow was being planned when the stop came
        assert later.stopped.wait(5)
    work.ended.set()
