"""A file or notebook to statements: cells, semicolons and `${parameter}`. Nothing is dropped on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lakehouse_engine.identifiers import literal

from .errors import MissingParameterError
from .tokenizer import Kind, Piece, SourceText, Token, tokenize

NOTEBOOK_HEADER = "-- Databricks notebook source"
_SEPARATOR = re.compile(r"^-- COMMAND -+[ \t]*$")
_MAGIC = re.compile(r"^-- MAGIC ?(.*)$")
_LANGUAGE = re.compile(r"\s*%(\w+)[ \t]*")
_PARAMETER = re.compile(r"\$\{([^{}\n]*)\}")


@dataclass(frozen=True)
class Cell:
    """A notebook's cell, or the whole of a file. `language` is the magic's word: sql, python, md, run, pip, ..."""

    language: str
    source: SourceText


@dataclass(frozen=True)
class Slice:
    """One statement's text as it stands, between two semicolons."""

    source: SourceText
    start: int
    end: int


def is_notebook(text: str) -> bool:
    return text.lstrip("\ufeff").split("\n", 1)[0].rstrip() == NOTEBOOK_HEADER


def cells(text: str, path: str) -> list[Cell]:
    """The cells of a notebook in source format; a plain file is one SQL cell."""
    text = text.lstrip("\ufeff").replace("\r\n", "\n")
    if not is_notebook(text):
        return [Cell("sql", SourceText(text, path))]
    found: list[Cell] = []
    lines: list[str] = []
    first = 2
    for number, line in enumerate(text.split("\n")[1:], start=2):
        if _SEPARATOR.match(line):
            found.append(_cell(lines, path, first, len(found) + 1))
            lines, first = [], number + 1
        else:
            lines.append(line)
    found.append(_cell(lines, path, first, len(found) + 1))
    return found


def _cell(lines: list[str], path: str, first_line: int, number: int) -> Cell:
    magic = [_MAGIC.match(line) for line in lines]
    if not any(magic):
        return Cell("sql", SourceText("\n".join(lines), path, first_line=first_line, cell=number))
    # A line without the prefix stands beside a magic only as a blank or a DBTITLE comment, and keeps its place.
    body = "\n".join(match.group(1) if match else "" for match in magic)
    language = _LANGUAGE.match(body)
    rest = [line for line, match in zip(lines, magic, strict=True) if not match and line.strip()]
    if language is None or any(not line.startswith("--") for line in rest):
        return Cell("sql", SourceText("\n".join(lines), path, first_line=first_line, cell=number))
    blanked = re.sub(r"[^\n]", " ", body[: language.end()]) + body[language.end() :]
    return Cell(language.group(1).lower(), SourceText(blanked, path, first_line=first_line, cell=number))


def split_statements(source: SourceText | str) -> list[Slice]:
    """The statements of a text, without their semicolons; those of white space and comments alone are none."""
    source = source if isinstance(source, SourceText) else SourceText(source, "<sql>")
    found: list[Slice] = []
    current: list[Token] = []
    for token in tokenize(source):
        if token.kind is Kind.END or (token.kind is Kind.OPERATOR and token.text == ";"):
            if current:
                found.append(Slice(source, current[0].start, current[-1].end))
            current = []
        else:
            current.append(token)
    return found


def first_keywords(text: str, count: int = 3) -> tuple[str, ...]:
    """The first words of a statement in upper case: what kind of statement it is."""
    words: list[str] = []
    for token in tokenize(text):
        if token.kind is not Kind.WORD or len(words) == count:
            break
        words.append(token.upper)
    return tuple(words)


def defines(text: str) -> bool:
    """Whether a statement of the text is one that a pipeline's source can be meant to have."""
    parts = split_statements(SourceText(text, "<sql>"))
    return any(first_keywords(text[part.start : part.end], 1) in (("CREATE",), ("APPLY",), ("AUTO",)) for part in parts)


def substitute(
    part: Slice, configuration: Mapping[str, str], parameters: Mapping[str, str] | None = None
) -> SourceText:
    """The statement with the value of each `${key}` and `:key` in its place.

    A value of the configuration goes into the text as it is, in strings too; a parameter of the pipeline is a string
    literal. Comments are left alone: they need no parameter. https://docs.databricks.com/aws/en/ldp/parameters
    """
    source = part.source
    pieces: list[Piece] = []
    text = ""
    at = part.start
    for start, end, key, named in _parameters(part, parameters or {}):
        if not named and key not in configuration:
            raise MissingParameterError(
                f"parameter ${{{key}}} has no value; add the key '{key}' to the pipeline's configuration, "
                f"or write SET {key} = value before this statement",
                source.location(start),
            )
        value = literal((parameters or {})[key]) if named else configuration[key]
        pieces.append(Piece(len(text), len(text) + start - at, at, True))
        text += source.text[at:start]
        pieces.append(Piece(len(text), len(text) + len(value), start, False))
        text += value
        at = end
    pieces.append(Piece(len(text), len(text) + part.end - at, at, True))
    text += source.text[at : part.end]
    return SourceText(text, source.path, cell=source.cell, origin=source, pieces=tuple(pieces))


def _parameters(part: Slice, named: Mapping[str, str]) -> Iterator[tuple[int, int, str, bool]]:
    """Where a value goes: start, end, key, and whether it is a `:key`."""
    inner = SourceText(part.source.text[part.start : part.end], part.source.path)
    tokens = tokenize(inner)
    for index, token in enumerate(tokens):
        if token.kind in (Kind.PARAMETER, Kind.STRING, Kind.QUOTED):
            for match in _PARAMETER.finditer(token.text):
                start = part.start + token.start
                yield start + match.start(), start + match.end(), match.group(1).strip(), False
        elif token.text == ":" and _names_parameter(tokens, index, named):
            name = tokens[index + 1]
            yield part.start + token.start, part.start + name.end, name.identifier, True


def _names_parameter(tokens: Sequence[Token], index: int, named: Mapping[str, str]) -> bool:
    """`:key`, and not the `:` of `column:field`, which touches what is before it, nor a `::` cast.

    A key that the pipeline does not have is left to Spark, which says that the parameter is not bound.
    """
    colon, name = tokens[index], tokens[index + 1]
    if name.kind not in (Kind.WORD, Kind.QUOTED) or name.start != colon.end or name.identifier not in named:
        return False
    if index == 0:
        return True
    before = tokens[index - 1]
    touches = before.end == colon.start
    return not (touches and (before.kind is not Kind.OPERATOR or before.text in ":)]"))
