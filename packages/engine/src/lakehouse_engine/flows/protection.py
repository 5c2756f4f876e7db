"""Row filters and column masks of a definition, set in Unity Catalog as ALTER TABLE would set them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lakehouse_engine.catalog import Catalog
from lakehouse_engine.errors import EngineError
from lakehouse_engine.graph.model import Dataset
from lakehouse_engine.graph.names import Defaults, split
from lakehouse_engine.identifiers import quote_all
from lakehouse_engine.sql import unity
from lakehouse_engine.sql.securables import CurrentNames

Statements = dict[str, Any]  # by what they protect


@dataclass(frozen=True)
class Protected:
    """A dataset's table."""

    key: str
    table: str
    dataset: Dataset
    catalog: Catalog
    principal: str | None


def protect(target: Protected, defaults: Defaults, before: Statements) -> Statements:
    """Before rows are written, so that nobody sees them without. What a definition no longer has is taken away again.

    Filters and masks that came by ALTER TABLE stay as they are. Answers what the definition has set, which the next
    call gets as `before`.
    """
    wanted = _wanted(target, defaults)
    for what, statement in before.items():
        if what not in wanted:
            _tell(target, what, {**statement, "function": None, "using": []})
    for what, statement in wanted.items():
        if before.get(what) != statement:
            _tell(target, what, statement)
    return wanted


def _wanted(target: Protected, defaults: Defaults) -> Statements:
    """By what it protects, `ROW FILTER` or `MASK of <column>`, the statement that sets it."""
    dataset, table = target.dataset, f"ALTER TABLE {quote_all(split(target.table))}"
    found = {}
    if dataset.row_filter is not None:
        found["ROW FILTER"] = f"{table} SET ROW FILTER {dataset.row_filter}"
    for column in dataset.columns:
        if column.mask is not None:
            found[f"MASK of {column.name}"] = f"{table} ALTER COLUMN {quote_all([column.name])} SET MASK {column.mask}"
    if found and dataset.private:
        raise _error(target, next(iter(found)), "a private dataset is read by its pipeline alone; remove the clause")
    names = CurrentNames(defaults.catalog, defaults.schema)
    return {what: unity.parse(text, names) or {} for what, text in found.items()}


def _tell(target: Protected, what: str, statement: Any) -> None:
    try:
        target.catalog.statement(statement, target.principal)
    except EngineError as error:
        raise _error(target, what, str(error), error.error_class) from error


def _error(target: Protected, what: str, why: str, error_class: str = "UNSUPPORTED_FEATURE") -> EngineError:
    location = target.dataset.location
    return EngineError(f"{location}: {what}, {target.key}: {why}", error_class=error_class, location=str(location))
