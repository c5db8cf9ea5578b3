"""No figure of the detector falls: on texts that nobody who edits it reads, and on their synthetic relatives."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

from support.paths import TESTS
from zendesk_gupshup.detect import detect_text
from zendesk_gupshup.dictionary import load

TABLE: dict[str, dict[str, Any]] = json.loads((TESTS.parent / "docs" / "detection-figures.json").read_text("utf-8"))
# Counts of which each figure is made; a fall is one of more wrong or missed than chance would give on so many texts.
MEASURES = ("is_error", "codes", "escalation")


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


def fallen(now: dict[str, Any], before: dict[str, Any]) -> list[str]:
    """Which figures of one row are worse than chance explains; what is certain may not be wrong by chance either."""
    found = [] if now["texts"] == before["texts"] else ["texts"]
    for measure in MEASURES:
        faults = before[measure]["wrong"] + before[measure]["missed"]
        if now[measure]["wrong"] + now[measure]["missed"] > faults + noise(faults):
            found.append(measure)
    found += [f"{told} and wrong" for told in ("certain", "public") if now[told]["wrong"] > before[told]["wrong"]]
    right = before["certain"]["right"]
    return [*found, "certain and right"] if now["certain"]["right"] < right - noise(right) else found


def test_no_figure_falls_and_what_is_certain_stays_right(shared: Path) -> None:
    """One test for all: each process of a run that had some of them would read all texts."""
    now = measured(shared / "corpus")
    assert {name: fallen(now[name], before) for name, before in TABLE.items()} == {name: [] for name in TABLE}
