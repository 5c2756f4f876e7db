"""Names and paths of one test: every catalog, schema and volume exists as soon as it is named, until the test ends."""

from __future__ import annotations

import itertools
import shutil
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, DataFrameWriter, SparkSession
from pyspark.sql.readwriter import DataFrameReader, DataFrameWriterV2
from pyspark.sql.streaming.readwriter import DataStreamReader, DataStreamWriter

from lakehouse_engine.catalog import Catalog
from lakehouse_engine.errors import EngineError
from lakehouse_engine.graph.names import Defaults, split
from lakehouse_engine.sources.sql.tokenizer import Kind, Token, tokenize
from lakehouse_engine.volumes import Volumes

# What Databricks' test session refuses: it would reach real objects there.
_REFUSED = (
    ("GRANT",),
    ("REVOKE",),
    ("CREATE", "POLICY"),
    ("DROP", "POLICY"),
    *((verb, kind) for verb in ("CREATE", "DROP", "ALTER") for kind in ("CATALOG", "SCHEMA", "DATABASE")),
)
_REFUSED_ALTERATIONS = (("OWNER", "TO"), ("SET", "TAGS"), ("UNSET", "TAGS"))


class Workspace:
    """Stands for the workspace that an engine asks: everything is allowed, and nothing outlasts the test."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def request(self, method: str, params: Any, timeout: float | None = 60) -> Any:
        match method:
            case "catalog.putTable":
                return {"tableId": str(uuid.uuid4())}
            case "catalog.authorize":
                return {"tables": []}
            case "principal.groups":
                return {"groups": []}
            case "catalog.dropTable" | "pipeline.authorize":
                return {}
        raise EngineError(
            f"{method} asks the workspace, which a pipeline's unit tests do not have; replace what the pipeline reads "
            "there by a table of the test",
            error_class="UNSUPPORTED_IN_UNIT_TEST",
        )

    def notify(self, method: str, params: Any) -> None:
        if method == "update.event":
            self.events.append(params["event"])


class IsolatedCatalog(Catalog):
    """Schemas exist as soon as they are named."""

    def require_schema(self, catalog: str, schema: str) -> None:
        known = self.schemas()
        if catalog.lower() not in known:
            self.apply([{"op": "createCatalog", "catalog": catalog}])
        if schema.lower() not in known.get(catalog.lower(), set()):
            self.apply([{"op": "createSchema", "catalog": catalog, "schema": schema}])

    def forget_tables(self) -> None:
        for record in self.tables():
            self.apply([{"op": "dropTable", "fullName": record["fullName"], "location": record.get("location")}])


class IsolatedVolumes(Volumes):
    """Volumes exist as soon as a path names them."""

    def to_local(self, path: Any) -> str:
        local = super().to_local(path)
        if local.startswith(self.root + "/"):
            parts = Path(local).relative_to(self.root).parts
            if len(parts) >= 3:
                Path(self.root, *parts[:3]).mkdir(parents=True, exist_ok=True)
        return local

    def clear(self) -> None:
        for entry in Path(self.root).iterdir():
            shutil.rmtree(entry, ignore_errors=True)


class IsolatedNames:
    """Makes the schemas of the names that a test uses, and keeps the engine's record of its tables."""

    def __init__(self, catalog: IsolatedCatalog, defaults: Defaults, follow: Callable[[], None]) -> None:
        self._catalog = catalog
        self._defaults = defaults
        self._follow = follow

    def of_statement(self, text: str) -> None:
        """Raises EngineError for what a test session does not do."""
        tokens = [token for token in tokenize(text) if token.kind is not Kind.END]
        _refuse(tokens)
        for parts in _dotted(tokens):
            self.of_name(".".join(f"`{part}`" for part in parts[:3]))

    def of_name(self, name: str) -> None:
        parts = split(name) if name.count("/") == 0 else []
        if len(parts) == 3:
            self._catalog.require_schema(*parts[:2])
        elif len(parts) == 2:
            self._catalog.require_schema(self._defaults.catalog, parts[0])

    def install(self) -> None:
        """For the whole process, which is one test run's: names reach Spark's readers and writers, too."""
        for owner, method in (
            (DataFrameWriter, "saveAsTable"),
            (DataFrameWriter, "insertInto"),
            (DataFrameReader, "table"),
            (DataStreamReader, "table"),
            (DataStreamWriter, "toTable"),
            (SparkSession, "table"),
        ):
            self._named(owner, method)
        write_to = DataFrame.writeTo

        def writing_to(frame: DataFrame, table: str) -> DataFrameWriterV2:
            self.of_name(table)
            return write_to(frame, table)

        DataFrame.writeTo = writing_to  # type: ignore[method-assign]

    def _named(self, owner: type, method: str) -> None:
        original = getattr(owner, method)
        writes = owner in (DataFrameWriter, DataStreamWriter)

        def call(this: Any, name: str, *args: Any, **kwargs: Any) -> Any:
            self.of_name(name)
            answer = original(this, name, *args, **kwargs)
            if writes:
                self._follow()
            return answer

        setattr(owner, method, call)


def _refuse(tokens: list[Token]) -> None:
    words = [token.upper for token in tokens]
    wanted = [words[:1], [words[0], *(w for w in words[1:4] if w not in ("OR", "REPLACE", "FOREIGN"))][:2]]
    for refused in _REFUSED:
        if list(refused) in wanted:
            raise _refusal(" ".join(refused))
    if words[0] in ("ALTER", "SET", "UNSET"):
        for pair in _REFUSED_ALTERATIONS:
            if pair in itertools.pairwise(words):
                raise _refusal(" ".join(pair))


def _refusal(what: str) -> EngineError:
    return EngineError(
        f"{what} is not available in a pipeline's unit tests: the test session redirects tables only, and refuses to "
        "change catalogs, schemas, privileges, owners, tags and policies",
        error_class="UNSUPPORTED_IN_UNIT_TEST",
    )


def _dotted(tokens: list[Token]) -> Iterable[list[str]]:
    """Names of two and more parts. Some are columns of an alias: a schema too many does no harm."""
    at = 0
    while at < len(tokens):
        if tokens[at].kind not in (Kind.WORD, Kind.QUOTED):
            at += 1
            continue
        parts = [tokens[at].identifier]
        while at + 2 < len(tokens) and tokens[at + 1].text == "." and tokens[at + 2].kind in (Kind.WORD, Kind.QUOTED):
            parts.append(tokens[at + 2].identifier)
            at += 2
        at += 1
        if len(parts) > 1:
            yield parts
