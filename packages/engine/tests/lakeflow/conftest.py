"""One engine for all cases of the corpus."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_ENGINE_TESTS = Path(__file__).parents[1] / "engine"
sys.path[:0] = [str(_ENGINE_TESTS), str(_ENGINE_TESTS / "updates")]

from lakeflow.cases import Case  # noqa: E402
from lakeflow.corpus_runs import CorpusRuns  # noqa: E402
from lakehouse_engine.testing import EngineProcess  # noqa: E402


@pytest.fixture(scope="session")
def corpus(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CorpusRuns]:
    """Catalog main with the schemas default and raw, and the volume main.raw.landing. Runs the selected cases only."""
    tests = [item for item in request.session.items if isinstance(item, pytest.Function) and hasattr(item, "callspec")]
    selected = [test.callspec.params["case"] for test in tests if isinstance(test.callspec.params.get("case"), Case)]
    engine = EngineProcess(tmp_path_factory.mktemp("corpus"))
    try:
        engine.initialize([{"name": "main", "schemas": ["default", "raw"]}])
        (engine.folder / "volumes/main/raw/landing").mkdir(parents=True)
        yield CorpusRuns(engine, selected)
    finally:
        engine.close()
