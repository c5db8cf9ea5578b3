"""Why a certain error may be no open case of the writer's own: read on paper, taught, another's, expected, or over."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources

from zendesk_gupshup.detect.scene import Scene
from zendesk_gupshup.model.detection_reasons import WithheldReason
from zendesk_gupshup.model.reason import Reason

_NAMES = {
    "documentation": WithheldReason.DOCUMENTATION,
    "training": WithheldReason.TRAINING,
    "competitor": WithheldReason.COMPETITOR,
    "newsletter": WithheldReason.NEWSLETTER,
    "expected_by_check": WithheldReason.EXPECTED_BY_CHECK,
    "over": WithheldReason.OVER,
}


@lru_cache(maxsize=1)
def _phrases() -> dict[WithheldReason, tuple[str, ...]]:
    tables = tomllib.loads((resources.files(__package__) / "situations.toml").read_text(encoding="utf-8"))
    return {_NAMES[name]: tuple(phrases) for name, phrases in tables.items()}


def reasons_to_withhold(scenes: Iterable[Scene]) -> tuple[Reason, ...]:
    """One for each situation that any of the texts tells, with its words."""
    said = [scene.joined for scene in scenes]
    found = (
        (name, phrase)
        for name, phrases in _phrases().items()
        for phrase in phrases
        if any(f" {phrase} " in s for s in said)
    )
    first: dict[WithheldReason, str] = {}
    for name, phrase in found:
        first.setdefault(name, phrase)
    return tuple(name(quote=phrase) for name, phrase in first.items())
