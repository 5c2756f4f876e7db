"""However the same rows are cut into files, and whenever which file arrives: the answer is that of a full refresh.

An example cuts every entity's rows into files at random, gives each file a time of modification and an update to arrive
in, and delivers some once more under another name. Times and updates are drawn independently, so files arrive that are
older than what is there; times are few, so that paths and the rows' own text decide, too. What must be the same is what
the files say together, and a file says it with its time: a copy is a file like any other.
"""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lakehouse import EngineProcess, Lakehouse
from olist.generator import generate, parse
from oracle.spec import COLUMNS

UPDATES = 2
FILES = 3
_MOST_ROWS = 60  # of an entity
_FIRST = 1_600_000_000  # seconds since 1970
# A column of each entity in which later versions of a row differ.
_CHANGES = {
    "customers": ("customer_city", "recife"),
    "geolocation": ("geolocation_city", "recife"),
    "orders": ("order_status", "canceled"),
    "order_items": ("price", "1.00"),
    "order_payments": ("payment_value", "1.00"),
    "order_reviews": ("review_score", "1"),
    "products": ("product_category_name", "telefonia"),
    "sellers": ("seller_state", "PE"),
}


@dataclass(frozen=True)
class File:
    """Arrives in `update`, modified at `second`; with a number in `again` also as a copy, in that update or later."""

    update: int
    second: int
    again: int | None


@dataclass(frozen=True)
class Cut:
    """For each row of an entity the file that it is in."""

    rows: list[int]
    files: list[File]


def _rows(folder: Path) -> dict[str, list[list[str]]]:
    """Records of every entity as delivered, bad and short ones among them, and other versions of every third."""
    generate(str(folder / "landing"), str(folder / "changes"), parse("0.004", "11", "0.05"))
    generate(str(folder / "landing"), str(folder / "changes"), parse("0.004", "11", "0.05"))
    found = {}
    for entity, columns in COLUMNS.items():
        records: list[list[str]] = []
        for file in sorted((folder / "landing" / entity).iterdir()):
            header, *rows = csv.reader(io.StringIO(file.read_text(encoding="utf-8"), newline=""))
            assert header == columns
            records += rows
        records = records[:: max(1, len(records) // _MOST_ROWS)][:_MOST_ROWS]
        column, value = _CHANGES[entity]
        at = columns.index(column)
        found[entity] = records + [[*r[:at], value, *r[at + 1 :]] for r in records[::3] if len(r) == len(columns)]
    return found


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[list[str]]]:
    return _rows(tmp_path_factory.mktemp("rows"))


@st.composite
def _cuts(draw: st.DrawFn) -> dict[str, Cut]:
    files = st.builds(
        File,
        update=st.integers(0, UPDATES - 1),
        second=st.integers(0, 2),
        again=st.none() | st.integers(0, UPDATES - 1),
    )
    cut = st.builds(
        Cut,
        rows=st.lists(st.integers(0, FILES - 1), min_size=2 * _MOST_ROWS, max_size=2 * _MOST_ROWS),
        files=st.lists(files, min_size=FILES, max_size=FILES),
    )
    return {entity: draw(cut) for entity in COLUMNS}


def _deliver(house: Lakehouse, rows: dict[str, list[list[str]]], cuts: dict[str, Cut], update: int) -> None:
    for entity, cut in cuts.items():
        folder = Path(house.landing, entity)
        folder.mkdir(exist_ok=True)
        for number, file in enumerate(cut.files):
            own = [row for at, row in zip(cut.rows, rows[entity], strict=False) if at == number]
            if file.update == update:
                _write(folder / f"{number}.csv", COLUMNS[entity], own, file.second)
            if file.again is not None and max(file.again, file.update) == update:
                _write(folder / f"copy_of_{number}.csv", COLUMNS[entity], own, file.second + file.again)


def _write(path: Path, header: list[str], rows: list[list[str]], second: int) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    os.utime(path, (_FIRST + second, _FIRST + second))


def _varied(cuts: dict[str, Cut]) -> bool:
    """All rows in one file, as in the simplest example, are what every other test has."""
    orders = cuts["orders"]
    return len({file.update for file in orders.files}) == UPDATES and len(set(orders.rows)) > 1


# Each update is one of the whole medallion, so an example that fails is shown as it is; hundreds of rows vary.
@settings(
    max_examples=1,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(deliveries=st.lists(_cuts().filter(_varied), min_size=2, max_size=2))
def test_tables_do_not_depend_on_the_order_of_arrival(
    engine: EngineProcess, rows: dict[str, list[list[str]]], deliveries: list[dict[str, Cut]]
) -> None:
    # Bronze keeps the rows of files that are gone, even in a full refresh, so each has a lakehouse of its own.
    houses = [Lakehouse(engine) for _ in deliveries]
    for house, cuts in zip(houses, deliveries, strict=True):
        for update in range(UPDATES):
            _deliver(house, rows, cuts, update)
            house.update("medallion")
            assert house.differences(cdc=False) == []
    house = houses[-1]
    came = set(house.table("bronze.orders")["_ingested_at"])
    house.update("medallion", fullRefresh=True)
    assert house.differences(cdc=False) == []
    assert set(house.table("bronze.orders")["_ingested_at"]) == came
