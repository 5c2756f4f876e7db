"""Metric views: what Databricks' definitions can say, and how queries read them.

https://docs.databricks.com/aws/en/metric-views/yaml-ref
"""

from __future__ import annotations

import pytest
from lakehouse_engine.testing import EngineFailed, EngineProcess

SALES = """
version: 1.1
comment: Revenue of orders
source: main.default.mv_orders
filter: status <> 'canceled'
dimensions:
  - name: Order month
    expr: date_trunc('MONTH', ordered)
    comment: First day of the month
  - name: label
    expr: concat('m', month(`Order month`))
  - name: status
    expr: status
measures:
  - name: orders
    expr: count(1)
    display_name: Orders
  - name: revenue
    expr: sum(price)
    comment: Of items
    synonyms: ['sales']
  - name: per_order
    expr: MEASURE(revenue) / MEASURE(orders)
  - name: delivered
    expr: sum(price) FILTER (WHERE status = 'delivered')
"""
STAR = """
version: 0.1
source: main.default.mv_orders
joins:
  - name: customer
    source: main.default.mv_customers
    on: source.customer_id = customer.id
    joins:
      - name: state
        source: SELECT code, region FROM main.default.mv_states
        on: customer.state = state.code
  - name: again
    source: main.default.mv_customers
    using: [status]
dimensions:
  - name: region
    expr: customer.state.region
  - name: city
    expr: customer.city
measures:
  - name: revenue
    expr: sum(source.price)
  - name: customers
    expr: count(distinct customer.id)
"""


@pytest.fixture(scope="module")
def tables(engine: EngineProcess) -> EngineProcess:
    engine.sql(
        "CREATE TABLE mv_orders AS SELECT * FROM VALUES (1, 7, 'delivered', DATE'2024-01-05', 10.0D), "
        "(2, 7, 'shipped', DATE'2024-01-09', 20.0D), (3, 8, 'delivered', DATE'2024-02-01', 5.0D), "
        "(4, 9, 'canceled', DATE'2024-02-02', 99.0D) AS t(id, customer_id, status, ordered, price)"
    )
    engine.sql(
        "CREATE TABLE mv_customers AS SELECT * FROM VALUES (7, 'Recife', 'PE', 'shipped'), (7, 'Recife', 'PE', 'x'), "
        "(8, 'Santos', 'SP', 'y') AS t(id, city, state, status)"
    )
    engine.sql("CREATE TABLE mv_states AS SELECT * FROM VALUES ('PE', 'north'), ('SP', 'south') AS t(code, region)")
    create(engine, "sales", SALES)
    create(engine, "star", STAR)
    return engine


def create(engine: EngineProcess, name: str, definition: str, head: str = "CREATE OR REPLACE VIEW") -> None:
    engine.sql(f"{head} {name} WITH METRICS LANGUAGE YAML AS $${definition}$$")


def record(engine: EngineProcess, name: str) -> dict:
    put = [p["table"] for method, p in engine.asked if method == "catalog.putTable"]
    return next(table for table in reversed(put) if table["fullName"] == f"main.default.{name}")


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT MEASURE(orders), MEASURE(revenue) FROM sales", [["3", "35.0"]]),
        (
            "SELECT `Order month`, MEASURE(revenue) AS r FROM sales GROUP BY `Order month` ORDER BY r",
            [["2024-02-01T00:00:00.000Z", "5.0"], ["2024-01-01T00:00:00.000Z", "30.0"]],
        ),
        ("SELECT label, MEASURE(per_order) FROM sales GROUP BY ALL ORDER BY 1", [["m1", "15.0"], ["m2", "5.0"]]),
        ("SELECT status FROM sales GROUP BY status ORDER BY 1", [["delivered"], ["shipped"]]),
        ("SELECT measure(delivered) FROM main.default.sales WHERE status = 'delivered'", [["15.0"]]),
        (
            "SELECT s.status, MEASURE(s.orders) AS n FROM sales AS s GROUP BY s.status HAVING n > 1",
            [["delivered", "2"]],
        ),
        ("WITH t AS (SELECT label, MEASURE(orders) AS n FROM sales GROUP BY label) SELECT max(n) FROM t", [["2"]]),
    ],
)
def test_measures_are_aggregated_for_the_dimensions_that_a_query_names(
    tables: EngineProcess, query: str, rows: list[list[str]]
) -> None:
    assert tables.sql(query) == rows


def test_joins_give_each_row_one_match_or_none(tables: EngineProcess) -> None:
    query = "SELECT region, city, MEASURE(revenue), MEASURE(customers) FROM star GROUP BY ALL ORDER BY 1 NULLS LAST"
    assert tables.sql(query) == [
        ["north", "Recife", "30.0", "1"],
        ["south", "Santos", "5.0", "1"],
        [None, None, "99.0", "0"],
    ]


def test_the_catalog_keeps_definition_types_and_comments(tables: EngineProcess) -> None:
    kept = record(tables, "sales")
    assert kept["tableType"] == "METRIC_VIEW" and kept["viewDefinition"] == SALES
    assert kept["comment"] == "Revenue of orders"
    columns = [(c["name"], c["type_text"], c.get("comment")) for c in kept["columns"]]
    assert columns[0] == ("Order month", "timestamp", "First day of the month")
    assert columns[4:6] == [("revenue", "double", "Of items"), ("per_order", "double", None)]
    ((shown,),) = tables.sql("SHOW CREATE TABLE sales")
    assert "WITH METRICS\nLANGUAGE YAML" in shown and SALES in shown
    assert [row[0] for row in tables.sql("DESCRIBE sales")][:3] == ["Order month", "label", "status"]
    listed = {
        "schema": "table_schema string, table_name string",
        "rows": [["default", "sales"], ["default", "\x01sales"]],
    }
    tables.answers["catalog.informationSchema"] = lambda _: listed
    try:
        assert [row[1] for row in tables.sql("SHOW VIEWS")] == ["sales"]
    finally:
        del tables.answers["catalog.informationSchema"]


def test_a_metric_view_is_altered_replaced_and_dropped(tables: EngineProcess) -> None:
    one = "version: 0.1\nsource: main.default.mv_orders\nmeasures:\n  - name: n\n    expr: {}\n"
    create(tables, "changing", one.format("count(1)"), "CREATE VIEW IF NOT EXISTS")
    create(tables, "changing", one.format("count(2)"), "CREATE VIEW IF NOT EXISTS")
    with pytest.raises(EngineFailed, match="TABLE_OR_VIEW_ALREADY_EXISTS"):
        create(tables, "changing", one.format("count(1)"), "CREATE VIEW")
    assert tables.sql("SELECT MEASURE(n) FROM changing") == [["4"]]
    tables.sql(f"ALTER VIEW changing AS $${one.format('max(price)')}$$")
    assert tables.sql("SELECT MEASURE(n) FROM changing") == [["99.0"]]
    with pytest.raises(EngineFailed, match="UNRESOLVED_COLUMN"):
        create(tables, "changing", one.format("max(prize)"))
    assert tables.sql("SELECT MEASURE(n) FROM changing") == [["99.0"]]
    tables.sql("DROP VIEW changing")
    with pytest.raises(EngineFailed, match="TABLE_OR_VIEW_NOT_FOUND"):
        tables.sql("SELECT MEASURE(n) FROM changing")
    with pytest.raises(EngineFailed, match="TABLE_OR_VIEW_NOT_FOUND"):
        tables.sql(f"ALTER VIEW changing AS $${one.format('count(1)')}$$")


COLUMN = "measures:\n  - name: n\n    expr: "
HEAD = "version: 0.1\nsource: main.default.mv_orders\n"


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ("source: [", "INVALID_METRIC_VIEW_YAML"),
        (f"source: main.default.mv_orders\n{COLUMN}count(1)", "lacks 'version'"),
        (f"version: 7\nsource: t\n{COLUMN}count(1)", "version 7 is not supported; 0.1 and 1.1 are"),
        (f"{HEAD}measure:\n  - name: n", "no field 'measure'"),
        (HEAD, "neither a dimension nor a measure"),
        (f"{HEAD}measures:\n  - name: n", "a measure lacks 'expr'"),
        (f"{HEAD}{COLUMN}count(1)\n    window: []", "window in a metric view is not supported"),
        (f"{HEAD}materialization: {{}}\n{COLUMN}count(1)", "materialization in a metric view is not supported"),
        (f"{HEAD}{COLUMN}MEASURE(m)", "names the measure 'm', which no measure before it is"),
        (f"{HEAD}{COLUMN}(SELECT 1)", "INVALID_METRIC_VIEW_YAML.*cannot hold a query"),
        (
            f"{HEAD}{COLUMN}main.default.f(price)",
            "INVALID_METRIC_VIEW_YAML.*'n', main.default.f.price.: main.default.f is no built-in function",
        ),
        (f"{HEAD}{COLUMN}count(1", r"INVALID_METRIC_VIEW_YAML.*the expression of 'n', count\(1: .*PARSE_SYNTAX_ERROR"),
        (f"{HEAD}{COLUMN}count(1)\n  - name: N\n    expr: count(1)", "two columns 'N'"),
        (f"{HEAD}joins:\n  - name: j\n    source: t\n{COLUMN}count(1)", "either 'on' or 'using'"),
        (f"version: 0.1\nsource: main.default.nowhere\n{COLUMN}count(1)", "TABLE_OR_VIEW_NOT_FOUND"),
    ],
)
def test_a_wrong_definition_is_refused_and_makes_nothing(tables: EngineProcess, definition: str, message: str) -> None:
    with pytest.raises(EngineFailed, match=message):
        create(tables, "wrong", definition)
    with pytest.raises(EngineFailed, match="TABLE_OR_VIEW_NOT_FOUND"):
        tables.sql("SELECT * FROM wrong")


def test_a_query_that_does_not_aggregate_is_refused(tables: EngineProcess) -> None:
    with pytest.raises(EngineFailed, match=r"The metric view 'sales' is read by queries that aggregate: .* GROUP BY"):
        tables.sql("SELECT status FROM sales")


def test_the_source_below_has_no_name_of_its_own(tables: EngineProcess) -> None:
    with pytest.raises(EngineFailed, match="TABLE_OR_VIEW_NOT_FOUND"):
        tables.sql("SELECT * FROM main.default.`\x01sales`", principal="somebody")
