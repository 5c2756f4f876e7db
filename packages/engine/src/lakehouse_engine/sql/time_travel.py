"""`table@v3` and `table@20260131120000000`: Databricks' short form of VERSION AS OF and TIMESTAMP AS OF.

https://docs.databricks.com/aws/en/delta/history
"""

from __future__ import annotations

import re
from itertools import pairwise

from lakehouse_engine.sources.sql.errors import SqlSyntaxError
from lakehouse_engine.sources.sql.tokenizer import Kind, Token, tokenize

_VERSION = re.compile(r"v(\d+)", re.IGNORECASE)
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})")


def spelled_out(text: str) -> str:
    """The statement with the long forms; as it is where it has none, and where it is wrong: Spark says what is."""
    try:
        tokens = tokenize(text)
    except SqlSyntaxError:
        return text
    for at in range(len(tokens) - 3, -1, -1):
        name, sign, moment = tokens[at : at + 3]
        if sign.text != "@" or name.kind not in (Kind.WORD, Kind.QUOTED) or not _together(name, sign, moment):
            continue
        clause = _clause(moment.text)
        if clause:
            text = f"{text[: sign.start]} {clause}{text[moment.end :]}"
    return text


def _together(*tokens: Token) -> bool:
    return all(one.end == other.start for one, other in pairwise(tokens))


def _clause(moment: str) -> str | None:
    if found := _VERSION.fullmatch(moment):
        return f"VERSION AS OF {found[1]}"
    if found := _TIME.fullmatch(moment):
        year, month, day, hour, minute, second, milli = found.groups()
        return f"TIMESTAMP AS OF '{year}-{month}-{day} {hour}:{minute}:{second}.{milli}'"
    return None
