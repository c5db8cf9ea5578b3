"""Calls to Zendesk's API for any number of threads: a path and a body in, JSON or a `ZendeskError` out."""

from __future__ import annotations

import logging
import threading
import weakref
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from . import responses
from .config import ZendeskConfig
from .payloads import Json, next_cursor, records
from .transport import NO_SUBDOMAIN, Transport, ZendeskSession
from .zenpy_internals import RawZenpy

log = logging.getLogger(__name__)

# A list is read to this many pages of 100. A ticket holds 5,000 comments at most.
MOST_PAGES = 50


class ZendeskApi:
    """Each thread has a session and a zenpy of its own, because zenpy's cannot be shared."""

    def __init__(self, access: ZendeskConfig, transport: Transport) -> None:
        self._access = access
        self._transport = transport
        self._here = threading.local()
        self._sessions: weakref.WeakSet[ZendeskSession] = weakref.WeakSet()
        self._sessions_lock = threading.Lock()

    def close(self) -> None:
        """Close the connections of all threads; a later call opens them again."""
        self._transport.auth.close()
        with self._sessions_lock:
            sessions = tuple(self._sessions)
        for session in sessions:
            session.close()

    @property
    def requests_made(self) -> Counter[str]:
        """Calls so far, by kind: `{"GET /api/v2/tickets/{id}": 2}`."""
        return self._transport.requests_made

    @property
    def requests_here(self) -> int:
        """How many of them this thread made."""
        return self._transport.requests_here

    def time(self) -> float | None:
        """Zendesk's clock, as Unix time, by the `Date` of its answers; `None` before the first one."""
        return self._transport.zendesk_time()

    def second(self) -> int:
        """The second that Zendesk's clock has reached at least, as Unix time; 0 before the first answer."""
        return int(self.time() or 0.0)

    def get(self, path: str, **params: Any) -> Json:
        """`get("users/me.json")`: the JSON object at a path below `/api/v2/`."""
        return self.call("GET", path, params)

    def text(self, path: str) -> str:
        """The answer at a path below `/api/v2/` that is no JSON: a key in PEM."""
        self.session()
        zenpy: RawZenpy = self._here.zenpy
        return zenpy.call("GET", path, {}).content.decode("utf-8", "replace")

    def write(self, method: str, path: str, body: Mapping[str, Any] | None = None, **params: Any) -> Json:
        """A POST, PUT, PATCH or DELETE, sent once; an answer without content is an empty object."""
        return self.call(method, path, params, json=body)

    def pages(self, path: str, key: str, **params: Any) -> Iterator[Json]:
        """The records of a list, page by page."""
        for page in self.iter_pages(path, **params):
            yield from records(page, key)

    def iter_pages(self, path: str, **params: Any) -> Iterator[Json]:
        """The pages of a list.

        By the cursor and not by the link next to it: links can name another host than the one that was called.
        https://developer.zendesk.com/api-reference/introduction/pagination/
        """
        after: Json = {}
        for _ in range(MOST_PAGES):
            page = self.call("GET", path, {**params, "page[size]": 100, **after})
            yield page
            cursor = next_cursor(page)
            if cursor is None:
                return
            after = {"page[after]": cursor}
        log.warning("%s: more than %s pages, the rest was not read", path, MOST_PAGES)

    def call(self, method: str, path: str, params: Mapping[str, Any] | None = None, **body: Any) -> Json:
        """One request; `body` as `requests` takes it: `json`, or `data` and `headers`."""
        self.session()
        zenpy: RawZenpy = self._here.zenpy
        response = zenpy.call(method, path, params or {}, **body)
        given = response.status_code, response.headers, response.content
        return responses.read(method, urlsplit(response.url).path, *given, longest=self._access.longest_wait)

    def session(self) -> ZendeskSession:
        """This thread's session, which its zenpy uses."""
        session: ZendeskSession | None = getattr(self._here, "session", None)
        if session is None:
            session = self._here.session = ZendeskSession(self._transport)
            self._here.zenpy = RawZenpy(self._access.subdomain or NO_SUBDOMAIN, session, self._access.timeout)
            with self._sessions_lock:
                self._sessions.add(session)
        return session
