"""Which files are read, once; parquet, text and binaryFile; what `_metadata` says."""

from __future__ import annotations

import io

import pyarrow
import pyarrow.orc
import pyarrow.parquet
import pytest
from lakeflow.cases import Area, Step, Table, sql

READ_FILES = "sql/language-manual/functions/read_files"
OPTIONS = "ingestion/cloud-object-storage/auto-loader/options"
SCHEMA = "ingestion/cloud-object-storage/auto-loader/schema"
METADATA = "ingestion/file-metadata-column"


def parquet(**columns: list) -> bytes:
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), out)
    return out.getvalue()


def orc(**columns: list) -> bytes:
    out = io.BytesIO()
    pyarrow.orc.write_table(pyarrow.table(columns), out)
    return out.getvalue()


def stream(name: str, arguments: str, columns: str = "*") -> str:
    return f"CREATE OR REFRESH STREAMING TABLE {name} AS SELECT {columns}\nFROM STREAM read_files({arguments})"


RESCUED = 'regexp_replace(_rescued_data, \',?"_file_path":"[^"]*"\', \'\')'

ODD = ("[x]", "a{b,c}", "q?", "s*", "p%20q", "a b", "ü", "it's", "#h")

AREA = Area(
    "files",
    [
        sql(
            "parquet",
            READ_FILES,
            stream("pq", "'LANDING', format => 'parquet'"),
            Step(
                {"1.parquet": parquet(id=[1, 2], name=["a", None])},
                tables={
                    "pq": Table(
                        [(1, "a", None), (2, None, None)], columns=["id bigint", "name string", "_rescued_data string"]
                    )
                },
            ),
            Step(
                {"2.parquet": parquet(id=[3], extra=[1.5])},
                tables={"pq": Table([(1, "a", None), (2, None, None), (3, None, "1.5")], "id, name, extra", written=1)},
            ),
        ),
        sql(
            "parquet columns that the schema lacks are rescued",
            SCHEMA,
            stream(
                "pq_given",
                "'LANDING', format => 'parquet', schema => 'id BIGINT', rescuedDataColumn => '_rescued_data'",
            ),
            Step({"1.parquet": parquet(id=[1])}, tables={"pq_given": Table([(1, None)])}),
            Step(
                {"2.parquet": parquet(id=[2], extra=["x"])},
                tables={"pq_given": Table([(1, None), (2, '{"extra":"x"}')], f"id, {RESCUED}")},
            ),
        ),
        *(
            sql(
                f"values of {kind} that are not of the column's type are rescued",
                SCHEMA,
                stream(
                    f"{kind}_typed",
                    f"'LANDING', format => '{kind}', rescuedDataColumn => '_rescued_data', "
                    "schema => 'Id BIGINT, amount DOUBLE, s STRUCT<a: BIGINT, b: STRING>, n BIGINT'",
                ),
                Step(
                    {
                        f"1.{kind}": made(id=[1, 2], amount=["x", None], s=[{"a": 1, "c": True}, {"a": 2, "c": None}]),
                        f"2.{kind}": made(id=[3], amount=[1.5], s=[{"a": 3, "b": "y"}], n=["z"]),
                        f"3.{kind}": made(n=pyarrow.array([4], pyarrow.int32()), s=["text"]),
                    },
                    tables={
                        f"{kind}_typed": Table(
                            [
                                (1, None, 1, None, None, '{"amount":"x","s":{"c":true}}'),
                                (2, None, 2, None, None, None),
                                (3, 1.5, 3, "y", None, '{"n":"z"}'),
                                (None, None, None, None, 4, '{"s":"text"}'),
                            ],
                            f"id, amount, s.a, s.b, n, {RESCUED}",
                        )
                    },
                ),
            )
            for kind, made in (("parquet", parquet), ("orc", orc))
        ),
        sql(
            "parquet files that type a column differently",
            SCHEMA,
            stream("pq_mixed", "'LANDING', format => 'parquet'") + ";\n"
            "CREATE MATERIALIZED VIEW pq_batch AS SELECT * FROM read_files('LANDING', format => 'parquet')",
            Step(
                {"1.parquet": parquet(v=[1]), "2.parquet": parquet(v=["text"], w=[True])},
                tables={
                    "pq_mixed": Table([(1, None, None), (None, True, '{"v":"text"}')], f"v, w, {RESCUED}"),
                    "pq_batch": Table([(1, None, None), (None, True, '{"v":"text"}')], f"v, w, {RESCUED}"),
                },
            ),
        ),
        sql(
            "parquet in evolution mode rescue",
            SCHEMA,
            stream("pq_kept", "'LANDING', format => 'parquet', schemaEvolutionMode => 'rescue'"),
            Step({"1.parquet": parquet(id=[1])}, tables={"pq_kept": Table([(1, None)])}),
            Step(
                {"2.parquet": parquet(id=[2], extra=[7])},
                tables={"pq_kept": Table([(1, None), (2, '{"extra":7}')], f"id, {RESCUED}")},
            ),
        ),
        sql(
            "lines of text",
            READ_FILES,
            stream("lines", "'LANDING', format => 'text'"),
            Step({"1.txt": "one\ntwo\n"}, tables={"lines": Table([("one",), ("two",)], columns=["value string"])}),
            Step({"2.txt": "three"}, tables={"lines": Table([("one",), ("two",), ("three",)], written=1)}),
        ),
        sql(
            "whole files of text",
            READ_FILES,
            stream("whole", "'LANDING', format => 'text', wholeText => true"),
            Step({"1.txt": "one\ntwo\n"}, tables={"whole": Table([("one\ntwo\n",)])}),
        ),
        sql(
            "text with its own line separator",
            READ_FILES,
            stream("parted", "'LANDING', format => 'text', lineSep => ';'"),
            Step({"1.txt": "one;two"}, tables={"parted": Table([("one",), ("two",)])}),
        ),
        sql(
            "binary files",
            READ_FILES,
            stream("images", "'LANDING', format => 'binaryFile'", "*"),
            Step(
                {"1.bin": b"\x00\x01"},
                tables={
                    "images": Table(
                        [("1.bin", 2, "0001")],
                        "regexp_extract(path, '[^/]+$', 0), length, hex(content)",
                        columns=["path string", "modificationTime timestamp", "length bigint", "content binary"],
                    )
                },
            ),
            Step({"2.bin": b"\xff"}, tables={"images": Table([(2,), (1,)], "length", written=1)}),
        ),
        sql(
            "metadata of files, csv and json",
            METADATA,
            stream(
                "meta_csv",
                "'LANDING/csv', format => 'csv'",
                "id, _metadata.file_name AS file, _metadata.file_size AS size, _metadata.file_path AS path",
            )
            + ";\n"
            + stream(
                "meta_json",
                "'LANDING/json', format => 'json'",
                "id, _metadata.file_name AS file, _metadata.file_size AS size, _metadata.file_modification_time AS at",
            ),
            Step(
                {"csv/a.csv": "id\n1\n", "json/b.json": '{"id": 2}\n'},
                tables={
                    "meta_csv": Table([(1, "a.csv", 5, True)], "id, file, size, path LIKE '%/csv/a.csv'"),
                    "meta_json": Table([(2, "b.json", 10, True)], "id, file, size, at > '2020-01-01'"),
                },
            ),
        ),
        sql(
            "metadata of parquet, text and binary files",
            METADATA,
            stream("meta_pq", "'LANDING/pq', format => 'parquet'", "id, _metadata.file_name AS file")
            + ";\n"
            + stream("meta_text", "'LANDING/txt', format => 'text'", "value, _metadata.file_name AS file")
            + ";\n"
            + stream("meta_bin", "'LANDING/txt', format => 'binaryFile'", "length, _metadata.file_name AS file"),
            Step(
                {"pq/a.parquet": parquet(id=[1]), "txt/b.txt": "x"},
                tables={
                    "meta_pq": Table([(1, "a.parquet")]),
                    "meta_text": Table([("x", "b.txt")]),
                    "meta_bin": Table([(1, "b.txt")]),
                },
            ),
        ),
        sql(
            "all of the metadata as one column",
            METADATA,
            stream("meta_all", "'LANDING', format => 'csv'", "id, _metadata"),
            Step({"a.csv": "id\n1\n"}, tables={"meta_all": Table([(1, "a.csv")], "id, _metadata.file_name")}),
        ),
        sql(
            "metadata under another name of the files, in a pipeline and in a statement",
            METADATA,
            "CREATE OR REFRESH STREAMING TABLE meta_named AS SELECT f.id, f._metadata.file_name AS file\n"
            "FROM STREAM read_files('LANDING', format => 'json') AS f",
            Step(
                {"a.json": '{"id": 1}\n'},
                tables={"meta_named": Table([(1, "a.json")])},
                queries={
                    "SELECT f.*, f._metadata.file_name\n"
                    "FROM read_files('LANDING', schema => 'id INT', format => 'json') f": [(1, "a.json")],
                    "SELECT value, _metadata.file_name FROM read_files('LANDING', format => 'text')": [
                        ('{"id": 1}', "a.json")
                    ],
                },
            ),
        ),
        sql(
            "folders below the path",
            READ_FILES,
            stream("deep", "'LANDING', format => 'csv'", "id"),
            Step({"a/1.csv": "id\n1\n", "2.csv": "id\n2\n"}, tables={"deep": Table([(1,), (2,)])}),
            Step({"a/b/c/3.csv": "id\n3\n"}, tables={"deep": Table([(1,), (2,), (3,)], written=1)}),
        ),
        sql(
            "globs",
            READ_FILES,
            stream("star", "'LANDING/day=*/x', format => 'csv', schema => 'id INT', header => true", "id")
            + ";\n"
            + stream("braces", "'LANDING/{day=1,day=3}/x/*.csv', format => 'csv', header => true", "id")
            + ";\n"
            + stream("class", "'LANDING/day=[^1]/x/?.csv', format => 'csv', header => true", "id"),
            Step(
                {"day=1/x/1.csv": "id\n1\n", "day=2/x/2.csv": "id\n2\n", "day=2/y/9.csv": "id\n9\n"},
                tables={"star": Table([(1,), (2,)]), "braces": Table([(1,)]), "class": Table([(2,)])},
            ),
            Step(
                {"day=3/x/3.csv": "id\n3\n", "day=3/x/33.csv": "id\n33\n"},
                tables={
                    "star": Table([(1,), (2,), (3,), (33,)]),
                    "braces": Table([(1,), (3,), (33,)]),
                    "class": Table([(2,), (3,)]),
                },
            ),
        ),
        sql(
            "names by a pattern",
            READ_FILES,
            stream("named", "'LANDING', format => 'csv', pathGlobFilter => '*.{csv,txt}'", "id")
            + ";\n"
            + stream("named_too", "'LANDING', format => 'csv', fileNamePattern => 'a*'", "id"),
            Step(
                {
                    "a.csv": "id\n1\n",
                    "b.txt": "id\n2\n",
                    "c.dat": "id\n3\n",
                    "_hidden.csv": "id\n4\n",
                    ".dot.csv": "id\n5\n",
                },
                tables={"named": Table([(1,), (2,)]), "named_too": Table([(1,)])},
            ),
        ),
        sql(
            "partition folders become columns with types",
            SCHEMA,
            stream("parts", "'LANDING', format => 'csv'", "*")
            + ";\n"
            + stream("parts_json", "'LANDING', format => 'csv', partitionColumns => 'year'", "id, year"),
            Step(
                {"year=2025/country=br/1.csv": "id\n1\n"},
                tables={
                    "parts": Table([(1, 2025, "br", None)], "id, year, country, _rescued_data"),
                    "parts_json": Table([(1, 2025)]),
                },
            ),
            Step(
                {"year=2026/country=de/2.csv": "id\n2\n"},
                tables={
                    "parts": Table([(1, 2025, "br"), (2, 2026, "de")], "id, year, country"),
                    "parts_json": Table([(1, 2025), (2, 2026)]),
                },
            ),
        ),
        sql(
            "partition folders of json, as text where types are not inferred",
            SCHEMA,
            stream("parts_of_json", "'LANDING', format => 'json', inferColumnTypes => false", "id, year"),
            Step(
                {"year=2025/1.json": '{"id": 1}\n'},
                tables={"parts_of_json": Table([("1", "2025")], columns=["id string", "year string"])},
            ),
            Step({"year=2026/2.json": '{"id": 2}\n'}, tables={"parts_of_json": Table([("1", "2025"), ("2", "2026")])}),
        ),
        sql(
            "partition folders beside a given schema, and without them",
            READ_FILES,
            stream("parts_given", "'LANDING', format => 'csv', header => true, schema => 'id INT, year INT'")
            + ";\n"
            + stream("parts_left", "'LANDING', format => 'csv', header => true, schema => 'id INT'")
            + ";\n"
            + stream("parts_off", "'LANDING', format => 'csv', recursiveFileLookup => true", "*"),
            Step(
                {"year=2025/1.csv": "id\n1\n"},
                tables={
                    "parts_given": Table([(1, 2025)]),
                    "parts_left": Table([(1,)]),
                    "parts_off": Table([(1, None)], columns=["id int", "_rescued_data string"]),
                },
            ),
        ),
        sql(
            "files by time of change",
            READ_FILES,
            stream("late", "'LANDING', format => 'csv', modifiedAfter => '2020-01-01T00:00:00'", "id")
            + ";\n"
            + stream(
                "never",
                "'LANDING', format => 'csv', modifiedBefore => '2020-01-01T00:00:00', schema => 'id INT'",
                "id",
            ),
            Step({"1.csv": "id\n1\n"}, tables={"late": Table([(1,)]), "never": Table([])}),
        ),
        sql(
            "only files that come after the first start",
            OPTIONS,
            stream("fresh", "'LANDING', format => 'csv', includeExistingFiles => false", "id"),
            Step({"1.csv": "id\n1\n"}, tables={"fresh": Table([])}),
            Step({"2.csv": "id\n2\n"}, tables={"fresh": Table([(2,)])}),
        ),
        sql(
            "small batches",
            OPTIONS,
            stream("small", "'LANDING', format => 'csv', maxFilesPerTrigger => 1", "id")
            + ";\n"
            + stream(
                "small_bytes", "'LANDING', format => 'csv', maxBytesPerTrigger => '4b', maxFilesPerTrigger => 10", "id"
            ),
            Step(
                {"1.csv": "id\n1\n", "2.csv": "id\n2\n", "3.csv": "id\n3\n"},
                tables={"small": Table([(1,), (2,), (3,)], written=3), "small_bytes": Table([(1,), (2,), (3,)])},
            ),
        ),
        sql(
            "how files are found does not change what is read",
            OPTIONS,
            stream(
                "found",
                "'LANDING', format => 'csv', `cloudFiles.useIncrementalListing` => 'auto', maxFileAge => '30 days', "
                "backfillInterval => '1 day', useNotifications => true, useManagedFileEvents => false, "
                "cleanSource => 'OFF'",
                "id",
            ),
            Step({"1.csv": "id\n1\n"}, tables={"found": Table([(1,)])}),
        ),
        sql(
            "unknown options without validation",
            OPTIONS,
            stream("lenient", "'LANDING', format => 'csv', validateOptions => false, headers => true", "id"),
            Step({"1.csv": "id\n1\n"}, tables={"lenient": Table([(1,)])}),
        ),
        sql(
            "a file that does not change is not read again, and one that is deleted is not missed",
            READ_FILES,
            stream("once", "'LANDING', format => 'csv', schema => 'id INT', header => true"),
            Step({"1.csv": "id\n1\n"}, tables={"once": Table([(1,)], written=1)}),
            Step({"2.csv": "id\n2\n"}, tables={"once": Table([(1,), (2,)], written=1)}),
            Step(tables={"once": Table([(1,), (2,)], written=0)}),
        ),
        sql(
            "binary files in a batch query",
            READ_FILES,
            "CREATE OR REFRESH MATERIALIZED VIEW batch_of_files AS\n"
            "SELECT count(*) AS files FROM read_files('LANDING', format => 'binaryFile')",
            Step({"1.bin": b"x"}, tables={"batch_of_files": Table([(1,)])}),
            Step({"2.bin": b"x"}, tables={"batch_of_files": Table([(2,)])}),
        ),
        sql(
            "files whose names have characters of patterns",
            READ_FILES,
            stream("odd_names", "'LANDING', format => 'csv'", "id")
            + ";\nCREATE OR REFRESH MATERIALIZED VIEW odd_names_batch AS\n"
            "SELECT * FROM read_files('LANDING', format => 'csv')",
            Step(
                {f"{name}.csv": f"id\n{at}\n" for at, name in enumerate(ODD)},
                tables={
                    "odd_names": Table([(at,) for at in range(len(ODD))]),
                    "odd_names_batch": Table([(at,) for at in range(len(ODD))], "id"),
                },
            ),
        ),
    ],
)


@pytest.mark.parametrize(**AREA.parameters)
def test_files(corpus, case):
    corpus.check(AREA, case)
