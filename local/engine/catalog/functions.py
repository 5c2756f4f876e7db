"""SQL functions of Unity Catalog in queries.

Open Spark keeps SQL functions of a session only. A call of `catalog.schema.name(…)` is therefore replaced by a call of
a temporary function of the session, made from the function's record when a statement first uses it.
"""

from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession

from engine.errors import EngineError
from engine.session import use
from engine.sources.sql.tokenizer import Kind, tokenize

FunctionRecord = dict[str, Any]


class Functions:
    """The functions on record, and the temporary ones that stand for them."""

    def __init__(self) -> None:
        self._records: dict[str, FunctionRecord] = {}

    def put(self, record: FunctionRecord) -> None:
        self._records[record["fullName"].lower()] = record

    def drop(self, full_name: str) -> None:
        self._records.pop(full_name.lower(), None)

    def get(self, full_name: str) -> FunctionRecord | None:
        return self._records.get(full_name.lower())

    def all(self) -> list[FunctionRecord]:
        return list(self._records.values())

    def resolve(self, session: SparkSession, text: str, catalog: str, schema: str) -> tuple[str, set[str]]:
        """`text` with its calls put in terms of the session's temporary functions, and the functions it calls."""
        if not self._records:
            return text, set()
        called: set[str] = set()
        out, last = [], 0
        tokens = tokenize(text)
        at = 0
        while at < len(tokens):
            first = at
            parts: list[str] = []
            while tokens[at].kind in (Kind.WORD, Kind.QUOTED):
                parts.append(tokens[at].identifier)
                if tokens[at + 1].text == "." and tokens[at + 2].kind in (Kind.WORD, Kind.QUOTED) and len(parts) < 3:
                    at += 2
                else:
                    break
            if parts and tokens[at + 1].text == "(" and (first == 0 or tokens[first - 1].text != "."):
                full = ".".join(
                    [*[catalog, schema][: 3 - len(parts)], *parts] if len(parts) != 2 else [catalog, *parts]
                )
                record = self.get(full)
                if record is not None:
                    called.add(record["fullName"])
                    out.append(text[last : tokens[first].start])
                    out.append(f"`{self._define(session, record)}`")
                    last = tokens[at].end
            at += 1
        out.append(text[last:])
        return "".join(out), called

    def temporary(self, session: SparkSession, full_name: str) -> str:
        """The name of the session's temporary function for a function on record."""
        record = self.get(full_name)
        if record is None:
            raise EngineError(f"Function '{full_name}' does not exist.", error_class="ROUTINE_NOT_FOUND")
        return self._define(session, record)

    def _define(self, session: SparkSession, record: FunctionRecord) -> str:
        full = record["fullName"]
        name = "fn__" + "".join(ch if ch.isalnum() else f"_{ord(ch):x}_" for ch in full.lower())
        defined: dict[str, int] = session.__dict__.setdefault("_lakehouse_functions", {})
        version = hash(str(record))
        if defined.get(name) == version:
            return name
        defined[name] = version
        catalog, schema, _ = full.split(".", 2)
        body, _ = self.resolve(session, record["routine_definition"], catalog, schema)
        parameters = ", ".join(
            f"`{p['name']}` {p['type_text']}"
            + (f" DEFAULT {p['parameter_default']}" if p.get("parameter_default") else "")
            for p in (record.get("input_params") or {}).get("parameters", [])
        )
        kind = record.get("full_data_type") or record.get("data_type") or "STRING"
        returns = f"TABLE({kind})" if record.get("data_type") == "TABLE_TYPE" else kind
        manager = session._jsparkSession.sessionState().catalogManager()
        before = manager.currentCatalog().name(), list(manager.currentNamespace())
        use(session, catalog, schema)
        try:
            SparkSession.sql(
                session, f"CREATE OR REPLACE TEMPORARY FUNCTION `{name}`({parameters}) RETURNS {returns} RETURN {body}"
            )
        except Exception:
            defined.pop(name, None)
            raise
        finally:
            use(session, before[0], before[1][0] if before[1] else None)
        return name
