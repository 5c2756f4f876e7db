"""Runs notebooks and Python files of job tasks."""

from engine.notebook_runner.service import Notebooks

__all__ = ["Notebooks"]
