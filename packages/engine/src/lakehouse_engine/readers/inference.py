"""The inferred schema of one Auto Loader source: kept in its schema location, grown when new files bring columns.

A version is a JSON file `_schemas/<n>`; the newest counts. It records up to which modification time files were looked
at, so that an update looks only at files that came later, before it reads them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from pyspark.sql.types import StructType

from lakehouse_engine.errors import EngineError
from lakehouse_engine.files import replace
from lakehouse_engine.readers.hints import apply_hints
from lakehouse_engine.readers.listing import Listed
from lakehouse_engine.readers.options import FileOptions

Infer = Callable[[Sequence[str]], StructType | None]


def known_schema(
    options: FileOptions, location: str | None, files: list[Listed], infer: Infer, where: str
) -> StructType:
    """The schema to read with now; a new version is stored when newer files have columns that it lacks."""
    store = None if location is None else Path(location) / "_schemas"
    version, current, through = _newest(store)
    fresh = [f for f in files if f.modified >= through]
    found = infer([f.path for f in fresh]) if fresh else None
    if current is None:
        if found is None:
            raise EngineError(
                f"{options.source}: cannot infer the schema of {where}: it has no file with columns. "
                "Give a schema, or start once a file is there.",
                error_class="CF_EMPTY_DIR_FOR_SCHEMA_INFERENCE",
            )
        _write(store, 0, found, files)
        return found
    # A column that differs from a known one by case alone is no new column: it is matched, or rescued.
    known = {f.name.lower() for f in apply_hints(options.source, current, options.schema_hints).fields}
    new = [f for f in (found.fields if found else []) if f.name.lower() not in known]
    if options.evolution_mode == "failOnNewColumns" and new:
        names = ", ".join(f.name for f in new)
        raise EngineError(
            f"{options.source}: files in {where} have new columns: {names}. schemaEvolutionMode is failOnNewColumns: "
            "change the schema or the hints, or remove the files.",
            error_class="UNKNOWN_FIELD_EXCEPTION.NEW_FIELDS_IN_FILE",
        )
    grown = current
    if new and options.evolution_mode == "addNewColumns":
        grown = StructType([*current.fields, *new])
    if fresh and (grown is not current or max(f.modified for f in fresh) > through):
        _write(store, version if grown is current else version + 1, grown, files)
    return grown


def _newest(store: Path | None) -> tuple[int, StructType | None, float]:
    if store is None or not store.is_dir():
        return -1, None, -1.0
    versions = sorted(int(p.name) for p in store.iterdir() if p.name.isdigit())
    if not versions:
        return -1, None, -1.0
    record = json.loads((store / str(versions[-1])).read_text())
    return versions[-1], StructType.fromJson(record["schema"]), float(record["through"])


def _write(store: Path | None, version: int, schema: StructType, files: list[Listed]) -> None:
    if store is None:
        return
    record = {"schema": json.loads(schema.json()), "through": max((f.modified for f in files), default=-1.0)}
    replace(store / str(version), json.dumps(record))
