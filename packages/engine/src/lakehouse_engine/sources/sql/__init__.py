"""Lakeflow SQL: `load_sql` fills the pipeline's graph from a file or an SQL notebook.

tokenizer.py → script.py (cells, statements, parameters) → parser/ (statements.py) → register.py (the graph);
query.py rewrites what Spark cannot read; registry.py says what is supported.
"""

from .errors import MissingParameterError, SqlSourceError, SqlSyntaxError, SqlUnsupportedError
from .register import SqlContext, load_sql, parse_sql
from .script import cells, defines, first_keywords, is_notebook, split_statements
from .tokenizer import Kind, SourceText, Token, string_value, tokenize

__all__ = [
    "Kind",
    "MissingParameterError",
    "SourceText",
    "SqlContext",
    "SqlSourceError",
    "SqlSyntaxError",
    "SqlUnsupportedError",
    "Token",
    "cells",
    "defines",
    "first_keywords",
    "is_notebook",
    "load_sql",
    "parse_sql",
    "split_statements",
    "string_value",
    "tokenize",
]
