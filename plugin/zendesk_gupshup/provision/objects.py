"""Every object that we want in Zendesk, as data: the body of the request, with `«key»` in place of unknown ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from zendesk_gupshup.decide.guards import TAG_OFF
from zendesk_gupshup.decide.incidents import TAG_KNOWN_INCIDENT
from zendesk_gupshup.decide.policy import REFUSED_KEY
from zendesk_gupshup.decide.prior_writes import TAG_DRAFT, TAG_SEND
from zendesk_gupshup.decide.steps import TAG_AWAITING_OWNER, TAG_FOUND
from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.model.base import LANGUAGES, CompleteLanguage
from zendesk_gupshup.pipeline import Brain
from zendesk_gupshup.provision.markers import marker
from zendesk_gupshup.render.error_names import error_name

from .kinds import CATEGORY, REMINDER, TAG_REMINDER, Json, SetupKind, kind_of
from .macros import escalation_html
from .options import Key, Setup
from .views import STATES as STATES
from .views import views

WEBHOOK = "webhook/worker"
HOOK_BODY = '{"ticket_id": "{{ticket.id}}"}'
KEYS: tuple[str, ...] = get_args(Key)

_LANGUAGE_NAMES: Mapping[CompleteLanguage, str] = {"en": "English", "es": "Español", "pt": "Português"}
_REMINDER_TEXT: Mapping[str, tuple[str, str]] = {
    "en": (
        "Ticket {{ticket.id}} still waits for the Gupshup account owner",
        "Nothing came from the client in {hours} hours.\n\n{{ticket.title}}\n{{ticket.link}}",
    ),
    "es": (
        "El ticket {{ticket.id}} sigue esperando al propietario de la cuenta de Gupshup",
        "El cliente no ha escrito en {hours} horas.\n\n{{ticket.title}}\n{{ticket.link}}",
    ),
    "pt": (
        "O ticket {{ticket.id}} continua esperando o proprietário da conta Gupshup",
        "O cliente não escreveu em {hours} horas.\n\n{{ticket.title}}\n{{ticket.link}}",
    ),
}


class SetupError(ValueError):
    """The settings do not fit this account. The message is one line with what to write instead."""


@dataclass(frozen=True)
class Wanted:
    key: str
    body: Json

    @property
    def kind(self) -> SetupKind:
        return kind_of(self.key)

    @property
    def title(self) -> str:
        return str(self.body[self.kind.title])


@dataclass(frozen=True)
class Account:
    """What the objects need to know of the account: our user's id, and the ids of groups by name."""

    user_id: int
    groups: Mapping[str, int]

    def group(self, name: str, setting: str) -> int:
        found = self.groups.get(name.casefold())
        if found is None:
            raise SetupError(f'{setting} "{name}" is no group of this account; write the name of one, or create it')
        return found


def group_names(setup: Setup, brain: Brain) -> tuple[str, ...]:
    """The groups whose ids are needed; usually none."""
    reminded = setup.remind_group or brain.policy.group if _has_automation(setup, brain) else None
    return tuple(name for name in (setup.group, reminded) if name)


def wanted(setup: Setup, brain: Brain, account: Account) -> tuple[Wanted, ...]:
    """All objects in the order of creation. Raises `SetupError`."""
    if setup.endpoint is None and WEBHOOK not in setup.leave_out:
        raise SetupError(
            "[setup] endpoint is missing: write the address at which Zendesk reaches `serve`, such as "
            "https://gupshup.example.com/webhooks/zendesk, or give it with --address"
        )
    if WEBHOOK in setup.leave_out or CATEGORY in setup.leave_out:
        needed = [key for key in KEYS if key.startswith("trigger/") and key not in setup.leave_out]
        if needed:
            raise SetupError(f'[setup] leave_out: "{needed[0]}" needs {WEBHOOK} and {CATEGORY}; leave it out as well')
    objects = (
        *_ticket_fields(setup, brain),
        *_organization_fields(setup),
        *_webhook(setup),
        *_triggers(setup, brain.dictionary, account),
        *_macros(setup, brain, account),
        *(_titled(setup, key, title, {**body, **_seen_by(setup, account)}) for key, title, body in views(setup.prefix)),
        *_automation(setup, brain, account),
    )
    return tuple(one for one in objects if one.key not in setup.leave_out)


def _titled(setup: Setup, key: str, title: str, body: Mapping[str, Any]) -> Wanted:
    own = {str(name): title for name, title in setup.names.items()}.get(key, title)
    return Wanted(key, {kind_of(key).title: own, **body})


def _ticket_fields(setup: Setup, brain: Brain) -> Iterator[Wanted]:
    codes = [
        {"name": _option_name(entry.title, error_name(entry.error)), "value": entry.error.tag}
        for entry in brain.dictionary.entries
        if not entry.success
    ]
    states = [{"name": name, "value": tag} for tag, name in STATES]
    for name, title, body in (
        ("error-code", "error code", {"type": setup.error_code_field, "custom_field_options": codes}),
        ("app-name", "App Name", {"type": "text"}),
        ("app-id", "App ID", {"type": "text"}),
        ("account-id", "Enterprise account id", {"type": "text"}),
        ("owner-email", "account owner's e-mail", {"type": "text"}),
        ("state", "escalation", {"type": "tagger", "custom_field_options": states}),
    ):
        key = f"ticket-field/{name}"
        text = f"Read and filled by zendesk-gupshup. {marker(key)}"
        yield _titled(setup, key, f"{setup.prefix} {title}", {**body, "active": True, "description": text})


def _option_name(title: str, name: str) -> str:
    """Without `::`, which would make it a nested menu: https://support.zendesk.com/hc/en-us/articles/4408838961562."""
    return f"{name}: {title}".replace("::", ":")[:150]


def _organization_fields(setup: Setup) -> Iterator[Wanted]:
    types = [{"name": "Direct", "value": "direct"}, {"name": "Partner", "value": "partner"}]
    for name, title, body in (
        ("app-name", "App Name", {"type": "text"}),
        ("app-id", "App ID", {"type": "text"}),
        ("owner-email", "account owner's e-mail", {"type": "text"}),
        ("account-id", "Enterprise account id", {"type": "text"}),
        ("account-type", "account type", {"type": "dropdown", "custom_field_options": types}),
        ("language", "language (en, es, pt, fr)", {"type": "text"}),
    ):
        key = f"organization-field/{name}"
        text = f"Read by zendesk-gupshup. {marker(key)}"
        whole: Json = {"key": f"gupshup_{name.replace('-', '_')}", **body, "active": True, "description": text}
        yield _titled(setup, key, f"{setup.prefix} {title}", whole)


def _webhook(setup: Setup) -> Iterator[Wanted]:
    yield _titled(setup, WEBHOOK, f"{setup.prefix} worker", {
        "description": f"Tells the worker of zendesk-gupshup which ticket to look at. {marker(WEBHOOK)}",
        "endpoint": setup.endpoint, "http_method": "POST", "request_format": "json", "status": "active",
        "subscriptions": ["conditional_ticket_events"],
    })  # fmt: skip


def _condition(field: str, operator: str, value: str) -> Json:
    return {"field": field, "operator": operator, "value": value}


def _triggers(setup: Setup, dictionary: Dictionary, account: Account) -> Iterator[Wanted]:
    own = {str(name): title for name, title in setup.names.items()}.get(CATEGORY, setup.prefix)
    yield Wanted(CATEGORY, {"name": f"{own} {marker(CATEGORY)}"})
    # Loop guards: neither our own updates nor tickets with the off tag call the worker.
    ours = _condition("role", "is_not", str(setup.worker_user_id or account.user_id))
    off = _condition("current_tags", "not_includes", TAG_OFF)
    live = _condition("status", "less_than", "solved")
    words = [_condition("comment_includes_word", "includes", " ".join(setup.words))] if setup.words else []
    about = [*words, _condition("current_tags", "includes", TAG_FOUND)] if words else []
    subject = [_condition("subject_includes_word", "includes", " ".join(setup.words))] if setup.words else []
    client = _condition("role", "is", "end_user")
    public = _condition("comment_is_public", "is", "true")
    requested = _condition("current_tags", "includes", " ".join((*_request_tags(dictionary), TAG_SEND)))
    yield _trigger(
        setup, "new-ticket", "new ticket", "A new ticket",
        [_condition("update_type", "is", "Create"), live, off, ours], [*words, *subject],
    )  # fmt: skip
    yield _trigger(
        setup, "client-comment", "the client wrote", "A public comment of an end user",
        [_condition("update_type", "is", "Change"), client, public, live, off, ours], about,
    )  # fmt: skip
    yield _trigger(
        setup, "draft-request", "an agent asks for a draft",
        f"The tag {TAG_DRAFT} or {TAG_SEND}, by a macro or by hand,",
        [requested, _condition("status", "is_not", "closed"), off, ours], [],
    )  # fmt: skip


def _trigger(setup: Setup, name: str, title: str, what: str, every: list[Json], some: list[Json]) -> Wanted:
    key = f"trigger/{name}"
    conditions = {"all": every, "any": some}
    return _titled(setup, key, f"{setup.prefix}: {title}", {
        "description": f"{what} calls the worker of zendesk-gupshup. (category «{CATEGORY}») {marker(key)}",
        "active": True, "category_id": f"«{CATEGORY}»",
        # Both spellings: the reference wants the two lists at the top, Zendesk's OpenAPI file wants `conditions`.
        **conditions, "conditions": conditions,
        "actions": [{"field": "notification_webhook", "value": [f"«{WEBHOOK}»", HOOK_BODY]}],
    })  # fmt: skip


def _request_tags(dictionary: Dictionary) -> list[str]:
    """The tag that requests a draft, plain or with a code that a draft makes sense for. The sweep finds the others."""
    named = [f"{TAG_DRAFT}__{e.error.slug}" for e in dictionary.entries if not e.success and e.owner_ticket != "no"]
    return [TAG_DRAFT, *named]


def _seen_by(setup: Setup, account: Account) -> Json:
    if not setup.group:
        return {}
    group = account.group(setup.group, "[setup] group")
    return {"restriction": {"type": "Group", "id": group, "ids": [group]}}


def _macros(setup: Setup, brain: Brain, account: Account) -> Iterator[Wanted]:
    seen_by = _seen_by(setup, account)
    yield _macro(setup, "draft", "Draft for the owner", "Asks for a note with the draft.", [_tag(TAG_DRAFT)], seen_by)
    what = "Sends the reply that the last note proposes, with its files."
    yield _macro(setup, "send", "Send the proposed reply", what, [_tag(TAG_SEND)], seen_by)
    for language in sorted(set(setup.languages), key=LANGUAGES.index):
        default = language == brain.policy.default_language
        title = "401::Escalate to owner" + ("" if default else f" ({_LANGUAGE_NAMES[language]})")
        if f"macro/escalate-401.{language}" in setup.leave_out:
            continue
        html = escalation_html(brain.templates, brain.dictionary, brain.desk, language)
        actions = [
            {"field": "comment_value_html", "value": html},
            {"field": "comment_mode_is_public", "value": "true"},
            _tag(f"{TAG_DRAFT}__{REFUSED_KEY.slug} {TAG_AWAITING_OWNER}"),
        ]
        what = "The reply to a refused API key, and a request for the draft."
        yield _macro(setup, f"escalate-401.{language}", title, what, actions, seen_by)
    yield _macro(
        setup, "leave-alone", "Leave this ticket alone", "Nothing is written any more.", [_tag(TAG_OFF)], seen_by
    )


def _macro(setup: Setup, name: str, title: str, what: str, actions: list[Json], seen_by: Json) -> Wanted:
    key = f"macro/{name}"
    body = {"description": f"{what} {marker(key)}", "active": True, "actions": actions, **seen_by}
    return _titled(setup, key, f"{setup.prefix}::{title}", body)


def _tag(tag: str) -> Json:
    return {"field": "current_tags", "value": tag}


def _has_automation(setup: Setup, brain: Brain) -> bool:
    return REMINDER not in setup.leave_out and not brain.policy.remind_after


def _automation(setup: Setup, brain: Brain, account: Account) -> Iterator[Wanted]:
    """Acts once per ticket: the tag that it sets is also its condition. Where the worker reminds, it would tell the
    agents a second time."""
    if not _has_automation(setup, brain):
        return
    actions: list[Json] = [_tag(TAG_REMINDER)]
    group = setup.remind_group or brain.policy.group
    if group:
        language = brain.desk.note_language or brain.policy.default_language
        subject, text = _REMINDER_TEXT.get(language, _REMINDER_TEXT["en"])
        group_id = account.group(group, "[setup] remind_group" if setup.remind_group else "[routing] group")
        mail = text.replace("{hours}", str(setup.remind_after_hours))
        actions.append({"field": "notification_group", "value": [str(group_id), subject, mail]})
    every = [
        _condition("status", "less_than", "solved"),
        _condition("current_tags", "includes", TAG_AWAITING_OWNER),
        _condition("current_tags", "not_includes", f"{TAG_REMINDER} {TAG_OFF} {TAG_KNOWN_INCIDENT}"),
        _condition("requester_updated_at", "greater_than", str(setup.remind_after_hours)),
    ]
    body = {"active": True, "all": every, "any": [], "actions": actions}
    yield _titled(setup, REMINDER, f"{setup.prefix}: remind of the owner", body)
