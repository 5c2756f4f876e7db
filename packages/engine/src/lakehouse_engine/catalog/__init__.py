"""The engine's view of Unity Catalog: the workspace's record in memory, and Spark's catalog filled from it."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterable, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

from pyspark.sql.types import StructType

from lakehouse_engine.catalog import system_tables
from lakehouse_engine.catalog.columns import column_infos, ddl
from lakehouse_engine.catalog.detail import table_detail
from lakehouse_engine.catalog.functions import Functions
from lakehouse_engine.catalog.text import columns_json, path_of, quoted, split, uri_of
from lakehouse_engine.catalog.views import VIEWS, commented, define, view_record
from lakehouse_engine.contract import CatalogStatement, PrivilegeCheck, Workspace
from lakehouse_engine.errors import EngineError, no_such_catalog
from lakehouse_engine.identifiers import literal
from lakehouse_engine.session import Engine

__all__ = ["Catalog", "TableRecord", "columns_json", "quoted", "split"]

TableRecord = dict[str, Any]


class Catalog:
    """Tables, views and schemas that exist. Thread safe; every change is told to the workspace before it counts."""

    def __init__(self, engine: Engine, workspace: Workspace) -> None:
        self._engine = engine
        self.workspace = workspace
        self._tables: dict[str, TableRecord] = {}
        self._schemas: dict[str, set[str]] = {}
        self._lock = threading.RLock()
        self._files_lock = threading.Lock()
        self._jvm = engine.jvm.lakehouse.catalog
        self.functions = Functions(engine)

    # --- from the workspace -------------------------------------------------------------------------------------

    def load(self, snapshot: Mapping[str, Any]) -> None:
        """Fills everything from `initialize`."""
        for catalog in snapshot.get("catalogs", []):
            self._add_catalog(catalog["name"], catalog.get("schemas", []))
        for table in snapshot.get("tables", []):
            self._remember(table)
        for function in snapshot.get("functions", []):
            self.functions.put(function)

    def apply(self, changes: Sequence[Mapping[str, Any]]) -> None:
        """A rename comes as a drop and a new table at the old one's place, whose files then stay."""
        kept = {path_of(c["table"].get("location")) for c in changes if c["op"] == "putTable"}
        for change in changes:
            match change["op"]:
                case "createCatalog":
                    self._add_catalog(change["catalog"], ())
                case "dropCatalog":
                    self._drop_catalog(change["catalog"])
                case "createSchema":
                    self._add_schema(change["catalog"], change["schema"])
                case "dropSchema":
                    self._drop_schema(change["catalog"], change["schema"])
                case "putTable":
                    self._remember(change["table"])
                case "dropTable":
                    self._forget(change["fullName"], change.get("location"), kept)
                case "putFunction":
                    self.functions.put(change["function"])
                case "dropFunction":
                    self.functions.drop(change["fullName"])
                case other:
                    raise EngineError(f"unknown catalog change '{other}'")

    def _add_catalog(self, name: str, schemas: Iterable[str]) -> None:
        self._engine.add_catalog(name)
        with self._lock:
            self._schemas.setdefault(name.lower(), set())
        for schema in schemas:
            self._add_schema(name, schema)

    def _drop_catalog(self, name: str) -> None:
        for schema in list(self._schemas.get(name.lower(), ())):
            self._drop_schema(name, schema)
        with self._lock:
            self._schemas.pop(name.lower(), None)
        self._engine.remove_catalog(name)

    def _add_schema(self, catalog: str, schema: str) -> None:
        location = (self._engine.data_dir / "warehouse").resolve().as_uri()
        self._jvm.Registry.createSchema(self._engine.spark._jsparkSession, catalog, schema, location)
        with self._lock:
            self._schemas.setdefault(catalog.lower(), set()).add(schema.lower())

    def _drop_schema(self, catalog: str, schema: str) -> None:
        prefix = f"{catalog}.{schema}.".lower()
        for name in [n for n in self._tables if n.startswith(prefix)]:
            self._forget(name, self._tables[name].get("location"))
        self._jvm.Registry.dropSchema(self._engine.spark._jsparkSession, catalog, schema)
        with self._lock:
            self._schemas.get(catalog.lower(), set()).discard(schema.lower())

    def _remember(self, record: TableRecord) -> None:
        catalog, schema, table = split(record["fullName"])
        if record["tableType"] in VIEWS:
            define(self._jvm.Views, record)
        elif record.get("location"):
            provider = (record.get("dataSourceFormat") or "DELTA").lower()
            self._jvm.Registry.putTable(
                self._engine.spark._jsparkSession, catalog, schema, table, uri_of(record["location"]), provider
            )
        with self._lock:
            self._tables[record["fullName"].lower()] = record

    def _forget(self, full_name: str, location: str | None, kept: Set[Path | None] = frozenset()) -> None:
        catalog, schema, table = split(full_name)
        with self._lock:
            record = self._tables.pop(full_name.lower(), None)
        if record is not None and record["tableType"] in VIEWS:
            self._jvm.Views.remove(catalog, schema, table)
            return
        self._jvm.Registry.dropTable(self._engine.spark._jsparkSession, catalog, schema, table)
        if record is not None and record["tableType"] != "EXTERNAL":
            path = path_of(location or record.get("location"))
            if path not in kept:
                self._delete_files(path)

    def _delete_files(self, path: Path | None) -> None:
        """Only below the folder of managed tables, whatever a record says."""
        if path and path.is_relative_to(Path(self._engine.tables_root).resolve()):
            shutil.rmtree(path, ignore_errors=True)

    # --- for updates and statements -----------------------------------------------------------------------------

    def get(self, full_name: str) -> TableRecord | None:
        return self._tables.get(full_name.lower().replace("`", ""))

    def constraints(self, full_name: str) -> list[dict[str, Any]]:
        """Databricks' TableConstraints of a table; none where there is no such table."""
        return (self.get(full_name) or {}).get("constraints") or []

    def folder(self, full_name: str) -> Path | None:
        """Where the files of a table are; None for a view, and where there is no such table."""
        return path_of((self.get(full_name) or {}).get("location"))

    def make_files(self, full_name: str) -> None:
        """Before a stream reads one of Databricks' own tables, whose rows are those of a query until then."""
        with self._files_lock:
            record = self.get(full_name)
            if record is None or not system_tables.is_query(record):
                return
            kept: TableRecord = {**record, "tableType": "MANAGED", "dataSourceFormat": "DELTA"}
            kept["location"] = uri_of(str(system_tables.write_files(self._engine, record)))
            self._remember(kept)
            self._jvm.Views.remove(*split(full_name))

    def pipeline_of(self, folder: Path) -> str | None:
        """The pipeline that keeps the table of that folder up to date."""
        found = next((r for r in self.tables() if r.get("location") and path_of(r["location"]) == folder), None)
        return found.get("pipelineId") if found else None

    def exists(self, full_name: str) -> bool:
        return self.get(full_name) is not None

    def tables(self) -> list[TableRecord]:
        with self._lock:
            return list(self._tables.values())

    def schemas(self) -> dict[str, set[str]]:
        with self._lock:
            return {catalog: set(schemas) for catalog, schemas in self._schemas.items()}

    def require_schema(self, catalog: str, schema: str) -> None:
        if catalog.lower() not in self._schemas:
            raise no_such_catalog(catalog)
        if schema.lower() not in self._schemas[catalog.lower()]:
            raise EngineError(
                f"Schema '{catalog}.{schema}' does not exist.", error_class="SCHEMA_NOT_FOUND", error_code="NOT_FOUND"
            )

    def authorize(self, principal: str | None, privilege: str, securable_type: str, full_name: str) -> None:
        """Raises PERMISSION_DENIED where the principal lacks the privilege; the engine itself (None) may do all."""
        if principal is not None:
            check: PrivilegeCheck = {"privilege": privilege, "securableType": securable_type, "fullName": full_name}
            self.workspace.request("catalog.authorize", {"principal": principal, "checks": [check]})

    def authorize_event_log(self, principal: str | None, pipeline_id: str) -> None:
        """Raises PERMISSION_DENIED for a principal that does not own the pipeline."""
        if principal is not None:
            self.workspace.request("pipeline.authorize", {"principal": principal, "pipelineId": pipeline_id})

    def create_table(
        self,
        full_name: str,
        schema: StructType,
        *,
        table_type: str = "MANAGED",
        comment: str | None = None,
        properties: Mapping[str, str] | None = None,
        partition_cols: Sequence[str] | None = None,
        cluster_by: Sequence[str] | None = None,
        generated: Mapping[str, str] | None = None,
        pipeline_id: str | None = None,
        principal: str | None = None,
        constraints: Sequence[Mapping[str, Any]] = (),
        replace: bool = False,
        location: str | None = None,
    ) -> TableRecord:
        """An empty Delta table in a folder of its own, on record. `properties` are Delta's and the user's.

        `replace`: the table exists; it keeps its folder, its grants and its history, and loses its rows. `location`: of
        a table that is private to its pipeline, of which the workspace is not told.
        """
        catalog, schema_name, _ = split(full_name)
        self.require_schema(catalog, schema_name)
        verb = "CREATE OR REPLACE" if replace else "CREATE"
        statement = [f"{verb} TABLE {quoted(full_name)} ({ddl(schema, generated or {})}) USING delta"]
        if partition_cols:
            statement.append(f"PARTITIONED BY ({', '.join(f'`{c}`' for c in partition_cols)})")
        if cluster_by:
            statement.append(f"CLUSTER BY ({', '.join(f'`{c}`' for c in cluster_by)})")
        if comment:
            statement.append(f"COMMENT {literal(comment)}")
        if location:
            statement.append(f"LOCATION {literal(location)}")
        if properties:
            pairs = ", ".join(f"{literal(k)} = {literal(v)}" for k, v in properties.items())
            statement.append(f"TBLPROPERTIES ({pairs})")
        with self._engine.own_work() as spark:
            spark.sql(" ".join(statement))
        self.drain_events()  # of this thread: what they tell is put on record here
        try:
            return self.sync(
                full_name,
                table_type=table_type,
                pipelineId=pipeline_id,
                principal=principal,
                **({"constraints": list(constraints)} if constraints else {}),
                **({"clusteringColumns": list(cluster_by)} if cluster_by else {}),
                **({"private": True} if location else {}),
            )
        except Exception:
            if not replace:  # what the workspace refuses to put on record must not block the next update
                self._undo("table", full_name)
            raise

    def adopt(self, record: TableRecord) -> None:
        """A private table that an earlier process made."""
        self._remember(record)

    def put_view(
        self,
        full_name: str,
        query: str,
        schema: StructType,
        *,
        query_catalog: str,
        query_schema: str,
        principal: str | None = None,
        **more: Any,
    ) -> TableRecord:
        """Creates or replaces a view; `more` as view_record takes it."""
        self.require_schema(*split(full_name)[:2])
        given: dict[str, Any] = {"query_catalog": query_catalog, "query_schema": query_schema, **more}
        return self._put_view(view_record(full_name, query, schema, **given), principal)

    def _put_view(self, record: TableRecord, principal: str | None) -> TableRecord:
        self._tell(record, principal)
        self._remember(record)
        return record

    def comment_view_column(self, full_name: str, column: str, comment: str | None, principal: str | None) -> None:
        """Gives a column of a view another comment, or none. Raises EngineError where the view has no such column."""
        self._put_view(commented(self.get(full_name) or {"fullName": full_name}, column, comment), principal)

    def sync(
        self, full_name: str, *, table_type: str | None = None, principal: str | None = None, **more: Any
    ) -> TableRecord:
        """Reads columns, comment and properties of a table from Delta again and tells the workspace."""
        known = self.get(full_name) or {}
        with self._engine.own_work() as spark:
            schema = spark.table(quoted(full_name)).schema
            detail = table_detail(self._engine, full_name)
        managed = (path_of(detail["location"]) or Path()).is_relative_to(Path(self._engine.tables_root).resolve())
        record: TableRecord = {
            **known,
            "fullName": full_name,
            "tableType": table_type or known.get("tableType") or ("MANAGED" if managed else "EXTERNAL"),
            "dataSourceFormat": detail["format"].upper(),
            "location": detail["location"],
            "columns": column_infos(schema, detail["partitions"]),
            "comment": detail["comment"],
            "properties": {k: v for k, v in detail["properties"].items() if not k.startswith("lakehouse.")},
            "partitionColumns": detail["partitions"],
            "clusteringColumns": detail["clustering"] or known.get("clusteringColumns"),
            **{k: v for k, v in more.items() if v is not None},
        }
        self._tell(record, principal)
        with self._lock:
            self._tables[full_name.lower()] = record
        return record

    def statement(self, statement: CatalogStatement, principal: str | None = None) -> Any:
        """A statement that is the workspace's business (docs/architecture.md); raises EngineError where it refuses."""
        return self.workspace.request("catalog.statement", {"statement": statement, "principal": principal})

    def drop_table(self, full_name: str, principal: str | None = None) -> None:
        record = self.get(full_name)
        self.workspace.request("catalog.dropTable", {"fullName": full_name, "principal": principal})
        self._forget(full_name, record.get("location") if record else None)

    def _tell(self, record: TableRecord, principal: str | None) -> None:
        if record.get("private"):
            return
        sent: Any = {k: v for k, v in record.items() if v is not None and k != "schemaJson"}
        answer = self.workspace.request("catalog.putTable", {"table": sent, "principal": principal})
        if answer and answer.get("tableId"):
            record["tableId"] = answer["tableId"]

    def drain_events(self) -> list[list[str]]:
        """What Spark's catalog changed since the last call, as `[kind, catalog, schema, name, …]`."""
        return [line.split("\t") for line in self._jvm.CatalogEvents.drain()]

    def follow_events(self, principal: str | None = None) -> None:
        """Brings the record to what statements did to Spark's catalog."""
        for kind, *parts in self.drain_events():
            full_name = ".".join(parts[:3])
            if kind == "write" and self._has_other_columns(full_name):
                self.sync(full_name, principal=principal)
            elif kind == "drop" and self.exists(full_name):
                self.drop_table(full_name, principal)
            elif kind in ("table", "view"):
                new = not self.exists(full_name)
                try:
                    if kind == "table":
                        self.sync(full_name, principal=principal)
                    else:
                        self._record_view(full_name, principal)
                except Exception:
                    if new:
                        self._undo(kind, full_name)
                    raise

    def _has_other_columns(self, full_name: str) -> bool:
        """Whether the table has other columns than its record says, as after an append that brings new ones."""
        record = self.get(full_name)
        if record is None or record.get("tableType") in VIEWS:
            return False
        with self._engine.own_work() as spark:
            now = column_infos(spark.table(quoted(full_name)).schema)
        return [(c["name"], c["type_text"]) for c in now] != [(c["name"], c["type_text"]) for c in record["columns"]]

    def _record_view(self, full_name: str, principal: str | None) -> None:
        query, schema_json, comment, query_catalog, query_schema, columns = self._jvm.Views.describe(*split(full_name))
        self.put_view(
            full_name,
            query,
            StructType.fromJson(json.loads(schema_json)),
            comment=comment,
            query_catalog=query_catalog,
            query_schema=query_schema,
            query_columns=columns.split("\0") if columns else (),
            principal=principal,
        )

    def _undo(self, kind: str, full_name: str) -> None:
        """What a statement made and the workspace refused to put on record, such as a table with an illegal name."""
        if kind == "view":
            self._jvm.Views.remove(*split(full_name))
            return
        with self._engine.own_work() as spark:
            (detail,) = spark.sql(f"DESCRIBE DETAIL {quoted(full_name)}").collect()
        self._jvm.Registry.dropTable(self._engine.spark._jsparkSession, *split(full_name))
        self._delete_files(path_of(detail["location"]))
