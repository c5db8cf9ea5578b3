"""Bulk jobs: up to a hundred guarded updates in one request, and what became of each.

https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#update-many-tickets and
https://developer.zendesk.com/api-reference/ticketing/ticket-management/job_statuses/
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from zendesk_gupshup.zendesk.errors import NotFound, ZendeskError
from zendesk_gupshup.zendesk.payloads import Json, records

from .pace import Throttle

if TYPE_CHECKING:
    from zendesk_gupshup.zendesk.client import Zendesk

log = logging.getLogger(__name__)

MOST_ROWS = 100
# Zendesk takes 30 jobs at a time from everybody in the account.
IN_FLIGHT = 3
# Between two looks at a job, in seconds: at first, and later.
_LOOK, _LOOK_LATER = 0.25, 5.0
# A job that has not ended after this many looks, about ten minutes, is given up on; its tickets are looked at singly.
_LOOKS = 120

# `unknown`: it may have been applied, or may still be.
Became = Literal["updated", "failed", "unknown"]


@dataclass(frozen=True)
class Job:
    id: str | None
    ticket_ids: tuple[int, ...]


def submit(zendesk: Zendesk, rows: Sequence[Json], pace: Throttle) -> Job:
    """Send the rows, each with its own stamp to guard it. A job without an id may or may not be on its way."""
    ids = tuple(int(row["id"]) for row in rows)

    def send() -> str | None:
        try:
            answer = zendesk.write("PUT", "tickets/update_many.json", {"tickets": list(rows)})
        except ZendeskError as error:
            if error.unclear:
                log.warning("%s; its tickets will be looked at one by one", error)
                return None
            raise
        job = answer.get("job_status")
        return str(job["id"]) if isinstance(job, dict) and job.get("id") else None

    return Job(pace.patiently(send), ids)


def outcome(zendesk: Zendesk, job: Job, pace: Throttle, wait: Callable[[float], object]) -> dict[int, Became]:
    """What became of each row, once the job has ended. A completed job can hold rows that failed."""
    became: dict[int, Became] = dict.fromkeys(job.ticket_ids, "unknown")
    if job.id is None:
        return became
    seconds = _LOOK
    for _ in range(_LOOKS):
        wait(seconds)
        seconds = min(seconds * 2, _LOOK_LATER)
        try:
            status = pace.patiently(lambda: zendesk.get(f"job_statuses/{job.id}.json")).get("job_status")
        except NotFound:
            return became
        if not isinstance(status, dict) or status.get("status") in ("failed", "killed"):
            return became
        if status.get("status") == "completed":
            for row in records(status, "results"):
                ticket_id, good = row.get("id"), row.get("success") is True or row.get("status") == "Updated"
                if ticket_id in became:
                    became[int(ticket_id)] = "updated" if good and not row.get("error") else "failed"
            return became
    log.warning("job %s has not ended: its tickets will be looked at one by one", job.id)
    return became
