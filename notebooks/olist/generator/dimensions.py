"""People, products and sellers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from olist.generator.columns import choose, ids, pick, texts

CATEGORIES = [
    "cama_mesa_banho", "beleza_saude", "esporte_lazer", "moveis_decoracao", "informatica_acessorios",
    "utilidades_domesticas", "relogios_presentes", "telefonia", "ferramentas_jardim", "automotivo", "brinquedos",
    "pet_shop",
]  # fmt: skip
_FIRST = ["Ana", "Beatriz", "Caio", "Davi", "Elisa", "Fábio", "Gabriela", "Heitor", "Íris", "João", "Lúcia", "Mateus"]
_LAST = ["Almeida", "Barros", "Cardoso", "Dias", "Esteves", "Farias", "Gomes", "Leite", "Moura", "Nunes", "Prado"]


def people(random: np.random.Generator, places: pd.DataFrame, count: int) -> pd.DataFrame:
    """One row a person; names are made up, and mail goes to a domain that is reserved for examples."""
    place = random.integers(0, len(places), count)
    numbers = np.arange(1, count + 1)
    return pd.DataFrame(
        {
            "customer_unique_id": ids(random, count),
            "customer_zip_code_prefix": places["zip"].to_numpy()[place],
            "customer_city": places["city"].to_numpy()[place],
            "customer_state": places["state"].to_numpy()[place],
            "customer_name": pick(random, _FIRST, count) + " " + pick(random, _LAST, count),
            "customer_email": [f"pessoa{number}@example.com" for number in numbers],
            "customer_phone": [f"+55 11 9{number:08d}" for number in random.integers(0, 10**8, count)],
        }
    )


def products(random: np.random.Generator, count: int) -> pd.DataFrame:
    """One in fifty has no category and no description, as in the field's data."""
    bare = random.random(count) < 0.02

    def whole(low: int, high: int, empty: np.ndarray | None = None) -> np.ndarray:
        values = np.array(texts(random.integers(low, high, count)), dtype=object)
        return values if empty is None else np.where(empty, "", values)

    return pd.DataFrame(
        {
            "product_id": ids(random, count),
            "product_category_name": np.where(bare, "", pick(random, CATEGORIES, count)),
            "product_name_lenght": whole(5, 77, bare),
            "product_description_lenght": whole(4, 3993, bare),
            "product_photos_qty": whole(1, 9, bare),
            "product_weight_g": whole(50, 30001, random.random(count) < 0.01),
            "product_length_cm": whole(7, 106),
            "product_height_cm": whole(2, 106),
            "product_width_cm": whole(6, 119),
        }
    )


def prices(random: np.random.Generator, count: int) -> np.ndarray:
    """A price in cents for each product: many small ones, a few large."""
    return np.rint(100 * np.exp(random.normal(4.2, 0.9, count)).clip(1, 6000)).astype(np.int64)


def sellers(random: np.random.Generator, places: pd.DataFrame, count: int) -> pd.DataFrame:
    """Sellers gather in the first cities, as they do in São Paulo."""
    place = choose(random, 1 / np.arange(1, len(places) + 1) ** 0.5, count)
    return pd.DataFrame(
        {
            "seller_id": ids(random, count),
            "seller_zip_code_prefix": places["zip"].to_numpy()[place],
            "seller_city": places["city"].to_numpy()[place],
            "seller_state": places["state"].to_numpy()[place],
        }
    )
