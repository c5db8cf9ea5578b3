"""What leaves us holds no secret and no full phone number, and still the ids that support needs."""

from __future__ import annotations

import json
import time
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.redaction_forms import FORMS, HARMLESS, PERSONAL, leaks
from support.redaction_kinds import CONTAINERS, KEPT, KINDS
from support.redaction_numbers import NUMBERS
from support.redaction_written import WRITTEN
from zendesk_gupshup.text.redaction import Masked, Sighting, looks_secret, mask, masked_part, masked_spans, sightings

# One seed a case: Hypothesis would need a draw for every character of every key.
randoms = st.integers(0, 2**40).map(Random)
often = settings(max_examples=2 * settings().max_examples)
pytestmark = pytest.mark.no_cover


@pytest.mark.parametrize("kind", FORMS)
@given(random=randoms)
@often
def test_no_secret_and_no_number_leaks(kind: str, random: Random) -> None:
    case = FORMS[kind](random)
    masked = mask(case.text)
    assert not leaks(case, masked), (case.text, masked)
    assert mask(masked) == masked


@pytest.mark.parametrize("kind", [kind for kind in FORMS if kind not in PERSONAL])
@given(random=randoms)
@often
def test_a_live_secret_is_sighted_where_it_stands(kind: str, random: Random) -> None:
    case = FORMS[kind](random)
    seen = sightings(case.text)
    assert seen, case.text
    at = case.text.rindex(case.value)
    assert any(one.start < at + len(case.value) and at < one.end for one in seen), (case.text, seen)
    assert sightings(mask(case.text)) == ()


@pytest.mark.parametrize("kind", sorted(PERSONAL))
@given(random=randoms)
@often
def test_a_phone_number_is_no_secret(kind: str, random: Random) -> None:
    assert sightings(FORMS[kind](random).text) == ()


@pytest.mark.parametrize("kind", HARMLESS)
@given(random=randoms)
@often
def test_what_support_needs_stays_readable(kind: str, random: Random) -> None:
    text = HARMLESS[kind](random)
    assert mask(text) == text


@pytest.mark.parametrize("kind", KINDS)
@given(random=randoms, container=st.sampled_from(sorted(CONTAINERS)))
@often
def test_no_secret_leaks_from_where_it_hides(kind: str, random: Random, container: str) -> None:
    case = KINDS[kind](random, container)
    masked = mask(case.text)
    assert not leaks(case, masked), (case.text, masked)
    assert mask(masked) == masked


@pytest.mark.parametrize("kind", WRITTEN)
@given(random=randoms)
@often
def test_no_secret_leaks_as_people_and_programs_write_it(kind: str, random: Random) -> None:
    case = WRITTEN[kind](random)
    masked = mask(case.text)
    assert not leaks(case, masked), (case.text, masked)
    assert mask(masked) == masked


UNMASKED = {**KEPT, **NUMBERS}


@pytest.mark.parametrize("kind", UNMASKED)
@given(random=randoms)
@often
def test_what_is_no_key_and_no_number_stays_readable(kind: str, random: Random) -> None:
    text = UNMASKED[kind](random)
    assert mask(text) == text


@pytest.mark.parametrize("sign", "-_")
@pytest.mark.parametrize("place", [0, 1, 7, 15, 16, 39])
def test_a_token_of_meta_goes_whole_whatever_signs_it_holds(sign: str, place: int) -> None:
    token = "EAA" + "".join(sign if at == place else "aB3dE6gH"[at % 8] for at in range(40))
    assert mask(f"token {token}.") == "token EAA****."
    assert sightings(f"con {token} no") == (Sighting("meta_token", 7, 47),)


HEX = "9f86d081884c7d659a2feaa0c55ad015"
PHONE, OTHER = "5215512345618", "5215512345619"


@pytest.mark.parametrize(
    ("text", "keep", "masked"),
    [
        (f"{PHONE} y {OTHER}", (PHONE,), f"{PHONE} y 52…19"),
        (f"{PHONE} {PHONE} +{OTHER} {PHONE}", (PHONE, "", "nothing"), f"{PHONE} {PHONE} +52…19 {PHONE}"),
        (f"axb a.b {OTHER}", ("a.b",), "axb a.b 52…19"),
        (f"{PHONE} {HEX} {OTHER}", (PHONE, OTHER), f"{PHONE} **** {OTHER}"),
        (f"{PHONE} y {OTHER}", ("",), "52…18 y 52…19"),
    ],
)
def test_what_is_known_as_no_secret_stays_and_all_else_goes(text: str, keep: tuple[str, ...], masked: str) -> None:
    assert mask(text, keep) == masked


def test_what_is_masked_stands_where_it_says() -> None:
    text = f"con esta: {HEX} y +{PHONE}"
    spans = masked_spans(text)
    assert spans == (Masked(10, 42, "****"), Masked(45, 59, "+52…18"))
    parts = {(0, 59): "con esta: **** y +52…18", (0, 20): "con esta: ****", (20, 44): "**** y", (42, 46): " y +52…18",
             (43, 45): "y ", (3, 10): " esta: ", (58, 59): "+52…18"}  # fmt: skip
    assert {place: masked_part(text, spans, *place).rstrip(" ") for place in parts} == {
        place: part.rstrip(" ") for place, part in parts.items()
    }


@pytest.mark.parametrize(("value", "secret"), [("AdaShop", False), (HEX, True), (f"+{PHONE}", False), ("", False)])
def test_a_key_that_calls_itself_a_name_is_known(value: str, secret: bool) -> None:
    assert looks_secret(value) is secret


@pytest.mark.parametrize(("before", "after", "seen"), [(57, 0, True), (58, 0, False), (0, 27, True), (0, 28, False)])
def test_a_word_betrays_a_key_60_characters_before_it_or_30_behind_it(before: int, after: int, seen: bool) -> None:
    text = f"key{'.' * before}{HEX}" if before else f"{HEX}{' ' * after}key"
    place = text.index(HEX)
    assert sightings(text) == ((Sighting("api_key", place, place + 32),) if seen else ())


@given(
    random=randoms,
    kinds=st.lists(st.sampled_from(sorted(FORMS)), min_size=2, max_size=6),
    joint=st.sampled_from(" \n|,"),
)
@often
def test_many_in_one_text(random: Random, kinds: list[str], joint: str) -> None:
    cases = [FORMS[kind](random) for kind in kinds]
    masked = mask(joint.join(case.text for case in cases))
    assert [case for case in cases if leaks(case, masked) and not case.value.isdigit()] == []
    assert mask(masked) == masked


@pytest.mark.parametrize("between", [" ", "\n", "\u2003", " |"])
def test_a_message_id_after_a_token_is_no_piece_of_it(between: str) -> None:
    text = f"Bearer EAArPvLZscFLY4j1UadHICh2va2oSqyWEZMaLxrIasL{between}gBEGARg0MhZjIDF/BHlpQV6hnPO8"
    assert mask(text) == f"Bearer EAA****{between}gBEG…"


@pytest.mark.parametrize("password", ["Tramil07_91dy", "Velto12-k4rn", "Gx7kP2mQ"])
def test_a_password_in_the_next_line_of_a_chat_is_masked_in_parts_too(password: str) -> None:
    said = "10:15 Ada\nmándame la clave\n10:16 Beto\n"
    assert mask(said + password) == f"{said}****"


@given(st.text())
def test_masking_twice_changes_nothing(text: str) -> None:
    assert mask(mask(text)) == mask(text)


PIECES = r"""password|apikey|: |=| es |key |+|52| 1 55 |1234-5678|a1b2c3d4e5f6a7b8a1b2c3d4e5f6a7b8
wamid.|HBgMNTIx|gBEG|…|****
2026-10-09|userid=2000|?a=|Bearer |eyJhbGciOi|.|"|'|\|(|)|131049 |OTP |sk_|EAA"""
PIECE = st.sampled_from(PIECES.replace("\n", "|").split("|"))


@given(st.lists(PIECE, max_size=14))
@settings(max_examples=5 * settings().max_examples)
def test_masking_twice_changes_nothing_in_tickets_either(pieces: list[str]) -> None:
    masked = mask("".join(pieces))
    assert mask(masked) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("+52 1 55 1234 5618", "+52…18"),
        ("Llamar al 5215512345618.", "Llamar al 52…18."),
        ("(55) 1234-5678", "…78"),
        ("+1 (415) 555-0123 x12", "+1…23 x12"),
        ("send_to=%2B5215512345618", "send_to=%2B52…18"),
        ("5215512345618@c.us, 919812345678@c.us", "52…18@c.us, 91…78@c.us"),
        ("131026 55 1234 5678 131049", "131026 …78 131049"),
        ("5215512345618x and 1a2b5215512345618c3d4", "52…18x and 1a2b5215512345618c3d4"),
        ("wamid.HBgMNTIxNTUxMjM0NTYxOBUCABEYEjREQUE=", "wamid.…"),
        ("gBEGkYiEB1VXAglK1ZEqA1YKPrU=", "gBEG…"),
        ("rest?userid=2000123456&password=Gx7kP2mQ", "rest?userid=2000…&password=****"),
        ("sk_0123456789abcdef0123456789abcdef", "sk_****"),
        ("Bearer EAAGm0PX4ZCpsBAExample1", "Bearer EAA****"),
        ("password: hunter\nnext", "password: ****\nnext"),
        ("password: check the console", "password: check the console"),
        ("the password 123456 was tried", "the password 123456 was tried"),
        ("la clave es 123456 hoy", "la clave es **** hoy"),
        ("password a1234 x", "password a1234 x"),
        ("see /token: Ab12cd34ef56gh7", "see /token: ****"),
        ("curl -userid=2000123456 x", "curl -userid=2000… x"),
        ("chave foi Verano2026 x", "chave foi **** x"),
        ("the password we use today is Verano2026),", "the password we use today is ****"),
        ("the password we use today is .Verano2026", "the password we use today is .Verano2026"),
        ("Verano2026 - the password", "**** - the password"),
        ("Verano2026 is the password", "**** is the password"),
        ("Verano2026 (the password)", "Verano2026 (the password)"),
        ("Gx7kP2mQ (the password)", "**** (the password)"),
        ("password: xxxxxABC1", "password: xxxxxABC1"),
        ("password = xxxab123", "password = ****"),
        ("password a12345 x", "password **** x"),
        ("R$ 1.234.567.890,00 / 10000000000 pesos", "R$ 1.234.567.890,00 / 10000000000 pesos"),
        ("IP 192.168.100.200 / 10.120.130.140:8443", "IP 192.168.100.200 / 10.120.130.140:8443"),
        ("userid 2000000007 does not exist", "userid 2000000007 does not exist"),
        ("https://graph.facebook.com/v21.0/158072934066266/messages", "https://graph.facebook.com/v21.0/158072934066266/messages"),
        ("the wallet pin is 4321", "the wallet pin is ****"),
        ("con esta: 9f86d081884c7d659a2feaa0c55ad015", "con esta: ****"),
        ("app,apikey\nAdaShop,k3y9k3y9k3y9k3y9", "app,apikey\nAdaShop,****"),
        ("curl -H 'apikey: 9f86d081884c7d65\\\n9a2feaa0c55ad015' x", "curl -H 'apikey: ****' x"),
        ("> 9f86d081884c7d65\n> 9a2feaa0c55ad015\n> ok", "> ****\n> ok"),
        ("sk_9f86d081884c7d65\u200b9a2feaa0c55ad015", "sk_****"),
        ("App Name: 9f86d081884c7d659a2feaa0c55ad015", "App Name: ****"),
        ("A senha da conta é Gx7kP2mQ e falha", "A senha da conta é **** e falha"),
        ("user/pass ID / PW\tapp\n2000123456 / Gx7kP2mQ\tAdaShop", "user/pass ID / PW\tapp\n…56 / ****\tAdaShop"),
        ("mi número 9 8765 4321", "mi número …21"),
        ("Pedido 987654321, llamar al 987654321", "Pedido 987654321, llamar al …21"),
        ("X-Request-Id: 9f86d081884c7d659a2feaa0c55ad015", "X-Request-Id: 9f86d081884c7d659a2feaa0c55ad015"),
        ("la tasa es 0.987654321", "la tasa es 0.987654321"),
        ("password=\nGx7kP2mQ", "password=\n****"),
        ("contraseña\tcliente\npw5AKlM6*\tAdaShop", "contraseña\tcliente\n*****\tAdaShop"),
        ("", ""),
    ],
)  # fmt: skip
def test_masked_texts(text: str, masked: str) -> None:
    assert mask(text) == masked


def test_sightings_name_kind_and_place() -> None:
    text = 'curl -H "apikey: a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6" -d destination=5215512345618 # sk_0123456789abcdef0123'
    assert sightings(text) == (Sighting("api_key", 17, 49), Sighting("app_token", 85, 105))


def test_a_conversations_id_is_no_key_until_a_word_says_so() -> None:
    conversation = "0123456789abcdef0123456789abcdef"
    assert mask(f"conversation {conversation} closed") == f"conversation {conversation} closed"
    assert mask(f"our key was {conversation}") == "our key was ****"
    assert mask(f"{conversation} is the api key") == "**** is the api key"


@pytest.mark.parametrize(
    "payload", ["gupshup_enterprise_dlr_read_026_clevertap.txt", "gupshup_v2_message_event_failed_async_470.json"]
)
def test_recorded_payloads_keep_their_ids(shared: Path, payload: str) -> None:
    text = (shared / "facts" / "payloads" / payload).read_text(encoding="utf-8")
    assert mask(text).replace("****", "XXX-XXX-XXXX") == text


def test_the_hash_in_a_files_name_is_no_number_and_a_number_is_no_hash() -> None:
    files = "/chunks/index-9836330271877bda.js /main.72509205182773af.css?v=2"
    assert mask(files) == files
    numbers = "/index-5215512345618.js /index-5215512345618a.jpg /index-5215512345618a.js"
    assert mask(numbers) == "/index-52…18.js /index-52…18a.jpg /index-52…18a.js"


def test_json_stays_json() -> None:
    before = {
        "apikey": "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6",
        "password": "Gx7kP2mQ",
        "to": "+5215512345618",
        "code": 1003,
    }
    after = {"apikey": "****", "password": "****", "to": "+52…18", "code": 1003}
    assert json.loads(mask(json.dumps(before))) == after


HOSTILE = {
    "digits": "1",
    "digits and blanks": "1 ",
    "braces": "{",
    "blanks": " ",
    "plus signs": "+",
    "hyphens": "1---",
    "dots": "1.1.",
    "percent signs": "%2B1",
    "labels": "apikey ",
    "labels of passwords": 'password:"',
    "backslashes": "\\",
    "addresses": "://a:",
    "query": "&a=",
    "tokens": "eyJ.",
    "keys": "0123456789abcdef0123456789abcdef ",
    "codes": "otp ",
    "parts of tokens": "aB3-",
    "lines of tokens": "ab12cd34\n",
    "heads of tables": "password,x\n",
    "cells": "clave\tx\t",
    "rows": "<tr><td>",
    "tags in words": "a<b>",
    "entities": "&amp;",
    "escapes": "\\u0041",
    "doubled quotes": '""',
    "soft breaks": "=\n",
    "wide blanks": "a1\u00a0",
    "nobody sees": "a\u200b",
    "labels behind": "is password ",
    "nine digits": "9 1234 5678 ",
    "fractions": "0.987654321 ",
    "lists": "(clave),(",
    "labels in talk": "clave a1b2 ",
    "pairs": '"password",',
    "values": '"value":"a1b2c3",',
    "runs of words": "WhatsAppMessage_",
}


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_time_grows_with_the_text_and_no_faster(piece: str) -> None:
    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        start = time.process_time()
        mask(text)
        return time.process_time() - start

    small = min(seconds(25_000) for _ in range(3))
    # Eight times the text; quadratic behaviour would take 64 times as long. A busy machine gets another try.
    assert any(seconds(200_000) < max(0.05, small * 16) for _ in range(3))


def test_half_a_character_is_no_crash() -> None:
    assert mask("\ud83d token=8f3kq0z7w2m5x9c1v4b6n8a0s2d4f6g7") == "\ud83d token=****"


def test_an_id_that_ends_a_part_in_2fa_holds_no_code() -> None:
    text = "gsId 415154c4-6610-4e9b-82fa-1118306a0fdc, and 4be9a479-52fa-4617-b29f-458c6f60cfff"
    assert mask(text) == text
    assert mask("2FA 481516, %202fa%20code%3A 2fa: 481516, %202FA code: 481516") == (
        "2FA ****, %202fa%20code%3A 2fa: ****, %202FA code: ****"
    )
