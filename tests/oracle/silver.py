"""Silver and quarantine from the landing files."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from oracle import values as v
from oracle.read import Row, read_folder
from oracle.spec import COLUMNS, KEYS, LINEAGE

STATUSES = {"created", "approved", "invoiced", "processing", "shipped", "delivered", "unavailable", "canceled"}

_REGIONS = {
    "southeast": "ES MG RJ SP",
    "south": "PR RS SC",
    "midwest": "DF GO MS MT",
    "northeast": "AL BA CE MA PB PE PI RN SE",
    "north": "AC AM AP PA RO RR TO",
}
REGION = {state: region for region, states in _REGIONS.items() for state in states.split()}

TYPES: dict[str, Callable[[str | None], Any]] = {
    "customer_city": v.title,
    "customer_state": v.upper,
    "customer_email": v.lower,
    "seller_city": v.title,
    "seller_state": v.upper,
    "geolocation_city": v.title,
    "geolocation_state": v.upper,
    "geolocation_lat": v.double,
    "geolocation_lng": v.double,
    "order_status": v.lower,
    "payment_type": v.lower,
    "order_item_id": v.integer,
    "payment_sequential": v.integer,
    "payment_installments": v.integer,
    "review_score": v.integer,
    "price": v.money,
    "freight_value": v.money,
    "payment_value": v.money,
    "product_category_name": lambda value: v.text(value) or "unknown",
}
TYPES |= {c: v.integer for c in COLUMNS["products"][2:]}
TYPES |= {c: v.time for c in [*COLUMNS["orders"][3:], "shipping_limit_date", *COLUMNS["order_reviews"][5:]]}


def clean(entity: str, row: Row) -> Row:
    return {column: TYPES.get(column, v.text)(row[column]) for column in COLUMNS[entity]}


def _id(column: str) -> tuple[str, Callable[[Row], bool]]:
    return f"{column}_is_32_characters", lambda row: row[column] is not None and len(row[column]) == 32


def _given(column: str) -> tuple[str, Callable[[Row], bool]]:
    return f"{column}_is_given", lambda row: row[column] is not None


def _least(column: str, least: int, what: str) -> tuple[str, Callable[[Row], bool]]:
    return f"{column}_is_{what}", lambda row: row[column] is not None and row[column] >= least


def _between(column: str, low: float, high: float, what: str) -> tuple[str, Callable[[Row], bool]]:
    return f"{column}_is_{what}", lambda row: row[column] is not None and low <= row[column] <= high


def _absent_or_least_0(column: str) -> tuple[str, Callable[[Row], bool]]:
    return f"{column}_is_not_negative", lambda row: row[column] is None or row[column] >= 0


RULES: dict[str, list[tuple[str, Callable[[Row], bool]]]] = {
    "customers": [_id("customer_id"), _id("customer_unique_id"), _given("customer_zip_code_prefix")],
    "geolocation": [
        _given("geolocation_zip_code_prefix"),
        _between("geolocation_lat", -33.76, 5.28, "in_brazil"),
        _between("geolocation_lng", -73.99, -28.84, "in_brazil"),
    ],
    "orders": [
        _id("order_id"),
        _id("customer_id"),
        ("order_status_is_known", lambda row: row["order_status"] in STATUSES),
        _given("order_purchase_timestamp"),
    ],
    "order_items": [
        _id("order_id"),
        _id("product_id"),
        _id("seller_id"),
        _least("order_item_id", 1, "positive"),
        _least("price", 0, "not_negative"),
        _least("freight_value", 0, "not_negative"),
    ],
    "order_payments": [
        _id("order_id"),
        _least("payment_sequential", 1, "positive"),
        _given("payment_type"),
        _least("payment_installments", 0, "not_negative"),
        _least("payment_value", 0, "not_negative"),
    ],
    "order_reviews": [_id("review_id"), _id("order_id"), _between("review_score", 1, 5, "1_to_5")],
    "products": [
        _id("product_id"),
        *[_absent_or_least_0(c) for c in COLUMNS["products"][5:]],
    ],
    "sellers": [_id("seller_id"), _given("seller_city"), _given("seller_state")],
}


def silver_tables(landing: str) -> dict[str, list[Row]]:
    tables: dict[str, list[Row]] = {}
    for entity, columns in COLUMNS.items():
        winners: dict[tuple[Any, ...], tuple[Any, Row]] = {}
        kept: list[Row] = []
        quarantined: list[Row] = []
        for raw in read_folder(landing, entity, columns):
            row = clean(entity, raw)
            broken = [name for name, holds in RULES[entity] if not holds(row)]
            broken += ["no_rescued_data"] if raw["_rescued"] else []
            lineage = {name: raw[name] for name in LINEAGE}
            if broken:
                quarantined.append({**{c: raw[c] for c in columns}, **lineage, "broken_rules": sorted(broken)})
                continue
            kept.append(row)
            if entity in KEYS:
                own = tuple((raw[c] is not None, raw[c] or "") for c in columns)
                rank = (raw["_file_modified_at"], raw["_source_file"], own)
                key = tuple(row[c] for c in KEYS[entity])
                if key not in winners or rank > winners[key][0]:
                    winners[key] = (rank, {**row, **lineage})
        tables[f"ops.quarantine_{entity}"] = quarantined
        tables[f"silver.{entity}"] = [row for _, row in winners.values()] if entity in KEYS else _geolocation(kept)
    tables["silver.orders_enriched"] = _orders_enriched(tables)
    return tables


def _geolocation(rows: list[Row]) -> list[Row]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["geolocation_zip_code_prefix"]].append(row)
    result = []
    for prefix, group in groups.items():
        state = _most_frequent([row["geolocation_state"] for row in group])
        result.append(
            {
                "geolocation_zip_code_prefix": prefix,
                "latitude": round(sum(row["geolocation_lat"] for row in group) / len(group), 6),
                "longitude": round(sum(row["geolocation_lng"] for row in group) / len(group), 6),
                "city": _most_frequent([row["geolocation_city"] for row in group]),
                "state": state,
                "region": REGION.get(state or "", "unknown"),
                "samples": len(group),
            }
        )
    return result


def _most_frequent(texts: list[str | None]) -> str | None:
    counts = Counter(text for text in texts if text is not None)
    return min(counts, key=lambda text: (-counts[text], text)) if counts else None


def by(rows: list[Row], column: str) -> dict[Any, list[Row]]:
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[column]].append(row)
    return groups


def _orders_enriched(tables: dict[str, list[Row]]) -> list[Row]:
    customers = {row["customer_id"]: row for row in tables["silver.customers"]}
    items, payments, reviews = (
        by(tables[f"silver.order_{name}"], "order_id") for name in ("items", "payments", "reviews")
    )
    result = []
    for order in tables["silver.orders"]:
        customer = customers.get(order["customer_id"], {})
        own_items, own_payments, own_reviews = (
            groups.get(order["order_id"], []) for groups in (items, payments, reviews)
        )
        arrival, estimated = order["order_delivered_customer_date"], order["order_estimated_delivery_date"]
        purchase = order["order_purchase_timestamp"]
        result.append(
            {
                **{column: order[column] for column in COLUMNS["orders"]},
                **{c: customer.get(c) for c in COLUMNS["customers"][1:5]},
                "item_count": len(own_items),
                "item_value": sum((row["price"] for row in own_items), Decimal("0.00")),
                "freight_value": sum((row["freight_value"] for row in own_items), Decimal("0.00")),
                "payment_count": len(own_payments),
                "payment_value": sum((row["payment_value"] for row in own_payments), Decimal("0.00")),
                "used_credit_card": any(row["payment_type"] == "credit_card" for row in own_payments),
                "avg_review_score": v.mean([row["review_score"] for row in own_reviews]),
                "has_review_comment": any(row["review_comment_message"] is not None for row in own_reviews),
                "delivery_days": (arrival.date() - purchase.date()).days if arrival else None,
                "delivery_delay_days": (arrival.date() - estimated.date()).days if arrival and estimated else None,
            }
        )
    return result
