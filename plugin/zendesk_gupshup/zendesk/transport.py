"""One `requests` session as Zendesk needs it: writes go out once, credentials go to one host, errors are exceptions.

zenpy's own session sends a PUT again when the answer is slow, follows links to any host, sleeps through rate limits.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError

from . import responses
from .auth import Authenticator
from .config import ZendeskConfig
from .errors import OutcomeUnknown, Refused, Unreachable, ZendeskError

log = logging.getLogger(__name__)

# Before the second and the third try of a read.
PAUSES = (0.25, 1.0)
# A file may take this many timeouts in all, however steadily it trickles; an answer that many, and so many bytes.
SLOWEST_DOWNLOAD = 6
SLOWEST_ANSWER = 4
LARGEST_ANSWER = 256 * 1024 * 1024
# Zendesk's clock is told by this many answers.
HEARD_DATES = 9
# Hosts, also those of attachments, whose proxies are remembered.
_MOST_HOSTS = 100
# Answers about a file that say nothing of the file.
_NOT_NOW = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)
# A host that no account has, for zenpy, which wants a subdomain also where only a base URL is set.
NO_SUBDOMAIN = "base-url-only"

T = TypeVar("T")


class Transport:
    """What the sessions of all threads share: where to, as whom, what was asked, and Zendesk's clock."""

    def __init__(
        self,
        access: ZendeskConfig,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.access = access
        self.sleep = sleep
        self.monotonic = monotonic
        self.requests_made: Counter[str] = Counter()
        self.signin = Authenticator(access, session=lambda: ZendeskSession(self, signed_in=False))
        self._lock = threading.Lock()
        self._here = threading.local()
        self._ahead: deque[float] = deque(maxlen=HEARD_DATES)
        # Whoever may let a call wait, and whoever reads the limits off each answer.
        self.before: list[Callable[[str, str], None]] = []
        self.heard: list[Callable[[str, str, Mapping[str, str], int], None]] = []

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

    def hear(self, headers: Mapping[str, str]) -> None:
        """Set Zendesk's clock by the `Date` of an answer, and log which of our keys Zendesk did not take."""
        try:
            date = parsedate_to_datetime(headers.get("date", "")).timestamp()
        except (ValueError, OverflowError):
            log.debug("an answer without a date")
        else:
            with self._lock:
                self._ahead.append(date - self.monotonic())
        if warning := headers.get("x-zendesk-api-warn"):
            # The keys alone: the header may quote values, too.
            keys = re.search(r"unpermitted_keys=>\[([^\]]*)\]", warning)
            log.warning("Zendesk ignored keys that we sent: %s", keys[1] if keys else "it does not say which")

    def zendesk_time(self) -> float | None:
        """No later than what Zendesk's clock shows now: its `Date` was rounded down, and took a while to reach us.

        The middle of the last few: one answer with a wrong date must not make us believe that a second is over.
        """
        with self._lock:
            heard = sorted(self._ahead)
        return heard[(len(heard) - 1) // 2] + self.monotonic() if heard else None


class ZendeskSession(requests.Session):
    """For one thread. Every way in which a call can fail comes out of it as a `ZendeskError`."""

    # So zenpy leaves the credentials to us.
    authorized = True

    def __init__(self, wire: Transport, *, signed_in: bool = True) -> None:
        super().__init__()
        self._wire = wire
        self._signed_in = signed_in
        self.headers["User-Agent"] = "zendesk-gupshup"
        # On http, too: what is tried on the sandbox then behaves as it will over https.
        for scheme in ("https://", "http://"):
            self.mount(scheme, HTTPAdapter(max_retries=0))
        self._merged: dict[tuple[str, Any], Mapping[str, Any]] = {}

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        """Proxies and certificates as requests finds them, looked for once a host: the whole environment is read for
        it, a third of the processor time of a call."""
        if proxies or verify is not None or cert is not None:
            return super().merge_environment_settings(url, proxies, stream, verify, cert)
        key = (_origin(str(url)), stream)
        if key not in self._merged:
            if len(self._merged) > _MOST_HOSTS:
                self._merged.clear()
            self._merged[key] = super().merge_environment_settings(url, {}, stream, None, None)
        return dict(self._merged[key])

    def request(self, method: str | bytes, url: str | bytes, *_: Any, **kwargs: Any) -> requests.Response:
        """One call to Zendesk: a read up to three times, a write once. Only answers below 300 come back."""
        method, url = str(method).upper(), self._at_home(str(url))
        if method != "GET":
            return self._once(method, url, kwargs)
        return self._again_if_unreachable(lambda: self._once("GET", url, kwargs))

    def download(self, url: str, limit: int, what: str) -> bytes:
        """At most the first `limit` bytes of a file. It may lie on another host, which gets no credentials from us."""
        return self._again_if_unreachable(lambda: self._downloaded(url, limit, what))

    def _again_if_unreachable(self, read: Callable[[], T]) -> T:
        for pause in PAUSES:
            try:
                return read()
            except Unreachable as error:
                # A 500 is Zendesk's answer to this very request; the others come and go.
                if error.status not in (None, 502, 503, 504):
                    raise
                log.info("%s; trying again", error)
                self._wire.sleep(pause)
        return read()

    def _once(self, method: str, url: str, kwargs: dict[str, Any]) -> requests.Response:
        header = self._wire.signin.header() if self._signed_in else None
        response = self._sent(method, url, header, kwargs)
        if response.status_code == HTTPStatus.UNAUTHORIZED and header is not None:
            # Turned away at the door, so nothing was applied, and a new token may do.
            newer = self._wire.signin.header(rejected=header)
            if newer != header:
                response = self._sent(method, url, newer, kwargs)
        if response.status_code >= HTTPStatus.MULTIPLE_CHOICES:
            given = response.status_code, response.headers, response.content
            responses.read(method, urlsplit(url).path, *given, longest=self._wire.access.longest_wait)
        return response

    def _sent(self, method: str, url: str, header: str | None, kwargs: dict[str, Any]) -> requests.Response:
        path = urlsplit(url).path
        # A redirect stays an answer: following it could carry the credentials, or a write, to another host.
        kwargs = {"timeout": self._wire.access.timeout, **kwargs, "allow_redirects": False, "stream": True}
        if header is not None:
            kwargs["auth"] = _Header(header)
        for wait in self._wire.before:
            wait(method, path)
        self._wire.count(method, path)
        end = self._wire.monotonic() + SLOWEST_ANSWER * self._wire.access.timeout
        try:
            response = super().request(method, url, **kwargs)
            self._take_in(response, method, responses.subject(method, path), end)
        except (requests.RequestException, HTTPError, OSError) as error:
            raise _broken(method, responses.subject(method, path), error) from None
        self._wire.hear(response.headers)
        for hear in self._wire.heard:
            hear(method, path, response.headers, response.status_code)
        return response

    def _take_in(self, response: requests.Response, method: str, what: str, end: float) -> None:
        """Read the body, within an end: a time-out counts from byte to byte, and drops would hold a thread for ever."""
        body = bytearray()
        for piece in _pieces(response):
            body += piece
            if self._wire.monotonic() > end or len(body) > LARGEST_ANSWER:
                response.close()
                told = f"{what}: the answer does not end"
                raise Unreachable(told, status=HTTPStatus.REQUEST_TIMEOUT) if method == "GET" else OutcomeUnknown(told)
        # As requests keeps what it has read by itself; it has no way to hand a body over.
        response._content = bytes(body)

    def _at_home(self, url: str) -> str:
        """The URL at our Zendesk. zenpy makes its URLs for `{subdomain}.zendesk.com`; any other host is refused."""
        origin = self._wire.access.origin
        parts = urlsplit(url)
        zenpys = f"https://{self._wire.access.subdomain or NO_SUBDOMAIN}.zendesk.com".lower()
        if _origin(url) not in (origin, zenpys):
            raise Refused(f"a link to {parts.hostname}, which is not {urlsplit(origin).hostname}: not followed")
        return origin + parts._replace(scheme="", netloc="").geturl()

    def _downloaded(self, url: str, limit: int, what: str) -> bytes:
        end = self._wire.monotonic() + SLOWEST_DOWNLOAD * self._wire.access.timeout
        content = b""
        try:
            with self._opened(url, what) as response:
                for piece in _pieces(response):
                    content += piece
                    if len(content) >= limit:
                        break
                    if self._wire.monotonic() > end:
                        raise Unreachable(f"{what}: too slow", status=HTTPStatus.REQUEST_TIMEOUT)
        except (requests.RequestException, HTTPError, OSError) as error:
            raise _broken("GET", what, error) from None
        return content[:limit]

    def _opened(self, url: str, what: str) -> requests.Response:
        origin = self._wire.access.origin
        for _ in range(5):
            ours = _origin(url) == origin
            if not ours and not url.startswith("https://") and not origin.startswith("http://"):
                raise Refused(f"{what}: its address is not https, so it was not fetched")
            for wait in self._wire.before if ours else ():
                wait("GET", urlsplit(url).path)
            self._wire.count("GET", urlsplit(url).path if ours else "attachment on another host")
            response = super().request(
                "GET",
                url,
                auth=_Header(self._wire.signin.header() if ours else None),
                # Not packed: a small packed file could unfold to a huge one.
                headers={"Accept-Encoding": "identity"},
                timeout=self._wire.access.timeout,
                allow_redirects=False,
                stream=True,
            )
            if response.status_code < HTTPStatus.MULTIPLE_CHOICES:
                return response
            response.close()
            if not response.is_redirect:
                status = response.status_code
                if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _NOT_NOW:
                    raise Unreachable(f"{what}: cannot be fetched now ({status})", status=status)
                # Also a 401 is about this file alone: private attachments are closed to some agents.
                raise Refused(f"{what}: cannot be fetched ({status})", status=status)
            url = urljoin(url, response.headers["location"])
        raise Refused(f"{what}: redirected too often")


class _Header(requests.auth.AuthBase):
    """The credentials, or none. Passed even then, or requests would send what a .netrc holds for the host."""

    def __init__(self, value: str | None) -> None:
        self._value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._value is not None:
            request.headers["Authorization"] = self._value
        return request


def _pieces(response: requests.Response) -> Iterator[bytes]:
    """The body as it comes in. `iter_content` waits until each piece is full, which takes drops out of our sight."""
    response.raw.decode_content = True
    while piece := response.raw.read1(64 * 1024):
        yield piece


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _broken(method: str, what: str, error: Exception) -> ZendeskError:
    """Network trouble; only a write that may have left us is unclear. The library's own words hold URLs, so its kind
    has to do."""
    kind = type(error).__name__
    if method == "GET" or _never_sent(error):
        return Unreachable(f"{what}: cannot reach Zendesk ({kind}); check the network, a proxy, ZENDESK_SUBDOMAIN")
    return OutcomeUnknown(f"{what}: the connection broke on a write, which may have been applied ({kind})")


def _never_sent(error: Exception) -> bool:
    """Whether it failed before there was a connection to send anything over."""
    if isinstance(error, (requests.ConnectTimeout, requests.exceptions.ProxyError)):
        return True
    reason = error.args[0] if error.args else None
    made = not (isinstance(reason, MaxRetryError) and isinstance(reason.reason, NewConnectionError))
    return not made or "CERTIFICATE_VERIFY_FAILED" in str(error)
