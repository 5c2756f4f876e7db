"""AUTO CDC FROM SNAPSHOT ... WITH VERSION, for the area of flows (test_sql_flows.py).

https://docs.databricks.com/aws/en/sql/language-manual/functions/last_snapshot_version and current_snapshot_version
"""

from __future__ import annotations

from lakeflow.cases import Case, Step, Table, refused, sql

LAST = "sql/language-manual/functions/last_snapshot_version"
CURRENT = "sql/language-manual/functions/current_snapshot_version"
ERRORS = "error-messages/apply-changes-from-snapshot-error-error-class"
SNAPSHOT = "SELECT id, v FROM main.raw.{0} WHERE n = (SELECT * FROM current_snapshot_version())"
NEXT = (
    "SELECT n AS version FROM main.raw.{0} WHERE NOT EXISTS (SELECT 1 FROM last_snapshot_version())\n"
    "OR n > (SELECT version FROM last_snapshot_version()) ORDER BY n LIMIT 1"
)


def flow(name: str, version: str, snapshot: str = SNAPSHOT, more: str = " STORED AS SCD TYPE 2") -> str:
    return (
        f"CREATE OR REFRESH STREAMING TABLE {name};\nCREATE FLOW {name}_flow AS AUTO CDC INTO {name}\n"
        f"FROM SNAPSHOT ({snapshot.format(name)})\nWITH VERSION ({version.format(name)})\nKEYS (id){more}"
    )


def rows(name: str, values: str) -> str:
    return f"CREATE OR REPLACE TABLE main.raw.{name} AS SELECT * FROM VALUES {values} AS t(n, id, v)"


def wrong(name: str, table: str, version: str, message: str) -> Case:
    given = rows(table, "(1, 1, 'a'), (2, 1, 'b')")
    return sql(name, ERRORS, flow(table, version), Step(run=[given], fails=rf"source\.sql:4:\d+: .*{message}"))


FILES = """
SELECT * FROM read_files('LANDING', format => 'csv', header => true, schema => 'id INT, v STRING')
WHERE _metadata.file_path = (SELECT version.path FROM current_snapshot_version())"""
NEXT_FILE = """
SELECT DISTINCT struct(_metadata.file_modification_time AS at, _metadata.file_path AS path) AS version
FROM read_files('LANDING', format => 'csv', header => true, schema => 'id INT, v STRING')
WHERE NOT EXISTS (SELECT 1 FROM last_snapshot_version())
  OR struct(_metadata.file_modification_time, _metadata.file_path) > (
    SELECT struct(version.at, version.path) FROM last_snapshot_version())
ORDER BY version LIMIT 1"""

CASES = [
    sql(
        "an update applies one version after the other",
        LAST,
        flow("numbered", NEXT),
        Step(
            run=[rows("numbered", "(1, 1, 'a'), (1, 2, 'b'), (4, 1, 'A'), (9, 1, 'A'), (9, 7, 'g')")],
            tables={
                "numbered": Table(
                    [(1, "a", 1, 4), (2, "b", 1, 4), (1, "A", 4, None), (7, "g", 9, None)],
                    columns=["id int", "v string", "__START_AT int", "__END_AT int"],
                )
            },
        ),
        Step(tables={"numbered": Table([(4,)], "count(*)", written=0)}),
        Step(
            run=[rows("numbered", "(9, 1, 'no'), (10, 1, 'z')")],
            tables={
                "numbered": Table(
                    [(1, "a", 1, 4), (2, "b", 1, 4), (1, "A", 4, 10), (7, "g", 9, 10), (1, "z", 10, None)]
                )
            },
        ),
    ),
    sql(
        "files by their time and path are versions",  # as in the functions' own examples
        CURRENT,
        flow("by_files", NEXT_FILE, FILES, " STORED AS SCD TYPE 1"),
        Step({"a.csv": "id,v\n1,a\n2,b\n"}, tables={"by_files": Table([(1, "a"), (2, "b")])}),
        Step({"b.csv": "id,v\n1,A\n", "c.csv": "id,v\n1,AA\n3,c\n"}, tables={"by_files": Table([(1, "AA"), (3, "c")])}),
        Step(tables={"by_files": Table([(1, "AA"), (3, "c")], written=0)}),
    ),
    sql(
        "files that list_files lists are versions",  # as in the example of last_snapshot_version
        LAST,
        flow(
            "by_list",
            "SELECT struct(modification_time, path) AS version FROM list_files('LANDING') WHERE (\n"
            "NOT EXISTS (SELECT 1 FROM last_snapshot_version())\n"
            "OR struct(modification_time, path) > (SELECT version FROM last_snapshot_version()))\n"
            "ORDER BY modification_time, path LIMIT 1",
            FILES.replace("version.path", "concat('dbfs:', version.path)"),
            " STORED AS SCD TYPE 1",
        ),
        Step({"a.csv": "id,v\n1,a\n2,b\n"}, tables={"by_list": Table([(1, "a"), (2, "b")])}),
        Step({"b.csv": "id,v\n1,A\n", "c.csv": "id,v\n1,B\n3,c\n"}, tables={"by_list": Table([(1, "B"), (3, "c")])}),
    ),
    refused(
        "list_files as a stream",
        "sql/language-manual/functions/list_files",
        "CREATE OR REFRESH STREAMING TABLE listed AS SELECT * FROM STREAM list_files('LANDING')",
        "list_files is no stream",
    ),
    sql(
        "a version query without a name, and of a dataset of the pipeline",
        LAST,
        "CREATE OR REFRESH MATERIALIZED VIEW days AS SELECT timestamp'2024-01-01' + make_dt_interval(n) AS at, id, v\n"
        "FROM main.raw.days_in;\n"
        + flow(
            "by_days",
            "SELECT min(at) FROM days\nWHERE at > coalesce((SELECT * FROM last_snapshot_version()), DATE'1970-01-01')"
            " HAVING min(at) IS NOT NULL",
            "SELECT id, v FROM days WHERE at = (SELECT `min(at)` FROM current_snapshot_version())",
        ),
        Step(
            run=[rows("days_in", "(1, 1, 'a'), (2, 1, 'b')")],
            tables={
                "by_days": Table(
                    [("a", 2, 3), ("b", 3, None)],
                    "v, day(__START_AT), day(__END_AT)",
                    columns=["id int", "v string", "__START_AT timestamp", "__END_AT timestamp"],
                )
            },
        ),
    ),
    sql(
        "a full refresh begins with the first version",
        LAST,
        flow("again", NEXT),
        Step(run=[rows("again", "(1, 1, 'a'), (2, 1, 'b')")], tables={"again": Table([(2,)], "count(*)")}),
        Step(
            run=[rows("again", "(2, 1, 'b')")],
            params={"fullRefresh": True},
            tables={"again": Table([(1, "b", 2, None)])},
        ),
    ),
    wrong("a version query of several rows", "several", "SELECT n FROM main.raw.{0}", "returns several rows"),
    wrong("a version query of two columns", "columns", "SELECT n, v FROM main.raw.{0}", "returns the columns n, v"),
    wrong("a version that is null", "nothing", "SELECT CAST(NULL AS INT) AS n", "returns NULL; filter it out"),
    wrong("a version without an order", "maps", "SELECT map(1, 2) AS n", r"returns map<int,int>, which has no order"),
    wrong("a version that does not grow", "same", "SELECT max(n) AS n FROM main.raw.{0}", r"selects \{\"n\":2\} after"),
    sql(
        "a version query that Spark does not understand",
        LAST,
        flow("unknown_column", "SELECT nope FROM main.raw.{0}"),
        Step(run=[rows("unknown_column", "(1, 1, 'a')")], params={"validateOnly": True}, fails="nope"),
    ),
    sql(
        "last_snapshot_version() outside of a version query is no function",
        LAST,
        "CREATE MATERIALIZED VIEW elsewhere AS SELECT * FROM last_snapshot_version()",
        Step(fails="last_snapshot_version"),
    ),
    refused(
        "last_snapshot_version() with an argument",
        LAST,
        flow("argued", "SELECT n FROM last_snapshot_version(1)"),
        r"source\.sql:4:\d+: .*last_snapshot_version\(\) takes no arguments",
    ),
    refused(
        "bitemporal history of snapshots",
        "ldp/cdc",
        "AUTO CDC INTO t FROM SNAPSHOT (SELECT 1 AS a) KEYS (a) STORED AS BITEMPORAL",
        r"source\.sql:1:66: .*snapshots are none.*SCD TYPE 2",
    ),
]
