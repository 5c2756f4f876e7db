"""`pyspark.pipelines` (dp) and `dlt` as pipeline sources see them: decorators and functions that fill the graph.

The modules are one pair for the process; which graph a call fills is the context of the thread that runs the source.
Decorators of rules work in either order: what a dataset's decorator returns shares the list of the dataset's rules.
"""

from __future__ import annotations

import functools
import inspect
import sys
import types
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

from lakehouse_engine.graph.model import (
    AutoCdcFlow,
    Dataset,
    DatasetKind,
    EventHook,
    Expectation,
    ExpectationAction,
    QueryFlow,
    SnapshotCdcFlow,
)
from lakehouse_engine.sources.python_arguments import Arguments
from lakehouse_engine.sources.python_registration import Registration, location_in, registering, registration_of

__all__ = ["FOREACH_BATCH", "Registration", "modules", "registering", "session_of_flow"]

_RULES, _DATASET = "_pipeline_expectations", "_pipeline_dataset"
FOREACH_BATCH = "foreach_batch"


def _arguments(what: str, given: Mapping[str, Any]) -> Arguments:
    return Arguments(what, location_in(registration_of(what)), given)


def _function(arguments: Arguments, given: Any) -> Callable:
    if not callable(given):
        arguments.refuse(f"{arguments.what} decorates a function, and was given {given!r}; name its arguments")
    return given


# --- expectations ------------------------------------------------------------------------------------------------


def _attach(what: str, action: ExpectationAction, rules: Mapping[str, Any]) -> Callable:
    arguments = _arguments(what, {})
    if not isinstance(rules, Mapping):
        arguments.refuse(f"{what}: expectations is {rules!r}; it must be a dict of conditions by name")
    found = [arguments.rule(name, condition, action) for name, condition in rules.items()]

    def decorate(function: Callable) -> Callable:
        before = getattr(_function(arguments, function), _RULES, [])
        for rule in found:
            if any(rule.name == other.name for other in before):
                arguments.refuse(f"expectation {rule.name} is declared twice; give each its own name")
        if getattr(function, _DATASET, False):  # the dataset is defined already, and gets the rules, too
            before.extend(found)
            return function
        held, registration = [*before, *found], registration_of(what)
        registration.placed(before)
        registration.ruled.append((held, arguments.location))
        return _carrying(function, held)

    return decorate


def _carrying(function: Callable, rules: list[Expectation], *, dataset: bool = False) -> Callable:
    """The function with rules. Not the same: one function, or method, may be the query of several datasets."""

    @functools.wraps(function)
    def query(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    query.__dict__.update({_RULES: rules, _DATASET: dataset})
    return query


def expect(name: str, inv: Any) -> Callable:
    return _attach("expect", "warn", {name: inv})


def expect_or_drop(name: str, inv: Any) -> Callable:
    return _attach("expect_or_drop", "drop", {name: inv})


def expect_or_fail(name: str, inv: Any) -> Callable:
    return _attach("expect_or_fail", "fail", {name: inv})


def expect_all(expectations: Mapping[str, Any]) -> Callable:
    return _attach("expect_all", "warn", expectations)


def expect_all_or_drop(expectations: Mapping[str, Any]) -> Callable:
    return _attach("expect_all_or_drop", "drop", expectations)


def expect_all_or_fail(expectations: Mapping[str, Any]) -> Callable:
    return _attach("expect_all_or_fail", "fail", expectations)


# --- datasets ----------------------------------------------------------------------------------------------------


def _dataset(what: str, kind: DatasetKind) -> Callable:
    def decorator(query_function: Callable | None = None, **given: Any) -> Callable:
        arguments = _arguments(what, given)
        fields: dict[str, Any] = {"comment": arguments["comment"], "spark_conf": arguments.texts("spark_conf")}
        if kind is not DatasetKind.TEMPORARY_VIEW:
            fields = arguments.table()

        def decorate(function: Callable) -> Callable:
            registration, name = registration_of(what), arguments["name"] or _function(arguments, function).__name__
            location = location_in(registration)
            given_rules = getattr(function, _RULES, [])
            registration.placed(given_rules)
            rules = list(given_rules)
            registration.graph.add_dataset(Dataset(name, kind, location, expectations=rules, **fields))
            conf = dict(fields["spark_conf"])
            replaces = arguments.replaces()
            registration.graph.add_flow(QueryFlow(name, name, function, location, spark_conf=conf, **replaces))
            return _carrying(function, rules, dataset=True)

        return decorate if query_function is None else decorate(_function(arguments, query_function))

    decorator.__name__ = what
    return decorator


table = _dataset("table", DatasetKind.STREAMING_TABLE)
materialized_view = _dataset("materialized_view", DatasetKind.MATERIALIZED_VIEW)
temporary_view = _dataset("temporary_view", DatasetKind.TEMPORARY_VIEW)


def create_streaming_table(name: str, **given: Any) -> None:
    arguments = _arguments("create_streaming_table", {"name": name, **given})
    rules = [
        *arguments.rules("expect_all", "warn"),
        *arguments.rules("expect_all_or_drop", "drop"),
        *arguments.rules("expect_all_or_fail", "fail"),
    ]
    twice = {rule.name for number, rule in enumerate(rules) if any(rule.name == r.name for r in rules[:number])}
    if twice:
        arguments.refuse(f"expectation {min(twice)} is declared twice; give each its own name")
    made = Dataset(
        name, DatasetKind.STREAMING_TABLE, arguments.location, expectations=rules, **arguments.table()
    )  # fmt: skip
    registration_of("create_streaming_table").graph.add_dataset(made)


def create_sink(name: str, format: str, options: Mapping[str, Any] | None = None) -> None:
    arguments = _arguments("create_sink", {"name": name, "format": format, "options": options})
    made = Dataset(
        name, DatasetKind.SINK, arguments.location, sink_format=format, sink_options=arguments.texts("options")
    )  # fmt: skip
    registration_of("create_sink").graph.add_dataset(made)


def foreach_batch_sink(batch_handler: Callable | None = None, *, name: str | None = None) -> Callable:
    arguments = _arguments("foreach_batch_sink", {"name": name})

    def decorate(function: Callable) -> Callable:
        parameters = inspect.signature(_function(arguments, function)).parameters.values()
        if len([p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]) != 2:
            arguments.refuse(f"foreach_batch_sink: {function.__name__} must take two arguments, df and batch_id")
        made = Dataset(
            name or function.__name__, DatasetKind.SINK, arguments.location, sink_format=FOREACH_BATCH,
            batch_handler=function,
        )  # fmt: skip
        registration_of("foreach_batch_sink").graph.add_dataset(made)
        return function

    return decorate if batch_handler is None else decorate(batch_handler)


# --- flows -------------------------------------------------------------------------------------------------------


def append_flow(query_function: Callable | None = None, **given: Any) -> Callable:
    return _query_flow("append_flow", query_function, given)


def update_flow(query_function: Callable | None = None, **given: Any) -> Callable:
    return _query_flow("update_flow", query_function, given)


def replace_flow(query_function: Callable | None = None, **given: Any) -> Callable:
    if not given.get("replace_using"):
        _arguments("replace_flow", given).refuse("replace_flow needs the argument replace_using", "MISSING_ARGUMENT")
    return _query_flow("replace_flow", query_function, given)


def _query_flow(what: str, query_function: Callable | None, given: Mapping[str, Any]) -> Callable:
    arguments = _arguments(what, given)
    if not arguments["target"]:
        arguments.refuse(f"{what} needs the argument target", "MISSING_ARGUMENT")

    def decorate(function: Callable) -> Callable:
        registration = registration_of(what)
        name = arguments["name"] or _function(arguments, function).__name__
        registration.graph.add_flow(
            QueryFlow(
                name, arguments["target"], function, location_in(registration), once=bool(arguments["once"]),
                comment=arguments["comment"], spark_conf=arguments.texts("spark_conf"), default=False,
                updates=what == "update_flow", **arguments.replaces(),
            )
        )  # fmt: skip
        return function

    return decorate if query_function is None else decorate(_function(arguments, query_function))


def create_auto_cdc_flow(
    target: str,
    source: str,
    keys: Any,
    sequence_by: Any,
    ignore_null_updates: bool | None = None,
    apply_as_deletes: Any = None,
    apply_as_truncates: Any = None,
    column_list: Any = None,
    except_column_list: Any = None,
    stored_as_scd_type: Any = None,
    track_history_column_list: Any = None,
    track_history_except_column_list: Any = None,
    name: str | None = None,
    once: bool | None = None,
    **more: Any,
) -> None:
    given = {key: value for key, value in locals().items() if key != "more"}
    arguments = _arguments("create_auto_cdc_flow", {**given, **more})
    if name is not None and arguments["flow_name"] not in (None, name):
        arguments.refuse("create_auto_cdc_flow: name and flow_name differ; give one of them")
    columns: dict[str, Any] = {
        key: arguments.columns(key)
        for key in (
            "column_list", "except_column_list", "track_history_column_list", "track_history_except_column_list",
        )
    }  # fmt: skip
    listing = arguments.columns("columns_to_update")
    flow = AutoCdcFlow(
        arguments["name"] or arguments["flow_name"] or target, target, _source(arguments),
        arguments.columns("keys") or [], sequence_by, arguments.location, ignore_null_updates=bool(ignore_null_updates),
        ignore_null_updates_columns=arguments.columns("ignore_null_updates_column_list"),
        ignore_null_updates_except_columns=arguments.columns("ignore_null_updates_except_column_list"),
        columns_to_update=listing[0] if listing else None,
        apply_as_deletes=apply_as_deletes, apply_as_truncates=apply_as_truncates,
        stored_as_scd_type=arguments.storage(), system_sequence_by=arguments["system_sequence_by"],
        once=bool(once), **columns,
    )  # fmt: skip
    registration_of("create_auto_cdc_flow").graph.add_flow(flow)


def _source(arguments: Arguments) -> str:
    source = arguments["source"]
    if not isinstance(source, str):
        arguments.refuse(f"{arguments.what}: source is {source!r}; it must be the name of a dataset")
    return source


def create_auto_cdc_from_snapshot_flow(
    target: str,
    source: Any,
    keys: Any,
    stored_as_scd_type: Any = None,
    track_history_column_list: Any = None,
    track_history_except_column_list: Any = None,
    once: bool | None = None,
) -> None:
    arguments = _arguments("create_auto_cdc_from_snapshot_flow", dict(locals()))
    if not callable(source):
        _source(arguments)
    flow = SnapshotCdcFlow(
        target, target, source, arguments.columns("keys") or [], arguments.location, arguments.scd_type(),
        arguments.columns("track_history_column_list"), arguments.columns("track_history_except_column_list"),
        once=bool(once),
    )  # fmt: skip
    registration_of("create_auto_cdc_from_snapshot_flow").graph.add_flow(flow)


def apply_changes_from_snapshot(
    target: str, source: Any = None, keys: Any = None, *, snapshot_and_version: Any = None, **more: Any
) -> None:
    """The older form, which may name its function of versions `snapshot_and_version`."""
    create_auto_cdc_from_snapshot_flow(target, source if source is not None else snapshot_and_version, keys, **more)


# --- events and reading ------------------------------------------------------------------------------------------


def on_event_hook(
    user_event_hook_fn: Callable | None = None, max_allowable_consecutive_failures: int | None = None
) -> Callable:
    given = {"max_allowable_consecutive_failures": max_allowable_consecutive_failures}
    arguments = _arguments("on_event_hook", given)
    allowed = max_allowable_consecutive_failures
    if allowed is not None and (isinstance(allowed, bool) or not isinstance(allowed, int) or allowed < 0):
        arguments.refuse(
            f"on_event_hook: max_allowable_consecutive_failures is {allowed!r}; it is a whole number from 0"
        )

    def decorate(function: Callable) -> Callable:
        hook = EventHook(_function(arguments, function).__name__, function, allowed, arguments.location)
        registration_of("on_event_hook").graph.hooks.append(hook)
        return function

    return decorate if user_event_hook_fn is None else decorate(user_event_hook_fn)


def read(name: str) -> Any:
    return _session("read").read.table(name)


def read_stream(name: str) -> Any:
    return _session("read_stream").readStream.table(name)


session_of_flow: ContextVar[Any] = ContextVar("pipeline_session", default=None)


def _session(what: str) -> Any:
    return session_of_flow.get() or registration_of(what).spark


def modules() -> dict[str, types.ModuleType]:
    """The modules that sources import, by name."""
    common = {
        f.__name__: f
        for f in (expect, expect_or_drop, expect_or_fail, expect_all, expect_all_or_drop, expect_all_or_fail,
                  table, materialized_view, temporary_view, append_flow, replace_flow, update_flow,
                  create_streaming_table, create_sink, foreach_batch_sink, create_auto_cdc_flow,
                  create_auto_cdc_from_snapshot_flow, on_event_hook)
    }  # fmt: skip
    older = {
        "view": temporary_view, "create_view": temporary_view, "create_table": table,
        "create_target_table": create_streaming_table, "create_streaming_live_table": create_streaming_table,
        "apply_changes": create_auto_cdc_flow, "apply_changes_from_snapshot": apply_changes_from_snapshot,
        "read": read, "read_stream": read_stream, "readStream": read_stream,
    }  # fmt: skip
    # `dp` is `dlt` renamed: code that changed only its import keeps calling the older names.
    return {name: _module(name, {**common, **older}) for name in ("pyspark.pipelines", "dlt")}


def _module(name: str, members: Mapping[str, Any]) -> types.ModuleType:
    def missing(attribute: str) -> Any:
        raise AttributeError(f"module '{name}' has no attribute '{attribute}'; it has {', '.join(sorted(members))}")

    module = types.ModuleType(name, inspect.getdoc(sys.modules[__name__]))
    module.__dict__.update(members, __all__=sorted(members), __getattr__=missing)
    return module
