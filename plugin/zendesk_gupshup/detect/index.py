"""What one dictionary teaches the detector: its phrases in one automaton, its numbers, and what looks like kin."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, pairwise

from ahocorasick_rs import BytesAhoCorasick

from zendesk_gupshup.detect.columns import NAMES
from zendesk_gupshup.detect.lexicon import all_words, phrases
from zendesk_gupshup.detect.spoken import spoken_forms
from zendesk_gupshup.detect.typography import TWO, UNKNOWN, WHOLE
from zendesk_gupshup.dictionary.model import CodeEntry, Dictionary
from zendesk_gupshup.model.finding import ErrorCode, Namespace
from zendesk_gupshup.text.normalise import fold

# An entry's phrase that proves it alone, that is its title, or that decides between namespaces beside the number.
WORDING, TITLE, SUPPORT, VARIANT, SPOKEN = "wording", "title", "support", "variant", "spoken"
# The shortest code that a line's end parts, and the shortest beginning that makes a word known.
_PARTED, _STEM = 5, 4
# Looking for secrets costs more than all else: only where one of these stands, be it inside a word, or a long token.
TELLTALE = "telltale"
# Part of a word that names a column or a field of codes.
OF_CODES = "of codes"
# All that is no label of a cue.
NO_CUES = frozenset({WORDING, TITLE, SUPPORT, VARIANT, SPOKEN, TELLTALE, OF_CODES})
_SECRET_WORDS = (
    "pass", "secret", "token", "clave", "senha", "contrase", "bearer", "api key", "apikey", "chave", "pin", "pwd", "otp"
)  # fmt: skip


@dataclass(frozen=True)
class Sense:
    """What a phrase says: a cue's label, or something about one entry."""

    kind: str
    entry: CodeEntry | None = None
    variant: str | None = None
    # The id of the cue whose phrase it is.
    cue: str = ""


@dataclass(frozen=True, eq=False)
class Index:
    dictionary: Dictionary
    # Over the bytes of words, which are Latin letters and digits.
    automaton: BytesAhoCorasick
    patterns: tuple[str, ...]
    # By pattern: its senses, their kinds, and the codes of the entries among them.
    senses: tuple[tuple[Sense, ...], ...]
    kinds: tuple[frozenset[str], ...]
    codes: tuple[frozenset[str], ...]
    # Entries by their code as digits: `401` is one of three namespaces.
    by_number: Mapping[str, tuple[CodeEntry, ...]]
    numbers: frozenset[str]
    by_title: Mapping[str, tuple[CodeEntry, ...]]
    # Folded, as words beside a number are compared with them.
    titles: Mapping[ErrorCode, tuple[str, ...]]
    # Two leading digits and the length of a namespace's numbers: `13` and 6 for Meta, `10` and 4 for Gupshup.
    families: Mapping[tuple[str, int], Namespace]
    # Those that may count without a word beside them: no years, no 500.
    plain_numbers: frozenset[str]

    def get(self, namespace: Namespace, code: str) -> CodeEntry | None:
        return self.dictionary.get(ErrorCode(namespace=namespace, code=code))

    @cached_property
    def endings(self) -> frozenset[str]:
        """The last three digits of each longer number, as a spreadsheet sets them apart."""
        return frozenset(number[-3:] for number in self.numbers if len(number) > 3)

    @cached_property
    def _words(self) -> Counter[str]:
        """How many phrases have each word."""
        return Counter(chain(all_words(), *(set(pattern.split()) for pattern in self.patterns)))

    @cached_property
    def _open_words(self) -> frozenset[str]:
        """Those of which only the beginning is known."""
        return frozenset(pattern.split()[-1] for pattern in self.patterns if not pattern.endswith(" "))

    @cached_property
    def _pairs(self) -> Counter[tuple[str, str]]:
        return Counter(chain(*(set(pairwise(pattern.split())) for pattern in self.patterns)))

    def hyphenation(self, left: str, right: str) -> str:
        """Are two halves with a hyphen and a line's end between them one word of ours, or one of our codes, or two?"""
        if left.isdigit():
            whole = len(left + right) >= _PARTED and {left + right, left, right} & self.numbers == {left + right}
            return WHOLE if whole else UNKNOWN
        first, second = fold(left), fold(right)
        word = first + second
        # "gup shup" is a typing mistake for the one, and "optin" for the other.
        if self._pairs[first, second] > self._words[word]:
            return TWO
        known = word in self._words or any(word[:size] in self._open_words for size in range(_STEM, len(word)))
        return WHOLE if known else UNKNOWN


_building = threading.Lock()


def index_of(dictionary: Dictionary) -> Index:
    """Built once for a dictionary, which is compared by identity, however many threads ask for it at once."""
    with _building:
        return _index_of(dictionary)


@lru_cache(maxsize=4)
def _index_of(dictionary: Dictionary) -> Index:
    senses: dict[str, list[Sense]] = {}
    for pattern, sense in _patterns(dictionary):
        senses.setdefault(pattern, []).append(sense)
    by_number: dict[str, list[CodeEntry]] = {}
    by_title: dict[str, list[CodeEntry]] = {}
    for entry in dictionary.entries:
        by_number.setdefault(entry.error.code, []).append(entry)
        for title in entry.titles:
            by_title.setdefault(fold(title), []).append(entry)
    return Index(
        dictionary=dictionary,
        automaton=BytesAhoCorasick([pattern.encode() for pattern in senses]),
        patterns=tuple(senses),
        senses=tuple(tuple(found) for found in senses.values()),
        kinds=_shared(frozenset(sense.kind for sense in found) for found in senses.values()),
        codes=_shared(frozenset(s.entry.error.code for s in found if s.entry is not None) for found in senses.values()),
        by_number={number: tuple(entries) for number, entries in by_number.items()},
        numbers=frozenset(by_number),
        by_title={title: tuple(entries) for title, entries in by_title.items()},
        titles={entry.error: tuple(fold(title) for title in entry.titles) for entry in dictionary.entries},
        families=_families(dictionary),
        plain_numbers=frozenset(
            entry.error.code
            for entry in dictionary.entries
            if entry.context == "any" and entry.error.namespace in ("gupshup", "meta")
        ),
    )


def _shared(sets: Iterable[frozenset[str]]) -> tuple[frozenset[str], ...]:
    """Equal ones are one: thousands of phrases have one of a few hundred sets."""
    known: dict[frozenset[str], frozenset[str]] = {}
    return tuple(known.setdefault(each, each) for each in sets)


def _patterns(dictionary: Dictionary) -> Iterator[tuple[str, Sense]]:
    for phrase, cue in phrases():
        yield _pattern(phrase), Sense(cue.label, cue=cue.id)
    for word in _SECRET_WORDS:
        yield word, Sense(TELLTALE)
    for word in NAMES:
        yield word, Sense(OF_CODES)
    for entry in dictionary.entries:
        # Of Meta's numbers the long ones: the short ones are everybody's.
        if entry.error.namespace in ("gupshup", "gupshup_http") or (
            entry.error.namespace == "meta" and re.fullmatch(r"13[0-9]{4}", entry.error.code)
        ):
            for form in spoken_forms(entry.error.code):
                yield f" {form}", Sense(SPOKEN, entry)
        for wording in entry.wordings:
            yield _pattern(wording), Sense(WORDING, entry)
        for title in entry.titles:
            if len(fold(title)) > 2:
                yield _pattern(title), Sense(TITLE, entry)
        for support in entry.supports:
            yield _pattern(support), Sense(SUPPORT, entry)
        for variant in entry.variants:
            for wording in variant.wordings:
                yield _pattern(wording), Sense(VARIANT if variant.only_with_code else WORDING, entry, variant.name)


def _pattern(phrase: str) -> str:
    """Spaces on both sides are word boundaries; a trailing `*` leaves the end open."""
    folded = fold(phrase)
    return f" {folded}" if phrase.endswith("*") else f" {folded} "


def _families(dictionary: Dictionary) -> dict[tuple[str, int], Namespace]:
    counts: Counter[tuple[str, int, Namespace]] = Counter()
    for entry in dictionary.entries:
        code, namespace = entry.error.code, entry.error.namespace
        if namespace in ("gupshup", "meta") and re.fullmatch(r"[1-9][0-9]{3,6}", code):
            counts[code[:2], len(code), namespace] += 1
    return {(prefix, length): namespace for (prefix, length, namespace), count in counts.items() if count >= 3}
