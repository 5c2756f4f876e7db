"""Every text becomes the value that the oracle, written without Spark, reads in it: odd texts, and many by chance."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from olist.entities import Kind
from olist.typed import clean
from oracle import values
from oracle.odd_values import NUMBERS, SPACES, TIMES, WORDS
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

READ: dict[Kind, Callable[[str], Any]] = {
    Kind.TEXT: values.text,
    Kind.CITY: values.title,
    Kind.STATE: values.upper,
    Kind.CODE: values.lower,
    Kind.COUNT: values.integer,
    Kind.MONEY: values.money,
    Kind.DEGREES: values.double,
    Kind.TIME: values.time,
}


def _texts(kind: Kind) -> list[str]:
    chance = random.Random(kind.value)
    seeds = {Kind.TIME: TIMES, Kind.COUNT: NUMBERS, Kind.MONEY: NUMBERS, Kind.DEGREES: NUMBERS}.get(kind, WORDS)
    alphabet = sorted({letter for text in seeds for letter in text})

    def changed(text: str) -> str:
        at = chance.randrange(len(text) + 1)
        return chance.choice([
            text[:at] + text[at + 1 :],
            text[:at] + chance.choice(alphabet) + text[at:],
            text[:at] + chance.choice(alphabet) + text[at + 1 :],
        ])  # fmt: skip

    padded = [before + text + after for text in seeds for before, after in zip(SPACES, reversed(SPACES), strict=True)]
    return list(dict.fromkeys([*SPACES, *seeds, *padded, *[changed(chance.choice(seeds)) for _ in range(1500)]]))


@pytest.mark.parametrize("kind", READ, ids=lambda kind: kind.value)
def test_a_text_is_read_as_the_value_that_it_says(spark: SparkSession, kind: Kind) -> None:
    texts = _texts(kind)
    value = clean("given", kind)
    if kind is Kind.TIME:  # as text: Python's own conversion fails at the first and the last year
        value = F.date_format(value, "yyyy-MM-dd HH:mm:ss.SSSSSS")
    rows = spark.createDataFrame([(text,) for text in texts], "given STRING").select("given", value.alias("v"))
    found = {row.given: row.v for row in rows.collect()}
    assert len(found) == len(texts)
    read = {text: READ[kind](text) for text in texts}
    if kind is Kind.TIME:
        read = {text: time and time.isoformat(" ", "microseconds") for text, time in read.items()}
    wrong = {text: (found[text], read[text]) for text in texts if found[text] != read[text]}
    assert wrong == {}


def test_a_missing_value_stays_missing(spark: SparkSession) -> None:
    for kind in READ:
        (row,) = spark.createDataFrame([(None,)], "given STRING").select(clean("given", kind).alias("v")).collect()
        assert row.v is None
