"""The dictionary as frozen values: entries, their variants, their texts in each language, and the lookup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_serializer

from zendesk_gupshup.model.base import LANGUAGES, Language, StrictModel
from zendesk_gupshup.model.finding import ErrorCode, Namespace

Who = Literal["owner", "integrator", "content", "recipient", "meta", "gupshup", "nobody"]
OwnerTicket = Literal["yes", "maybe", "no"]

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Phrases = tuple[Text, ...]
People = Annotated[tuple[Who, ...], Field(min_length=1)]


# Who takes a case to Gupshup: the account's owner, and for a partner's account the integrator.
_WRITES_TO_GUPSHUP: Mapping[bool, Mapping[Language, str]] = {
    False: {"en": "account owner", "es": "propietario de la cuenta", "pt": "proprietário da conta"},
    True: {"en": "integrator", "es": "integrador", "pt": "integrador"},
}


class Texts(StrictModel):
    """One text in each language of `model.base.LANGUAGES`; `{owner}` stands for whoever takes the case to Gupshup."""

    en: Text
    es: Text
    pt: Text

    @model_serializer
    def _shown(self) -> dict[Language, str]:
        return {language: self.get(language) for language in LANGUAGES}

    def get(self, language: Language, *, partner: bool = False) -> str:
        """The text for a direct account, or for a partner's; in any other language the English one, as
        `Dictionary.words_of` knows the words of further languages."""
        known: Mapping[Language, str] = {"en": self.en, "es": self.es, "pt": self.pt}
        spoken = language if language in known else "en"
        return known[spoken].replace("{owner}", _WRITES_TO_GUPSHUP[partner][spoken])


class CodeWords(StrictModel):
    """What texts say of a code, or of one cause of it, in one language."""

    meaning: Text
    remedy: Text
    checks: Text | None = None
    # What the ticket asks of Gupshup; each further line names a piece of data that Gupshup needs for it.
    request: Text | None = None


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
    # Who takes a case to Gupshup, for `{owner}` in the words: for a direct account, and for a partner's.
    owner: Text | None = None
    integrator: Text | None = None
    # None for a complete language, whose words stand with the codes.
    codes: Mapping[Namespace, Mapping[str, CodeTable]] = Field(default_factory=dict)

    def told(self, words: CodeWords, *, partner: bool) -> CodeWords:
        """The words for a direct account, or for a partner's."""
        who = (self.integrator if partner else self.owner) or "{owner}"
        filled = {k: v.replace("{owner}", who) for k in CodeWords.model_fields if (v := getattr(words, k)) is not None}
        return CodeWords.model_validate(filled)


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
    request: Texts | None = None


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
    # What the ticket asks of Gupshup; each further line names a piece of data that Gupshup needs for it.
    request: Texts | None = None
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

    def words_of(
        self, entry: CodeEntry, variant: Variant | None, language: Language, *, partner: bool = False
    ) -> CodeWords:
        """The words in `language`, else in the language that answers in its stead; for a direct account, or for a
        partner's."""
        words = self._own_words(entry, variant, language, partner=partner)
        if words is not None:
            return words
        table = self.languages.get(language)
        return self.words_of(entry, variant, table.fallback if table else "en", partner=partner)

    def speaks(self, language: Language, error: ErrorCode, variant: str | None) -> bool:
        """Whether the code, and its cause, has words of its own in `language`."""
        entry = self.get(error)
        cause = next((v for v in entry.variants if v.name == variant), None) if entry else None
        return entry is None or self._own_words(entry, cause, language) is not None

    def _own_words(
        self, entry: CodeEntry, variant: Variant | None, language: Language, *, partner: bool = False
    ) -> CodeWords | None:
        if language in LANGUAGES:
            of = variant or entry
            checks = variant.checks if variant else None
            return CodeWords(
                meaning=of.meaning.get(language, partner=partner),
                remedy=of.remedy.get(language, partner=partner),
                checks=checks.get(language, partner=partner) if checks else None,
                request=of.request.get(language, partner=partner) if of.request else None,
            )
        table = self.languages.get(language)
        code = table.codes.get(entry.error.namespace, {}).get(entry.error.code) if table else None
        words = code.variant.get(variant.name) if code and variant else code
        return table.told(words, partner=partner) if table and words else None

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
