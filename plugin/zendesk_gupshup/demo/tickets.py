"""The demo's tickets as data, with the expected outcome of each."""

from __future__ import annotations

import secrets
from importlib import resources

import tomli
from pydantic import BaseModel, ConfigDict


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DemoClient(_Table):
    name: str
    email: str
    locale: str = "en-US"
    organization: str | None = None


class Expected(_Table):
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


class DemoTicket(_Table):
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
    text = resources.files(__package__).joinpath("tickets.toml").read_text(encoding="utf-8")
    tables = tomli.loads(text)["ticket"]
    key = "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(31)) + "7"
    return tuple(DemoTicket.model_validate({**t, "body": t["body"].replace("{key}", key)}) for t in tables)


# The clients' organizations, with the fields that `setup` creates in a real account. Robledo's has no App ID.
ORGANIZATIONS: dict[str, dict[str, object]] = {
    "andina": {
        "name": "Farmacias Andina",
        "domain_names": ["farmaciasandina.example"],
        "organization_fields": {
            "gupshup_app_name": "AndinaCitas",
            "gupshup_app_id": "5b0f8a52-9a0e-4f1c-8a55-3f2d7c1e9b10",
            "gupshup_owner_email": "gerencia@farmaciasandina.example",
        },
    },
    "northwind": {
        "name": "Northwind Travel",
        "domain_names": ["northwind.example"],
        "organization_fields": {
            "gupshup_app_name": "NorthwindAlerts",
            "gupshup_app_id": "c2a9d7e4-1f35-4b0b-9d0a-6e8f4b2a7713",
            "gupshup_owner_email": "maya@northwind.example",
        },
    },
    "saffron": {
        "name": "Saffron Commerce",
        "domain_names": ["saffron.example"],
        "organization_fields": {
            "gupshup_app_name": "SaffronShop",
            "gupshup_account_id": "2000190000",
            "gupshup_owner_email": "it@saffron.example",
        },
    },
    "parque": {
        "name": "Loja do Parque",
        "domain_names": ["lojadoparque.example"],
        "organization_fields": {"gupshup_app_name": "LojaParque", "gupshup_owner_email": "dono@lojadoparque.example"},
    },
    "robledo": {
        "name": "Clínica Robledo",
        "domain_names": ["robledo.example"],
        "organization_fields": {"gupshup_app_name": "RobledoSalud", "gupshup_owner_email": "direccion@robledo.example"},
    },
}
