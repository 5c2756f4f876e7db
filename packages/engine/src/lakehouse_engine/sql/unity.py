"""Unity Catalog statements, read into what `catalog.statement` takes (docs/architecture.md); None for Spark's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lakehouse_engine.errors import EngineError
from lakehouse_engine.sources.sql.parser import keys
from lakehouse_engine.sources.sql.parser.clauses import properties
from lakehouse_engine.sources.sql.parser.cursor import Cursor
from lakehouse_engine.sources.sql.tokenizer import Kind, SourceText
from lakehouse_engine.sql import policies
from lakehouse_engine.sql.functions import read_create
from lakehouse_engine.sql.securables import CurrentNames, SecurableReader

Statement = Any  # CatalogStatement, put together clause by clause


def parse(text: str, names: CurrentNames) -> Statement | None:
    reader = _Reader(Cursor(SourceText(text, "statement")), names)
    handler = reader.handler()
    if handler is None:
        return None
    statement = handler()
    if statement is not None:
        reader.cursor.expect_end()
    return statement


class _Reader(SecurableReader):
    def handler(self) -> Callable[[], Statement | None] | None:
        """What reads the statement, by its first words; the cursor stands behind those that decided."""
        c = self.cursor
        match c.token.upper:
            case "CREATE":
                return self._create
            case "DROP":
                return self._drop
            case "ALTER":
                return self._alter
            case "GRANT" | "REVOKE":
                return self._grant
            case "SHOW":
                return self._show
            case "COMMENT" if c.peek().upper == "ON":
                return self._comment
            case "DESCRIBE" | "DESC" if c.peek().upper == "VOLUME":
                return self._describe_volume
            case "SET" | "UNSET" if c.peek().upper == "TAG":
                return self._tag_statement
        return None

    # --- statements ---------------------------------------------------------------------------------------------

    def _create(self) -> Statement | None:
        c = self.cursor
        c.advance()
        replace = c.accept("OR", "REPLACE")
        external = c.sees("EXTERNAL", "VOLUME") and c.accept("EXTERNAL")
        if c.token.upper == "FUNCTION":
            c.advance()
            return read_create(self, replace)
        if c.accept("POLICY"):
            return policies.read_create(self, replace)
        kinds = {"CATALOG": "CATALOG", "SCHEMA": "SCHEMA", "DATABASE": "SCHEMA", "VOLUME": "VOLUME"}
        if c.token.upper not in kinds:
            return None
        kind = kinds[c.advance().upper]
        exists = c.accept("IF", "NOT", "EXISTS")
        statement: Statement = {"kind": f"create{kind.capitalize()}", "ifNotExists": exists}
        statement["name"] = self.full_name(kind)
        if external:
            statement["external"] = True
        while not c.ended:
            if c.accept("COMMENT"):
                statement["comment"] = c.string("a comment")
            elif c.accept("WITH", "DBPROPERTIES") or c.accept("DBPROPERTIES"):
                statement["properties"] = dict(properties(c))
            elif c.sees("LOCATION") or c.sees("MANAGED", "LOCATION"):
                raise EngineError(
                    "LOCATION and MANAGED LOCATION are not supported by the local workspace: it has no cloud storage; "
                    "leave them out.",
                    error_class="UNSUPPORTED_FEATURE",
                )
            else:
                c.fail("COMMENT, WITH DBPROPERTIES or the end of the statement")
        return statement

    def _drop(self) -> Statement | None:
        c = self.cursor
        c.advance()
        kinds = {"CATALOG": "CATALOG", "SCHEMA": "SCHEMA", "DATABASE": "SCHEMA", "VOLUME": "VOLUME"}
        if c.accept("POLICY"):
            return policies.read_drop(self)
        kind = {**kinds, "FUNCTION": "FUNCTION"}.get(c.token.upper)
        if kind is None:
            return None
        c.advance()
        exists = self.if_exists()
        statement = {"kind": "drop", "securableType": kind, "ifExists": exists, "name": self.full_name(kind)}
        statement["cascade"] = c.accept("CASCADE")
        c.accept("RESTRICT")
        return statement

    def _alter(self) -> Statement | None:
        c = self.cursor
        c.advance()
        found = self.securable()
        if found is None:
            return None
        kind, name = found
        target = {"securableType": kind, "name": name}
        table = kind == "TABLE"
        if c.accept("OWNER", "TO") or c.accept("SET", "OWNER", "TO"):
            return {"kind": "alter", **target, "owner": self.principal()}
        if c.accept("SET", "TAGS"):
            return {"kind": "setTags", **target, "tags": self.tags()}
        if c.accept("UNSET", "TAGS"):
            return {"kind": "unsetTags", **target, "keys": self.keys()}
        for mode in ("ENABLE", "DISABLE", "INHERIT"):
            if c.accept(mode, "PREDICTIVE", "OPTIMIZATION"):
                return {"kind": "alter", **target, "predictiveOptimization": mode}
        if table and (c.accept("ALTER", "COLUMN") or c.accept("ALTER")):
            return self._alter_column(name, target)
        if table and c.accept("SET", "ROW", "FILTER"):
            function = self.full_name("FUNCTION")
            c.expect("ON")
            return {"kind": "setRowFilter", "table": name, "function": function, "using": self._using()}
        if table and c.accept("DROP", "ROW", "FILTER"):
            return {"kind": "setRowFilter", "table": name, "function": None, "using": []}
        if table and c.sees("ADD"):
            return self._add_key(name)
        if table and c.sees("DROP"):
            return self._drop_key(name)
        if c.accept("RENAME", "TO"):
            new = self.full_name(kind)
            if new.split(".")[:-1] != name.split(".")[:-1]:
                raise EngineError(
                    f"'{name}' cannot be renamed to '{new}': in the local workspace it stays in its schema.",
                    error_class="UNSUPPORTED_FEATURE",
                )
            return {"kind": "alter", **target, "newName": new}
        if table:
            return None
        if c.accept("SET", "DBPROPERTIES") or c.accept("SET", "PROPERTIES"):
            return {"kind": "alter", **target, "properties": dict(properties(c))}
        c.fail("OWNER TO, SET TAGS, UNSET TAGS, RENAME TO, SET DBPROPERTIES or ENABLE PREDICTIVE OPTIMIZATION")

    def _add_key(self, table: str) -> Statement | None:
        self.cursor.advance()
        if not keys.starts(self.cursor):
            return None  # columns and CHECK are Delta's
        return {"kind": "addConstraint", "table": table, "constraint": keys.read(self.cursor)}

    def _drop_key(self, table: str) -> Statement | None:
        """A constraint by its name may also be a CHECK, which is Delta's: who runs the statement knows."""
        c = self.cursor
        c.advance()
        which: Statement
        if c.accept("PRIMARY", "KEY"):
            which = {"ifExists": self.if_exists()}
        elif c.accept("FOREIGN", "KEY"):
            which = {"ifExists": self.if_exists(), "foreignKey": list(c.parenthesised_names("a key column"))}
        elif c.accept("CONSTRAINT"):
            which = {"ifExists": self.if_exists(), "name": c.identifier("the constraint's name")}
        else:
            return None
        which["cascade"] = c.accept("CASCADE")
        c.accept("RESTRICT")
        return {"kind": "dropConstraint", "table": table, **which}

    def _alter_column(self, table: str, target: Statement) -> Statement | None:
        c = self.cursor
        column = c.identifier("a column")
        if c.accept("SET", "TAGS"):
            return {"kind": "setTags", **target, "column": column, "tags": self.tags()}
        if c.accept("UNSET", "TAGS"):
            return {"kind": "unsetTags", **target, "column": column, "keys": self.keys()}
        mask = {"kind": "setMask", "table": table, "column": column}
        if c.accept("SET", "MASK"):
            function = self.full_name("FUNCTION")
            return {**mask, "function": function, "using": self._using() if c.accept("USING", "COLUMNS") else []}
        if c.accept("DROP", "MASK"):
            return {**mask, "function": None, "using": []}
        return None

    def _using(self) -> list[str]:
        """(column or literal, …): a literal keeps its quotes."""
        c = self.cursor
        c.expect("(")
        found: list[str] = []
        while not c.accept(")"):
            token = c.advance()
            found.append(token.identifier if token.kind in (Kind.WORD, Kind.QUOTED) else token.text)
            if not c.sees(")"):
                c.expect(",")
        return found

    def _grant(self) -> Statement:
        c = self.cursor
        kind = c.advance().upper.lower()
        privileges = [self._privilege()]
        while c.accept(","):
            privileges.append(self._privilege())
        c.expect("ON", after="the privileges")
        found = self.securable() or ("TABLE", self.full_name("TABLE"))
        c.expect("TO" if kind == "grant" else "FROM", after="the securable")
        who = self.principal()
        return {"kind": kind, "privileges": privileges, "securableType": found[0], "name": found[1], "grantee": who}

    def _privilege(self) -> str:
        c = self.cursor
        words = []
        while c.token.kind is Kind.WORD and c.token.upper != "ON":
            words.append(c.advance().upper)
        if not words:
            c.fail("a privilege")
        return " ".join(words)

    def _show(self) -> Statement | None:
        c = self.cursor
        if c.accept("SHOW", "VOLUMES"):
            named = c.accept("IN") or c.accept("FROM")
            schema = self.full_name("SCHEMA") if named else f"{self.names.catalog}.{self.names.schema}"
            c.accept("LIKE")
            pattern = {} if c.ended else {"pattern": c.string("a pattern")}
            return {"kind": "showVolumes", "name": schema, **pattern}
        if not (c.accept("SHOW", "GRANTS") or c.accept("SHOW", "GRANT")):
            return None
        who = None if c.sees("ON") else self.principal()
        c.expect("ON")
        kind, name = self.securable() or ("TABLE", self.full_name("TABLE"))
        statement = {"kind": "showGrants", "securableType": kind, "name": name}
        return {**statement, "grantee": who} if who else statement

    def _comment(self) -> Statement | None:
        c = self.cursor
        c.expect("COMMENT", "ON")
        if c.token.upper in ("TABLE", "VIEW", "COLUMN"):
            return None
        found = self.securable()
        if found is None:
            c.fail("CATALOG, SCHEMA, VOLUME, FUNCTION, TABLE or COLUMN")
        c.expect("IS")
        comment = None if c.accept("NULL") else c.string("a comment")
        return {"kind": "comment", "securableType": found[0], "name": found[1], "comment": comment}

    def _describe_volume(self) -> Statement:
        self.cursor.advance()
        self.cursor.advance()
        return {"kind": "describeVolume", "name": self.full_name("VOLUME")}

    def _tag_statement(self) -> Statement:
        """SET TAG ON securable key = value; UNSET TAG ON securable key."""
        c = self.cursor
        setting = c.advance().upper == "SET"
        c.expect("TAG", "ON")
        target: Statement
        if c.accept("COLUMN"):
            parts = self.parts("a column")
            target = {"securableType": "TABLE", "name": self.names.full("TABLE", parts[:-1]), "column": parts[-1]}
        else:
            kind, name = self.securable() or c.fail("the type of a securable")
            target = {"securableType": kind, "name": name}
        key = c.string("a tag") if c.token.kind is Kind.STRING else c.identifier("a tag")
        if not setting:
            return {"kind": "unsetTags", **target, "keys": [key]}
        value = ""
        if c.accept("="):
            value = c.string("a value") if c.token.kind is Kind.STRING else c.identifier("a value")
        return {"kind": "setTags", **target, "tags": {key: value}}
