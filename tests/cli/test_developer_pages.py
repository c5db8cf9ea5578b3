"""docs/architecture.md and docs/glossary.md name what there is: folders, modules, names, commands."""

from __future__ import annotations

import re

import pytest

from support.documented import PACKAGE, commands, exists, missing_links, paths, unknown_options
from support.paths import ROOT

DOCS = ROOT / "docs"
ARCHITECTURE = (DOCS / "architecture.md").read_text(encoding="utf-8")
GLOSSARY = (DOCS / "glossary.md").read_text(encoding="utf-8")
BOTH = pytest.mark.parametrize("page", [ARCHITECTURE, GLOSSARY], ids=["architecture", "glossary"])


@BOTH
def test_every_file_and_folder_exists(page: str) -> None:
    named = list(paths(page))
    assert len(named) > 30
    assert [name for name in named if not exists(name)] == []


@BOTH
def test_every_name_stands_in_its_module(page: str) -> None:
    named = re.findall(r"`(\w+)` in `([\w/]+\.py)`|`(\w+)` \(`([\w/]+\.py)`\)", page)
    pairs = [(name or other, module or its) for name, module, other, its in named]
    assert pairs
    assert [pair for pair in pairs if not defines(*pair)] == []


def defines(name: str, module: str) -> bool:
    """Whether the module has a class, a function, a constant, a field or a parameter of this name."""
    text = (PACKAGE / module).read_text(encoding="utf-8")
    return re.search(rf"(?m)^\s*(?:(?:class|def) {name}\b|{name}\b ?[:=])", text) is not None


@BOTH
def test_every_link_leads_somewhere(page: str) -> None:
    assert missing_links(page, DOCS) == []


@pytest.mark.parametrize("line", commands(ARCHITECTURE + GLOSSARY))
def test_every_command_exists_with_its_options(line: str) -> None:
    assert unknown_options(line) == set()


@pytest.mark.parametrize("line", sorted(set(re.findall(r"`pytest ([^`]+)`", ARCHITECTURE))))
def test_every_test_that_is_named_exists(line: str) -> None:
    places, _, word = line.partition(" -k ")
    files = [ROOT / place for place in places.split()]
    assert [file for file in files if not file.exists()] == []
    modules = [module for file in files for module in (file.rglob("test_*.py") if file.is_dir() else [file])]
    tests = [name for module in modules for name in re.findall(r"def (test_\w+)", module.read_text(encoding="utf-8"))]
    assert [name for name in tests if word in name]


def rooms() -> list[str]:
    """The first column of the table of folders, from the ground up."""
    _, _, rest = ARCHITECTURE.partition("| folder | holds |")
    return [row.split("`")[1].rstrip("/") for row in rest.split("\n\n")[0].splitlines()[2:]]


def test_the_table_has_every_folder() -> None:
    there = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists() or path.suffix == ".py"}
    assert sorted(rooms()) == sorted(there - {"__init__.py", "__main__.py"})
