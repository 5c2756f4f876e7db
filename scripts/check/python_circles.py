"""Refuses circles of imports between the modules and between the packages of Python folders (arguments).

Imports in functions and under TYPE_CHECKING count: they hide a circle, they do not mend it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

Graph = dict[str, set[str]]


def modules(folder: Path) -> dict[str, Path]:
    """Files by the names that they are imported by."""
    found = {}
    for file in folder.rglob("*.py"):
        parts = file.relative_to(folder).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def imported(file: Path, name: str) -> Iterator[str]:
    """Every dotted name that the file may import; `from a import b` may mean the module a.b."""
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*parents, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def module_graph(files: Mapping[str, Path]) -> Graph:
    graph: Graph = {}
    for name, file in files.items():
        names = {each if each in files else each.rpartition(".")[0] for each in imported(file, name)}
        graph[name] = {each for each in names if each in files and each != name}
    return graph


def package_graph(graph: Graph) -> Graph:
    """Folders directly below the top package; a module there is a package of its own."""
    packages: Graph = {}
    for name, others in graph.items():
        of = ".".join(name.split(".")[:2])
        packages.setdefault(of, set()).update(".".join(other.split(".")[:2]) for other in others)
    return {name: others - {name} for name, others in packages.items()}


def circles(graph: Graph) -> list[list[str]]:
    """Strongly connected components of more than one node (Tarjan)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(graph[node]):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            component = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(component) > 1:
                found.append(sorted(component))

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def main(folders: list[str]) -> int:
    failed = False
    for folder in map(Path, folders):
        graph = module_graph(modules(folder))
        for kind, each in (("modules", graph), ("packages", package_graph(graph))):
            for circle in circles(each):
                failed = True
                print(f"{folder}: {kind} import each other in a circle:")
                for name in circle:
                    print(f"  {name} → {', '.join(sorted(each[name] & set(circle)))}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
