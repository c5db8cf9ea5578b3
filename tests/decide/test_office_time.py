"""Time in office hours, on a schedule as Zendesk gives it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from zendesk_gupshup.decide.office_time import Unit, is_open, passed
from zendesk_gupshup.model.office_hours import OfficeHours

NIGHT = OfficeHours(quiet=(20 * 60, 8 * 60))
NOON = OfficeHours(quiet=(12 * 60, 14 * 60))
# Monday to Friday, 9 to 17, with a holiday on Tuesday 24 November 2026.
WEEK = OfficeHours(
    time_zone="America/Bogota",
    intervals=tuple((day * 1440 + 540, day * 1440 + 1020) for day in range(1, 6)),
    holidays=((date(2026, 11, 24), date(2026, 11, 24)),),
)
BERLIN = WEEK.model_copy(update={"time_zone": "Europe/Berlin", "intervals": ((0, 1440),), "holidays": ()})


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "when", "is_so"),
    [
        (OfficeHours(), at(22, 3), True),
        (NIGHT, at(23, 8), True),
        (NIGHT, at(23, 19, 59), True),
        (NIGHT, at(23, 20), False),
        (NIGHT, at(23, 7, 59), False),
        (NOON, at(23, 13), False),
        (NOON, at(23, 14), True),
        # 9 in Bogota is 14 in UTC.
        (WEEK, at(23, 13, 59), False),
        (WEEK, at(23, 14), True),
        (WEEK, at(23, 22), False),
        (WEEK, at(24, 15), False),
        (WEEK, at(22, 15), False),
        (WEEK.model_copy(update={"quiet": (0, 600)}), at(23, 14), False),
    ],
)
def test_it_is_open_within_the_schedule_and_outside_of_the_quiet_hours(
    hours: OfficeHours, when: datetime, is_so: bool
) -> None:
    assert is_open(hours, when) is is_so


@pytest.mark.parametrize(
    ("hours", "since", "until", "unit", "expected"),
    [
        (OfficeHours(), at(20, 3), at(22, 4), "d", 49.0),
        (NIGHT, at(20, 3), at(22, 4), "h", 49.0),
        (OfficeHours(), at(22, 4), at(20, 3), "d", 0.0),
        # Friday 16:00 to Monday 10:00 in Bogota: one hour on each day.
        (WEEK, at(20, 21), at(23, 15), "h", 2.0),
        # The rest of Friday and ten hours of Monday; no weekend.
        (WEEK, at(20, 21), at(23, 15), "d", 18.0),
        # The holiday does not count.
        (WEEK, at(23, 15), at(25, 15), "d", 24.0),
        (WEEK, at(23, 15), at(25, 15), "h", 8.0),
        # The Sunday on which the clocks are set back has 25 hours.
        (BERLIN, at(24, 12, month=10), at(26, 12, month=10), "d", 25.0),
        (WEEK, datetime(2020, 1, 1, tzinfo=UTC), at(23, 15), "h", 2281.0),
    ],
)
def test_what_has_passed(hours: OfficeHours, since: datetime, until: datetime, unit: Unit, expected: float) -> None:
    assert passed(hours, since, until, unit) / timedelta(hours=1) == expected
