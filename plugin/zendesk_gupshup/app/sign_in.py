"""The one request that Zendesk signs: the form with which it opens a page, into a session."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from urllib.parse import parse_qs

from .access import may_open
from .keys import AppKeys, NotSetUp
from .page_files import Notice
from .session import Session, signed
from .token import BadToken, Location, verified_user
from .users import AccessUnknown, UserAccess

log = logging.getLogger(__name__)

_FORM = "application/x-www-form-urlencoded"
_HOUR = 3600


class NoSignIn(Exception):
    """Nobody is signed in: `notice` is what the page says, `reason` is for the log."""

    def __init__(self, notice: Notice, reason: str) -> None:
        super().__init__(reason)
        self.notice, self.reason = notice, reason


class SignIn:
    """For any number of threads."""

    def __init__(self, keys: AppKeys, users: UserAccess, *, hours: int, now: Callable[[], float] = time.time) -> None:
        self._keys, self._users, self._hours, self._now = keys, users, hours, now

    def session(self, content_type: str, body: bytes, location: Location) -> str:
        """The signed session of whoever opens the page. Raises `NoSignIn`, `SQLAlchemyError`.

        The same token is good again until it expires: reloading a frame sends it once more.
        """
        try:
            user_id = self._user_id(_token(content_type, body), location)
            installation, key = self._keys.installation(), self._keys.session_key()
        except BadToken as bad:
            raise NoSignIn("expired", bad.reason) from None
        except NotSetUp as problem:
            log.error("the app cannot be opened: %s", problem)
            raise NoSignIn("broken", "not_set_up") from None
        try:
            user = self._users.user(user_id)
        except AccessUnknown:
            raise NoSignIn("away", "zendesk") from None
        if user is None or not may_open(user, location):
            raise NoSignIn("access", "access")
        expires = int(self._now()) + self._hours * _HOUR
        return signed(Session(installation.origin, installation.id, user_id, location, expires), key)

    def _user_id(self, token: str, location: Location) -> int:
        installation, now = self._keys.installation(), self._now()
        try:
            return verified_user(token, self._keys.public_key(), installation, location, now=now)
        except BadToken as bad:
            # Zendesk may have a new key, as after the app was uploaded anew.
            newer = self._keys.newer_key() if bad.reason == "signature" else None
            if newer is None:
                raise
            return verified_user(token, newer, installation, location, now=now)


def _token(content_type: str, body: bytes) -> str:
    """Raises `BadToken`."""
    if content_type.partition(";")[0].strip().lower() != _FORM:
        raise BadToken("no_form")
    try:
        fields = parse_qs(body.decode("ascii"), max_num_fields=20, keep_blank_values=True)
    except ValueError:
        raise BadToken("no_form") from None
    given = fields.get("token", [])
    if len(given) != 1:
        raise BadToken("no_token")
    return given[0]
