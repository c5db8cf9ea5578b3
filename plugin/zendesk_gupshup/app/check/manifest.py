"""manifest.json: its keys and their types. Locations and parameters have modules of their own.

https://developer.zendesk.com/documentation/apps/app-developer-guide/manifest/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .locations import EXAMPLE, check_locations
from .parameters import check_parameters
from .rules import DuplicateKey, Json, PackageProblem, hint, parsed

FILE = "manifest.json"
LOCALE = re.compile(r"[a-z]{2,3}(-\w{2,3})?", re.ASCII)
FRAMEWORK = "2.0"

_KEYS = frozenset((
    "author", "name", "version", "frameworkVersion", "defaultLocale", "location", "private", "singleInstall",
    "signedUrls", "parameters", "domainWhitelist", "oauth", "experiments", "noTemplate", "requirementsOnly",
    "marketingOnly", "remoteInstallationURL", "termsConditionsURL", "gaID",
))  # fmt: skip
_REQUIRED = {
    "author": '{"name": "Example Ltd", "email": "support@example.com"}',
    "defaultLocale": '"en"',
    "location": EXAMPLE,
    "frameworkVersion": '"2.0"',
}
_AUTHOR = {"name": '"Example Ltd"', "email": '"support@example.com"'}
_TEXTS = ("defaultLocale", "version", "frameworkVersion", "remoteInstallationURL", "termsConditionsURL", "gaID")
_BOOLEANS = ("requirementsOnly", "marketingOnly", "singleInstall", "signedUrls", "private")


def check_manifest(contents: Mapping[str, bytes]) -> tuple[Json, list[PackageProblem]]:
    """The manifest, empty where it cannot be read, and its problems."""
    try:
        manifest = parsed(contents[FILE])
    except DuplicateKey as error:
        return {}, [PackageProblem("duplicate_manifest_keys", FILE, str(error))]
    except ValueError as error:
        return {}, [PackageProblem("manifest_not_json", FILE, values={"error": str(error)})]
    if not isinstance(manifest, dict):
        return {}, [PackageProblem("manifest_not_object", FILE)]
    return manifest, list(_problems(manifest, contents))


def _problems(manifest: Json, contents: Mapping[str, bytes]) -> Iterator[PackageProblem]:
    for key in manifest:
        if key not in _KEYS:
            yield PackageProblem("unknown_manifest_key", FILE, key, {"hint": hint(key, _KEYS)})
    yield from _missing("", manifest, _REQUIRED)
    yield from _types(manifest)
    yield from _author(manifest.get("author"))
    yield from _version(manifest.get("frameworkVersion"))
    yield from _locale(manifest.get("defaultLocale"), contents)
    yield from _url("termsConditionsURL", manifest.get("termsConditionsURL"))
    yield from check_parameters(manifest.get("parameters"))
    if manifest.get("requirementsOnly") is True or manifest.get("marketingOnly") is True:
        yield PackageProblem("not_covered", FILE)
    else:
        yield from check_locations(manifest.get("location"), contents)


def _missing(prefix: str, values: Json, required: Mapping[str, str]) -> Iterator[PackageProblem]:
    for key, example in required.items():
        if values.get(key) is None:
            yield PackageProblem("manifest_key_missing", FILE, f"{prefix}{key}", {"example": example})


def _types(manifest: Json) -> Iterator[PackageProblem]:
    for key in _TEXTS:
        yield from _text(key, manifest.get(key))
    for key in _BOOLEANS:
        if not isinstance(manifest.get(key, False), bool):
            yield PackageProblem("unacceptable_boolean", FILE, key)
    if not isinstance(manifest.get("experiments", {}), dict):
        yield PackageProblem("unacceptable_object", FILE, "experiments")
    hosts = manifest.get("domainWhitelist")
    if hosts is not None and not (isinstance(hosts, list) and all(isinstance(host, str) for host in hosts)):
        yield PackageProblem("unacceptable_array_of_strings", FILE, "domainWhitelist")


def _author(author: Any) -> Iterator[PackageProblem]:
    if author is None:
        return
    if not isinstance(author, dict):
        yield PackageProblem("unacceptable_object", FILE, "author")
        return
    yield from _missing("author.", author, _AUTHOR)
    for key in ("name", "email", "url"):
        yield from _text(f"author.{key}", author.get(key))
    yield from _url("author.url", author.get("url"))


def _text(key: str, value: Any) -> Iterator[PackageProblem]:
    if value is not None and not isinstance(value, str):
        yield PackageProblem("unacceptable_string", FILE, key)


def _url(key: str, value: Any) -> Iterator[PackageProblem]:
    if isinstance(value, str) and not re.match(r"https?://[^/\s]", value):
        yield PackageProblem("invalid_url", FILE, key)


def _version(version: Any) -> Iterator[PackageProblem]:
    if isinstance(version, str) and version != FRAMEWORK:
        yield PackageProblem("invalid_version", FILE, "frameworkVersion")


def _locale(locale: Any, contents: Mapping[str, bytes]) -> Iterator[PackageProblem]:
    if not isinstance(locale, str):
        return
    if not LOCALE.fullmatch(locale):
        yield PackageProblem("invalid_default_locale", FILE, "defaultLocale")
    elif f"translations/{locale}.json" not in contents:
        yield PackageProblem("missing_translation_file", FILE, "defaultLocale", {"locale": locale})
