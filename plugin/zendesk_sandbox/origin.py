"""Which requests the sandbox accepts: those that name this machine, and writes only from its own pages or from no page.

A web page of somebody else can send a form to an address of this machine, and can reach it under a name of its own
that it has resolved to 127.0.0.1. A browser says where a request comes from, and a page cannot change what it says:
https://developer.mozilla.org/en-US/docs/Glossary/Forbidden_request_header. A program that is no browser says nothing.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from contextlib import suppress
from urllib.parse import urlsplit

_READS = frozenset(("GET", "HEAD", "OPTIONS"))


def refusal(method: str, headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Why this request is not taken; `None` for one that is."""
    pairs = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers]
    hosts = [value for name, value in pairs if name == "host"]
    # Of two hosts each part of a program may believe another one.
    if len(hosts) != 1 or not is_loopback(hosts[0]):
        return "Loopback only"
    given = dict(pairs)
    if "origin" in given and not is_loopback(_place(given["origin"])):
        return "Loopback only"
    if method not in _READS and not same_origin(given):
        return "Writes are taken from the sandbox's own pages, and from programs that are no browser"
    return None


def same_origin(headers: Mapping[str, str]) -> bool:
    """Whether a request comes from our own pages, or from no page at all. Each header that is there has to agree."""
    host = headers.get("host", "").lower()
    if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return False
    if "origin" in headers:
        # Hosts are compared without the scheme: behind a proxy that ends TLS the two differ.
        return _place(headers["origin"]) == host
    # Older browsers send no origin with a form of the same site, and still say which page it was on.
    return "referer" not in headers or _place(headers["referer"]) == host


def is_loopback(host: str) -> bool:
    """Whether a `Host` names this machine: `localhost`, or an address that never leaves it."""
    name, _, port = host.rpartition(":")
    name = (name if port.isdigit() and (name.endswith("]") or ":" not in name) else host).strip("[]").lower()
    with suppress(ValueError):
        return ipaddress.ip_address(name).is_loopback
    return name == "localhost"


def _place(address: str) -> str:
    """The host and port of an address; nothing for `null`, or for what is none."""
    try:
        return urlsplit(address).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""
