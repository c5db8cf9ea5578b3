"""Requeues tickets whose worker is gone for good, and those that DBOS itself gave up.

DBOS resumes work only for a worker of the same name; its open-source edition leaves all else to us.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from .leases import expired_lease
from .light_dbos import DBOS

log = logging.getLogger(__name__)

_LIMIT = 500


def recover_stalled(engine: sa.Engine, state: Path, ours: str, grace: float) -> int:
    """Requeue what dead workers had in hand, each in the queue that it came from; how many entries.

    They keep their partition, so that a ticket still has one worker at a time, and their place by age. Holding the
    lease proves that its worker is dead, and keeps anybody from becoming `worker-3` meanwhile.
    """
    found = 0
    for executor in sorted({flow.executor_id for flow in _pending() if flow.executor_id not in (None, ours)}):
        number = executor.rpartition("-")[2]
        if not number.isdigit():
            continue
        with expired_lease(engine, state, int(number), grace) as expired:
            # Read again: what was there before we held the lease may be done, or resumed by one that came back.
            stalled = _pending(executor) if expired else []
            queues = defaultdict(list)
            for flow in stalled:
                queues[flow.queue_name].append(flow.workflow_id)
            for queue, ids in queues.items():
                DBOS.resume_workflows(ids, queue_name=queue)
        if stalled:
            log.warning("%s: lease expired: requeued the tickets it had in hand (%s)", executor, len(stalled))
        found += len(stalled)
    return found


def requeue_broken(enqueue: Callable[[str, int], None]) -> None:
    """Inside of a workflow, requeue what DBOS gave up because its database was gone at the wrong moment.

    A handler never raises, so none of these is a ticket's fault.
    """
    broken = DBOS.run_step({"name": "broken"}, _broken)
    for ticket_id, made in broken.values():
        log.error("ticket %s: aborted by the queue; requeued", ticket_id)
        enqueue(f"again:{ticket_id}:{made}", ticket_id)
    if broken:
        DBOS.run_step({"name": "clear away"}, DBOS.delete_workflows, list(broken))


def _broken() -> dict[str, list[int]]:
    """Entry -> its ticket, and when it was made; the ticket is the second part of a key."""
    found = DBOS.list_workflows(
        status=["ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"],
        name="ticket",
        load_input=False,
        load_output=False,
        limit=_LIMIT,
    )
    parts = {flow.workflow_id: (flow.workflow_id.split(":")[1:2], flow.created_at or 0) for flow in found}
    return {key: [int(ids[0]), made] for key, (ids, made) in parts.items() if ids and ids[0].isdigit()}


def _pending(executor: str | None = None) -> list[Any]:
    return DBOS.list_workflows(
        status="PENDING", executor_id=executor, load_input=False, load_output=False, limit=10_000
    )
