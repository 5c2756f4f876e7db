-- Databricks notebook source
CREATE OR REFRESH MATERIALIZED VIEW weather_daily AS SELECT 1 AS reading
