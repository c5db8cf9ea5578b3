"""Each entry of the dictionary is found in its own examples, not in its counter-examples, and in no other entry's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from zendesk_gupshup.detect import detect_text, reported
from zendesk_gupshup.dictionary import CodeEntry, load
from zendesk_gupshup.model.finding import Confidence


def _named(field: str) -> Iterator[object]:
    for entry in load().entries:
        for number, text in enumerate(getattr(entry, field), 1):
            yield pytest.param(entry, text, id=f"{entry.error.slug}-{number}")


@pytest.mark.parametrize(("entry", "text"), list(_named("examples")))
def test_an_example_yields_its_code_and_no_other(entry: CodeEntry, text: str) -> None:
    found = [finding.error for finding in reported(detect_text("", text, load()))]
    assert found == ([] if entry.success else [entry.error])


@pytest.mark.parametrize(("entry", "text"), list(_named("counter_examples")))
def test_a_counter_example_does_not_yield_the_code(entry: CodeEntry, text: str) -> None:
    found = detect_text("", text, load())
    assert entry.error not in [finding.error for finding in reported(found)]
    assert not [f for f in found.findings if f.error == entry.error and f.confidence is Confidence.CERTAIN]
