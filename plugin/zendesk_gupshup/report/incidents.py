"""The incidents of a period, out of the store, and as rows of their table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zendesk_gupshup.storage.incidents import IncidentStore

from .model import IncidentLine
from .words import ReportWords

INCIDENT_HEAD = (
    "code", "incident_begun", "incident_ended", "ended_by", "incident_problem", "organizations", "tickets",
)  # fmt: skip


def incidents_of(store: IncidentStore, since: int, until: int) -> tuple[IncidentLine, ...]:
    """Those that lasted at some time between the two, in the order in which they began. Raises `SQLAlchemyError`."""
    tickets = store.tickets()
    return tuple(
        IncidentLine(
            code=row.code,
            begun=row.begun,
            ended=row.ended,
            ended_by=row.ended_by,
            organizations=row.organizations,
            problem=row.problem_id,
            tickets=tickets.get(row.id, 0),
        )
        for row in store.listed()
        if row.begun < until and (row.ended is None or row.ended >= since)
    )


def incident_rows(incidents: Sequence[IncidentLine], words: ReportWords) -> Iterator[tuple[tuple[str, ...], float]]:
    """The cells of each row, and its share of the most tickets that one has."""
    most = max((row.tickets for row in incidents), default=0) or 1
    for row in incidents:
        ended = words.moment(row.ended) if row.ended is not None else words("incident_lasts")
        by = words.of("ended_by", row.ended_by) if row.ended_by else ""
        problem = f"#{row.problem}" if row.problem else words("none")
        counts = (words.number(row.organizations), words.number(row.tickets))
        yield (row.code, words.moment(row.begun), ended, by, problem, *counts), row.tickets / most
