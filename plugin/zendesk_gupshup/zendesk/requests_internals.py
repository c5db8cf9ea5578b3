"""What we use of requests and urllib3 below their documented surface.

`tests/zendesk/test_library_internals.py` fails where a version of theirs no longer has what this file relies on.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, Timeout, encode_multipart_formdata
from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, NewConnectionError, ProxyError
from urllib3.response import BaseHTTPResponse

from .errors import OutcomeUnknown, Unreachable, ZendeskError

# At DEBUG urllib3 logs addresses, which hold upload tokens.
logging.getLogger("urllib3").setLevel(logging.WARNING)

# All that a call can raise: while a body is read from below requests, urllib3's and the socket's own errors, too.
NETWORK_ERRORS = (requests.RequestException, HTTPError, OSError)

# Hosts, also those of attachments, whose proxies and certificates are kept.
_MOST_HOSTS = 100
_CHUNK = 64 * 1024


class EnvironmentCache(requests.Session):
    """Proxies and certificates as requests finds them, looked up once a host: it reads the whole environment for every
    call, a third of the processor time of one."""

    def __init__(self) -> None:
        super().__init__()
        self._settings: dict[tuple[str, Any], Mapping[str, Any]] = {}

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        if proxies or verify is not None or cert is not None:
            return super().merge_environment_settings(url, proxies, stream, verify, cert)
        key = (origin(str(url)), stream)
        if key not in self._settings:
            if len(self._settings) > _MOST_HOSTS:
                self._settings.clear()
            self._settings[key] = super().merge_environment_settings(url, {}, stream, None, None)
        return dict(self._settings[key])


class AuthorizationHeader(requests.auth.AuthBase):
    """The credentials, or none. Passed even then, or requests would send what a .netrc holds for the host."""

    def __init__(self, value: str | None) -> None:
        self._value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._value is not None:
            request.headers["Authorization"] = self._value
        return request


class RawAnswer:
    """As much of a `requests.Response` as zenpy and we read; its content comes by `set_content`."""

    def __init__(self, raw: BaseHTTPResponse, url: str) -> None:
        self.raw, self.url = raw, url
        self.status_code: int = raw.status
        self.headers: Mapping[str, str] = raw.headers
        self.content = b""

    def close(self) -> None:
        self.raw.close()


class _Connections(NamedTuple):
    """`before`: what stands before a path, which is the whole address where a proxy is asked for http."""

    pool: HTTPConnectionPool
    before: str


class DirectCalls:
    """Calls of one thread to one host: requests' own connections, with the proxies and certificates that it finds, and
    without its work on each call, which is half of what one costs. No redirects, no cookies, nothing sent again."""

    def __init__(self, session: EnvironmentCache, host: str) -> None:
        self._session, self._host = session, host
        # Its own, so that hosts of attachments push no connection to this host out.
        self._adapter: Any = HTTPAdapter(max_retries=0)
        self._connections: _Connections | None = None

    def send(
        self,
        method: str,
        url: str,
        *,
        timeout: float,
        headers: Mapping[str, Any],
        data: bytes | None = None,
        json: Any = None,
    ) -> RawAnswer:
        """One call to a URL of this host, as `requests` takes it; the body is still to be read. Raises one of
        `NETWORK_ERRORS`."""
        pool, before = self._connections = self._connections or self._connected()
        headers = {**dict(self._session.headers), **headers}
        body = data or None
        if body is None and json is not None:
            body = _json(json)
            headers["Content-Type"] = "application/json"
        raw = pool.urlopen(
            method,
            before + url.removeprefix(self._host),
            body=body,
            headers=headers,
            redirect=False,
            assert_same_host=False,
            preload_content=False,
            decode_content=False,
            retries=self._adapter.max_retries,
            timeout=Timeout(connect=timeout, read=timeout),
        )
        return RawAnswer(raw, url)

    def close(self) -> None:
        """Close the connections; a later call opens them again."""
        self._connections = None
        self._adapter.close()

    def _connected(self) -> _Connections:
        root = requests.Request("GET", f"{self._host}/").prepare()
        found = self._session.merge_environment_settings(root.url, {}, True, None, None)
        proxies, verify, cert = found["proxies"], found["verify"], found["cert"]
        pool = self._adapter.get_connection_with_tls_context(root, verify, proxies=proxies, cert=cert)
        self._adapter.cert_verify(pool, root.url, verify, cert)
        return _Connections(pool, self._adapter.request_url(root, proxies).removesuffix("/"))


def _json(value: Any) -> bytes:
    return json.dumps(value, allow_nan=False).encode()


def chunks(response: requests.Response | RawAnswer) -> Iterator[bytes]:
    """The body of a streamed answer as it comes in: `iter_content` waits until each chunk is full, and a server that
    sends a byte at a time would hold the thread for ever."""
    response.raw.decode_content = True
    while chunk := response.raw.read1(_CHUNK):
        yield chunk


def set_content(response: requests.Response | RawAnswer, body: bytes) -> None:
    """Hand over a body that was read from below; requests has no public way to."""
    if isinstance(response, RawAnswer):
        response.content = body
    else:
        response._content = body


def was_never_sent(error: Exception) -> bool:
    """Whether the call failed before there was a connection to send anything over. requests wraps urllib3's errors."""
    inner = error.args[0] if isinstance(error, requests.RequestException) and error.args else error
    reason = inner.reason if isinstance(inner, MaxRetryError) else inner
    unsent = (
        NewConnectionError,
        ConnectTimeoutError,
        ProxyError,
        requests.ConnectTimeout,
        requests.exceptions.ProxyError,
    )
    return isinstance(reason, unsent) or isinstance(error, unsent) or "CERTIFICATE_VERIFY_FAILED" in str(error)


def network_error(method: str, what: str, error: Exception) -> ZendeskError:
    """Only a write that may have been sent is unclear. The library's message holds URLs, so its kind has to do."""
    kind = type(error).__name__
    if method == "GET" or was_never_sent(error):
        where = "ZENDESK_SUBDOMAIN or ZENDESK_BASE_URL"
        return Unreachable(f"{what}: cannot reach Zendesk ({kind}); check the network, a proxy, {where}")
    return OutcomeUnknown(f"{what}: the connection broke on a write, which may have been applied ({kind})")


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def multipart(files: Mapping[str, tuple[str, bytes, str]]) -> tuple[bytes, str]:
    """A form's body and its content type; of each field the file's name, content and content type."""
    return encode_multipart_formdata(files)
