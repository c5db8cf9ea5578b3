"""Reads the account's objects and carries out changes, one request each.

Objects are found again by their marker, so that a run that was killed at any point can be repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from zendesk_gupshup.decide.account import TicketFields
from zendesk_gupshup.model.ticket import User
from zendesk_gupshup.pipeline import Brain
from zendesk_gupshup.zendesk.errors import NotFound, OutcomeUnknown

from .diff import Change, Difference, Present, compare, owned, resolved, unresolved
from .kinds import KINDS, Json, SetupKind, kind_of, with_marker
from .objects import KEYS, WEBHOOK, Account, SetupError, Wanted, group_names, wanted
from .options import Setup


class SetupGateway(Protocol):
    """The part of `zendesk.client.Zendesk` that setup needs."""

    def get(self, path: str, **params: Any) -> Json: ...
    def pages(self, path: str, key: str, **params: Any) -> Iterable[Json]: ...
    def write(self, method: str, path: str, body: Mapping[str, Any] | None = None, **params: Any) -> Json: ...
    def me(self) -> User: ...
    def group_id(self, name: str) -> int | None: ...


@dataclass(frozen=True)
class SetupPlan:
    """All objects with the change that each needs."""

    changes: tuple[Change, ...]

    @property
    def writes(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.writes)

    @property
    def requests(self) -> int:
        """The requests that applying costs, without those that the plan has cost."""
        return len(self.writes) + any(c.key == WEBHOOK and c.action != "delete" for c in self.changes)


def read(zendesk: SetupGateway, kinds: Iterable[SetupKind] = KINDS) -> Present:
    """All objects of these kinds in the account, ours or not."""
    return {kind.kind: tuple(zendesk.pages(kind.plural, kind.plural)) for kind in kinds}


def describe(zendesk: SetupGateway, setup: Setup, brain: Brain) -> tuple[Wanted, ...]:
    """The wanted objects for this account. Raises `SetupError` for an unknown group or a missing endpoint."""
    groups = {}
    for name in group_names(setup, brain):
        group_id = zendesk.group_id(name)
        if group_id is not None:
            groups[name.casefold()] = group_id
    return wanted(setup, brain, Account(zendesk.me().id, groups))


def plan(zendesk: SetupGateway, setup: Setup, brain: Brain) -> SetupPlan:
    """The plan for this account. Writes nothing."""
    ours = describe(zendesk, setup, brain)
    return SetupPlan(compare(ours, read(zendesk), brain.policy.fields))


def carry_out(
    zendesk: SetupGateway, changes: Iterable[Change], on_change: Callable[[Change], None] = lambda _: None
) -> Mapping[str, str]:
    """Carry out the changes one by one, in order; returns the ids of all objects by key.

    Raises `SetupError` if Zendesk stored another object than it was given, and whatever a request raises. Earlier
    changes stay, and the next run finds them.
    """
    changes = tuple(changes)
    ids = {change.key: change.id for change in changes if change.id and change.action not in ("delete", "copy")}
    for change in changes:
        if not change.writes:
            continue
        written = _carry_out_one(zendesk, change, ids)
        if written is not None:
            ids[change.key] = str(written["id"])
        on_change(change)
    return ids


def _carry_out_one(zendesk: SetupGateway, change: Change, ids: Mapping[str, str]) -> Mapping[str, Any] | None:
    kind = change.kind
    if change.action == "delete":
        try:
            zendesk.write("DELETE", f"{kind.plural}/{change.id}")
        except NotFound:
            return None  # already removed
        return None
    body = resolved(change.body, ids)
    if missing := unresolved(body):
        raise SetupError(f"{change.key} needs {missing}, which is missing in this account")
    if change.action == "update":
        zendesk.write(kind.change, f"{kind.plural}/{change.id}", {kind.name: body})
        return change.present
    try:
        answer = zendesk.write("POST", kind.plural, {kind.name: body})
    except OutcomeUnknown as error:
        # Created or not? Read before any second POST, which could create a second one.
        found = owned(read(zendesk, (kind,)))[0].get(change.key)
        if found is None:
            raise SetupError(f"{error}. Run `setup apply` again to continue") from None
        answer = {kind.name: found}
    created = answer.get(kind.name)
    if not isinstance(created, dict) or created.get("id") is None:
        raise SetupError(f"{change.key}: Zendesk answered without an id; run `setup apply` again")
    altered = _altered(change, body, created)
    if altered:
        raise SetupError(
            f"{change.key} was created as {created['id']}, but Zendesk stored {altered.field} as "
            f"{altered.now or 'nothing'!r}; check it in Admin Center before you continue"
        )
    return created


def _altered(change: Change, body: Json, created: Mapping[str, Any]) -> Difference | None:
    """The first rule that Zendesk stored otherwise: a trigger that lost a condition would fire on every ticket."""
    if change.kind.kind not in ("trigger", "automation", "view"):
        return None
    [same] = [
        c
        for c in compare((Wanted(change.key, body),), {change.kind.kind: (created,)}, TicketFields())
        if c.key == change.key
    ]
    return next((d for d in same.differences if d.field.startswith(("conditions", "all", "any", "action"))), None)


def adopt(zendesk: SetupGateway, key: str, object_id: str) -> str:
    """Put our marker on an existing object; returns its title. Raises `SetupError`."""
    if key not in KEYS:
        raise SetupError(f'"{key}" is none of our objects; known keys: {", ".join(KEYS)}')
    kind = kind_of(key)
    present = read(zendesk, (kind,))
    ours = owned(present)[0].get(key)
    if ours is not None:
        if str(ours["id"]) == object_id:
            return str(ours.get(kind.title))
        raise SetupError(
            f'{key} is already {kind.name} {ours["id"]} ("{ours.get(kind.title)}"); remove it or its marker first'
        )
    found = next((one for one in present[kind.kind] if str(one["id"]) == object_id), None)
    if found is None:
        raise SetupError(f"this account has no {kind.name} {object_id}")
    zendesk.write(kind.change, f"{kind.plural}/{object_id}", {kind.name: with_marker(kind, found, key)})
    return str(found.get(kind.title))


def signing_secret(zendesk: SetupGateway, webhook_id: str) -> str:
    """https://developer.zendesk.com/api-reference/webhooks/webhooks-api/webhooks/#show-webhook-signing-secret"""
    answer = zendesk.get(f"webhooks/{webhook_id}/signing_secret").get("signing_secret")
    secret = answer.get("secret") if isinstance(answer, dict) else None
    if not isinstance(secret, str) or not secret:
        raise SetupError(f"Zendesk returned no signing secret for webhook {webhook_id}; copy it from Admin Center")
    return secret
