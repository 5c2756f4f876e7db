"""The medallion pipeline against a plain PySpark script: `python bench/medallion.py [--scales 1 10 20] [--trace]`.

Both run in one process, in the engine's Spark, once at a small scale to be warm; for each scale then the script, the
pipeline's first update, an update without new files, and one with 1 % more. Rows of all tables are compared. Wants
ENGINE_JARS as the engine does, and PYTHONPATH=local:notebooks:bench:tests/notebooks.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import plain_medallion
from lakehouse_engine.catalog import Catalog
from lakehouse_engine.catalog.guard import Guard
from lakehouse_engine.session import SETTINGS, Engine
from lakehouse_engine.updates.service import UpdateService
from olist.generator import generate, parse
from pipeline_spec import pipeline_spec
from update_trace import Jobs, Spans, Streams

WARM_SCALE = 0.05
_OF_NO_INTEREST = "_ingested_at"


class Peer:
    """The workspace's part: it agrees to everything and forgets it."""

    def request(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        return {"tableId": params["table"]["fullName"]} if method == "catalog.putTable" else {}

    def notify(self, method: str, params: dict[str, Any]) -> None: ...


@dataclass
class Figures:
    """Of one run: seconds by the clock, seconds of the processors (JVM and Python), the JVM's most memory in MB."""

    seconds: float
    processor: float
    memory: int


class Bench:
    def __init__(self, folder: Path, trace: bool) -> None:
        self.folder = folder
        self.trace = trace
        self.events = folder / "spark-events"
        self.events.mkdir()
        if trace:
            SETTINGS.update({"spark.eventLog.enabled": "true", "spark.eventLog.dir": self.events.as_uri()})
            SETTINGS.update({"spark.eventLog.rolling.enabled": "false", "spark.eventLog.compress": "false"})
        self.engine = Engine(str(folder), str(folder / "volumes"), str(folder / "tables"))
        peer = Peer()
        self.catalog = Catalog(self.engine, peer)
        Guard(self.engine, self.catalog, peer)
        self.updates = UpdateService(self.engine, self.catalog, peer)
        self.plain = self.engine.spark.newSession()
        self.spans, self.streams, self.jobs = Spans(), Streams(), Jobs(self.events)
        self._number = 0
        if trace:
            watch(self.spans, self.streams)

    @property
    def jvm(self) -> int:
        return self.engine.spark.sparkContext._gateway.proc.pid

    def measured(self, work: Callable[[], Any]) -> Figures:
        Path(f"/proc/{self.jvm}/clear_refs").write_text("5")  # the most memory counts from here
        started, used = time.monotonic(), self._used()
        work()
        seconds, used = time.monotonic() - started, self._used() - used
        status = Path(f"/proc/{self.jvm}/status").read_text().splitlines()
        most = next(line for line in status if line.startswith("VmHWM"))
        return Figures(seconds, used, int(most.split()[1]) // 1024)

    def _used(self) -> float:
        fields = Path(f"/proc/{self.jvm}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") + time.process_time()

    def update(self, catalog: str, title: str) -> Figures:
        self._number += 1
        self.spans.reset()
        self.streams.reset()
        spec = pipeline_spec("medallion", catalog)
        params = {
            "pipelineId": spec["id"], "updateId": f"u{self._number}", "pipeline": spec, "principal": "me",
            "storage": str(self.folder / "pipelines" / catalog),
        }  # fmt: skip
        began = time.time()
        answer: dict[str, Any] = {}
        found = self.measured(lambda: answer.update(self.updates.run(params)))
        if answer != {"state": "COMPLETED"}:
            raise SystemExit(f"{title}: {answer}")
        if self.trace:
            self._tell(f"{title}: {found.seconds:.1f} s, {found.processor:.1f} s of the processors", began)
        return found

    def script(self, landing: str) -> Figures:
        session = self.plain
        session.sql("USE spark_catalog.default")
        for schema in plain_medallion.SCHEMAS:
            session.sql(f"DROP DATABASE IF EXISTS {schema} CASCADE")
            session.sql(f"CREATE DATABASE {schema} LOCATION '{(self.folder / 'plain' / schema).as_uri()}'")
        began = time.time()
        found = self.measured(lambda: plain_medallion.run(session, landing))
        if self.trace:
            self.spans.reset()
            self.streams.reset()
            self._tell(f"plain script: {found.seconds:.1f} s, {found.processor:.1f} s of the processors", began)
        return found

    def _tell(self, title: str, began: float) -> None:
        time.sleep(1)  # the event log is written behind
        jobs = self.jobs.since(began)
        print(f"\n{title}")
        print(
            f"  Spark: {jobs['jobs']:.0f} jobs, {jobs['stages']:.0f} stages, {jobs['tasks']:.0f} tasks; a job ran for "
            f"{jobs['busy']:.1f} s; tasks took {jobs['task seconds']:.1f} s, of it {jobs['collection seconds']:.1f} s "
            "collecting garbage"
        )
        for part in (self.streams, self.spans):
            print("\n".join(part.lines()))
        sys.stdout.flush()

    def differences(self, catalog: str) -> list[str]:
        """Tables of the pipeline and of the script whose rows differ, as multisets."""
        found = []
        for record in self.catalog.tables():
            name = record["fullName"].removeprefix(f"{catalog}.")
            if name == record["fullName"]:
                continue
            ours = self.engine.spark.table(record["fullName"]).drop(_OF_NO_INTEREST)
            theirs = self.plain.table(name).select(*ours.columns)
            for one, other, what in ((ours, theirs, "more than"), (theirs, ours, "less than")):
                extra = one.exceptAll(other).count()
                if extra:
                    found.append(f"{name}: {extra} rows {what} the script's")
        return found

    def landing(self, catalog: str, scale: float) -> Path:
        self.catalog.apply([{"op": "createCatalog", "catalog": catalog}])
        for schema in plain_medallion.SCHEMAS:
            self.catalog.apply([{"op": "createSchema", "catalog": catalog, "schema": schema}])
        landing = self.folder / "volumes" / catalog / "raw" / "landing"
        generate(str(landing), str(self.folder / "changes" / catalog), parse(str(scale), "42", "0.01"))
        return landing

    def more(self, landing: Path, scale: float) -> None:
        """Other orders, customers, products and sellers, 1 % of what is there."""
        extra = self.folder / "extra"
        generate(str(extra / "landing"), str(extra / "changes"), parse(str(scale / 100), "43", "0.01"))
        for file in sorted((extra / "landing").glob("*/*.csv")):
            shutil.copy(file, landing / file.parent.name / f"extra_{file.name}")
        shutil.rmtree(extra)

    def scale(self, scale: float, title: str) -> list[Figures]:
        catalog = f"scale_{str(scale).replace('.', '_')}"
        landing = self.landing(catalog, scale)
        volume = f"/Volumes/{catalog}/raw/landing"
        found = [self.script(volume), self.update(catalog, f"{title}, first update")]
        different = self.differences(catalog)
        if different:
            raise SystemExit(f"{title}: the pipeline and the script disagree: {'; '.join(different)}")
        found.append(self.update(catalog, f"{title}, nothing new"))
        self.more(landing, scale)
        found.append(self.update(catalog, f"{title}, 1 % more"))
        self.catalog.apply([{"op": "dropCatalog", "catalog": catalog}])
        shutil.rmtree(landing)
        return found


def watch(spans: Spans, streams: Streams) -> None:
    """The engine's steps that a flow consists of."""
    from lakehouse_engine.auto_cdc import apply as auto_cdc
    from lakehouse_engine.auto_cdc import delta
    from lakehouse_engine.event_log import EventLog
    from lakehouse_engine.flows import batch, targets
    from lakehouse_engine.flows import streams as flow_streams
    from lakehouse_engine.updates import datasets
    from lakehouse_engine.updates.loading import Sources
    from lakehouse_engine.updates.preparation import Preparation
    from lakehouse_engine.updates.scheduler import Scheduler

    for owner, name, label in (
        (Sources, "load", "sources: executing the notebooks"),
        (Preparation, "context", "update: session, configuration"),
        (Scheduler, "run", "the update's own thread, waiting for its flows"),
        (Scheduler, "_root", "waiting for a slot"),
        (Scheduler, "need", "waiting for what other threads bring up to date"),
        (Scheduler, "_execute", "scheduler"),
        (datasets.Work, "run", "dataset: the rest"),
        (datasets.Work, "_frame", "flow: evaluating its query (analysis)"),
        (datasets.Work, "_changes", "flow: evaluating its query (analysis)"),
        (datasets.Work, "_fingerprint", "materialized view: fingerprint"),
        (targets.Target, "ensure", "table: compared with its definition"),
        (targets.Target, "fit", "table: rows fitted to its columns"),
        (Catalog, "create_table", "table: CREATE TABLE"),
        (Catalog, "sync", "table: read back and put on record"),
        (batch, "inputs", "materialized view: its inputs' versions"),
        (batch, "overwrite", "materialized view: planned, computed, committed"),
        (flow_streams, "run", "stream: from its start to its end"),
        (flow_streams, "metrics", "stream: its figures"),
        (auto_cdc.AutoCdcApplier, "__init__", "AUTO CDC: plan"),
        (auto_cdc.AutoCdcApplier, "apply", "AUTO CDC: events brought into memory or kept (in a stream)"),
        (auto_cdc.AutoCdcApplier, "_checked", "AUTO CDC: events counted (in a stream)"),
        (auto_cdc.AutoCdcApplier, "_first", "AUTO CDC: first batch written (in a stream)"),
        (auto_cdc.AutoCdcApplier, "_few", "AUTO CDC: a small batch's changes (in a stream)"),
        (auto_cdc.AutoCdcApplier, "_many", "AUTO CDC: a large batch's changes (in a stream)"),
        (auto_cdc.EventStore, "append", "AUTO CDC: events remembered (in a stream)"),
        (delta, "touching", "AUTO CDC: events of the batch's keys (in a stream)"),
        (delta, "replace", "AUTO CDC: rows replaced in one commit (in a stream)"),
        (delta, "merge", "AUTO CDC: merge (in a stream)"),
        (EventLog, "write", "event log"),
    ):
        spans.watch(owner, name, label)
    run = flow_streams.run

    def counted(*args: Any) -> Any:
        query = run(*args)
        streams.add(query)
        return query

    flow_streams.run = counted


def _row(figures: Figures, base: Figures | None) -> str:
    """Time, its ratio to that of `base`, the same of the processors' time, and memory."""
    cells = []
    for name, width in (("seconds", 8), ("processor", 11)):
        value = getattr(figures, name)
        ratio = f"×{value / getattr(base, name):.2f}" if base else ""
        cells.append(f"{value:{width - 1}.1f} s{ratio:>8}")
    return f"{cells[0]}{cells[1]}{figures.memory:6d} MB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scales", type=float, nargs="+", default=[1, 10, 20], help="1 is 5,000 orders")
    parser.add_argument("--trace", action="store_true", help="say where the time goes; takes some time itself")
    given = parser.parse_args()
    os.environ.setdefault("ENGINE_MEMORY", "2g")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), given.trace)
        try:
            bench.scale(WARM_SCALE, "warm-up")
            print(f"\n{'scale':>5} {'orders':>8}  {'run':<14}{'time':>9}{'':>8}{'processors':>12}{'':>8}{'memory':>9}")
            for scale in given.scales:
                plain, first, *later = bench.scale(scale, f"scale {scale:g}")
                for name, figures, base in (
                    ("plain script", plain, None),
                    ("first update", first, plain),
                    ("nothing new", later[0], first),
                    ("1 % more", later[1], first),
                ):
                    print(f"{scale:5g} {scale * 5000:8,.0f}  {name:<14}{_row(figures, base)}", flush=True)
        finally:
            bench.engine.stop()


if __name__ == "__main__":
    main()
