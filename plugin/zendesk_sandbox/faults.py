"""Fault injection: a plan says which request or webhook meets which kind of fault.

The kinds are data (`faults.toml`). A plan is data, too: rows of `kind`, `method`, `path`, `nth` and `times`, in TOML or
JSON.
"""

from __future__ import annotations

import json
import re
import threading
import time
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError


class PlanError(ValueError):
    """A plan cannot be read; the message says where."""


class _FaultFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FaultKind(_FaultFile):
    """One kind of fault; the head of `faults.toml` says what each field means."""

    says: str
    on: Literal["request", "webhook"] = "request"
    applied: bool = False
    status: int | None = None
    headers: Mapping[str, str] = Field(default_factory=dict)
    body: str = ""
    spoil: Literal["html", "empty", "half", "garbage", "not_packed", "list", "other", "types", "nulls"] | None = None
    wire: Literal["reset", "cut", "silence", "slow", "late", "drip"] | None = None
    seconds: float = 0.0
    lasting: float = 0.0
    options: Mapping[str, Any] = Field(default_factory=dict)
    date: str | None = None
    meanwhile: Literal["client", "agent", "app"] | None = None
    export: Literal["repeat", "empty"] | None = None
    delivery: tuple[float, ...] | None = None
    kill: bool = False


class Fault(_FaultFile):
    """One row of a plan: from the `nth` match on, `times` matches meet with it."""

    kind: str
    method: str = "*"
    # Below `/api/v2/`, or from the root (`oauth/tokens`); `*` is one part of a path, `**` any number of them. With a
    # question mark the query has to match, too.
    path: str = "**"
    nth: int = Field(1, ge=1)
    times: int = Field(1, ge=1)
    # In place of the kind's own figures.
    seconds: float | None = None
    lasting: float | None = Field(None, ge=0)


@cache
def kinds() -> Mapping[str, FaultKind]:
    """All kinds of fault, by name."""
    text = resources.files(__package__).joinpath("faults.toml").read_text(encoding="utf-8")
    return {name: FaultKind.model_validate(table) for name, table in tomllib.loads(text).items()}


def read_plan(path: Path) -> tuple[Fault, ...]:
    """The rows of a TOML file (`[[fault]]`) or a JSON file (a list, or `{"fault": [...]}`). Raises `PlanError`."""
    try:
        text = path.read_text(encoding="utf-8")
        given = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise PlanError(f"{path}: {error}") from None
    return rows_of(given)


def rows_of(given: Any) -> tuple[Fault, ...]:
    """Checked rows. Raises `PlanError`."""
    if isinstance(given, Mapping):
        if unknown := given.keys() - {"fault"}:
            raise PlanError(f"a plan holds [[fault]] tables, not {', '.join(sorted(unknown))}")
        given = given.get("fault", [])
    try:
        rows = TypeAdapter(tuple[Fault, ...]).validate_python(given)
    except ValidationError as error:
        first = error.errors()[0]
        raise PlanError(f"fault {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    for row in rows:
        if row.kind not in kinds():
            raise PlanError(f"no kind of fault is called {row.kind!r}; there are {', '.join(sorted(kinds()))}")
    return rows


class _Row:
    """A row and how far it has come."""

    def __init__(self, fault: Fault) -> None:
        self.fault, self.kind = fault, kinds()[fault.kind]
        self.seconds = self.kind.seconds if fault.seconds is None else fault.seconds
        self.lasting = self.kind.lasting if fault.lasting is None else fault.lasting
        self.path = _pattern(fault.path)
        self.seen = self.hit = 0
        self._until: float | None = None

    def matches(self, on: str, method: str, path: str, query: str) -> bool:
        right_method = self.fault.method in ("*", method)
        target = f"{path}?{query}" if "?" in self.fault.path else path
        return self.kind.on == on and right_method and self.path.fullmatch(target) is not None

    def is_due(self) -> bool:
        """Count one match, and say whether it meets with the fault."""
        self.seen += 1
        now = time.monotonic()
        if self._until is None and self.seen >= self.fault.nth:
            self._until = now + self.lasting
        first, last = self.fault.nth, self.fault.nth + self.fault.times - 1
        return first <= self.seen <= last or (self._until is not None and now < self._until)


class Met(_FaultFile):
    """A fault that happened: to what, and with which figures."""

    kind: str
    method: str
    path: str
    seconds: float

    @property
    def how(self) -> FaultKind:
        return kinds()[self.kind]


class FaultPlan:
    """What is to go wrong, and what did; for any number of threads."""

    def __init__(self, rows: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._rows: list[_Row] = []
        # Everything that happened, in its order.
        self.met: list[Met] = []
        # Kills the process under test.
        self.on_kill: Callable[[Met], None] = lambda _: None
        self.add(*rows)

    def add(self, *rows: Fault, ahead: bool = False) -> None:
        """More rows, behind the others or ahead of them."""
        with self._lock:
            more = [_Row(row) for row in rows]
            self._rows = [*more, *self._rows] if ahead else [*self._rows, *more]

    def replace(self, rows: Sequence[Fault] = ()) -> None:
        """Forget the old rows, their counts and what happened."""
        with self._lock:
            self._rows, self.met = [_Row(row) for row in rows], []

    def request(self, method: str, path: str, query: str = "") -> Met | None:
        """What this request meets with. Every row that fits counts it; the first that is due has it."""
        return self._met("request", method, _below_api(path), query)

    def webhook(self, webhook_id: str) -> tuple[float, ...]:
        """After how many seconds each copy of a webhook goes out."""
        met = self._met("webhook", "WEBHOOK", webhook_id)
        return (0.0,) if met is None or met.how.delivery is None else met.how.delivery

    def _met(self, on: str, method: str, path: str, query: str = "") -> Met | None:
        with self._lock:
            due = [row for row in self._rows if row.matches(on, method, path, query) and row.is_due()]
            if not due:
                return None
            due[0].hit += 1
            met = Met(kind=due[0].fault.kind, method=method, path=path, seconds=due[0].seconds)
            self.met.append(met)
            return met

    def left(self) -> list[Fault]:
        """Rows that nothing has met with so far."""
        with self._lock:
            return [row.fault for row in self._rows if not row.hit]

    def as_json(self) -> list[dict[str, Any]]:
        """Each row with how many requests it fitted and how many met with it."""
        with self._lock:
            return [{**row.fault.model_dump(exclude_none=True), "seen": row.seen, "hit": row.hit} for row in self._rows]


def _below_api(path: str) -> str:
    return path.removeprefix("/api/v2/").removeprefix("/").removesuffix(".json")


def _pattern(glob: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*|\*)", glob)
    return re.compile("".join({"**": ".*", "*": "[^/]+"}.get(part, re.escape(part)) for part in parts))
