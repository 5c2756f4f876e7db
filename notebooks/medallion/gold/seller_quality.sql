-- Databricks notebook source
-- MAGIC %md
-- MAGIC # gold.seller_quality
-- MAGIC **In:** `silver.order_items`, `silver.orders`, `silver.order_reviews`. **Out:** one row per seller with an item in any order.
-- MAGIC
-- MAGIC Items are brought to one row per seller and order, reviews to one row per order, before they meet: a second review or a
-- MAGIC second item changes neither revenue nor counts. The rating is the mean over orders of each order's mean score.

-- COMMAND ----------

CREATE OR REFRESH MATERIALIZED VIEW gold.seller_quality (
  seller_id STRING COMMENT 'The seller, as the items name it',
  delivered_orders BIGINT COMMENT 'Distinct delivered orders with an item of the seller',
  revenue DECIMAL(18,2) COMMENT 'Price plus freight of the items of the seller in delivered orders, in BRL',
  avg_rating DECIMAL(18,2) COMMENT 'Mean over the reviewed orders of the seller of the mean score of each order; null without reviews',
  one_star_orders BIGINT COMMENT 'Distinct orders of the seller with at least one review of score 1',
  canceled_orders BIGINT COMMENT 'Distinct canceled orders with an item of the seller',
  late_shipments BIGINT COMMENT 'Distinct orders where an item of the seller went to the carrier after its shipping limit',
  seller_rank INT COMMENT 'Place of the seller: by rating (none last), then revenue, both descending, then seller_id',
  CONSTRAINT key_present EXPECT (seller_id IS NOT NULL) ON VIOLATION FAIL UPDATE,
  CONSTRAINT money_not_negative EXPECT (revenue >= 0) ON VIOLATION FAIL UPDATE,
  CONSTRAINT rating_in_range EXPECT (avg_rating IS NULL OR avg_rating BETWEEN 1 AND 5) ON VIOLATION FAIL UPDATE,
  CONSTRAINT counts_not_negative EXPECT (delivered_orders >= 0 AND one_star_orders >= 0 AND canceled_orders >= 0 AND late_shipments >= 0) ON VIOLATION FAIL UPDATE,
  CONSTRAINT rank_present EXPECT (seller_rank >= 1) ON VIOLATION FAIL UPDATE
)
COMMENT 'Revenue, ratings, cancellations and late shipments of each seller, ranked'
CLUSTER BY (seller_id)
TBLPROPERTIES ('quality' = 'gold', 'grain' = 'seller_id')
AS
WITH seller_orders AS (
  SELECT
    i.seller_id,
    i.order_id,
    max(o.order_status) AS order_status,
    sum(i.price + i.freight_value) AS amount,
    coalesce(bool_or(o.order_delivered_carrier_date > i.shipping_limit_date), false) AS shipped_late
  FROM silver.order_items AS i
  LEFT JOIN silver.orders AS o ON o.order_id = i.order_id
  GROUP BY i.seller_id, i.order_id
),
ratings AS (
  SELECT
    order_id,
    CAST(sum(review_score) AS DECIMAL(10,0)) / count(*) AS mean_score,
    min(review_score) = 1 AS has_one_star
  FROM silver.order_reviews
  GROUP BY order_id
),
measured AS (
  SELECT
    s.seller_id,
    count_if(s.order_status = 'delivered') AS delivered_orders,
    CAST(coalesce(sum(CASE WHEN s.order_status = 'delivered' THEN s.amount END), 0) AS DECIMAL(18,2)) AS revenue,
    -- Thirds and sevenths have no exact decimal: rounding to nine places first restores a mean that lies exactly between two cents.
    CAST(round(round(avg(r.mean_score), 9), 2) AS DECIMAL(18,2)) AS avg_rating,
    count_if(r.has_one_star) AS one_star_orders,
    count_if(s.order_status = 'canceled') AS canceled_orders,
    count_if(s.shipped_late) AS late_shipments
  FROM seller_orders AS s
  LEFT JOIN ratings AS r ON r.order_id = s.order_id
  GROUP BY s.seller_id
)
SELECT
  *,
  CAST(row_number() OVER (ORDER BY avg_rating DESC NULLS LAST, revenue DESC, seller_id) AS INT) AS seller_rank
FROM measured
