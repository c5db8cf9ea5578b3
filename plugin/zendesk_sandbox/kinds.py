"""Kinds of records with the same create, update and delete: their fields, and what Zendesk refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import rules
from .errors import invalid
from .shapes import CATEGORY_ID, Json
from .store import SandboxStore


@dataclass(frozen=True)
class ObjectKind:
    """One kind of record: its name, what a new one holds beside id, url and times, and what may be set."""

    name: str
    plural: str
    defaults: Json
    settable: frozenset[str]
    # Out of the store, what was given and the record so far, the record as it is kept; or a refusal.
    complete: Callable[[SandboxStore, Json, Json], Json] | None = None
    title: str = "title"


def _text_twins(*names: str) -> Callable[[SandboxStore, Json, Json], Json]:
    """Zendesk keeps each text twice: as shown, and raw, with its dynamic content unfilled."""

    def complete(_store: SandboxStore, _given: Json, row: Json) -> Json:
        return {**row, **{f"raw_{name}": row[name] for name in names}}

    return complete


def _rule(_store: SandboxStore, given: Json, row: Json) -> Json:
    """Conditions may come as `all` and `any` or as `conditions`; actions and conditions are replaced as wholes."""
    conditions = given.get("conditions") or {}
    if "all" in given or "any" in given or conditions:
        every, some = given.get("all", conditions.get("all")), given.get("any", conditions.get("any"))
        row = {**row, "conditions": {"all": every or [], "any": some or []}}
    if "category_id" in row and not row["category_id"]:
        row["category_id"] = CATEGORY_ID
    return {**row, "raw_title": row["title"]}


def _trigger(store: SandboxStore, given: Json, row: Json) -> Json:
    row = _rule(store, given, row)
    rules.check_conditions(row["conditions"])
    rules.check_actions(row["actions"])
    if not row["actions"]:
        raise invalid(actions="Actions: cannot be blank")
    for action in row["actions"]:
        if action["field"] == "notification_webhook" and str(action["value"][0]) not in store.webhooks:
            raise invalid(actions="Webhook does not exist")
    if row["category_id"] not in {str(key) for key in store.trigger_categories}:
        raise invalid(category_id="Category does not exist")
    row["position"] = row["position"] or 1 + max((t["position"] for t in store.triggers.values()), default=0)
    return row


def _view(store: SandboxStore, given: Json, row: Json) -> Json:
    row = _rule(store, given, row)
    rules.check_conditions(row["conditions"])
    columns = [
        {"id": key, "title": title, "filterable": key != "subject", "sortable": key != "subject"}
        for key, title in (
            ("subject", "Subject"),
            ("requester", "Requester"),
            ("updated", "Updated"),
            ("group", "Group"),
        )
    ]
    execution = {
        "group_by": None,
        "group_order": "desc",
        "sort_by": None,
        "sort_order": "desc",
        "group": None,
        "sort": None,
    }
    return {**row, "execution": {**execution, "columns": columns, "fields": columns, "custom_fields": []}}


def _macro(_store: SandboxStore, _given: Json, row: Json) -> Json:
    rules.check_actions(row["actions"], macro=True)
    if not row["actions"]:
        raise invalid(actions="Actions: cannot be blank")
    return {**row, "raw_title": row["title"]}


def _ticket_field(store: SandboxStore, given: Json, row: Json) -> Json:
    row = {
        **row,
        "description": row["description"] or row["title"],
        "title_in_portal": row["title_in_portal"] or row["title"],
    }
    if "title" in given and "title_in_portal" not in given:
        row["title_in_portal"] = given["title"]
    if row["type"] in ("tagger", "multiselect"):
        row["custom_field_options"] = _options(store, given, row)
    else:
        row.pop("custom_field_options", None)
    return _text_twins("title", "description", "title_in_portal")(store, given, row)


def _options(store: SandboxStore, given: Json, row: Json) -> list[Json]:
    """The choices as a whole: one that is not given again is gone."""
    options = given.get("custom_field_options", row.get("custom_field_options"))
    if not options:
        raise invalid(custom_field_options="Custom field options: cannot be blank")
    known = {o["value"]: o for o in row.get("custom_field_options") or () if "id" in o}
    return [_option(store, option, known) for option in options]


def _option(store: SandboxStore, option: Json, known: dict[str, Json]) -> Json:
    old = known.get(option["value"]) or {"id": store.next_id()}
    return {
        "id": old["id"],
        "name": option["name"],
        "raw_name": option["name"],
        "value": option["value"],
        "default": False,
    }


def _key_field(store: SandboxStore, given: Json, row: Json) -> Json:
    if not row["key"]:
        raise invalid(key="Key: cannot be blank")
    row = {**row, "description": row["description"] or ""}
    if row["type"] in ("dropdown", "multiselect"):
        row["custom_field_options"] = _options(store, given, row)
    return _text_twins("title", "description")(store, given, row)


_RULE = frozenset(("title", "active", "description", "position", "all", "any", "conditions", "actions", "category_id"))
_FIELD: Json = {
    "type": "text",
    "title": "",
    "raw_title": "",
    "description": "",
    "raw_description": "",
    "position": 9999,
}
_FIELD |= {"active": True, "regexp_for_validation": None}
_KEY_FIELD: Json = {"type": "text", "key": None} | _FIELD | {"system": False}
_KEY_SETTABLE = frozenset(("type", "key", "title", "description", "position", "active", "regexp_for_validation"))
_KEY_SETTABLE |= {"custom_field_options"}
_NO_CONDITIONS: Json = {"all": [], "any": []}

KINDS = (
    ObjectKind(
        "group",
        "groups",
        {"is_public": True, "name": "", "description": "", "default": False, "deleted": False},
        frozenset(("name", "description", "is_public")),
        title="name",
    ),
    ObjectKind(
        "ticket_field",
        "ticket_fields",
        _FIELD
        | {"required": False, "collapsed_for_agents": False, "title_in_portal": "", "raw_title_in_portal": ""}
        | {"visible_in_portal": False, "editable_in_portal": False, "required_in_portal": False, "tag": None}
        | {"removable": True, "key": None, "agent_description": None},
        frozenset(("type", "title", "description", "position", "active", "required", "tag", "custom_field_options"))
        | frozenset(("title_in_portal", "visible_in_portal", "editable_in_portal", "required_in_portal"))
        | frozenset(("agent_description", "regexp_for_validation", "collapsed_for_agents", "key")),
        _ticket_field,
    ),
    ObjectKind("organization_field", "organization_fields", _KEY_FIELD, _KEY_SETTABLE, _key_field),
    ObjectKind("user_field", "user_fields", _KEY_FIELD, _KEY_SETTABLE, _key_field),
    ObjectKind(
        "macro",
        "macros",
        {"title": "", "active": True, "default": False, "position": 10000, "description": None, "actions": []}
        | {"restriction": None, "raw_title": ""},
        frozenset(("title", "active", "description", "position", "actions", "restriction")),
        _macro,
    ),
    ObjectKind(
        "trigger",
        "triggers",
        {
            "title": "",
            "active": True,
            "default": False,
            "actions": [],
            "conditions": _NO_CONDITIONS,
            "description": None,
        }
        | {"position": 0, "raw_title": "", "category_id": CATEGORY_ID},
        _RULE,
        _trigger,
    ),
    ObjectKind(
        "trigger_category",
        "trigger_categories",
        {"name": "", "position": 0},
        frozenset(("name", "position")),
        title="name",
    ),
    ObjectKind(
        "view",
        "views",
        {"title": "", "active": True, "default": False, "position": 10000, "description": None, "execution": {}}
        | {"conditions": _NO_CONDITIONS, "restriction": None, "raw_title": ""},
        (_RULE | {"restriction", "output"}) - {"actions", "category_id"},
        _view,
    ),
    ObjectKind(
        "automation",
        "automations",
        {"title": "", "active": True, "default": False, "actions": [], "conditions": _NO_CONDITIONS, "position": 10000}
        | {"raw_title": ""},
        _RULE - {"category_id"},
        _rule,
    ),
)
BY_PLURAL = {kind.plural: kind for kind in KINDS}


def make(store: SandboxStore, plural: str, given: Json) -> Json:
    """A new record of a kind, as the API makes it; the seed uses it too."""
    kind = BY_PLURAL[plural]
    if not given.get(kind.title):
        raise invalid(**{kind.title: f"{kind.title.title()}: cannot be blank"})
    key, now = store.next_id(), store.stamp()
    row = {"url": f"/api/v2/{plural}/{key}.json", "id": key} | kind.defaults
    row |= {"created_at": now, "updated_at": now} | {k: v for k, v in given.items() if k in row and k in kind.settable}
    row = kind.complete(store, given, row) if kind.complete else row
    records(store, plural)[key] = row
    return row


def records(store: SandboxStore, plural: str) -> dict[int, Json]:
    found: dict[int, Json] = getattr(store, plural)
    return found
