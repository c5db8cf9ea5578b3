"""What a report says: numbers, codes and ids, as one frozen value that every renderer reads."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from zendesk_gupshup.model.base import Language
from zendesk_gupshup.report.spikes import Spike

By = Literal["hour", "day", "week"]

# Upper ends, in seconds, of the steps of a `Spread`; one more step is open.
STEPS = (10, 60, 300, 3600, 86_400)


class _ReportValue(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Scope(_ReportValue):
    """What the report covers: a period, half open, or one run. Times are Unix seconds, days are of `zone`."""

    account: str
    run: str | None = None
    since: int
    until: int
    zone: str = "UTC"
    by: By
    generated: int


class Names(_ReportValue):
    """Names of organizations by id, and of apps by App ID or account number; only where they were asked for."""

    organizations: dict[int, str] = {}
    apps: dict[str, str] = {}


class Share(_ReportValue):
    name: str
    tickets: int


class Code(_ReportValue):
    code: str
    title: str
    meaning: str
    who: tuple[str, ...]
    tickets: int
    # Of these, how many are certain; the others need an agent's eye.
    certain: int
    organizations: int


class Series(_ReportValue):
    code: str
    counts: tuple[int, ...]


class Over(_ReportValue):
    """Codes by hour, day or week; `times` are the local beginnings."""

    times: tuple[str, ...] = ()
    series: tuple[Series, ...] = ()


class PlaceCount(_ReportValue):
    """An organization, or an app (an Enterprise account)."""

    id: str
    name: str | None
    tickets: int
    codes: tuple[Share, ...]


class Spread(_ReportValue):
    """Durations in seconds; `steps` counts them by `STEPS`."""

    count: int
    median: int
    ninetieth: int
    longest: int
    steps: tuple[int, ...]


class NextWord(_ReportValue):
    """After our replies: who wrote next, and how long that took."""

    replies: int
    silent: int
    gone: int
    not_read: int
    by: tuple[Share, ...]
    after: Spread | None


class Agreement(_ReportValue):
    code: str
    agreed: int
    differed: int
    open: int


class Unknown(_ReportValue):
    code: str
    tickets: tuple[int, ...]


class FailureCount(_ReportValue):
    """`waiting` will be tried again; `gone` is deleted or closed; `failed` is left for a person."""

    state: Literal["failed", "waiting", "gone"]
    reason: str
    tickets: tuple[int, ...]


class Requests(_ReportValue):
    """`skipped` tickets had not changed since they were settled; each would have been read, with its comments.

    `saved_by_bulk`: updates that went out by the hundred, less one request for each hundred.
    """

    spent: int
    looks: int
    skipped: int
    saved_by_skipping: int
    saved_by_bulk: int


class Totals(_ReportValue):
    tickets: int
    errors: int
    possible: int
    without_code: int
    replies: int
    notes: int
    tagged: int
    dry: int
    failed: int


class Report(_ReportValue):
    scope: Scope
    language: Language
    named: bool
    totals: Totals
    spikes: tuple[Spike, ...]
    over: Over
    codes: tuple[Code, ...]
    who: tuple[Share, ...]
    organizations: tuple[PlaceCount, ...]
    apps: tuple[PlaceCount, ...]
    languages: tuple[Share, ...]
    done: tuple[Share, ...]
    modes: tuple[Share, ...]
    guards: tuple[Share, ...]
    to_reply: Spread | None
    # `None`: left out, because it needs Zendesk.
    next_word: NextWord | None = None
    agreement: tuple[Agreement, ...] | None = None
    agreement_not_read: int = 0
    unknown: tuple[Unknown, ...]
    failures: tuple[FailureCount, ...]
    recovered: int
    requests: Requests
