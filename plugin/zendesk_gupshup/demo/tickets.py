"""The demo's tickets as data, with the expected outcome of each."""

from __future__ import annotations

import secrets
from importlib import resources
from typing import Any

import tomli

from zendesk_gupshup.model.base import StrictModel


class DemoClient(StrictModel):
    name: str
    email: str
    locale: str = "en-US"
    organization: str | None = None


class Expected(StrictModel):
    """What the ticket must have at the end. A reply or note that is not named must not exist."""

    codes: tuple[str, ...]
    reply: str | None = None
    reply_says: tuple[str, ...] = ()
    note: bool = False
    note_says: tuple[str, ...] = ()
    files: int = 0
    note_files: int = 0
    tags: tuple[str, ...] = ()
    without_tags: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class DemoTicket(StrictModel):
    name: str
    client: DemoClient
    subject: str
    body: str
    agent_replies: str | None = None
    agent_notes: str | None = None
    client_adds: str | None = None
    macro: str | None = None
    expect: Expected


def demo_tickets() -> tuple[DemoTicket, ...]:
    """All tickets. A random API key stands for `{key}`."""
    tables = _content()["ticket"]
    key = "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(31)) + "7"
    return tuple(DemoTicket.model_validate({**t, "body": t["body"].replace("{key}", key)}) for t in tables)


def organizations() -> dict[str, Any]:
    """The clients' organizations as Zendesk's API takes them, by the name that `organization` refers to."""
    return dict(_content()["organization"])


def _content() -> dict[str, Any]:
    return tomli.loads(resources.files(__package__).joinpath("tickets.toml").read_text(encoding="utf-8"))
