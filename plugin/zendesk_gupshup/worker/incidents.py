"""What the worker's parts for incidents are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from zendesk_gupshup.incidents.book import Enqueue, IncidentParts
from zendesk_gupshup.incidents.problem import ProblemTickets
from zendesk_gupshup.pipeline import Brain
from zendesk_gupshup.settings import Settings
from zendesk_gupshup.storage.alert_state import AlertState
from zendesk_gupshup.storage.incidents import IncidentStore

if TYPE_CHECKING:
    from zendesk_gupshup.zendesk.client import Zendesk


def incident_parts(
    settings: Settings, brain: Brain, zendesk: Zendesk, engine: sa.Engine, enqueue: Enqueue
) -> IncidentParts:
    """Raises `SQLAlchemyError`."""
    account = settings.zendesk.origin
    language = settings.gupshup.note_language or settings.reply.language
    return IncidentParts(
        store=IncidentStore(engine, account),
        alerts=AlertState(engine, account),
        problems=ProblemTickets(zendesk, language=language, group=settings.routing.group),
        settings=settings.incident,
        dictionary=brain.dictionary,
        enqueue=enqueue,
    )
