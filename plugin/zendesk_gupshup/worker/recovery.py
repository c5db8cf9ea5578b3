"""What workers that do not come back had in hand goes back into the queue.

DBOS gives such work only to a worker of the same name; for all others its open edition leaves this to us.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dbos import DBOS

from .leases import expired_workers

log = logging.getLogger(__name__)


def recover_stalled(engine: sa.Engine, state: Path, ours: str, grace: float) -> int:
    """Queue again what dead workers were at, each in the queue that it came from; how many entries that were.

    They keep their partition, so that a ticket still has one worker at a time, and their place by age. Who is dead,
    and that nobody becomes `worker-3` meanwhile, is proven by holding that slot.
    """
    found = 0
    for executor in sorted({flow.executor_id for flow in _pending() if flow.executor_id not in (None, ours)}):
        number = executor.rpartition("-")[2]
        if not number.isdigit():
            continue
        with expired_workers(engine, state, int(number), grace) as gone:
            # Read anew: what was there before we held the slot may be done, or taken up by one that came back.
            orphans = _pending(executor) if gone else []
            queues = defaultdict(list)
            for flow in orphans:
                queues[flow.queue_name].append(flow.workflow_id)
            for queue, ids in queues.items():
                DBOS.resume_workflows(ids, queue_name=queue)
        if orphans:
            log.warning("%s does not come back: what it had in hand (%s) is queued again", executor, len(orphans))
        found += len(orphans)
    return found


def _pending(executor: str | None = None) -> list[Any]:
    return DBOS.list_workflows(
        status="PENDING", executor_id=executor, load_input=False, load_output=False, limit=10_000
    )
