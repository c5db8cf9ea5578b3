"""The modules of both packages and what each imports, at the top, inside functions and for types alike."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from support.paths import ROOT

PLUGIN = ROOT / "plugin"
OURS, SANDBOX = "zendesk_gupshup", "zendesk_sandbox"


@cache
def modules() -> Mapping[str, Path]:
    """Every module's file by its dotted name; a package stands for its `__init__`."""
    found = {}
    for path in PLUGIN.rglob("*.py"):
        parts = path.relative_to(PLUGIN).with_suffix("").parts
        found[".".join(parts[:-1] if path.name == "__init__.py" else parts)] = path
    return found


@cache
def tree(name: str) -> ast.Module:
    return ast.parse(modules()[name].read_text("utf-8"))


@cache
def imports(name: str) -> frozenset[str]:
    """The modules of ours and of the sandbox that a module imports anywhere in its code."""
    found = {_module(imported) for node in ast.walk(tree(name)) for imported in _imported(name, node)}
    return frozenset(other for other in found if other not in (None, name))


def room(name: str) -> str:
    """The folder, or the single file, of our package that a module lies in; the sandbox is one room."""
    package, _, rest = name.partition(".")
    return SANDBOX if package == SANDBOX else rest.partition(".")[0]


def circles(graph: Mapping[str, frozenset[str]]) -> list[list[str]]:
    """The sets of modules of which each imports, over others, each other one (Tarjan's algorithm)."""
    index: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        index[name] = lowest[name] = len(index)
        stack.append(name)
        for other in graph[name]:
            if other not in index:
                visit(other)
            if other in stack:
                lowest[name] = min(lowest[name], lowest[other])
        if lowest[name] == index[name]:
            component = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(component) > 1:
                found.append(sorted(component))

    for name in graph:
        if name not in index:
            visit(name)
    return found


def _imported(name: str, node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            package = name.split(".") if modules()[name].name == "__init__.py" else name.split(".")[:-1]
            base = ".".join([*package[: len(package) - node.level + 1], *filter(None, [node.module])])
        yield from (f"{base}.{alias.name}" for alias in node.names)


def _module(imported: str) -> str | None:
    """The module that an imported name is, or lies in."""
    while imported and imported not in modules():
        imported = imported.rpartition(".")[0]
    return imported or None
