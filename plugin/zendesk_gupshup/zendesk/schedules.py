"""The account's schedules: business hours and holidays.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/schedules/
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date
from functools import cache
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from zendesk_gupshup.model.office_hours import OfficeHours

from .api import ZendeskApi
from .errors import NotFound, ZendeskError

log = logging.getLogger(__name__)

_PATH = "business_hours/schedules"
# Zendesk names a zone as its settings show it: by the city, or by one of these.
_ZONES = {
    "Pacific Time (US & Canada)": "America/Los_Angeles",
    "Mountain Time (US & Canada)": "America/Denver",
    "Central Time (US & Canada)": "America/Chicago",
    "Eastern Time (US & Canada)": "America/New_York",
    "Atlantic Time (Canada)": "America/Halifax",
    "Arizona": "America/Phoenix",
    "Hawaii": "Pacific/Honolulu",
    "Central America": "America/Guatemala",
    "Guadalajara": "America/Mexico_City",
    "Quito": "America/Lima",
    "Indiana (East)": "America/Indiana/Indianapolis",
    "Buenos Aires": "America/Argentina/Buenos_Aires",
    "Istanbul": "Europe/Istanbul",
    "Brasilia": "America/Sao_Paulo",
    "Georgetown": "America/Guyana",
    "Edinburgh": "Europe/London",
    "Bern": "Europe/Zurich",
    "Mumbai": "Asia/Kolkata",
    "New Delhi": "Asia/Kolkata",
    "Chennai": "Asia/Kolkata",
    "Abu Dhabi": "Asia/Dubai",
    "Beijing": "Asia/Shanghai",
}


def with_schedule(zendesk: ZendeskApi, office: OfficeHours, name: str | None) -> OfficeHours:
    """The office hours with the schedule of this name, or with the account's first one.

    Plans below Professional have none, and a role may be kept from reading them: then the quiet hours alone count.
    Raises `LookupError` where none has this name, and `ZendeskError`.
    """
    try:
        found = list(zendesk.pages(_PATH, "schedules"))
    except ZendeskError as error:
        if not (isinstance(error, NotFound) or error.status == HTTPStatus.FORBIDDEN):
            raise
        log.info("reminders: the account's schedules cannot be read (%s); the quiet hours alone count", error)
        found = []
    chosen = next((s for s in found if name is None or str(s.get("name")).casefold() == name.casefold()), None)
    if chosen is None:
        if name is not None:
            raise LookupError(name)
        return office
    zone = _zone(str(chosen.get("time_zone")))
    if zone is None:
        log.warning(
            "reminders: time zone %r of the schedule is not known; %s counts", chosen.get("time_zone"), office.time_zone
        )
    days = zendesk.pages(f"{_PATH}/{int(chosen['id'])}/holidays", "holidays")
    return office.model_copy(
        update={
            "time_zone": zone or office.time_zone,
            "intervals": tuple((int(i["start_time"]), int(i["end_time"])) for i in chosen.get("intervals") or ()),
            "holidays": tuple(_holidays(days)),
        }
    )


def own_time_zone(zendesk: ZendeskApi) -> str | None:
    """That of the user as whom we are signed in: the account's, unless somebody has changed it.

    https://developer.zendesk.com/api-reference/ticketing/users/users/#json-format. Raises `ZendeskError`.
    """
    user = zendesk.get("users/me.json").get("user")
    return _zone(str(user.get("iana_time_zone"))) if isinstance(user, dict) else None


def _holidays(found: Iterator[dict[str, Any]]) -> Iterator[tuple[date, date]]:
    for one in found:
        yield date.fromisoformat(str(one["start_date"])), date.fromisoformat(str(one["end_date"]))


@cache
def _by_city() -> dict[str, str]:
    """Zones by their city, where only one has it."""
    names: dict[str, list[str]] = {}
    for zone in available_timezones():
        if "/" in zone and not zone.startswith(("Etc/", "SystemV/", "US/", "posix/", "right/")):
            names.setdefault(zone.rpartition("/")[2].replace("_", " ").casefold(), []).append(zone)
    return {city: zones[0] for city, zones in names.items() if len(zones) == 1}


def _zone(name: str) -> str | None:
    if name in available_timezones():
        return ZoneInfo(name).key
    return _ZONES.get(name) or _by_city().get(name.casefold())
