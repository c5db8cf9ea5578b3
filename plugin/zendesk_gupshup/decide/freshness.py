"""Whether the client's own words tell it, and still describe today: by the ticket's stamps, without a clock. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from zendesk_gupshup.detect.provenance import speaker
from zendesk_gupshup.model.finding import Finding, Place
from zendesk_gupshup.model.ticket import Comment, Ticket


def is_stale(finding: Finding, ticket: Ticket, hours: int) -> bool:
    """The client's newest words that hold the evidence are more than `hours` older than the ticket's last change.

    A bulk edit, an import or a first sweep brings up tickets whose words are months old. Nobody waits for that answer.
    Without stamps nothing is known, and nothing is stale.
    """
    told, changed = told_at(finding, ticket), last_change(ticket)
    return told is not None and changed is not None and changed - told > timedelta(hours=hours)


def told_by_client(finding: Finding, ticket: Ticket) -> bool:
    """Whether the client's own words hold the evidence; an agent's comment never answers a client."""
    staff = {c.id for c in ticket.comments if (author := ticket.users.get(c.author_id or 0)) and author.is_staff}
    places = (e.place for e in finding.evidence)
    return any(place.comment_id not in staff and speaker(ticket, place) == "client" for place in places)


def told_at(finding: Finding, ticket: Ticket) -> datetime | None:
    """When the requester's side last wrote words that hold the evidence; words of staff do not count."""
    return max(_times(finding, ticket), default=None)


def last_change(ticket: Ticket) -> datetime | None:
    """The newest stamp on the ticket. An import may set `updated_at` as it likes, and Zendesk's own stamp it cannot:
    https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_import/
    """
    stamps = [_aware(c.created_at) for c in ticket.comments if c.created_at]
    if ticket.generated_timestamp is not None:
        with suppress(ValueError, OverflowError, OSError):
            stamps.append(datetime.fromtimestamp(ticket.generated_timestamp, UTC))
    if ticket.updated_at:
        with suppress(ValueError):
            stamps.append(_aware(datetime.fromisoformat(ticket.updated_at)))
    return max(stamps, default=None)


def _times(finding: Finding, ticket: Ticket) -> Iterator[datetime]:
    by_id = {comment.id: comment for comment in ticket.comments}
    for evidence in finding.evidence:
        time = _time(evidence.place, by_id, ticket)
        if time is not None:
            yield _aware(time)


def _time(place: Place, by_id: dict[int, Comment], ticket: Ticket) -> datetime | None:
    comment = by_id.get(place.comment_id) if place.comment_id is not None else None
    if comment is None:
        # The subject and the description are as old as the ticket.
        return ticket.created_at
    author = ticket.users.get(comment.author_id) if comment.author_id is not None else None
    written_by_staff = author is not None and author.is_staff and author.id != ticket.requester_id
    if written_by_staff:
        return None
    # The first comment is the ticket's description.
    return comment.created_at or (ticket.created_at if comment is ticket.comments[0] else None)


def _aware(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=UTC)
