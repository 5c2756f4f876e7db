"""Arguments of `dp` and `dlt`: checked by their registry, and turned into what the graph holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NoReturn

from pyspark.sql import Column
from pyspark.sql.types import StructType

from lakehouse_engine.errors import EngineError
from lakehouse_engine.graph.model import (
    REFRESH_POLICIES,
    Expectation,
    ExpectationAction,
    ScdType,
    SourceLocation,
)
from lakehouse_engine.sources.python_registry import definition
from lakehouse_engine.sources.sql.errors import SqlSourceError
from lakehouse_engine.sources.sql.parser.clauses import row_filter as read_row_filter
from lakehouse_engine.sources.sql.parser.columns import specification
from lakehouse_engine.sources.sql.parser.cursor import Cursor
from lakehouse_engine.sources.sql.tokenizer import SourceText

_KINDS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "name": (str, "text"),
    "target": (str, "the name of a dataset"),
    "comment": (str, "text"),
    "spark_conf": (Mapping, "a dict of settings"),
    "table_properties": (Mapping, "a dict of properties"),
    "options": (Mapping, "a dict of options"),
    "schema": ((str, StructType), "DDL or a StructType"),
    "row_filter": (str, "a ROW FILTER clause"),
    "cluster_by_auto": (bool, "True or False"),
    "private": (bool, "True or False"),
    "temporary": (bool, "True or False"),
    "once": (bool, "True or False"),
    "replace_where": (str, "a condition in SQL"),
    "sequence_by": ((str, Column), "a column"),
    "ignore_null_updates": (bool, "True or False"),
    "columns_to_update": ((str, Column), "a column"),
    "system_sequence_by": ((str, Column), "a column"),
}


class Arguments:
    """What a call was given: complete, checked for what it takes; None stands for an argument that was left out."""

    def __init__(self, what: str, location: SourceLocation, given: Mapping[str, Any]) -> None:
        self.what = what
        self.location = location
        self.given = {key: value for key, value in given.items() if value is not None}
        known = definition(what)
        for key in given:
            argument = known.argument(key)
            if argument is None:
                names = ", ".join(sorted(a.name for a in known.arguments if a.status != "refused"))
                self.refuse(f"{what} has no argument {key}; it takes {names}", "UNSUPPORTED_ARGUMENT")
            if argument.status == "refused" and given[key] is not None:
                text = f"{what}: the argument {key} is not supported here: {argument.note} {argument.instead}"
                self.refuse(text, "UNSUPPORTED_ARGUMENT")
        for key, value in self.given.items():
            kind, said = _KINDS.get(key, (object, ""))
            if not isinstance(value, kind):
                self.refuse(f"{what}: {key} is {value!r}; it must be {said}")

    def refuse(self, problem: str, error_class: str = "INVALID_ARGUMENT") -> NoReturn:
        raise EngineError(f"{self.location}: {problem}", error_class=error_class, location=str(self.location))

    def __getitem__(self, key: str) -> Any:
        return self.given.get(key)

    def texts(self, key: str) -> dict[str, str]:
        """A mapping, as the graph holds it."""
        return {str(k): _text(v) for k, v in (self.given.get(key) or {}).items()}

    def columns(self, key: str) -> list[str] | None:
        """Names of columns; one may be given alone, and as a Column, as col("a")."""
        given = self.given.get(key)
        if given is None:
            return None
        listed = [given] if isinstance(given, str | Column) else given
        if not isinstance(listed, Sequence) or not all(isinstance(c, str | Column) for c in listed):
            self.refuse(f"{self.what}: {key} is {given!r}; it must be a list of columns")
        return [c if isinstance(c, str) else str(c._jc) for c in listed]

    def table(self) -> dict[str, Any]:
        """The fields of a Dataset that the arguments of a table say."""
        if self["format"] is not None and str(self["format"]).lower() != "delta":
            self.refuse(f"{self.what}: format is {self['format']!r}; a pipeline's tables are delta")
        partitions, clusters = self.columns("partition_cols"), self.columns("cluster_by")
        if partitions and (clusters or self["cluster_by_auto"]):
            self.refuse(f"{self.what}: a table is partitioned or clustered; give partition_cols or cluster_by")
        found = {
            "comment": self["comment"],
            "table_properties": self.texts("table_properties"),
            "spark_conf": self.texts("spark_conf"),
            "partition_cols": partitions,
            "cluster_by": clusters,
            "cluster_by_auto": bool(self["cluster_by_auto"]),
            "private": bool(self["private"] or self["temporary"]),
            "refresh_policy": self._policy(),
            **self._schema(),
        }
        if self["row_filter"] is not None:
            found["row_filter"] = self._parsed("row_filter", read_row_filter)
        return found

    def _policy(self) -> str | None:
        policy = self["refresh_policy"]
        if policy is not None and str(policy).lower() not in REFRESH_POLICIES:
            self.refuse(f"{self.what}: refresh_policy is {policy!r}; it is one of {', '.join(REFRESH_POLICIES)}")
        return None if policy is None else str(policy).lower()

    def _schema(self) -> dict[str, Any]:
        """DDL as CREATE TABLE has it between its parentheses: columns, their properties, and keys."""
        schema = self["schema"]
        if not isinstance(schema, str):
            return {"schema": schema}
        text = schema.strip()
        if not text.startswith("("):
            text = f"({text})"
        found = self._parsed("schema", specification, text)
        if found.expectations:
            self.refuse(f"{self.what}: schema has the expectation {found.expectations[0].name}; use @dp.expect")
        untyped = [c.name for c in found.columns if c.data_type is None]
        if untyped:
            self.refuse(f"{self.what}: column {untyped[0]} of schema has no type")
        return {"columns": found.columns, "constraints": found.constraints}

    def _parsed(self, key: str, read: Callable[[Cursor], Any], text: str | None = None) -> Any:
        try:
            cursor = Cursor(SourceText(text or self[key], self.location.path))
            found = read(cursor)
            if not cursor.ended:
                cursor.fail(f"the end of {key}")
        except SqlSourceError as error:
            self.refuse(f"{self.what}: {key} {self[key]!r}: {error.message}", error.error_class)
        return found

    def scd_type(self, allowed: str = "1 and 2") -> Literal[1, 2]:
        given = self.given.get("stored_as_scd_type", 1)
        if str(given) not in ("1", "2"):
            self.refuse(f"stored_as_scd_type is {given!r}; allowed are {allowed}")
        return 1 if str(given) == "1" else 2

    def storage(self) -> ScdType:
        """Of a flow of changes, which can also be stored as bitemporal history."""
        if str(self.given.get("stored_as_scd_type")).lower() == "bitemporal":
            return "bitemporal"
        return self.scd_type("1, 2 and bitemporal")

    def replaces(self) -> dict[str, Any]:
        """The fields of a QueryFlow that say which rows its own replace."""
        using, order, where = self.columns("replace_using"), self["sequence_by"], self["replace_where"]
        if where is not None and (using is not None or order is not None):
            self.refuse(f"{self.what}: a flow replaces by replace_where or by replace_using; give one of them")
        if using == [] or (using is None) != (order is None):
            self.refuse(f"{self.what}: replace_using needs at least one column, and sequence_by with it")
        return {"replace_where": where, "replace_using": using or (), "sequence_by": order}

    def rules(self, key: str, action: ExpectationAction) -> list[Expectation]:
        given = self.given.get(key) or {}
        if not isinstance(given, Mapping):
            self.refuse(f"{self.what}: {key} is {given!r}; it must be a dict of conditions by name")
        return [self.rule(name, condition, action) for name, condition in given.items()]

    def rule(self, name: Any, condition: Any, action: ExpectationAction) -> Expectation:
        """`condition` is SQL or a Column."""
        if not isinstance(name, str) or not name.strip():
            self.refuse(f"{self.what}: the name of an expectation is {name!r}; it must be text")
        if isinstance(condition, Column):
            return Expectation(name, str(condition._jc), action, condition)
        if not isinstance(condition, str) or not condition.strip():
            self.refuse(f"{self.what}: the condition of {name} is {condition!r}; it must be SQL or a Column")
        return Expectation(name, condition, action)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
