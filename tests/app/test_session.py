"""The session of a page: good for one user, one installation and one place, until it is over."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from jwskate import Jwt, SymmetricJwk

from zendesk_gupshup.app.session import BadSession, Session, new_session_key, read_session, signed

NOW = 1_790_000_000
KEY, OTHER_KEY = new_session_key(), new_session_key()
SESSION = Session("https://example.zendesk.com", 9001, 42, "ticket_sidebar", NOW + 3600)


def read(text: str, key: str = KEY, now: float = NOW) -> Session:
    return read_session(text, key, account=SESSION.account, installation=SESSION.installation, now=now)


def test_a_session_comes_back_as_it_was() -> None:
    assert read(signed(SESSION, KEY)) == SESSION


CLAIMS: dict[str, Any] = {
    "iss": "zendesk-gupshup app session", "aud": SESSION.account, "installation": 9001, "sub": "42",
    "place": "nav_bar", "exp": NOW + 60,
}  # fmt: skip


def made(alg: str = "HS256", **changed: Any) -> str:
    return str(Jwt.sign(CLAIMS | changed, SymmetricJwk.from_bytes(bytes.fromhex(KEY)), alg=alg))


def test_the_cases_below_are_wrong_in_one_thing_each() -> None:
    assert read(made()) == replace(SESSION, location="nav_bar", expires=NOW + 60)


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "..", "a" * 100_000, "\udcff", f"{signed(SESSION, KEY)}x",
        signed(SESSION, OTHER_KEY),
        signed(replace(SESSION, account="https://other.zendesk.com"), KEY),
        signed(replace(SESSION, installation=1), KEY),
        signed(replace(SESSION, expires=NOW), KEY),
        made("HS512"), made(iss="another"), made(place="top_bar"), made(exp=str(NOW + 60)), made(exp=None),
        made(sub=42), made(sub="４２"), made(sub="-1"), made(sub=""),
    ],
)  # fmt: skip
def test_what_is_no_session_for_this_is_refused(text: str) -> None:
    with pytest.raises(BadSession):
        read(text)


def test_a_session_is_over_after_its_hours() -> None:
    text = signed(SESSION, KEY)
    assert read(text, now=NOW + 3599.9) == SESSION
    with pytest.raises(BadSession):
        read(text, now=NOW + 3600)
