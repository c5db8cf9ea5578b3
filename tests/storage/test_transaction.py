"""What several parts store is one transaction where they are told so, and one each where they are not."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.databases import ACCOUNT
from zendesk_gupshup.model.outcome_reasons import FailureKind
from zendesk_gupshup.storage.dead_letters import DeadLetters
from zendesk_gupshup.storage.engine import open_engine
from zendesk_gupshup.storage.schema import upgrade
from zendesk_gupshup.storage.send_quota import SendQuota
from zendesk_gupshup.storage.transaction import (
    apart,
    if_undone,
    is_joined,
    reading,
    storing,
    storing_soon,
    together,
)
from zendesk_gupshup.storage.visits import VisitHistory, Visits


@pytest.fixture(autouse=True)
def _upgraded(engine: sa.Engine) -> None:
    upgrade(engine)


@pytest.fixture
def commits(engine: sa.Engine) -> Iterator[list[str]]:
    made: list[str] = []

    def committed(_: object) -> None:
        made.append("commit")

    sa.event.listen(engine, "commit", committed)
    yield made
    sa.event.remove(engine, "commit", committed)


def store_all(engine: sa.Engine) -> None:
    Visits(engine, ACCOUNT, now=lambda: 100).end(7, VisitHistory(), read_at=90, idle=False, organization_id=5)
    DeadLetters(engine, ACCOUNT).give_up(8, FailureKind.REFUSED, "ticket 8: refused (422)", 1)
    assert SendQuota(engine, ACCOUNT).acquire_reply(7, "gupshup_replied__http_401", 10)


def stored(engine: sa.Engine) -> tuple[int | None, int, int]:
    listed = DeadLetters(engine, ACCOUNT).listed()
    return Visits(engine, ACCOUNT).history(7).read_at, len(listed), SendQuota(engine, ACCOUNT).replies()


def test_parts_alone_commit_each_and_together_once(engine: sa.Engine, commits: list[str]) -> None:
    store_all(engine)
    assert len(commits) == 3
    commits.clear()
    with together(engine):
        store_all(engine)
    assert (len(commits), stored(engine)) == (1, (90, 1, 1))


def test_where_the_block_fails_nothing_of_it_is_kept(engine: sa.Engine) -> None:
    undone: list[str] = []
    with suppress(ZeroDivisionError), together(engine):
        store_all(engine)
        if_undone(engine, lambda: undone.append("entry"))
        raise ZeroDivisionError
    assert (stored(engine), undone) == ((None, 0, 0), ["entry"])
    # The next block begins anew, and what is outside of one knows of nobody.
    with together(engine):
        store_all(engine)
    if_undone(engine, lambda: undone.append("outside"))
    assert (stored(engine), undone) == ((90, 1, 1), ["entry"])


def test_a_block_inside_of_another_is_a_part_of_it(engine: sa.Engine, commits: list[str]) -> None:
    with together(engine):
        with together(engine, soon=True):
            store_all(engine)
        assert (commits, is_joined(engine)) == ([], True)
    assert (commits, stored(engine), is_joined(engine)) == (["commit"], (90, 1, 1), False)


def test_a_block_of_another_database_leaves_the_one_around_it(engine: sa.Engine, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = open_engine(None, tmp_path / "other")
    with together(engine):
        with together(other):
            assert (is_joined(engine), is_joined(other)) == (False, True)
        assert (is_joined(engine), is_joined(other)) == (True, False)
        store_all(engine)
    assert stored(engine) == (90, 1, 1)


def test_a_part_that_fails_apart_takes_nothing_else_along(engine: sa.Engine) -> None:
    with together(engine):
        store_all(engine)
        with suppress(sa.exc.SQLAlchemyError), apart(engine), storing(engine) as connection:
            connection.exec_driver_sql("INSERT INTO zg_failure (account) VALUES (NULL)")
    assert stored(engine) == (90, 1, 1)


def test_what_is_stored_before_is_read_inside_and_by_nobody_else_yet(engine: sa.Engine) -> None:
    count = "SELECT count(*) FROM zg_failure"
    with together(engine):
        store_all(engine)
        with reading(engine) as ours, engine.connect() as another:
            assert (ours.exec_driver_sql(count).scalar(), another.exec_driver_sql(count).scalar()) == (1, 0)


@contextmanager
def together_soon(engine: sa.Engine) -> Iterator[sa.Connection]:
    with together(engine, soon=True), storing(engine) as connection:
        yield connection


@pytest.mark.parametrize("soon", [storing_soon, together_soon])
def test_what_need_not_wait_for_the_disk_leaves_the_connection_as_it_was(
    engine: sa.Engine, soon: Callable[[sa.Engine], AbstractContextManager[sa.Connection]]
) -> None:
    Visits(engine, ACCOUNT)
    question = "PRAGMA synchronous" if engine.dialect.name == "sqlite" else "SHOW synchronous_commit"
    with engine.connect() as connection:
        before = connection.exec_driver_sql(question).scalar()
    with soon(engine) as connection:
        assert connection.exec_driver_sql(question).scalar() != before
        connection.exec_driver_sql("INSERT INTO zg_settled (account, ticket_id, stamp, at) VALUES ('a', 1, 's', 1)")
    with suppress(ZeroDivisionError), soon(engine) as connection:
        connection.exec_driver_sql("INSERT INTO zg_settled (account, ticket_id, stamp, at) VALUES ('a', 2, 's', 1)")
        raise ZeroDivisionError
    with engine.connect() as connection:
        assert connection.exec_driver_sql(question).scalar() == before
        assert connection.exec_driver_sql("SELECT ticket_id FROM zg_settled").scalars().all() == [1]


def test_a_connection_that_cannot_be_set_back_is_used_no_more(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL sets back by itself what was set for one transaction")
    roll_back, faults = engine.dialect.do_rollback, ["disk I/O error"]

    def fails_once(connection: sa.engine.interfaces.PoolProxiedConnection) -> None:
        if faults:
            raise sqlite3.OperationalError(faults.pop())
        roll_back(connection)

    with suppress(sa.exc.OperationalError), together(engine, soon=True):
        store_all(engine)
        monkeypatch.setattr(engine.dialect, "do_rollback", fails_once)
        raise ZeroDivisionError
    with engine.connect() as connection:
        assert (faults, connection.exec_driver_sql("PRAGMA synchronous").scalar()) == ([], 2)
    store_all(engine)
    assert stored(engine) == (90, 1, 1)
