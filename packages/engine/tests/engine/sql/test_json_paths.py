"""`column:path` on strings, as Databricks reads it (sql/language-manual/functions/colonsign)."""

from __future__ import annotations

import pytest
from lakehouse_engine.testing import EngineFailed, EngineProcess

JSON = '{"a": {"b": [1, 2], "b c": "q", "d": "5"}, "none": null}'
ROWS = f" FROM VALUES ('{JSON}') t(s)"


@pytest.mark.parametrize(
    ("expression", "value", "name"),
    [
        ("s:a.d", "5", "d"),
        ("s:a:d", "5", "d"),
        ("t.s :a .d", "5", "d"),
        ("s:a.b", "[1,2]", "b"),
        ("s:a.b[1]", "2", "b"),
        ("s:a['b c']", "q", None),
        ("s:a.`b c`", "q", None),
        ("s:none", None, "none"),
        ("s:absent.deeper", None, "deeper"),
        ("s:a.d::bigint + 1 AS n", "6", "n"),
        ("concat(s:a.d, '-') AS n", "5-", "n"),
        ("size(from_json(s:a.b, 'array<int>')) AS n", "2", "n"),
        ("parse_json(s):a.d::string AS n", "5", "n"),
        ("s:A.D", "5", "D"),
        ("s:A.`B C`", "q", None),
        ("s:['A']", None, None),
        ("s:['a']['b'][0]", "1", None),
        ("s:a.b[*]", "[1,2]", "b"),
    ],
)
def test_a_path_reads_its_value(engine: EngineProcess, expression: str, value: str | None, name: str | None):
    assert engine.sql(f"SELECT {expression}{ROWS}") == [[value]]
    if name is not None:
        assert [column["name"] for column in engine.result["columns"]] == [name]


# The sample of sql/language-manual/sql-ref-json-path-expression, in short.
STORE = (
    '{"store":{"fruit":[{"weight":8,"type":"apple"}],"basket":[[1,2,{"b":"y","a":"x"}],[3,4],[5,6]],'
    '"book":[{"author":"Nigel","price":8.950},{"author":"Herman","isbn":"0-553"},{"isbn":"0-395",'
    '"reader":[{"age":25,"name":"bob"}]}]},"owner":"amy","zip code":"94025","fb:testid":"1234"}'
)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("OWNER", "amy"),
        ("['OWNER']", None),
        ("`Zip Code`", "94025"),
        ("`fb:testid`", "1234"),
        ("store.book[*].isbn", '[null,"0-553","0-395"]'),
        ("store.book[*]['isbn']", '[null,"0-553","0-395"]'),
        ("store.book[0].price", "8.950"),
        ("store.basket[*]", '[[1,2,{"b":"y","a":"x"}],[3,4],[5,6]]'),
        ("store.basket[*][0]", "[1,3,5]"),
        ("store.basket[0][*]", '[1,2,{"b":"y","a":"x"}]'),
        ("store.basket[*][*]", '[1,2,{"b":"y","a":"x"},3,4,5,6]'),
        ("store.basket[0][2].b", "y"),
        ("store.book[*].reader", '[null,null,[{"age":25,"name":"bob"}]]'),
        ("store.fruit[5].type", None),
        ("owner[*]", None),
    ],
)
def test_paths_of_the_documented_sample(engine: EngineProcess, path: str, value: str | None):
    assert engine.sql(f"SELECT raw:{path} FROM VALUES ('{STORE}') t(raw)") == [[value]]


def test_paths_work_in_conditions_groups_common_tables_and_views(engine: EngineProcess):
    engine.sql(f"CREATE OR REPLACE VIEW main.default.json_paths AS SELECT s:a.d, s{ROWS}")
    assert engine.sql(
        "WITH c AS (SELECT * FROM main.default.json_paths) SELECT s:a.d k, count(*) n FROM c "
        "WHERE s:a.d = '5' AND EXISTS (SELECT 1 FROM c WHERE s:a IS NOT NULL) GROUP BY s:a.d ORDER BY s:a.d"
    ) == [["5", "1"]]
    assert engine.sql("SELECT d FROM main.default.json_paths") == [["5"]]


def test_a_path_into_a_number_is_refused(engine: EngineProcess):
    with pytest.raises(EngineFailed, match=r"reads a path of a STRING's JSON or of a VARIANT; this is INT"):
        engine.sql("SELECT n:a FROM VALUES (1) t(n)")
