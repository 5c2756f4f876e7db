"""Splits notebooks in Databricks' source format into cells. Any other file is one cell."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass

from lakehouse_engine.errors import EngineError

_ARGUMENT = re.compile(r"""\s+\$(\w+)\s*=\s*("[^"]*"|'[^']*'|\S+)""")
_MARKS = {"PYTHON": "#", "SQL": "--"}


@dataclass(frozen=True)
class Cell:
    """`kind` is the magic without % (sql, md, run, …) or the notebook's language; `text` begins at `line`.

    `md` is also what Databricks writes as %md-sandbox: Markdown with its own HTML.
    """

    number: int
    kind: str
    text: str
    line: int


def run_target(text: str) -> tuple[str, dict[str, str]]:
    """What `%run path $name=value …` runs: the path, and values of its widgets; `$other` is the value of a widget."""
    line = text.strip().split("\n")[0]
    first = _ARGUMENT.search(line)
    path = line[: first.start()] if first else line
    given = {name: value.strip("\"'") for name, value in _ARGUMENT.findall(line)}
    return path.strip().strip("\"'"), given


def is_notebook(content: str, language: str) -> bool:
    first = content.lstrip("\ufeff").split("\n", 1)[0].strip()
    return first == f"{_MARKS[language]} Databricks notebook source"


def serverless_dependencies(content: str, language: str) -> list[str]:
    """What a serverless notebook's Environment pane lists: lines of a requirements file.

    Databricks stores them at the top of the source, as inline script metadata: the table tool.databricks.environment.
    https://docs.databricks.com/aws/en/compute/serverless/dependencies
    https://packaging.python.org/en/latest/specifications/inline-script-metadata/
    """
    mark, lines = _MARKS[language], _lines(content)
    if not is_notebook(content, language):
        return []
    block = lines[_metadata(lines, mark)][1:-1]
    try:
        parsed = tomllib.loads("\n".join(line[len(mark) :].removeprefix(" ") for line in block))
        listed = parsed.get("tool", {}).get("databricks", {}).get("environment", {}).get("dependencies", [])
    except (tomllib.TOMLDecodeError, AttributeError) as error:
        raise EngineError(
            f"The environment at the top of the notebook (/// script) cannot be read: {error}",
            error_class="INVALID_PARAMETER_VALUE",
        ) from None
    return [str(line).strip() for line in listed]


def _lines(content: str) -> list[str]:
    return content.lstrip("\ufeff").replace("\r\n", "\n").split("\n")


def _metadata(lines: Sequence[str], mark: str) -> slice:
    """Where the block of inline script metadata is; it follows the header."""
    start = next((at for at, line in enumerate(lines) if at > 0 and line.strip()), len(lines))
    if start < len(lines) and lines[start].rstrip() == f"{mark} /// script":
        for end in range(start + 1, len(lines)):
            if lines[end].rstrip() == f"{mark} ///":
                return slice(start, end + 1)
            if not lines[end].startswith(mark):
                break
    return slice(0, 0)


def cells(content: str, language: str) -> list[Cell]:
    """The cells of a source; magics are unwrapped, so that `text` is in the cell's own language."""
    mark, lines = _MARKS[language], _lines(content)
    if not is_notebook(content, language):
        return [Cell(1, language.lower(), "\n".join(lines), 1)]
    metadata = _metadata(lines, mark)
    lines[metadata] = [""] * (metadata.stop - metadata.start)  # of no cell; the lines below keep their numbers
    blocks: list[tuple[int, list[str]]] = [(2, [])]
    for number, line in enumerate(lines[1:], start=2):
        if line.strip() == f"{mark} COMMAND ----------":
            blocks.append((number + 1, []))
        else:
            blocks[-1][1].append(line)
    found = []
    for number, (line, block) in enumerate(blocks, start=1):
        cell = _cell(number, line, block, mark, language)
        if cell.text.strip():
            found.append(cell)
    return found


def _cell(number: int, line: int, block: list[str], mark: str, language: str) -> Cell:
    magic = f"{mark} MAGIC"
    meaningful = [text for text in block if text.strip() and not text.startswith(f"{mark} DBTITLE")]
    if not meaningful or not meaningful[0].startswith(magic):
        return Cell(number, language.lower(), "\n".join(block), line)
    start = block.index(meaningful[0])
    body = [text[len(magic) :].removeprefix(" ") if text.startswith(magic) else text for text in block[start:]]
    head, _, rest = body[0].lstrip().partition(" ")
    if not head.startswith("%"):
        return Cell(number, language.lower(), "\n".join(body), line + start)
    # The magic's own line keeps its place, so that lines counted in the cell are lines of the notebook.
    kind = head[1:].lower().removesuffix("-sandbox")
    return Cell(number, kind, "\n".join([rest, *body[1:]]), line + start)
