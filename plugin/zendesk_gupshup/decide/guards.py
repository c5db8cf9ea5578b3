"""The reasons to stay silent on a ticket, each a small test of the ticket as it stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Literal

from zendesk_gupshup.detect.provenance import is_marked
from zendesk_gupshup.detect.quotes import is_bounce
from zendesk_gupshup.model.channels import is_messaging
from zendesk_gupshup.model.outcome_reasons import GuardName
from zendesk_gupshup.model.reason import Detail, Reason
from zendesk_gupshup.model.ticket import Comment, Ticket

from .prior_writes import TAG_OFF as TAG_OFF
from .prior_writes import by_hand, is_ours, is_requested_note

# The hour's ceiling kept a reply back: the agent has it in a note, and taking the tag away sends it after all.
TAG_HELD_BACK = "gupshup_held_back"

# These stop everything; the others only keep the public reply (and `solved` the note) back.
SILENCING = frozenset({GuardName.CLOSED, GuardName.OFF, GuardName.OUTSIDE})
# What the eye of an agent who asks to send does not replace. `agent_answered` is asked of what came after the note.
STOPPING = frozenset({
    GuardName.SOLVED, GuardName.PRIVATE, GuardName.MESSAGING, GuardName.CONVERSATION_UNREAD, GuardName.MACHINE,
    GuardName.DAILY_CAP,
})  # fmt: skip

_MACHINE_MAILBOXES = (
    "noreply",
    "no-reply",
    "no_reply",
    "donotreply",
    "do-not-reply",
    "mailer-daemon",
    "postmaster",
    "bounce",
)
_MACHINE_SUBJECTS = (
    "automatic reply", "auto-reply", "autoreply", "out of office", "auto:",
    "respuesta automática", "respuesta automatica", "fuera de la oficina", "fuera de oficina",
    "resposta automática", "resposta automatica", "fora do escritório", "fora do escritorio", "ausência temporária",
)  # fmt: skip


def guards_of(
    ticket: Ticket,
    *,
    replies_per_day: int,
    messaging: Literal["note", "reply"] = "note",
    brands: frozenset[int] = frozenset(),
    forms: frozenset[int] = frozenset(),
) -> Iterator[Reason]:
    """Every guard that speaks, in the order in which an agent would want to read them."""
    if ticket.status in ("closed", "deleted"):
        yield GuardName.CLOSED(status=ticket.status)
    if brands and ticket.brand_id not in brands:
        yield GuardName.OUTSIDE(what=Detail.BRAND())
    elif forms and ticket.ticket_form_id not in forms:
        yield GuardName.OUTSIDE(what=Detail.FORM())
    if where := _off(ticket):
        yield GuardName.OFF(tag=TAG_OFF, where=where())
    if ticket.status == "solved":
        yield GuardName.SOLVED()
    if not ticket.is_public:
        yield GuardName.PRIVATE()
    if messaging == "note" and is_messaging(ticket.from_messaging_channel, ticket.via.channel):
        yield GuardName.MESSAGING()
    if ticket.conversation_unread:
        yield GuardName.CONVERSATION_UNREAD()
    if who := _machine(ticket):
        yield GuardName.MACHINE(who=who())
    if agent_has_answered(ticket):
        yield GuardName.AGENT_ANSWERED()
    if ticket.judged:
        yield GuardName.FEEDBACK()
    if replies_in_a_day(ticket) >= replies_per_day:
        yield GuardName.DAILY_CAP(limit=replies_per_day)
    if TAG_HELD_BACK in ticket.tags:
        yield GuardName.HOURLY_CAP()


def agent_has_answered(ticket: Ticket) -> bool:
    """A public comment by staff other than us, after the first comment (an agent may have written it for a caller).

    A person who is signed in as our user is not us: what the worker writes says so in its metadata.
    """
    others = (c for c in ticket.comments[1:] if c.public and not is_marked(c))
    return any(_by_staff(c, ticket) or by_hand(c, ticket) for c in others)


def replies_in_a_day(ticket: Ticket) -> int:
    """Our public comments in the 24 hours before the newest comment; the ticket is the clock."""
    times = [c.created_at for c in ticket.comments if c.created_at]
    newest = max(times, default=None)
    if newest is None or ticket.our_user_id is None:
        return 0
    # Not the first comment: the worker makes no tickets, so that one is another program's that shares its user.
    return sum(
        c.public and (c.author_id == ticket.our_user_id or is_marked(c)) and _within_a_day(c, newest)
        for c in ticket.comments[1:]
    )


def notes_in_a_day(ticket: Ticket, *, requested: bool) -> int:
    """Our internal notes in the last 24 hours, the ticket being the clock: those asked for by agents, or the others."""
    stamps = [c.created_at for c in ticket.comments if c.created_at]
    with suppress(ValueError):
        # An agent's request is no comment, and moves the clock all the same.
        stamps += [datetime.fromisoformat(ticket.updated_at)]
    newest = max((_with_zone(stamp) for stamp in stamps), default=None)
    if newest is None:
        return 0
    return sum(
        not c.public and is_ours(c, ticket) and is_requested_note(c) is requested and _within_a_day(c, newest)
        for c in ticket.comments
    )


def _with_zone(stamp: datetime) -> datetime:
    return stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)


def _within_a_day(comment: Comment, newest: datetime) -> bool:
    at = comment.created_at
    return at is not None and _with_zone(newest) - _with_zone(at) < timedelta(hours=24)


def _by_staff(comment: Comment, ticket: Ticket) -> bool:
    author = ticket.users.get(comment.author_id) if comment.author_id is not None else None
    if comment.written_by is not None:
        return comment.written_by == "agent"
    if author is None or not author.is_staff or author.id == ticket.our_user_id:
        return False
    # A colleague who asks for himself; not an agent who was made the requester afterwards.
    return author.id != ticket.requester_id or ticket.comments[0].author_id != author.id


def _off(ticket: Ticket) -> Detail | None:
    if TAG_OFF in ticket.tags:
        return Detail.TICKET
    if ticket.organization and TAG_OFF in ticket.organization.tags:
        return Detail.ORGANIZATION
    if ticket.requester and TAG_OFF in ticket.requester.tags:
        return Detail.REQUESTER
    return None


def _machine(ticket: Ticket) -> Detail | None:
    """What says that no person wrote it. https://www.rfc-editor.org/rfc/rfc3834 has the habits of responders."""
    requester = ticket.requester
    if requester and ticket.our_user_id == requester.id:
        return Detail.MACHINE_OUR_USER
    address = (requester.email or "").lower() if requester else ""
    mailbox = address.partition("@")[0]
    if any(_is_machines(mailbox, known) for known in _MACHINE_MAILBOXES):
        return Detail.MACHINE_ADDRESS
    subject = (ticket.subject or "").lower().strip()
    if subject.startswith(_MACHINE_SUBJECTS) or is_bounce(subject):
        return Detail.MACHINE_SUBJECT
    return None


def _is_machines(mailbox: str, known: str) -> bool:
    """Whether a mailbox is of this kind. Behind `noreply` may stand anything, for nobody who reads answers has such an
    address; the others count as whole words only: people and companies have names that begin alike (`bouncer`)."""
    if not mailbox.startswith(known):
        return False
    rest = mailbox.removeprefix(known)
    return known.endswith("reply") or not rest.removeprefix("s")[:1].isalpha()
