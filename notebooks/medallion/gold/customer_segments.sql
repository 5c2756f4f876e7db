-- Databricks notebook source
-- MAGIC %md
-- MAGIC # gold.customer_segments
-- MAGIC **In:** `silver.orders_enriched`. **Out:** one row per person (`customer_unique_id`) who has an order that is neither
-- MAGIC canceled nor unavailable.
-- MAGIC
-- MAGIC R, F and M are scores from 1 to 5 by relative rank, `least(5, 1 + floor(5 × percent_rank))`, so that people with the same
-- MAGIC figure get the same score. Days are counted back from the newest purchase in the data, not from today: the result
-- MAGIC depends on the data alone.

-- COMMAND ----------

CREATE OR REFRESH MATERIALIZED VIEW gold.customer_segments (
  customer_unique_id STRING COMMENT 'The person, over all of their orders',
  last_purchase_at TIMESTAMP COMMENT 'Newest purchase of the person (UTC)',
  recency_days INT COMMENT 'Calendar days from the last purchase of the person to the newest purchase in the data',
  frequency BIGINT COMMENT 'Orders of the person that are neither canceled nor unavailable',
  monetary_value DECIMAL(18,2) COMMENT 'Payments of those orders, in BRL',
  r_score INT COMMENT 'Recency score: 1 (longest ago) to 5 (most recent)',
  f_score INT COMMENT 'Frequency score: 1 (fewest orders) to 5 (most)',
  m_score INT COMMENT 'Monetary score: 1 (least paid) to 5 (most)',
  segment STRING COMMENT 'First that fits of: champions, loyal, at_risk, new, potential, hibernating',
  CONSTRAINT key_present EXPECT (customer_unique_id IS NOT NULL) ON VIOLATION FAIL UPDATE,
  CONSTRAINT has_an_order EXPECT (frequency >= 1 AND last_purchase_at IS NOT NULL) ON VIOLATION FAIL UPDATE,
  CONSTRAINT recency_not_negative EXPECT (recency_days >= 0) ON VIOLATION FAIL UPDATE,
  CONSTRAINT money_not_negative EXPECT (monetary_value >= 0) ON VIOLATION FAIL UPDATE,
  CONSTRAINT scores_in_range EXPECT (r_score BETWEEN 1 AND 5 AND f_score BETWEEN 1 AND 5 AND m_score BETWEEN 1 AND 5) ON VIOLATION FAIL UPDATE,
  CONSTRAINT known_segment EXPECT (segment IN ('champions', 'loyal', 'at_risk', 'new', 'potential', 'hibernating')) ON VIOLATION FAIL UPDATE
)
COMMENT 'Recency, frequency and monetary scores and the segment of each person'
CLUSTER BY (segment)
TBLPROPERTIES ('quality' = 'gold', 'grain' = 'customer_unique_id')
AS
WITH newest AS (
  SELECT CAST(max(order_purchase_timestamp) AS DATE) AS day FROM silver.orders_enriched
),
people AS (
  SELECT
    customer_unique_id,
    max(order_purchase_timestamp) AS last_purchase_at,
    count(*) AS frequency,
    CAST(sum(payment_value) AS DECIMAL(18,2)) AS monetary_value
  FROM silver.orders_enriched
  WHERE order_status NOT IN ('canceled', 'unavailable') AND customer_unique_id IS NOT NULL
  GROUP BY customer_unique_id
),
measured AS (
  SELECT people.*, datediff(newest.day, CAST(last_purchase_at AS DATE)) AS recency_days
  FROM people CROSS JOIN newest
),
scored AS (
  SELECT
    *,
    CAST(least(5, 1 + floor(5 * percent_rank() OVER (ORDER BY recency_days DESC))) AS INT) AS r_score,
    CAST(least(5, 1 + floor(5 * percent_rank() OVER (ORDER BY frequency))) AS INT) AS f_score,
    CAST(least(5, 1 + floor(5 * percent_rank() OVER (ORDER BY monetary_value))) AS INT) AS m_score
  FROM measured
)
SELECT
  customer_unique_id,
  last_purchase_at,
  recency_days,
  frequency,
  monetary_value,
  r_score,
  f_score,
  m_score,
  CASE
    WHEN r_score >= 4 AND f_score >= 4 AND m_score >= 4 THEN 'champions'
    WHEN r_score >= 3 AND f_score >= 4 THEN 'loyal'
    WHEN r_score <= 2 AND (f_score >= 4 OR m_score >= 4) THEN 'at_risk'
    WHEN r_score >= 4 THEN 'new'
    WHEN r_score = 3 THEN 'potential'
    ELSE 'hibernating'
  END AS segment
FROM scored
