"""Wanted objects compared with the account's: what to create, change, remove or leave. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from zendesk_gupshup.decide.account import TicketFields
from zendesk_gupshup.provision.markers import key_of

from .kinds import BY_NAME, CATEGORY, KINDS, Json, SetupKind, category_of, key_on
from .objects import Wanted

# Kind -> all objects of that kind in the account, ours or not.
Present = Mapping[str, tuple[Mapping[str, Any], ...]]
# `foreign`: exists, is not ours and is used unchanged. `copy`: has our marker a second time and is left alone.
Action = Literal["create", "update", "delete", "same", "foreign", "copy"]

_REFERENCE = re.compile(r"«([^»]+)»")
# What Zendesk does not allow to change after creation.
_FIXED = ("type", "key", "subscriptions")
_CATEGORY = re.compile(r"\(category ([^)]*)\)")
_HREF = re.compile(r'href="([^"]*)"')


@dataclass(frozen=True)
class Difference:
    """One field of an object: its value now, and the wanted one."""

    field: str
    now: str
    wanted: str


@dataclass(frozen=True)
class Change:
    key: str
    action: Action
    title: str
    # The object as Zendesk has it; `None` if it is to be created.
    present: Mapping[str, Any] | None = None
    differences: tuple[Difference, ...] = ()
    body: Mapping[str, Any] | None = None
    note: str = ""

    @property
    def kind(self) -> SetupKind:
        return BY_NAME[self.key.partition("/")[0]]

    @property
    def id(self) -> str | None:
        return str(self.present["id"]) if self.present else None

    @property
    def writes(self) -> bool:
        return self.action in ("create", "update", "delete")


def owned(present: Present) -> tuple[dict[str, Mapping[str, Any]], tuple[Change, ...]]:
    """Our objects by key, and the copies: cloning a rule clones its marker, and the older one is ours."""
    found: dict[str, Mapping[str, Any]] = {}
    copies: list[Change] = []
    for kind in KINDS:
        for one in sorted(present.get(kind.kind, ()), key=lambda o: (str(o.get("created_at")), str(o["id"]))):
            key = key_on(kind, one)
            if key is None:
                continue
            if key in found:
                note = "a copy with our marker: delete the marker from its description, or remove the object"
                copies.append(Change(key, "copy", str(one.get(kind.title)), one, note=note))
            else:
                found[key] = one
    category_id = category_of(tuple(present.get("trigger", ())))
    if CATEGORY not in found and category_id:
        renamed = next((one for one in present.get("trigger-category", ()) if str(one["id"]) == category_id), None)
        found |= {CATEGORY: renamed} if renamed else {}
    return found, tuple(copies)


def compare(wanted: Iterable[Wanted], present: Present, fields: TicketFields) -> tuple[Change, ...]:
    """Every object with the change that it needs, in order: create and change first, then remove."""
    ours, copies = owned(present)
    ids = {key: str(one["id"]) for key, one in ours.items()}
    changes: list[Change] = []
    for one in wanted:
        there = ours.get(one.key)
        foreign = None if there else _foreign(one, present, fields)
        if foreign:
            changes.append(foreign)
        elif there is None:
            changes.append(Change(one.key, "create", one.title, body=one.body))
        else:
            differences = tuple(_differences(one, there, ids))
            body = _body(one, there, differences) if differences else None
            action: Action = "update" if differences else "same"
            changes.append(Change(one.key, action, one.title, there, differences, body, _fixed(one, there)))
    keys = {change.key for change in changes}
    for kind in reversed(KINDS):
        for key, there in ours.items():
            if key.partition("/")[0] != kind.kind or key in keys:
                continue
            title = str(there.get(kind.title))
            if kind.is_data:
                note = "no longer wanted; kept, because it holds data"
                changes.append(Change(key, "same", title, there, note=note))
            else:
                changes.append(Change(key, "delete", title, there, note="no longer wanted"))
    return (*changes, *copies)


def removal(present: Present, *, with_data: bool) -> tuple[Change, ...]:
    """Removal of our objects, referencing ones first; of fields only `with_data`, because their values are deleted."""
    ours, _ = owned(present)
    return tuple(
        Change(key, "delete", str(one.get(kind.title)), one)
        for kind in reversed(KINDS)
        for key, one in ours.items()
        if key.partition("/")[0] == kind.kind and (with_data or not kind.is_data)
    )


def resolved(value: Any, ids: Mapping[str, str]) -> Any:
    """The value with known ids in place of `«key»`."""
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: ids.get(match[1], match[0]), value)
    if isinstance(value, Mapping):
        return {key: resolved(item, ids) for key, item in value.items()}
    if isinstance(value, list):
        return [resolved(item, ids) for item in value]
    return value


def unresolved(value: Any) -> str | None:
    """The first key without a known id."""
    found = _REFERENCE.search(str(value))
    return found[1] if found else None


def _foreign(one: Wanted, present: Present, fields: TicketFields) -> Change | None:
    """An object that is not ours but serves as a wanted one: a field named in the settings, or with the same key."""
    kind = one.kind
    if kind.kind == "ticket-field":
        named = getattr(fields, one.key.partition("/")[2].replace("-", "_"), None)
        there = next((o for o in present.get(kind.kind, ()) if o["id"] == named), None)
        if named is None:
            return None
        if there is None:
            note = f"[fields] names field {named}, which this account does not have"
            return Change(one.key, "foreign", one.title, None, note=note)
        return Change(one.key, "foreign", str(there.get("title")), there, note=f"[fields] names field {named}")
    if kind.kind == "organization-field":
        there = next((o for o in present.get(kind.kind, ()) if o.get("key") == one.body["key"]), None)
        if there is not None:
            note = f"another field has the key {one.body['key']} and is used instead"
            if there.get("type") != one.body["type"]:
                note += f", of type {there.get('type')} instead of {one.body['type']}"
            return Change(one.key, "foreign", str(there.get("title")), there, note=note)
    return None


def _fixed(one: Wanted, there: Mapping[str, Any]) -> str:
    wrong = [f for f in _FIXED if f in one.body and _scalar(there.get(f)) != _scalar(one.body[f])]
    facts = ", ".join(f"{f} is {there.get(f)} instead of {one.body[f]}" for f in wrong)
    return f"{facts}: Zendesk does not allow to change this; remove the object by hand and apply again" if wrong else ""


def _differences(one: Wanted, there: Mapping[str, Any], ids: Mapping[str, str]) -> Iterable[Difference]:
    for field, value in resolved(one.body, ids).items():
        # `all` and `any` come back as `conditions`, and are compared once.
        if field in _FIXED or (field in ("all", "any") and "conditions" in one.body):
            continue
        rules = there.get("conditions") or {}
        found = rules.get(field) if field in ("all", "any") else there.get(field)
        if field == "custom_field_options":
            yield from _options(value, found)
        elif field == "actions":
            yield from _actions(value, found)
        elif field == "conditions":
            for part in ("all", "any"):
                yield from _plain(f"conditions.{part}", value[part], (found or {}).get(part))
        else:
            yield from _plain(field, value, found)


def _plain(field: str, value: Any, found: Any) -> Iterable[Difference]:
    a, b = _normal(field, value), _normal(field, found)
    if a == b:
        return
    if isinstance(a, list) and isinstance(b, list):  # only the conditions that differ
        a, b = [row for row in a if row not in b], [row for row in b if row not in a]
    yield Difference(field, _words(b), _words(a))


def _options(value: list[Json], found: Any) -> Iterable[Difference]:
    """Options that an admin added are ignored; ours must exist under their names."""
    there = {str(o.get("value")): str(o.get("name")) for o in found or () if isinstance(o, Mapping)}
    wrong = [o for o in value if there.get(o["value"]) != o["name"]]
    if wrong:
        now = ", ".join(there.get(o["value"], f"no {o['value']}") for o in wrong[:5])
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        yield Difference("options", now + more, ", ".join(o["name"] for o in wrong[:5]) + more)


def _actions(value: list[Json], found: Any) -> Iterable[Difference]:
    now = {str(a.get("field")): a.get("value") for a in found or () if isinstance(a, Mapping)}
    should = {str(a["field"]): a["value"] for a in value}
    for field in sorted(now.keys() | should.keys()):
        yield from _plain(f"action {field}", should.get(field), now.get(field))


def _normal(field: str, value: Any) -> Any:
    """The value in a canonical form: Zendesk returns numbers and booleans for strings, and sorts tags."""
    if field == "description":
        # Admins may change the sentence, but not the marker.
        category = _CATEGORY.search(str(value or ""))
        return (key_of(value) or "no marker", category[1] if category else "")
    if field.startswith("conditions") or field in ("all", "any"):
        rows = value if isinstance(value, list) else []
        return sorted(
            (str(r.get("field")), str(r.get("operator")), _value(r.get("field"), r.get("value"))) for r in rows
        )
    if field in ("action current_tags", "action remove_tags"):
        return " ".join(sorted(str(value or "").split()))
    if field == "action comment_value_html":
        return _visible(str(value or ""))
    if field == "restriction":
        given = value if isinstance(value, Mapping) else {}
        return (str(given.get("type") or ""), *sorted(str(i) for i in given.get("ids") or [given.get("id")] if i))
    return _scalar(value)


def _value(field: Any, value: Any) -> Any:
    if field == "current_tags":
        return " ".join(sorted(str(value or "").split()))
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, list):
        return [_scalar(item) for item in value]
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) or value in ("True", "False") else str(value)


def _visible(text: str) -> str:
    """The visible text of HTML and the URLs of its links: Zendesk may add attributes."""
    words = " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())
    return " ".join((words, *(html.unescape(link) for link in _HREF.findall(text))))


def _words(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "; ".join(" ".join(str(p) for p in i if p != "") if isinstance(i, tuple) else str(i) for i in value)
    return str(value)


def _body(one: Wanted, there: Mapping[str, Any], differences: tuple[Difference, ...]) -> Json:
    """The body that brings the object in line: all of it, without what cannot be changed or belongs to the admin."""
    changed = {difference.field for difference in differences}
    body = {name: value for name, value in one.body.items() if name not in _FIXED}
    if "description" in body and "description" not in changed:
        del body["description"]
    if "custom_field_options" in body:
        if "options" not in changed:
            del body["custom_field_options"]
        else:
            body["custom_field_options"] = _all_options(body["custom_field_options"], there.get("custom_field_options"))
    return body


def _all_options(ours: list[Json], there: Any) -> list[Json]:
    """Ours with their ids, and the admin's. Zendesk deletes an option that is not sent, and its value from tickets."""
    known = {str(o.get("value")): o for o in there or () if isinstance(o, Mapping)}
    mine = [{**({"id": known[o["value"]]["id"]} if o["value"] in known else {}), **o} for o in ours]
    values = {o["value"] for o in ours}
    theirs = [
        {key: o[key] for key in ("id", "name", "value") if key in o}
        for value, o in known.items()
        if value not in values
    ]
    return [*mine, *theirs]
