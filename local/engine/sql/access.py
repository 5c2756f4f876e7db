"""Which tables a statement reads and changes, and what the principal needs on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyspark.sql import SparkSession

from engine.catalog import Catalog
from engine.sources.sql.tokenizer import Kind, Token, tokenize

# Formats of SELECT … FROM format.`path`.
_PATHS = {"delta", "csv", "json", "parquet", "text", "orc", "avro", "binaryfile", "file"}
_NOISE = {
    "TABLE",
    "INTO",
    "OVERWRITE",
    "FROM",
    "VIEW",
    "IF",
    "NOT",
    "EXISTS",
    "WITH",
    "SCHEMA",
    "EVOLUTION",
    "EXTERNAL",
}
_MODIFY = {"INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "COPY", "OPTIMIZE", "VACUUM", "RESTORE", "ANALYZE"}
QUERIES = {"SELECT", "WITH", "FROM", "VALUES", "TABLE", "("}


@dataclass(frozen=True)
class Read:
    """A table as the statement names it. `full_name` is complete; `key` finds it in the parsed plan."""

    key: tuple[str, ...]
    full_name: str


@dataclass(frozen=True)
class Target:
    verb: str
    full_name: str


def reads(session: SparkSession, text: str, catalog: str, schema: str) -> list[Read]:
    """Every table in the statement's plan; temporary views and paths are left out."""
    found = []
    views = session._jsparkSession.sessionState().catalog()
    for key in session._jvm.org.apache.spark.sql.lakehouse.Plans.relations(session._jsparkSession, text):
        parts = list(key)[1:]
        if len(parts) == 1 and views.getTempView(parts[0]).isDefined():
            continue
        if len(parts) == 2 and parts[0].lower() in _PATHS:
            continue
        if len(parts) > 3:
            continue
        full = ".".join([*[catalog, schema][: 3 - len(parts)], *parts])
        found.append(Read(tuple(key), full))
    return found


def target(text: str, catalog: str, schema: str) -> Target | None:
    """What a statement writes, makes, alters or drops."""
    tokens = iter(tokenize(text))
    verb = next(tokens).upper
    if verb in ("CREATE", "REPLACE"):
        kind = next(
            (t.upper for t in tokens if t.upper in ("TABLE", "VIEW", "TEMPORARY", "TEMP", "GLOBAL", "FUNCTION")), ""
        )
        if kind not in ("TABLE", "VIEW"):
            return None
    elif verb in ("DROP", "ALTER"):
        if next(tokens).upper not in ("TABLE", "VIEW"):
            return None
    elif verb not in _MODIFY:
        return None
    name = _name(tokens)
    if not name or len(name) > 3 or (len(name) == 2 and name[0].lower() in _PATHS):
        return None
    return Target(verb, ".".join([*[catalog, schema][: 3 - len(name)], *name]))


def _name(tokens: Iterator[Token]) -> list[str]:
    """The first name that is not one of the words before it."""
    parts: list[str] = []
    for token in tokens:
        if token.kind is Kind.WORD and token.upper in _NOISE and not parts:
            continue
        if token.kind not in (Kind.WORD, Kind.QUOTED):
            return []
        parts.append(token.identifier)
        after = next(tokens)
        if after.text != ".":
            break
    return parts


def checks(catalog: Catalog, found: list[Read], changed: Target | None) -> list[dict[str, str]]:
    """For `catalog.authorize`. A table that does not exist is Spark's to report."""
    needed = [
        {"privilege": "SELECT", "securableType": "TABLE", "fullName": read.full_name}
        for read in found
        if catalog.exists(read.full_name)
    ]
    if changed is None:
        return needed
    if catalog.exists(changed.full_name):
        privilege = "MANAGE" if changed.verb in ("DROP", "REPLACE") else "MODIFY"
        needed.append({"privilege": privilege, "securableType": "TABLE", "fullName": changed.full_name})
    elif changed.verb in ("CREATE", "REPLACE"):
        schema = changed.full_name.rsplit(".", 1)[0]
        if schema.split(".")[1].lower() in catalog.schemas().get(schema.split(".")[0].lower(), ()):
            needed.append({"privilege": "CREATE TABLE", "securableType": "SCHEMA", "fullName": schema})
    return needed
