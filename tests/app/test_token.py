"""Whose token is believed, and whose is not. The library alone would accept a wrong `nbf`, `iat` or `sub`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.app_tokens import (
    INSTALLATION,
    USER,
    public_pem,
    signed_with_pem,
    token,
    unsigned,
    with_header,
    with_payload,
)
from zendesk_gupshup.app.token import BadToken, Location, public_key, verified_user

NOW = 1_790_000_000.0
ELSEWHERE = "https://other.zendesk.com/api/v2/apps/installations/9001.json"
ANOTHER = "https://example.zendesk.com/api/v2/apps/installations/1.json"


def user_of(text: str, location: Location = "ticket_sidebar", now: float = NOW) -> int:
    return verified_user(text, public_key(public_pem()), INSTALLATION, location, now=now)


# What is changed in a right token, or another token altogether; and why it is refused.
BAD: dict[str, tuple[Callable[[], str], str]] = {
    "no algorithm": (lambda: unsigned(now=NOW), "algorithm"),
    "no algorithm, in capitals": (lambda: unsigned("NONE", now=NOW), "algorithm"),
    "HS256 with the public key as the secret": (lambda: signed_with_pem(now=NOW), "algorithm"),
    "RS512 in the header": (lambda: with_header({"alg": "RS512"}, now=NOW), "algorithm"),
    "no algorithm named": (lambda: with_header({}, now=NOW), "algorithm"),
    "an algorithm that is no text": (lambda: with_header({"alg": ["RS256"]}, now=NOW), "algorithm"),
    "a header that was changed": (lambda: with_header({"alg": "RS256", "kid": "x"}, now=NOW), "signature"),
    "another key": (lambda: token("other", now=NOW), "signature"),
    "another key that it names itself": (
        lambda: token("other", {"jku": "https://evil.example/key"}, now=NOW, cnf={"jku": "https://evil.example/key"}),
        "signature",
    ),
    "a signature cut short": (lambda: token(now=NOW)[:-20], "signature"),
    "expired": (lambda: token(now=NOW - 331), "expired"),
    "expiring at once": (lambda: token(now=NOW, exp=int(NOW) - 30), "expired"),
    "without an end": (lambda: token(now=NOW, exp=None), "no_exp"),
    "an end that is a text": (lambda: token(now=NOW, exp="2099"), "no_exp"),
    "an end that is true": (lambda: token(now=NOW, exp=True), "no_exp"),
    "not valid yet": (lambda: token(now=NOW, nbf=int(NOW) + 600), "not_yet"),
    "without a beginning": (lambda: token(now=NOW, nbf=None), "no_nbf"),
    "made tomorrow": (lambda: token(now=NOW, iat=int(NOW) + 86_400), "not_yet"),
    "made at no time": (lambda: token(now=NOW, iat=None), "no_iat"),
    "another account": (lambda: token(now=NOW, iss="other.zendesk.com"), "issuer"),
    "an issuer with a scheme": (lambda: token(now=NOW, iss="https://example.zendesk.com"), "issuer"),
    "without an issuer": (lambda: token(now=NOW, iss=None), "issuer"),
    "another installation": (lambda: token(now=NOW, aud=ANOTHER), "audience"),
    "the installation of another account": (lambda: token(now=NOW, aud=ELSEWHERE), "audience"),
    "two audiences": (lambda: token(now=NOW, aud=[INSTALLATION.audience, "x"]), "audience"),
    "without an audience": (lambda: token(now=NOW, aud=None), "audience"),
    "without a user": (lambda: token(now=NOW, sub=None), "subject"),
    "a user that is no number": (lambda: token(now=NOW, sub="42 or 1"), "subject"),
    "user number zero": (lambda: token(now=NOW, sub="0"), "subject"),
    "a user that is true": (lambda: token(now=NOW, sub=True), "subject"),
    "the address of no user": (lambda: token(now=NOW, sub="https://example.zendesk.com/api/v2/tickets/42"), "subject"),
    "another product": (lambda: token(now=NOW, context={"product": "chat", "location": "ticket_sidebar"}), "context"),
    "another place": (lambda: token(now=NOW, context={"product": "support", "location": "nav_bar"}), "context"),
    "without a context": (lambda: token(now=NOW, context=None), "context"),
    "a context that is a text": (lambda: token(now=NOW, context="support"), "context"),
    "claims that are a list": (lambda: with_payload([1]), "malformed"),
    "nothing": (lambda: "", "malformed"),
    "a word": (lambda: "token", "malformed"),
    "three dots": (lambda: "...", "malformed"),
    "two dots": (lambda: "..", "malformed"),
    "a lone surrogate": (lambda: "\ud800.\ud800.\ud800", "malformed"),
    "a megabyte": (lambda: "a" * 1_000_000, "malformed"),
    "brackets without an end": (lambda: with_payload(_nested(900)), "malformed"),
}  # fmt: skip


def _nested(depth: int) -> Any:
    value: Any = {}
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("case", BAD)
def test_a_bad_token_is_refused(case: str) -> None:
    made, reason = BAD[case]
    with pytest.raises(BadToken) as refused:
        user_of(made())
    assert refused.value.reason == reason


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_no_text_is_a_token_by_chance(text: str) -> None:
    with pytest.raises(BadToken):
        user_of(text)


@given(st.data())
def test_no_character_of_a_token_can_be_changed(data: st.DataObject) -> None:
    right = token(now=NOW)
    # The last one holds bits that no byte has.
    at = data.draw(st.integers(0, len(right) - 2))
    other = data.draw(st.sampled_from("ABCxyz019-_.").filter(lambda one: one != right[at]))
    with pytest.raises(BadToken):
        user_of(f"{right[:at]}{other}{right[at + 1 :]}")


@pytest.mark.parametrize(
    ("changed", "at"),
    [
        ({}, 0),
        ({"sub": USER}, 0),
        ({"sub": "https://example.zendesk.com/api/v2/users/42.json"}, 0),
        ({"sub": "https://example.zendesk.com/api/v2/users/42"}, 0),
        ({"aud": [INSTALLATION.audience]}, 0),
        # Reloading the frame sends the same token again.
        ({}, 299),
        # Clocks differ.
        ({}, 329),
        ({}, -30),
        ({"unknown": {"claim": 1}}, 0),
    ],
)
def test_a_right_token_says_who_it_is(changed: dict[str, Any], at: int) -> None:
    assert user_of(token(now=NOW, **changed), now=NOW + at) == USER


def test_the_console_has_tokens_of_its_own() -> None:
    made = token(now=NOW, context={"product": "support", "location": "nav_bar"})
    assert user_of(made, "nav_bar") == USER


@pytest.mark.parametrize("pem", [b"", b"-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----", b"\xff"])
def test_what_is_no_public_key_is_refused(pem: bytes) -> None:
    with pytest.raises(ValueError, match="the app's public key"):
        public_key(pem)
