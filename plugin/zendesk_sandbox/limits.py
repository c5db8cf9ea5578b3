"""Zendesk's request budgets: fixed windows, reported in headers, refused with 429 and `Retry-After`.

https://developer.zendesk.com/api-reference/introduction/rate-limits/
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from .errors import StoreError
from .options import Options

_NO_LIMIT = 1_000_000


@dataclass(frozen=True)
class AccountBudget:
    """A count that starts anew every `window` seconds; `key` tells apart who shares it."""

    name: str
    key: str
    total: int
    window: int


class AccountLimits:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used: dict[str, tuple[int, int]] = {}

    def clear(self) -> None:
        with self._lock:
            self._used.clear()

    def spend(self, budgets: list[AccountBudget], options: Options, now: float) -> dict[str, str]:
        """The headers after one more request of these kinds; the first budget is the account's own."""
        headers: dict[str, str] = {}
        refusal: StoreError | None = None
        for budget in budgets:
            with self._lock:
                window, used = self._used.get(budget.key, (-1, 0))
                current = int(now // budget.window)
                used = 1 if window != current else used + 1
                self._used[budget.key] = (current, used)
                if len(self._used) > 20_000:  # windows of tickets nobody asks for any more
                    self._used = {key: row for key, row in self._used.items() if row[0] == int(now // budget.window)}
            resets = max(1, int((current + 1) * budget.window - now))
            if options.limits:
                headers |= _headers(budget, max(0, budget.total - used), resets)
            else:
                # A client that keeps to the reported limit is not held back.
                headers |= _headers(replace(budget, total=_NO_LIMIT), _NO_LIMIT, resets)
            if options.limits and used > budget.total and refusal is None:
                refusal = _refusal(budget, resets)
        if refusal is not None:
            raise StoreError(refusal.status, refusal.body, headers | refusal.headers)
        return headers


def budgets(method: str, path: str, user_id: int, options: Options) -> list[AccountBudget]:
    """What a request counts against: the account, and where it is one of those, its own smaller budget."""
    found = [AccountBudget("account", "account", options.requests_per_minute, 60)]
    parts = path.removeprefix("/api/v2/").split("/")
    if method == "PUT" and parts[0] == "tickets" and len(parts) >= 2:
        found.append(AccountBudget("tickets-update", "updates", options.ticket_updates_per_minute, 60))
        if parts[1].isdigit():
            key = f"{user_id} {parts[1]}"
            found.append(AccountBudget("per-ticket-updates", key, options.updates_per_ticket_in_10_minutes, 600))
    if parts[0] == "incremental":
        found.append(AccountBudget("incremental-exports", "exports", options.exports_per_minute, 60))
    if parts[:2] == ["search", "export"]:
        found.append(AccountBudget("search-export", "search", options.search_exports_per_minute, 60))
    if method == "GET" and parts == ["tickets"]:
        found.append(AccountBudget("tickets-index", "index", 100, 60))
    return found


def _headers(budget: AccountBudget, left: int, resets: int) -> dict[str, str]:
    if budget.name != "account":
        return {f"zendesk-ratelimit-{budget.name}": f"total={budget.total}; remaining={left}; resets={resets}"}
    row = {"x-rate-limit": budget.total, "x-rate-limit-remaining": left, "ratelimit-limit": budget.total}
    row |= {"ratelimit-remaining": left, "ratelimit-reset": resets}
    return {key: str(value) for key, value in row.items()}


def _refusal(budget: AccountBudget, resets: int) -> StoreError:
    wait = {"Retry-After": str(resets)}
    if budget.name == "account":  # plain text, as in the documentation's own example
        return StoreError(429, "Number of allowed API requests per minute exceeded", wait)
    what = "incremental export API requests" if budget.name == "incremental-exports" else f"{budget.name} API requests"
    description = f"Number of allowed {what} per minute exceeded"
    return StoreError(429, {"error": "APIRateLimitExceeded", "description": description}, wait)
