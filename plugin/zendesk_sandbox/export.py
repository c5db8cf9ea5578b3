"""The order in which tickets changed, which the incremental export pages through, and its cursors.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/
"""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator

Place = tuple[int, int]


class ExportPage:
    """Each ticket at its newest change, ordered by second and then by id, as Zendesk's cursor orders them.

    A cursor names a second and an id. So that no change can slip in before a cursor that somebody already holds,
    a change gets a later second when its own has been handed out; with the usual lag of a minute that never happens.
    """

    def __init__(self) -> None:
        self._order: list[Place] = []
        self._second: dict[int, int] = {}
        self._handed_out = 0

    def touch(self, ticket_id: int, now: int) -> None:
        second = max(now, self._handed_out + 1)
        if self._second.get(ticket_id) != second:
            self._second[ticket_id] = second
            insort(self._order, (second, ticket_id))
            if len(self._order) > 2 * len(self._second) + 1000:
                self._order = sorted((second, key) for key, second in self._second.items())

    def second(self, ticket_id: int) -> int:
        return self._second[ticket_id]

    def after(self, place: Place, until: int | None) -> Iterator[Place]:
        """The places after this one, up to and with the second `until`; the whole list where there is no lag."""
        end = len(self._order) if until is None else bisect_right(self._order, (until, 1 << 62))
        for index in range(bisect_right(self._order, place), end):
            second, ticket_id = self._order[index]
            if self._second[ticket_id] == second:
                yield second, ticket_id

    def from_second(self, second: int, until: int | None) -> Iterator[Place]:
        index = bisect_left(self._order, (second, 0))
        return self.after(self._order[index - 1] if index else (0, 0), until)

    def hand_out(self, place: Place) -> str:
        self._handed_out = max(self._handed_out, place[0])
        return cursor(place)


def cursor(place: Place) -> str:
    return base64.b64encode(f"{place[0]}.0||{place[1]}|".encode()).decode()


def read_cursor(text: str) -> Place | None:
    try:
        second, _, rest = base64.b64decode(text, validate=True).decode().partition("||")
        return int(float(second)), int(rest.rstrip("|") or 0)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
