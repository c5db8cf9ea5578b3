"""Which Gupshup app or account a ticket is about, and who owns it: each value with the place it came from.

The order is fixed: ticket fields, the ticket's own text, the organization's fields, the directory, and for the owner
the organization's user tagged `gupshup_owner`. Nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from zendesk_gupshup.model.base import StrictModel
from zendesk_gupshup.model.finding import Facts
from zendesk_gupshup.model.plan import AppFacts
from zendesk_gupshup.model.ticket import Organization, Ticket
from zendesk_gupshup.text.redaction import looks_secret

_NAMES = ("app_name", "app_id", "account_id", "owner_email")


class TicketFields(StrictModel):
    """Ids of the ticket fields that we read and fill, as Admin Center shows them."""

    error_code: int | None = Field(None, description="Drop-down field that takes the code's tag.")
    app_name: int | None = Field(None, description="Text field with the Gupshup app's name.")
    app_id: int | None = Field(None, description="Text field with the Gupshup App ID.")
    account_id: int | None = Field(None, description="Text field with the Enterprise account's user id.")
    owner_email: int | None = Field(None, description="Text field with the account owner's e-mail.")


class DirectoryRow(StrictModel):
    """One line of the CSV directory: the organization (name, or a domain of its users) and its account."""

    organization: str
    app_name: str | None = None
    app_id: str | None = None
    account_id: str | None = None
    owner_email: str | None = None


def app_facts(ticket: Ticket, facts: Facts, fields: TicketFields, directory: tuple[DirectoryRow, ...] = ()) -> AppFacts:
    """What is known, from where, and what is missing for a complete owner ticket."""
    organization = ticket.organization.organization_fields if ticket.organization else {}
    values: dict[str, str] = {}
    sources: dict[str, str] = {}
    for source, offered in _offers(ticket, facts, fields, organization, directory):
        for name in _NAMES:
            value = offered.get(name)
            # A key may stand in any field, and goes out as no name and no id.
            if name not in values and isinstance(value, str) and value.strip() and not _is_key(name, value):
                values[name], sources[name] = value.strip(), source
    people = (*((ticket.requester,) if ticket.requester else ()), *ticket.owners)
    address = values.get("owner_email", "").lower()
    owner_name = next((p.name or None for p in people if address and (p.email or "").lower() == address), None)
    enterprise = facts.enterprise or ("account_id" in values and "app_id" not in values)
    needed = ("account_id" if enterprise else "app_id", "app_name", "owner_email")
    return AppFacts(
        **values,
        owner_name=owner_name,
        enterprise=enterprise,
        partner=organization.get("gupshup_account_type") == "partner",
        sources=sources,
        missing=tuple(name for name in needed if name not in values),
    )


def _is_key(name: str, value: str) -> bool:
    return name != "owner_email" and looks_secret(value)


def _offers(
    ticket: Ticket,
    facts: Facts,
    fields: TicketFields,
    organization: Mapping[str, Any],
    directory: tuple[DirectoryRow, ...],
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield "ticket field", {name: ticket.field(getattr(fields, name)) for name in _NAMES}
    yield "ticket text", facts.model_dump(include=set(_NAMES))
    yield "organization field", {name: organization.get(f"gupshup_{name}") for name in _NAMES}
    keys = _directory_keys(ticket.organization, ticket)
    row = next((row for row in directory if row.organization.strip().lower() in keys), None)
    if row:
        yield "directory", row.model_dump()
    # Two owners are no owner: which of them is registered at Gupshup is not for us to guess.
    if len(ticket.owners) == 1:
        yield "organization user", {"owner_email": ticket.owners[0].email}


def _directory_keys(organization: Organization | None, ticket: Ticket) -> frozenset[str]:
    names = {organization.name.lower(), *(d.lower() for d in organization.domain_names)} if organization else set()
    if ticket.requester and ticket.requester.email:
        names.add(ticket.requester.email.lower().partition("@")[2])
    return frozenset(names - {""})
