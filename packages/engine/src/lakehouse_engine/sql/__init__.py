"""SQL statements: Spark's own, and those of Unity Catalog."""

from lakehouse_engine.sql.statements import Statements

__all__ = ["Statements"]
