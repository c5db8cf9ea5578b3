"""Secrets and phone numbers out of any text, while the ids that support needs stay readable.

Rules run one after another over a copy in which everything already claimed is blanked, so no two overlap. Every pattern
starts at a fixed word or at the beginning of a token and never has two open-ended parts side by side: a megabyte of
digits, braces or blanks takes no longer than a megabyte of prose.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from zendesk_gupshup.text.normalise import lower_same_length
from zendesk_gupshup.text.phones import blank, phone_numbers
from zendesk_gupshup.text.random_strings import long_runs
from zendesk_gupshup.text.secret_columns import labelled_cells
from zendesk_gupshup.text.secret_patterns import HINTS, HINTS_IN, LABELS, RULES
from zendesk_gupshup.text.secret_phrases import heard_after, named_after
from zendesk_gupshup.text.secret_rules import GONE, KEY_LENGTH, LETTERS, matches
from zendesk_gupshup.text.unfolding import Unfolded, unfolded

_ADDRESS = re.compile(r"[^\s@<>\"'=:,;()]+@[^\s@<>\"',;()]+")


@dataclass(frozen=True)
class Sighting:
    """Where a live-looking secret stands in a text, and what it looks like."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True)
class Masked:
    start: int
    end: int
    instead: str


@dataclass(frozen=True)
class _Span:
    start: int
    end: int
    instead: str
    # None for what is personal but no secret: a phone number, an account's user id.
    kind: str | None


def mask(text: str, keep: Sequence[str] = ()) -> str:
    """`text` without secrets and full phone numbers, for all that leaves us; masking twice changes nothing.

    Stricter than `sightings`: a long run that is no known id goes with or without a label. A masked number is shorter,
    which may bring a key closer to the word that betrays it: hence until nothing changes. `keep`: what is known as
    no secret, such as an account's number, which looks like that of a phone.
    """
    if kept := [known for known in keep if known and known in text]:
        parted = re.split(f"({'|'.join(map(re.escape, kept))})", text)
        return "".join(part if number % 2 else mask(part) for number, part in enumerate(parted))
    while spans := _spans(text):
        parts: list[str] = []
        at = 0
        for span in spans:
            parts += (text[at : span.start], span.instead)
            at = span.end
        text = "".join((*parts, text[at:]))
    return text


@lru_cache(maxsize=1024)
def mask_value(value: str, keep: tuple[str, ...]) -> str:
    """`mask` for a name, an id or a quote, which several texts show and which is masked again when printed."""
    return mask(value, keep)


def without_addresses(text: str) -> str:
    """Masked, and without e-mail addresses, which a search such as `requester:ada@example.com` holds."""
    return _ADDRESS.sub("[address]", mask(text))


def masked_values(value: Any, masked: Callable[[str], str]) -> Any:
    """A document of lists and dictionaries with `masked` applied to every text in it, but not to keys."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, list | tuple):
        return [masked_values(item, masked) for item in value]
    if isinstance(value, dict):
        return {key: masked_values(item, masked) for key, item in value.items()}
    return value


def masked_part(text: str, spans: Sequence[Masked], start: int, end: int) -> str:
    """`text[start:end]` masked as the whole of it is by `spans`: half a key, or a key without its label, is none."""
    parts: list[str] = []
    for span in spans:
        if span.end > start and span.start < end:
            parts += (text[start : max(start, span.start)], span.instead)
            start = max(start, min(span.end, end))
    return mask("".join((*parts, text[start:end])))


def masked_spans(text: str) -> tuple[Masked, ...]:
    """What `mask` takes out of `text` at first, in the order of the text."""
    return tuple(Masked(span.start, span.end, span.instead) for span in _spans(text))


def looks_secret(value: str) -> bool:
    """Whether a value that calls itself a name or an id is a key: names are not masked."""
    return any(span.kind is not None for span in _spans(value))


def sightings(text: str) -> tuple[Sighting, ...]:
    """The secrets in `text` that look live, in the order in which they stand there. Phone numbers are none."""
    seen = unfolded(text)
    found = sorted(_claimed(seen.text)[0], key=_start)
    return tuple(Sighting(span.kind, *seen.place(span.start, span.end)) for span in found if span.kind is not None)


def _spans(text: str) -> list[_Span]:
    seen = unfolded(text)
    found, shadow = _claimed(seen.text)
    if runs := [_Span(start, end, GONE, "long_run") for start, end in long_runs(shadow)]:
        shadow = blank(shadow, [(span.start, span.end) for span in runs])
    numbers = [_Span(start, end, instead, None) for start, end, instead in phone_numbers(shadow)]
    placed = (_placed(seen, span) for span in sorted((*found, *runs, *numbers), key=_start))
    # What stands there already, be it with something unseen amid it, would be masked for ever.
    return [span for span in placed if text[span.start : span.end] != span.instead]


def _placed(seen: Unfolded, span: _Span) -> _Span:
    start, end = seen.place(span.start, span.end)
    return replace(span, start=start, end=end)


def _start(span: _Span) -> int:
    return span.start


def _claimed(text: str) -> tuple[list[_Span], str]:
    """What the rules find, and the text without it, in which only phone numbers are left to find."""
    # As bytes: half of a surrogate pair must not stop us.
    low, shadow, found = lower_same_length(text).encode("latin-1", "replace"), text, list[_Span]()
    hints: dict[str, list[int]] = {}
    for pattern, start, _ in HINTS_IN.find_matches_as_indexes(low, overlapping=True):
        hints.setdefault(HINTS[pattern], []).append(start)
    if b"x" * 32 in low.translate(LETTERS):
        hints[KEY_LENGTH] = []
    if first := [hints[label][0] for label in LABELS if label in hints]:
        # Before the rules, as one that finds a part of a cell would hide the rest.
        for find in (labelled_cells, named_after):
            if places := list(find(shadow, min(first))):
                found += [_Span(start, end, GONE, "password") for start, end in places]
                shadow = blank(shadow, places)
    for rule in RULES:
        if not hints.keys().isdisjoint(rule.hints):
            spans = [
                _Span(*match.span("secret"), rule.instead, rule.kind if rule.secret else None)
                for match in matches(rule, shadow, hints)
                if rule.live(match)
            ]
            if spans:
                found += spans
                shadow = blank(shadow, [(span.start, span.end) for span in spans])
    if first and (places := list(heard_after(shadow, min(first)))):
        found += [_Span(start, end, GONE, "password") for start, end in places]
        shadow = blank(shadow, places)
    return found, shadow
