"""The ledger on SQLite and, where one is given, on PostgreSQL: migrations, entries, kills, privacy.

On PostgreSQL, too.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from support.databases import ACCOUNT
from support.fake_zendesk import TEXT, FakeZendesk, broken, stamp
from support.ledger_entries import entry
from support.paths import TESTS
from zendesk_gupshup import storage
from zendesk_gupshup.decide.policy import Policy
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.ledger.entry import Found, LedgerEntry, unknown_codes
from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.ledger.recorder import RecordedRun, Recorder
from zendesk_gupshup.ledger.runs import LIVE
from zendesk_gupshup.ledger.write_gate import gate_of
from zendesk_gupshup.model.detection_reasons import Rule
from zendesk_gupshup.model.finding import Confidence, ErrorCode, Evidence, Place
from zendesk_gupshup.model.plan import Mode
from zendesk_gupshup.model.ticket import Comment
from zendesk_gupshup.model.write import TicketState, Write
from zendesk_gupshup.ops import metrics
from zendesk_gupshup.pipeline import Brain, Outcome, handle
from zendesk_gupshup.render.catalogue import Templates
from zendesk_gupshup.storage import schema
from zendesk_gupshup.storage.engine import open_engine
from zendesk_gupshup.storage.metadata import METADATA
from zendesk_gupshup.storage.sweep_state import SweepState
from zendesk_gupshup.text.redaction import without_addresses
from zendesk_gupshup.zendesk.errors import Busy, OutcomeUnknown, ZendeskError

REFUSED = ErrorCode(namespace="gupshup_http", code="401")
WALLET = ErrorCode(namespace="gupshup", code="1003")


@pytest.fixture(scope="module")
def brain() -> Brain:
    return Brain(dictionary=load(), templates=Templates.load())


@pytest.fixture
def ledger(engine: sa.Engine) -> Ledger:
    return Ledger(engine, ACCOUNT)


SETTLED_OF_OLD = """CREATE TABLE zg_settled (account VARCHAR(255) NOT NULL, ticket_id BIGINT NOT NULL,
    stamp VARCHAR(32) NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (account, ticket_id))"""
FOUND = (Found(error=REFUSED, confidence=Confidence.CERTAIN, variant="authentication_failed"),)


# --- Migrations ----------------------------------------------------------------------------------------------


def revision(engine: sa.Engine) -> str | None:
    with engine.connect() as connection:
        return schema.version(connection)


def test_an_empty_database_becomes_what_the_tables_say(empty_engine: sa.Engine) -> None:
    # A table is known once its module is loaded.
    for module in pkgutil.iter_modules(storage.__path__, f"{storage.__name__}."):
        importlib.import_module(module.name)
    schema.upgrade(empty_engine)
    schema.upgrade(empty_engine)
    with empty_engine.connect() as connection:
        options = {"version_table": schema.VERSION_TABLE, "compare_type": True}
        options["include_name"] = lambda name, kind, _: kind != "table" or name.startswith("zg_")
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), METADATA)
        head = ScriptDirectory.from_config(schema.alembic_config(connection)).get_current_head()
    assert (differences, revision(empty_engine), schema.HEAD) == ([], head, head)


def test_a_database_from_before_the_migrations_keeps_queue_and_cursor(empty_engine: sa.Engine) -> None:
    with empty_engine.begin() as connection:
        for statement in (
            "CREATE TABLE zg_cursor (account VARCHAR(255) NOT NULL, cursor TEXT NOT NULL, PRIMARY KEY (account))",
            SETTLED_OF_OLD,
            "CREATE INDEX ix_zg_settled_at ON zg_settled (at)",
            # Stands for the queue's own tables, which are DBOS's affair.
            "CREATE TABLE zg_queue_of_old (id VARCHAR(64))",
            "INSERT INTO zg_queue_of_old VALUES ('webhook:7:1')",
            f"INSERT INTO zg_cursor VALUES ('{ACCOUNT}', 'MTc5NQ==')",
            f"INSERT INTO zg_settled VALUES ('{ACCOUNT}', 7, '{stamp(90)}', 1)",
        ):
            connection.exec_driver_sql(statement)
    state = SweepState(empty_engine, ACCOUNT)
    assert (state.cursor, set(state.settled({7: stamp(90), 8: stamp(90)}))) == ("MTc5NQ==", {7})
    with empty_engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT id FROM zg_queue_of_old").scalar() == "webhook:7:1"
        connection.exec_driver_sql("DROP TABLE zg_queue_of_old")
    assert Ledger(empty_engine, ACCOUNT).runs() == ()


def test_a_newer_database_is_refused(empty_engine: sa.Engine) -> None:
    schema.upgrade(empty_engine)
    with empty_engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {schema.VERSION_TABLE} SET version_num = '9999'")
    with pytest.raises(schema.NewerDatabase, match="revision 9999, which is newer than this program"):
        Ledger(empty_engine, ACCOUNT)


def test_an_upgrade_that_fails_leaves_nothing_half_made(empty_engine: sa.Engine) -> None:
    with empty_engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE zg_write (id INTEGER)")
    with pytest.raises(sa.exc.SQLAlchemyError):
        schema.upgrade(empty_engine)
    tables = [name for name in sa.inspect(empty_engine).get_table_names() if name.startswith("zg_")]
    assert (tables, revision(empty_engine)) == (["zg_write"], None)


def test_workers_that_start_at_once_take_turns(tmp_path: Path, empty_engine: sa.Engine) -> None:
    engines = [empty_engine] + [
        sa.create_engine(empty_engine.url) if empty_engine.dialect.name != "sqlite" else open_engine(None, tmp_path)
    ] * 3
    faults: list[BaseException] = []

    def start(one: sa.Engine) -> None:
        try:
            Ledger(one, ACCOUNT).start_live()
        except (sa.exc.SQLAlchemyError, RuntimeError) as error:
            faults.append(error)

    threads = [threading.Thread(target=start, args=(one,)) for one in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in engines[1:]:
        one.dispose()
    assert (faults, revision(empty_engine), len(Ledger(empty_engine, ACCOUNT).runs())) == ([], schema.HEAD, 1)


# --- Entries -------------------------------------------------------------------------------------------------


def looked(
    ledger: Ledger, zendesk: FakeZendesk, brain: Brain, *, everything: bool = True, apply: bool = True
) -> Outcome:
    recording = Recorder(ledger, LIVE, lambda: len(zendesk.calls), everything=everything)
    try:
        outcome = handle(
            zendesk,
            7,
            brain,
            apply=apply,
            gate=gate_of(ledger, brain.policy.replies_per_hour),
            journal=recording,
        )
    except ZendeskError as error:
        outcome = Outcome(7, "later", None, tuple(recording.writes), reason=str(error))
    recording.close(outcome)
    return outcome


def test_an_entry_comes_back_as_it_went_in(ledger: Ledger, brain: Brain) -> None:
    zendesk = FakeZendesk()
    outcome = looked(ledger, zendesk, brain)
    (kept,) = ledger.entries(LIVE)
    assert kept.writes == outcome.writes
    assert outcome.look
    assert outcome.look.decision.plan
    assert kept.model_copy(update={"writes": (), "seconds": 0, "at": 0}) == LedgerEntry(
        run=LIVE, ticket_id=7, requester_id=1, at=0, stamp=stamp(90), did="done", mode=Mode.AUTO,
        kind="owner_escalation", language="en", findings=FOUND, missing=("app_id", "app_name", "owner_email"),
        planned=outcome.look.decision.plan.steps, would=outcome.look.decision.plan.steps, requests=len(zendesk.calls),
    )  # fmt: skip
    assert [*ledger.entries(ticket_id=7)][-1] == kept
    assert [*ledger.entries(ticket_id=8)] == []


def test_what_was_written_holds_the_ticket_before_and_after(ledger: Ledger, brain: Brain) -> None:
    looked(ledger, FakeZendesk(tags=("vip",)), brain)
    (kept,) = ledger.entries()
    reply, note = kept.writes
    found = ("gupshup", "gupshup__http_401")
    replied = tuple(sorted((*found, "gupshup_replied__http_401", "gupshup_state__awaiting_owner", "vip")))
    assert reply == Write(
        kind="reply",
        marker="gupshup_replied__http_401",
        public=True,
        files=reply.files,
        before=TicketState(updated_at=stamp(90), tags=("vip",)),
        after=TicketState(updated_at=stamp(100), tags=replied),
    )
    assert len(reply.files) == 2
    assert (note.kind, note.public, note.before) == ("note", False, reply.after)


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.ASSIST])
def test_what_is_held_back_is_kept_as_what_would_be(ledger: Ledger, brain: Brain, mode: Mode) -> None:
    held = Brain(dictionary=brain.dictionary, templates=brain.templates, policy=Policy(default_mode=mode))
    looked(ledger, FakeZendesk(), held)
    (kept,) = ledger.entries()
    written = {Mode.OBSERVE: [], Mode.ASSIST: ["note"]}[mode]
    assert ([w.kind for w in kept.writes], [s.kind for s in kept.planned], kept.kind) == (
        written,
        written,
        "owner_escalation",
    )
    assert [step.kind for step in kept.would] == ["reply", "note"]


def test_a_dry_run_keeps_its_plan(ledger: Ledger, brain: Brain) -> None:
    looked(ledger, FakeZendesk(), brain, apply=False)
    (kept,) = ledger.entries()
    assert (kept.did, kept.writes, [step.kind for step in kept.planned]) == ("dry_run", (), ["reply", "note"])


def test_an_update_whose_answer_was_lost_is_told_by_the_ticket(ledger: Ledger, brain: Brain) -> None:
    zendesk = FakeZendesk()
    zendesk.faults[1] = broken(OutcomeUnknown("it timed out"), applied=True)
    looked(ledger, zendesk, brain)
    (kept,) = ledger.entries()
    assert [(w.kind, w.before.tags, w.audit_id) for w in kept.writes] == [
        ("reply", (), None),
        ("note", kept.writes[0].after.tags, None),
    ]


def test_an_update_that_did_not_get_through_is_none(ledger: Ledger, brain: Brain) -> None:
    zendesk = FakeZendesk()
    zendesk.faults[1] = broken(OutcomeUnknown("it timed out"), applied=False)
    looked(ledger, zendesk, brain)
    (kept,) = ledger.entries()
    assert [w.kind for w in kept.writes] == ["reply", "note"]


def test_a_reply_is_kept_though_the_note_failed(ledger: Ledger, brain: Brain) -> None:
    zendesk = FakeZendesk()
    zendesk.faults[2] = broken(Busy("ticket 7: rate limit", retry_after=9), applied=False)
    looked(ledger, zendesk, brain, everything=False)
    (kept,) = ledger.entries()
    assert (kept.did, kept.reason, [w.kind for w in kept.writes], kept.findings) == (
        "later",
        "ticket 7: rate limit",
        ["reply"],
        FOUND,
    )


def test_live_looks_without_news_are_only_counted(ledger: Ledger) -> None:
    ledger.start_live()
    told = [
        entry(),
        entry(8, findings=FOUND, did="nothing"),
        entry(8, findings=FOUND, did="nothing", guards=("agent_answered",)),
        entry(8, findings=(*FOUND, Found(error=WALLET, confidence=Confidence.LIKELY)), requests=3),
        entry(9, did="later", reason="rate limit"),
        entry(9, did="later", reason="rate limit", requests=2),
        entry(9, did="failed", reason="a required field"),
        entry(10, unknown=("1099",)),
        entry(11, symptoms=1),
        entry(11, symptoms=2),
    ]
    kept = [ledger.record(one, everything=False) is not None for one in told]
    assert kept == [False, True, False, True, True, False, True, True, True, False]
    (run,) = ledger.runs()
    assert (run.looks, run.entries, run.found, run.failed, run.requests) == (10, 6, 2, 1, 5)


def test_a_named_run_keeps_every_ticket(ledger: Ledger) -> None:
    run = ledger.start_run("process", "process 2 tickets", applied=False)
    for ticket_id in (7, 8):
        ledger.record(entry(ticket_id, run=run))
    ledger.end_run(run)
    assert [e.ticket_id for e in ledger.entries(run)] == [7, 8]


def test_entries_are_chosen_by_run_ticket_time_and_code(ledger: Ledger) -> None:
    for number in range(600):
        ledger.record(entry(number + 1, at=number, findings=FOUND if number % 100 == 0 else ()))
    assert sum(1 for _ in ledger.entries()) == 600
    assert [e.ticket_id for e in ledger.entries(since=598)] == [599, 600]
    assert [e.ticket_id for e in ledger.entries(error=REFUSED, since=400)] == [401, 501]
    assert [e.ticket_id for e in ledger.entries(ticket_id=5)] == [5]
    assert list(ledger.entries("none")) == []
    assert list(ledger.entries(error=WALLET)) == []


def test_accounts_in_one_database_do_not_see_each_other(engine: sa.Engine, ledger: Ledger) -> None:
    other = Ledger(engine, "https://other.zendesk.com")
    ledger.record(entry(findings=FOUND, unknown=("1099",)))
    ledger.start_live()
    assert (list(other.entries()), other.runs(), other.unknown()) == ([], (), ())
    other.forget(ticket=7)
    other.forget_before(2_000_000_000)
    assert len(list(ledger.entries())) == 1


def test_unknown_codes_are_counted_by_tickets(ledger: Ledger) -> None:
    for ticket_id, unknown in ((7, ("1099",)), (7, ("1099",)), (8, ("1099", "4020")), (9, ("4020", "5555"))):
        ledger.record(entry(ticket_id, unknown=unknown, at=ticket_id))
    assert [(u.code, u.times, u.tickets, u.first, u.last) for u in ledger.unknown()] == [
        ("1099", 3, (7, 8), 7, 8),
        ("4020", 2, (8, 9), 8, 9),
        ("5555", 1, (9,), 9, 9),
    ]


@pytest.mark.parametrize(
    ("quote", "codes"),
    [
        ("Gupshup says error code 1099 for +****4567 since 2026", ["1099"]),
        ("(#131999) Something of Zanzibar", ["131999"]),
        ("código de error: 4020 y código 4021", ["4020", "4021"]),
        ("it ended with 7777 at 12.30", ["7777"]),
        ("wamid ****123456 and no code", []),
    ],
)
def test_of_an_unknown_code_only_the_number_is_kept(quote: str, codes: list[str]) -> None:
    evidence = Evidence(quote=quote, place=Place(kind="comment"), rule=Rule.NUMBER())
    assert list(unknown_codes((evidence,))) == codes


# --- What goes wrong -----------------------------------------------------------------------------------------


def test_a_ledger_that_cannot_be_written_stops_no_answer(
    tmp_path: Path, brain: Brain, caplog: pytest.LogCaptureFixture
) -> None:
    engine = open_engine(None, tmp_path)
    Ledger(engine, ACCOUNT)

    @sa.event.listens_for(engine, "begin")
    def full(connection: sa.Connection) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    zendesk = FakeZendesk("Zanzibar " + TEXT)
    before = metrics.LEDGER_FAULTS._value.get()
    taken = 0
    # A few rows may still fit into the pages that are there.
    while metrics.LEDGER_FAULTS._value.get() == before:
        ledger = Ledger(engine, f"{ACCOUNT}/{taken}")
        ledger_outcome = looked(ledger, zendesk := FakeZendesk("Zanzibar " + TEXT), brain)
        assert (ledger_outcome.did, zendesk.written(public=True), zendesk.written(public=False)) == ("done", 1, 1)
        taken += 1
        assert taken < 200
    assert re.search(
        "ticket 7: (not recorded in the ledger|the write is not recorded in the database): OperationalError",
        caplog.text,
    )
    assert "Zanzibar" not in caplog.text
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    engine.dispose()


def test_a_run_without_a_ledger_is_a_run_all_the_same(tmp_path: Path, brain: Brain) -> None:
    with RecordedRun(None, "process", "process 1 ticket", applied=True) as run:
        assert (run.id, looked(run.ledger, FakeZendesk(), brain).did) == ("process", "done")  # type: ignore[arg-type]
    engine = open_engine(None, tmp_path)
    ledger = Ledger(engine, ACCOUNT)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE zg_run RENAME TO elsewhere")
    with pytest.raises(sa.exc.SQLAlchemyError):
        RecordedRun(ledger, "process", "process 1 ticket", applied=True)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO zg_run")
    with RecordedRun(ledger, "process", "process 1 ticket", applied=True) as run, engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE zg_run RENAME TO elsewhere")
    engine.dispose()


def test_an_exception_ends_a_run_as_stopped(ledger: Ledger) -> None:
    with pytest.raises(KeyboardInterrupt), RecordedRun(ledger, "process", "process", applied=True):
        raise KeyboardInterrupt
    assert [run.status for run in ledger.runs()] == ["stopped"]


def test_a_killed_run_is_interrupted_and_says_what_was_in_hand(
    tmp_path: Path, engine: sa.Engine, ledger: Ledger
) -> None:
    url = "" if engine.dialect.name == "sqlite" else engine.url.render_as_string(hide_password=False)
    child = subprocess.Popen(
        [sys.executable, "-m", "support.interrupted_run", url, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(TESTS)},
    )  # fmt: skip
    try:
        assert child.stdout
        run = child.stdout.readline().strip()
        assert [(r.id, r.status) for r in ledger.runs()] == [(run, "running")]
        assert not ledger.take_up(run)
    finally:
        child.send_signal(signal.SIGKILL)
        child.communicate()
    deadline = threading.Event()
    # PostgreSQL notices that its client is gone a moment later.
    for _ in range(100):
        if ledger.runs()[0].status == "interrupted":
            break
        deadline.wait(0.05)
    (killed,) = ledger.runs()
    (kept,) = ledger.entries(run)
    assert (killed.status, killed.ended, killed.failed) == ("interrupted", None, 1)
    assert (kept.did, kept.findings, [s.kind for s in kept.planned], kept.writes) == (
        "writing",
        FOUND,
        ["reply", "note"],
        (),
    )
    assert ledger.take_up(run)
    assert ledger.runs()[0].status == "running"
    ledger.end_run(run)
    assert (ledger.runs()[0].status, list(tmp_path.glob("process-*.lock"))) == ("done", [])


def test_of_two_that_take_up_one_run_one_gets_it(engine: sa.Engine, ledger: Ledger) -> None:
    run = ledger.start_run("reprocess", "reprocess", applied=True)
    other = Ledger(engine, ACCOUNT)
    assert (ledger.take_up(run), other.take_up(run), other.runs()[0].status) == (True, False, "running")
    ledger.end_run(run, "stopped")
    assert other.runs()[0].status == "stopped"
    assert other.take_up(run)
    other.end_run(run)


# --- Privacy -------------------------------------------------------------------------------------------------


def test_what_was_asked_is_masked(ledger: Ledger) -> None:
    ledger.start_run(
        "reprocess", "reprocess --query 'requester:ada@example.com key sk_0123456789abcdef01234'", applied=False
    )
    (run,) = ledger.runs()
    assert "ada" not in run.asked
    assert "0123456789abcdef" not in run.asked
    assert without_addresses("422 for <ada@example.com>") == "422 for <[address]>"
    ledger.end_run(run.id)


def test_no_word_of_the_customer_and_no_address_reaches_the_file(tmp_path: Path, brain: Brain) -> None:
    ledger = Ledger(engine := open_engine(None, tmp_path), ACCOUNT)
    text = f"Zanzibar {TEXT} App name: ZanzibarShop, App ID 6f1e2d3c-4b5a-4978-8c6d-0e1f2a3b4c5d. Error code 1099 too."
    looked(ledger, FakeZendesk(text), brain)
    (kept,) = ledger.entries()
    engine.dispose()
    content = b"".join(file.read_bytes() for file in tmp_path.glob("*.sqlite*"))
    assert kept.app == "6f1e2d3c-4b5a-4978-8c6d-0e1f2a3b4c5d"
    assert b"gupshup_replied__http_401" in content
    assert [word for word in (b"Zanzibar", b"Ada", b"example.com\x00", b"ada@") if word in content] == []


def test_forgetting_leaves_nothing_in_the_file(tmp_path: Path) -> None:
    """Many tickets, so that pages split and merge; tags and numbers that occur in one of them alone."""
    ledger = Ledger(engine := open_engine(None, tmp_path), ACCOUNT)
    marks = {"ticket": 7_000_000_000_7, "requester": 8_000_000_000_8, "organization": 9_000_000_000_9}
    state = SweepState(engine, ACCOUNT)
    for number in range(600):
        name = ("ticket", "requester", "organization", "other")[number % 4]
        tags = (f"vip_{name}_{number:04}", "gupshup")
        write = Write(kind="note", before=TicketState(), after=TicketState(tags=tags), audit_id=number)
        ticket_id = marks["ticket"] if name == "ticket" else 1000 + number
        ledger.record(
            entry(
                ticket_id, findings=FOUND, unknown=(f"{name}{number:04}",), writes=(write,), app=f"app-{name}",
                requester_id=marks["requester"] if name == "requester" else 5,
                organization_id=marks["organization"] if name == "organization" else 6,
            )
        )  # fmt: skip
        state.settle(ticket_id, f"stamp-{name}-{number:04}")
    # A look that failed knows the ticket alone.
    ledger.record(entry(1001, did="failed", reason="failed-requester"))
    names = tuple(marks)
    assert all(name.encode() in scan(tmp_path) for name in names)
    assert len(ledger.forget(ticket=marks["ticket"])) == 1
    assert len(ledger.forget(requester=marks["requester"])) == 150
    assert len(ledger.forget(organization=marks["organization"])) == 150
    assert [e.ticket_id for e in ledger.entries()] == [1003 + 4 * n for n in range(150)]
    left = scan(tmp_path)
    for name in names:
        needles = [f"{prefix}{name}".encode() for prefix in ("vip_", "app-", "stamp-", "failed-")] + [
            # A table's name ends in one of them, and what follows it in the file may be a digit.
            *(f"{name}0{hundred}".encode() for hundred in range(6)),
            marks[name].to_bytes(6, "big"),
        ]
        assert [needle for needle in needles if needle in left] == []
    assert b"vip_other_0003" in left
    engine.dispose()


def test_a_database_in_use_is_said_and_the_rows_are_gone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ledger = Ledger(engine := open_engine(None, tmp_path), ACCOUNT)
    ledger.record(entry(7, findings=FOUND))
    engine.dispose()

    @sa.event.listens_for(engine, "connect")
    def _impatient(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA busy_timeout=1")

    reader = sqlite3.connect(tmp_path / "zendesk-gupshup.sqlite", isolation_level=None)
    # A reader in the middle of its work keeps the log from being emptied.
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM zg_decision").fetchone()
    assert ledger.forget(ticket=7) == (7,)
    reader.close()
    assert "until `forget` runs again" in caplog.text
    assert list(ledger.entries()) == []
    engine.dispose()


def scan(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("zendesk-gupshup.sqlite*"))


def test_forgetting_takes_the_parts_along(engine: sa.Engine, ledger: Ledger, brain: Brain) -> None:
    looked(ledger, FakeZendesk(), brain)
    ledger.record(entry(8, unknown=("1099",)))
    assert (ledger.forget(requester=1), ledger.forget(ticket=8), ledger.forget(organization=3)) == ((7,), (8,), ())
    with engine.connect() as connection:
        tables = (schema.DECISION, schema.FINDING, schema.UNKNOWN, schema.WRITE)
        counts = [connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() for table in tables]
    assert counts == [0, 0, 0, 0]
    with pytest.raises(ValueError, match="needs a ticket"):
        ledger.forget()


def test_what_is_too_old_goes_with_its_run_and_the_rest_stays(engine: sa.Engine) -> None:
    day = 86_400
    now = [10 * day]
    ledger = Ledger(engine, ACCOUNT, now=lambda: now[0])
    ledger.start_live()
    old = ledger.start_run("process", "process 1 ticket", applied=False)
    ledger.record(entry(7, run=old, at=10 * day))
    ledger.record(entry(7, at=10 * day), everything=False)
    ledger.end_run(old)
    now[0] = 20 * day
    kept = ledger.start_run("process", "process 1 ticket", applied=False)
    ledger.record(entry(8, run=kept, at=20 * day))
    ledger.record(entry(8, at=20 * day), everything=False)
    ledger.end_run(kept)
    ledger.forget_before(15 * day)
    assert [(run.id, run.looks) for run in ledger.runs()] == [(kept, 1), (LIVE, 1)]
    assert [e.ticket_id for e in ledger.entries()] == [8]


def test_an_agents_later_words_are_no_news(ledger: Ledger, brain: Brain) -> None:
    held = Brain(dictionary=brain.dictionary, templates=brain.templates, policy=Policy(cap=Mode.OBSERVE))
    zendesk = FakeZendesk()
    looked(ledger, zendesk, held, everything=False)
    more = Comment(id=50, author_id=1, public=True, body="Any news?", plain_body="Any news?")
    zendesk.ticket_now = zendesk.ticket_now.model_copy(update={"comments": (*zendesk.ticket_now.comments, more)})
    looked(ledger, zendesk, held, everything=False)
    assert len(list(ledger.entries())) == 1
