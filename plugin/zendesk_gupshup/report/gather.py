"""Ledger rows to a `Report`. Pure: the same rows give the same report.

There are two clocks. A finding counts when it was reported: for the worker that is when it read the ticket, for a run
over old tickets when the ticket was made. A write counts when it was made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from zendesk_gupshup.decide.prior_writes import marks_reminder
from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.ledger.entry import LedgerEntry
from zendesk_gupshup.ledger.ledger import Counted
from zendesk_gupshup.ledger.runs import LIVE, SKIPPED
from zendesk_gupshup.model.base import Language
from zendesk_gupshup.model.finding import Confidence, ErrorCode
from zendesk_gupshup.report.calendar import fitting
from zendesk_gupshup.report.model import (
    By,
    FailureCount,
    Names,
    Report,
    Requests,
    Scope,
    Totals,
    Unknown,
)
from zendesk_gupshup.report.outcomes import OUTCOMES, failure_of, outcome_of, reported_code
from zendesk_gupshup.report.spikes import spikes
from zendesk_gupshup.report.sums import ReportedCode, codes_of, is_failure, over_time, places, shares, spread, who_fixes

# A look at a ticket that had changed reads the ticket and its comments.
_REQUESTS_A_LOOK = 2
_ROWS_A_JOB = 100


@dataclass(frozen=True)
class Replied:
    """Our public reply: when, and the ticket's stamp as our last update left it."""

    ticket_id: int
    organization_id: int | None
    at: int
    as_left: str


class ReportTally:
    """Collects entries in the order in which they were made; `report` sums them up.

    `since` and `until` are the period. With `run`, the run's own entries all count, whenever they were made.
    """

    def __init__(self, since: int | None, until: int | None, *, run: str | None = None) -> None:
        self._since, self._until, self._run = since, until, run
        self._reported: dict[tuple[int, ErrorCode], ReportedCode] = {}
        self._symptoms: set[int] = set()
        self._moments: dict[int, int] = {}
        self._unknown: dict[str, dict[int, None]] = {}
        self._mode: dict[int, str] = {}
        self._done: dict[int, int] = {}
        self._guards: dict[str, set[int]] = {}
        self._replied: dict[int, tuple[int, Replied]] = {}
        self._writes: Counter[str] = Counter()
        self._last: dict[int, tuple[str, str] | None] = {}
        self._failed_once: set[int] = set()
        self._held: dict[int, None] = {}
        self._moments_of_run: list[int] = []
        self._in_bulk: Counter[str] = Counter()
        self._entries = self._requests = 0

    def add(self, entry: LedgerEntry) -> None:
        moment = entry.at if entry.run == LIVE else entry.created or entry.at
        self._add_findings(entry, moment)
        if self._run is not None or self._inside(entry.at):
            self._add_writes(entry)

    @property
    def organization_ids(self) -> tuple[int, ...]:
        """Those that the report names, and those whose owners have to be fetched."""
        reported = [one.ticket.organization_id for one in self._in_scope()]
        replied = [one.organization_id for one in self.replied]
        return tuple(sorted({one for one in (*reported, *replied) if one is not None}))

    @property
    def replied(self) -> tuple[Replied, ...]:
        """The newest first."""
        return tuple(sorted((one for _, one in self._replied.values()), key=lambda one: (-one.at, one.ticket_id)))

    @property
    def held_back(self) -> tuple[int, ...]:
        """Tickets whose reply or note was planned and not sent, so that an agent may have written one; newest first."""
        return tuple(reversed(self._held))

    def report(
        self,
        dictionary: Dictionary,
        *,
        account: str,
        language: Language,
        generated: int,
        known_from: int | None,
        zone: ZoneInfo,
        by: By | None = None,
        counted: Iterable[Counted] = (),
        names: Names | None = None,
    ) -> Report:
        """`known_from`: the start of the ledger. Before it, no entries does not mean no errors."""
        reported = [one for one in self._in_scope() if is_failure(one.error, dictionary)]
        sure = [one for one in reported if one.confidence is not Confidence.POSSIBLE]
        scope = self._scope(reported, account, generated, known_from, zone, by)
        known = known_from if known_from is not None else scope.since
        all_reported = [one.ticket for one in self._reported.values()
                    if is_failure(one.error, dictionary) and one.confidence is not Confidence.POSSIBLE]  # fmt: skip
        tickets = {one.ticket.ticket_id for one in sure}
        possible = {one.ticket.ticket_id for one in reported} - tickets
        codes = codes_of(sure, dictionary, language)
        failures, recovered = self._failures()
        return Report(
            scope=scope,
            language=language,
            named=names is not None,
            totals=Totals(
                tickets=len(self._last),
                errors=len(tickets),
                possible=len(possible),
                without_code=len({t for t in self._symptoms if self._counts(self._moments[t])} - tickets - possible),
                replies=self._writes["reply"],
                notes=self._writes["note"],
                tagged=self._writes["tags"],
                dry=sum(1 for done in self._done.values() if OUTCOMES[done] == "planned"),
                failed=sum(len(one.tickets) for one in failures if one.state == "failed"),
            ),
            spikes=spikes(all_reported, scope.since, scope.until, known_from=known),
            over=over_time(sure, scope, max(scope.since, known), zone, codes),
            codes=codes,
            who=who_fixes(sure, dictionary),
            organizations=places(sure, lambda one: one.organization_id, _by_text(names)),
            apps=places(sure, lambda one: one.app, names.apps if names else {}),
            languages=shares((one.language or "?", one.ticket.ticket_id) for one in sure),
            done=shares(
                ((OUTCOMES[done], ticket) for ticket, done in self._done.items() if ticket in tickets), order=OUTCOMES
            ),
            modes=shares(
                ((mode, ticket) for ticket, mode in self._mode.items() if ticket in tickets),
                order=("auto", "assist", "observe"),
            ),
            guards=shares((name, ticket) for name, some in self._guards.items() for ticket in some),
            to_reply=spread([seconds for seconds, _ in self._replied.values() if seconds >= 0]),
            unknown=tuple(
                Unknown(code=code, tickets=tuple(some))
                for code, some in sorted(self._unknown.items(), key=lambda item: (-len(item[1]), item[0]))
            ),
            failures=failures,
            recovered=recovered,
            requests=self._requests_made(counted, scope),
        )  # fmt: skip

    # --- Collecting ------------------------------------------------------------------------------------------

    def _add_findings(self, entry: LedgerEntry, moment: int) -> None:
        if self._run is not None:
            self._moments_of_run.append(moment)
        if entry.symptoms:
            self._symptoms.add(entry.ticket_id)
            self._moments.setdefault(entry.ticket_id, moment)
        for found in entry.findings:
            key = (entry.ticket_id, found.error)
            before = self._reported.get(key)
            if before is None:
                self._reported[key] = reported_code(entry, found, moment)
            elif found.confidence.rank > before.confidence.rank:
                # Later words raised the confidence: the time of the first report stays, unless that was `possible`.
                at = moment if before.confidence is Confidence.POSSIBLE else before.ticket.at
                self._reported[key] = reported_code(entry, found, at)
        if self._counts(moment):
            for code in entry.unknown:
                self._unknown.setdefault(code, {})[entry.ticket_id] = None

    def _add_writes(self, entry: LedgerEntry) -> None:
        ticket = entry.ticket_id
        self._entries += 1
        self._requests += entry.requests
        if entry.run != LIVE:
            # What a bulk job writes is tags alone, and no row of a job names its audit.
            in_bulk = [write for write in entry.writes if write.kind == "tags" and write.audit_id is None]
            self._in_bulk[entry.run] += len(in_bulk)
        self._writes.update(write.kind for write in entry.writes)
        if self._last.get(ticket) is not None:
            self._failed_once.add(ticket)
        self._last[ticket] = failure_of(entry)
        if entry.mode and entry.findings:
            ranked = ("observe", "assist", "auto")
            self._mode[ticket] = max(self._mode.get(ticket, "observe"), entry.mode.value, key=ranked.index)
        if entry.findings:
            self._done[ticket] = min(self._done.get(ticket, len(OUTCOMES) - 1), OUTCOMES.index(outcome_of(entry)))
        for name in entry.guards:
            self._guards.setdefault(name, set()).add(ticket)
        if entry.findings and entry.would:
            self._held.pop(ticket, None)
            self._held[ticket] = None
        for write in entry.writes:
            # How long a client waits for a reply is not told by a reminder, which waits for the client.
            is_reply = write.kind == "reply" and not marks_reminder(write.marker)
            if is_reply and ticket not in self._replied and write.after.updated_at:
                at = int(datetime.fromisoformat(write.after.updated_at).timestamp())
                seconds = at - entry.created if entry.created is not None else -1
                self._replied[ticket] = (seconds, Replied(ticket, entry.organization_id, at, write.after.updated_at))
            elif ticket in self._replied and write.before.updated_at == self._replied[ticket][1].as_left:
                seconds, reply = self._replied[ticket]
                left = Replied(ticket, reply.organization_id, reply.at, write.after.updated_at)
                self._replied[ticket] = (seconds, left)

    # --- Summing up -----------------------------------------------------------------------------------------

    def _inside(self, at: int) -> bool:
        return (self._since is None or at >= self._since) and (self._until is None or at < self._until)

    def _counts(self, moment: int) -> bool:
        return self._run is not None or self._inside(moment)

    def _in_scope(self) -> list[ReportedCode]:
        return [one for one in self._reported.values() if self._counts(one.ticket.at)]

    def _scope(
        self,
        reported: Sequence[ReportedCode],
        account: str,
        generated: int,
        known_from: int | None,
        zone: ZoneInfo,
        by: By | None,
    ) -> Scope:
        times = [one.ticket.at for one in reported] or self._moments_of_run
        since = self._since if self._since is not None else min(times, default=generated)
        until = self._until if self._until is not None else max(times, default=generated) + 1
        shown = max(until - max(since, known_from or since), 1)
        return Scope(
            account=account,
            run=self._run,
            since=since,
            until=until,
            zone=zone.key,
            by=by or fitting(shown),
            generated=generated,
        )

    def _failures(self) -> tuple[tuple[FailureCount, ...], int]:
        """By state and reason, tickets whose last visit failed; and how many recovered."""
        found: dict[tuple[str, str], list[int]] = {}
        for ticket, how in self._last.items():
            if how is not None:
                found.setdefault(how, []).append(ticket)
        order = ("failed", "waiting", "gone")
        rows = [
            FailureCount.model_validate({"state": state, "reason": reason, "tickets": tuple(sorted(tickets))})
            for (state, reason), tickets in found.items()
        ]
        rows.sort(key=lambda row: (order.index(row.state), -len(row.tickets), row.reason))
        return tuple(rows), sum(1 for ticket in self._failed_once if self._last[ticket] is None)

    def _requests_made(self, counted: Iterable[Counted], scope: Scope) -> Requests:
        first, last = (f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}" for at in (scope.since, scope.until - 1))
        here = [one for one in counted if self._run is not None or first <= one.day <= last]
        skipped = sum(one.looks for one in here if one.did == SKIPPED)
        return Requests(
            spent=self._requests + sum(one.requests for one in here),
            looks=self._entries + sum(one.looks for one in here if one.did != SKIPPED),
            skipped=skipped,
            saved_by_skipping=skipped * _REQUESTS_A_LOOK,
            saved_by_bulk=sum(count - -(-count // _ROWS_A_JOB) for count in self._in_bulk.values()),
        )


def _by_text(names: Names | None) -> dict[str, str]:
    return {str(number): name for number, name in names.organizations.items()} if names else {}
