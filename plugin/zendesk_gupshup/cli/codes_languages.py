"""Codes in a further language, whose table is found by its name: its words, and for all else the language behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from zendesk_gupshup.cli import Fail
from zendesk_gupshup.cli.common import LANGUAGES
from zendesk_gupshup.text.plural import counted

if TYPE_CHECKING:
    from zendesk_gupshup.dictionary import CodeEntry, Dictionary, Variant
    from zendesk_gupshup.dictionary.model import Texts
    from zendesk_gupshup.model.base import Language


def in_language(
    entries: Iterable[CodeEntry], dictionary: Dictionary, lang: Language
) -> tuple[list[CodeEntry], Language]:
    """The entries, and under which language of theirs to look: of a further language the words stand where those of its
    `fallback` stood, whose labels are shown. Says on stderr what has no words in it. Raises `Fail`."""
    found = list(entries)
    if lang in LANGUAGES:
        return found, lang
    if lang not in dictionary.languages:
        raise Fail(f"no text is written in {lang}; write one of {', '.join(dictionary.languages)}")
    behind = dictionary.languages[lang].fallback
    lacking = sum(not dictionary.speaks(lang, entry.error, None) for entry in found)
    texts = f" and the texts of {counted(lacking, 'code')}" if lacking else ""
    click.echo(f"the labels{texts} are in {behind}: {lang} has none", err=True)
    return [_in_words(entry, dictionary, lang, behind) for entry in found], behind


def renamed(document: Any, before: Language, after: Language) -> Any:
    """A JSON document whose texts stand under their own language."""
    if isinstance(document, dict):
        return {after if key == before else key: renamed(part, before, after) for key, part in document.items()}
    return [renamed(part, before, after) for part in document] if isinstance(document, list) else document


def _in_words(entry: CodeEntry, dictionary: Dictionary, lang: Language, behind: Language) -> CodeEntry:
    variants: Sequence[Variant] = tuple(
        variant.model_copy(update=_texts(entry, variant, dictionary, lang, behind)) for variant in entry.variants
    )
    return entry.model_copy(update={**_texts(entry, None, dictionary, lang, behind), "variants": variants})


def _texts(
    entry: CodeEntry, variant: Variant | None, dictionary: Dictionary, lang: Language, behind: Language
) -> dict[str, Texts]:
    words = dictionary.words_of(entry, variant, lang)
    of = variant or entry
    told: dict[str, tuple[Texts | None, str | None]] = {
        "meaning": (of.meaning, words.meaning),
        "remedy": (of.remedy, words.remedy),
        "request": (of.request, words.request),
    }
    if variant:
        told["checks"] = (variant.checks, words.checks)
    return {name: texts.model_copy(update={behind: text}) for name, (texts, text) in told.items() if texts and text}
