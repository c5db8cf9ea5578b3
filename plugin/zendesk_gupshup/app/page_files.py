"""The app's pages and static files: HTML from Jinja templates, files under names that hold their checksum.

Both lie in the package (`pages/`, `static/`). A page has `session`, `sdk_url`, `color_scheme` (`light`, `dark` or
empty) and `asset("app.css")`; a notice has `notice`, `title` and `text` in place of the session.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from zendesk_gupshup.settings.app import AppSettings

_PACKAGE = "zendesk_gupshup.app"
_CHECKSUM = 12
_SCHEMES = ("light", "dark")

# `expired`: the token is too old or none, and reloading the apps gets a new one; `access`: who asks may not have this
# page; `broken`: the app is not set up, see the log; `away`: try again later.
Notice = Literal["expired", "access", "broken", "away"]
STATUS: Mapping[Notice, int] = {"expired": 401, "access": 403, "broken": 503, "away": 503}
# For browsers without JavaScript; the page's own script has more languages.
_WORDS: Mapping[Notice, tuple[str, str]] = {
    "expired": ("This page is too old.", "Reload the apps with the button at the top right of Zendesk's app bar."),
    "access": ("No access.", "Your role in Zendesk does not let you open this page."),
    "broken": ("The worker has a problem.", "If this lasts, tell your administrator."),
    "away": ("The worker does not answer.", "It may be restarting. If this lasts, tell your administrator."),
}


@dataclass(frozen=True)
class StaticFile:
    """`zipped` is the content by gzip."""

    content: bytes
    content_type: str
    zipped: bytes


class Pages:
    """All files are read once. Raises `FileNotFoundError` where the package lacks its folders."""

    def __init__(self, settings: AppSettings) -> None:
        self._sdk_url = settings.sdk_url
        self._urls: dict[str, str] = {}
        self._files: dict[str, StaticFile] = {}
        for entry in files(_PACKAGE).joinpath("static").iterdir():
            if entry.is_file():
                self._add(entry)
        self._templates = Environment(
            loader=PackageLoader(_PACKAGE, "pages"), autoescape=True, undefined=StrictUndefined, auto_reload=False
        )
        self._templates.globals["asset"] = self._url

    def static(self, name: str) -> StaticFile | None:
        """A file by its hashed name."""
        return self._files.get(name)

    def page(self, name: Literal["sidebar", "console"], session: str, *, scheme: str) -> str:
        """The page of a user who is signed in."""
        return self._templates.get_template(f"{name}.html").render(
            session=session, sdk_url=self._sdk_url, color_scheme=_known(scheme)
        )

    def notice(self, notice: Notice, *, scheme: str) -> str:
        """The page of somebody who is not."""
        title, text = _WORDS[notice]
        return self._templates.get_template("notice.html").render(
            notice=notice, title=title, text=text, color_scheme=_known(scheme)
        )

    def _url(self, name: str) -> str:
        """Raises `KeyError` where there is no such file."""
        return self._urls[name]

    def _add(self, entry: Traversable) -> None:
        content = entry.read_bytes()
        stem, _, ending = entry.name.rpartition(".")
        hashed = f"{stem}.{hashlib.sha256(content).hexdigest()[:_CHECKSUM]}.{ending}"
        kind = mimetypes.guess_type(entry.name)[0] or "application/octet-stream"
        self._files[hashed] = StaticFile(content, f"{kind}; charset=utf-8", gzip.compress(content, mtime=0))
        self._urls[entry.name] = f"/zaf/static/{hashed}"


def _known(scheme: str) -> str:
    return scheme if scheme in _SCHEMES else ""
