"""Expectations: counted while the rows pass, dropped or failed in the same pass.

A row satisfies a rule only where the condition is true; null does not. The counts come back with the batch's
observation or the stream's progress as one row of numbers; `Rules.metrics` turns them into the event log's figures.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as F

from lakehouse_engine.errors import EngineError, reason_of
from lakehouse_engine.graph.model import Expectation

_MARK = "EXPECTATION_VIOLATION:"
TOTAL, DROPPED = "total", "dropped"


class Rules:
    def __init__(self, dataset: str, expectations: list[Expectation]) -> None:
        self.dataset = dataset
        self.expectations = expectations

    def apply(self, frame: DataFrame, observation: Observation | str) -> DataFrame:
        """`frame` without the rows to be dropped; evaluating it counts, and fails at a row that breaks a FAIL rule."""
        held = [F.coalesce(_condition(rule).cast("boolean"), F.lit(False)) for rule in self.expectations]
        counts = [F.count(F.lit(1)).alias(TOTAL)]
        counts += [F.count_if(~ok).alias(f"failed_{number}") for number, ok in enumerate(held)]
        dropping = [ok for rule, ok in zip(self.expectations, held, strict=True) if rule.action == "drop"]
        kept: Column | None = functools.reduce(lambda a, b: a & b, dropping) if dropping else None
        counts.append((F.count_if(~kept) if kept is not None else F.lit(0).cast("bigint")).alias(DROPPED))
        frame = frame.observe(observation, *counts)
        condition = kept
        for number, (rule, ok) in reversed(list(enumerate(zip(self.expectations, held, strict=True)))):
            if rule.action == "fail":
                text = F.concat(F.lit(f"{_MARK}{number}:"), F.to_json(F.struct("*")))
                broken = F.raise_error(text).cast("boolean")
                condition = F.when(~ok, broken).otherwise(condition if condition is not None else F.lit(True))
        return frame if condition is None else frame.where(condition)

    def metrics(self, observed: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        rows = list(observed)
        total = sum(row[TOTAL] or 0 for row in rows)
        dropped = sum(row[DROPPED] or 0 for row in rows)
        found: dict[str, Any] = {"metrics": {"num_output_rows": total - dropped}}
        if self.expectations:
            found["data_quality"] = {"dropped_records": dropped, "expectations": [
                {"name": rule.name, "dataset": self.dataset, "passed_records": total - failed, "failed_records": failed}
                for number, rule in enumerate(self.expectations)
                for failed in [sum(row[f"failed_{number}"] or 0 for row in rows)]
            ]}  # fmt: skip
        return found

    def violation(self, error: BaseException) -> EngineError | None:
        """The broken FAIL rule behind Spark's error, with a sample of the row; None when it is something else."""
        # The text of a stream's error has the plan in it, too, where the mark is not followed by a row.
        text = f"{error}\n{reason_of(error)}"
        found = re.search(rf"{_MARK}(\d+):(?=\{{)", text)
        if found is None or int(found[1]) >= len(self.expectations):
            return None
        number, row = found[1], text[found.end() :]
        rule = self.expectations[int(number)]
        try:
            sample = json.dumps(json.JSONDecoder().raw_decode(row)[0])
        except ValueError:
            sample = row.split("\n", 1)[0]
        return EngineError(
            f"{self.dataset}: a row violates expectation {rule.name} ({rule.condition}), which fails the update. "
            f"Row: {sample[:1000]}",
            error_class="EXPECTATION_VIOLATION",
        )


def _condition(rule: Expectation) -> Column:
    return F.expr(rule.condition) if rule.column is None else rule.column
