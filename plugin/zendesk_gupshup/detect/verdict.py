"""What one place in a text amounts to: a code with a confidence, a symptom, an unknown code, or nothing and why."""

from __future__ import annotations

from dataclasses import dataclass, replace

from zendesk_gupshup.detect.interpretations import Reading
from zendesk_gupshup.detect.mention import Mention
from zendesk_gupshup.detect.scene import Scene
from zendesk_gupshup.dictionary.model import CodeEntry
from zendesk_gupshup.model.finding import Confidence
from zendesk_gupshup.model.reason import Reason


@dataclass(frozen=True)
class Verdict:
    """Without confidence it is dismissed for `reason`; a symptom and an unknown code have no entry."""

    scene: Scene
    start: int
    end: int
    rule: Reason
    entry: CodeEntry | None = None
    number: str = ""
    variant: str | None = None
    confidence: Confidence | None = None
    reason: Reason | None = None
    against: tuple[Reason, ...] = ()
    symptom: bool = False
    unknown: bool = False
    # Dismissed for what the sentence says, not for being another kind of number.
    by_mode: bool = False
    # The number with what stands beside it, where a number was judged.
    mention: Mention | None = None
    # What the number may mean, the best reading first.
    readings: tuple[Reading, ...] = ()

    def dismissed(self, reason: Reason | None, *, by_mode: bool = False) -> Verdict:
        return replace(self, reason=reason, by_mode=by_mode, confidence=None, symptom=False, unknown=False)

    def found(self, confidence: Confidence, *against: Reason) -> Verdict:
        return replace(self, confidence=confidence, against=against)

    def told_as_symptom(self) -> Verdict:
        return replace(self, symptom=True, entry=None, confidence=Confidence.LIKELY)

    def told_as_unknown(self) -> Verdict:
        return replace(self, unknown=True, entry=None, confidence=Confidence.LIKELY)
