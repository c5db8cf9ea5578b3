"""A sandbox with old tickets in it, and the command line as a process of its own beside it."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.forked import ForkedProcess
from zendesk_gupshup.demo.stage import environment
from zendesk_sandbox.server import SandboxServer
from zendesk_sandbox.store import SandboxStore

DAY = 86_400
# Of the ledger; empty for SQLite in each test's own folder.
DATABASE_URL = ""
ERRORS = (
    'Since Monday the Gupshup API answers HTTP 401 {"status":"error","message":"Portal User Not Found With APIKey"}.',
    "Our sends through Gupshup fail with error code 1003, wallet balance low.",
    'The webhook says {"type":"failed","payload":{"code":131026,"reason":"Message undeliverable"}}.',
    "A API da Gupshup devolve (#132001) Template name does not exist in the translation.",
)
QUIET = (
    "Could you change the opening hours that the bot shows on Saturdays? We open at 9:30 and close at 14:00.",
    "Buenas tardes, ¿nos ayudan con el acceso de tres supervisores nuevos al panel de reportes?",
    "Bom dia, segue em anexo a planilha com os contatos da campanha de novembro. Obrigada!",
    "The customer of order 48213 asks for an invoice in the name of her company, please check.",
)


def fill(store: SandboxStore, count: int, *, errors: float = 0.3, seed: int = 7, days: int = 60) -> list[int]:
    """So many tickets, spread over the last `days`; the numbers of those that report an error."""
    chance, now, told = random.Random(seed), store.now(), []
    with store.lock:
        users = [store.upsert_user(f"user{n}@client{n % 7}.example", f"User {n}")["id"] for n in range(50)]
        for n in range(count):
            wrong = chance.random() < errors
            text = chance.choice(ERRORS if wrong else QUIET)
            comment = {"body": f"{text}\n\nRegards,\nUser {n % 50}", "author_id": users[n % 50]}
            made = now - days * DAY + n * (days - 1) * DAY / max(count, 1)
            payload = {"subject": f"Request {n}", "comment": comment, "requester_id": users[n % 50], "tags": ["vip"]}
            ticket = store.create_ticket(payload, users[n % 50], "web", at=made)
            ticket["created_at"] = store.stamp(made)
            if wrong:
                told.append(int(ticket["id"]))
    return told


def states(store: SandboxStore) -> dict[int, tuple[Any, ...]]:
    """All of each ticket that a run may change, but for the times."""
    with store.lock:
        return {key: state(store, key) for key in store.tickets}


def state(store: SandboxStore, ticket_id: int) -> tuple[Any, ...]:
    ticket = store.tickets[ticket_id]
    fields = tuple((row["id"], str(row["value"])) for row in ticket["custom_fields"])
    comments = tuple((c["public"], c["author_id"], len(c["attachments"])) for c in store.comments(ticket_id))
    return (tuple(ticket["tags"]), ticket["group_id"], ticket["priority"], ticket["status"], fields, comments)


@dataclass
class Ended:
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


@dataclass
class Cli:
    """`zendesk-gupshup` as a process, in a folder of its own."""

    sandbox: SandboxServer
    folder: Path
    config: str = ""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "zendesk-gupshup.toml").write_text(self.config, encoding="utf-8")

    @property
    def environment(self) -> Mapping[str, str]:
        return {**os.environ, **environment(self.sandbox.base_url, "", self.folder), "DATABASE_URL": DATABASE_URL}

    def start(self, *words: str) -> subprocess.Popen[str] | ForkedProcess:
        return subprocess.Popen(
            [sys.executable, "-m", "zendesk_gupshup", *words],
            env=self.environment, cwd=self.folder, text=True, encoding="utf-8",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def __call__(self, *words: str, seconds: float = 120) -> Ended:
        with self.start(*words) as process:
            out, err = process.communicate(timeout=seconds)
        return Ended(process.wait(), out, err)

    def killed(self, when: Callable[[], bool], *words: str, seconds: float = 60) -> Ended:
        """Run it and kill it as soon as the condition holds; it may have ended before."""
        with self.start(*words) as process:
            killer = threading.Thread(target=_kill, args=(process, when, seconds))
            killer.start()
            out, err = process.communicate(timeout=seconds)
            killer.join()
        return Ended(process.wait(), out, err)


class ForkedCli(Cli):
    """Forked from a process that has imported all, where a test is about a signal and not about the start."""

    def start(self, *words: str) -> ForkedProcess:
        return ForkedProcess(words, self.environment, self.folder, stdout=True)


def _kill(process: subprocess.Popen[str] | ForkedProcess, when: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        if when():
            process.kill()
            return
        time.sleep(0.002)


def call(sandbox: SandboxServer, folder: Path, *words: str, config: str = "", answer: str = "") -> Ended:
    """The command line inside this process: quicker, where nothing has to be killed."""
    from click.testing import CliRunner

    from zendesk_gupshup.cli import main

    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "zendesk-gupshup.toml"
    file.write_text(config, encoding="utf-8")
    given = {**environment(sandbox.base_url, "", folder), "DATABASE_URL": DATABASE_URL}
    result = CliRunner().invoke(main, ["--config", str(file), *words], env=dict(given), input=answer)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ended(result.exit_code, result.stdout, result.stderr)


def ledger(folder: Path, sandbox: SandboxServer) -> Any:
    from zendesk_gupshup.ledger.ledger import Ledger
    from zendesk_gupshup.storage.engine import open_engine

    return Ledger(open_engine(DATABASE_URL or None, folder / "state"), sandbox.base_url)


def updates(store: SandboxStore, ticket_id: int, run: str | None = None) -> int:
    """How often the worker's user has written to the ticket, or one of its runs has."""
    ours = store.user_by_email("worker@example.com")["id"]
    audits = [a for a in store.audits(ticket_id) if a["author_id"] == ours]
    return sum(run is None or a["metadata"]["custom"].get("zendesk_gupshup") == run for a in audits)


ALL = ("--since", "2020-01-01")
GROUP = '[routing]\ngroup = "WhatsApp N2"\nfrom_groups = ["Support"]\npriority = "high"\n'


def one(sandbox: SandboxServer, text: str = ERRORS[0], *, days: float = 20, status: str = "open", **more: Any) -> int:
    """A ticket of so many days ago."""
    store = sandbox.store
    with store.lock:
        user = store.upsert_user("olivia@client.example", "Olivia")
        made = store.now() - days * DAY
        payload = {"subject": "Request", "comment": {"body": text}, "requester_id": user["id"], **more}
        ticket = store.create_ticket(payload, user["id"], "web", at=made)
        ticket |= {"created_at": store.stamp(made), "status": status}
    return int(ticket["id"])


def asked_for(sandbox: SandboxServer, what: str, times: int = 1) -> bool:
    return sum(what in r["path"] for r in sandbox.requests) >= times
