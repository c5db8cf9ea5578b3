"""Whether a code, or an account, was reported more often than usual, and whose matter that is. Pure.

The test is small on purpose: how many tickets in three hours, compared with the same three hours of earlier weeks.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

WINDOW = 3 * 3600
WEEKS = 8
# Below this many tickets nobody is alarmed, however rare the code is.
LEAST = 5
# Fewer organizations than this are no "many".
MANY = 3
# Some 240 windows a month, by a dozen codes: at this chance a false alarm comes about every third month.
CHANCE = 1e-4
# What counts as usual where nothing was ever seen: a code new to the ledger is not impossible.
_FLOOR = 0.2
_WEEK = 7 * 86_400
_DAY = 86_400

Kind = Literal["platform", "owner", "unclear"]


@dataclass(frozen=True)
class CountedTicket:
    """One code on one ticket, the first time: when, in which organization, about which app (or account)."""

    ticket_id: int
    code: str
    at: int
    organization_id: int | None = None
    app: str | None = None

    @property
    def account(self) -> str | None:
        """The app, else the organization: whoever's matter it would be alone."""
        return self.app or (str(self.organization_id) if self.organization_id is not None else None)


@dataclass(frozen=True)
class Spike:
    """`tickets` of the whole episode; `peak` of its densest `WINDOW`, where `usual` would have been expected."""

    kind: Kind
    codes: tuple[str, ...]
    first: int
    last: int
    tickets: int
    organizations: int
    account: str | None
    peak: int
    usual: float
    weeks: int
    chance: float


@dataclass(frozen=True)
class _Alarm:
    first: int
    last: int
    peak: int
    usual: float
    weeks: int
    chance: float


def spikes(reported: Iterable[CountedTicket], since: int, until: int, *, known_from: int) -> tuple[Spike, ...]:
    """Every episode in `[since, until)`, in the order of time. What was reported before `since` is the usual level.

    The same code at many organizations is the platform's matter; many tickets about one account are its owner's.
    An account's share in a platform's episode is not reported again. `known_from`: nothing before it is known.
    """
    first: dict[tuple[int, str], CountedTicket] = {}
    for one in sorted(reported, key=_order):
        first.setdefault((one.ticket_id, one.code), one)
    distinct = list(first.values())
    by_code: dict[str, list[CountedTicket]] = {}
    by_account: dict[str, dict[int, CountedTicket]] = {}
    for one in distinct:
        by_code.setdefault(one.code, []).append(one)
        if one.account is not None:
            # A ticket that tells two codes is one ticket about its account.
            by_account.setdefault(one.account, {}).setdefault(one.ticket_id, one)
    alone = [
        _owner_spike(alarm, account, distinct)
        for account, tickets in by_account.items()
        for alarm in _alarms(list(tickets.values()), since, until, known_from)
    ]
    shared = [
        _code_spike(alarm, code, ones)
        for code, ones in by_code.items()
        for alarm in _alarms(ones, since, until, known_from)
    ]
    platform = [spike for spike in shared if spike.kind == "platform"]
    owners = [spike for spike in alone if not any(_same(spike, other) for other in platform)]
    unclear = [
        spike for spike in shared if spike.kind == "unclear" and not any(_same(spike, other) for other in owners)
    ]
    return tuple(sorted((*platform, *owners, *unclear), key=lambda spike: (spike.first, spike.codes, spike.kind)))


def poisson_tail(count: int, expected: float) -> float:
    """The chance of `count` or more where `expected` are usual."""
    if count <= 0:
        return 1.0
    if expected <= 0:
        return 0.0
    if count <= expected:
        return min(1.0, max(0.0, 1.0 - math.fsum(_poisson(k, expected) for k in range(count))))
    # Summed from its own end: one minus nearly one would leave nothing of a small chance.
    term, total, k = _poisson(count, expected), 0.0, count
    while term > total * 1e-17:
        total += term
        k += 1
        term *= expected / k
    return min(1.0, total)


def usual(times: Sequence[int], at: int, known_from: int) -> tuple[float, int]:
    """How many of the sorted `times` a window that ends at `at` usually has, and the number of weeks compared.

    The mean of the same window of up to `WEEKS` weeks before, and as one week more what the code's rate over all that
    time would give: a weekday's own count is small, and mostly nought.
    """
    weeks = [at - n * _WEEK for n in range(1, WEEKS + 1) if at - n * _WEEK - WINDOW >= known_from]
    same = sum(_count(times, end) for end in weeks)
    begin, end = max(known_from, at - WEEKS * _WEEK), at - WINDOW
    # Less than a day gives no rate.
    seconds = max(end - begin, _DAY)
    rate = max(bisect_right(times, end) - bisect_left(times, begin), 0) / seconds
    return max((same + rate * WINDOW) / (len(weeks) + 1), _FLOOR), len(weeks)


def _poisson(k: int, expected: float) -> float:
    return math.exp(k * math.log(expected) - expected - math.lgamma(k + 1))


def _order(one: CountedTicket) -> tuple[int, int, str, str]:
    return (one.at, one.ticket_id, one.code, one.account or "")


def _count(times: Sequence[int], end: int) -> int:
    return bisect_right(times, end) - bisect_right(times, end - WINDOW)


def _alarms(ones: list[CountedTicket], since: int, until: int, known_from: int) -> list[_Alarm]:
    """Windows that overlap are one alarm, with the numbers of the most unlikely of them."""
    times = [one.at for one in ones]
    alarms: list[_Alarm] = []
    for at in dict.fromkeys(t for t in times if since <= t < until):
        begin = max(at - WINDOW, since - 1)
        count = bisect_right(times, at) - bisect_right(times, begin)
        if count < LEAST:
            continue
        expected, weeks = usual(times, at, known_from)
        chance = poisson_tail(count, expected)
        if chance >= CHANCE:
            continue
        here = _Alarm(times[bisect_right(times, begin)], at, count, expected, weeks, chance)
        if alarms and here.first <= alarms[-1].last:
            before = alarms.pop()
            most = min(before, here, key=lambda one: one.chance)
            here = _Alarm(before.first, at, most.peak, most.usual, most.weeks, most.chance)
        alarms.append(here)
    return alarms


def _code_spike(alarm: _Alarm, code: str, ones: Sequence[CountedTicket]) -> Spike:
    here = [one for one in ones if alarm.first <= one.at <= alarm.last]
    accounts = Counter(one.account for one in here if one.account)
    organizations = {one.organization_id or one.account for one in here} - {None}
    # More than half of one account would be that account's matter, with a few others.
    spread = max(accounts.values(), default=0) * 2 <= len(here)
    kind: Kind = "platform" if len(organizations) >= MANY and spread else "unclear"
    return _spike(kind, alarm, (code,), len(here), len(organizations), None)


def _owner_spike(alarm: _Alarm, account: str, reported: Sequence[CountedTicket]) -> Spike:
    here = [one for one in reported if one.account == account and alarm.first <= one.at <= alarm.last]
    codes = Counter(one.code for one in here)
    named = tuple(sorted(codes, key=lambda code: (-codes[code], code)))
    organizations = {one.organization_id for one in here} - {None}
    return _spike("owner", alarm, named, len({one.ticket_id for one in here}), max(len(organizations), 1), account)


def _spike(
    kind: Kind, alarm: _Alarm, codes: tuple[str, ...], tickets: int, organizations: int, account: str | None
) -> Spike:
    return Spike(
        kind, codes, alarm.first, alarm.last, tickets, organizations, account,
        alarm.peak, alarm.usual, alarm.weeks, alarm.chance,
    )  # fmt: skip


def _same(one: Spike, other: Spike) -> bool:
    return one.first <= other.last and other.first <= one.last and bool(set(one.codes) & set(other.codes))
