-- Databricks notebook source
CREATE OR REFRESH MATERIALIZED VIEW meters_daily AS SELECT 1 AS reading
