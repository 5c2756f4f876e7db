"""read_files over CSV: what its options do, over two updates."""

from __future__ import annotations

import pytest
from lakeflow.cases import Area, Step, Table, refused, sql

READ_FILES = "sql/language-manual/functions/read_files"
OPTIONS = "ingestion/cloud-object-storage/auto-loader/options"
SCHEMA = "ingestion/cloud-object-storage/auto-loader/schema"


def stream(name: str, options: str, columns: str = "*") -> str:
    return (
        f"CREATE OR REFRESH STREAMING TABLE {name} AS SELECT {columns}\n"
        f"FROM STREAM read_files('LANDING', format => 'csv'{', ' if options else ''}{options})"
    )


def rescued(name: str) -> str:
    """The rescued values of the rows without their file's path."""
    return f'regexp_replace({name}._rescued_data, \',?"_file_path":"[^"]*"\', \'\')'


AREA = Area(
    "csv",
    [
        sql(
            "header, types and rescued data by default",
            READ_FILES,
            stream("plain", ""),
            Step(
                {"1.csv": "id,name,price,day\n1,ann,1.5,2026-01-02\n2,,7,2026-01-03\n"},
                tables={
                    "plain": Table(
                        [(1, "ann", "1.5", "2026-01-02", None), (2, None, "7.0", "2026-01-03", None)],
                        columns=["id int", "name string", "price double", "day date", "_rescued_data string"],
                        written=2,
                    )
                },
            ),
            Step({"2.csv": "id,name\n3,cal\n"}, tables={"plain": Table([(1,), (2,), (3,)], "id", written=1)}),
        ),
        sql(
            "a value that is not of the inferred type is rescued",
            SCHEMA,
            stream("misfit", ""),
            Step({"1.csv": "id,n\n1,10\n"}, tables={"misfit": Table([(1, 10, None)])}),
            Step(
                {"2.csv": "id,n\n2,many\n"},
                tables={"misfit": Table([(1, 10, None), (2, None, '{"n":"many"}')], f"id, n, {rescued('misfit')}")},
            ),
        ),
        sql(
            "no header",
            READ_FILES,
            stream("bare", "header => false"),
            Step(
                {"1.csv": "1,ann\n"},
                tables={"bare": Table([(1, "ann", None)], columns=["_c0 int", "_c1 string", "_rescued_data string"])},
            ),
            Step({"2.csv": "2,bob\n"}, tables={"bare": Table([(1, "ann"), (2, "bob")], "_c0, _c1")}),
        ),
        sql(
            "no header, with a schema",
            READ_FILES,
            stream("bare_typed", "header => false, schema => 'id BIGINT, name STRING'"),
            Step(
                {"1.csv": "1,ann\n"},
                tables={"bare_typed": Table([(1, "ann")], columns=["id bigint", "name string"])},
            ),
            Step({"2.csv": "2,bob\n"}, tables={"bare_typed": Table([(1, "ann"), (2, "bob")])}),
        ),
        sql(
            "a given schema has no rescued data unless it is asked for",
            READ_FILES,
            stream("given", "header => true, schema => 'id INT, n DECIMAL(6, 2)'")
            + ";\n"
            + stream(
                "given_rescued", "header => true, schema => 'id INT, n DECIMAL(6, 2)', rescuedDataColumn => 'rest'"
            ),
            Step(
                {"1.csv": "n,id,more\n1.25,1,x\n"},
                tables={
                    "given": Table([(1, "1.25")], columns=["id int", "n decimal(6,2)"]),
                    "given_rescued": Table([(1, "1.25", "x")], "id, n, rest:more"),
                },
            ),
        ),
        sql(
            "separator, quote and escape",
            READ_FILES,
            stream("marks", r"sep => '|', quote => '\'', escape => '\\'"),
            Step(
                {"1.csv": "id|text\n1|'a|b'\n2|'it\\'s'\n"},
                tables={"marks": Table([(1, "a|b"), (2, "it's")], "id, text")},
            ),
        ),
        sql(
            "a separator of several characters and a tab",
            READ_FILES,
            stream("wide", "sep => '||', pathGlobFilter => '*.csv'")
            + ";\n"
            + stream("tab", r"delimiter => '\t', pathGlobFilter => '*.tsv'"),
            Step(
                {"1.csv": "id||text\n1||a|b\n", "1.tsv": "id\ttext\n2\tx\n"},
                tables={"wide": Table([(1, "a|b")], "id, text"), "tab": Table([(2, "x")], "id, text")},
            ),
        ),
        sql(
            "rows over several lines",
            READ_FILES,
            stream("lines", """multiLine => true, escape => '"'"""),
            Step(
                {"1.csv": 'id,text\n1,"first\nsecond, ""quoted"""\n2,x\n'},
                tables={"lines": Table([(1, 'first\nsecond, "quoted"'), (2, "x")], "id, text", written=2)},
            ),
        ),
        sql(
            "null and empty values",
            READ_FILES,
            stream(
                "nothing", "nullValue => 'NA', emptyValue => '-', schema => 'id INT, a STRING, b INT', header => true"
            ),
            Step({"1.csv": 'id,a,b\n1,NA,NA\n2,"",3\n'}, tables={"nothing": Table([(1, None, None), (2, "-", 3)])}),
        ),
        sql(
            "comments and white space",
            READ_FILES,
            stream("trimmed", "comment => '#', ignoreLeadingWhiteSpace => true, ignoreTrailingWhiteSpace => true"),
            Step({"1.csv": "id,name\n# not a row\n 1 , ann \n"}, tables={"trimmed": Table([(1, "ann")], "id, name")}),
        ),
        sql(
            "formats of dates, times and zones",
            READ_FILES,
            stream(
                "clock",
                "header => true, schema => 'd DATE, t TIMESTAMP', dateFormat => 'dd.MM.yyyy', "
                "timestampFormat => 'dd.MM.yyyy HH:mm', timeZone => 'Europe/Berlin'",
            ),
            Step(
                {"1.csv": "d,t\n03.02.2026,03.02.2026 04:05\n"},
                tables={"clock": Table([("2026-02-03", "2026-02-03T03:05:00.000Z")])},
            ),
        ),
        sql(
            "other encodings",
            READ_FILES,
            stream("latin", "encoding => 'ISO-8859-1'"),
            Step({"1.csv": "id,city\n1,Köln\n".encode("latin-1")}, tables={"latin": Table([(1, "Köln")], "id, city")}),
        ),
        sql(
            "rows to skip before the header",
            READ_FILES,
            stream("skipped", "skipRows => 2"),
            Step(
                {"1.csv": "exported by x\n\nid,name\n1,ann\n"},
                tables={"skipped": Table([(1, "ann")], "id, name", written=1)},
            ),
            Step(
                {"2.csv": "exported by y\n\nid,name\n2,bob\n"}, tables={"skipped": Table([(1,), (2,)], "id", written=1)}
            ),
        ),
        sql(
            "columns as text",
            READ_FILES,
            stream("texts", "inferColumnTypes => false"),
            Step(
                {"1.csv": "id,n\n01,1.50\n"},
                tables={
                    "texts": Table([("01", "1.50", None)], columns=["id string", "n string", "_rescued_data string"])
                },
            ),
        ),
        sql(
            "hints replace inferred types and add columns",
            SCHEMA,
            stream("hinted", "schemaHints => 'id STRING, price DECIMAL(9, 2), later DATE'"),
            Step(
                {"1.csv": "id,price\n01,1.5\n"},
                tables={
                    "hinted": Table(
                        [("01", "1.50", None, None)],
                        columns=["id string", "price decimal(9,2)", "later date", "_rescued_data string"],
                    )
                },
            ),
        ),
        sql(
            "new columns join the table within the update",
            SCHEMA,
            stream("grown", ""),
            Step({"1.csv": "id\n1\n"}, tables={"grown": Table([(1,)], "id")}),
            Step(
                {"2.csv": "id,extra\n2,x\n"},
                tables={
                    "grown": Table(
                        [(1, None), (2, "x")], "id, extra", columns=["id int", "_rescued_data string", "extra string"]
                    )
                },
            ),
        ),
        sql(
            "evolution mode rescue keeps the columns and rescues new ones",
            SCHEMA,
            stream("kept", "schemaEvolutionMode => 'rescue'"),
            Step({"1.csv": "id\n1\n"}, tables={"kept": Table([(1, None)])}),
            Step(
                {"2.csv": "id,extra\n2,x\n"},
                tables={
                    "kept": Table(
                        [(1, None), (2, "x")], "id, _rescued_data:extra", columns=["id int", "_rescued_data string"]
                    )
                },
            ),
        ),
        sql(
            "evolution mode none leaves new columns out",
            SCHEMA,
            stream("none", "schemaEvolutionMode => 'none'"),
            Step({"1.csv": "id\n1\n"}, tables={"none": Table([(1,)], "id")}),
            Step({"2.csv": "id,extra\n2,x\n"}, tables={"none": Table([(1,), (2,)], "id", written=1)}),
        ),
        sql(
            "evolution mode failOnNewColumns fails until the file is gone or the hints name the column",
            SCHEMA,
            stream("failing", "schemaEvolutionMode => 'failOnNewColumns'"),
            Step({"1.csv": "id\n1\n"}, tables={"failing": Table([(1,)], "id")}),
            Step(
                {"2.csv": "id,extra\n2,x\n"},
                fails=r"source\.sql:\d+.*new columns: extra.*failOnNewColumns",
                tables={"failing": Table([(1,)], "id")},
            ),
            Step(
                edit={
                    "source.sql": stream(
                        "failing", "schemaEvolutionMode => 'failOnNewColumns', schemaHints => 'extra STRING'"
                    )
                },
                tables={"failing": Table([(1, None), (2, "x")], "id, extra")},
            ),
        ),
        sql(
            "a mode that drops and a mode that fails on malformed rows",
            READ_FILES,
            stream("dropping", "header => true, schema => 'id INT, n INT', mode => 'DROPMALFORMED'"),
            Step({"1.csv": "id,n\n1,2\nx,3\n"}, tables={"dropping": Table([(1, 2)], written=1)}),
        ),
        sql(
            "a mode that fails on malformed rows",
            READ_FILES,
            stream("strict", "header => true, schema => 'id INT, n INT', mode => 'FAILFAST'"),
            Step({"1.csv": "id,n\n1,2\nx,3\n"}, fails=r"1\.csv.*FAILFAST.*x,3"),
        ),
        sql(
            "the column of corrupt records",
            READ_FILES,
            stream(
                "corrupt",
                "header => true, schema => 'id INT, n INT, broken STRING', columnNameOfCorruptRecord => 'broken'",
            ),
            Step({"1.csv": "id,n\n1,2\nx,3\n"}, tables={"corrupt": Table([(1, 2, None), (None, 3, "x,3")])}),
        ),
        sql(
            "columns by name whatever their case in the header",
            READ_FILES,
            stream(
                "cased",
                "header => true, schema => 'Id INT, Name STRING', readerCaseSensitive => false, "
                "rescuedDataColumn => '_rescued_data'",
            ),
            Step({"1.csv": "NAME,ID\nann,1\n"}, tables={"cased": Table([(1, "ann", None)])}),
        ),
        sql(
            "a batch query reads every file that is there",
            READ_FILES,
            "CREATE OR REFRESH MATERIALIZED VIEW batch AS\n"
            "SELECT count(*) n, sum(v) total FROM read_files('LANDING', format => 'csv')",
            Step({"1.csv": "v\n1\n2\n"}, tables={"batch": Table([(2, 3)])}),
            Step({"2.csv": "v\n10\n"}, tables={"batch": Table([(3, 13)])}),
        ),
        sql(
            "the format from the files' names, compressed files too",
            READ_FILES,
            "CREATE OR REFRESH STREAMING TABLE detected AS SELECT * FROM STREAM read_files('LANDING')",
            Step({"1.csv": "a,b\n1,x\n"}, tables={"detected": Table([(1, "x")], "a, b")}),
            Step(
                {"2.csv.gz": __import__("gzip").compress(b"a,b\n2,y\n")},
                tables={"detected": Table([(1, "x"), (2, "y")], "a, b")},
            ),
        ),
        refused(
            "an option that no format has",
            READ_FILES,
            stream("wrong", "headers => true"),
            r"source\.sql:2:.*headers.*csv",
        ),
        refused(
            "a value that an option cannot have",
            READ_FILES,
            stream("wrong", "multiLine => 'maybe'"),
            r"multiLine.*'maybe'.*true, false",
        ),
        refused("no files and no schema", SCHEMA, stream("wrong", ""), r"source\.sql:2:.*schema.*no file"),
        refused(
            "addNewColumns with a schema",
            SCHEMA,
            stream("wrong", "schema => 'a INT', schemaEvolutionMode => 'addNewColumns'"),
            "addNewColumns.*schemaHints",
        ),
        refused(
            "an unknown evolution mode",
            SCHEMA,
            stream("wrong", "schemaEvolutionMode => 'grow'"),
            "'grow'.*addNewColumns, ",
        ),
        refused(
            "a schema that is none",
            READ_FILES,
            stream("wrong", "schema => 'id NUMBERISH'"),
            r"source\.sql:2:.*schema.*NUMBERISH",
        ),
    ],
)


@pytest.mark.parametrize(**AREA.parameters)
def test_csv(corpus, case):
    corpus.check(AREA, case)
