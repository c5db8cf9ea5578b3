"""Hours of mixed traffic with random faults against real `serve` processes; a line a minute, and at the end a table.

usage: python benchmarks/soak.py [--minutes 60] [--tickets N] [--rate 100] [--workers 2] [--kill-every 120]

Clients write in three languages, come back, agents answer and ask for drafts, and tickets are solved. All the while
requests and webhooks meet with faults out of the sandbox's list. The first worker lives from start to end, and its
memory and open files are what the lines tell; the others are killed and started again. Then the faults end, and every
ticket must stand as one of its kind does when nothing goes wrong.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from stand import WORKER, Serve, account, set_up, stopped, wait
from zendesk_gupshup.demo.stage import free_port
from zendesk_gupshup.storage.engine import open_engine
from zendesk_gupshup.worker.dbos_internals import workflow_table
from zendesk_sandbox.faults import Fault, kinds
from zendesk_sandbox.server import SandboxServer
from zendesk_sandbox.store import SandboxStore

CONFIG = """
[reply]
per_hour = 1000000
[zendesk]
timeout = 5.0
longest_wait = 300.0
[routing]
group = "WhatsApp N2"
from_groups = ["Support"]
[worker]
look_back_seconds = 120
# What a ticket of an incident gets goes by who reported before it: no two runs would leave the same.
[incident]
mode = "off"
"""
# Kind of ticket -> what the client writes. How often each comes stands beside it.
TEXTS: Mapping[str, tuple[int, str, str]] = {
    "401": (
        8,
        "en-US",
        'Since today the Gupshup API answers HTTP 401 {"message":"Portal User Not Found With APIKey"}.',
    ),
    "401 es": (4, "es-MX", "Desde ayer la API de Gupshup responde HTTP 401 Unauthorized a nuestra API key nueva."),
    "401 pt": (4, "pt-BR", 'A API da Gupshup devolve 401 "Authentication Failed" em todos os envios desde hoje cedo.'),
    "wallet": (4, "en-US", "Our sends through Gupshup fail with error code 1003, wallet balance low."),
    "131049": (3, "en-US", "Not delivered: (#131049) to maintain healthy ecosystem engagement. Why?"),
    "macro": (2, "en-US", "Hello, as discussed on the phone with Ada just now."),
    "quiet": (20, "en-US", "Could you change the opening hours that the bot shows on Saturdays? We open at 9:30."),
    "invoice": (15, "es-MX", "Buenos días, ¿dónde encuentro la factura de octubre? El WhatsApp funciona bien."),
}
COMES_BACK = (
    "Thank you. Is there any news on this?",
    "Gracias. ¿Cuándo se resuelve?",
    "We still see HTTP 401 from Gupshup.",
)
# Killing is done here; without an end a fault would only measure its own length. What is written while Zendesk's clock
# is an hour ahead stands in its export an hour later, which is more than the end of a soak waits for.
LEFT_OUT = frozenset({"kill", "kill_applied", "silence", "drip", "webhook_throttled", "clock_ahead"})


@dataclass
class Traffic:
    """Tickets by number with their kind, and who does what next."""

    store: SandboxStore
    chance: random.Random
    tickets: dict[int, str] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)

    def write(self, kind: str) -> int:
        _, locale, text = TEXTS[kind]
        number = len(self.tickets)
        store = self.store
        with store.lock:
            ticket = store.write_as_client(
                f"olivia{number}@client{number % 400}.example", "Olivia", text, subject="WhatsApp", locale=locale
            )
            ticket_id = int(ticket["id"])
            if kind == "macro":
                agent = int(store.user_by_email("ada@example.com")["id"])
                note = "On the phone: their log shows Gupshup answering 401 Unauthorized, Authentication Failed."
                store.update_ticket(ticket_id, {"comment": {"body": note, "public": False}}, agent)
                macro = next(
                    int(m["id"]) for m in store.macros.values() if m["title"] == "Gupshup::Draft for the owner"
                )
                store.apply_macro_as_agent(ticket_id, macro, agent)
        self.tickets[ticket_id] = kind
        return ticket_id

    def next(self) -> None:
        """A new ticket, and now and then somebody does something on an old one that is settled."""
        self.write(self.chance.choices(list(TEXTS), [row[0] for row in TEXTS.values()])[0])
        settled = [t for t in list(self.tickets)[-400:] if t in self.done]
        if settled and self.chance.random() < 0.4:
            self._later(self.chance.choice(settled))

    def _later(self, ticket_id: int) -> None:
        store, chance = self.store, self.chance
        with store.lock:
            ticket = store.tickets[ticket_id]
            agent = int(store.user_by_email("ada@example.com")["id"])
            if ticket["status"] in ("solved", "closed"):
                return
            match chance.randrange(5):
                case 0 | 1:
                    email = next(u["email"] for u in store.users.values() if u["id"] == ticket["requester_id"])
                    store.write_as_client(email, "Olivia", chance.choice(COMES_BACK), ticket_id=ticket_id)
                case 2:
                    store.update_ticket(ticket_id, {"comment": {"body": "I am on it.", "public": True}}, agent)
                case 3:
                    store.update_ticket(ticket_id, {"additional_tags": ["seen_by_ada"]}, agent)
                case _:
                    store.update_ticket(ticket_id, {"status": "solved", "assignee_id": agent}, agent)


def ours(store: SandboxStore, ticket_id: int) -> Counter[str]:
    """What the worker wrote on a ticket: each update by its marker, and comments by who sees them."""
    with store.lock:
        user = store.user_by_email(WORKER)["id"]
        audits = [a["metadata"]["custom"] for a in store.audits(ticket_id) if a["author_id"] == user]
        comments = [c["public"] for c in store.comments(ticket_id) if c["author_id"] == user]
    written = Counter(str(custom["marker"]) for custom in audits if custom.get("marker"))
    return written + Counter("public" if public else "internal" for public in comments)


def faults(chance: random.Random, count: int) -> list[Fault]:
    """So many rows of the plan, each for some request out of the next ones."""
    rows = []
    for name in chance.sample(sorted(kinds().keys() - LEFT_OUT), count):
        if kinds()[name].on == "webhook":
            rows.append(Fault(kind=name, nth=chance.randint(1, 5)))
        elif name.startswith("sign_in"):
            rows.append(Fault(kind=name, path="oauth/tokens"))
        else:
            method, path = chance.choice(
                (("PUT", "tickets/*"), ("POST", "uploads"), ("GET", "tickets/**"), ("*", "**"))
            )
            rows.append(Fault(kind=name, method=method, path=path, nth=chance.randint(1, 15)))
    return rows


@dataclass
class Soak:
    sandbox: SandboxServer
    traffic: Traffic
    first: Serve
    more: list[Serve]
    start: Callable[[], Serve]
    chance: random.Random
    kill_every: float
    engine: sa.Engine
    expected: dict[str, Counter[str]] = field(default_factory=dict)
    met: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    megabytes: list[float] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    def quietly(self) -> None:
        """One ticket of each kind without any fault: what stands on it is what must stand on each of its kind."""
        made = {kind: self.traffic.write(kind) for kind in TEXTS}
        if not wait(
            lambda: self.first.metric("zendesk_gupshup_queue_tickets") == 0 and self._looked(made), 120, every=1
        ):
            raise RuntimeError("the tickets without faults were not handled")
        self.expected = {kind: ours(self.sandbox.store, t) for kind, t in made.items()}
        for kind, written in self.expected.items():
            print(f"  {kind}: {dict(written)}")
        self.traffic.done |= set(made.values())

    def _looked(self, made: Mapping[str, int]) -> bool:
        return all(ours(self.sandbox.store, t) for kind, t in made.items() if kind not in ("quiet", "invoice"))

    def settle(self) -> int:
        """Find what is finished by now; how many tickets are not."""
        store, open_now = self.sandbox.store, [t for t in self.traffic.tickets if t not in self.traffic.done]
        self.traffic.done |= {t for t in open_now if not self.expected[self.traffic.tickets[t]] - ours(store, t)}
        return len(self.traffic.tickets) - len(self.traffic.done)

    def run(self, minutes: float, tickets: int, rate: float) -> None:
        began = now = time.monotonic()
        next_ticket = next_fault = now
        next_kill, next_line = now + self.kill_every, now + 60
        while now < began + 60 * minutes and len(self.traffic.tickets) < tickets:
            if now >= next_ticket:
                self.traffic.next()
                next_ticket += 60 / rate * self.chance.uniform(0.3, 1.7)
            if now >= next_fault:
                self._plan(faults(self.chance, 3))
                next_fault += 10
            if self.more and now >= next_kill:
                self._kill()
                next_kill += self.chance.uniform(0.5, 1.5) * self.kill_every
            if now >= next_line:
                self.line((now - began) / 60)
                next_line += 60
            time.sleep(max(0.0, min(next_ticket, next_line, next_fault) - time.monotonic()))
            now = time.monotonic()
        self._plan([])

    def _plan(self, rows: list[Fault]) -> None:
        self.met.update(m.kind for m in self.sandbox.plan.met)
        self.sandbox.plan.replace(rows)

    def _kill(self) -> None:
        victim = self.chance.randrange(len(self.more))
        self.more[victim].kill()
        self.more[victim] = self.start()
        self.kills += 1

    def line(self, minute: float) -> None:
        open_now = self.settle()
        self.megabytes.append(self.first.megabytes)
        self.files.append(self.first.files)
        print(
            f"minute {minute:.0f}: {len(self.traffic.tickets)} tickets, {open_now} open, {self.met.total()} faults, "
            f"{self.kills} kills, {self.megabytes[-1]:.0f} MB, {self.files[-1]} files, {self.first.threads} threads",
            flush=True,
        )

    def drain(self, seconds: float) -> None:
        """Faults are over: everything that was put off must come to its end by itself."""
        began = time.monotonic()
        while self.settle() and time.monotonic() < began + seconds:
            time.sleep(1)
            if int(time.monotonic() - began) % 60 == 59:
                self.line((time.monotonic() - began) / 60)

    def entries(self, ticket_id: int) -> list[str]:
        """What the queue has on a ticket, the newest last."""
        rows = workflow_table(self.engine)
        here = sa.select(rows).where(rows.c.queue_partition_key == str(ticket_id)).order_by(rows.c.created_at)
        with self.engine.connect() as connection:
            return [f"{row['workflow_uuid']} {row['status']}" for row in connection.execute(here).mappings()][-6:]

    def table(self) -> bool:
        """Print how it ended; whether all is as it should be."""
        store, tickets = self.sandbox.store, self.traffic.tickets
        seen = {t: ours(store, t) for t in tickets}
        marked = Counter(
            n for written in seen.values() for m, n in written.items() if m.startswith("gupshup_replied__")
        )
        twice = [t for t, w in seen.items() if any(n > 1 for m, n in w.items() if m.startswith("gupshup_"))]
        # A reply that came twice under one marker would show as a comment more than there are markers.
        over = [t for t, w in seen.items() if w["public"] > sum(n > 0 for m, n in w.items() if "replied__" in m)]
        forgotten = [t for t, w in seen.items() if self.expected[tickets[t]] - w]
        print(f"tickets {len(tickets)}: {dict(Counter(tickets.values()))}")
        print(f"faults met {self.met.total()} of {len(self.met)} kinds; workers killed {self.kills}")
        print(f"replies per (ticket, code), how often each number: {dict(marked)}")
        print(f"duplicates {len(set(twice + over))} {sorted(set(twice + over))[:10]}")
        print(f"forgotten {len(forgotten)} {[(t, tickets[t]) for t in forgotten[:10]]}")
        for ticket_id in forgotten[:20]:
            missing = dict(self.expected[tickets[ticket_id]] - seen[ticket_id])
            print(f"  ticket {ticket_id} lacks {missing}; its entries in the queue: {self.entries(ticket_id)}")
        print(f"given up, in the list of failures: {self.first.metric('zendesk_gupshup_failures'):.0f}")
        if len(self.megabytes) > 2:
            tenth = max(1, len(self.megabytes) // 10)
            parts = (self.megabytes[tenth : 2 * tenth], self.megabytes[-tenth:])
            early, late = (sum(part) / len(part) for part in parts)
            print(
                f"first worker: {early:.0f} MB early, {late:.0f} MB late, {max(self.megabytes):.0f} MB at most; "
                f"open files {self.files[0]} first, {self.files[-1]} last, {max(self.files)} at most"
            )
        return not (twice or over or forgotten)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--tickets", type=int, default=50_000, help="whichever comes first")
    parser.add_argument("--rate", type=float, default=100, help="new tickets a minute")
    parser.add_argument("--workers", type=int, default=2, help="processes; all but the first are killed at times")
    parser.add_argument("--kill-every", type=float, default=120, help="seconds between two kills, on average")
    parser.add_argument("--latency", type=int, default=20, help="milliseconds before each answer of the sandbox")
    parser.add_argument("--database-url", help="a store for all workers; one SQLite file if not given")
    parser.add_argument("--drain", type=float, default=1500, help="seconds for what was put off, after the last fault")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--config", type=Path, help="a settings file in place of the one of this benchmark")
    asked = parser.parse_args()
    config = asked.config.read_text(encoding="utf-8") if asked.config else CONFIG
    chance, port = random.Random(asked.seed), free_port()
    with account(config, latency_ms=asked.latency, limits=False, incremental_lag=2) as (sandbox, folder):
        given = set_up(sandbox, folder, port)
        if asked.database_url:
            given["DATABASE_URL"] = asked.database_url
        serves = [Serve(folder, given, port=port).wait_ready()]
        more = [Serve(folder, given).wait_ready() for _ in range(asked.workers - 1)]
        with stopped(serves), stopped(more):
            soak = Soak(
                sandbox=sandbox,
                traffic=Traffic(sandbox.store, chance),
                first=serves[0],
                more=more,
                start=lambda: Serve(folder, given),
                chance=chance,
                kill_every=asked.kill_every,
                engine=open_engine(asked.database_url, Path(given["ZENDESK_GUPSHUP_STATE"])),
            )
            print(f"seed {asked.seed}, {asked.workers} workers, {asked.rate:g} tickets a minute; without faults:")
            soak.quietly()
            soak.run(asked.minutes, asked.tickets, asked.rate)
            soak.drain(asked.drain)
            good = soak.table()
    raise SystemExit(0 if good else 1)


if __name__ == "__main__":
    main()
