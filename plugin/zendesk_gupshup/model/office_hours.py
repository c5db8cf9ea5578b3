"""When clients may be written to without having written themselves."""

from __future__ import annotations

from datetime import date, timedelta

from .base import StrictModel


class OfficeHours(StrictModel):
    """The account's schedule, where it has one, and the quiet hours; both in one time zone."""

    # By its IANA name, such as `America/Bogota`.
    time_zone: str = "UTC"
    # Minutes since Sunday at midnight; none without a schedule.
    intervals: tuple[tuple[int, int], ...] = ()
    # First and last day of each holiday.
    holidays: tuple[tuple[date, date], ...] = ()
    # Minutes since midnight, from and to; the end may be on the next day.
    quiet: tuple[int, int] | None = None


def wait_of(text: str) -> timedelta:
    """`2d` or `36h`."""
    return timedelta(hours=int(text[:-1]) * (24 if text.endswith("d") else 1))
