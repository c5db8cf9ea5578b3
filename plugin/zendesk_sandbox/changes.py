"""Applies an update: a new ticket from the old one and the payload, or an error."""

from __future__ import annotations

from typing import Any

from . import problems
from .errors import invalid, invalid_rows, not_found
from .rules import PRIORITIES, STATUSES
from .shapes import CUSTOM_STATUS, Json
from .state import SandboxState
from .words import clean_tags

TAG_ROOM = 5096
_COPIED = ("type", "external_id", "due_at", "problem_id", "organization_id", "brand_id", "ticket_form_id", "recipient")
_AUDITED: tuple[str, ...] = (
    "subject",
    "requester_id",
    "assignee_id",
    "group_id",
    "priority",
    "type",
    "status",
    "organization_id",
)
_AUDITED += ("brand_id", "ticket_form_id", "custom_status_id", "external_id", "due_at", "tags")
_ALWAYS_AT_CREATE = frozenset(("subject", "requester_id", "priority", "type", "status", "organization_id", "brand_id"))
_ALWAYS_AT_CREATE |= frozenset(("ticket_form_id", "custom_status_id"))


def apply(store: SandboxState, ticket: Json, payload: Json, *, new: bool = False, by_rule: bool = False) -> Json:
    """The ticket after `payload`; the one given is left as it is, so a refusal changes nothing.

    A trigger may solve what a person may not.
    """
    draft = dict(ticket)
    for key in _COPIED:
        if key in payload:
            draft[key] = payload[key]
    if "subject" in payload or "raw_subject" in payload:
        draft["subject"] = draft["raw_subject"] = payload.get("raw_subject") or payload.get("subject")
    for key, known in (("group_id", store.groups), ("assignee_id", store.users), ("requester_id", store.users)):
        if key in payload:
            value = payload[key]
            if value is not None and int(value) not in known:
                raise invalid(**{key.removesuffix("_id"): f"{key.removesuffix('_id').title()} is invalid"})
            draft[key] = int(value) if value is not None else None
    if payload.get("assignee_email"):
        draft["assignee_id"] = store.user_by_email(payload["assignee_email"])["id"]
    if draft["assignee_id"] != ticket["assignee_id"] and draft["assignee_id"] is not None:
        _assigned(store, draft, payload)
    problems.check(store, draft)
    _copied(store, draft, payload)
    _set_priority(draft, payload)
    _set_status(draft, payload, new=new)
    _set_tags_and_fields(store, draft, payload)
    if draft["status"] == "solved" and ticket["status"] != "solved" and not by_rule:
        _check_solve(store, draft)
    draft["custom_status_id"] = CUSTOM_STATUS[draft["status"]]
    return draft


def followed_up(parent: Json, payload: Json, channel: str) -> Json:
    """What a follow-up is made of: most of the closed ticket, but not its comments, priority, type, group, assignee and
    external id; its tags where the request names none.

    https://support.zendesk.com/hc/en-us/articles/8421655952026 and, for the tags,
    https://developer.zendesk.com/documentation/ticketing/managing-tickets/creating-and-updating-tickets/
    """
    origin = {"ticket_id": parent["id"], "subject": parent["subject"], "channel": parent["via"]["channel"]}
    taken: Json = {key: parent[key] for key in ("requester_id", "subject", "brand_id", "ticket_form_id")}
    taken |= {"via": {"channel": channel, "source": {"from": origin, "to": {}, "rel": "follow_up"}}}
    if payload.get("tags") is None:
        taken["tags"] = parent["tags"]
    if payload.get("custom_fields") is None and payload.get("fields") is None:
        named = [row for row in parent["custom_fields"] if row["value"] not in (None, "", False, [])]
        kept = set(taken.get("tags", payload.get("tags")) or ())
        # A choice and its tag are one: without the tag there is no choice either.
        taken["custom_fields"] = [row for row in named if payload.get("tags") is None or str(row["value"]) in kept]
    if isinstance(payload.get("requester"), dict):
        del taken["requester_id"]
    return {**taken, **{key: value for key, value in payload.items() if value is not None}}


def _copied(store: SandboxState, draft: Json, payload: Json) -> None:
    """`email_ccs`: users by id or address, each put in or taken out; an unknown address becomes an end user."""
    for given in payload.get("email_ccs") or ():
        user_id = given.get("user_id") or store.upsert_user(given.get("user_email"))["id"]
        others = [known for known in draft["email_cc_ids"] if known != user_id]
        draft["email_cc_ids"] = others if given.get("action") == "delete" else [*others, user_id]


def _assigned(store: SandboxState, draft: Json, payload: Json) -> None:
    """Zendesk follows an assignment with the agent's own group, and a new ticket is open from then on."""
    assignee = store.users[draft["assignee_id"]]
    if assignee["role"] == "end-user":
        raise invalid(assignee="Assignee: is not an agent")
    if "group_id" not in payload and assignee["default_group_id"]:
        draft["group_id"] = assignee["default_group_id"]
    if draft["status"] == "new" and "status" not in payload:
        draft["status"] = "open"


def _set_priority(draft: Json, payload: Json) -> None:
    if "priority" not in payload:
        return
    value = payload["priority"]
    if value is None and draft["priority"] is not None:
        raise invalid(priority="Priority: cannot be reset")
    if value is not None and value not in PRIORITIES:
        raise invalid(priority=f"Priority: {value} is not included in the list")
    draft["priority"] = value


def _set_status(draft: Json, payload: Json, *, new: bool) -> None:
    value = payload.get("status")
    if value is None and payload.get("custom_status_id") is not None:
        value = next((name for name, key in CUSTOM_STATUS.items() if key == payload["custom_status_id"]), None)
    if value is None:
        return
    if value not in STATUSES:
        raise invalid(status=f"Status: {value} is not included in the list")
    if value == "new" and draft["status"] != "new" and not new:
        raise invalid(status="Status: cannot be reset")
    draft["status"] = value


def _set_tags_and_fields(store: SandboxState, draft: Json, payload: Json) -> None:
    """Tags and choice fields are two sides of one thing: each sets and clears the other."""
    tags = set(clean_tags(payload["tags"])) if payload.get("tags") is not None else set(draft["tags"])
    tags |= set(clean_tags(payload.get("additional_tags")))
    tags -= set(clean_tags(payload.get("remove_tags")))
    fields = store.custom_fields()
    values = {row["id"]: row["value"] for row in draft["custom_fields"] if row["id"] in fields}
    changed_tags = tags != set(draft["tags"])
    for field_id, field in fields.items() if changed_tags else ():
        values[field_id] = _field_from_tags(field, values.get(field_id), tags)
    for row in _rows(payload):
        known = fields.get(int(row["id"])) if str(row.get("id")).isdigit() else None
        if known is not None:  # an unknown field is passed over without a word
            tags -= _tags_of(known, values.get(known["id"]))
            values[known["id"]] = _checked(known, row.get("value"))
            tags |= _tags_of(known, values[known["id"]])
    draft["tags"] = sorted(tags)
    if len(" ".join(draft["tags"])) > TAG_ROOM:
        raise invalid(tags="Tags: are too long")
    draft["custom_fields"] = draft["fields"] = [{"id": key, "value": values.get(key)} for key in fields]


def _rows(payload: Json) -> list[Json]:
    given = payload.get("custom_fields", payload.get("fields")) or []
    if isinstance(given, dict):
        return [{"id": key, "value": value} for key, value in given.items()]
    return [row for row in given if isinstance(row, dict)]


def _field_from_tags(field: Json, value: Any, tags: set[str]) -> Any:
    options = [option["value"] for option in field.get("custom_field_options", ())]
    if field["type"] == "tagger":
        return value if value in tags else next((option for option in options if option in tags), None)
    if field["type"] == "multiselect":
        return [option for option in options if option in tags] or None
    if field["type"] == "checkbox" and field["tag"]:
        return field["tag"] in tags
    return value


def _tags_of(field: Json, value: Any) -> set[str]:
    if field["type"] == "tagger":
        return {value} if value else set()
    if field["type"] == "multiselect":
        return set(value or ())
    return {field["tag"]} if field["type"] == "checkbox" and field["tag"] and value else set()


def _checked(field: Json, value: Any) -> Any:
    options = {option["value"] for option in field.get("custom_field_options", ())}
    chosen = value if field["type"] == "multiselect" and isinstance(value, list) else [value] if value else []
    if field["type"] in ("tagger", "multiselect") and not set(chosen) <= options:
        raise invalid_rows({"base": [_row(field, f"{field['title']}: {value} is not a valid option")]})
    if field["type"] == "multiselect":
        return chosen or None
    return value if value != "" else None


def _check_solve(store: SandboxState, draft: Json) -> None:
    """A ticket is solved by somebody and with its required fields filled, or not at all."""
    rows: list[Json] = []
    if draft["assignee_id"] is None:
        system = next((field for field in store.ticket_fields.values() if field["type"] == "assignee"), None)
        rows.append({"description": "Assignee: is required when solving a ticket", "error": None})
        rows[-1] |= {"ticket_field_id": system["id"] if system else None, "ticket_field_type": "FieldAssignee"}
    for row in draft["custom_fields"]:
        field = store.ticket_fields[row["id"]]
        if field["required"] and row["value"] in (None, "", False):
            rows.append(_row(field, f"{field['title']}: is required when solving a ticket"))
    if rows:
        raise invalid_rows({"base": rows})


def _row(field: Json, text: str) -> Json:
    kind = "Field" + str(field["type"]).title()
    return {"description": text, "error": None, "ticket_field_id": field["id"], "ticket_field_type": kind}


def differences(before: Json | None, after: Json) -> list[Json]:
    """The events of an audit, without their ids: `Create` rows for a new ticket, `Change` rows for an update."""
    events: list[Json] = []
    for key in _AUDITED:
        now, then = after[key], before[key] if before else None
        if before is None:
            if now not in (None, []) or key in _ALWAYS_AT_CREATE:
                events.append({"type": "Create", "value": _shown(key, now), "field_name": key})
        elif now != then:
            row = {"type": "Change", "value": _shown(key, now), "field_name": key}
            events.append({**row, "previous_value": _shown(key, then)})
    old = {row["id"]: row["value"] for row in before["custom_fields"]} if before else {}
    for row in after["custom_fields"]:
        then = old.get(row["id"])
        if row["value"] != then and (row["value"], then) not in ((False, None), (None, False)):
            event: Json = {
                "type": "Change" if before else "Create",
                "value": row["value"],
                "field_name": str(row["id"]),
            }
            events.append({**event, "previous_value": then} if before else event)
    return events


def _shown(key: str, value: Any) -> Any:
    return str(value) if key.endswith("_id") and value is not None else value


def check_requester(store: SandboxState, user_id: Any) -> int:
    if not str(user_id).isdigit() or int(user_id) not in store.users:
        raise not_found()
    return int(user_id)
