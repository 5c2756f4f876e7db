"""The Lakeflow SQL grammar: what each clause says, and what each error names."""

from __future__ import annotations

import pytest
from corpus import CORPUS
from lakehouse_engine.graph.model import DatasetKind, Graph, SourceLocation
from lakehouse_engine.sources.sql import (
    MissingParameterError,
    SqlSyntaxError,
    SqlUnsupportedError,
    load_sql,
    parse_sql,
    snapshots,
    split_statements,
    string_value,
    tokenize,
)
from lakehouse_engine.sources.sql.registry import ENTRIES, markdown
from lakehouse_engine.sources.sql.script import substitute
from lakehouse_engine.sources.sql.statements import (
    ColumnChoice,
    CreateDataset,
    CreateFlow,
    Query,
    SetConfiguration,
    Use,
)


class Recorder:
    """A context that keeps what a source asks for."""

    def __init__(self, configuration=None, parameters=None):
        self.configuration = configuration or {}
        self.parameters = parameters or {}
        self.queries, self.functions, self.magic = [], [], []

    def run_sql(self, text, *, catalog, schema, frames):
        self.frames = frames
        self.queries.append((text, catalog, schema))

    def table_function(self, name, arguments, options, streaming, location):
        self.functions.append((name, arguments, options, streaming, str(location)))
        return (name, arguments)

    def run_magic(self, language, code, location):
        self.magic.append((language, code, str(location)))


def one(text):
    (statement,) = parse_sql(text, "f.sql")
    return statement


def load(text, **context):
    graph, recorder = Graph(), Recorder(**context)
    load_sql(text, "/f.sql", graph, recorder)
    return graph, recorder


@pytest.mark.parametrize("text", CORPUS)
def test_a_documented_form_is_read_as_one_statement(text):
    assert one(text) == one(text + " ;\n -- the end")


def test_the_corpus_as_one_file_loses_no_statement():
    statements = parse_sql(";\n".join(CORPUS), "f.sql")
    assert [type(statement) for statement in statements] == [type(one(text)) for text in CORPUS]


@pytest.mark.parametrize(
    ("head", "kind", "private"),
    [
        ("CREATE STREAMING TABLE", DatasetKind.STREAMING_TABLE, False),
        ("CREATE OR REFRESH STREAMING LIVE TABLE", DatasetKind.STREAMING_TABLE, False),
        ("CREATE OR REFRESH PRIVATE STREAMING TABLE", DatasetKind.STREAMING_TABLE, True),
        ("CREATE TEMPORARY STREAMING TABLE", DatasetKind.STREAMING_TABLE, True),
        ("CREATE LIVE TABLE", DatasetKind.MATERIALIZED_VIEW, False),
        ("CREATE PRIVATE MATERIALIZED VIEW", DatasetKind.MATERIALIZED_VIEW, True),
        ("CREATE VIEW", DatasetKind.VIEW, False),
        ("CREATE TEMPORARY VIEW", DatasetKind.TEMPORARY_VIEW, False),
        ("CREATE LIVE VIEW", DatasetKind.TEMPORARY_VIEW, False),
    ],
)
def test_the_words_of_create_give_the_kind(head, kind, private):
    made = one(f"{head} d AS SELECT 1")
    assert isinstance(made, CreateDataset)
    assert (made.kind, made.private, made.query.text) == (kind, private, "SELECT 1")


def test_columns_keys_and_expectations_are_kept():
    made = next(one(text) for text in CORPUS if " typed (" in text)
    assert [(column.name, column.data_type, column.nullable) for column in made.columns] == [
        ("id", "BIGINT", False),
        ("price", "DECIMAL(10, 2)", True),
        ("tags", "MAP<STRING, ARRAY<STRUCT<name: STRING, n: INT>>>", True),
        ("mail", "STRING", True),
        ("year", "INT", True),
    ]
    assert made.columns[0].comment == "the key"
    assert made.columns[3].mask == "main.gov.hide USING COLUMNS (region, 'x')"
    assert made.columns[4].generated == "year(to_date(day, 'yyyy)'))"
    assert [(rule.name, rule.condition, rule.action) for rule in made.expectations] == [
        ("positive", "price > 0 AND length(')') = 1", "drop"),
        ("known", "id IS NOT NULL", "fail"),
        ("recent", "year > 2000", "warn"),
    ]
    assert [(key.kind, key.name, key.columns) for key in made.constraints] == [
        ("PRIMARY KEY", None, ("id",)),
        ("FOREIGN KEY", "fk", ("id",)),
        ("PRIMARY KEY", None, ("id", "ts")),
    ]
    clauses = made.clauses
    assert clauses.comment == "typed; with a semicolon"
    assert dict(clauses.properties) == {"quality": "silver", "pipelines.reset.allowed": "false", "n": "-1"}
    assert (clauses.partitioned_by, clauses.row_filter) == (("year",), "main.gov.only ON (id)")


def test_every_clause_of_auto_cdc_is_kept():
    made = next(one(text) for text in CORPUS if text.startswith("CREATE FLOW cdc"))
    assert isinstance(made, CreateFlow)
    flow = made.flow
    assert (made.name, made.target, flow.source, flow.keys) == ("cdc", "customers", "changes", ("id", "region"))
    assert (flow.sequence_by, flow.apply_as_deletes, flow.scd_type) == ("STRUCT(ts, n)", "op = 'DELETE'", 2)
    assert flow.ignore_null_updates
    assert flow.ignore_null_updates_on == ColumnChoice(("mail",), excluded=True)
    assert flow.columns == ColumnChoice(("op", "ts"), excluded=True)
    assert flow.track_history == ColumnChoice(("name", "city"))


def test_apply_changes_without_a_name_is_named_for_its_target():
    text = next(text for text in CORPUS if text.startswith("APPLY CHANGES"))
    graph, _ = load(text)
    (flow,) = graph.flows
    assert (flow.name, flow.target, flow.source) == ("LIVE.customers", "LIVE.customers", "LIVE.changes")
    assert (flow.apply_as_truncates, flow.column_list) == ('op = "T"', ("a", "b"))


def test_columns_to_update_names_a_column_beside_columns():
    graph, _ = load(next(text for text in CORPUS if "TO UPDATE" in text))
    (flow,) = graph.flows
    assert (flow.columns_to_update, flow.except_column_list) == ("cols", ("cols",))


def test_set_and_use_hold_for_what_follows():
    graph, recorder = load(
        "SET k = 7; USE CATALOG c; USE s; CREATE MATERIALIZED VIEW m AS SELECT ${k}", configuration={}
    )
    assert [dataset.name for dataset in graph.datasets] == ["c.s.m"]
    assert graph.flows[0].spark_conf == {"k": "7"}
    graph.flows[0].query()
    assert recorder.queries == [("SELECT 7", "c", "s")]


def test_set_and_use_are_statements():
    assert [type(statement) for statement in parse_sql("SET a.b=c d; USE x.y", "f.sql")] == [SetConfiguration, Use]
    assert parse_sql("SET a.b=c d", "f.sql")[0].value == "c d"


def test_a_missing_parameter_names_its_key_and_place():
    with pytest.raises(MissingParameterError, match=r"^/f\.sql:2:16: parameter \$\{lost\}.*configuration"):
        load("CREATE MATERIALIZED VIEW m AS\nSELECT '${a}', ${lost}", configuration={"a": "x"})


def test_a_parameter_in_a_comment_needs_no_value():
    graph, _ = load("CREATE MATERIALIZED VIEW m AS SELECT 1 -- ${lost}\n/* ${lost} */ AS a")
    assert graph.datasets[0].name == "m"


def test_an_error_after_a_parameter_points_at_the_source_and_not_at_the_value():
    with pytest.raises(SqlSyntaxError, match=r"^f\.sql:2:16: found 'WRONG'"):
        parse_sql("\nCREATE ${kind} WRONG", "f.sql", {"kind": "MATERIALIZED"})


@pytest.mark.parametrize(
    ("call", "expected", "text"),
    [
        (
            "STREAM read_files('/p', format => 'csv')",
            ("read_files", ["/p"], {"format": "csv"}, True),
            "SELECT * FROM {} x",
        ),
        ("STREAM(read_files('/p'))", ("read_files", ["/p"], {}, True), "SELECT * FROM {} x"),
        ("read_files('/p', header => TRUE)", ("read_files", ["/p"], {"header": "true"}, False), "SELECT * FROM {} x"),
        (
            "cloud_files('/p', 'json', map('a.b', '1'))",
            ("cloud_files", ["/p", "json"], {"a.b": "1"}, True),
            "SELECT * FROM {} x",
        ),
        ("event_log(TABLE(a.b))", ("event_log", ["a.b"], {}, False), "SELECT * FROM {} x"),
    ],
)
def test_a_table_function_becomes_a_name_in_the_text(call, expected, text):
    graph, recorder = load(f"CREATE STREAMING TABLE t AS SELECT * FROM {call} x")
    graph.flows[0].query()
    assert recorder.functions[0][:4] == expected
    ((sent, _, _),) = recorder.queries
    assert sent.startswith(text.split("{}")[0] + f"__{expected[0]}_")
    assert sent.endswith(" x")
    assert list(recorder.frames) == [sent.split()[-2]]


def test_named_parameters_become_literals_and_fields_and_casts_do_not():
    text = "SELECT a:p, b::p, :p, IDENTIFIER(:p), :`q-r`, :other FROM t WHERE x=:p -- :p"
    (part,) = split_statements(text)
    assert substitute(part, {}, {"p": "it's", "q-r": "2"}).text == (
        "SELECT a:p, b::p, 'it\\'s', IDENTIFIER('it\\'s'), '2', :other FROM t WHERE x='it\\'s'"
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (":nowhere", r"1:37: found ':', expected a string, or a parameter that the pipeline has"),
        ("'a b'", r"1:26: 'a b' is no name; found it in IDENTIFIER"),
        ("'a' 'b' || 'c.d.e.f'", r"no name"),
        ("'a', 'b'", r"found ','"),
    ],
)
def test_a_name_of_identifier_is_one_name(name, message):
    with pytest.raises(SqlSyntaxError, match=message):
        one(f"CREATE MATERIALIZED VIEW IDENTIFIER({name}) AS SELECT 1")
    (made,) = parse_sql("CREATE MATERIALIZED VIEW IDENTIFIER('a.' || 'b') AS SELECT 1", "f.sql")
    assert made.name == "a.b"


def test_a_notebook_keeps_cells_and_lines_and_hands_other_languages_over():
    graph, recorder = load(
        "-- Databricks notebook source\n-- MAGIC %md\n-- MAGIC # Title; with a semicolon\n\n-- COMMAND ----------\n\n"
        "-- MAGIC %python\n-- MAGIC x = 1\n\n-- COMMAND ----------\n\n-- DBTITLE 1,Totals\n"
        "CREATE MATERIALIZED VIEW m AS SELECT 1\n\n-- COMMAND ----------\n\n-- MAGIC %sql CREATE VIEW v AS SELECT 2\n"
    )
    assert [(d.name, d.location.line, d.location.cell) for d in graph.datasets] == [("m", 13, 3), ("v", 17, 4)]
    assert [(language, code.strip()) for language, code, _ in recorder.magic] == [("python", "x = 1")]


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("CREATE STREAMING TABLE", SqlSyntaxError, r"^f\.sql:1:23: found the end .* expected the dataset's name"),
        ("CREATE STREAMING TABLE t (\n a INT\n b INT)", SqlSyntaxError, r"f\.sql:3:\d+: "),
        ("CREATE MATERIALIZED VIEW m", SqlSyntaxError, r"expected AS query"),
        ("CREATE MATERIALIZED VIEW m COMMENT 'a' COMMENT 'b' AS SELECT 1", SqlSyntaxError, r"1:40: .*one COMMENT"),
        ("CREATE MATERIALIZED VIEW m AS 'x'", SqlSyntaxError, r"expected a query after AS"),
        ("CREATE MATERIALIZED VIEW m AS SELECT (1", SqlSyntaxError, r"close the '\(' of line 1, column 38"),
        ("CREATE MATERIALIZED VIEW m AS SELECT 'a", SqlSyntaxError, r"1:38: this string is never closed"),
        ("CREATE STREAMING TABLE t /* a", SqlSyntaxError, r"1:26: this comment is never closed"),
        (
            "CREATE STREAMING TABLE t (CONSTRAINT c EXPECT (a) ON VIOLATION STOP)",
            SqlSyntaxError,
            r"DROP ROW or FAIL UPDATE",
        ),
        ("CREATE STREAMING TABLE t (a INT DEFAULT 1)", SqlUnsupportedError, r"DEFAULT .*coalesce"),
        ("CREATE STREAMING TABLE t LOCATION '/x'", SqlUnsupportedError, r"1:26: LOCATION .*Remove the clause"),
        ("CREATE MATERIALIZED VIEW m SCHEDULE EVERY 1 HOUR AS SELECT 1", SqlUnsupportedError, r"SCHEDULE .* job"),
        ("CREATE MATERIALIZED VIEW m TRIGGER ON UPDATE AS SELECT 1", SqlUnsupportedError, r"TRIGGER ON UPDATE"),
        ("CREATE MATERIALIZED VIEW m REFRESH POLICY NONE AS SELECT 1", SqlSyntaxError, r"AUTO, INCREMENTAL,"),
        ("CREATE MATERIALIZED VIEW m REFRESH AUTO AS SELECT 1", SqlSyntaxError, r"expected POLICY after REFRESH"),
        ("CREATE STREAMING TABLE t REFRESH POLICY FULL", SqlSyntaxError, r"of a materialized view alone"),
        ("CREATE VIEW v (CONSTRAINT c EXPECT (a > 0)) AS SELECT 1 AS a", SqlUnsupportedError, r"CREATE TEMPORARY VIEW"),
        ("CREATE VIEW v PARTITIONED BY (a) AS SELECT 1 AS a", SqlUnsupportedError, r"A view stores no rows"),
        ("CREATE OR REPLACE VIEW v AS SELECT 1", SqlUnsupportedError, r"1:8: OR REPLACE of a view .*CREATE alone"),
        ("CREATE TABLE t (a INT)", SqlUnsupportedError, r"STREAMING TABLE"),
        ("SELECT 1", SqlUnsupportedError, r"MATERIALIZED VIEW"),
        ("INSERT INTO t VALUES (1)", SqlUnsupportedError, r"CREATE FLOW"),
        ("DROP TABLE t", SqlUnsupportedError, r"DDL"),
        ("GRANT SELECT ON t TO u", SqlUnsupportedError, r"GRANT"),
        ("AUTO CDC INTO t FROM STREAM s KEYS (a)", SqlSyntaxError, r"SEQUENCE BY"),
        (
            "AUTO CDC INTO t FROM SNAPSHOT (SELECT 1) KEYS (a) STORED AS BITEMPORAL",
            SqlUnsupportedError,
            r"SCD TYPE 2",
        ),
        (
            "AUTO CDC INTO t FROM STREAM s KEYS (a) SEQUENCE BY b SYSTEM SEQUENCE c",
            SqlSyntaxError,
            r"expected BY after",
        ),
        ("AUTO CDC INTO t FROM STREAM s KEYS (a) STORED AS TYPE 2", SqlSyntaxError, r"SCD TYPE 2 or BITEMPORAL"),
        ("AUTO CDC INTO t FROM SNAPSHOT (SELECT 1) WITH VERSION KEYS (a)", SqlSyntaxError, r"expected \("),
        ("CREATE FLOW f AS INSERT INTO t BY SELECT 1", SqlSyntaxError, r"expected NAME after BY"),
        ("CREATE FLOW f AS INSERT INTO t REPLACE USING (a) SELECT 1", SqlSyntaxError, r"expected SEQUENCE after"),
        ("USE CATALOG a b", SqlSyntaxError, r"1:15: found 'b', expected the end of the statement"),
        ("PLEASE", SqlSyntaxError, r"a statement: CREATE"),
    ],
)
def test_an_error_names_place_clause_and_remedy(text, error, message):
    with pytest.raises(error, match=message):
        parse_sql(text, "f.sql")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("CREATE TEMPORARY VIEW a.v AS SELECT 1", r"name of one part"),
        ("AUTO CDC INTO t FROM s KEYS (a) SEQUENCE BY b", r"FROM STREAM\(s\)"),
        ("AUTO CDC INTO t FROM STREAM s KEYS (a) SEQUENCE BY b TRACK HISTORY ON a", r"SCD TYPE 2"),
        ("AUTO CDC INTO t FROM STREAM s KEYS (a) SEQUENCE BY b STORED AS BITEMPORAL", r"needs SYSTEM SEQUENCE BY"),
        (
            "CREATE STREAMING TABLE t AS SELECT * FROM STREAM read_files('/a', format => )",
            r"expected a value",
        ),
    ],
)
def test_what_the_graph_cannot_take_is_an_error_when_the_source_is_read(text, message):
    with pytest.raises((SqlSyntaxError, SqlUnsupportedError), match=message):
        load(text)


def test_strings_have_sparks_escapes():
    values = [string_value(token) for token in tokenize(r"""'a\'b' "c""d" r'\d' 'A\t\%' 'x''y'""")[:-1]]
    assert values == ["a'b", 'c"d', "\\d", "A\t\\%", "x'y"]


def test_semicolons_in_strings_comments_and_names_part_nothing():
    parts = split_statements("a ';' -- ;\n b `;` /* ; */ c; ; d")
    assert [part.source.text[part.start : part.end] for part in parts] == ["a ';' -- ;\n b `;` /* ; */ c", "d"]


def test_the_docs_table_says_for_each_refusal_what_to_do():
    assert all(entry.instead and entry.note for entry in ENTRIES if entry.status == "refused")
    assert len(markdown().splitlines()) == len(ENTRIES) + 2


@pytest.mark.parametrize(
    ("text", "name", "unconditional"),
    [
        ("SELECT n AS v FROM t WHERE n > (SELECT 1 WHERE 2 > 1) LIMIT 1", "v", "SELECT n AS v FROM t LIMIT 1"),
        (
            "SELECT a AS `the a` FROM (FROM t WHERE a > 1) WHERE b",
            "the a",
            "SELECT a AS `the a` FROM (FROM t WHERE a > 1) ",
        ),
        ("SELECT t.n FROM t WHERE a UNION ALL SELECT 1 WHERE b", "n", "SELECT t.n FROM t UNION ALL SELECT 1 "),
        ("SELECT max(n) FROM t", "version", "SELECT max(n) FROM t"),
    ],
)
def test_a_version_query_tells_its_column_before_spark_reads_it(text: str, name: str, unconditional: str) -> None:
    """last_snapshot_version() has the name and type of the version query's column, and the query reads it."""
    query = Query(text, SourceLocation("f.sql", 1))
    assert snapshots.column_name(query) == name
    found = snapshots.without_conditions(query).text
    assert found == unconditional
