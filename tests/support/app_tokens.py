"""Tokens as Zendesk signs them for the app, right ones and wrong ones."""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwskate import Jwk, Jwt

from zendesk_gupshup.app.token import Installation

INSTALLATION = Installation("https://example.zendesk.com", 9001)
USER = 42


@functools.cache
def private_key(name: str) -> Jwk:
    """One RSA key a name and run; making one takes a while."""
    assert name
    return Jwk.from_cryptography_key(rsa.generate_private_key(public_exponent=65537, key_size=2048))


def public_pem(name: str = "app") -> bytes:
    public = private_key(name).cryptography_key.public_key()
    return bytes(
        public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
    )


def claims(*, now: float | None = None, installation: Installation = INSTALLATION, **changed: Any) -> dict[str, Any]:
    """Those of a right token; a change to `None` leaves one out."""
    at = int(time.time() if now is None else now)
    right = {
        "iss": installation.issuer,
        "aud": installation.audience,
        "sub": str(USER),
        "iat": at,
        "nbf": at,
        "exp": at + 300,
        "qsh": "0a1b",
        "cnf": {"jku": "https://example.zendesk.com/api/v2/apps/1/public_key"},
        "context": {"product": "support", "location": "ticket_sidebar"},
    }
    return {name: value for name, value in (right | changed).items() if value is not None}


def signed_token(what: Mapping[str, Any], key: str = "app", headers: Mapping[str, Any] | None = None) -> str:
    return str(Jwt.sign(what, private_key(key), alg="RS256", extra_headers=headers))


def token(key: str = "app", headers: Mapping[str, Any] | None = None, **changed: Any) -> str:
    return signed_token(claims(**changed), key, headers)


def unsigned(alg: str = "none", **changed: Any) -> str:
    return f"{_part({'alg': alg, 'typ': 'JWT'})}.{_part(claims(**changed))}."


def signed_with_pem(**changed: Any) -> str:
    """HS256 with the public key as the secret, which a library that lets the token choose accepts."""
    body = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims(**changed))}"
    return f"{body}.{_base64(hmac.new(public_pem(), body.encode(), hashlib.sha256).digest())}"


def with_header(header: Mapping[str, Any], **changed: Any) -> str:
    """Another header on the signature of a right token."""
    _, payload, signature = token(**changed).split(".")
    return f"{_part(header)}.{payload}.{signature}"


def with_payload(payload: Any) -> str:
    """Signed rightly, whatever it says."""
    signed = f"{_part({'alg': 'RS256'})}.{_part(payload)}"
    return f"{signed}.{_base64(bytes(private_key('app').sign(signed.encode(), alg='RS256')))}"


def _part(value: Any) -> str:
    return _base64(json.dumps(value).encode())


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")
