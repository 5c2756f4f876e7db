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
def test_every_column_has_a_comment(spark, table: str) -> None:
    fields = StructType.fromDDL(_schemas()[table]).fields
    assert [field.name for field in fields if not field.metadata.get("comment")] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(NOTEBOOKS)))
def test_every_notebook_has_its_header_and_starts_with_its_description(path: Path) -> None:
    mark = "--" if path.suffix == ".sql" else "#"
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[:2] == [f"{mark} Databricks notebook source", f"{mark} MAGIC %md"]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(NOTEBOOKS)))
def test_notebooks_name_no_catalog_and_do_not_ask_where_they_run(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    layers = "raw|bronze|silver|gold|cdc|ops"
    assert re.findall(rf"\b\w+\.(?:{layers})\.\w+", text) == []
    assert re.findall(r"olist_(?:local|dev|prod|pr)\b|/Volumes/(?!<)\w+|is_local|if local", text) == []


def test_materialized_views_do_not_ask_for_the_current_time() -> None:
    views = [p for p in SOURCES if "gold" in p.parts or p.stem in ("geolocation", "orders_enriched")]
    assert views
    for path in [*views, NOTEBOOKS / "olist" / "silver.py"]:
        assert not re.search(r"current_(timestamp|date)|\bnow\(\)", path.read_text(encoding="utf-8")), path


def test_columns_named_like_personal_data_are_declared() -> None:
    assert [c.name for e in ENTITIES for c in e.columns if personal_data.undeclared(c.name)] == []
    assert personal_data.undeclared("customer_cpf")


def test_personal_data_is_only_in_declared_tables() -> None:
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


def test_gold_reads_no_personal_data() -> None:
    for path in (NOTEBOOKS / "medallion" / "gold").glob("*.sql"):
        text = path.read_text(encoding="utf-8")
        assert [name for name in personal_data.COLUMNS if name in text] == [], path
        assert "silver.customers" not in text or "SELECT *" not in text, path


def test_every_gold_column_has_a_comment() -> None:
    for path in (NOTEBOOKS / "medallion" / "gold").glob("*.sql"):
        (statement,) = parse_sql(path.read_text(encoding="utf-8"), path.name)
        assert statement.columns, path
        assert [column.name for column in statement.columns if not column.comment] == [], path


def test_expectations_of_an_entity_in_bronze_have_names_of_their_own_and_one_watches_the_key() -> None:
    for entity in ENTITIES:
        rules = bronze.expectations(entity)
        assert {f"{key}_is_given" for key in entity.key} | {"no_rescued_data"} <= set(rules)
