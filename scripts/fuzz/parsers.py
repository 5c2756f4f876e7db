"""Random SQL and notebooks for the engine's parsers, without Spark. Prints the counts and the findings as JSON."""

from __future__ import annotations

import json
import random
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "packages" / "engine" / "src"))

from lakehouse_engine.errors import EngineError  # noqa: E402
from lakehouse_engine.sources.notebook import cells  # noqa: E402
from lakehouse_engine.sources.sql.errors import SqlSourceError  # noqa: E402
from lakehouse_engine.sources.sql.register import parse_sql  # noqa: E402
from lakehouse_engine.sql import copy_into, row_changes, script  # noqa: E402

LONGEST = 2.0
STATEMENTS = [
    "CREATE OR REFRESH STREAMING TABLE a (id INT COMMENT 'x', CONSTRAINT c EXPECT (id > 0) ON VIOLATION DROP ROW) "
    "CLUSTER BY (id) AS SELECT * FROM STREAM read_files('/Volumes/a/b/c', format => 'csv')",
    "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT `a b`.x, count(*) AS n FROM t GROUP BY ALL",
    "CREATE FLOW f AS AUTO CDC INTO t FROM STREAM(s) KEYS (id) APPLY AS DELETE WHEN op = 'D' "
    "SEQUENCE BY struct(a, b) COLUMNS * EXCEPT (op) STORED AS SCD TYPE 2 TRACK HISTORY ON * EXCEPT (x)",
    "CREATE TEMPORARY VIEW v AS SELECT '${key}' AS k, {'a': 1}",
    "SET key = some value",
    "USE SCHEMA `x.y`",
    "COPY INTO t BY POSITION FROM (SELECT a::INT, _metadata.file_name FROM '/x') FILEFORMAT = CSV "
    "FILES = ('a', 'b') FORMAT_OPTIONS ('header' = 'true') COPY_OPTIONS ('force' = 'true')",
    "DELETE FROM t AS x WHERE id IN (SELECT id FROM s WHERE s.k = x.k)",
    "UPDATE t SET a = (SELECT max(b) FROM s), b = 2 WHERE EXISTS (SELECT 1 FROM s)",
    "BEGIN DECLARE x INT; IF x > 1 THEN SELECT CASE WHEN 1 THEN 2 END; END IF; END",
    "-- Databricks notebook source\n-- MAGIC %md\n-- MAGIC text\n\n-- COMMAND ----------\n%python\nprint(1)\n",
]
HOSTILE = [
    *["'", '"', "`", "``", "''", "\\", "\\'", "/*", "*/", "/* /*", "--", ";", ";;", "(", ")", "[", "]", "{", "}", "$$"],
    *[
        "\0",
        "\u2028",
        "\ufeff",
        "\ud800",
        "é",
        "😀",
        "${",
        "${x",
        "${x}",
        ":p",
        "?",
        "r'\\'",
        "0x",
        "1e",
        "1.",
        ".5",
        "::",
    ],
    *[
        "CREATE",
        "SELECT",
        "AS",
        "FROM",
        "END",
        "BEGIN",
        "CASE",
        "NOT",
        "=>",
        "(" * 2000,
        "x" * 5000,
        "a." * 300,
        " " * 5000,
    ],
    *["\r", "\r\n", "\t", "%run ../x", "# COMMAND ----------", "-- COMMAND ----------", "MAGIC", "__proto__"],
]


def mutated(choose: random.Random) -> str:
    text = choose.choice(STATEMENTS)
    for _ in range(choose.randint(0, 4)):
        at, length = choose.randint(0, len(text)), choose.choice([0, 0, 1, 5, 40])
        text = text[:at] + choose.choice([*HOSTILE, choose.choice(STATEMENTS)]) + text[at + length :]
    return text


PARSERS: dict[str, Callable[[str], object]] = {
    "pipeline SQL": lambda text: parse_sql(text, "/a.sql", {"key": "value"}),
    "SQL script": script.split,
    "COPY INTO": copy_into.parse,
    "row changes": row_changes.parse,
    "SQL notebook": lambda text: cells(text, "SQL"),
    "Python notebook": lambda text: cells(text, "PYTHON"),
}


def tried(what: str, parse: Callable[[str], object], text: str) -> list[dict[str, str]]:
    began = time.monotonic()
    try:
        parse(text)
    except (EngineError, SqlSourceError):
        pass
    except Exception:
        return [{"what": f"{what}: {traceback.format_exc(limit=-3)}", "how": json.dumps(text[:2000])}]
    took = time.monotonic() - began
    return [{"what": f"{what} took {took:.1f} s", "how": json.dumps(text[:2000])}] if took > LONGEST else []


def main(seed: int, count: int) -> None:
    choose = random.Random(seed)
    findings: list[dict[str, str]] = []
    for _ in range(count):
        text = mutated(choose)
        for what, parse in PARSERS.items():
            findings += tried(what, parse, text)
    print(json.dumps({"counts": dict.fromkeys(PARSERS, count), "findings": findings}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
