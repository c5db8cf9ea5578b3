"""PDF as a person sees it: pages, what was filled into a form, notes; and what is named where it is not read."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pytest
from pypdf import PdfReader, PdfWriter

from support.files import pdf
from support.paths import SHARED
from support.pdf_cases import IMAGE, LOCKED, UNREAD, page
from zendesk_gupshup.attachments import FileText, read
from zendesk_gupshup.attachments.reader_process import MEGABYTE, ReaderProcess
from zendesk_gupshup.model.unread_reasons import UnreadReason

INPUTS = SHARED / "reports" / "inputs"


@pytest.fixture(scope="module")
def child() -> Iterator[ReaderProcess]:
    child = ReaderProcess("documents", seconds=20, memory=512 * MEGABYTE)
    yield child
    child.close()


NOTES = {
    "words on the page": (b"<</Subtype/FreeText/Contents(Error 1003)>>", "Error 1003"),
    "a note behind a sign": (b"<</Subtype/Text/Contents(Error 1003)>>", "Error 1003"),
    "a remark on marked words": (b"<</Subtype/Highlight/Contents(Error\n1003)>>", "Error 1003"),
    "words in UTF-16": (b"<</Subtype/Text/Contents<FEFF004500F3>>>", "Eó"),
    "a stamp of which there is a drawing only": (b"<</Subtype/Stamp/AP<</N 6 0 R>>>>", "Error 1007"),
    "a stamp with words": (b"<</Subtype/Stamp/Contents(Error 1003)/AP<</N 6 0 R>>>>", "Error 1003"),
    "a note that is not printed": (b"<</Subtype/Text/F 0/Contents(Error 1003)>>", "Error 1003"),
    "a note that is hidden": (b"<</Subtype/Text/F 2/Contents(Error 1003)>>", ""),
    "a note that no screen shows": (b"<</Subtype/FreeText/F 36/Contents(Error 1003)>>", ""),
    "what a link is for": (b"<</Subtype/Link/Contents(Error 1003)>>", ""),
    "a window in which a note opens": (b"<</Subtype/Popup/Contents(Error 1003)>>", ""),
    "that somebody agreed": (b"<</Subtype/Text/StateModel(Review)/State(Accepted)/Contents(Accepted by Ada)>>", ""),
    "a note that is none": (b"null 7 (x) 99 0 R", ""),
    "a field with words": (b"<</Subtype/Widget/FT/Tx/T(err)/V(Error 1003)>>", "err: Error 1003"),
    "a field with a longer name": (b"<</Subtype/Widget/FT/Tx/T(f1)/TU(Error code)/V(1003)>>", "Error code: 1003"),
    "a field of several lines": (b"<</Subtype/Widget/FT/Tx/T(err)/V(Error\r1003)>>", "err: Error 1003"),
    "a field of which there is a drawing only": (b"<</Subtype/Widget/FT/Tx/T(err)/AP<</N 6 0 R>>>>", "err: Error 1007"),
    "a field that is empty": (b"<</Subtype/Widget/FT/Tx/T(err)>>", ""),
    "a field that is hidden": (b"<</Subtype/Widget/FT/Tx/T(err)/F 2/V(Error 1003)>>", ""),
    "a field of stars": (b"<</Subtype/Widget/FT/Tx/Ff 8192/T(err)/V(secret)>>", ""),
    "a choice": (b"<</Subtype/Widget/FT/Ch/T(err)/V(b)/Opt[[(a)(One)][(b)(Error 1003)]]>>", "err: Error 1003"),
    "several choices": (b"<</Subtype/Widget/FT/Ch/T(err)/V[(1003)(1004)]>>", "err: 1003, 1004"),
    "a box that is ticked": (b"<</Subtype/Widget/FT/Btn/T(urgent)/AS/Yes>>", "urgent: Yes"),
    "a box that is not": (b"<</Subtype/Widget/FT/Btn/T(error 1003)/AS/Off>>", ""),
    "a button": (b"<</Subtype/Widget/FT/Btn/Ff 65536/T(send)/AS/Yes>>", ""),
    "a signature": (b"<</Subtype/Widget/FT/Sig/T(sig)/V(x)>>", ""),
    "a part of a field": (
        b"<</Subtype/Widget/Parent<</FT/Tx/T(err)/V(Error 1003)>>>>",
        "err: Error 1003",
    ),
    "the same field again": (
        b"<</Subtype/Widget/FT/Tx/T(err)/V(1003)>> <</Subtype/Widget/FT/Tx/T(err)/V(1003)>>",
        "err: 1003",
    ),
}


@pytest.mark.parametrize("name", NOTES)
def test_notes_and_fields_are_read_as_far_as_they_are_seen(child: ReaderProcess, name: str) -> None:
    note, words = NOTES[name]
    reading = FileText("\n".join(part for part in ("See below", words) if part))
    assert read("a.pdf", "", page(note)) == reading
    assert child.read("a.pdf", "", page(note)) == reading


def test_a_field_whose_parent_is_itself_ends() -> None:
    assert read("a.pdf", "", page(b"7 0 R", more=(b"<</Subtype/Widget/T(err)/Parent 7 0 R>>",))) == FileText(
        "See below"
    )


@pytest.mark.parametrize("name", UNREAD)
def test_what_is_not_read_of_a_pdf_is_named(child: ReaderProcess, name: str) -> None:
    data, reading = UNREAD[name]
    assert read("a.pdf", "", data) == reading
    assert child.read("a.pdf", "", data) == reading


def _joined(*files: bytes) -> bytes:
    writer, out = PdfWriter(), BytesIO()
    for data in files:
        writer.append(PdfReader(BytesIO(data)))
    writer.write(out)
    return out.getvalue()


def test_of_pages_that_are_pictures_the_number_is_said() -> None:
    picture = page(words=b"", more=(IMAGE,))
    assert read("a.pdf", "", _joined(page(), picture, picture)) == FileText(
        "See below", (UnreadReason.PDF_PICTURE_PAGES(count=2, total=3),)
    )


def test_a_broken_page_costs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    from pypdf import PageObject

    honest = PageObject.extract_text

    def breaks(self: PageObject, *arguments: object, **more: object) -> str:
        text = honest(self)
        if "one" in text:
            raise TypeError(text)
        return text

    monkeypatch.setattr(PageObject, "extract_text", breaks)
    assert read("a.pdf", "", pdf("one", "two")) == FileText("two", (UnreadReason.PDF_PAGE_BROKEN(page=1),))


@pytest.mark.parametrize("algorithm", ["RC4-40", "RC4-128", "AES-128", "AES-256"])
def test_a_pdf_that_only_its_owner_may_change_is_read(algorithm: str) -> None:
    locked = []
    for user in ("", "x"):
        writer, out = PdfWriter(clone_from=PdfReader(BytesIO(page()))), BytesIO()
        writer.encrypt(user, "owner", algorithm=algorithm)
        writer.write(out)
        locked.append(read("a.pdf", "", out.getvalue()))
    assert locked == [FileText("See below"), FileText(unread=LOCKED)]


@pytest.mark.skipif(not INPUTS.exists(), reason="the inputs lie elsewhere")
def test_forms_and_notes_from_the_field(child: ReaderProcess) -> None:
    words = "Gupshup answers error 1003 insufficient balance for our app"
    readings = [child.read(name, "", (INPUTS / name).read_bytes()) for name in ("form.pdf", "freetext.pdf")]
    assert readings == [FileText(f"Incident form: error\nerr: {words}"), FileText(f"Hello\n{words}")]
