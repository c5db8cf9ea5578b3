"""What can be changed about the sandbox, also while it runs: speed, delays, limits and its clock."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any


@dataclass(frozen=True)
class Options:
    """The defaults are Zendesk's figures, so that a client that works here has met them."""

    # How long every API answer is held back.
    latency_ms: int = 0
    # How young a change may be and still be hidden from the incremental export, in seconds.
    incremental_lag: int = 60
    # Seconds by which the sandbox's clock is ahead; tokens, windows and stamps go by it, the Date header does not.
    clock_offset: float = 0.0
    # False: nothing is refused and the headers show budgets that nobody can use up.
    limits: bool = True
    requests_per_minute: int = 700
    ticket_updates_per_minute: int = 100
    updates_per_ticket_in_10_minutes: int = 30
    exports_per_minute: int = 10
    search_exports_per_minute: int = 100
    # A webhook's endpoint has this long to answer; what Zendesk waits between attempts is not published.
    webhook_timeout: float = 10.0
    webhook_retry_delay: float = 1.0
    # How long a webhook whose calls keep failing is not called at all.
    breaker_pause: float = 5.0
    # False: the plan has no conversation log, and Zendesk answers 404 for it.
    conversation_log: bool = True
    # How long a bulk job stays queued.
    job_delay: float = 0.05
    # What the ticket page does to the app in its frame: each answer held back, none given at all, paths (separated by
    # spaces) that answer an error, a composer in plain text, a comment type that stays as it is.
    app_latency_ms: int = 0
    app_silent: bool = False
    app_errors: str = ""
    app_rich_text: bool = True
    app_comment_type_fixed: bool = False

    def changed(self, values: dict[str, Any]) -> Options:
        """These options with some values replaced; unknown names and wrong types are a `ValueError`."""
        kinds = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        for name, value in values.items():
            if name not in kinds:
                raise ValueError(f"unknown option {name!r}; there are {', '.join(sorted(kinds))}")
            wanted = (int, float) if kinds[name] is float else kinds[name]
            if not isinstance(value, wanted) or (isinstance(value, bool) and kinds[name] is not bool):
                raise ValueError(f"option {name!r} must be {kinds[name].__name__}, not {value!r}")
        return replace(self, **values)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
