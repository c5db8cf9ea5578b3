"""Zendesk's side of an app in a frame: its installation, and the signed token with which a page of it is opened.

https://developer.zendesk.com/documentation/apps/build-an-app/building-a-server-side-app/part-5-secure-the-app/
The token's claims are those of that page; the form of `sub` and the whole of `qsh` and `cnf` are guesses.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from jwskate import Jwk, Jwt

# Seconds; reported by users of it, not documented.
TOKEN_LASTS = 300


def new_key() -> Jwk:
    """An app's private RSA key."""
    return Jwk.generate(alg="RS256", key_size=2048)


@dataclass(frozen=True, slots=True)
class InstalledApp:
    """An app on an account (its origin, `http://127.0.0.1:8090`); `urls` has a page for each location."""

    account: str
    app_id: int
    installation_id: int
    name: str
    urls: dict[str, str]
    key: Jwk = field(repr=False)

    @property
    def public_key(self) -> bytes:
        """PEM, as `/api/v2/apps/{id}/public_key.pem` gives it."""
        return str(self.key.public_jwk().to_pem()).encode()

    def token(self, user_id: int, location: str, *, now: float, lasts: int = TOKEN_LASTS) -> str:
        """The signed word that this user opens the page of this location. `now`: Unix time."""
        claims: dict[str, Any] = {
            "iss": urlsplit(self.account).netloc,
            "aud": f"{self.account}/api/v2/apps/installations/{self.installation_id}.json",
            "sub": f"{self.account}/api/v2/users/{user_id}.json",
            "iat": int(now),
            "nbf": int(now),
            "exp": int(now) + lasts,
            "qsh": secrets.token_hex(32),
            "cnf": {"jku": f"{self.account}/api/v2/apps/{self.app_id}/public_key"},
            "context": {"product": "support", "location": location},
        }
        return str(Jwt.sign(claims, self.key, alg="RS256"))

    def frame(self, user_id: int, location: str, *, host: str, now: float) -> Frame:
        """What a page of `host` (an origin) needs to open this app's page for this user."""
        url, guid = self.urls[location], secrets.token_hex(16)
        place = urlsplit(url)
        query = urlencode({"origin": host, "app_guid": guid})
        return Frame(
            action=f"{url}{'&' if place.query else '?'}{query}",
            origin=f"{place.scheme}://{place.netloc}",
            guid=guid,
            token=self.token(user_id, location, now=now),
            app=self,
        )


@dataclass(frozen=True, slots=True)
class Frame:
    """A signed POST into a frame: where it goes, what it carries, and by what name host and app know each other."""

    action: str
    origin: str
    guid: str
    token: str
    app: InstalledApp
