"""Loads what deciding and wording need, for every command: dictionary, texts, policy and the reader of attachments."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import ValidationError

from zendesk_gupshup.attachments.reader import FileReader
from zendesk_gupshup.decide.account import TicketFields
from zendesk_gupshup.dictionary import Dictionary, DictionaryError, load
from zendesk_gupshup.model.plan import Mode
from zendesk_gupshup.pipeline import Brain, BrandRules
from zendesk_gupshup.provision.markers import key_of
from zendesk_gupshup.render.catalogue import TemplateError, Templates
from zendesk_gupshup.render.prefilled_link import GupshupDesk
from zendesk_gupshup.settings import Settings, SettingsError
from zendesk_gupshup.zendesk import schedules
from zendesk_gupshup.zendesk.errors import NotFound

if TYPE_CHECKING:
    from zendesk_gupshup.zendesk.client import Zendesk


def load_brain(settings: Settings) -> Brain:
    """Everything is checked here, so that no mistake reaches a reply. Raises `SettingsError`."""
    try:
        dictionary = load(settings.folders.dictionary)
        templates = Templates.load(settings.folders.templates, dictionary=dictionary)
        return Brain(
            dictionary=dictionary,
            templates=templates,
            policy=settings.policy(dictionary),
            desk=settings.gupshup,
            files=FileReader(settings.reading),
            brands=_brands(settings, templates, dictionary),
        )
    except (DictionaryError, TemplateError) as error:
        raise SettingsError(str(error)) from None


def _brands(settings: Settings, templates: Templates, dictionary: Dictionary) -> dict[int, BrandRules]:
    """Raises `TemplateError` and `SettingsError`."""
    found: dict[int, BrandRules] = {}
    for name, brand in settings.brand.items():
        if brand.id in found:
            raise SettingsError(f'[brand."{name}"] id: {brand.id} stands with another brand too; keep one of the two')
        changed = {key: value for key in ("team_name", "host", "locale") if (value := getattr(brand, key)) is not None}
        try:
            desk = GupshupDesk.model_validate(settings.gupshup.model_dump() | changed)
        except ValidationError as error:
            key = error.errors(include_url=False, include_input=False)[0]["loc"][0]
            raise SettingsError(f'[brand."{name}"] {key}: not of the form that [gupshup] {key} has') from None
        own = Templates.load(brand.templates, dictionary=dictionary) if brand.templates else templates
        found[brand.id] = BrandRules(brand.cap or Mode.AUTO, own, desk)
    return found


def with_ticket_fields(brain: Brain, zendesk: Zendesk) -> Brain:
    """The brain with the ids of the ticket fields that `setup` made, where the settings name none; one request.

    Raises `ZendeskError`, and `SettingsError` where `[reply] pending_status` is of another category: it would solve
    tickets, or reopen them. A multi-select fills itself from the tags, and writing one code into it would take the
    others off the ticket, so only a drop-down is written to.
    """
    _check_pending_status(brain.policy.pending_status, zendesk)
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
    """The brain with the account's business hours and time zone, where it reminds anybody; three requests at most.

    Raises `SettingsError` and `ZendeskError`.
    """
    if not brain.policy.remind_after:
        return brain
    name, office = settings.follow_up.schedule, brain.policy.office
    if settings.follow_up.time_zone is None and (zone := schedules.own_time_zone(zendesk)):
        office = office.model_copy(update={"time_zone": zone})
    try:
        office = schedules.with_schedule(zendesk, office, name)
    except LookupError:
        raise SettingsError(
            f'[follow_up] schedule "{name}" is no schedule of this account; write one that `doctor` lists, or unset it'
        ) from None
    return replace(brain, policy=brain.policy.model_copy(update={"office": office}))


def _check_pending_status(status: int | None, zendesk: Zendesk) -> None:
    """https://developer.zendesk.com/api-reference/ticketing/tickets/custom_ticket_statuses/"""
    if status is None:
        return
    try:
        found = zendesk.get(f"custom_statuses/{status}.json").get("custom_status")
    except NotFound:
        found = None
    category = found.get("status_category") if isinstance(found, dict) else None
    if category != "pending":
        what = f"a status of the category {category}" if category else "no status of this account"
        raise SettingsError(f"[reply] pending_status: {status} is {what}; write one of pending, as `doctor` lists them")
