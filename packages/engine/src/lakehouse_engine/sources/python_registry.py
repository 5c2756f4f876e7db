"""Every decorator, function and argument of `dp` and `dlt`, and what this workspace does with it.

What is refused is refused by it, and docs/lakeflow-python.md is made of it, so that both say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["supported", "differs", "refused"]


@dataclass(frozen=True)
class Argument:
    """`page`: of Databricks' reference, below ldp/developer. `note`: how it differs, or why it is refused."""

    name: str
    status: Status = "supported"
    note: str = ""
    instead: str = ""


@dataclass(frozen=True)
class Definition:
    name: str
    page: str
    arguments: tuple[Argument, ...] = ()
    note: str = ""

    def argument(self, name: str) -> Argument | None:
        return next((a for a in self.arguments if a.name == name), None)


def _plain(*names: str) -> tuple[Argument, ...]:
    return tuple(map(Argument, names))


_PATH = Argument(
    "path", "refused", "Unity Catalog chooses where a pipeline's table is kept.", "Remove the argument."
)  # fmt: skip
_TABLE = (
    *_plain("name", "comment", "spark_conf", "table_properties", "partition_cols", "cluster_by", "schema"),
    Argument(
        "cluster_by_auto", "differs", "Recorded as the property clusterByAuto; keys stay those of cluster_by."
    ),
    Argument("row_filter", "differs", "As in SQL: a ROW FILTER clause, with or without these two words."),
    Argument("private"),
    Argument("temporary", "differs", "The older name of private."),
    Argument("format", "differs", "Apache Spark's argument; delta is the only value."),
    _PATH,
)  # fmt: skip
_HISTORY = _plain("track_history_column_list", "track_history_except_column_list")
_CDC = (
    *_plain("target", "source", "keys", "sequence_by", "ignore_null_updates", "apply_as_deletes", "apply_as_truncates"),
    *_plain("column_list", "except_column_list", "stored_as_scd_type"),
    *_HISTORY,
    *_plain("name", "once", "ignore_null_updates_column_list", "ignore_null_updates_except_column_list"),
    *_plain("columns_to_update", "system_sequence_by"),
    Argument("flow_name", "differs", "The older name of name."),
    Argument("where", "refused", "Changes are not filtered by the flow.", "Filter in a view, and name it as source."),
)
_SNAPSHOT = (*_plain("target", "source", "keys", "stored_as_scd_type"), *_HISTORY, *_plain("once"))

DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        "table",
        "ldp-python-ref-table",
        (*_TABLE, *_plain("replace_where", "replace_using", "sequence_by")),
        "A batch query makes a materialized view, and with replace_where a streaming table. Also `create_table`.",
    ),
    Definition(
        "materialized_view",
        "ldp-python-ref-materialized-view",
        (
            *_TABLE,
            Argument(
                "refresh_policy",
                "differs",
                '"full" computes anew each time. Nothing is incremental here: "incremental" and "incremental_strict" '
                "compute everything, with a warning, and fail only if the query is not deterministic.",
            ),
        ),
    ),
    Definition(
        "temporary_view",
        "ldp-python-ref-view",
        _plain("name", "comment", "spark_conf"),
        "Also `view` and `create_view`.",
    ),
    Definition(
        "create_streaming_table",
        "ldp-python-ref-streaming-table",
        (*_TABLE, *_plain("expect_all", "expect_all_or_drop", "expect_all_or_fail")),
        "Also `create_target_table` and `create_streaming_live_table`.",
    ),
    Definition(
        "append_flow", "ldp-python-ref-append-flow", _plain("target", "name", "once", "comment", "spark_conf")
    ),
    Definition(
        "replace_flow",
        "ldp-python-ref-replace-flow",
        _plain("target", "replace_using", "sequence_by", "name", "comment", "spark_conf"),
    ),
    Definition(
        "update_flow",
        "ldp-python-ref-update-flow",
        (
            *_plain("target", "name", "comment", "spark_conf"),
            Argument(
                "import_checkpoint", "refused", "A flow's checkpoint is its own.", "Let the flow read its source anew."
            ),
        ),
        "Into sinks that are not delta. Real-time mode has no effect: the flow takes what is there, and ends.",
    ),
    *(
        Definition(name, "ldp-python-ref-expectations", _plain("name", "inv"), "The condition is SQL or a Column.")
        for name in ("expect", "expect_or_drop", "expect_or_fail")
    ),
    *(
        Definition(name, "ldp-python-ref-expectations", _plain("expectations"))
        for name in ("expect_all", "expect_all_or_drop", "expect_all_or_fail")
    ),
    Definition("create_auto_cdc_flow", "ldp-python-ref-apply-changes", _CDC, "Also `apply_changes`."),
    Definition(
        "create_auto_cdc_from_snapshot_flow",
        "ldp-python-ref-apply-changes-from-snapshot",
        _SNAPSHOT,
        "Also `apply_changes_from_snapshot`.",
    ),
    Definition(
        "create_sink",
        "ldp-python-ref-sink",
        (
            Argument("name"),
            Argument("format", "differs", "delta, kafka, and Python data sources that the code has registered."),
            Argument("options"),
        ),
    ),
    Definition("foreach_batch_sink", "ldp-python-ref-foreach-batch-sink", _plain("name")),
    Definition(
        "on_event_hook",
        "../monitor-event-hooks",
        _plain("max_allowable_consecutive_failures"),
        "Hooks are called in the order of events, beside the update.",
    ),
    Definition("read", "python-dev", _plain("name"), "Older than `spark.read.table`."),
    Definition("read_stream", "python-dev", _plain("name"), "Older than `spark.readStream.table`. Also `readStream`."),
)  # fmt: skip

_BY_NAME = {definition.name: definition for definition in DEFINITIONS}


def definition(name: str) -> Definition:
    return _BY_NAME[name]


def markdown() -> str:
    """The table for the docs: a row for each definition, and one for each argument of which there is more to say."""
    rows = ["| Python | Here | Note |", "| --- | --- | --- |"]
    for one in DEFINITIONS:
        plain = ", ".join(a.name for a in one.arguments if a.status == "supported")
        rows.append(f"| `{one.name}({plain})` | supported | {one.note} |")
        for argument in one.arguments:
            if argument.status != "supported":
                said = f"{argument.note} {argument.instead}".strip()
                rows.append(f"| `{one.name}({argument.name}=…)` | {argument.status} | {said} |")
    return "\n".join(rows) + "\n"
