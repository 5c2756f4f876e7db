"""Every option of Auto Loader (`cloudFiles`) and `read_files` that Databricks documents, and what it does here.

`options.parse` checks what it is given by this table, and the docs' table is made from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Status = Literal["supported", "differs", "no effect", "refused"]
Kind = Literal["text", "boolean", "count", "size", "interval", "choice"]

FORMATS = ("binaryFile", "csv", "json", "orc", "parquet", "text", "xml")
EVOLUTION_MODES = ("addNewColumns", "rescue", "failOnNewColumns", "none")


@dataclass(frozen=True)
class Option:
    """`group`: "cloudFiles" (in `read_files` without the prefix), "any format", or a format. `note`: how it differs,
    why it has no effect, or what to do instead. A refused option passes when its value is one of `harmless`."""

    name: str
    group: str
    status: Status = "supported"
    kind: Kind = "text"
    note: str = ""
    choices: tuple[str, ...] = ()
    harmless: tuple[str, ...] = ()


def _cloud(
    name: str, kind: Kind = "text", note: str = "", status: Status = "supported", **more: tuple[str, ...]
) -> Option:
    return Option(name, "cloudFiles", status, kind, note, **more)


def _cloud_listed(names: str, note: str) -> list[Option]:
    return [_cloud(name, note=note, status="no effect") for name in names.split()]


def _of(group: str, names: str, kind: Kind = "text", status: Status = "supported", note: str = "") -> list[Option]:
    return [Option(name, group, status, kind, note) for name in names.split()]


_LISTED = "Files are found by listing, which misses none"
_MODES = ("PERMISSIVE", "DROPMALFORMED", "FAILFAST")
_WHOLE = "Types are inferred from whole files"

_CLOUD: tuple[Option, ...] = (
    _cloud("format", "choice", "`avro` is refused: Spark's module for it is not here", "differs", choices=FORMATS),
    _cloud("schemaLocation", note="Optional in a pipeline, which keeps the schema itself"),
    _cloud("schemaHints"),
    _cloud("inferColumnTypes", "boolean", "Default false for `cloudFiles`, true for `read_files`"),
    _cloud(
        "schemaEvolutionMode", "choice", choices=EVOLUTION_MODES, status="differs",
        note="`addNewColumnsWithTypeWidening` is refused. In a pipeline the flow starts again within the update",
    ),
    _cloud("rescuedDataColumn", note="The same as the format's option, which goes before it"),
    _cloud("partitionColumns", note="Default: every `name=value` folder. An empty text: none"),
    _cloud("maxFilesPerTrigger", "count", "Default 1000"),
    _cloud("maxBytesPerTrigger", "size", "With `maxFilesPerTrigger`, too, only the bytes count", "differs"),
    _cloud("includeExistingFiles", "boolean", "Holds from the first start on, until a full refresh"),
    _cloud("validateOptions", "boolean", "With false, options that do not exist are left out instead of refused"),
    _cloud("maxFileAge", "interval", "Which files were read is never forgotten", "no effect"),
    _cloud("useIncrementalListing", "choice", _LISTED, "no effect", choices=("auto", "true", "false")),
    _cloud("backfillInterval", "interval", _LISTED, "no effect"),
    _cloud("useNotifications", "boolean", _LISTED, "no effect"),
    _cloud("useManagedFileEvents", "boolean", _LISTED, "no effect"),
    _cloud("listOnStart", "boolean", _LISTED, "no effect"),
    *_cloud_listed(
        "fetchParallelism pathRewrites resourceTag region queueUrl queueName awsAccessKey awsSecretKey roleArn "
        "roleExternalId roleSessionName stsEndpoint databricks.serviceCredential clientId clientSecret "
        "connectionString resourceGroup subscriptionId tenantId subscription projectId client clientEmail privateKey "
        "privateKeyId",
        "Belongs to file notifications; files are found by listing",
    ),
    _cloud(
        "useStrictGlobber", "boolean", "Globs are strict here; write a pattern for each depth", "refused",
        harmless=("true",),
    ),
    _cloud(
        "allowOverwrites", "boolean", "A file is read once by its path; deliver a change as a new file", "refused",
        harmless=("false",),
    ),
    _cloud(
        "cleanSource", "choice", "Source files are never moved or deleted here", "refused",
        choices=("OFF", "MOVE", "DELETE"), harmless=("off",),
    ),
    _cloud("cleanSource.retentionDuration", note="Source files are never moved or deleted here", status="refused"),
    _cloud("cleanSource.moveDestination", note="Source files are never moved or deleted here", status="refused"),
)  # fmt: skip

_ANY: tuple[Option, ...] = (
    *_of("any format", "ignoreCorruptFiles ignoreMissingFiles recursiveFileLookup", "boolean"),
    *_of("any format", "modifiedAfter modifiedBefore pathGlobFilter fileNamePattern"),
    *_of(
        "any format", "badRecordsPath", status="refused",
        note="Use rescuedDataColumn, which keeps what does not fit in the row",
    ),
)  # fmt: skip

_RESCUED = "Default `_rescued_data` where the schema is inferred, none where it is given"

_CSV: tuple[Option, ...] = (
    *_of(
        "csv", "sep delimiter quote escape encoding charset comment lineSep nullValue emptyValue nanValue positiveInf"
    ),
    *_of("csv", "negativeInf dateFormat timestampFormat timestampNTZFormat timeZone locale"),
    *_of("csv", "charToEscapeQuoteEscaping unescapedQuoteHandling columnNameOfCorruptRecord"),
    *_of("csv", "rescuedDataColumn", status="differs", note=f"{_RESCUED}. A row with too few columns is rescued whole"),
    *_of("csv", "inferSchema multiLine ignoreLeadingWhiteSpace ignoreTrailingWhiteSpace preferDate", "boolean"),
    *_of("csv", "readerCaseSensitive enableDateTimeParsingFallback", "boolean"),
    *_of("csv", "header", "boolean", note="Default true where the schema is inferred, false where it is given"),
    *_of("csv", "skipRows maxColumns maxCharsPerColumn", "count"),
    Option("mode", "csv", kind="choice", choices=_MODES),
    *_of("csv", "mergeSchema enforceSchema", "boolean", "no effect", "Columns are matched by each file's own header"),
    *_of("csv", "samplingRatio", status="no effect", note=_WHOLE),
    *_of("csv", "singleVariantColumn", status="refused", note="Read the lines as text, or name the columns"),
    *_of("csv", "parserCaseSensitive", "boolean", "refused", "Use readerCaseSensitive"),
)

_JSON: tuple[Option, ...] = (
    *_of("json", "allowBackslashEscapingAnyCharacter allowComments allowNonNumericNumbers", "boolean"),
    *_of("json", "allowNumericLeadingZeros allowSingleQuotes allowUnquotedControlChars", "boolean"),
    *_of("json", "allowUnquotedFieldNames dropFieldIfAllNull inferTimestamp multiLine prefersDecimal", "boolean"),
    *_of("json", "primitivesAsString", "boolean"),
    *_of("json", "columnNameOfCorruptRecord dateFormat lineSep locale timestampFormat timestampNTZFormat timeZone"),
    *_of("json", "rescuedDataColumn", note=_RESCUED),
    *_of("json", "encoding charset", status="differs", note="UTF-8 only, where there is a rescued data column"),
    Option(
        "readerCaseSensitive", "json", "refused", "boolean", "Fields are matched by case; name columns as in the files",
        harmless=("true",),
    ),
    *_of("json", "singleVariantColumn", note="The column holds the whole record"),
    Option("mode", "json", kind="choice", choices=_MODES),
    *_of("json", "samplingRatio", status="no effect", note=_WHOLE),
)  # fmt: skip

_RESCUED_XML = f"{_RESCUED}. Holds columns that the schema lacks; a value of another type is null"

_OTHERS: tuple[Option, ...] = (
    *_of("parquet", "datetimeRebaseMode int96RebaseMode"),
    *_of("parquet", "rescuedDataColumn", note=_RESCUED),
    *_of("parquet", "mergeSchema", "boolean", "no effect", "The schemas of all files are merged"),
    *_of("parquet", "readerCaseSensitive", "boolean", "differs", "Columns are matched whatever their case"),
    *_of("orc", "rescuedDataColumn", note=_RESCUED),
    *_of("orc", "mergeSchema", "boolean", "no effect", "The schemas of all files are merged"),
    *_of("text", "encoding lineSep"),
    *_of("text", "wholeText", "boolean"),
    *_of("xml", "rowTag rootTag nullValue attributePrefix valueTag encoding dateFormat timestampFormat"),
    *_of("xml", "timestampNTZFormat columnNameOfCorruptRecord wildcardColName rowValidationXSDPath locale timeZone"),
    *_of("xml", "ignoreSurroundingSpaces excludeAttribute inferSchema ignoreNamespace", "boolean"),
    *_of("xml", "rescuedDataColumn", status="differs", note=_RESCUED_XML),
    Option("mode", "xml", kind="choice", choices=_MODES),
    *_of("xml", "samplingRatio"),
)  # fmt: skip

OPTIONS: tuple[Option, ...] = (*_CLOUD, *_ANY, *_CSV, *_JSON, *_OTHERS)

# Only `read_files` has these: what Auto Loader takes from the stream's own reader.
_ARGUMENTS = (("schema", "The columns and their types; without it the schema is inferred"),)


def find(groups: Sequence[str], name: str) -> Option | None:
    """The option of the first group that has it, whatever the case of `name`."""
    found = [option for option in OPTIONS if option.group in groups and option.name.lower() == name.lower()]
    return min(found, key=lambda option: groups.index(option.group), default=None)


def markdown() -> str:
    """The table for the docs: options that say the same stand in one row."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for name, note in _ARGUMENTS:
        rows["read_files", "supported", note] = [name]
    for option in OPTIONS:
        rows.setdefault((option.group, option.status, option.note), []).append(option.name)
    lines = ["| Of | Option | Here | Note |", "| --- | --- | --- | --- |"]
    for (group, status, note), names in rows.items():
        lines.append(f"| {group} | {', '.join(f'`{name}`' for name in names)} | {status} | {note} |")
    return "\n".join(lines) + "\n"
