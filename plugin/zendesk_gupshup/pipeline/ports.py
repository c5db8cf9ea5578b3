"""What the path needs of others: Zendesk, a gate in front of each write, and a journal of what was done."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from zendesk_gupshup.decide.prior_writes import (
    KnownWrites,
    Proof,
)
from zendesk_gupshup.model.incident import KnownIncident
from zendesk_gupshup.model.ticket import Attachment, Ticket, User
from zendesk_gupshup.model.write import File, Update, Write

from .look import Assessment, Look


class TicketGateway(Protocol):
    """What the path asks of Zendesk; `zendesk.client.Zendesk` is the real one."""

    def ticket(self, ticket_id: int, *, comments: bool = True) -> Ticket: ...
    def attachment(self, attachment: Attachment, limit: int) -> bytes: ...
    def owners(self, organization_id: int) -> tuple[User, ...]: ...
    def tags_since_creation(self, ticket_id: int) -> frozenset[str] | None: ...
    def second(self) -> int: ...
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


class WriteGate(Protocol):
    """What is known beside the ticket of writing to it, and whether there is room. May raise `Busy`."""

    def together(self) -> AbstractContextManager[None]:
        """A block in which what is asked and kept right before a write is one transaction: all of it, or none."""
        ...

    def known(self, ticket_id: int) -> KnownWrites:
        """What was written to the ticket, whatever its tags say."""
        ...

    def reserve_reply(self, ticket_id: int, marker: str) -> bool:
        """Whether a public reply may go out now; yes is for this one reply."""
        ...

    def reserve_updates(self, ticket: Ticket, count: int, *, begun: bool) -> None:
        """Count so many updates for the ticket's organization. `begun`: others of this look went out before."""
        ...


class Incidents(Protocol):
    """Which incidents last. May raise `Busy`, and what a request to Zendesk may raise."""

    def lasting(self, assessment: Assessment) -> tuple[KnownIncident, ...] | None:
        """Those that matter to this ticket, which it may be the one to begin; none where that is not known."""
        ...


class OpenGate:
    """Without a store nothing is known and nobody counts: Zendesk's own refusals have to do."""

    def together(self) -> AbstractContextManager[None]:
        return nullcontext()

    def known(self, ticket_id: int) -> KnownWrites:  # noqa: ARG002 - the signature is the protocol's
        return KnownWrites()

    def reserve_reply(self, ticket_id: int, marker: str) -> bool:  # noqa: ARG002 - the signature is the protocol's
        return True

    def reserve_updates(self, ticket: Ticket, count: int, *, begun: bool) -> None:
        """There is room."""


@dataclass(frozen=True)
class UnclearUpdate:
    """An update that may have been applied, the ticket before it, and its id: the next look tells."""

    update: Update
    before: Ticket
    id: str


class Journal:
    """What handling a ticket has done so far, at hand also when it ends in an exception."""

    def __init__(self) -> None:
        self.writes: list[Write] = []
        self.proofs: set[Proof] = set()
        self.unclear: UnclearUpdate | None = None

    def intends(self, look: Look) -> None:
        """Called before the first write of a look; what must outlive a kill is kept here. May raise `Busy`."""

    def wrote(self, write: Write, proofs: frozenset[Proof], ticket_id: int) -> None:  # noqa: ARG002 - the signature is the protocol's
        """Called once an update is known to have been applied."""
        self.writes.append(write)
        self.proofs |= proofs
