"""Columns of random values: ids, choices, money and times, each drawn at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd


def ids(random: np.random.Generator, count: int) -> np.ndarray:
    """Ids of 32 hexadecimal characters."""
    digits = random.bytes(16 * count).hex()
    return np.array([digits[start : start + 32] for start in range(0, 32 * count, 32)], dtype=object)


def choose(random: np.random.Generator, weights: Sequence[float] | np.ndarray, count: int) -> np.ndarray:
    """Positions, each as often as its weight says."""
    edges = np.cumsum(np.asarray(weights, dtype=float))
    return np.searchsorted(edges / edges[-1], random.random(count), side="right")


def pick(random: np.random.Generator, values: Sequence[str], count: int) -> np.ndarray:
    return np.array(values, dtype=object)[random.integers(0, len(values), count)]


def money(cents: np.ndarray) -> list[str]:
    """Cents as text with two decimals; whole numbers all the way, so nothing is rounded."""
    return [f"{cent // 100}.{cent % 100:02d}" for cent in cents.tolist()]


def times(seconds: np.ndarray, known: np.ndarray | None = None) -> np.ndarray:
    """Seconds since 1970 (UTC) as 'YYYY-MM-DD HH:MM:SS'; empty where not known."""
    text = np.datetime_as_string(np.asarray(seconds, dtype="int64").astype("datetime64[s]"))
    text = np.char.replace(text, "T", " ").astype(object)
    return text if known is None else np.where(known, text, "")


def texts(numbers: np.ndarray) -> list[str]:
    return [str(number) for number in numbers.tolist()]


def repeat_of(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For `counts` children a parent: each child's parent, and its number from 1 among its siblings."""
    parent = np.repeat(np.arange(len(counts)), counts)
    nth = pd.Series(parent).groupby(parent).cumcount().to_numpy() + 1
    return parent, nth
