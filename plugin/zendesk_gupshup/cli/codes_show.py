"""A code as `codes show` prints it: styled lines on a terminal, plain text in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from zendesk_gupshup.cli.common import console

if TYPE_CHECKING:
    from zendesk_gupshup.dictionary import CodeEntry, Dictionary
    from zendesk_gupshup.model.base import Language


def same_number(entry: CodeEntry, dictionary: Dictionary) -> list[CodeEntry]:
    return [e for e in dictionary.entries if e.error.code == entry.error.code and e.error != entry.error]


def entry_lines(entry: CodeEntry, dictionary: Dictionary, lang: Language) -> Iterator[tuple[str, int, str]]:
    """Style, indent and text of each line that shows the entry."""
    from zendesk_gupshup.cli.codes_export import checks, facts, labels

    label = labels(lang)
    yield "bold", 0, f"{entry.error}  {entry.title}"
    for title in entry.older_titles:
        yield "dim", 2, title
    yield "", 2, entry.meaning.get(lang)
    yield "bold", 2, label["remedy"]
    yield "", 4, entry.remedy.get(lang)
    for name, value in facts(entry, lang):
        yield "", 2, f"{name}: {value}"
    yield "", 2, f"Tag: {entry.error.tag}"
    for other in same_number(entry, dictionary):
        yield "yellow", 2, f"{label['same_number']}: {other.error}, {other.title}"
    for variant in entry.variants:
        yield "bold", 2, f"{label['cause']} {variant.name}"
        yield "", 4, variant.meaning.get(lang)
        yield "", 4, variant.remedy.get(lang)
        for name, value in facts(variant, lang):
            yield "", 4, f"{name}: {value}"
        for line in checks(variant, lang):
            yield "", 4, f"- {line}"
        yield "dim", 4, f"{label['wordings']}: {'; '.join(variant.wordings)}"
    for name, phrases in (("wordings", entry.wordings), ("supports", entry.supports)):
        if phrases:
            yield "dim", 2, f"{label[name]}: {'; '.join(phrases)}"
    for name, phrases in (("examples", entry.examples), ("counter_examples", entry.counter_examples)):
        yield "dim", 2, f"{label[name]}:"
        for phrase in phrases:
            yield "dim", 4, phrase


def print_lines(lines: Iterable[tuple[str, int, str]]) -> None:
    if not sys.stdout.isatty():
        for _, indent, text in lines:
            click.echo(" " * indent + text)
        return
    from rich.padding import Padding
    from rich.text import Text

    out = console()
    for style, indent, text in lines:
        out.print(Padding(Text(text, style=style), (0, 0, 0, indent), expand=False))
