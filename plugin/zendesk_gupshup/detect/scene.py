"""One text as the rules look at it: folded to the same length, with its words, lines, sentences and known phrases."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from zendesk_gupshup.detect.index import Index, Sense
from zendesk_gupshup.detect.reading import Text
from zendesk_gupshup.models import ErrorCode

_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_WORD = re.compile(r"[^\W_]+")
# Where a sentence may end; whether it does, `_sentences` looks at what follows.
_STOP = re.compile(r"[.!?;]{1,8}[\"')\]»”*_`]{0,4}(?=\s)|\n|[¿¡]")


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


# Everything that is part of no word becomes a space, as `_WORD` sees it.
_GAPS = {code: " " for code in range(128) if not chr(code).isalnum()}


def fold_same_length(text: str) -> str:
    if text.isascii():
        return text.lower()
    low = text.lower()
    if len(low) != len(text):  # "İ" becomes two characters
        low = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    return _NOT_ASCII.sub(lambda run: run[0].translate(_FOLDING), low)


@dataclass(frozen=True)
class Hit:
    start: int
    end: int
    sense: Sense


@dataclass(eq=False)
class Scene:
    """Offsets are those of `text.text`; `hits` are in the order of the text, by category."""

    text: Text
    index: Index
    number: int = 0
    low: str = field(init=False)
    joined: str = field(init=False)
    _latin: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.low = fold_same_length(self.text.text)
        # Words are Latin here; other scripts are gaps, so that no look-alike letter completes a word.
        self._latin = self.low if self.low.isascii() else self.low.encode("ascii", "replace").decode("ascii")
        self.joined = f" {' '.join(self._latin.translate(_GAPS).split())} "

    @cached_property
    def raw_hits(self) -> list[tuple[int, int, int]]:
        found: list[tuple[int, int, int]] = self.index.automaton.find_matches_as_indexes(self.joined, overlapping=True)
        return found

    @cached_property
    def starts(self) -> list[int]:
        return [word.start() for word in _WORD.finditer(self._latin)]

    @cached_property
    def words(self) -> list[str]:
        return self.joined.split()

    @cached_property
    def _joined_starts(self) -> list[int]:
        at, starts = 1, []
        for word in self.words:
            starts.append(at)
            at += len(word) + 1
        return starts

    @cached_property
    def hits(self) -> dict[str, list[Hit]]:
        hits: dict[str, list[Hit]] = {}
        for pattern, start, end in self.raw_hits:
            first = bisect_right(self._joined_starts, start + 1) - 1
            last = bisect_left(self._joined_starts, end) - 1
            if self.joined[end - 1] != " ":
                last = bisect_right(self._joined_starts, end - 1) - 1
            place = self.starts[first], self.starts[last] + len(self.words[last])
            for sense in self.index.senses[pattern]:
                hits.setdefault(sense.kind, []).append(Hit(*place, sense))
        for found in hits.values():
            found.sort(key=lambda hit: (hit.start, hit.end))
        return hits

    @cached_property
    def worded(self) -> frozenset[ErrorCode]:
        """Codes of which a title, wording or support occurs at all."""
        senses = self.index.senses
        return frozenset(
            s.entry.error for pattern, _, _ in self.raw_hits for s in senses[pattern] if s.entry is not None
        )

    @cached_property
    def kinds(self) -> frozenset[str]:
        """Which categories occur at all; cheaper than `hits`, which also says where."""
        return frozenset(sense.kind for pattern, _, _ in self.raw_hits for sense in self.index.senses[pattern])

    def within(self, kind: str, start: int, end: int) -> list[Hit]:
        """The hits of `kind` that begin in [start, end)."""
        found = self.hits.get(kind, [])
        first = bisect_left(found, start, key=lambda hit: hit.start)
        last = bisect_left(found, end, key=lambda hit: hit.start)
        return found[first:last]

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
        return [0, *_sentence_breaks(self.low)]

    def sentence(self, place: int) -> tuple[int, int]:
        number = bisect_right(self._sentence_starts, place) - 1
        end = self._sentence_starts[number + 1] if number + 1 < len(self._sentence_starts) else len(self.low)
        return self._sentence_starts[number], end

    def words_before(self, place: int, limit: int = 8) -> list[str]:
        """The words before `place` on its line, the nearest first."""
        start = self.line(place)[0]
        last = bisect_left(self.starts, place)
        first = max(bisect_left(self.starts, start), last - limit)
        return self.words[first:last][::-1]

    def words_after(self, place: int, limit: int = 6) -> list[str]:
        end = self.line(place)[1]
        first = bisect_left(self.starts, place)
        last = min(bisect_left(self.starts, end), first + limit)
        return self.words[first:last]


def _sentence_breaks(low: str) -> Iterator[int]:
    line_start = 0
    for stop in _STOP.finditer(low):
        end = stop.end()
        if stop[0] == "\n":
            # A long line that goes on in lower case was wrapped by the mail program.
            wrapped = end - line_start > 50 and low[end : end + 1].isalnum() and low[end - 2 : end - 1] not in ".!?:;|"
            line_start = end
            if not wrapped:
                yield end
        elif stop[0] in "¿¡":
            yield stop.start()
        elif stop[0][0] != "." or not _abbreviation(low, stop.start()):
            yield end


def _abbreviation(low: str, dot: int) -> bool:
    """`ext. 1005`, `p. ej. 1003`, `1. punto`: a short word or a number before the point."""
    before = re.search(r"[^\s]{1,12}$", low[max(0, dot - 12) : dot])
    word = before[0] if before else ""
    if len(word) > 5 and not word.isdigit():
        return False
    return (word.isdigit() and len(word) <= 2) or word in _ABBREVIATIONS


# fmt: off
_ABBREVIATIONS = frozenset({
    "ext", "ej", "p", "ex", "aprox", "sr", "sra", "srta", "ing", "dr", "dra", "lic", "no", "nro", "num", "tel", "telf",
    "cel", "art", "av", "avda", "depto", "dpto", "cod", "pag", "fig", "e", "g", "i", "vs", "etc", "mr", "mrs", "ms",
    "st", "approx", "ca", "bzw", "z", "b", "u",
})
# fmt: on
