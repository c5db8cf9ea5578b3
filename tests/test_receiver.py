"""A webhook proves itself by signature, age and shape, or it is refused with the right answer."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zendesk_gupshup.receiver import (
    INVOCATION,
    PUBLIC_TEST_SECRET,
    SIGNATURE,
    TIMESTAMP,
    Call,
    Rejected,
    SecretsInFile,
    read_webhook,
    sign,
    signing_secrets,
)

NOW = datetime(2026, 11, 21, 9, 0, 0, tzinfo=UTC)
STAMP = "2026-11-21T08:59:58Z"
# As Zendesk sends it: indented by three spaces, with a newline at the end.
BODY = b'{\n   "ticket_id": "7"\n}\n'


def read(body: bytes = BODY, stamp: str = STAMP, *, secret: str = "right", **headers: str) -> Call:
    given_headers = {TIMESTAMP: stamp, SIGNATURE: sign(secret, stamp, body), INVOCATION: "01J", **headers}
    return read_webhook(given_headers, body, secrets=("right", "older"), now=NOW, max_age=300, max_body=1000)


def refused(*args: Any, **kwargs: Any) -> tuple[int, str]:
    with pytest.raises(Rejected) as caught:
        read(*args, **kwargs)
    return caught.value.status, caught.value.reason


def test_a_signed_body_names_the_ticket_and_the_second() -> None:
    assert read() == Call(ticket_id=7, seen_at=STAMP, invocation="01J")


def test_each_of_several_secrets_is_right_while_rotating() -> None:
    assert read(secret="older").ticket_id == 7


def test_a_ticket_id_may_be_a_number() -> None:
    assert read(b'{"ticket_id": 12}').ticket_id == 12


@pytest.mark.parametrize("kind", ["messaging_ticket.message_added", "ticket.comment_added"])
def test_an_event_that_an_admin_subscribed_a_webhook_to_names_its_ticket(kind: str) -> None:
    body = f'{{"type": "zen:event-type:{kind}", "detail": {{"id": "141"}}, "subject": "zen:ticket:141"}}'
    assert read(body.encode()).ticket_id == 141


def test_an_event_of_anything_else_names_no_ticket() -> None:
    assert refused(b'{"type": "zen:event-type:user.created", "detail": {"id": "141"}}') == (400, "bad_body")
    assert refused(b'{"type": "zen:event-type:ticket.created", "detail": 141}') == (400, "bad_body")
    assert refused(b'["ticket_id"]') == (400, "bad_body")


def test_another_secret_is_refused() -> None:
    assert refused(secret="wrong") == (401, "bad_signature")


def test_zendesks_public_test_secret_is_refused_by_the_receiver_and_by_the_settings() -> None:
    assert refused(secret=PUBLIC_TEST_SECRET) == (401, "bad_signature")
    with pytest.raises(ValueError, match="public test secret"):
        signing_secrets(f"good, {PUBLIC_TEST_SECRET}")


@pytest.mark.parametrize("missing", [SIGNATURE, TIMESTAMP])
def test_an_unsigned_request_is_refused(missing: str) -> None:
    assert refused(**{missing: ""}) == (401, "unsigned")


@pytest.mark.parametrize("stamp", ["2026-11-21T08:54:59Z", "2026-11-21T09:05:01Z"])
def test_an_old_or_future_timestamp_is_refused(stamp: str) -> None:
    assert refused(stamp=stamp) == (401, "stale")


@pytest.mark.parametrize("stamp", ["yesterday", "2026-13-40T00:00:00Z", "٢٠٢٦-11-21T08:59:58Z", "1795224150"])
def test_a_timestamp_of_another_shape_is_refused_although_signed(stamp: str) -> None:
    assert refused(stamp=stamp) == (401, "stale")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"7", b"null", b'{"ticket":7}', b'{"ticket_id":"7 8"}', b'{"ticket_id":"-7"}',
     b'{"ticket_id":0}', b'{"ticket_id":true}', b'{"ticket_id":7.5}', b'{"ticket_id":"{{ticket.id}}"}',
     "{\"ticket_id\":\"٧\"}".encode(),
     b'{"ticket_id":"12345678901234567"}', b"[" * 900, b"\xff\xfe"],
)  # fmt: skip
def test_a_signed_body_without_a_ticket_id_is_a_bad_request(body: bytes) -> None:
    assert refused(body) == (400, "bad_body")


def test_a_large_body_is_refused_before_anything_is_computed() -> None:
    assert refused(b"x" * 1001, secret="wrong") == (413, "too_large")


@given(st.binary(max_size=200), st.text(max_size=40), st.text(max_size=60))
def test_nothing_unsigned_gets_in(body: bytes, stamp: str, signature: str) -> None:
    with pytest.raises(Rejected):
        read_webhook(
            {TIMESTAMP: stamp, SIGNATURE: signature}, body, secrets=("right",), now=NOW, max_age=300, max_body=1000
        )


@given(st.integers(min_value=0, max_value=len(BODY) - 1), st.integers(min_value=1, max_value=255))
def test_one_changed_byte_breaks_the_signature(place: int, change: int) -> None:
    changed = bytearray(BODY)
    changed[place] ^= change
    with pytest.raises(Rejected) as caught:
        read_webhook(
            {TIMESTAMP: STAMP, SIGNATURE: sign("right", STAMP, BODY)},
            bytes(changed), secrets=("right",), now=NOW, max_age=300, max_body=1000,
        )  # fmt: skip
    assert (caught.value.status, caught.value.reason) == (401, "bad_signature")


def test_secrets_in_a_file_rotate_without_a_new_start_and_nonsense_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("old\n")
    secrets = SecretsInFile(file, signing_secrets("old"))
    assert secrets() == ("old",)
    file.write_text("old,newer\n")
    assert secrets() == ("old", "newer")
    file.write_text("the newest\n")
    assert secrets() == ("the newest",)
    for nonsense in (b"", b"\xff\xfe\xfd\xfc", PUBLIC_TEST_SECRET.encode()):
        file.write_bytes(nonsense)
        assert secrets() == ("the newest",)
    file.unlink()
    assert secrets() == ("the newest",)
