"""Users and groups that are looked up again and again: ourselves, groups by name, an organization's owners."""

from __future__ import annotations

import threading
from collections.abc import Callable

from zendesk_gupshup.model.ticket import Group, User

from .api import ZendeskApi
from .errors import Unauthorized
from .payloads import parsed, record

# Seconds after which the groups are read again, when one is asked for that is not among them.
GROUPS_TTL = 600.0
# Seconds for which an organization's owners are kept.
OWNERS_TTL = 600.0
OWNER_TAG = "gupshup_owner"


class UserDirectory:
    """For any number of threads."""

    def __init__(self, api: ZendeskApi, monotonic: Callable[[], float]) -> None:
        self._api = api
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._me: User | None = None
        self._groups: dict[str, int] = {}
        self._groups_read: float | None = None
        self._owners: dict[int, tuple[float, tuple[User, ...]]] = {}

    def me(self, *, fresh: bool = False) -> User:
        """Who we are signed in as. Zendesk does not refuse bad credentials here, it calls them anonymous.

        https://developer.zendesk.com/api-reference/ticketing/users/users/#show-self
        """
        with self._lock:
            if self._me is None or fresh:
                raw = record(self._api.get("users/me.json"), "user", "users/me")
                if raw.get("id") is None:
                    raise Unauthorized(
                        "Zendesk takes us for an anonymous user: the credentials are wrong", account_wide=True
                    )
                self._me = parsed(User, raw)
            return self._me

    def group_id(self, name: str) -> int | None:
        """The group of this name, in whatever case it is written.

        https://developer.zendesk.com/api-reference/ticketing/groups/groups/#list-groups
        """
        with self._lock:
            known, now = self._groups.get(name.casefold()), self._monotonic()
            if known is None and (self._groups_read is None or now - self._groups_read > GROUPS_TTL):
                groups = [parsed(Group, raw) for raw in self._api.pages("groups.json", "groups")]
                self._groups = {group.name.casefold(): group.id for group in reversed(groups)}
                self._groups_read = now
                known = self._groups.get(name.casefold())
            return known

    def owners(self, organization_id: int) -> tuple[User, ...]:
        """The organization's users tagged `gupshup_owner`.

        https://developer.zendesk.com/api-reference/ticketing/users/users/#list-users
        """
        now = self._monotonic()
        with self._lock:
            known = self._owners.get(organization_id)
        if known is None or now - known[0] > OWNERS_TTL:
            raw = self._api.pages(f"organizations/{organization_id}/users.json", "users")
            known = (now, tuple(parsed(User, r) for r in raw if OWNER_TAG in (r.get("tags") or ())))
            with self._lock:
                self._owners[organization_id] = known
        return known[1]
