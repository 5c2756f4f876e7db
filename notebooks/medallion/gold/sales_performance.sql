-- Databricks notebook source
-- MAGIC %md
-- MAGIC # gold.sales_performance
-- MAGIC **In:** `silver.order_items`, `silver.orders_enriched`, `silver.products`. **Out:** one row per product category, customer
-- MAGIC state, customer city and month of purchase.
-- MAGIC
-- MAGIC Only items of delivered orders count. An item is the finest grain here and each join adds at most one row to it, so revenue
-- MAGIC is never multiplied. An item whose product or customer has not arrived counts as `unknown` instead of getting lost:
-- MAGIC the revenue of all rows together is the price and freight of all items of delivered orders (checked in `ops.reconciliation`).

-- COMMAND ----------

CREATE OR REFRESH MATERIALIZED VIEW gold.sales_performance (
  category STRING COMMENT 'Product category as in the source (Portuguese); unknown where the product has none or has not arrived',
  customer_state STRING COMMENT 'Two-letter state of the customer; unknown where the customer row has not arrived',
  customer_city STRING COMMENT 'City of the customer in Title Case; unknown where the customer row has not arrived',
  sales_month DATE COMMENT 'First day of the month of purchase (UTC)',
  orders BIGINT COMMENT 'Distinct delivered orders with at least one item of the category',
  items BIGINT COMMENT 'Items of the category in those orders',
  revenue DECIMAL(18,2) COMMENT 'Price plus freight of those items, in BRL',
  average_ticket DECIMAL(18,2) COMMENT 'Revenue divided by orders, in BRL',
  CONSTRAINT key_present EXPECT (category IS NOT NULL AND customer_state IS NOT NULL AND customer_city IS NOT NULL AND sales_month IS NOT NULL) ON VIOLATION FAIL UPDATE,
  CONSTRAINT month_starts_on_first EXPECT (day(sales_month) = 1) ON VIOLATION FAIL UPDATE,
  CONSTRAINT orders_have_items EXPECT (orders >= 1 AND items >= orders) ON VIOLATION FAIL UPDATE,
  CONSTRAINT money_not_negative EXPECT (revenue >= 0 AND average_ticket >= 0) ON VIOLATION FAIL UPDATE
)
COMMENT 'Sales of delivered orders per product category, customer state, customer city and month of purchase'
CLUSTER BY (sales_month, customer_state)
TBLPROPERTIES ('quality' = 'gold', 'grain' = 'category, customer_state, customer_city, sales_month')
AS
WITH sold AS (
  SELECT
    coalesce(nullif(p.product_category_name, ''), 'unknown') AS category,
    coalesce(nullif(o.customer_state, ''), 'unknown') AS customer_state,
    coalesce(nullif(o.customer_city, ''), 'unknown') AS customer_city,
    CAST(date_trunc('MONTH', o.order_purchase_timestamp) AS DATE) AS sales_month,
    i.order_id,
    i.price + i.freight_value AS amount
  FROM silver.order_items AS i
  JOIN silver.orders_enriched AS o ON o.order_id = i.order_id
  LEFT JOIN silver.products AS p ON p.product_id = i.product_id
  WHERE o.order_status = 'delivered'
)
SELECT
  category,
  customer_state,
  customer_city,
  sales_month,
  count(DISTINCT order_id) AS orders,
  count(*) AS items,
  CAST(sum(amount) AS DECIMAL(18,2)) AS revenue,
  CAST(round(sum(amount) / count(DISTINCT order_id), 2) AS DECIMAL(18,2)) AS average_ticket
FROM sold
GROUP BY category, customer_state, customer_city, sales_month
