"""Runs notebooks and Python files of job tasks."""

from lakehouse_engine.notebook_runner.service import Notebooks

__all__ = ["Notebooks"]
