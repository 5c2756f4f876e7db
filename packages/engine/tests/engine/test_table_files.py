"""The files of small Delta tables come from the commits' checksums: no job to find them, and the same rows."""

from __future__ import annotations

import uuid
from itertools import chain
from pathlib import Path

import pytest
from lakehouse_engine.flows import streams
from pyspark.errors import StreamingQueryException
from pyspark.sql import DataFrame, Row, SparkSession


@pytest.fixture
def table(spark: SparkSession, tmp_path: Path) -> str:
    name = f"delta.`file:{tmp_path / 't'}`"
    spark.sql(
        f"CREATE TABLE {name} (id INT, part STRING) USING delta TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')"
    )
    spark.sql(f"INSERT INTO {name} VALUES (1, 'a'), (2, 'a'), (3, 'b')")
    return name


def jobs_of_planning(spark: SparkSession, frame: DataFrame) -> int:
    group = uuid.uuid4().hex
    spark.sparkContext.setJobGroup(group, group)
    try:
        frame._jdf.queryExecution().executedPlan()
        return len(spark.sparkContext.statusTracker().getJobIdsForGroup(group))
    finally:
        spark.sparkContext.setLocalProperty("spark.jobGroup.id", None)


def ids(frame: DataFrame) -> list[int]:
    return sorted(row.id for row in frame.collect())


def test_planning_a_query_runs_no_jobs(spark: SparkSession, table: str) -> None:
    exists = f"EXISTS (SELECT 1 FROM {table} WHERE id = 3)"
    query = f"SELECT a.id FROM {table} a JOIN {table} b USING (id) WHERE a.id > 1 AND {exists}"
    assert jobs_of_planning(spark, spark.sql(query)) == 0
    assert ids(spark.sql(query)) == [2, 3]


def test_what_changed_is_seen(spark: SparkSession, table: str) -> None:
    spark.sql(f"DELETE FROM {table} WHERE id = 2")  # marks the row in its file
    assert ids(spark.table(table)) == [1, 3]
    spark.sql(f"UPDATE {table} SET id = id + 10 WHERE part = 'b'")
    assert ids(spark.table(table)) == [1, 13]
    spark.sql(f"INSERT INTO {table} SELECT id + 100, part FROM {table}")
    assert ids(spark.table(table)) == [1, 13, 101, 113]
    source = f"(SELECT id FROM {table} WHERE id > 100)"
    spark.sql(f"MERGE INTO {table} t USING {source} s ON t.id = s.id WHEN MATCHED THEN DELETE")
    assert ids(spark.table(table)) == [1, 13]
    spark.sql(f"INSERT OVERWRITE {table} SELECT id, part FROM {table} WHERE id = 1")
    assert ids(spark.table(table)) == [1]


def test_an_older_version_is_read_as_it_was(spark: SparkSession, table: str) -> None:
    spark.sql(f"DELETE FROM {table} WHERE id < 3")
    old = spark.sql(f"SELECT o.id FROM {table} VERSION AS OF 1 o LEFT ANTI JOIN {table} n USING (id)")
    assert ids(old) == [1, 2]


def test_partitions_are_pruned(spark: SparkSession, tmp_path: Path) -> None:
    name = f"delta.`file:{tmp_path / 'p'}`"
    spark.sql(f"CREATE TABLE {name} (id INT, part STRING) USING delta PARTITIONED BY (part)")
    spark.sql(f"INSERT INTO {name} VALUES (1, 'a'), (2, 'b')")
    assert spark.sql(f"SELECT * FROM {name} WHERE part = 'b'").collect() == [Row(id=2, part="b")]


def test_a_table_of_many_files_is_left_to_delta(spark: SparkSession, tmp_path: Path) -> None:
    name = f"delta.`file:{tmp_path / 'many'}`"
    spark.range(120).repartition(60).write.format("delta").save(f"file:{tmp_path / 'many'}")
    assert spark.sql(f"SELECT count(DISTINCT id) AS n, max(id) AS last FROM {name}").first() == Row(n=120, last=119)
    assert jobs_of_planning(spark, spark.table(name)) > 0


def batches(spark: SparkSession, table: Path, checkpoint: Path) -> list[list[int]]:
    """The ids of each batch of a stream that reads a file of the table at a time."""
    found: list[list[int]] = []
    stream = spark.readStream.format("delta").option("maxFilesPerTrigger", "1").load(f"file:{table}")
    writer = stream.writeStream.foreachBatch(lambda rows, _: found.append(ids(rows))).trigger(availableNow=True)
    query = writer.option("checkpointLocation", f"file:{checkpoint}").start()
    query.awaitTermination()
    return [batch for batch in found if batch]


def test_a_stream_begins_with_the_files_in_the_order_of_delta(spark: SparkSession, table: str, tmp_path: Path) -> None:
    for number in range(10, 16):
        spark.sql(f"INSERT INTO {table} VALUES ({number}, 'c')")
    spark.sql(f"DELETE FROM {table} WHERE id IN (2, 12)")
    jobs = spark.sparkContext._jsc.sc().dagScheduler().numTotalJobs
    start = jobs()
    listed = batches(spark, tmp_path / "t", tmp_path / "listed")
    assert sorted(chain(*listed)) == [1, 3, 10, 11, 13, 14, 15]
    without = jobs() - start
    for checksum in (tmp_path / "t" / "_delta_log").glob("*.crc"):
        checksum.unlink()
    spark._jvm.org.apache.spark.sql.delta.DeltaLog.clearCache()
    assert batches(spark, tmp_path / "t", tmp_path / "asked") == listed
    assert jobs() - start - without > without


def test_a_stream_goes_on_within_its_first_files(spark: SparkSession, table: str, tmp_path: Path) -> None:
    for number in range(10, 14):
        spark.sql(f"INSERT INTO {table} VALUES ({number}, 'c')")
    seen: list[list[int]] = []

    def stop_at_the_third(rows: DataFrame, batch: int) -> None:
        if batch == 2:
            raise RuntimeError("stopped")
        seen.append(ids(rows))

    stream = spark.readStream.format("delta").option("maxFilesPerTrigger", "1").load(f"file:{tmp_path / 't'}")
    writer = stream.writeStream.foreachBatch(stop_at_the_third).trigger(availableNow=True)
    query = writer.option("checkpointLocation", f"file:{tmp_path / 'checkpoint'}").start()
    with pytest.raises(StreamingQueryException, match="stopped"):
        query.awaitTermination()
    spark.sql(f"INSERT INTO {table} VALUES (20, 'd')")
    rest = batches(spark, tmp_path / "t", tmp_path / "checkpoint")
    assert sorted(chain(*seen, *rest)) == [1, 2, 3, 10, 11, 12, 13, 20]


@pytest.mark.parametrize("listed", [True, False], ids=["with checksums", "without checksums"])
def test_a_batch_that_is_repeated_is_not_written_twice(
    spark: SparkSession, table: str, tmp_path: Path, listed: bool
) -> None:
    target, checkpoint = tmp_path / "copy", tmp_path / "checkpoint"

    def copy() -> None:
        stream = spark.readStream.format("delta").load(f"file:{tmp_path / 't'}")
        writer = stream.writeStream.format(streams.TABLE).trigger(availableNow=True)
        writer.option("checkpointLocation", f"file:{checkpoint}").start(f"file:{target}").awaitTermination()

    copy()
    (checkpoint / "commits" / "0").unlink()  # as after a kill between the table's commit and the stream's
    if not listed:
        for checksum in (target / "_delta_log").glob("*.crc"):
            checksum.unlink()
        spark._jvm.org.apache.spark.sql.delta.DeltaLog.clearCache()
    spark.sql(f"INSERT INTO {table} VALUES (4, 'c')")
    copy()
    assert ids(spark.read.format("delta").load(f"file:{target}")) == [1, 2, 3, 4]
    history = spark.sql(f"DESCRIBE HISTORY delta.`file:{target}`").orderBy("version").collect()
    assert [(row.operation, row.operationParameters["epochId"]) for row in history] == [
        ("STREAMING UPDATE", "0"),
        ("STREAMING UPDATE", "1"),
    ]
