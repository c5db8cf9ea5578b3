"""What the models learn from: the candidates of labelled texts, their features, and whether each reports its code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from corpus import LabelledText
from zendesk_gupshup.detect.candidates import Candidate
from zendesk_gupshup.detect.features import Features
from zendesk_gupshup.detect.judgement import JudgedTexts, view_of
from zendesk_gupshup.detect.reading import read_plain
from zendesk_gupshup.dictionary.model import Dictionary

CASES = Path(__file__).parents[1] / "tests" / "detect_cases.jsonl"


@dataclass(frozen=True)
class Example:
    text: LabelledText
    candidate: Candidate
    features: Features
    # None where the label leaves it open.
    target: bool | None


def view(text: LabelledText, dictionary: Dictionary) -> JudgedTexts:
    return view_of(read_plain(text.subject, text.body)[0], dictionary)


def examples(text: LabelledText, seen: JudgedTexts) -> Iterator[Example]:
    for candidate in seen.candidates:
        yield Example(text, candidate, seen.extractor.features(candidate), _target(text, candidate))


def _target(text: LabelledText, candidate: Candidate) -> bool | None:
    entry = candidate.verdict.entry
    if entry is None:
        return text.is_error
    code = (entry.error.namespace, entry.error.code)
    # An error that shows only by its words has its number among the optional ones.
    if code in text.codes or (code in text.optional and text.is_error and candidate.way in ("wording", "title")):
        return True
    return None if code in text.optional else False


def cases() -> list[LabelledText]:
    """The suite's own cases: rules are right on all of them, and so they teach little about rules."""
    rows = [json.loads(line) for line in CASES.read_text("utf-8").splitlines()]
    return [
        LabelledText(
            id=f"{row['claim']} {row['lang']}", file="cases", author="cases", kind="case", lang=row["lang"],
            subject=row["subject"], body=row["body"], is_error=row["is_error"], codes=_codes(row["codes"]),
            optional=_codes(row["optional"]), escalation=None,
        )
        for row in rows
    ]  # fmt: skip


def dictionary_examples(dictionary: Dictionary) -> list[LabelledText]:
    """What each entry must and must not match; about other codes an example says nothing."""
    everything = frozenset((e.error.namespace, e.error.code) for e in dictionary.entries)
    made = []
    for entry in dictionary.entries:
        code = (entry.error.namespace, entry.error.code)
        for at, (body, reports) in enumerate(
            [*((e, not entry.success) for e in entry.examples), *((e, False) for e in entry.counter_examples)]
        ):
            made.append(
                LabelledText(
                    id=f"{entry.error} {at}", file="dictionary", author="dictionary", kind="example", lang="",
                    subject="", body=body, is_error=reports, codes=frozenset({code}) if reports else frozenset(),
                    optional=everything - {code}, escalation=None,
                )
            )  # fmt: skip
    return made


def _codes(names: list[str]) -> frozenset[tuple[str, str]]:
    return frozenset((name.split(" ", 1)[0], name.split(" ", 1)[1]) for name in names)
