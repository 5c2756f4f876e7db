"""What holds for the notebooks as text and for the definitions they share: comments, names, personal data."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lakehouse_engine.sources.sql import parse_sql
from olist import bronze, personal_data, quarantine, silver, typed
from olist.entities import CHANGING, ENTITIES, KEYED
from pyspark.sql.types import StructType

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SOURCES = sorted(path for folder in ("medallion", "cdc", "generator") for path in (NOTEBOOKS / folder).rglob("*.*"))
SOURCES = [path for path in SOURCES if path.suffix in (".py", ".sql")]


def _schemas() -> dict[str, str]:
    schemas = {f"bronze.{e.name}": bronze.schema(e) for e in ENTITIES}
    schemas |= {f"silver.{e.name}": typed.schema(e) for e in KEYED}
    schemas |= {f"ops.quarantine_{e.name}": quarantine.schema(e) for e in ENTITIES}
    return schemas | {"silver.geolocation": silver.GEOLOCATION_SCHEMA, "silver.orders_enriched": silver.ENRICHED_SCHEMA}


@pytest.mark.parametrize("table", _schemas())
def test_a_column_has_no_comment(spark, table: str) -> None:
    fields = StructType.fromDDL(_schemas()[table]).fields
    assert [field.name for field in fields if not field.metadata.get("comment")] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(NOTEBOOKS)))
def test_a_notebook_has_no_header_or_does_not_start_with_its_description(path: Path) -> None:
    mark = "--" if path.suffix == ".sql" else "#"
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[:2] == [f"{mark} Databricks notebook source", f"{mark} MAGIC %md"]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(NOTEBOOKS)))
def test_a_notebook_names_a_catalog_or_asks_where_it_runs(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    layers = "raw|bronze|silver|gold|cdc|ops"
    assert re.findall(rf"\b\w+\.(?:{layers})\.\w+", text) == []
    assert re.findall(r"olist_(?:local|dev|prod|pr)\b|/Volumes/(?!<)\w+|is_local|if local", text) == []


def test_a_materialized_view_asks_for_the_current_time() -> None:
    views = [p for p in SOURCES if "gold" in p.parts or p.stem in ("geolocation", "orders_enriched")]
    assert views
    for path in [*views, NOTEBOOKS / "olist" / "silver.py"]:
        assert not re.search(r"current_(timestamp|date)|\bnow\(\)", path.read_text(encoding="utf-8")), path


def test_a_column_named_like_personal_data_is_not_declared() -> None:
    assert [c.name for e in ENTITIES for c in e.columns if personal_data.undeclared(c.name)] == []
    assert personal_data.undeclared("customer_cpf")


def test_personal_data_can_be_in_a_table_that_is_not_declared() -> None:
    for entity in ENTITIES:
        if set(entity.column_names) & set(personal_data.COLUMNS):
            assert entity in CHANGING
            tables = [f"bronze.{entity.name}", f"silver.{entity.name}", f"ops.quarantine_{entity.name}"]
            tables += [f"cdc.{entity.name}_{kind}" for kind in ("changes", "staged", "current", "history")]
            tables.append(f"ops.quarantine_{entity.name}_changes")
            assert [table for table in tables if not personal_data.may_hold(table)] == []
    for table, schema in _schemas().items():
        if not personal_data.may_hold(table):
            assert [name for name in personal_data.COLUMNS if re.search(rf"\b{name}\b", schema)] == [], table


def test_gold_reads_personal_data() -> None:
    for path in (NOTEBOOKS / "medallion" / "gold").glob("*.sql"):
        text = path.read_text(encoding="utf-8")
        assert [name for name in personal_data.COLUMNS if name in text] == [], path
        assert "silver.customers" not in text or "SELECT *" not in text, path


def test_a_gold_column_has_no_comment() -> None:
    for path in (NOTEBOOKS / "medallion" / "gold").glob("*.sql"):
        (statement,) = parse_sql(path.read_text(encoding="utf-8"), path.name)
        assert statement.columns, path
        assert [column.name for column in statement.columns if not column.comment] == [], path


def test_two_expectations_of_an_entity_in_bronze_share_a_name_or_none_watches_the_key() -> None:
    for entity in ENTITIES:
        rules = bronze.expectations(entity)
        assert {f"{key}_is_given" for key in entity.key} | {"no_rescued_data"} <= set(rules)
