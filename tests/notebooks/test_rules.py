"""Judging rows: silver or quarantine gets a row, always exactly one of both. Each rule: notebooks/tests/medallion."""

from __future__ import annotations

import datetime
import functools
import random

import pytest
from good_rows import GOOD, ID
from olist.entities import BY_NAME, ENTITIES, Entity
from olist.quarantine import rejected
from olist.typed import SEQUENCE, typed
from pyspark.sql import functions as F
from rows import bronze


def test_all_broken_rules_of_one_row_are_named_and_sorted(spark) -> None:
    row = {"order_id": "x", "price": "-1", "_rescued_data": "{}"}
    (found,) = rejected(bronze(spark, BY_NAME["order_items"], [row]), BY_NAME["order_items"]).collect()
    assert found["broken_rules"] == sorted(BY_NAME["order_items"].rules)


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda e: e.name)
def test_every_row_is_either_kept_or_quarantined(spark, entity: Entity) -> None:
    """bronze = kept + quarantined, on rows of random good and nasty values."""
    chance = random.Random(entity.name)
    nasty = ["", " ", None, "-1", "0", "NaN", "1e400", "x", "\t", "' OR 1=1 --", "9" * 40, "2018-02-30 00:00:00", ID]

    def value(name: str) -> str | None:
        return GOOD[entity.name].get(name) if chance.random() < 0.8 else chance.choice(nasty)

    rows = [{name: value(name) for name in entity.column_names} for _ in range(300)]
    frame = bronze(spark, entity, rows)
    conditions = [F.expr(rule) for rule in entity.rules.values()]
    kept = typed(frame, entity).where(functools.reduce(lambda a, b: a & b, conditions)).count()
    quarantined = rejected(frame, entity).count()
    assert kept + quarantined == len(rows)
    assert kept and quarantined, "the rows try one side only"


def test_the_winner_among_versions_of_a_key_does_not_depend_on_their_order(spark) -> None:
    later = datetime.datetime(2024, 1, 2, 3, 4, 6)
    versions = [
        {"_file_modified_at": later, "_source_file": "a.csv", "customer_city": "b"},
        {"_file_modified_at": later, "_source_file": "a.csv", "customer_city": "c"},
        {"_source_file": "z.csv", "customer_city": "z"},
        {"_file_modified_at": later, "_source_file": "a.csv", "customer_city": None},
    ]
    for turn in range(len(versions)):
        rows = [{**GOOD["customers"], **version} for version in versions[turn:] + versions[:turn]]
        frame = typed(bronze(spark, BY_NAME["customers"], rows), BY_NAME["customers"])
        (winner,) = frame.agg(F.max_by("customer_city", SEQUENCE)).first()
        assert winner == "C"
