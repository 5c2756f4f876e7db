"""What `display` shows: a table's first rows as text, or to whom a command's table is given."""

from __future__ import annotations

import uuid
from typing import Any

from pyspark.sql import DataFrame

from lakehouse_engine import jvm
from lakehouse_engine.notebook_runner import output
from lakehouse_engine.notebook_runner.contexts import table_of

SHOWN_ROWS = 20


def install() -> None:
    """For the whole process, once: `df.display()`. In the sources of a pipeline it shows nothing, as `display` there.

    https://docs.databricks.com/aws/en/visualizations/
    """

    def of_frame(frame: DataFrame, *args: Any, **options: Any) -> None:
        if output.current_run() is not None:
            display(frame, *args, **options)

    DataFrame.display = of_frame  # pyright: ignore[reportAttributeAccessIssue]


def display(value: Any, *_: Any, checkpointLocation: str | None = None, **__: Any) -> None:
    """Shows a DataFrame's first rows as text; anything else by its own text."""
    run = output.current_run()
    if isinstance(value, DataFrame) and value.isStreaming:
        _display_stream(value, checkpointLocation)
    elif isinstance(value, DataFrame) and run is not None and run.shown is not None:
        run.shown = [table_of(value)]
    elif isinstance(value, DataFrame):
        value.show(SHOWN_ROWS, truncate=False)
    elif hasattr(value, "to_string"):
        print(value.to_string(max_rows=SHOWN_ROWS))
    elif isinstance(value, list) and value and hasattr(value[0], "_asdict"):
        for item in value:
            print("  ".join(str(part) for part in item))
    else:
        print(value)


def _display_stream(frame: DataFrame, checkpoint: str | None) -> None:
    """What is there now: nobody looks on while more comes, and a run is to end."""
    mode = (
        "complete"
        if jvm.of(frame.sparkSession).org.apache.spark.sql.lakehouse.Plans.replacesRows(frame._jdf)
        else "append"
    )
    name = f"displayed_{uuid.uuid4().hex}"
    writer = frame.writeStream.format("memory").queryName(name).outputMode(mode).trigger(availableNow=True)
    if checkpoint is not None:
        writer = writer.option("checkpointLocation", checkpoint)
    try:
        writer.start().awaitTermination()
        frame.sparkSession.table(name).show(SHOWN_ROWS, truncate=False)
    finally:
        frame.sparkSession.catalog.dropTempView(name)
