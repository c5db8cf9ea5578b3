"""A ticket after our first reply, with what was written on it since."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from support.fake_zendesk import TEXT, FakeZendesk, stamp
from zendesk_gupshup.decide.prior_writes import metadata_of
from zendesk_gupshup.model.plan import Step
from zendesk_gupshup.model.ticket import Comment, Metadata, User

CLIENT, AGENT, US = 1, 5, 900
REPLIED, NOTED = "gupshup_replied__http_401", "gupshup_noted__http_401"
FIRST = ("gupshup", "gupshup__http_401", REPLIED, NOTED, "gupshup_state__awaiting_owner")
REPLY = {
    "en": "An authentication error has been detected (401). A person on our team reads every answer.",
    "es": "Se ha detectado un error de autenticación (401). Una persona de nuestro equipo lee cada respuesta.",
    "pt": "Foi detectado um erro de autenticação (401). Uma pessoa da nossa equipe lê cada resposta.",
    "fr": "Une erreur d'authentification (401) a été détectée. Une personne de notre équipe lit chaque réponse.",
}


def said(text: str, author: int = CLIENT, *, public: bool = True, step: Step | None = None, day: int = 21) -> Comment:
    """A comment; ours, where a step is given."""
    return Comment(
        id=0,
        author_id=author,
        public=public,
        body=text,
        plain_body=text,
        created_at=datetime(2026, 11, day, 9, tzinfo=UTC),
        metadata=Metadata(custom=metadata_of(step, "run") if step else {}),
    )


def reply(language: str = "en") -> Comment:
    return said(REPLY[language], US, step=Step(kind="reply", marker=REPLIED, add_tags=frozenset((REPLIED,))))


def note(*, marker: str | None = NOTED, codes: tuple[str, ...] = (NOTED,)) -> Comment:
    return said("A note of ours.", US, public=False, step=Step(kind="note", marker=marker, add_tags=frozenset(codes)))


def desk(*later: Comment, tags: tuple[str, ...] = FIRST, text: str = TEXT, **more: Any) -> FakeZendesk:
    """Zendesk with the ticket as its client wrote it and these comments after that."""
    zendesk = FakeZendesk(text, tags)
    ticket = zendesk.ticket_now
    users = {**ticket.users, AGENT: User(id=AGENT, name="Grace", role="agent")}
    first = ticket.comments[0].model_copy(update={"created_at": datetime(2026, 11, 21, 8, tzinfo=UTC)})
    numbered = tuple(comment.model_copy(update={"id": 11 + place}) for place, comment in enumerate(later))
    zendesk.ticket_now = ticket.model_copy(
        update={"comments": (first, *numbered), "users": users, "updated_at": stamp(90), "status": "open", **more}
    )
    return zendesk


def write(zendesk: FakeZendesk, comment: Comment, **more: Any) -> None:
    """Somebody writes on the ticket now."""
    zendesk.now += 2
    ticket = zendesk.ticket_now
    last = max(c.id for c in ticket.comments)
    added = comment.model_copy(update={"id": last + 1000})
    zendesk.ticket_now = ticket.model_copy(
        update={"comments": (*ticket.comments, added), "updated_at": stamp(zendesk.now), **more}
    )
