"""Workbooks: what of each is read, and the reason for the rest."""

from __future__ import annotations

import struct

from support.office_files import message, ods, ole, packed, workbook, xls, xlsb
from zendesk_gupshup.model.reason import Reason
from zendesk_gupshup.model.unread_reasons import UnreadReason

LOCKED = (UnreadReason.WORKBOOK_LOCKED(),)
GOOD = '<row r="1"><c r="A1" t="inlineStr"><is><t>Error 1003</t></is></c></row>'
SHEETS: dict[str, tuple[str, str, tuple[Reason, ...]]] = {
    "a cell in the last row and column": (
        '<row><c r="A1"><v>1</v></c><c r="XFD1"><v>2</v></c></row><row><c r="XFD1048576"><v>3</v></c></row>',
        "[Odd]\n1" + "\t" * 256 + "2\n" + "\t" * 256 + "3",
        (),
    ),
    "cells that begin in the middle": (
        '<row r="9"><c r="D9"><v>1</v></c><c r="F9"><v>2</v></c></row><row r="10"><c r="E10"><v>3</v></c></row>',
        "[Odd]\n1\t\t2\n\t3",
        (),
    ),
    "cells without a place": ("<row><c><v>1</v></c><c/><c><v>2</v></c></row>", "[Odd]\n1\t\t2", ()),
    "a sheet without cells": ("", "", ()),
    "a sheet cut off": (
        "<row><c><v>1</v></c></row><row><c><v>2",
        "[Odd]\n1",
        (UnreadReason.SHEET_ROWS(sheet="Odd", count=1),),
    ),
    "a sheet with a document type": (
        "</sheetData></worksheet><!DOCTYPE x><x>",
        "",
        (UnreadReason.SHEET_ROWS(sheet="Odd", count=0),),
    ),
}

ROWS: list[list[str | float]] = [["phone", "errorCode"], ["52155x1", 131049.0], ["52155x2", 0.5]]

NAMED = {
    "a locked workbook": ("a.xlsx", ole({"EncryptedPackage": b"x" * 9000, "EncryptionInfo": b"y"}), LOCKED),
    "a locked workbook of Excel 97": ("a.xls", xls(ROWS, is_locked=True), LOCKED),
    "a locked OpenDocument": ("a.ods", ods(ROWS, is_locked=True), LOCKED),
    "a locked document": (
        "a.docx",
        ole({"EncryptedPackage": b"x", "EncryptionInfo": b"y"}),
        (UnreadReason.OFFICE_LOCKED(),),
    ),
    "an old document": ("a.bin", ole({"WordDocument": b"x" * 5000}), (UnreadReason.WORD_OLD(),)),
    "old slides": ("a.bin", ole({"PowerPoint Document": b"x"}), (UnreadReason.POWERPOINT_OLD(),)),
    "a drawing": ("a.vsd", ole({"VisioDocument": b"x"}), (UnreadReason.VISIO(),)),
    "another container": (
        "a.bin",
        ole({"Contents": b"x"}),
        (UnreadReason.OFFICE_OLD(),),
    ),
    "a container cut off": ("a.xls", xls(ROWS)[:700], (UnreadReason.OFFICE_BROKEN(),)),
    "a container with a broken book": (
        "a.xls",
        ole({"Workbook": b"x" * 9000}),
        (UnreadReason.WORKBOOK_BROKEN(),),
    ),
    "a book that is longer than its file": (
        "a.xls",
        xls(ROWS).replace(struct.pack("<Q", 216), struct.pack("<Q", 1 << 30)),
        (UnreadReason.OFFICE_BROKEN(),),
    ),
    "a book at which the library panics": (
        "a.xlsb",
        xlsb(ROWS, relation="another"),
        (UnreadReason.WORKBOOK_BROKEN(),),
    ),
    "a workbook cut off": ("a.xlsx", workbook({"Log": GOOD})[:-30], (UnreadReason.WORKBOOK_BROKEN(),)),
    "a document with a workbook in it": (
        "a.docx",
        packed({"word/document.xml": b"<w/>", "mimetype": b"xl/workbook.xml"}),
        (UnreadReason.OFFICE_FORMAT(format="docx"),),
    ),
    "a document of LibreOffice's": (
        "a.odt",
        packed({"mimetype": b"application/vnd.oasis.opendocument.text"}),
        (UnreadReason.OFFICE_FORMAT(format="LibreOffice"),),
    ),
    "a workbook of Apple's": (
        "a.zip",
        packed({"Index/Document.iwa": b"x"}),
        (UnreadReason.OFFICE_FORMAT(format="Pages, Numbers or Keynote"),),
    ),
}

MAILS = {
    "in one byte a letter": (message(body="Código 1003", code_page=1251 + 1), "Código 1003", ()),
    "as a page": (message(html=b"<p>Error 1003</p>"), "Error 1003", ()),
    "as a page with more than the text": (
        message(body="Open it in Outlook", html=b"<p>Error 1003</p>"),
        "Open it in Outlook\n\nError 1003",
        (),
    ),
    "as RTF": (message(rtf=b"LZFu"), "", (UnreadReason.MAIL_RTF(),)),
}
