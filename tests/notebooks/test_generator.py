"""The generator: same parameters, same bytes; good data that adds up; defects that the truth tells of; batches."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from olist.generator import Parameters, generate, parse, parse_batch
from oracle import bronze_rows, expected

SMALL = Parameters(scale=0.05, seed=7)


def run(folder: Path, parameters: Parameters = SMALL, batches: int = 1, **more) -> dict:
    outcome = None
    for _ in range(batches):
        outcome = generate(str(folder / "landing"), str(folder / "changes"), parameters, **more)
    return outcome.truth


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def two(tmp_path_factory) -> tuple[Path, dict]:
    folder = tmp_path_factory.mktemp("two")
    return folder, run(folder, batches=2)


@pytest.fixture(scope="module")
def tables(two) -> dict[str, pd.DataFrame]:
    return expected(str(two[0] / "landing"), str(two[0] / "changes"))


def test_the_same_parameters_give_the_same_bytes(tmp_path, two):
    run(tmp_path, batches=2)
    assert digests(tmp_path) == digests(two[0])


def test_another_seed_gives_other_files(tmp_path):
    run(tmp_path / "a")
    run(tmp_path / "b", Parameters(scale=0.05, seed=8))
    a, b = digests(tmp_path / "a"), digests(tmp_path / "b")
    assert a.keys() == b.keys()
    assert all(a[name] != b[name] for name in a)


def test_truth_counts_the_rows_that_the_files_hold(two):
    assert bronze_rows(str(two[0] / "landing")) == two[1]["rows"]


def test_truth_names_the_rules_that_the_rows_break(two, tables):
    for entity, broken in two[1]["broken"].items():
        quarantine = tables[f"ops.quarantine_{entity}"]
        assert Counter(rule for rules in quarantine["broken_rules"] for rule in rules) == broken
        assert len(quarantine) == two[1]["quarantined"][entity]
    for entity, changes in two[1]["changes"].items():
        quarantine = tables[f"ops.quarantine_{entity}_changes"]
        assert Counter(rule for rules in quarantine["broken_rules"] for rule in rules) == changes["broken"]


def test_every_rule_of_the_data_has_a_row_that_breaks_it(two):
    from oracle.silver import RULES

    for entity, rules in RULES.items():
        assert two[1]["broken"][entity].keys() == {name for name, _ in rules} | {"no_rescued_data"}


def test_truth_states_the_money_that_the_good_rows_add_up_to(two, tables):
    orders, truth = tables["silver.orders_enriched"], two[1]["orders"]
    for column in ("item_value", "freight_value", "payment_value"):
        assert str(orders[column].sum()) == truth[column]
    assert len(orders) == truth["orders"]
    assert len(tables["silver.order_items"]) == truth["items"]
    assert len(tables["silver.order_payments"]) == truth["payments"]


def test_payments_of_an_order_cover_its_items_and_freight(tables):
    orders = tables["silver.orders_enriched"]
    assert (orders["payment_value"] == orders["item_value"] + orders["freight_value"]).all()
    assert orders["item_count"].between(1, 5).all()
    assert orders["payment_count"].between(1, 3).all()


def test_dates_of_an_order_are_in_order(tables):
    dates = tables["silver.orders"][
        [
            "order_purchase_timestamp",
            "order_approved_at",
            "order_delivered_carrier_date",
            "order_delivered_customer_date",
        ]
    ].apply(pd.to_datetime)
    for before, after in zip(dates.columns, dates.columns[1:], strict=False):
        known = dates[after].notna()
        assert (dates.loc[known, before] <= dates.loc[known, after]).all()
    status = tables["silver.orders"]["order_status"]
    assert (dates["order_delivered_customer_date"].notna() == (status == "delivered")).all()


def test_a_review_comes_after_the_delivery(tables):
    orders = tables["silver.orders"].set_index("order_id")
    reviews = tables["silver.order_reviews"]
    arrival = pd.to_datetime(orders["order_delivered_customer_date"]).reindex(reviews["order_id"]).to_numpy()
    assert (pd.to_datetime(reviews["review_creation_date"]).to_numpy() > arrival).all()
    assert len(reviews) > 0


def test_every_row_refers_to_what_exists(tables):
    silver = {name.removeprefix("silver."): frame for name, frame in tables.items() if name.startswith("silver.")}
    for child, parent, key in [
        ("orders", "customers", "customer_id"),
        ("order_items", "orders", "order_id"),
        ("order_items", "products", "product_id"),
        ("order_items", "sellers", "seller_id"),
        ("order_payments", "orders", "order_id"),
        ("order_reviews", "orders", "order_id"),
    ]:
        assert set(silver[child][key]) <= set(silver[parent][key]), (child, key)
    zips = set(silver["geolocation"]["geolocation_zip_code_prefix"])
    for entity in ("customer", "seller"):
        for frame in (silver[f"{entity}s"], tables[f"cdc.{entity}s_current"]):
            assert set(frame[f"{entity}_zip_code_prefix"]) <= zips


def test_a_second_batch_brings_later_states(tmp_path):
    truth = run(tmp_path / "one")
    first = expected(str(tmp_path / "one" / "landing"))["silver.orders"].set_index("order_id")["order_status"]
    run(tmp_path / "one")
    second = expected(str(tmp_path / "one" / "landing"))["silver.orders"].set_index("order_id")["order_status"]
    unfinished = first[~first.isin(["delivered", "canceled", "unavailable"])]
    assert len(unfinished) > 0
    assert second[unfinished.index].isin(["delivered", "canceled"]).all()
    assert len(second) > truth["orders"]["orders"] > 0


def test_the_current_state_equals_the_truth(two, tables):
    for entity, final in two[1]["final"].items():
        frame = tables[f"cdc.{entity}_current"]
        key = frame.columns[0]
        there = {row[key]: row for row in frame.to_dict("records")}
        assert any(columns is None for columns in final.values())
        for name, columns in final.items():
            if columns is None:
                assert name not in there
            else:
                assert columns == {c: None if v is None else str(v) for c, v in there[name].items() if c != key}


def test_events_have_sequence_numbers_of_their_own_that_follow_the_clock(two):
    for entity in ("customers", "products", "sellers"):
        events: dict[int, tuple[str, ...]] = {}
        operations: Counter[str] = Counter()
        for path in sorted((two[0] / "changes" / entity).iterdir()):
            with path.open(newline="", encoding="utf-8") as file:
                header, *rows = csv.reader(file)
            for row in rows:
                operation = row[1].strip().upper()
                fine = len(row) == len(header) and row[3] and row[0].isdigit() and row[2] != "soon"
                if fine and operation in ("INSERT", "UPDATE", "DELETE"):
                    event = (row[2], operation, *row[3:])
                    if int(row[0]) not in events:
                        operations[operation] += 1
                    assert events.setdefault(int(row[0]), event) == event
        ordered = [events[number] for number in sorted(events)]
        assert sorted(events) == list(range(1, len(events) + 1))
        assert [event[0] for event in ordered] == sorted({event[0] for event in ordered})
        alive: dict[str, bool] = {}
        for _, operation, key, *_ in ordered:
            assert operation != "INSERT" or not alive.get(key, False)
            assert operation == "INSERT" or alive.get(key, True)
            alive[key] = operation != "DELETE"
        shares = {operation: count / len(events) for operation, count in operations.items()}
        assert shares == pytest.approx({"UPDATE": 0.6, "INSERT": 0.3, "DELETE": 0.1}, abs=0.05)


def test_no_bad_rows_are_made_when_none_are_asked_for(tmp_path):
    truth = run(tmp_path, Parameters(scale=0.02, seed=1, bad_share=0))
    assert not any(truth["quarantined"].values())
    tables = expected(str(tmp_path / "landing"), str(tmp_path / "changes"))
    assert all(frame.empty for name, frame in tables.items() if name.startswith("ops."))


def test_the_share_of_bad_rows_is_as_asked(tmp_path):
    truth = run(tmp_path, Parameters(scale=0.2, seed=1, bad_share=0.1))
    bad = truth["quarantined"]["order_items"] + truth["repeats"]["order_items"]
    assert bad / truth["orders"]["items"] == pytest.approx(0.1, abs=0.01)


def test_a_retry_makes_no_second_batch(tmp_path):
    run(tmp_path, run="11")
    before = digests(tmp_path)
    again = generate(str(tmp_path / "landing"), str(tmp_path / "changes"), SMALL, run="11")
    assert (again.batch, again.written) == (1, False)
    assert generate(str(tmp_path / "landing"), str(tmp_path / "changes"), SMALL, batch=1).written is False
    assert digests(tmp_path) == before
    assert generate(str(tmp_path / "landing"), str(tmp_path / "changes"), SMALL, run="12").batch == 2


def test_a_batch_that_failed_halfway_is_made_whole(tmp_path, two):
    run(tmp_path)
    (tmp_path / "landing" / "_truth.json").unlink()
    (tmp_path / "landing" / "orders" / "orders_00001.csv").unlink()
    untouched = tmp_path / "landing" / "customers" / "customers_00001.csv"
    modified = untouched.stat().st_mtime_ns
    run(tmp_path, batches=2)
    assert digests(tmp_path) == digests(two[0])
    assert untouched.stat().st_mtime_ns == modified


def test_no_batch_is_left_out(tmp_path):
    with pytest.raises(ValueError, match=r"batch 3 cannot be written.*0 on record, so 1 is next"):
        generate(str(tmp_path / "landing"), str(tmp_path / "changes"), SMALL, batch=3)
    assert not list(tmp_path.rglob("*.csv"))


def test_a_later_batch_of_another_scale_fits_the_first(tmp_path):
    run(tmp_path)
    run(tmp_path, Parameters(scale=0.1, seed=99))
    truth = run(tmp_path)
    tables = expected(str(tmp_path / "landing"), str(tmp_path / "changes"))
    assert str(tables["silver.orders_enriched"]["payment_value"].sum()) == truth["orders"]["payment_value"]
    assert set(tables["silver.order_items"]["product_id"]) <= set(tables["silver.products"]["product_id"])


def test_default_sizes_are_as_documented(tmp_path):
    truth = run(tmp_path, Parameters(bad_share=0))
    assert truth["orders"]["orders"] == truth["rows"]["customers"] == 5000
    assert truth["rows"]["products"] == 500
    assert truth["rows"]["sellers"] == 100
    assert {entity: changes["events"] for entity, changes in truth["changes"].items()} == dict.fromkeys(
        ("customers", "products", "sellers"), 150
    )
    people = expected(str(tmp_path / "landing"))["silver.customers"]
    assert people["customer_unique_id"].nunique() <= 1000 and people["customer_id"].is_unique
    assert json.loads((tmp_path / "landing" / "_truth.json").read_text(encoding="utf-8")) == truth


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("x", "1", "0"), "scale is 'x': a number was expected"),
        (("0", "1", "0"), "scale is 0.0"),
        (("nan", "1", "0"), "scale is nan"),
        (("1", "1.5", "0"), "seed is '1.5': a whole number was expected"),
        (("1", "-1", "0"), "seed is -1"),
        (("1", "1", "0.9"), "bad_share is 0.9"),
    ],
)
def test_a_wrong_parameter_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        parse(*given)


def test_batch_is_read_as_written():
    assert parse_batch(" Next ") is None
    assert parse_batch("3") == 3
    for text in ("0", "second"):
        with pytest.raises(ValueError, match="batch is"):
            parse_batch(text)
