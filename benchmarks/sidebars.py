"""CPU and memory of `serve` with many open sidebars that refresh, against none, in one run: A B A B.

Each sidebar has a session of its own and asks for its ticket every so many seconds, as one does whose agent comes back
to its tab. What Zendesk was asked meanwhile is counted.

usage: python benchmarks/sidebars.py [--open 200] [--every 15] [--seconds 20] [--rounds 2]
"""

from __future__ import annotations

import argparse
import http.client
import statistics
import time
from collections.abc import Callable, Sequence
from itertools import cycle
from urllib.parse import urlencode

from stand import CONFIG, PLENTY, Serve, account, announce, fill, finished, set_up, stopped, wait
from zendesk_gupshup.demo.stage import free_port
from zendesk_sandbox.server import SandboxServer
from zendesk_sandbox.zaf import InstalledApp, new_key

_APP = '[app]\nenabled = true\napp_id = 77\ninstallation_id = 9001\npublic_key_file = "app.pem"\n'
_TICKETS, _AGENTS = 50, 40
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def open_sidebars(sandbox: SandboxServer, app: InstalledApp, port: int, count: int) -> list[str]:
    """The sessions of so many pages, opened by some agents in turn."""
    store, sessions = sandbox.store, list[str]()
    agents = [
        int(store.upsert_user(f"agent{n}@desk.example", f"Agent {n}", role="agent")["id"]) for n in range(_AGENTS)
    ]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for number, agent in zip(range(count), cycle(agents), strict=False):
        body = urlencode({"token": app.token(agent, "ticket_sidebar", now=time.time())})
        query = urlencode({"origin": sandbox.base_url, "app_guid": number})
        connection.request("POST", f"/zaf/sidebar?{query}", body, _FORM)
        answer = connection.getresponse()
        page = answer.read().decode()
        if answer.status != 200:
            raise RuntimeError(f"the sidebar does not open: {answer.status} {page[:200]}")
        sessions.append(page.partition('name="session" content="')[2].partition('"')[0])
    connection.close()
    return sessions


def refresh(port: int, sessions: Sequence[str], tickets: Sequence[int], every: float, seconds: float) -> list[float]:
    """Ask for the tickets evenly over the time; how long each answer took, in milliseconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    taken, started = list[float](), time.monotonic()
    for number in range(int(len(sessions) * seconds / every)):
        time.sleep(max(0.0, started + number * every / len(sessions) - time.monotonic()))
        asked = time.monotonic()
        ticket, session = tickets[number % len(tickets)], sessions[number % len(sessions)]
        connection.request("GET", f"/zaf/api/tickets/{ticket}", headers={"Authorization": f"Bearer {session}"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"ticket {ticket}: {answer.status} {body[:200]!r}")
        taken.append(1000 * (time.monotonic() - asked))
    time.sleep(max(0.0, started + seconds - time.monotonic()))
    return taken


def cpu_a_second(serve: Serve, work: Callable[[], object]) -> float:
    """Milliseconds of processor time a second while `work` runs."""
    cpu, started = serve.cpu, time.monotonic()
    work()
    return 1000 * (serve.cpu - cpu) / (time.monotonic() - started)


def rounded(values: Sequence[float]) -> str:
    return f"({' '.join(f'{value:.1f}' for value in values)})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--open", type=int, default=200)
    parser.add_argument("--every", type=float, default=15.0, help="seconds between two refreshes of a sidebar")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long a window is measured")
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    with account(CONFIG + _APP, **PLENTY) as (sandbox, folder):
        app = InstalledApp(sandbox.base_url, 77, 9001, "Gupshup errors", {}, new_key())
        (folder / "app.pem").write_bytes(app.public_key)
        given = set_up(sandbox, folder, free_port())
        serve = Serve(folder, given, "--no-sweep").wait_ready()
        with stopped([serve]):
            tickets = list(fill(sandbox.store, _TICKETS))
            announce(serve.hook, given["ZENDESK_WEBHOOK_SECRET"], tickets)
            if not wait(lambda: finished(sandbox.store, tickets) == len(tickets), 300, every=0.5):
                raise SystemExit("the tickets were not handled in time")
            time.sleep(5)
            none, some, taken, before = list[float](), list[float](), list[float](), serve.megabytes
            sessions = open_sidebars(sandbox, app, serve.port, asked.open)
            requests = len(sandbox.requests)
            for _ in range(asked.rounds):
                none.append(cpu_a_second(serve, lambda: time.sleep(asked.seconds)))
                some.append(
                    cpu_a_second(
                        serve,
                        lambda: taken.extend(refresh(serve.port, sessions, tickets, asked.every, asked.seconds)),
                    )
                )
            requests = len(sandbox.requests) - requests
            after = serve.megabytes
    print(f"{asked.open} sidebars, each refreshed every {asked.every:g} s; {len(taken)} refreshes")
    idle, busy = statistics.median(none), statistics.median(some)
    print(
        f"CPU, ms a second: none {idle:.1f} {rounded(none)}, open {busy:.1f} {rounded(some)}, ratio {busy / idle:.2f}"
    )
    print(f"memory, MB: before {before:.1f}, after {after:.1f}, ratio {after / before:.3f}")
    print(f"answer, ms: median {statistics.median(taken):.1f}, p95 {sorted(taken)[int(0.95 * len(taken))]:.1f}")
    print(f"requests to Zendesk meanwhile: {requests}")


if __name__ == "__main__":
    main()
