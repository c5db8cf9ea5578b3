"""Pages as lines of text."""

from __future__ import annotations

import codecs
import re

from zendesk_gupshup.attachments.limits import FileText, ReadLimits, trimmed
from zendesk_gupshup.model.unread_reasons import UnreadReason

from .plain import text_of

_META_CHARSET = re.compile(rb"(?i)<meta\s[^>]{0,200}?charset\s{0,3}=\s{0,3}[\"']?\s{0,3}([a-z0-9_:.-]{2,40})")
_HEAD = 4096


def read_html(data: bytes, limits: ReadLimits, encoding: str | None = None) -> FileText:
    """The page as a person sees it; where it is not UTF-8, by the charset that it names, or else by `encoding`."""
    from zendesk_gupshup.detect.html_text import MOST_HTML, visible_text

    named = _META_CHARSET.search(data[:_HEAD])
    html = text_in(data, named[1].decode("ascii") if named else encoding)
    cut = (UnreadReason.END_CUT(count=len(html) - MOST_HTML),) if len(html) > MOST_HTML else ()
    return trimmed(visible_text(html, keep_quotes=True), limits, cut)


def text_in(data: bytes, charset: str | None) -> str:
    """Text by the charset that it is said to have, and by its bytes where that is wrong, unknown, or not needed.

    Many programs say ASCII or Latin-1 of what is UTF-8, and hardly a text in those is UTF-8 by chance.
    """
    try:
        data.decode("utf-8")
        is_wide = codecs.lookup(charset or "utf-8").name.startswith(("utf-16", "utf-32", "utf-7", "iso2022", "hz"))
        if not is_wide:
            return text_of(data)
    except (LookupError, UnicodeError, ValueError):
        pass
    try:
        decoded = data.decode(charset or "")
    except (LookupError, UnicodeError, ValueError):
        return text_of(data)
    return text_of(decoded.encode("utf-8", "replace"))
