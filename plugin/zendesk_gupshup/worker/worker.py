"""The worker: the parts of one `serve` process, wired together. Several processes may run on one database."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from zendesk_gupshup.incidents.book import IncidentBook
from zendesk_gupshup.incidents.watch import IncidentWatch
from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.pipeline import Brain
from zendesk_gupshup.settings import Settings
from zendesk_gupshup.storage.app_actions import AppActions
from zendesk_gupshup.storage.app_store import AppStore
from zendesk_gupshup.storage.dead_letters import DeadLetters
from zendesk_gupshup.storage.engine import open_engine
from zendesk_gupshup.storage.send_quota import SendQuota
from zendesk_gupshup.storage.sweep_state import SweepState
from zendesk_gupshup.storage.visits import Visits
from zendesk_gupshup.zendesk.credential_breaker import CredentialBreaker
from zendesk_gupshup.zendesk.errors import Busy

from .alerting import AlertProbe, alert_watch
from .gauges import Gauges
from .handler import TicketHandler
from .handler_storage import HandlerStorage
from .incidents import incident_parts
from .queue import SweepSchedule, TicketQueue
from .queue_client import QueueClient
from .queue_status import BacklogProbe, QueueStatus, enqueued_at
from .reminders import ReminderTurn
from .retention import delete_expired
from .schedule import Periodic, Turns
from .sweep import SweepReader
from .sweep_workflow import SweepWorkflow
from .webhook_spool import WebhookSpool

if TYPE_CHECKING:
    from zendesk_gupshup.app.server import AppServer
    from zendesk_gupshup.zendesk.client import Zendesk
    from zendesk_gupshup.zendesk.rate_limiter import RateLimiter

# Updates a minute that Zendesk allows on all but its largest plan, where the settings name no limit.
_UPDATES_PER_MINUTE = 100


class Worker:
    """`stopping` is set by `stop`, and ends every wait of the parts."""

    def __init__(
        self,
        settings: Settings,
        zendesk: Zendesk,
        brain: Brain,
        limiter: RateLimiter,
        stopping: threading.Event,
        *,
        sweep: bool = True,
    ) -> None:
        config, account = settings.worker, settings.zendesk.origin
        zendesk = zendesk.guarded_by(self._before_request)
        url = config.database_url
        engine = open_engine(url.get_secret_value() if url else None, config.state)
        self._stopping, self._brain, self._limiter = stopping, brain, limiter
        self._retention_days = settings.ledger.retention_days
        self._deadline: float | None = None
        self._storage = HandlerStorage(
            ledger=Ledger(engine, account),
            sweep_state=SweepState(engine, account),
            dead_letters=DeadLetters(engine, account),
            visits=Visits(engine, account),
            send_quota=SendQuota(engine, account),
            app=AppStore(engine, account),
            app_actions=AppActions(engine, account),
        )
        self._storage.ledger.start_live()
        client = QueueClient(engine, queued=self._take_up)
        incidents = incident_parts(settings, brain, zendesk, engine, client.enqueue_all)
        self._incidents = IncidentWatch(incidents, self._storage.sweep_state, config.sweep_seconds)
        self._credential = CredentialBreaker(zendesk, stopping, settings.zendesk.secret_files)
        self.app: AppServer | None = None
        if settings.app.enabled:
            # Pages, reports and tokens: a sixth of what a worker without the app loads.
            from zendesk_gupshup.app.server import app_server

            self.app = app_server(
                settings, engine, zendesk, brain, lambda key, ticket_id: client.enqueue_all([(key, ticket_id, None)])
            )
        handler = TicketHandler(
            zendesk,
            brain,
            self._storage,
            self._credential,
            keep=self.app.keep if self.app else None,
            share=_organization_share(settings),
            others_wait=BacklogProbe(engine),
            incidents=IncidentBook(incidents),
            queued_at=lambda: enqueued_at(engine),
            longest_wait=settings.zendesk.longest_wait,
        )
        self._sweep = SweepReader(
            zendesk,
            self._storage.sweep_state,
            self._storage.ledger,
            self._credential,
            first_sweep_hours=config.first_sweep_hours,
            stopping=stopping,
        )
        state = self._storage.sweep_state
        turns = Turns(state.last_started, state.claim)
        self.spool = WebhookSpool(config.state / "inbox.sqlite", client.enqueue_all)
        self._sweep_workflow = SweepWorkflow(
            self._sweep.read_next, self._sweep.read_back, state.save_cursor, client.enqueue_all
        )
        schedule = SweepSchedule(
            self._sweep_workflow,
            turns,
            config.sweep_seconds,
            config.look_back_seconds,
        )
        self._queue = TicketQueue(
            engine,
            config.state,
            handler=handler.visit,
            concurrency=config.concurrency,
            sweep=schedule if sweep else None,
            tidy=self._tidy,
            takeover_seconds=config.takeover_seconds,
        )
        ceiling = brain.policy.replies_per_hour
        probe = AlertProbe(engine, self._storage, self._credential, ceiling, sweeps=sweep)
        self._alerts = alert_watch(settings, engine, probe)
        # Without a clock for sweeps there is none for reminders; `--once` takes the one turn itself.
        self._remind = ReminderTurn(zendesk, client.enqueue_all, brain).run
        self._reminding = Periodic("remind", config.remind_seconds, turns, self._remind) if sweep else None
        self.gauges = Gauges(
            zendesk,
            limiter,
            engine,
            self._storage.dead_letters,
            self._storage.send_quota,
            self.spool.count,
            ceiling,
            incidents.store,
        )

    @property
    def executor(self) -> str:
        """The name that the queue knows this worker by."""
        return self._queue.executor

    @property
    def lease_lost(self) -> bool:
        return self._queue.lost.is_set()

    @property
    def has_failures(self) -> bool:
        """Whether tickets are on the dead-letter list."""
        return bool(self._storage.dead_letters.listed())

    @property
    def trouble(self) -> str | None:
        """Why Zendesk does not let us work at the moment, and what to do; `/readyz` reports it."""
        return self._credential.reason or self._sweep.trouble

    def remarks(self) -> tuple[str, ...]:
        """What does not keep us from working, and an operator should know all the same. Raises `SQLAlchemyError`."""
        remarks = []
        ceiling, replies = self._brain.policy.replies_per_hour, self._storage.send_quota.replies()
        if ceiling and replies >= ceiling:
            remarks.append(
                f"{replies} public replies in the last hour, and {ceiling} are the ceiling: the rest goes to the agents"
            )
        if restarted := self._sweep.remark:
            remarks.append(restarted)
        if waiting := self._storage.dead_letters.counts().get("open"):
            remarks.append(f"{waiting} on the dead-letter list: `zendesk-gupshup failures list`")
        return tuple(remarks)

    def status(self) -> QueueStatus:
        """Tickets that wait or are in hand, those in the spool included. Raises `SQLAlchemyError`, `sqlite3.Error`."""
        queued = self._queue.status()
        return QueueStatus(queued.tickets + self.spool.count(), queued.oldest_seconds)

    def start(self, lost: Callable[[], None]) -> None:
        """Take up work; `lost` is called when another worker may have our lease, and this process has to end."""
        self._queue.start(lost)
        self._incidents.start(self._stopping)
        if self._alerts:
            self._alerts.start(self._stopping)
        if self._reminding:
            self._reminding.start()

    def log_first_sweep(self) -> None:
        self._sweep.log_first_sweep(self._brain.policy.fresh_hours)

    def sweep_once(self, seconds: float) -> bool:
        """Queue what the spool holds and what one sweep finds, and wait until it is handled; whether it was in time."""
        self.spool.drain()
        self._sweep_workflow.run()
        self._incidents.try_check()
        self._remind(time.time())
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self._stopping.wait(0.1):
            if self._queue.status().tickets == 0:
                return True
        return False

    def alert_once(self) -> None:
        """Send what is wrong now, for a worker that ends before the first check of its own."""
        if self._alerts:
            self._alerts.try_check()

    def stop(self, seconds: int) -> None:
        """Finish what is in hand within about so many seconds: the rest goes back into the queue as it stands."""
        # A request under way has a time-out of its own: half of the time is for that.
        self._deadline = time.monotonic() + seconds / 2
        self._stopping.set()
        if self._reminding:
            self._reminding.stop(0)
        self._queue.stop(seconds)

    def _take_up(self) -> None:
        self._queue.wake()

    def _before_request(self) -> None:
        self._queue.check_lease()
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise Busy("the worker stops", retry_after=1.0)

    def _tidy(self) -> None:
        delete_expired(self._storage, self._limiter, retention_days=self._retention_days)
        self._incidents.forget(int(time.time()), self._retention_days)
        if self._alerts:
            self._alerts.forget(self._retention_days)


def _organization_share(settings: Settings) -> int:
    """Updates a minute that one organization may have while others wait."""
    updates = settings.budget.updates_per_minute or _UPDATES_PER_MINUTE
    return max(1, int(updates * settings.worker.organization_share))
