"""Ledger rows to a `Report`. Pure: the same rows give the same report.

There are two clocks. What tickets told counts when it was told: for the worker that is when it looked, and for a run
over old tickets when the ticket was made. What was done about it counts when it was done.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.ledger import LIVE, SKIPPED, Counted
from zendesk_gupshup.ledger_entry import Entry, Found
from zendesk_gupshup.models import Confidence, ErrorCode, Language
from zendesk_gupshup.report.calendar import begin_of, beginnings, fitting
from zendesk_gupshup.report.model import (
    STEPS,
    By,
    Code,
    Failure,
    Names,
    Over,
    Place,
    Report,
    Requests,
    Scope,
    Series,
    Share,
    Spread,
    Totals,
    Unknown,
)
from zendesk_gupshup.report.spikes import Told, spikes

# A look at a ticket that had changed reads the ticket and its comments.
_REQUESTS_A_LOOK = 2
_ROWS_A_JOB = 100
_DONE = ("replied", "noted", "tagged", "planned", "recorded")
_A_TICKET = re.compile(r"\bticket [0-9]+\b")


@dataclass(frozen=True)
class Replied:
    """Our public reply: when, and the ticket's stamp as our last update left it."""

    ticket_id: int
    organization_id: int | None
    at: int
    as_left: str


@dataclass(frozen=True)
class _Told:
    """A code on a ticket with what `spikes` need not know."""

    told: Told
    error: ErrorCode
    variant: str | None
    confidence: Confidence
    language: str | None


class Tally:
    """Takes the entries in the order in which they were made; `report` then says what they come to.

    `since` and `until` are the period. With `run`, the run's own entries all count, whenever they were made.
    """

    def __init__(self, since: int | None, until: int | None, *, run: str | None = None) -> None:
        self._since, self._until, self._run = since, until, run
        self._told: dict[tuple[int, ErrorCode], _Told] = {}
        self._symptoms: set[int] = set()
        self._moments: dict[int, int] = {}
        self._unknown: dict[str, dict[int, None]] = {}
        self._mode: dict[int, str] = {}
        self._done: dict[int, int] = {}
        self._guards: dict[str, set[int]] = {}
        self._replied: dict[int, tuple[int, Replied]] = {}
        self._writes: Counter[str] = Counter()
        self._last: dict[int, Entry] = {}
        self._stumbled: set[int] = set()
        self._held: dict[int, None] = {}
        self._made: list[int] = []
        self._together: Counter[str] = Counter()
        self._entries = self._requests = 0

    def add(self, entry: Entry) -> None:
        moment = entry.at if entry.run == LIVE else entry.created or entry.at
        self._add_told(entry, moment)
        if self._run is not None or self._inside(entry.at):
            self._add_work(entry)

    @property
    def organization_ids(self) -> tuple[int, ...]:
        """Those that the report names, and those whose owners are asked for."""
        told = [one.told.organization_id for one in self._in_scope()]
        replied = [one.organization_id for one in self.replied]
        return tuple(sorted({one for one in (*told, *replied) if one is not None}))

    @property
    def replied(self) -> tuple[Replied, ...]:
        """The newest first."""
        return tuple(sorted((one for _, one in self._replied.values()), key=lambda one: (-one.at, one.ticket_id)))

    @property
    def held_back(self) -> tuple[int, ...]:
        """Tickets for which a reply or note was due whose like an agent may have written; the newest first."""
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
        """`known_from`: since when there is a ledger, so that an empty past is not taken for a quiet one."""
        told = [one for one in self._in_scope() if _is_failure(one.error, dictionary)]
        sure = [one for one in told if one.confidence is not Confidence.POSSIBLE]
        scope = self._scope(told, account, generated, known_from, zone, by)
        known = known_from if known_from is not None else scope.since
        all_told = [one.told for one in self._told.values()
                    if _is_failure(one.error, dictionary) and one.confidence is not Confidence.POSSIBLE]  # fmt: skip
        tickets = {one.told.ticket_id for one in sure}
        possible = {one.told.ticket_id for one in told} - tickets
        codes = _codes(sure, dictionary, language)
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
                dry=sum(1 for done in self._done.values() if _DONE[done] == "planned"),
                failed=sum(len(one.tickets) for one in failures if one.state == "failed"),
            ),
            spikes=spikes(all_told, scope.since, scope.until, known_from=known),
            over=_over(sure, scope, max(scope.since, known), zone, codes),
            codes=codes,
            who=_who(sure, dictionary),
            organizations=_places(sure, lambda one: one.organization_id, _by_text(names)),
            apps=_places(sure, lambda one: one.app, names.apps if names else {}),
            languages=_shares((one.language or "?", one.told.ticket_id) for one in sure),
            done=_shares(
                ((_DONE[done], ticket) for ticket, done in self._done.items() if ticket in tickets), order=_DONE
            ),
            modes=_shares(
                ((mode, ticket) for ticket, mode in self._mode.items() if ticket in tickets),
                order=("auto", "assist", "observe"),
            ),
            guards=_shares((name, ticket) for name, some in self._guards.items() for ticket in some),
            to_reply=spread([seconds for seconds, _ in self._replied.values() if seconds >= 0]),
            unknown=tuple(
                Unknown(code=code, tickets=tuple(some))
                for code, some in sorted(self._unknown.items(), key=lambda item: (-len(item[1]), item[0]))
            ),
            failures=failures,
            recovered=recovered,
            requests=self._spent(counted, scope),
        )  # fmt: skip

    # --- Taking in ------------------------------------------------------------------------------------------

    def _add_told(self, entry: Entry, moment: int) -> None:
        if self._run is not None:
            self._made.append(moment)
        if entry.symptoms:
            self._symptoms.add(entry.ticket_id)
            self._moments.setdefault(entry.ticket_id, moment)
        for found in entry.findings:
            key = (entry.ticket_id, found.error)
            before = self._told.get(key)
            if before is None:
                self._told[key] = _told(entry, found, moment)
            elif found.confidence.rank > before.confidence.rank:
                # Later words made it sure; it was told when it was told first, unless nothing was sure then.
                at = moment if before.confidence is Confidence.POSSIBLE else before.told.at
                self._told[key] = _told(entry, found, at)
        if self._counts(moment):
            for code in entry.unknown:
                self._unknown.setdefault(code, {})[entry.ticket_id] = None

    def _add_work(self, entry: Entry) -> None:
        ticket = entry.ticket_id
        self._entries += 1
        self._requests += entry.requests
        if entry.run != LIVE:
            # What a bulk job writes is tags alone, and no row of a job names its audit.
            together = [write for write in entry.writes if write.kind == "tags" and write.audit_id is None]
            self._together[entry.run] += len(together)
        self._writes.update(write.kind for write in entry.writes)
        if ticket in self._last and _state(self._last[ticket]) is not None:
            self._stumbled.add(ticket)
        self._last[ticket] = entry
        if entry.mode and entry.findings:
            ranked = ("observe", "assist", "auto")
            self._mode[ticket] = max(self._mode.get(ticket, "observe"), entry.mode.value, key=ranked.index)
        if entry.findings:
            self._done[ticket] = min(self._done.get(ticket, len(_DONE) - 1), _DONE.index(_did(entry)))
        for name in entry.guards:
            self._guards.setdefault(name, set()).add(ticket)
        if entry.findings and entry.would:
            self._held.pop(ticket, None)
            self._held[ticket] = None
        for write in entry.writes:
            if write.kind == "reply" and ticket not in self._replied and write.after.updated_at:
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

    def _in_scope(self) -> list[_Told]:
        return [one for one in self._told.values() if self._counts(one.told.at)]

    def _scope(
        self, told: Sequence[_Told], account: str, generated: int, known_from: int | None, zone: ZoneInfo, by: By | None
    ) -> Scope:
        times = [one.told.at for one in told] or self._made
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

    def _failures(self) -> tuple[tuple[Failure, ...], int]:
        """By state and reason, tickets whose last look went wrong; and how many went right in the end."""
        found: dict[tuple[str, str], list[int]] = {}
        for ticket, entry in self._last.items():
            if state := _state(entry):
                reason = entry.reason or ("interrupted" if entry.did == "writing" else "?")
                found.setdefault((state, _A_TICKET.sub("the ticket", reason)), []).append(ticket)
        order = ("failed", "waiting", "gone")
        rows = [
            Failure.model_validate({"state": state, "reason": reason, "tickets": tuple(sorted(tickets))})
            for (state, reason), tickets in found.items()
        ]
        rows.sort(key=lambda row: (order.index(row.state), -len(row.tickets), row.reason))
        return tuple(rows), sum(1 for ticket in self._stumbled if _state(self._last[ticket]) is None)

    def _spent(self, counted: Iterable[Counted], scope: Scope) -> Requests:
        first, last = (f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}" for at in (scope.since, scope.until - 1))
        here = [one for one in counted if self._run is not None or first <= one.day <= last]
        skipped = sum(one.looks for one in here if one.did == SKIPPED)
        return Requests(
            spent=self._requests + sum(one.requests for one in here),
            looks=self._entries + sum(one.looks for one in here if one.did != SKIPPED),
            skipped=skipped,
            saved_by_skipping=skipped * _REQUESTS_A_LOOK,
            saved_by_bulk=sum(count - -(-count // _ROWS_A_JOB) for count in self._together.values()),
        )


def spread(seconds: Sequence[int]) -> Spread | None:
    if not seconds:
        return None
    ordered = sorted(seconds)
    steps = [0] * (len(STEPS) + 1)
    for one in ordered:
        steps[sum(one >= end for end in STEPS)] += 1
    return Spread(
        count=len(ordered),
        median=ordered[(len(ordered) - 1) // 2],
        ninetieth=ordered[(len(ordered) * 9 + 9) // 10 - 1],
        longest=ordered[-1],
        steps=tuple(steps),
    )


def _by_text(names: Names | None) -> dict[str, str]:
    return {str(number): name for number, name in names.organizations.items()} if names else {}


def _told(entry: Entry, found: Found, at: int) -> _Told:
    told = Told(entry.ticket_id, str(found.error), at, entry.organization_id, entry.app)
    return _Told(told, found.error, found.variant, found.confidence, entry.language)


def _is_failure(error: ErrorCode, dictionary: Dictionary) -> bool:
    entry = dictionary.get(error)
    return entry is None or not entry.success


def _did(entry: Entry) -> str:
    kinds = {write.kind for write in entry.writes}
    for kind, done in (("reply", "replied"), ("note", "noted"), ("tags", "tagged")):
        if kind in kinds:
            return done
    return "planned" if entry.did == "dry_run" and entry.planned else "recorded"


def _state(entry: Entry) -> str | None:
    """How a look went wrong; the worker comes back to what is for later, any other run has ended by then."""
    if entry.did in ("later", "writing"):
        return "waiting" if entry.run == LIVE else "failed"
    return entry.did if entry.did in ("failed", "gone") else None


def _codes(told: Sequence[_Told], dictionary: Dictionary, language: Language) -> tuple[Code, ...]:
    by_code: dict[ErrorCode, list[_Told]] = {}
    for one in told:
        by_code.setdefault(one.error, []).append(one)
    rows = []
    for error, ones in by_code.items():
        entry = dictionary.get(error)
        rows.append(
            Code(
                code=str(error),
                title=entry.title if entry else "",
                meaning=entry.meaning.get(language) if entry else "",
                who=entry.who_fixes if entry else (),
                tickets=len(ones),
                certain=sum(one.confidence is Confidence.CERTAIN for one in ones),
                organizations=len({one.told.organization_id for one in ones} - {None}),
            )
        )
    return tuple(sorted(rows, key=lambda row: (-row.tickets, row.code)))


def _over(told: Sequence[_Told], scope: Scope, since: int, zone: ZoneInfo, codes: Sequence[Code]) -> Over:
    """From where something is known, or told of: what lies before is not quiet, but unknown."""
    first = min([since, *(one.told.at for one in told)])
    times = beginnings(first, scope.until, scope.by, zone)
    counts = Counter((one.told.code, begin_of(one.told.at, scope.by, zone)) for one in told)
    series = (Series(code=row.code, counts=tuple(counts[row.code, time] for time in times)) for row in codes)
    return Over(times=times, series=tuple(series))


def _who(told: Sequence[_Told], dictionary: Dictionary) -> tuple[Share, ...]:
    """Each code on each ticket counts for the first whom the dictionary names for it."""
    count: Counter[str] = Counter()
    for one in told:
        entry = dictionary.get(one.error)
        variant = next((v for v in entry.variants if v.name == one.variant), None) if entry else None
        who = variant.who_fixes if variant else entry.who_fixes if entry else ("?",)
        count[who[0]] += 1
    return tuple(Share(name=name, tickets=n) for name, n in sorted(count.items(), key=lambda item: (-item[1], item[0])))


def _places(
    told: Sequence[_Told], key: Callable[[Told], int | str | None], names: Mapping[str, str]
) -> tuple[Place, ...]:
    """Those with the most tickets first."""
    by_place: dict[str, list[Told]] = {}
    for one in told:
        if (place := key(one.told)) is not None:
            by_place.setdefault(str(place), []).append(one.told)
    rows = [
        Place(
            id=place,
            name=names.get(place),
            tickets=len({one.ticket_id for one in ones}),
            codes=_shares((one.code, one.ticket_id) for one in ones),
        )
        for place, ones in by_place.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.tickets, row.id)))


def _shares(pairs: Iterable[tuple[str, int]], order: Sequence[str] = ()) -> tuple[Share, ...]:
    """Different tickets by name; in the order given, else the most first."""
    tickets: dict[str, set[int]] = {}
    for name, ticket in pairs:
        tickets.setdefault(name, set()).add(ticket)
    rank = {name: n for n, name in enumerate(order)}
    rows = sorted(tickets.items(), key=lambda item: (rank.get(item[0], len(rank)), -len(item[1]), item[0]))
    return tuple(Share(name=name, tickets=len(some)) for name, some in rows)
