"""A position in the tokens of one statement, and the small readings that every clause is made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from lakehouse_engine.graph.model import SourceLocation

from ..errors import SqlSyntaxError, SqlUnsupportedError
from ..registry import refusal
from ..tokenizer import Kind, SourceText, Token, string_value, tokenize

Stop = Callable[[], bool]

_OPEN, _CLOSE = "([{", ")]}"


class Cursor:
    def __init__(self, source: SourceText) -> None:
        self.source = source
        self.tokens = tokenize(source)
        self.index = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    @property
    def previous(self) -> Token:
        return self.tokens[max(0, self.index - 1)]

    @property
    def location(self) -> SourceLocation:
        return self.at(self.token)

    def at(self, token: Token) -> SourceLocation:
        return SourceLocation(self.source.path, token.line, token.column, self.source.cell)

    def peek(self, ahead: int = 1) -> Token:
        return self.tokens[min(self.index + ahead, len(self.tokens) - 1)]

    def advance(self) -> Token:
        token = self.token
        if token.kind is not Kind.END:
            self.index += 1
        return token

    def sees(self, *words: str) -> bool:
        """The next tokens are these keywords or single-character operators."""
        return all(_is(self.peek(ahead), word) for ahead, word in enumerate(words))

    def accept(self, *words: str) -> bool:
        if not self.sees(*words):
            return False
        self.index += len(words)
        return True

    def expect(self, *words: str, after: str = "") -> None:
        for word in words:
            if not self.accept(word):
                self.fail(f"{word}{f' after {after}' if after else ''}")

    def fail(self, expected: str, token: Token | None = None) -> NoReturn:
        token = token or self.token
        raise SqlSyntaxError(f"found {token}, expected {expected}", self.at(token), token.text, expected)

    def refuse(self, clause: str, token: Token | None = None) -> NoReturn:
        entry = refusal(clause)
        raise SqlUnsupportedError(entry.form, entry.note, entry.instead, self.at(token or self.token))

    def identifier(self, what: str) -> str:
        if self.token.kind not in (Kind.WORD, Kind.QUOTED) or (
            self.token.kind is Kind.QUOTED and self.token.text == "``"
        ):
            self.fail(what)
        return self.advance().identifier

    def name(self, what: str) -> str:
        """A name of one to three parts, as written: quotes are kept, spaces between its parts are not."""
        if self.sees("IDENTIFIER", "("):
            return self._identifier_clause(what)
        parts: list[str] = []
        while True:
            self.identifier(what)
            parts.append(self.previous.text)
            if not self.sees("."):
                return ".".join(parts)
            if len(parts) == 3:
                self.fail(f"{what} of at most three parts: catalog.schema.name")
            self.advance()

    def _identifier_clause(self, what: str) -> str:
        """IDENTIFIER('a' || 'b'): https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-names-identifier-clause"""
        opened = self.token
        self.expect("IDENTIFIER", "(")
        text = ""
        while True:
            if self.token.kind is not Kind.STRING:
                self.fail(f"a string, or a parameter that the pipeline has, as {what}")
            text += self.string(what)
            if self.accept(")"):
                break
            self.expect("|", "|", after="a string within IDENTIFIER(")
        inner = Cursor(SourceText(text, self.source.path))
        if not text.strip() or inner.sees("IDENTIFIER", "("):
            self.fail(f"{what} within IDENTIFIER(...)", opened)
        try:
            name = inner.name(what)
            inner.expect_end()
        except SqlSyntaxError:
            raise SqlSyntaxError(
                f"{text!r} is no name; found it in IDENTIFIER(...), expected {what}", self.at(opened), text, what
            ) from None
        return name

    def column_path(self, what: str) -> str:
        """A column, or a field within one: `a` or `a.b`. Quotes go from a plain column and stay in a path."""
        first = self.identifier(what)
        parts = [self.previous.text]
        while self.accept("."):
            self.identifier(what)
            parts.append(self.previous.text)
        return first if len(parts) == 1 else ".".join(parts)

    def string(self, what: str) -> str:
        if self.token.kind is not Kind.STRING:
            self.fail(f"{what}, a string in quotes")
        value = ""
        while self.token.kind is Kind.STRING:  # adjacent strings are one, as in Spark
            value += string_value(self.advance())
        return value

    def parenthesised_names(self, what: str) -> tuple[str, ...]:
        self.expect("(")
        names = [self.column_path(what)]
        while self.accept(","):
            names.append(self.column_path(what))
        if not self.accept(")"):
            self.fail("',' or ')'")
        return tuple(names)

    def parenthesised_text(self, what: str) -> str:
        """The text between a pair of parentheses, whatever stands in it."""
        self.expect("(")
        start = self.token.start
        self.skip_balanced(what, stop=lambda: self.sees(")"))
        if self.previous.end <= start:
            self.fail(what)
        text = self.source.text[start : self.previous.end]
        self.advance()
        return text

    def skip_balanced(self, what: str, stop: Stop) -> None:
        """Forward to where `stop` holds outside any bracket; the end of the statement is an error."""
        opened: list[Token] = []
        while True:
            token = self.token
            if token.kind is Kind.END:
                if opened:
                    self.fail(
                        f"'{_CLOSE[_OPEN.index(opened[-1].text)]}' to close the '{opened[-1].text}' "
                        f"of line {opened[-1].line}, column {opened[-1].column}"
                    )
                if stop():
                    return
                self.fail(what)
            if not opened and stop():
                return
            if token.kind is Kind.OPERATOR and token.text in _OPEN:
                opened.append(token)
            elif token.kind is Kind.OPERATOR and token.text in _CLOSE:
                if not opened or _OPEN.index(opened[-1].text) != _CLOSE.index(token.text):
                    self.fail(f"{what} without this '{token.text}'")
                opened.pop()
            self.advance()

    def text_until(self, what: str, stop: Stop) -> str:
        start = self.token.start
        self.skip_balanced(what, stop)
        if self.previous.end <= start:
            self.fail(what)
        return self.source.text[start : self.previous.end]

    @property
    def ended(self) -> bool:
        return self.token.kind is Kind.END

    def expect_end(self, what: str = "the end of the statement") -> None:
        if not self.ended:
            self.fail(what)


def _is(token: Token, word: str) -> bool:
    return token.upper == word or (token.kind is Kind.OPERATOR and token.text == word)
