"""Files of this machine: their places, and writing them so that a kill leaves the old content or the new."""

from __future__ import annotations

import os
import threading
from pathlib import Path


def local(location: str) -> str:
    """A location without the scheme of this machine's files."""
    return location.removeprefix("file://").removeprefix("file:")


def replace(file: Path, text: str) -> None:
    """Writes the file, and its folders where there are none. Readers see all of it or what was there before."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f".{file.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    partial.write_text(text)
    os.replace(partial, file)
