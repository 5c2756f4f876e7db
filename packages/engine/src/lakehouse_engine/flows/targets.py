"""The table behind a dataset: made on first use, then kept to what the definition says, one ALTER a difference."""

from __future__ import annotations

import functools
import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructField, StructType, _parse_datatype_string

from lakehouse_engine import files, jvm
from lakehouse_engine.catalog import Catalog, TableRecord
from lakehouse_engine.catalog.columns import ddl, schema_of
from lakehouse_engine.catalog.keys import described
from lakehouse_engine.errors import EngineError
from lakehouse_engine.files import local
from lakehouse_engine.flows.protection import Protected, protect
from lakehouse_engine.graph.model import Dataset
from lakehouse_engine.graph.names import Defaults, split
from lakehouse_engine.identifiers import literal, quote_all
from lakehouse_engine.schemas import struct


def slug(name: str) -> str:
    """A folder's name for any dataset or flow: readable, and unique even where it is cut or letters are replaced."""
    plain = re.sub(r"[^A-Za-z0-9_.-]", "_", name)[:60]
    return f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def declared(dataset: Dataset) -> tuple[StructType | None, dict[str, str]]:
    """The schema that the definition gives, None where the query's own counts; and what generates which columns."""
    if isinstance(dataset.schema, str):
        return _without_generated(dataset.schema)
    if dataset.schema is not None:
        return dataset.schema, {}
    typed = [c for c in dataset.columns if c.data_type is not None]
    if not typed or len(typed) != len(dataset.columns):
        return None, {}
    fields = [
        StructField(
            c.name, _parse_datatype_string(c.data_type or ""), c.nullable, {"comment": c.comment} if c.comment else None
        )
        for c in typed
    ]
    return StructType(fields), {c.name: c.generated for c in typed if c.generated}


def _without_generated(text: str) -> tuple[StructType, dict[str, str]]:
    generated = {}
    found = re.compile(r"`?(\w+)`?\s+[\w<>(), ]+?\s+(GENERATED\s+ALWAYS\s+AS\s*\()", re.IGNORECASE)
    while match := found.search(text):
        depth, end = 1, match.end()
        while end < len(text) and depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        generated[match[1]] = text[match.end() : end - 1]
        text = text[: match.start(2)] + text[end:]
    return struct(text), generated


class Target:
    """One dataset's table and the files that its flows keep."""

    def __init__(
        self,
        key: str,
        table: str,
        dataset: Dataset,
        catalog: Catalog,
        storage: str,
        pipeline_id: str,
        principal: str | None,
        defaults: Defaults,
    ) -> None:
        self.key = key
        self.table = table
        self.dataset = dataset
        self.catalog = catalog
        self.pipeline_id = pipeline_id
        self.principal = principal
        self.defaults = defaults
        self.folder = Path(storage) / "datasets" / slug(key)

    # --- state ---------------------------------------------------------------------------------------------------

    def state(self, name: str) -> dict[str, Any]:
        try:
            return json.loads((self.folder / f"{name}.json").read_text())
        except (FileNotFoundError, ValueError):
            return {}

    def remember(self, name: str, value: Mapping[str, Any]) -> None:
        files.replace(self.folder / f"{name}.json", json.dumps(value))

    def begin_reset(self) -> None:
        """Forgets all that was read. The mark outlives a kill: until the table is emptied, the reset is not done."""
        self.remember("resetting", {"resetting": True})
        if self.folder.exists():
            for entry in self.folder.iterdir():
                if entry.name not in ("resetting.json", "private", "private.json"):
                    shutil.rmtree(entry) if entry.is_dir() else entry.unlink()

    def forget(self) -> None:
        """All that was read and remembered."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def resetting(self) -> bool:
        return (self.folder / "resetting.json").exists()

    def checkpoint(self, flow: str) -> str:
        return str(self.folder / "checkpoints" / slug(flow))

    def _keep_private(self) -> None:
        """The workspace has no record of a private table; what the engine needs to know it again is kept here."""
        if self.dataset.private:
            self.remember("private", self.record or {})

    def adopt(self) -> None:
        """Puts a private table of an earlier update into the catalog, which a new engine process does not have."""
        record = self.state("private")
        if self.dataset.private and record and self.record is None:
            self.catalog.adopt(record)

    # --- the table -----------------------------------------------------------------------------------------------

    @property
    def record(self) -> TableRecord | None:
        return self.catalog.get(self.table)

    @property
    def location(self) -> str:
        """The table's folder as Spark opens it; without its scheme, a path would mean a volume's."""
        record = self.record
        if record is None:
            raise EngineError(f"{self.key} does not exist", error_class="TABLE_OR_VIEW_NOT_FOUND")
        return "file:" + local(record["location"])

    def schema(self) -> StructType:
        return schema_of(self.record or {})

    def check_owner(self) -> None:
        record = self.record
        if record and record.get("pipelineId") != self.pipeline_id:
            owner = f"pipeline {record['pipelineId']}" if record.get("pipelineId") else "no pipeline"
            raise EngineError(
                f"{self.dataset.location}: {self.key} exists already and is managed by {owner}; drop it, or give this "
                "dataset another name",
                error_class="TABLE_ALREADY_EXISTS",
                location=str(self.dataset.location),
            )

    def wanted(self, query: StructType) -> tuple[StructType, dict[str, str]]:
        """The table's columns: as declared, or else as the query gives them, with the comments that are declared."""
        given, generated = declared(self.dataset)
        if given is not None:
            return given, generated
        notes = {c.name.lower(): c for c in self.dataset.columns}
        fields = []
        for field in query.fields:
            note = notes.pop(field.name.lower(), None)
            comment = note.comment if note else (field.metadata or {}).get("comment")
            nullable = note.nullable if note else True
            fields.append(StructField(field.name, field.dataType, nullable, {"comment": comment} if comment else None))
        if notes:
            raise EngineError(
                f"{self.dataset.location}: {self.key} declares column {next(iter(notes))}, which its query does not "
                f"return; it returns {', '.join(query.fieldNames())}",
                error_class="COLUMN_NOT_FOUND",
                location=str(self.dataset.location),
            )
        return StructType(fields), generated

    def ensure(
        self, session: SparkSession, query: StructType, kind: str, extra: Mapping[str, str] | None = None
    ) -> bool:
        """The table as the definition wants it for rows of schema `query`; true where it was made or emptied now."""
        self.check_owner()
        schema, generated = self.wanted(query)
        properties = {**(extra or {}), **{str(k): str(v) for k, v in self.dataset.table_properties.items()}}
        if self.dataset.cluster_by_auto:
            properties["clusterByAuto"] = "true"
        if self.record is None or self.resetting:
            self._create(schema, generated, properties, kind)
            (self.folder / "resetting.json").unlink(missing_ok=True)
            self._protect()
            return True
        self._alter(session, schema, properties, kind)
        self._protect()
        return False

    def _protect(self) -> None:
        before = self.state("protection")
        table = Protected(self.key, self.table, self.dataset, self.catalog, self.principal)
        wanted = protect(table, self.defaults, before)
        if wanted != before:
            self.remember("protection", wanted)

    @property
    def sql_name(self) -> str:
        return quote_all(split(self.table))

    def _create(self, schema: StructType, generated: dict[str, str], properties: dict[str, str], kind: str) -> None:
        self.catalog.create_table(
            self.table,
            schema,
            table_type=kind,
            location=f"file:{self.folder}/private" if self.dataset.private else None,
            comment=self.dataset.comment,
            properties=properties,
            partition_cols=self.dataset.partition_cols,
            cluster_by=self.dataset.cluster_by,
            generated=generated,
            pipeline_id=self.pipeline_id,
            principal=self.principal,
            constraints=self._keys(),
            replace=self.record is not None,
        )
        self.remember("definition", self._definition(schema, properties))
        self._keep_private()

    def _keys(self) -> list[dict[str, Any]]:
        """The declared keys. A parent that is not there yet, or has no key yet, is taken to have the same columns."""
        found = []
        for given in self.dataset.constraints:
            same = [{"primary_key_constraint": {"child_columns": list(given.columns)}}]
            known = functools.partial(self._constraints_of, otherwise=same)
            found.append(described(given, self.key, self.defaults.full, known))
        return found

    def _constraints_of(self, table: str, otherwise: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return self.catalog.constraints(table) or otherwise

    def _definition(self, schema: StructType, properties: Mapping[str, str]) -> dict[str, Any]:
        return {
            "comment": self.dataset.comment,
            "properties": dict(properties),
            "columns": {f.name: (f.metadata or {}).get("comment") for f in schema.fields},
            "constraints": [c.text for c in self.dataset.constraints],
        }

    def _alter(self, session: SparkSession, schema: StructType, properties: Mapping[str, str], kind: str) -> None:
        before = self.state("definition")
        now = self._definition(schema, properties)
        known = {f.name.lower(): f for f in self.schema().fields}
        new = [StructField(f.name, f.dataType, True, f.metadata) for f in schema.fields if f.name.lower() not in known]
        statements = []
        if new:
            statements.append(f"ALTER TABLE {self.sql_name} ADD COLUMNS ({ddl(StructType(new), {})})")
        if kind == "STREAMING_TABLE":
            for field in schema.fields:
                old = known.get(field.name.lower())
                if old is not None and old.dataType != field.dataType and not _same_shape(old, field):
                    raise EngineError(
                        f"{self.key}: column {field.name} is {old.dataType.simpleString()} in the table and "
                        f"{field.dataType.simpleString()} in the query; run a full refresh of {self.key}, or cast it",
                        error_class="DELTA_FAILED_TO_MERGE_FIELDS",
                        location=str(self.dataset.location),
                    )
        if before.get("comment") != now["comment"]:
            statements.append(f"COMMENT ON TABLE {self.sql_name} IS {literal(now['comment'] or '')}")
        for name, comment in now["columns"].items():
            if name.lower() in known and before.get("columns", {}).get(name) != comment:
                statements.append(
                    f"ALTER TABLE {self.sql_name} ALTER COLUMN {quote_all([name])} COMMENT {literal(comment or '')}"
                )
        old_properties = before.get("properties", {})
        changed = {k: v for k, v in now["properties"].items() if old_properties.get(k) != v}
        removed = [k for k in old_properties if k not in now["properties"]]
        if changed:
            pairs = ", ".join(f"{literal(k)} = {literal(v)}" for k, v in changed.items())
            statements.append(f"ALTER TABLE {self.sql_name} SET TBLPROPERTIES ({pairs})")
        if removed:
            keys = ", ".join(map(literal, removed))
            statements.append(f"ALTER TABLE {self.sql_name} UNSET TBLPROPERTIES IF EXISTS ({keys})")
        for statement in statements:
            session.sql(statement)
        record = self.record or {}
        if statements or record.get("tableType") != kind or before.get("constraints") != now["constraints"]:
            self.catalog.sync(self.table, table_type=kind, principal=self.principal, constraints=self._keys())
            self._keep_private()
        if before != now:
            self.remember("definition", now)

    def fit(self, frame: DataFrame) -> DataFrame:
        """The frame's columns in the types of the table, by name; columns that the query lacks are left to be null."""
        given, _ = declared(self.dataset)
        if given is None:
            return frame
        wanted = {f.name.lower(): f for f in given.fields}
        extra = [n for n in frame.columns if n.lower() not in wanted]
        if extra:
            raise EngineError(
                f"{self.dataset.location}: the query of {self.key} returns {', '.join(extra)}, which its declared "
                f"schema lacks; it has {', '.join(given.fieldNames())}",
                error_class="DELTA_METADATA_MISMATCH",
                location=str(self.dataset.location),
            )
        assignable = jvm.of(frame.sparkSession).org.apache.spark.sql.catalyst.expressions.Cast
        parse = frame.sparkSession._jsparkSession.parseDataType
        columns = []
        for field in frame.schema.fields:
            target = wanted[field.name.lower()]
            if target.dataType == field.dataType:
                columns.append(F.col(quote_all([field.name])))
                continue
            if not assignable.canANSIStoreAssign(parse(field.dataType.json()), parse(target.dataType.json())):
                raise EngineError(
                    f"{self.dataset.location}: column {field.name} of {self.key} is declared "
                    f"{target.dataType.simpleString()}, and its query returns {field.dataType.simpleString()}; cast it",
                    error_class="DELTA_FAILED_TO_MERGE_FIELDS",
                    location=str(self.dataset.location),
                )
            columns.append(F.col(quote_all([field.name])).cast(target.dataType).alias(target.name))
        return frame.select(*columns)


def _same_shape(old: StructField, new: StructField) -> bool:
    """Types that differ in nullability and comments only."""
    return old.dataType.simpleString() == new.dataType.simpleString()
