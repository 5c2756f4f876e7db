# Databricks notebook source
dbutils.jobs.taskValues.set("regions", ["north", "south"])
