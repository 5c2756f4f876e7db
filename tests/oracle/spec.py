"""The tables' columns and the sources' columns, as the data's specification gives them."""

from __future__ import annotations

COLUMNS: dict[str, list[str]] = {
    "customers": [
        "customer_id",
        "customer_unique_id",
        "customer_zip_code_prefix",
        "customer_city",
        "customer_state",
        "customer_name",
        "customer_email",
        "customer_phone",
    ],
    "geolocation": [
        "geolocation_zip_code_prefix",
        "geolocation_lat",
        "geolocation_lng",
        "geolocation_city",
        "geolocation_state",
    ],
    "orders": [
        "order_id",
        "customer_id",
        "order_status",
        "order_purchase_timestamp",
        "order_approved_at",
        "order_delivered_carrier_date",
        "order_delivered_customer_date",
        "order_estimated_delivery_date",
    ],
    "order_items": [
        "order_id",
        "order_item_id",
        "product_id",
        "seller_id",
        "shipping_limit_date",
        "price",
        "freight_value",
    ],
    "order_payments": ["order_id", "payment_sequential", "payment_type", "payment_installments", "payment_value"],
    "order_reviews": [
        "review_id",
        "order_id",
        "review_score",
        "review_comment_title",
        "review_comment_message",
        "review_creation_date",
        "review_answer_timestamp",
    ],
    "products": [
        "product_id",
        "product_category_name",
        "product_name_lenght",
        "product_description_lenght",
        "product_photos_qty",
        "product_weight_g",
        "product_length_cm",
        "product_height_cm",
        "product_width_cm",
    ],
    "sellers": ["seller_id", "seller_zip_code_prefix", "seller_city", "seller_state"],
}

KEYS: dict[str, list[str]] = {
    "customers": ["customer_id"],
    "orders": ["order_id"],
    "order_items": ["order_id", "order_item_id"],
    "order_payments": ["order_id", "payment_sequential"],
    "order_reviews": ["review_id", "order_id"],
    "products": ["product_id"],
    "sellers": ["seller_id"],
}

CDC_ENTITIES = ["customers", "products", "sellers"]
EVENT_COLUMNS = ["sequence_number", "operation", "change_timestamp"]
LINEAGE = ["_source_file", "_file_modified_at"]

_WRITTEN: dict[str, str] = {
    "silver.geolocation": "geolocation_zip_code_prefix latitude longitude city state region samples",
    "silver.orders_enriched": " ".join(COLUMNS["orders"])
    + " customer_unique_id customer_zip_code_prefix customer_city customer_state item_count item_value freight_value"
    " payment_count payment_value used_credit_card avg_review_score has_review_comment"
    " delivery_days delivery_delay_days",
    "gold.sales_performance": "category customer_state customer_city sales_month orders items revenue average_ticket",
    "gold.customer_segments": "customer_unique_id last_purchase_at recency_days frequency monetary_value r_score"
    " f_score m_score segment",
    "gold.logistics_efficiency": "customer_state deliveries avg_delivery_days avg_delay_days late_orders late_pct"
    " p90_delivery_days",
    "gold.payment_methods_evolution": "payment_type week_start payments amount avg_installments share_pct",
    "gold.seller_quality": "seller_id delivered_orders revenue avg_rating one_star_orders canceled_orders"
    " late_shipments seller_rank",
}


def columns_of(table: str) -> list[str]:
    if table in _WRITTEN:
        return _WRITTEN[table].split()
    schema, name = table.split(".")
    if schema == "silver":
        return [*COLUMNS[name], *LINEAGE]
    if schema == "ops":
        entity = name.removeprefix("quarantine_")
        changes = entity.endswith("_changes")
        columns = [*EVENT_COLUMNS, *COLUMNS[entity.removesuffix("_changes")]] if changes else COLUMNS[entity]
        return [*columns, *LINEAGE, "broken_rules"]
    entity, kind = name.rsplit("_", 1)
    return [*COLUMNS[entity], *(["__START_AT", "__END_AT"] if kind == "history" else [])]
