"""Orders with their items, payments and reviews: a batch's new ones, and later states of those a batch left unfinished.

An order's whole course is drawn at once; its state decides how much of it the files show. So a later state is the same
draw shown further, and needs nothing but the batch's parameters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from olist.generator.columns import choose, ids, money, pick, repeat_of, texts, times
from olist.generator.parameters import Parameters

DAY = 86_400
_START = 1_475_280_000  # 2016-10-01
_FIRST_DAYS = 690  # the first batch's window
_NEXT_DAYS = 30  # each further batch's

_STATES = ["delivered", "shipped", "canceled", "unavailable", "invoiced", "processing", "created", "approved"]
_STATE_WEIGHTS = [88, 4, 2, 1, 1.5, 1.5, 1, 1]
_UNFINISHED = ["created", "approved", "processing", "invoiced", "shipped"]
_PAYMENT_TYPES = ["credit_card", "boleto", "voucher", "debit_card"]
_TITLES = ["", "", "", "recomendo", "Muito bom", "Não gostei", "ok"]
_MESSAGES = [
    "",
    "",
    "Chegou antes do prazo.",
    "Bom produto, boa entrega, bom preço",
    'A loja disse "em dois dias"; levou uma semana',
    "Veio errado.\nPedi azul, recebi verde.",
    "Primeira linha\r\n\r\nTerceira linha, com vírgula",
]


@dataclass(frozen=True)
class Dimensions:
    """What orders refer to: from the first batch, whatever batch the orders belong to."""

    people: pd.DataFrame
    products: pd.DataFrame
    sellers: pd.DataFrame
    prices: np.ndarray


@dataclass(frozen=True)
class Orders:
    """Frames of text by entity, and the money that the truth keeps, in cents."""

    frames: dict[str, pd.DataFrame]
    item_cents: int
    freight_cents: int
    payment_cents: int


@dataclass(frozen=True)
class _Courses:
    """Each order's course in seconds since 1970, and how far it has come."""

    frame: pd.DataFrame
    state: np.ndarray
    final: np.ndarray


def new_orders(parameters: Parameters, batch: int, dimensions: Dimensions) -> Orders:
    courses = _courses(parameters, batch)
    random = parameters.random(batch, "order children")
    count = len(courses.frame)
    person = dimensions.people.loc[random.integers(0, len(dimensions.people), count)].reset_index(drop=True)
    customers = pd.concat([courses.frame[["customer_id"]], person], axis=1)

    parent, nth = repeat_of(choose(random, [70, 15, 8, 4, 3], count) + 1)
    product = random.integers(0, len(dimensions.products), len(parent))
    price = dimensions.prices[product]
    freight = random.integers(500, 6000, len(parent))
    limit = courses.frame["approved"].to_numpy()[parent] + random.integers(5 * DAY, 10 * DAY, len(parent))
    order_ids = courses.frame["order_id"].to_numpy()
    items = pd.DataFrame(
        {
            "order_id": order_ids[parent],
            "order_item_id": texts(nth),
            "product_id": dimensions.products["product_id"].to_numpy()[product],
            "seller_id": dimensions.sellers["seller_id"].to_numpy()[
                random.integers(0, len(dimensions.sellers), len(parent))
            ],
            "shipping_limit_date": times(limit),
            "price": money(price),
            "freight_value": money(freight),
        }
    )
    due = np.bincount(parent, weights=price + freight, minlength=count).astype(np.int64)
    payments, paid = _payments(random, order_ids, due)
    frames = {
        "customers": customers,
        "orders": _shown(courses, courses.state),
        "order_items": items,
        "order_payments": payments,
        "order_reviews": _reviews(parameters, batch, courses, courses.state == "delivered"),
    }
    return Orders(frames, int(price.sum()), int(freight.sum()), paid)


def later_states(parameters: Parameters, batch: int) -> dict[str, pd.DataFrame]:
    """What has become of the orders that `batch` left unfinished, and the reviews of those delivered meanwhile."""
    courses = _courses(parameters, batch)
    moved = np.isin(courses.state, _UNFINISHED)
    delivered = moved & (courses.final == "delivered")
    return {
        "orders": _shown(courses, courses.final)[moved],
        "order_reviews": _reviews(parameters, batch, courses, delivered),
    }


def last_purchase_window(batch: int) -> int:
    """Seconds since 1970 at which the purchases of a batch end."""
    return _START + (_FIRST_DAYS + (batch - 1) * _NEXT_DAYS) * DAY


def _courses(parameters: Parameters, batch: int) -> _Courses:
    random = parameters.random(batch, "orders")
    # A batch after the first is a month of orders, not another two years of them.
    count = parameters.sized(5000 if batch == 1 else 500)
    end = last_purchase_window(batch)
    begin = _START if batch == 1 else last_purchase_window(batch - 1)
    purchase = random.integers(begin, end, count)
    approved = purchase + random.integers(600, 2 * DAY, count)
    carrier = approved + random.integers(DAY // 2, 8 * DAY, count)
    arrival = carrier + random.integers(DAY, 20 * DAY, count)
    # Promised by day; about one in ten comes later than promised.
    estimated = (arrival + random.integers(-3 * DAY, 25 * DAY, count)) // DAY * DAY
    frame = pd.DataFrame(
        {
            "order_id": ids(random, count),
            "customer_id": ids(random, count),
            "purchase": purchase,
            "approved": approved,
            "carrier": carrier,
            "arrival": arrival,
            "estimated": np.maximum(estimated, (purchase // DAY + 1) * DAY),
        }
    )
    state = np.array(_STATES, dtype=object)[choose(random, _STATE_WEIGHTS, count)]
    ends = np.where(random.random(count) < 0.95, "delivered", "canceled")
    return _Courses(frame, state, np.where(np.isin(state, _UNFINISHED), ends, state))


def _shown(courses: _Courses, state: np.ndarray) -> pd.DataFrame:
    frame = courses.frame
    given = np.isin(state, ["shipped", "delivered"])
    return pd.DataFrame(
        {
            "order_id": frame["order_id"],
            "customer_id": frame["customer_id"],
            "order_status": state,
            "order_purchase_timestamp": times(frame["purchase"]),
            "order_approved_at": times(frame["approved"], state != "created"),
            "order_delivered_carrier_date": times(frame["carrier"], given),
            "order_delivered_customer_date": times(frame["arrival"], state == "delivered"),
            "order_estimated_delivery_date": times(frame["estimated"]),
        }
    )


def _payments(random: np.random.Generator, order_ids: np.ndarray, due: np.ndarray) -> tuple[pd.DataFrame, int]:
    """One to three payments an order; the last one pays what the others left, so that the sum is exact."""
    counts = choose(random, [85, 11, 4], len(due)) + 1
    parent, nth = repeat_of(counts)
    even = due[parent] // counts[parent]
    share = (even * random.integers(20, 101, len(parent))) // 100
    last = nth == counts[parent]
    before = np.bincount(parent, weights=np.where(last, 0, share), minlength=len(due)).astype(np.int64)
    value = np.where(last, due[parent] - before[parent], share)
    kind = np.array(_PAYMENT_TYPES, dtype=object)[choose(random, [74, 19, 5, 2], len(parent))]
    installments = np.where(kind == "credit_card", random.integers(0, 11, len(parent)), 1)
    frame = pd.DataFrame(
        {
            "order_id": order_ids[parent],
            "payment_sequential": texts(nth),
            "payment_type": kind,
            "payment_installments": texts(installments),
            "payment_value": money(value),
        }
    )
    return frame, int(value.sum())


def _reviews(parameters: Parameters, batch: int, courses: _Courses, wanted: np.ndarray) -> pd.DataFrame:
    """Reviews of seven in ten delivered orders; drawn for all orders of the batch, so that later ones draw the same."""
    random = parameters.random(batch, "reviews")
    count = len(courses.frame)
    arrival = courses.frame["arrival"].to_numpy()
    created = (arrival // DAY + 1 + random.integers(0, 3, count)) * DAY  # surveys go out by day, after delivery
    late = arrival > courses.frame["estimated"].to_numpy()
    scores = choose(random, [6, 4, 9, 21, 60], count) + 1
    frame = pd.DataFrame(
        {
            "review_id": ids(random, count),
            "order_id": courses.frame["order_id"],
            "review_score": texts(np.where(late & (random.random(count) < 0.5), 1, scores)),
            "review_comment_title": pick(random, _TITLES, count),
            "review_comment_message": pick(random, _MESSAGES, count),
            "review_creation_date": times(created),
            "review_answer_timestamp": times(created + random.integers(3600, 5 * DAY, count)),
        }
    )
    return frame[(random.random(count) < 0.7) & wanted].reset_index(drop=True)
