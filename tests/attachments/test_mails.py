"""Mails as programs send them: which of their parts are read, which are named, and in which words."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from support.files import mail, pdf, picture
from support.mail_cases import INNER, LOG, NAMED, PLAIN, SMIME, many, packed, part, signed
from support.paths import SHARED
from zendesk_gupshup.attachments import FileText, kind_of, needs_child, read
from zendesk_gupshup.attachments.formats.alternatives import chosen
from zendesk_gupshup.attachments.formats.mail import flowed
from zendesk_gupshup.attachments.reader_process import MEGABYTE, ReaderProcess
from zendesk_gupshup.model.reason import Detail
from zendesk_gupshup.model.unread_reasons import UnreadReason

INPUTS = SHARED / "reports" / "inputs"
WORDS = "Gupshup answers error 1003 insufficient balance for our app"


@pytest.fixture(scope="module")
def child() -> Iterator[ReaderProcess]:
    child = ReaderProcess("documents", seconds=20, memory=512 * MEGABYTE)
    yield child
    child.close()


INVITATION = part("text/calendar", b"BEGIN:VCALENDAR\nDESCRIPTION:Error 10\n 03\\, again\\nthere\n")
BOUNCE = b"Reporting-MTA: dns; a\n\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 no\n"
PAGE = part("text/html", b"<p>See the file.</p>")
LOGO = packed("image/png", b"\x89PNG\r\n\x1a\n", "Content-ID: <a>")

BRANCHES = {
    "a file in a branch of several wordings, as Apple Mail sends it": (
        many("alternative", PLAIN, many("mixed", PAGE, LOG, part("text/html", b"<br>"), head=b"", mark=b"c")),
        "See the file.\n\n\nError 1004",
    ),
    "a file in a branch of related parts": (
        many("alternative", PLAIN, many("related", PAGE, LOG, LOGO, head=b"", mark=b"c")),
        "See the file.\n\n\nError 1004",
    ),
    "wordings in a branch of wordings": (
        many("alternative", PLAIN, many("alternative", PAGE, LOG, head=b"", mark=b"c")),
        "See the file.\n\n\nError 1004",
    ),
    "a file between two texts": (
        many("mixed", PLAIN, LOG, part("text/plain", b"Error 4003")),
        "See the file.\n\n\nError 1004\n\nError 4003",
    ),
    "an empty plain text": (
        many("alternative", part("text/plain", b"\n\n"), part("text/html", b"<p>Error 1003</p>")),
        "Error 1003",
    ),
    "a plain text that says to look at the page": (
        many("alternative", part("text/plain", b"This is HTML."), part("text/html", b"<p>Error 1003</p>")),
        "This is HTML.\n\nError 1003",
    ),
    "a plain text without the table of the page": (
        many("alternative", PLAIN, part("text/html", b"<p>See the file.</p><table><tr><td>1003</table>")),
        "See the file.\n1003",
    ),
    "a page without what the plain text says": (
        many("alternative", part("text/plain", b"See the file. Error 1003"), PAGE),
        "See the file. Error 1003",
    ),
    "wordings for phones and for AMP": (
        many("alternative", PLAIN, part("text/x-amp-html", b"<p>No 1"), part("text/watch-html", b"<p>No 2"), PAGE),
        "See the file.\n",
    ),
    "an invitation, its lines folded": (
        many("alternative", PLAIN, INVITATION),
        "See the file.\n\n\nBEGIN:VCALENDAR\nDESCRIPTION:Error 1003, again\nthere\n",
    ),
    "a signature that is detached": (
        many("signed", PLAIN, packed("application/pkcs7-signature", b"0\x80", 'Content-Disposition: attachment')),
        "See the file.\n",
    ),
    "a report of a mail that bounced": (
        many(
            "report",
            PLAIN,
            part("message/delivery-status", BOUNCE),
            part("text/rfc822-headers", b"Subject: Error 1003\n"),
        ),
        f"See the file.\n\n\n{BOUNCE.decode()}\nSubject: Error 1003\n",
    ),
    "a mail in the mail, packed although that is forbidden": (
        many("mixed", PLAIN, packed("message/rfc822", b"Subject: Inner\n\nError 1003")),
        "See the file.\n\n\nSubject: Inner\n\nError 1003",
    ),
    "a charset that is no name, of bytes as they are": (
        many("mixed", part('text/plain; charset="a\x00b"', "Código 1003".encode()), PLAIN),
        "Código 1003\n\nSee the file.",
    ),
    "a digest of mails": (
        many("digest", b"\nSubject: One\n\nError 1003", b"\nSubject: Two\n\nError 1004"),
        "Subject: One\n\nError 1003\n\nSubject: Two\n\nError 1004",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BRANCHES)
def test_each_branch_of_a_mail_is_read(child: ReaderProcess, name: str) -> None:
    data, text = BRANCHES[name]
    expected = "\n\n".join(("Subject: It fails", text)).strip()
    reading = read("a.eml", "", data)
    assert (reading.text.strip(), reading.unread) == (expected, ())
    assert child.read("a.eml", "", data) == reading


@pytest.mark.parametrize("name", NAMED)
def test_what_of_a_mail_is_not_read_is_named(name: str) -> None:
    data, unread = NAMED[name]
    assert read("a.eml", "", data) == FileText("Subject: It fails", unread)


def test_mails_in_each_other_end_somewhere() -> None:
    inner = mail("Error 1003", subject="Level 0")
    for level in range(1, 6):
        outer = mail(f"Error {level}", subject=f"Level {level}")
        outer.add_attachment(inner)
        inner = outer
    assert read("a.eml", "", bytes(inner)) == FileText(
        "\n\n".join(f"Subject: Level {level}\n\nError {level}\n" for level in (5, 4, 3, 2)),
        (
            UnreadReason.IN(
                name=Detail.MAIL_IN_MAIL(),
                why=(
                    UnreadReason.IN(
                        name=Detail.MAIL_IN_MAIL(),
                        why=(
                            UnreadReason.IN(
                                name=Detail.MAIL_IN_MAIL(),
                                why=(UnreadReason.IN(name=Detail.MAIL_IN_MAIL(), why=(UnreadReason.TOO_DEEP(),)),),
                            ),
                        ),
                    ),
                ),
            ),
        ),
    )


# --- Saved pages, and files of mail programs -------------------------------------------------------------------

CHROME = (
    b"From: <Saved by Blink>\nSnapshot-Content-Location: https://example.com/\nSubject: =?utf-8?Q?Fall=C3=B3?=\n"
    b"MIME-Version: 1.0\n"
)
QUOTED = "Content-Transfer-Encoding: quoted-printable"
SAVED = many(
    "related",
    part(
        "text/html", b"<html><body>C=C3=B3digo 10=\n03</body></html>", QUOTED, "Content-Location: https://example.com/"
    ),
    part("text/css", b"p { color: red; width: 1004px }", QUOTED, "Content-Location: cid:css-1"),
    packed("image/png", b"\x89PNG\r\n\x1a\n", "Content-Location: https://example.com/logo.png"),
    packed("application/octet-stream", bytes(range(256)), "Content-Location: https://example.com/font"),
    part("text/html", b"<p>Error 1005</p>", "Content-Location: cid:frame-1"),
    packed(
        "image/png", picture("x", size=(1500, 1000)) + b"x" * 9000, "Content-Location: https://example.com/shot.png?v=1"
    ),
    head=CHROME,
)
PAGES = {
    "a page saved by Chrome": (
        "page.mhtml", SAVED,
        FileText(
            "Subject: Falló\n\nCódigo 1003\n\nError 1005",
            (UnreadReason.IN(name="shot.png", why=(UnreadReason.PICTURE(),)),),
        ),
    ),
    "a page saved by Word, in a charset of Windows": (
        "page.mht",
        many("related", part('text/html; charset="windows-1252"', b"<p>C=F3digo 1003</p>", QUOTED),
             part("text/xml", b"<list/>"), head=b"MIME-Version: 1.0\n"),
        FileText("Código 1003"),
    ),
    "a page saved as UTF-16": (
        "page.mht",
        many("related", packed("text/html; charset=unicode", "<p>Código 1003".encode("utf-16")), head=b"From: x\n"),
        FileText("Código 1003"),
    ),
    "a mail of Apple Mail's own": (
        "7.emlx", b"32  \nSubject: Inner\n\nError 1003 today<?xml version='1.0'?><plist/>",
        FileText("Subject: Inner\n\nError 1003 today"),
    ),
    "a mail of Thunderbird's own": (
        "a.eml", b"From - Mon May 4 10:00:00 2026\nX-Mozilla-Status: 0001\nSubject: Inner\n\nError 1003",
        FileText("Subject: Inner\n\nError 1003"),
    ),
    "a mail with the mark of UTF-8": ("a.eml", b"\xef\xbb\xbfSubject: S\n\n1003", FileText("Subject: S\n\n1003")),
    "a mail in UTF-16": ("a.eml", "Subject: S\n\n1003".encode("utf-16"), FileText("Subject: S\n\n1003")),
    "a mail without a subject": ("a.eml", b"From: a\n\nError 1003", FileText("Error 1003")),
    "an invitation in small letters": (
        "a.ics",
        b"begin:vcalendar\r\nx:Error 10\r\n 03\r\n",
        FileText("begin:vcalendar\nx:Error 1003\n"),
    ),
    "a business card": (
        "a.vcf", b"BEGIN:VCARD\r\nNOTE:Error 10\r\n 03\r\n",
        FileText("BEGIN:VCARD\nNOTE:Error 1003\n"),
    ),
    "an invitation": (
        "a.ics", b"BEGIN:VCALENDAR\r\nX:Error 10\r\n 03\r\n",
        FileText("BEGIN:VCALENDAR\nX:Error 1003\n"),
    ),
    "a file that is encrypted by PGP": (
        "a.asc", b"-----BEGIN PGP MESSAGE-----\n\nabc",
        FileText(unread=(UnreadReason.PGP_FILE(),)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_what_programs_save_is_read(name: str) -> None:
    file, data, reading = PAGES[name]
    assert read(file, "", data) == reading


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"From: a\nSubject: b\nMIME-Version: 1.0\n\nError 1003", "mail"),
        (b"Content-Type: multipart/mixed; boundary=b\nFrom: a\n\n--b--", "mail"),
        # What a person copied from a mail, and what a gateway answered.
        (b"From: a\nSubject: b\n\nError 1003", "text"),
        (b'Content-Type: application/json\nDate: x\n\n{"code": 1003}', "text"),
        (b"Subject: b\n\nMIME-Version: 1.0", "text"),
    ],
)
def test_a_mail_without_a_name_is_known_by_fields_that_programs_write(data: bytes, kind: str) -> None:
    assert kind_of("", "", data).name == kind


CHARSETS = {
    "named right": ('text/plain; charset="iso-8859-1"', "Código 1003".encode("latin-1")),
    "named wrong, UTF-8 as Latin-1": ('text/plain; charset="iso-8859-1"', "Código 1003".encode()),
    "named wrong, Latin-1 as UTF-8": ('text/plain; charset="utf-8"', "Código 1003".encode("latin-1")),
    "named wrong, UTF-8 as ASCII": ('text/plain; charset="us-ascii"', "Código 1003".encode()),
    "unknown": ('text/plain; charset="x-unknown"', "Código 1003".encode()),
    "no name of a charset": ('text/plain; charset="\x01"', "Código 1003".encode()),
    "no charset of texts": ('text/plain; charset="zip"', "Código 1003".encode()),
    "in 16 bits": ('text/plain; charset="utf-16le"', "Código 1003".encode("utf-16-le")),
    "not named, in a page that names it": ("text/html", '<meta charset="cp1250"><p>Código 1003'.encode("cp1250")),
}  # fmt: skip


@pytest.mark.parametrize("name", CHARSETS)
def test_a_charset_is_read_as_what_it_is(name: str) -> None:
    content_type, content = CHARSETS[name]
    assert read("a.eml", "", b"MIME-Version: 1.0\n" + packed(content_type, content)) == FileText("Código 1003")


@pytest.mark.parametrize(
    ("text", "is_blank_deleted", "lines"),
    [
        ("Error \n1003\nnext", False, "Error 1003\nnext"),
        ("Error 10 \n03", True, "Error 1003"),
        ("> quoted \n> on\nown ", False, "> quoted on\nown "),
        ("> quoted \nown", False, "> quoted \nown"),
        (" >stuffed", False, ">stuffed"),
        ("last \n-- \nAda", False, "last \n-- \nAda"),
    ],
)
def test_flowed_lines_are_joined(text: str, is_blank_deleted: bool, lines: str) -> None:
    assert flowed(text, is_blank_deleted=is_blank_deleted) == lines


def test_a_flowed_mail_is_read_in_the_lines_that_were_written() -> None:
    data = b"Subject: S\nContent-Type: text/plain; format=flowed; delsp=yes\n\nError 10 \n03"
    assert read("a.eml", "", data) == FileText("Subject: S\n\nError 1003")


@pytest.mark.parametrize(
    ("plain", "page", "texts"),
    [
        ("Error 1003", "Error 1003", ["Error 1003"]),
        ("", "Error 1003", ["Error 1003"]),
        ("Error 1003", "", ["Error 1003"]),
        ("", "", []),
        ("Hello <https://example.com/7>", "Hello", ["Hello <https://example.com/7>"]),
        ("Hello", "Hello 1003", ["Hello 1003"]),
        ("Hello 7", "Hello 1003", ["Hello 7", "Hello 1003"]),
        # One word in twenty is a footer.
        ("w" + " w".join("abcdefghijklmnopqrstu"), "w" + " w".join("abcdefghijklmnopqrstuv"), None),
    ],
)
def test_of_a_plain_text_and_a_page_the_one_with_more_is_read(plain: str, page: str, texts: list[str] | None) -> None:
    assert chosen(plain, page) == ([plain] if texts is None else texts)


# --- S/MIME --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SMIME)
def test_what_is_signed_is_read_and_what_is_encrypted_is_named(child: ReaderProcess, name: str) -> None:
    data, reading = SMIME[name]
    assert needs_child(kind_of("smime.p7m", "application/pkcs7-mime", data))
    assert read("smime.p7m", "application/pkcs7-mime", data) == reading
    assert child.read("smime.p7m", "application/pkcs7-mime", data) == reading


def test_a_mail_that_is_all_signed_is_read() -> None:
    data = b"Subject: It fails\nMIME-Version: 1.0\n" + packed("application/pkcs7-mime; name=smime.p7m", signed(INNER))
    assert read("a.eml", "", data) == FileText("Subject: It fails\n\nSee the file.\n\n\nError 1004")


def test_signatures_in_each_other_end_somewhere() -> None:
    data = INNER
    for _ in range(9):
        data = signed(data)
    assert read("a.p7m", "", data) == FileText(unread=(UnreadReason.TOO_DEEP(),))


@pytest.mark.skipif(not INPUTS.exists(), reason="the inputs lie elsewhere")
@pytest.mark.parametrize("name", ["applemail.eml", "emptyplain.eml", "stubplain.eml"])
def test_mails_from_the_field(child: ReaderProcess, name: str) -> None:
    reading = child.read(name, "", (INPUTS / name).read_bytes())
    assert (reading.text.endswith(WORDS), reading.unread) == (True, ())


def test_a_mail_made_by_the_library_is_read() -> None:
    message: EmailMessage = mail(WORDS, ("a.pdf", "application/pdf", pdf(WORDS)))
    assert read("a.eml", "", bytes(message)) == FileText(f"Subject: It fails\n\n{WORDS}\n\n\n{WORDS}")
