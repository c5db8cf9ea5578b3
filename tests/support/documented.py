"""What a page of documentation names: commands, and files of the repository."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click

from support.paths import ROOT
from zendesk_gupshup.cli import main

PACKAGE = ROOT / "plugin" / "zendesk_gupshup"


def commands(page: str) -> list[str]:
    """Each `zendesk-gupshup …` in code blocks and between backticks; a comment behind the command is prose."""
    return sorted(set(re.findall(r"zendesk-gupshup (?!-0)[a-z][^`\n#|]*", page)))


def unknown_options(line: str) -> set[str]:
    """The options of the line that its command does not have. Fails where there is no such command."""
    words = shlex.split(line.rstrip(" ,.:;)"))[1:]
    command: click.Command = main
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(click.Context(main), words[0])
        assert found, f"no command {words[0]}"
        command, words = found, words[1:]
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return {word.partition("=")[0] for word in words if word.startswith("--")} - known - {"--help"}


def missing_links(page: str, folder: Path) -> list[str]:
    """Relative links that lead nowhere."""
    targets = [target for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page) if not target.startswith("http")]
    return [target for target in targets if not (folder / target).exists()]


def paths(page: str) -> Iterator[str]:
    """Each file or folder named between backticks; with a placeholder in its name it is none."""
    for name in re.findall(r"[\w./-]+", " ".join(re.findall(r"`[^`\n]+`|(?s:```\n.+?```)", page))):
        if re.fullmatch(r"[\w./-]*/|[\w./-]+\.(?:py|toml|md)", name) and not name.startswith(("-", ".", "/")):
            yield name


def exists(name: str) -> bool:
    return (PACKAGE / name).exists() or (ROOT / name).exists()
