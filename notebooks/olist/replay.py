"""Rows that leave the quarantine mended: chosen and mended by SQL, judged, delivered again in a file."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from olist import personal_data
from olist.entities import BY_NAME, GEOLOCATION, RESCUED, Entity
from olist.generator.files import write
from olist.quarantine import BROKEN, REPLAY_FILE, broken_rules
from olist.typed import LINEAGE, typed

TABLE = "ops.replayed"
SCHEMA = (
    "replay STRING COMMENT 'The replay: id of the job run', "
    "entity STRING COMMENT 'Entity of the row', "
    "row STRING COMMENT 'What identifies the row in the quarantine: a hash of its file and text', "
    "delivered STRING COMMENT 'The row as delivered, as JSON', "
    "mended STRING COMMENT 'The row as it was delivered again, as JSON', "
    "broken_rules ARRAY<STRING> COMMENT 'Names of the rules that it broke', "
    "replayed_at TIMESTAMP COMMENT 'When it left the quarantine (UTC)', "
    "replayed_by STRING COMMENT 'Principal that the replay ran as'"
)
# One file on one machine: more than this is a delivery that the source should mend and send again.
MOST_ROWS = 100_000


@dataclass(frozen=True)
class Replay:
    """What a run of the job asks for: the rows of `entity` that meet the SQL condition `where`, with the columns of
    `mend` set to SQL expressions of the row as delivered.
    """

    entity: Entity
    where: str
    mend: dict[str, str]


def parse(entity: str, where: str, mend: str) -> Replay:
    """The job's parameters. Raises ValueError that says what is wrong with which and what would be right."""
    if entity not in BY_NAME:
        raise ValueError(f"entity is '{entity}': one of {', '.join(BY_NAME)} was expected")
    if not where.strip():
        raise ValueError("where is empty: a SQL condition on the quarantined rows was expected, TRUE for all of them")
    try:
        columns = json.loads(mend)
    except json.JSONDecodeError as error:
        raise ValueError(f"mend is not JSON ({error}): an object of columns and SQL expressions was expected") from None
    if not isinstance(columns, dict) or not all(isinstance(text, str) and text.strip() for text in columns.values()):
        raise ValueError("mend must be a JSON object of columns and SQL expressions")
    known = [*BY_NAME[entity].column_names, RESCUED]
    if unknown := sorted(set(columns) - set(known)):
        raise ValueError(f"mend names {', '.join(unknown)}: columns of {entity} are {', '.join(known)}")
    if columns.get(RESCUED, "NULL").strip().upper() != "NULL":
        raise ValueError(f"mend sets {RESCUED} to {columns[RESCUED]}: only NULL, which drops it, can be delivered")
    return Replay(BY_NAME[entity], where, columns)


def identity(entity: Entity) -> Column:
    """Of a quarantined row: its file and all of its text. Rows that are the same in it are mended the same."""
    return F.expr(_identity(entity))


def _identity(entity: Entity) -> str:
    return f"sha2(to_json(struct({', '.join(['_source_file', *entity.column_names, RESCUED])})), 256)"


def judged(quarantined: DataFrame, silver: DataFrame | None, replay: Replay) -> DataFrame:
    """The chosen rows, mended and typed, with the rules that they still break. `superseded`: silver holds a later
    version of the row's key, which it would replace. `silver` is None for an entity without a key.
    """
    entity = replay.entity
    names = [*entity.column_names, RESCUED]
    mended = {name: F.expr(replay.mend.get(name, f"`{name}`")).cast("string").alias(name) for name in names}
    chosen = quarantined.where(replay.where).select(
        F.struct(identity(entity).alias("row"), _as_json(names).alias("delivered"), BROKEN).alias("was"),
        *LINEAGE,
        *mended.values(),
    )
    rows = typed(chosen.withColumn("mended", _as_json(names)), entity, "was", "mended")
    rows = rows.withColumn("breaks", broken_rules(entity.rules))
    if silver is None:
        return rows.withColumn("superseded", F.lit(False))
    newest = silver.select(*entity.key, F.struct(*reversed(LINEAGE)).alias("newest"))
    rows = rows.join(newest, list(entity.key), "left")
    return rows.withColumn("superseded", F.coalesce(F.col("newest") > F.struct(*reversed(LINEAGE)), F.lit(False)))


def _as_json(names: list[str]) -> Column:
    return F.to_json(F.struct(*names), {"ignoreNullFields": "false"})


def csv_file(entity: Entity, rows: list[str]) -> bytes:
    """The file that delivers `rows`, each as JSON."""
    text = io.StringIO()
    file = csv.DictWriter(text, entity.column_names, extrasaction="ignore", lineterminator="\n")
    file.writeheader()
    file.writerows({name: value or "" for name, value in json.loads(row).items()} for row in rows)
    return text.getvalue().encode()


def run(spark: SparkSession, replay: Replay, number: str, landing: str) -> tuple[int, int]:
    """Replays in the current catalog; answers how many rows left the quarantine and how many stay.

    Run again under the same number it finishes what it began. Rows that were replayed before and are back, since the
    quarantine was fully refreshed, leave it again.
    """
    if not re.fullmatch(r"[0-9]+", number):
        raise ValueError(f"run is '{number}': the id of the job run was expected")
    entity, quarantine = replay.entity, f"ops.quarantine_{replay.entity.name}"
    spark.sql(f"CREATE TABLE IF NOT EXISTS {TABLE} ({SCHEMA}) COMMENT 'Rows that left the quarantine mended'")
    for column in ("delivered", "mended"):
        spark.sql(personal_data.tagging(f"{TABLE}.{column}", personal_data.UNPARSED[column]))
    own = f"entity = '{entity.name}' AND replay = '{number}'"
    staying = 0
    _forget(spark, entity, quarantine, but=number)
    if spark.table(TABLE).where(own).isEmpty():
        silver = None if entity is GEOLOCATION else spark.table(f"silver.{entity.name}")
        rows = judged(spark.table(quarantine), silver, replay).select("was", "mended", "breaks", "superseded")
        found = rows.limit(MOST_ROWS + 1).collect()
        ready = [row for row in found if not row.breaks and not row.superseded]
        _refuse(found, ready, quarantine)
        staying = len(found) - len(ready)
        _record(spark, entity, number, ready)
    texts = [row.mended for row in spark.table(TABLE).where(own).orderBy("row", "mended").collect()]
    write(os.path.join(landing, entity.name, REPLAY_FILE.format(number)), csv_file(entity, texts))
    _forget(spark, entity, quarantine)
    return len(texts), staying


def _refuse(found: list[Row], ready: list[Row], quarantine: str) -> None:
    if not found:
        raise ValueError(f"no row of {quarantine} meets the condition `where`")
    if len(found) > MOST_ROWS:
        raise ValueError(f"more than {MOST_ROWS:,} rows of {quarantine} meet `where`: replay them in parts")
    if not ready:
        broken = sorted({rule for row in found for rule in row.breaks})
        newer = sum(row.superseded for row in found)
        raise ValueError(
            f"none of the {len(found)} rows can be replayed: they still break {', '.join(broken) or 'no rule'}; "
            f"of {newer} silver holds a later version"
        )


def _record(spark: SparkSession, entity: Entity, number: str, ready: list[Row]) -> None:
    columns = "row STRING, delivered STRING, mended STRING, broken_rules ARRAY<STRING>"
    rows = [(row.was.row, row.was.delivered, row.mended, row.was[BROKEN]) for row in ready]
    frame = spark.createDataFrame(rows, columns).select(
        F.lit(number).alias("replay"),
        F.lit(entity.name).alias("entity"),
        "row",
        "delivered",
        "mended",
        "broken_rules",
        F.current_timestamp().alias("replayed_at"),
        F.current_user().alias("replayed_by"),
    )
    frame.write.mode("append").saveAsTable(TABLE)


def _forget(spark: SparkSession, entity: Entity, quarantine: str, but: str = "") -> None:
    """Takes the recorded rows of all replays out of the quarantine, but those of one."""
    spark.sql(
        f"DELETE FROM {quarantine} WHERE {_identity(entity)} IN "
        f"(SELECT row FROM {TABLE} WHERE entity = '{entity.name}' AND replay <> '{but}')"
    )
