"""What the tables must hold, computed from the CSV files alone: plain Python, no Spark, none of the notebooks' code.

`expected(landing, changes)` gives a frame for each table ("silver.orders", "gold.seller_quality", …);
`compare(expected, actual)` gives differences in words, an empty list when there is none.
"""

from __future__ import annotations

import pandas as pd

from oracle.cdc import cdc_tables
from oracle.compare import compare
from oracle.gold import gold_tables
from oracle.read import read_folder
from oracle.silver import silver_tables
from oracle.spec import COLUMNS, columns_of

__all__ = ["bronze_rows", "compare", "expected"]


def expected(landing_dir: str, changes_dir: str | None = None) -> dict[str, pd.DataFrame]:
    """Silver, quarantine and gold of a landing folder; with a changes folder also the CDC tables."""
    silver = silver_tables(landing_dir)
    tables = silver | gold_tables(silver)
    if changes_dir is not None:
        tables |= cdc_tables(silver, changes_dir)
    return {name: pd.DataFrame(rows, columns=columns_of(name), dtype=object) for name, rows in tables.items()}


def bronze_rows(landing_dir: str) -> dict[str, int]:
    """Rows that each bronze table must have: those of its files, whatever is wrong with them."""
    return {entity: len(read_folder(landing_dir, entity, columns)) for entity, columns in COLUMNS.items()}
