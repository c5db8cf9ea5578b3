"""What the benchmarks of the worker share: real `serve` processes on a sandbox, webhooks as Zendesk signs them, and
what Linux tells of a process."""

from __future__ import annotations

import http.client
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from zendesk_gupshup.demo.stage import Api, environment, free_port, install
from zendesk_gupshup.worker.webhook import INVOCATION, SIGNATURE, TIMESTAMP, sign
from zendesk_sandbox.server import SandboxServer
from zendesk_sandbox.store import SandboxStore

# Thousands of clients are answered here on purpose.
CONFIG = '[reply]\nper_hour = 1000000\n[routing]\ngroup = "WhatsApp N2"\nfrom_groups = ["Support"]\n'
ERROR = 'Since today the Gupshup API answers HTTP 401 {"status":"error","message":"Portal User Not Found With APIKey"}.'
QUIET = "Hello, where can I see the invoice of October? We changed the opening hours of our office, too."
WORKER = "worker@example.com"


class Serve:
    """One `zendesk-gupshup serve`; its log goes to a file, so that nobody's reading slows it down."""

    def __init__(
        self,
        folder: Path,
        given: Mapping[str, str],
        *flags: str,
        port: int | None = None,
        launch: Sequence[str] = ("-m", "zendesk_gupshup"),
    ) -> None:
        """`launch`: how Python starts the command, where something is to stand around it."""
        folder.mkdir(parents=True, exist_ok=True)
        self.port = port or free_port()
        self.log = folder / f"serve-{self.port}.log"
        command = [sys.executable, *launch, "serve", "--port", str(self.port), *flags]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, env={**os.environ, **given}, cwd=folder, stderr=log, stdout=subprocess.DEVNULL
            )
        self.hook = f"http://127.0.0.1:{self.port}/webhooks/zendesk"

    def wait_ready(self, seconds: float = 90) -> Serve:
        if not wait(lambda: self.process.poll() is not None or self._answers(), seconds, every=0.05):
            raise RuntimeError("serve does not answer")
        if self.process.poll() is not None:
            raise RuntimeError("serve ended:\n" + self.log.read_text()[-2000:])
        return self

    def _answers(self) -> bool:
        try:
            return self.get("/healthz")[0] == 200
        except OSError:
            return False

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        lines = self.get("/metrics")[1].splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith((f"{name} ", f"{name}{{")))

    @property
    def megabytes(self) -> float:
        """Resident memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024

    @property
    def files(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))  # noqa: PTH208 - names alone, no stat of each

    @property
    def threads(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/task"))  # noqa: PTH208

    @property
    def cpu(self) -> float:
        """Seconds of processor time so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.process.returncode


@contextmanager
def stopped(serves: Sequence[Serve]) -> Iterator[Sequence[Serve]]:
    """Whatever happens, none of them is left running."""
    try:
        yield serves
    finally:
        for one in serves:
            if one.process.poll() is None:
                one.process.send_signal(signal.SIGTERM)
        for one in serves:
            one.stop()


# What a sandbox without limits tells: the worker keeps to what it is told, and 700 requests a minute are soon used up.
PLENTY = {
    "limits": False,
    "requests_per_minute": 10_000_000,
    "ticket_updates_per_minute": 10_000_000,
    "exports_per_minute": 10_000,
}


@contextmanager
def account(config: str = CONFIG, **options: Any) -> Iterator[tuple[SandboxServer, Path]]:
    """A sandbox and a folder for a worker that is set up for it."""
    with SandboxServer(**options) as sandbox, TemporaryDirectory(prefix="zendesk-gupshup-bench-") as folder:
        (Path(folder) / "zendesk-gupshup.toml").write_text(config, encoding="utf-8")
        yield sandbox, Path(folder)


def set_up(sandbox: SandboxServer, folder: Path, port: int) -> dict[str, str]:
    """What `setup apply` makes in the account, its webhook pointing to `port`; the environment of a worker."""
    secret = install(Api(sandbox.base_url), f"http://127.0.0.1:{port}/webhooks/zendesk")
    return environment(sandbox.base_url, secret, folder)


def fill(
    store: SandboxStore, count: int, *, errors: float = 1.0, age: float = 600.0, name: str = "client"
) -> dict[int, bool]:
    """So many tickets, written `age` seconds ago and each by its own client; whether each reports an error. No trigger
    saw them."""
    made: dict[int, bool] = {}
    with store.lock:
        for n in range(count):
            wrong = int((n + 1) * errors) > int(n * errors)
            user = store.upsert_user(f"{name}{n}@{name}{n % 50}.example", f"Client {n}")["id"]
            comment = {"body": f"{ERROR if wrong else QUIET}\n\nRegards,\nClient {n}", "author_id": user}
            payload = {"subject": f"Request {n}", "comment": comment, "requester_id": user}
            ticket = store.create_ticket(payload, user, "web", at=store.now() - age)
            made[int(ticket["id"])] = wrong
    return made


def marked(store: SandboxStore, ticket_id: int, tag: str) -> bool:
    return any(str(t).startswith(tag) for t in store.tickets[ticket_id]["tags"])


def finished(store: SandboxStore, tickets: Iterable[int]) -> int:
    """How many of them have their reply and their note."""
    with store.lock:
        return sum(marked(store, t, "gupshup_replied__") and marked(store, t, "gupshup_noted__") for t in tickets)


def replies(store: SandboxStore, ticket_id: int) -> tuple[int, int]:
    """Public comments and internal notes that the worker's user wrote."""
    ours = store.user_by_email(WORKER)["id"]
    with store.lock:
        mine = [c["public"] for c in store.comments(ticket_id) if c["author_id"] == ours]
    return mine.count(True), mine.count(False)


def webhook(secret: str, ticket_id: int, *, forged: bool = False) -> tuple[dict[str, str], bytes]:
    """Headers and body of a call about a ticket as Zendesk makes it, or with a signature by somebody else."""
    body = f'{{\n   "ticket_id": "{ticket_id}"\n}}\n'.encode()
    stamp = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    signature = sign("somebody else's" if forged else secret, stamp, body)
    return {
        SIGNATURE: signature,
        TIMESTAMP: stamp,
        INVOCATION: uuid4().hex[:26],
        "Content-Type": "application/json",
    }, body


def announce(hook: str, secret: str, tickets: Iterable[int]) -> None:
    """One webhook for each ticket, over one connection."""
    parts = urlsplit(hook)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    for ticket_id in tickets:
        headers, body = webhook(secret, ticket_id)
        connection.request("POST", parts.path, body, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"webhook for ticket {ticket_id}: {answer.status}")
    connection.close()


def requests_of(sandbox: SandboxServer, since: int = 0) -> list[dict[str, Any]]:
    """The requests for the account's data, without signing in."""
    return [row for row in sandbox.requests[since:] if row["path"].startswith("/api/v2/") and row["user"] == WORKER]


def wait(condition: Callable[[], Any], seconds: float, *, every: float = 0.02) -> bool:
    """Wait until the condition holds; whether it came to pass in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def decisions(log: Path) -> list[dict[str, Any]]:
    """The decisions in a worker's log."""
    found = []
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        if '"decision"' in line:
            try:
                record = json.loads(line)
            except ValueError:  # cut off by a kill
                continue
            if record.get("event") == "decision":
                found.append(record)
    return found


def cpu_seconds(command: Sequence[str]) -> float:
    """Processor time of a command that ends by itself, its children's with it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")
