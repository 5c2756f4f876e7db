"""Values from text, as the tables type them; what cannot be read is None. And rounding, half up, of exact numbers."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

_INT = re.compile(r"[+-]?\d{1,10}")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}:\d{2}(\.\d{1,6})?)?(Z|\+00:00)?")
CENT = Decimal("0.01")


def text(value: str | None) -> str | None:
    return (value.strip(" ") or None) if value is not None else None


def title(value: str | None) -> str | None:
    clean = text(value)
    return " ".join(word[:1].upper() + word[1:].lower() for word in clean.split(" ")) if clean else None


def lower(value: str | None) -> str | None:
    clean = text(value)
    return clean.lower() if clean else None


def upper(value: str | None) -> str | None:
    clean = text(value)
    return clean.upper() if clean else None


def integer(value: str | None) -> int | None:
    clean = text(value)
    if clean is None or not _INT.fullmatch(clean):
        return None
    number = int(clean)
    return number if -(2**31) <= number < 2**31 else None


def bigint(value: str | None) -> int | None:
    clean = text(value)
    return int(clean) if clean is not None and re.fullmatch(r"[+-]?\d{1,18}", clean) else None


def double(value: str | None) -> float | None:
    clean = text(value)
    return float(clean) if clean is not None and _NUMBER.fullmatch(clean) else None


def money(value: str | None) -> Decimal | None:
    clean = text(value)
    if clean is None or not _NUMBER.fullmatch(clean):
        return None
    amount = Decimal(clean).quantize(CENT, ROUND_HALF_UP)
    return amount if abs(amount) < Decimal(10) ** 16 else None


def time(value: str | None) -> datetime | None:
    clean = text(value)
    if clean is None or not _TIME.fullmatch(clean):
        return None
    try:
        return datetime.fromisoformat(clean.removesuffix("Z").removesuffix("+00:00"))
    except ValueError:  # the thirtieth of February
        return None


def rounded(value: Fraction) -> Decimal:
    """To two decimals, half away from zero, from the exact quotient."""
    hundredths = abs(value) * 100
    whole = (hundredths.numerator * 2 + hundredths.denominator) // (hundredths.denominator * 2)
    return Decimal(whole if value >= 0 else -whole).scaleb(-2)


def mean(values: list[int]) -> Decimal | None:
    return rounded(Fraction(sum(values), len(values))) if values else None
