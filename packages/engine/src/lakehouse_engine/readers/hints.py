"""`schema` and `schemaHints`: columns given as text, also for fields within columns."""

from __future__ import annotations

from collections.abc import Iterator

from pyspark.errors import PySparkException
from pyspark.sql.types import ArrayType, DataType, MapType, StructField, StructType

from lakehouse_engine.errors import EngineError, message_of
from lakehouse_engine.schemas import struct


def parse_schema(source: str, option: str, text: str) -> StructType:
    try:
        return struct(text)
    except PySparkException as error:
        raise _wrong(source, option, text, message_of(error).split("\n")[0]) from None


def _wrong(source: str, option: str, text: str, why: str) -> EngineError:
    return EngineError(
        f"{source}: {option} {text!r} cannot be read: {why} Write name TYPE, name TYPE, ...",
        error_class="INVALID_READER_OPTION",
    )


def apply_hints(source: str, schema: StructType, hints: str | None) -> StructType:
    """Hints replace the types of inferred columns, of fields within them (`a.b`, `list.element`, `map.value`), and add
    columns that were not found."""
    found: DataType = schema
    for path, data_type in _parse(source, hints or ""):
        found = _put(source, found, path, data_type, ".".join(path))
    assert isinstance(found, StructType)
    return found


def _parse(source: str, hints: str) -> Iterator[tuple[list[str], DataType]]:
    depth, quoted, part = 0, False, ""
    for letter in hints + ",":
        if letter == "`":
            quoted = not quoted
        if not quoted:
            depth += {"<": 1, "(": 1, ">": -1, ")": -1}.get(letter, 0)
        if letter != "," or depth or quoted:
            part += letter
            continue
        if part.strip():
            path, rest = _name(part.strip())
            field = parse_schema(source, "schemaHints", f"x {rest}" if rest else part)
            yield path, field.fields[0].dataType
        part = ""
    if part.strip():
        raise _wrong(source, "schemaHints", hints, "a bracket or a quote is not closed.")


def _name(text: str) -> tuple[list[str], str]:
    """The dotted name, with what follows it: the type."""
    parts, current, quoted = [], "", False
    for at, letter in enumerate(text):
        if letter == "`":
            quoted = not quoted
        elif letter == "." and not quoted:
            parts.append(current)
            current = ""
        elif letter in " \t\n:" and not quoted:
            return [*parts, current], text[at:].lstrip(" \t\n:")
        else:
            current += letter
    return [*parts, current], ""


def _put(source: str, inside: DataType, path: list[str], data_type: DataType, hint: str) -> DataType:
    if not path:
        return data_type
    name, rest = path[0], path[1:]
    if isinstance(inside, StructType):
        fields = list(inside.fields)
        for at, field in enumerate(fields):
            if field.name.lower() == name.lower():
                fields[at] = StructField(field.name, _put(source, field.dataType, rest, data_type, hint), True)
                return StructType(fields)
        return StructType([*fields, StructField(name, _put(source, StructType(), rest, data_type, hint), True)])
    if isinstance(inside, ArrayType) and name.lower() == "element":
        return ArrayType(_put(source, inside.elementType, rest, data_type, hint), True)
    if isinstance(inside, MapType) and name.lower() == "key":
        return MapType(_put(source, inside.keyType, rest, data_type, hint), inside.valueType, True)
    if isinstance(inside, MapType) and name.lower() == "value":
        return MapType(inside.keyType, _put(source, inside.valueType, rest, data_type, hint), True)
    raise EngineError(
        f"{source}: schemaHints {hint}: there is no {name} within {inside.simpleString()}; hint the whole column, or "
        "set inferColumnTypes to true",
        error_class="INVALID_READER_OPTION",
    )
