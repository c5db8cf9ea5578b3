"""What is plainly no code by the characters beside it: a price, a port, a part of a name, a file, a phone number."""

from __future__ import annotations

from zendesk_gupshup.detect.beside import LABEL
from zendesk_gupshup.detect.patterns import pattern, regex
from zendesk_gupshup.model.detection_reasons import DismissalReason
from zendesk_gupshup.model.reason import Reason

_GLUED_LABEL = pattern("lookalikes.glued_label")
_FILE = pattern("lookalikes.file")
_PLURAL = pattern("lookalikes.plural")
_KEY_ENDS = pattern("lookalikes.key_ends")
_KEYED = pattern("lookalikes.keyed")
_CURRENCY = pattern("lookalikes.currency")
_BEFORE_GROUP = pattern("lookalikes.before_group")
_AFTER_GROUP = pattern("lookalikes.after_group")
_PERCENT = pattern("lookalikes.percent")
_DECIMALS = pattern("lookalikes.decimals")
_DECIMALS_AFTER = pattern("lookalikes.decimals_after")
_FILE_AND_LINE = pattern("lookalikes.file_and_line")
_LINE_OF_SOURCE = pattern("lookalikes.line_of_source")
_SAID = pattern("lookalikes.said")
_HOST = pattern("lookalikes.host")
_IN_A_PATH = pattern("lookalikes.in_a_path")
_HTTP_LOG = pattern("lookalikes.http_log")
_ENDS_OF_CURRENCIES = "$€£¥₹/.s"
_PORT = regex(r"/(?:tcp|udp)\b|->[0-9]{2,5}/")


def glued(left: str, right: str) -> str | None:
    """None where the number is part of something longer; the label that is glued to it (`error401`, `http_401`)."""
    if (right[:1].isalnum() or right[:1] == "_") and not _PLURAL.match(right):
        return None
    if _FILE.match(right):
        return None
    if left[-1:].isalnum() or left[-1:] == "_":
        label = _GLUED_LABEL.search(left)
        # `"err_1003": "..."` is the key of a text; `codigo_1003` is the name of a template, `error_401` and `http_401` are how programs write.
        if label and left[-1:] == "_" and (label[1].startswith("cod") or _KEY_ENDS.match(right)):
            return None
        return label[1] if label and label[1] in LABEL else None
    # `WA-1003`, `promo-131026`: a ticket of the tracker, a name.
    key = _KEYED.search(left) if "-" in left[-2:] else None
    if key and key[1] not in LABEL and not key[1].startswith(("gup", "gs", "meta", "graph", "whats", "http", "code")):
        return None
    return ""


def plainly_other(left: str, right: str, number: str) -> Reason | None:
    if (left.rstrip()[-1:] in _ENDS_OF_CURRENCIES and _CURRENCY.search(left)) or right[:1] in ("€", "$", "₹"):
        return DismissalReason.PRICE()
    if _PERCENT.match(right) or right[:1] in ("º", "°", "ª"):
        return DismissalReason.QUANTITY()
    if _DECIMALS.match(right) or _DECIMALS_AFTER.search(left):
        return DismissalReason.NAME_PART()
    if left.endswith(("+", "@", "~")) or right.startswith("@"):
        return DismissalReason.NAME_PART()
    # At the end, or before a newline at the end.
    colon = ":" in left[-2:]
    if (colon and _FILE_AND_LINE.search(left)) or _LINE_OF_SOURCE.search(left):
        return DismissalReason.SOURCE_LINE()
    if left.endswith(":") and not _SAID.search(left):
        return DismissalReason.PORT()
    if colon and _HOST.search(left):
        return DismissalReason.PORT()
    if right[:1] in ("/", "?", "-", ".") and right[1:2].isalnum() and _IN_A_PATH.search(left):
        return DismissalReason.ADDRESS_PART()
    if len(number) < 6 and (_AFTER_GROUP.match(right) or _BEFORE_GROUP.search(left)) and not _HTTP_LOG.search(left):
        return DismissalReason.NUMBER_ROW()
    return None
