"""The entities of the Olist schema: each source's columns, types, keys and rules, in one place for every layer.

Names are the field's own, misspellings included. A rule is a SQL condition on the typed row (`olist.typed`); it holds
only where it is true, so a value that is missing or cannot be read breaks it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a column's text means, and so how it is cleaned."""

    ID = "id"
    TEXT = "text"
    CITY = "city"
    STATE = "state"
    CODE = "code"
    COUNT = "count"
    MONEY = "money"
    DEGREES = "degrees"
    TIME = "time"

    @property
    def sql_type(self) -> str:
        return _SQL_TYPES.get(self, "STRING")


_SQL_TYPES = {Kind.COUNT: "INT", Kind.MONEY: "DECIMAL(18,2)", Kind.DEGREES: "DOUBLE", Kind.TIME: "TIMESTAMP"}


@dataclass(frozen=True)
class Column:
    name: str
    kind: Kind
    comment: str


@dataclass(frozen=True)
class Rule:
    """A condition of the silver layer. `broken_by` is a text in `column` that breaks this rule and no other one;
    `needed` says whether an absent value breaks it, too.
    """

    name: str
    condition: str
    column: str
    broken_by: str
    needed: bool = True


@dataclass(frozen=True)
class Entity:
    """One source. `key` identifies a business row; `checks` are the rules about its columns' values."""

    name: str
    comment: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    checks: tuple[Rule, ...]

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def rules(self) -> dict[str, str]:
        """All conditions by name: those about values, and that the row fits its file's header."""
        return {**{rule.name: rule.condition for rule in self.checks}, NOTHING_RESCUED: f"{RESCUED} IS NULL"}


STATUSES = ("created", "approved", "invoiced", "processing", "shipped", "delivered", "unavailable", "canceled")
RESCUED, NOTHING_RESCUED = "_rescued_data", "no_rescued_data"


def _id(column: str, broken_by: str) -> Rule:
    return Rule(f"{column}_is_32_characters", f"length({column}) = 32", column, broken_by)


def given(column: str, broken_by: str = "") -> Rule:
    return Rule(f"{column}_is_given", f"{column} IS NOT NULL", column, broken_by)


def _positive(column: str) -> Rule:
    return Rule(f"{column}_is_positive", f"{column} >= 1", column, "0")


def _not_negative(column: str, broken_by: str) -> Rule:
    return Rule(f"{column}_is_not_negative", f"{column} >= 0", column, broken_by)


def _not_negative_if_given(column: str, broken_by: str) -> Rule:
    return Rule(f"{column}_is_not_negative", f"{column} IS NULL OR {column} >= 0", column, broken_by, needed=False)


def _in_brazil(column: str, low: float, high: float, broken_by: str) -> Rule:
    return Rule(f"{column}_is_in_brazil", f"{column} BETWEEN {low} AND {high}", column, broken_by)


CUSTOMERS = Entity(
    "customers",
    "Customer rows: one for each order, several of which may be the same person",
    ("customer_id",),
    (
        Column("customer_id", Kind.ID, "Customer row of one order, 32 hexadecimal characters"),
        Column("customer_unique_id", Kind.ID, "The person, the same over all of their orders"),
        Column("customer_zip_code_prefix", Kind.TEXT, "First five digits of the zip code, leading zeros kept"),
        Column("customer_city", Kind.CITY, "City of the customer"),
        Column("customer_state", Kind.STATE, "State of the customer, two letters"),
        Column("customer_name", Kind.TEXT, "Name of the person (personal data); null where the source has none"),
        Column("customer_email", Kind.CODE, "E-mail of the person (personal data); null where the source has none"),
        Column("customer_phone", Kind.TEXT, "Phone of the person (personal data); null where the source has none"),
    ),
    (_id("customer_id", "not-an-id"), _id("customer_unique_id", ""), given("customer_zip_code_prefix")),
)

GEOLOCATION = Entity(
    "geolocation",
    "Samples of places by zip prefix",
    ("geolocation_zip_code_prefix",),
    (
        Column("geolocation_zip_code_prefix", Kind.TEXT, "First five digits of the zip code, leading zeros kept"),
        Column("geolocation_lat", Kind.DEGREES, "Latitude in degrees, north is positive"),
        Column("geolocation_lng", Kind.DEGREES, "Longitude in degrees, east is positive"),
        Column("geolocation_city", Kind.CITY, "City of the sample"),
        Column("geolocation_state", Kind.STATE, "State of the sample, two letters"),
    ),
    (
        given("geolocation_zip_code_prefix"),
        _in_brazil("geolocation_lat", -33.76, 5.28, "45.650000"),
        _in_brazil("geolocation_lng", -73.99, -28.84, ""),
    ),
)

ORDERS = Entity(
    "orders",
    "Orders with their status and the times of their way to the customer",
    ("order_id",),
    (
        Column("order_id", Kind.ID, "The order, 32 hexadecimal characters"),
        Column("customer_id", Kind.ID, "Customer row of the order"),
        Column("order_status", Kind.CODE, "Status of the order: " + ", ".join(STATUSES)),
        Column("order_purchase_timestamp", Kind.TIME, "When it was bought (UTC)"),
        Column("order_approved_at", Kind.TIME, "When its payment was approved (UTC)"),
        Column("order_delivered_carrier_date", Kind.TIME, "When the carrier got it (UTC)"),
        Column("order_delivered_customer_date", Kind.TIME, "When the customer got it (UTC)"),
        Column("order_estimated_delivery_date", Kind.TIME, "Delivery as promised at purchase (UTC)"),
    ),
    (
        _id("order_id", "123"),
        _id("customer_id", ""),
        Rule(
            "order_status_is_known",
            "order_status IN ({})".format(", ".join(f"'{status}'" for status in STATUSES)),
            "order_status",
            "teleported",
        ),
        given("order_purchase_timestamp", "yesterday"),
    ),
)

ORDER_ITEMS = Entity(
    "order_items",
    "Items of orders",
    ("order_id", "order_item_id"),
    (
        Column("order_id", Kind.ID, "Order of the item"),
        Column("order_item_id", Kind.COUNT, "Number of the item within its order, from 1"),
        Column("product_id", Kind.ID, "Product sold"),
        Column("seller_id", Kind.ID, "Seller of the item"),
        Column("shipping_limit_date", Kind.TIME, "Latest time for the seller to hand it to the carrier (UTC)"),
        Column("price", Kind.MONEY, "Price of the item in BRL"),
        Column("freight_value", Kind.MONEY, "Freight of the item in BRL"),
    ),
    (
        _id("order_id", ""),
        _positive("order_item_id"),
        _id("product_id", "p"),
        _id("seller_id", "s"),
        _not_negative("price", "-10.00"),
        _not_negative("freight_value", "free"),
    ),
)

ORDER_PAYMENTS = Entity(
    "order_payments",
    "Payments of orders",
    ("order_id", "payment_sequential"),
    (
        Column("order_id", Kind.ID, "Order that was paid for"),
        Column("payment_sequential", Kind.COUNT, "Number of the payment within its order, from 1"),
        Column("payment_type", Kind.CODE, "Way of paying, for example credit_card, boleto, voucher, debit_card"),
        Column("payment_installments", Kind.COUNT, "Installments chosen; real data has a few zeros"),
        Column("payment_value", Kind.MONEY, "Amount paid in BRL"),
    ),
    (
        _id("order_id", "?"),
        _positive("payment_sequential"),
        given("payment_type", "  "),
        _not_negative("payment_installments", "-1"),
        _not_negative("payment_value", "-0.01"),
    ),
)

ORDER_REVIEWS = Entity(
    "order_reviews",
    "Reviews of orders; an order may have several, and a review may cover several orders",
    ("review_id", "order_id"),
    (
        Column("review_id", Kind.ID, "The review, 32 hexadecimal characters"),
        Column("order_id", Kind.ID, "Order that was reviewed"),
        Column("review_score", Kind.COUNT, "Score from 1 (worst) to 5 (best)"),
        Column("review_comment_title", Kind.TEXT, "Title of the comment, null where there is none"),
        Column("review_comment_message", Kind.TEXT, "Text of the comment, null where there is none"),
        Column("review_creation_date", Kind.TIME, "When the customer was asked (UTC)"),
        Column("review_answer_timestamp", Kind.TIME, "When the customer answered (UTC)"),
    ),
    (
        _id("review_id", "r"),
        _id("order_id", ""),
        Rule("review_score_is_1_to_5", "review_score BETWEEN 1 AND 5", "review_score", "6"),
    ),
)

PRODUCTS = Entity(
    "products",
    "Products with their category and size",
    ("product_id",),
    (
        Column("product_id", Kind.ID, "The product, 32 hexadecimal characters"),
        Column("product_category_name", Kind.TEXT, "Category of the product, unknown where the source has none"),
        Column("product_name_lenght", Kind.COUNT, "Characters in the name of the product"),
        Column("product_description_lenght", Kind.COUNT, "Characters in the description of the product"),
        Column("product_photos_qty", Kind.COUNT, "Photos of the product"),
        Column("product_weight_g", Kind.COUNT, "Weight in grams"),
        Column("product_length_cm", Kind.COUNT, "Length in centimetres"),
        Column("product_height_cm", Kind.COUNT, "Height in centimetres"),
        Column("product_width_cm", Kind.COUNT, "Width in centimetres"),
    ),
    (
        _id("product_id", "p-1"),
        _not_negative_if_given("product_weight_g", "-5"),
        _not_negative_if_given("product_length_cm", "-1"),
        _not_negative_if_given("product_height_cm", "-2"),
        _not_negative_if_given("product_width_cm", "-3"),
    ),
)

SELLERS = Entity(
    "sellers",
    "Sellers and where they are",
    ("seller_id",),
    (
        Column("seller_id", Kind.ID, "The seller, 32 hexadecimal characters"),
        Column("seller_zip_code_prefix", Kind.TEXT, "First five digits of the zip code, leading zeros kept"),
        Column("seller_city", Kind.CITY, "City of the seller"),
        Column("seller_state", Kind.STATE, "State of the seller, two letters"),
    ),
    (_id("seller_id", "s-1"), given("seller_city", " "), given("seller_state")),
)

ENTITIES: tuple[Entity, ...] = (
    CUSTOMERS,
    GEOLOCATION,
    ORDERS,
    ORDER_ITEMS,
    ORDER_PAYMENTS,
    ORDER_REVIEWS,
    PRODUCTS,
    SELLERS,
)
BY_NAME: dict[str, Entity] = {entity.name: entity for entity in ENTITIES}
# Geolocation has no business key in its rows: silver aggregates it.
KEYED: tuple[Entity, ...] = tuple(entity for entity in ENTITIES if entity is not GEOLOCATION)
# The dimensions that also come as change events.
CHANGING: tuple[Entity, ...] = (CUSTOMERS, PRODUCTS, SELLERS)
