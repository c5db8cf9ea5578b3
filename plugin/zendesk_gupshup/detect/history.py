"""Codes in the quoted history of a first message: reported again where the new words above say that it persists."""

from __future__ import annotations

from dataclasses import replace

from zendesk_gupshup.detect.candidates import Candidate
from zendesk_gupshup.detect.document import Document
from zendesk_gupshup.detect.scene import Scene
from zendesk_gupshup.detect.verdicts import verdicts

_MOST = 20
# New words of more than this tell their own story.
_LONGEST_ABOVE = 1500


def histories(scenes: tuple[Scene, ...]) -> tuple[Candidate, ...]:
    """What the rules find in the cut part, as candidates that no rule reports."""
    return tuple(candidate for scene in scenes if scene.text.uncut for candidate in _in_history(scene))


def _in_history(scene: Scene) -> list[Candidate]:
    own = scene.text
    if len(own.text.split()) > _LONGEST_ABOVE:
        return []
    whole = Scene(replace(own, text=own.uncut, uncut="", origin=None), scene.index, scene.number)
    found: list[Candidate] = []
    for verdict in verdicts(Document((whole,))):
        start, end = whole.text.span(verdict.start, verdict.end)
        if verdict.entry is not None and not own.written[start:end].strip():
            found.append(Candidate("history", verdict))
    return found[:_MOST]
