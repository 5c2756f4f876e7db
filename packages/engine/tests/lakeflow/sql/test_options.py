"""Options of read_files that are wrong or not there: the error names the option, what it got, and what is allowed."""

from __future__ import annotations

import pytest
from lakeflow.cases import Area, Step, Table, refused, sql

READ_FILES = "sql/language-manual/functions/read_files"
OPTIONS = "ingestion/cloud-object-storage/auto-loader/options"


def stream(name: str, arguments: str) -> str:
    return f"CREATE OR REFRESH STREAMING TABLE {name} AS SELECT *\nFROM STREAM read_files({arguments})"


AREA = Area(
    "options",
    [
        sql(
            "a constant expression is the value of an option or an argument",
            READ_FILES,
            stream("constants", "'LANDING' || '/a', format => lower('CSV'), sep => chr(59), header => 1 = 1"),
            Step({"a/1.csv": "id;v\n1;2\n"}, tables={"constants": Table([(1, 2)], "id, v")}),
        ),
        refused(
            "an expression of a column",
            READ_FILES,
            stream("wrong", "'LANDING', sep => id"),
            "read_files: an argument must be a constant; got.*id",
        ),
        refused(
            "a size that is none",
            OPTIONS,
            stream("wrong", "'LANDING', format => 'csv', maxBytesPerTrigger => 'much'"),
            r"source\.sql:2:.*maxBytesPerTrigger is 'much'.*10g",
        ),
        refused(
            "a count that is none",
            OPTIONS,
            stream("wrong", "'LANDING', format => 'csv', maxFilesPerTrigger => 0"),
            "maxFilesPerTrigger is '0'.*from 1",
        ),
        refused(
            "an interval that is none",
            OPTIONS,
            stream("wrong", "'LANDING', format => 'csv', maxFileAge => 'old'"),
            "maxFileAge is 'old'.*1 day",
        ),
        refused(
            "overwritten files",
            OPTIONS,
            stream("wrong", "'LANDING', format => 'csv', allowOverwrites => true"),
            "allowOverwrites.*new file",
        ),
        refused(
            "moving files away",
            OPTIONS,
            stream("wrong", "'LANDING', format => 'csv', cleanSource => 'MOVE'"),
            "cleanSource.*never moved",
        ),
        refused(
            "globs that are not strict",
            READ_FILES,
            stream("wrong", "'LANDING', format => 'csv', useStrictGlobber => false"),
            "useStrictGlobber.*each depth",
        ),
        refused("avro", READ_FILES, stream("wrong", "'LANDING', format => 'avro'"), "format=avro.*parquet"),
        refused(
            "an unknown format",
            READ_FILES,
            stream("wrong", "'LANDING', format => 'toml'"),
            "format is 'toml'; allowed: binaryFile, csv",
        ),
        refused("no path", READ_FILES, stream("wrong", "format => 'csv'"), r"source\.sql:2:.*needs a path"),
        refused(
            "an option twice",
            READ_FILES,
            stream("wrong", "'LANDING', sep => ',', SEP => ';'"),
            r"source\.sql:2:.*SEP is given twice",
        ),
        refused(
            "a placed argument after a named one",
            READ_FILES,
            stream("wrong", "format => 'csv', 'LANDING'"),
            r"source\.sql:2:\d+: .*name => value",
        ),
        refused(
            "an option that no format has",
            READ_FILES,
            stream("wrong", "'LANDING', format => 'json', separator => ','"),
            "option separator.*json has no such option",
        ),
    ],
)


@pytest.mark.parametrize(**AREA.parameters)
def test_options(corpus, case):
    corpus.check(AREA, case)
