"""The worker's queue: tickets by DBOS, one worker at a time for each, and the work that runs by the clock.

Workflow, queue and step names stand in databases: changing one leaves what older workers queued where it is.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetEnqueueOptions, SetWorkflowID

from .dbos_internals import QueuePoller, retry_full_disk
from .handler import Requeue
from .leases import acquire_lease
from .queue_client import APPLICATION, QUEUE, STEPS_VERSION
from .queue_status import QueueStatus, queue_status
from .recovery import recover_stalled, requeue_broken
from .retention import delete_finished_workflows
from .schedule import Periodic, Turns, cron_every
from .sweep_workflow import SweepWorkflow

log = logging.getLogger(__name__)

# Where older versions queued sweeps by a schedule in the database. Nobody listens to it any more.
_OLD_SWEEP_QUEUE, _OLD_SCHEDULES = "sweeps", ("sweep", "look-back")
# Seconds between two polls for what other processes have queued, and what was in backoff.
_POLL = 2.0
# These environment variables change what DBOS does (its cloud, its version pinning).
_DBOS_ENVIRONMENT = ("DBOS__CLOUD", "DBOS__VMID", "DBOS__APPVERSION", "DBOS_DOMAIN")


# Handles a ticket in its n-th attempt; `None` where nothing is left to be done here, also when it was given up.
Handler = Callable[[int, str | None, int], Requeue | None]


@dataclass(frozen=True)
class SweepSchedule:
    """What a sweep does and how often, in seconds; `turns` keeps it once a period over all workers."""

    workflow: SweepWorkflow
    turns: Turns
    sweep_seconds: int = 60
    look_back_seconds: int = 1800


class TicketQueue:
    """Registers with DBOS when made; takes up work from `start` to `stop`. One in a process."""

    def __init__(
        self,
        engine: sa.Engine,
        state: Path,
        *,
        handler: Handler,
        concurrency: int,
        sweep: SweepSchedule | None,
        tidy: Callable[[], None],
        takeover_seconds: int = 60,
    ) -> None:
        for name in _DBOS_ENVIRONMENT:
            os.environ.pop(name, None)
        self._engine, self._state, self._grace = engine, state, takeover_seconds
        self._handler, self._concurrency, self._sweep, self._tidy = handler, concurrency, sweep, tidy
        self._lease = acquire_lease(engine, state, takeover_seconds)
        # Set when another worker may have our lease: this process has to end, and may be started again.
        self.lost = threading.Event()
        self._periodic: tuple[Periodic, ...] = ()
        # A worker's sweep and its look back read the same export: one after the other.
        self._sweeping = threading.Lock()
        retry_full_disk(engine)
        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_url": str(engine.url.render_as_string(hide_password=False)),
            "system_database_engine": engine,
            "executor_id": self._lease.executor,
            "application_version": STEPS_VERSION,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "WARNING",
            "scheduler_polling_interval_sec": 1.0,
            "use_listen_notify": False,
        }
        self._poller = QueuePoller(DBOS(config=config))
        _take_over_logging()

        # Plain functions: DBOS registers by name and looks for a class in the first argument of a method.
        @DBOS.workflow(name="ticket")
        def ticket(ticket_id: int, seen_at: str | None, key: str, attempt: int) -> float | None:
            return self._handle_and_requeue(ticket_id, seen_at, key, attempt)

        @DBOS.workflow(name="sweep")
        def run_sweep(_at: datetime, _context: Any) -> None:
            if self._sweep:
                self._sweep.workflow.run()

        @DBOS.workflow(name="look back")
        def look_back(_at: datetime, _context: Any) -> None:
            if self._sweep:
                self._sweep.workflow.look_back()

        @DBOS.workflow(name="tidy")
        def run_tidy(_at: datetime, _context: Any) -> None:
            delete_finished_workflows()
            DBOS.run_step({"name": "tidy"}, self._tidy)

        @DBOS.workflow(name="reap")
        def recover(_at: datetime, _context: Any) -> None:
            DBOS.run_step({"name": "reap"}, recover_stalled, engine, state, self.executor, self._grace)
            requeue_broken(self.enqueue)
            DBOS.run_step({"name": "clear old sweeps"}, _delete_old_sweeps)

        self._ticket_workflow = ticket
        self._sweep_workflow, self._look_back_workflow = run_sweep, look_back
        self._tidy_workflow, self._recovery_workflow = run_tidy, recover

    @property
    def executor(self) -> str:
        """The name that DBOS knows our work by."""
        return self._lease.executor

    def check_lease(self) -> None:
        """Called before whatever another worker must not do as well. Raises `Busy` while the lease may have expired."""
        self._lease.check()

    def start(self, lost: Callable[[], None] = lambda: None) -> None:
        """Take up work. `lost` is called when the lease is lost, and this process has to end."""
        DBOS.listen_queues([])
        DBOS.launch()
        _take_over_logging()

        def on_lost() -> None:
            log.error("%s: lease lost: shutting down; safe to restart", self.executor)
            self.lost.set()
            lost()

        self._lease.keep_alive(on_lost)
        queue = DBOS.register_queue(
            QUEUE,
            worker_concurrency=self._concurrency,
            partition_concurrency=1,
            polling_interval_sec=_POLL,
            on_conflict="always_update",
        )
        self._poller.start(queue)
        DBOS.apply_schedules(
            [
                {"schedule_name": "tidy", "workflow_fn": self._tidy_workflow, "schedule": "0 17 * * * *"},
                {
                    "schedule_name": "reap",
                    "workflow_fn": self._recovery_workflow,
                    "schedule": cron_every(self._grace),
                },
            ]
        )
        for name in _OLD_SCHEDULES:
            DBOS.delete_schedule(name)
        _delete_old_sweeps()
        if self._sweep:
            self._periodic = self._sweeps(self._sweep)
            for periodic in self._periodic:
                periodic.start()

    def stop(self, seconds: int) -> None:
        """Finish what is in hand within so many seconds; what is queued stays queued."""
        for periodic in self._periodic:
            periodic.stop(0)
        self._poller.stop()
        DBOS.destroy(workflow_completion_timeout_sec=seconds, destroy_registry=True)
        self._lease.release()

    def wake(self) -> None:
        """Another part of this process has queued something: take it up now, not at the next poll."""
        self._poller.wake()

    def enqueue(
        self, key: str, ticket_id: int, *, seen_at: str | None = None, delay: float = 0, attempt: int = 1
    ) -> None:
        """Queue the ticket from inside of a workflow. The same key queues it once, however often it is enqueued."""
        with (
            SetWorkflowID(key),
            SetEnqueueOptions(queue_partition_key=str(ticket_id), delay_seconds=delay or None),
        ):
            DBOS.enqueue_workflow(QUEUE, self._ticket_workflow, ticket_id, seen_at, key, attempt)

    def status(self) -> QueueStatus:
        """Tickets that wait or are in hand, those in backoff included. Raises `SQLAlchemyError`."""
        return queue_status(self._engine, delayed=True) or QueueStatus()

    def _sweeps(self, sweep: SweepSchedule) -> tuple[Periodic, Periodic]:
        run = partial(self._run_periodic, "sweep", self._sweep_workflow)
        back = partial(self._run_periodic, "look back", self._look_back_workflow)
        return (
            Periodic("sweep", sweep.sweep_seconds, sweep.turns, run),
            # On a new database the first sweep has just read more than this would.
            Periodic("look back", sweep.look_back_seconds, sweep.turns, back, at_once=False),
        )

    def _run_periodic(self, name: str, workflow: Callable[[datetime, Any], None], begun: float) -> None:
        """Run one of them to its end. It is started here and never queued, so that none waits where nobody sweeps;
        another worker resumes it if this one is killed."""
        at = datetime.fromtimestamp(begun, UTC)
        with self._sweeping, SetWorkflowID(f"sched-{name}-{at.isoformat()}"):
            DBOS.start_workflow(workflow, at, None).get_result()

    def _handle_and_requeue(self, ticket_id: int, seen_at: str | None, key: str, attempt: int) -> float | None:
        """No step around the handler: what it does is safe to repeat, since the ticket's markers stop a second one.

        What has to be requeued is recorded as the first step, as older versions recorded every outcome: so either
        version takes up what the other one left in hand.
        """
        requeue = self._handler(ticket_id, seen_at, attempt)
        if requeue is None:
            return None
        recorded: Any = DBOS.run_step({"name": "handle"}, lambda: [requeue.seconds, requeue.counts])
        # An older version may have recorded that nothing was left to do, or a bare number.
        if recorded is None:
            return None
        seconds, counts = recorded if isinstance(recorded, list | tuple) else (recorded, True)
        # A new entry in the queue, so that a ticket in backoff holds no place that another one could use.
        following = attempt + 1 if counts else attempt
        self.enqueue(_next_key(key, attempt, counts), ticket_id, seen_at=seen_at, delay=seconds, attempt=following)
        return float(seconds)


def _next_key(key: str, attempt: int, counts: bool) -> str:
    """`webhook:7:01J`, then `...~2` for the second attempt, `...~2.1` for the same one once more."""
    base, _, tail = key.partition("~")
    return f"{base}~{attempt + 1}" if counts else f"{base}~{attempt}.{int(tail.partition('.')[2] or 0) + 1}"


def _delete_old_sweeps() -> None:
    """Delete sweeps that an older version has queued: each worker now starts its own."""
    waiting = DBOS.list_workflows(status="ENQUEUED", queue_name=_OLD_SWEEP_QUEUE, load_input=False, load_output=False)
    if waiting:
        DBOS.delete_workflows([flow.workflow_id for flow in waiting])
        log.info("deleted %s sweeps that an older version had queued", len(waiting))


def _take_over_logging() -> None:
    """DBOS logs to the console by itself, tracebacks with exception texts included; ours goes through one filter."""
    logger = logging.getLogger("dbos")
    logger.handlers.clear()
    logger.propagate = True
    logger.setLevel(logging.WARNING)
