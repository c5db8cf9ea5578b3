"""What is worth an alert, and when it is. Pure: what was read goes in, alerts come out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

# A number, or a code with its namespace.
_SHAPE = re.compile(r"[0-9A-Za-z_.:# -]{1,64}")


class AlertKind(StrEnum):
    """Each has its words in `words.toml`, its row in docs/operating.md, and can be acknowledged by its name."""

    CREDENTIAL = "credential"
    CEILING = "ceiling"
    FAILURES = "failures"
    QUEUE = "queue"
    SWEEP = "sweep"
    INCIDENT = "incident"
    UNKNOWN_CODE = "unknown_code"

    @property
    def lasts(self) -> bool:
        """Whether it holds until it is over. The others happen at one moment, and are told of once."""
        return self not in (AlertKind.INCIDENT, AlertKind.UNKNOWN_CODE)

    @property
    def calm_seconds(self) -> int:
        """Without it for so long it is over, and the next time is a new event: what flickers is one event."""
        return 3600 if self is AlertKind.CEILING else 900


@dataclass(frozen=True)
class WorkerAlert:
    """`subject` tells events of one kind apart. `values` are numbers and code-shaped names, never a text."""

    kind: AlertKind
    subject: str = ""
    values: Mapping[str, int | str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = (self.subject, *(value for value in self.values.values() if isinstance(value, str)))
        if not all(_SHAPE.fullmatch(name) for name in names if name):
            raise ValueError("a value of an alert is no number and no code")

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.subject}" if self.subject else self.kind.value


def incident(code: str, organizations: int, problem_ticket: int) -> WorkerAlert:
    """An incident began: one code, such as `meta 131049`, comes from several organizations."""
    values: dict[str, int | str] = {"code": code, "organizations": organizations, "ticket": problem_ticket}
    return WorkerAlert(AlertKind.INCIDENT, str(problem_ticket), values)


def unknown_code(code: str) -> WorkerAlert:
    """A code that no dictionary has was seen for the first time."""
    return WorkerAlert(AlertKind.UNKNOWN_CODE, code, {"code": code})


@dataclass(frozen=True)
class AlertReadings:
    """What the worker knows of itself. `sweep_seconds`: since the sweep last got on; `None` where it does not run."""

    credential_refused: bool = False
    replies: int = 0
    replies_per_hour: int = 0
    failures: int = 0
    queue_seconds: float = 0.0
    sweep_seconds: float | None = None
    unknown_codes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class AlertLimits:
    queue_minutes: int = 10
    sweep_minutes: int = 10


def alerts_of(readings: AlertReadings, limits: AlertLimits) -> tuple[WorkerAlert, ...]:
    """All that is wrong. With refused credentials neither queue nor sweep can get on: that is no news."""
    return tuple(_alerts_of(readings, limits))


def _alerts_of(readings: AlertReadings, limits: AlertLimits) -> Iterable[WorkerAlert]:
    if readings.credential_refused:
        yield WorkerAlert(AlertKind.CREDENTIAL)
    if 0 < readings.replies_per_hour <= readings.replies:
        yield WorkerAlert(AlertKind.CEILING, values={"limit": readings.replies_per_hour})
    if readings.failures:
        yield WorkerAlert(AlertKind.FAILURES, values={"count": readings.failures})
    if not readings.credential_refused:
        if readings.queue_seconds > limits.queue_minutes * 60:
            yield WorkerAlert(AlertKind.QUEUE, values={"minutes": int(readings.queue_seconds // 60)})
        if readings.sweep_seconds is not None and readings.sweep_seconds > limits.sweep_minutes * 60:
            yield WorkerAlert(AlertKind.SWEEP, values={"minutes": int(readings.sweep_seconds // 60)})
    yield from map(unknown_code, sorted(readings.unknown_codes))
