"""What queries may say: parameters, SET, USE, names of every length, cells of notebooks, streams, tables of others."""

from __future__ import annotations

import pytest
from lakeflow.cases import NOTEBOOK, Area, Case, Step, Table, sql

SQL = "ldp/developer/sql-dev"
PARAMETERS = "ldp/parameters"
ROWS = {"1.csv": "id,name,n\n1,ann,5\n2,bob,-3\n3,,7\n"}
LATER = {"2.csv": "id,name,n\n0,late,1\n,lost,2\n"}
FILES = "STREAM read_files('LANDING', format => 'csv', schema => 'id INT, name STRING, n INT', header => true)"

AREA = Area(
    "queries",
    [
        sql(
            "configuration of the pipeline and SET",
            PARAMETERS,
            "SET own.limit = 4;\n"
            "CREATE OR REFRESH MATERIALIZED VIEW ${outer.name} AS\n"
            "SELECT '${outer.word}' AS word, ${own.limit} AS lim -- ${not.read}",
            Step(tables={"from_outside": Table([("it is", 4)])}),
            configuration={"outer.name": "from_outside", "outer.word": "it is"},
        ),
        sql(
            "parameters of the pipeline are strings, also as parts of names and as options",
            PARAMETERS,
            "CREATE OR REFRESH MATERIALIZED VIEW IDENTIFIER(:made || '_here') AS\n"
            "SELECT :named AS named, CAST(:day AS DATE) AS day, doc:day AS field FROM VALUES ('{\"day\": 7}') t(doc);\n"
            "CREATE OR REFRESH STREAMING TABLE headed AS SELECT id FROM STREAM read_files('LANDING', format => :kind,"
            " schema => 'id INT, name STRING, n INT', header => true);\n"
            "CREATE OR REFRESH MATERIALIZED VIEW found AS SELECT count(*) AS n FROM IDENTIFIER(:schema || '.headed')",
            Step(
                ROWS,
                tables={
                    "of_name_here": Table([("o'clock", "2026-01-02", "7")]),
                    "headed": Table([(1,), (2,), (3,)]),
                    "found": Table([(3,)]),
                },
            ),
            parameters={
                "made": "of_name",
                "named": "o'clock",
                "day": "2026-01-02",
                "kind": "csv",
                "schema": "queries",
            },
        ),
        sql(
            "SET is the flows' setting",
            SQL,
            "SET spark.sql.session.timeZone = America/Sao_Paulo;\n"
            "CREATE OR REFRESH MATERIALIZED VIEW zoned"
            " AS SELECT date_format(timestamp '2026-01-01 00:00:00Z', 'HH:mm') AS t",
            Step(tables={"zoned": Table([("21:00",)])}),
        ),
        Case(
            "USE CATALOG and USE SCHEMA",
            SQL,
            {
                "source.sql": "USE CATALOG main;\nUSE SCHEMA raw;\n"
                "CREATE OR REFRESH PRIVATE MATERIALIZED VIEW inner_raw AS SELECT 1 AS a;\n"
                "CREATE OR REFRESH MATERIALIZED VIEW in_raw AS SELECT a FROM inner_raw;\n"
                "CREATE OR REFRESH MATERIALIZED VIEW default.in_default AS SELECT a + 1 AS a FROM in_raw;\n"
                "USE main.queries;\n"
                "CREATE OR REFRESH MATERIALIZED VIEW at_home AS SELECT a FROM default.in_default"
            },
            (
                Step(
                    tables={
                        "main.raw.in_raw": Table([(1,)]),
                        "main.default.in_default": Table([(2,)]),
                        "at_home": Table([(2,)]),
                    }
                ),
            ),
        ),
        sql(
            "names of one to three parts, in quotes and in any case",
            SQL,
            "CREATE OR REFRESH MATERIALIZED VIEW `odd-name` AS SELECT 1 AS `a-b`;\n"
            "CREATE OR REFRESH MATERIALIZED VIEW Main.Queries.Loud AS SELECT `a-b` + 1 AS c FROM `odd-name`;\n"
            "CREATE OR REFRESH MATERIALIZED VIEW queries.quiet AS SELECT c FROM main.QUERIES.loud",
            Step(tables={"`odd-name`": Table([(1,)]), "loud": Table([(2,)]), "quiet": Table([(2,)])}),
        ),
        Case(
            "a notebook with cells in other languages",
            "notebooks/notebook-export-import",
            {
                "notebook.sql": NOTEBOOK["sql"]
                + "-- MAGIC %md\n-- MAGIC ## Not a statement; really\n\n-- COMMAND ----------\n\n"
                "CREATE OR REFRESH MATERIALIZED VIEW of_cell AS SELECT ';' AS a -- ;\n\n-- COMMAND ----------\n\n"
                "-- MAGIC %python\n-- MAGIC from pyspark import pipelines as dp\n-- MAGIC\n"
                "-- MAGIC @dp.materialized_view\n-- MAGIC def of_python():\n"
                "-- MAGIC     return spark.read.table('of_cell')\n\n-- COMMAND ----------\n\n"
                "-- DBTITLE 1,The last one\n"
                "CREATE OR REFRESH MATERIALIZED VIEW of_both AS SELECT a || '!' AS a FROM of_python;\n",
            },
            (Step(tables={"of_both": Table([(";!",)])}),),
        ),
        sql(
            "queries of every kind",
            SQL,
            "CREATE OR REFRESH MATERIALIZED VIEW q_values AS VALUES (1, 'a'), (2, 'b') AS t(id, v);\n"
            "CREATE OR REFRESH MATERIALIZED VIEW q_with AS WITH q_values AS (SELECT id * 10 AS id"
            " FROM q_values) SELECT * FROM q_values;\n"
            "CREATE OR REFRESH MATERIALIZED VIEW q_table AS TABLE q_with;\n"
            "CREATE OR REFRESH MATERIALIZED VIEW q_from AS FROM q_table |> WHERE id > 10;\n"
            "CREATE OR REFRESH MATERIALIZED VIEW q_brackets AS (SELECT id FROM q_from UNION ALL (SELECT (1)));\n"
            "CREATE OR REFRESH MATERIALIZED VIEW q_inner AS SELECT * FROM q_values WHERE id IN (SELECT id"
            " FROM q_brackets)",
            Step(tables={"q_brackets": Table([(20,), (1,)]), "q_inner": Table([(1, "a")])}),
        ),
        sql(
            "streams joined with what does not stream, and with windows",
            "ldp/transform",
            f"CREATE OR REFRESH STREAMING TABLE facts AS SELECT * FROM {FILES};\n"
            "CREATE OR REFRESH MATERIALIZED VIEW names AS SELECT * FROM VALUES (1, 'one'), (2, 'two') AS t(id, word);\n"
            "CREATE OR REFRESH STREAMING TABLE joined AS SELECT f.id, word FROM STREAM(facts) AS f LEFT JOIN names"
            " USING (id);\n",
            Step(ROWS, tables={"joined": Table([(1, "one"), (2, "two"), (3, None)])}),
            Step(LATER, tables={"joined": Table([(5,)], "count(*)", written=2)}),
        ),
        sql(
            "a table from outside of the pipeline, in batch and as a stream",
            SQL,
            "CREATE OR REFRESH STREAMING TABLE from_table AS SELECT * FROM STREAM main.raw.given_st;\n"
            "CREATE OR REFRESH MATERIALIZED VIEW of_table AS SELECT sum(a) AS s FROM main.raw.given_st",
            Step(
                run=["CREATE OR REPLACE TABLE main.raw.given_st AS SELECT 1 AS a"],
                tables={"from_table": Table([(1,)]), "of_table": Table([(1,)])},
            ),
            Step(
                run=["INSERT INTO main.raw.given_st VALUES (5)"],
                tables={"from_table": Table([(1,), (5,)], written=1), "of_table": Table([(6,)])},
            ),
        ),
    ],
)


@pytest.mark.parametrize(**AREA.parameters)
def test_queries(corpus, case):
    corpus.check(AREA, case)
