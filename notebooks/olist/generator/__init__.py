"""Synthetic Olist data for the landing and changes folders: same parameters, same bytes; the truth beside the files."""

from olist.generator.batch import Outcome, generate
from olist.generator.parameters import Parameters, parse, parse_batch

__all__ = ["Outcome", "Parameters", "generate", "parse", "parse_batch"]
