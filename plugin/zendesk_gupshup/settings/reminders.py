"""The settings of reminders: when they are due, and when nobody is written to."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from zendesk_gupshup.model.base import StrictModel
from zendesk_gupshup.model.office_hours import OfficeHours


def _wait(text: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]{0,2}[hd]", text):
        raise PydanticCustomError("wait", "write a number of days or hours, such as 2d or 36h")
    return text


def _time(text: str) -> str:
    if not re.fullmatch(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise PydanticCustomError("time", "write times of day, such as 20:00")
    return text


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, LookupError):
        raise PydanticCustomError("zone", "write the name of a time zone, such as America/Bogota") from None


class ReminderSettings(StrictModel):
    remind_after: tuple[Annotated[str, AfterValidator(_wait)], ...] = Field(
        ("2d", "5d"),
        max_length=2,
        description="Remind a client who does not answer an escalation after so many days or hours, twice at most;"
        " empty: never, and `setup` creates its automation instead.",
    )
    quiet_hours: tuple[Annotated[str, AfterValidator(_time)], ...] = Field(
        ("20:00", "08:00"), max_length=2, description="Times of day between which no reminder is written; empty: none."
    )
    time_zone: Annotated[str, AfterValidator(_zone)] | None = Field(
        None,
        description="Time zone of the quiet hours where no schedule has one; unset: that of the worker's Zendesk user.",
    )
    schedule: str | None = Field(
        None, description="Name of the Zendesk schedule that reminders keep to; unset: the account's first one, if any."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        waits = [(int(wait[:-1]), wait[-1]) for wait in self.remind_after]
        if len({unit for _, unit in waits}) > 1 or any(a >= b for (a, _), (b, _) in pairwise(waits)):
            raise PydanticCustomError("waits", "remind_after: write both in days or both in hours, the shorter first")
        if len(self.quiet_hours) == 1:
            raise PydanticCustomError("quiet", "quiet_hours: write two times of day, or none")
        return self

    @property
    def office(self) -> OfficeHours:
        """The quiet hours; neither the account's schedule nor the worker's time zone is known yet."""
        times = [int(hour) * 60 + int(minute) for hour, minute in (text.split(":") for text in self.quiet_hours)]
        return OfficeHours(time_zone=self.time_zone or "UTC", quiet=(times[0], times[1]) if times else None)
