"""The table behind a dataset: made on its first update, kept in step with its definition afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import NullType, StringType, StructField, StructType, _parse_datatype_string

from engine.catalog import Catalog, TableRecord, literal
from engine.errors import EngineError
from engine.flows.reading import full_quoted
from engine.graph.model import Dataset, DatasetKind

# Databricks writes streaming tables with deletion vectors; locally they make a MERGE touch fewer files.
_DELTA = {"delta.enableDeletionVectors": "true"}


class Target:
    """One published dataset's table, by its full name."""

    def __init__(
        self,
        catalog: Catalog,
        session: SparkSession,
        dataset: Dataset,
        full_name: str,
        pipeline_id: str,
        principal: str,
    ) -> None:
        self._catalog = catalog
        self._session = session
        self.dataset = dataset
        self.full_name = full_name
        self._pipeline_id = pipeline_id
        self._principal = principal

    @property
    def record(self) -> TableRecord | None:
        return self._catalog.get(self.full_name)

    @property
    def location(self) -> str:
        record = self.record
        if record is None:
            raise EngineError(f"{self.full_name} has no table yet", error_class="TABLE_OR_VIEW_NOT_FOUND")
        return record["location"]

    @property
    def table_id(self) -> str:
        """Changes when the table is made anew, so that checkpoints never outlive their table."""
        return self.location.rstrip("/").rsplit("/", 1)[1]

    def declared(self) -> StructType | None:
        """The columns that the definition gives, None where it leaves them to the query."""
        schema = self.dataset.schema
        if isinstance(schema, str):
            schema = _parse_datatype_string(schema)
        if schema is None and self.dataset.columns and all(c.data_type for c in self.dataset.columns):
            fields = ", ".join(f"`{c.name}` {c.data_type}" for c in self.dataset.columns)
            parsed = _parse_datatype_string(fields)
            schema = StructType([
                StructField(f.name, f.dataType, c.nullable) for f, c in zip(parsed.fields, self.dataset.columns, strict=True)
            ])  # fmt: skip
        return schema

    def comments(self) -> dict[str, str]:
        found = {f.name.lower(): f.metadata["comment"] for f in (self.declared() or []) if f.metadata.get("comment")}
        return found | {c.name.lower(): c.comment for c in self.dataset.columns if c.comment}

    def shape(self, frame: DataFrame) -> DataFrame:
        """The frame with the declared columns, types and comments. A column that is not declared, or missing, is an error."""
        declared = self.declared()
        comments = self.comments()
        generated = {c.name.lower() for c in self.dataset.columns if c.generated}
        if declared is None:
            listed = {c.name.lower() for c in self.dataset.columns}
            unknown = listed - {n.lower() for n in frame.columns}
            if unknown:
                raise self._error(f"declares the column {sorted(unknown)[0]}, which its query does not have")
            fields = frame.schema.fields
        else:
            have = {n.lower() for n in frame.columns}
            fields = [f for f in declared.fields if f.name.lower() in have or f.name.lower() not in generated]
            missing = [f.name for f in fields if f.name.lower() not in have]
            extra = sorted(have - {f.name.lower() for f in declared.fields})
            if missing or extra:
                what = (
                    f"lacks the declared column {missing[0]}"
                    if missing
                    else f"has the column {extra[0]}, which is not declared"
                )
                raise self._error(f"query {what}; declared are {', '.join(declared.fieldNames())}")
        return frame.select([
            F.col("`" + f.name.replace("`", "``") + "`")
            .cast(StringType() if isinstance(f.dataType, NullType) else f.dataType)
            .alias(f.name, metadata={"comment": comments[f.name.lower()]} if f.name.lower() in comments else {})
            for f in fields
        ])  # fmt: skip

    def ensure(self, schema: StructType) -> TableRecord:
        """The table, made when it is not there; comment and properties follow the definition."""
        record = self.record
        dataset = self.dataset
        clustering = None if dataset.cluster_by_auto else list(dataset.cluster_by or []) or None
        if record is None:
            comments = self.comments()
            nullable = {f.name.lower(): f.nullable for f in (self.declared() or [])}
            generated = {c.name: c.generated for c in dataset.columns if c.generated}
            columns = StructType([
                StructField(
                    f.name,
                    StringType() if isinstance(f.dataType, NullType) else f.dataType,
                    nullable.get(f.name.lower(), True),
                    {"comment": comments[f.name.lower()]} if f.name.lower() in comments else {},
                )
                for f in schema.fields
            ])  # fmt: skip
            return self._catalog.create_table(
                self.full_name,
                columns,
                table_type=dataset.kind.value,
                comment=dataset.comment,
                properties={**_DELTA, **dataset.table_properties},
                partition_cols=dataset.partition_cols,
                cluster_by=clustering,
                generated=generated,
                pipeline_id=self._pipeline_id,
                principal=self._principal,
                constraints=[
                    {"kind": c.kind, "name": c.name, "columns": list(c.columns), "text": c.text}
                    for c in dataset.constraints
                ],
                session=self._session,
            )
        if record["tableType"] not in ("STREAMING_TABLE", "MATERIALIZED_VIEW"):
            raise self._error(
                f"would replace the {record['tableType'].lower()} of that name; drop it or rename the dataset"
            )
        if record.get("pipelineId") not in (None, self._pipeline_id):
            raise self._error(
                f"is the table of another pipeline, {record['pipelineId']}; give one of them another name"
            )
        if record["tableType"] != dataset.kind.value:
            raise self._error(
                f"is now a {dataset.kind.value}, its table a {record['tableType']}; run a full refresh of it"
            )
        return self._follow(record)

    def _follow(self, record: TableRecord) -> TableRecord:
        changes: list[str] = []
        name = full_quoted(self.full_name)
        if (self.dataset.comment or None) != (record.get("comment") or None):
            changes.append(
                f"COMMENT ON TABLE {name} IS {literal(self.dataset.comment) if self.dataset.comment else 'NULL'}"
            )
        have = record.get("properties") or {}
        new = {k: v for k, v in self.dataset.table_properties.items() if have.get(k) != v}
        if new:
            pairs = ", ".join(f"{literal(k)} = {literal(v)}" for k, v in new.items())
            changes.append(f"ALTER TABLE {name} SET TBLPROPERTIES ({pairs})")
        columns = {c["name"].lower(): c for c in record.get("columns", [])}
        for column, comment in self.comments().items():
            if column in columns and columns[column].get("comment") != comment:
                changes.append(
                    f"ALTER TABLE {name} ALTER COLUMN `{columns[column]['name']}` COMMENT {literal(comment)}"
                )
        if not changes:
            return record
        for change in changes:
            self._session.sql(change)
        self._catalog.drain_events()
        return self.sync()

    def sync(self) -> TableRecord:
        return self._catalog.sync(self.full_name, principal=self._principal)

    def sync_if_changed(self, schema: StructType) -> None:
        """After a write: new columns are told to the workspace. Compares names and types only, which costs no job."""
        known = [(c["name"], c["type_text"]) for c in (self.record or {}).get("columns", [])]
        if known != [(f.name, f.dataType.simpleString()) for f in schema.fields]:
            self.sync()

    def drop(self) -> None:
        if self.record is not None:
            self._catalog.drop_table(self.full_name, self._principal)

    def incompatible(self, schema: StructType) -> EngineError | None:
        """A column whose type changed: what is stored cannot be kept."""
        stored = {c["name"].lower(): c["type_text"] for c in (self.record or {}).get("columns", [])}
        for field in schema.fields:
            was = stored.get(field.name.lower())
            if was is not None and was != field.dataType.simpleString() and not isinstance(field.dataType, NullType):
                return self._error(
                    f"has the column {field.name} as {was}, and its query now gives {field.dataType.simpleString()}; "
                    "cast it, or run a full refresh of the table"
                )
        return None

    def _error(self, problem: str) -> EngineError:
        location = self.dataset.location
        return EngineError(
            f"{location}: {self.full_name} {problem}", error_class="DATASET_SCHEMA", location=str(location)
        )


def published(kind: DatasetKind) -> bool:
    return kind in (DatasetKind.STREAMING_TABLE, DatasetKind.MATERIALIZED_VIEW)


def numbers(metrics: dict[str, Any], names: Sequence[str]) -> dict[str, int]:
    return {name: int(metrics[name]) for name in names if metrics.get(name) is not None}
