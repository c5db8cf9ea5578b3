"""Who is named near a number: looked up in lists made once a text, which may hold thousands of names and numbers."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from zendesk_gupshup.detect.lexicon import words
from zendesk_gupshup.detect.patterns import pattern
from zendesk_gupshup.detect.scene import Hit, Scene, once

_NEGATOR = words("negator")
_ASKED = pattern("context.asked")


def nearest_names(scene: Scene, first: int, last: int, start: int, end: int) -> list[tuple[float, str]]:
    """Of each owner whose name begins in [first, last) the nearest one before the number and the nearest after."""
    return [
        (distance(*name, start, end), owner)
        for owner, before, behind in _names(scene)
        for name in (before.last_within(first, start), behind.first_within(first, last, start))
        if name is not None and name[0] < last
    ]


def distance(left: int, right: int, start: int, end: int) -> float:
    return float(start - right) if right <= start else 1.5 * max(0, left - end)


class NamePlaces:
    """The places of an owner's names, in the order of the text. Looked up, not walked through: a text may hold thousands."""

    def __init__(self, places: Iterable[tuple[int, int]]) -> None:
        self._by_start = sorted(places)
        self._by_end = sorted(self._by_start, key=_end)
        self._longest = max((end - start for start, end in self._by_start), default=0)

    def last_within(self, first: int, place: int) -> tuple[int, int] | None:
        """The one with the last end up to `place`, of those that begin at `first` or later."""
        for at in range(bisect_right(self._by_end, place, key=_end) - 1, -1, -1):
            if self._by_end[at][1] <= first:
                return None
            if self._by_end[at][0] >= first:
                return self._by_end[at]
        return None

    def first_within(self, first: int, last: int, place: int) -> tuple[int, int] | None:
        """The first that begins in [first, last) and ends behind `place`."""
        names = self._by_start
        for at in range(bisect_left(names, (max(first, place - self._longest), 0)), len(names)):
            if names[at][0] >= last:
                return None
            if names[at][1] > place:
                return names[at]
        return None


def _end(place: tuple[int, int]) -> int:
    return place[1]


@once
def _names(scene: Scene) -> list[tuple[str, NamePlaces, NamePlaces]]:
    """Of each owner the names that count before a number, and those that count behind one."""
    before: dict[str, list[tuple[int, int]]] = {}
    behind: dict[str, list[tuple[int, int]]] = {}
    for kind, owner in (("gupshup", "gupshup"), ("vendor", "other"), ("own", "other"), ("meta_access", "meta")):
        for hit in scene.hits(kind):
            if not _counts(scene, hit, owner):
                continue
            behind.setdefault(owner, []).append((hit.start, hit.end))
            if kind != "own" or scene.words_before(hit.start, 1)[:1] not in _ORIGIN:
                before.setdefault(owner, []).append((hit.start, hit.end))
    return [(owner, NamePlaces(before.get(owner, ())), NamePlaces(places)) for owner, places in behind.items()]


def _counts(scene: Scene, hit: Hit, owner: str) -> bool:
    """Does the hit name a system that may have answered?"""
    if owner == "other":
        return not _denied(scene, hit) and _acts(scene, hit)
    if owner == "gupshup":
        return not _ASKED.match(scene.low, hit.end) and not _names_a_path(scene, hit)
    return True


_KEYS = frozenset({"key", "keys", "apikey", "token", "clave", "chave"})


def _denied(scene: Scene, hit: Hit) -> bool:
    """`Not our API`, `no es nuestro servidor`, `descartamos nuestro servidor`; and `our API key` is no system."""
    if _KEYS.intersection(scene.words_after(hit.end, 1)):
        return True
    return any(
        word in _NEGATOR or word.startswith(("descart", "ruled", "exclu")) for word in scene.words_before(hit.start, 2)
    )


# Words that begin so tell what the writer did with a system, and not what it did.
_MOVED = (
    "move", "migrat", "chang", "restart", "reinici", "mudam", "mudou", "migram", "cambi", "traslad", "deploy", "updat",
    "stor", "upload", "hosped", "subi", "guarda",
)  # fmt: skip
_HANDS = 4


def _acts(scene: Scene, hit: Hit) -> bool:
    """`Our server returns`, but not `we moved our middleware to a new host`, `since I moved the files to SharePoint`."""
    first = scene.sentence(hit.start)[0]
    before = scene.words_before(hit.start, _HANDS)[: scene.low.count(" ", first, hit.start)]
    return not any(word.startswith(_MOVED) for word in before)


# "From our server any call gets 401": where the call begins; behind the number it is who gave it.
_ORIGIN = (["from"], ["desde"])


def _names_a_path(scene: Scene, hit: Hit) -> bool:
    """`/hooks/gupshup` is a path of one's own; `/wa/api/v1` is one of Gupshup's."""
    return scene.low[hit.start - 1 : hit.start] == "/" and scene.low.startswith("gup", hit.start)
