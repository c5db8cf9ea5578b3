"""Which tickets wait for an owner, since nothing changes on them and no sweep lists them; and the count of reminders.

Each turn queues them all, and the visit decides by the ticket whether something is due. A turn that a kill ends early
is made up for by the next one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from zendesk_gupshup.model.follow_up import TAG_OWNER_SILENT, State
from zendesk_gupshup.model.office_hours import wait_of
from zendesk_gupshup.ops import metrics
from zendesk_gupshup.pipeline import Brain, Outcome, may_remind, reminded
from zendesk_gupshup.zendesk.errors import ZendeskError

from .queue_client import QueueEntry

if TYPE_CHECKING:
    from zendesk_gupshup.zendesk.client import Zendesk

log = logging.getLogger(__name__)

_QUERY = f"type:ticket status<solved tags:{State.AWAITING_OWNER.value} -tags:{TAG_OWNER_SILENT}"


class ReminderTurn:
    """Queues the tickets that wait. By the search's export, which has no end at a thousand.

    https://developer.zendesk.com/api-reference/ticketing/ticket-management/search/#export-search-results
    """

    def __init__(self, zendesk: Zendesk, enqueue_all: Callable[[Sequence[QueueEntry]], None], brain: Brain) -> None:
        self._zendesk, self._enqueue_all, self._policy = zendesk, enqueue_all, brain.policy

    def run(self, begun: float) -> None:
        """One turn, while reminders may be written at all. What Zendesk refuses now is asked for again in the next."""
        if not may_remind(self._policy, self._now()):
            return
        try:
            rows = self._zendesk.pages("search/export.json", "results", query=_QUERY, **{"filter[type]": "ticket"})
            found = [int(row["id"]) for row in rows if self._may_be_due(row)]
        except ZendeskError as error:
            log.warning("reminders: %s; the next turn looks again", error)
            return
        # Nothing is said of a change, so that the visit takes place whatever was seen before.
        self._enqueue_all([(f"remind:{ticket_id}:{begun:.0f}", ticket_id, None) for ticket_id in found])
        log.info("reminders: %d tickets wait for their owner", len(found))

    def _may_be_due(self, row: Mapping[str, Any]) -> bool:
        """Not on a ticket that is younger than the first wait."""
        return self._now() - datetime.fromisoformat(str(row["created_at"])) >= wait_of(self._policy.remind_after[0])

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._zendesk.time() or time.time(), UTC)


def count_reminders(outcome: Outcome, brain: Brain) -> None:
    for said in reminded(outcome, brain.policy):
        metrics.REMINDERS.labels(said).inc()
