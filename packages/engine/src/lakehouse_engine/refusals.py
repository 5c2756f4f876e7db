"""What the engine refuses, as user code meets it: an AnalysisException, as Databricks raises for what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyspark.errors import AnalysisException as Analysis
from pyspark.errors.exceptions import captured

from lakehouse_engine.errors import EngineError


class _Refusal:
    """What PySpark looks up in Spark's list of conditions, which lacks those of the engine."""

    def getMessage(self) -> str:
        return str(self)

    def getSqlState(self) -> str | None:
        return None

    def getMessageParameters(self) -> dict[str, str] | None:
        return {}

    def getQueryContext(self) -> list[Any]:
        return []


class _OfSpark(_Refusal, captured.AnalysisException):
    """A refusal inside of Spark."""

    def __init__(self, origin: Any) -> None:
        super().__init__(origin=origin)
        self._message, self._condition = str(origin.getMessage()), str(origin.errorClass())

    def __str__(self) -> str:
        return self._message

    def getCondition(self) -> str | None:
        return self._condition


_OfSpark.__name__ = _OfSpark.__qualname__ = "AnalysisException"


class AnalysisException(_Refusal, EngineError, Analysis):
    """A refusal by the engine's own Python code. Its name and its base are those that user code knows."""

    def __init__(self, error: EngineError) -> None:
        EngineError.__init__(
            self, str(error), error_class=error.error_class, error_code=error.error_code, location=error.location
        )

    def __str__(self) -> str:
        return str(self.args[0])

    def getCondition(self) -> str | None:
        return self.error_class


@contextmanager
def as_pyspark() -> Iterator[None]:
    try:
        yield
    except AnalysisException:
        raise
    except EngineError as error:
        raise AnalysisException(error) from None


def install() -> None:
    """Refusals inside of Spark (Refused in scala/guard/Guard.scala), which PySpark would leave as Py4J's errors."""
    convert = captured._convert_exception
    if getattr(convert, "of_the_engine", False):
        return

    def converted(error: Any) -> captured.CapturedException:
        if error.getClass().getSimpleName() == "Refused":
            return _OfSpark(error)
        return convert(error)

    converted.of_the_engine = True  # type: ignore[attr-defined]
    captured._convert_exception = converted
