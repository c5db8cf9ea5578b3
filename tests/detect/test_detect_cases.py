"""Invented tickets, one rule a line in one language, and what must be found in each: `detect_cases.jsonl`.

A case is added for a rule that none states yet, or for its words in another language; `claim` is the rule. A text that
only shows a miss belongs to the training texts.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.paths import TESTS
from zendesk_gupshup.detect import detect_text, is_error, reported, tells_anything
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.finding import Confidence

CASES = [json.loads(line) for line in (TESTS / "detect_cases.jsonl").read_text("utf-8").splitlines()]
IDS = [f"{case['claim']} [{case['lang']}]" for case in CASES]


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_case(case: dict[str, Any]) -> None:
    found = detect_text(case["subject"], case["body"], load())
    given = {str(finding.error) for finding in reported(found)} - set(case["optional"])
    assert given == set(case["codes"])
    assert is_error(found) == case["is_error"]


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_what_is_certain_is_right(case: dict[str, Any]) -> None:
    found = detect_text(case["subject"], case["body"], load())
    certain = {str(f.error) for f in found.findings if f.confidence is Confidence.CERTAIN}
    assert certain <= {*case["codes"], *case["optional"]}


def test_every_rule_is_stated_once_in_a_language() -> None:
    assert len(IDS) == len(set(IDS))


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_whether_a_text_tells_anything_is_what_detection_says_of_it(case: dict[str, Any]) -> None:
    found = detect_text(case["subject"], case["body"], load())
    anything = is_error(found) or bool(found.findings or found.dismissed)
    assert tells_anything(case["subject"], case["body"], load()) is anything
