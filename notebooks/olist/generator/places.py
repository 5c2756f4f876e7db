"""Where people and sellers live: cities of all five regions, and zip prefixes that join geolocation."""

from __future__ import annotations

import numpy as np
import pandas as pd

from olist.generator.columns import choose

# city, state, first zip prefix of the city, latitude, longitude, weight
_CITIES = [
    ("são paulo", "SP", 1001, -23.55, -46.63, 20),
    ("campinas", "SP", 13010, -22.91, -47.06, 5),
    ("santa bárbara d'oeste", "SP", 13450, -22.75, -47.41, 2),
    ("rio de janeiro", "RJ", 20010, -22.91, -43.2, 10),
    ("niterói", "RJ", 24020, -22.89, -43.12, 3),
    ("belo horizonte", "MG", 30110, -19.92, -43.94, 8),
    ("uberlândia", "MG", 38400, -18.92, -48.28, 3),
    ("vitória", "ES", 29010, -20.32, -40.34, 2),
    ("curitiba", "PR", 80010, -25.43, -49.27, 5),
    ("londrina", "PR", 86010, -23.31, -51.16, 2),
    ("florianópolis", "SC", 88010, -27.6, -48.55, 3),
    ("porto alegre", "RS", 90010, -30.03, -51.23, 5),
    ("salvador", "BA", 40010, -12.97, -38.5, 5),
    ("recife", "PE", 50010, -8.05, -34.88, 4),
    ("fortaleza", "CE", 60010, -3.72, -38.54, 4),
    ("são luís", "MA", 65010, -2.53, -44.3, 2),
    ("belém", "PA", 66010, -1.46, -48.5, 2),
    ("manaus", "AM", 69005, -3.12, -60.02, 2),
    ("porto velho", "RO", 76801, -8.76, -63.9, 1),
    ("brasília", "DF", 70040, -15.79, -47.88, 5),
    ("goiânia", "GO", 74003, -16.69, -49.26, 3),
    ("cuiabá", "MT", 78005, -15.6, -56.1, 2),
    ("campo grande", "MS", 79002, -20.44, -54.65, 2),
]  # fmt: skip

_UNACCENTED = str.maketrans("áâãàéêíóôõúç", "aaaaeeiooouc")


def zips(random: np.random.Generator, count: int) -> pd.DataFrame:
    """`count` zip prefixes: every city has one before a city gets its second."""
    names, states, first, latitudes, longitudes, weights = (np.array(column) for column in zip(*_CITIES, strict=True))
    rest = max(0, count - len(_CITIES))
    city = np.concatenate([np.arange(min(count, len(_CITIES))), choose(random, weights, rest)])
    nth = pd.Series(city).groupby(city).cumcount().to_numpy()
    # Ranges of neighbouring cities must not run into one another: past the room, prefixes would repeat.
    frame = pd.DataFrame(
        {
            "zip": [f"{number:05d}" for number in first[city] + nth],
            "city": names[city],
            "state": states[city],
            "latitude": latitudes[city] + random.uniform(-0.1, 0.1, count),
            "longitude": longitudes[city] + random.uniform(-0.1, 0.1, count),
        }
    )
    return frame.drop_duplicates("zip", ignore_index=True)


def geolocation(random: np.random.Generator, places: pd.DataFrame) -> pd.DataFrame:
    """Some ten samples a zip prefix; as in the field's data, a part of them writes the city without accents."""
    samples = random.integers(5, 16, len(places))
    rows = places.loc[np.repeat(np.arange(len(places)), samples)].reset_index(drop=True)
    plain = random.random(len(rows)) < 0.3
    cities = rows["city"].where(~plain, rows["city"].str.translate(_UNACCENTED))
    return pd.DataFrame(
        {
            "geolocation_zip_code_prefix": rows["zip"],
            "geolocation_lat": _degrees(rows["latitude"].to_numpy() + random.uniform(-0.02, 0.02, len(rows))),
            "geolocation_lng": _degrees(rows["longitude"].to_numpy() + random.uniform(-0.02, 0.02, len(rows))),
            "geolocation_city": cities,
            "geolocation_state": rows["state"],
        }
    )


def _degrees(values: np.ndarray) -> list[str]:
    return [f"{value:.6f}" for value in values]
