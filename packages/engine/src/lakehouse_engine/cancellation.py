"""Ends a piece of work before it is done: a statement's cancel or timeout, a run's cancel, an update's stop.

Each repeats until the work has ended: between two of Spark's jobs there is nothing to cancel, and the work would go on.
"""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextvars import ContextVar

from pyspark import SparkContext

from lakehouse_engine.errors import EngineError

_SECONDS = 0.1
# Requests run side by side, so that a cancel can overtake its work; most name work that has ended.
_EARLY = 1000
_current: ContextVar[Cancellation | None] = ContextVar("cancellation", default=None)


def _nothing() -> None:
    return


class Cancellation:
    """Of one piece of work, whose Spark jobs have `group` as their job group.

    `once`: called when it is requested; `again`: ends what is not a job of the group, and is called until the work has
    ended.
    """

    def __init__(
        self, group: str, *, once: Callable[[], None] = _nothing, again: Callable[[], None] = _nothing
    ) -> None:
        self.group = group
        self.requested = threading.Event()
        self.ended = threading.Event()
        self.reason: EngineError | None = None
        self._once = once
        self._again = again
        self._inner: list[Cancellation] = []
        self._lock = threading.Lock()

    def request(self, context: SparkContext, reason: EngineError | None = None) -> None:
        """Starts to end the work, which the first request decides."""
        with self._lock:
            if self.requested.is_set():
                return
            self.reason = reason
            self.requested.set()
        try:
            self._once()
        finally:
            threading.Thread(target=self._repeat, args=(context,), name=f"cancel-{self.group}", daemon=True).start()

    def check(self) -> None:
        """Raises the reason, where the work is to end."""
        if self.reason is not None:
            raise self.reason

    def _repeat(self, context: SparkContext) -> None:
        while True:
            context.cancelJobGroup(self.group)
            for inner in list(self._inner):
                inner.request(context, self.reason)
            with contextlib.suppress(Exception):
                self._again()
            if self.ended.wait(_SECONDS):
                return

    @contextlib.contextmanager
    def within(self, outer: Cancellation | None) -> Iterator[None]:
        """While this work is a part of `outer`, it ends with it."""
        if outer is not None:
            outer._inner.append(self)
        try:
            yield
        finally:
            if outer is not None:
                outer._inner.remove(self)

    @contextlib.contextmanager
    def active(self) -> Iterator[None]:
        """The code of this context does the work."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)


def current() -> Cancellation | None:
    """Of the work that the calling code belongs to."""
    return _current.get()


class Cancellations:
    """The work of one kind that goes on, by its job group."""

    def __init__(self, context: SparkContext) -> None:
        self._context = context
        self._going: dict[str, Cancellation] = {}
        self._early: OrderedDict[str, EngineError | None] = OrderedDict()  # why work that is to begin shall not
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def during(self, work: Cancellation) -> Iterator[None]:
        """The work can be canceled meanwhile; it is canceled at once where the request for that came before."""
        with self._lock:
            self._going[work.group] = work
            early = work.group in self._early
            reason = self._early.pop(work.group, None)
        if early:
            work.request(self._context, reason)
        try:
            yield
        finally:
            with self._lock:
                self._going.pop(work.group, None)

    def cancel(self, group: str, reason: EngineError | None = None) -> None:
        with self._lock:
            work = self._going.get(group)
            if work is None:  # not begun, or already ended
                self._early[group] = reason
                while len(self._early) > _EARLY:
                    self._early.popitem(last=False)
                return
        work.request(self._context, reason)
