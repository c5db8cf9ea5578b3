"""Turn one HTTP answer of Zendesk into its JSON or into the one exception that says what to do next. Pure.

https://developer.zendesk.com/api-reference/introduction/requests/ lists the statuses; the texts that come with them
differ from endpoint to endpoint, so the status decides and the text only refines.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
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

# A wait that Zendesk asks for is taken as at least a second, so that nobody spins, and as at most a quarter of an hour,
# so that a nonsensical header does not park a worker for a day.
SHORTEST_WAIT = 1.0
LONGEST_WAIT = 900.0
# Zendesk counts by the minute: without a word from it, the next minute is a new one.
USUAL_WAIT = 60.0
# The ticket itself, and not a list below it.
_TICKET = re.compile(r"/tickets/\d+(?:\.json)?/?$")


def read(
    method: str, path: str, status: int, headers: Mapping[str, str], body: bytes, *, longest: float = LONGEST_WAIT
) -> dict[str, Any]:
    """The JSON object of a good answer; every other answer raises. `headers` must not care about case.

    No wait that is asked for counts for more than `longest` seconds.
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
        seconds, cut = bounded_wait(headers, longest)
        raise Busy(f"{what}: rate limit ({said}{cut})", status=status, retry_after=seconds)
    if status == 503 and "retry-after" in headers:
        # Most likely refused at the door, but a write is only known not to have been applied after a look.
        seconds, cut = bounded_wait(headers, longest)
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


def bounded_wait(headers: Mapping[str, str], longest: float = LONGEST_WAIT) -> tuple[float, str]:
    """`wait` within the bounds, and words for the log where it was cut."""
    told = wait(headers)
    seconds = min(max(told, SHORTEST_WAIT), max(longest, SHORTEST_WAIT))
    return seconds, f"; told to wait {told:.0f} s, which is cut to {seconds:.0f} s" if told > seconds else ""


def wait(headers: Mapping[str, str]) -> float:
    """How long to wait, from `Retry-After` as seconds or as a date, else from the limits that Zendesk reports."""
    told = headers.get("retry-after", "").strip()
    seconds = _number(told)
    if seconds is None and told:
        seconds = _until(told, headers.get("date", ""))
    if seconds is None:
        seconds = max(_resets(headers), default=USUAL_WAIT)
    return seconds


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return None if math.isnan(number) else number


def _until(date: str, now: str) -> float | None:
    """Seconds from the answer's own `Date` to a date: no clock of ours takes part."""
    try:
        return (parsedate_to_datetime(date) - parsedate_to_datetime(now)).total_seconds()
    except (ValueError, TypeError, OverflowError):  # no date, or one with and one without a time zone
        return None


def _resets(headers: Mapping[str, str]) -> Iterator[float]:
    """When exhausted limits start anew: `zendesk-ratelimit-<name>: total=30; remaining=0; resets=468`, in either of the
    spellings that Zendesk uses, and the account's own `ratelimit-reset`."""
    for name, value in headers.items():
        if re.match(r"zendesk-rate-?limit-", name, re.IGNORECASE):
            match = re.search(r"\bremaining=0\b.*\bresets=(\d{1,9})\b", value)
        elif name.lower() in ("ratelimit-reset", "rate-limit-reset"):
            match = re.fullmatch(r"\s*(\d{1,9})\s*", value)
        else:
            continue
        if match:
            yield float(match[1])


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
