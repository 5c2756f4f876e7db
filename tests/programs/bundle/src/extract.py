# Databricks notebook source
print("extracts")
