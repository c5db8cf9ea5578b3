"""One text as the rules look at it: folded to the same length, with its words, lines, sentences and known phrases."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property, wraps
from itertools import accumulate
from operator import itemgetter
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

from zendesk_gupshup.detect.index import NO_CUES, Index, Sense
from zendesk_gupshup.detect.patterns import regex
from zendesk_gupshup.detect.reading import Text
from zendesk_gupshup.detect.sentences import sentence_breaks
from zendesk_gupshup.text.normalise import lower_same_length
from zendesk_gupshup.text.redaction import Masked, masked_part, masked_spans

# Two blanks and more; written out, for the engine looks for them at once.
_WIDE_GAP = regex("   *")
# With the gap after it, roughly: how far to look for so many words.
_WORD_LENGTH = 12
# What no phrase of a cue spans.
_BREAK = regex(r"[.!?;:]\s|\n\s{0,40}\n")


class _Folding(dict[int, str]):
    """One character for one character, so that every place in the folded text is a place in the text."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        plain = char
        # Letters lose their accents; of the digits only the full-width ones are digits that people type for codes.
        if char.isalpha() or 0xFF01 <= code <= 0xFF5E:
            plain = unicodedata.normalize("NFKD" if 0xFF00 <= code <= 0xFFEF else "NFD", char)[0].lower()
        self[code] = plain if len(plain) == 1 else char
        return self[code]


_FOLDING = _Folding()
# Letters that no decomposition parts from their stroke or their missing dot.
_FOLDING.update({ord(a): b for a, b in zip("ıłøđ", "ilod", strict=True)})
# The same for the bytes of Latin-1, in which most texts fit: some twenty times as fast.
_LATIN_1 = bytes(range(256)).decode("latin-1").lower().translate(_FOLDING).encode("latin-1")
# Everything that is part of no word becomes a space. Words are Latin here: no look-alike letter completes one.
_GAPS = bytes(code if chr(code).isascii() and chr(code).isalnum() else 32 for code in range(256))
_DIGITS = bytes(code if chr(code).isascii() and chr(code).isdigit() else 32 for code in range(256))
_SHAPE = bytes(
    b"d"[0] if code in b"0123456789" else b"."[0] if code in b".," else b"-"[0] if code in b" -" else b"x"[0]
    for code in range(256)
)
_MOST_LETTERS = 200


def fold_same_length(text: str) -> str:
    try:
        return text.encode("latin-1").translate(_LATIN_1).decode("latin-1")
    except UnicodeEncodeError:
        pass
    low = lower_same_length(text)
    letters = [char for char in set(low) if not char.isascii()]
    if len(letters) > _MOST_LETTERS:
        return low.translate(_FOLDING)
    for letter in letters:
        low = low.replace(letter, _FOLDING[ord(letter)])
    return low


def _collapsed(spaced: str) -> str:
    """One space for many: each round halves the longest run, and most texts need two."""
    spaced = f" {spaced.strip()} "
    while "  " in spaced:
        spaced = spaced.replace("  ", " ")
    return spaced


class Hit(NamedTuple):
    start: int
    end: int
    sense: Sense


@dataclass(eq=False)
class Scene:
    """Offsets are those of `text.text`. What only a text with a report needs is worked out when first asked for."""

    text: Text
    index: Index
    number: int = 0
    low: str = field(init=False)
    # `low` with one byte a character, `?` where Latin-1 lacks it.
    latin: bytes = field(init=False, repr=False)
    # The words alone, a space before and after each.
    joined: str = field(init=False)
    # Every run of digits, those of dates and prices in their parts.
    digits: frozenset[str] = field(init=False)
    # `d` for a digit, `.` for point and comma, `-` for blank and hyphen, `x` for all else.
    shape: bytes = field(init=False, repr=False)
    # Which categories occur at all.
    kinds: frozenset[str] = field(init=False)
    # The words where they stand in the text, everything else a space.
    _spaced: str = field(init=False, repr=False)
    _found: list[tuple[int, int, int]] = field(init=False, repr=False)
    _patterns: frozenset[int] = field(init=False, repr=False)
    _told: dict[str, list[Hit]] = field(init=False, repr=False, default_factory=dict)
    _hits: dict[str, list[Hit]] = field(init=False, repr=False, default_factory=dict)
    _hit_starts: dict[str, list[int]] = field(init=False, repr=False, default_factory=dict)
    # What functions under `once` found in it.
    remembered: dict[tuple[Any, ...], Any] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.text = self.text.in_plain_letters(self.index.hyphenation)
        self.low = fold_same_length(self.text.text)
        self.latin = self.low.encode("latin-1", "replace")
        self._spaced = self.latin.translate(_GAPS).decode("ascii")
        self.joined = _collapsed(self._spaced)
        self.digits = frozenset(self.latin.translate(_DIGITS).decode("ascii").split())
        self.shape = self.latin.translate(_SHAPE)
        self._found = self.index.automaton.find_matches_as_indexes(self.joined, overlapping=True)
        self._patterns = frozenset([pattern for pattern, _, _ in self._found])
        self.kinds = frozenset().union(*{self.index.kinds[pattern] for pattern in self._patterns})

    @cached_property
    def masked(self) -> tuple[Masked, ...]:
        """What is masked in the text as a whole, which is read for its quotes: half a key is known as none."""
        return masked_spans(self.text.written)

    def masked_quote(self, start: int, end: int) -> str:
        """The words of `text[start:end]` as they were written, masked as the whole text is."""
        start, end = self.text.span(start, end)
        return masked_part(self.text.written, self.masked, start, end)

    @cached_property
    def _wide_gaps(self) -> tuple[list[int], list[int]]:
        """Where in `joined` words follow a gap of several characters, and how far ahead the text is from there on."""
        gaps = [gap.span() for gap in _WIDE_GAP.finditer(f" {self._spaced}")]
        shifts = list(accumulate((end - start - 1 for start, end in gaps), initial=-1))
        return [0, *(start - shift for (start, _), shift in zip(gaps, shifts, strict=False))], shifts

    @cached_property
    def _by_kind(self) -> dict[str, list[tuple[int, int, int]]]:
        found: dict[str, list[tuple[int, int, int]]] = {kind: [] for kind in self.kinds}
        for match in self._found:
            for kind in self.index.kinds[match[0]]:
                found[kind].append(match)
        return found

    def speaks_of(self, numbers: frozenset[str]) -> bool:
        """Does a title, wording or support of such a code occur at all, whichever namespace it belongs to?"""
        codes = self.index.codes
        return any(not numbers.isdisjoint(codes[pattern]) for pattern in self._patterns)

    def told_of(self, number: str) -> list[Hit]:
        """The places of all phrases about the codes of that number, in the order of the text."""
        if number not in self._told:
            codes = self.index.codes
            self._told[number] = self._placed(
                (match, sense)
                for match in self._found
                if number in codes[match[0]]
                for sense in self.index.senses[match[0]]
                if sense.entry is not None and sense.entry.error.code == number
            )
        return self._told[number]

    def hits(self, kind: str) -> list[Hit]:
        """The places of `kind` in the order of the text."""
        if kind not in self.kinds:
            return []
        if kind not in self._hits:
            hits = self._placed(
                (match, sense)
                for match in self._by_kind[kind]
                for sense in self.index.senses[match[0]]
                if sense.kind == kind
            )
            # "No cambiamos nada. Urgente" does not say "nada urgente".
            hits = [hit for hit in hits if hit.sense.entry is not None or not self._broken(hit.start, hit.end)]
            self._hits[kind], self._hit_starts[kind] = hits, [hit.start for hit in hits]
        return self._hits[kind]

    def _placed(self, found: Iterable[tuple[tuple[int, int, int], Sense]]) -> list[Hit]:
        return sorted((Hit(*self._place(start, end), sense) for (_, start, end), sense in found), key=_start_and_end)

    def _broken(self, start: int, end: int) -> bool:
        return not self.low[start:end].isalnum() and _BREAK.search(self.low, start, end) is not None

    def _place(self, start: int, end: int) -> tuple[int, int]:
        """From places in `joined` to those in the text; a pattern that ends amid a word takes the whole word."""
        last = self.joined.find(" ", end - 1) - 1
        places, shifts = self._wide_gaps
        return (
            start + 1 + shifts[bisect_right(places, start + 1) - 1],
            last + 1 + shifts[bisect_right(places, last) - 1],
        )

    def within(self, kind: str, start: int, end: int) -> list[Hit]:
        """The hits of `kind` that begin in [start, end)."""
        found = self.hits(kind)
        if not found:
            return found
        starts = self._hit_starts[kind]
        return found[bisect_left(starts, start) : bisect_left(starts, end)]

    @cached_property
    def _cues(self) -> list[tuple[int, str]]:
        """Where cues begin and which, all labels together in the order of the text."""
        return sorted((hit.start, kind) for kind in self.kinds - NO_CUES for hit in self.hits(kind))

    def cues_within(self, start: int, end: int) -> set[str]:
        """The labels of the cues that begin in [start, end)."""
        cues = self._cues
        return {kind for _, kind in cues[bisect_left(cues, (start,)) : bisect_left(cues, (end,))]}

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(newline.end() for newline in re.finditer(r"\n", self.low))]

    def line(self, place: int) -> tuple[int, int]:
        number = bisect_right(self._line_starts, place) - 1
        return self._line(number)

    def _line(self, number: int) -> tuple[int, int]:
        start = self._line_starts[number]
        if number + 1 < len(self._line_starts):
            return start, self._line_starts[number + 1] - 1
        return start, len(self.low)

    def lines_around(self, place: int, before: int, after: int) -> tuple[int, int]:
        """From the start of the line `before` lines above to the end of the one `after` lines below."""
        number = bisect_right(self._line_starts, place) - 1
        first = max(0, number - before)
        last = min(len(self._line_starts) - 1, number + after)
        return self._line(first)[0], self._line(last)[1]

    @cached_property
    def _sentence_starts(self) -> list[int]:
        return [0, *sentence_breaks(self.low)]

    def sentence(self, place: int) -> tuple[int, int]:
        number = bisect_right(self._sentence_starts, place) - 1
        end = self._sentence_starts[number + 1] if number + 1 < len(self._sentence_starts) else len(self.low)
        return self._sentence_starts[number], end

    def words_before(self, place: int, limit: int = 8) -> list[str]:
        """The words before `place` on its line, the nearest first; one that goes on behind `place` is among them."""
        spaced, start, end = self._spaced, self.line(place)[0], self._word_end(place)
        reach = _WORD_LENGTH * limit
        while True:
            first = max(start, end - reach)
            words = spaced[first:end].split()
            # The first may be cut.
            if first == start or len(words) > limit:
                return words[: -limit - 1 : -1]
            reach *= 4

    def words_after(self, place: int, limit: int = 6) -> list[str]:
        spaced, start, end = self._spaced, self._word_end(place), self.line(place)[1]
        reach = _WORD_LENGTH * limit
        while True:
            last = min(end, start + reach)
            words = spaced[start:last].split()
            if last == end or len(words) > limit:
                return words[:limit]
            reach *= 4

    def _word_end(self, place: int) -> int:
        """The end of the word that goes on at `place`, where one does."""
        if place == 0 or self._spaced[place - 1 : place] == " ":
            return place
        end = self._spaced.find(" ", place)
        return end if end != -1 else len(self._spaced)


_start_and_end = itemgetter(0, 1)
_Asked = ParamSpec("_Asked")
_Found = TypeVar("_Found")


def once(find: Callable[Concatenate[Scene, _Asked], _Found]) -> Callable[Concatenate[Scene, _Asked], _Found]:
    """A function of a scene, and of a place in it, that several rules ask: worked out once for each scene and place."""

    @wraps(find)
    def asked(scene: Scene, /, *args: _Asked.args, **named: _Asked.kwargs) -> _Found:
        key = (find, *args)
        if key not in scene.remembered:
            scene.remembered[key] = find(scene, *args, **named)
        found: _Found = scene.remembered[key]
        return found

    return asked
