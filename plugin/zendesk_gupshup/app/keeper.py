"""Keeps what each look at a ticket gives its page to show. Nothing that fails here holds up an answer to a client."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from zendesk_gupshup.ops import metrics
from zendesk_gupshup.pipeline import Brain, Outcome
from zendesk_gupshup.storage.app_store import AppStore, StoredTicket

from .seen import SeenTicket, seen_ticket

log = logging.getLogger(__name__)

# Bytes of a row; a view over it goes without the reply.
LARGEST_VIEW = 64 * 1024


class ViewKeeper:
    """For any number of threads."""

    def __init__(self, store: AppStore, brain: Brain, *, now: Callable[[], float] = time.time) -> None:
        self._store, self._brain, self._now = store, brain, now

    def __call__(self, outcome: Outcome) -> None:
        """Keep the outcome's look; a visit without one leaves what is kept as it is. Never raises."""
        try:
            if outcome.did == "gone":
                self._store.delete_ticket(outcome.ticket_id)
            elif outcome.look is not None:
                self.keep(outcome)
        except SQLAlchemyError as error:
            log.error("ticket %s: its page is not kept: %s", outcome.ticket_id, type(error).__name__)
            metrics.LEDGER_FAULTS.inc()
        except Exception as error:  # noqa: BLE001 - a bug of ours in a page must not stop the ticket's handling
            log.error("ticket %s: its page cannot be made: %s", outcome.ticket_id, type(error).__name__)
            metrics.FAULTS.labels(type(error).__name__).inc()

    def keep(self, outcome: Outcome) -> StoredTicket:
        """Raises `SQLAlchemyError`. The outcome has a look."""
        look = outcome.look
        assert look is not None  # noqa: S101 - what the docstring says
        at, before = int(self._now()), self._store.ticket(outcome.ticket_id)
        seen = seen_ticket(look, self._brain, outcome.writes, at=at, before=seen_in(before))
        if len(seen.model_dump_json()) > LARGEST_VIEW:
            seen = seen.model_copy(update={"proposal": None, "dismissed": ()})
        last = outcome.writes[-1].after if outcome.writes else None
        kept = StoredTicket(
            ticket_id=look.ticket.id,
            at=at,
            stamp=seen.stamp or None,
            group_id=last.group_id if last else look.ticket.group_id,
            assignee_id=look.ticket.assignee_id,
            organization_id=look.ticket.organization_id,
            requester_id=look.ticket.requester_id,
            view=seen.model_dump(mode="json"),
        )
        self._store.keep_ticket(kept)
        return kept


def seen_in(stored: StoredTicket | None) -> SeenTicket | None:
    """The kept look; `None` where another version kept it in another form."""
    try:
        return SeenTicket.model_validate(stored.view) if stored else None
    except ValidationError:
        return None
