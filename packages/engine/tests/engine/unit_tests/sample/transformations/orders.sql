CREATE OR REFRESH STREAMING TABLE orders_clean (
  CONSTRAINT has_id EXPECT (order_id IS NOT NULL) ON VIOLATION DROP ROW,
  CONSTRAINT positive EXPECT (quantity > 0) ON VIOLATION FAIL UPDATE,
  CONSTRAINT known_currency EXPECT (currency = '${currency}')
) AS SELECT order_id, customer_id, quantity, currency, quantity * unit_price AS line_total
FROM STREAM(shop.raw.orders);

CREATE OR REFRESH MATERIALIZED VIEW shop.gold.totals AS
SELECT customer_id, sum(line_total) AS total FROM orders_clean GROUP BY customer_id;

CREATE OR REFRESH MATERIALIZED VIEW never_tested (CONSTRAINT never EXPECT (customer_id IS NOT NULL))
AS SELECT customer_id FROM orders_clean;
