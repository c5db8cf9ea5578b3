"""Which Gupshup and WhatsApp errors a ticket reports, with the words that prove each. Pure: no request, no clock."""

from __future__ import annotations

from collections.abc import Container

from zendesk_gupshup.detect.answers import answers, client_answer
from zendesk_gupshup.detect.facts import facts, secrets
from zendesk_gupshup.detect.findings import dismissals, findings, first_quotes, is_told
from zendesk_gupshup.detect.index import index_of
from zendesk_gupshup.detect.judgement import view
from zendesk_gupshup.detect.language import own_language
from zendesk_gupshup.detect.provenance import provenance
from zendesk_gupshup.detect.reading import Text, read, read_plain
from zendesk_gupshup.detect.scene import Scene
from zendesk_gupshup.detect.topic import on_topic
from zendesk_gupshup.detect.unlisted import all_unknown
from zendesk_gupshup.detect.weights import shipped
from zendesk_gupshup.detect.withheld import reasons_to_withhold
from zendesk_gupshup.detect.witnesses import judged
from zendesk_gupshup.dictionary.model import Dictionary
from zendesk_gupshup.model.finding import Detection, Facts, Finding
from zendesk_gupshup.model.reason import Reason
from zendesk_gupshup.model.ticket import Ticket

_NO_FACTS = Facts()
_MAX_QUOTES = 5

__all__ = ["detect", "detect_text", "is_error", "prepare", "reported", "tells_anything"]


def prepare(dictionary: Dictionary) -> None:
    """Build what detection looks phrases up in, so that no first ticket waits for it."""
    index_of(dictionary)


def detect(ticket: Ticket, dictionary: Dictionary, *, draft_requested: bool = False) -> Detection:
    """All that the requester's side reports; agents' comments count only when an agent asked for a draft."""
    texts, unread = read(ticket, draft_requested=draft_requested)
    clients = {comment.id for comment in ticket.comments if provenance(ticket, comment) == "client"}
    own = tuple(text for text in texts if _is_own(text, clients if ticket.comments else {None}))
    answered = bool(answers(ticket))
    detection = _detect(texts, unread, dictionary, own=own, facts_wanted=draft_requested or answered)
    return _with_answer(detection, ticket, texts, dictionary) if answered else detection


def detect_text(subject: str, body: str, dictionary: Dictionary) -> Detection:
    """A subject and a body that belong to no ticket, read as a requester's first comment."""
    texts, unread = read_plain(subject, body)
    return _detect(texts, unread, dictionary, own=texts)


def tells_anything(subject: str, body: str, dictionary: Dictionary) -> bool:
    """Whether `detect_text` would find, dismiss or not know anything in them, without wording what."""
    texts, _ = read_plain(subject, body)
    index = index_of(dictionary)
    seen = view(tuple(Scene(text, index, number) for number, text in enumerate(texts)))
    found = judged(seen, shipped()).verdicts
    return any(map(is_told, found)) or any(True for _ in all_unknown(seen.document, found))


def reported(detection: Detection) -> tuple[Finding, ...]:
    return detection.reported


def is_error(detection: Detection) -> bool:
    return detection.is_error


def _is_own(text: Text, clients: Container[int | None]) -> bool:
    """Whether the requester wrote it here: no file, and no one else's words."""
    if text.kind == "subject":
        return not text.second_hand
    return text.kind == "comment" and text.comment_id in clients


def _with_answer(detection: Detection, ticket: Ticket, texts: tuple[Text, ...], dictionary: Dictionary) -> Detection:
    index = index_of(dictionary)
    answer = client_answer(ticket, tuple(Scene(text, index, number) for number, text in enumerate(texts)))
    owner = next((value for value in answer.values if "@" in value), None) if answer else None
    told = detection.facts.model_copy(update={"owner_email": owner})
    return detection.model_copy(update={"answer": answer, "facts": told})


def _detect(
    texts: tuple[Text, ...],
    unread: tuple[Reason, ...],
    dictionary: Dictionary,
    *,
    own: tuple[Text, ...],
    facts_wanted: bool = False,
) -> Detection:
    index = index_of(dictionary)
    scenes = tuple(Scene(text, index, number) for number, text in enumerate(texts))
    seen = view(scenes)
    judgement = judged(seen, shipped())
    found = judgement.verdicts
    # No model knows a number that no dictionary has: they judge as if it were not there.
    unknown = all_unknown(seen.document, judgement.verdicts)
    # Nobody asks which app a ticket speaks of that speaks of no error and no Gupshup.
    wanted = facts_wanted or bool(found) or any("gupshup" in scene.low for scene in scenes)
    return Detection(
        findings=findings(found, judgement.witnesses, lambda: reasons_to_withhold(scenes)),
        symptoms=first_quotes((verdict for verdict in found if verdict.symptom), _MAX_QUOTES),
        unknown=first_quotes(unknown, _MAX_QUOTES),
        dismissed=dismissals(found),
        facts=facts(scenes) if wanted else _NO_FACTS,
        secrets=secrets(scenes),
        unread=unread,
        on_topic=bool(unread) and on_topic(scenes),
        language=own_language(own, dictionary) if found or unread or facts_wanted else None,
    )
