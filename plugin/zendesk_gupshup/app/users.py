"""Role and restriction of those who use the app, asked of Zendesk at most once in ten minutes for each of them.

Zendesk is asked when a page is opened. A page that stays open longer costs one request more in ten minutes: an agent
who lost his rights keeps them here no longer than that. Everything else a page shows comes from our store.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from zendesk_gupshup.storage.app_store import AppStore
from zendesk_gupshup.zendesk.errors import NotFound, Unauthorized, ZendeskError
from zendesk_gupshup.zendesk.payloads import record

from .access import AppUser, user_of

if TYPE_CHECKING:
    from zendesk_gupshup.zendesk.client import Zendesk

log = logging.getLogger(__name__)

FRESH_SECONDS = 600
# While Zendesk cannot be asked, what was known is good for so long.
_USABLE_SECONDS = 3600
# Kept of somebody who has no access, so that it is not asked at each of his requests.
_NOBODY: Mapping[str, Any] = {}


class AccessUnknown(RuntimeError):
    """Zendesk cannot be asked for the user at the moment."""


class UserAccess:
    """For any number of threads and processes. Raises `SQLAlchemyError`."""

    def __init__(self, store: AppStore, zendesk: Zendesk, *, now: Callable[[], float] = time.time) -> None:
        self._store, self._zendesk, self._now = store, zendesk, now

    def user(self, user_id: int) -> AppUser | None:
        """`None` for whoever is no active agent or admin. Raises `AccessUnknown`."""
        kept = self._store.access(user_id)
        age = self._now() - kept[1] if kept else None
        if kept and age is not None and 0 <= age < FRESH_SECONDS:
            return _stored(kept[0])
        try:
            found = self._asked(user_id)
        except ZendeskError as error:
            log.warning("the access of user %s is unknown: %s", user_id, type(error).__name__)
            if kept and age is not None and age < _USABLE_SECONDS:
                return _stored(kept[0])
            raise AccessUnknown from error
        self._store.keep_access(user_id, found.model_dump(mode="json") if found else _NOBODY)
        return found

    def _asked(self, user_id: int) -> AppUser | None:
        """One request; one more for a custom role, and one for a restriction to groups.

        https://developer.zendesk.com/api-reference/ticketing/users/users/#show-user
        """
        try:
            raw = record(self._zendesk.get(f"users/{user_id}.json"), "user", f"user {user_id}")
        except NotFound:
            return None
        if raw.get("id") != user_id:
            return None
        user = user_of(raw, custom_role=self._custom_role(raw))
        if user is None or user.restriction != "groups":
            return user
        groups = self._zendesk.pages(f"users/{user_id}/group_memberships.json", "group_memberships")
        ids = frozenset(g["group_id"] for g in groups if isinstance(g.get("group_id"), int))
        return user.model_copy(update={"group_ids": ids})

    def _custom_role(self, raw: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """https://developer.zendesk.com/api-reference/ticketing/account-configuration/custom_roles/"""
        number = raw.get("custom_role_id")
        if not isinstance(number, int) or raw.get("role") == "admin":
            return None
        try:
            role = record(self._zendesk.get(f"custom_roles/{number}.json"), "custom_role", f"custom role {number}")
        except (NotFound, Unauthorized) as error:
            if error.account_wide:
                raise
            return {}
        configuration = role.get("configuration")
        return configuration if isinstance(configuration, Mapping) else {}


def _stored(access: Mapping[str, Any]) -> AppUser | None:
    try:
        return AppUser.model_validate(access) if access else None
    except ValidationError:
        # Another version wrote it: nobody, until it is asked again.
        return None
