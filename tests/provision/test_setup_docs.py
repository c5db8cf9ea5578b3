"""docs/tags.md and docs/zendesk-setup.md say what the code does: every tag, key, setting, scope and command."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path
from typing import get_args

import click
import pytest

from support.paths import ROOT
from zendesk_gupshup import __file__ as package
from zendesk_gupshup.backfill.undo import correction_tag
from zendesk_gupshup.brain import load_brain
from zendesk_gupshup.cli import main
from zendesk_gupshup.decide.incidents import problem_tag
from zendesk_gupshup.decide.steps import noted_tag, replied_tag
from zendesk_gupshup.model.finding import ErrorCode
from zendesk_gupshup.provision.objects import STATES, _request_tags
from zendesk_gupshup.provision.options import Key, Setup
from zendesk_gupshup.provision.scopes import NEEDS
from zendesk_gupshup.settings import load_settings

DOCS = ROOT / "docs"
TAGS = (DOCS / "tags.md").read_text(encoding="utf-8")
GUIDE = (DOCS / "zendesk-setup.md").read_text(encoding="utf-8")


def rows(text: str, header: str) -> list[list[str]]:
    """The cells of the table whose header begins so."""
    _, _, rest = text.partition(f"| {header} |")
    assert rest, f"no table of {header}"
    lines = rest.split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def tags_of_the_code() -> set[str]:
    """Every constant `TAG_…`, the options of the escalation field, and the tags that are made of a code."""
    found = {tag for tag, _ in STATES}
    for path in Path(package).parent.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                names = [target.id for target in node.targets if isinstance(target, ast.Name)]
                if any(name.startswith("TAG_") for name in names) and isinstance(node.value.value, str):
                    found.add(node.value.value)
    error = ErrorCode(namespace="gupshup", code="1003")
    made = [error.tag, replied_tag(error), noted_tag(error), problem_tag(error)]
    made += [tag for tag in _request_tags(load_brain(load_settings(environment={})).dictionary) if "__1003" in tag]
    return found | {tag.replace("1003", "<code>") for tag in made} | {correction_tag("<run>")}


def test_every_tag_is_described_and_every_described_tag_exists() -> None:
    described = {cell for row in rows(TAGS, "tag") for cell in re.findall(r"^`(.+)`$", row[0])}
    assert described == tags_of_the_code()


def test_every_object_is_described_and_every_described_object_exists() -> None:
    assert [row[0].strip("`") for row in rows(GUIDE, "key | is")] == list(get_args(Key))


def test_every_setting_of_setup_is_described() -> None:
    assert [row[0].strip("`") for row in rows(GUIDE, "key | means")] == list(Setup.model_fields)


def test_the_scopes_are_those_of_the_code() -> None:
    told = {row[0].strip("`"): (tuple(row[1].strip("`").split()), row[2] == "admin") for row in rows(GUIDE, "command")}
    assert told == dict(NEEDS)


@pytest.mark.parametrize("block", re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL))
def test_every_example_of_settings_can_be_read(block: str, tmp_path: Path) -> None:
    file = tmp_path / "zendesk-gupshup.toml"
    file.write_text(block, encoding="utf-8")
    settings = load_settings(file, environment={})
    settings.policy(load_brain(settings).dictionary)


@pytest.mark.parametrize(
    "line", sorted(set(re.findall(r"zendesk-gupshup ((?:setup|doctor|serve|explain)[^`\n]*)", GUIDE)))
)
def test_every_command_exists_with_its_options(line: str) -> None:
    command: click.Command = main
    words = shlex.split(line)
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words.pop(0))
        assert found is not None, line
        command = found
    with click.Context(command) as context:
        command.parse_args(context, words)
