"""A statement that writes a small Delta table learns the table's files from its checksum, and leaves the same log."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.errors import PySparkException
from pyspark.sql import Row, SparkSession


@pytest.fixture
def without_checksums(spark: SparkSession) -> Iterator[SparkSession]:
    """A session whose tables get no checksums: Delta replays their logs."""
    session = spark.newSession()
    for setting in ("writeChecksumFile", "incremental.commit"):
        session.conf.set(f"spark.databricks.delta.{setting}.enabled", "false")
    yield session


def make(session: SparkSession, folder: Path) -> str:
    name = f"delta.`file:{folder}`"
    properties = {"enableDeletionVectors": "true", "enableChangeDataFeed": "true", "checkpointInterval": "6"}
    listed = ", ".join(f"'delta.{key}' = '{value}'" for key, value in properties.items())
    session.sql(f"CREATE TABLE {name} (id INT, v STRING) USING delta TBLPROPERTIES ({listed})")
    session.sql(f"INSERT INTO {name} SELECT /*+ REPARTITION(3) */ id, 'a' FROM range(30)")
    return name


WRITES = [
    "DELETE FROM {t} WHERE id = 3",
    "UPDATE {t} SET v = 'b' WHERE id IN (4, 5)",
    "MERGE INTO {t} t USING (SELECT 6 AS id UNION ALL SELECT 99) s ON t.id = s.id"
    " WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (id, v) VALUES (s.id, 'new')",
    "INSERT INTO {t} REPLACE WHERE id < 2 VALUES (0, 'zero')",
    "INSERT OVERWRITE {t} SELECT id + 1, v FROM {t} WHERE id > 10",
    "ALTER TABLE {t} ADD COLUMN more INT",
    "DELETE FROM {t} WHERE v = 'a' AND id > 20",
    "OPTIMIZE {t}",
    "DELETE FROM {t}",
    "INSERT INTO {t} VALUES (1, 'last', 2)",
]


def actions(folder: Path) -> list[tuple[str, Counter[str]]]:
    """Of each commit, its operation, and how many actions of which kind, with the files' rows."""
    found = []
    for commit in sorted((folder / "_delta_log").glob("*.json")):
        lines = [json.loads(line) for line in commit.read_text().splitlines()]
        kinds: Counter[str] = Counter()
        for line in lines:
            for kind, action in line.items():
                rows = json.loads(action.get("stats") or "{}").get("numRecords") if kind == "add" else None
                vector = (action.get("deletionVector") or {}).get("cardinality") if kind in ("add", "remove") else None
                kinds[f"{kind} rows={rows} deleted={vector}"] += 1
        (operation,) = (line["commitInfo"]["operation"] for line in lines if "commitInfo" in line)
        found.append((operation, kinds))
    return found


def checkpointed(spark: SparkSession, folder: Path) -> list[Row]:
    """How many actions of each kind the checkpoints hold: removed files among them, which VACUUM asks for."""
    found = []
    for file in sorted((folder / "_delta_log").glob("*.checkpoint.parquet")):
        kinds = ", ".join(f"count({kind}) AS {kind}" for kind in ("add", "remove", "metaData", "protocol"))
        found += spark.sql(f"SELECT {kinds} FROM parquet.`file:{file}`").collect()
    return found


def test_writes_leave_the_log_that_delta_leaves_with_fewer_jobs(
    spark: SparkSession, without_checksums: SparkSession, tmp_path: Path
) -> None:
    known, replayed = make(spark, tmp_path / "known"), make(without_checksums, tmp_path / "replayed")
    jobs = spark.sparkContext._jsc.sc().dagScheduler().numTotalJobs

    def run(session: SparkSession, statement: str) -> tuple[list[Row], int]:
        before = jobs()
        return session.sql(statement).collect(), jobs() - before

    for statement in WRITES:
        rows, few = run(spark, statement.format(t=known))
        expected, many = run(without_checksums, statement.format(t=replayed))
        if not statement.startswith("OPTIMIZE"):  # whose metrics have times and sizes
            assert rows == expected, statement
        assert few <= many, statement
        if statement in WRITES[:5]:
            assert few < many, statement
        assert sorted(spark.table(known).collect()) == sorted(without_checksums.table(replayed).collect()), statement
    assert list((tmp_path / "known/_delta_log").glob("*.crc"))
    assert not list((tmp_path / "replayed/_delta_log").glob("*.crc"))
    assert actions(tmp_path / "known") == actions(tmp_path / "replayed")
    checkpoints = checkpointed(spark, tmp_path / "known")
    assert checkpoints == checkpointed(spark, tmp_path / "replayed")
    assert any(row["remove"] for row in checkpoints)


def test_the_next_checksum_is_right(spark: SparkSession, tmp_path: Path) -> None:
    table = make(spark, tmp_path / "t")
    for statement in WRITES[:5]:
        spark.sql(statement.format(t=table))
    log = tmp_path / "t/_delta_log"
    written = json.loads(max(log.glob("*.crc")).read_text())
    for checksum in log.glob("*.crc"):
        checksum.unlink()
    spark._jvm.org.apache.spark.sql.delta.DeltaLog.clearCache()
    detail = spark.sql(f"DESCRIBE DETAIL {table}").first()
    assert detail is not None
    assert (written["numFiles"], written["tableSizeBytes"]) == (detail.numFiles, detail.sizeInBytes)
    assert {file["path"] for file in written["allFiles"]} == {
        Path(name).name for name in spark.table(table).inputFiles()
    }


def test_files_that_were_removed_stay_until_they_are_old(spark: SparkSession, tmp_path: Path) -> None:
    table = make(spark, tmp_path / "t")
    before = set((tmp_path / "t").glob("*.parquet"))
    spark.sql(f"INSERT OVERWRITE {table} VALUES (1, 'x')")
    spark.sql(f"VACUUM {table}")
    assert before <= set((tmp_path / "t").glob("*.parquet"))
    assert spark.sql(f"SELECT count(*) AS n FROM {table} VERSION AS OF 1").first() == Row(n=30)


def test_the_snapshot_of_another_version_is_not_used(spark: SparkSession, tmp_path: Path) -> None:
    table = make(spark, tmp_path / "t")
    spark.sql(f"DELETE FROM {table} WHERE id = 0")
    log = spark._jvm.org.apache.spark.sql.delta.DeltaLog.forTable(spark._jsparkSession, f"file:{tmp_path / 't'}")
    known = log.unsafeVolatileSnapshot()
    assert known.getClass().getSimpleName() == "KnownSnapshot"
    commit = (tmp_path / "t/_delta_log" / f"{known.version():020}.json").read_text()
    lines = [line for line in commit.splitlines() if "commitInfo" in line]
    # What another process appends has no checksum.
    (tmp_path / "t/_delta_log" / f"{known.version() + 1:020}.json").write_text("\n".join(lines) + "\n")
    spark.sql(f"DELETE FROM {table} WHERE id = 1")
    assert log.unsafeVolatileSnapshot().version() == known.version() + 2
    assert spark.sql(f"SELECT count(*) AS n FROM {table}").first() == Row(n=28)


def test_a_write_that_fails_leaves_the_table_as_it_was(spark: SparkSession, tmp_path: Path) -> None:
    table = make(spark, tmp_path / "t")
    before = sorted(spark.table(table).collect())
    with pytest.raises(PySparkException, match="multiple source rows"):
        spark.sql(
            f"MERGE INTO {table} t USING (SELECT 1 AS id UNION ALL SELECT 1) s ON t.id = s.id"
            " WHEN MATCHED THEN UPDATE SET v = 'twice'"
        )
    assert sorted(spark.table(table).collect()) == before
