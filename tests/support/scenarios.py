"""The folders of tests/scenarios, and what their settings make of their tickets."""

from __future__ import annotations

import json
from pathlib import Path

from support.paths import TESTS
from zendesk_gupshup.brain import load_brain
from zendesk_gupshup.pipeline import Brain, Look, look_at
from zendesk_gupshup.settings import load_settings
from zendesk_gupshup.zendesk.payloads import assembled

FOLDER = TESTS / "scenarios"
OUR_USER = 900


def brain(folder: Path) -> Brain:
    settings = folder / "settings.toml"
    return load_brain(load_settings(settings if settings.exists() else FOLDER / "default.toml", environment={}))


def look(folder: Path) -> Look:
    document = json.loads((folder / "ticket.json").read_text(encoding="utf-8"))
    return look_at(assembled(document, [document], "the ticket", OUR_USER), brain(folder))
