"""The part of setup that talks to Zendesk: read what is there, carry out the changes, one request each.

What was made is found again by its mark, so a run that was killed at any point is simply run again.
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
from .kinds import KINDS, Json, SetupKind, kind_of, with_mark
from .objects import KEYS, WEBHOOK, Account, SetupError, Wanted, group_names, wanted
from .options import Setup


class SetupGateway(Protocol):
    """What setup asks of Zendesk; `zendesk.Zendesk` is the real one."""

    def get(self, path: str, **params: Any) -> Json: ...
    def pages(self, path: str, key: str, **params: Any) -> Iterable[Json]: ...
    def write(self, method: str, path: str, body: Mapping[str, Any] | None = None, **params: Any) -> Json: ...
    def me(self) -> User: ...
    def group_id(self, name: str) -> int | None: ...


@dataclass(frozen=True)
class SetupPlan:
    """All objects with what is to be done about each."""

    changes: tuple[Change, ...]

    @property
    def writes(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.writes)

    @property
    def requests(self) -> int:
        """What applying it costs beyond the reading that was done to make the plan."""
        return len(self.writes) + any(c.key == WEBHOOK and c.action != "delete" for c in self.changes)


def read(zendesk: SetupGateway, kinds: Iterable[SetupKind] = KINDS) -> Present:
    """All objects of these kinds, whoever made them."""
    return {kind.kind: tuple(zendesk.pages(kind.plural, kind.plural)) for kind in kinds}


def describe(zendesk: SetupGateway, setup: Setup, brain: Brain) -> tuple[Wanted, ...]:
    """What we want in this account. Raises `SetupError` for a group that is not there or an address that is missing."""
    groups = {}
    for name in group_names(setup, brain):
        group_id = zendesk.group_id(name)
        if group_id is not None:
            groups[name.casefold()] = group_id
    return wanted(setup, brain, Account(zendesk.me().id, groups))


def plan(zendesk: SetupGateway, setup: Setup, brain: Brain) -> SetupPlan:
    """Nothing is written."""
    ours = describe(zendesk, setup, brain)
    return SetupPlan(compare(ours, read(zendesk), brain.policy.fields))


def carry_out(
    zendesk: SetupGateway, changes: Iterable[Change], tell: Callable[[Change], None] = lambda _: None
) -> Mapping[str, str]:
    """Make the changes one by one, in their order; the ids of all objects by key.

    Raises `SetupError` where Zendesk kept another object than it was given, and what a request can raise: what was
    done until then stays, and is found again.
    """
    changes = tuple(changes)
    ids = {change.key: change.id for change in changes if change.id and change.action not in ("delete", "copy")}
    for change in changes:
        if not change.writes:
            continue
        made = _one(zendesk, change, ids)
        if made is not None:
            ids[change.key] = str(made["id"])
        tell(change)
    return ids


def _one(zendesk: SetupGateway, change: Change, ids: Mapping[str, str]) -> Mapping[str, Any] | None:
    kind = change.kind
    if change.action == "delete":
        try:
            zendesk.write("DELETE", f"{kind.plural}/{change.id}")
        except NotFound:
            return None  # somebody else was faster
        return None
    body = resolved(change.body, ids)
    if missing := unresolved(body):
        raise SetupError(f"{change.key} needs {missing}, which is not there")
    if change.action == "update":
        zendesk.write(kind.change, f"{kind.plural}/{change.id}", {kind.name: body})
        return change.present
    try:
        answer = zendesk.write("POST", kind.plural, {kind.name: body})
    except OutcomeUnknown as error:
        # Made or not: only a look can tell, and a second POST could make a second one.
        found = owned(read(zendesk, (kind,)))[0].get(change.key)
        if found is None:
            raise SetupError(f"{error}. Run `setup apply` again: it goes on from here") from None
        answer = {kind.name: found}
    made = answer.get(kind.name)
    if not isinstance(made, dict) or made.get("id") is None:
        raise SetupError(f"{change.key}: Zendesk answered without an id; run `setup apply` again")
    kept = _kept_otherwise(change, body, made)
    if kept:
        raise SetupError(
            f"{change.key} was made as {made['id']}, but Zendesk kept {kept.field} as {kept.now or 'nothing'!r}; "
            f"look at it in Admin Center before you go on"
        )
    return made


def _kept_otherwise(change: Change, body: Json, made: Mapping[str, Any]) -> Difference | None:
    """A condition that Zendesk dropped would make a trigger fire on every ticket: never pass over that in silence."""
    if change.kind.kind not in ("trigger", "automation", "view"):
        return None
    [same] = [
        c
        for c in compare((Wanted(change.key, body),), {change.kind.kind: (made,)}, TicketFields())
        if c.key == change.key
    ]
    return next((d for d in same.differences if d.field.startswith(("conditions", "all", "any", "action"))), None)


def adopt(zendesk: SetupGateway, key: str, object_id: str) -> str:
    """Put our mark on an object that is there already; its title. Raises `SetupError`."""
    if key not in KEYS:
        raise SetupError(f'"{key}" is none of our objects; known are {", ".join(KEYS)}')
    kind = kind_of(key)
    present = read(zendesk, (kind,))
    there = owned(present)[0].get(key)
    if there is not None:
        if str(there["id"]) == object_id:
            return str(there.get(kind.title))
        raise SetupError(
            f'{key} is {kind.name} {there["id"]} already ("{there.get(kind.title)}"); remove that one or its mark first'
        )
    found = next((one for one in present[kind.kind] if str(one["id"]) == object_id), None)
    if found is None:
        raise SetupError(f"there is no {kind.name} {object_id} in this account")
    zendesk.write(kind.change, f"{kind.plural}/{object_id}", {kind.name: with_mark(kind, found, key)})
    return str(found.get(kind.title))


def signing_secret(zendesk: SetupGateway, webhook_id: str) -> str:
    """https://developer.zendesk.com/api-reference/webhooks/webhooks-api/webhooks/#show-webhook-signing-secret"""
    answer = zendesk.get(f"webhooks/{webhook_id}/signing_secret").get("signing_secret")
    secret = answer.get("secret") if isinstance(answer, dict) else None
    if not isinstance(secret, str) or not secret:
        raise SetupError(f"Zendesk gives no signing secret for webhook {webhook_id}; read it in Admin Center")
    return secret
