"""Python sources fill the graph, without Spark."""

from __future__ import annotations

import sys

import pytest
from lakehouse_engine.errors import EngineError
from lakehouse_engine.graph.model import DatasetKind, Graph
from lakehouse_engine.graph.names import Defaults, Names
from lakehouse_engine.sources.python import load_python
from lakehouse_engine.sources.python_api import Registration, registering
from lakehouse_engine.sources.python_imports import PipelineImports, importing


def load(text: str, path: str = "/Workspace/p/a") -> Graph:
    graph = Graph()
    imports = PipelineImports([])
    with importing(imports), imports.active(), registering(Registration(graph, None, {"/copy/a.py": path})):
        load_python(text, path, "/copy/a.py", {}, lambda cell: None)
    return graph


def test_rules_above_and_below_the_dataset_decorator_both_count():
    graph = load(
        "from pyspark import pipelines as dp\n"
        '@dp.expect("above", "a > 0")\n@dp.table(comment="c")\n@dp.expect_or_drop("below", "b > 0")\n'
        "def t():\n    return None\n"
    )
    (dataset,) = graph.datasets
    assert {(e.name, e.action) for e in dataset.expectations} == {("above", "warn"), ("below", "drop")}
    assert dataset.comment == "c" and dataset.kind is DatasetKind.STREAMING_TABLE


def test_one_function_and_one_method_make_datasets_with_rules_of_their_own():
    graph = load(
        "import dlt\n"
        "class Maker:\n    def __init__(self, n):\n        self.n = n\n    def rows(self):\n        return self.n\n"
        "for n in (1, 2):\n"
        "    made = dlt.table(name=f'm{n}', path=None, partition_cols=None)(Maker(n).rows)\n"
        "    dlt.expect_all_or_drop({'keyed': f'k{n}'})(dlt.expect('other', 'o')(made))\n"
        "def f():\n    return 'f'\n"
        "inner = dlt.expect_all({'a': 'x'})(f)\n"
        "dlt.view(inner, name='v1')\n"
        "dlt.table(name='v2')(dlt.expect('b', 'y')(inner))\n"
    )
    rules = {d.name: [(e.name, e.condition) for e in d.expectations] for d in graph.datasets}
    assert rules == {
        "m1": [("other", "o"), ("keyed", "k1")],
        "m2": [("other", "o"), ("keyed", "k2")],
        "v1": [("a", "x")],
        "v2": [("a", "x"), ("b", "y")],
    }
    assert [flow.query() for flow in graph.flows] == [1, 2, "f", "f"]


def test_a_syntax_error_in_a_notebook_names_path_line_and_cell():
    text = "# Databricks notebook source\na = 1\n\n# COMMAND ----------\n\ndef f(:\n    pass\n"
    with pytest.raises(EngineError, match=r"/Workspace/p/a:6 \(cell 2\)"):
        load(text)


def test_an_unknown_argument_is_refused_by_name_and_place():
    with pytest.raises(EngineError, match=r"/Workspace/p/a:2: table has no argument colour"):
        load("import dlt\n@dlt.table(colour='red')\ndef t(): ...\n")


def test_the_modules_of_the_process_are_restored():
    load("import dlt\nfrom pyspark import pipelines as dp\n")
    assert "dlt" not in sys.modules


def test_a_dataset_defined_twice_names_both_places():
    graph = load("import dlt\n@dlt.table\ndef t(): ...\n@dlt.table(name='C.s.T')\ndef u(): ...\n")
    with pytest.raises(EngineError, match=r"a:4: C.s.T is defined twice, first at /Workspace/p/a:2"):
        Names(graph, Defaults("c", "s"))


def test_names_of_one_to_three_parts_and_live_mean_the_same_dataset():
    names = Names(load("import dlt\n@dlt.table\ndef t(): ...\n"), Defaults("c", "s"))
    assert {names.find(n) for n in ("t", "T", "s.t", "c.s.t", "LIVE.t", "`c`.`s`.`t`")} == {"c.s.t"}
    assert names.find("other.t") is None
