"""Workbooks as a person sees them: what of a sheet is read, what a strange cell costs, and what is named as unread."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.files import xlsx
from support.office_files import message, ods, ole, workbook, xls, xlsb
from support.paths import SHARED
from support.spreadsheet_cases import GOOD, LOCKED, MAILS, NAMED, ROWS, SHEETS
from zendesk_gupshup.attachments import FileText, ReadLimits, kind_of, needs_child, read, unreadable_by_name
from zendesk_gupshup.attachments.reader_process import MEGABYTE, ReaderProcess
from zendesk_gupshup.model.unread_reasons import UnreadReason

INPUTS = SHARED / "reports" / "inputs"


@pytest.fixture(scope="module")
def child() -> Iterator[ReaderProcess]:
    child = ReaderProcess("documents", seconds=20, memory=512 * MEGABYTE)
    yield child
    child.close()


# A cell, and how its sheet shows it.
CELLS = {
    "an error of any name": ('<c t="e"><v>#GETTING_DATA</v></c>', "#GETTING_DATA"),
    "an error of a later Excel": ('<c t="e"><v>#BLOCKED!</v></c>', "#BLOCKED!"),
    "a type that nobody defined": ('<c t="zz"><v>1003</v></c>', "1003"),
    "a whole number that is stored as a fraction": ("<c><v>131049.0</v></c>", "131049"),
    "a whole number that is stored with an exponent": ("<c><v>1.31049E5</v></c>", "131049"),
    "a telephone number": ("<c><v>5.215512345678E12</v></c>", "5215512345678"),
    "a fraction": ("<c><v>0.30000000000000004</v></c>", "0.3"),
    "a number that is none": ("<c><v>12a</v></c>", "12a"),
    "a number without end": ("<c><v>1e999</v></c>", "inf"),
    "yes": ('<c t="b"><v>1</v></c>', "TRUE"),
    "a shared string": ('<c t="s"><v>0</v></c>', "Error 1003"),
    "a shared string in pieces, without its reading": ('<c t="s"><v>1</v></c>', "エラー 1003"),
    "a shared string that is not there": ('<c t="s"><v>99</v></c>', ""),
    "a shared string with no number": ('<c t="s"><v>x</v></c>', ""),
    "an inline string in pieces": (
        '<c t="inlineStr"><is><r><t>Error </t></r><r><t>1003</t></r></is></c>',
        "Error 1003",
    ),
    "the result of a formula": ('<c t="str"><f>A1&amp;B1</f><v>Error 1003</v></c>', "Error 1003"),
    "a formula without a result": ("<c><f>A1</f></c>", ""),
    "a day": ('<c s="1"><v>46146</v></c>', "2026-05-04"),
    "a moment": ('<c s="2"><v>46146.5</v></c>', "2026-05-04 12:00:00"),
    "a time": ('<c s="3"><v>0.75</v></c>', "18:00:00"),
    "a number with a word in its format": ('<c s="4"><v>1003</v></c>', "1003"),
    "a day beyond the calendar": ('<c s="1"><v>99999999999</v></c>', "99999999999"),
    "a style that is not there": ('<c s="77"><v>1003</v></c>', "1003"),
    "a day as text": ('<c t="d"><v>2026-05-04</v></c>', "2026-05-04"),
}
STRINGS = ("<t>Error 1003</t>", "<r><t>エラー </t></r><r><t>1003</t></r><rPh><t>えらー</t></rPh>")
FORMATS = ("yyyy-mm-dd", "dd/mm/yy hh:mm", "h:mm;@", '0 "dias"')


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_is_written_as_its_sheet_shows_it(name: str) -> None:
    cell, shown = CELLS[name]
    data = workbook({"Log": f"<row><c><v>7</v></c>{cell}</row>"}, strings=STRINGS, formats=FORMATS)
    assert read("a.xlsx", "", data) == FileText("[Log]\n7" + (f"\t{shown}" if shown else ""))


@pytest.mark.parametrize("name", SHEETS)
def test_a_strange_sheet_costs_no_other(child: ReaderProcess, name: str) -> None:
    rows, text, unread = SHEETS[name]
    data = workbook({"Odd": rows, "Log": GOOD})
    reading = FileText("\n".join(part for part in (text, "[Log]\nError 1003") if part), unread)
    assert read("a.xlsx", "", data) == reading
    assert child.read("a.xlsx", "", data) == reading


def test_a_sheet_that_is_missing_costs_no_other() -> None:
    data = workbook({"Odd": GOOD, "Log": GOOD}, parts={"xl/worksheets/sheet1.xml": b""})
    assert read("a.xlsx", "", data) == FileText("[Log]\nError 1003", (UnreadReason.SHEET_ROWS(sheet="Odd", count=0),))


def test_broken_strings_and_styles_cost_only_themselves() -> None:
    parts = {"xl/sharedStrings.xml": b"<sst><si><t>Error 1003</t></si><si><t>cut", "xl/styles.xml": b"<styl"}
    data = workbook({"Log": '<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c><c><v>7</v></c></row>'}, parts=parts)
    assert read("a.xlsx", "", data) == FileText("[Log]\nError 1003\t\t7", (UnreadReason.WORKBOOK_TEXTS(),))


def test_a_workbook_with_prefixed_names_is_read() -> None:
    rows = "<x:row><x:c><x:v>1003</x:v></x:c></x:row>"
    assert read("a.xlsm", "", workbook({"Log": rows}, prefix="x")) == FileText("[Log]\n1003")


def test_a_hidden_sheet_is_not_read_and_named() -> None:
    data = workbook({"Log": GOOD, "All codes": "<row><c><v>1004</v></c></row>"}, hidden=("All codes",))
    assert read("a.xlsx", "", data) == FileText("[Log]\nError 1003", (UnreadReason.SHEET_HIDDEN(sheet="All codes"),))
    assert read("a.xls", "", xls([["Error 1003"]], hidden="Error 1004")) == FileText(
        "[Report]\nError 1003", (UnreadReason.SHEET_HIDDEN(sheet="Hidden"),)
    )


def test_notes_and_text_boxes_are_read_and_pictures_are_named() -> None:
    data = workbook(
        {"Log": GOOD},
        parts={
            "xl/comments1.xml": b"<comments><commentList><comment><text><r><t>seen </t></r><r><t>1004</t></r></text>"
            b"</comment></commentList></comments>",
            "xl/drawings/drawing1.xml": b"<d><a:p xmlns:a='a'><a:r><a:t>Error 4003</a:t></a:r></a:p></d>",
            "xl/media/image1.png": b"\x89PNG" * 4000,
            "xl/media/logo.png": b"\x89PNG",
        },
    )
    assert read("a.xlsx", "", data) == FileText(
        "[Log]\nError 1003\n[notes]\nseen 1004\nError 4003", (UnreadReason.PICTURES_INSIDE(),)
    )


TABLE = FileText("[Report]\nphone\terrorCode\n52155x1\t131049\n52155x2\t0.5")

FORMS = {
    "report.xls": xls(ROWS),
    "report.xlsb": xlsb(ROWS),
    "report.ods": ods(ROWS),
    # Said to be one and being another.
    "report.xlsx": xls(ROWS),
    "report.bin": xlsb(ROWS),
}


@pytest.mark.parametrize("name", FORMS)
def test_workbooks_of_other_forms_are_read(child: ReaderProcess, name: str) -> None:
    assert unreadable_by_name(name, "application/vnd.ms-excel") is None
    assert needs_child(kind_of(name, "", FORMS[name]))
    assert read(name, "", FORMS[name]) == TABLE
    assert child.read(name, "", FORMS[name]) == TABLE


def test_a_page_or_text_that_is_called_a_workbook_is_read_as_what_it_is() -> None:
    table = b"<table><tr><th>errorCode</th></tr><tr><td>1003</td></tr></table>"
    assert read("report.xls", "application/vnd.ms-excel", table).text.split() == ["errorCode", "1003"]
    assert read("report.xls", "", b"phone\terrorCode\n7\t1003\n") == FileText("phone\terrorCode\n7\t1003\n")


@pytest.mark.parametrize("name", NAMED)
def test_what_is_not_read_says_what_it_is_and_what_to_ask_for(child: ReaderProcess, name: str) -> None:
    file, data, reason = NAMED[name]
    assert read(file, "", data) == FileText(unread=reason)
    assert child.read(file, "", data) == FileText(unread=reason)


def test_a_mail_of_outlook_brings_its_files_and_the_mail_in_it() -> None:
    inner = message(subject="Inner", body="Error 4003", attached=(("p.png", "", b"\x89PNG\r\n\x1a\n" * 900),))
    outer = message(
        body="Error 1003",
        html=b"<p>Error <b>1003</b></p>",
        attached=(
            ("g.log", "text/plain", b"Error 1004"),
            ("inner", "", inner),
            ("logo.png", "image/png", b"\x89PNG\r\n\x1a\n"),
            ("r.xlsx", "", xlsx([["Error 4004"]])),
        ),
    )
    assert read("a.msg", "", ole(outer)) == FileText(
        "Subject: It fails\n\nError 1003\n\nError 1004\n\nSubject: Inner\n\nError 4003\n\n[Report]\nError 4004",
        (UnreadReason.IN(name="inner", why=(UnreadReason.IN(name="p.png", why=(UnreadReason.PICTURE(),)),)),),
    )


@pytest.mark.parametrize("name", MAILS)
def test_a_mail_of_outlook_is_read(name: str) -> None:
    tree, text, unread = MAILS[name]
    assert read("a.msg", "", ole(tree)) == FileText("\n\n".join(t for t in ("Subject: It fails", text) if t), unread)


def test_mails_of_outlook_in_each_other_end_somewhere() -> None:
    tree = message(body="Error 1003")
    for level in range(6):
        tree = message(subject=f"Level {level}", attached=(("m", "", tree),))
    assert read("a.msg", "", ole(tree)) == FileText(
        "\n\n".join(f"Subject: Level {level}" for level in (5, 4, 3, 2)),
        (
            UnreadReason.IN(
                name="m",
                why=(
                    UnreadReason.IN(
                        name="m",
                        why=(
                            UnreadReason.IN(name="m", why=(UnreadReason.IN(name="m", why=(UnreadReason.TOO_DEEP(),)),)),
                        ),
                    ),
                ),
            ),
        ),
    )


def test_of_too_many_rows_and_sheets_the_rest_is_said() -> None:
    limits = ReadLimits(rows=2, sheets=1)
    rows = "<row><c><v>1</v></c></row>"
    assert read("a.xlsx", "", workbook({"Log": rows * 3}), limits) == FileText(
        "[Log]\n1\n1", (UnreadReason.WORKBOOK_ROWS(count=2),)
    )
    assert read("a.xlsx", "", workbook({"Log": rows, "More": rows}), limits) == FileText(
        "[Log]\n1", (UnreadReason.WORKBOOK_SHEETS(count=1),)
    )


@pytest.mark.skipif(not INPUTS.exists(), reason="the inputs lie elsewhere")
def test_workbooks_from_the_field(child: ReaderProcess) -> None:
    words = "Gupshup answers error 1003 insufficient balance for our app"
    readings = [child.read(n, "", (INPUTS / n).read_bytes()) for n in ("getting_data_sheet2.xlsx", "locked.xlsx")]
    assert readings == [FileText(f"[Log]\n{words}\n[Sum]\n#GETTING_DATA"), FileText(unread=LOCKED)]
