"""CSV files and the truth file, each complete or not there at all."""

from __future__ import annotations

import contextlib
import json
import os
from typing import Any

import pandas as pd


def csv_bytes(rows: pd.DataFrame, short: pd.DataFrame | None = None) -> bytes:
    """UTF-8 with a header; `short` rows follow without their last column."""
    text = rows.to_csv(index=False, lineterminator="\n")
    if short is not None and len(short):
        text += short.iloc[:, :-1].to_csv(index=False, header=False, lineterminator="\n")
    return text.encode()


def write(path: str, content: bytes, times: tuple[int, int] | None = None) -> None:
    """A file that has this content already is left alone: a new time of modification would look like a new delivery.

    Until it is complete it has a name that Auto Loader passes over. `times`: of access and modification, in ns; kept
    where the storage sets any.
    """
    folder, name = os.path.split(path)
    os.makedirs(folder, exist_ok=True)
    if os.path.exists(path):
        with open(path, "rb") as there:
            if there.read() == content:
                return
    unfinished = os.path.join(folder, f"_{name}.unfinished")
    with open(unfinished, "wb") as file:
        file.write(content)
    if times is not None:
        with contextlib.suppress(OSError):
            os.utime(unfinished, ns=times)
    os.replace(unfinished, path)


def write_json(path: str, value: dict[str, Any]) -> None:
    write(path, (json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode())


def read_json(path: str) -> dict[str, Any] | None:
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        try:
            return json.load(file)
        except json.JSONDecodeError as error:
            raise ValueError(f"{path} is not JSON ({error}): remove it together with the files it tells of") from None
