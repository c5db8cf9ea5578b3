"""Deletes what is older than it is kept for, in every table of ours and in DBOS's."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from .light_dbos import DBOS

if TYPE_CHECKING:
    from zendesk_gupshup.zendesk.rate_limiter import RateLimiter

    from .handler_storage import HandlerStorage

_DAY = 86_400
_FINISHED_KEPT = timedelta(days=7)
_SETTLED_DAYS, _VISITS_DAYS = 30, 2


def delete_finished_workflows() -> None:
    """DBOS's open-source edition keeps finished workflows for ever; we keep a week of them."""
    before = (datetime.now(UTC) - _FINISHED_KEPT).isoformat()
    finished = DBOS.list_workflows(
        status=["SUCCESS", "CANCELLED"], completed_before=before, limit=5_000, load_input=False, load_output=False
    )
    if finished:
        DBOS.delete_workflows([flow.workflow_id for flow in finished])


def delete_expired(storage: HandlerStorage, limiter: RateLimiter, *, retention_days: int) -> None:
    """`retention_days`: how long the ledger and what belongs to it is kept. Raises `SQLAlchemyError`."""
    now = int(time.time())
    limiter.prune()
    storage.sweep_state.forget_before(now - _SETTLED_DAYS * _DAY)
    storage.ledger.forget_before(now - retention_days * _DAY)
    storage.dead_letters.forget_before(now - retention_days * _DAY)
    storage.visits.forget_before(now - _VISITS_DAYS * _DAY)
    storage.send_quota.prune()
    storage.ledger.markers.forget_before(now - retention_days * _DAY)
    storage.app.forget_before(now - retention_days * _DAY)
    storage.app_actions.forget_before(now - retention_days * _DAY)
