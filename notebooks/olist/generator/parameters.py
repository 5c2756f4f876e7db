"""What a run of the generator is asked for, checked once; and the random streams that everything is drawn from."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

T = TypeVar("T", int, float)

NEXT = "next"


@dataclass(frozen=True)
class Parameters:
    """scale 1 is 5,000 orders; bad_share is the share of broken, repeated and cut rows among a file's rows."""

    scale: float = 1.0
    seed: int = 42
    bad_share: float = 0.01

    def __post_init__(self) -> None:
        if not (math.isfinite(self.scale) and 0 < self.scale <= 1000):
            raise ValueError(f"scale is {self.scale}: a number above 0, at most 1000, was expected")
        if self.seed < 0:
            raise ValueError(f"seed is {self.seed}: a whole number of 0 or more was expected")
        if not 0 <= self.bad_share <= 0.5:
            raise ValueError(f"bad_share is {self.bad_share}: a share from 0 to 0.5 was expected")

    def sized(self, at_scale_one: int, least: int = 1) -> int:
        return max(least, round(at_scale_one * self.scale))

    def random(self, batch: int, stream: str) -> np.random.Generator:
        """A stream of its own for each purpose: a new draw in one place does not move all the others."""
        return np.random.default_rng([self.seed, batch, zlib.crc32(stream.encode())])


def parse(scale: str, seed: str, bad_share: str) -> Parameters:
    """From the texts of a notebook's widgets."""
    return Parameters(
        _number("scale", scale, float), _number("seed", seed, int), _number("bad_share", bad_share, float)
    )


def parse_batch(text: str) -> int | None:
    """None stands for the batch after those on record."""
    if text.strip().lower() == NEXT:
        return None
    number = _number("batch", text, int)
    if number < 1:
        raise ValueError(f"batch is {number}: '{NEXT}' or a number from 1 was expected")
    return number


def _number(name: str, text: str, kind: type[T]) -> T:
    try:
        return kind(text.strip())
    except ValueError:
        wanted = "a whole number" if kind is int else "a number"
        raise ValueError(f"{name} is '{text}': {wanted} was expected") from None
