"""Values from text, as the tables type them; what cannot be read is None. And rounding, half up, of exact numbers."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

_INT = re.compile(r"([+-]?[0-9]+)(\.0+)?")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_TIME = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"([ T]([0-9]{1,2})(:([0-9]{1,2})(:([0-9]{1,2})(\.([0-9]*))?)?)?)?"
    r"( ?(Z|UTC|([+-])([0-9]{1,2}:[0-9]{1,2}|[0-9]{4})))?"
)
CENT = Decimal("0.01")


def text(value: str | None) -> str | None:
    return (value.strip() or None) if value is not None else None


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
    match = _INT.fullmatch(clean) if clean is not None else None
    number = int(match[1]) if match else None  # 225.0 is how tools without missing integers write 225
    return number if number is not None and -(2**31) <= number < 2**31 else None


def bigint(value: str | None) -> int | None:
    clean = text(value)
    number = int(clean) if clean is not None and re.fullmatch(r"[+-]?[0-9]+", clean) else None
    return number if number is not None and -(2**63) <= number < 2**63 else None


def double(value: str | None) -> float | None:
    clean = text(value)
    return float(clean) if clean is not None and _NUMBER.fullmatch(clean) else None


def money(value: str | None) -> Decimal | None:
    clean = text(value)
    if clean is None or not _NUMBER.fullmatch(clean):
        return None
    number = Decimal(clean)
    if number.adjusted() > 16:  # far too large to be rounded to cents
        return None
    amount = number.quantize(CENT, ROUND_HALF_UP)
    return amount if abs(amount) < Decimal(10) ** 16 else None


def time(value: str | None) -> datetime | None:
    """In UTC: what has an offset is moved there. Microseconds are kept, what is finer is cut off."""
    clean = text(value)
    match = _TIME.fullmatch(clean) if clean is not None else None
    if match is None:
        return None
    year, month, day = (int(match[n]) for n in (1, 2, 3))
    hour, minute, second = (int(match[n] or 0) for n in (5, 7, 9))
    try:
        local = datetime(year, month, day, hour, minute, second, int((match[11] or "").ljust(6, "0")[:6]))
    except ValueError:  # the thirtieth of February
        return None
    if not match[14]:
        return local
    hours, minutes = match[15].split(":") if ":" in match[15] else (match[15][:2], match[15][2:])
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    if offset > timedelta(hours=18) or int(minutes) > 59:  # no place on earth
        return None
    return local - offset if match[14] == "+" else local + offset


def rounded(value: Fraction) -> Decimal:
    """To two decimals, half away from zero, from the exact quotient."""
    hundredths = abs(value) * 100
    whole = (hundredths.numerator * 2 + hundredths.denominator) // (hundredths.denominator * 2)
    return Decimal(whole if value >= 0 else -whole).scaleb(-2)


def mean(values: list[int]) -> Decimal | None:
    return rounded(Fraction(sum(values), len(values))) if values else None
