"""What Unity Catalog's statements are made of: names of securables, principals and tags, read from a cursor."""

from __future__ import annotations

from dataclasses import dataclass

from lakehouse_engine.errors import EngineError
from lakehouse_engine.graph.names import split
from lakehouse_engine.sources.sql.parser.cursor import Cursor
from lakehouse_engine.sources.sql.tokenizer import Kind

SECURABLES = ("CATALOG", "SCHEMA", "DATABASE", "TABLE", "VIEW", "VOLUME", "FUNCTION", "METASTORE")
_MORE_SECURABLES = {
    ("EXTERNAL", "LOCATION"): "EXTERNAL_LOCATION",
    ("STORAGE", "CREDENTIAL"): "STORAGE_CREDENTIAL",
    ("MATERIALIZED", "VIEW"): "TABLE",
    ("STREAMING", "TABLE"): "TABLE",
    ("EXTERNAL", "VOLUME"): "VOLUME",
}


@dataclass(frozen=True)
class CurrentNames:
    """Completes names by the catalog and schema in use."""

    catalog: str
    schema: str

    def table(self, name: str) -> str:
        """The full name of a table, from its name as it is written."""
        return self.full("TABLE", split(name))

    def full(self, kind: str, parts: list[str]) -> str:
        wanted = {"METASTORE": 0, "CATALOG": 1, "SCHEMA": 2}.get(kind, 3)
        if kind in ("EXTERNAL_LOCATION", "STORAGE_CREDENTIAL"):
            wanted = 1
        missing = wanted - len(parts)
        if missing < 0:
            raise EngineError(
                f"'{'.'.join(parts)}' is not the name of a {kind.lower().replace('_', ' ')}: it has at most {wanted} "
                f"part{'s' if wanted > 1 else ''}.",
                error_class="IDENTIFIER_TOO_MANY_NAME_PARTS",
            )
        if wanted == 3 and not parts[:-1]:
            return ".".join([self.catalog, self.schema, *parts])
        return ".".join([self.catalog, *parts] if missing else parts)


class SecurableReader:
    def __init__(self, cursor: Cursor, names: CurrentNames) -> None:
        self.cursor = cursor
        self.names = names

    def parts(self, what: str) -> list[str]:
        found = [self.cursor.identifier(what)]
        while self.cursor.accept("."):
            found.append(self.cursor.identifier(what))
        return found

    def full_name(self, kind: str) -> str:
        return self.names.full(kind, self.parts(f"the name of a {kind.lower()}"))

    def securable(self) -> tuple[str, str] | None:
        """TYPE name; None, with nothing read, where no securable's type stands."""
        c = self.cursor
        for words, kind in _MORE_SECURABLES.items():
            if c.accept(*words):
                return kind, self.full_name(kind)
        if c.token.upper not in SECURABLES:
            return None
        kind = c.advance().upper
        kind = {"DATABASE": "SCHEMA", "VIEW": "TABLE"}.get(kind, kind)
        return (kind, "") if kind == "METASTORE" else (kind, self.full_name(kind))

    def if_exists(self) -> bool:
        return self.cursor.accept("IF", "EXISTS")

    def principal(self) -> str:
        c = self.cursor
        return c.string("a principal") if c.token.kind is Kind.STRING else c.identifier("a principal")

    def tags(self) -> dict[str, str]:
        """('key' = 'value', …); a key without a value has an empty one."""
        c = self.cursor
        c.expect("(")
        found: dict[str, str] = {}
        while True:
            key = c.string("a tag") if c.token.kind is Kind.STRING else ".".join(self.parts("a tag"))
            found[key] = c.string("a value") if c.accept("=") else ""
            if not c.accept(","):
                break
        c.expect(")")
        return found

    def keys(self) -> list[str]:
        return list(self.tags())
