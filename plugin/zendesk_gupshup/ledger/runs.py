"""The runs that the ledger knows, each with the sums of its entries and counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from zendesk_gupshup.storage.run_lock import RunLocks
from zendesk_gupshup.storage.schema import COUNTED, DECISION, RUN

# The run of all workers, which has no end.
LIVE = "live"
# `did` of a count of tickets that were not read: they stood as they were settled.
SKIPPED = "skipped"


@dataclass(frozen=True)
class Run:
    """`status`: `live`, `running`, `interrupted` (killed without an end), or how it ended."""

    id: str
    kind: str
    asked: str
    applied: bool
    started: int
    ended: int | None
    status: str
    looks: int = 0
    entries: int = 0
    found: int = 0
    written: int = 0
    failed: int = 0
    requests: int = 0


def read_runs(engine: sa.Engine, account: str, locks: RunLocks) -> tuple[Run, ...]:
    """All runs, the newest first."""
    sums = [
        sa.func.count().label("entries"),
        sa.func.sum(sa.case((DECISION.c.codes > 0, 1), else_=0)).label("found"),
        sa.func.sum(sa.case((DECISION.c.writes > 0, 1), else_=0)).label("written"),
        sa.func.sum(sa.case((_failed(), 1), else_=0)).label("failed"),
        sa.func.sum(DECISION.c.requests).label("requests"),
    ]
    looked = sa.case((COUNTED.c.did != SKIPPED, COUNTED.c.looks), else_=0)
    counted = [sa.func.sum(looked).label("looks"), sa.func.sum(COUNTED.c.requests).label("requests")]
    with engine.connect() as connection:
        found = connection.execute(
            sa.select(RUN).where(RUN.c.account == account).order_by(RUN.c.started.desc(), RUN.c.id.desc())
        ).mappings().all()  # fmt: skip
        entries = _by_run(connection, account, DECISION, sums)
        counts = _by_run(connection, account, COUNTED, counted)
    return tuple(_run(row, entries.get(row["id"], {}), counts.get(row["id"], {}), locks) for row in found)


def _by_run(connection: sa.Connection, account: str, table: sa.Table, sums: list[Any]) -> dict[str, Mapping[str, Any]]:
    query = sa.select(table.c.run, *sums).where(table.c.account == account).group_by(table.c.run)
    return {str(row["run"]): dict(row) for row in connection.execute(query).mappings()}


def _run(row: sa.RowMapping, made: Mapping[str, Any], counted: Mapping[str, Any], locks: RunLocks) -> Run:
    entries = int(made.get("entries") or 0)
    return Run(
        **{name: row[name] for name in ("id", "kind", "asked", "applied", "started", "ended")},
        status=_status(row, locks),
        looks=entries + int(counted.get("looks") or 0),
        entries=entries,
        found=int(made.get("found") or 0),
        written=int(made.get("written") or 0),
        failed=int(made.get("failed") or 0),
        requests=int(made.get("requests") or 0) + int(counted.get("requests") or 0),
    )


def _status(row: sa.RowMapping, locks: RunLocks) -> str:
    if row["ended"] is not None:
        return str(row["status"])
    if row["kind"] == LIVE:
        return LIVE
    return "running" if locks.is_held(row["id"]) else "interrupted"


def _failed() -> sa.ColumnElement[bool]:
    """The worker comes back to what is for `later`; any other run has ended by then."""
    unfinished = DECISION.c.did.in_(("writing", "later")) & (DECISION.c.run != LIVE)
    return DECISION.c.did.in_(("failed", "gone")) | unfinished
