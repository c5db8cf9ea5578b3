"""One `requests` session as Zendesk needs it: writes go out once, credentials go to one host, errors are exceptions.

zenpy's own session sends a PUT again when the answer is slow, follows links to any host, sleeps through rate limits.
"""

from __future__ import annotations

import copy
import logging
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Protocol, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
import tenacity
from requests.adapters import HTTPAdapter

from zendesk_gupshup.ops import metrics

from . import responses
from .auth import Authenticator
from .clock import ZendeskClock
from .config import ZendeskConfig
from .errors import OutcomeUnknown, Refused, Unreachable
from .rate_limit_headers import RateLimitHeaders
from .requests_internals import (
    NETWORK_ERRORS,
    AuthorizationHeader,
    DirectCalls,
    EnvironmentCache,
    RawAnswer,
    chunks,
    network_error,
    origin,
    set_content,
)

log = logging.getLogger(__name__)

# Before the second and the third attempt of a read, in seconds.
BACKOFF = (0.25, 1.0)
# A file may take this many timeouts in all, however steadily it trickles; an answer that many, and so many bytes.
DOWNLOAD_TIMEOUTS = 6
ANSWER_TIMEOUTS = 4
LARGEST_ANSWER = 256 * 1024 * 1024
# Of a file.
MOST_REDIRECTS = 5
# Answers about a file that say nothing of the file.
_RETRYABLE_FILE = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)
# A host that no account has, for zenpy, which wants a subdomain also where only a base URL is set.
NO_SUBDOMAIN = "base-url-only"

T = TypeVar("T")


class RequestLimiter(Protocol):
    """Lets a request go when there is room for it, and is shown what each answer reports."""

    def acquire(self, method: str, path: str) -> None: ...
    def observe(self, method: str, path: str, status: int, reported: RateLimitHeaders) -> None: ...


class Transport:
    """What the sessions of all threads share: host, credentials, request counts and Zendesk's clock."""

    def __init__(
        self,
        access: ZendeskConfig,
        *,
        limiter: RequestLimiter | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.access = access
        self.sleep = sleep
        self.monotonic = monotonic
        self.requests_made: Counter[str] = Counter()
        self.auth = Authenticator(access, session=lambda: ZendeskSession(self, signed_in=False))
        self._limiter = limiter
        self._gate: Callable[[], None] | None = None
        self._lock = threading.Lock()
        self._here = threading.local()
        self.clock = ZendeskClock(monotonic)

    def guarded_by(self, gate: Callable[[], None]) -> Transport:
        """The same, with `gate` called at the last moment before each request: it may raise."""
        guarded = copy.copy(self)
        guarded._gate = gate
        return guarded

    def acquire(self, method: str, path: str) -> None:
        """Returns when a request may go out."""
        if self._limiter:
            self._limiter.acquire(method, path)
        if self._gate:
            self._gate()
        self._here.sent = self.monotonic()

    def count(self, method: str, path: str) -> None:
        """Calls by kind, such as `GET /api/v2/tickets/{id}`, for reports."""
        kind = f"{method} {re.sub(r'(?<=/)[0-9]+(?=[/.]|$)', '{id}', path).removesuffix('.json')}"
        self._here.requests = self.requests_here + 1
        with self._lock:
            self.requests_made[kind] += 1

    @property
    def requests_here(self) -> int:
        """Calls of this thread so far: what one ticket cost is a difference of these, and of no other thread's."""
        return int(getattr(self._here, "requests", 0))

    def observe(self, method: str, path: str, status: int, headers: Mapping[str, str]) -> None:
        """Show an answer to the rate limiter, set Zendesk's clock by it, log which of our keys Zendesk ignored."""
        metrics.ANSWERS.labels(method, str(status)).inc()
        if self._limiter:
            self._limiter.observe(method, path, status, RateLimitHeaders.parse(headers))
        try:
            date = parsedate_to_datetime(headers.get("date", "")).timestamp()
        except (ValueError, OverflowError):
            log.debug("an answer without a date")
        else:
            self.clock.observe(date, getattr(self._here, "sent", self.monotonic()))
        if warning := headers.get("x-zendesk-api-warn"):
            # The keys alone: the header may quote values, too.
            keys = re.search(r"unpermitted_keys=>\[([^\]]*)\]", warning)
            log.warning("Zendesk ignored keys that we sent: %s", keys[1] if keys else "it does not say which")

    def zendesk_time(self) -> float | None:
        """No later than what Zendesk's clock shows now; `None` before the first answer."""
        return self.clock.time()


class ZendeskSession(EnvironmentCache):
    """For one thread. Every way in which a call can fail comes out of it as a `ZendeskError`."""

    # So zenpy leaves the credentials to us.
    authorized = True

    def __init__(self, transport: Transport, *, signed_in: bool = True) -> None:
        super().__init__()
        self._transport = transport
        self._signed_in = signed_in
        self.headers["User-Agent"] = "zendesk-gupshup"
        # On http, too: what is tried on the sandbox then behaves as it will over https.
        for scheme in ("https://", "http://"):
            self.mount(scheme, HTTPAdapter(max_retries=0))
        self._calls = DirectCalls(self, transport.access.origin)
        self._retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_is_transient),
            wait=tenacity.wait_chain(*map(tenacity.wait_fixed, BACKOFF)),
            stop=tenacity.stop_after_attempt(1 + len(BACKOFF)),
            sleep=transport.sleep,
            before_sleep=_log_retry,
            reraise=True,
        )

    def close(self) -> None:
        super().close()
        self._calls.close()

    def request(self, method: str | bytes, url: str | bytes, *_: Any, **kwargs: Any) -> Any:
        """One call to Zendesk: a read up to three times, a write once. Only answers below 300 come back."""
        method, url = str(method).upper(), self._at_zendesk(str(url))
        # requests' own `get` and `put` name all that they know of.
        kwargs = {name: value for name, value in kwargs.items() if value is not None and name != "allow_redirects"}
        if method != "GET":
            return self._once(method, url, kwargs)
        return self._retrying(self._once, "GET", url, kwargs)

    def download(self, url: str, limit: int, what: str) -> bytes:
        """At most the first `limit` bytes of a file. It may lie on another host, which gets no credentials from us."""
        return self._retrying(self._downloaded, url, limit, what)

    def _once(self, method: str, url: str, kwargs: dict[str, Any]) -> requests.Response | RawAnswer:
        header = self._transport.auth.header() if self._signed_in else None
        response = self._sent(method, url, header, kwargs)
        if response.status_code == HTTPStatus.UNAUTHORIZED and header is not None:
            # Nothing was applied, and a new token may be accepted.
            newer = self._transport.auth.header(rejected=header)
            if newer != header:
                response = self._sent(method, url, newer, kwargs)
        if response.status_code >= HTTPStatus.MULTIPLE_CHOICES:
            given = response.status_code, response.headers, response.content
            responses.read(method, urlsplit(url).path, *given, longest=self._transport.access.longest_wait)
        return response

    def _sent(self, method: str, url: str, header: str | None, kwargs: dict[str, Any]) -> requests.Response | RawAnswer:
        path = urlsplit(url).path
        self._transport.acquire(method, path)
        self._transport.count(method, path)
        end = self._transport.monotonic() + ANSWER_TIMEOUTS * self._transport.access.timeout
        try:
            response = self._answered(method, url, header, kwargs)
            self._read_body(response, method, responses.subject(method, path), end)
        except NETWORK_ERRORS as error:
            raise network_error(method, responses.subject(method, path), error) from None
        self._transport.observe(method, path, response.status_code, response.headers)
        return response

    def _answered(
        self, method: str, url: str, header: str | None, kwargs: Mapping[str, Any]
    ) -> requests.Response | RawAnswer:
        """A redirect stays an answer: following it could carry the credentials, or a write, to another host."""
        given = {"timeout": self._transport.access.timeout, **kwargs}
        if header is None:
            return super().request(method, url, **{**given, "allow_redirects": False, "stream": True})
        headers = {**(kwargs.get("headers") or {}), "Authorization": header}
        return self._calls.send(method, url, **{**given, "headers": headers})

    def _read_body(self, response: requests.Response | RawAnswer, method: str, what: str, end: float) -> None:
        """Read the body, within an end: a timeout counts from byte to byte, and a slow trickle would never reach it."""
        body = bytearray()
        for chunk in chunks(response):
            body += chunk
            if self._transport.monotonic() > end or len(body) > LARGEST_ANSWER:
                response.close()
                message = f"{what}: the answer does not end"
                if method == "GET":
                    raise Unreachable(message, status=HTTPStatus.REQUEST_TIMEOUT)
                raise OutcomeUnknown(message)
        set_content(response, bytes(body))

    def _at_zendesk(self, url: str) -> str:
        """The URL at our Zendesk. zenpy makes its URLs for `{subdomain}.zendesk.com`; any other host is refused."""
        ours = self._transport.access.origin
        parts = urlsplit(url)
        zenpys = f"https://{self._transport.access.subdomain or NO_SUBDOMAIN}.zendesk.com".lower()
        if origin(url) not in (ours, zenpys):
            raise Refused(f"a link to {parts.hostname}, which is not {urlsplit(ours).hostname}: not followed")
        return ours + parts._replace(scheme="", netloc="").geturl()

    def _downloaded(self, url: str, limit: int, what: str) -> bytes:
        end = self._transport.monotonic() + DOWNLOAD_TIMEOUTS * self._transport.access.timeout
        content = b""
        try:
            with self._opened(url, what) as response:
                for chunk in chunks(response):
                    content += chunk
                    if len(content) >= limit:
                        break
                    if self._transport.monotonic() > end:
                        raise Unreachable(f"{what}: too slow", status=HTTPStatus.REQUEST_TIMEOUT)
        except NETWORK_ERRORS as error:
            raise network_error("GET", what, error) from None
        return content[:limit]

    def _opened(self, url: str, what: str) -> requests.Response:
        zendesk = self._transport.access.origin
        for _ in range(MOST_REDIRECTS):
            ours = origin(url) == zendesk
            if not ours and not url.startswith("https://") and not zendesk.startswith("http://"):
                raise Refused(f"{what}: its address is not https, so it was not fetched")
            if ours:
                self._transport.acquire("GET", urlsplit(url).path)
            self._transport.count("GET", urlsplit(url).path if ours else "attachment on another host")
            response = super().request(
                "GET",
                url,
                auth=AuthorizationHeader(self._transport.auth.header() if ours else None),
                # Not packed: a small packed file could unfold to a huge one.
                headers={"Accept-Encoding": "identity"},
                timeout=self._transport.access.timeout,
                allow_redirects=False,
                stream=True,
            )
            if response.status_code < HTTPStatus.MULTIPLE_CHOICES:
                return response
            response.close()
            if not response.is_redirect:
                status = response.status_code
                if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _RETRYABLE_FILE:
                    raise Unreachable(f"{what}: cannot be fetched now ({status})", status=status)
                # Also a 401 is about this file alone: private attachments are closed to some agents.
                raise Refused(f"{what}: cannot be fetched ({status})", status=status)
            url = urljoin(url, response.headers["location"])
        raise Refused(f"{what}: redirected too often")


def _is_transient(error: BaseException) -> bool:
    """A 500 is Zendesk's answer to this very request; the others come and go."""
    return isinstance(error, Unreachable) and error.status in (None, 502, 503, 504)


def _log_retry(state: tenacity.RetryCallState) -> None:
    log.info("%s; retrying", state.outcome.exception() if state.outcome else None)
