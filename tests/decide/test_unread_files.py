"""Files that stay unread: what is tried again and for how long, whose turn it is, and what the agent is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.attached_files import FakeFiles, log_file, ticket
from support.fake_zendesk import FakeZendesk
from support.handler_bench import Bench, Desk
from support.old_tickets import call
from zendesk_gupshup.attachments import FileText
from zendesk_gupshup.attachments.failed_attempts import FailedAttempts
from zendesk_gupshup.attachments.reader import FileReader
from zendesk_gupshup.attachments.reader_pool import ReaderPool
from zendesk_gupshup.attachments.reader_process import BUSY, ReaderProcess
from zendesk_gupshup.decide.unread_files import TAG_UNREAD
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.plan import Mode
from zendesk_gupshup.model.retryable import RetryableReason
from zendesk_gupshup.model.ticket import Attachment, Comment, Ticket, User
from zendesk_gupshup.model.unread_reasons import UnreadReason
from zendesk_gupshup.pipeline import Brain, Look, Outcome, handle, look_at, with_files
from zendesk_gupshup.render.catalogue import Templates
from zendesk_gupshup.render.prefilled_link import GupshupDesk
from zendesk_gupshup.worker.handler import ATTEMPTS
from zendesk_gupshup.zendesk.errors import Busy, Refused, Unreachable, ZendeskError
from zendesk_sandbox.faults import Fault
from zendesk_sandbox.server import SandboxServer

DICTIONARY, TEMPLATES = load(), Templates.load()
GONE = Unreachable("attachment 1: cannot be fetched now (503)", status=503)


def brain(**policy: object) -> Brain:
    made = Brain(dictionary=DICTIONARY, templates=TEMPLATES, files=FileReader(monotonic=lambda: 0.0))
    return Brain(**{**vars(made), "policy": made.policy.model_copy(update=policy)})


# --- What passes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (Unreachable("no connection"), RetryableReason.NOT_FETCHED),
        *((Unreachable("x", status=status), RetryableReason.NOT_FETCHED) for status in (408, 429, 500, 502, 503, 504)),
        (Refused("x", status=403), None),
        (Refused("x", status=404), None),
    ],
    ids=str,
)
def test_a_download_that_fails_passes_or_is_final(error: ZendeskError, passing: RetryableReason | None) -> None:
    got = FileReader().read(FakeFiles({1: error}), ticket((1, [log_file(1)])))
    waiting = {1: passing} if passing else {}
    missed = frozenset() if passing else frozenset({1})
    assert (got.attachments_waiting, got.attachments_missed, got.attachments_given_up) == (waiting, missed, {})


def test_a_limit_of_our_own_puts_the_whole_ticket_off() -> None:
    with pytest.raises(Busy):
        FileReader().read(FakeFiles({1: Busy("the worker stops", retry_after=1.0)}), ticket((1, [log_file(1)])))


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_file_is_given_up_after_its_attempts_and_read_whenever_it_comes() -> None:
    clock = Clock()
    files, source = FileReader(monotonic=clock), FakeFiles({1: GONE})
    seven = ticket((1, [log_file(1)]))
    for attempt in range(1, RetryableReason.NOT_FETCHED.attempts + 1):
        clock.now += 60
        got = files.read(source, seven)
        # A second look in the same moment is no attempt of its own.
        assert files.read(source, seven) == got
        given_up = attempt == RetryableReason.NOT_FETCHED.attempts
        assert (bool(got.attachments_given_up), bool(got.attachments_waiting)) == (given_up, not given_up)
    assert got.attachments_unread == {1: (UnreadReason.NOT_FETCHED_STATUS(status=503),)}
    source.files[1] = b"code 1003"
    got = files.read(source, seven)
    assert (got.attachment_texts, got.attachments_unread, got.attachments_given_up) == ({1: "code 1003"}, {}, {})


def test_at_the_last_attempt_of_the_ticket_every_file_is_given_up() -> None:
    got = FileReader().read(FakeFiles({1: GONE}), ticket((1, [log_file(1)])), last=True)
    assert (got.attachments_waiting, got.attachments_given_up) == ({}, {1: RetryableReason.NOT_FETCHED})
    assert got.attachments_missed == frozenset({1})


def test_a_file_that_used_up_the_time_comes_last_the_next_time() -> None:
    clock = Clock()

    class Slow(FakeFiles):
        def attachment(self, attachment: Attachment, limit: int) -> bytes:
            clock.now += 90 if attachment.id == 2 else 0
            return super().attachment(attachment, limit)

    files, source = FileReader(monotonic=clock), Slow({1: b"code 1", 2: GONE, 3: b"code 3"})
    seven = ticket((1, [log_file(1), log_file(3), log_file(2)]))
    first = files.read(source, seven)
    assert first.attachments_waiting == {
        1: RetryableReason.NO_TIME_LEFT, 2: RetryableReason.NOT_FETCHED, 3: RetryableReason.NO_TIME_LEFT,
    }  # fmt: skip
    assert files.read(source, seven).attachment_texts == {1: "code 1", 3: "code 3"}


def test_misses_are_remembered_for_an_hour_and_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zendesk_gupshup.attachments.failed_attempts._MOST_FILES", 2)
    clock = Clock()
    misses = FailedAttempts(clock)
    counts = []
    for now in (0, 60, 120, 4000):
        clock.now = now
        counts.append(misses.count(1, RetryableReason.TOO_SLOW))
    assert (counts, misses.own_fault(1)) == ([1, 2, 3, 1], 1)
    assert [misses.count(file, RetryableReason.NO_TIME_LEFT) for file in (2, 3)] == [1, 1]
    assert [misses.own_fault(file) for file in (1, 2, 3)] == [0, 0, 0]


# --- Whose turn it is ----------------------------------------------------------------------------------------


class Reader(ReaderProcess):
    """One that reads a file once it is told to; `order` is that of reading."""

    def __init__(self, order: list[str], go: threading.Semaphore) -> None:
        self._order, self._go = order, go

    def read(self, name: str, *_: object, **__: object) -> FileText:
        self._order.append(name)
        assert self._go.acquire(timeout=60)
        return FileText(text=name)

    def close(self) -> None:
        self._order.append("closed")


class Line:
    """Threads that wait for readers, each begun once the one before has its place."""

    def __init__(self, *, most: int, line: int) -> None:
        self.order: list[str] = []
        self.go = threading.Semaphore(0)
        self.readers = ReaderPool(lambda: Reader(self.order, self.go), most=most, queue=line)
        self.got: dict[str, FileText] = {}
        self._threads: list[threading.Thread] = []

    def ask(self, name: str, client: int) -> None:
        before = self._arrived()

        def read() -> None:
            self.got[name] = self.readers.read(name, "", b"", client=client, wait_seconds=60)

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        self._threads.append(thread)
        _until(lambda: self._arrived() > before)

    def _arrived(self) -> int:
        return len(self.order) + len(self.readers._waiting) + len(self.got)

    def end(self) -> None:
        for _ in self._threads:
            self.go.release()
        for thread in self._threads:
            thread.join(timeout=60)


def _until(condition: object) -> None:
    waiter = threading.Event()
    for _ in range(6000):
        if condition():  # type: ignore[operator]
            return
        waiter.wait(0.01)
    raise AssertionError("it did not come to that")


def test_two_files_are_read_at_once_and_a_client_with_many_does_not_go_before_one_with_few() -> None:
    line = Line(most=2, line=10)
    for name, client in (("a1", 1), ("a2", 1), ("a3", 1), ("a4", 1), ("b1", 2), ("c1", 3)):
        line.ask(name, client)
    assert line.order == ["a1", "a2"]
    for served in range(3, 7):
        line.go.release()
        _until(lambda served=served: len(line.order) == served)
    assert line.order == ["a1", "a2", "b1", "c1", "a3", "a4"]
    line.end()
    assert line.got == {name: FileText(text=name) for name in line.order}


def test_who_finds_the_line_full_is_told_at_once_unless_a_client_in_it_was_served_later() -> None:
    line = Line(most=1, line=2)
    for name, client in (("a1", 1), ("a2", 1), ("a3", 1)):
        line.ask(name, client)
    line.ask("a4", 1)
    _until(lambda: line.got == {"a4": BUSY})
    line.ask("b1", 2)
    _until(lambda: line.got == {"a4": BUSY, "a3": BUSY})
    line.end()
    assert line.order == ["a1", "b1", "a2"]


def test_who_does_not_get_a_turn_in_time_goes_without() -> None:
    line = Line(most=1, line=2)
    line.ask("a1", 1)
    assert line.readers.read("b1", "", b"", client=2, wait_seconds=0.01) == BUSY
    line.end()
    line.readers.close()
    assert line.order == ["a1", "closed"]


# --- The note and the tag ------------------------------------------------------------------------------------

SHOT = log_file(31, "screen.mov", "video/quicktime", size=900_000)
LOG = log_file(32, "gateway.log")


def seven(
    text: str, *files: Attachment, subject: str = "Question", locale: str = "en", tags: tuple[str, ...] = (),
    status: str = "new", more: tuple[Comment, ...] = (), via: Mapping[str, object] | None = None,
) -> Ticket:  # fmt: skip
    users = {
        1: User(id=1, name="Ada", email="ada@example.com", locale=locale),
        2: User(id=2, role="agent"), 900: User(id=900, role="admin"),
    }  # fmt: skip
    first = Comment(
        id=10, author_id=1, body=text, plain_body=text, attachments=files, created_at=datetime(2026, 11, 21, tzinfo=UTC)
    )
    return Ticket.model_validate(
        {
            "id": 7, "subject": subject, "requester_id": 1, "our_user_id": 900, "updated_at": "2026-11-21T09:01:30Z",
            "tags": tags, "status": status, "users": users, "comments": (first, *more), "via": via or {},
        }
    )  # fmt: skip


def note(text: str = "Not read.") -> Comment:
    return Comment(id=20, author_id=900, public=False, body=text)


def look(found: Ticket, made: Brain | None = None, source: FakeFiles | None = None, *, last: bool = False) -> Look:
    made = made or brain()
    return look_at(with_files(source or FakeFiles({}), found, made, last=last), made)  # type: ignore[arg-type]


def written(seen: Look) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    steps = [update.step for update in seen.updates]
    return [(step.kind, tuple(sorted(step.add_tags)), tuple(sorted(step.remove_tags))) for step in steps]


LATER = Comment(id=21, author_id=1, body="One more.", attachments=(SHOT,))
NOTE = [("note", (TAG_UNREAD,), ())]
TAG = [("tags", (TAG_UNREAD,), ())]
NOTHING: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = []


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("Our WhatsApp messages, see the screen.", NOTE),
        ("Gupshup, see the screen.", NOTE),
        ("We get an error, see the screen.", NOTE),
        ("Me sale un error, adjunto pantalla.", NOTE),
        ("No funciona, va captura.", NOTE),
        ("Os envios falham, segue o print.", NOTE),
        ("Não está funcionando, segue o vídeo.", NOTE),
        ("El wasap, adjunto.", NOTE),
        ("Here are the photos of the party.", NOTHING),
        ("Adjunto el contrato firmado.", NOTHING),
        ("Segue a nota fiscal assinada.", NOTHING),
        ("", NOTHING),
    ],
)
def test_an_unread_file_gives_a_note_where_the_words_speak_of_the_subject(text: str, due: object) -> None:
    assert written(look(seven(text, SHOT))) == due


@pytest.mark.parametrize(
    ("found", "due"),
    [
        (seven("WhatsApp", SHOT, status="solved"), TAG),
        (seven("WhatsApp", SHOT, status="closed"), NOTHING),
        (seven("WhatsApp", SHOT, tags=("gupshup_off",)), NOTHING),
        (seven("WhatsApp", SHOT, more=(Comment(id=11, author_id=2, body="We are on it."),)), TAG),
        (seven("WhatsApp", SHOT, subject="Automatic reply: WhatsApp"), NOTHING),
        # Told before: by a note of ours after the file, or by the tag where no note of ours is to be seen.
        (seven("WhatsApp", SHOT, tags=(TAG_UNREAD,), more=(note(),)), NOTHING),
        (seven("WhatsApp", SHOT, more=(note(),)), TAG),
        (seven("WhatsApp", SHOT, tags=(TAG_UNREAD,)), NOTHING),
        # A follow-up has the tags of its parent, and none of its comments.
        (seven("WhatsApp", SHOT, tags=(TAG_UNREAD,), via={"source": {"rel": "follow_up"}}), NOTE),
        # A new file after the note is a new set.
        (
            seven("WhatsApp", tags=(TAG_UNREAD,), more=(note(), LATER)),
            NOTE,
        ),
        # The tag goes with its reason, and stays where nothing is known.
        (seven("WhatsApp", LOG, tags=(TAG_UNREAD,), more=(note(),)), [("tags", (), (TAG_UNREAD,))]),
        (seven("Photos", SHOT, tags=(TAG_UNREAD,), more=(note(),)), [("tags", (), (TAG_UNREAD,))]),
        (seven("WhatsApp", tags=(TAG_UNREAD,), more=(note(),)), NOTHING),
    ],
    ids=[
        "solved", "closed", "off", "an agent answered", "a machine", "told", "the tag was lost", "as another user",
        "follow-up", "one more file", "readable now", "not needed now", "no file",
    ],
)  # fmt: skip
def test_the_note_comes_once_for_a_set_of_files_and_the_tag_stays_as_long_as_it_is_true(
    found: Ticket, due: object
) -> None:
    assert written(look(found, source=FakeFiles({32: b"All is well."}))) == due


@pytest.mark.parametrize(
    ("policy", "due"),
    [({"cap": Mode.OBSERVE}, NOTHING), ({"default_mode": Mode.OBSERVE}, NOTHING), ({"cap": Mode.ASSIST}, NOTE)],
    ids=["cap observe", "default observe", "cap assist"],
)
def test_what_is_only_observed_gets_neither_note_nor_tag(policy: Mapping[str, object], due: object) -> None:
    assert written(look(seven("WhatsApp", SHOT), brain(**policy))) == due


def test_as_long_as_a_file_is_tried_nothing_is_said_of_it_and_its_tag_stays() -> None:
    for tags in ((), (TAG_UNREAD,)):
        assert written(look(seven("WhatsApp", LOG, SHOT, tags=tags), source=FakeFiles({32: GONE}))) == []
    assert written(look(seven("WhatsApp", LOG, SHOT), source=FakeFiles({32: GONE}), last=True)) == NOTE


@pytest.mark.parametrize("file", [b"  \n", b"\x89PNG\r\n\x1a\n"], ids=["empty", "cut off"])
def test_a_file_without_words_is_read_and_one_that_is_none_is_not(file: bytes) -> None:
    due = NOTHING if file.isspace() else NOTE
    assert written(look(seven("WhatsApp", LOG), source=FakeFiles({32: file}))) == due


def test_a_note_that_goes_out_anyway_names_the_files_and_brings_the_tag() -> None:
    seen = look(seven("Gupshup answers 401 Authentication Failed to every call since today.", SHOT))
    kinds = [(update.step.kind, TAG_UNREAD in update.step.add_tags) for update in seen.updates]
    assert kinds == [("reply", True), ("note", False)]
    assert "screen.mov: sound or film" in (seen.updates[1].html_body or "")


TEXTS = {
    "en": ["Gupshup: not every file on this ticket could be read", "Not read: screen.mov: sound or film"],
    "es": [
        "Gupshup: no se pudieron leer todos los archivos de este ticket",
        "No se leyó: screen.mov: audio o video",
    ],
    "pt": [
        "Gupshup: nem todos os arquivos deste ticket puderam ser lidos",
        "Não foi lido: screen.mov: áudio ou vídeo",
    ],
}


@pytest.mark.parametrize("language", TEXTS)
def test_the_note_is_short_internal_and_in_the_agents_language(language: str) -> None:
    for found, desk in (
        (seven("WhatsApp", SHOT, locale=language), GupshupDesk()),
        (seven("WhatsApp", SHOT), GupshupDesk(note_language=language)),
    ):
        (update,) = look(found, Brain(**{**vars(brain()), "desk": desk})).updates
        text = update.html_body or ""
        assert (update.public, update.files, update.step.marker) == (False, (), TAG_UNREAD)
        assert [told in text for told in TEXTS[language]] == [True, True]
        assert "gupshup_draft" in text


def test_of_many_files_the_note_names_some_and_counts_the_rest() -> None:
    shots = [log_file(n, f"{n}.mov", "video/quicktime", size=900_000) for n in range(1, 12)]
    (update,) = look(seven("WhatsApp", *shots)).updates
    text = update.html_body or ""
    assert (text.count("Not read: "), "and 3 more" in text) == (8, True)


# --- In the one path -----------------------------------------------------------------------------------------


class WithFile(Desk):
    """A desk with one ticket and one log, which can be had once `error` is over."""

    def __init__(self, text: str, log: bytes) -> None:
        super().__init__(text=text)
        first = self.ticket_now.comments[0].model_copy(update={"attachments": (LOG,)})
        self.ticket_now = self.ticket_now.model_copy(update={"comments": (first,)})
        self.files = {LOG.id: log}
        self.file_error: ZendeskError | None = GONE

    def attachment(self, attachment: Attachment, limit: int) -> bytes:
        if self.file_error:
            self.calls.append("file")
            raise self.file_error
        return super().attachment(attachment, limit)


WALLET = b"Gupshup error 1003 Wallet Balance Low"
REFUSED = "Gupshup answers 401 Authentication Failed to every call since today, see the log."


def did(outcome: Outcome) -> tuple[str, list[str]]:
    return outcome.did, [write.kind for write in outcome.writes]


def test_what_is_due_goes_out_at_once_and_what_the_file_adds_when_it_comes() -> None:
    desk, made = WithFile(REFUSED, WALLET), brain()
    first = handle(desk, 7, made)
    assert (did(first), first.retry_after is not None) == (("later", ["reply", "note"]), True)
    assert first.reason == "ticket 7: attachment 32 could not be read (not_fetched)"
    assert "gateway.log: could not be fetched (status 503)" in desk.ticket_now.comments[-1].body
    assert did(handle(desk, 7, made)) == ("later", [])
    desk.file_error = None
    assert did(handle(desk, 7, made)) == ("done", ["note"])
    assert did(handle(desk, 7, made)) == ("nothing", [])
    assert (desk.written(public=True), desk.written(public=False)) == (1, 2)


def test_a_dry_run_waits_for_a_file_as_the_run_itself_does() -> None:
    assert did(handle(WithFile("WhatsApp, see the log.", WALLET), 7, brain(), apply=False)) == ("later", [])
    assert did(handle(WithFile(REFUSED, WALLET), 7, brain(), apply=False)) == ("dry_run", [])


def test_on_a_ticket_that_is_left_alone_no_file_is_waited_for() -> None:
    desk = WithFile("WhatsApp, see the log.", WALLET)
    desk.ticket_now = desk.ticket_now.model_copy(update={"tags": ("gupshup_off",)})
    assert did(handle(desk, 7, brain())) == ("nothing", [])


@pytest.mark.parametrize("applied", [True, False])
def test_a_note_whose_answer_was_lost_is_written_once(applied: bool) -> None:
    def lost(_: FakeZendesk, apply: object) -> Ticket:
        if applied:
            apply()  # type: ignore[operator]
        raise Unreachable("it timed out", status=504) if not applied else _unclear()

    desk = WithFile("WhatsApp, see the log.", WALLET)
    desk.faults = {1: lost}
    made = brain()
    for _ in range(2):
        try:
            handle(desk, 7, made, last=True)
        except Unreachable:
            continue
    assert (desk.written(public=False), desk.ticket_now.tags) == (1, (TAG_UNREAD,))


def _unclear() -> ZendeskError:
    from zendesk_gupshup.zendesk.errors import OutcomeUnknown

    return OutcomeUnknown("it timed out")


@pytest.fixture
def bench(engine: sa.Engine) -> Bench:
    return Bench(engine, WithFile("WhatsApp, see the log.", WALLET), brain=brain())


def test_the_worker_comes_back_to_a_file_and_at_last_lists_the_ticket(bench: Bench) -> None:
    desk = bench.desk
    again = bench.once(attempt=1)
    assert again
    assert (again.counts, again.seconds > 0, bench.failures.listed(), desk.written(public=False)) == (True, True, (), 0)
    assert bench.once(attempt=ATTEMPTS) is None
    (listed,) = bench.failures.listed()
    assert (listed.kind, listed.reason) == ("unread", "ticket 7: attachment 32 could not be read (not_fetched)")
    assert (desk.written(public=False), desk.ticket_now.tags) == (1, (TAG_UNREAD,))


def test_a_file_that_comes_at_last_takes_the_ticket_off_the_list_and_its_tag_away(bench: Bench) -> None:
    assert bench.once(attempt=ATTEMPTS) is None
    assert isinstance(bench.desk, WithFile)
    bench.desk.file_error = None
    assert bench.once(attempt=1) is None
    assert bench.failures.listed() == ()
    assert TAG_UNREAD not in bench.desk.ticket_now.tags
    assert "gupshup_noted__1003" in bench.desk.ticket_now.tags


# --- At the command line -------------------------------------------------------------------------------------


def with_log(sandbox: SandboxServer) -> int:
    files = [("gateway.log", "text/plain", WALLET)]
    text = "Our sends through Gupshup fail, see the log."
    return int(sandbox.store.write_as_client("olivia@client.example", "Olivia", text, files=files)["id"])


def test_process_says_that_a_file_could_not_be_read_and_does_not_end_well(
    sandbox: SandboxServer, tmp_path: Path
) -> None:
    ticket_id = with_log(sandbox)
    file = next(a for c in sandbox.store.comments(ticket_id) for a in c["attachments"])["id"]
    reason = f"ticket {ticket_id}: attachment {file} could not be read (not_fetched)"
    sandbox.plan.replace([Fault(kind="error_503", path="attachments/**", times=1000)])
    for flags in ((), ("--apply",)):
        ended = call(sandbox, tmp_path, "process", str(ticket_id), "--json", *flags)
        record = json.loads(ended.out)
        assert (ended.code, record["did"], record["reason"], record["written"]) == (3, "later", reason, [])
    assert reason in " ".join(call(sandbox, tmp_path, "process", str(ticket_id)).out.split())
    sandbox.plan.replace()
    ended = call(sandbox, tmp_path, "process", str(ticket_id), "--json", "--apply")
    assert (ended.code, json.loads(ended.out)["written"]) == (0, ["note"])


def test_a_run_over_old_tickets_does_not_pass_over_one_with_a_file_that_could_not_be_read(
    sandbox: SandboxServer, tmp_path: Path
) -> None:
    with_log(sandbox)
    sandbox.plan.replace([Fault(kind="error_503", path="attachments/**", times=1000)])
    for flags in (("--notes",), ("--notes", "--code", "gupshup 1003")):
        ended = call(sandbox, tmp_path, "reprocess", "--since", "2020-01-01", "--json", *flags)
        assert (ended.code, ended.json["failed"]) == (3, 1)
    again = ("reprocess", "--resume", ended.json["run"], "--apply", "--yes", "--json")
    sandbox.plan.replace()
    ended = call(sandbox, tmp_path, *again)
    assert (ended.code, ended.json["failed"], ended.json["written"]) == (0, 0, 1)
