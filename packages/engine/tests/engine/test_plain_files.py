"""Local files as Hadoop sees them: sizes, times, owners and modes are the operating system's."""

from __future__ import annotations

import getpass
import stat
from pathlib import Path
from typing import Any

import pytest
from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession


@pytest.fixture(params=["FileSystem", "FileContext"])
def files(request: pytest.FixtureRequest, spark: SparkSession) -> Any:
    """What Spark gets for `file:` by each of Hadoop's two interfaces."""
    jvm, conf = spark._jvm, spark._jsc.hadoopConfiguration()
    uri = jvm.java.net.URI.create("file:///")
    if request.param == "FileSystem":
        return jvm.org.apache.hadoop.fs.FileSystem.get(uri, conf)
    return jvm.org.apache.hadoop.fs.FileContext.getFileContext(uri, conf)


def path_of(spark: SparkSession, path: Path) -> Any:
    return spark._jvm.org.apache.hadoop.fs.Path("file", None, str(path))


@pytest.mark.parametrize("name", ["plain.csv", "with blank, ümläut and %20", "a:b"])
def test_a_file_has_the_mode_and_owner_that_the_system_gives_it(
    spark: SparkSession, files: Any, tmp_path: Path, name: str
) -> None:
    file = tmp_path / name
    file.write_bytes(b"12345")
    file.chmod(0o640)
    status = files.getFileStatus(path_of(spark, file))
    assert (status.getLen(), status.isDirectory(), status.getPermission().toString()) == (5, False, "rw-r-----")
    assert status.getOwner() == getpass.getuser()
    assert status.getModificationTime() == int(file.stat().st_mtime * 1000)
    assert status.getPath().toUri().getPath() == str(file)
    files.setPermission(path_of(spark, file), spark._jvm.org.apache.hadoop.fs.permission.FsPermission("600"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert files.getFileStatus(path_of(spark, tmp_path)).isDirectory()


def test_what_does_not_exist_is_not_found(spark: SparkSession, files: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    for missing in ("nothing", "link", "file/below"):
        with pytest.raises(Py4JJavaError, match="FileNotFoundException"):
            files.getFileStatus(path_of(spark, tmp_path / missing))


def test_a_link_counts_as_what_it_points_to(spark: SparkSession, files: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    for name in ("file", "link"):
        status = files.getFileLinkStatus(path_of(spark, tmp_path / name))
        assert (status.getLen(), status.isSymlink()) == (5, False)
    with pytest.raises(Py4JJavaError, match="FileNotFoundException"):
        files.getFileLinkStatus(path_of(spark, tmp_path / "nothing"))


def test_hadoops_settings_hold_no_defaults_of_services_but_what_was_set(spark: SparkSession) -> None:
    settings: Any = spark._jsc.hadoopConfiguration()
    spark.range(1).collect()  # the class of MapReduce's settings, which loads more, has been used by now
    assert settings.size() < 250
    assert settings.get("fs.s3a.threads.max") is None
    assert settings.get("mapreduce.jobhistory.address") is None
    assert settings.get("io.file.buffer.size") is not None
    settings.set("fs.s3a.endpoint", "http://localhost")
    try:
        spark._jvm.lakehouse.catalog.HadoopDefaults.trim(settings)
        assert settings.get("fs.s3a.endpoint") == "http://localhost"
        copied: Any = spark._jsparkSession.sessionState().newHadoopConf()
        assert copied.size() < 350
    finally:
        settings.unset("fs.s3a.endpoint")
