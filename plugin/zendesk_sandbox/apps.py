"""Apps of the account: uploaded packages, their builds, and installations, in Zendesk's own shape.

https://developer.zendesk.com/api-reference/ticketing/apps/apps/ has the objects. Neither Zendesk's OpenAPI description
nor a recording has any of this: what is not on that page is a guess.
"""

from __future__ import annotations

import json
import secrets
import zipfile
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from jwskate import Jwk

from .shapes import Json
from .zaf import InstalledApp, new_key

_LARGEST_FILE = 1024 * 1024


class BadPackage(ValueError):
    """What Zendesk's validator would say of a package, in our words."""


@dataclass
class AccountApps:
    """The account's apps, by their numbers; `keys` are private and sign the tokens that open their pages."""

    uploads: dict[int, bytes] = field(default_factory=dict)
    apps: dict[int, Json] = field(default_factory=dict)
    installations: dict[int, Json] = field(default_factory=dict)
    jobs: dict[str, Json] = field(default_factory=dict)
    keys: dict[int, Jwk] = field(default_factory=dict)
    # The manifest of each app's newest build, with the pages of its locations.
    manifests: dict[int, Json] = field(default_factory=dict)

    def build(self, content: bytes, name: str | None, app_id: int | None, new_id: int, now: str) -> int:
        """The app's number, its newest build being this package. Raises `BadPackage`."""
        manifest, texts = manifest_of(content)
        app_id = new_id if app_id is None else app_id
        known = self.apps.get(app_id, {"id": app_id, "created_at": now, "name": name or texts["name"]})
        self.apps[app_id] = known | _described(manifest, texts, now)
        self.manifests[app_id] = manifest
        if app_id not in self.keys:
            self.keys[app_id] = new_key()
        return app_id

    def install(self, app_id: int, settings: Json, new_id: int, now: str) -> Json:
        self.installations[new_id] = {
            "id": new_id,
            "app_id": app_id,
            "product": "support",
            "settings": {"title": settings.get("name"), **settings},
            "settings_objects": [],
            "enabled": True,
            "paid": None,
            "role_restrictions": None,
            "group_restrictions": [],
            "created_at": now,
            "updated_at": now,
        }
        return self.installations[new_id]

    def of_app(self, app_id: int) -> list[Json]:
        """Its installations."""
        return [one for one in self.installations.values() if one["app_id"] == app_id]

    def remove(self, app_id: int) -> None:
        """The app, and its installations with it."""
        del self.apps[app_id]
        self.installations = {key: one for key, one in self.installations.items() if one["app_id"] != app_id}

    def shown(self, account: str) -> dict[int, InstalledApp]:
        """The installations whose pages the account shows, as `zaf` opens them. `account`: its origin."""
        return {
            number: InstalledApp(
                account=account,
                app_id=row["app_id"],
                installation_id=number,
                name=str(row["settings"].get("title")),
                urls=_pages(self.manifests[row["app_id"]]),
                key=self.keys[row["app_id"]],
            )
            for number, row in self.installations.items()
            if row["enabled"]
        }

    def pem(self, app_id: int) -> str:
        """The app's public key."""
        return str(self.keys[app_id].public_jwk().to_pem())


def new_job(jobs: dict[str, Json]) -> Json:
    """A build that waits for its turn."""
    key = secrets.token_hex(16)
    jobs[key] = {"id": key, "status": "queued", "progress": 0, "message": None, "app_id": None}
    return jobs[key]


def manifest_of(content: bytes) -> tuple[Json, Json]:
    """The manifest and the English texts of a package. Raises `BadPackage`.

    A few of the validator's rules only: `app check` has them all.
    """
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            names = archive.namelist()
            if "manifest.json" not in names:
                raise BadPackage("Could not find manifest.json")
            manifest = _object(archive, "manifest.json")
            locale = manifest.get("defaultLocale")
            if f"translations/{locale}.json" not in names:
                raise BadPackage(f"Missing translation file for default locale '{locale}'")
            texts = _object(archive, f"translations/{locale}.json").get("app")
    except (zipfile.BadZipFile, ValueError, RuntimeError, NotImplementedError) as error:
        raise error if isinstance(error, BadPackage) else BadPackage("Could not read the package") from None
    if not isinstance(texts, dict) or not texts.get("name"):
        raise BadPackage("Missing required key from translations/en.json: name")
    missing = [key for key in ("author", "defaultLocale", "location", "frameworkVersion") if not manifest.get(key)]
    if missing:
        raise BadPackage(f"Missing required fields in manifest: {', '.join(missing)}")
    for url in _pages(manifest).values():
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname != "localhost":
            raise BadPackage(f"{url} is not a valid location URI")
    return manifest, texts


def _object(archive: zipfile.ZipFile, name: str) -> Json:
    with archive.open(name) as file:
        value = json.loads(file.read(_LARGEST_FILE))
    if not isinstance(value, dict):
        raise BadPackage(f"{name} is not a JSON object")
    return value


def _pages(manifest: Json) -> dict[str, str]:
    """The URL of the page of each location."""
    places: Any = manifest["location"].get("support", {}) if isinstance(manifest["location"], dict) else {}
    return {name: str(one["url"]) for name, one in places.items() if isinstance(one, dict) and "url" in one}


def _described(manifest: Json, texts: Json, now: str) -> Json:
    author = manifest["author"]
    return {
        "author_name": author.get("name"),
        "author_email": author.get("email"),
        "author_url": author.get("url"),
        "default_locale": manifest["defaultLocale"],
        "framework_version": manifest["frameworkVersion"],
        "version": manifest.get("version"),
        "short_description": texts.get("short_description"),
        "long_description": texts.get("long_description"),
        "single_install": bool(manifest.get("singleInstall")),
        "parameters": manifest.get("parameters") or [],
        "products": list(manifest["location"]),
        "visibility": "private",
        "installable": True,
        "deprecated": False,
        "obsolete": False,
        "updated_at": now,
    }
