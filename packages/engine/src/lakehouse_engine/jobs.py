"""Spark's jobs of a piece of work that is to end: of a statement, a notebook's run or an update."""

from __future__ import annotations

import threading

from pyspark import SparkContext

_SECONDS = 0.1


def drop_jobs(context: SparkContext, group: str, ended: threading.Event) -> None:
    """Cancels the group's jobs until the work has ended: between two of them it would go on."""

    def drop() -> None:
        while True:
            context.cancelJobGroup(group)
            if ended.wait(_SECONDS):
                return

    threading.Thread(target=drop, name=f"drop-{group}", daemon=True).start()
