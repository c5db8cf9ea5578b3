"""The figures of `setup` and `doctor`, on sandbox accounts: requests, seconds, drift, kills, contract, macros."""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.setup_cases import (
    ALTERATIONS,
    ENDPOINT,
    Counting,
    access,
    alter,
    apply,
    brain,
    descriptions,
    problems,
    shape,
    snapshot,
)
from zendesk_gupshup.demo.stage import Api, environment, stage
from zendesk_gupshup.provision.apply import carry_out, plan, read
from zendesk_gupshup.provision.diff import owned, removal
from zendesk_gupshup.zendesk.client import Zendesk
from zendesk_sandbox.server import SandboxServer

SHARED = Path(__file__).parents[1].parent / "shared"
COMMAND = [sys.executable, "-m", "zendesk_gupshup", "setup", "apply", "--yes", "--address", ENDPOINT]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--macros", type=int, default=50, help="how many macros to time (0: none)")
    parser.add_argument("--no-kills", action="store_true", help="leave out the killed processes")
    given = parser.parse_args()
    brain()
    _there_and_back()
    _drift()
    _contract()
    if not given.no_kills:
        _kills()
    if given.macros:
        _macros(given.macros)
    _doctor()


def _account() -> SandboxServer:
    return SandboxServer(limits=False, incremental_lag=0)


def _there_and_back() -> None:
    with _account() as sandbox, Zendesk(access(sandbox.base_url)) as zendesk:
        before = snapshot(sandbox)
        for name in ("from nothing", "again"):
            asked, began = zendesk.requests_made.total(), time.monotonic()
            made = plan(zendesk, _setup(), brain())
            carry_out(zendesk, made.changes)
            took = time.monotonic() - began
            print(
                f"setup apply, {name}: {len(made.writes)} changes, {zendesk.requests_made.total() - asked} requests, "
                f"{took:.2f} s"
            )
        removed = removal(read(zendesk), with_data=True)
        carry_out(zendesk, removed)
        same = snapshot(sandbox) == before
        print(f"setup destroy --with-data: {len(removed)} removed; the account is as before: {same}")


def _setup() -> Any:
    from support.setup_cases import SETUP

    return SETUP


def _drift() -> None:
    found = mended = 0
    for _name, key, change in ALTERATIONS:
        with _account() as sandbox, Zendesk(access(sandbox.base_url)) as zendesk:
            ids = apply(zendesk)
            should = shape(sandbox)
            alter(zendesk, ids, key, change)
            found += {c.key for c in plan(zendesk, _setup(), brain()).changes if c.writes} == {key}
            apply(zendesk)
            mended += shape(sandbox) == should
    print(f"drift: {found} of {len(ALTERATIONS)} hand-made alterations found, each alone; {mended} mended by apply")


def _contract() -> None:
    if not SHARED.is_dir():
        print("contract: Zendesk's description is not beside the project, so nothing was checked")
        return
    documents = descriptions(SHARED)
    with _account() as sandbox, Zendesk(access(sandbox.base_url)) as zendesk:
        counting = Counting(zendesk)
        ids = apply(counting)
        for _name, key, change in ALTERATIONS:
            if key in owned(read(zendesk))[0]:
                alter(zendesk, ids, key, change)
        apply(counting)
        carry_out(counting, removal(read(counting), with_data=True))
        valid = sum(not problems(documents, call) for call in counting.calls)
    print(f"contract: {len(counting.calls)} requests checked against Zendesk's description, {valid} valid")


def _kills() -> None:
    """A process killed with -9 after each request in turn, before it hears the answer; then run again."""
    with _account() as sandbox, Zendesk(access(sandbox.base_url)) as zendesk:
        apply(zendesk)
        whole, number = shape(sandbox), 0
    killed = same = twice = 0
    for number in range(1, 200):
        with _account() as sandbox, tempfile.TemporaryDirectory() as folder:
            given = {**os.environ, **environment(sandbox.base_url, "", Path(folder))}
            code = _killed_after(sandbox, given, folder, number)
            again = subprocess.run(COMMAND, env=given, cwd=folder, capture_output=True, check=False)
            assert again.returncode == 0, again.stderr
            with Zendesk(access(sandbox.base_url)) as zendesk:
                twice += len(owned(read(zendesk))[1])
            same += shape(sandbox) == whole
            if code == 0:
                break
            killed += 1
    print(
        f"kill -9: {killed} processes killed, one after each request; {same - 1} ended in the same state after another "
        f"run; {twice} objects made twice"
    )


def _killed_after(sandbox: SandboxServer, given: dict[str, str], folder: str, number: int) -> int:
    process: list[subprocess.Popen[bytes]] = []
    started, count = threading.Event(), 0

    async def kill(request: Request, response: Response) -> Response:
        nonlocal count
        count += request.url.path.startswith("/api/")
        if count == number:
            started.wait(10)
            os.kill(process[0].pid, signal.SIGKILL)
        return response

    sandbox.faults.after.append(kill)
    with subprocess.Popen(COMMAND, env=given, cwd=folder, stderr=subprocess.DEVNULL) as one:
        process.append(one)
        started.set()
        one.wait()
    sandbox.faults.after.clear()
    return one.returncode


def _macros(number: int) -> None:
    """From the agent's submit to the note, and two macros at once."""
    with stage() as (sandbox, api, worker):
        sandbox.change(limits=False)
        store = sandbox.store
        agent = int(store.user_by_email("ada@example.com")["id"])
        ours = int(store.user_by_email("worker@example.com")["id"])
        macro = next(i for i, row in store.macros.items() if row["title"] == "Gupshup::Draft for the owner")
        seconds = []
        for _ in range(number):
            ticket_id = _ticket(sandbox, worker)
            began = time.monotonic()
            store.apply_macro_as_agent(ticket_id, macro, agent)
            assert worker.wait_for(lambda t=ticket_id: _notes(api, t, ours), 60)  # type: ignore[misc]
            seconds.append(time.monotonic() - began)
        notes = []
        for _ in range(5):
            ticket_id = _ticket(sandbox, worker)
            both = [threading.Thread(target=store.apply_macro_as_agent, args=(ticket_id, macro, agent)) for _ in "12"]
            for thread in both:
                thread.start()
            for thread in both:
                thread.join()
            worker.wait_for(lambda t=ticket_id: _notes(api, t, ours), 60)  # type: ignore[misc]
            store.deliveries.wait_idle()
            time.sleep(3)
            notes.append(_notes(api, ticket_id, ours))
    print(f"macro to note: median {statistics.median(seconds):.2f} s, slowest {max(seconds):.2f} s over {number}")
    print(f"two macros at once on one ticket, 5 times: notes {notes}")


def _ticket(sandbox: SandboxServer, worker: Any) -> int:
    ticket = sandbox.store.write_as_client("lin@example.com", "Lin", "Our WhatsApp is silent.", subject="WhatsApp")
    ticket_id = int(ticket["id"])
    assert worker.wait_for(lambda: worker.settled(ticket_id), 60)
    return ticket_id


def _notes(api: Api, ticket_id: int, ours: int) -> int:
    comments = api.call("GET", f"/api/v2/tickets/{ticket_id}/comments")["comments"]
    return sum(c["author_id"] == ours and not c["public"] for c in comments)


def _doctor() -> None:
    """The broken installations of the tests: each named, each with its remedy."""
    tests = Path(__file__).parents[1] / "tests" / "doctor" / "test_doctor.py"
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", str(tests), "-k", "broken_installation"],
        capture_output=True, text=True, check=False, cwd=tests.parents[1],
    )  # fmt: skip
    print(f"doctor on broken installations, each fault named with its remedy: {run.stdout.strip().splitlines()[-1]}")


if __name__ == "__main__":
    main()
