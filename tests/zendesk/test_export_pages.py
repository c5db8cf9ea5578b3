"""The export's pages for old tickets where Zendesk refuses the cursor: read on from the time, and never for ever."""

from __future__ import annotations

from typing import Any, cast

import pytest

from zendesk_gupshup.backfill.request import BackfillRequest, Position
from zendesk_gupshup.backfill.ticket_pages import read_page
from zendesk_gupshup.zendesk.client import Zendesk
from zendesk_gupshup.zendesk.errors import NotFound, Refused, Unreachable, ZendeskError

NOW = 1_790_000_000


class Export:
    """A ticket each ten seconds, read in pages; cursors are `second`, and some are refused."""

    def __init__(self, count: int, error: ZendeskError | None = None, *, step: int = 10) -> None:
        self.seconds = [NOW - 100_000 + step * n for n in range(count)]
        self.error, self.refusals = error, 0
        self.asked: list[dict[str, Any]] = []

    def time(self) -> float:
        return float(NOW)

    def get(self, _path: str, *, per_page: int, include: str, **since: Any) -> dict[str, Any]:
        self.asked.append(since)
        if "cursor" in since and self.refusals > 0:
            self.refusals -= 1
            assert self.error
            raise self.error
        start = int(since["cursor"]) + 1 if "cursor" in since else since["start_time"]
        found = [(n, second) for n, second in enumerate(self.seconds) if second >= start]
        page = found[:per_page]
        tickets = [{"id": n + 1, "generated_timestamp": second} for n, second in page]
        after = str(page[-1][1]) if page else str(start)
        return {"tickets": tickets, "after_cursor": after, "end_of_stream": len(found) <= per_page}


def read(export: Export, size: int = 3) -> list[list[int]]:
    pages, position = [], Position()
    for _ in range(100):
        page = read_page(cast("Zendesk", export), BackfillRequest(), position, size)
        pages.append([int(raw["id"]) for raw in page.tickets])
        # As it is kept between two runs.
        position = Position.model_validate(page.position.model_dump())
        if page.last:
            return pages
    raise AssertionError("it has no end")


@pytest.mark.parametrize("error", [Refused("x", status=400), NotFound("x", status=404), Refused("x", status=410),
                                   Refused("x", status=422)], ids=lambda e: e.status)  # fmt: skip
def test_a_refused_cursor_goes_on_at_the_last_second_that_was_read(error: ZendeskError) -> None:
    export = Export(8, error)
    export.refusals = 1
    assert read(export) == [[1, 2, 3], [3, 4, 5], [6, 7, 8]]
    assert [list(since) for since in export.asked] == [["start_time"], ["cursor"], ["start_time"], ["cursor"]]


def test_cursors_that_are_all_refused_still_come_to_an_end() -> None:
    export = Export(8, Refused("x", status=400))
    export.refusals = 1000
    assert read(export) == [[1, 2, 3], [3, 4, 5], [5, 6, 7], [7, 8]]


def test_where_a_page_holds_less_than_a_second_it_stops_and_says_why() -> None:
    export = Export(8, Refused("cursor refused", status=400), step=0)
    export.refusals = 1000
    with pytest.raises(Refused, match="cursor refused"):
        read(export)


def test_a_run_of_an_older_version_begins_again_where_it_began() -> None:
    export = Export(4, Refused("x", status=400))
    export.refusals = 1
    page = read_page(cast("Zendesk", export), BackfillRequest(), Position.model_validate({"cursor": "old"}), 10)
    assert ([int(raw["id"]) for raw in page.tickets], export.asked[1]) == ([1, 2, 3, 4], {"start_time": 0})


def test_what_passes_and_a_refused_time_are_the_caller_s() -> None:
    export = Export(8, Unreachable("x", status=503))
    export.refusals = 1
    with pytest.raises(Unreachable):
        read(export)
