"""A burst of webhooks against a real `serve`: how fast each is answered, and that none that was taken is lost.

Three bursts: signed webhooks alone; the same with forged ones mixed in; and signed ones with kill -9 in the middle,
after which the worker is started again and must handle every ticket whose webhook was answered with 200.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from stand import CONFIG, PLENTY, Serve, account, decisions, fill, percentile, set_up, stopped, wait, webhook
from zendesk_gupshup.demo.stage import free_port
from zendesk_sandbox.server import SandboxServer

Kind = Literal["signed", "forged"]


@dataclass(frozen=True)
class Answered:
    """A webhook and its answer: 0 where the connection broke before there was one."""

    ticket_id: int
    kind: Kind
    status: int
    seconds: float


@dataclass(frozen=True)
class _Call:
    due: float
    ticket_id: int
    kind: Kind
    wire: bytes


def schedule(secret: str, tickets: Sequence[int], forged: int, seconds: float) -> list[_Call]:
    """When each webhook goes out, evenly over the burst, and its bytes."""
    chance = random.Random(7)
    calls = [_call(secret, t, "signed", seconds * n / len(tickets)) for n, t in enumerate(tickets)]
    calls += [_call(secret, chance.choice(tickets), "forged", seconds * n / forged) for n in range(forged)]
    return sorted(calls, key=lambda call: call.due)


def _call(secret: str, ticket_id: int, kind: Kind, due: float) -> _Call:
    headers, body = webhook(secret, ticket_id, forged=kind == "forged")
    lines = [f"{name}: {value}" for name, value in {**headers, "Content-Length": str(len(body))}.items()]
    head = "\r\n".join(["POST /webhooks/zendesk HTTP/1.1", "Host: 127.0.0.1", *lines])
    return _Call(due, ticket_id, kind, f"{head}\r\n\r\n".encode() + body)


async def send(port: int, calls: Sequence[_Call], connections: int) -> list[Answered]:
    """All calls over so many connections, each when it is due; late ones count from when they were due."""
    queue: asyncio.Queue[_Call | None] = asyncio.Queue()
    answers: list[Answered] = []
    begin = time.perf_counter() + 0.2

    async def line() -> None:
        reader = writer = None
        while (call := await queue.get()) is not None:
            status = 0
            try:
                if writer is None or reader is None:
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(call.wire)
                status = await _status(reader)
            except (OSError, asyncio.IncompleteReadError, ValueError):
                if writer is not None:
                    writer.close()
                reader = writer = None
            answers.append(Answered(call.ticket_id, call.kind, status, time.perf_counter() - begin - call.due))
        if writer is not None:
            writer.close()

    lines = [asyncio.create_task(line()) for _ in range(connections)]
    for call in calls:
        ahead = begin + call.due - time.perf_counter()
        if ahead > 0:
            await asyncio.sleep(ahead)
        queue.put_nowait(call)
    for _ in lines:
        queue.put_nowait(None)
    await asyncio.gather(*lines)
    return answers


async def _status(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    length = next((int(line[15:]) for line in head.splitlines() if line.lower().startswith("content-length:")), 0)
    await reader.readexactly(length)
    return int(head.split(" ", 2)[1])


def told(name: str, answers: Sequence[Answered]) -> float:
    """Print a burst; the p99 of the signed ones in seconds."""
    for kind in ("signed", "forged"):
        these = [a for a in answers if a.kind == kind]
        if these:
            times = [a.seconds for a in these if a.status]
            print(
                f"{name}, {len(these)} {kind}: answers {dict(Counter(a.status for a in these))}; "
                f"p50 {1000 * percentile(times, 0.5):.1f} ms, p99 {1000 * percentile(times, 0.99):.1f} ms, "
                f"longest {1000 * max(times):.1f} ms"
            )
    return percentile([a.seconds for a in answers if a.kind == "signed" and a.status], 0.99)


def burst(
    sandbox: SandboxServer, folder: Path, given: dict[str, str], asked: argparse.Namespace, forged: int
) -> list[Answered]:
    tickets = list(fill(sandbox.store, asked.webhooks, errors=0.0, name=f"burst{forged}x"))
    serve = Serve(folder, given, *asked.flags).wait_ready()
    with stopped([serve]):
        calls = schedule(given["ZENDESK_WEBHOOK_SECRET"], tickets, forged, asked.seconds)
        cpu = serve.cpu
        answers = asyncio.run(send(serve.port, calls, asked.connections))
        print(f"  the worker's processor time: {1000 * (serve.cpu - cpu) / len(calls):.2f} ms for each webhook")
        if asked.handle:
            wait(lambda: serve.metric("zendesk_gupshup_queue_tickets") == 0, 600, every=1)
            looked = {d["ticket_id"] for d in decisions(serve.log)}
            print(f"  handled {len(set(tickets) & looked)} of {len(tickets)}")
    return answers


def killed(sandbox: SandboxServer, folder: Path, given: dict[str, str], asked: argparse.Namespace) -> bool:
    """Kill -9 in the middle; whether every ticket whose webhook was taken is looked at after the start."""
    tickets = list(fill(sandbox.store, asked.webhooks, errors=0.0, name="killed"))
    serve = Serve(folder, given, *asked.flags).wait_ready()

    async def both() -> list[Answered]:
        calls = schedule(given["ZENDESK_WEBHOOK_SECRET"], tickets, 0, asked.seconds)
        sending = asyncio.create_task(send(serve.port, calls, asked.connections))
        await asyncio.sleep(0.2 + asked.seconds / 2)
        serve.process.kill()
        return await sending

    with stopped([serve]):
        answers = asyncio.run(both())
    taken = {a.ticket_id for a in answers if a.status == 200}
    print(f"kill -9 in the middle of {len(tickets)}: {len(taken)} were taken before it")
    again = Serve(folder, given, *asked.flags)
    with stopped([again]):
        again.wait_ready()
        logs = (serve.log, again.log)

        def lost() -> set[int]:
            return taken - {int(d["ticket_id"]) for log in logs for d in decisions(log)}

        wait(lambda: not lost(), 600, every=1)
        print(f"  not handled after the restart: {len(lost())}")
        return not lost()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--webhooks", type=int, default=2000)
    parser.add_argument("--forged", type=int, default=4000)
    parser.add_argument("--seconds", type=float, default=2.0, help="over which the webhooks are spread")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=2, help="of the first two bursts, in turn")
    parser.add_argument("--database-url", help="the store; SQLite if not given")
    parser.add_argument("--handle", action="store_true", help="wait until all tickets of each burst are handled, too")
    asked = parser.parse_args()
    # The sweep would find the tickets by itself: here only the webhooks may.
    asked.flags = ("--no-sweep",)
    good, p99s = True, list[tuple[float, float]]()
    with account(CONFIG, **PLENTY) as (sandbox, folder):
        given = set_up(sandbox, folder, free_port())
        if asked.database_url:
            given["DATABASE_URL"] = asked.database_url
        for number in range(asked.rounds):
            alone = burst(sandbox, folder / f"alone{number}", _own(given, folder / f"alone{number}"), asked, 0)
            mixed = burst(
                sandbox, folder / f"mixed{number}", _own(given, folder / f"mixed{number}"), asked, asked.forged
            )
            p99s.append((told("alone", alone), told("mixed", mixed)))
            print(f"  p99 of the signed ones with forged ones beside them: {p99s[-1][1] / p99s[-1][0]:.2f} times")
            refused = {a.status for a in mixed if a.kind == "forged"}
            good &= refused == {401} and {a.status for a in (*alone, *mixed) if a.kind == "signed"} == {200}
        good &= killed(sandbox, folder / "killed", _own(given, folder / "killed"), asked)
    print("all signed ones taken, all forged ones refused, nothing lost" if good else "not as it should be")
    raise SystemExit(0 if good else 1)


def _own(given: dict[str, str], folder: Path) -> dict[str, str]:
    """A state of its own, so that a burst does not work on what the one before has left."""
    return {**given, "ZENDESK_GUPSHUP_STATE": str(folder / "state")}


if __name__ == "__main__":
    main()
