"""A webhook proves itself by signature, age and shape, or it is refused with the right answer."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zendesk_gupshup.worker.webhook import (
    INVOCATION,
    PUBLIC_TEST_SECRET,
    SIGNATURE,
    TIMESTAMP,
    Rejected,
    SecretsInFile,
    WebhookCall,
    read_webhook,
    sign,
    signing_secrets,
)

NOW = datetime(2026, 11, 21, 9, 0, 0, tzinfo=UTC)
STAMP = "2026-11-21T08:59:58Z"
# As Zendesk sends it: indented by three spaces, with a newline at the end.
BODY = b'{\n   "ticket_id": "7"\n}\n'


def read(body: bytes = BODY, stamp: str = STAMP, *, secret: str = "right", **headers: str) -> WebhookCall:
    given_headers = {TIMESTAMP: stamp, SIGNATURE: sign(secret, stamp, body), INVOCATION: "01J", **headers}
    return read_webhook(given_headers, body, secrets=("right", "older"), now=NOW, max_age=300, max_body=1000)


def refused(*args: Any, **kwargs: Any) -> tuple[int, str]:
    with pytest.raises(Rejected) as caught:
        read(*args, **kwargs)
    return caught.value.status, caught.value.reason


def test_a_signed_body_names_the_ticket_and_the_second() -> None:
    assert read() == WebhookCall(ticket_id=7, seen_at=STAMP, invocation="01J")


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
    with pytest.raises(
        ValueError, match=r"^ZENDESK_WEBHOOK_SECRET is Zendesk's public test secret; use the webhook's own"
    ):
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


@pytest.mark.parametrize("stamp", ["2026-11-21T08:55:00Z", "2026-11-21T09:05:00Z", "2026-11-21T08:59:58.123456789Z"])
def test_a_timestamp_just_young_enough_is_taken_by_its_second(stamp: str) -> None:
    assert read(stamp=stamp) == WebhookCall(ticket_id=7, seen_at=f"{stamp[:19]}Z", invocation="01J")


@pytest.mark.parametrize(("told", "kept"), [("a" * 64, "a" * 64), ("a" * 65, "a" * 64), ("", STAMP)])
def test_an_invocation_is_kept_to_64_letters_and_else_named_by_its_stamp(told: str, kept: str) -> None:
    headers: dict[str, Any] = {INVOCATION: told}
    assert read(**headers).invocation == kept
    absent = {TIMESTAMP: STAMP, SIGNATURE: sign("right", STAMP, BODY)}
    call = read_webhook(absent, BODY, secrets=("right",), now=NOW, max_age=300, max_body=1000)
    assert call == WebhookCall(ticket_id=7, seen_at=STAMP, invocation=STAMP)


@pytest.mark.parametrize("absent", [SIGNATURE, TIMESTAMP])
def test_an_absent_header_is_refused_as_an_empty_one_is(absent: str) -> None:
    headers = {TIMESTAMP: STAMP, SIGNATURE: sign("right", STAMP, BODY)}
    del headers[absent]
    with pytest.raises(Rejected, match=r"^the signature headers are missing$") as caught:
        read_webhook(headers, BODY, secrets=("right",), now=NOW, max_age=300, max_body=1000)
    assert (caught.value.status, caught.value.reason) == (401, "unsigned")


def test_a_body_as_large_as_is_allowed_and_the_longest_number_are_taken() -> None:
    body = b'{"ticket_id": "1234567890123456"}'.ljust(1000)
    assert read(body).ticket_id == 1234567890123456


@pytest.mark.parametrize("header", [SIGNATURE, TIMESTAMP])
def test_a_header_that_is_no_text_is_a_wrong_signature(header: str) -> None:
    headers = {TIMESTAMP: STAMP, SIGNATURE: sign("right", STAMP, BODY), header: "\ud800"}
    with pytest.raises(Rejected, match=r"^the signature does not fit$"):
        read_webhook(headers, BODY, secrets=("right",), now=NOW, max_age=300, max_body=1000)


REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({"body": b"x" * 1001}, "the body is over 1000 bytes"),
    ({"secret": "wrong"}, "the signature does not fit"),
    ({SIGNATURE: "\ud800"}, "the signature does not fit"),
    ({"stamp": "2026-11-21T08:00:00Z"}, "the timestamp is more than 300 seconds away"),
    ({"stamp": "yesterday"}, "the timestamp is not one of Zendesk's"),
    ({"stamp": "2026-13-40T00:00:00Z"}, "the timestamp is no date"),
    ({"body": b"[]"}, 'the body must be {"ticket_id": "{{ticket.id}}"}'),
    ({"body": b'{"ticket_id": "x"}'}, "ticket_id must be a ticket's number"),
]


@pytest.mark.parametrize(("given_", "text"), REFUSALS)
def test_a_refusal_says_why(given_: dict[str, Any], text: str) -> None:
    with pytest.raises(Rejected) as caught:
        read(**given_)
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("setting", "expected"),
    [(None, ()), ("", ()), (" , ,", ()), ("one", ("one",)), (" one , two words,", ("one", "two words"))],
)
def test_the_setting_is_a_list_of_secrets(setting: str | None, expected: tuple[str, ...]) -> None:
    assert signing_secrets(setting) == expected


def test_a_file_of_secrets_may_come_later_and_is_read_once_a_change(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    secrets = SecretsInFile(tmp_path / "secret", ("old",))
    assert secrets() == ("old",)
    (tmp_path / "secret").write_bytes(b"\xff\xfe")
    assert [secrets(), secrets()] == [("old",)] * 2
    assert caplog.messages == ["the webhook's secret cannot be read again: UnicodeDecodeError"]
    (tmp_path / "secret").write_text("clé,later\n", encoding="utf-8")
    assert secrets() == ("clé", "later")


def test_a_signature_is_the_one_that_zendesk_documents() -> None:
    # base64(HMAC-SHA256(secret, timestamp + body)), by another program: printf | openssl dgst -hmac | base64.
    assert sign("right", STAMP, b'{"ticket_id": "7"}') == "sv+0ylsg9IrWsflrMCjbFDm6dFPqOJshhznlKqF4qng="
