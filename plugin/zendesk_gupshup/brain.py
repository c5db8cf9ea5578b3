"""Loads what deciding and wording need, for every command: dictionary, texts, policy and the reader of attachments."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from zendesk_gupshup.attachments.reader import FileReader
from zendesk_gupshup.decide.account import TicketFields
from zendesk_gupshup.dictionary import DictionaryError, load
from zendesk_gupshup.pipeline import Brain
from zendesk_gupshup.provision.markers import key_of
from zendesk_gupshup.render.catalogue import TemplateError, Templates
from zendesk_gupshup.settings import Settings, SettingsError
from zendesk_gupshup.zendesk import schedules

if TYPE_CHECKING:
    from zendesk_gupshup.zendesk.client import Zendesk


def load_brain(settings: Settings) -> Brain:
    """Everything is checked here, so that no mistake reaches a reply. Raises `SettingsError`."""
    try:
        dictionary = load(settings.folders.dictionary)
        return Brain(
            dictionary=dictionary,
            templates=Templates.load(settings.folders.templates, dictionary=dictionary),
            policy=settings.policy(dictionary),
            desk=settings.gupshup,
            files=FileReader(settings.reading),
        )
    except (DictionaryError, TemplateError) as error:
        raise SettingsError(str(error)) from None


def with_ticket_fields(brain: Brain, zendesk: Zendesk) -> Brain:
    """The brain with the ids of the ticket fields that `setup` made, where the settings name none; one request.

    Raises `ZendeskError`. A multi-select fills itself from the tags, and writing one code into it would take the
    others off the ticket, so only a drop-down is written to.
    """
    if brain.policy.fields != TicketFields():
        return brain
    found: dict[str, int] = {}
    for field in zendesk.pages("ticket_fields", "ticket_fields"):
        kind, _, name = (key_of(field.get("description")) or "").partition("/")
        name = name.replace("-", "_")
        known = kind == "ticket-field" and name in TicketFields.model_fields and field.get("active") is not False
        if known and (name != "error_code" or field.get("type") == "tagger"):
            found.setdefault(name, int(field["id"]))
    fields = TicketFields.model_validate(found)
    return replace(brain, policy=brain.policy.model_copy(update={"fields": fields}))


def with_schedule(brain: Brain, zendesk: Zendesk, settings: Settings) -> Brain:
    """The brain with the account's business hours, where it reminds anybody; two requests.

    Raises `SettingsError` and `ZendeskError`.
    """
    if not brain.policy.remind_after:
        return brain
    name = settings.follow_up.schedule
    try:
        office = schedules.with_schedule(zendesk, brain.policy.office, name)
    except LookupError:
        raise SettingsError(f'[follow_up] schedule "{name}" is no schedule of this account') from None
    return replace(brain, policy=brain.policy.model_copy(update={"office": office}))
