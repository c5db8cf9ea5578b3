"""Files on a ticket: each format, hostile files in bounded time, and which files a ticket's look fetches."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from support.attached_files import FakeFiles, log_file, ticket
from support.files import (
    far_cell_xlsx,
    looping_pdf,
    mail,
    pdf,
    pdf_with_content,
    picture,
    raw_pdf,
    xlsx,
    zip_bomb_xlsx,
)
from support.unread_files import LOG, NOISE, UNREAD
from zendesk_gupshup.attachments import FileText, ReadLimits, kind_of, needs_child, read, shown_name
from zendesk_gupshup.attachments.formats.pictures import OcrWord, PictureReader, can_read_pictures, lines_of
from zendesk_gupshup.attachments.formats.plain import text_of
from zendesk_gupshup.attachments.limits import BLANK, FILE_TEXT, in_file
from zendesk_gupshup.attachments.reader import FileReader, FileRules, less_certain_in_pictures
from zendesk_gupshup.attachments.reader_process import BUSY, MEGABYTE, NOT_READY, TOO_SLOW, ReaderProcess
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.detection_reasons import Rule
from zendesk_gupshup.model.finding import Confidence, Detection, ErrorCode, Evidence, Finding, Place
from zendesk_gupshup.model.reason import Detail, Reason
from zendesk_gupshup.model.retryable import RetryableReason
from zendesk_gupshup.model.ticket import Attachment, Ticket
from zendesk_gupshup.model.unread_reasons import UnreadReason
from zendesk_gupshup.pipeline import Brain, look_at, with_files
from zendesk_gupshup.render.catalogue import Templates
from zendesk_gupshup.zendesk.client import Zendesk
from zendesk_gupshup.zendesk.config import ZendeskConfig
from zendesk_gupshup.zendesk.errors import Refused, Unauthorized, Unreachable, ZendeskError
from zendesk_sandbox import seed
from zendesk_sandbox.server import SandboxServer


@pytest.fixture(scope="module")
def child() -> Iterator[ReaderProcess]:
    child = ReaderProcess("documents", seconds=5, memory=512 * MEGABYTE)
    yield child
    child.close()


# --- Formats -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"code 1003", "code 1003"),
        ("código 1003".encode(), "código 1003"),
        (b"\xef\xbb\xbfcode 1003", "code 1003"),
        ("código".encode("utf-16"), "código"),
        ("código".encode("utf-16-be"), "código"),
        ("código".encode("utf-16-le"), "código"),
        ("\ufeffcódigo".encode("utf-32-le"), "código"),
        ("código – “1003”".encode("cp1252"), "código – “1003”"),
        ("não é possível, ação 4003 ".encode() + b"\xff", "não é possível, ação 4003 \ufffd"),
        ("código".encode()[:3], "c"[:1] + "ó"),
        (b"\x1b[31mHTTP 401\x1b[0m", "HTTP 401"),
        (b"line\x00\x00\x00 1003\r\nnext\rlast", "line 1003\nnext\nlast"),
        (NOISE, ""),
        (b"", ""),
    ],
)
def test_text_in_the_encodings_that_logs_come_in(data: bytes, text: str) -> None:
    assert text_of(data) == text


ROWS: list[list[str | int]] = [["externalId", "errorCode", "cause"], ["7", 1003, "a\tb\nc"]]

FILES = [
    ("gateway.log", "text/plain", LOG.encode(), "text", LOG),
    ("answer.json", "application/json", b'{"code": 1003}', "text", '{"code": 1003}'),
    ("events.jsonl", "", b'{"code": 1003}\n{"code": 1004}\n', "text", '{"code": 1003}\n{"code": 1004}\n'),
    ("report.csv", "text/csv", b"a,errorCode\n1,1003\n", "text", "a,errorCode\n1,1003\n"),
    ("report.tsv", "text/tab-separated-values", b"a\terrorCode\n", "text", "a\terrorCode\n"),
    ("report.xlsx", "application/x", xlsx(ROWS), "sheet", "[Report]\nexternalId\terrorCode\tcause\n7\t1003\ta b c"),
    ("page.html", "text/html", b"<p>Error <b>1003</b></p><script>no</script>", "html", "Error 1003"),
    ("doc.pdf", "application/pdf", pdf("Error 1003", "Page two"), "pdf", "Error 1003\n\nPage two"),
    ("it.eml", "message/rfc822", bytes(mail("Error 1003")), "mail", "Subject: It fails\n\nError 1003\n"),
    # The name and the type are wrong; the bytes are not.
    ("log.png", "image/png", LOG.encode(), "text", LOG),
    ("doc.txt", "text/plain", pdf("Error 1003"), "pdf", "Error 1003"),
    ("it.txt", "text/plain", b"Received: from a\nSubject: S\n\nError 1003", "mail", "Subject: S\n\nError 1003"),
    ("report.csv", "text/csv", xlsx([["1003"]]), "sheet", "[Report]\n1003"),
    ("x.log", "", b"<!DOCTYPE html><html><body>Error 1003", "html", "Error 1003"),
]


@pytest.mark.parametrize(("name", "content_type", "data", "kind", "text"), FILES)
def test_a_file_becomes_its_words(
    child: ReaderProcess, name: str, content_type: str, data: bytes, kind: str, text: str
) -> None:
    assert kind_of(name, content_type, data).name == kind
    assert read(name, content_type, data) == FileText(text=text)
    assert child.read(name, content_type, data) == FileText(text=text)


@pytest.mark.parametrize(("name", "data", "reason"), UNREAD)
def test_what_is_not_read_says_why(name: str, data: bytes, reason: tuple[Reason, ...]) -> None:
    assert read(name, "", data) == FileText(unread=reason)


def test_of_what_is_too_long_a_part_is_read_and_the_rest_is_said() -> None:
    limits = ReadLimits(text=100, pages=2, rows=3)
    both = read("a.log", "", b"first " + b"x" * 500 + b" last", limits)
    assert (both.text[:6], both.text[-5:], len(both.text), both.unread) == (
        "first ", " last", 99, (UnreadReason.MIDDLE_CUT(count=417),),
    )  # fmt: skip
    assert read("a.pdf", "", pdf("one", "two", "three"), limits) == FileText(
        "one\n\ntwo", (UnreadReason.PDF_PAGES(count=2, total=3),)
    )
    rows: list[list[str | int]] = [[n] for n in range(1, 6)]
    assert read("a.xlsx", "", xlsx(rows), limits) == FileText(
        "[Report]\n1\n2\n3", (UnreadReason.WORKBOOK_ROWS(count=3),)
    )


def test_a_mail_brings_its_files_and_the_mail_in_it() -> None:
    inner = mail("Error 4003", ("inner.log", "text/plain", b"Error 4004"), subject="Inner")
    outer = mail(
        "Error 1003", ("g.log", "text/plain", b"Error 1004"), ("p.png", "image/png", picture("x")), html="<p>Error 1003"
    )
    outer.add_attachment(inner)
    assert read("a.eml", "", bytes(outer)) == FileText(
        text="Subject: It fails\n\nError 1003\n\n\nError 1004\n\nSubject: Inner\n\nError 4003\n\n\nError 4004",
        unread=(UnreadReason.IN(name="p.png", why=(UnreadReason.PICTURE(),)),),
    )


def test_a_mail_with_only_html_or_an_odd_charset_is_read() -> None:
    html = b"Subject: =?iso-8859-1?q?Fall=F3?=\nContent-Type: text/html\n\n<p>Error&nbsp;1003</p>"
    assert read("a.eml", "", html) == FileText(text="Subject: Falló\n\nError 1003")
    odd = b"Subject: =?nope?q?x?=\nContent-Type: text/plain; charset=nope\n\nC\xf3digo 1003"
    assert read("a.eml", "", odd).text.endswith("Código 1003")


# --- Hostile files -------------------------------------------------------------------------------------------


def _deep_mail(levels: int) -> bytes:
    head = b"Subject: deep\nContent-Type: message/rfc822\n\n"
    return b"Received: x\n" + head * levels + b"\nError 1003"


def _mail_of_parts(parts: int) -> bytes:
    part = b"--b\nContent-Type: text/plain\n\nx\n"
    return b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n" + part * parts + b"--b--\n"


def _nested_multiparts(levels: int) -> bytes:
    heads = b"".join(b'--b%d\nContent-Type: multipart/mixed; boundary="b%d"\n\n' % (n, n + 1) for n in range(levels))
    return b'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b0"\n\n' + heads


# Made by the test that reads it: some take seconds.
HOSTILE: Mapping[str, Callable[[], bytes]] = {
    "zip bomb in a spreadsheet": lambda: zip_bomb_xlsx(200),
    "zip bomb that lies about its size": lambda: zip_bomb_xlsx(900, lying=True),
    "a spreadsheet of the largest size": far_cell_xlsx,
    "a spreadsheet cut off": lambda: xlsx(ROWS)[:-40],
    "a spreadsheet with a broken sheet": lambda: xlsx(sheet="<worksheet><sheetData><row><c"),
    "a spreadsheet with entities": lambda: xlsx(
        sheet='<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet>&b;'
    ),
    "a PDF that loops": looping_pdf,
    "a PDF that is all header": lambda: b"%PDF-1.7\n",
    "a PDF cut off": lambda: pdf("Error 1003" * 50)[:600],
    "a PDF with noise": lambda: b"%PDF-1.7\n" + NOISE,
    "a PDF that unfolds": lambda: pdf_with_content(b" " * 400_000_000),
    "a PDF of a million operators": lambda: pdf_with_content(b"BT /F 9 Tf (a) Tj ET " * 400_000),
    "a PDF with deep arrays": lambda: raw_pdf(b"<</Type/Catalog/Pages " + b"[" * 100_000 + b">>"),
    "a mail in a mail in a mail": lambda: _deep_mail(400),
    "a mail of many parts": lambda: _mail_of_parts(40_000),
    "a mail of nested parts": lambda: _nested_multiparts(3000),
    "a mail with an endless header": lambda: b"Received: " + b"=?utf-8?q?" * 150_000,
    "a page of nested tags": lambda: b"<html><body>" + b"<div>" * 100_000,
    "a page of open comments": lambda: b"<html>" + b"<!--" * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_costs_bounded_time_and_raises_nothing(child: ReaderProcess, name: str) -> None:
    data = HOSTILE[name]()
    assert needs_child(kind_of("", "", data))
    # That it comes back at all is the claim: the child has five seconds for a reading, however busy the machine.
    reading = child.read("x", "", data)
    assert reading.unread or len(reading.text) <= ReadLimits().text
    # A busy machine may need more than one new child's time.
    after = (child.read("a.html", "text/html", b"<p>Error 1003") for _ in range(4))
    assert FileText(text="Error 1003") in after


def test_a_zip_bomb_says_so() -> None:
    assert read("a.xlsx", "", HOSTILE["zip bomb in a spreadsheet"]()) == FileText(
        unread=(UnreadReason.WORKBOOK_UNFOLDED(megabytes=200),)
    )


@pytest.mark.parametrize(
    "data", [b"x" * 2_000_000, b"a,b\n" * 500_000, b"\x00" * 2_000_000, b"\xff\xfe" + NOISE * 40, b"\n" * 2_000_000]
)
def test_plain_text_is_read_in_a_moment(data: bytes) -> None:
    started = time.process_time()
    reading = read("a.log", "text/plain", data)
    assert time.process_time() - started < 2
    assert len(reading.text) <= ReadLimits().text


def test_a_child_that_takes_too_long_or_too_much_is_replaced() -> None:
    slow = ReaderProcess("documents", seconds=0.01, memory=512 * MEGABYTE)
    assert slow.read("a.pdf", "", HOSTILE["a PDF of a million operators"]()) == TOO_SLOW
    # A file that needs more time may have it.
    assert slow.read("a.html", "", b"<html>Error 1003", seconds=20) == FileText(text="Error 1003")
    slow.close()
    small = ReaderProcess("documents", seconds=5, memory=24 * MEGABYTE)
    assert small.read("a.html", "", b"<html>Error 1003") == NOT_READY
    small.close()


def test_a_child_ends_by_itself_and_starts_again() -> None:
    child = ReaderProcess("documents", seconds=20, memory=512 * MEGABYTE, idle=0.05)
    readings = []
    for _ in range(2):
        readings.append(child.read("a.html", "", b"<html>Error 1003"))
        deadline = time.monotonic() + 20
        while child.pid is not None and time.monotonic() < deadline:
            threading.Event().wait(0.01)
        assert child.pid is None
    child.close()
    assert readings == [FileText(text="Error 1003")] * 2


def test_who_cannot_get_a_turn_in_time_goes_without(child: ReaderProcess) -> None:
    with child._turn:
        assert child.read("a.html", "", b"<html>x", wait_seconds=0.01) == BUSY


def test_a_child_has_no_secret_in_its_environment(child: ReaderProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZENDESK_OAUTH_TOKEN", "secret-7")
    monkeypatch.setenv("DATABASE_URL", "secret-7")
    child.close()
    assert child.read("a.html", "", b"<html>x") == FileText(text="x")
    environment = Path(f"/proc/{child.pid}/environ").read_bytes()
    assert b"PATH=" in environment
    assert b"secret-7" not in environment


def test_a_child_connects_nowhere_and_starts_nothing() -> None:
    refuse = import_module("zendesk_gupshup.attachments.child")._refuse
    for event in ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system"):
        with pytest.raises(PermissionError):
            refuse(event, ())
    refuse("open", ("x",))


def _read(name: str, content_type: str, data: bytes, _seconds: float) -> FileText:
    return read(name, content_type, data)


@given(st.binary(max_size=2000), st.sampled_from(["", "a.eml", "a.html", "a.csv", "a.pdf", "a.xlsx"]))
@settings(max_examples=300, deadline=None)
def test_random_bytes_are_text_or_a_reason(data: bytes, name: str) -> None:
    reading = read(name, "", data)
    assert reading.text or reading.unread
    reading.text.encode()


@given(
    st.sampled_from([b"%PDF-1.7\n", b"Received: ", b"<html>", b"\xff\xfe", b"GIF89a", b"PK\x03\x04xl/workbook.xml"]),
    st.binary(max_size=500),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_random_bytes_under_each_heading_raise_nothing(head: bytes, data: bytes) -> None:
    safely = import_module("zendesk_gupshup.attachments.child")._read_safely
    reading = safely(_read, "", "", head + data, 1.0)
    assert reading.text or reading.unread


@given(st.integers(0, 5000), st.integers(0, 255), st.sampled_from([pdf("Error 1003"), xlsx(ROWS), bytes(mail("1003"))]))
@settings(max_examples=150, deadline=None)
def test_a_file_with_a_byte_changed_raises_nothing(place: int, byte: int, data: bytes) -> None:
    safely = import_module("zendesk_gupshup.attachments.child")._read_safely
    at = place % len(data)
    reading = safely(_read, "", "", data[:at] + bytes([byte]) + data[at + 1 :], 1.0)
    assert reading.text or reading.unread


NO_ANSWERS = {
    "an unknown reason": b'{"unread": [{"name": "make_it_up", "values": {}}]}',
    "a value is missing": b'{"unread": [{"name": "sheet_hidden", "values": {}}]}',
    "a value too many": b'{"unread": [{"name": "picture", "values": {"markup": "<b>"}}]}',
    "values in a list": b'{"unread": [{"name": "sheet_hidden", "values": ["Codes"]}]}',
    "a sentence": b'{"unread": "a picture"}',
    "reasons without end": b'{"unread": [' + b'{"name": "unread_in", "values": {"name": "a", "why": ' * 5000,
    "no object": b"[]",
    "nothing": b"",
}


@pytest.mark.parametrize("answer", NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_an_answer_of_the_reading_process_that_is_none_is_refused(answer: bytes) -> None:
    with pytest.raises(ValueError, match=r"FileText|JSON"):
        FILE_TEXT.validate_json(answer)


def test_an_answer_of_the_reading_process_comes_back_as_it_was() -> None:
    inner = (UnreadReason.SHEET_HIDDEN(sheet="{name} <b>"), UnreadReason.PICTURE())
    unread = (UnreadReason.IN(name=Detail.MAIL_PART(type="a/b"), why=inner),)
    reading = FileText("words", unread, RetryableReason.TOO_SLOW)
    assert FILE_TEXT.validate_json(FILE_TEXT.dump_json(reading)) == reading


# --- Names and pictures --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a.log", "a.log"),
        ("", ""),
        ("a\n\x1b[31m\u202egnp.exe", "a [31m gnp.exe"),
        ("x" * 300 + ".log", "x" * 60 + "…" + "x" * 12 + ".log"),
    ],
)
def test_a_name_is_shown_on_one_line(name: str, shown: str) -> None:
    assert shown_name(name) == shown
    assert in_file(name, BLANK) == UnreadReason.IN(name=shown or Detail.FILE_WITHOUT_NAME(), why=BLANK)


def test_pieces_of_a_leaning_photo_become_lines() -> None:
    words = [
        OcrWord("401", 10, 10, 12, 0.1), OcrWord("Unauthorized", 200, 29, 12, 0.1),
        OcrWord("1003", 10, 40, 12, 0.1), OcrWord("Wallet Balance Low", 200, 59, 12, 0.1),
    ]  # fmt: skip
    assert lines_of(words) == ["401  Unauthorized", "1003  Wallet Balance Low"]
    assert lines_of([]) == []


@pytest.mark.skipif(not can_read_pictures(), reason="the extra ocr is not installed")
def test_pictures_are_read_where_the_extra_is_installed() -> None:
    child = ReaderProcess("pictures", seconds=60, memory=2048 * MEGABYTE)
    lines = ("POST https://api.gupshup.io/wa/api/v1/msg", "HTTP 401 Unauthorized")
    for kind in ("PNG", "JPEG", "WEBP"):
        assert child.read("a.png", "", picture(*lines, kind=kind)).text.splitlines() == list(lines)
    assert child.read("a.png", "", picture(size=(60, 20))) == FileText()
    assert child.read("a.png", "", picture()).unread == (UnreadReason.PICTURE_WITHOUT_TEXT(),)
    assert child.read("a.png", "", picture("x")[:200]).unread == (UnreadReason.PICTURE_BROKEN(),)
    assert child.read("a.png", "", picture(size=(9000, 9000))).unread
    child.close()


@pytest.mark.skipif(not can_read_pictures(), reason="the extra ocr is not installed")
def test_of_a_picture_for_which_there_is_no_time_the_rest_is_said() -> None:
    clock = iter([0.0, 100.0])
    reading = PictureReader(ReadLimits(), monotonic=lambda: next(clock)).read(picture("HTTP 401", "Unauthorized"))
    told = (UnreadReason.PICTURE_UPPER_PART(count=0, total=2),)
    assert reading == FileText(unread=told, retryable=RetryableReason.TOO_SLOW)


# --- Which files of a ticket are fetched ---------------------------------------------------------------------


@pytest.fixture
def files() -> Iterator[FileReader]:
    files = FileReader()
    yield files
    files.close()


def test_files_of_the_requesters_side_are_fetched_newest_first_and_once(files: FileReader) -> None:
    seven = ticket((1, [log_file(1), log_file(2)]), (2, [log_file(3)]), (3, [log_file(4)]), (900, [log_file(5)]))
    source = FakeFiles({n: f"code {n}".encode() for n in range(1, 6)})
    for _ in range(2):
        got = files.read(source, seven)
        assert got.attachment_texts == {1: "code 1", 2: "code 2", 4: "code 4"}
        assert (got.attachments_unread, got.picture_texts) == ({}, frozenset())
        assert source.asked == [4, 2, 1]
    assert files.read(source, seven, everyones=True).attachment_texts.keys() == {1, 2, 3, 4}
    assert source.asked == [4, 2, 1, 3]


@pytest.mark.parametrize(
    "seven",
    [
        ticket((1, []), (2, [log_file(1)])),
        ticket((1, [log_file(1)]), status="closed"),
        ticket((1, [log_file(1, "logo.png", "image/png", size=4000, inline=True)])),
    ],
    ids=["no files of the client's", "closed", "a logo"],
)
def test_a_ticket_without_files_to_read_costs_no_request(files: FileReader, seven: Ticket) -> None:
    source = FakeFiles({})
    got = files.read(source, seven)
    assert (got, source.asked) == (seven, [])


@pytest.mark.parametrize(
    ("file", "asked", "reason"),
    [
        (
            log_file(1, "a.zip", "application/zip"),
            [],
            (UnreadReason.ARCHIVE(format="zip"),),
        ),
        (log_file(1, "a.mov", "video/quicktime"), [], (UnreadReason.MEDIA(),)),
        (log_file(1, "a.pdf", "application/pdf", size=50_000_000), [], (UnreadReason.TOO_LARGE(kilobytes=2048),)),
        (log_file(1, "a", "application/pdf"), [1], (UnreadReason.TOO_LARGE(kilobytes=2048),)),
        (log_file(1, malware_scan_result="malware_found"), [], (UnreadReason.MALWARE(),)),
    ],
)
def test_what_cannot_be_read_is_said(
    files: FileReader, file: Attachment, asked: list[int], reason: tuple[Reason, ...]
) -> None:
    source = FakeFiles({1: b"%PDF-1.7\n" + b"0" * 3_000_000})
    got = files.read(source, ticket((1, [file])))
    assert (got.attachments_unread, got.attachment_texts, source.asked) == ({1: reason}, {}, asked)


def test_of_a_huge_log_the_first_part_is_read(files: FileReader) -> None:
    source = FakeFiles({1: LOG.encode() + b"x\n" * 2_000_000})
    got = files.read(source, ticket((1, [log_file(1, size=50_000_000)])))
    assert got.attachment_texts[1].startswith(LOG)
    assert got.attachments_unread == {1: (UnreadReason.START_ONLY(kilobytes=2048),)}


def test_more_files_than_the_limit_are_said(files: FileReader) -> None:
    seven = ticket((1, [log_file(n) for n in range(1, 13)]))
    got = files.read(FakeFiles(dict.fromkeys(range(1, 13), b"code 1003")), seven)
    assert (sorted(got.attachment_texts), sorted(got.attachments_unread)) == (list(range(3, 13)), [1, 2])


@pytest.mark.parametrize("error", [Unreachable("x"), Refused("x", status=404)])
def test_a_download_that_fails_is_a_reason_and_is_tried_at_the_next_look(
    files: FileReader, error: ZendeskError
) -> None:
    source = FakeFiles({1: error, 2: b"code 1003"})
    got = files.read(source, ticket((1, [log_file(1), log_file(2)])))
    why = UnreadReason.NOT_FETCHED_STATUS(status=404) if error.status else UnreadReason.NOT_FETCHED()
    assert (got.attachment_texts, got.attachments_unread) == ({2: "code 1003"}, {1: (why,)})
    files.read(source, ticket((1, [log_file(1), log_file(2)])))
    assert source.asked == [2, 1, 1]


def test_a_refused_credential_is_no_matter_of_one_file(files: FileReader) -> None:
    with pytest.raises(Unauthorized):
        files.read(FakeFiles({1: Unauthorized("x", account_wide=True)}), ticket((1, [log_file(1)])))


def test_a_tickets_files_take_a_bounded_time_together() -> None:
    clock = iter(range(0, 10_000, 40))
    files = FileReader(monotonic=lambda: next(clock))
    got = files.read(FakeFiles({1: b"code 1", 2: b"code 2"}), ticket((1, [log_file(1), log_file(2)])))
    assert (got.attachment_texts, got.attachments_unread) == (
        {2: "code 2"},
        {1: (UnreadReason.NO_TIME_LEFT(),)},
    )


def test_what_was_read_is_kept_within_bounds(monkeypatch: pytest.MonkeyPatch, files: FileReader) -> None:
    module = import_module("zendesk_gupshup.attachments.reader")
    monkeypatch.setattr(module, "_KEPT_FILES", 2)
    source = FakeFiles(dict.fromkeys(range(1, 4), b"code 1003"))
    seven = ticket((1, [log_file(n) for n in range(1, 4)]))
    files.read(source, seven)
    assert (source.asked, len(files._kept), files._characters) == ([3, 2, 1], 2, 18)
    monkeypatch.setattr(module, "_KEPT_CHARACTERS", 8)
    files.read(source, seven)
    assert (len(files._kept), files._characters) == (0, 0)


def test_settings_turn_reading_off() -> None:
    source = FakeFiles({1: b"code 1003"})
    seven = ticket((1, [log_file(1)]))
    assert FileReader(FileRules(attachments=False)).read(source, seven) == seven
    photo = ticket((1, [log_file(1, "a.png", "image/png", size=90_000)]))
    got = FileReader(FileRules(pictures=False)).read(source, photo)
    assert (got.attachments_unread, source.asked) == ({1: (UnreadReason.PICTURES_OFF(),)}, [])


def test_without_the_extra_a_picture_is_said_to_be_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zendesk_gupshup.attachments.reader.can_read_pictures", lambda: False)
    files, source = FileReader(), FakeFiles({2: picture("Error 1003")})
    seven = ticket(
        (1, [log_file(1, "screen.png", "image/png", size=90_000), log_file(2, "screen.bin", "", size=90_000)])
    )
    got, why = files.read(source, seven), (UnreadReason.PICTURE_NEEDS_EXTRA(),)
    assert (got.attachments_unread, source.asked) == ({1: why, 2: why}, [2])


# --- In what is found ----------------------------------------------------------------------------------------


def _evidence(kind: str, comment_id: int, attachment: str | None = None) -> Evidence:
    place = Place.model_validate({"kind": kind, "comment_id": comment_id, "attachment": attachment})
    return Evidence(quote="1003", place=place, rule=Rule.NUMBER())


@pytest.mark.parametrize(
    ("evidence", "before", "after"),
    [
        ((_evidence("attachment", 10, "p.png"),), Confidence.CERTAIN, Confidence.LIKELY),
        ((_evidence("attachment", 10, "p.png"),), Confidence.LIKELY, Confidence.POSSIBLE),
        ((_evidence("attachment", 10, "p.png"),), Confidence.POSSIBLE, Confidence.POSSIBLE),
        ((_evidence("attachment", 10, "a.log"),), Confidence.CERTAIN, Confidence.CERTAIN),
        ((_evidence("comment", 10),), Confidence.CERTAIN, Confidence.CERTAIN),
        ((_evidence("attachment", 10, "p.png"), _evidence("comment", 10)), Confidence.CERTAIN, Confidence.CERTAIN),
    ],
)
def test_what_stands_in_a_picture_alone_is_one_step_less_certain(
    evidence: tuple[Evidence, ...], before: Confidence, after: Confidence
) -> None:
    seven = ticket((1, [log_file(1, "p.png"), log_file(2, "a.log")])).model_copy(
        update={"picture_texts": frozenset({1})}
    )
    finding = Finding(error=ErrorCode(namespace="gupshup", code="1003"), confidence=before, evidence=evidence)
    (got,) = less_certain_in_pictures(Detection(findings=(finding,)), seven).findings
    assert (got.confidence, bool(got.against)) == (after, after is not before)


def test_a_401_in_an_attached_log_is_answered_as_one_in_the_text() -> None:
    brain = Brain(dictionary=load(), templates=Templates.load())
    source = FakeFiles({1: LOG.encode(), 2: b"PK\x03\x04" + NOISE})
    seven = ticket((1, [log_file(1, "gateway.log"), log_file(2, "more.zip", "application/zip")]))
    look = look_at(with_files(source, seven, brain), brain)  # type: ignore[arg-type]
    (finding,) = look.detection.findings
    assert (str(finding.error), finding.confidence) == ("gupshup_http 401", Confidence.CERTAIN)
    assert finding.evidence[0].place.attachment == "gateway.log"
    assert look.detection.unread == (UnreadReason.IN(name="more.zip", why=(UnreadReason.ARCHIVE(format="zip"),)),)
    assert [update.step.kind for update in look.updates] == ["reply", "note"]
    assert "more.zip" in (look.updates[1].html_body or "")


def test_files_attached_in_zendesk_are_fetched_once_and_found(sandbox: SandboxServer) -> None:
    spreadsheet = xlsx([["externalId", "errorCode", "cause"], ["7", 1003, "Wallet Balance Low"]])
    files = [("gateway.log", "text/plain", LOG.encode()), ("report.xlsx", "application/octet-stream", spreadsheet)]
    written = sandbox.store.write_as_client("lin@example.com", "Lin", "Gupshup fails, see the files.", files=files)
    access = ZendeskConfig(base_url=sandbox.base_url, email=seed.ADMIN_EMAIL, api_token=SecretStr(seed.API_TOKEN))
    brain = Brain(dictionary=load(), templates=Templates.load())
    with Zendesk(access) as zendesk:
        for _ in range(2):
            look = look_at(with_files(zendesk, zendesk.ticket(int(written["id"])), brain), brain)
        downloads = sum(n for kind, n in zendesk.requests_made.items() if "/attachments/" in kind)
    brain.files.close()
    assert downloads == len(files)
    assert "gupshup_http 401" in [str(finding.error) for finding in look.detection.findings]
    assert "gupshup_replied__http_401" in look.updates[0].step.add_tags
    sheet = next(f for c in look.ticket.comments for f in c.attachments if f.file_name == "report.xlsx")
    assert (
        look.ticket.attachment_texts[sheet.id] == "[Report]\nexternalId\terrorCode\tcause\n7\t1003\tWallet Balance Low"
    )
