"""Labelled texts of our own: the suite's cases and the dictionary's examples."""

from __future__ import annotations

import json
from pathlib import Path

from corpus import LabelledText
from zendesk_gupshup.dictionary.model import Dictionary

CASES = Path(__file__).parents[1] / "tests" / "detect_cases.jsonl"


def cases() -> list[LabelledText]:
    """The suite's own cases: rules are right on all of them, and so they teach little about rules."""
    rows = [json.loads(line) for line in CASES.read_text("utf-8").splitlines()]
    return [
        LabelledText(
            id=row["claim"], file="cases", author="cases", kind="case", lang="", subject=row["subject"],
            body=row["body"], is_error=row["is_error"], codes=_codes(row["codes"]),
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
