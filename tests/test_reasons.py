"""The words of the detector in the language of the note: each phrase that arises has its translation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from zendesk_gupshup.detect import detect_text
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.models import Language
from zendesk_gupshup.reasons import in_language

CASES = [json.loads(line) for line in (Path(__file__).parent / "detect_cases.jsonl").read_text("utf-8").splitlines()]


def phrases() -> set[str]:
    found = (detect_text(case["subject"], case["body"], load()) for case in CASES)
    findings = [finding for detection in found for finding in detection.findings]
    return {a for finding in findings for a in finding.against} | {e.rule for f in findings for e in f.evidence}


@pytest.mark.parametrize("language", ["es", "pt"])
def test_every_rule_and_every_doubt_is_translated(language: Language) -> None:
    assert {phrase for phrase in phrases() if in_language(phrase, language) == phrase} == set()


def test_what_a_phrase_quotes_stays() -> None:
    assert in_language('number after "error"', "es") == "número después de «error»"
    assert in_language("meta_onprem 1003: the words fit less", "pt") == "meta_onprem 1003: as palavras combinam menos"


def test_a_file_keeps_its_name() -> None:
    assert in_language("worker: 2.log: larger than 2048 kB", "es") == "worker: 2.log: mayor que 2048 kB"
    assert in_language("a.png: a picture", "pt") == "a.png: uma imagem"


def test_english_and_unknown_phrases_stay_as_they_are() -> None:
    assert in_language("a picture", "en") == "a picture"
    assert in_language("something new", "es") == "something new"
