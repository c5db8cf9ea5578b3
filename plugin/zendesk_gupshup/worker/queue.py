"""The queue of tickets, the sweep and what else runs by the clock."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dbos import (
    DBOS,
    DBOSClient,
    DBOSConfig,
    DBOSPortableJSONSerializer,
    EnqueueOptions,
    SetEnqueueOptions,
    SetWorkflowID,
)

from .dbos_internals import has_workflow_table, retry_full_disk
from .leases import acquire_lease
from .queue_status import QueueStatus, queue_status
from .recovery import recover_stalled
from .schedule import Periodic, Turns

log = logging.getLogger(__name__)

_NAME = "zendesk-gupshup"
_QUEUE = "tickets"
# Where older versions queued sweeps by a schedule in the store. Nobody listens to it any more.
_OLD_SWEEPS, _OLD_SCHEDULES = "sweeps", ("sweep", "look-back")
# Raised only when the order of a workflow's steps changes: DBOS leaves work of another version where it is.
_STEPS_VERSION = "1"
_KEEP = timedelta(days=7)
# A page of 1,000 changed tickets is one of ten export requests a minute; the rest waits for the next sweep.
_PAGES_A_SWEEP = 5
# What a sweep that looks back may read, the oldest first; newer changes are left to the sweep with the cursor.
_PAGES_BACK = 20
# So that nobody waits for long to write to the same store, and a kill takes little of it back.
_ONE_COMMIT = 20
# These change what DBOS does behind our back (its cloud, its version pinning).
_FOREIGN = ("DBOS__CLOUD", "DBOS__VMID", "DBOS__APPVERSION", "DBOS_DOMAIN")


@dataclass(frozen=True)
class Requeue:
    """The ticket is due once more after so many seconds; as the next attempt, or (`counts` false) as the same one."""

    seconds: float
    counts: bool = True


# Handles a ticket in its n-th attempt; `None` where nothing is left to be done here, also when it was given up.
Handler = Callable[[int, str | None, int], Requeue | None]


@dataclass(frozen=True)
class SweepPage:
    """What a sweep found: ticket ids with their `updated_at`, and where it goes on; no cursor, nothing to keep. `after`
    is the cursor that it goes on from, `until` the Unix time up to which all changes were read by then."""

    tickets: tuple[tuple[int, str], ...]
    cursor: str | None
    more: bool
    after: str | None = None
    until: int | None = None

    def as_json(self) -> dict[str, Any]:
        tickets = [list(pair) for pair in self.tickets]
        kept = {"cursor": self.cursor, "after": self.after, "until": self.until}
        return {"tickets": tickets, "more": self.more, **kept}

    @classmethod
    def of(cls, value: dict[str, Any]) -> SweepPage:
        tickets = tuple((int(t), str(s)) for t, s in value["tickets"])
        return cls(tickets, value["cursor"], bool(value["more"]), value.get("after"), value.get("until"))


class QueueUnavailable(RuntimeError):
    """The store has no queue yet."""


def ask(engine: sa.Engine, key: str, ticket_id: int) -> None:
    """Queue a look at the ticket from outside of a worker, for whichever takes it. Raises `SQLAlchemyError`."""
    if not has_workflow_table(engine):
        raise QueueUnavailable("no worker has run on this store yet: start `serve` once")
    client = _client(engine)
    try:
        client.enqueue(_options(key, ticket_id), ticket_id, None, key, 1)
    finally:
        client.destroy()


def _client(engine: sa.Engine) -> DBOSClient:
    return DBOSClient(
        system_database_engine=engine,
        serializer=DBOSPortableJSONSerializer(),
        application_name=_NAME,
        retry_connection_errors=False,
    )


def _options(key: str, ticket_id: int) -> EnqueueOptions:
    return {
        "workflow_name": "ticket",
        "queue_name": _QUEUE,
        "workflow_id": key,
        "app_version": _STEPS_VERSION,
        "queue_partition_key": str(ticket_id),
    }


class TicketQueue:
    """The queue of tickets and what runs by the clock."""

    def __init__(
        self,
        engine: sa.Engine,
        state: Path,
        *,
        handler: Handler,
        concurrency: int,
        read_page: Callable[[], SweepPage] | None = None,
        read_back: Callable[[str | None], SweepPage] | None = None,
        keep_cursor: Callable[[str, str | None, int | None], bool],
        turns: Turns,
        sweep_seconds: int = 60,
        look_back_seconds: int = 1800,
        takeover_seconds: int = 60,
        tidy: Callable[[], None] | None = None,
    ) -> None:
        for name in _FOREIGN:
            os.environ.pop(name, None)
        self._engine, self._state, self._grace = engine, state, takeover_seconds
        self._slot = acquire_lease(engine, state, takeover_seconds)
        retry_full_disk(engine)
        # Whether the store took us for dead: then we must end, and may start anew.
        self.lost = threading.Event()
        config: DBOSConfig = {
            "name": _NAME,
            "system_database_url": str(engine.url.render_as_string(hide_password=False)),
            "system_database_engine": engine,
            "executor_id": self._slot.executor,
            "application_version": _STEPS_VERSION,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "WARNING",
            "scheduler_polling_interval_sec": 1.0,
            "use_listen_notify": False,
        }
        logging.getLogger("dbos").handlers.clear()
        DBOS(config=config)
        _own_logging()
        self._concurrency = concurrency
        self._handler = handler
        self._read_page, self._keep_cursor, self._sweep_seconds = read_page, keep_cursor, sweep_seconds
        self._read_back, self._look_back_seconds = read_back, look_back_seconds
        self._tidy = tidy
        self._turns = turns
        self._periodic: list[Periodic] = []
        # A worker's sweep and its look back read the same export: one after the other.
        self._sweeping = threading.Lock()
        self._intake: DBOSClient | None = None

        # Plain functions: DBOS registers by name and looks for a class in the first argument of a method.
        @DBOS.workflow(name="ticket")
        def ticket(ticket_id: int, seen_at: str | None, key: str, attempt: int) -> float | None:
            return self._ticket(ticket_id, seen_at, key, attempt)

        @DBOS.workflow(name="sweep")
        def swept(_at: datetime, _context: Any) -> None:
            if self._read_page:
                self._run_sweep(self._read_page)

        @DBOS.workflow(name="look back")
        def looked_back(_at: datetime, _context: Any) -> None:
            if self._read_back:
                self._run_look_back(self._read_back)

        @DBOS.workflow(name="tidy")
        def tidied(_at: datetime, _context: Any) -> None:
            self._run_tidy()

        @DBOS.workflow(name="reap")
        def reaped(_at: datetime, _context: Any) -> None:
            DBOS.run_step({"name": "reap"}, self.reap)
            self._mend()
            DBOS.run_step({"name": "clear old sweeps"}, _clear_old_sweeps)

        self._workflow, self._swept, self._tidied, self._reaped = ticket, swept, tidied, reaped
        self._looked_back = looked_back

    @property
    def executor(self) -> str:
        """The name that DBOS knows our work by."""
        return self._slot.executor

    def check(self) -> None:
        """To be called before whatever another worker must not do as well. Raises `Busy` while we may be taken for
        dead."""
        self._slot.check()

    def start(self, lost: Callable[[], None] = lambda: None) -> None:
        """Take up work. `lost` is called when the store has taken us for dead, and this process has to end."""
        DBOS.listen_queues([_QUEUE])
        DBOS.launch()
        _own_logging()

        def gone() -> None:
            log.error("%s: the store has taken this worker for dead; it ends, and may start anew", self.executor)
            self.lost.set()
            lost()

        self._slot.watch(gone)
        DBOS.register_queue(
            _QUEUE,
            worker_concurrency=self._concurrency,
            partition_concurrency=1,
            polling_interval_sec=0.2,
            on_conflict="always_update",
        )
        DBOS.apply_schedules(
            [
                {"schedule_name": "tidy", "workflow_fn": self._tidied, "schedule": "0 17 * * * *"},
                {"schedule_name": "reap", "workflow_fn": self._reaped, "schedule": _cron(self._grace)},
            ]
        )
        for name in _OLD_SCHEDULES:
            DBOS.delete_schedule(name)
        _clear_old_sweeps()
        if self._read_page:
            every = (
                Periodic("sweep", self._sweep_seconds, self._turns, partial(self._take_turn, self._swept)),
                # On a new store the first sweep has just read more than this would.
                Periodic(
                    "look back",
                    self._look_back_seconds,
                    self._turns,
                    partial(self._take_turn, self._looked_back),
                    at_once=False,
                ),
            )
            self._periodic += every
            for one in every:
                one.start()

    def _take_turn(self, workflow: Callable[[datetime, Any], None], begun: float) -> None:
        """Run one of what runs by the clock, to its end. It is begun here and never queued, so that nothing of it waits
        where nobody takes it; another worker goes on with it if this one is killed."""
        at = datetime.fromtimestamp(begun, UTC)
        with self._sweeping, SetWorkflowID(f"sched-{workflow.__name__}-{at.isoformat()}"):
            DBOS.start_workflow(workflow, at, None).get_result()

    def stop(self, seconds: int) -> None:
        """Finish what is in hand within so many seconds; what is queued stays queued."""
        for one in self._periodic:
            one.stop(0)
        DBOS.destroy(workflow_completion_timeout_sec=seconds, destroy_registry=True)
        self._slot.leave()

    def reap(self) -> int:
        """Queue again what dead workers had in hand; how many entries."""
        return recover_stalled(self._engine, self._state, self.executor, self._grace)

    def enqueue(
        self, key: str, ticket_id: int, *, seen_at: str | None = None, delay: float = 0, attempt: int = 1
    ) -> None:
        """Queue a look at the ticket. The same key queues it once, however often it is said."""
        with (
            SetWorkflowID(key),
            SetEnqueueOptions(queue_partition_key=str(ticket_id), delay_seconds=delay or None),
        ):
            DBOS.enqueue_workflow(_QUEUE, self._workflow, ticket_id, seen_at, key, attempt)

    def enqueue_all(self, looks: Sequence[tuple[str, int, str | None]]) -> None:
        """The same for many (key, ticket, when it was last known to change), with one commit."""
        if self._intake is None:
            self._intake = _client(self._engine)
        with self._engine.begin() as connection:
            for key, ticket_id, seen_at in looks:
                options = _options(key, ticket_id)
                self._intake.enqueue_in_transaction(connection, options, ticket_id, seen_at, key, 1)

    def _mend(self) -> None:
        """Queue anew what the engine itself broke off, its store having been gone at the wrong moment. A handler never
        raises, so nothing of this is a ticket's fault."""
        broken = DBOS.run_step({"name": "broken"}, _broken)
        for ticket_id, made in broken.values():
            log.error("ticket %s: the queue broke it off; it is queued again", ticket_id)
            self.enqueue(f"again:{ticket_id}:{made}", ticket_id)
        if broken:
            DBOS.run_step({"name": "clear away"}, DBOS.delete_workflows, list(broken))

    def waiting(self) -> QueueStatus:
        """The tickets that wait or are in hand, those in their backoff included."""
        return queue_status(self._engine, delayed=True) or QueueStatus()

    def _ticket(self, ticket_id: int, seen_at: str | None, key: str, attempt: int) -> float | None:
        told = DBOS.run_step({"name": "handle"}, self._handle, ticket_id, seen_at, attempt)
        if told is None:
            return None
        # A bare number is what an older build has left behind.
        seconds, counts = told if isinstance(told, list | tuple) else (told, True)
        # A new entry in the queue, so that waiting holds no place that another ticket could use.
        following = attempt + 1 if counts else attempt
        self.enqueue(_next_key(key, attempt, counts), ticket_id, seen_at=seen_at, delay=seconds, attempt=following)
        return float(seconds)

    def _handle(self, ticket_id: int, seen_at: str | None, attempt: int) -> list[Any] | None:
        again = self._handler(ticket_id, seen_at, attempt)
        return None if again is None else [again.seconds, again.counts]

    def sweep(self, read_page: Callable[[], SweepPage]) -> None:
        """One sweep now, outside the schedule."""
        for _ in range(_PAGES_A_SWEEP):
            page = read_page()
            self._queue_page(page)
            if page.cursor and not self._keep_cursor(page.cursor, page.after, page.until):
                return
            if not page.more:
                return

    def _run_sweep(self, read_page: Callable[[], SweepPage]) -> None:
        """The same as a workflow: what was done is not done again by whoever goes on with it."""
        for _ in range(_PAGES_A_SWEEP):
            page = SweepPage.of(DBOS.run_step({"name": "read page"}, lambda: read_page().as_json()))
            DBOS.run_step({"name": "queue page"}, self._queue_page, page)
            # Where another sweep was quicker, it also goes on.
            if page.cursor and not DBOS.run_step(
                {"name": "keep cursor"}, self._keep_cursor, page.cursor, page.after, page.until
            ):
                return
            if not page.more:
                return

    def _run_look_back(self, read_back: Callable[[str | None], SweepPage]) -> None:
        """Read once more what changed lately, whatever the cursor says. Where Zendesk's clock was ahead for a while,
        the cursor went ahead with it, past tickets that were written later. What was seen is not queued again."""
        cursor: str | None = None
        for _ in range(_PAGES_BACK):
            page = SweepPage.of(DBOS.run_step({"name": "read back"}, lambda after: read_back(after).as_json(), cursor))
            DBOS.run_step({"name": "queue page"}, self._queue_page, page)
            if page.cursor is None or not page.more:
                return
            cursor = page.cursor

    def _queue_page(self, page: SweepPage) -> None:
        # Before the cursor is kept: after a crash the page is read again, and the keys queue nothing twice.
        looks = [(f"sweep:{ticket_id}:{stamp}", ticket_id, stamp) for ticket_id, stamp in page.tickets]
        for start in range(0, len(looks), _ONE_COMMIT):
            self.enqueue_all(looks[start : start + _ONE_COMMIT])

    def _run_tidy(self) -> None:
        """The open engine keeps finished work for ever; we keep a week of it."""
        before = (datetime.now(UTC) - _KEEP).isoformat()
        old = DBOS.list_workflows(
            status=["SUCCESS", "CANCELLED"], completed_before=before, limit=5_000, load_input=False, load_output=False
        )
        if old:
            DBOS.delete_workflows([w.workflow_id for w in old])
        if self._tidy:
            DBOS.run_step({"name": "tidy"}, self._tidy)


def _broken() -> dict[str, list[int]]:
    """Entry -> its ticket, and when it was made; a key names the ticket second."""
    found = DBOS.list_workflows(
        status=["ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"],
        name="ticket",
        load_input=False,
        load_output=False,
        limit=500,
    )
    parts = {flow.workflow_id: (flow.workflow_id.split(":")[1:2], flow.created_at or 0) for flow in found}
    return {key: [int(ids[0]), made] for key, (ids, made) in parts.items() if ids and ids[0].isdigit()}


def _next_key(key: str, attempt: int, counts: bool) -> str:
    """`webhook:7:01J`, then `...~2` for the second attempt, `...~2.1` for the same one once more."""
    base, _, tail = key.partition("~")
    return f"{base}~{attempt + 1}" if counts else f"{base}~{attempt}.{int(tail.partition('.')[2] or 0) + 1}"


def _clear_old_sweeps() -> None:
    """Forget sweeps that an older version has queued: each worker now begins its own."""
    waiting = DBOS.list_workflows(status="ENQUEUED", queue_name=_OLD_SWEEPS, load_input=False, load_output=False)
    if waiting:
        DBOS.delete_workflows([flow.workflow_id for flow in waiting])
        log.info("%s sweeps that waited for nobody are forgotten", len(waiting))


def _cron(most: int) -> str:
    """Six fields, seconds first: at least once in so many seconds. A step that does not divide the minute would begin
    anew with it."""
    step = max(n for n in range(1, 61) if 60 % n == 0 and n <= most)
    return f"*/{step} * * * * *" if step < 60 else "0 * * * * *"


def _own_logging() -> None:
    """DBOS prints to the console by itself, tracebacks with exception texts included; ours goes through one filter."""
    logger = logging.getLogger("dbos")
    logger.handlers.clear()
    logger.propagate = True
    logger.setLevel(logging.WARNING)
