"""How far a cue reaches and what takes it back, by what `labels.toml` says of its label."""

from __future__ import annotations

from zendesk_gupshup.detect.lexicon import Label, labels
from zendesk_gupshup.detect.patterns import pattern
from zendesk_gupshup.detect.scene import Hit, Scene


def reaching(scene: Scene, name: str, place: int, *, ahead: int = 0) -> list[Hit]:
    """The cues of that label that speak for what stands at `place`; of those before it, also some that begin `ahead`."""
    label = labels()[name]
    first, last = _bounds(scene, label, place)
    if label.direction == "before":
        last = min(last, place + ahead)
    if label.reach:
        first = max(first, place - label.reach)
    return [
        hit
        for hit in scene.within(name, first, last)
        if not _ends(scene, label, hit.end, place) and not is_beaten(scene, name, hit)
    ]


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
