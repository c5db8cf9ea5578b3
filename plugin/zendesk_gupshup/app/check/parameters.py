"""`parameters` of manifest.json: what an admin fills in when he installs the app.

https://developer.zendesk.com/documentation/apps/app-developer-guide/manifest/#parameters
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .rules import Json, PackageProblem, as_object

_FILE = "manifest.json"
TYPES = ("text", "checkbox", "url", "number", "multiline", "hidden", "oauth")
SCOPES = ("header", "body", "url", "jwt_secret_key", "jwt_claim", "basic_auth_username", "basic_auth_password")
_SECRET = re.compile("token|key|pwd|password", re.IGNORECASE)


def check_parameters(parameters: Any) -> Iterator[PackageProblem]:
    if parameters is None:
        return
    if not isinstance(parameters, list) or not all(isinstance(one, dict) for one in parameters):
        yield PackageProblem("unacceptable_array", _FILE, "parameters")
        return
    seen: set[str] = set()
    oauth = 0
    for number, one in enumerate(parameters):
        name = one.get("name")
        key = f"parameters[{number}]"
        if not isinstance(name, str) or not name:
            yield PackageProblem("parameter_name_missing", _FILE, f"{key}.name")
            continue
        if name in seen:
            yield PackageProblem("duplicate_parameters", _FILE, f"{key}.name", {"name": name})
        seen.add(name)
        oauth += one.get("type") == "oauth"
        if one.get("type") == "oauth" and oauth > 1:
            yield PackageProblem("too_many_oauth_parameters", _FILE, f"{key}.type")
        yield from _parameter(key, name, one)


def names(manifest: Json) -> frozenset[str]:
    """The names of the parameters, as far as they can be read."""
    listed = manifest.get("parameters")
    return (
        frozenset(str(as_object(one).get("name")) for one in listed if one) if isinstance(listed, list) else frozenset()
    )


def _parameter(key: str, name: str, one: Json) -> Iterator[PackageProblem]:
    kind, secure = one.get("type", "text"), one.get("secure", False)
    for flag in ("required", "secure"):
        if not isinstance(one.get(flag, False), bool):
            yield PackageProblem("unacceptable_boolean", _FILE, f"{key}.{flag}")
    if name == "name":
        yield PackageProblem("name_as_parameter_name", _FILE, f"{key}.name")
    if kind not in TYPES:
        yield PackageProblem("invalid_type_parameter", _FILE, f"{key}.type", {"known": ", ".join(TYPES)})
    if kind == "hidden" and one.get("required") is True:
        yield PackageProblem("invalid_hidden_parameter", _FILE, f"{key}.required")
    if kind == "oauth" and secure is True:
        yield PackageProblem("oauth_parameter_cannot_be_secure", _FILE, f"{key}.secure")
    yield from _secrecy(key, name, one)


def _secrecy(key: str, name: str, one: Json) -> Iterator[PackageProblem]:
    kind, secure, scopes = one.get("type", "text"), one.get("secure") is True, one.get("scopes")
    if scopes is not None and not isinstance(scopes, list):
        yield PackageProblem("unacceptable_array", _FILE, f"{key}.scopes")
        scopes = None
    for scope in scopes or ():
        if scope not in SCOPES:
            yield PackageProblem("invalid_scope", _FILE, f"{key}.scopes", {"scope": scope, "known": ", ".join(SCOPES)})
    if secure and kind != "oauth" and not scopes:
        yield PackageProblem("secure_without_scopes", _FILE, f"{key}.scopes")
    if not secure and kind == "text" and _SECRET.search(name):
        yield PackageProblem("insecure_token_parameter", _FILE, f"{key}.name")
    if "default" in one and (secure or kind == "hidden"):
        yield PackageProblem("default_secure_or_hidden_parameter", _FILE, f"{key}.default")
