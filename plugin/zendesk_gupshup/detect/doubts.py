"""What takes a verdict its certainty: what else the ticket says, a question, or a rule told in general."""

from __future__ import annotations

from zendesk_gupshup.detect.document import Document
from zendesk_gupshup.detect.patterns import pattern
from zendesk_gupshup.detect.verdict import Verdict
from zendesk_gupshup.model.detection_reasons import Doubt
from zendesk_gupshup.model.finding import Confidence

_WHENEVER = pattern("judge.whenever")


def with_doubts(document: Document, verdict: Verdict) -> Verdict:
    """Certain it is only where the ticket says nothing that could take it back."""
    if verdict.confidence is not Confidence.CERTAIN:
        return verdict
    said = (
        document.all_is_well or document.solved or document.is_wish or document.whatsapp_works or document.is_procedure
    )
    if not said and _is_asked(verdict):
        return verdict.found(Confidence.LIKELY, *verdict.against, Doubt.PART_OF_QUESTION())
    if not said and _is_told_in_general(document, verdict):
        return verdict.found(Confidence.LIKELY, *verdict.against, Doubt.IN_GENERAL())
    if not said:
        return verdict
    return verdict.found(Confidence.LIKELY, *verdict.against, Doubt.TICKET_ALSO_SAYS(quote=said))


def _is_told_in_general(document: Document, verdict: Verdict) -> bool:
    if document.has("before_us", "again", "occurred"):
        return False
    scene = verdict.scene
    first, _ = scene.sentence(verdict.start)
    return _WHENEVER.search(scene.low, max(first, verdict.start - 200), verdict.start) is not None


def _is_asked(verdict: Verdict) -> bool:
    first, last = verdict.scene.sentence(verdict.start)
    return "?" in verdict.scene.low[verdict.end : last] and not verdict.scene.within("before_us", first, last)
