"""Options of `cloudFiles` and `read_files`: every one is known to registry.py, and has its value checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lakehouse_engine.errors import EngineError
from lakehouse_engine.readers.registry import FORMATS, Option, find

RESCUED_DATA = "_rescued_data"
_FIXED_SCHEMA = ("text", "binaryFile")
_INTERVAL = re.compile(
    r"(interval\s+)?\d+\s*(microsecond|millisecond|second|minute|hour|day|week|month|year|[smhd])s?", re.I
)


@dataclass(frozen=True)
class FileOptions:
    """What a reader was asked for, checked. `spark` holds the options that Spark's own source understands."""

    source: str  # "cloudFiles" or "read_files", for messages
    format: str
    spark: dict[str, str] = field(default_factory=dict)
    schema_location: str | None = None
    schema_hints: str | None = None
    evolution_mode: str | None = None
    infer_types: bool = False
    rescued_column: str | None = None
    variant_column: str | None = None
    partition_columns: tuple[str, ...] | None = None
    max_files: int | None = None
    max_bytes: int | None = None
    include_existing: bool = True
    ignored: tuple[str, ...] = ()  # names that are options neither of Auto Loader nor of the format
    after: str | None = None  # modifiedAfter and modifiedBefore of a stream, which Spark takes in a batch query only
    before: str | None = None


def refuse(source: str, name: str, why: str) -> EngineError:
    return EngineError(f"{source}: option {name} is not supported here: {why}", error_class="UNSUPPORTED_READER_OPTION")


def invalid(source: str, name: str, value: str, allowed: str) -> EngineError:
    message = f"{source}: option {name} is {value!r}; allowed: {allowed}"
    return EngineError(message, error_class="INVALID_READER_OPTION")


def parse(source: str, given: Mapping[str, str], *, schema_given: bool, streaming: bool) -> FileOptions:
    """Checks `given`: names in any case, `cloudFiles.` before those of Auto Loader, or not in `read_files`.

    Auto Loader checks the names that begin with `cloudFiles.` and passes the others on to Spark's source, which ignores
    what it does not know. `read_files` has no prefix to tell them apart: it ignores the options of other formats.
    """
    wanted = {name.lower().removeprefix("cloudfiles."): (name, value) for name, value in given.items()}
    file_format = _format(source, wanted)
    validate = wanted.get("validateoptions", ("", "true"))[1].lower() != "false"
    cloud: dict[str, str] = {}
    spark: dict[str, str] = {}
    ignored = []
    for low, (name, value) in wanted.items():
        own = name.lower().startswith("cloudfiles.")
        groups = ["cloudFiles"] if own else [file_format, "any format"]
        option = find(groups if own or source != "read_files" else [*groups, "cloudFiles"], low)
        if option is None:
            if not validate or (not own and (source == "cloudFiles" or find(FORMATS, low))):
                ignored.append(name)
                continue
            what = "there is no such option of Auto Loader" if own else f"format {file_format} has no such option"
            raise refuse(source, name, what)
        if option.status == "refused" and value.lower() not in option.harmless:
            raise refuse(source, name, option.note[0].lower() + option.note[1:])
        value = _checked(source, option, name, value)
        if option.status == "no effect":
            continue
        (cloud if option.group == "cloudFiles" else spark)[option.name] = value
    return replace(_options(source, file_format, cloud, spark, schema_given, streaming), ignored=tuple(ignored))


def _format(source: str, wanted: Mapping[str, tuple[str, str]]) -> str:
    name, value = wanted.get("format", ("cloudFiles.format" if source == "cloudFiles" else "format", ""))
    if value.lower() == "avro":
        raise refuse(source, f"{name}=avro", f"Spark's module for Avro is not here; allowed: {', '.join(FORMATS)}")
    return _one_of(source, name, value, FORMATS)


def _one_of(source: str, name: str, value: str, allowed: tuple[str, ...]) -> str:
    for choice in allowed:
        if choice.lower() == value.lower():
            return choice
    raise invalid(source, name, value, ", ".join(allowed))


def _checked(source: str, option: Option, name: str, value: str) -> str:
    """The value as Spark and this module read it."""
    match option.kind:
        case "boolean":
            return _one_of(source, name, value, ("true", "false"))
        case "choice":
            if option.name == "schemaEvolutionMode" and value.lower() == "addnewcolumnswithtypewidening":
                raise refuse(source, f"{name}={value}", "types are not widened; use addNewColumns")
            return _one_of(source, name, value, option.choices)
        case "count":
            lowest = 0 if option.name == "skipRows" else 1
            if not value.isdigit() or int(value) < lowest:
                raise invalid(source, name, value, f"a whole number from {lowest}")
        case "size":
            _bytes(source, name, value)
        case "interval":
            if not _INTERVAL.fullmatch(value.strip()):
                raise invalid(source, name, value, "an interval such as 1 day")
    return value


def _bytes(source: str, name: str, value: str) -> int:
    match = re.fullmatch(r"\s*(\d+)\s*([kmgt]?)b?\s*", value.lower())
    if not match:
        raise invalid(source, name, value, "a size such as 10g or 1048576")
    return int(match[1]) * 1024 ** " kmgt".index(match[2] or " ")


def _options(
    source: str, file_format: str, cloud: dict[str, str], spark: dict[str, str], schema_given: bool, streaming: bool
) -> FileOptions:
    of_any = None if file_format in _FIXED_SCHEMA else cloud.get("rescuedDataColumn")
    rescued, variant = spark.pop("rescuedDataColumn", of_any), spark.pop("singleVariantColumn", None)
    inferring = not schema_given and variant is None and file_format not in _FIXED_SCHEMA
    mode = cloud.get("schemaEvolutionMode")
    if mode == "addNewColumns" and schema_given:
        why = "addNewColumns needs an inferred schema; leave the schema out and give cloudFiles.schemaHints"
        raise refuse(source, f"cloudFiles.schemaEvolutionMode={mode}", why)
    if rescued is None and (inferring or mode == "rescue"):
        rescued = RESCUED_DATA
    max_files, max_bytes = cloud.get("maxFilesPerTrigger"), cloud.get("maxBytesPerTrigger")
    if streaming and max_files is None and max_bytes is None:
        max_files = "1000"  # Auto Loader's default
    if file_format == "csv":
        spark.setdefault("header", str(inferring).lower())
    if "fileNamePattern" in spark:
        spark["pathGlobFilter"] = spark.pop("fileNamePattern")
    partition = cloud.get("partitionColumns")
    return FileOptions(
        source=source,
        format=file_format,
        spark=spark,
        schema_location=cloud.get("schemaLocation"),
        schema_hints=cloud.get("schemaHints"),
        evolution_mode=mode or ("addNewColumns" if inferring else "none"),
        infer_types=cloud.get("inferColumnTypes", str(source == "read_files").lower()) == "true",
        rescued_column=rescued or None,
        variant_column=variant,
        partition_columns=None if partition is None else tuple(c.strip() for c in partition.split(",") if c.strip()),
        max_files=None if max_files is None else int(max_files),
        max_bytes=None if max_bytes is None else _bytes(source, "maxBytesPerTrigger", max_bytes),
        after=spark.pop("modifiedAfter", None) if streaming else None,
        before=spark.pop("modifiedBefore", None) if streaming else None,
        include_existing=cloud.get("includeExistingFiles", "true") == "true",
    )
