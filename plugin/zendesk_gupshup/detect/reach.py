"""How far a cue reaches and what takes it back, by what `labels.toml` says of its label."""

from __future__ import annotations

from bisect import bisect_left

from zendesk_gupshup.detect.lexicon import Label, labels
from zendesk_gupshup.detect.patterns import pattern
from zendesk_gupshup.detect.scene import Hit, Scene, once


def reaching(scene: Scene, name: str, place: int, *, ahead: int = 0) -> list[Hit]:
    """The cues of that label that speak for what stands at `place`; of those before it, also some that begin `ahead`."""
    label = labels()[name]
    first, last = _bounds(scene, label, place)
    if label.direction == "before":
        last = min(last, place + ahead)
    if label.reach:
        first = max(first, place - label.reach)
    standing, starts = _standing(scene, name)
    found: list[Hit] = []
    ended = -1
    for hit in reversed(standing[bisect_left(starts, first) : bisect_left(starts, last)]):
        # What ends the reach of a cue ends that of all before it: they need no search.
        if hit.end <= ended:
            continue
        if _ends(scene, label, hit.end, place):
            ended = hit.end
        else:
            found.append(hit)
    found.reverse()
    return found


@once
def _standing(scene: Scene, name: str) -> tuple[list[Hit], list[int]]:
    """The cues of that label that nothing takes back, and where they begin."""
    standing = [hit for hit in scene.hits(name) if not is_beaten(scene, name, hit)]
    return standing, [hit.start for hit in standing]


def is_beaten(scene: Scene, name: str, hit: Hit) -> bool:
    """Does something else in the cue's sentence or line take it back? "No volvió a salir" holds "volvió a"."""
    label = labels()[name]
    return any(
        not hit.start <= other.start < hit.end
        for beating in label.beaten_by
        for other in scene.within(beating, *_bounds(scene, label, hit.start))
    )


def _bounds(scene: Scene, label: Label, place: int) -> tuple[int, int]:
    return scene.line(place) if label.scope == "line" else scene.sentence(place)


def _ends(scene: Scene, label: Label, start: int, end: int) -> bool:
    """Does anything between the cue and the place end its reach?"""
    return any(
        pattern(name).search(scene.low, start, end) if "." in name else scene.within(name, start, end)
        for name in label.ends_at
    )
