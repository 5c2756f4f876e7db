-- Databricks notebook source
CREATE OR REFRESH MATERIALIZED VIEW forecast_daily AS SELECT 1 AS reading
