"""Who a worker is: a numbered slot that is its own while it lives, and whose number DBOS knows its work by.

DBOS gives the work of `worker-3` to whoever starts as `worker-3`, also while the first one is still at it. So a slot is
held by locks that end with the process, and is free only once its last holder is proven to be at nothing any more.
"""

from __future__ import annotations

import fcntl
import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from zendesk_gupshup.storage.schema import WORKER
from zendesk_gupshup.zendesk.errors import Busy

log = logging.getLogger(__name__)

SLOTS = 64
# The first half of PostgreSQL's advisory lock, the slot's number being the other one: any that nobody else would use.
_LOCK_CLASS = 72_400_120
# Of the time after which others take over: how often a worker shows that it is there, and when it no longer trusts
# that it is known to be.
_BEATS, _TRUST = 6, 2


class NoFreeLease(RuntimeError):
    """Every worker slot of the store is taken."""


class LeaseLost(RuntimeError):
    """The store took this worker for dead; what it had in hand may be with another one by now."""


class Lease:
    """One slot, held from `acquire_lease` on. On SQLite the lock of a file is enough, and cannot be lost."""

    def __init__(self, number: int, file: IO[str], beat: _Heartbeat | None) -> None:
        self.number = number
        self.executor = f"worker-{number}"
        self._file = file
        self._beat = beat

    def check(self) -> None:
        """Called before each request: a worker that may have been taken for dead touches nothing. Raises `Busy`."""
        if self._beat and not self._beat.trusted():
            raise Busy("the store has not confirmed this worker's slot: nothing is written meanwhile", retry_after=5.0)

    def watch(self, lost: Callable[[], None]) -> None:
        """Show from now on that we are there; `lost` is called once, when the slot is gone for good."""
        if self._beat:
            self._beat.start(lost)

    def leave(self) -> None:
        """Give it back; whoever comes next need not wait."""
        if self._beat:
            self._beat.leave()
        self._file.close()


def acquire_lease(engine: sa.Engine, state: Path, grace: float) -> Lease:
    """The first free slot, before all others those that this state directory had. Raises `NoFreeLease`."""
    if engine.dialect.name == "sqlite":
        for number in range(SLOTS):
            if file := _file_lock(_folder(engine, state), number):
                return Lease(number, file, None)
    else:
        place = _place(state)
        connection = _connect(engine)
        try:
            with connection:
                rows = connection.execute(sa.select(WORKER.c.number, WORKER.c.place)).all()
            ours = {number for number, at in rows if at == place}
        except BaseException:
            connection.close()
            raise
        for number in sorted(range(SLOTS), key=lambda n: (n not in ours, n)):
            if file := _file_lock(state, number):
                beat = _Heartbeat(engine, number, place, grace)
                if beat.take():
                    return Lease(number, file, beat)
                file.close()
    raise NoFreeLease(f"{SLOTS} workers run on this store already")


@contextmanager
def expired_workers(engine: sa.Engine, state: Path, number: int, grace: float) -> Iterator[bool]:
    """Whether nobody works in this slot any more; within the block nobody can begin to."""
    if engine.dialect.name == "sqlite":
        file = _file_lock(_folder(engine, state), number)
        try:
            yield file is not None
        finally:
            if file:
                file.close()
        return
    beat = _Heartbeat(engine, number, _place(state), grace)
    file = _file_lock(state, number)
    try:
        # Our own file's lock is held as long as a worker of this state directory lives, whatever became of its
        # connection.
        yield file is not None and beat.take()
    finally:
        beat.leave()
        if file:
            file.close()


class _Heartbeat:
    """A slot in PostgreSQL: a lock of the session on a connection of its own, and a row that says when we were there.

    The lock goes with the connection, at once; the worker behind it may live on for a while. So nobody takes a slot
    whose row is younger than the grace, unless its state directory's own lock proves that the holder is gone.
    """

    def __init__(self, engine: sa.Engine, number: int, place: str, grace: float) -> None:
        self._engine, self._number, self._place, self._grace = engine, number, place, grace
        self._token = uuid.uuid4().hex
        self._connection: sa.Connection | None = None
        self._shown = 0.0
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def take(self) -> bool:
        """Lock it, if it is free and its last holder is out of the way."""
        self._connection = _connect(self._engine)
        row = (WORKER.c.number == self._number, WORKER.c.place != self._place, WORKER.c.seen > _clock() - self._ms())
        if self._lock() and not self._connection.execute(sa.select(WORKER.c.number).where(*row)).first():
            values = {"place": self._place, "token": self._token, "seen": _clock()}
            mine = postgresql.insert(WORKER).values(number=self._number, since=_clock(), **values)
            self._shown = time.monotonic()
            self._connection.execute(
                mine.on_conflict_do_update(index_elements=["number"], set_={**values, "since": _clock()})
            )
            return True
        self._drop()
        return False

    def trusted(self) -> bool:
        return not self._ended.is_set() and time.monotonic() - self._shown < self._grace / _TRUST

    def start(self, lost: Callable[[], None]) -> None:
        self._thread = threading.Thread(target=self._run, args=(lost,), name="slot", daemon=True)
        self._thread.start()

    def leave(self) -> None:
        self._ended.set()
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join(timeout=10)
        if self._connection is not None:
            with suppress(sa.exc.DBAPIError):
                self._connection.execute(sa.delete(WORKER).where(*self._mine()))
            self._drop()

    def _run(self, lost: Callable[[], None]) -> None:
        while not self._ended.wait(self._grace / _BEATS):
            try:
                ours = self._show()
            except sa.exc.DBAPIError as error:
                log.warning("worker-%s: the store's connection is gone (%s)", self._number, type(error).__name__)
                ours = self._again()
            if not ours:
                self._ended.set()
                self._drop()
                lost()

    def _show(self) -> bool:
        """Say that we are there, if this connection holds the lock, and nobody has taken us for dead."""
        assert self._connection is not None  # noqa: S101
        began = time.monotonic()
        # A pooler that hands out another session for each statement would hold the lock elsewhere.
        locks = sa.table("pg_locks", *map(sa.column, ("locktype", "classid", "objid", "pid")))
        held = (
            (locks.c.locktype == "advisory")
            & (sa.cast(locks.c.classid, sa.BigInteger) == _LOCK_CLASS)
            & (sa.cast(locks.c.objid, sa.BigInteger) == self._number)
            & (locks.c.pid == sa.func.pg_backend_pid())
        )
        here = sa.select(sa.literal(1)).select_from(locks).where(held).exists()
        shown = self._connection.execute(sa.update(WORKER).where(*self._mine(), here).values(seen=_clock()))
        if shown.rowcount:
            self._shown = began
        return bool(shown.rowcount)

    def _again(self) -> bool:
        """The same slot on a new connection, as soon as there is one; not where somebody was in it since."""
        while not self._ended.wait(min(1.0, self._grace / 30)):
            self._drop()
            with suppress(sa.exc.DBAPIError):
                self._connection = _connect(self._engine)
                if self._lock():
                    return self._show()
                # The server may hold on to our old session for a while; another worker's has another token.
                if not self._connection.execute(sa.select(WORKER.c.number).where(*self._mine())).first():
                    return False
        return True

    def _lock(self) -> bool:
        assert self._connection is not None  # noqa: S101
        return bool(
            self._connection.execute(sa.select(sa.func.pg_try_advisory_lock(_LOCK_CLASS, self._number))).scalar()
        )

    def _drop(self) -> None:
        if self._connection is not None:
            with suppress(sa.exc.DBAPIError):
                self._connection.close()
            self._connection = None

    def _mine(self) -> tuple[sa.ColumnElement[bool], ...]:
        return WORKER.c.number == self._number, WORKER.c.token == self._token

    def _ms(self) -> int:
        return int(self._grace * 1000)


def _connect(engine: sa.Engine) -> sa.Connection:
    """A connection outside of any pool, which notices within seconds that the other side is gone."""
    alive = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000}
    own = sa.create_engine(
        engine.url,
        poolclass=sa.NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args={"connect_timeout": 5, **alive},
    )
    return own.connect()


def _clock() -> sa.ColumnElement[int]:
    return sa.cast(sa.func.extract("epoch", sa.func.clock_timestamp()) * 1000, sa.BigInteger)


def _file_lock(folder: Path, number: int) -> IO[str] | None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = (folder / f"worker-{number}.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def _folder(engine: sa.Engine, state: Path) -> Path:
    """Beside SQLite's file, so that workers with different state directories on one file know of each other."""
    file = engine.url.database
    return Path(file).absolute().parent if file and file != ":memory:" else state


def _place(state: Path) -> str:
    """A name for this state directory that no other one has, also on another machine with the same path."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = state / "place"
    with suppress(FileExistsError), file.open("x", encoding="ascii") as made:
        made.write(uuid.uuid4().hex)
    return file.read_text(encoding="ascii") or "unknown"
