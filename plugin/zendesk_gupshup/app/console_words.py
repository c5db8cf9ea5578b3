"""How the console names things: codes with their titles, guards in the reader's language, reasons masked."""

from __future__ import annotations

from typing import Any

from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.model.base import CompleteLanguage
from zendesk_gupshup.model.finding import ErrorCode
from zendesk_gupshup.report.words import ReportWords
from zendesk_gupshup.text.redaction import without_addresses


def code_words(error: ErrorCode, dictionary: Dictionary, language: CompleteLanguage) -> dict[str, Any]:
    """The code, its title and its meaning; a code that the dictionary has lost keeps its name alone."""
    entry = dictionary.get(error)
    return {
        "error": error.model_dump(),
        "name": str(error),
        "title": entry.title if entry else "",
        "meaning": entry.meaning.get(language) if entry else "",
    }


def guard_words(name: str, words: ReportWords) -> dict[str, str]:
    return {"name": name, "text": words.of("guard", name)}


def plain_reason(reason: str | None) -> str | None:
    """A stored reason, masked once more: it may be older than one of the rules."""
    return without_addresses(reason) if reason else None
