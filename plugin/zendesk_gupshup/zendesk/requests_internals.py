"""What we use of requests and urllib3 below their documented surface.

`tests/zendesk/test_library_internals.py` fails where a version of theirs no longer has what this file relies on.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError

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


def chunks(response: requests.Response) -> Iterator[bytes]:
    """The body of a streamed answer as it comes in: `iter_content` waits until each chunk is full, and a server that
    sends a byte at a time would hold the thread for ever."""
    response.raw.decode_content = True
    while chunk := response.raw.read1(_CHUNK):
        yield chunk


def set_content(response: requests.Response, body: bytes) -> None:
    """Hand over a body that was read from below; requests has no public way to."""
    response._content = body


def was_never_sent(error: Exception) -> bool:
    """Whether the call failed before there was a connection to send anything over."""
    if isinstance(error, (requests.ConnectTimeout, requests.exceptions.ProxyError)):
        return True
    reason = error.args[0] if error.args else None
    if isinstance(reason, MaxRetryError) and isinstance(reason.reason, NewConnectionError):
        return True
    return "CERTIFICATE_VERIFY_FAILED" in str(error)


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
