"""`pyspark.pipelines` (dp) and `dlt` as pipeline sources see them: decorators and functions that fill the graph.

The modules are one pair for the process; which graph a call fills is the context of the thread that runs the source.
A dataset and the rules attached to its function share one list, so decorators work in either order.
"""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from engine.errors import EngineError
from engine.graph.model import (
    AutoCdcFlow,
    Dataset,
    DatasetKind,
    Expectation,
    Graph,
    QueryFlow,
    SnapshotCdcFlow,
    SourceLocation,
)

_RULES = "_pipeline_expectations"


@dataclass
class Registration:
    """What a source fills while it executes. `paths` maps the real files that run to their workspace paths."""

    graph: Graph
    spark: Any
    paths: Mapping[str, str]


_current: ContextVar[Registration | None] = ContextVar("pipeline_registration", default=None)


@contextmanager
def registering(registration: Registration) -> Iterator[None]:
    token = _current.set(registration)
    try:
        yield
    finally:
        _current.reset(token)


def _registration(what: str) -> Registration:
    registration = _current.get()
    if registration is None:
        raise EngineError(
            f"{what} was called outside of a pipeline's source code; define datasets while the source is loaded, "
            "not inside of a dataset's function",
            error_class="OUTSIDE_OF_PIPELINE",
        )
    return registration


def _location(registration: Registration) -> SourceLocation:
    frame = sys._getframe(1)
    while frame is not None:
        path = registration.paths.get(frame.f_code.co_filename)
        if path is not None:
            return SourceLocation(path, frame.f_lineno)
        frame = frame.f_back
    return SourceLocation("<source>")


def _rules_of(function: Callable) -> list[Expectation]:
    return function.__dict__.setdefault(_RULES, [])


def _attach(action: str, rules: Mapping[str, str]) -> Callable:
    def decorate(function: Callable) -> Callable:
        _rules_of(function).extend(Expectation(name, condition, action) for name, condition in rules.items())
        return function

    return decorate


def expect(name: str, inv: str) -> Callable:
    return _attach("warn", {name: inv})


def expect_or_drop(name: str, inv: str) -> Callable:
    return _attach("drop", {name: inv})


def expect_or_fail(name: str, inv: str) -> Callable:
    return _attach("fail", {name: inv})


def expect_all(expectations: Mapping[str, str]) -> Callable:
    return _attach("warn", expectations)


def expect_all_or_drop(expectations: Mapping[str, str]) -> Callable:
    return _attach("drop", expectations)


def expect_all_or_fail(expectations: Mapping[str, str]) -> Callable:
    return _attach("fail", expectations)


_TABLE_ARGUMENTS = {
    "name", "comment", "spark_conf", "table_properties", "partition_cols", "cluster_by", "cluster_by_auto", "schema",
    "row_filter", "private",
}  # fmt: skip
_VIEW_ARGUMENTS = {"name", "comment", "spark_conf"}


def _dataset(what: str, kind: DatasetKind, allowed: set[str]) -> Callable:
    def decorator(query_function: Callable | None = None, **arguments: Any) -> Callable:
        _check(what, arguments, allowed)

        def decorate(function: Callable) -> Callable:
            registration = _registration(what)
            location = _location(registration)
            given = {k: v for k, v in arguments.items() if v is not None and k != "name"}
            name = arguments.get("name") or function.__name__
            dataset = Dataset(name, kind, location, expectations=_rules_of(function), **given)
            registration.graph.add_dataset(dataset)
            registration.graph.add_flow(
                QueryFlow(name, name, function, location, spark_conf=dict(arguments.get("spark_conf") or {}))
            )
            return function

        return decorate if query_function is None else decorate(query_function)

    decorator.__name__ = what
    return decorator


def _check(what: str, arguments: Mapping[str, Any], allowed: set[str]) -> None:
    unknown = sorted(set(arguments) - allowed)
    if unknown:
        registration = _current.get()
        where = f"{_location(registration)}: " if registration else ""
        raise EngineError(
            f"{where}{what} has no argument {unknown[0]}; it takes {', '.join(sorted(allowed))}",
            error_class="UNSUPPORTED_ARGUMENT",
        )


table = _dataset("table", DatasetKind.STREAMING_TABLE, _TABLE_ARGUMENTS)
materialized_view = _dataset("materialized_view", DatasetKind.MATERIALIZED_VIEW, _TABLE_ARGUMENTS)
temporary_view = _dataset("temporary_view", DatasetKind.TEMPORARY_VIEW, _VIEW_ARGUMENTS)


def append_flow(query_function: Callable | None = None, **arguments: Any) -> Callable:
    _check("append_flow", arguments, {"target", "name", "once", "spark_conf", "comment"})
    if not arguments.get("target"):
        raise EngineError("append_flow needs the argument target", error_class="MISSING_ARGUMENT")

    def decorate(function: Callable) -> Callable:
        registration = _registration("append_flow")
        registration.graph.add_flow(
            QueryFlow(
                arguments.get("name") or function.__name__,
                arguments["target"],
                function,
                _location(registration),
                once=bool(arguments.get("once")),
                comment=arguments.get("comment"),
                spark_conf=dict(arguments.get("spark_conf") or {}),
                default=False,
            )
        )
        return function

    return decorate if query_function is None else decorate(query_function)


def create_streaming_table(name: str, **arguments: Any) -> None:
    rules = {"expect_all": "warn", "expect_all_or_drop": "drop", "expect_all_or_fail": "fail"}
    _check("create_streaming_table", arguments, (_TABLE_ARGUMENTS - {"name"}) | set(rules))
    registration = _registration("create_streaming_table")
    expectations = [
        Expectation(rule, condition, action)
        for argument, action in rules.items()
        for rule, condition in (arguments.pop(argument, None) or {}).items()
    ]
    given = {k: v for k, v in arguments.items() if v is not None}
    registration.graph.add_dataset(
        Dataset(name, DatasetKind.STREAMING_TABLE, _location(registration), expectations=expectations, **given)
    )


def create_sink(name: str, format: str, options: Mapping[str, str] | None = None) -> None:
    registration = _registration("create_sink")
    registration.graph.add_dataset(
        Dataset(name, DatasetKind.SINK, _location(registration), sink_format=format, sink_options=dict(options or {}))
    )


def create_auto_cdc_flow(
    target: str,
    source: str,
    keys: Sequence[Any],
    sequence_by: Any,
    *,
    stored_as_scd_type: Any = 1,
    name: str | None = None,
    once: bool = False,
    **arguments: Any,
) -> None:
    columns = (
        "column_list", "except_column_list", "track_history_column_list", "track_history_except_column_list",
        "ignore_null_updates_column_list", "ignore_null_updates_except_column_list",
    )  # fmt: skip
    allowed = {*columns, "ignore_null_updates", "apply_as_deletes", "apply_as_truncates"}
    _check("create_auto_cdc_flow", arguments, allowed)
    registration = _registration("create_auto_cdc_flow")
    location = _location(registration)
    given = {k: _names(v) if k in columns else v for k, v in arguments.items() if v is not None}
    for old in ("ignore_null_updates_column_list", "ignore_null_updates_except_column_list"):
        if old in given:
            given[old.replace("_column_list", "_columns")] = given.pop(old)
    registration.graph.add_flow(
        AutoCdcFlow(
            name or target, target, source, _names(keys) or [], sequence_by, location,
            stored_as_scd_type=_scd_type(stored_as_scd_type, location), once=once, **given,
        )
    )  # fmt: skip


def create_auto_cdc_from_snapshot_flow(
    target: str,
    source: Any,
    keys: Sequence[Any],
    stored_as_scd_type: Any = 1,
    track_history_column_list: Sequence[Any] | None = None,
    track_history_except_column_list: Sequence[Any] | None = None,
) -> None:
    registration = _registration("create_auto_cdc_from_snapshot_flow")
    location = _location(registration)
    registration.graph.add_flow(
        SnapshotCdcFlow(
            target, target, source, _names(keys) or [], location, _scd_type(stored_as_scd_type, location),
            _names(track_history_column_list), _names(track_history_except_column_list),
        )
    )  # fmt: skip


def _scd_type(given: Any, location: SourceLocation) -> Any:
    if str(given) not in ("1", "2"):
        raise EngineError(f"{location}: stored_as_scd_type is {given!r}; allowed are 1 and 2",
                          error_class="INVALID_ARGUMENT", location=str(location))  # fmt: skip
    return int(given)


def _names(given: Sequence[Any] | None) -> list[str] | None:
    """Column names as text; a Column, as col("a"), stands for its name."""
    if given is None:
        return None
    return [c if isinstance(c, str) else c._jc.toString() for c in ([given] if isinstance(given, str) else given)]


def read(name: str) -> Any:
    return _session("dlt.read").read.table(name)


def read_stream(name: str) -> Any:
    return _session("dlt.read_stream").readStream.table(name)


session_of_flow: ContextVar[Any] = ContextVar("pipeline_session", default=None)


def _session(what: str) -> Any:
    return session_of_flow.get() or _registration(what).spark


def modules() -> dict[str, types.ModuleType]:
    """The modules that sources import, by name."""
    common = {
        f.__name__: f
        for f in (expect, expect_or_drop, expect_or_fail, expect_all, expect_all_or_drop, expect_all_or_fail,
                  append_flow, create_streaming_table, create_sink, create_auto_cdc_flow,
                  create_auto_cdc_from_snapshot_flow)
    }  # fmt: skip
    common |= {"table": table, "materialized_view": materialized_view, "temporary_view": temporary_view}
    older = {
        "view": temporary_view, "read": read, "read_stream": read_stream, "readStream": read_stream,
        "apply_changes": create_auto_cdc_flow, "apply_changes_from_snapshot": create_auto_cdc_from_snapshot_flow,
        "create_target_table": create_streaming_table, "create_streaming_live_table": create_streaming_table,
    }  # fmt: skip
    made = {}
    for name, members in (("pyspark.pipelines", {**common, "view": temporary_view}), ("dlt", {**common, **older})):
        module = types.ModuleType(name, inspect.getdoc(sys.modules[__name__]))
        module.__dict__.update(members)
        made[name] = module
    return made
