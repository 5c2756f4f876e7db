"""What a principal that has nothing but its own catalog `mine` tries to get at more, one attempt a line of corpus/.

Names in braces: `token` is a file of the workspace, `data` its data folder, `table` the folder of theirs.s.t, `id` that
folder's name, `log` a pipeline's file. The catalog `theirs` has the table s.t, the volume s.v with secret.txt, the view
s.seen and the function s.f. Views and functions in `mine` read them, too, which mallory may not.
"""

from __future__ import annotations

from pathlib import Path

_READS = (
    "SELECT * FROM text.`{path}`",
    "SELECT * FROM read_files('{path}', format => 'text')",
    "SELECT * FROM list_files('{path}')",
)


def lines(name: str) -> list[str]:
    text = (Path(__file__).parent / "corpus" / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line]


GROUPS: dict[str, list[str]] = {
    "the shell and the JVM": lines("jvm.sql"),
    "files by their paths": [read.replace("{path}", path) for path in lines("paths.txt") for read in _READS],
    "formats and their options": lines("formats.sql"),
    "folders, locations and loads": lines("folders.sql"),
    "tables of others": lines("names.sql"),
    "what a view or function reads for its owner": lines("definers.sql"),
    "settings": lines("settings.sql"),
}
NOTEBOOK = lines("notebook.txt")
# Answered as it is: the JVM's parser of XML opens no entity from outside.
ANSWERED = ["SELECT xpath_string('<!DOCTYPE a [<!ENTITY x SYSTEM \"file://{token}\">]><a>&x;</a>', 'a')"]
