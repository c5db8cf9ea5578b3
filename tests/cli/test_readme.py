"""The README is true: its commands exist with the options that it names, its settings load, its tables are complete."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import click
import pytest

from support.documented import commands, missing_links, unknown_options
from support.paths import ROOT
from zendesk_gupshup.cli import main
from zendesk_gupshup.detect import detect_text, reported
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.settings import ENVIRONMENT, load_settings
from zendesk_gupshup.settings.reference import setting_rows

README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("line", commands(README))
def test_every_command_of_the_readme_exists_with_its_options(line: str) -> None:
    assert unknown_options(line) == set()


def test_every_command_stands_in_the_readme() -> None:
    names = main.list_commands(click.Context(main))
    assert [name for name in names if not re.search(rf"zendesk-gupshup {name}\b|`{name}`|make {name}\b", README)] == []


def toml_blocks() -> list[str]:
    return re.findall(r"^ *```toml\n(.*?)^ *```", README, re.DOTALL | re.MULTILINE)


def test_a_code_is_added_as_the_readme_shows(tmp_path: Path) -> None:
    (block,) = [block for block in toml_blocks() if "[[code]]" in block]
    (tmp_path / "house.toml").write_text(block, encoding="utf-8")
    dictionary = load(tmp_path)
    (error,) = dictionary.find("7001")
    entry = dictionary.get(error)
    assert entry
    for example in entry.examples:
        assert [f.error for f in reported(detect_text("", example, dictionary))] == [error], example
    for counter_example in entry.counter_examples:
        assert reported(detect_text("", counter_example, dictionary)) == (), counter_example
    by_wording = detect_text("", "WhatsApp via Gupshup: sender not approved yet, nothing goes out", dictionary)
    assert [f.error for f in reported(by_wording)] == [error]


def test_every_toml_block_loads(tmp_path: Path) -> None:
    blocks = [block for block in toml_blocks() if "[[code]]" not in block]
    assert len(blocks) >= 2
    for block in blocks:
        file = tmp_path / "zendesk-gupshup.toml"
        file.write_text(block, encoding="utf-8")
        assert set(tomllib.loads(block)) <= set(load_settings(file, environment={}).model_dump())


def test_the_example_says_each_default_that_it_does_not_have() -> None:
    (block,) = [block for block in toml_blocks() if block.startswith("[modes]  ")]
    rows, wrong, section = {(row.section, row.key): row for row in setting_rows()}, [], ""
    for line in block.splitlines():
        if head := re.match(r"\[(\w+)(\.?)", line):
            section = f'{head[1]}."NAME"' if head[2] else head[1]
        elif found := re.match(r"(.+?) = (.+?) *(?:# *(.*))?$", line):
            key, value, comment = found.groups(default="")
            row = rows[section, key]
            default = "required" if row.required else row.default
            same = row.default is not None and tomllib.loads(f"a = {default}") == tomllib.loads(f"a = {value}")
            said = comment.partition("default: ")[2]
            if said != ("" if same else default or "unset"):
                wrong.append(line)
    assert wrong == []


def test_every_environment_variable_stands_in_the_readme() -> None:
    assert [name for name in ENVIRONMENT if name not in README] == []


def test_every_link_of_the_readme_leads_somewhere() -> None:
    assert missing_links(README, ROOT) == []


def test_every_make_target_of_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"(?:`|^)make ([a-z-]+)", README, re.MULTILINE))
    assert [target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []
