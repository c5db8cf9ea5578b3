"""What an answer's headers say of Zendesk's rate limits, as one value. Pure.

https://developer.zendesk.com/api-reference/introduction/rate-limits/
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

# A wait that Zendesk asks for is taken as at least a second, so that nobody spins, and as at most a quarter of an hour,
# so that a nonsensical header does not park a worker for a day.
SHORTEST_WAIT, LONGEST_WAIT = 1.0, 900.0
# Zendesk counts by the minute: where it says nothing, the next minute is a new one.
USUAL_WAIT = 60.0

# `zendesk-ratelimit-tickets-update: total=100; remaining=99; resets=41`, and an older spelling of the name.
_NAME = re.compile(r"zendesk-rate-?limit-(.+)", re.IGNORECASE)
_VALUE = re.compile(r"total=(\d{1,9})\b.*?\bremaining=(\d{1,9})\b(?:.*?\bresets=(\d{1,9})\b)?")


@dataclass(frozen=True)
class ReportedLimit:
    """One limit; `resets` is seconds until it starts anew."""

    total: int
    remaining: int
    resets: float = USUAL_WAIT


@dataclass(frozen=True)
class RateLimitHeaders:
    """`limits`: the account's as `account`, the others by the name in their header. `retry_after`: as Zendesk asks, in
    seconds. `account_resets`: seconds until the account's minute starts anew."""

    limits: Mapping[str, ReportedLimit] = field(default_factory=dict)
    retry_after: float | None = None
    account_resets: float | None = None

    @classmethod
    def parse(cls, headers: Mapping[str, str]) -> RateLimitHeaders:
        """The keys of `headers` are case-insensitive."""
        limits: dict[str, ReportedLimit] = {}
        resets = _integer(headers.get("ratelimit-reset") or headers.get("rate-limit-reset"))
        total, remaining = _integer(headers.get("x-rate-limit")), _integer(headers.get("x-rate-limit-remaining"))
        if total and remaining is not None:
            limits["account"] = ReportedLimit(total, remaining, USUAL_WAIT if resets is None else resets)
        for header, value in headers.items():
            if (name := _NAME.match(header)) and (found := _VALUE.search(value)):
                limits[name[1].lower()] = ReportedLimit(int(found[1]), int(found[2]), float(found[3] or USUAL_WAIT))
        return cls(limits, _retry_after(headers), resets)

    @property
    def wait(self) -> float:
        """Seconds to wait after a refusal: as Zendesk asks, else until its exhausted limits start anew."""
        if self.retry_after is not None:
            return self.retry_after
        resets = [limit.resets for name, limit in self.limits.items() if name != "account" and not limit.remaining]
        return max(resets if self.account_resets is None else [*resets, self.account_resets], default=USUAL_WAIT)

    def bounded_wait(self, longest: float = LONGEST_WAIT) -> float:
        """`wait` within bounds: at least `SHORTEST_WAIT`, at most `longest`."""
        return min(max(self.wait, SHORTEST_WAIT), max(longest, SHORTEST_WAIT))


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, or the time from the answer's own `Date` to a date: no clock of ours takes part."""
    text = headers.get("retry-after", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        try:
            return (parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("date", ""))).total_seconds()
        except (ValueError, TypeError, OverflowError):  # no date, or one with and one without a time zone
            return None
    return None if math.isnan(seconds) else seconds


def _integer(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\s*\d{1,9}\s*", text) else None
