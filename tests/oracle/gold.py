"""Gold from silver's rows, with exact sums and quotients."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from oracle import values as v
from oracle.read import Row
from oracle.silver import by

ZERO = Decimal("0.00")


def gold_tables(silver: dict[str, list[Row]]) -> dict[str, list[Row]]:
    return {
        "gold.sales_performance": _sales(silver),
        "gold.customer_segments": _segments(silver),
        "gold.logistics_efficiency": _logistics(silver),
        "gold.payment_methods_evolution": _payment_methods(silver),
        "gold.seller_quality": _sellers(silver),
    }


def _ratio(amount: Decimal, count: int | Decimal, times: int = 1) -> Decimal:
    return v.rounded(Fraction(amount) * times / Fraction(count))


def _sales(silver: dict[str, list[Row]]) -> list[Row]:
    orders = {row["order_id"]: row for row in silver["silver.orders"] if row["order_status"] == "delivered"}
    customers = {row["customer_id"]: row for row in silver["silver.customers"]}
    categories = {row["product_id"]: row["product_category_name"] for row in silver["silver.products"]}
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for item in silver["silver.order_items"]:
        order = orders.get(item["order_id"])
        if order is None:
            continue
        customer = customers.get(order["customer_id"], {})
        grain = (
            categories.get(item["product_id"], "unknown"),
            customer.get("customer_state") or "unknown",
            customer.get("customer_city") or "unknown",
            order["order_purchase_timestamp"].date().replace(day=1),
        )
        groups[grain].append(item)
    result = []
    for (category, state, city, month), items in groups.items():
        revenue = sum((item["price"] + item["freight_value"] for item in items), ZERO)
        count = len({item["order_id"] for item in items})
        result.append(
            {
                "category": category,
                "customer_state": state,
                "customer_city": city,
                "sales_month": month,
                "orders": count,
                "items": len(items),
                "revenue": revenue,
                "average_ticket": _ratio(revenue, count),
            }
        )
    return result


def _segments(silver: dict[str, list[Row]]) -> list[Row]:
    orders = silver["silver.orders"]
    if not orders:
        return []
    newest = max(row["order_purchase_timestamp"] for row in orders).date()
    persons = {row["customer_id"]: row["customer_unique_id"] for row in silver["silver.customers"]}
    payments = by(silver["silver.order_payments"], "order_id")
    groups: dict[str, list[Row]] = defaultdict(list)
    for order in orders:
        if order["order_status"] not in ("canceled", "unavailable") and order["customer_id"] in persons:
            groups[persons[order["customer_id"]]].append(order)
    rows: list[Row] = []
    for person, own in groups.items():
        last = max(order["order_purchase_timestamp"] for order in own)
        paid = (payment["payment_value"] for order in own for payment in payments.get(order["order_id"], []))
        rows.append(
            {
                "customer_unique_id": person,
                "last_purchase_at": last,
                "recency_days": (newest - last.date()).days,
                "frequency": len(own),
                "monetary_value": sum(paid, ZERO),
            }
        )
    r = _scores([-row["recency_days"] for row in rows])
    f = _scores([row["frequency"] for row in rows])
    m = _scores([row["monetary_value"] for row in rows])
    for row in rows:
        scores = r[-row["recency_days"]], f[row["frequency"]], m[row["monetary_value"]]
        row |= dict(zip(("r_score", "f_score", "m_score"), scores, strict=True), segment=_segment(*scores))
    return rows


def _scores(values: list[Any]) -> dict[Any, int]:
    """A value's score: how many are below it, as a share of all others, in fifths."""
    below, scores = 0, {}
    for value, count in sorted(Counter(values).items()):
        scores[value] = min(5, 1 + (5 * below // (len(values) - 1) if len(values) > 1 else 0))
        below += count
    return scores


def _segment(r: int, f: int, m: int) -> str:
    if r >= 4 and f >= 4 and m >= 4:
        return "champions"
    if r >= 3 and f >= 4:
        return "loyal"
    if r <= 2 and (f >= 4 or m >= 4):
        return "at_risk"
    if r >= 4:
        return "new"
    return "potential" if r == 3 else "hibernating"


def _logistics(silver: dict[str, list[Row]]) -> list[Row]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in silver["silver.orders_enriched"]:
        if row["order_status"] == "delivered" and row["delivery_delay_days"] is not None:
            groups[row["customer_state"] or "unknown"].append(row)
    result = []
    for state, rows in groups.items():
        days = sorted(row["delivery_days"] for row in rows)
        delays = [row["delivery_delay_days"] for row in rows]
        late = sum(delay > 0 for delay in delays)
        result.append(
            {
                "customer_state": state,
                "deliveries": len(rows),
                "avg_delivery_days": v.mean(days),
                "avg_delay_days": v.mean(delays),
                "late_orders": late,
                "late_pct": v.rounded(Fraction(100 * late, len(rows))),
                "p90_delivery_days": _percentile_90(days),
            }
        )
    return result


def _percentile_90(values: list[int]) -> float:
    at = Fraction(9 * (len(values) - 1), 10)
    low = int(at)
    high = min(low + 1, len(values) - 1)
    return float(values[low] + (at - low) * (values[high] - values[low]))


def _payment_methods(silver: dict[str, list[Row]]) -> list[Row]:
    purchases = {row["order_id"]: row["order_purchase_timestamp"] for row in silver["silver.orders"]}
    groups: dict[tuple[str, date], list[Row]] = defaultdict(list)
    weeks: dict[date, Decimal] = defaultdict(lambda: ZERO)
    for payment in silver["silver.order_payments"]:
        if payment["order_id"] in purchases:
            day = purchases[payment["order_id"]].date()
            monday = day - timedelta(days=day.weekday())
            groups[payment["payment_type"], monday].append(payment)
            weeks[monday] += payment["payment_value"]
    result = []
    for (kind, monday), payments in groups.items():
        amount = sum((payment["payment_value"] for payment in payments), ZERO)
        result.append(
            {
                "payment_type": kind,
                "week_start": monday,
                "payments": len(payments),
                "amount": amount,
                "avg_installments": v.mean([payment["payment_installments"] for payment in payments]),
                "share_pct": _ratio(amount, weeks[monday], 100) if weeks[monday] else ZERO,
            }
        )
    return result


def _sellers(silver: dict[str, list[Row]]) -> list[Row]:
    orders = {row["order_id"]: row for row in silver["silver.orders"]}
    scores = {
        order_id: [review["review_score"] for review in reviews]
        for order_id, reviews in by(silver["silver.order_reviews"], "order_id").items()
    }
    result = []
    for seller, items in by(silver["silver.order_items"], "seller_id").items():
        own = {item["order_id"] for item in items}
        status = {order_id: orders[order_id]["order_status"] for order_id in own if order_id in orders}
        ratings = [Fraction(sum(scores[o]), len(scores[o])) for o in own if o in scores]
        late = set()
        for item in items:
            carrier = orders.get(item["order_id"], {}).get("order_delivered_carrier_date")
            limit = item["shipping_limit_date"]
            if carrier is not None and limit is not None and carrier > limit:
                late.add(item["order_id"])
        delivered = (item for item in items if status.get(item["order_id"]) == "delivered")
        result.append(
            {
                "seller_id": seller,
                "delivered_orders": sum(state == "delivered" for state in status.values()),
                "revenue": sum((item["price"] + item["freight_value"] for item in delivered), ZERO),
                "avg_rating": v.rounded(sum(ratings, Fraction(0)) / len(ratings)) if ratings else None,
                "one_star_orders": sum(1 in scores.get(order_id, ()) for order_id in own),
                "canceled_orders": sum(state == "canceled" for state in status.values()),
                "late_shipments": len(late),
            }
        )
    result.sort(key=lambda row: (-(row["avg_rating"] or 0), -row["revenue"], row["seller_id"]))
    for place, row in enumerate(result, start=1):
        row["seller_rank"] = place
    return result
