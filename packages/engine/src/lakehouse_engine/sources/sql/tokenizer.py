"""Spark's lexical rules: text to tokens with offset, line and column. Comments and white space are skipped, never lost.

Operators come as single characters: nothing here depends on longer ones, and `ARRAY<STRUCT<a: INT>>` stays countable.
"""

from __future__ import annotations

import bisect
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from lakehouse_engine.graph.model import SourceLocation

from .errors import SqlSyntaxError


class Kind(Enum):
    WORD = "word"
    QUOTED = "quoted identifier"
    STRING = "string"
    NUMBER = "number"
    OPERATOR = "operator"
    PARAMETER = "parameter"  # ${key}
    END = "end of statement"


@dataclass(frozen=True)
class Token:
    kind: Kind
    text: str
    start: int
    end: int
    line: int
    column: int

    @property
    def upper(self) -> str:
        """The keyword that this token may be; empty for quoted text, which never is one."""
        return self.text.upper() if self.kind is Kind.WORD else ""

    @property
    def identifier(self) -> str:
        return self.text[1:-1].replace("``", "`") if self.kind is Kind.QUOTED else self.text

    def __str__(self) -> str:
        if self.kind is Kind.END:
            return "the end of the statement"
        return f"'{self.text}'" if len(self.text) <= 40 else f"'{self.text[:37]}...'"


@dataclass(frozen=True)
class Piece:
    """A stretch of a substituted text and where it came from."""

    start: int
    end: int
    origin: int
    literal: bool  # False: the value of a parameter, all of it stands at `origin`


class SourceText:
    """A text, the file it stands in, and the way from an offset back to the line that a person sees.

    `origin`: the text as it stands in the file, when this one is a slice of it with parameters put in.
    """

    def __init__(
        self,
        text: str,
        path: str,
        *,
        first_line: int = 1,
        cell: int | None = None,
        origin: SourceText | None = None,
        pieces: tuple[Piece, ...] = (),
    ) -> None:
        self.text = text
        self.path = path
        self.first_line = first_line
        self.cell = cell
        self._origin = origin
        self._pieces = pieces
        self._starts = [piece.start for piece in pieces]
        self._lines: list[int] | None = None

    @property
    def is_plain(self) -> bool:
        """Whether text and path are all that there is to it."""
        return self.first_line == 1 and self.cell is None and self._origin is None

    def position(self, offset: int) -> tuple[int, int]:
        if self._origin is not None and self._pieces:
            piece = self._pieces[max(0, bisect.bisect_right(self._starts, offset) - 1)]
            inside = min(offset, piece.end) - piece.start if piece.literal else 0
            return self._origin.position(piece.origin + inside)
        if self._lines is None:
            self._lines = [0, *(match.end() for match in re.finditer(r"\n", self.text))]
        row = bisect.bisect_right(self._lines, offset) - 1
        return self.first_line + row, offset - self._lines[row] + 1

    def location(self, offset: int) -> SourceLocation:
        line, column = self.position(offset)
        return SourceLocation(self.path, line, column, self.cell)


_SPACE = re.compile(r"[\s\ufeff]+")  # a byte order mark is no more than the start of a file
_LINE_COMMENT = re.compile(r"--(?:\\\n|[^\r\n])*")
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_PARAMETER = re.compile(r"\$\{([^{}\n]*)\}")
_RAW = {quote: re.compile(rf"[rR]{quote}[^{quote}]*{quote}") for quote in "'\""}
_STRING = {quote: re.compile(rf"{quote}(?:[^{quote}\\]|\\.|{quote}{quote})*+{quote}", re.DOTALL) for quote in "'\""}
_DOLLARS = re.compile(r"\$\$.*?\$\$", re.DOTALL)
_QUOTED = re.compile(r"`(?:[^`]|``)*+`")
_NUMBER = re.compile(r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?:BD|[LSYDF])?(?![\w])", re.IGNORECASE)
_WORD = re.compile(r"\w+")


def tokenize(source: SourceText | str, path: str = "<sql>") -> list[Token]:
    """All tokens of the text, with one END at last. Unterminated strings, identifiers and comments are errors."""
    if isinstance(source, str):
        source = SourceText(source, path)
    return list(_kept(source.text, source.path) if source.is_plain and len(source.text) <= _SHORT else scan(source))


# A statement is read by one reader after another, each of which asks whether it is its own.
_SHORT = 100_000


@functools.lru_cache(maxsize=16)
def _kept(text: str, path: str) -> tuple[Token, ...]:
    return tuple(scan(SourceText(text, path)))


def scan(source: SourceText) -> Iterator[Token]:
    text, offset = source.text, 0
    while offset < len(text):
        after = _skip(source, offset)
        if after != offset:
            offset = after
            continue
        kind, end = _next(source, offset)
        line, column = source.position(offset)
        yield Token(kind, text[offset:end], offset, end, line, column)
        offset = end
    line, column = source.position(len(text))
    yield Token(Kind.END, "", len(text), len(text), line, column)


def _skip(source: SourceText, offset: int) -> int:
    for pattern in (_SPACE, _LINE_COMMENT):
        if match := pattern.match(source.text, offset):
            return match.end()
    if not source.text.startswith("/*", offset):
        return offset
    depth = 0
    for edge in _COMMENT_EDGE.finditer(source.text, offset):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    raise SqlSyntaxError("this comment is never closed; write */", source.location(offset), "/*", "*/")


def _next(source: SourceText, offset: int) -> tuple[Kind, int]:
    text = source.text
    first = text[offset]
    if first in "rR" and text[offset + 1 : offset + 2] in ("'", '"'):
        return Kind.STRING, _closed(source, _RAW[text[offset + 1]], offset, "raw string")
    if first in "'\"":
        return Kind.STRING, _closed(source, _STRING[first], offset, "string")
    if text.startswith("$$", offset):
        return Kind.STRING, _closed(source, _DOLLARS, offset, "dollar-quoted string")
    if first == "`":
        return Kind.QUOTED, _closed(source, _QUOTED, offset, "quoted identifier")
    for kind, pattern in ((Kind.PARAMETER, _PARAMETER), (Kind.NUMBER, _NUMBER), (Kind.WORD, _WORD)):
        if match := pattern.match(text, offset):
            return kind, match.end()
    return Kind.OPERATOR, offset + 1


def _closed(source: SourceText, pattern: re.Pattern[str], offset: int, what: str) -> int:
    match = pattern.match(source.text, offset)
    if match is None:
        opening = {"raw string": source.text[offset + 1 : offset + 2], "dollar-quoted string": "$$"}
        quote = opening.get(what, source.text[offset])
        raise SqlSyntaxError(f"this {what} is never closed; write {quote}", source.location(offset), quote, quote)
    return match.end()


_ESCAPES = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a"}
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2}|.)", re.DOTALL)


def string_value(token: Token) -> str:
    """The value of a STRING token, by Spark's escape rules: \\% and \\_ keep their backslash for LIKE."""
    if token.text[0] in "rR":
        return token.text[2:-1]
    if token.text[0] == "$":
        return token.text[2:-2]
    quote = token.text[0]

    def unescape(match: re.Match[str]) -> str:
        body = match.group(1)
        if body[0] in "uU" and len(body) > 1:
            code = int(body[1:], 16)
            return chr(code) if code <= 0x10FFFF else match.group(0)
        if len(body) == 3:
            return chr(int(body, 8))
        return match.group(0) if body in "%_" else _ESCAPES.get(body, body)

    body = token.text[1:-1].replace(quote * 2, f"\\{quote}")
    return _ESCAPE.sub(unescape, body)
