"""Landing folders with odd but legal files: the same rows as a plain folder, written in every way that CSV allows."""

from __future__ import annotations

import csv
import io
import os

from oracle import values
from oracle.odd_values import NUMBERS, SPACES, TIMES, WORDS
from oracle.silver import TYPES
from oracle.spec import COLUMNS, KEYS

Table = list[dict[str, str]]

SMALL: dict[str, Table] = {
    "customers": [
        {
            "customer_id": f"{n:032x}",
            "customer_unique_id": f"{n // 2 + 500:032x}",
            "customer_zip_code_prefix": "01001",
            "customer_city": ["sao paulo", " SÃO PAULO ", "santa bárbara d'oeste"][n % 3],
            "customer_state": ["SP", " sp"][n % 2],
            "customer_name": 'Ana "Bia" Dias' if n == 1 else "Caio, filho",
            "customer_email": " Ana@Example.COM ",
            "customer_phone": "",
        }
        for n in range(1, 5)
    ],
    "geolocation": [
        {
            "geolocation_zip_code_prefix": "01001",
            "geolocation_lat": lat,
            "geolocation_lng": "-46.6",
            "geolocation_city": city,
            "geolocation_state": "SP",
        }
        for lat, city in [("-23.5", "sao paulo"), ("-23.6", "são paulo"), ("-33.76", "sao paulo")]
    ],
    "orders": [
        {
            "order_id": f"{n + 1000:032x}",
            "customer_id": f"{n:032x}",
            "order_status": [" Delivered", "canceled", "SHIPPED", "delivered"][n - 1],
            "order_purchase_timestamp": "2018-01-31 23:59:59",
            "order_approved_at": "2018-02-01 00:00:00",
            "order_delivered_carrier_date": "2018-02-02 10:00:00",
            "order_delivered_customer_date": "2018-02-05 00:00:01" if n in (1, 4) else "",
            "order_estimated_delivery_date": "2018-02-04 00:00:00",
        }
        for n in range(1, 5)
    ],
    "order_items": [
        {
            "order_id": f"{n + 1000:032x}",
            "order_item_id": str(item),
            "product_id": f"{item + 2000:032x}",
            "seller_id": f"{3001:032x}",
            "shipping_limit_date": "2018-02-02 09:59:59",
            "price": "10.01",
            "freight_value": "0",
        }
        for n in range(1, 5)
        for item in range(1, 4)
    ],
    "order_payments": [
        {
            "order_id": f"{n + 1000:032x}",
            "payment_sequential": "1",
            "payment_type": ["credit_card", "BOLETO"][n % 2],
            "payment_installments": "0",
            "payment_value": "30.03",
        }
        for n in range(1, 5)
    ],
    "order_reviews": [
        {
            "review_id": f"{r + 4000:032x}",
            "order_id": f"{1001:032x}",
            "review_score": score,
            "review_comment_title": "",
            "review_comment_message": message,
            "review_creation_date": "2018-02-06 00:00:00",
            "review_answer_timestamp": "2018-02-07 00:00:00",
        }
        for r, (score, message) in enumerate(
            [("5", 'Disse "ótimo", e foi.'), ("2", "Uma linha\noutra, com vírgula\n\nfim")]
        )
    ],
    "products": [
        {
            "product_id": f"{p + 2000:032x}",
            "product_category_name": ["pet_shop", "", "telefonia"][p - 1],
            **dict.fromkeys(COLUMNS["products"][2:], "7"),
        }
        for p in range(1, 4)
    ],
    "sellers": [
        {"seller_id": f"{3001:032x}", "seller_zip_code_prefix": "01001", "seller_city": "recife", "seller_state": "pe"}
    ],
}


def _odd() -> dict[str, Table]:
    """Rows with one odd text each, in every column but for its key in all of them; most have keys of their own."""
    # Sums of money have to stay below what the columns of gold hold.
    amounts = [text for text in NUMBERS if (amount := values.money(text)) is None or abs(amount) < 10**12]
    texts = {values.integer: NUMBERS, values.double: NUMBERS, values.money: amounts, values.time: TIMES}
    tables: dict[str, Table] = {}
    for entity, columns in COLUMNS.items():
        base, rows = SMALL[entity][0], []
        own = KEYS.get(entity, columns[:1])[-1]
        for column in columns:
            for text in [*texts.get(TYPES.get(column, values.text), WORDS), *SPACES]:
                number = str(100 + len(rows))
                row = {**base, own: number if TYPES.get(own) is values.integer else f"{len(rows) + 9000:032x}"}
                rows.append({**row, column: text})
        rows += [{**row, columns[-1]: f"{row[columns[-1]]} "} for row in rows[:3]]  # a later version in the same file
        tables[entity] = rows
    tables["customers"] += [
        {
            **SMALL["customers"][0],
            "customer_id": f"{n:032x}",
            "customer_state": state,
            "customer_zip_code_prefix": "1001",
        }
        for n, state in enumerate(["SPA", "s", "XX"], start=8000)
    ]
    tables["orders"] += [
        {**SMALL["orders"][0], "order_id": f"{n:032x}", "order_purchase_timestamp": f"{day} 12:00:00"}
        for n, day in enumerate(["2018-12-31", "2019-01-01", "2016-01-03", "2016-01-04"], start=8000)
    ]
    tables["order_payments"] += [{**SMALL["order_payments"][0], "order_id": f"{n:032x}"} for n in range(8000, 8004)]
    return tables


ODD = _odd()


def _csv(rows: Table, columns: list[str], *, quoting: int = csv.QUOTE_MINIMAL, end: str = "\n") -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, quoting=quoting, lineterminator=end, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def plain(rows: Table, columns: list[str]) -> bytes:
    return _csv(rows, columns)


def quoted_everywhere(rows: Table, columns: list[str]) -> bytes:
    return _csv(rows, columns, quoting=csv.QUOTE_ALL)


def crlf(rows: Table, columns: list[str]) -> bytes:
    return _csv(rows, columns, end="\r\n")


def byte_order_mark(rows: Table, columns: list[str]) -> bytes:
    return b"\xef\xbb\xbf" + _csv(rows, columns)


def columns_reversed(rows: Table, columns: list[str]) -> bytes:
    return _csv(rows, columns[::-1])


def without_last_line_end(rows: Table, columns: list[str]) -> bytes:
    return _csv(rows, columns).removesuffix(b"\n")


def extra_empty_column(rows: Table, columns: list[str]) -> bytes:
    return _csv(rows, [*columns, "loaded_by"])


def extra_column(rows: Table, columns: list[str]) -> bytes:
    """Legal for bronze, which keeps its values as rescued data; that in turn breaks a rule of silver."""
    return _csv([{**row, "loaded_by": "crm"} for row in rows], [*columns, "loaded_by"])


# Each writes the same rows; a pipeline must make the same tables of them.
SAME = [plain, quoted_everywhere, crlf, byte_order_mark, columns_reversed, without_last_line_end, extra_empty_column]


def write(
    root: str, tables: dict[str, Table] = SMALL, form=plain, *, name: str = "part.csv", empty: bool = False
) -> None:
    """One file an entity in the given form; with `empty` also a file of no bytes and one of a header alone."""
    for entity, rows in tables.items():
        folder = os.path.join(root, entity)
        os.makedirs(folder, exist_ok=True)
        files = {name: form(rows, COLUMNS[entity])}
        if empty:
            files |= {"empty.csv": b"", "header.csv": plain([], COLUMNS[entity])}
        for file, content in files.items():
            with open(os.path.join(folder, file), "wb") as out:
                out.write(content)


def real_olist(tables: dict[str, Table] = SMALL) -> dict[str, Table]:
    """As the public data set has it: no name, e-mail or phone; write it with `real_columns`."""
    return {**tables, "customers": [{c: row[c] for c in COLUMNS["customers"][:5]} for row in tables["customers"]]}


def real_columns(rows: Table, columns: list[str]) -> bytes:
    return _csv(rows, [c for c in columns if not rows or c in rows[0]])
