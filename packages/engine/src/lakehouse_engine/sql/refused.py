"""Statements that Databricks has and this workspace does not."""

from __future__ import annotations

from collections.abc import Sequence

from lakehouse_engine.errors import EngineError
from lakehouse_engine.sources.sql.tokenizer import Token

# First words of statements that Databricks has and this workspace does not, with what does the work here.
REFUSED: dict[tuple[str, ...], str] = {
    **dict.fromkeys(
        [("CREATE", "WIDGET"), ("REMOVE", "WIDGET")],
        "Use dbutils.widgets in a notebook, or parameters of the statement.",
    ),
    **dict.fromkeys([("SHOW", "USERS"), ("SHOW", "GROUPS")], "The SCIM API lists users and groups."),
    **dict.fromkeys(
        [("CREATE", "PROCEDURE"), ("DROP", "PROCEDURE"), ("SHOW", "PROCEDURES"), ("CALL",)],
        "There are no stored procedures here; BEGIN … END runs in a statement.",
    ),
    **dict.fromkeys(
        [
            (verb, kind)
            for verb in ("CREATE", "ALTER", "DROP", "SHOW", "DESCRIBE")
            for kind in ("SHARE", "SHARES", "RECIPIENT", "RECIPIENTS", "PROVIDER", "PROVIDERS")
        ],
        "There is no Delta Sharing here.",
    ),
    **dict.fromkeys(
        [(verb, kind) for verb in ("CREATE", "ALTER", "DROP", "SHOW") for kind in ("CONNECTION", "CONNECTIONS")],
        "There is no connection to another system here.",
    ),
    **dict.fromkeys(
        [("SHOW", "POLICIES"), ("SHOW", "EFFECTIVE", "POLICIES"), ("DESCRIBE", "POLICY"), ("DESC", "POLICY")],
        "GET /api/2.1/unity-catalog/policies lists them.",
    ),
    **dict.fromkeys([("SHOW", "EXTERNAL"), ("SHOW", "STORAGE"), ("SHOW", "CREDENTIALS")], "The REST API lists them."),
    ("SHOW", "TABLES", "DROPPED"): "A dropped table is gone.",
    ("SYNC",): "There is no Hive metastore here.",
    ("MSCK",): "The files of a Delta table are in its log.",
    ("FSCK",): "The files of a Delta table are in its log.",
    ("CONVERT",): "Read the files with read_files and write a table.",
    ("CREATE", "BLOOMFILTER"): "Delta here has no Bloom filter indexes; cluster the table.",
    ("DROP", "BLOOMFILTER"): "Delta here has no Bloom filter indexes; cluster the table.",
    ("LOAD",): "Use COPY INTO.",
    ("PUT",): "Use the Files API, or a driver that moves files itself.",
    ("GET",): "Use the Files API, or a driver that moves files itself.",
    ("REMOVE",): "Use the Files API, or a driver that moves files itself.",
    ("LIST",): "Use the Files API, or dbutils.fs.ls.",
    ("UNDROP",): "A dropped table is gone.",
    ("DENY",): "Unity Catalog has GRANT and REVOKE.",
}


def words_of(tokens: Sequence[Token]) -> list[str]:
    """The first words of a statement, by which it is known."""
    return [token.upper for token in tokens[:5]]


def check(words: Sequence[str]) -> None:
    """Raises for a statement that begins with these words."""
    plain = tuple(word for word in words if word not in ("OR", "REPLACE"))
    for first, instead in REFUSED.items():
        if plain[: len(first)] == first:
            raise EngineError(
                f"{' '.join(first)} is not supported in the local workspace's SQL. {instead}",
                error_class="UNSUPPORTED_FEATURE",
            )


def markdown() -> str:
    """The table for the docs."""
    instead: dict[str, list[str]] = {}
    for words, text in REFUSED.items():
        instead.setdefault(text, []).append(f"`{' '.join(words)}`")
    rows = ["| Statement | Instead |", "| --- | --- |"]
    return "\n".join([*rows, *(f"| {', '.join(statements)} | {text} |" for text, statements in instead.items())]) + "\n"
