"""How the detector judges each example of a code: what `codes lint` prints, so that an own code can be put right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from zendesk_gupshup.cli.codes_show import same_number
from zendesk_gupshup.detect import detect_text, reported
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


def replaced(entries: Iterable[CodeEntry], shipped: Dictionary) -> Iterator[str]:
    """A line for each entry that stands in place of a shipped one."""
    for entry in entries:
        old = shipped.get(entry.error)
        if old and old != entry:
            yield f"{entry.error}: replaces the shipped entry “{old.title}”, with its texts, wordings and examples"


def same_numbers(entries: Iterable[CodeEntry], dictionary: Dictionary) -> Iterator[str]:
    """A line for each entry whose number means something else in another namespace."""
    for entry in entries:
        if others := [f"{other.error} ({other.title})" for other in same_number(entry, dictionary)]:
            yield f"{entry.error}: the same number as {', '.join(others)}; only the words around it tell them apart"


def collisions(entries: Iterable[CodeEntry], dictionary: Dictionary) -> Iterator[str]:
    """A line for each example that reports another code too, among those of the entries and of their number."""
    taken = {entry.error: entry for entry in entries}
    others = {other.error: other for entry in taken.values() for other in same_number(entry, dictionary)}
    for entry in (taken | others).values():
        for text in entry.examples:
            found = [f.error for f in reported(detect_text("", text, dictionary)) if f.error != entry.error]
            wrong = [error for error in found if entry.error in taken or error in taken]
            if wrong:
                yield f"{entry.error}: its example is reported as {', '.join(map(str, wrong))}: {text}"


def _row(entry: CodeEntry, text: str, dictionary: Dictionary, *, wanted: bool) -> LintRow:
    found = next((f for f in detect_text("", text, dictionary).findings if f.error == entry.error), None)
    chances = (
        {w.name: round(100 * w.probability) for w in found.witnesses if w.probability is not None} if found else {}
    )
    confidence = found.confidence if found else None
    return LintRow(entry, text, wanted, confidence, chances.get("candidate"), chances.get("document"))
