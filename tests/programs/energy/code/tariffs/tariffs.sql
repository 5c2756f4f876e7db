-- Databricks notebook source
CREATE OR REFRESH MATERIALIZED VIEW tariffs_daily AS SELECT 1 AS reading
