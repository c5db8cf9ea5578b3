"""Which Gupshup and WhatsApp errors a ticket reports, with the words that prove each. Pure: no request, no clock."""

from __future__ import annotations

from zendesk_gupshup.detect.answers import answers, client_answer
from zendesk_gupshup.detect.facts import facts, secrets
from zendesk_gupshup.detect.findings import dismissals, evidence, findings
from zendesk_gupshup.detect.index import index_of
from zendesk_gupshup.detect.judgement import view
from zendesk_gupshup.detect.reading import Text, read, read_plain
from zendesk_gupshup.detect.scene import Scene
from zendesk_gupshup.detect.topic import on_topic
from zendesk_gupshup.detect.weights import shipped
from zendesk_gupshup.detect.withheld import reasons_to_withhold
from zendesk_gupshup.detect.witnesses import judged
from zendesk_gupshup.dictionary.model import Dictionary
from zendesk_gupshup.model.finding import Detection, Facts, Finding
from zendesk_gupshup.model.reason import Reason
from zendesk_gupshup.model.ticket import Ticket

_NO_FACTS = Facts()

__all__ = ["detect", "detect_text", "is_error", "prepare", "reported"]


def prepare(dictionary: Dictionary) -> None:
    """Build what detection looks phrases up in, so that no first ticket waits for it."""
    index_of(dictionary)


def detect(ticket: Ticket, dictionary: Dictionary, *, draft_requested: bool = False) -> Detection:
    """All that the requester's side reports; agents' comments count only when an agent asked for a draft."""
    texts, unread = read(ticket, draft_requested=draft_requested)
    answered = bool(answers(ticket))
    detection = _detect(texts, unread, dictionary, facts_wanted=draft_requested or answered)
    return _with_answer(detection, ticket, texts, dictionary) if answered else detection


def detect_text(subject: str, body: str, dictionary: Dictionary) -> Detection:
    """A subject and a body that belong to no ticket, read as a requester's first comment."""
    texts, unread = read_plain(subject, body)
    return _detect(texts, unread, dictionary)


def reported(detection: Detection) -> tuple[Finding, ...]:
    return detection.reported


def is_error(detection: Detection) -> bool:
    return detection.is_error


def _with_answer(detection: Detection, ticket: Ticket, texts: tuple[Text, ...], dictionary: Dictionary) -> Detection:
    index = index_of(dictionary)
    answer = client_answer(ticket, tuple(Scene(text, index, number) for number, text in enumerate(texts)))
    owner = next((value for value in answer.values if "@" in value), None) if answer else None
    told = detection.facts.model_copy(update={"owner_email": owner})
    return detection.model_copy(update={"answer": answer, "facts": told})


def _detect(
    texts: tuple[Text, ...], unread: tuple[Reason, ...], dictionary: Dictionary, *, facts_wanted: bool = False
) -> Detection:
    index = index_of(dictionary)
    scenes = tuple(Scene(text, index, number) for number, text in enumerate(texts))
    judgement = judged(view(scenes), shipped())
    found = judgement.verdicts
    # Nobody asks which app a ticket speaks of that speaks of no error and no Gupshup.
    wanted = facts_wanted or bool(found) or any("gupshup" in scene.low for scene in scenes)
    return Detection(
        findings=findings(found, judgement.witnesses, lambda: reasons_to_withhold(scenes)),
        symptoms=tuple(evidence(verdict) for verdict in found if verdict.symptom)[:5],
        unknown=tuple(evidence(verdict) for verdict in found if verdict.unknown)[:5],
        dismissed=dismissals(found),
        facts=facts(scenes) if wanted else _NO_FACTS,
        secrets=secrets(scenes),
        unread=unread,
        on_topic=bool(unread) and on_topic(scenes),
    )
