"""The app as Zendesk takes it: a zip of manifest, texts and pictures. The pages themselves stay with the worker.

The same settings and version give the same bytes on every machine: nothing is compressed, and every time is the same.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from zendesk_gupshup import __version__

if TYPE_CHECKING:
    from zendesk_gupshup.settings import Settings

# In the manifest that is checked in; the worker's own takes its place.
PLACEHOLDER = "https://worker.example.com"
SIDEBAR, CONSOLE = "/zaf/sidebar", "/zaf/console"
_TIME = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644 << 16
_UNIX = 3


class PackageError(ValueError):
    """The app cannot be built from these settings. The message says what to set."""


@dataclass(frozen=True)
class AppPackage:
    """`name` and `author` are those of the manifest, by which the app is known in an account."""

    name: str
    author: str
    version: str
    url: str
    content: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def pages_url(settings: Settings) -> str:
    """Scheme and host under which browsers reach the worker: `[app] url`, else that of `[setup] endpoint`.

    Raises `PackageError`.
    """
    endpoint = settings.setup.endpoint
    if settings.app.url:
        return settings.app.url
    if endpoint is None:
        raise PackageError('set [app] url = "https://<your host>", under which browsers reach `serve`')
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc}".lower()


def app_package(url: str, version: str = __version__) -> AppPackage:
    """The app whose pages are at `url`: scheme and host. Raises `PackageError` for a URL that Zendesk would refuse."""
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname != "localhost":
        raise PackageError(
            f"{url}: Zendesk shows pages over https only (http for the host localhost alone): put TLS in front"
        )
    contents = bundle(url, version)
    manifest = json.loads(contents["manifest.json"])
    return AppPackage(manifest["name"], manifest["author"]["name"], version, url, zipped(contents))


def bundle(url: str, version: str = __version__) -> dict[str, bytes]:
    """The files by their paths in the package."""
    contents = dict(_files(files("zendesk_gupshup.app") / "bundle"))
    manifest = json.loads(contents["manifest.json"])
    manifest["version"] = version
    for place in manifest["location"]["support"].values():
        place["url"] = place["url"].replace(PLACEHOLDER, url.rstrip("/"), 1)
    contents["manifest.json"] = (json.dumps(manifest, ensure_ascii=False, indent=2) + "\n").encode()
    return contents


def zipped(contents: Mapping[str, bytes]) -> bytes:
    """A zip of these files. Stored, as compressors differ from machine to machine."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(contents):
            row = zipfile.ZipInfo(name, _TIME)
            row.external_attr, row.create_system = _MODE, _UNIX
            archive.writestr(row, contents[name])
    return out.getvalue()


def _files(folder: Traversable, prefix: str = "") -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for item in folder.iterdir():
        name = f"{prefix}{item.name}"
        if item.is_dir():
            found += _files(item, f"{name}/")
        else:
            found.append((name, item.read_bytes()))
    return found
