"""A sweep from its first page to its last: queue what a page lists, then keep its cursor.

The steps are recorded, so that whoever resumes a sweep after a crash repeats none that has ended. Step names stand in
databases: changing one breaks sweeps in hand during an upgrade.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .light_dbos import DBOS
from .queue_client import QueueEntry
from .sweep import SweepPage

# A page of 1,000 changed tickets is one of ten export requests a minute; the rest waits for the next sweep.
_PAGES_PER_SWEEP = 5
# A look back reads the oldest changes first; newer ones are left to the sweep with the cursor.
_PAGES_PER_LOOK_BACK = 20
# Entries in one commit: nobody waits for long to write to the same database, and a kill undoes little.
_BATCH = 20


class SweepWorkflow:
    """`keep_cursor` takes the new cursor, the one it was read by and `until`; false where another sweep was faster."""

    def __init__(
        self,
        read_next: Callable[[], SweepPage],
        read_back: Callable[[str | None], SweepPage],
        keep_cursor: Callable[[str, str | None, int | None], bool],
        enqueue_all: Callable[[Sequence[QueueEntry]], None],
    ) -> None:
        self._read_next, self._read_back = read_next, read_back
        self._keep_cursor, self._enqueue_all = keep_cursor, enqueue_all

    def run(self) -> None:
        """One sweep. Outside of a workflow, DBOS runs the steps as plain functions."""
        for _ in range(_PAGES_PER_SWEEP):
            page = SweepPage.of(DBOS.run_step({"name": "read page"}, lambda: self._read_next().as_json()))
            DBOS.run_step({"name": "queue page"}, self._queue_page, page)
            # Where another sweep was faster, it also goes on.
            if page.cursor and not DBOS.run_step(
                {"name": "keep cursor"}, self._keep_cursor, page.cursor, page.after, page.until
            ):
                return
            if not page.more:
                return

    def look_back(self) -> None:
        """Inside of a workflow, read the last hours' changes again whatever the cursor says.

        Where Zendesk's clock was ahead for a while, the cursor went ahead with it, past tickets that were written
        later. What was seen is not queued again.
        """
        cursor: str | None = None
        for _ in range(_PAGES_PER_LOOK_BACK):
            page = SweepPage.of(
                DBOS.run_step({"name": "read back"}, lambda after: self._read_back(after).as_json(), cursor)
            )
            DBOS.run_step({"name": "queue page"}, self._queue_page, page)
            if page.cursor is None or not page.more:
                return
            cursor = page.cursor

    def _queue_page(self, page: SweepPage) -> None:
        # Before the cursor is kept: after a crash the page is read again, and the keys queue nothing twice.
        entries = [(f"sweep:{ticket_id}:{stamp}", ticket_id, stamp) for ticket_id, stamp in page.tickets]
        for start in range(0, len(entries), _BATCH):
            self._enqueue_all(entries[start : start + _BATCH])
