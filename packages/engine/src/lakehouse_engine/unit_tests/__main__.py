"""`python -m lakehouse_engine.unit_tests --root FOLDER --catalog C --schema S [options] [-- pytest arguments]`.

Exit status: pytest's own (0 passed, 1 failed, 5 none collected); 2 for wrong options; 3 when coverage is below what is
required.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lakehouse_engine.errors import EngineError

BELOW_COVERAGE = 3


def parse(argv: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(prog="lakehouse test", description="Runs the unit tests of a pipeline.")
    parser.add_argument("--root", required=True, type=Path, help="the pipeline's root folder; its tests are below it")
    parser.add_argument("--catalog", required=True, help="the pipeline's default catalog")
    parser.add_argument("--schema", required=True, help="the pipeline's default schema")
    parser.add_argument("--name", default="unit tests", help="the pipeline's name, for messages")
    parser.add_argument("--place", default="/Workspace/unit-tests", help="where the root is in the workspace")
    parser.add_argument("--include", action="append", default=[], metavar="GLOB", help="sources, relative to the root")
    parser.add_argument("--configuration", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--parameter", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--require-coverage", type=float, default=None, metavar="PERCENT")
    split = list(argv).index("--") if "--" in argv else len(argv)
    options = parser.parse_args(argv[:split])
    for name in ("configuration", "parameter"):
        wrong = [pair for pair in getattr(options, name) if "=" not in pair]
        if wrong:
            parser.error(f"--{name} {wrong[0]}: write KEY=VALUE")
    if options.require_coverage is not None and not 0 <= options.require_coverage <= 100:
        parser.error(f"--require-coverage {options.require_coverage:g}: a percentage from 0 to 100")
    return options, list(argv[split + 1 :])


def run(options: argparse.Namespace, pytest_arguments: Sequence[str]) -> int:
    import pytest

    from lakehouse_engine.unit_tests.plugin import Plugin
    from lakehouse_engine.unit_tests.sources import Folder

    root = options.root.resolve()
    spec = Folder(
        root=root,
        catalog=options.catalog,
        schema=options.schema,
        name=options.name,
        place=options.place,
        include=tuple(options.include),
        configuration=dict(pair.split("=", 1) for pair in options.configuration),
        parameters=dict(pair.split("=", 1) for pair in options.parameter),
    ).spec()
    os.chdir(root)
    sys.path.insert(0, str(root))  # as Databricks puts a pipeline's root on the path
    with tempfile.TemporaryDirectory(prefix="lakehouse-test-") as folder:
        plugin = Plugin(spec, Path(folder))
        arguments = ["--rootdir", str(root), "-p", "no:cacheprovider", *pytest_arguments]
        if not any(not each.startswith("-") and Path(each.partition("::")[0]).exists() for each in pytest_arguments):
            arguments += ["tests"] if (root / "tests").is_dir() else []
        status = int(pytest.main(arguments, plugins=[plugin]))
        coverage = plugin.coverage
        plugin.stop()
    if status == 0 and options.require_coverage is not None and coverage.percent < options.require_coverage:
        print(f"coverage {coverage.percent:.0f} % is below the {options.require_coverage:g} % that are required")
        return BELOW_COVERAGE
    return status


def main() -> None:
    options, pytest_arguments = parse(sys.argv[1:])
    try:
        status = run(options, pytest_arguments)
    except EngineError as error:
        print(f"lakehouse test: {error}", file=sys.stderr)
        status = 2
    _end(status)


def _end(status: int) -> Any:
    """The JVM ends with this process, whatever its threads do."""
    sys.stdout.flush()
    sys.stderr.flush()
    from pyspark import SparkContext

    process = getattr(SparkContext._gateway, "proc", None)
    if process is not None:
        process.kill()
    os._exit(status)


if __name__ == "__main__":
    main()
