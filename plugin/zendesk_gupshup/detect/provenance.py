"""Who speaks in a comment: the requester's side, somebody on its behalf, a merge, or nobody who counts. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from zendesk_gupshup.detect.patterns import regex
from zendesk_gupshup.model.base import Language
from zendesk_gupshup.model.detection_reasons import Doubt
from zendesk_gupshup.model.finding import Confidence, Detection, Finding, Place
from zendesk_gupshup.model.outcome_reasons import GuardName
from zendesk_gupshup.model.reason import Detail, Reason
from zendesk_gupshup.model.ticket import Comment, Ticket

# `on_behalf`: staff wrote the first comment for an end user, as contact forms, phone notes and other programs do
# through the API. `merged`: Zendesk's comment about a merge, which quotes the other ticket. `transcript`: a chat as one
# comment, with the words of all sides. `team`: anybody else of ours, where an agent asked for a draft.
Provenance = Literal["client", "on_behalf", "merged", "transcript", "team"]
# What staff wrote or put together: the words may be the client's, and nobody can tell. Never above `likely`.
SECOND_HAND: tuple[Provenance, ...] = ("on_behalf", "merged", "transcript")

# The key that the metadata of our updates carries, and no one else's.
MARK = "zendesk_gupshup"
# https://developer.zendesk.com/documentation/ticketing/reference-guides/via-types/ has both the names and the numbers.
_MERGE = ("merge", "19")
_TRANSCRIPT = ("chat_transcript", "90")
_OUR_FILES = regex(r"(?i)gupshup-(?:draft-\d+\.txt|owner-guide\.[a-z]{2}\.pdf)")
# Every reply of ours ends with it.
OUR_CLOSINGS: Mapping[Language, str] = {
    "en": "a person on our team reads every answer",
    "es": "una persona de nuestro equipo lee cada respuesta",
    "pt": "uma pessoa da nossa equipe lê cada resposta",
    "fr": "une personne de notre équipe lit chaque réponse",
}
# Every reply and every note of `ticket_templates/` holds one of these.
OUR_PHRASES = (
    *OUR_CLOSINGS.values(),
    "check the proposed reply at the end of this note",
    "revise la respuesta propuesta al final de esta nota",
    "confira a resposta proposta no fim desta nota",
    "vérifiez la réponse proposée à la fin de cette note",
    "you have nothing to send; wait for the answer",
    "no tiene que enviar nada; espere la respuesta",
    "você não precisa enviar nada; aguarde a resposta",
    "vous n'avez rien à envoyer ; attendez la réponse",
    "not every file on this ticket could be read",
    "no se pudieron leer todos los archivos de este ticket",
    "nem todos os arquivos deste ticket puderam ser lidos",
    "certains fichiers de ce ticket n'ont pas pu être lus",
    "the client has answered the first reply",
    "el cliente respondió a la primera respuesta",
    "o cliente respondeu à primeira resposta",
    "le client a répondu à la première réponse",
    "the account owner is still awaited",
    "the reminder was not sent",
    "todavía se espera al propietario de la cuenta",
    "el recordatorio no se envió",
    "o proprietário da conta ainda é aguardado",
    "o lembrete não foi enviado",
    "le propriétaire du compte est toujours attendu",
    "le rappel n'a pas été envoyé",
)


def provenance(ticket: Ticket, comment: Comment, *, everyones: bool = False) -> Provenance | None:
    """Whose words a comment holds; none where it is no evidence: ours, a bot's, an agent's.

    A ticket made through the API has its first comment by whoever was signed in, not by the requester:
    https://developer.zendesk.com/documentation/ticketing/managing-tickets/creating-and-updating-tickets/
    The worker makes no tickets, so that a first comment by its user is another program's that shares it.
    """
    if is_merge(comment):
        return "merged"
    if comment.via.channel in _TRANSCRIPT:
        # Where the conversation itself was read, it says of each word whose it is.
        return None if any(c.written_by for c in ticket.comments) else "transcript"
    if comment.written_by in ("agent", "bot"):
        return "team" if everyones and comment.written_by == "agent" else None
    ours = is_marked(comment) or (comment.author_id is not None and comment.author_id == ticket.our_user_id)
    if not ours and not _by_staff(ticket, comment):
        return "client"
    if _is_first(ticket, comment) and _for_end_user(ticket):
        return "on_behalf"
    return "team" if everyones and not ours else None


def speaker(ticket: Ticket, place: Place) -> Provenance | None:
    """Whose words stand at this place. Whoever wrote the first comment wrote the subject."""
    comment = next((c for c in ticket.comments if c.id == place.comment_id), None)
    if place.kind != "subject" and comment is not None:
        return provenance(ticket, comment, everyones=True)
    if ticket.comments:
        return "client" if provenance(ticket, ticket.comments[0]) in ("client", "merged") else "on_behalf"
    submitter = ticket.users.get(ticket.submitter_id or 0)
    by_staff = submitter is not None and submitter.is_staff and submitter.id != ticket.requester_id
    return "on_behalf" if by_staff and _for_end_user(ticket) else "client"


def is_merge(comment: Comment) -> bool:
    """Told by `via`: the sentence is in the account's language, and whoever merges may change it."""
    return comment.via.source.get("rel") == "merge" or comment.via.channel in _MERGE


def follows_up(ticket: Ticket) -> bool:
    """Whether it was made by answering a closed ticket.

    https://developer.zendesk.com/documentation/ticketing/managing-tickets/creating-and-updating-tickets/
    """
    return ticket.via.source.get("rel") == "follow_up"


def is_marked(comment: Comment) -> bool:
    """Whether the worker wrote it, as whatever user: the credentials may be others since, and the user of then gone, or
    an end user now."""
    return comment.metadata is not None and MARK in comment.metadata.custom


def repeats_us(text: str) -> bool:
    """Whether staff's words are our own reply or note: as a merge quotes it, or a macro, a copy, a split ticket."""
    low = " ".join(text.lower().split())
    return any(phrase in low for phrase in OUR_PHRASES)


def is_our_file(name: str) -> bool:
    """By its name; a merge copies the other ticket's files, our drafts with them."""
    return _OUR_FILES.fullmatch(name) is not None


_QUOTED = regex(r'"[^"\n]{0,300}"|“[^”\n]{0,300}”|«[^»\n]{0,300}»')


def without_merge_sentence(comment: Comment, text: str) -> str:
    """A merge's text with Zendesk's own sentences blanked, the other ticket's quoted subject kept.

    They are known by the other ticket's number, in whatever language: `#1003` is no error code here, and "closed" does
    not say that the error is over. What stands behind `#1003:` on its line is quoted already.
    """
    source = comment.via.source.get("from")
    ids = source.get("ticket_ids") if isinstance(source, dict) else None
    given = [re.escape(str(i)) for i in ids] if isinstance(ids, list) and ids else ["[0-9]{1,15}"]
    named = re.compile(rf"(?i)(?:#|№|\bn[.º°o]{{1,3}}|\bnr\.?)\s?(?:{'|'.join(given)})(?![0-9])([^\S\n]?[:：])?")
    return "\n".join(_without_sentence(line, named) for line in text.split("\n"))


def _without_sentence(line: str, named: re.Pattern[str]) -> str:
    found = list(named.finditer(line))
    if not found:
        return line
    end = found[-1].end() if found[-1][1] else len(line)
    kept, at = "", 0
    for quoted in _QUOTED.finditer(line, 0, end):
        kept += " " * (quoted.start() - at) + quoted[0]
        at = quoted.end()
    return kept + " " * (end - at) + line[end:]


# --- In what was found ---------------------------------------------------------------------------------------


def less_certain_at_second_hand(detection: Detection, ticket: Ticket) -> Detection:
    """A finding that rests on second-hand words alone is `likely` at most, and says who wrote them.

    A finding's evidence is of its own confidence throughout, so one that the client tells too keeps what it has.
    """
    return detection.model_copy(update={"findings": tuple(_capped(f, ticket) for f in detection.findings)})


def second_hand(finding: Finding, ticket: Ticket) -> tuple[Provenance, ...]:
    """The kinds of second-hand words that a finding rests on; none where anybody else tells it, too."""
    told = tuple(speaker(ticket, evidence.place) for evidence in finding.evidence)
    return tuple(dict.fromkeys(who for who in told if who)) if all(who in SECOND_HAND for who in told) else ()


def guards_at_second_hand(findings: tuple[Finding, ...], ticket: Ticket) -> tuple[Reason, ...]:
    """Why no public reply answers them: for the note, as they do not keep back what the client tells himself."""
    kinds = dict.fromkeys(kind for finding in findings for kind in second_hand(finding, ticket))
    return tuple(_GUARDS[kind]() for kind in kinds)


_GUARDS: dict[Provenance, GuardName] = {
    "on_behalf": GuardName.ON_BEHALF,
    "merged": GuardName.MERGED,
    "transcript": GuardName.TRANSCRIPT,
}


def _capped(finding: Finding, ticket: Ticket) -> Finding:
    kinds = second_hand(finding, ticket)
    if not kinds:
        return finding
    doubts = dict.fromkeys(_doubt(ticket, evidence.place) for evidence in finding.evidence)
    lower = min(finding.confidence, Confidence.LIKELY, key=lambda confidence: confidence.rank)
    return finding.model_copy(update={"confidence": lower, "against": (*finding.against, *doubts)})


def _doubt(ticket: Ticket, place: Place) -> Reason:
    kind = speaker(ticket, place)
    if kind == "transcript":
        return Doubt.TRANSCRIPT()
    comment = next((c for c in ticket.comments if c.id == place.comment_id), None)
    comment = comment or (ticket.comments[0] if ticket.comments else None)
    author = ticket.users.get((comment.author_id if comment else ticket.submitter_id) or 0)
    name = author.name.strip() if author else ""
    doubt = Doubt.MERGED_BY if kind == "merged" else Doubt.ON_BEHALF_BY
    return doubt(who=name or Detail.AGENT())


def _by_staff(ticket: Ticket, comment: Comment) -> bool:
    author = ticket.users.get(comment.author_id) if comment.author_id is not None else None
    return author is not None and author.is_staff and author.id != ticket.requester_id


def _is_first(ticket: Ticket, comment: Comment) -> bool:
    return bool(ticket.comments) and ticket.comments[0].id == comment.id


def _for_end_user(ticket: Ticket) -> bool:
    requester = ticket.requester
    known = ticket.requester_id is not None and ticket.requester_id != ticket.our_user_id
    return known and (requester is None or not requester.is_staff)
