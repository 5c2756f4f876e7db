-- Databricks notebook source
-- MAGIC %md
-- MAGIC # gold.logistics_efficiency
-- MAGIC **In:** `silver.orders_enriched`. **Out:** one row per customer state.
-- MAGIC
-- MAGIC Only delivered orders that have both the actual and the estimated day of delivery count. A positive delay is late, a
-- MAGIC negative one early. Averages come from exact sums of whole days and are rounded once, at the end.

-- COMMAND ----------

CREATE OR REFRESH MATERIALIZED VIEW gold.logistics_efficiency (
  customer_state STRING COMMENT 'Two-letter state of the customer; unknown where the customer row has not arrived',
  deliveries BIGINT COMMENT 'Delivered orders with an actual and an estimated day of delivery',
  avg_delivery_days DECIMAL(18,2) COMMENT 'Mean of the calendar days from purchase to delivery',
  avg_delay_days DECIMAL(18,2) COMMENT 'Mean of the calendar days from the estimated to the actual delivery; positive is late',
  late_orders BIGINT COMMENT 'Deliveries after the estimated day',
  late_pct DECIMAL(18,2) COMMENT 'Late orders in percent of the deliveries',
  p90_delivery_days DOUBLE COMMENT '90th percentile of the days from purchase to delivery, linear between ranks',
  CONSTRAINT key_present EXPECT (customer_state IS NOT NULL) ON VIOLATION FAIL UPDATE,
  CONSTRAINT has_deliveries EXPECT (deliveries >= 1) ON VIOLATION FAIL UPDATE,
  CONSTRAINT late_within_deliveries EXPECT (late_orders BETWEEN 0 AND deliveries) ON VIOLATION FAIL UPDATE,
  CONSTRAINT late_pct_in_range EXPECT (late_pct BETWEEN 0 AND 100) ON VIOLATION FAIL UPDATE,
  CONSTRAINT days_present EXPECT (avg_delivery_days IS NOT NULL AND avg_delay_days IS NOT NULL AND p90_delivery_days IS NOT NULL) ON VIOLATION FAIL UPDATE
)
COMMENT 'Days to deliver and lateness per customer state'
TBLPROPERTIES ('quality' = 'gold', 'grain' = 'customer_state')
AS
WITH delivered AS (
  SELECT
    coalesce(nullif(customer_state, ''), 'unknown') AS customer_state,
    delivery_days,
    delivery_delay_days
  FROM silver.orders_enriched
  WHERE order_status = 'delivered'
    AND order_delivered_customer_date IS NOT NULL
    AND order_estimated_delivery_date IS NOT NULL
)
SELECT
  customer_state,
  count(*) AS deliveries,
  CAST(round(CAST(sum(delivery_days) AS DECIMAL(18,0)) / count(*), 2) AS DECIMAL(18,2)) AS avg_delivery_days,
  CAST(round(CAST(sum(delivery_delay_days) AS DECIMAL(18,0)) / count(*), 2) AS DECIMAL(18,2)) AS avg_delay_days,
  count_if(delivery_delay_days > 0) AS late_orders,
  CAST(round(CAST(100 * count_if(delivery_delay_days > 0) AS DECIMAL(18,0)) / count(*), 2) AS DECIMAL(18,2)) AS late_pct,
  percentile(delivery_days, 0.9D) AS p90_delivery_days
FROM delivered
GROUP BY customer_state
