"""The headers of what the app answers: who may frame its pages, what they may load, and that nothing is cached."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_ALWAYS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}

API_HEADERS: Mapping[str, str] = {**_ALWAYS, "Cache-Control": "no-store"}
# The name holds a checksum: under it the file never changes.
STATIC_HEADERS: Mapping[str, str] = {
    **_ALWAYS,
    "Cache-Control": "public, max-age=31536000, immutable",
    "Vary": "Accept-Encoding",
}

_NONE = re.compile(r"q=0(\.0*)?")


def takes_gzip(accepted: Iterable[str]) -> bool:
    """Whether these `Accept-Encoding` headers name gzip, and not with the weight 0."""
    for one in ",".join(accepted).lower().split(","):
        coding, _, weight = one.partition(";")
        if coding.strip() in ("gzip", "x-gzip"):
            return not _NONE.fullmatch(weight.strip())
    return False


def page_headers(ancestors: Iterable[str], sdk_origin: str) -> dict[str, str]:
    """Of a page that only these origins may frame. `X-Frame-Options` could not name them."""
    policy = {
        "default-src": "'none'",
        "script-src": f"'self' {sdk_origin}",
        "style-src": "'self'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        # Not 'none': that would also keep a frame from loading the page anew, which is the same form once more.
        "form-action": "'self'",
        "frame-ancestors": " ".join(sorted(ancestors)),
    }
    return {**API_HEADERS, "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items())}
