"""Options of `cloudFiles` and `read_files`: every one is known, and either has an effect or is refused by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.errors import EngineError

FORMATS = ("avro", "binaryFile", "csv", "json", "orc", "parquet", "text", "xml")
# Formats in which Databricks infers columns as text unless cloudFiles.inferColumnTypes asks for types.
TEXT_FORMATS = ("csv", "json", "xml")
EVOLUTION_MODES = ("addNewColumns", "addNewColumnsWithTypeWidening", "rescue", "failOnNewColumns", "none")

_CLOUD_OPTIONS = (
    "allowOverwrites",
    "format",
    "includeExistingFiles",
    "inferColumnTypes",
    "maxBytesPerTrigger",
    "maxFileAge",
    "maxFilesPerTrigger",
    "partitionColumns",
    "schemaEvolutionMode",
    "schemaHints",
    "schemaLocation",
    "useNotifications",
    "useIncrementalListing",
    "useManagedFileEvents",
    "backfillInterval",
    "validateOptions",
    "cleanSource",
)
_REFUSED = {
    "usenotifications": "file notifications need a cloud's queue; leave it out, and files are found by listing",
    "usemanagedfileevents": "file events need an external location; leave it out, and files are found by listing",
    "allowoverwrites": "a file is read once by its path; deliver a changed file under a new name",
    "backfillinterval": "files are found by listing, which misses none",
    "cleansource": "source files are never moved or deleted here",
}
# Effects on cost only: the local workspace always lists the folder, which is right for any value.
_WITHOUT_EFFECT = ("useincrementallisting", "validateoptions")
_FALSE = ("false", "0", "no")

_GENERIC = (
    "ignoreCorruptFiles",
    "ignoreMissingFiles",
    "modifiedAfter",
    "modifiedBefore",
    "pathGlobFilter",
    "fileNamePattern",
    "recursiveFileLookup",
)
_CSV = (
    "sep delimiter quote escape header inferSchema encoding charset comment multiLine lineSep mode nullValue "
    "emptyValue nanValue positiveInf negativeInf dateFormat timestampFormat timestampNTZFormat timeZone locale "
    "ignoreLeadingWhiteSpace ignoreTrailingWhiteSpace charToEscapeQuoteEscaping unescapedQuoteHandling "
    "maxColumns maxCharsPerColumn columnNameOfCorruptRecord readerCaseSensitive rescuedDataColumn "
    "enforceSchema preferDate samplingRatio enableDateTimeParsingFallback compression mergeSchema "
)
_JSON = (
    "allowBackslashEscapingAnyCharacter allowComments allowNonNumericNumbers allowNumericLeadingZeros "
    "allowSingleQuotes allowUnquotedControlChars allowUnquotedFieldNames columnNameOfCorruptRecord dateFormat "
    "dropFieldIfAllNull encoding charset inferTimestamp lineSep locale mode multiLine prefersDecimal "
    "primitivesAsString readerCaseSensitive rescuedDataColumn timestampFormat timestampNTZFormat timeZone "
    "samplingRatio compression "
)
_BY_FORMAT = {
    "csv": _CSV,
    "json": _JSON,
    "parquet": "datetimeRebaseMode int96RebaseMode mergeSchema readerCaseSensitive rescuedDataColumn",
    "text": "encoding lineSep wholeText wholetext",
    "binaryFile": "",
    "avro": "avroSchema datetimeRebaseMode mergeSchema readerCaseSensitive rescuedDataColumn",
    "orc": "mergeSchema",
    "xml": "rowTag mode nullValue rootTag attributePrefix valueTag encoding ignoreSurroundingSpaces dateFormat "
    "timestampFormat columnNameOfCorruptRecord rescuedDataColumn excludeAttribute inferSchema samplingRatio",
}


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
    partition_columns: tuple[str, ...] | None = None
    max_files: int | None = None
    max_bytes: int | None = None
    include_existing: bool = True


def refuse(source: str, name: str, why: str) -> EngineError:
    return EngineError(f"{source}: option {name} is not supported here: {why}", error_class="UNSUPPORTED_READER_OPTION")


def invalid(source: str, name: str, value: str, allowed: str) -> EngineError:
    message = f"{source}: option {name} is {value!r}; allowed: {allowed}"
    return EngineError(message, error_class="INVALID_READER_OPTION")


def as_bool(source: str, name: str, value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise invalid(source, name, value, "true, false")
    return value.lower() == "true"


def as_bytes(source: str, name: str, value: str) -> int:
    match = re.fullmatch(r"\s*(\d+)\s*([kmgt]?)b?\s*", value.lower())
    if not match:
        raise invalid(source, name, value, "a size such as 10g or 1048576")
    return int(match[1]) * 1024 ** " kmgt".index(match[2] or " ")


def parse(source: str, given: Mapping[str, str], *, schema_given: bool, streaming: bool) -> FileOptions:
    """Checks `given` (names in any case, `cloudFiles.` or not where Databricks allows both)."""
    cloud_names = {name.lower(): name for name in _CLOUD_OPTIONS}
    cloud: dict[str, str] = {}
    plain: dict[str, tuple[str, str]] = {}
    for name, value in given.items():
        low = name.lower()
        if low.startswith("cloudfiles."):
            low = low.removeprefix("cloudfiles.")
            if low not in cloud_names:
                raise refuse(source, name, "no such option; see the Auto Loader options")
            cloud[low] = value
        elif source == "read_files" and low in cloud_names:
            cloud[low] = value
        else:
            plain[low] = (name, value)
    for name, why in _REFUSED.items():
        if name in cloud and cloud[name].lower() not in (*_FALSE, "off"):
            raise refuse(source, cloud_names[name], why)
    file_format = _format(source, cloud.get("format"))
    spark = _reader_options(source, file_format, plain)
    rescued = spark.pop("rescuedDataColumn", None)
    infer = cloud.get("infercolumntypes")
    mode = cloud.get("schemaevolutionmode")
    if mode is not None:
        mode = _one_of(source, "cloudFiles.schemaEvolutionMode", mode, EVOLUTION_MODES)
        if mode == "addNewColumnsWithTypeWidening":
            raise refuse(source, f"cloudFiles.schemaEvolutionMode={mode}", "types are not widened; use addNewColumns")
        if mode == "addNewColumns" and schema_given:
            why = "addNewColumns needs an inferred schema; leave the schema out and give cloudFiles.schemaHints"
            raise refuse(source, f"cloudFiles.schemaEvolutionMode={mode}", why)
    inferring = not schema_given and file_format not in ("text", "binaryFile")
    if mode is None:
        mode = "addNewColumns" if inferring else "none"
    if rescued is None and inferring:
        rescued = "_rescued_data"
    if mode == "rescue" and rescued is None:
        rescued = "_rescued_data"
    max_files, max_bytes = cloud.get("maxfilespertrigger"), cloud.get("maxbytespertrigger")
    if "header" not in spark and file_format == "csv" and source == "read_files":
        spark["header"] = "true" if inferring else "false"
    if streaming and max_files is None and max_bytes is None:
        max_files = "1000"  # Auto Loader's default
    if max_files is not None and (not max_files.isdigit() or int(max_files) < 1):
        raise invalid(source, "maxFilesPerTrigger", max_files, "a whole number above 0")
    partition = cloud.get("partitioncolumns")
    names = None if partition is None else tuple(c.strip() for c in partition.split(",") if c.strip())
    return FileOptions(
        source=source,
        format=file_format,
        spark=spark,
        schema_location=cloud.get("schemalocation"),
        schema_hints=cloud.get("schemahints"),
        evolution_mode=mode,
        infer_types=source == "read_files" if infer is None else as_bool(source, "inferColumnTypes", infer),
        rescued_column=rescued or None,
        partition_columns=names,
        max_files=None if max_files is None else int(max_files),
        max_bytes=None if max_bytes is None else as_bytes(source, "maxBytesPerTrigger", max_bytes),
        include_existing=as_bool(source, "includeExistingFiles", cloud.get("includeexistingfiles", "true")),
    )


def _one_of(source: str, name: str, value: str, allowed: tuple[str, ...]) -> str:
    for choice in allowed:
        if choice.lower() == value.lower():
            return choice
    raise invalid(source, name, value, ", ".join(allowed))


def _format(source: str, value: str | None) -> str:
    if value is None:
        raise invalid(source, "cloudFiles.format" if source == "cloudFiles" else "format", "", ", ".join(FORMATS))
    return _one_of(source, "format", value, FORMATS)


def _reader_options(source: str, file_format: str, plain: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    known = {name.lower(): name for name in (*_GENERIC, *_BY_FORMAT[file_format].split(), "rescuedDataColumn")}
    spark: dict[str, str] = {}
    for low, (name, value) in plain.items():
        if low not in known:
            raise refuse(source, name, f"format {file_format} has no such option")
        spark[known[low]] = value
    if "fileNamePattern" in spark:
        spark["pathGlobFilter"] = spark.pop("fileNamePattern")
    return spark
