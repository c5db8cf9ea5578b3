"""What a report says: numbers, codes and ids, as one frozen value that every renderer reads."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from zendesk_gupshup.model.base import Language, StrictModel
from zendesk_gupshup.report.spikes import Spike

By = Literal["hour", "day", "week"]

# Upper ends, in seconds, of the steps of a `Spread`; one more step is open.
STEPS = (10, 60, 300, 3600, 86_400)


class Scope(StrictModel):
    """What the report covers: a period, half open, or one run. Times are Unix seconds, days are of `zone`."""

    account: str
    run: str | None = None
    since: int
    until: int
    zone: str = "UTC"
    by: By
    generated: int


class Names(StrictModel):
    """Names of organizations by id, and of apps by App ID or account number; only where they were asked for."""

    organizations: dict[int, str] = Field(default_factory=dict)
    apps: dict[str, str] = Field(default_factory=dict)


class Share(StrictModel):
    name: str
    tickets: int


class Code(StrictModel):
    code: str
    title: str
    meaning: str
    who: tuple[str, ...]
    tickets: int
    # Of these, how many are certain; the others need an agent's eye.
    certain: int
    organizations: int


class Series(StrictModel):
    code: str
    counts: tuple[int, ...]


class Over(StrictModel):
    """Codes by hour, day or week; `times` are the local beginnings."""

    times: tuple[str, ...] = ()
    series: tuple[Series, ...] = ()


class PlaceCount(StrictModel):
    """An organization, or an app (an Enterprise account)."""

    id: str
    name: str | None
    tickets: int
    codes: tuple[Share, ...]


class Spread(StrictModel):
    """Durations in seconds; `steps` counts them by `STEPS`."""

    count: int
    median: int
    ninetieth: int
    longest: int
    steps: tuple[int, ...]


class NextWord(StrictModel):
    """After our replies: who wrote next, and how long that took."""

    replies: int
    silent: int
    gone: int
    not_read: int
    by: tuple[Share, ...]
    after: Spread | None


class Agreement(StrictModel):
    code: str
    agreed: int
    differed: int
    open: int


class Unknown(StrictModel):
    code: str
    tickets: tuple[int, ...]


class IncidentLine(StrictModel):
    """One incident; times are Unix seconds. `ended_by`: `agent`, `silence` or `setting`."""

    code: str
    begun: int
    ended: int | None
    ended_by: str | None
    organizations: int
    problem: int | None
    tickets: int


class FailureCount(StrictModel):
    """`waiting` will be tried again; `gone` is deleted or closed; `failed` is left for a person."""

    state: Literal["failed", "waiting", "gone"]
    reason: str
    tickets: tuple[int, ...]


class Requests(StrictModel):
    """`skipped` tickets had not changed since they were settled; each would have been read, with its comments.

    `saved_by_bulk`: updates that went out by the hundred, less one request for each hundred.
    """

    spent: int
    looks: int
    skipped: int
    saved_by_skipping: int
    saved_by_bulk: int


class Totals(StrictModel):
    tickets: int
    errors: int
    possible: int
    without_code: int
    replies: int
    notes: int
    tagged: int
    dry: int
    failed: int


class Report(StrictModel):
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
    incidents: tuple[IncidentLine, ...] = ()
    failures: tuple[FailureCount, ...]
    recovered: int
    requests: Requests
