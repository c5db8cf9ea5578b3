"""Turn one HTTP answer of Zendesk into its JSON or into the one exception that says what to do next. Pure.

https://developer.zendesk.com/api-reference/introduction/requests/ lists the statuses; the texts that come with them
differ from endpoint to endpoint, so the status decides and the text only refines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .errors import (
    Busy,
    Conflict,
    InvalidResponse,
    NotFound,
    OutcomeUnknown,
    Refused,
    TicketClosed,
    TicketGone,
    Unauthorized,
    Unreachable,
)
from .rate_limit_headers import LONGEST_WAIT, RateLimitHeaders

# The ticket itself, and not a list below it.
_TICKET = re.compile(r"/tickets/\d+(?:\.json)?/?$")


def read(
    method: str, path: str, status: int, headers: Mapping[str, str], body: bytes, *, longest: float = LONGEST_WAIT
) -> dict[str, Any]:
    """The JSON object of a good answer; every other answer raises. The keys of `headers` are case-insensitive.

    A wait that Zendesk asks for is cut to `longest` seconds.
    """
    what, is_write = subject(method, path), method.upper() not in ("GET", "HEAD")
    if 200 <= status < 300:
        return _value(what, status, body, is_write=is_write)
    error = _json(body)
    name = _error_name(error)
    said = f"{status} {name}".strip()
    if status == 401:
        raise Unauthorized(
            f"{what}: Zendesk does not accept the credentials ({said})", status=status, account_wide=True
        )
    if status == 403:
        # An agent may be kept from some tickets: only elsewhere is it about more than the one.
        raise Unauthorized(
            f"{what}: the user's rights or the token's scopes do not allow this ({said})",
            status=status,
            account_wide=not what.startswith("ticket "),
        )
    if status == 404:
        missing = TicketGone if _TICKET.search(path.partition("?")[0]) else NotFound
        raise missing(f"{what}: not found, or not part of the account's plan ({said})", status=status)
    if status == 409:
        raise Conflict(f"{what}: changed since it was read ({said})", status=status)
    if status == 429:
        seconds, cut = _wait(headers, longest)
        raise Busy(f"{what}: rate limit ({said}{cut})", status=status, retry_after=seconds)
    if status == 503 and "retry-after" in headers:
        # Most likely not applied, but for a write only the ticket itself can say so.
        seconds, cut = _wait(headers, longest)
        raise Busy(
            f"{what}: Zendesk is not available ({said}{cut})", status=status, retry_after=seconds, unclear=is_write
        )
    if status >= 500 or status == 408:
        if is_write:
            raise OutcomeUnknown(
                f"{what}: Zendesk failed on a write, which may have been applied ({said})", status=status
            )
        raise Unreachable(f"{what}: Zendesk could not answer ({said})", status=status)
    if 300 <= status < 400:
        # A wrong address, or a network that wants somebody to sign in first: no ticket is to blame for it.
        raise Refused(
            f"{what}: redirected ({said}): check ZENDESK_SUBDOMAIN or ZENDESK_BASE_URL",
            status=status,
            account_wide=True,
        )
    if status == 422 and _prevented_by_closing(error):
        raise TicketClosed(f"{what}: closed tickets cannot be changed ({said})", status=status)
    raise Refused(f"{what}: refused ({said}){_reasons(error)}", status=status)


def subject(method: str, path: str) -> str:
    """`ticket 7` where the path names one, else the call itself; never a query, which can hold a token."""
    path = path.partition("?")[0]
    if match := re.search(r"/tickets/(\d+)(?:[./]|$)", path):
        return f"ticket {match[1]}"
    return f"{method.upper()} {path}"


def _wait(headers: Mapping[str, str], longest: float) -> tuple[float, str]:
    """How long to wait, and words for the log where that is less than Zendesk asks for."""
    reported = RateLimitHeaders.parse(headers)
    seconds = reported.bounded_wait(longest)
    wanted = reported.wait
    return seconds, f"; Zendesk asks for {wanted:.0f} s, cut to {seconds:.0f} s" if wanted > seconds else ""


def _value(what: str, status: int, body: bytes, *, is_write: bool) -> dict[str, Any]:
    if status == 204:
        return {}
    value = _json(body)
    if not isinstance(value, dict):
        raise InvalidResponse(
            f"{what}: an answer ({status}, {len(body)} bytes) that is no JSON object; is there a proxy in between?",
            status=status,
            unclear=is_write,
        )
    return value


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _error_name(error: Any) -> str:
    """The identifier out of Zendesk's four kinds of envelope; sentences are left out, they may quote a customer.

    `{"error": "RecordNotFound"}`, the same with `details`, `{"error": {"title": ...}}`, `{"errors": [{"code": ...}]}`.
    """
    if not isinstance(error, dict):
        return ""
    errors = error.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    name = error.get("error")
    for candidate in (
        name,
        name.get("title") if isinstance(name, dict) else None,
        first.get("code") if isinstance(first, dict) else None,
    ):
        if isinstance(candidate, str) and re.fullmatch(r"[A-Za-z_]{1,60}", candidate):
            return candidate
    return ""


def _prevented_by_closing(error: Any) -> bool:
    """Zendesk has put these words under `status` and under `base`, with and without the name `ClosedTicket`."""
    return any("closed prevents" in text.lower() or text == "ClosedTicket" for text in _strings(error))


def _strings(value: Any) -> Iterator[str]:
    pending = [value]
    while pending:
        match pending.pop():
            case str(text):
                yield text
            case dict(items):
                pending.extend(items.values())
            case list(items):
                pending.extend(items)


# The part of a description that helps and cannot hold a customer's words: what stands before it may be a field's title,
# what stands after it a value.
_WORDING = re.compile(
    r"is required(?: when solving a ticket)?|cannot be (?:reset|blank|empty|changed)|is too (?:long|short)|is invalid"
    r"|is not (?:valid|allowed)"
)


def _reasons(error: Any) -> str:
    """`: base: field 1 is required when solving a ticket; priority: cannot be reset`, from `details`."""
    details = error.get("details") if isinstance(error, dict) else None
    if not isinstance(details, dict):
        return ""
    reasons = []
    for key, items in details.items():
        for item in items if isinstance(items, list) else [items]:
            item = item if isinstance(item, dict) else {"description": item}
            field = item.get("ticket_field_id")
            wording = _WORDING.search(str(item.get("description", "")))
            words = (
                f"field {field}" if isinstance(field, int) else "",
                wording[0] if wording else _error_name(item),
            )
            # A name of Zendesk's; anything else could be somebody's words.
            name = key if re.fullmatch(r"[a-z][a-z0-9_]{0,59}", key) else "a field"
            reasons.append(f"{name}: {' '.join(w for w in words if w) or 'not accepted'}")
    return f": {'; '.join(reasons[:20])}" if reasons else ""
