"""The token with which Zendesk opens one of the app's pages: who it is, on which installation and at which place.

https://developer.zendesk.com/documentation/apps/build-an-app/building-a-server-side-app/part-5-secure-the-app/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from jwskate import InvalidSignature, Jwk, SignedJwt, UnsupportedAlg

Location = Literal["ticket_sidebar", "nav_bar"]

# Zendesk's clock and ours may differ by so many seconds.
LEEWAY = 30
# A real token has about 1 kB.
LONGEST = 8 * 1024
_ALGORITHM = "RS256"
_USER = re.compile(r"(?:https?://[A-Za-z0-9.:-]+/api/v2/users/)?([1-9][0-9]{0,18})(?:\.json)?")


class BadToken(ValueError):
    """Who opens the page is not proven. `reason` is one of a fixed set; the message holds nothing of the token."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Installation:
    """What a token must be made for: the account's origin, as https://example.zendesk.com, and the installation."""

    origin: str
    id: int

    @property
    def issuer(self) -> str:
        return self.origin.partition("://")[2]

    @property
    def audience(self) -> str:
        return f"{self.origin}/api/v2/apps/installations/{self.id}.json"


def public_key(pem: bytes) -> Jwk:
    """The app's public key, which must be RSA. Raises `ValueError`."""
    try:
        key = Jwk.from_pem(pem)
    except (ValueError, TypeError) as error:
        raise ValueError("the app's public key is no PEM file of a key") from error
    if key.kty != "RSA" or key.is_private:
        raise ValueError("the app's public key is no public RSA key")
    return key


def verified_user(token: str, key: Jwk, installation: Installation, location: Location, *, now: float) -> int:
    """The user's id. `now`: Unix time. Raises `BadToken`.

    Key and algorithm are never the token's own choice. The library checks neither `nbf` nor `iat` nor `sub`.
    """
    claims = _signed_claims(token, key)
    if claims.get("iss") != installation.issuer:
        raise BadToken("issuer")
    if claims.get("aud") not in (installation.audience, [installation.audience]):
        raise BadToken("audience")
    if _time(claims, "exp") <= now - LEEWAY:
        raise BadToken("expired")
    if max(_time(claims, "nbf"), _time(claims, "iat")) > now + LEEWAY:
        raise BadToken("not_yet")
    context = claims.get("context")
    if not isinstance(context, dict) or context.get("product") != "support" or context.get("location") != location:
        raise BadToken("context")
    # The form of `sub` is not documented: a number, or the user's address in the API.
    subject = claims.get("sub")
    user = _USER.fullmatch(str(subject)) if isinstance(subject, (str, int)) else None
    if user is None:
        raise BadToken("subject")
    return int(user[1])


def _signed_claims(token: str, key: Jwk) -> Mapping[str, Any]:
    if not 0 < len(token) <= LONGEST or not token.isascii():
        raise BadToken("malformed")
    try:
        signed = SignedJwt(token)
        if signed.headers.get("alg") != _ALGORITHM:
            raise BadToken("algorithm")
        signed.verify(key, alg=_ALGORITHM)
    except (InvalidSignature, UnsupportedAlg):
        raise BadToken("signature") from None
    except BadToken:
        raise
    # Whatever the library makes of garbage, nobody is signed in by it.
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        raise BadToken("malformed") from None
    if not isinstance(signed.claims, dict):
        raise BadToken("malformed")
    return signed.claims


def _time(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e11:
        raise BadToken(f"no_{name}")
    return float(value)
