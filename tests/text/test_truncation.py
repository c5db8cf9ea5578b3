"""A text that is cut where it is too long holds no half of a key, and no value whose label went."""

from __future__ import annotations

import pytest

from zendesk_gupshup.attachments import ReadLimits, shown_name
from zendesk_gupshup.attachments.limits import trimmed
from zendesk_gupshup.detect import detect
from zendesk_gupshup.detect.reading import MOST
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.ticket import Comment, Ticket, User
from zendesk_gupshup.text.redaction import mask
from zendesk_gupshup.text.truncation import beginning, both_ends, unfinished

KEY = "9f86d081884c7d659a2feaa0c55ad015"
SECRETS = {
    "key": f" {KEY} ",
    "over two lines": f" {KEY[:20]}\n{KEY[20:]} ",
    "password behind its label": " la contraseña de la cuenta es Gx7kP2mQ9z ",
    "password": " password: Gx7kP2mQ9z\n",
}


def shown(text: str) -> list[str]:
    seen = "".join(mask(text).split())
    return [
        part for secret in (KEY, "Gx7kP2mQ9z") for at in range(len(secret) - 7) if (part := secret[at : at + 8]) in seen
    ]


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_no_half_of_a_secret_wherever_the_cut_lies(secret: str) -> None:
    for before in range(900, 1010, 9):
        assert shown(beginning("x y " * 250 + "z" * (before - 900) + secret + "no va " * 900, 1000 + 60)) == []
        long = "no va " * 900 + secret + "x y " * 225 + "z" * (before - 900)
        made = both_ends(long, 2000)
        assert (shown(made), len(made) <= 2000) == ([], True)


def test_a_column_keeps_its_head_across_the_cut() -> None:
    assert shown(both_ends("user,password\n" + "ada,Gx7kP2mQ9z\n" * 5000, 2000)) == []


def test_what_is_short_enough_stays() -> None:
    assert (beginning(KEY, 32), both_ends(KEY, 32)) == (KEY, KEY)


def test_a_text_without_its_end_loses_the_lines_that_may_hold_half_a_key() -> None:
    assert unfinished("one\ntwo\nthree\nfour") == "one\ntwo"
    assert unfinished(f"con {KEY[:20]}") == ""


def test_a_file_that_is_cut_and_a_name_that_is_shortened() -> None:
    reading = trimmed("no va " * 300 + KEY + " x y" * 300, ReadLimits(text=2400))
    assert shown(reading.text) == []
    assert shown(shown_name("captura de pantalla del error que nos da el panel " + KEY + " de gupshup hoy.png")) == []


@pytest.mark.parametrize("offset", [-30, -16, -2])
def test_no_half_of_a_key_in_evidence_at_the_reading_limit(offset: int) -> None:
    line = "Gupshup error 401 Portal User Not Found With APIKey "
    body = "x" * (MOST // 2 - len(line) + offset) + "\n" + line + KEY + " y nada\n" + "y no\n" * (MOST // 8)
    comment = Comment(id=11, author_id=1, body=body)
    ticket = Ticket(id=7, subject="", requester_id=1, comments=(comment,), users={1: User(id=1, name="Ada")})
    assert shown(detect(ticket, load()).model_dump_json()) == []
