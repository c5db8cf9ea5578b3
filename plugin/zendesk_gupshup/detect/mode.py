"""Why the words that name an error do not report it: imagined, recalled, wished, or written on paper only."""

from __future__ import annotations

from zendesk_gupshup.detect.document import Document, is_denied
from zendesk_gupshup.detect.imagined import conditional, hypothetical
from zendesk_gupshup.detect.papers import handled, on_paper, programmed, simulated
from zendesk_gupshup.detect.reach import reaching
from zendesk_gupshup.detect.scene import Scene
from zendesk_gupshup.model.detection_reasons import DismissalReason
from zendesk_gupshup.model.reason import Reason


def why_no_report(document: Document, scene: Scene, start: int, *, topic: bool = False) -> Reason | None:
    """Why the words from `start` on do not report what they name; none where nothing speaks against it."""
    first, last = scene.sentence(start)
    return (
        conditional(scene, first, start)
        or hypothetical(scene, first, start, last, topic=topic)
        or _solved_here(document, scene, start)
        or on_paper(scene, start)
        or _wished(scene, start)
        or handled(scene, start)
        or simulated(scene, start)
        or programmed(scene, start)
        or _changed(document)
    )


def _changed(document: Document) -> Reason | None:
    if document.changes and not document.has("occurred", "before_us"):
        return DismissalReason.CHANGE(quote=document.changes)
    return None


def _solved_here(document: Document, scene: Scene, start: int) -> Reason | None:
    if document.is_paper:
        return None
    for hit in reaching(scene, "solved", start):
        if not is_denied(scene, hit):
            return DismissalReason.SOLVED(quote=scene.text.text[hit.start : hit.end])
    return None


def _wished(scene: Scene, start: int) -> Reason | None:
    for hit in reaching(scene, "wish", start):
        return DismissalReason.WISH(quote=scene.text.text[hit.start : hit.end])
    return None
