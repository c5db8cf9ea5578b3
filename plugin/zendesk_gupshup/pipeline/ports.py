"""What the path needs of others: Zendesk, and a journal of what it does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from zendesk_gupshup.decide.prior_writes import (
    KnownWrites,
    Proof,
)
from zendesk_gupshup.model.ticket import Attachment, Ticket, User
from zendesk_gupshup.model.write import File, Update, Write

from .look import Look


class TicketGateway(Protocol):
    """What triage asks of Zendesk; `zendesk.Zendesk` is the real one."""

    def ticket(self, ticket_id: int, *, comments: bool = True) -> Ticket: ...
    def attachment(self, attachment: Attachment, limit: int) -> bytes: ...
    def owners(self, organization_id: int) -> tuple[User, ...]: ...
    def tags_since_creation(self, ticket_id: int) -> frozenset[str] | None: ...
    def wait_until_past(self, stamp: str) -> bool: ...
    def group_id(self, name: str) -> int | None: ...
    def upload(self, files: tuple[File, ...]) -> str: ...
    def update(
        self,
        ticket: Ticket,
        update: Update,
        *,
        upload_token: str | None,
        group_id: int | None,
        metadata: Mapping[str, str],
    ) -> Ticket: ...


class Journal:
    """What handling a ticket has done so far, at hand also when it ends in an exception."""

    def __init__(self) -> None:
        self.writes: list[Write] = []
        # An update that may have been applied, the ticket before it, and its id: the next look tells.
        self.unclear: tuple[Update, Ticket, str] | None = None

    def known(self, ticket_id: int) -> KnownWrites:  # noqa: ARG002
        """What the store knows of the ticket, asked where a reply, a note or a marker is due; may raise `Busy`."""
        return KnownWrites()

    def wrote(self, write: Write, proofs: frozenset[Proof], ticket_id: int) -> None:  # noqa: ARG002
        """Called once an update is known to have been applied."""
        self.writes.append(write)

    def intends(self, look: Look) -> None:
        """Called before the first write of a look; what must outlive a kill is kept here."""

    def may_reply(self, look: Look) -> bool:  # noqa: ARG002
        """Whether a public reply may go out now, asked right before it would; yes is for this one reply."""
        return True

    def sending(self, update: Update, ticket: Ticket) -> None:
        """Called before each update; may raise a `ZendeskError` to put it off."""
