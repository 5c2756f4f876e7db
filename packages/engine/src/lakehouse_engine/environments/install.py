"""Makes environments: folders with the packages of a list of requirements, each resolved beside what the engine has."""

from __future__ import annotations

import base64
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from lakehouse_engine.errors import EngineError

# What the engine runs on cannot have two versions in one process.
SHARED = ("pyspark", "delta-spark", "pandas", "numpy", "pyarrow", "py4j")
# Their modules are never taken from an environment.
SHARED_MODULES = frozenset({"lakehouse_engine", "pyspark", "delta", "pandas", "numpy", "pyarrow", "py4j"})
_OPTION = re.compile(r"^(-i|-f|-r|-c|-e|--[a-z-]+)(?:[ =]|$)")
_NAMED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(\[[^\]]*\])?(==| @ )")


def root() -> Path:
    """Where environments are kept: ENGINE_CACHE, which the toolchain sets, or else a folder of the user's cache."""
    return Path(os.environ.get("ENGINE_CACHE") or Path.home() / ".cache" / "lakehouse-engine") / "environments"


_CAPPED = "pyarrow"
# Changes with how packages are resolved, so that sets which were installed before are made anew.
_RESOLVED = "# PyArrow is not capped"


def install(lines: Sequence[str]) -> tuple[str, ...]:
    """The folders that have what `lines` of a requirements file name: the packages', and those of editable projects."""
    editable = [split_extras(line[3:].strip()) for line in lines if line.startswith("-e ")]
    projects = [Path(path) for path, _ in editable]
    others = [line for line in lines if not line.startswith("-e ")]
    needed = [each for path, extras in editable for each in _dependencies_of(Path(path), extras)]
    folders = [str(_packages([*others, *needed]))] if others or needed else []
    return (*folders, *(str(_sources_of(project)) for project in projects))


def split_extras(line: str) -> tuple[str, str]:
    """`x.whl[train,test]` as its path and its extras, with the brackets."""
    found = re.match(r"^(.+?)\s*(\[[\w.,\s-]*\])?$", line)
    return (found[1], found[2] or "") if found else (line, "")


def _dependencies_of(project: Path, extras: str) -> list[str]:
    """An editable project is imported where it is, so that only what it depends on is installed."""
    file = project / "pyproject.toml"
    if not file.is_file():
        return []
    try:
        described = tomllib.loads(file.read_text(encoding="utf-8")).get("project", {})
        optional = described.get("optional-dependencies", {})
        chosen = [each for extra in re.findall(r"[\w.-]+", extras) for each in optional.get(extra, [])]
        return [*described.get("dependencies", []), *chosen]
    except tomllib.TOMLDecodeError as error:
        raise EngineError(
            f"pyproject.toml of {project.name} cannot be read: {error}", error_class="LIBRARY_INSTALLATION_FAILED"
        ) from None


def _sources_of(project: Path) -> Path:
    return project / "src" if (project / "src").is_dir() else project


def _packages(lines: Sequence[str]) -> Path:
    """The folder with the packages of `lines`; made when it is not there."""
    folder = root() / _key([_RESOLVED, *lines])
    if folder.is_dir():
        return folder
    root().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="making-", dir=root()) as name:
        work = Path(name)
        locked = _resolve(work, lines)
        made = work / "packages"
        made.mkdir()
        if locked:
            (work / "locked.txt").write_text("\n".join([*_indexes(lines), *locked]) + "\n", encoding="utf-8")
            arguments = ["install", "--no-deps", "--target", str(made), "--requirements", str(work / "locked.txt")]
            _pip(work, arguments, lines)
        _publish(made, folder)
    return folder


def install_apart(lines: Sequence[str]) -> Path:
    """A Python environment of its own with the packages of `lines`, whose commands are in `bin`.

    It shares nothing with the engine: what is in it runs in processes of its own.
    """
    folder = root() / f"apart-{_key(lines)}"
    if folder.is_dir():
        return folder
    root().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="making-", dir=root()) as name:
        made = Path(name) / "environment"
        _uv(Path(name), ["venv", "--relocatable", str(made), "--python", sys.executable], lines, shared=False)
        asked = Path(name) / "requirements.in"
        asked.write_text("\n".join(lines) + "\n", encoding="utf-8")
        python = str(made / "bin" / "python")
        _uv(Path(name), ["pip", "install", "--python", python, "--requirements", str(asked)], lines, shared=False)
        _keep(made, folder)
    return folder


def install_locked(lock: Path) -> Path:
    """The folder with the packages of a lock file with hashes."""
    folder = locked_folder(lock)
    if folder.is_dir():
        return folder
    root().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="making-", dir=root()) as name:
        made = Path(name) / "packages"
        made.mkdir()
        arguments = ["install", "--no-deps", "--require-hashes", "--target", str(made), "--requirements", str(lock)]
        _pip(Path(name), arguments, [lock.name])
        _publish(made, folder)
    return folder


def locked_folder(lock: Path) -> Path:
    return root() / _key([lock.read_text(encoding="utf-8")])


def _publish(made: Path, folder: Path) -> None:
    for name in SHARED_MODULES:
        shutil.rmtree(made / name, ignore_errors=True)
    _keep(made, folder)


def _keep(made: Path, folder: Path) -> None:
    """A folder that is there is whole. Another engine may have been first."""
    try:
        made.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise


def _key(lines: Sequence[str]) -> str:
    digest = hashlib.sha256(f"{sys.version_info[:2]} {platform.platform()} {_pins()}".encode())
    for line in lines:
        digest.update(b"\0" + line.encode())
        file = Path(split_extras(line.strip())[0])
        if file.is_absolute() and file.is_file():
            digest.update(file.read_bytes())
        elif file.is_absolute() and file.is_dir():
            for each in sorted(path for path in file.rglob("*") if path.is_file()):
                digest.update(str(each.relative_to(file)).encode() + each.read_bytes())
    return digest.hexdigest()[:24]


def _pins() -> list[str]:
    return [f"{name}=={version(name)}" for name in SHARED]


def _indexes(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if re.match(r"^(-i|-f|--index-url|--extra-index-url|--find-links)\b", line)]


def _resolve(work: Path, lines: Sequence[str]) -> list[str]:
    """What is to be installed, each with its version."""
    asked = work / "requirements.in"
    asked.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (work / "shared.txt").write_text("\n".join(_pins()) + "\n", encoding="utf-8")
    _shared_wheels(work / "shared")
    arguments = ["compile", str(asked), "--constraints", str(work / "shared.txt"), "--find-links", str(work / "shared")]
    arguments += ["--no-header", "--no-annotate", *_uncapped(work, lines)]
    wanted = [line for line in lines if not _OPTION.match(line)]
    if all(os.path.isabs(line) for line in wanted):  # wheels that need nothing else are installed without an index
        try:
            return _kept(_pip(work, [*arguments, "--no-index"], lines))
        except EngineError:
            pass
    return _kept(_pip(work, arguments, lines))


def _uncapped(work: Path, lines: Sequence[str]) -> list[str]:
    """Packages cap PyArrow at the version they were tested with. The engine's is newer, and uv would go back to
    releases from years before they did. Who names PyArrow gets that version or an error."""
    names = (re.match(r"[\w.-]+", line.strip()) for line in lines)
    if any(name and name[0].lower() == _CAPPED for name in names):
        return []
    file = work / "overrides.txt"
    file.write_text(f"{_CAPPED}=={version(_CAPPED)}\n", encoding="utf-8")
    return ["--overrides", str(file)]


def _kept(output: str) -> list[str]:
    """Without what the engine has. A wheel that was named by its path stands as that."""
    kept = []
    for line in output.splitlines():
        named = _NAMED.match(line)
        if line.strip() and not line.startswith("#") and not (named and named[1].lower().replace("_", "-") in SHARED):
            kept.append(line)
    return kept


def _shared_wheels(folder: Path) -> None:
    """Wheels without content that stand for what the engine has, so that it resolves without an index, too."""
    folder.mkdir()
    for name in SHARED:
        stem = f"{name.replace('-', '_')}-{version(name)}"
        files = {
            f"{stem}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version(name)}\n",
            f"{stem}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        record = f"{stem}.dist-info/RECORD"
        with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as archive:
            rows = []
            for path, text in files.items():
                archive.writestr(path, text)
                digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
                rows.append(f"{path},sha256={digest},{len(text)}")
            archive.writestr(record, "\n".join([*rows, f"{record},,"]) + "\n")


def _pip(work: Path, arguments: Sequence[str], lines: Sequence[str]) -> str:
    """What `uv pip` prints, for the Python of the engine."""
    return _uv(work, ["pip", *arguments, "--python", sys.executable], lines, shared=True)


def _uv(work: Path, arguments: Sequence[str], lines: Sequence[str], *, shared: bool) -> str:
    """What uv prints. Raises EngineError with uv's own message, and what runs have in common where `shared`."""
    uv = os.environ.get("ENGINE_UV") or shutil.which("uv")
    if uv is None:
        raise EngineError(
            "Packages cannot be installed: uv was not found. Start the workspace with `lakehouse start`, which brings "
            "it, or put it on PATH.",
            error_class="LIBRARY_INSTALLATION_FAILED",
        )
    environment = {
        **{name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")},
        **_index_of_pip(),
        "UV_CACHE_DIR": str(root().parent / "uv-packages"),  # on the disk of the environments, so that files are linked
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_PROGRESS": "1",
    }
    # In a folder without a project: no other uv.toml than the user's own holds.
    done = subprocess.run(
        [uv, *arguments, "--color", "never"],
        cwd=work, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode != 0:
        said = re.sub(r"\s+", " ", done.stderr.replace(str(work), "")).strip()
        raise EngineError(
            f"The packages {', '.join(_shown(line) for line in lines)} cannot be installed: {said}"
            + (f" (Runs share {', '.join(_pins())} of the local workspace.)" if shared else ""),
            error_class="LIBRARY_INSTALLATION_FAILED",
        )
    return done.stdout


def name_of(line: str) -> str | None:
    """The package that a line of a requirements file asks for; None for an option or an address."""
    path, _ = split_extras(line)
    text = os.path.basename(path).partition("-")[0] if path.endswith(".whl") else line
    found = re.match(r"^([A-Za-z0-9][A-Za-z0-9._-]*)\s*($|[\[=<>!~;@ ])", text)
    return re.sub(r"[-_.]+", "-", found[1]).lower() if found else None


def added(before: Sequence[str], lines: Sequence[str]) -> list[str]:
    """All that is to be there once `lines` are installed, too: a package named again replaces its earlier line."""
    again = {name_of(line) for line in lines} - {None}
    return [*(line for line in before if line not in lines and name_of(line) not in again), *lines]


def _shown(line: str) -> str:
    return os.path.basename(line) if os.path.isabs(line) else line


def _index_of_pip() -> dict[str, str]:
    """uv knows nothing of pip's settings; a user whose pip takes packages from an index of the company has reasons."""
    if any(os.environ.get(name) for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL")):
        return {}
    asked = [getattr(sys, "_base_executable", sys.executable), "-m", "pip", "config", "list"]
    said = subprocess.run(asked, capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout
    found = dict(re.findall(r"^(?:global|site|user|install|:env:)\.([a-z-]+)='(.*)'$", said, re.MULTILINE))
    names = {"index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX", "find-links": "UV_FIND_LINKS"}
    return {
        variable: found[name]
        for name, variable in names.items()
        if found.get(name) and (name != "find-links" or os.path.isdir(found[name]))
    }
