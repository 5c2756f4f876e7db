"""User code that is called with every event of an update: in their order, one after the other, beside the update."""

from __future__ import annotations

import copy
import queue
import threading
from collections.abc import Callable, Sequence
from contextvars import copy_context
from typing import Any

from lakehouse_engine.event_log import Event
from lakehouse_engine.graph.model import EventHook

_END_SECONDS = 30  # how long an update waits at its end for hooks that are still at work


class EventHooks:
    """`report(hook, error, failures, disabled)` tells of a hook's failure, which never is the update's."""

    def __init__(
        self, hooks: Sequence[EventHook], report: Callable[[EventHook, BaseException, int, bool], None]
    ) -> None:
        self._hooks = list(hooks)
        self._report = report
        self._failures = [0] * len(self._hooks)
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        # The thread goes on with the update's context: its session, its imports.
        context = copy_context()
        self._thread = threading.Thread(target=lambda: context.run(self._work), daemon=True, name="event-hooks")
        self._thread.start()

    def tell(self, event: Event) -> None:
        if event["event_type"] != "hook_progress" and event["maturity_level"] == "STABLE":
            self._events.put(copy.deepcopy(event))

    def close(self) -> None:
        self._events.put(None)
        self._thread.join(_END_SECONDS)

    def _work(self) -> None:
        while (event := self._events.get()) is not None:
            for number, hook in enumerate(self._hooks):
                if not self._disabled(number):
                    self._call(number, hook, event)

    def _call(self, number: int, hook: EventHook, event: dict[str, Any]) -> None:
        try:
            hook.function(copy.deepcopy(event))
            self._failures[number] = 0
        except Exception as error:
            self._failures[number] += 1
            self._report(hook, error, self._failures[number], self._disabled(number))

    def _disabled(self, number: int) -> bool:
        allowed = self._hooks[number].allowed_failures
        return allowed is not None and self._failures[number] > allowed
