"""The words of the detector in the language of the note: each phrase that arises has its translation."""

from __future__ import annotations

import pytest

from support import mail_cases, pdf_cases, spreadsheet_cases, unread_files
from zendesk_gupshup.model.base import Language
from zendesk_gupshup.render.translations import in_language


def test_what_a_phrase_quotes_stays() -> None:
    assert in_language('number after "error"', "es") == "número después de «error»"
    assert in_language("meta_onprem 1003: the words fit less", "pt") == "meta_onprem 1003: as palavras combinam menos"


def test_a_file_keeps_its_name() -> None:
    assert in_language("worker: 2.log: larger than 2048 kB", "es") == "worker: 2.log: mayor que 2048 kB"
    assert in_language("a.png: a picture", "pt") == "a.png: uma imagem"


def test_english_and_unknown_phrases_stay_as_they_are() -> None:
    assert in_language("a picture", "en") == "a picture"
    assert in_language("something new", "es") == "something new"


def _told_by_readers() -> set[str]:
    """Every reason that the tests of files expect, and the names in front of some."""
    named = (
        *(reason for _name, _data, reason in unread_files.UNREAD),
        *(reason for _name, _data, reason in spreadsheet_cases.NAMED.values()),
        *(reason for _rows, _text, reason in spreadsheet_cases.SHEETS.values() if reason),
        *(reason for _tree, _text, reason in spreadsheet_cases.MAILS.values() if reason),
        *(reading.unread for _data, reading in pdf_cases.UNREAD.values() if reading.unread),
        *(reading.unread for _data, reading in mail_cases.SMIME.values() if reading.unread),
        *(reason for _data, reason in mail_cases.NAMED.values()),
        "the hidden sheet Codes was not read · the pictures in it are not read",
        "page 3 is broken: it was not read",
        "only its first 50 parts were read",
        "only its first 2048 kB were read",
        "a part of its texts could not be read",
        "its notes could not be read",
    )
    return {part for reason in named for part in reason.split(" · ")}


@pytest.mark.parametrize("language", ["es", "pt"])
def test_every_reason_of_a_file_is_translated(language: Language) -> None:
    told = _told_by_readers()
    assert {reason for reason in told if in_language(f"a.bin: {reason}", language) == f"a.bin: {reason}"} == set()


def test_each_of_several_reasons_is_translated_and_so_are_the_names_of_parts() -> None:
    several = (
        "a.eml: x.png: a picture · a mail in the mail: "
        "b.zip: an archive (zip); archives are not opened; ask for the files in it"
    )
    assert in_language(several, "es") == (
        "a.eml: x.png: una imagen · un correo dentro del correo: "
        "b.zip: un archivo comprimido (zip); no se abren; pida los archivos que contiene"
    )
