"""One batch: its files into the landing and changes folders, then, last of all, the truth."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import pandas as pd

from olist.generator import changes, dimensions, files, places, truth
from olist.generator.defects import spoil
from olist.generator.orders import Dimensions, later_states, new_orders
from olist.generator.parameters import Parameters

_MOST_ZIPS = 5000


@dataclass(frozen=True)
class Outcome:
    """`written` is False when the batch was on record already, and nothing was done."""

    batch: int
    written: bool
    truth: dict[str, Any]


@dataclass(frozen=True)
class _World:
    places: pd.DataFrame
    geolocation: pd.DataFrame
    dimensions: Dimensions


def generate(
    landing: str, changes_folder: str, parameters: Parameters, batch: int | None = None, run: str = ""
) -> Outcome:
    """Writes a batch (None: the one after those on record), unless it is on record.

    A batch that did not reach the truth is written again under the same names. `run` names what asks for the batch:
    asking once more for the next one in the same run, as a retry does, gets the batch that the run has already.
    """
    path = os.path.join(landing, truth.NAME)
    record = files.read_json(path) or truth.empty()
    done = record["batches"]
    number = len(done) + 1 if batch is None else batch
    if batch is None and run and done and done[-1]["run"] == run:
        number = len(done)
    if number <= len(done):
        return Outcome(number, False, record)
    if number > len(done) + 1:
        raise ValueError(
            f"batch {number} cannot be written: {path} has {len(done)} on record, so {len(done) + 1} is next"
        )

    first = _of(done[0]) if done else parameters
    world = _world(first)
    _land(landing, parameters, number, world, record)
    _change(changes_folder, parameters, first, number, world, record)
    # A smaller batch is no other world: scale and seed of each are kept, so that a later one can draw them again.
    done.append(
        {
            "number": number,
            "scale": parameters.scale,
            "seed": parameters.seed,
            "bad_share": parameters.bad_share,
            "run": run,
        }
    )
    files.write_json(path, record)
    return Outcome(number, True, record)


def _of(entry: dict[str, Any]) -> Parameters:
    return Parameters(entry["scale"], entry["seed"], entry["bad_share"])


def _world(first: Parameters) -> _World:
    where = places.zips(first.random(1, "zips"), min(_MOST_ZIPS, first.sized(120, 23)))
    products = first.sized(500)
    return _World(
        where,
        places.geolocation(first.random(1, "geolocation"), where),
        Dimensions(
            dimensions.people(first.random(1, "people"), where, first.sized(1000)),
            dimensions.products(first.random(1, "products"), products),
            dimensions.sellers(first.random(1, "sellers"), where, first.sized(100, 2)),
            dimensions.prices(first.random(1, "prices"), products),
        ),
    )


def _land(landing: str, parameters: Parameters, number: int, world: _World, record: dict[str, Any]) -> None:
    orders = new_orders(parameters, number, world.dimensions)
    frames = dict(orders.frames)
    counts = {name: len(frames[entity]) for name, entity in _COUNTED.items()}
    if number == 1:
        frames |= {
            "geolocation": world.geolocation,
            "products": world.dimensions.products,
            "sellers": world.dimensions.sellers,
        }
    else:
        for entity, rows in later_states(_of(record["batches"][-1]), number - 1).items():
            frames[entity] = pd.concat([frames[entity], rows], ignore_index=True)
    for entity, rows in frames.items():
        delivery = spoil(parameters.random(number, f"defects {entity}"), entity, rows, parameters.bad_share)
        files.write(_file(landing, entity, number), files.csv_bytes(delivery.rows, delivery.short))
        truth.add_delivery(record, entity, delivery)
    cents = {
        "item_value": orders.item_cents,
        "freight_value": orders.freight_cents,
        "payment_value": orders.payment_cents,
    }
    truth.add_orders(record, counts, cents)


_COUNTED = {"orders": "orders", "items": "order_items", "payments": "order_payments"}


def _change(
    folder: str, parameters: Parameters, first: Parameters, number: int, world: _World, record: dict[str, Any]
) -> None:
    initial = {
        "customers": new_orders(first, 1, world.dimensions).frames["customers"],
        "products": world.dimensions.products,
        "sellers": world.dimensions.sellers,
    }
    for entity, rows in initial.items():
        state = truth.state_on_record(record, entity, changes.first_state(entity, rows))
        made = changes.events(parameters, number, entity, state, world.places, rows)
        for nth, (events, short) in enumerate(made.files, start=1 + (number - 1) * changes.FILES):
            files.write(_file(folder, entity, nth), files.csv_bytes(events, short))
        truth.add_changes(record, entity, made, state)


def _file(folder: str, entity: str, number: int) -> str:
    return os.path.join(folder, entity, f"{entity}_{number:05d}.csv")
