"""Cleaning and judging rows: what silver keeps, what quarantine gets, and that it is always exactly one of both."""

from __future__ import annotations

import datetime
import functools
import random
from decimal import Decimal

import pytest
from olist.entities import BY_NAME, ENTITIES, Entity
from olist.quarantine import rejected
from olist.typed import SEQUENCE, typed
from pyspark.sql import functions as F
from rows import GOOD, ID, bronze

# What breaks which rule; every rule of every entity is broken by at least one row.
BROKEN: list[tuple[str, str, str | None, str]] = [
    ("customers", "customer_id", ID[:31], "customer_id_is_32_characters"),
    ("customers", "customer_unique_id", None, "customer_unique_id_is_32_characters"),
    ("customers", "customer_zip_code_prefix", None, "customer_zip_code_prefix_is_given"),
    ("geolocation", "geolocation_zip_code_prefix", "", "geolocation_zip_code_prefix_is_given"),
    ("geolocation", "geolocation_lat", "5.29", "geolocation_lat_is_in_brazil"),
    ("geolocation", "geolocation_lat", "NaN", "geolocation_lat_is_in_brazil"),
    ("geolocation", "geolocation_lat", "-33.7601", "geolocation_lat_is_in_brazil"),
    ("geolocation", "geolocation_lng", "west", "geolocation_lng_is_in_brazil"),
    ("geolocation", "geolocation_lng", "-28.83", "geolocation_lng_is_in_brazil"),
    ("orders", "order_id", ID + "0", "order_id_is_32_characters"),
    ("orders", "customer_id", "", "customer_id_is_32_characters"),
    ("orders", "order_status", "lost", "order_status_is_known"),
    ("orders", "order_status", None, "order_status_is_known"),
    ("orders", "order_purchase_timestamp", "31/01/2018", "order_purchase_timestamp_is_given"),
    ("order_items", "order_id", None, "order_id_is_32_characters"),
    ("order_items", "product_id", None, "product_id_is_32_characters"),
    ("order_items", "seller_id", None, "seller_id_is_32_characters"),
    ("order_items", "order_item_id", "0", "order_item_id_is_positive"),
    ("order_items", "price", "-0.01", "price_is_not_negative"),
    ("order_items", "price", "R$ 1", "price_is_not_negative"),
    ("order_items", "freight_value", None, "freight_value_is_not_negative"),
    ("order_payments", "order_id", None, "order_id_is_32_characters"),
    ("order_payments", "payment_sequential", "0", "payment_sequential_is_positive"),
    ("order_payments", "payment_type", " \t", "payment_type_is_given"),
    ("order_payments", "payment_installments", "-1", "payment_installments_is_not_negative"),
    ("order_payments", "payment_value", "-1", "payment_value_is_not_negative"),
    ("order_reviews", "review_id", None, "review_id_is_32_characters"),
    ("order_reviews", "order_id", None, "order_id_is_32_characters"),
    ("order_reviews", "review_score", "0", "review_score_is_1_to_5"),
    ("order_reviews", "review_score", "4.5", "review_score_is_1_to_5"),
    ("products", "product_id", None, "product_id_is_32_characters"),
    ("products", "product_weight_g", "-1", "product_weight_g_is_not_negative"),
    ("products", "product_length_cm", "-1", "product_length_cm_is_not_negative"),
    ("products", "product_height_cm", "-1", "product_height_cm_is_not_negative"),
    ("products", "product_width_cm", "-2147483648", "product_width_cm_is_not_negative"),
    ("sellers", "seller_id", None, "seller_id_is_32_characters"),
    ("sellers", "seller_city", " ", "seller_city_is_given"),
    ("sellers", "seller_state", None, "seller_state_is_given"),
    *[(entity.name, "_rescued_data", "{}", "no_rescued_data") for entity in ENTITIES],
]


def test_every_rule_has_a_row_that_breaks_it() -> None:
    tried = {(entity, rule) for entity, _, _, rule in BROKEN}
    assert tried == {(entity.name, rule) for entity in ENTITIES for rule in entity.rules}


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda e: e.name)
def test_a_bad_row_is_not_quarantined_with_exactly_the_rule_it_breaks(spark, entity: Entity) -> None:
    cases = [case for case in BROKEN if case[0] == entity.name]
    good = GOOD[entity.name]
    rows = [{**good, column: value, "_source_file": str(n)} for n, (_, column, value, _) in enumerate(cases)]
    rows.append({**good, "_source_file": "good"})
    found = {row["_source_file"]: row for row in rejected(bronze(spark, entity, rows), entity).collect()}
    assert {name: row["broken_rules"] for name, row in found.items()} == {
        str(n): [rule] for n, (_, _, _, rule) in enumerate(cases)
    }
    for n, (_, column, value, _) in enumerate(cases):
        assert found[str(n)][column] == value, "quarantine does not hold what was delivered"


def test_broken_rules_of_one_row_are_not_all_named_or_not_sorted(spark) -> None:
    row = {"order_id": "x", "price": "-1", "_rescued_data": "{}"}
    (found,) = rejected(bronze(spark, BY_NAME["order_items"], [row]), BY_NAME["order_items"]).collect()
    assert found["broken_rules"] == sorted(BY_NAME["order_items"].rules)


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda e: e.name)
def test_a_row_is_lost_or_both_kept_and_quarantined(spark, entity: Entity) -> None:
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


def test_text_is_not_trimmed_folded_and_cast_as_its_column_wants(spark) -> None:
    customer = {
        "customer_id": f" {ID}\r",
        "customer_unique_id": ID,
        "customer_zip_code_prefix": " 01001 ",
        "customer_city": " SÃO paulo",
        "customer_state": "sp ",
        "customer_email": " Ana@Example.COM ",
        "customer_phone": "  ",
    }
    (row,) = typed(bronze(spark, BY_NAME["customers"], [customer]), BY_NAME["customers"]).collect()
    assert [row[c] for c in BY_NAME["customers"].column_names] == [
        ID, ID, "01001", "São Paulo", "SP", None, "ana@example.com", None,
    ]  # fmt: skip
    payment = {**GOOD["order_payments"], "payment_type": " Credit_Card", "payment_value": " 99999999999999.99"}
    (row,) = typed(bronze(spark, BY_NAME["order_payments"], [payment]), BY_NAME["order_payments"]).collect()
    assert (row["payment_type"], row["payment_value"]) == ("credit_card", Decimal("99999999999999.99"))


def test_products_lose_their_size_or_their_missing_category(spark) -> None:
    rows = [{"product_id": ID, "product_weight_g": "225.0", "product_category_name": "  "}, {"product_id": ID}]
    found = typed(bronze(spark, BY_NAME["products"], rows), BY_NAME["products"]).collect()
    assert [(row["product_weight_g"], row["product_category_name"]) for row in found] == [
        (225, "unknown"),
        (None, "unknown"),
    ]


def test_the_winner_among_versions_of_a_key_depends_on_their_order(spark) -> None:
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
