"""How the detector judges each example of a code: what `codes lint` prints, so that an own code can be put right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from zendesk_gupshup.detect import detect_text
from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.dictionary.model import CodeEntry
from zendesk_gupshup.model.finding import Confidence


@dataclass(frozen=True)
class LintRow:
    """One example or counter-example, and what was found of its code."""

    entry: CodeEntry
    text: str
    wanted: bool
    confidence: Confidence | None
    # What the models give it, in percent: the words around the code, and the whole text.
    place: int | None
    whole: int | None

    @property
    def passes(self) -> bool:
        reported = self.confidence in (Confidence.LIKELY, Confidence.CERTAIN)
        return reported == self.wanted


def lint(entries: Iterable[CodeEntry], dictionary: Dictionary) -> Iterator[LintRow]:
    for entry in entries:
        if entry.success:
            continue
        for text in entry.examples:
            yield _row(entry, text, dictionary, wanted=True)
        for text in entry.counter_examples:
            yield _row(entry, text, dictionary, wanted=False)


def _row(entry: CodeEntry, text: str, dictionary: Dictionary, *, wanted: bool) -> LintRow:
    found = next((f for f in detect_text("", text, dictionary).findings if f.error == entry.error), None)
    chances = (
        {w.name: round(100 * w.probability) for w in found.witnesses if w.probability is not None} if found else {}
    )
    confidence = found.confidence if found else None
    return LintRow(entry, text, wanted, confidence, chances.get("candidate"), chances.get("document"))
