"""A text as its reader sees it, for the rules of masking: one piece where a key was broken, plain where it was encoded.

Every place in the result is known as a place in the text itself.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from zendesk_gupshup.text.broken_tokens import joined
from zendesk_gupshup.text.decoding import HINT, Edit, decoded, in_latin


@dataclass(frozen=True)
class Unfolded:
    """`text` is what a reader sees; `place` leads back to where it was written."""

    text: str
    # The steps, the last one first: where each of its pieces begins, here and there.
    _steps: tuple[_Step, ...] = ()

    def place(self, start: int, end: int) -> tuple[int, int]:
        for step in self._steps:
            start, end = step.start(start), step.end(end)
        return start, end


@dataclass(frozen=True)
class _Step:
    # Places behind each edit, here and there.
    here: list[int]
    there: list[int]
    # Where an edit left a character: its place here, and from where to where the edit reaches there.
    kept: dict[int, tuple[int, int]]

    def start(self, place: int) -> int:
        if place in self.kept:
            return self.kept[place][0]
        at = bisect_right(self.here, place) - 1
        return self.there[at] + place - self.here[at]

    def end(self, place: int) -> int:
        """Behind the last character, so that what is cut out after it stays."""
        if place == 0:
            return 0
        return self.kept[place - 1][1] if place - 1 in self.kept else self.start(place - 1) + 1


def unfolded(text: str) -> Unfolded:
    """Nothing is copied where nothing is broken or encoded, which is most texts."""
    steps: list[_Step] = []
    seen = text if text.isascii() else in_latin(text)
    # What an entity or an escape stands for may be a tag or another escape: `&amp;shy;`, `\\u003cwbr\\u003e`.
    for _ in range(4):
        if not HINT.search(seen):
            break
        edits = list(decoded(seen))
        if not edits:
            break
        seen, step = _edited(seen, edits)
        seen = seen if seen.isascii() else in_latin(seen)
        steps.append(step)
    if edits := list(joined(seen)):
        seen, step = _edited(seen, edits)
        steps.append(step)
    return Unfolded(seen, tuple(reversed(steps)))


def _edited(text: str, edits: Iterable[Edit]) -> tuple[str, _Step]:
    parts: list[str] = []
    here, there, kept = [0], [0], dict[int, tuple[int, int]]()
    at = size = 0
    for start, end, instead in edits:
        parts += (text[at:start], instead)
        size += start - at
        if instead:
            kept[size] = (start, end)
        size += len(instead)
        if here[-1] == size:
            there[-1] = end
        else:
            here.append(size)
            there.append(end)
        at = end
    return "".join((*parts, text[at:])), _Step(here, there, kept)
