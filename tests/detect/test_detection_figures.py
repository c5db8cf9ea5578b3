"""No figure of the detector falls: on texts that nobody who edits it reads, and on their synthetic relatives."""

from __future__ import annotations

import json
import math
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from support.paths import TESTS
from zendesk_gupshup.detect import detect_text
from zendesk_gupshup.dictionary import load

TABLE: dict[str, dict[str, Any]] = json.loads((TESTS.parent / "docs" / "detection-figures.json").read_text("utf-8"))
# Counts of which each figure is made; a fall is one of more wrong or missed than chance would give on so many texts.
MEASURES = ("is_error", "codes", "escalation")


@cache
def measured(corpus: Path) -> dict[str, dict[str, Any]]:
    sys.path.insert(0, str(TESTS.parent / "benchmarks"))
    try:
        from detection_figures import measured as measure
    finally:
        sys.path.pop(0)
    table = measure(lambda text: detect_text(text.subject, text.body, load()), corpus)
    return {name: figures.as_json() for name, figures in table.items()}


def noise(errors: int) -> float:
    """One standard deviation of a count, and one for a count of none."""
    return max(1.0, math.sqrt(errors))


@pytest.mark.parametrize("name", TABLE)
def test_no_figure_falls(shared: Path, name: str) -> None:
    now, before = measured(shared / "corpus")[name], TABLE[name]
    assert now["texts"] == before["texts"]
    for measure in MEASURES:
        faults = before[measure]["wrong"] + before[measure]["missed"]
        assert now[measure]["wrong"] + now[measure]["missed"] <= faults + noise(faults), measure


@pytest.mark.parametrize("name", TABLE)
def test_what_is_certain_stays_right(shared: Path, name: str) -> None:
    now, before = measured(shared / "corpus")[name], TABLE[name]
    assert now["certain"]["wrong"] <= before["certain"]["wrong"]
    assert now["public"]["wrong"] <= before["public"]["wrong"]
    assert now["certain"]["right"] >= before["certain"]["right"] - noise(before["certain"]["right"])
