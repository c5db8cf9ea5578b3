"""Schedules with their business hours and holidays, by Zendesk's paths.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/schedules/
"""

from __future__ import annotations

from datetime import date
from typing import Any

from .call import Answer, ApiCall, Endpoint
from .errors import invalid, not_found
from .shapes import Json

_DAY = 24 * 60
# What a new schedule is open at: Monday to Friday from 9 to 17, in minutes since Sunday at midnight.
_OFFICE = tuple({"start_time": day * _DAY + 540, "end_time": day * _DAY + 1020} for day in range(1, 6))


def _schedule(call: ApiCall) -> Json:
    row = call.store.schedules.get(int(call.params["id"]))
    if row is None:
        raise not_found()
    return row


def index(call: ApiCall) -> Answer:
    """All at once: Zendesk documents no pages for them."""
    return Answer({"schedules": list(call.store.schedules.values()), "url": f"{call.path}.json"})


def show(call: ApiCall) -> Answer:
    return Answer({"schedule": _schedule(call)})


def create(call: ApiCall) -> Answer:
    given, now, number = call.record("schedule"), call.store.stamp(), call.store.next_id()
    if not given.get("name") or not given.get("time_zone"):
        raise invalid(base="A schedule needs a name and a time zone")
    row = {
        "id": number,
        "name": str(given["name"]),
        "time_zone": str(given["time_zone"]),
        "intervals": list(_OFFICE),
        "created_at": now,
        "updated_at": now,
    }
    call.store.schedules[number] = row
    call.store.holidays[number] = []
    return Answer({"schedule": row}, 201)


def set_hours(call: ApiCall) -> Answer:
    row, intervals = _schedule(call), [_interval(one) for one in call.record("workweek").get("intervals") or ()]
    call.store.schedules[row["id"]] = {**row, "intervals": intervals, "updated_at": call.store.stamp()}
    return Answer({"workweek": {"intervals": intervals}})


def _interval(given: Any) -> Json:
    start, end = int(given["start_time"]), int(given["end_time"])
    if not (0 <= start < end <= 7 * _DAY and (end - 1) // _DAY == start // _DAY):
        raise invalid(base="An interval ends after it starts, on the same day of the week")
    return {"start_time": start, "end_time": end}


def holidays(call: ApiCall) -> Answer:
    found = call.store.holidays[_schedule(call)["id"]]
    return Answer({"holidays": found, "url": f"{call.path}.json"})


def add_holiday(call: ApiCall) -> Answer:
    schedule, given = _schedule(call), call.record("holiday")
    start, end = (date.fromisoformat(str(given[key])) for key in ("start_date", "end_date"))
    if not given.get("name") or end < start:
        raise invalid(base="A holiday needs a name, and ends on the day it starts or later")
    row = {
        "id": call.store.next_id(),
        "name": str(given["name"]),
        "start_date": f"{start}",
        "end_date": f"{end}",
    }
    call.store.holidays[schedule["id"]] = [*call.store.holidays[schedule["id"]], row]
    return Answer({"holiday": row}, 201)


def delete_holiday(call: ApiCall) -> Answer:
    schedule = _schedule(call)
    found = call.store.holidays[schedule["id"]]
    left = [row for row in found if row["id"] != int(call.params["holiday"])]
    if left == found:
        raise not_found()
    call.store.holidays[schedule["id"]] = left
    return Answer(status=204)


_PATH = "/business_hours/schedules"
ENDPOINTS: list[Endpoint] = [
    ("GET", _PATH, index),
    ("POST", _PATH, create),
    ("GET", f"{_PATH}/{{id:int}}", show),
    ("PUT", f"{_PATH}/{{id:int}}/workweek", set_hours),
    ("GET", f"{_PATH}/{{id:int}}/holidays", holidays),
    ("POST", f"{_PATH}/{{id:int}}/holidays", add_holiday),
    ("DELETE", f"{_PATH}/{{id:int}}/holidays/{{holiday:int}}", delete_holiday),
]
