"""What a run or update has read of secrets is left out of what leaves it: output, errors, traces, exit values, events.

As on Databricks, it is the value itself that is left out, not what code makes of it:
https://docs.databricks.com/aws/en/security/secrets/#secret-redaction
"""

from __future__ import annotations

import json
import threading
from typing import Any

from lakehouse_engine.errors import user_names

MARK = "[REDACTED]"
_LINE = 8  # a shorter line of a secret is nothing that identifies it
_WORD = 4


class Redactor:
    """One for a run and the notebooks that it calls, one for an update."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hidden: list[str] = []

    def hide(self, value: str) -> None:
        """From now on leaves out the value, each of its lines, and both as JSON and Python write them."""
        parts = [value, value.strip(), *(line for line in value.splitlines() if len(line.strip()) >= _LINE)]
        forms = {
            form
            for part in parts
            if part.strip()
            for form in (part, json.dumps(part)[1:-1], json.dumps(part, ensure_ascii=False)[1:-1], repr(part)[1:-1],
                         user_names(part))
        }  # fmt: skip
        with self._lock:  # longest first: a value that holds another goes as a whole
            self._hidden = sorted({*self._hidden, *forms}, key=lambda form: (-len(form), form))

    def text(self, text: str, shortest: int = 0) -> str:
        """Without the hidden values of at least that many characters."""
        for value in self._hidden:
            if len(value) >= shortest:
                text = text.replace(value, MARK)
        return text

    def value(self, value: Any) -> Any:
        """The same for all texts within a value of JSON, whose names and short words are the engine's own (`state`,
        `id`): neither names are changed, nor does a secret of less than four characters change anything."""
        if isinstance(value, str):
            return self.text(value, _WORD)
        if isinstance(value, dict):
            return {key: self.value(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(each) for each in value]
        return value
