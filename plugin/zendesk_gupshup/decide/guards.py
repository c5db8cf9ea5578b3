"""The reasons to stay silent on a ticket, each a small test of the ticket as it stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Literal

from zendesk_gupshup.detect.provenance import is_marked
from zendesk_gupshup.model.plan import Guard
from zendesk_gupshup.model.ticket import Comment, Ticket
from zendesk_gupshup.zendesk.conversation_log import is_messaging

from .prior_writes import TAG_OFF as TAG_OFF
from .prior_writes import by_hand, is_ours, is_requested_note

# The hour's ceiling kept a reply back: the agent has it in a note, and taking the tag away sends it after all.
TAG_HELD_BACK = "gupshup_held_back"

# These stop everything; the others only keep the public reply (and `solved` the note) back.
SILENCING = frozenset({"closed", "off"})

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
    "automatic reply", "auto-reply", "autoreply", "out of office", "auto:", "undeliverable",
    "delivery status notification", "mail delivery failed", "delivery failure", "returned mail",
    "respuesta automática", "respuesta automatica", "fuera de la oficina", "fuera de oficina", "no se pudo entregar",
    "resposta automática", "resposta automatica", "fora do escritório", "fora do escritorio", "ausência temporária",
)  # fmt: skip


def guards_of(ticket: Ticket, *, replies_per_day: int, messaging: Literal["note", "reply"] = "note") -> Iterator[Guard]:
    """Every guard that speaks, in the order in which an agent would want to read them."""
    if ticket.status in ("closed", "deleted"):
        yield Guard(name="closed", text=f"the ticket is {ticket.status} and cannot be updated")
    if where := _off(ticket):
        yield Guard(name="off", text=f"{TAG_OFF} is set on the {where}")
    if ticket.status == "solved":
        yield Guard(name="solved", text="the ticket is solved: nothing is written to the client")
    if not ticket.is_public:
        yield Guard(name="private", text="the ticket has no public conversation")
    if messaging == "note" and is_messaging(ticket.from_messaging_channel, ticket.via.channel):
        yield Guard(name="messaging", text="the client writes by messaging, where a public comment may not arrive")
    if ticket.conversation_unread:
        yield Guard(name="conversation_unread", text="the conversation could not be read, so nobody knows who answered")
    if who := _machine(ticket):
        yield Guard(name="machine", text=f"a machine wrote it: {who}")
    if agent_has_answered(ticket):
        yield Guard(name="agent_answered", text="an agent has already answered publicly")
    if replies_in_a_day(ticket) >= replies_per_day:
        yield Guard(name="daily_cap", text=f"{replies_per_day} public replies of ours in 24 hours are the limit")
    if TAG_HELD_BACK in ticket.tags:
        yield Guard(name="hourly_cap", text="the ceiling of public replies an hour kept it back")


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


def _off(ticket: Ticket) -> str | None:
    if TAG_OFF in ticket.tags:
        return "ticket"
    if ticket.organization and TAG_OFF in ticket.organization.tags:
        return "organization"
    if ticket.requester and TAG_OFF in ticket.requester.tags:
        return "requester"
    return None


def _machine(ticket: Ticket) -> str | None:
    """Who wrote the ticket, if no person did. https://www.rfc-editor.org/rfc/rfc3834 has the habits of responders."""
    requester = ticket.requester
    if requester and ticket.our_user_id == requester.id:
        return "our own user is the requester"
    address = (requester.email or "").lower() if requester else ""
    mailbox = address.partition("@")[0]
    if any(_is_machines(mailbox, known) for known in _MACHINE_MAILBOXES):
        return "the requester's address is a machine's"
    subject = (ticket.subject or "").lower().strip()
    if subject.startswith(_MACHINE_SUBJECTS):
        return "the subject is an automatic reply's"
    return None


def _is_machines(mailbox: str, known: str) -> bool:
    """Whether a mailbox is of this kind. Behind `noreply` may stand anything, for nobody who reads answers has such an
    address; the others count as whole words only: people and companies have names that begin alike (`bouncer`)."""
    if not mailbox.startswith(known):
        return False
    rest = mailbox.removeprefix(known)
    return known.endswith("reply") or not rest.removeprefix("s")[:1].isalpha()
