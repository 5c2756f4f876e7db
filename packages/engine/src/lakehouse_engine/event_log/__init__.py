"""The pipeline's event log: Databricks' event types and fields, kept as JSON lines and sent out as they happen."""

from __future__ import annotations

import datetime
import json
import os
import threading
import traceback
import uuid
from collections.abc import Callable
from typing import Any

from lakehouse_engine.errors import message_of, refusal_of
from lakehouse_engine.redaction import Redactor

Event = dict[str, Any]


class EventLog:
    """One update's writer. A line is complete on disk before anyone is told of it."""

    def __init__(
        self, path: str, origin: dict[str, Any], tell: Callable[[Event], None], redactor: Redactor | None = None
    ) -> None:
        self._path, self._origin, self._tell = path, origin, tell
        self._redactor = redactor or Redactor()
        self._lock = threading.Lock()
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self._number = _repair(path)

    def write(
        self,
        event_type: str,
        message: str,
        details: dict[str, Any],
        *,
        level: str = "INFO",
        error: BaseException | None = None,
        **origin: str,
    ) -> Event:
        with self._lock:
            self._number += 1
            event: Event = {
                "id": str(uuid.uuid4()),
                "sequence": {"control_plane_seq_no": self._number},
                "origin": {**self._origin, **origin},
                "timestamp": _now(),
                "message": message,
                "level": level,
                "maturity_level": "STABLE",
                "event_type": event_type,
                "details": {event_type: details},
            }
            if error is not None:
                event["error"] = {"fatal": True, "exceptions": exceptions(error)}
            event = self._redactor.value(json.loads(json.dumps(event, default=str)))
            with open(self._path, "a", encoding="utf-8") as file:
                file.write(json.dumps(event) + "\n")
                file.flush()
                os.fsync(file.fileno())
        self._tell(event)
        return event


def exceptions(error: BaseException) -> list[dict[str, Any]]:
    """The error and its causes, outermost first."""
    chain, seen, current = [], set(), error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        frames = traceback.extract_tb(current.__traceback__)
        chain.append({
            "class_name": getattr(refusal_of(current) or current, "error_class", None) or type(current).__name__,
            "message": message_of(current),
            "stack": [
                {"declaring_class": f.filename, "method_name": f.name, "file_name": f.filename, "line_number": f.lineno}
                for f in frames
            ],
        })  # fmt: skip
        current = current.__cause__
    return chain


def read(path: str) -> list[Event]:
    """The events of a pipeline so far; a line cut off by a kill is not one."""
    try:
        with open(path, encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.endswith("\n")]
    except FileNotFoundError:
        return []


def _repair(path: str) -> int:
    """Cuts off a half-written last line, and answers how many events there are."""
    try:
        with open(path, "rb+") as file:
            content = file.read()
            whole = content.rfind(b"\n") + 1
            file.truncate(whole)
            return content.count(b"\n")
    except FileNotFoundError:
        return 0


def _now() -> str:
    now = datetime.datetime.now(datetime.UTC)
    return now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z"
