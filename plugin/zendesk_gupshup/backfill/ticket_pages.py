"""Pages of selected tickets, each from the endpoint that has the most of them a request.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/ and
https://developer.zendesk.com/api-reference/ticketing/ticket-management/search/#export-search-results
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zendesk_gupshup.worker.cursor_recovery import is_refused, read_until
from zendesk_gupshup.zendesk.errors import Refused, ZendeskError
from zendesk_gupshup.zendesk.payloads import Json, next_cursor, records

from .request import BackfillRequest, Position

if TYPE_CHECKING:
    from zendesk_gupshup.zendesk.client import Zendesk

log = logging.getLogger(__name__)

SIDE_LOADS = "users,organizations,groups"
_SIZES = {"export": 1000, "search": 1000, "view": 100, "ids": 100}


@dataclass(frozen=True)
class TicketPage:
    """Tickets as Zendesk gave them, selected or not; `side_loads`: the people they name, `None` where it gave none.

    https://developer.zendesk.com/documentation/ticketing/using-the-zendesk-api/side_loading/
    """

    tickets: tuple[Json, ...]
    position: Position
    last: bool
    side_loads: Mapping[str, Mapping[int, Json]] | None = None
    missing: tuple[int, ...] = ()

    def answer(self, raw: Json) -> Json:
        """One ticket of the page in the shape of an answer about it alone."""
        return with_side_loads(raw, self.side_loads or {})


@dataclass(frozen=True)
class TicketRows:
    """Tickets by id as they are now, with the people they name."""

    tickets: Mapping[int, Json] = field(default_factory=dict)
    side_loads: Mapping[str, Mapping[int, Json]] = field(default_factory=dict)

    def answer(self, raw: Json) -> Json:
        return with_side_loads(raw, self.side_loads)


def read_page(zendesk: Zendesk, request: BackfillRequest, position: Position, most: int | None = None) -> TicketPage:
    """The page at `position`, of at most `most` tickets."""
    size = min(_SIZES[request.source], most or _SIZES[request.source])
    return {"export": _export, "search": _search, "view": _view, "ids": _ids}[request.source](
        zendesk, request, position, size
    )


def rows_now(zendesk: Zendesk, ticket_ids: Sequence[int]) -> TicketRows:
    """At most a hundred tickets as they are now, in one request."""
    answer = zendesk.get(
        "tickets/show_many.json", ids=",".join(map(str, ticket_ids)), include=f"{SIDE_LOADS},comment_count"
    )
    found = {int(raw["id"]): raw for raw in records(answer, "tickets") if raw.get("status") != "deleted"}
    return TicketRows(found, _side_loads(answer))


def count_tickets(zendesk: Zendesk, request: BackfillRequest) -> int | None:
    """About how many tickets there are to go through, in one request; `None` where Zendesk does not say."""
    if request.source == "ids":
        return sum(1 for _ in _read_ids(Path(str(request.ids)), 0))
    if request.source == "view":
        found = zendesk.get(f"views/{request.view}/count.json").get("view_count")
        value = found.get("value") if isinstance(found, dict) else None
    elif request.source == "search" or request.since or request.until:
        value = zendesk.get("search/count.json", query=f"type:ticket {request.search_query}").get("count")
    else:
        return zendesk.check()
    return value if isinstance(value, int) else None


def digest(path: Path) -> str:
    """Of a file of ticket ids, one a line. Raises `ValueError` at the first line that is none."""
    for _ in _read_ids(path, 0):
        pass
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _export(zendesk: Zendesk, request: BackfillRequest, position: Position, size: int) -> TicketPage:
    # Whatever was made since then was changed since then, too. The last minute cannot be asked for.
    start = min(int(request.since.timestamp()) if request.since else 0, int(time.time()) - 120)
    since: Json = {"start_time": max(start, 0)} if position.cursor is None else {"cursor": position.cursor}
    try:
        return _exported(zendesk, since, position, size)
    except ZendeskError as error:
        if position.cursor is None or not is_refused(error):
            raise
        # All of the last second once more: tickets that are done are skipped.
        again = max(start, 0) if position.until is None else position.until
        log.warning("Zendesk refuses the export's cursor (%s): reading on from %s", error.status, again)
        page = _exported(zendesk, {"start_time": again}, position, size)
        if not page.last and position.until is not None and (page.position.until or 0) <= position.until:
            # Where each cursor is refused and a page holds less than a second, it would begin here for ever.
            raise
        return page


def _exported(zendesk: Zendesk, since: Json, position: Position, size: int) -> TicketPage:
    answer = zendesk.get("incremental/tickets/cursor.json", **since, per_page=size, include=SIDE_LOADS)
    cursor = answer.get("after_cursor") or position.cursor
    # An end without a cursor would be read again for ever.
    last = bool(answer.get("end_of_stream")) or not answer.get("after_cursor")
    tickets = tuple(records(answer, "tickets"))
    until = read_until(tickets, end_of_stream=last, now=zendesk.time() or time.time())
    return TicketPage(tickets, Position(cursor=cursor, until=until or position.until), last, _side_loads(answer))


def _search(zendesk: Zendesk, request: BackfillRequest, position: Position, size: int) -> TicketPage:
    """The search's rows name no people, and its index is some minutes behind."""
    try:
        answer = _searched(zendesk, request, position, size)
    except Refused as error:
        if position.cursor is None or error.status != 400:
            raise
        # Cursors of a search last an hour. Its order is that of creation, so it goes on at the last one's.
        order = "<=" if (position.first or "") >= (position.last or "") else ">="
        term = f"created{order}{position.last}" if position.last else None
        log.info("the search's cursor has run out: searching on from the ticket made at %s", position.last)
        position = Position(first=position.first, last=position.last, term=term)
        answer = _searched(zendesk, request, position, size)
    found = tuple(records(answer, "results"))
    after = next_cursor(answer)
    made = [str(raw["created_at"]) for raw in found if raw.get("created_at")]
    following = Position(
        cursor=after,
        first=position.first or (made[0] if made else None),
        last=made[-1] if made else position.last,
        term=position.term,
    )
    return TicketPage(found, following, after is None)


def _searched(zendesk: Zendesk, request: BackfillRequest, position: Position, size: int) -> Json:
    query = f"{request.search_query} {position.term or ''}".strip()
    params: Json = {"query": query, "filter[type]": "ticket", "page[size]": size}
    if position.cursor:
        params["page[after]"] = position.cursor
    return zendesk.get("search/export.json", **params)


def _view(zendesk: Zendesk, request: BackfillRequest, position: Position, size: int) -> TicketPage:
    params: Json = {"page[size]": size, "include": SIDE_LOADS}
    if position.cursor:
        params["page[after]"] = position.cursor
    answer = zendesk.get(f"views/{request.view}/tickets.json", **params)
    after = next_cursor(answer)
    return TicketPage(tuple(records(answer, "tickets")), Position(cursor=after), after is None, _side_loads(answer))


def _ids(zendesk: Zendesk, request: BackfillRequest, position: Position, size: int) -> TicketPage:
    ids: list[int] = []
    offset, last = position.offset, True
    for number, end in _read_ids(Path(str(request.ids)), position.offset):
        if len(ids) == size:
            last = False
            break
        ids.append(number)
        offset = end
    if not ids:
        return TicketPage((), Position(offset=offset), True, {})
    rows = rows_now(zendesk, tuple(dict.fromkeys(ids)))
    missing = tuple(number for number in dict.fromkeys(ids) if number not in rows.tickets)
    return TicketPage(tuple(rows.tickets.values()), Position(offset=offset), last, rows.side_loads, missing)


def _read_ids(path: Path, offset: int) -> Iterator[tuple[int, int]]:
    """The ids from a place of the file on, each with the place behind it; empty lines and `#` lines are passed over."""
    with path.open("rb") as file:
        file.seek(offset)
        for line in iter(file.readline, b""):
            text = line.decode("utf-8-sig", "replace").strip()
            if not text or text.startswith("#"):
                continue
            if not (text.isascii() and text.isdigit() and 0 < int(text) < 1 << 62):
                raise ValueError(f"{path}: {text[:40]!r} is no ticket number; write one a line")
            yield int(text), file.tell()


def _side_loads(answer: Json) -> dict[str, dict[int, Json]]:
    return {
        name: {int(raw["id"]): raw for raw in records(answer, name) if raw.get("id") is not None}
        for name in SIDE_LOADS.split(",")
    }


def with_side_loads(raw: Json, side_loads: Mapping[str, Mapping[int, Json]]) -> Json:
    """A ticket with those people, organizations and groups beside it that it names: there may be thousands."""
    wanted = {
        "users": ("requester_id", "submitter_id", "assignee_id"),
        "organizations": ("organization_id",),
        "groups": ("group_id",),
    }
    picked: dict[str, Any] = {}
    for name, keys in wanted.items():
        known = side_loads.get(name, {})
        ids = {i for i in (raw.get(key) for key in keys) if isinstance(i, int)}
        picked[name] = [known[i] for i in sorted(ids) if i in known]
    return {"ticket": raw, **picked}
