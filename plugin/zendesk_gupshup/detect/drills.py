"""Alerts that somebody set off to try them, and results that a how-to shows: no error happened.

Every pattern has bounded reach, and is asked only where a number or a wording was found.
"""

from __future__ import annotations

from collections.abc import Iterable

from zendesk_gupshup.detect.patterns import pattern
from zendesk_gupshup.detect.scene import Scene
from zendesk_gupshup.model.detection_reasons import DismissalReason
from zendesk_gupshup.model.reason import Reason

_TRIED = pattern("drills.tried")
# What one of these never lacks; looked for first, so that the patterns run in few texts.
_HINTS = ("alert", "alarm", "pager", "monitor", "grafana", "datadog", "on call", "on-call", "oncall")
_BY_HAND = pattern("drills.by_hand")
_NOTHING = pattern("drills.nothing")


def drill(scenes: Iterable[Scene]) -> str:
    """The words by which somebody owns to have set off the alarm, where they also wave it off; else empty."""
    texts = [scene.low for scene in scenes]
    if not any(word in low for low in texts for word in _HINTS):
        return ""
    tried = next(filter(None, map(_TRIED.search, texts)), None)
    by_hand = next(filter(None, map(_BY_HAND.search, texts)), None)
    owned = tried or by_hand
    if owned is None:
        return ""
    return owned[0] if (tried and by_hand) or any(map(_NOTHING.search, texts)) else ""


_RESULT = pattern("drills.result")
_THEN = pattern("drills.then")


def shown_result(scene: Scene, start: int, end: int) -> Reason | None:
    """`Bad token: returns {...}`, `{...} In that case follow step 4`: what a how-to says that one may see."""
    if found := _RESULT.search(scene.low, max(0, start - 160), start):
        return _example(scene.text.text[found.start() : found.end()])
    # Behind a payload only: a person's "in that case" follows what happened.
    if scene.low[end - 1] == "}" and (found := _THEN.match(scene.low, end, end + 160)):
        return _example(" ".join(found[0].split()).lstrip("`*_>)}]. "))
    return None


def _example(words: str) -> Reason:
    return DismissalReason.EXAMPLE_RESULT(quote=" ".join(words.split())[:40])
