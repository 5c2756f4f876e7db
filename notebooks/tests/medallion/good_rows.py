"""A good row of each entity as delivered, for tests that break it in one way."""

ID = "0123456789abcdef0123456789abcdef"
GOOD: dict[str, dict[str, str]] = {
    "customers": {
        "customer_id": ID,
        "customer_unique_id": ID,
        "customer_zip_code_prefix": "01001",
        "customer_city": "sao paulo",
        "customer_state": "SP",
    },
    "geolocation": {
        "geolocation_zip_code_prefix": "01001",
        "geolocation_lat": "-23.5",
        "geolocation_lng": "-46.6",
        "geolocation_city": "sao paulo",
        "geolocation_state": "SP",
    },
    "orders": {
        "order_id": ID,
        "customer_id": ID,
        "order_status": "delivered",
        "order_purchase_timestamp": "2018-01-31 23:59:59",
    },
    "order_items": {
        "order_id": ID,
        "order_item_id": "1",
        "product_id": ID,
        "seller_id": ID,
        "price": "0",
        "freight_value": "0.00",
    },
    "order_payments": {
        "order_id": ID,
        "payment_sequential": "1",
        "payment_type": "boleto",
        "payment_installments": "0",
        "payment_value": "0",
    },
    "order_reviews": {"review_id": ID, "order_id": ID, "review_score": "5"},
    "products": {"product_id": ID, "product_weight_g": "0"},
    "sellers": {"seller_id": ID, "seller_city": "recife", "seller_state": "PE"},
}
