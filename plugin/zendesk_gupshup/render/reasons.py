"""A reason as words of one language, by the catalogue of that language: `reasons.en.toml` and its like.

What a language has no wording for, and a language without a catalogue, is worded in English.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

from zendesk_gupshup.model.base import Language
from zendesk_gupshup.model.reason import Reason, ReasonValue

_BETWEEN = " · "


def in_words(reason: Reason, language: Language = "en") -> str:
    """The wording with the reason's values in it, each as it is: nothing in a value is read as wording."""
    family = type(reason.name).__name__
    wording = catalogue(language).get(family, {}).get(reason.name) or catalogue("en")[family][reason.name]
    return wording.format_map({name: _shown(value, language) for name, value in reason.values.items()})


def all_in_words(reasons: Iterable[Reason], language: Language = "en") -> str:
    return _BETWEEN.join(in_words(reason, language) for reason in reasons)


def _shown(value: ReasonValue, language: Language) -> str:
    if isinstance(value, Reason):
        return in_words(value, language)
    return all_in_words(value, language) if isinstance(value, tuple) else str(value)


@cache
def catalogue(language: Language) -> Mapping[str, Mapping[str, str]]:
    """Wordings by family (the enum's name) and id."""
    file = resources.files(__package__).joinpath(f"reasons.{language}.toml")
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
