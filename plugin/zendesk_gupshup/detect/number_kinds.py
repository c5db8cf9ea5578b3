"""Numbers masked by kind: no model ever sees a code, so that one of a user's own file is judged like the shipped ones."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate

from zendesk_gupshup.detect.index import Index
from zendesk_gupshup.detect.patterns import regex
from zendesk_gupshup.detect.scene import Scene, once

_TOKEN = regex(r"[^\W_]+")
_PIECES = regex(r"([^\W_]+)")
_LONGEST = 24


def tokens(low: str, index: Index) -> list[str]:
    """The words of a folded text; a token with a digit is replaced by its kind."""
    return _masked(_TOKEN.findall(low), index)


def _masked(words: Iterable[str], index: Index) -> list[str]:
    return [word if word.isalpha() and len(word) <= _LONGEST else kind_of_number(word, index) for word in words]


# Characters of which the words are kept with their places; candidates far behind them are few.
_KEPT = 20_000


@dataclass(frozen=True, eq=False)
class Said:
    """A folded text whose words are asked for again and again, by their places."""

    low: str
    index: Index

    @cached_property
    def _pieces(self) -> list[str]:
        """What is no word, and a word, in turn."""
        return _PIECES.split(self.low[:_KEPT])

    @cached_property
    def written(self) -> list[str]:
        """The first words as they are written."""
        return self._pieces[1::2]

    @cached_property
    def _words(self) -> list[str]:
        return _masked(self.written, self.index)

    @cached_property
    def _places(self) -> list[int]:
        """Where each piece ends."""
        return list(accumulate(map(len, self._pieces)))

    @cached_property
    def _starts(self) -> list[int]:
        return self._places[:-1:2]

    @cached_property
    def _ends(self) -> list[int]:
        return self._places[1::2]

    def between(self, start: int, end: int) -> list[str]:
        """The same as the tokens of `low[start:end]`, which may begin and end amid a word."""
        if min(end, len(self.low)) > _KEPT:
            return tokens(self.low[start:end], self.index)
        first, last = bisect_right(self._ends, start), bisect_left(self._starts, end)
        words = self._words[first:last]
        if words:
            self._cut(words, 0, first, start, end)
            self._cut(words, -1, last - 1, start, end)
        return words

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Where the words from the first to the last stand, by their numbers in `written`."""
        return self._starts[first], self._ends[last]

    def count(self, start: int, end: int) -> int:
        """How many words `low[start:end]` holds, those that it cuts among them."""
        if min(end, len(self.low)) > _KEPT:
            return len(_TOKEN.findall(self.low, start, end))
        return max(0, bisect_left(self._starts, end) - bisect_right(self._ends, start))

    def _cut(self, words: list[str], place: int, number: int, start: int, end: int) -> None:
        first, last = self._starts[number], self._ends[number]
        if first < start or last > end:
            (words[place],) = tokens(self.low[max(first, start) : min(last, end)], self.index)


@lru_cache(maxsize=8192)
def kind_of_number(token: str, index: Index) -> str:
    """`<meta6>`, `<own4>`, `<401>`: what a number could be, never which one it is."""
    entries = index.by_number.get(token)
    size = len(token)
    if token in ("401", "403"):
        return f"<{token}>"
    if size == 3 and token.isdigit() and token[0] in "245":
        return f"<{token[0]}xx>"
    if entries:
        namespaces = {entry.error.namespace for entry in entries}
        if "gupshup" in namespaces:
            return "<own4>" if size >= 4 else "<own>"
        if "meta" in namespaces:
            return "<meta6>" if size >= 5 else "<graph>"
        return "<enterprise>" if "gupshup_enterprise" in namespaces else "<onprem>" if size > 2 else "<d>"
    if token.isdigit():
        return f"<d{min(size, 9)}>"
    return "<long>" if token.isalpha() else "<mixed>"


@once
def said(scene: Scene) -> Said:
    """The words of the scene's own text."""
    return Said(scene.low, scene.index)


# Kinds of numbers that are seldom anything else: what no rule reports may be one of them.
_TELLING = frozenset({"<own4>", "<meta6>", "<401>", "<403>", "<enterprise>"})


def is_telling(code: str, index: Index) -> bool:
    return kind_of_number(code, index) in _TELLING
