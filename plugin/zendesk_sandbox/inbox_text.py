"""Hostile text made harmless: every word on the inbox's pages may come from a stranger.

Jinja escapes it, `safe_html` sanitises what is HTML on purpose, and `visible` takes out what no page can carry.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nh3
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

PAGES = Path(__file__).parent / "pages"
STATUSES = {
    "new": "New",
    "open": "Open",
    "pending": "Pending",
    "hold": "On-hold",
    "solved": "Solved",
    "closed": "Closed",
}
_ROLES = {"end-user": "Client", "agent": "Agent", "admin": "Admin", "bot": "Bot"}
# What a browser shows without running anything; all else is offered as a download.
_OPENS = {
    "application/pdf": "application/pdf",
    "text/plain": "text/plain; charset=utf-8",
    "text/csv": "text/plain; charset=utf-8",
    "application/json": "text/plain; charset=utf-8",
    "image/png": "image/png",
    "image/jpeg": "image/jpeg",
    "image/gif": "image/gif",
    "image/webp": "image/webp",
}
# No picture, which is a request to wherever the writer wants, and none of the elements that a page itself is made of.
_PICTURES = {"img", "map", "area"}
_FRAME = {"article", "aside", "details", "figure", "footer", "header", "hgroup", "nav", "summary"}
_TAGS = nh3.ALLOWED_TAGS - _PICTURES - _FRAME
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}
# C0 and C1 controls but tab and newline, and the surrogates that JSON may smuggle in and UTF-8 cannot write.
_UNPRINTABLE = dict.fromkeys(
    [c for c in range(0x20) if c not in (0x09, 0x0A)] + list(range(0x7F, 0xA0)) + list(range(0xD800, 0xE000)), "\ufffd"
)
_UNPRINTABLE[0x0D] = ""
_ELEMENT = re.compile(r"<(\w+)")

Json = dict[str, Any]


def visible(text: str) -> str:
    """The text without what would break a page: control characters and lone surrogates become U+FFFD."""
    return text.translate(_UNPRINTABLE)


def safe_html(html: str) -> Markup:
    """A comment's HTML that can neither run, load nor pass for a part of the page: no script, style, class or id."""
    return Markup(  # noqa: S704 - sanitised here
        nh3.clean(
            visible(html),
            tags=_TAGS,
            attributes=_ATTRIBUTES,
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener noreferrer nofollow",
        )
    )


def as_written(comment: Json, author: Json) -> str | None:
    """The very text of a comment that a client typed as plain text, with its indentation; `None` where HTML says more.

    Only staff's text is read as Markdown, so theirs is always shown as HTML.
    """
    html = comment.get("html_body") or ""
    if author.get("role") in ("agent", "admin") and html:
        return None
    return str(comment.get("body") or "") if set(_ELEMENT.findall(html)) <= {"div", "p", "br"} else None


def pages() -> Environment:
    """The templates; a name that a page misspells is an error, and each value printed is made `visible`."""
    environment = Environment(
        loader=FileSystemLoader(PAGES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printed,
    )
    environment.filters.update(
        html=safe_html, size=_size, when=_when, pretty=_pretty, address=address, role=lambda r: _ROLES.get(r, str(r))
    )
    environment.globals.update(statuses=STATUSES, opens=opens, as_written=as_written)
    return environment


def _printed(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, Markup):  # already made visible where it was built
        return value
    return visible(value) if isinstance(value, str) else value


def _size(count: int) -> str:
    amount, unit = float(count), "bytes"
    for larger in ("kB", "MB", "GB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.0f} {unit}" if unit == "bytes" or amount >= 10 else f"{amount:.1f} {unit}"


def _when(stamp: str | None) -> Markup:
    """Zendesk's stamp as a `time` element; as it stands where it is no stamp."""
    try:
        moment = datetime.fromisoformat(stamp or "")
    except ValueError:
        return Markup.escape(visible(stamp or ""))
    short = f"{moment:%d %b %Y}, {moment:%H:%M}".lstrip("0")
    return Markup('<time datetime="{}" title="{:%Y-%m-%d %H:%M:%S} UTC">{}</time>').format(stamp, moment, short)


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def shown_as(attachment: Json) -> tuple[str, bool]:
    """The content type to send an attachment with, and whether the browser may open it."""
    kind = str(attachment.get("content_type") or "").split(";")[0].strip().lower()
    return (_OPENS[kind], True) if kind in _OPENS else ("application/octet-stream", False)


def address(attachment: Json) -> str:
    """Where our pages serve an attachment: by its id; the name is there for the browser's title bar and for saving."""
    name = visible(attachment.get("file_name") or "").replace("/", "_").strip(".") or "attachment"
    return f"/inbox/attachments/{attachment['id']}/{quote(name, safe='')}"


def opens(attachment: Json) -> bool:
    return shown_as(attachment)[1]
