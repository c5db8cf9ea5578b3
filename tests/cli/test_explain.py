"""`explain` for files: it reads what the worker reads, and says in one line what it cannot read and what to do."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from support.files import mail, pdf, picture, xlsx
from support.office_files import message, ole, workbook
from support.paths import SHARED
from zendesk_gupshup.attachments.formats.pictures import can_read_pictures
from zendesk_gupshup.cli import main

INPUTS = SHARED / "reports" / "inputs"
WORDS = "Gupshup answers error 1003 insufficient balance for our app"
GIVE = "Give a file with text in it: text, log, CSV, JSON, a spreadsheet, HTML, a mail or PDF."


def run(*arguments: str, given: bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["explain", *arguments], input=given)


def found(result: Result) -> list[str]:
    assert (result.exit_code, result.stderr) == (0, "")
    detection = json.loads(result.stdout)["detection"]
    return [f"{finding['error']['namespace']} {finding['error']['code']}" for finding in detection["findings"]]


READ = {
    "words.txt": WORDS.encode(),
    "no suffix": WORDS.encode(),
    "utf-8 with its mark.txt": b"\xef\xbb\xbf" + WORDS.encode(),
    "utf-16.txt": WORDS.encode("utf-16"),
    "utf-16.csv": f"phone\terror\n7\t{WORDS}\n".encode("utf-16"),
    "latin-1.log": f"Saldo não disponível: {WORDS}".encode("latin-1"),
    "a.pdf": pdf(WORDS),
    "a.xlsx": xlsx([[WORDS]]),
    "a.eml": bytes(mail("See the file", ("a.pdf", "application/pdf", pdf(WORDS)))),
    "a.msg": ole(message(body=WORDS)),
    "a.html": f"<p>{WORDS}</p>".encode(),
    "a.json": json.dumps({"text": WORDS}).encode(),
    "ticket.json": json.dumps(
        {
            "ticket": {"id": 7, "requester_id": 5},
            "users": [{"id": 5}],
            "comments": [{"id": 1, "author_id": 5, "body": WORDS}],
        }
    ).encode("utf-16"),
}


@pytest.mark.parametrize("name", READ)
def test_a_file_is_read_as_the_worker_reads_it(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(READ[name])
    assert found(run("--json", "--file", str(path))) == ["gupshup 1003"]


@pytest.mark.parametrize("name", ["words.txt", "utf-16.txt", "a.pdf", "a.xlsx", "a.eml", "ticket.json"])
def test_standard_input_is_read_alike(name: str) -> None:
    assert found(run("--json", "-", given=READ[name])) == ["gupshup 1003"]


@pytest.mark.skipif(not can_read_pictures(), reason="the extra ocr is not installed")
def test_a_picture_is_read_where_the_extra_is_installed(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(picture("Gupshup answers error 1003", "insufficient balance for our app"))
    assert found(run("--json", "--file", str(path))) == ["gupshup 1003"]


def test_parts_that_were_not_read_are_said(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    rows = f'<row><c t="inlineStr"><is><t>{WORDS}</t></is></c></row>'
    path.write_bytes(workbook({"Log": rows, "Codes": rows}, hidden=("Codes",)))
    result = run("--file", str(path))
    assert (result.exit_code, result.stderr) == (0, "")
    assert "Not read: a.xlsx: the hidden sheet Codes was not read" in result.stdout.splitlines()


REFUSED = {
    "empty.txt": (b"", f"is empty. {GIVE}"),
    "empty.pdf": (b"", f"is empty. {GIVE}"),
    "blank.txt": (b" \n\t\n", f"holds no text. {GIVE}"),
    "blank.csv": (b" \n\t\n", f"holds no text. {GIVE}"),
    "mark alone.txt": (b"\xff\xfe", f"holds no text. {GIVE}"),
    "noise.log": (bytes(range(256)) * 40, f"neither text nor a known kind of document. {GIVE}"),
    "empty.xlsx": (xlsx([]), f"an empty spreadsheet. {GIVE}"),
    "broken.pdf": (b"%PDF-1.7\n", "a broken PDF; ask for it again or for a screenshot"),
    "locked.pdf": (pdf(WORDS, password="x"), "a PDF that is locked with a password; ask for a copy without a password"),
    "locked.xlsx": (
        ole({"EncryptedPackage": b"x", "EncryptionInfo": b"x"}),
        "a workbook that is locked with a password; ask for a copy without a password",
    ),
    "old.doc": (ole({"WordDocument": b"x"}), "an old Word document (.doc); ask for it as PDF"),
    "logs.zip": (b"PK\x03\x04", "an archive (zip); archives are not opened; ask for the files in it"),
    "film.mp4": (b"\x00\x00\x00\x20ftypisom", f"sound or film. {GIVE}"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_read_is_an_error_of_one_line(tmp_path: Path, name: str) -> None:
    data, reason = REFUSED[name]
    path = tmp_path / name
    path.write_bytes(data)
    result = run("--file", str(path))
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"zendesk-gupshup: {path}: {reason}\n")


def test_what_is_no_file_is_an_error_of_one_line(tmp_path: Path) -> None:
    missing = tmp_path / "missing.txt"
    for path, reason in (
        (tmp_path, "is a directory. Give one file in it."),
        (missing, "there is no such file. Check the path."),
    ):
        result = run("--file", str(path))
        assert (result.exit_code, result.stderr) == (1, f"zendesk-gupshup: {path}: {reason}\n")


def test_direction_marks_of_a_text_are_printed_escaped() -> None:
    turned = "Gupshup answers error 1003 insufficient balance \u202eecnalab\u2066 for our app"
    for arguments in ((), ("--json",)):
        printed = run("-", *arguments, given=turned.encode()).stdout
        assert ("\\u202eecnalab\\u2066" in printed, "\u202e" in printed) == (True, False)


def test_empty_standard_input_is_an_error_of_one_line() -> None:
    result = run("-", given=b"")
    assert (result.exit_code, result.stderr) == (1, f"zendesk-gupshup: standard input: is empty. {GIVE}\n")


def test_a_file_that_may_not_be_read_is_an_error_of_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text(WORDS)
    path.chmod(0)
    if os.access(path, os.R_OK):
        # The superuser may read everything.
        honest = Path.open

        def forbids(self: Path, *how: Any, **more: Any) -> Any:
            if self == path:
                raise PermissionError(13, "Permission denied")
            return honest(self, *how, **more)

        monkeypatch.setattr(Path, "open", forbids)
    result = run("--file", str(path))
    assert (result.exit_code, result.stderr) == (
        1, f"zendesk-gupshup: {path}: permission denied. Check who may read it.\n",
    )  # fmt: skip


def test_files_that_the_settings_leave_unread_are_an_error_that_names_the_key(tmp_path: Path) -> None:
    settings, path = tmp_path / "zendesk-gupshup.toml", tmp_path / "a.pdf"
    settings.write_text("[reading]\nattachments = false\n")
    path.write_bytes(pdf(WORDS))
    result = CliRunner().invoke(main, ["--config", str(settings), "explain", "--file", str(path)])
    assert (result.exit_code, result.stderr) == (
        1, f"zendesk-gupshup: {path}: the settings leave files unread ([reading] attachments). {GIVE}\n",
    )  # fmt: skip


@pytest.mark.skipif(not INPUTS.exists(), reason="the inputs lie elsewhere")
@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("20d-wolkvox-utf16.csv", ["gupshup 1003"]),
        ("24-report.pdf", ["gupshup_http 401"]),
        ("form.pdf", ["gupshup 1003"]),
        ("freetext.pdf", ["gupshup 1003"]),
        ("applemail.eml", ["gupshup 1003"]),
        ("emptyplain.eml", ["gupshup 1003"]),
        ("stubplain.eml", ["gupshup 1003"]),
        ("getting_data_sheet2.xlsx", ["gupshup 1003"]),
    ],
)
def test_files_from_the_field_are_explained(name: str, codes: list[str]) -> None:
    assert found(run("--json", "--file", str(INPUTS / name))) == codes
