"""Expectations: counts, drops and failures over two updates, on tables, views and flows."""

from __future__ import annotations

import pytest
from lakeflow.cases import Area, Step, Table, python
from lakeflow.python.sources import EXPECTATIONS, PATTERNS, lines, reader

READ = reader("id INT, city STRING, amount INT")
ROWS = {
    "1.json": lines(
        {"id": 1, "city": "Rome", "amount": 5},
        {"id": 2, "city": None, "amount": -1},
        {"id": None, "city": "Oslo", "amount": None},
    )
}
LATE = {"2.json": lines({"id": 0, "city": "Bern", "amount": -7})}

RULES = """
RULES = [
    ("x_id", "id IS NOT NULL", "valid"),
    ("x_amount", "amount > 0", "valid"),
    ("x_city", "city <> 'Oslo'", "known"),
]
def rules(tag):
    return {name: condition for name, condition, found in RULES if found == tag}
"""

AREA = Area(
    "py_expectations",
    [
        python(
            "a warning keeps the rows; null is a violation",
            EXPECTATIONS,
            f'@dp.table\n@dp.expect("paid", "amount > 0")\n@dp.expect("placed", "city IS NOT NULL")\n'
            f"def x_warn():\n    return {READ}\n",
            Step(
                ROWS,
                tables={
                    "x_warn": Table([(1,), (2,), (None,)], "id", rules={"paid": (1, 2), "placed": (2, 1)}, dropped=0)
                },
            ),
            Step(LATE, tables={"x_warn": Table(rules={"paid": (0, 1), "placed": (1, 0)}, dropped=0, written=1)}),
        ),
        python(
            "rows are dropped once however many rules they break",
            EXPECTATIONS,
            '@dp.expect_all_or_drop({"keyed": "id IS NOT NULL", "paid": "amount > 0"})\n@dp.table\n'
            f"def x_drop():\n    return {READ}\n",
            Step(
                ROWS,
                tables={"x_drop": Table([(1,)], "id", rules={"keyed": (2, 1), "paid": (1, 2)}, dropped=2, written=1)},
            ),
            Step(LATE, tables={"x_drop": Table([(1,)], "id", rules={"keyed": (1, 0), "paid": (0, 1)}, dropped=1)}),
        ),
        python(
            "the three actions on one dataset, in either order of decorators",
            EXPECTATIONS,
            '@dp.expect("placed", "city IS NOT NULL")\n@dp.table\n@dp.expect_or_drop("keyed", "id IS NOT NULL")\n'
            f'@dp.expect_or_fail("small", "coalesce(amount, 0) < 100")\ndef x_three():\n    return {READ}\n',
            Step(
                ROWS,
                tables={
                    "x_three": Table(
                        [(1,), (2,)], "id", rules={"placed": (2, 1), "keyed": (2, 1), "small": (3, 0)}, dropped=1
                    )
                },
            ),
            Step(
                LATE,
                tables={
                    "x_three": Table(
                        [(0,), (1,), (2,)], "id", rules={"placed": (1, 0), "keyed": (1, 0), "small": (1, 0)}
                    )
                },
            ),
        ),
        python(
            "conditions as Columns",
            EXPECTATIONS,
            "from pyspark.sql import functions as F\n"
            '@dp.table\n@dp.expect_or_drop("paid", F.col("amount") > F.lit(0))\n'
            '@dp.expect_all({"short": F.length("city") < 5})\n'
            f"def x_column():\n    return {READ}\n",
            Step(ROWS, tables={"x_column": Table([(1,)], "id", rules={"paid": (1, 2), "short": (2, 1)}, dropped=2)}),
            Step(LATE, tables={"x_column": Table([(1,)], "id", rules={"paid": (0, 1), "short": (1, 0)}, dropped=1)}),
        ),
        python(
            "rules on a materialized view count each computation",
            EXPECTATIONS,
            f"@dp.table\ndef x_base():\n    return {READ}\n"
            '@dp.materialized_view\n@dp.expect_or_drop("many", "n > 1")\n@dp.expect_all({"sum": "total > 0"})\n'
            "def x_totals():\n"
            "    return spark.sql('SELECT id IS NULL AS lost, count(*) n, sum(amount) total FROM x_base GROUP BY 1')\n",
            Step(ROWS, tables={"x_totals": Table([(False, 2, 4)], rules={"many": (1, 1), "sum": (1, 1)}, dropped=1)}),
            Step(LATE, tables={"x_totals": Table([(False, 3, -3)], rules={"many": (1, 1), "sum": (0, 2)}, dropped=1)}),
        ),
        python(
            "rules on a temporary view count in what reads it",
            EXPECTATIONS,
            f"@dp.table\ndef x_raw():\n    return {READ}\n"
            '@dp.temporary_view\n@dp.expect_or_drop("keyed", "id IS NOT NULL")\ndef x_keyed():\n'
            "    return spark.readStream.table('x_raw')\n"
            "@dp.table\ndef x_from_view():\n    return spark.readStream.table('x_keyed').select('id')\n",
            Step(ROWS, tables={"x_from_view": Table([(1,), (2,)], rules={"keyed": (2, 1)}, dropped=1, written=2)}),
            Step(LATE, tables={"x_from_view": Table([(0,), (1,), (2,)], rules={"keyed": (1, 0)}, dropped=0)}),
        ),
        python(
            "rules kept apart from the code, chosen by a tag",
            PATTERNS,
            RULES + f'@dp.table\n@dp.expect_all_or_drop(rules("valid"))\n@dp.expect_all(rules("known"))\n'
            f"def x_tagged():\n    return {READ}\n",
            Step(
                ROWS,
                tables={
                    "x_tagged": Table(
                        [(1,)], "id", rules={"x_id": (2, 1), "x_amount": (1, 2), "x_city": (1, 2)}, dropped=2
                    )
                },
            ),
            Step(
                LATE,
                tables={"x_tagged": Table([(1,)], "id", rules={"x_id": (1, 0), "x_amount": (0, 1), "x_city": (1, 0)})},
            ),
        ),
        python(
            "quarantine: one rule inverted, every row in one of two tables",
            PATTERNS,
            RULES + 'BROKEN = "NOT coalesce(" + " AND ".join(f"({c})" for c in rules("valid").values()) + ", false)"\n'
            f"@dp.temporary_view\ndef x_incoming():\n    return {READ}\n"
            '@dp.table(private=True, partition_cols=["is_broken"])\n@dp.expect_all(rules("valid"))\n'
            "def x_marked():\n"
            "    from pyspark.sql.functions import expr\n"
            "    return spark.readStream.table('x_incoming').withColumn('is_broken', expr(BROKEN))\n"
            "@dp.table\ndef x_valid():\n    return spark.readStream.table('x_marked').where('NOT is_broken')\n"
            "@dp.table\ndef x_invalid():\n    return spark.readStream.table('x_marked').where('is_broken')\n",
            Step(
                ROWS,
                tables={
                    "x_valid": Table([(1,)], "id"),
                    "x_invalid": Table([(2,), (None,)], "id"),
                    "x_marked": Table(rules={"x_id": (2, 1), "x_amount": (1, 2)}, dropped=0),
                },
            ),
            Step(LATE, tables={"x_valid": Table([(1,)], "id"), "x_invalid": Table([(0,), (2,), (None,)], "id")}),
        ),
        python(
            "a view that compares row counts fails the update",
            PATTERNS,
            f"@dp.table\ndef x_left():\n    return {READ}\n"
            "@dp.table\n@dp.expect_or_drop('keyed', 'id IS NOT NULL')\ndef x_right():\n"
            "    return spark.readStream.table('x_left')\n"
            "@dp.materialized_view\n@dp.expect_or_fail('nothing lost', 'a = b')\ndef x_reconciled():\n"
            "    return spark.sql('SELECT * FROM (SELECT count(*) a FROM x_left), (SELECT count(*) b FROM x_right)')\n",
            Step(
                {"1.json": lines({"id": 1, "city": "Rome", "amount": 5})},
                tables={"x_reconciled": Table([(1, 1)], rules={"nothing lost": (1, 0)})},
            ),
            Step(
                ROWS | {"1.json": "", "3.json": lines({"id": None, "city": "Oslo", "amount": 1})},
                fails=r'x_reconciled: a row violates expectation nothing lost \(a = b\).*"a": 2, "b": 1',
                tables={"x_reconciled": Table([(1, 1)]), "x_right": Table([(1,)], "id")},
            ),
        ),
        python(
            "a rule that fails the update keeps what was there",
            EXPECTATIONS,
            f"@dp.table\n@dp.expect_all_or_fail({{'small': 'amount < 100', 'keyed': 'id > 0'}})\n"
            f"def x_fail():\n    return {READ}\n",
            Step(
                {"1.json": lines({"id": 1, "city": "Rome", "amount": 5})},
                tables={"x_fail": Table([(1,)], "id", rules={"small": (1, 0), "keyed": (1, 0)})},
            ),
            Step(
                {"2.json": lines({"id": 2, "city": "Rome", "amount": 500})},
                fails=r'x_fail: a row violates expectation small \(amount < 100\).*"amount": 500',
                tables={"x_fail": Table([(1,)], "id")},
            ),
        ),
    ],
)


@pytest.mark.parametrize(**AREA.parameters)
def test_expectations(corpus, case):
    corpus.check(AREA, case)
