"""Time in office hours: whether it is open, and how much has passed. Pure: whoever asks brings the time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from zendesk_gupshup.model.office_hours import OfficeHours

# Whatever began earlier counts from here on.
_LONGEST = timedelta(days=400)
_DAY = 24 * 60

# `h`: hours in which the schedule is open. `d`: days on which it is open at all.
Unit = Literal["h", "d"]


def is_open(hours: OfficeHours, at: datetime) -> bool:
    """Whether this is within the schedule, if there is one, and outside of the quiet hours."""
    local = at.astimezone(ZoneInfo(hours.time_zone))
    minute = local.hour * 60 + local.minute
    if hours.quiet:
        start, end = hours.quiet
        if (start <= minute < end) if start <= end else (minute >= start or minute < end):
            return False
    if not hours.intervals:
        return True
    return any(start <= minute < end for start, end in _intervals(hours, local.date()))


def passed(hours: OfficeHours, since: datetime, until: datetime, unit: Unit) -> timedelta:
    """How much of the time between the two counts; all of it without a schedule."""
    if not hours.intervals:
        return max(until - since, timedelta())
    since = max(since, until - _LONGEST)
    spans = _spans(hours, since, until, unit)
    return sum((max(min(end, until) - max(start, since), timedelta()) for start, end in spans), timedelta())


def _spans(hours: OfficeHours, since: datetime, until: datetime, unit: Unit) -> Iterator[tuple[datetime, datetime]]:
    zone = ZoneInfo(hours.time_zone)
    day, last = since.astimezone(zone).date(), until.astimezone(zone).date()
    while day <= last:
        intervals = tuple(_intervals(hours, day))
        if unit == "d" and intervals:
            intervals = ((0, _DAY),)
        midnight = datetime.combine(day, time(), zone)
        for start, end in intervals:
            # Added on the wall, and compared in UTC: a day may have 23 hours.
            yield (
                (midnight + timedelta(minutes=start)).astimezone(UTC),
                (midnight + timedelta(minutes=end)).astimezone(UTC),
            )
        day += timedelta(days=1)


def _intervals(hours: OfficeHours, day: date) -> Iterator[tuple[int, int]]:
    """The open intervals of this day, in minutes since its midnight."""
    if any(first <= day <= last for first, last in hours.holidays):
        return
    # Weeks of a schedule begin on Sunday.
    midnight = day.isoweekday() % 7 * _DAY
    for start, end in hours.intervals:
        if midnight <= start < midnight + _DAY:
            yield start - midnight, min(end - midnight, _DAY)
