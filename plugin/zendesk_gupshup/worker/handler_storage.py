"""What a visit to a ticket reads and writes of the database."""

from __future__ import annotations

from dataclasses import dataclass

from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.storage.app_actions import AppActions
from zendesk_gupshup.storage.app_store import AppStore
from zendesk_gupshup.storage.dead_letters import DeadLetters
from zendesk_gupshup.storage.send_quota import SendQuota
from zendesk_gupshup.storage.sweep_state import SweepState
from zendesk_gupshup.storage.visits import Visits


@dataclass(frozen=True)
class HandlerStorage:
    """The tables that a visit reads and writes, all in one database."""

    ledger: Ledger
    sweep_state: SweepState
    dead_letters: DeadLetters
    visits: Visits
    send_quota: SendQuota
    app: AppStore
    app_actions: AppActions
