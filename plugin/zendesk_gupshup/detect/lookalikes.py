"""What is plainly no code by the characters beside it: a price, a port, a part of a name, a file, a phone number."""

from __future__ import annotations

from zendesk_gupshup.detect.beside import LABEL
from zendesk_gupshup.detect.patterns import regex
from zendesk_gupshup.model.detection_reasons import DismissalReason
from zendesk_gupshup.model.reason import Reason

_GLUED_LABEL = regex(r"(?:^|[^\w])([a-z]{3,9})[_-]?$")
_FILE = regex(
    r"[\w-]{0,12}\.(?:png|jpe?g|pdf|gif|webp|log|txt|csv|xlsx?|docx?|zip|json|ya?ml|md|html?|py|js|ts|mp4)(?![\w])"
)
_PLURAL = regex(r"(?:s|er|es)(?![\w])")
_KEY_ENDS = regex(r"[\"']\s?:")
_KEYED = regex(r"(?:^|[^\w-])([a-z]{1,12})-$")
_CURRENCY = regex(r"(?:[$€£¥₹]|\b(?:r\$|s/\.?|us\$|rs\.?))\s?$")
_BEFORE_GROUP = regex(r"(?:^|[\s(+])[0-9]{2,5}[ \t\-).]{1,2}$")
_AFTER_GROUP = regex(r"^[ \t\-).]{1,2}[0-9]{2,5}(?![0-9:./,-]?[0-9a-z])")
_PERCENT = regex(r"\s?%")
_DECIMALS = regex(r"[\"'`]?\s?[.,][0-9]")
_DECIMALS_AFTER = regex(r"[0-9][.,]$")
_FILE_AND_LINE = regex(r"\.[a-z]{1,5}:$")
_LINE_OF_SOURCE = regex(r"\.(?:py|js|ts|go|java|rb|php|cs)\"?,? line $")
# What a colon may follow that announces something; behind anything else, and behind a host, stands a port.
_SAID = regex(r"[\w\"'`\])*]:$")
_HOST = regex(r"(?:localhost|[0-9]):$")
_IN_A_PATH = regex(r"[\w-]/$")
_HTTP_LOG = regex(r"http(?:/[0-9.]{1,3})?\"?\s{1,2}$|status\s$|:[0-9]{2}(?:[.,][0-9]{1,6})?z?\]?\s{1,2}$")


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
    key = _KEYED.search(left)
    if key and key[1] not in LABEL and not key[1].startswith(("gup", "gs", "meta", "graph", "whats", "http", "code")):
        return None
    return ""


def plainly_other(left: str, right: str, number: str) -> Reason | None:
    if _CURRENCY.search(left) or right[:1] in ("€", "$", "₹"):
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
