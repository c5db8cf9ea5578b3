"""The ticket handler on a Zendesk that can fail, with a database of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa

from support.clock import Clock
from support.databases import ACCOUNT
from support.fake_zendesk import FakeZendesk
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.model.ticket import Ticket
from zendesk_gupshup.pipeline import Brain
from zendesk_gupshup.render.catalogue import Templates
from zendesk_gupshup.storage.app_actions import AppActions
from zendesk_gupshup.storage.app_store import AppStore
from zendesk_gupshup.storage.dead_letters import DeadLetters
from zendesk_gupshup.storage.send_quota import SendQuota
from zendesk_gupshup.storage.sweep_state import SweepState
from zendesk_gupshup.storage.visits import Visits
from zendesk_gupshup.worker.handler import Requeue, TicketHandler
from zendesk_gupshup.worker.handler_storage import HandlerStorage
from zendesk_gupshup.zendesk.client import Zendesk
from zendesk_gupshup.zendesk.credential_breaker import CredentialBreaker
from zendesk_gupshup.zendesk.errors import (
    ZendeskError,
)


class Desk(FakeZendesk):
    """One that can be out of reach, refuse us, and be asked again."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.requests_here = 0
        self.error: Exception | None = None
        self.probes: list[ZendeskError | None] = []
        self.paused: str | None = None
        self.probed = 0

    def ticket(self, ticket_id: int, *, comments: bool = True) -> Ticket:
        if self.error:
            raise self.error
        return super().ticket(ticket_id, comments=comments)

    def check(self) -> int:
        self.probed += 1
        if self.probes and (error := self.probes.pop(0)):
            raise error
        return 1

    def pause(self, reason: str) -> None:
        self.paused = reason

    def resume_if_accepted(self) -> None:
        self.check()
        self.paused = None


@cache
def _brain() -> Brain:
    return Brain(dictionary=load(), templates=Templates.load())


class Bench:
    """The handler with all that it keeps, in a store of the test's own."""

    def __init__(
        self, engine: sa.Engine, desk: Desk, *, files: Mapping[str, Path] | None = None, brain: Brain | None = None
    ) -> None:
        self.clock = Clock()
        self.clock.now = time.time()
        self.desk = desk
        self.stopping = threading.Event()
        self.failures = DeadLetters(engine, ACCOUNT)
        self.looks = Visits(engine, ACCOUNT)
        self.sent = SendQuota(engine, ACCOUNT)
        self.credential = CredentialBreaker(desk, self.stopping, files or {}, first=0.01, longest=0.02)
        self.crowd = False
        kept = HandlerStorage(
            Ledger(engine, ACCOUNT),
            SweepState(engine, ACCOUNT),
            self.failures,
            self.looks,
            self.sent,
            AppStore(engine, ACCOUNT),
            AppActions(engine, ACCOUNT),
        )
        self.handler = TicketHandler(
            cast("Zendesk", desk), brain or _brain(), kept, self.credential, share=2, others_wait=lambda: self.crowd
        )

    def once(self, seen_at: str | None = None, attempt: int = 1) -> Requeue | None:
        return self.handler.visit(7, seen_at, attempt)
