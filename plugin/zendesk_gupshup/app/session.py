"""The session that a page carries after Zendesk opened it: signed by us, and good for one user at one place.

It stands in the page and never in a cookie: browsers keep a frame's cookies back, and without one there is no CSRF.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args

from jwskate import InvalidSignature, Jwt, SignedJwt, SymmetricJwk, UnsupportedAlg

from .token import Location

_ALGORITHM = "HS256"
_ISSUER = "zendesk-gupshup app session"
_LONGEST = 2 * 1024
_KEY_BYTES = 32


class BadSession(ValueError):
    """The bearer of the request is no session of ours, for this installation, that still lasts."""


@dataclass(frozen=True)
class Session:
    """Who is signed in, where, and until when (Unix time)."""

    account: str
    installation: int
    user_id: int
    location: Location
    expires: int


def new_session_key() -> str:
    """A key to sign with, as text."""
    return secrets.token_hex(_KEY_BYTES)


def signed(session: Session, key: str) -> str:
    """The session as the page carries it."""
    claims = {
        "iss": _ISSUER,
        "aud": session.account,
        "installation": session.installation,
        "sub": str(session.user_id),
        "place": session.location,
        "exp": session.expires,
    }
    return str(Jwt.sign(claims, _jwk(key), alg=_ALGORITHM))


def read_session(text: str, key: str, *, account: str, installation: int, now: float) -> Session:
    """Raises `BadSession`."""
    claims = _claims(text, key)
    location, expires, user = claims.get("place"), claims.get("exp"), claims.get("sub")
    if claims.get("iss") != _ISSUER or claims.get("aud") != account or claims.get("installation") != installation:
        raise BadSession("another account or installation")
    if location not in get_args(Location) or not isinstance(expires, int) or not isinstance(user, str):
        raise BadSession("not of our form")
    if expires <= now or not user.isascii() or not user.isdigit():
        raise BadSession("over")
    return Session(account, installation, int(user), cast("Location", location), expires)


def _claims(text: str, key: str) -> Mapping[str, Any]:
    if not 0 < len(text) <= _LONGEST or not text.isascii():
        raise BadSession("malformed")
    try:
        token = SignedJwt(text)
        if token.headers.get("alg") != _ALGORITHM:
            raise BadSession("algorithm")
        token.verify(_jwk(key), alg=_ALGORITHM)
    except (InvalidSignature, UnsupportedAlg):
        raise BadSession("signature") from None
    except BadSession:
        raise
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        raise BadSession("malformed") from None
    if not isinstance(token.claims, dict):
        raise BadSession("malformed")
    return token.claims


def _jwk(key: str) -> SymmetricJwk:
    return SymmetricJwk.from_bytes(bytes.fromhex(key))
