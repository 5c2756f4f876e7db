# Databricks notebook source
print("readings")
