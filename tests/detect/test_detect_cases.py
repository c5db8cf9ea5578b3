"""Invented tickets, one claim a line, and what must be found in each: `detect_cases.jsonl`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.paths import TESTS
from zendesk_gupshup.detect import detect_text, is_error, reported
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.finding import Confidence

CASES = [json.loads(line) for line in (TESTS / "detect_cases.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("case", CASES, ids=[case["claim"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    found = detect_text(case["subject"], case["body"], load())
    given = {str(finding.error) for finding in reported(found)} - set(case["optional"])
    assert given == set(case["codes"])
    assert is_error(found) == case["is_error"]


@pytest.mark.parametrize("case", CASES, ids=[case["claim"] for case in CASES])
def test_what_is_certain_is_right(case: dict[str, Any]) -> None:
    found = detect_text(case["subject"], case["body"], load())
    certain = {str(f.error) for f in found.findings if f.confidence is Confidence.CERTAIN}
    assert certain <= {*case["codes"], *case["optional"]}


def test_every_claim_is_made_once() -> None:
    claims = [case["claim"] for case in CASES]
    assert len(claims) == len(set(claims))
