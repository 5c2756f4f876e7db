"""Runs one flow: reading the pipeline's datasets, target tables, streams, recomputed tables, change data capture."""
