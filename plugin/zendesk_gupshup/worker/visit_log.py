"""What a visit leaves in the log and in the metrics: one line with the decision, without a word of the customer's."""

from __future__ import annotations

import traceback
from pathlib import Path

from zendesk_gupshup.ops import metrics
from zendesk_gupshup.ops.light_structlog import structlog
from zendesk_gupshup.pipeline import Outcome

decisions = structlog.get_logger("decision")


def log_visit(outcome: Outcome, seconds: float, attempt: int) -> None:
    """One line, and the counters of codes, guards and writes."""
    record = outcome.record()
    decisions.info("decision", seconds=round(seconds, 3), attempt=attempt, **record)
    metrics.HANDLED.labels(outcome.did).inc()
    metrics.SECONDS.observe(seconds)
    # The first visit to a ticket that only waits for a file has counted its codes already.
    repeated = outcome.did == "later" and not outcome.writes
    for code in () if repeated else record["codes"]:
        metrics.FOUND.labels(code, record["mode"]).inc()
    for guard in () if repeated else record["guards"]:
        metrics.GUARDED.labels(guard).inc()
    for step in record["written"]:
        metrics.WRITTEN.labels(step).inc()


def raised_at(error: Exception) -> str:
    """Where an exception was raised, without its message, which may hold a customer's words."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {Path(frames[-1].filename).name}:{frames[-1].lineno}"
