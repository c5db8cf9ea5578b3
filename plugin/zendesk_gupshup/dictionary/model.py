"""The dictionary as frozen values: entries, their variants, their texts in each language, and the lookup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from zendesk_gupshup.model.base import LANGUAGES, Language, StrictModel
from zendesk_gupshup.model.finding import ErrorCode, Namespace

Who = Literal["owner", "integrator", "content", "recipient", "meta", "gupshup", "nobody"]
OwnerTicket = Literal["yes", "maybe", "no"]

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Phrases = tuple[Text, ...]
People = Annotated[tuple[Who, ...], Field(min_length=1)]


class Texts(StrictModel):
    """One text in each language of `model.base.LANGUAGES`, the complete ones."""

    en: Text
    es: Text
    pt: Text

    def get(self, language: Language) -> str:
        """In any other language the English text; `Dictionary.words_of` knows the words of further languages."""
        return {"en": self.en, "es": self.es, "pt": self.pt}.get(language, self.en)


class CodeWords(StrictModel):
    """What texts say of a code, or of one cause of it, in one language."""

    meaning: Text
    remedy: Text
    checks: Text | None = None


class CodeTable(CodeWords):
    """A code's words in the table of a further language, with those of its causes by their names."""

    variant: Mapping[str, CodeWords] = Field(default_factory=dict)


class LanguageTable(StrictModel):
    """A language: how its speakers call it, the words that it is told by, and what it says of codes."""

    name: Text
    # Answers in its stead where a code has no words in it.
    fallback: Language = "en"
    # Words that nearly every text of the language has, with blanks between them.
    common: Text
    # None for a complete language, whose words stand with the codes.
    codes: Mapping[Namespace, Mapping[str, CodeTable]] = Field(default_factory=dict)


class Variant(StrictModel):
    """One cause of several that share a code, told apart by its wording."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    wordings: Annotated[Phrases, Field(min_length=1)]
    # The wording counts only next to the code itself; without the code it belongs to another entry.
    only_with_code: Annotated[bool, Field(strict=True)] = False
    who_fixes: People
    owner_ticket: OwnerTicket
    meaning: Texts
    remedy: Texts
    # What the technical team rules out before a ticket is opened, one sentence per line.
    checks: Texts | None = None


class CodeEntry(StrictModel):
    """One error code: how to recognise it, what it means, who can fix it and how."""

    error: ErrorCode
    title: Text
    older_titles: Phrases = ()
    who_fixes: People
    owner_ticket: OwnerTicket
    retry: Literal["no", "now", "later", "after_fix"]
    severity: Literal["blocking", "partial", "single", "info"]
    source: Text
    success: Annotated[bool, Field(strict=True)] = False
    # `strong`: the bare number is too common to count without structure, its wording or its provider's words.
    context: Literal["any", "strong"] = "any"
    wordings: Phrases = ()
    supports: Phrases = ()
    examples: Annotated[Phrases, Field(min_length=2)]
    counter_examples: Annotated[Phrases, Field(min_length=2)]
    meaning: Texts
    remedy: Texts
    # The file calls one of them `[[code.variant]]`.
    variants: Annotated[tuple[Variant, ...], Field(alias="variant")] = ()

    @property
    def titles(self) -> tuple[str, ...]:
        """The official title first, then older and translated ones."""
        return (self.title, *self.older_titles)


# How people name a namespace in front of a code; `gupshup 401` means whatever Gupshup namespace has a 401.
_ALIASES: Mapping[str, tuple[Namespace, ...]] = {
    "gupshup": ("gupshup", "gupshup_http", "gupshup_enterprise"),
    "gupshup http": ("gupshup_http",),
    "http": ("gupshup_http",),
    "http status": ("gupshup_http",),
    "gupshup enterprise": ("gupshup_enterprise",),
    "enterprise": ("gupshup_enterprise",),
    "gupshup meta": ("meta",),
    "meta": ("meta",),
    "cloud": ("meta",),
    "meta cloud": ("meta",),
    "gupshup onprem": ("meta_onprem",),
    "onprem": ("meta_onprem",),
    "on prem": ("meta_onprem",),
    "on premises": ("meta_onprem",),
    "meta onprem": ("meta_onprem",),
}
_NOISE = frozenset({"error", "code", "errorcode"})
_NAMED_CODE = re.compile(r"([^0-9]{0,40})([0-9][0-9a-z]{0,11}(?:-[0-9]{1,11})?)[^0-9a-z]{0,10}")


@dataclass(frozen=True, eq=False)
class Dictionary:
    """All entries in a fixed order. Compared and hashed by identity, so what is built from one can be cached by it."""

    entries: tuple[CodeEntry, ...]
    # By their two letters, the complete ones first.
    languages: Mapping[Language, LanguageTable] = field(default_factory=dict)
    _by_code: dict[ErrorCode, CodeEntry] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_code", {entry.error: entry for entry in self.entries})

    def get(self, error: ErrorCode) -> CodeEntry | None:
        return self._by_code.get(error)

    def words_of(self, entry: CodeEntry, variant: Variant | None, language: Language) -> CodeWords:
        """The words in `language`, else in the language that answers in its stead."""
        words = self._own_words(entry, variant, language)
        if words is not None:
            return words
        table = self.languages.get(language)
        return self.words_of(entry, variant, table.fallback if table else "en")

    def speaks(self, language: Language, error: ErrorCode, variant: str | None) -> bool:
        """Whether the code, and its cause, has words of its own in `language`."""
        entry = self.get(error)
        cause = next((v for v in entry.variants if v.name == variant), None) if entry else None
        return entry is None or self._own_words(entry, cause, language) is not None

    def _own_words(self, entry: CodeEntry, variant: Variant | None, language: Language) -> CodeWords | None:
        if language in LANGUAGES:
            of = variant or entry
            checks = variant.checks.get(language) if variant and variant.checks else None
            return CodeWords(meaning=of.meaning.get(language), remedy=of.remedy.get(language), checks=checks)
        table = self.languages.get(language)
        code = table.codes.get(entry.error.namespace, {}).get(entry.error.code) if table else None
        return code.variant.get(variant.name) if code and variant else code

    def find(self, text: str) -> tuple[ErrorCode, ...]:
        """Every code that `text` may name: `401` in each namespace that has it, `http_401` or `meta:131049` in one."""
        named = _NAMED_CODE.fullmatch(text.strip().lower())
        if named is None:
            return ()
        words = " ".join(word for word in re.split(r"[^a-z]+", named[1]) if word and word not in _NOISE)
        if not words:
            return self._with_code(named[2], None)
        namespaces = _ALIASES.get(words, ())
        # The namespace that bears the very name wins: `gupshup 500` is not HTTP 500.
        return self._with_code(named[2], namespaces[:1]) or self._with_code(named[2], namespaces)

    def _with_code(self, code: str, namespaces: Iterable[Namespace] | None) -> tuple[ErrorCode, ...]:
        allowed = None if namespaces is None else frozenset(namespaces)
        return tuple(
            entry.error
            for entry in self.entries
            if entry.error.code == code and (allowed is None or entry.error.namespace in allowed)
        )
