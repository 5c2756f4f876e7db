"""A pipeline as it lies in a folder: its settings, its sources, and the files beside them."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lakehouse_engine.errors import EngineError
from lakehouse_engine.sources.notebook import is_notebook

_LANGUAGES = {".py": "PYTHON", ".sql": "SQL"}
# Where Databricks' own templates keep a pipeline's code; without such a folder all of the root is taken.
_DEFAULT_FOLDER = "transformations"
_PIPELINE_ID = "unit-tests"


@dataclass(frozen=True)
class Folder:
    """`include`: globs of the sources, relative to the root; none for `transformations/**`, or else all of the root.

    `place`: where the root is in the workspace, for messages and relative paths. Tests are never sources.
    """

    root: Path
    catalog: str
    schema: str
    name: str = "unit tests"
    place: str = "/Workspace/unit-tests"
    include: Sequence[str] = ()
    configuration: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)

    def spec(self) -> dict[str, Any]:
        """The pipeline as `update.run` takes it. Raises EngineError where the root or its sources are missing."""
        sources = self._sources()
        return {
            "id": _PIPELINE_ID,
            "name": self.name,
            "catalog": self.catalog,
            "schema": self.schema,
            "rootPath": self.place,
            "configuration": dict(self.configuration),
            "parameters": dict(self.parameters),
            "sources": [self._source(path) for path in sources],
            "files": [self._file(path) for path in self._files() if path not in set(sources)],
        }

    def _sources(self) -> list[Path]:
        if not self.root.is_dir():
            raise EngineError(f"the pipeline's root {self.root} is not a folder", error_class="INVALID_PATH")
        globs = self.include or (f"{_DEFAULT_FOLDER}/**" if (self.root / _DEFAULT_FOLDER).is_dir() else "**",)
        found: set[Path] = set()
        for glob in globs:
            matching = {path for path in _matching(self.root, glob) if _is_source(path, self.root)}
            if not matching:
                raise EngineError(
                    f"{glob!r} matches no Python or SQL source below {self.root}; tests are not sources",
                    error_class="NO_SOURCES_IN_PIPELINE",
                )
            found |= matching
        return sorted(found)

    def _files(self) -> list[Path]:
        return [path for path in sorted(self.root.rglob("*")) if path.is_file() and not _hidden(path, self.root)]

    def _source(self, path: Path) -> dict[str, str]:
        language, content = _LANGUAGES[path.suffix], path.read_text(encoding="utf-8")
        notebook = is_notebook(content, language)
        relative = path.relative_to(self.root)
        return {
            "path": f"{self.place}/{(relative.with_suffix('') if notebook else relative).as_posix()}",
            "kind": "notebook" if notebook else "file",
            "language": language,
            "content": content,
        }

    def _file(self, path: Path) -> dict[str, str]:
        content = base64.b64encode(path.read_bytes()).decode()
        return {"path": f"{self.place}/{path.relative_to(self.root).as_posix()}", "content": content}


def _matching(root: Path, glob: str) -> Iterable[Path]:
    """`folder/**` is everything below a folder, as in a pipeline's `glob.include`; a name is one file or folder."""
    if glob == "**" or glob.endswith("/**"):
        return (root / glob.removesuffix("**")).rglob("*")
    return (path for found in root.glob(glob) for path in (found.rglob("*") if found.is_dir() else (found,)))


def _is_source(path: Path, root: Path) -> bool:
    return path.is_file() and path.suffix in _LANGUAGES and not _hidden(path, root) and not is_test(path, root)


def is_test(path: Path, root: Path) -> bool:
    folders = path.relative_to(root).parts[:-1]
    return "tests" in folders or path.name == "conftest.py" or path.match("test_*.py") or path.match("*_test.py")


def _hidden(path: Path, root: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in path.relative_to(root).parts)
