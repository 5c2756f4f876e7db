"""The notebooks of both pipelines on the real engine, against the independent computation of `tests/oracle`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from lakehouse import EngineProcess, Lakehouse
from olist import personal_data
from olist.entities import CHANGING, KEYED
from olist.generator import generate, parse
from olist.reconciliation import GRAINS
from oracle import bronze_rows, compare, odd

sys.path.append(str(Path(__file__).parents[2] / "scripts" / "docs"))

from data_page import FILE, Page

# Versions of sellers in each batch: the time of modification of a file, then key and city of its rows.
VERSIONS = (
    {
        "1.csv": (1_700_000_000, ("a", "one"), ("b", "one"), ("b", "two"), ("c", "one")),
        "2.csv": (1_700_000_000, ("a", "two")),
    },
    {
        "3.csv": (1_600_000_000, ("a", "older")),
        "4.csv": (1_800_000_000, ("c", "newer"), ("d", "new")),
    },
)


def _land_sellers(house: Lakehouse, batch: int) -> None:
    for name, (modified, *rows) in VERSIONS[batch].items():
        path = Path(house.landing, "sellers", name)
        lines = [f"{key * 32},01310,{city},sp" for key, city in rows]
        path.write_text("\n".join(["seller_id,seller_zip_code_prefix,seller_city,seller_state", *lines, ""]))
        os.utime(path, (modified, modified))


@pytest.fixture(scope="module")
def updated(engine: EngineProcess) -> tuple[Lakehouse, dict[str, list[dict[str, Any]]]]:
    """A lakehouse with two batches in it, and the events of the last update of each pipeline."""
    house = Lakehouse(engine)
    events = {}
    for batch in range(2):
        generate(house.landing, house.changes, parse("0.02", "7", "0.02"))
        _land_sellers(house, batch)
        for pipeline in ("medallion", "cdc"):
            house.update(pipeline)
            events[pipeline] = house.events
        assert house.differences() == []
    return house, events


def test_increments_end_in_the_tables_that_the_data_makes(updated) -> None:
    house, _ = updated
    files = bronze_rows(house.landing)
    assert {name: len(house.table(f"bronze.{name}")) for name in files} == files
    house.update("medallion")
    again = {flow: rows for flow, rows in house.written().items() if ".bronze." in flow and rows}
    assert again == {}, "files are read twice"
    assert house.differences() == []


def test_the_page_of_the_data_shows_what_is_deployed(updated) -> None:
    house, events = updated
    text = Page(house.records(), events, house.catalog).text()
    assert FILE.read_text(encoding="utf-8") == text, "run npm run docs"


def test_every_table_has_the_grain_that_it_states(updated) -> None:
    records = updated[0].records()
    stated = {name: record["properties"]["grain"] for name, record in records.items()}
    keys = {f"silver.{entity.name}": ", ".join(entity.key) for entity in KEYED}
    assert {**keys, **GRAINS}.items() <= stated.items()
    for name, grain in stated.items():
        columns = {column["name"] for column in records[name]["columns"]}
        assert grain.startswith("delivered ") or set(grain.split(", ")) <= columns, name


def test_every_deployed_column_of_personal_data_is_declared_and_in_its_place(updated) -> None:
    deployed = [(table, c["name"]) for table, record in updated[0].records().items() for c in record["columns"]]
    assert ("silver.customers", "customer_email") in deployed
    assert [(table, name) for table, name in deployed if personal_data.undeclared(name)] == []
    held = [(table, name) for table, name in deployed if name in personal_data.COLUMNS]
    assert [(table, name) for table, name in held if not personal_data.may_hold(table)] == []


def test_current_and_history_start_from_the_version_of_a_row_that_silver_holds(updated) -> None:
    house, _ = updated
    held = _cities(house, "silver.sellers")
    assert held == {"a": "Two", "b": "Two", "c": "Newer", "d": "New"}
    assert _cities(house, "cdc.sellers_current") == held
    first = _cities(house, "cdc.sellers_history", "__END_AT IS NULL")
    assert first == held


def test_a_full_refresh_makes_state_and_history_anew_without_the_files(updated) -> None:
    house, _ = updated
    tables = [f"cdc.{entity.name}_{kind}" for entity in CHANGING for kind in ("current", "history")]
    before = {name: house.table(name) for name in tables}
    gone = [(Path(volume), Path(f"{volume}.gone")) for volume in (house.landing, house.changes)]
    for volume, elsewhere in gone:
        volume.rename(elsewhere)
        volume.mkdir()
    house.update("cdc", fullRefresh=True)
    for volume, elsewhere in gone:
        volume.rmdir()
        elsewhere.rename(volume)
    assert all(len(rows) for rows in before.values())
    assert compare(before, {name: house.table(name) for name in tables}) == []


def _cities(house: Lakehouse, table: str, condition: str = "true") -> dict[str, str]:
    """Cities of the sellers whose versions arrive in several files, by the letter of their key."""
    ids = ", ".join(f"'{key * 32}'" for key in "abcd")
    query = f"SELECT left(seller_id, 1), seller_city FROM {house.catalog}.{table} WHERE seller_id IN ({ids})"
    return dict(house.engine.sql(f"{query} AND {condition}"))


def test_odd_but_legal_files_are_read_as_their_format_says(engine: EngineProcess) -> None:
    house = Lakehouse(engine)
    for number, form in enumerate(odd.SAME):
        odd.write(house.landing, form=form, name=f"{number}.csv", empty=number == 0)
    odd.write(house.landing, odd.real_olist(), odd.real_columns, name="real.csv")
    odd.write(house.landing, form=odd.extra_column, name="extra.csv")
    odd.write(house.landing, odd.ODD, name="odd.csv")
    house.update("medallion")
    assert house.differences(cdc=False) == []


def test_an_entity_whose_folder_does_not_exist_yet_is_an_entity_without_rows(engine: EngineProcess) -> None:
    house = Lakehouse(engine)
    house.update("medallion")

    def deliver(entity: str, header: str, *rows: str) -> None:
        folder = Path(house.changes, entity)
        folder.mkdir()
        (folder / "1.csv").write_text("\n".join([header, *rows, ""]))

    event = "sequence_number,operation,change_timestamp"
    deliver("sellers", f"{event},seller_id,seller_city,seller_state", f"1,INSERT,2018-01-01 00:00:00,{'a' * 32},rio,rj")
    # Names that a pattern for `sellers` could match, too.
    deliver("sellers_old", f"{event},seller_id", f"1,INSERT,2018-01-01 00:00:00,{'b' * 32}")
    house.update("cdc")
    assert len(house.table("cdc.sellers_current")) == 1
    assert len(house.table("cdc.products_current")) == 0
    deliver("products", f"{event},product_id", f"1,INSERT,2018-01-01 00:00:00,{'c' * 32}")
    house.update("cdc")
    assert [len(house.table(f"cdc.{name}_current")) for name in ("sellers", "products", "customers")] == [1, 1, 0]
    assert house.differences() == []
