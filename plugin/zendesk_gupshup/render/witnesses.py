"""What the three witnesses of a finding say, as words of one language: signals and weights by their names."""

from __future__ import annotations

from collections.abc import Iterator

from zendesk_gupshup.model.base import Language
from zendesk_gupshup.model.finding import Finding, WeightPart, Witness
from zendesk_gupshup.model.reason import Detail, Reason

from .reasons import in_words

_NOTHING = "-"


def witnesses_in_words(finding: Finding, language: Language = "en") -> Iterator[str]:
    """One line a witness, the rules first."""
    return (in_words(_said(witness), language) for witness in finding.witnesses)


def _said(witness: Witness) -> Reason:
    if witness.name == "rules":
        sure = witness.confidence
        return Detail.WITNESS_RULES(confidence=sure.value) if sure else Detail.WITNESS_RULES_SILENT()
    name = Detail.WITNESS_CANDIDATE if witness.name == "candidate" else Detail.WITNESS_DOCUMENT
    return name(
        percent=round(100 * (witness.probability or 0.0)),
        supporting=_named(part for part in witness.parts if part.weight > 0),
        opposing=_named(part for part in witness.parts if part.weight < 0),
    )


def _named(parts: Iterator[WeightPart]) -> str:
    return ", ".join(f"{part.name} {part.weight:+.2f}" for part in parts) or _NOTHING
