-- Databricks notebook source
-- MAGIC %md
-- MAGIC # gold.payment_methods_evolution
-- MAGIC **In:** `silver.order_payments`, `silver.orders`. **Out:** one row per payment type and week.
-- MAGIC
-- MAGIC The week is that of the purchase, not that of arrival in the lakehouse. Orders of every status count. A payment whose order has not
-- MAGIC arrived has no week yet; it joins its week in the update that brings the order.

-- COMMAND ----------

CREATE OR REFRESH MATERIALIZED VIEW gold.payment_methods_evolution (
  payment_type STRING COMMENT 'Means of payment in lower case, as credit_card or boleto',
  week_start DATE COMMENT 'Monday of the week of purchase (UTC)',
  payments BIGINT COMMENT 'Payments of the type for purchases of the week',
  amount DECIMAL(18,2) COMMENT 'Value of those payments, in BRL',
  avg_installments DECIMAL(18,2) COMMENT 'Mean number of installments of those payments',
  share_pct DECIMAL(18,2) COMMENT 'Amount in percent of the amount of all types in the week; 0 where the week has none',
  CONSTRAINT key_present EXPECT (payment_type IS NOT NULL AND week_start IS NOT NULL) ON VIOLATION FAIL UPDATE,
  CONSTRAINT week_starts_on_monday EXPECT (dayofweek(week_start) = 2) ON VIOLATION FAIL UPDATE,
  CONSTRAINT has_payments EXPECT (payments >= 1) ON VIOLATION FAIL UPDATE,
  CONSTRAINT money_not_negative EXPECT (amount >= 0) ON VIOLATION FAIL UPDATE,
  CONSTRAINT installments_not_negative EXPECT (avg_installments >= 0) ON VIOLATION FAIL UPDATE,
  CONSTRAINT share_in_range EXPECT (share_pct BETWEEN 0 AND 100) ON VIOLATION FAIL UPDATE
)
COMMENT 'Payments, amount and share of each payment type per week of purchase'
CLUSTER BY (week_start)
TBLPROPERTIES ('quality' = 'gold', 'grain' = 'payment_type, week_start')
AS
WITH weekly AS (
  SELECT
    p.payment_type,
    CAST(date_trunc('WEEK', o.order_purchase_timestamp) AS DATE) AS week_start,
    count(*) AS payments,
    CAST(sum(p.payment_value) AS DECIMAL(18,2)) AS amount,
    CAST(round(CAST(sum(p.payment_installments) AS DECIMAL(18,0)) / count(*), 2) AS DECIMAL(18,2)) AS avg_installments
  FROM silver.order_payments AS p
  JOIN silver.orders AS o ON o.order_id = p.order_id
  GROUP BY 1, 2
),
totals AS (
  SELECT week_start, sum(amount) AS amount FROM weekly GROUP BY week_start
)
SELECT
  w.payment_type,
  w.week_start,
  w.payments,
  w.amount,
  w.avg_installments,
  CAST(coalesce(round(100 * w.amount / nullif(t.amount, 0), 2), 0) AS DECIMAL(18,2)) AS share_pct
FROM weekly AS w
JOIN totals AS t ON t.week_start = w.week_start
