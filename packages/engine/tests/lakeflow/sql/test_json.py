"""read_files over JSON: records, types, what is rescued."""

from __future__ import annotations

import pytest
from lakeflow.cases import Area, Step, Table, refused, sql

READ_FILES = "sql/language-manual/functions/read_files"
SCHEMA = "ingestion/cloud-object-storage/auto-loader/schema"
OPTIONS = "ingestion/cloud-object-storage/auto-loader/options"
NO_PATH = 'regexp_replace({column}, \',?"_file_path":"[^"]*"\', \'\')'


def stream(name: str, options: str = "") -> str:
    return (
        f"CREATE OR REFRESH STREAMING TABLE {name} AS SELECT *\n"
        f"FROM STREAM read_files('LANDING', format => 'json'{', ' if options else ''}{options})"
    )


def without_path(column: str) -> str:
    return NO_PATH.format(column=column)


RESCUED = without_path("_rescued_data")

AREA = Area(
    "json",
    [
        sql(
            "types by default, fields within columns too",
            READ_FILES,
            stream("typed"),
            Step(
                {"1.json": '{"id": 1, "at": {"x": 1.5, "y": 2}, "tags": ["a", "b"], "ok": true}\n'},
                tables={
                    "typed": Table(
                        [(1, "1.5", "b", True, None)],
                        "id, at.x, tags[1], ok, _rescued_data",
                        columns=[
                            "at struct<x:double,y:bigint>",
                            "id bigint",
                            "ok boolean",
                            "tags array<string>",
                            "_rescued_data string",
                        ],
                        written=1,
                    )
                },
            ),
            Step({"2.json": '{"id": 2}\n{"id": 3}\n'}, tables={"typed": Table([(1,), (2,), (3,)], "id", written=2)}),
        ),
        sql(
            "columns as text, fields within columns as their JSON",
            SCHEMA,
            stream("texts", "inferColumnTypes => false"),
            Step(
                {"1.json": '{"id": 1, "at": {"x": 1.5}}\n'},
                tables={
                    "texts": Table(
                        [('{"x":1.5}', "1", None)], columns=["at string", "id string", "_rescued_data string"]
                    )
                },
            ),
        ),
        sql(
            "cloud_files has Auto Loader's own defaults",
            "ldp/developer/ldp-sql-ref",
            "CREATE OR REFRESH STREAMING TABLE older AS SELECT * FROM cloud_files('LANDING', 'json');\n"
            "CREATE OR REFRESH STREAMING TABLE older_typed AS SELECT * FROM cloud_files('LANDING', 'json',\n"
            "  map('cloudFiles.inferColumnTypes', 'true', 'cloudFiles.schemaHints', 'id STRING'))",
            Step(
                {"1.json": '{"id": 1, "n": 2}\n'},
                tables={
                    "older": Table(columns=["id string", "n string", "_rescued_data string"]),
                    "older_typed": Table([("1", 2, None)], columns=["id string", "n bigint", "_rescued_data string"]),
                },
            ),
            Step({"2.json": '{"id": 2}\n'}, tables={"older": Table([("1", "2"), ("2", None)], "id, n", written=1)}),
        ),
        sql(
            "a value of another type is rescued, at any depth",
            SCHEMA,
            stream("misfit", "schemaHints => 'id INT, at STRUCT<x: INT, y: STRING>'"),
            Step(
                {"1.json": '{"id": 1, "at": {"x": 1, "y": "a"}}\n'},
                tables={"misfit": Table([(1, 1, "a", None)], "id, at.x, at.y, _rescued_data")},
            ),
            Step(
                {"2.json": '{"id": "two", "at": {"x": 2, "y": "b"}}\n{"id": 3, "at": {"x": "three", "y": "c"}}\n'},
                tables={
                    "misfit": Table(
                        [
                            (1, 1, "a", None),
                            (None, 2, "b", '{"id":"two"}'),
                            (3, None, "c", '{"at":"{\\"x\\":\\"three\\",\\"y\\":\\"c\\"}"}'),
                        ],
                        f"id, at.x, at.y, {RESCUED}",
                    )
                },
            ),
        ),
        sql(
            "a given schema with and without rescued data",
            READ_FILES,
            stream("given", "schema => 'id INT, name STRING'")
            + ";\n"
            + stream("given_rescued", "schema => 'id INT, name STRING', rescuedDataColumn => 'rest'"),
            Step(
                {"1.json": '{"id": 1, "name": "ann", "more": 5}\n'},
                tables={
                    "given": Table([(1, "ann")], columns=["id int", "name string"]),
                    "given_rescued": Table([(1, "ann", '{"more":"5"}')], f"id, name, {without_path('rest')}"),
                },
            ),
        ),
        sql(
            "documents over several lines",
            READ_FILES,
            stream("lines", "multiLine => true"),
            Step(
                {"1.json": '[\n {"id": 1},\n {"id": 2}\n]', "2.json": '{\n "id": 3\n}\n'},
                tables={"lines": Table([(1,), (2,), (3,)], "id", written=3)},
            ),
        ),
        sql(
            "an array on one line is its elements",
            READ_FILES,
            stream("arrays"),
            Step({"1.json": '[{"id": 1}, {"id": 2}]\n{"id": 3}\n'}, tables={"arrays": Table([(1,), (2,), (3,)], "id")}),
        ),
        sql(
            "what is no JSON is kept whole",
            READ_FILES,
            stream("broken", "schemaHints => 'id INT'"),
            Step({"1.json": '{"id": 1}\n'}, tables={"broken": Table([(1, None)])}),
            Step(
                {"2.json": '{"id": 2\n{"id": 3}\n'},
                tables={
                    "broken": Table(
                        [(1, None), (3, None), (None, '{"_corrupt_record":"{\\"id\\": 2"}')], f"id, {RESCUED}"
                    )
                },
            ),
        ),
        sql(
            "malformed records are dropped",
            READ_FILES,
            stream("dropping", "mode => 'DROPMALFORMED'"),
            Step({"1.json": '{"id": 1}\n'}, tables={"dropping": Table([(1,)], "id")}),
            Step({"2.json": '{"id": 2\n{"id": 3}\n'}, tables={"dropping": Table([(1,), (3,)], "id", written=1)}),
        ),
        sql(
            "malformed records fail the update",
            READ_FILES,
            stream("strict", "mode => 'FAILFAST'"),
            Step({"1.json": '{"id": 1}\n'}, tables={"strict": Table([(1,)], "id")}),
            Step({"2.json": '{"id": 2\n'}, fails=r"source\.sql:1:1: .*malformed JSON.*2\.json: \{.id.: 2"),
        ),
        sql(
            "the column of corrupt records",
            READ_FILES,
            stream("corrupt", "schema => 'id INT, bad STRING', columnNameOfCorruptRecord => 'bad'"),
            Step(
                {"1.json": '{"id": 1}\n{"id": 2\n'},
                tables={"corrupt": Table([(1, None), (None, '{"id": 2')])},
            ),
        ),
        sql(
            "comments, single quotes and names without quotes",
            READ_FILES,
            stream("lenient", "allowComments => true, allowSingleQuotes => true, allowUnquotedFieldNames => true"),
            Step(
                {"1.json": "{id: 1, 'name': 'ann' /* no more */}\n"},
                tables={"lenient": Table([(1, "ann")], "id, name")},
            ),
        ),
        sql(
            "dates and times in the files' own formats",
            READ_FILES,
            stream(
                "clock",
                "schema => 'd DATE, t TIMESTAMP', dateFormat => 'dd.MM.yyyy', timestampFormat => 'dd.MM.yyyy HH:mm'",
            ),
            Step(
                {"1.json": '{"d": "03.02.2026", "t": "03.02.2026 04:05"}\n'},
                tables={"clock": Table([("2026-02-03", "2026-02-03T04:05:00.000Z")])},
            ),
        ),
        sql(
            "exact decimals",
            READ_FILES,
            stream("exact", "prefersDecimal => true"),
            Step(
                {"1.json": '{"price": 1.25}\n'},
                tables={"exact": Table([("1.25",)], "price", columns=["price decimal(3,2)", "_rescued_data string"])},
            ),
        ),
        sql(
            "new fields become columns within the update",
            SCHEMA,
            stream("grown"),
            Step({"1.json": '{"id": 1}\n'}, tables={"grown": Table([(1,)], "id")}),
            Step(
                {"2.json": '{"id": 2, "extra": {"a": 1}}\n'},
                tables={
                    "grown": Table(
                        [(1, None), (2, 1)],
                        "id, extra.a",
                        columns=["id bigint", "_rescued_data string", "extra struct<a:bigint>"],
                    )
                },
            ),
        ),
        sql(
            "a field that differs by case is rescued and no new column",
            OPTIONS,
            stream("cased"),
            Step({"1.json": '{"id": 1}\n'}, tables={"cased": Table([(1,)], "id")}),
            Step(
                {"2.json": '{"ID": 2}\n'}, tables={"cased": Table([(1, None), (None, '{"ID":"2"}')], f"id, {RESCUED}")}
            ),
        ),
        sql(
            "evolution mode rescue",
            SCHEMA,
            stream("kept", "schemaEvolutionMode => 'rescue'"),
            Step({"1.json": '{"id": 1}\n'}, tables={"kept": Table([(1,)], "id")}),
            Step(
                {"2.json": '{"id": 2, "extra": 1}\n'},
                tables={"kept": Table([(1, None), (2, '{"extra":"1"}')], f"id, {RESCUED}")},
            ),
        ),
        sql(
            "hints for fields within columns",
            SCHEMA,
            stream("hinted", "schemaHints => 'at.day DATE, list.element STRING, at.more INT'"),
            Step(
                {"1.json": '{"at": {"day": "2026-02-03"}, "list": [1, 2]}\n'},
                tables={
                    "hinted": Table(
                        [("2026-02-03", "2", None)],
                        "at.day, list[1], at.more",
                        columns=["at struct<day:date,more:int>", "list array<string>", "_rescued_data string"],
                    )
                },
            ),
        ),
        sql(
            "the whole record as one variant",
            OPTIONS,
            stream("variants", "singleVariantColumn => 'record'"),
            Step(
                {"1.json": '{"id": 1, "at": {"x": 2}}\n'},
                tables={"variants": Table([(1, 2)], "record:id::INT, record:at.x::INT", columns=["record variant"])},
            ),
            Step({"2.json": '{"id": "b"}\n'}, tables={"variants": Table([("1",), ("b",)], "record:id::STRING")}),
        ),
        sql(
            "fields of JSON text by path",
            "sql/language-manual/functions/colonsign",
            "CREATE OR REFRESH STREAMING TABLE raw_lines AS\n"
            "SELECT value FROM STREAM read_files('LANDING', format => 'text');\n"
            "CREATE OR REFRESH STREAMING TABLE fields AS\n"
            "SELECT value:id::INT AS id, value:at.x AS x, value:list[0].n AS n, value:['odd name'] AS odd\n"
            "FROM STREAM(raw_lines)",
            Step(
                {"1.txt": '{"id": 1, "at": {"x": "a"}, "list": [{"n": 7}], "odd name": "o"}\n'},
                tables={"fields": Table([(1, "a", "7", "o")])},
            ),
        ),
        sql(
            "keys that differ by case are one column, and the other is rescued",
            SCHEMA,
            stream("one_case", "mode => 'PERMISSIVE'"),
            Step(
                {"1.json": '{"b":1,"Order_ID":1,"c":{"X":1}}\n', "2.json": '{"b":1,"order_id":2,"c":{"x":2}}\n'},
                tables={
                    "one_case": Table(
                        [(1, 1, 1, None, None), (1, None, None, "2", '{"x":2}')],
                        "b, Order_ID, c.X, _rescued_data:order_id, _rescued_data:c",
                    )
                },
            ),
        ),
        refused(
            "a hint for a field of text",
            SCHEMA,
            stream("wrong", "schema => 'at STRING', schemaHints => 'at.day DATE'"),
            r"source\.sql:2:.*at\.day.*no day within string",
        ),
        refused(
            "a hint that is none",
            SCHEMA,
            stream("wrong", "schemaHints => 'at STRUCT<x'"),
            r"source\.sql:2:.*schemaHints",
        ),
        refused(
            "matching names whatever their case",
            OPTIONS,
            stream("wrong", "readerCaseSensitive => false"),
            "readerCaseSensitive.*by case",
        ),
    ],
)


@pytest.mark.parametrize(**AREA.parameters)
def test_json(corpus, case):
    corpus.check(AREA, case)
