"""What the worker knows of incidents while it handles a ticket: reports kept, incidents begun, their problem opened."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from zendesk_gupshup.alerts.alert import incident as incident_alert
from zendesk_gupshup.alerts.watch import report
from zendesk_gupshup.decide.freshness import told_at
from zendesk_gupshup.decide.incidents import TAG_KNOWN_INCIDENT, counted
from zendesk_gupshup.decide.prior_writes import as_own
from zendesk_gupshup.decide.steps import TAG_AWAITING_OWNER
from zendesk_gupshup.dictionary import CodeEntry, Dictionary
from zendesk_gupshup.model.finding import Finding
from zendesk_gupshup.model.incident import KnownIncident
from zendesk_gupshup.model.ticket import Ticket
from zendesk_gupshup.ops import metrics
from zendesk_gupshup.pipeline import Assessment
from zendesk_gupshup.storage.alert_state import AlertState
from zendesk_gupshup.storage.incidents import IncidentRow, IncidentStore, SightingRow
from zendesk_gupshup.zendesk.errors import Busy

from .decision import CodeSighting, IncidentRules, beginning, is_shared_mail
from .options import IncidentSettings
from .paused import asked
from .problem import ProblemRefused, ProblemTickets

log = logging.getLogger(__name__)

# One worker opens a problem ticket for so long; a killed one is waited for. Where it takes longer, the key still holds.
_OPENING_SECONDS = 20
# After a refusal of Zendesk.
_RETRY_SECONDS = 600
# Zendesk solves the linked tickets after their problem, in the background: until then they are left alone.
SOLVING_SECONDS = 600

# Tickets on which something may wait for the end of an incident, also where later words took the code back.
_MAY_WAIT = frozenset((TAG_KNOWN_INCIDENT, TAG_AWAITING_OWNER))

Enqueue = Callable[[Sequence[tuple[str, int, str | None]]], None]


@dataclass(frozen=True)
class IncidentParts:
    """What book and watch share."""

    store: IncidentStore
    alerts: AlertState
    problems: ProblemTickets
    settings: IncidentSettings
    dictionary: Dictionary
    enqueue: Enqueue

    @property
    def rules(self) -> IncidentRules:
        settings = self.settings
        return IncidentRules(settings.organizations, settings.minutes * 60, settings.silent_minutes * 60)

    def entry(self, code: str) -> CodeEntry | None:
        """The dictionary's entry of a code by its name, if it still has it."""
        return next((entry for entry in self.dictionary.entries if str(entry.error) == code), None)

    def mode(self, code: str) -> Literal["off", "assist", "auto"]:
        entry = self.entry(code)
        return self.settings.mode_of(entry) if entry else "off"


class IncidentBook:
    """For any number of threads. A store that cannot be used puts the ticket off: it might know of an incident."""

    def __init__(self, parts: IncidentParts, *, clock: Callable[[], float] = time.time) -> None:
        self._parts, self._clock = parts, clock
        self._lock = threading.Lock()
        self._recovered = False

    def lasting(self, assessment: Assessment) -> tuple[KnownIncident, ...] | None:
        """Note what the ticket reports, begin an incident where it is one, and take the ticket in."""
        parts, ticket = self._parts, assessment.ticket
        if not assessment.detection.findings and not _MAY_WAIT.intersection(ticket.tags):
            return ()
        own = as_own(ticket, inherit_off=assessment.policy.inherit_off)
        found = [
            finding
            for finding in counted(own, assessment.detection, parts.dictionary, assessment.policy)
            if parts.mode(str(finding.error)) != "off"
        ]
        self._recover()
        return asked(lambda: self._noted(assessment, own, found), ticket.id)

    def _noted(self, assessment: Assessment, ticket: Ticket, found: list[Finding]) -> tuple[KnownIncident, ...]:
        store, now = self._parts.store, int(self._clock())
        open_now = {row.code: row for row in store.open()}
        for finding in found:
            code, seen = str(finding.error), sighting_of(finding, ticket, assessment, now)
            store.sight(code, _row(seen))
            row = open_now.get(code) or self._begun(code, now)
            if row is not None:
                store.see(row.id, seen.at)
                store.join(row.id, ticket.id, now)
                open_now[code] = self._with_problem(row, now)
        return (*self._known(open_now.values()), *self._being_solved(ticket, now))

    def _begun(self, code: str, now: int) -> IncidentRow | None:
        parts, rules = self._parts, self._parts.rules
        since = now - rules.window - rules.silence
        # Tickets without an organization are one source together.
        rows = parts.store.sightings(code, since, organizations=rules.organizations - 1)
        begins = beginning(map(_sighting, rows), now, rules)
        if begins is None:
            return None
        members = begins.ticket_ids
        if parts.store.begin(code, begins.begun, begins.seen, begins.organizations, members, None):
            log.warning("incident: %s at %d organizations", code, begins.organizations)
            metrics.INCIDENTS.labels("begun").inc()
        row = next((row for row in parts.store.open() if row.code == code), None)
        if row is not None:
            parts.enqueue([(f"incident:{row.id}:{ticket_id}", ticket_id, None) for ticket_id in members])
        return row

    def _with_problem(self, row: IncidentRow, now: int) -> IncidentRow:
        """With its problem ticket, opened by one worker at a time. Raises `Busy` for the others."""
        parts, entry = self._parts, self._parts.entry(row.code)
        if row.problem_id is not None or entry is None or row.retry_at > now:
            return row
        if not parts.store.claim_opening(row.id, now, _OPENING_SECONDS):
            raise Busy(f"the problem ticket of {row.code} is being opened", retry_after=5.0)
        try:
            problem = parts.problems.open(entry)
        except ProblemRefused as error:
            log.error("incident: no problem ticket for %s: %s", row.code, error)
            parts.store.release_opening(row.id, now + _RETRY_SECONDS)
            return row
        except Exception:
            # Looked for anew before it is created anew, with the same key.
            parts.store.release_opening(row.id)
            raise
        parts.store.opened(row.id, problem)
        announce(parts.alerts, replace(row, problem_id=problem), now)
        return next((one for one in parts.store.open() if one.id == row.id), row)

    def _known(self, rows: Iterable[IncidentRow]) -> Iterable[KnownIncident]:
        for row in rows:
            entry, mode = self._parts.entry(row.code), self._parts.mode(row.code)
            if entry is not None and mode != "off":
                link = mode == "auto" and self._parts.settings.link
                yield KnownIncident(
                    error=entry.error,
                    mode=mode,
                    problem_id=row.problem_id,
                    link=link,
                    since=row.begun - self._parts.rules.window,
                )

    def _being_solved(self, ticket: Ticket, now: int) -> Iterable[KnownIncident]:
        """An incident that an agent ended, on a ticket that Zendesk is about to solve with its problem."""
        if ticket.problem_id is None:
            return
        for row in self._parts.store.listed():
            entry = self._parts.entry(row.code)
            if entry and row.problem_id == ticket.problem_id and is_being_solved(row, now):
                yield KnownIncident(error=entry.error, mode="pause", problem_id=row.problem_id)

    def _recover(self) -> None:
        """Once a process: incidents whose problem ticket is open and that the store lost. Raises `ZendeskError`."""
        with self._lock:
            if self._recovered:
                return
            parts, now = self._parts, int(self._clock())
            known = {row.problem_id for row in asked(parts.store.listed, 0)}
            codes = {entry.error.slug: str(entry.error) for entry in parts.dictionary.entries}
            for slug, problem, created in parts.problems.standing():
                code = codes.get(slug)
                if code is not None and problem not in known and parts.mode(code) != "off":
                    parts.store.begin(code, created, now, 0, (), problem)
            self._recovered = True


def announce(alerts: AlertState, row: IncidentRow, now: int) -> None:
    """Alert of an incident that began here; saying it again does nothing. Raises `SQLAlchemyError`."""
    if row.problem_id is not None and row.organizations:
        report(alerts, incident_alert(row.code, row.organizations, row.problem_id), now)


def is_being_solved(row: IncidentRow, now: int) -> bool:
    """Whether Zendesk may still be solving the tickets that are linked to its problem."""
    return row.ended is not None and row.ended_by == "agent" and now - row.ended < SOLVING_SECONDS


def sighting_of(finding: Finding, ticket: Ticket, assessment: Assessment, now: int) -> CodeSighting:
    """A certain finding as a report of its code, at the time of the client's words."""
    told = told_at(finding, ticket)
    address = (ticket.requester.email or "").lower() if ticket.requester else ""
    domain = address.partition("@")[2]
    own = ticket.organization.domain_names if ticket.organization else ()
    app = assessment.app
    return CodeSighting(
        ticket_id=ticket.id,
        at=min(int(told.timestamp()), now) if told else now,
        organization_id=ticket.organization_id,
        requester_id=ticket.requester_id,
        domain="" if is_shared_mail(domain) else domain,
        own_domains=frozenset(one.lower() for one in own),
        accounts=frozenset(v.strip().lower() for v in (app.app_name, app.app_id, app.account_id) if v and v.strip()),
    )


def _row(sighting: CodeSighting) -> SightingRow:
    identity = {
        "domain": _hashed([sighting.domain] if sighting.domain else []),
        "own_domains": _hashed(sighting.own_domains),
        "accounts": _hashed(sighting.accounts),
    }
    return SightingRow(sighting.ticket_id, sighting.at, sighting.organization_id, sighting.requester_id, identity)


def _sighting(row: SightingRow) -> CodeSighting:
    return CodeSighting(
        ticket_id=row.ticket_id,
        at=row.at,
        organization_id=row.organization_id,
        requester_id=row.requester_id,
        domain=next(iter(row.identity["domain"]), ""),
        own_domains=frozenset(row.identity["own_domains"]),
        accounts=frozenset(row.identity["accounts"]),
    )


def _hashed(values: Iterable[str]) -> list[str]:
    """To be compared, and not to be read: names of a client's apps stay out of the store."""
    return sorted(hashlib.sha256(value.encode()).hexdigest()[:24] for value in values)
