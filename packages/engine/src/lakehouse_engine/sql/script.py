"""The statements of a SQL script. BEGIN … END is one (sql/language-manual/control-flow/compound-stmt)."""

from __future__ import annotations

from lakehouse_engine.sources.sql.tokenizer import Kind, Token, tokenize

_TWO_WORDS = ("IF", "WHILE", "LOOP", "FOR", "REPEAT")


def split(script: str) -> list[str]:
    """The statements, without their semicolons."""
    found: list[str] = []
    begun: list[Token] = []
    depth = 0
    for token in tokenize(script):
        transaction = len(begun) == 1 and begun[0].upper == "BEGIN"
        if token.kind is Kind.END or (token.text == ";" and (depth == 0 or transaction)):
            if begun:
                found.append(script[begun[0].start : token.start].rstrip())
            begun, depth = [], 0
        elif begun or token.text != ";":
            depth += _change(begun, token, depth)
            begun.append(token)
    return found


def _change(before: list[Token], token: Token, depth: int) -> int:
    """IF, WHILE, LOOP, FOR and REPEAT end with two words, so that only BEGIN and CASE count."""
    last = before[-1] if before else None
    word = token.upper
    if last is not None and last.text == ".":
        return 0
    if word == "BEGIN":
        first = last is None or last.text == ":"
        procedure = last is not None and last.upper == "AS" and any(t.upper == "PROCEDURE" for t in before[:5])
        return int(depth > 0 or first or procedure)
    if depth == 0:
        return int(last is not None and last.upper == "END" and word in _TWO_WORDS and len(before) > 1)
    if word == "TRANSACTION" and last is not None and last.upper == "BEGIN":
        return -1
    if last is not None and last.upper == "END" and word in _TWO_WORDS:
        return 1
    if word == "CASE":
        return int(last is None or last.upper != "END")
    return -1 if word == "END" else 0
