"""The engine's Spark: one classic session as the base, and a child session for every update, statement and notebook."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
import tempfile
import threading
import warnings
import weakref
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pyspark import SparkConf, SparkContext
from pyspark.sql import DataFrame, SparkSession, functions
from pyspark.sql.conf import RuntimeConfig
from pyspark.sql.streaming.readwriter import DataStreamWriter

from lakehouse_engine import jvm, names, refusals, routines
from lakehouse_engine.environments import runtime
from lakehouse_engine.errors import EngineError, no_such_catalog
from lakehouse_engine.volumes import Volumes

# Small data on few cores: most of a flow's time is planning and commits, so partitions are few.
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # Every query describes its plan to the interface that is not there; this is the shortest description.
    "spark.sql.ui.explainMode": "simple",
    "spark.scheduler.mode": "FAIR",
    "spark.sql.extensions": ",".join(
        [
            "org.apache.spark.sql.lakehouse.TableFilesExtension",
            "io.delta.sql.DeltaSparkSessionExtension",
            "lakehouse.catalog.Extensions",
        ]
    ),
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.sources.default": "delta",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "4",  # VACUUM lists files in as many tasks
    "spark.sql.adaptive.enabled": "true",
    # Generating and compiling Java for every new query is a fifth of an update, more than it gives back on small data.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    # Few keys in a large table (AUTO CDC, MERGE, DELETE) are found by the statistics of short pages. A list of keys
    # becomes a chain of ORs that Parquet serializes link by link: with a thousand it runs out of stack.
    "spark.hadoop.parquet.page.row.count.limit": "1000",
    "spark.sql.parquet.pushdown.inFilterThreshold": "200",
    "spark.sql.streaming.metricsEnabled": "false",
    "spark.sql.streaming.stopTimeout": "60s",
    "spark.sql.streaming.pollingDelay": "1ms",
    "spark.sql.streaming.noDataMicroBatches.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.databricks.delta.stalenessLimit": "0",
    "spark.databricks.delta.retentionDurationCheck.enabled": "true",
    "spark.python.daemon.module": "lakehouse_engine.python_workers",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    # Plain files without checksum files beside them, half as many files for every commit, and no processes for modes.
    "spark.hadoop.fs.file.impl": "lakehouse.catalog.LocalFileSystem",
    "spark.hadoop.fs.AbstractFileSystem.file.impl": "lakehouse.catalog.LocalFiles",
    "spark.hadoop.fs.dbfs.impl": "lakehouse.catalog.VolumeFileSystem",
    # Delta knows which schemes are local; a commit to a folder of a volume is a rename, as to any other.
    "spark.delta.logStore.dbfs.impl": "io.delta.storage.LocalLogStore",
    "spark.hadoop.fs.defaultFS": "dbfs:///",
}
# The optimizing compiler takes over what has run twenty times as often as by default: at the start, on few cores, it
# takes more than it gives (a fifth of the first update's processor time); loops over many rows get it within seconds.
_JVM = [
    "-Duser.timezone=UTC",
    "-XX:+UseSerialGC",
    "-XX:MetaspaceSize=256m",  # what the classes take anyway: at the default of 21 MB each growth is a full collection
    "-Xss4m",  # deep plans
    "-XX:+ExitOnOutOfMemoryError",  # what goes on after one is in no known state; the workspace starts another engine
    "-XX:Tier4InvocationThreshold=100000",
    "-XX:Tier4MinInvocationThreshold=12000",
    "-XX:Tier4CompileThreshold=300000",
    "-XX:Tier4BackEdgeThreshold=800000",
    "-XX:ReservedCodeCacheSize=512m",
]


def jvm_options() -> str:
    """ENGINE_CLASS_ARCHIVE names the archive of loaded classes (class_archive.py); a JVM that it was not made with
    passes over it without a word."""
    archive = os.environ.get("ENGINE_CLASS_ARCHIVE")
    shared = [f"-XX:SharedArchiveFile={archive}", "-Xshare:auto", "-Xlog:cds=off", "-Xlog:cds+dynamic=off"]
    return " ".join([*_JVM, *(shared if archive else []), os.environ.get("ENGINE_JVM_OPTIONS", "")])


CATALOG_CLASS = "lakehouse.catalog.PrefixCatalog"
DEFAULT_CATALOG = "main"
DEFAULT_SCHEMA = "default"

_current = threading.local()


class Engine:
    """One Spark for the process; sessions share its catalog, but not temporary views, settings and names in use."""

    def __init__(self, data_dir: str, volumes_root: str, tables_root: str) -> None:
        self.data_dir = Path(data_dir)
        self.tables_root = tables_root
        self.volumes = Volumes(volumes_root)
        self.guard: Any = None  # engine.catalog.guard.Guard, once it has been made
        self._catalogs: set[str] = set()
        self._sessions: weakref.WeakSet[SparkSession] = weakref.WeakSet()
        self._lock = threading.RLock()
        jvm.keep_names()
        self.spark = self._start(volumes_root)
        refusals.install()
        self.jvm: Any = self.spark._jvm
        self.jvm.lakehouse.catalog.Registry.start(self.spark._jsparkSession)
        _install_current_session(self)
        _install_names_in_batches()
        names.install(lambda: self.catalogs)
        _install_names_of_functions()
        _install_settings()

    def _start(self, volumes_root: str) -> SparkSession:
        conf = SparkConf().setMaster(f"local[{os.cpu_count() or 2}]").setAppName("lakehouse")
        for key, value in {**SETTINGS, "spark.lakehouse.functions.refused": routines.setting()}.items():
            conf.set(key, value)
        conf.set("spark.sql.warehouse.dir", (self.data_dir / "warehouse").resolve().as_uri())
        temporary = self._temporary()
        conf.set("spark.local.dir", str(temporary))
        conf.set("spark.hadoop.lakehouse.volumes.root", str(Path(volumes_root).resolve()))
        # On the class path from the start, not in spark.jars: only then a class-data archive holds them.
        conf.set("spark.driver.extraClassPath", os.environ.get("ENGINE_JARS", ""))
        conf.set("spark.driver.memory", os.environ.get("ENGINE_MEMORY", "2g"))
        # -Djava.io.tmpdir: checkpoints of streams without one
        conf.set("spark.driver.extraJavaOptions", f'{jvm_options()} "-Djava.io.tmpdir={temporary.resolve()}"')
        os.environ["PYSPARK_PYTHON"] = sys.executable  # of Python functions in queries; not what PATH has
        # Workers are started by this package's own daemon (python_workers.py); the JVM hands them its own environment.
        os.environ[runtime.VARIABLE] = str(runtime.locked_folder(runtime.LOCK))
        paths = [str(Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH", "")]
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
        tempfile.tempdir = str(temporary)  # where PySpark and its JVM tell each other how to connect
        try:
            context = SparkContext.getOrCreate(conf)
        finally:
            tempfile.tempdir = None
        context.setLogLevel(os.environ.get("ENGINE_LOG_LEVEL", "ERROR"))
        return SparkSession(context)

    def _temporary(self) -> Path:
        """The folder for what lives as long as an engine; one that was killed has left its own."""
        folder = self.data_dir / "tmp"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def add_catalog(self, name: str) -> None:
        with self._lock:
            self._catalogs.add(name)
            for session in [self.spark, *self._sessions]:
                self._configure(session, name)

    def remove_catalog(self, name: str) -> None:
        with self._lock:
            self._catalogs.discard(name)

    def file_of(self, path: str) -> str:
        """The file of this machine behind a path that Guard has let pass: one of a volume, or the copy of one of the
        workspace's tree."""
        inside = re.sub(r"^(file:(//)?|dbfs:)(?=/)", "", path)
        if inside.startswith("/Workspace/"):
            return str(self.data_dir / "workspace" / inside.removeprefix("/Workspace/"))
        return self.volumes.to_local(path)

    @property
    def catalogs(self) -> list[str]:
        return sorted(self._catalogs)

    def _configure(self, session: SparkSession, catalog: str) -> None:
        conf = session._jsparkSession.sessionState().conf()
        conf.setConfString(f"spark.sql.catalog.{catalog}", CATALOG_CLASS)
        conf.setConfString(f"spark.sql.catalog.{catalog}.tablesRoot", Path(self.tables_root).resolve().as_uri())

    def add_session(self, session: SparkSession) -> None:
        """Lets the session know the workspace's catalogs."""
        with self._lock:
            for name in self._catalogs:
                self._configure(session, name)
            self._sessions.add(session)

    def new_session(
        self, catalog: str | None = None, schema: str | None = None, conf: Mapping[str, str] | None = None
    ) -> SparkSession:
        """A session of its own, `catalog.schema` in use (main.default where none is given)."""
        session = SparkSession(self.spark.sparkContext, self.spark._jsparkSession.newSession())
        self.add_session(session)
        for key, value in (conf or {}).items():
            session.conf.set(key, value)
        if catalog is not None and catalog.lower() not in {name.lower() for name in self._catalogs}:
            raise no_such_catalog(catalog)
        use(session, catalog or DEFAULT_CATALOG, schema)
        return session

    @contextlib.contextmanager
    def own_work(self) -> Iterator[SparkSession]:
        """The base session, for what the engine itself does while it works for a principal."""
        guard = self.jvm.org.apache.spark.sql.lakehouse.Guard
        before = guard.enterEngine(self.spark._jsparkSession)
        try:
            yield self.spark
        finally:
            guard.leave(self.spark._jsparkSession, before)

    def stop(self) -> None:
        self.spark.stop()


def use(session: SparkSession, catalog: str, schema: str | None = None) -> None:
    """USE catalog.schema, without failing where the schema does not exist yet: names then fail when they are read."""
    gateway: Any = session.sparkContext._gateway
    names = gateway.new_array(jvm.of(session).java.lang.String, 1)
    names[0] = schema or DEFAULT_SCHEMA
    with active(session):  # a catalog is looked up in the settings of the thread's session
        manager = session._jsparkSession.sessionState().catalogManager()
        manager.setCurrentCatalog(catalog)
        with contextlib.suppress(Exception):
            manager.setCurrentNamespace(names)


def clone(session: SparkSession) -> SparkSession:
    """A session with the same settings, temporary views and principal, which then goes its own way."""
    return SparkSession(session.sparkContext, _inherited(session, session._jsparkSession.cloneSession()))


def _inherited(parent: SparkSession, made: Any) -> Any:
    """The JVM's session `made`, as its parent's principal's."""
    jvm.of(parent).org.apache.spark.sql.lakehouse.Guard.inherit(parent._jsparkSession, made)
    return made


@contextlib.contextmanager
def active(session: SparkSession) -> Iterator[SparkSession]:
    """Makes `session` the one that user code of this thread finds by getActiveSession and builder.getOrCreate, and its
    principal the one for whom the thread works, whatever session it meets."""
    before = getattr(_current, "session", None)
    jvm_session = jvm.of(session).org.apache.spark.sql.classic.SparkSession
    guard = jvm.of(session).org.apache.spark.sql.lakehouse.Guard
    _current.session = session
    jvm_session.setActiveSession(session._jsparkSession)
    identity = guard.enter(session._jsparkSession)
    try:
        yield session
    finally:
        _current.session = before
        guard.leave(session._jsparkSession, identity)
        if before is None:
            jvm_session.clearActiveSession()
        else:
            jvm_session.setActiveSession(before._jsparkSession)


def _install_current_session(engine: Engine) -> None:
    """PySpark knows one instantiated session; here each thread has the one of its update or notebook. What code makes
    of it by itself, as `SparkSession(sc)` and `newSession()`, is of the same principal and never the engine's own."""
    patched: Any = SparkSession
    make, get_or_create, get_active = patched.__init__, patched.Builder.getOrCreate, patched.getActiveSession

    def make_current(self: SparkSession, context: SparkContext, jvm_session: Any = None, options: Any = None) -> None:
        session = getattr(_current, "session", None)
        given = session._jsparkSession if jvm_session is None and session is not None else jvm_session
        make(self, context, given, dict(options or {}))

    def new_of_same_principal(self: SparkSession) -> SparkSession:
        session = self.__class__(self.sparkContext, _inherited(self, self._jsparkSession.newSession()))
        engine.add_session(session)
        return session

    def get_or_create_current(self: SparkSession.Builder) -> SparkSession:
        session = getattr(_current, "session", None)
        if session is None:
            return get_or_create(self)
        _configure_existing(session, self._options)
        return session

    def get_active_current(cls: Any) -> SparkSession | None:
        return getattr(_current, "session", None) or get_active.__func__(cls)

    def active_current(cls: Any) -> SparkSession:
        return cls.getActiveSession() or get_or_create(cls.builder)

    patched.__init__ = make_current
    patched.newSession = new_of_same_principal
    patched.Builder.getOrCreate = get_or_create_current
    patched.getActiveSession = classmethod(get_active_current)
    patched.active = classmethod(active_current)


def _configure_existing(session: SparkSession, options: Mapping[str, Any]) -> None:
    """Of a builder's settings those take effect that a running Spark can take, as in Spark; it warns of others."""
    ignored: list[str] = []
    for key, value in options.items():
        if _refusal(key, str(value)) is not None:
            ignored.append(key)
        else:
            session.conf.set(key, value)
    ignored = [key for key in ignored if not key.startswith(("spark.master", "spark.app", "spark.remote"))]
    if ignored:
        warnings.warn(f"The session exists already: {', '.join(ignored)} took no effect.", stacklevel=3)


def _refusal(name: str, value: str | None) -> str | None:
    """Why no session may be given this setting, or lose it: `value` None (scala/guard/Settings.scala)."""
    context: Any = SparkContext._active_spark_context
    return context._jvm.org.apache.spark.sql.lakehouse.Settings.refusal(name, value) if context else None


def _install_settings() -> None:
    """What no session may be given is refused whoever sets it: notebooks, pipelines, the engine itself."""
    patched: Any = RuntimeConfig
    set_plainly, unset_plainly = patched.set, patched.unset

    def check(name: str, value: str | None) -> None:
        refusal = _refusal(name, value)
        if refusal is not None:
            raise EngineError(refusal, error_class=refusal[1:].partition("]")[0])

    def set_allowed(self: RuntimeConfig, key: str, value: str | int | bool) -> None:
        check(key, str(value))
        if not _is_automatic(key, value):
            set_plainly(self, key, value)

    def unset_allowed(self: RuntimeConfig, key: str) -> None:
        check(key, None)
        unset_plainly(self, key)

    patched.set, patched.unset = set_allowed, unset_allowed


def _is_automatic(key: str, value: object) -> bool:
    """Databricks has a value here that leaves the number to the engine, which Spark has not."""
    return key.lower() == "spark.sql.shuffle.partitions" and str(value).lower() == "auto"


def _install_names_in_batches() -> None:
    """A stream works in a clone of its session, which has the settings, but not the catalog and the schema in use."""
    patched: Any = DataStreamWriter
    for_each_batch = patched.foreachBatch

    def for_each_named(self: Any, func: Callable[[DataFrame, int], None]) -> DataStreamWriter:
        manager = self._spark._jsparkSession.sessionState().catalogManager()
        catalog, schema = manager.currentCatalog().name(), list(manager.currentNamespace())

        def handle(frame: DataFrame, batch: int) -> None:
            use(frame.sparkSession, catalog, *schema[:1])
            func(frame, batch)

        return for_each_batch(self, handle)

    patched.foreachBatch = for_each_named


def _install_names_of_functions() -> None:
    """`from pyspark.sql.functions import *` gives the old names, too, as in Databricks' runtimes."""
    old = ("approxCountDistinct", "bitwiseNOT", "countDistinct", "shiftLeft", "shiftRight", "shiftRightUnsigned",
           "sumDistinct", "toDegrees", "toRadians")  # fmt: skip
    functions.__all__ = [*functions.__all__, *(name for name in old if name not in functions.__all__)]
