"""An old database and an old state folder are taken over: what each earlier revision kept is there today.

On PostgreSQL, too.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from support.databases import ACCOUNT
from zendesk_gupshup.backfill.run_store import RunStore
from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.ledger.written_markers import WrittenMarkers
from zendesk_gupshup.model.outcome_reasons import FailureKind
from zendesk_gupshup.storage import schema
from zendesk_gupshup.storage.alert_state import AlertState
from zendesk_gupshup.storage.app_actions import AppActions
from zendesk_gupshup.storage.app_store import AppStore
from zendesk_gupshup.storage.dead_letters import DeadLetter, DeadLetters
from zendesk_gupshup.storage.engine import open_engine
from zendesk_gupshup.storage.incidents import IncidentStore
from zendesk_gupshup.storage.metadata import METADATA
from zendesk_gupshup.storage.run_lock import RunLocks
from zendesk_gupshup.storage.send_quota import SendQuota
from zendesk_gupshup.storage.sweep_state import SweepState
from zendesk_gupshup.storage.visits import VisitHistory, Visits
from zendesk_gupshup.storage.window_counter import WindowLimit
from zendesk_gupshup.zendesk.rate_limit_store import rate_limit_counter

NOW = int(time.time())
RUN = "reprocess-20261101-1"
CURSOR, CURSOR_TIME = "MTc5MDAwMDAwMC4wfHw0NzExfA==", 1_790_000_000
STAMP = "2026-11-21T09:00:00Z"
OURS = {"account": ACCOUNT}

# By the revision that made the tables: rows as that revision wrote them.
ROWS: Mapping[str, Mapping[str, list[dict[str, Any]]]] = {
    "0001": {
        "zg_cursor": [{"cursor": CURSOR}],
        "zg_settled": [{"ticket_id": 7, "stamp": STAMP, "at": NOW}],
    },
    "0002": {
        "zg_run": [
            {"id": RUN, "kind": "reprocess", "asked": "reprocess --code 401", "applied": True, "started": NOW - 60,
             "ended": NOW, "status": "stopped"}
        ],
        "zg_decision": [
            {"id": 1, "run": RUN, "ticket_id": 7, "organization_id": 5, "requester_id": 20, "at": NOW, "stamp": STAMP,
             "created": NOW - 90, "did": "done", "reason": None, "mode": "auto", "kind": "credential", "language": "en",
             "app": None, "guards": [], "missing": [], "planned": [], "would": [], "symptoms": 0, "codes": 1,
             "writes": 1, "looks": 1, "attempt": 1, "requests": 4, "seconds": 0.5}
        ],
        "zg_counted": [{"run": RUN, "day": "2026-11-21", "did": "nothing", "looks": 3, "requests": 2, "seconds": 0.1}],
    },
    "0003": {
        "zg_backlog": [{"run": RUN, "asked": {"codes": ["401"]}, "position": {"cursor": CURSOR}, "planned": False}],
    },
    "0004": {
        "zg_failure": [
            {"ticket_id": 8, "kind": "refused", "reason": "ticket 8: refused (422)", "attempts": 2, "first": NOW - 60,
             "last": NOW, "state": "open", "dropped_because": None}
        ],
        "zg_look": [
            {"ticket_id": 7, "at": NOW, "unfinished": 1, "read_at": NOW, "idle": 2, "idle_since": NOW,
             "organization_id": 5}
        ],
        "zg_sent": [
            {"kind": "reply", "subject": "7:gupshup_replied__http_401", "of": 0, "at": NOW - 60.25},
            {"kind": "reply", "subject": "9:gupshup_replied__1003", "of": 0, "at": NOW - 4000.0},
            {"kind": "update", "subject": "7:0123456789abcdef", "of": 5, "at": NOW - 4.5},
            {"kind": "replied", "subject": "7:http_401", "of": 7, "at": NOW - 60.0},
        ],
    },
    "0005": {
        "zg_budget": [
            {"name": "updates", "log": f"[[{NOW}, 3]]", "at": NOW, "told": 300, "held_from": None, "held_until": None}
        ],
    },
    "0006": {},
    "0007": {},
    "0008": {
        "zg_alert": [
            {"key": "queue", "kind": "queue", "details": {"minutes": 12}, "begun": NOW - 60, "seen": NOW, "sent": None}
        ],
        "zg_acknowledged": [{"kind": "queue", "until": NOW + 60}],
    },
    "0009": {},
}  # fmt: skip


def made_by(engine: sa.Engine, revision: str) -> None:
    """A database as that revision left it: made by the first one and upgraded, with rows of each on the way."""
    for made, tables in ROWS.items():
        if made > revision:
            return
        with engine.begin() as connection:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            command.upgrade(schema.alembic_config(connection), made)
        with engine.begin() as connection:
            for name, rows in tables.items():
                table = sa.Table(name, sa.MetaData(), autoload_with=connection)
                connection.execute(sa.insert(table), [OURS | row for row in rows])


def check_first(engine: sa.Engine) -> None:
    state = SweepState(engine, ACCOUNT)
    assert (state.position, state.settled({7: STAMP, 8: STAMP})) == ((CURSOR, CURSOR_TIME), frozenset({7}))


def check_ledger(engine: sa.Engine) -> None:
    ledger = Ledger(engine, ACCOUNT)
    (run,) = ledger.runs()
    assert (run.id, run.kind, run.asked, run.applied, run.status) == (
        RUN, "reprocess", "reprocess --code 401", True, "stopped"
    )  # fmt: skip
    (found,) = ledger.entries(ticket_id=7)
    assert (found.did, found.mode, found.requests) == ("done", "auto", 4)
    assert [(one.did, one.looks) for one in ledger.counted(RUN)] == [("nothing", 3)]


def check_backfill(engine: sa.Engine) -> None:
    kept = RunStore(Ledger(engine, ACCOUNT), RUN).load()
    assert kept
    assert (kept.request, kept.position, kept.planned) == ({"codes": ["401"]}, {"cursor": CURSOR}, False)


def check_operation(engine: sa.Engine) -> None:
    assert DeadLetters(engine, ACCOUNT).get(8) == DeadLetter(
        8, FailureKind.REFUSED, "ticket 8: refused (422)", 2, NOW - 60, NOW, "open"
    )
    assert Visits(engine, ACCOUNT).history(7) == VisitHistory(NOW, 1, NOW, 2, NOW, 5)
    assert WrittenMarkers(engine, ACCOUNT).of(7).proofs == {("reply", "http_401")}
    quota = SendQuota(engine, ACCOUNT, now=lambda: NOW)
    assert quota.replies() == 1
    # The same reply, tried again, counts once; another one is one too many.
    assert quota.acquire_reply(7, "gupshup_replied__http_401", 1)
    assert not quota.acquire_reply(8, "gupshup_replied__http_401", 1)
    # What it kept of the minute is over before anybody could start.
    with engine.connect() as connection:
        kinds = connection.exec_driver_sql("SELECT kind FROM zg_sent").scalars().all()
    assert kinds == ["replied"]


def check_limits(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        log, told = connection.execute(
            sa.select(schema.WINDOW.c.log, schema.WINDOW.c.told).where(schema.WINDOW.c.name == "updates")
        ).one()
    assert (log, told) == (f"[[{NOW}, 3]]", 300)


def check_alerts(engine: sa.Engine) -> None:
    state = AlertState(engine, ACCOUNT)
    assert [(row.key, row.details, row.begun) for row in state.listed()] == [("queue", {"minutes": 12}, NOW - 60)]
    assert state.acknowledged() == {"queue": NOW + 60}


def check_no_alerts(engine: sa.Engine) -> None:
    state = AlertState(engine, ACCOUNT)
    assert (state.listed(), state.acknowledged()) == ((), {})


def check_incidents(engine: sa.Engine) -> None:
    incidents = IncidentStore(engine, ACCOUNT)
    assert (incidents.listed(), incidents.unreleased(ended=True), incidents.sightings("meta 1", 0)) == ((), (), ())


def check_app(engine: sa.Engine) -> None:
    assert (AppStore(engine, ACCOUNT).ticket(7), AppActions(engine, ACCOUNT).recorded(7)) == (None, ())


CHECKS: Mapping[str, Callable[[sa.Engine], None]] = {
    "0001": check_first,
    "0002": check_ledger,
    "0003": check_backfill,
    "0004": check_operation,
    "0005": check_limits,
    "0008": check_alerts,
}


def test_every_revision_is_tried() -> None:
    folder = Path(schema.__file__).parent / "migrations" / "versions"
    revisions = sorted(file.name[1:5] for file in folder.glob("r*.py"))
    assert revisions == [*ROWS, schema.HEAD]


@pytest.mark.parametrize("revision", ROWS)
def test_a_database_of_each_revision_is_taken_over(empty_engine: sa.Engine, revision: str) -> None:
    made_by(empty_engine, revision)
    schema.upgrade(empty_engine)
    with empty_engine.connect() as connection:
        options: dict[str, Any] = {"version_table": schema.VERSION_TABLE, "compare_type": True}
        options["include_name"] = lambda name, kind, _: kind != "table" or name.startswith("zg_")
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), METADATA)
        assert (differences, schema.version(connection)) == ([], schema.HEAD)
    for made, check in CHECKS.items():
        if made <= revision:
            check(empty_engine)
    if revision < "0008":
        check_no_alerts(empty_engine)
    check_incidents(empty_engine)
    check_app(empty_engine)


def shape(engine: sa.Engine) -> dict[str, Any]:
    """Of each table of ours its columns, keys and indexes, in no order, and the revision they are marked with."""
    inspector, found = sa.inspect(engine), dict[str, Any]()
    for name in (name for name in inspector.get_table_names() if name.startswith("zg_")):
        columns = {c["name"]: (str(c["type"]), c["nullable"], c["default"]) for c in inspector.get_columns(name)}
        key = inspector.get_pk_constraint(name)["constrained_columns"]
        keys = inspector.get_foreign_keys(name)
        foreign = [(k["constrained_columns"], k["referred_table"], k["options"]) for k in keys]
        indexes = {i["name"]: (i["column_names"], bool(i["unique"])) for i in inspector.get_indexes(name)}
        found[name] = columns, key, foreign, indexes
    with engine.connect() as connection:
        return {**found, "revision": schema.version(connection)}


# A fresh interpreter: nothing else has loaded the modules that declare tables.
MAKE = """
import sys, pathlib
from zendesk_gupshup.storage import engine, schema
schema.upgrade(engine.open_engine(sys.argv[1] or None, pathlib.Path(sys.argv[2])))
print("alembic" in sys.modules)
"""


def test_an_empty_database_gets_the_tables_that_all_revisions_make(engine: sa.Engine, tmp_path: Path) -> None:
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        command.upgrade(schema.alembic_config(connection), "head")
    migrated = shape(engine)
    if engine.dialect.name == "sqlite":
        url, empty = "", open_engine(None, tmp_path / "new")
    else:
        url, empty = engine.url.render_as_string(hide_password=False), engine
        METADATA.drop_all(engine)
        with engine.begin() as connection:
            connection.exec_driver_sql(f"DROP TABLE {schema.VERSION_TABLE}")
    ran = subprocess.run([sys.executable, "-c", MAKE, url, str(tmp_path / "new")], capture_output=True, text=True)
    assert (ran.stdout, ran.stderr) == ("False\n", "")
    assert shape(empty) == migrated


# As the release before this one left its state folder: the names of its files, and what the second one holds.
BUDGET_FILE = "zendesk-gupshup-budget.sqlite"
BUDGET_TABLE = """CREATE TABLE zg_budget (account VARCHAR(255) NOT NULL, name VARCHAR(64) NOT NULL, log TEXT NOT NULL,
    at BIGINT NOT NULL, told INTEGER, held_from BIGINT, held_until BIGINT, PRIMARY KEY (account, name))"""


def test_a_state_folder_of_the_release_before_is_taken_over(tmp_path: Path) -> None:
    old = sa.create_engine(f"sqlite:///{tmp_path / 'zendesk-gupshup.sqlite'}")
    made_by(old, "0006")
    old.dispose()
    budget = sa.create_engine(f"sqlite:///{tmp_path / BUDGET_FILE}")
    with budget.begin() as connection:
        connection.exec_driver_sql(BUDGET_TABLE)
        for name, log, told in (
            ("account", f"[[{NOW - 3}, 40], [{NOW}, 2]]", 700),
            ("ticket:7", f"[[{NOW // 10}, 5]]", None),
        ):
            connection.exec_driver_sql(
                "INSERT INTO zg_budget VALUES (?, ?, ?, ?, ?, NULL, NULL)", (ACCOUNT, name, log, NOW, told)
            )
    budget.dispose()
    # A run that was going on when the machine went down: its lock's file is there, and nobody holds it.
    (tmp_path / f"{RUN}.lock").touch()
    engine = open_engine(None, tmp_path)
    try:
        counter = rate_limit_counter(engine, ACCOUNT, clock=lambda: NOW)
        assert counter.usage(WindowLimit("account", 200)) == (42, 700)
        assert counter.usage(WindowLimit("ticket:7", 30, seconds=600)) == (5, None)
        assert counter.acquire(WindowLimit("account", 200)) is None
        assert counter.usage(WindowLimit("account", 200)) == (43, 700)
        for made, check in CHECKS.items():
            if made <= "0006":
                check(engine)
        check_no_alerts(engine)
        check_incidents(engine)
        check_app(engine)
        locks = RunLocks(engine, ACCOUNT)
        assert (locks.is_held(RUN), locks.acquire(RUN)) == (False, True)
        locks.release(RUN)
        assert sorted(file.name for file in tmp_path.glob("*.sqlite")) == [BUDGET_FILE, "zendesk-gupshup.sqlite"]
    finally:
        engine.dispose()
