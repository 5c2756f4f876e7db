"""A file that cannot be read at all stops the update by its name; the next one works, with nothing lost or twice."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from lakehouse import EngineProcess, Lakehouse
from oracle import bronze_rows, odd

# The way of one entity from its files to silver.
SELECTED = ["bronze.sellers", "silver.sellers", "ops.quarantine_sellers"]


def _junk(path: Path) -> None:
    path.write_bytes(random.Random(5).randbytes(5000))


def _junk_without_zeros(path: Path) -> None:
    path.write_bytes(bytes(byte or 255 for byte in random.Random(6).randbytes(5000)))


def _not_compressed(path: Path) -> None:
    path.write_bytes(b"seller_id,seller_zip_code_prefix,seller_city,seller_state\n" * 20)


def _other_encoding(path: Path) -> None:
    path.write_bytes(_sellers(500, 3, city="são paulo").decode().encode("latin-1"))


def _wide(path: Path) -> None:
    path.write_bytes(_sellers(500, 3).decode().encode("utf-16"))


UNREADABLE: dict[str, Callable[[Path], None]] = {
    "junk.csv": _junk,
    "other_junk.csv": _junk_without_zeros,
    "garbage.csv.gz": _not_compressed,
    "latin.csv": _other_encoding,
    "utf_16.csv": _wide,
}


def _sellers(first: int, count: int, city: str = "recife") -> bytes:
    base = odd.SMALL["sellers"][0]
    rows = [{**base, "seller_id": f"{n:032x}", "seller_city": city} for n in range(first, first + count)]
    return odd.plain(rows, list(base))


@pytest.fixture(scope="module")
def house(engine: EngineProcess) -> Lakehouse:
    return Lakehouse(engine)


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_read_is_reported_and_the_others_are_read(house: Lakehouse, name: str) -> None:
    folder = Path(house.landing, "sellers")
    folder.mkdir(exist_ok=True)
    number = 1000 * (1 + list(UNREADABLE).index(name))
    for part in range(2):  # one before the bad file by name, one after it
        (folder / f"{'a' if part else 'z'}{number}.csv").write_bytes(_sellers(number + 10 * part, 3))
    UNREADABLE[name](folder / name)
    answer = house.attempt("medallion", refreshSelection=SELECTED)
    assert answer["state"] == "FAILED", answer
    assert name in answer["error"]["message"], answer
    told = [e for e in house.events if e["event_type"] == "flow_progress" and "error" in e]
    assert any(name in str(event["error"]) for event in told)
    (folder / name).unlink()
    (folder / f"later{number}.csv").write_bytes(_sellers(number + 100, 2))
    house.update("medallion", refreshSelection=SELECTED)
    assert len(house.table("bronze.sellers")) == bronze_rows(house.landing)["sellers"]
    assert house.differences(cdc=False, entity="sellers") == []


def test_a_folder_named_like_a_file_and_its_files_are_read(house: Lakehouse) -> None:
    folder = Path(house.landing, "sellers")
    (folder / "empty.csv").mkdir(parents=True)
    (folder / "2018.csv" / "01").mkdir(parents=True)
    (folder / "2018.csv" / "01" / "part.csv").write_bytes(_sellers(90_000, 3))
    house.update("medallion", refreshSelection=SELECTED)
    assert {f"{90_000 + n:032x}" for n in range(3)} <= set(house.table("silver.sellers")["seller_id"])
    assert len(house.table("bronze.sellers")) == bronze_rows(house.landing)["sellers"]


def test_a_file_that_is_delivered_again_under_its_name_changes_nothing(house: Lakehouse) -> None:
    folder = Path(house.landing, "sellers")
    folder.mkdir(exist_ok=True)
    file = folder / "again.csv"
    file.write_bytes(_sellers(80_000, 3))
    house.update("medallion", refreshSelection=SELECTED)
    before = {name: house.table(name) for name in ("bronze.sellers", "silver.sellers")}
    file.write_bytes(file.read_bytes())
    os.utime(file, (2_000_000_000, 2_000_000_000))
    house.update("medallion", refreshSelection=SELECTED)
    for name, table in before.items():
        key = ["seller_id", "_source_file"]
        again = house.table(name).sort_values(key, ignore_index=True)
        assert again.equals(table.sort_values(key, ignore_index=True)), name
    os.utime(file, (1_000_000_000, 1_000_000_000))
