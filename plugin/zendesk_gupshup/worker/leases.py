"""The lease that makes a worker `worker-3`: one number, one living process.

DBOS hands the work of `worker-3` to whoever starts under that name, even while the first one is still running. So a
number is held by locks that end with the process, and is free only once its last holder provably does no more work.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy.dialects import postgresql

from zendesk_gupshup.storage.schema import WORKER
from zendesk_gupshup.zendesk.errors import Busy

log = logging.getLogger(__name__)

MAX_WORKERS = 64
# The first half of PostgreSQL's advisory lock, the lease's number being the other: any that nobody else would use.
_LOCK_CLASS = 72_400_120
# Parts of the grace period: heartbeats in it, and after which share of it a worker stops trusting its own lease.
_HEARTBEATS, _TRUSTED_SHARE = 6, 0.5


class NoFreeLease(RuntimeError):
    """As many workers run on this database as there can be."""


class Lease:
    """One number, held from `acquire_lease` on. On SQLite the lock of a file is enough, and cannot be lost."""

    def __init__(self, number: int, file: FileLock, heartbeat: _Heartbeat | None) -> None:
        self.number = number
        self.executor = f"worker-{number}"
        self._file = file
        self._heartbeat = heartbeat

    def check(self) -> None:
        """Called before each request: a worker whose lease may have expired touches nothing. Raises `Busy`."""
        if self._heartbeat and not self._heartbeat.trusted():
            raise Busy("the database has not confirmed this worker's lease: writes wait", retry_after=5.0)

    def keep_alive(self, lost: Callable[[], None]) -> None:
        """Renew the lease from now on; `lost` is called once, when another worker may have it."""
        if self._heartbeat:
            self._heartbeat.start(lost)

    def release(self) -> None:
        """Give it up, so that the next worker need not wait for it to expire."""
        if self._heartbeat:
            self._heartbeat.release()
        self._file.release()


def acquire_lease(engine: sa.Engine, state: Path, grace: float) -> Lease:
    """The first free number, those last held from this state directory before others. Raises `NoFreeLease`."""
    if engine.dialect.name == "sqlite":
        for number in range(MAX_WORKERS):
            if file := _lock_file(_database_folder(engine, state), number):
                return Lease(number, file, None)
    else:
        place = _state_id(state)
        connection = _connect(engine)
        try:
            with connection:
                rows = connection.execute(sa.select(WORKER.c.number, WORKER.c.place)).all()
            ours = {number for number, at in rows if at == place}
        except BaseException:
            connection.close()
            raise
        for number in sorted(range(MAX_WORKERS), key=lambda n: (n not in ours, n)):
            if file := _lock_file(state, number):
                heartbeat = _Heartbeat(engine, number, place, grace)
                if heartbeat.acquire():
                    return Lease(number, file, heartbeat)
                file.release()
    raise NoFreeLease(f"{MAX_WORKERS} workers run on this store already")


@contextmanager
def expired_lease(engine: sa.Engine, state: Path, number: int, grace: float) -> Iterator[bool]:
    """Whether nobody holds this number any more; within the block nobody can acquire it."""
    if engine.dialect.name == "sqlite":
        file = _lock_file(_database_folder(engine, state), number)
        try:
            yield file is not None
        finally:
            if file:
                file.release()
        return
    heartbeat = _Heartbeat(engine, number, _state_id(state), grace)
    # A worker of this state directory holds the file as long as it lives, whatever became of its connection.
    file = _lock_file(state, number)
    try:
        yield file is not None and heartbeat.acquire()
    finally:
        heartbeat.release()
        if file:
            file.release()


class _Heartbeat:
    """A lease in PostgreSQL: a session lock on a connection of its own, and a row with the time of the last heartbeat.

    The lock ends with the connection; the worker behind it may live on for a while. So nobody acquires a number whose
    last heartbeat is younger than the grace period, unless the file lock of the same state directory proves that its
    holder is gone.
    """

    def __init__(self, engine: sa.Engine, number: int, place: str, grace: float) -> None:
        self._engine, self._number, self._place, self._grace = engine, number, place, grace
        self._token = uuid.uuid4().hex
        self._connection: sa.Connection | None = None
        self._confirmed_at = 0.0
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def acquire(self) -> bool:
        """Lock the number, if it is free and its last holder's lease has expired."""
        self._connection = _connect(self._engine)
        recent = WORKER.c.seen > _database_clock() - int(self._grace * 1000)
        held = (WORKER.c.number == self._number, WORKER.c.place != self._place, recent)
        if self._lock() and not self._connection.execute(sa.select(WORKER.c.number).where(*held)).first():
            values = {"place": self._place, "token": self._token, "seen": _database_clock()}
            row = postgresql.insert(WORKER).values(number=self._number, since=_database_clock(), **values)
            self._confirmed_at = time.monotonic()
            self._connection.execute(
                row.on_conflict_do_update(index_elements=["number"], set_={**values, "since": _database_clock()})
            )
            return True
        self._disconnect()
        return False

    def trusted(self) -> bool:
        age = time.monotonic() - self._confirmed_at
        return not self._ended.is_set() and age < self._grace * _TRUSTED_SHARE

    def start(self, lost: Callable[[], None]) -> None:
        self._thread = threading.Thread(target=self._run, args=(lost,), name="heartbeat", daemon=True)
        self._thread.start()

    def release(self) -> None:
        self._ended.set()
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join(timeout=10)
        if self._connection is not None:
            with suppress(sa.exc.DBAPIError):
                self._connection.execute(sa.delete(WORKER).where(*self._our_row()))
            self._disconnect()

    def _run(self, lost: Callable[[], None]) -> None:
        while not self._ended.wait(self._grace / _HEARTBEATS):
            try:
                ours = self._renew()
            except sa.exc.DBAPIError as error:
                log.warning(
                    "worker-%s: database connection lost (%s); reconnecting", self._number, type(error).__name__
                )
                ours = self._reconnect()
            if not ours:
                self._ended.set()
                self._disconnect()
                lost()

    def _renew(self) -> bool:
        """Write a heartbeat, if this connection holds the lock and nobody has taken the row over."""
        assert self._connection is not None  # noqa: S101 - `acquire` has come before
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
        ours = (*self._our_row(), here)
        renewed = self._connection.execute(sa.update(WORKER).where(*ours).values(seen=_database_clock()))
        if renewed.rowcount:
            self._confirmed_at = began
        return bool(renewed.rowcount)

    def _reconnect(self) -> bool:
        """The same number on a new connection as soon as there is one; false where another worker has had it since."""
        while not self._ended.wait(min(1.0, self._grace / 30)):
            self._disconnect()
            with suppress(sa.exc.DBAPIError):
                self._connection = _connect(self._engine)
                if self._lock():
                    return self._renew()
                # The server may hold on to our old session for a while; another worker's row has another token.
                if not self._connection.execute(sa.select(WORKER.c.number).where(*self._our_row())).first():
                    return False
        return True

    def _lock(self) -> bool:
        assert self._connection is not None  # noqa: S101 - connected just before
        lock = sa.func.pg_try_advisory_lock(_LOCK_CLASS, self._number)
        return bool(self._connection.execute(sa.select(lock)).scalar())

    def _disconnect(self) -> None:
        if self._connection is not None:
            with suppress(sa.exc.DBAPIError):
                self._connection.close()
            self._connection = None

    def _our_row(self) -> tuple[sa.ColumnElement[bool], ...]:
        return WORKER.c.number == self._number, WORKER.c.token == self._token


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


def _database_clock() -> sa.ColumnElement[int]:
    return sa.cast(sa.func.extract("epoch", sa.func.clock_timestamp()) * 1000, sa.BigInteger)


def _lock_file(folder: Path, number: int) -> FileLock | None:
    """The lock of `worker-N.lock`, which ends with the process; `None` while another one holds it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Never the library's substitute for file systems without locks: a killed process would hold that for ever.
    lock = FileLock(folder / f"worker-{number}.lock", mode=0o600, thread_local=False, fallback_to_soft=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return None
    return lock


def _database_folder(engine: sa.Engine, state: Path) -> Path:
    """Beside SQLite's file, so that workers with different state directories on one file know of each other."""
    file = engine.url.database
    return Path(file).absolute().parent if file and file != ":memory:" else state


def _state_id(state: Path) -> str:
    """A name for this state directory that no other one has, on any machine."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = state / "place"
    with suppress(FileExistsError), file.open("x", encoding="ascii") as made:
        made.write(uuid.uuid4().hex)
    return file.read_text(encoding="ascii") or "unknown"
