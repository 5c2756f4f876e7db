"""Damaged sources: every prefix and random mutations end in statements or in an error with a position."""

from __future__ import annotations

import time

import pytest
from corpus import CORPUS
from hypothesis import given, settings
from hypothesis import strategies as st
from lakeflow.sources import SQL_SOURCES
from lakehouse_engine.graph.model import Graph
from lakehouse_engine.sources.sql import SqlSourceError, cells, load_sql, parse_sql, split_statements
from test_parser import Recorder

_NOISE = (
    *(
        "'",
        '"',
        "`",
        "(",
        ")",
        "<",
        ">",
        ",",
        ";",
        "--",
        "/*",
        "*/",
        "\n",
        "${x}",
        ":",
        "=",
        "*",
        "\\",
        "\0",
        "é",
        "🙂",
        ".",
    ),
    *("AS", "NOT", "KEYS", "FROM", "BY", "CONSTRAINT", "EXPECT", "STREAM", "read_files(", "1"),
)


def check(text: str) -> None:
    try:
        parts = [
            part for cell in cells(text, "f.sql") if cell.language == "sql" for part in split_statements(cell.source)
        ]
        statements = parse_sql(text, "f.sql", {"x": "1"})
        load_sql(text, "f.sql", Graph(), Recorder({"x": "1"}))
    except SqlSourceError as error:
        assert error.location.path == "f.sql" or error.location.path == "<sql>"
        lines = text.split("\n")
        assert 1 <= error.location.line <= len(lines)
        assert 1 <= error.location.column <= len(lines[error.location.line - 1]) + 1
        assert error.message
    else:
        assert len(statements) == len(parts), "a statement was skipped"


@pytest.mark.parametrize("text", CORPUS)
def test_every_prefix_ends_in_a_result_or_a_positioned_error(text):
    for end in range(len(text) + 1):
        check(text[:end])


@settings(max_examples=1500, deadline=None)
@given(st.data())
def test_every_mutation_ends_in_a_result_or_a_positioned_error(data):
    text = ";\n".join(data.draw(st.lists(st.sampled_from(CORPUS), min_size=1, max_size=2)))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 8)))
        text = (
            text[:start] + data.draw(st.one_of(st.just(""), st.sampled_from(_NOISE), st.text(max_size=3))) + text[end:]
        )
    check(text)


def test_every_prefix_of_the_cases_sources_ends_in_a_result_or_a_positioned_error():
    for text in SQL_SOURCES:
        for end in range(0, len(text) + 1):
            check(text[:end])


@settings(max_examples=1000, deadline=None)
@given(st.data())
def test_every_mutation_of_the_cases_sources_ends_in_a_result_or_a_positioned_error(data):
    text = data.draw(st.sampled_from(SQL_SOURCES))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 8)))
        text = text[:start] + data.draw(st.one_of(st.just(""), st.sampled_from(_NOISE))) + text[end:]
    check(text)


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=60))
def test_any_text_ends_in_a_result_or_a_positioned_error(text):
    check(text.replace("\r", ""))


def test_parse_time_grows_with_the_text_and_not_faster():
    def seconds(count: int) -> float:
        text = ";\n".join(CORPUS[index % len(CORPUS)] for index in range(count))
        start = time.perf_counter()
        assert len(parse_sql(text, "f.sql")) == count
        return time.perf_counter() - start

    seconds(50)
    small, large = seconds(250), seconds(1000)
    assert large < 12 * small, f"250 statements took {small:.2f} s, 1,000 took {large:.2f} s"
