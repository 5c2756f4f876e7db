"""How datasets are read: names, spark.sql, parameters, notebooks' magics, and modules wherever they are imported."""

from __future__ import annotations

import re

import pytest
from lakeflow.cases import NOTEBOOK, Area, Case, Step, Table, python
from lakeflow.python.sources import (
    CONSIDERATIONS,
    DEVELOP,
    IMPORTS,
    PARAMETERS,
    PATTERNS,
    STATEFUL,
    TABLE,
    lines,
    reader,
)

READ = reader("id INT, v STRING, at TIMESTAMP")
ROWS = {
    "1.json": lines(
        {"id": 1, "v": "a", "at": "2026-01-01T10:00:00Z"},
        {"id": 2, "v": "b", "at": "2026-01-01T10:01:00Z"},
        {"id": 2, "v": "b", "at": "2026-01-01T10:04:00Z"},
    )
}
NEXT = {
    "2.json": lines(
        {"id": 1, "v": "a", "at": "2026-01-01T10:02:00Z"},
        {"id": 3, "v": "c", "at": "2026-01-01T12:00:00Z"},
    )
}
BASE = f"@dp.table\ndef r_base():\n    return {READ}\n"


def notebook(name: str, page: str, text: str, *steps: Step, **more) -> Case:
    """A case of one Python notebook; `more` may have further sources."""
    sources = {"main.py": NOTEBOOK["py"] + "from pyspark import pipelines as dp\n" + text, **more.pop("sources", {})}
    return Case(name, page, sources, steps, **more)


def apart(name: str, text: str) -> str:
    """Datasets of the case have its letter, so that all cases can share a pipeline."""
    return re.sub(r"\br_", f"r{name}_", text)


AREA = Area(
    "py_reading",
    [
        python(
            "names of one, two and three parts, quoted and LIVE, in all ways to read",
            DEVELOP,
            apart("a", BASE)
            + apart(
                "a",
                "@dp.materialized_view\ndef r_all():\n"
                "    one, two = spark.read.table('r_base'), spark.table('py_reading.r_base')\n"
                "    three = spark.sql('SELECT * FROM SCHEMA.r_base')\n"
                "    live, quoted = spark.read.table('LIVE.r_base'), spark.sql('SELECT * FROM `py_reading`.`r_base`')\n"
                "    frames = [one, two, three, live, quoted, spark.sql('TABLE LIVE.r_base')]\n"
                "    from functools import reduce\n"
                "    return reduce(lambda x, y: x.union(y), frames).groupBy('id').count()\n",
            ),
            Step(ROWS, tables={"ra_all": Table([(1, 6), (2, 12)])}),
            Step(NEXT, tables={"ra_all": Table([(1, 12), (2, 12), (3, 6)])}),
        ),
        python(
            "spark.sql with named and positional arguments, and with frames",
            DEVELOP,
            apart("b", BASE)
            + apart(
                "b",
                "import datetime\nfrom pyspark.sql import functions as F\n"
                "@dp.materialized_view\ndef r_named():\n"
                "    return spark.sql('SELECT id, v FROM r_base WHERE id >= :low AND at < :day', "
                "args={'low': 2, 'day': datetime.date(2026, 1, 2)})\n"
                "@dp.materialized_view\ndef r_placed():\n"
                "    return spark.sql('SELECT id, ? AS q FROM r_base WHERE v = ?', [\"it's\", 'a'])\n"
                "@dp.materialized_view\ndef r_framed():\n"
                "    ids = spark.read.table('r_named').select('id').distinct()\n"
                "    return spark.sql('SELECT count(*) n, element_at(:m, 1) m FROM r_base JOIN {ids} USING (id)', "
                "{'m': F.create_map(F.lit(1), F.lit('one'))}, ids=ids)\n"
                "@dp.table\ndef r_streamed():\n"
                "    return spark.sql('SELECT id + :k AS id FROM STREAM(r_base)', {'k': 10})\n",
            ),
            Step(
                ROWS,
                tables={
                    "rb_named": Table([(2, "b"), (2, "b")]),
                    "rb_placed": Table([(1, "it's")]),
                    "rb_framed": Table([(2, "one")]),
                    "rb_streamed": Table([(11,), (12,), (12,)]),
                },
            ),
            Step(
                NEXT,
                tables={
                    "rb_named": Table([(2, "b"), (2, "b"), (3, "c")]),
                    "rb_placed": Table([(1, "it's"), (1, "it's")]),
                    "rb_framed": Table([(3, "one")]),
                    "rb_streamed": Table(written=2),
                },
            ),
        ),
        python(
            "modules imported by the source, in a function, and by a module's function",
            IMPORTS,
            apart(
                "c",
                "from c_tools import shout\n" + BASE + "@dp.materialized_view\ndef r_late():\n"
                "    import importlib\n    from c_package.deep import twice\n"
                "    named = importlib.import_module('c_package.names')\n"
                "    frame = shout(spark.read.table('r_base').groupBy('v').count(), 'v')\n"
                "    return twice(frame, named.COUNT)\n",
            ),
            Step(ROWS, tables={"rc_late": Table([("A", 2), ("B", 4)])}),
            Step(NEXT, tables={"rc_late": Table([("A", 4), ("B", 4), ("C", 2)])}),
            files={
                "c_tools.py": "def shout(frame, name):\n    from pyspark.sql import functions as F\n"
                "    from c_package import names\n    assert names.COUNT\n"
                "    return frame.withColumn(name, F.upper(name))\n",
                "c_package/__init__.py": "",
                "c_package/names.py": "COUNT = 'count'\n",
                "c_package/deep.py": "from . import names\nfrom .names import COUNT\n\n\n"
                "def twice(frame, name):\n    assert name == COUNT == names.COUNT\n"
                "    return frame.withColumn(name, frame[name] * 2)\n",
            },
        ),
        python(
            "a function of a module in a Python UDF",
            IMPORTS,
            apart(
                "d",
                "from pyspark.sql.functions import udf\nfrom d_words import reverse\n"
                + BASE
                + "@dp.materialized_view\ndef r_udf():\n    back = udf(reverse, 'string')\n"
                "    return spark.read.table('r_base').select(back('v').alias('v')).distinct()\n",
            ),
            Step({"1.json": lines({"id": 1, "v": "abc"})}, tables={"rd_udf": Table([("cba>",)])}),
            Step({"2.json": lines({"id": 1, "v": "xy"})}, tables={"rd_udf": Table([("cba>",), ("yx>",)])}),
            files={"d_words.py": "END = '>'\n\n\ndef reverse(text):\n    return text[::-1] + END\n"},
        ),
        python(
            "a pandas UDF by its annotations",
            DEVELOP,
            "import pandas as pd\nfrom pyspark.sql.functions import pandas_udf\n"
            "@pandas_udf('long')\ndef plus(v: pd.Series) -> pd.Series:\n    return v + 1\n"
            "@dp.materialized_view\ndef rp_pandas():\n    return spark.range(2).select(plus('id').alias('n'))\n",
            Step(tables={"rp_pandas": Table([(1,), (2,)])}),
            Step(tables={"rp_pandas": Table([(1,), (2,)])}),
        ),
        python(
            "dp imported anew inside of a module that makes datasets",
            DEVELOP,
            "from e_factory import make\nfor name in ('x', 'y'):\n    make(spark, name)\n",
            Step(tables={"re_x": Table([("x",)], comment="made for x"), "re_y": Table([("y",)])}),
            Step(tables={"re_x": Table([("x",)]), "re_y": Table([("y",)])}),
            files={
                "e_factory.py": "import pyspark.pipelines as pipelines\n\n\ndef make(spark, name):\n"
                "    from pyspark import pipelines as dp\n    assert dp is pipelines\n"
                "    @dp.materialized_view(name=f're_{name}', comment=f'made for {name}')\n    def made():\n"
                "        return spark.createDataFrame([(name,)], 'n STRING')\n"
            },
        ),
        python(
            "tables from a list of settings, with default arguments that keep each one's",
            CONSIDERATIONS,
            apart("f", BASE)
            + apart(
                "f",
                "TABLES = [('r_first', 'id = 1', 'ones'), ('r_second', 'id = 2', 'twos')]\n"
                "for table_name, condition, note in TABLES:\n"
                "    @dp.table(name=table_name, comment=note)\n"
                "    @dp.expect_all_or_drop({f'{note} only': condition})\n"
                "    def load(condition=condition):\n"
                "        return spark.readStream.table('r_base').where(f'{condition} OR id = 3')\n",
            ),
            Step(
                ROWS,
                tables={
                    "rf_first": Table([(1,)], "id", comment="ones", rules={"ones only": (1, 0)}),
                    "rf_second": Table([(2,), (2,)], "id", comment="twos", rules={"twos only": (2, 0)}),
                },
            ),
            Step(
                NEXT,
                tables={
                    "rf_first": Table([(1,), (1,)], "id", rules={"ones only": (1, 1)}, dropped=1),
                    "rf_second": Table([(2,), (2,)], "id", rules={"twos only": (0, 1)}, dropped=1),
                },
            ),
        ),
        python(
            "parameters of the pipeline's configuration",
            PARAMETERS,
            "LIMIT = int(spark.conf.get('g.limit'))\nFALLBACK = spark.conf.get('g.absent', 'none')\n"
            "@dp.materialized_view(comment=f'at most {LIMIT}')\ndef rg_limited():\n"
            "    return spark.range(LIMIT).selectExpr('id', f\"'{FALLBACK}' AS f\", \"'${g.limit}' AS sql\")"
            ".unionAll(spark.sql(\"SELECT 9, '', '${g.limit}'\"))\n",
            Step(tables={"rg_limited": Table([(0, "none"), (1, "none"), (9, "")], "id, f", comment="at most 2")}),
            Step(tables={"rg_limited": Table([(3,)], "count(*)", written=0)}),
            configuration={"g.limit": "2"},
        ),
        notebook(
            "cells: markdown, SQL that defines, %run, titles, display",
            DEVELOP,
            "\n# COMMAND ----------\n\n# MAGIC %md\n# MAGIC # A title\n# MAGIC with `code`\n\n# COMMAND ----------\n\n"
            "# MAGIC %run ./h_shared\n\n# COMMAND ----------\n\n# DBTITLE 1,The view\n# MAGIC %sql\n"
            "# MAGIC CREATE OR REFRESH MATERIALIZED VIEW rh_sql COMMENT 'from a cell'\n"
            "# MAGIC AS SELECT id * 2 AS id FROM rh_python\n\n# COMMAND ----------\n\n"
            "@dp.materialized_view\ndef rh_python():\n    return spark.range(SHARED)\n\n# COMMAND ----------\n\n"
            "display(spark.range(1))\n",
            Step(tables={"rh_sql": Table([(0,), (2,)], comment="from a cell"), "rh_python": Table([(0,), (1,)])}),
            Step(tables={"rh_sql": Table([(0,), (2,)], written=0)}),
            files={"h_shared.py": NOTEBOOK["py"] + "# MAGIC %md shared\n\n# COMMAND ----------\nSHARED = 2\n"},
        ),
        Case(
            "Python and SQL files read each other's datasets",
            DEVELOP,
            {
                "1.py": "from pyspark import pipelines as dp\n"
                f"@dp.table\ndef ri_python():\n    return {READ}\n"
                "@dp.materialized_view\ndef ri_last():\n"
                "    return spark.read.table('ri_sql').agg({'n': 'sum'}).toDF('n')\n",
                "2.sql": "CREATE OR REFRESH MATERIALIZED VIEW ri_sql AS\n"
                "SELECT v, count(*) AS n FROM ri_python GROUP BY v",
            },
            [
                Step(ROWS, tables={"ri_sql": Table([("a", 1), ("b", 2)]), "ri_last": Table([(3,)])}),
                Step(NEXT, tables={"ri_sql": Table([("a", 2), ("b", 2), ("c", 1)]), "ri_last": Table([(5,)])}),
            ],
        ),
        python(
            "datasets in schemas and catalogs of their names",
            TABLE,
            "@dp.materialized_view(name='raw.rj_two')\ndef two():\n    return spark.range(1)\n"
            "@dp.table(name='main.default.rj_three')\ndef three():\n    return spark.readStream.table('raw.rj_two')\n"
            "@dp.materialized_view\ndef rj_own():\n    return spark.read.table('main.default.rj_three')\n",
            Step(
                tables={
                    "main.raw.rj_two": Table([(0,)]),
                    "main.default.rj_three": Table([(0,)]),
                    "rj_own": Table([(0,)]),
                }
            ),
            Step(tables={"rj_own": Table([(0,)], written=0)}),
        ),
        python(
            "a stream joined with a table takes the table as it is at each update",
            STATEFUL,
            apart("k", BASE) + "@dp.table\ndef rk_joined():\n    names = spark.read.table('main.raw.rk_names')\n"
            "    return spark.readStream.table('rk_base').join(names, 'v').select('id', 'name')\n",
            Step(
                ROWS,
                run=("CREATE OR REPLACE TABLE main.raw.rk_names AS SELECT * FROM VALUES ('a', 'ann') t(v, name)",),
                tables={"rk_joined": Table([(1, "ann")])},
            ),
            Step(
                NEXT,
                run=("INSERT INTO main.raw.rk_names VALUES ('b', 'bob'), ('c', 'cal')",),
                tables={"rk_joined": Table([(1, "ann"), (1, "ann"), (3, "cal")], written=2)},
            ),
        ),
        python(
            "duplicates within a watermark",
            STATEFUL,
            apart("l", BASE) + "@dp.table\ndef rl_distinct():\n    return (spark.readStream.table('rl_base')\n"
            "        .withWatermark('at', '30 minutes').dropDuplicatesWithinWatermark(['id']).select('id', 'v'))\n",
            Step(ROWS, tables={"rl_distinct": Table([(1, "a"), (2, "b")])}),
            Step(NEXT, tables={"rl_distinct": Table([(1, "a"), (2, "b"), (3, "c")], written=1)}),
        ),
        python(
            "windows are written when the watermark has passed them; what is later than that is lost",
            STATEFUL,
            apart("m", BASE) + "from pyspark.sql.functions import count, window\n@dp.table\ndef rm_windows():\n"
            "    return (spark.readStream.table('rm_base').withWatermark('at', '10 minutes')\n"
            "        .groupBy(window('at', '5 minutes'), 'v').agg(count('*').alias('n'))\n"
            "        .selectExpr(\"date_format(window.start, 'HH:mm') AS start\", 'v', 'n'))\n",
            Step(ROWS, tables={"rm_windows": Table([])}),
            Step(NEXT, tables={"rm_windows": Table([("10:00", "a", 2), ("10:00", "b", 2)])}),
        ),
        python(
            "sums over all of a stream without a watermark are kept and rewritten",
            STATEFUL,
            apart("n", BASE)
            + "from pyspark.sql.functions import count\n@dp.table\n@dp.expect('several', 'n > 1')\ndef rn_sums():\n"
            "    return spark.readStream.table('rn_base').groupBy('v').agg(count('*').alias('n'))\n"
            "@dp.materialized_view\ndef rn_after():\n    return spark.read.table('rn_sums').where('n > 1')\n",
            Step(
                ROWS,
                tables={
                    "rn_sums": Table([("a", 1), ("b", 2)], record={"tableType": "STREAMING_TABLE"}),
                    "rn_after": Table([("b", 2)]),
                },
            ),
            Step(
                NEXT, tables={"rn_sums": Table([("a", 2), ("b", 2), ("c", 1)]), "rn_after": Table([("a", 2), ("b", 2)])}
            ),
        ),
        python(
            "bronze, silver and gold over late data",
            PATTERNS,
            "from pyspark.sql import functions as F\n"
            f"@dp.table(table_properties={{'quality': 'bronze'}})\ndef ro_bronze():\n"
            f"    return {READ}.withColumn('src', F.lit('x'))\n"
            "@dp.temporary_view\ndef ro_typed():\n"
            "    return spark.readStream.table('ro_bronze').selectExpr('id', 'upper(v) v', 'to_date(at) day')\n"
            "@dp.table(table_properties={'quality': 'silver'})\n@dp.expect_or_drop('keyed', 'id IS NOT NULL')\n"
            "def ro_silver():\n"
            "    return spark.readStream.table('ro_typed')\n"
            "@dp.materialized_view(table_properties={'quality': 'gold'})\ndef ro_gold():\n"
            "    return spark.read.table('ro_silver').groupBy('day').agg(F.countDistinct('id').alias('ids'))\n",
            Step(
                {
                    "1.json": lines(
                        {"id": 1, "v": "a", "at": "2026-01-02T10:00:00Z"}, {"v": "lost", "at": "2026-01-02T10:00:00Z"}
                    )
                },
                tables={
                    "ro_bronze": Table([(2,)], "count(*)"),
                    "ro_silver": Table([(1, "A", "2026-01-02")], rules={"keyed": (1, 1)}, dropped=1),
                    "ro_gold": Table([("2026-01-02", 1)]),
                },
            ),
            Step(
                {
                    "2.json": lines(
                        {"id": 2, "v": "b", "at": "2026-01-01T10:00:00Z"},
                        {"id": 5, "v": "e", "at": "2026-01-02T23:00:00Z"},
                    )
                },
                tables={"ro_silver": Table(written=2), "ro_gold": Table([("2026-01-01", 1), ("2026-01-02", 2)])},
            ),
        ),
    ],
)


@pytest.mark.parametrize(**AREA.parameters)
def test_reading(corpus, case):
    corpus.check(AREA, case)
