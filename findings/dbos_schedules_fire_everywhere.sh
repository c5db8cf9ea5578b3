#!/usr/bin/env bash
# DBOS Transact 3.4.0: a schedule belongs to the store, not to the process that made it. Every later process on that
# store fires it, also one that neither makes the schedule nor listens to its queue; what it enqueues waits for nobody.
#
# A good guess: `DBOS.listen_queues` says what a process takes part in, so a process that does not listen to `sweeps`
# leaves its schedule alone.
# Seen: 6 s with a schedule of 1 s in a process that listens to `tickets` alone: 5 to 7 more workflows ENQUEUED on
# `sweeps`, none of them ever taken. The product therefore begins its sweeps itself and deletes old schedules.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check dbos==3.4.0
cat >"$folder/one.py" <<'PY'
import sys
import time
from datetime import datetime

from dbos import DBOS

store, who = sys.argv[1:]
DBOS(config={
    "name": "app", "system_database_url": f"sqlite:///{store}", "application_version": "1", "executor_id": who,
    "run_admin_server": False,
})


@DBOS.workflow(name="sweep")
def sweep(at: datetime, context: object) -> None:
    pass


DBOS.listen_queues(["tickets", "sweeps"] if who == "sweeper" else ["tickets"])
DBOS.launch()
DBOS.register_queue("tickets")
DBOS.register_queue("sweeps")
if who == "sweeper":
    DBOS.apply_schedules([
        {"schedule_name": "sweep", "workflow_fn": sweep, "schedule": "* * * * * *", "queue_name": "sweeps"}
    ])
time.sleep(6)
print(sum(1 for flow in DBOS.list_workflows(name="sweep") if flow.status == "ENQUEUED"))
DBOS.destroy()
PY
first=$("$folder/venv/bin/python" "$folder/one.py" "$folder/store.sqlite" sweeper 2>/dev/null)
second=$("$folder/venv/bin/python" "$folder/one.py" "$folder/store.sqlite" listener-of-tickets 2>/dev/null)
echo "dbos 3.4.0: waiting on sweeps after the sweeper: $first, after a process that does not listen to them: $second"
test "$second" -ge $((first + 3)) || { echo "the behaviour has changed" >&2; exit 1; }
