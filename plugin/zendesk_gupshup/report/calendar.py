"""Hours, days and weeks of a time zone. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from zendesk_gupshup.report.model import By

_HOURS_UP_TO = 2 * 86_400
_DAYS_UP_TO = 62 * 86_400


def fitting(seconds: int) -> By:
    """The unit that fits a period of so many seconds."""
    return "hour" if seconds <= _HOURS_UP_TO else "day" if seconds <= _DAYS_UP_TO else "week"


def begin_of(at: int, by: By, zone: ZoneInfo) -> str:
    """The local beginning of the hour, day or week (its Monday) that `at` is in: `2026-11-21T09`, `2026-11-21`."""
    moment = datetime.fromtimestamp(at, zone)
    if by == "hour":
        return f"{moment:%Y-%m-%dT%H}"
    day = moment.date()
    return (day - timedelta(days=day.weekday()) if by == "week" else day).isoformat()


def beginnings(since: int, until: int, by: By, zone: ZoneInfo) -> tuple[str, ...]:
    """Every beginning in `[since, until)`, also of those in which nothing happened."""
    return tuple(dict.fromkeys(_beginnings(since, until, by, zone)))


def _beginnings(since: int, until: int, by: By, zone: ZoneInfo) -> Iterator[str]:
    # By the hour also over days: a day of a changing clock has 23 or 25 of them.
    step = 3600 if by == "hour" else 12 * 3600
    for at in range(since, until, step):
        yield begin_of(at, by, zone)
    if until > since:
        yield begin_of(until - 1, by, zone)
