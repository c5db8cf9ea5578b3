"""Reported codes, counted by code, time, place and by who has to fix them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.model.base import Language
from zendesk_gupshup.model.finding import Confidence, ErrorCode
from zendesk_gupshup.report.calendar import begin_of, beginnings
from zendesk_gupshup.report.model import STEPS, Code, Over, PlaceCount, Scope, Series, Share, Spread
from zendesk_gupshup.report.spikes import CountedTicket


@dataclass(frozen=True)
class ReportedCode:
    """A code on a ticket, with what the detection of spikes does not need."""

    ticket: CountedTicket
    error: ErrorCode
    variant: str | None
    confidence: Confidence
    language: str | None


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


def is_failure(error: ErrorCode, dictionary: Dictionary) -> bool:
    entry = dictionary.get(error)
    return entry is None or not entry.success


def codes_of(reported: Sequence[ReportedCode], dictionary: Dictionary, language: Language) -> tuple[Code, ...]:
    by_code: dict[ErrorCode, list[ReportedCode]] = {}
    for one in reported:
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
                organizations=len({one.ticket.organization_id for one in ones} - {None}),
            )
        )
    return tuple(sorted(rows, key=lambda row: (-row.tickets, row.code)))


def over_time(
    reported: Sequence[ReportedCode], scope: Scope, since: int, zone: ZoneInfo, codes: Sequence[Code]
) -> Over:
    """From the first time that is known or reported: before that the count is unknown, not zero."""
    first = min([since, *(one.ticket.at for one in reported)])
    times = beginnings(first, scope.until, scope.by, zone)
    counts = Counter((one.ticket.code, begin_of(one.ticket.at, scope.by, zone)) for one in reported)
    series = (Series(code=row.code, counts=tuple(counts[row.code, time] for time in times)) for row in codes)
    return Over(times=times, series=tuple(series))


def who_fixes(reported: Sequence[ReportedCode], dictionary: Dictionary) -> tuple[Share, ...]:
    """Each code on each ticket counts for the first whom the dictionary names for it."""
    count: Counter[str] = Counter()
    for one in reported:
        entry = dictionary.get(one.error)
        variant = next((v for v in entry.variants if v.name == one.variant), None) if entry else None
        who = variant.who_fixes if variant else entry.who_fixes if entry else ("?",)
        count[who[0]] += 1
    return tuple(Share(name=name, tickets=n) for name, n in sorted(count.items(), key=lambda item: (-item[1], item[0])))


def places(
    reported: Sequence[ReportedCode], key: Callable[[CountedTicket], int | str | None], names: Mapping[str, str]
) -> tuple[PlaceCount, ...]:
    """Those with the most tickets first."""
    by_place: dict[str, list[CountedTicket]] = {}
    for one in reported:
        if (place := key(one.ticket)) is not None:
            by_place.setdefault(str(place), []).append(one.ticket)
    rows = [
        PlaceCount(
            id=place,
            name=names.get(place),
            tickets=len({one.ticket_id for one in ones}),
            codes=shares((one.code, one.ticket_id) for one in ones),
        )
        for place, ones in by_place.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.tickets, row.id)))


def shares(pairs: Iterable[tuple[str, int]], order: Sequence[str] = ()) -> tuple[Share, ...]:
    """Different tickets by name; in the order given, else the most first."""
    tickets: dict[str, set[int]] = {}
    for name, ticket in pairs:
        tickets.setdefault(name, set()).add(ticket)
    rank = {name: n for n, name in enumerate(order)}
    rows = sorted(tickets.items(), key=lambda item: (rank.get(item[0], len(rank)), -len(item[1]), item[0]))
    return tuple(Share(name=name, tickets=len(some)) for name, some in rows)
