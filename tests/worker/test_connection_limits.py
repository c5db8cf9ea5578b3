"""The web server's limits on connections: who is let in, who has to go, and that slow strangers keep nobody out."""

from __future__ import annotations

import asyncio
import contextlib
import re
import resource
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
import requests
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from uvicorn.protocols.http import httptools_impl
from uvicorn.server import ServerState

from support.slow_clients import KINDS, POST, SlowClients
from support.workers import SECONDS, ours, post, write
from zendesk_gupshup.demo.stage import Api, WorkerProcess, environment, free_port, install
from zendesk_gupshup.ops import file_descriptors
from zendesk_gupshup.worker.connection_limits import ConnectionLimiter, ConnectionLimits
from zendesk_gupshup.worker.http_protocol import BoundedHttp
from zendesk_sandbox.server import SandboxServer

LONG = "each"

# --- Who has to go -------------------------------------------------------------------------------------------


class Caller:
    def __init__(self, name: str, address: str = "192.0.2.1", *, busy: bool = False) -> None:
        self.name, self.address, self.busy = name, address, busy
        self.dropped, self.checked = False, 0

    def check(self, now: float) -> None:
        self.checked += 1

    def drop(self) -> None:
        self.dropped = True


class Loop:
    """Remembers what is to be called later."""

    def __init__(self) -> None:
        self.later: list[tuple[float, Any, tuple[Any, ...]]] = []

    def call_later(self, seconds: float, call: Any, *args: Any) -> object:
        self.later.append((seconds, call, args))
        return self

    def time(self) -> float:
        return 1.0


def let_in(limiter: ConnectionLimiter, *callers: Caller) -> list[bool]:
    loop = cast("asyncio.AbstractEventLoop", Loop())
    return [limiter.admit(caller, loop) for caller in callers]


def test_where_there_is_no_room_the_longest_silent_one_goes() -> None:
    limiter, callers = ConnectionLimiter(ConnectionLimits(connections=3)), [Caller(name) for name in "abcdef"]
    let_in(limiter, *callers[:3])
    # `a` has asked something since, so that `b` is the oldest, and `c` waits for our answer.
    limiter.touch(callers[0])
    callers[2].busy = True
    assert let_in(limiter, *callers[3:]) == [True] * 3
    assert ([c.name for c in callers if c.dropped], len(limiter)) == (["a", "b", "d"], 3)


def test_where_all_wait_for_our_answers_the_new_one_is_refused() -> None:
    limiter, callers = (
        ConnectionLimiter(ConnectionLimits(connections=2)),
        [Caller("a", busy=True), Caller("b", busy=True), Caller("c")],
    )
    assert let_in(limiter, *callers) == [True, True, False]
    assert ([c.dropped for c in callers], len(limiter)) == ([False] * 3, 2)


def test_the_address_with_most_connections_gives_way() -> None:
    limiter = ConnectionLimiter(ConnectionLimits(connections=5))
    few, many = [Caller("few", "198.51.100.1"), Caller("few", "198.51.100.2")], [Caller("many") for _ in range(8)]
    let_in(limiter, *few, *many)
    assert ([c.dropped for c in few], sum(c.dropped for c in many), len(limiter)) == ([False, False], 5, 5)
    # Of another address there are fewer, so that its newest ones stay, too.
    let_in(limiter, Caller("few", "198.51.100.3"))
    assert ([c.dropped for c in few], sum(c.dropped for c in many)) == ([False, False], 6)


def test_leaving_twice_makes_room_once() -> None:
    limiter, one = ConnectionLimiter(ConnectionLimits(connections=2)), Caller("a")
    let_in(limiter, one, Caller("b"))
    limiter.remove(one)
    limiter.remove(one)
    limiter.touch(one)
    assert len(limiter) == 1


def test_ends_are_looked_for_while_there_is_a_connection_and_no_longer() -> None:
    limiter, loop, one = ConnectionLimiter(ConnectionLimits(head=2, body=8, idle=40)), Loop(), Caller("a")
    limiter.admit(one, cast("asyncio.AbstractEventLoop", loop))
    limiter.admit(Caller("b"), cast("asyncio.AbstractEventLoop", loop))
    for _ in range(2):
        _, call, args = loop.later[-1]
        call(*args)
    assert ([s for s, _, _ in loop.later], one.checked) == ([0.5] * 3, 2)
    for each in [c for theirs in limiter._by_address.values() for c in theirs]:
        limiter.remove(each)
    _, call, args = loop.later[-1]
    call(*args)
    assert (len(loop.later), limiter._timer) == (3, None)


@pytest.mark.parametrize(("seconds", "pause"), [(0.01, 0.05), (1.0, 0.25), (600.0, 1.0)])
def test_how_often_ends_are_looked_for(seconds: float, pause: float) -> None:
    assert ConnectionLimiter(ConnectionLimits(head=600, body=seconds, idle=600))._period() == pause


# --- Descriptors ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "concurrency", "most", "expected"),
    [
        (65_536, 16, None, 1000),
        (1024, 16, None, 1024 - file_descriptors.reserved(16)),
        (1024, 16, 50, 50),
        (65_536, 16, 5000, 5000),
        (256, 16, None, 24),
        (256, 64, None, 16),
        (64, 1, None, 16),
        (300, 16, 5000, 300 - file_descriptors.reserved(16)),
    ],
)
def test_connections_leave_what_our_own_work_needs(
    limit: int, concurrency: int, most: int | None, expected: int
) -> None:
    assert file_descriptors.connections(limit, concurrency, most) == expected


def test_too_few_descriptors_are_told_with_what_to_do() -> None:
    needed = file_descriptors.reserved(16) + file_descriptors.FEWEST
    assert file_descriptors.too_few(needed, 16) is None
    assert file_descriptors.too_few(needed - 1, 16) == (
        f"{needed - 1} file descriptors are few for 16 tickets at the same time: allow {needed} or more"
        " (`LimitNOFILE=` of systemd, `ulimit -n`), or lower [worker] concurrency"
    )


INFINITE = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("soft", "hard", "allowed", "there", "set_to"),
    [
        (1024, 4096, True, 4096, (4096, 4096)),
        (1024, 4096, False, 1024, (4096, 4096)),
        (256, 256, True, 256, None),
        (1024, 1_000_000_000, True, 65_536, (65_536, 1_000_000_000)),
        (1024, INFINITE, True, 65_536, (65_536, INFINITE)),
        (100_000, 200_000, True, 100_000, None),
        (INFINITE, INFINITE, True, 65_536, None),
    ],
)
def test_the_soft_limit_is_raised_as_far_as_is_allowed_and_of_use(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, allowed: bool, there: int, set_to: tuple[int, int] | None
) -> None:
    asked: list[tuple[int, int]] = []

    def change(_which: int, limits: tuple[int, int]) -> None:
        asked.append(limits)
        if not allowed:
            raise ValueError("not allowed")

    monkeypatch.setattr(resource, "getrlimit", lambda _which: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", change)
    assert (file_descriptors.raise_limit(), asked) == (there, [set_to] if set_to else [])


# --- One connection ------------------------------------------------------------------------------------------

QUICK = ConnectionLimits(connections=50, head=0.4, body=0.6, idle=0.3)


async def _echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


async def _big(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("x" * 4_000_000)


async def _health(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("ok")


@contextlib.asynccontextmanager
async def serving(limits: ConnectionLimits = QUICK) -> AsyncIterator[tuple[str, int, ConnectionLimiter]]:
    routes = [
        Route("/webhooks/zendesk", _echo, methods=["POST"]),
        Route("/", _echo, methods=["POST"]),
        Route("/big", _big),
        Route("/healthz", _health),
    ]
    config, limiter = uvicorn.Config(Starlette(routes=routes), ws="none"), ConnectionLimiter(limits)
    config.load()
    make = partial(BoundedHttp, config, ServerState(), {}, limiter=limiter)
    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        yield host, port, limiter


@pytest.mark.parametrize("kind", KINDS)
def test_a_slow_client_of_each_kind_is_turned_away(kind: str) -> None:
    async def talk() -> bytes:
        async with serving() as (host, port, limiter):
            reader, writer = await asyncio.open_connection(host, port)
            got, sends = b"", KINDS[kind]()
            with contextlib.suppress(ConnectionError):
                async with asyncio.timeout(60):
                    async for piece in sends:
                        writer.write(piece)
                        try:
                            more = await asyncio.wait_for(reader.read(65536), 0.1)
                        except TimeoutError:
                            continue
                        if not more:
                            break
                        got += more
            writer.transport.abort()
            while len(limiter):
                await asyncio.wait_for(asyncio.sleep(0), 60)
            return got

    statuses = re.findall(rb"HTTP/1.1 (\d+)", asyncio.run(talk()))
    late = {"head", "headers", "body", "chunks", "trailers", "second_head"}
    answered = {"body_nobody_asked_for", "second_head", "silent_after_an_answer"}
    expected = (
        [b"200"] * (kind in answered)
        + [b"100"] * (kind == "continues")
        + [b"408"] * (kind in late or kind == "continues")
    )
    assert statuses == expected


def test_who_does_not_read_the_answer_is_turned_away() -> None:
    async def talk() -> int:
        async with serving() as (host, port, limiter):
            line = socket.create_connection((host, port))
            line.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n" * 8)
            async with asyncio.timeout(60):
                while not len(limiter):
                    await asyncio.sleep(0)
                while len(limiter):
                    await asyncio.sleep(0.01)
            line.close()
            return len(limiter)

    assert asyncio.run(talk()) == 0


@pytest.mark.parametrize(
    "sent", [b"", b"GET /hea", POST + b"Content-Length: 9\r\n\r\nb"], ids=["nothing", "head", "body"]
)
def test_who_hangs_up_halfway_holds_nothing(sent: bytes) -> None:
    async def talk() -> int:
        async with serving(ConnectionLimits()) as (host, port, limiter):
            line = socket.create_connection((host, port))
            line.sendall(sent)
            line.shutdown(socket.SHUT_WR)
            async with asyncio.timeout(60):
                while not len(limiter):
                    await asyncio.sleep(0)
                while len(limiter):
                    await asyncio.sleep(0)
            line.close()
            return len(limiter)

    assert asyncio.run(talk()) == 0


def test_requests_ahead_of_their_answers_have_an_end() -> None:
    async def talk() -> bytes:
        async with serving(ConnectionLimits()) as (host, port, _):
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 1000)
            got = await asyncio.wait_for(reader.read(-1), 60)
            writer.close()
            return got

    got = asyncio.run(talk())
    assert (got.count(b"HTTP/1.1 "), got.count(b"HTTP/1.1 400 ")) == (1, 1)


def test_a_quick_client_keeps_its_connection() -> None:
    async def talk() -> list[bytes]:
        async with serving() as (host, port, limiter):
            reader, writer = await asyncio.open_connection(host, port)
            statuses = []
            # Longer in all than any of the waits, and never waiting itself.
            loop = asyncio.get_running_loop()
            end = loop.time() + 1.0
            while loop.time() < end:
                writer.write(POST + b"Content-Length: 2\r\n\r\n")
                writer.write(b"ok")
                statuses.append((await reader.readuntil(b"\r\n\r\n")).split(b" ")[1])
                await reader.readexactly(1)
            assert len(limiter) == 1
            writer.close()
            return statuses

    assert set(asyncio.run(talk())) == {b"200"}


def test_an_answer_that_takes_us_long_is_nobody_elses_fault() -> None:
    async def talk() -> bytes:
        gate = asyncio.Event()

        async def slow(_request: Request) -> PlainTextResponse:
            await gate.wait()
            return PlainTextResponse("ok")

        config, limiter = uvicorn.Config(Starlette(routes=[Route("/", slow)]), ws="none"), ConnectionLimiter(QUICK)
        config.load()
        loop = asyncio.get_running_loop()
        make = partial(BoundedHttp, config, ServerState(), {}, limiter=limiter)
        server = await loop.create_server(make, "127.0.0.1", 0)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            loop.call_later(2 * (QUICK.head + QUICK.body + QUICK.idle), gate.set)
            got = await asyncio.wait_for(reader.read(-1), 60)
            writer.close()
            return got

    assert asyncio.run(talk()).startswith(b"HTTP/1.1 200 ")


def test_where_all_are_busy_a_new_connection_is_told_so() -> None:
    async def talk() -> tuple[bytes, bytes]:
        gate = asyncio.Event()

        async def slow(_request: Request) -> PlainTextResponse:
            await gate.wait()
            return PlainTextResponse("ok")

        config, limiter = (
            uvicorn.Config(Starlette(routes=[Route("/", slow)]), ws="none"),
            ConnectionLimiter(ConnectionLimits(connections=1)),
        )
        config.load()
        make = partial(BoundedHttp, config, ServerState(), {}, limiter=limiter)
        server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
        async with server:
            address = server.sockets[0].getsockname()
            first, first_out = await asyncio.open_connection(*address)
            first_out.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            async with asyncio.timeout(60):
                while not any(one.busy for theirs in limiter._by_address.values() for one in theirs):
                    await asyncio.sleep(0)
            second, second_out = await asyncio.open_connection(*address)
            refused = await asyncio.wait_for(second.read(-1), 60)
            gate.set()
            answered = await asyncio.wait_for(first.read(-1), 60)
            first_out.close()
            second_out.close()
            return refused, answered

    refused, answered = asyncio.run(talk())
    assert (refused[:13], answered[:13]) == (b"HTTP/1.1 503 ", b"HTTP/1.1 200 ")


def test_what_we_rely_on_in_uvicorn_is_there() -> None:
    """Each method that is overridden, and each attribute that is read: another uvicorn must not pass by silently."""
    config = uvicorn.Config(Starlette(), ws="none")
    config.load()

    async def made() -> BoundedHttp:
        return BoundedHttp(config, ServerState(), {})

    protocol = asyncio.run(made())
    base = BoundedHttp.__mro__[1]
    overridden = {name for name in vars(BoundedHttp) if hasattr(base, name) and not name.startswith("__")}
    assert overridden == {
        "connection_made", "connection_lost", "data_received", "on_message_begin", "on_headers_complete", "on_body",
        "on_message_complete", "on_response_complete", "pause_writing", "resume_writing",
    }  # fmt: skip
    assert all(hasattr(protocol, name) for name in ("cycle", "pipeline", "transport", "client", "loop"))
    names = set(httptools_impl.RequestResponseCycle.__init__.__code__.co_names)
    assert {"response_started", "response_complete", "more_body"} <= names


# --- A real worker -------------------------------------------------------------------------------------------

SECRET = "a secret of this test"
DESCRIPTORS = 256
CONFIG = """[worker]
sweep_seconds = 7
concurrency = 8
head_seconds = 1.0
body_seconds = 1.0
idle_seconds = 1.0
"""


@pytest.fixture
def few_descriptors(worker_as_program: None, tmp_path: Path) -> Iterator[tuple[SandboxServer, Api, WorkerProcess]]:
    """A worker that may have 256 descriptors, however many this process may have."""
    with SandboxServer(limits=False, incremental_lag=0) as sandbox:
        api = Api(sandbox.base_url)
        install(api, f"http://127.0.0.1:{free_port()}/nobody")
        (tmp_path / "zendesk-gupshup.toml").write_text(CONFIG, encoding="utf-8")
        worker = WorkerProcess(environment(sandbox.base_url, SECRET, tmp_path), tmp_path, 0)
        try:
            resource.prlimit(worker.pid, resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
            assert worker.wait_for(lambda: worker.address, SECONDS), worker.lines
            yield sandbox, api, worker
        finally:
            worker.kill()


def number(worker: WorkerProcess, name: str) -> float:
    text = requests.get(f"{worker.address}/metrics", timeout=60).text
    rows = [line.split() for line in text.splitlines() if line.startswith(f"zendesk_gupshup_{name}")]
    return sum(float(row[-1]) for row in rows)


def health(worker: WorkerProcess) -> Any:
    """What a monitor gets that tries three times: a busy machine may take a new connection for one of the crowd."""
    for _ in range(2):
        with suppress(requests.ConnectionError):
            return requests.get(f"{worker.address}/healthz", timeout=60).json()
    return requests.get(f"{worker.address}/healthz", timeout=60).json()


@pytest.mark.no_cover
def test_four_hundred_slow_clients_keep_nobody_out_and_nothing_from_zendesk(
    few_descriptors: tuple[SandboxServer, Api, WorkerProcess],
) -> None:
    sandbox, api, worker = few_descriptors
    host, port = str(worker.address).removeprefix("http://").split(":")
    with SlowClients(host, int(port), 400) as slow:
        # Every kind has been turned away, so that more than fits has come.
        assert worker.wait_for(lambda: set(slow.turned_away) == set(KINDS), SECONDS), slow.turned_away
        answers = [health(worker) for _ in range(20)]
        announced = [write(sandbox) for _ in range(3)]
        taken = [post(worker, SECRET, {"ticket_id": ticket}).status_code for ticket in announced]
        # One that no webhook tells of: the sweep reaches Zendesk as well.
        swept = write(sandbox)
        tickets = [*announced, swept]
        assert worker.wait_for(lambda: all(ours(api, t) == (1, 1) for t in tickets), SECONDS), worker.lines[-20:]
        ended = {reason: number(worker, f'connections_ended_total{{reason="{reason}"') for reason in ("crowd", "head")}
        held = number(worker, "connections ")
        open_ = len(list(Path(f"/proc/{worker.pid}/fd").iterdir()))
    limit = file_descriptors.connections(DESCRIPTORS, 8)
    assert (answers, taken) == ([{"status": "ok"}] * 20, [200] * 3)
    assert (ended["crowd"] > 0, 0 < held <= limit, open_ < DESCRIPTORS) == (True, True, True)
    assert any(f'"limit": {DESCRIPTORS}, "connections": {limit}' in line for line in worker.lines)
    text = "\n".join(worker.lines)
    assert [
        w for w in ("Too many open files", "out of system resource", "Traceback", "unable to open") if w in text
    ] == []
    # They are gone, and everything is as before.
    assert worker.wait_for(lambda: number(worker, "connections ") <= 2, SECONDS), number(worker, "connections ")
    assert worker.stop() == 0


@pytest.mark.no_cover
def test_connections_that_say_nothing_are_ended_one_by_one(
    few_descriptors: tuple[SandboxServer, Api, WorkerProcess],
) -> None:
    """As many as fit, so that none has to give way: each wait has its own end."""
    _, _, worker = few_descriptors
    host, port = str(worker.address).removeprefix("http://").split(":")
    lines = [socket.create_connection((host, int(port)), timeout=60) for _ in range(20)]
    for number_, line in enumerate(lines):
        line.sendall((b"", b"GET /hea", POST + b"Content-Length: 9\r\n\r\nb")[number_ % 3])
    got = [line.recv(12) for line in lines]
    assert got == [(b"", b"HTTP/1.1 408", b"HTTP/1.1 408")[n % 3] for n in range(20)]
    for line in lines:
        # Gone without a word, as a machine that was switched off.
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.close()
    assert number(worker, 'connections_ended_total{reason="crowd"') == 0
    assert number(worker, 'webhooks_refused_total{reason="incomplete"') == 6
