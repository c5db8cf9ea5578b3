"""The dictionary as frozen values: entries, their variants, their texts in three languages, and the lookup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from zendesk_gupshup.model.base import Language, StrictModel
from zendesk_gupshup.model.finding import ErrorCode, Namespace

Who = Literal["owner", "integrator", "content", "recipient", "meta", "gupshup", "nobody"]
OwnerTicket = Literal["yes", "maybe", "no"]

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Phrases = tuple[Text, ...]
People = Annotated[tuple[Who, ...], Field(min_length=1)]


class Texts(StrictModel):
    """One text in each language of `model.base.LANGUAGES`."""

    en: Text
    es: Text
    pt: Text

    def get(self, language: Language) -> str:
        return {"en": self.en, "es": self.es, "pt": self.pt}[language]


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
    _by_code: dict[ErrorCode, CodeEntry] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_code", {entry.error: entry for entry in self.entries})

    def get(self, error: ErrorCode) -> CodeEntry | None:
        return self._by_code.get(error)

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
