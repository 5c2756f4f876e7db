"""Errors of SQL sources. Each one knows its file, line and column, and says what would be right."""

from __future__ import annotations

from lakehouse_engine.graph.model import SourceLocation


class SqlSourceError(Exception):
    """A pipeline's SQL source cannot be used; `location` says where."""

    error_class = "PIPELINE_SQL_ERROR"

    def __init__(self, message: str, location: SourceLocation) -> None:
        super().__init__(f"{location}: {message}")
        self.message = message
        self.location = location


class SqlSyntaxError(SqlSourceError):
    """The text is not what the grammar allows: what was found, and what was expected."""

    error_class = "PARSE_SYNTAX_ERROR"

    def __init__(self, message: str, location: SourceLocation, found: str = "", expected: str = "") -> None:
        super().__init__(message, location)
        self.found = found
        self.expected = expected


class SqlUnsupportedError(SqlSourceError):
    """A clause or statement that a pipeline, or this workspace, refuses; `instead` says what to do."""

    error_class = "UNSUPPORTED_FEATURE"

    def __init__(self, clause: str, why: str, instead: str, location: SourceLocation) -> None:
        super().__init__(f"{clause} is not supported here: {why} {instead}".strip(), location)
        self.clause = clause
        self.instead = instead


class MissingParameterError(SqlSourceError):
    """A `${key}` whose key the pipeline's configuration does not have."""

    error_class = "MISSING_PARAMETER"
