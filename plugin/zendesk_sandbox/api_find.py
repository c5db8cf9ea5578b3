"""Finding tickets: the incremental cursor export, the search and its export."""

from __future__ import annotations

import base64
import binascii
import json
from itertools import islice
from urllib.parse import urlencode

from . import export, search
from .api_tickets import shown, side_loads
from .call import Answer, ApiCall, Endpoint
from .errors import StoreError, bad_request
from .shapes import Json

_SEARCH_LIMIT = 1000
_CURSOR_LIFE = 3600


def incremental(call: ApiCall) -> Answer:
    """Every ticket once, at its newest change, up to a minute ago; the cursor stays good at the end of the stream."""
    store, lag = call.store, call.store.options.incremental_lag
    until = int(store.now()) - lag if lag > 0 else None
    size = call.number("per_page", 1000, 1000)
    if "cursor" in call.query:
        place = export.read_cursor(call.query["cursor"])
        if place is None:
            raise bad_request("InvalidValue", "Invalid cursor")
        places, current = store.changes.after(place, until), call.query["cursor"]
    else:
        start = call.query.get("start_time", "")
        if not start.lstrip("-").isdigit():
            raise bad_request("InvalidValue", "Parameter start_time is required")
        if int(start) > store.now() - lag:
            raise bad_request("InvalidValue", f"Too recent start_time. Use a start_time older than {lag} seconds")
        places, current = store.changes.from_second(int(start), until), export.cursor((max(0, int(start) - 1), 0))
    found = list(islice(places, size + 1))
    rows = [_row(call, ticket_id) for _, ticket_id in found[:size]]
    if call.query.get("exclude_deleted") == "true":
        rows = [row for row in rows if row["status"] != "deleted"]
    after = store.changes.hand_out(found[:size][-1]) if found else current
    more = {key: value for key, value in call.query.items() if key not in ("cursor", "start_time")}
    link = f"{call.base}{call.path}.json?{urlencode({'cursor': after, **more})}"
    body: Json = {"tickets": rows, "after_url": link, "before_url": None, "after_cursor": after, "before_cursor": None}
    return Answer(body | {"end_of_stream": len(found) <= size} | side_loads(store, rows, call.includes))


def _row(call: ApiCall, ticket_id: int) -> Json:
    ticket = call.store.tickets.get(ticket_id) or call.store.deleted[ticket_id]
    return {**shown(call.store, ticket), "generated_timestamp": call.store.changes.second(ticket_id)}


def find(call: ApiCall) -> Answer:
    """Page by page, at most 1,000 results in all."""
    found = list(search.run(call.store, call.query.get("query", "")))
    size, number = call.number("per_page", 100, 100), call.number("page", 1, 1 << 31)
    start = (number - 1) * size
    if start + size > _SEARCH_LIMIT:
        text = "Invalid search: Requested response size was greater than Search Response Limits"
        raise StoreError(422, {"error": "invalid", "description": text})
    more = {key: value for key, value in call.query.items() if key != "page"}

    def link(to: int) -> str:
        return f"{call.base}{call.path}.json?{urlencode({**more, 'page': to})}"

    rows = found[start : start + size]
    following = link(number + 1) if start + size < len(found) else None
    body = {"results": [_result(call, *row) for row in rows], "facets": None, "next_page": following}
    return Answer(body | {"previous_page": link(number - 1) if number > 1 else None, "count": len(found)})


def count(call: ApiCall) -> Answer:
    return Answer({"count": sum(1 for _ in search.run(call.store, call.query.get("query", "")))})


def find_all(call: ApiCall) -> Answer:
    """The export has no end at 1,000; its cursor dies after an hour."""
    kind = call.query.get("filter[type]")
    if kind not in search.TYPES:
        raise bad_request("InvalidValue", "filter[type] must be one of ticket, user, organization, group")
    found = search.run(call.store, call.query.get("query", ""), kind, newest_first=True)
    now, size = call.store.now(), call.number("page[size]", 100, 1000)
    started, last = now, None
    if call.query.get("page[after]"):
        started, last = _cursor(call.query["page[after]"])
        if now - started > _CURSOR_LIFE:
            raise bad_request("InvalidPaginationParameter", "Pagination cursor has expired")
    rest = list(islice((row for row in found if last is None or row[1]["id"] < last), size + 1))
    rows = rest[:size]
    after = _write_cursor(started, rows[-1][1]["id"]) if rows and len(rest) > size else None
    more = {key: value for key, value in call.query.items() if key != "page[after]"}
    link = f"{call.base}{call.path}.json?{urlencode({**more, 'page[after]': after})}" if after else None
    body = {"results": [_result(call, *row) for row in rows], "facets": None}
    meta = {"has_more": after is not None, "after_cursor": after, "before_cursor": None}
    return Answer({**body, "meta": meta, "links": {"prev": None, "next": link}})


def _result(call: ApiCall, kind: str, row: Json) -> Json:
    return {**(shown(call.store, row) if kind == "ticket" else row), "result_type": kind}


def _write_cursor(started: float, last: int) -> str:
    return base64.b64encode(json.dumps({"field": "created_at", "started": started, "last": last}).encode()).decode()


def _cursor(token: str) -> tuple[float, int]:
    try:
        parsed = json.loads(base64.b64decode(token, validate=True))
        return float(parsed["started"]), int(parsed["last"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise bad_request("InvalidPaginationParameter", "Pagination cursor is invalid") from None


ENDPOINTS: list[Endpoint] = [
    ("GET", "/incremental/tickets/cursor", incremental),
    ("GET", "/search", find),
    ("GET", "/search/count", count),
    ("GET", "/search/export", find_all),
]
