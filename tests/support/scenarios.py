"""The folders of tests/scenarios, and what their settings make of their tickets."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from support.paths import TESTS
from zendesk_gupshup.brain import load_brain
from zendesk_gupshup.model.ticket import Ticket
from zendesk_gupshup.pipeline import Brain, Look, look_at
from zendesk_gupshup.render.catalogue import Templates
from zendesk_gupshup.settings import load_settings
from zendesk_gupshup.zendesk.payloads import assembled

FOLDER = TESTS / "scenarios"
OUR_USER = 900


# Compiling the texts is most of a look: those that are nobody's own are compiled once.
_SHIPPED = Templates.load()


@lru_cache(maxsize=4)
def brain(folder: Path) -> Brain:
    """Kept for the tests of one folder, which come one after another; nothing changes a brain."""
    own = folder / "settings.toml"
    settings = load_settings(own if own.exists() else FOLDER / "default.toml", environment={})
    made = load_brain(settings)
    return made if settings.folders.templates else replace(made, templates=_SHIPPED)


def ticket_of(folder: Path) -> Ticket:
    document = json.loads((folder / "ticket.json").read_text(encoding="utf-8"))
    return assembled(document, [document], "the ticket", OUR_USER)


def look(folder: Path) -> Look:
    return look_at(ticket_of(folder), brain(folder))
