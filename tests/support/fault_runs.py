"""Tickets of several kinds, a worker that is started again whenever it ends, and what stands on a ticket at the end."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from sqlalchemy.exc import SQLAlchemyError

from zendesk_gupshup.demo.stage import Api, WorkerProcess, environment, free_port, install
from zendesk_gupshup.storage.dead_letters import DeadLetter, DeadLetters
from zendesk_gupshup.storage.engine import open_engine as store_of
from zendesk_gupshup.worker.queue_client import enqueue
from zendesk_sandbox.faults import Met
from zendesk_sandbox.server import SandboxServer
from zendesk_sandbox.store import SandboxStore

# Short times: what is tried here is the order of things, not how long Zendesk takes.
CONFIG = """
[zendesk]
timeout = 1.0
longest_wait = 2.0
[worker]
sweep_seconds = 7
[reply]
per_hour = 100000
[routing]
group = "WhatsApp N2"
from_groups = ["Support"]
# Which tickets of one code an incident meets goes by their order; tests/worker/test_incidents_worker.py kills there.
[incident]
mode = "off"
"""
# Zendesk's budgets are somebody else's subject.
QUICK: dict[str, Any] = {
    "requests_per_minute": 100_000,
    "ticket_updates_per_minute": 100_000,
    "exports_per_minute": 1_000,
    "limits": False,
    "incremental_lag": 0,
    "webhook_retry_delay": 0.2,
    "webhook_timeout": 2.0,
}
WORKER = "worker@example.com"


@dataclass(frozen=True)
class Case:
    """A ticket as people make it: the client's words and files, an agent's note, the agent's macro; `then` the
    client's next."""

    name: str
    text: str
    locale: str = "en-US"
    note: str | None = None
    macro: bool = False
    then: str | None = None
    files: tuple[tuple[str, str, bytes], ...] = ()
    subject: str = "WhatsApp"
    domain: str = "client.example"

    def write(self, store: SandboxStore, number: int = 0) -> int:
        """Make the ticket; an agent's part comes in the same moment, so that nobody looks in between."""
        with store.lock:
            ticket = store.write_as_client(
                f"olivia{number}@{self.domain}",
                "Olivia",
                self.text,
                subject=self.subject,
                locale=self.locale,
                files=self.files,
            )
            ticket_id = int(ticket["id"])
            agent = int(store.user_by_email("ada@example.com")["id"])
            if self.note:
                store.update_ticket(ticket_id, {"comment": {"body": self.note, "public": False}}, agent)
            if self.macro:
                macro = next(
                    int(m["id"]) for m in store.macros.values() if m["title"] == "Gupshup::Draft for the owner"
                )
                store.apply_macro_as_agent(ticket_id, macro, agent)
        return ticket_id

    def go_on(self, store: SandboxStore, ticket_id: int) -> None:
        """What the client writes once the ticket was read."""
        if self.then:
            client = store.users[store.tickets[ticket_id]["requester_id"]]
            store.write_as_client(client["email"], client["name"], self.then, ticket_id=ticket_id)


CASES = (
    Case(
        "401",
        'Our Gupshup API answers HTTP 401 {"status":"error","message":"Portal User Not Found With APIKey"}.',
    ),
    Case(
        "401 in Spanish",
        "Desde ayer la API de Gupshup responde HTTP 401 Unauthorized a nuestra API key, también a la nueva.",
        "es-MX",
    ),
    Case(
        "401 in Portuguese",
        'A API da Gupshup devolve 401 "Authentication Failed" em todos os envios desde hoje cedo.',
        "pt-BR",
    ),
    Case("wallet", "Our sends through Gupshup fail with error code 1003, wallet balance low."),
    Case(
        "ecosystem",
        "The report says (#131049) This message was not delivered to maintain healthy ecosystem engagement.",
    ),
    Case(
        "two codes",
        "Since this morning Gupshup answers 1003 Wallet Balance Low for one app, and HTTP 401 "
        '"Authentication Failed" for our other app.',
    ),
    Case(
        "owner's", "A Flow fails on Gupshup with error 4004: Message type is only supported on Meta hosted cloud API."
    ),
    Case("quiet", "Could you change the opening hours that the bot shows on Saturdays? We open at 9:30."),
    Case(
        "quiet, then 401",
        "Good morning, we have a question about our WhatsApp number.",
        then='Sorry, I forgot the log. Gupshup answered: 401 Unauthorized {"message":"Authentication Failed"}.',
    ),
    Case(
        "macro",
        "Hello, as discussed on the phone with Ada just now.",
        note="On the phone: their connector's log shows Gupshup answering 401 Unauthorized, Authentication Failed.",
        macro=True,
    ),
    Case(
        "401 in a log",
        "Our messages do not go out, see the file.",
        files=(
            (
                "gateway.log",
                "text/plain",
                b'POST https://api.gupshup.io/wa/api/v1/msg HTTP 401 {"message":"Authentication Failed"}\n',
            ),
        ),
    ),
    Case("macro and report", "The Gupshup API answers HTTP 401 Unauthorized to our key, again.", macro=True),
)


@dataclass(frozen=True)
class Seen:
    """What we did on a ticket, as it stands there: writes by marker, comments with their files, tags and group."""

    writes: tuple[tuple[str, int], ...]
    comments: tuple[tuple[bool, tuple[str, ...]], ...]
    tags: frozenset[str]
    group: int | None

    @property
    def replies(self) -> int:
        return sum(public for public, _ in self.comments)


def seen(store: SandboxStore, ticket_id: int) -> Seen:
    with store.lock:
        ours = store.user_by_email(WORKER)["id"]
        ticket = store.tickets[ticket_id]
        audits = [a for a in store.audits(ticket_id) if a["author_id"] == ours]
        comments = [c for c in store.comments(ticket_id) if c["author_id"] == ours]
    told = [a["metadata"]["custom"] for a in audits]
    markers = Counter(_of_any_run(str(t.get("marker") or t.get("step"))) for t in told)
    files = sorted(
        (bool(c["public"]), tuple(sorted(_kind(f["file_name"]) for f in c["attachments"]))) for c in comments
    )
    tags = frozenset(map(_of_any_run, ticket["tags"])) - {"seen_by_ada"}
    return Seen(tuple(sorted(markers.items())), tuple(files), tags, ticket["group_id"])


def _of_any_run(tag: str) -> str:
    """A tag that names a run without the run."""
    return "gupshup_corrected" if tag.startswith("gupshup_corrected__") else tag


def _kind(name: str) -> str:
    """A file's name without the number of its ticket."""
    return "".join(letter for letter in name if not letter.isdigit())


def wait_for(condition: Callable[[], Any], seconds: float) -> bool:
    """Whether the condition came to hold; asked twenty times a second."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return bool(condition())
        time.sleep(0.05)
    return True


class Keeper:
    """Keeps a worker running: starts it again whenever it ends, as the init system of a server does."""

    def __init__(self, given: Mapping[str, str], folder: Path, port: int) -> None:
        self._given, self._folder, self._port = given, folder, port
        self._stopping = threading.Event()
        self.starts = 0
        self.kills: list[Met] = []
        self.lines: list[str] = []
        self.worker = self._start()
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()

    def _start(self) -> WorkerProcess:
        self.starts += 1
        return WorkerProcess(self._given, self._folder, self._port)

    def _keep(self) -> None:
        while self.worker.wait(1e6) is not None and not self._stopping.is_set():
            self.lines += self.worker.lines
            self.worker = self._start()

    def kill(self, met: Met) -> None:
        self.kills.append(met)
        os.kill(self.worker.pid, signal.SIGKILL)

    def is_up(self) -> bool:
        return self.worker.address is not None

    def stop(self) -> None:
        """The last kill: nobody waits for a worker that has nothing to do any more."""
        self._stopping.set()
        self.worker.kill()
        self._thread.join(timeout=10)
        self.lines += self.worker.lines


@dataclass
class Scene:
    """A sandbox with our objects in it and a kept worker beside it."""

    sandbox: SandboxServer
    folder: Path
    keeper: Keeper
    database: str | None = None
    expected: Mapping[str, Seen] = field(default_factory=dict)
    written: dict[int, Case] = field(default_factory=dict)
    gone_on: set[int] = field(default_factory=set)
    # Tickets that a mishap befell, and what then counts of what stands on a ticket: given that, and what is wanted.
    befallen: set[int] = field(default_factory=set)
    but_for: Callable[[Scene, int, Seen, Seen], Seen] = lambda _scene, _ticket_id, now, _wanted: now

    @property
    def store(self) -> SandboxStore:
        return self.sandbox.store

    def write(self, case: Case) -> int:
        ticket_id = case.write(self.store, len(self.written))
        self.written[ticket_id] = case
        return ticket_id

    def go_on(self, seconds: float = 20.0) -> None:
        """Once a ticket was read, its client writes again."""
        for ticket_id, case in self.written.items():
            if case.then and ticket_id not in self.gone_on:
                path = f"/api/v2/tickets/{ticket_id}/comments"
                wait_for(lambda p=path: any(r["path"].startswith(p) for r in self.sandbox.requests), seconds)  # type: ignore[misc]
                self.gone_on.add(ticket_id)
                case.go_on(self.store, ticket_id)

    def is_done(self, ticket_id: int) -> bool:
        now, wanted = self.stands(ticket_id)
        return now == wanted

    def stands(self, ticket_id: int) -> tuple[Seen, Seen]:
        """What counts of what stands on a ticket, and what has to."""
        wanted = self.expected[self.written[ticket_id].name]
        return self.but_for(self, ticket_id, seen(self.store, ticket_id), wanted), wanted

    def learnt(self, cases: Sequence[Case]) -> dict[str, Seen]:
        """What stands on a ticket of each case when nothing goes wrong, as it does not now."""
        tickets = {case.name: self.write(case) for case in cases}
        due = {tickets[case.name]: 2 if case.then else 1 for case in cases}

        def settled() -> bool:
            told = self.keeper.worker.settled
            return all(sum(d["did"] in ("done", "nothing") for d in told(t)) >= n for t, n in due.items())

        self.go_on()
        if not wait_for(settled, 120):
            raise RuntimeError("not handled: " + "\n".join(self.keeper.worker.lines[-20:]))
        return {name: seen(self.store, ticket_id) for name, ticket_id in tickets.items()}

    def undone(self) -> list[int]:
        return [ticket_id for ticket_id in self.written if not self.is_done(ticket_id)]

    def described_undone(self) -> str:
        """Which tickets are neither through nor on the list, by case."""
        listed = self.listed()
        return ", ".join(f"{t} ({self.written[t].name})" for t in self.undone() if t not in listed) or "none"

    def waiting(self) -> int | None:
        """How many tickets the worker has to look at; `None` while it does not answer."""
        try:
            return int(requests.get(f"{self.keeper.worker.address}/readyz", timeout=5).json()["waiting"])
        except (requests.RequestException, ValueError, KeyError):
            return None

    def listed(self) -> set[int]:
        """The tickets on the dead-letter list."""
        return {failure.ticket_id for failure in self.failures()}

    def failures(self) -> tuple[DeadLetter, ...]:
        """The dead-letter list; nothing while it cannot be read."""
        engine = store_of(self.database, self.folder / "state")
        try:
            return DeadLetters(engine, self.sandbox.base_url).listed()
        except SQLAlchemyError:
            return ()
        finally:
            engine.dispose()

    def retry(self) -> None:
        """What an operator does once the trouble is over: ask for everything on the list once more."""
        engine = store_of(self.database, self.folder / "state")
        try:
            failures = DeadLetters(engine, self.sandbox.base_url)
            tickets = [failure.ticket_id for failure in failures.listed()]
            failures.retry(tickets, lambda ticket_id: enqueue(engine, f"retry:{ticket_id}:{time.time_ns()}", ticket_id))
        finally:
            engine.dispose()


@contextmanager
def scene(
    folder: Path,
    expected: Mapping[str, Seen] | None = None,
    *,
    config: str = CONFIG,
    database: str | None = None,
    **options: Any,
) -> Iterator[Scene]:
    """All ready; the worker is killed at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    with SandboxServer(**{**QUICK, **options}) as sandbox:
        port = free_port()
        secret = install(Api(sandbox.base_url), f"http://127.0.0.1:{port}/webhooks/zendesk")
        (folder / "zendesk-gupshup.toml").write_text(config, encoding="utf-8")
        given = {**environment(sandbox.base_url, secret, folder), "DATABASE_URL": database or ""}
        keeper = Keeper(given, folder, port)
        sandbox.plan.on_kill = keeper.kill
        try:
            if not wait_for(keeper.is_up, 60):
                raise RuntimeError("the worker did not start:\n" + "\n".join(keeper.worker.lines[-20:]))
            yield Scene(sandbox, folder, keeper, database, expected or {})
        finally:
            sandbox.plan.replace()
            keeper.stop()


def unbroken(folder: Path, cases: Sequence[Case] = CASES) -> dict[str, Seen]:
    """What stands on a ticket of each case when nothing goes wrong."""
    with scene(folder) as quiet:
        return quiet.learnt(cases)
