"""What must add up after every update: nothing lost on the way to silver, nothing multiplied on the way to gold.

Laws are declared one by one, and computed source by source: whatever laws say of a table, it is read once.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from olist.entities import BY_NAME, ENTITIES, KEYED, Entity
from olist.quarantine import IS_REPLAYED
from olist.typed import typed

SCHEMA = (
    "law STRING COMMENT 'What must be equal', "
    "subject STRING COMMENT 'Table that the law is about', "
    "expected DECIMAL(38,2) COMMENT 'Rows or money before the step', "
    "actual DECIMAL(38,2) COMMENT 'Rows or money after it'"
)
BALANCED = {"expected_is_actual": "expected = actual"}

# The grain of each table that is not made by AUTO CDC, whose keys are its grain.
GRAINS = {
    "silver.geolocation": "geolocation_zip_code_prefix",
    "silver.orders_enriched": "order_id",
    "gold.sales_performance": "category, customer_state, customer_city, sales_month",
    "gold.customer_segments": "customer_unique_id",
    "gold.logistics_efficiency": "customer_state",
    "gold.payment_methods_evolution": "payment_type, week_start",
    "gold.seller_quality": "seller_id",
}


@dataclass(frozen=True)
class Part:
    """A number: an aggregate over a source, which is a table or a join; a bronze table is read as typed rows."""

    source: str
    value: str


@dataclass(frozen=True)
class Law:
    """Two sides that must be equal; the parts of a side add up."""

    name: str
    subject: str
    expected: tuple[Part, ...]
    actual: tuple[Part, ...]


def kept_or_quarantined(entity: Entity) -> Law:
    """Bronze rows are the rows that keep every rule, before de-duplication, the quarantined ones, and one for each
    replayed row: it has come again, and the row that it stands for has left the quarantine.
    """
    bronze = f"bronze.{entity.name}"
    kept, set_aside = Part(bronze, f"count_if({_kept(entity)})"), Part(f"ops.quarantine_{entity.name}", "count(*)")
    replayed = Part(bronze, f"count_if({IS_REPLAYED})")
    name = "bronze = kept + quarantined + replayed"
    return Law(name, bronze, (Part(bronze, "count(*)"),), (kept, set_aside, replayed))


def each_key_once(entity: Entity) -> Law:
    """Silver has one row for each key among the bronze rows that keep every rule."""
    keys = Part(f"bronze.{entity.name}", _distinct(f"CASE WHEN {_kept(entity)} THEN {_tuple(entity.key)} END"))
    silver = f"silver.{entity.name}"
    return Law("one row per key", silver, (keys,), (Part(silver, "count(*)"),))


def unique(table: str, columns: str) -> Law:
    return Law(
        "rows are unique in their grain",
        table,
        (Part(table, "count(*)"),),
        (Part(table, _distinct(_tuple(columns.split(", ")))),),
    )


def _kept(entity: Entity) -> str:
    return "coalesce({}, false)".format(" AND ".join(f"({rule})" for rule in entity.rules.values()))


def _distinct(value: str) -> str:
    return f"count(DISTINCT {value})"


def _tuple(columns: Iterable[str]) -> str:
    # count(DISTINCT a, b) passes over rows with a null in them; a struct of nulls is a value like any other.
    return f"struct({', '.join(columns)})"


_ENRICHED = "silver.orders_enriched"
_ITEMS = "silver.order_items AS i JOIN silver.orders AS o ON o.order_id = i.order_id"
_PAYMENTS = "silver.order_payments AS p LEFT SEMI JOIN silver.orders AS o ON o.order_id = p.order_id"
_IS_DELIVERED = "order_status = 'delivered'"
_COUNTS = "order_status NOT IN ('canceled', 'unavailable') AND customer_unique_id IS NOT NULL"
_REVENUE = Part(_ITEMS, f"sum(CASE WHEN {_IS_DELIVERED} THEN price + freight_value END)")


def _between(name: str, subject: str, expected: Part, actual: str) -> Law:
    return Law(name, subject, (expected,), (Part(subject, actual),))


LAWS: tuple[Law, ...] = (
    *[kept_or_quarantined(entity) for entity in ENTITIES],
    *[each_key_once(entity) for entity in KEYED],
    *[unique(table, columns) for table, columns in GRAINS.items()],
    _between("one row per order", _ENRICHED, Part("silver.orders", "count(*)"), "count(*)"),
    _between(
        "item value and freight of all orders",
        _ENRICHED,
        Part(_ITEMS, "sum(price + freight_value)"),
        "sum(item_value + freight_value)",
    ),
    _between(
        "payment value of all orders",
        _ENRICHED,
        Part(_PAYMENTS, "sum(payment_value)"),
        "sum(payment_value)",
    ),
    _between(
        "revenue is price and freight of all items of delivered orders",
        "gold.sales_performance",
        _REVENUE,
        "sum(revenue)",
    ),
    _between(
        "every item of a delivered order once",
        "gold.sales_performance",
        Part(_ITEMS, f"count_if({_IS_DELIVERED})"),
        "sum(items)",
    ),
    _between(
        "every person with an order once",
        "gold.customer_segments",
        Part(_ENRICHED, _distinct(f"CASE WHEN {_COUNTS} THEN customer_unique_id END")),
        "count(*)",
    ),
    _between(
        "payments of the orders of all persons",
        "gold.customer_segments",
        Part(_ENRICHED, f"sum(CASE WHEN {_COUNTS} THEN payment_value END)"),
        "sum(monetary_value)",
    ),
    _between(
        "every delivery with both dates once",
        "gold.logistics_efficiency",
        Part(
            "silver.orders",
            f"count_if({_IS_DELIVERED} AND order_delivered_customer_date IS NOT NULL "
            "AND order_estimated_delivery_date IS NOT NULL)",
        ),
        "sum(deliveries)",
    ),
    _between(
        "payments of all orders",
        "gold.payment_methods_evolution",
        Part(_PAYMENTS, "sum(payment_value)"),
        "sum(amount)",
    ),
    _between(
        "revenue is price and freight of all items of delivered orders",
        "gold.seller_quality",
        _REVENUE,
        "sum(revenue)",
    ),
)


def checks(spark: SparkSession, laws: Iterable[Law] = LAWS) -> DataFrame:
    """One row for each law, with both of its sides."""
    said: dict[str, list[str]] = {}
    for law in laws:
        for side, parts in (("expected", law.expected), ("actual", law.actual)):
            for part in parts:
                row = f"'{law.name}' AS law, '{law.subject}' AS subject, '{side}' AS side"
                number = f"CAST(coalesce({part.value}, 0) AS DECIMAL(38,2)) AS number"
                said.setdefault(part.source, []).append(f"struct({row}, {number})")
    numbers = [_source(spark, source).selectExpr(f"inline(array({', '.join(rows)}))") for source, rows in said.items()]
    sides = functools.reduce(DataFrame.unionByName, numbers).groupBy("law", "subject")
    return sides.agg(
        *[F.sum(F.when(F.col("side") == side, F.col("number"))).alias(side) for side in ("expected", "actual")]
    )


def _source(spark: SparkSession, source: str) -> DataFrame:
    layer, _, name = source.partition(".")
    if layer == "bronze":
        return typed(spark.read.table(source), BY_NAME[name])
    return spark.sql(f"SELECT * FROM {source}")
