"""Bulk jobs: up to a hundred guarded updates in one request, and what became of each.

https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#update-many-tickets and
https://developer.zendesk.com/api-reference/ticketing/ticket-management/job_statuses/
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import tenacity

from zendesk_gupshup.zendesk.errors import NotFound, ZendeskError
from zendesk_gupshup.zendesk.payloads import Json, records

from .pace import Pace

if TYPE_CHECKING:
    from zendesk_gupshup.zendesk.client import Zendesk

log = logging.getLogger(__name__)

MOST_ROWS = 100
# Zendesk takes 30 jobs at a time from everybody in the account.
IN_FLIGHT = 3
# Before each poll of a job, in seconds: doubled from the first to the last of these.
_FIRST_POLL, _LONGEST_POLL = 0.25, 5.0
# A job that has not ended after this many polls, about ten minutes, is given up; its tickets are read one by one.
_POLLS = 120

# `unknown`: it may have been applied, or may still be.
RowOutcome = Literal["updated", "failed", "unknown"]


@dataclass(frozen=True)
class Job:
    id: str | None
    ticket_ids: tuple[int, ...]


def submit(zendesk: Zendesk, rows: Sequence[Json], pace: Pace) -> Job:
    """Send the rows, each with its own stamp to guard it. A job without an id may or may not be on its way."""
    ids = tuple(int(row["id"]) for row in rows)

    def send() -> str | None:
        try:
            answer = zendesk.write("PUT", "tickets/update_many.json", {"tickets": list(rows)})
        except ZendeskError as error:
            if error.unclear:
                log.warning("%s; its tickets will be read one by one", error)
                return None
            raise
        job = answer.get("job_status")
        return str(job["id"]) if isinstance(job, dict) and job.get("id") else None

    return Job(pace.retry(send), ids)


def outcome(zendesk: Zendesk, job: Job, pace: Pace, wait: Callable[[float], None]) -> dict[int, RowOutcome]:
    """What became of each row, once the job has ended. A completed job can hold rows that failed."""
    became: dict[int, RowOutcome] = dict.fromkeys(job.ticket_ids, "unknown")
    if job.id is None:
        return became
    poll = tenacity.Retrying(
        retry=tenacity.retry_if_result(_is_running),
        wait=tenacity.wait_exponential(multiplier=2 * _FIRST_POLL, max=_LONGEST_POLL),
        stop=tenacity.stop_after_attempt(_POLLS),
        sleep=wait,
        retry_error_callback=lambda _: None,
    )
    wait(_FIRST_POLL)
    try:
        status = poll(lambda: pace.retry(lambda: zendesk.get(f"job_statuses/{job.id}.json")).get("job_status"))
    except NotFound:
        return became
    if status is None:
        log.warning("job %s has not ended: its tickets will be read one by one", job.id)
    elif isinstance(status, dict) and status.get("status") == "completed":
        for row in records(status, "results"):
            ticket_id, good = row.get("id"), row.get("success") is True or row.get("status") == "Updated"
            if ticket_id in became:
                became[int(ticket_id)] = "updated" if good and not row.get("error") else "failed"
    return became


def _is_running(status: object) -> bool:
    """Of a job's status; one that is none has nothing to wait for."""
    return isinstance(status, dict) and status.get("status") not in ("completed", "failed", "killed")
