"""A real worker and files that cannot be read for a while, or ever: nothing is forgotten, and nothing is said twice."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.fault_runs import CONFIG, Case, Scene, scene, seen, wait_for
from support.files import pdf, pdf_with_content, picture
from zendesk_gupshup.attachments.formats.pictures import can_read_pictures
from zendesk_gupshup.storage.dead_letters import DeadLetters
from zendesk_gupshup.storage.engine import open_engine as store_of
from zendesk_sandbox.faults import Fault

LONG = "whole"

SECONDS = 240.0
LOG = (
    "2026-11-21 09:00:01 POST https://api.gupshup.io/wa/api/v1/msg HTTP 401 "
    '{"status":"error","message":"Authentication Failed"}'
)
# Short pauses between attempts, and few enough tickets at a time that the readers are what they wait for.
QUICK = CONFIG.replace("longest_wait = 2.0", "longest_wait = 6.0")


def case(text: str, *files: tuple[str, str, bytes]) -> Case:
    return Case("a case of its own", text, files=files)


def document(text: str, *files: str) -> Case:
    return case(text, *((name, "application/pdf", pdf(LOG)) for name in files))


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("unread"), config=QUICK) as one:
        yield one


@pytest.fixture(autouse=True)
def _no_faults(stage: Scene) -> Iterator[None]:
    yield
    stage.sandbox.plan.replace()


def tags(stage: Scene, ticket_id: int) -> set[str]:
    return set(seen(stage.store, ticket_id).tags)


def listed(stage: Scene) -> dict[int, str]:
    engine = store_of(None, stage.folder / "state")
    try:
        return {one.ticket_id: one.kind for one in DeadLetters(engine, stage.sandbox.base_url).listed()}
    finally:
        engine.dispose()


def looks(stage: Scene, ticket_id: int) -> list[str]:
    return [str(decision["did"]) for decision in stage.keeper.worker.settled(ticket_id)]


def readers(stage: Scene) -> list[int]:
    """The reading processes of the worker."""
    tasks = Path(f"/proc/{stage.keeper.worker.pid}/task").iterdir()
    children = [pid for task in tasks for pid in (task / "children").read_text().split()]
    return [int(pid) for pid in children if b"attachments.child" in Path(f"/proc/{pid}/cmdline").read_bytes()]


@contextmanager
def killing_readers(stage: Scene) -> Iterator[None]:
    """Every reader that shows is killed, until the end of this."""
    over = threading.Event()

    def kill() -> None:
        while not over.wait(0.02):
            for pid in _while_there(stage):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _while_there(stage: Scene) -> list[int]:
    try:
        return readers(stage)
    except (FileNotFoundError, ProcessLookupError):
        return []


def test_what_the_words_say_is_answered_at_once_and_a_file_that_comes_later_adds_its_own_code(stage: Scene) -> None:
    stage.sandbox.plan.replace([Fault(kind="error_503", path="attachments/**", times=10_000)])
    text = 'Gupshup answers HTTP 401 {"status":"error","message":"Authentication Failed"}, and see the file.'
    wallet = b"Gupshup error 1003 Wallet Balance Low"
    ticket_id = stage.write(case(text, ("wallet.log", "text/plain", wallet)))
    assert wait_for(lambda: {"gupshup_replied__http_401", "gupshup_noted__http_401"} <= tags(stage, ticket_id), SECONDS)
    assert "gupshup__1003" not in tags(stage, ticket_id)
    stage.sandbox.plan.replace()
    assert wait_for(lambda: "gupshup_noted__1003" in tags(stage, ticket_id), SECONDS)
    assert [public for public, _ in seen(stage.store, ticket_id).comments] == [False, False, True]
    assert "gupshup_unread" not in tags(stage, ticket_id)


def test_a_file_that_never_comes_gives_one_note_a_tag_and_a_place_on_the_list_until_it_comes(stage: Scene) -> None:
    stage.sandbox.plan.replace([Fault(kind="error_503", path="attachments/**", times=10_000)])
    topical = stage.write(document("Our WhatsApp messages do not go out, see the report.", "report.pdf"))
    other = stage.write(document("The invoice that you asked for.", "invoice.pdf"))
    stage.store.update_ticket(other, {"subject": "Invoice"}, int(stage.store.user_by_email("ada@example.com")["id"]))
    assert wait_for(lambda: listed(stage).keys() >= {topical, other}, SECONDS)
    assert {listed(stage)[topical], listed(stage)[other]} == {"unread"}
    assert wait_for(lambda: stage.waiting() == 0, SECONDS)
    note = ((False, ()),)
    assert (seen(stage.store, topical).comments, tags(stage, topical)) == (note, {"gupshup_unread"})
    assert "gupshup" not in " ".join(tags(stage, other))
    assert seen(stage.store, other).comments == ()
    stage.sandbox.plan.replace()
    stage.retry()
    assert wait_for(lambda: not listed(stage).keys() & {topical, other}, SECONDS)
    assert "gupshup_replied__http_401" in tags(stage, topical)
    assert "gupshup_unread" not in tags(stage, topical)


def test_a_reader_that_is_killed_again_and_again_is_started_until_the_file_is_read(stage: Scene) -> None:
    with killing_readers(stage):
        ticket_id = stage.write(document("Our messages fail, see the report.", "report.pdf"))
        assert wait_for(lambda: "later" in looks(stage, ticket_id), SECONDS)
    assert wait_for(lambda: "gupshup_replied__http_401" in tags(stage, ticket_id), SECONDS)
    assert ticket_id not in listed(stage)


def test_files_that_keep_the_readers_busy_hold_up_no_other_client(stage: Scene) -> None:
    slow = pdf_with_content(b"BT /F 9 Tf (a) Tj ET " * 1_000_000)
    many = case("WhatsApp fails, all our reports.", *((f"{n}.pdf", "application/pdf", slow) for n in range(10)))
    for _ in range(3):
        stage.write(many)
    tickets = [stage.write(document("Our messages fail, see the report.", "report.pdf")) for _ in range(11)]
    plain = stage.write(case("Our sends through Gupshup fail with error code 1003, wallet balance low."))
    assert wait_for(lambda: "gupshup_noted__1003" in tags(stage, plain), SECONDS)
    answered = {"gupshup_replied__http_401", "gupshup_noted__http_401"}
    assert wait_for(lambda: all(answered <= tags(stage, ticket_id) for ticket_id in tickets), SECONDS)
    assert not set(tickets) & listed(stage).keys()
    assert {seen(stage.store, ticket_id).replies for ticket_id in tickets} == {1}


@pytest.mark.skipif(not can_read_pictures(), reason="the extra ocr is not installed")
def test_eleven_tickets_with_screenshots_that_meet_a_cold_reader_all_get_their_note(stage: Scene) -> None:
    screen = picture("POST https://api.gupshup.io/wa/api/v1/msg", "HTTP 401 Unauthorized", "Authentication Failed")
    shot = case("WhatsApp does not send, see the screenshot.", ("screen.png", "image/png", screen))
    tickets = [stage.write(shot) for _ in range(11)]
    assert wait_for(lambda: all("gupshup_noted__http_401" in tags(stage, ticket_id) for ticket_id in tickets), SECONDS)
    assert {seen(stage.store, ticket_id).comments for ticket_id in tickets} == {
        ((False, ("gupshup-draft-.txt", "gupshup-owner-guide.en.pdf")),)
    }
    assert not set(tickets) & listed(stage).keys()
