"""Everything that a request of a page has to pass before it is answered: bearer, origin, rate, role, ticket, body.

`passed` is a plain function of the request's parts; `routes` calls it in a thread, as it asks the store.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from zendesk_gupshup.model.base import LANGUAGES, CompleteLanguage
from zendesk_gupshup.settings.app import AppSettings

from .access import AppUser, may_open
from .keys import AppKeys, NotSetUp
from .rate_limits import UserLimits
from .session import BadSession, Session, read_session
from .token import Location
from .users import AccessUnknown, UserAccess

LARGEST_BODY = 16 * 1024
_LARGEST_ID = 2**63 - 1


class AppError(Exception):
    """The answer to a request that is not carried out. `error` is one word; the rest is for the reader."""

    def __init__(
        self,
        status: int,
        error: str,
        description: str,
        *,
        fields: Mapping[str, str] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(description)
        self.status, self.error, self.fields, self.retry_after = status, error, fields, retry_after

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = {"error": self.error, "description": str(self)}
        return found | ({"fields": dict(self.fields)} if self.fields else {})


@dataclass(frozen=True)
class RawRequest:
    """A request as it came, with the names of its headers in lower case."""

    headers: Mapping[str, str]
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Call:
    """A request that passed: who asks what. `ticket_id` is 0 where the path names none; `language` is the reader's."""

    user: AppUser
    ticket_id: int
    query: Mapping[str, str]
    body: Mapping[str, Any]
    language: CompleteLanguage
    idempotency_key: str | None


class Gate:
    """For any number of threads."""

    def __init__(
        self,
        settings: AppSettings,
        keys: AppKeys,
        users: UserAccess,
        limits: UserLimits,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._settings, self._keys, self._users, self._limits, self._now = settings, keys, users, limits, now

    def passed(
        self, request: RawRequest, location: Location, *, writes: bool, ticket: bool, costly: bool = False
    ) -> Call:
        """`writes`: it changes something. `costly`: it counts as a write all the same. `ticket`: its path names one.

        Raises `AppError`, `SQLAlchemyError`.
        """
        self._check_origin(request.headers)
        session = self._session(request.headers)
        if wait := self._limits.request(session.user_id):
            raise AppError(429, "often", "too many requests in a minute", retry_after=wait)
        user = self._user(session)
        if session.location != location or not may_open(user, location):
            raise AppError(403, "access", "this session is not for this page")
        call = Call(
            user=user,
            ticket_id=_ticket_id(request.path.get("ticket", "")) if ticket else 0,
            query=request.query,
            body=_document(request) if request.body or writes else {},
            language=_language(request.headers.get("accept-language", "")),
            idempotency_key=_key(request.headers.get("idempotency-key")),
        )
        if writes and not user.may_write:
            raise AppError(403, "read_only", "your role in Zendesk lets you read here, and not write")
        if (writes or costly) and (wait := self._limits.write(user.id)):
            raise AppError(429, "often", "too many writes in a minute", retry_after=wait)
        return call

    def _check_origin(self, headers: Mapping[str, str]) -> None:
        """A page of ours calls from its own origin. Behind a proxy the scheme is not ours to know."""
        origin = headers.get("origin")
        if origin is None:
            return
        own = self._settings.url
        host = origin.lower().partition("://")[2]
        if origin.lower() != own if own else not host or host != headers.get("host", "").lower():
            raise AppError(403, "origin", "the request comes from a page of another origin")

    def _session(self, headers: Mapping[str, str]) -> Session:
        scheme, _, text = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise AppError(401, "session", "the request has no bearer token")
        try:
            ours = self._keys.installation()
            key = self._keys.session_key()
            return read_session(text.strip(), key, account=ours.origin, installation=ours.id, now=self._now())
        except BadSession:
            raise AppError(401, "session", "the session is over; reload the apps") from None
        except NotSetUp as problem:
            raise AppError(503, "not_set_up", str(problem)) from None

    def _user(self, session: Session) -> AppUser:
        try:
            user = self._users.user(session.user_id)
        except AccessUnknown:
            raise AppError(503, "away", "Zendesk cannot be asked for your role at the moment") from None
        if user is None:
            raise AppError(403, "access", "you are no active agent of this account")
        return user


def _language(header: str) -> CompleteLanguage:
    """Of the languages that we have, the one that the reader names first, else English."""
    for part in header[:200].split(","):
        short = part.partition(";")[0].strip().lower()[:2]
        for language in LANGUAGES:
            if short == language:
                return language
    return "en"


def _ticket_id(text: str) -> int:
    # Longer texts are no number that a ticket could have, and take long to read.
    if not text.isascii() or not text.isdigit() or len(text) > 19 or not 0 < int(text) <= _LARGEST_ID:
        raise AppError(404, "gone", "no ticket has this number")
    return int(text)


def _document(request: RawRequest) -> Mapping[str, Any]:
    if len(request.body) > LARGEST_BODY:
        raise AppError(413, "too_large", f"the body is over {LARGEST_BODY} bytes")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise AppError(422, "refused", "the body must be JSON, sent as application/json")
    try:
        found = json.loads(request.body)
    except (ValueError, RecursionError):
        raise AppError(422, "refused", "the body is not JSON") from None
    if not isinstance(found, dict):
        raise AppError(422, "refused", "the body must be a JSON object")
    return found


def _key(given: str | None) -> str | None:
    if given is None:
        return None
    if not 8 <= len(given) <= 64 or not given.isascii() or not given.replace("-", "").replace("_", "").isalnum():
        raise AppError(422, "refused", "an Idempotency-Key is 8 to 64 letters, digits, - and _")
    return given
