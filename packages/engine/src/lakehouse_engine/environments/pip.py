"""`%pip`: what of pip's command line a notebook may use. https://docs.databricks.com/aws/en/libraries/notebooks-python-libraries"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence

from lakehouse_engine.environments.install import split_extras
from lakehouse_engine.errors import EngineError

# Options that change nothing here: how much pip says, where it caches, that it replaces what is there.
# fmt: off
_WITHOUT_EFFECT = {
    "-q", "-qq", "-qqq", "--quiet", "-v", "--verbose", "-U", "--upgrade", "--no-cache-dir", "--force-reinstall",
    "--disable-pip-version-check", "--no-warn-script-location", "--no-warn-conflicts", "--progress-bar=off", "--user",
    "-y", "--yes", "--no-input", "--prefer-binary",
}
_WITH_VALUE = {
    "-i", "--index-url", "--extra-index-url", "-f", "--find-links", "-r", "--requirement", "-c", "--constraint", "-e",
    "--editable",
}
# fmt: on
_SHORT = {"-i": "--index-url", "-f": "--find-links", "--requirement": "-r", "--constraint": "-c", "--editable": "-e"}


def requirements(text: str, local: Callable[[str], str]) -> list[str]:
    """The lines of a requirements file that a cell with `%pip install …` stands for, which may have several of them and
    end with %restart_python. `local`: a path of this machine for one of the workspace or of a volume.

    @raises EngineError for another command or option
    """
    commands = [line.strip().removeprefix("%pip ") for line in text.replace("\\\n", " ").split("\n")]
    found: list[str] = []
    for command in commands:
        words = shlex.split(command, comments=True)
        if words and words != ["%restart_python"]:
            found += _of_one(words, local)
    if not found:
        raise EngineError("%pip install names no package.", error_class="INVALID_PARAMETER_VALUE")
    return found


def of_dependencies(lines: Sequence[str], local: Callable[[str], str]) -> list[str]:
    """The same for lines of a requirements file, as the environment of a notebook has them."""
    words = [shlex.split(line) if line.startswith("-") else [line] for line in lines]
    return [each for line in words for each in _of_one(["install", *line], local)]


def _of_one(words: list[str], local: Callable[[str], str]) -> list[str]:
    if words[0] != "install":
        raise EngineError(
            f"%pip {words[0]} is not supported by the local workspace; use %pip install.",
            error_class="UNSUPPORTED_FEATURE",
        )

    def path(word: str) -> str:
        place, extras = split_extras(word)
        return local(place) + extras

    lines: list[str] = []
    waiting = iter(words[1:])
    for word in waiting:
        option, _, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if word in _WITHOUT_EFFECT:
            continue
        if option in _WITH_VALUE:
            value = value or next(waiting, "")
            option = _SHORT.get(option, option)
            lines.append(f"{option} {path(value) if option in ('-r', '-c', '-e', '--find-links') else value}")
        elif word.startswith("-"):
            raise EngineError(
                f"%pip install: the option {word} is not supported by the local workspace.",
                error_class="UNSUPPORTED_FEATURE",
            )
        else:
            lines.append(path(word))
    return lines
