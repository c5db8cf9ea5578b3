"""One answer of Zendesk in, its JSON or the one exception out."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from requests.structures import CaseInsensitiveDict

from zendesk_gupshup.zendesk import responses
from zendesk_gupshup.zendesk.errors import (
    Busy,
    Conflict,
    InvalidResponse,
    NotFound,
    OutcomeUnknown,
    Refused,
    TicketClosed,
    TicketGone,
    Unauthorized,
    Unreachable,
    ZendeskError,
)

TICKET = "/api/v2/tickets/7.json"


def read(method: str, status: int, body: Any = None, headers: dict[str, str] | None = None, path: str = TICKET) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return responses.read(method, path, status, CaseInsensitiveDict(headers or {}), raw)


def error_of(*args: Any, **kwargs: Any) -> ZendeskError:
    with pytest.raises(ZendeskError) as caught:
        read(*args, **kwargs)
    return caught.value


def test_a_good_answer_is_its_json() -> None:
    assert read("GET", 200, {"ticket": {"id": 7}}) == {"ticket": {"id": 7}}
    assert read("POST", 201, {"upload": {}}) == {"upload": {}}
    assert read("DELETE", 204, b"") == {}


@pytest.mark.parametrize(
    "body", [b"", b"<html>sign in</html>", b'{"ticket": {"id"', b"[1]", b"null", b"\xff", b"[" * 99999]
)
def test_a_200_without_a_json_object_is_gibberish_and_after_a_write_unclear(body: bytes) -> None:
    for method, unclear in (("GET", False), ("PUT", True)):
        error = error_of(method, 200, body)
        assert (type(error), error.unclear, error.permanent) == (InvalidResponse, unclear, False)
        assert "ticket 7" in str(error)
        assert "sign in" not in str(error)


CONFLICT = {"error": "UpdateConflict", "description": "Safe Update prevented the update due to outdated ticket data."}
CLOSED = {
    "error": "RecordInvalid",
    "description": "Record validation errors",
    "details": {"status": [{"description": "Status: closed prevents ticket update"}]},
}
CLOSED_IN_BASE = {
    "error": "RecordInvalid",
    "details": {"base": [{"description": "Ticket: Closed prevents update", "error": "ClosedTicket"}]},
}
INVALID = {"error": "RecordInvalid", "details": {"priority": [{"description": "Priority: cannot be reset"}]}}

# method, status, body -> class, permanent, unclear, account_wide
OUTCOMES = [
    ("GET", 401, {"error": "Couldn't authenticate you"}, Unauthorized, True, False, True),
    ("PUT", 401, {"error": "invalid_token", "error_description": "expired"}, Unauthorized, True, False, True),
    (
        "GET",
        403,
        {"error": {"title": "Forbidden", "message": "You do not have access"}},
        Unauthorized,
        True,
        False,
        False,
    ),
    ("PUT", 404, {"error": "RecordNotFound", "description": "Not found"}, TicketGone, True, False, False),
    ("GET", 404, {"error": {"title": "InvalidEndpoint", "message": "Not found"}}, TicketGone, True, False, False),
    ("PUT", 409, CONFLICT, Conflict, False, False, False),
    ("PUT", 409, {"error": "DatabaseConflict", "description": "Database collision"}, Conflict, False, False, False),
    ("PUT", 422, CLOSED, TicketClosed, True, False, False),
    ("PUT", 422, CLOSED_IN_BASE, TicketClosed, True, False, False),
    ("PUT", 422, INVALID, Refused, True, False, False),
    ("PUT", 422, b"not json", Refused, True, False, False),
    ("GET", 422, {"error": "invalid", "description": "Invalid search"}, Refused, True, False, False),
    ("PUT", 400, {"error": "BadRequest"}, Refused, True, False, False),
    ("PUT", 413, b"<html>too large</html>", Refused, True, False, False),
    ("GET", 302, b"", Refused, True, False, True),
    ("PUT", 429, b"Number of allowed API requests per minute exceeded", Busy, False, False, False),
    ("PUT", 500, b"", OutcomeUnknown, False, True, False),
    ("PUT", 502, b"<html>", OutcomeUnknown, False, True, False),
    ("POST", 503, b"", OutcomeUnknown, False, True, False),
    ("DELETE", 504, b"", OutcomeUnknown, False, True, False),
    ("PUT", 408, b"", OutcomeUnknown, False, True, False),
    ("GET", 500, b"", Unreachable, False, False, False),
    ("GET", 503, b"", Unreachable, False, False, False),
    ("GET", 408, b"", Unreachable, False, False, False),
]


@pytest.mark.parametrize(("method", "status", "body", "kind", "permanent", "unclear", "account_wide"), OUTCOMES)
def test_every_other_answer_is_one_exception_that_names_the_ticket(
    method: str, status: int, body: Any, kind: type, permanent: bool, unclear: bool, account_wide: bool
) -> None:
    error = error_of(method, status, body)
    assert (type(error), error.permanent, error.unclear) == (kind, permanent, unclear)
    assert error.account_wide == account_wide
    assert error.status == status
    assert str(error).startswith("ticket 7: ")


def test_503_with_retry_after_is_busy_and_a_write_may_still_have_been_applied() -> None:
    for method, unclear in (("GET", False), ("PUT", True)):
        error = error_of(method, 503, b"", {"retry-after": "30"})
        assert (type(error), error.retry_after, error.unclear) == (Busy, 30.0, unclear)


def test_403_away_from_a_ticket_is_about_the_account() -> None:
    assert error_of("GET", 403, {}, path="/api/v2/incremental/tickets/cursor.json").account_wide


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api/v2/tickets/7.json", TicketGone),
        ("/api/v2/tickets/7", TicketGone),
        ("/api/v2/tickets/7.json?include=users", TicketGone),
        ("/api/v2/tickets/7/comments.json", NotFound),
        ("/api/v2/tickets/7/audits.json", NotFound),
        ("/api/v2/organizations/50/users.json", NotFound),
        ("/api/v2/groups.json", NotFound),
        ("/api/v2/uploads.json", NotFound),
        ("/api/v2/tickets/show_many.json", NotFound),
    ],
)
def test_only_the_tickets_own_404_says_that_it_is_gone(path: str, kind: type) -> None:
    assert type(error_of("GET", 404, {"error": "RecordNotFound"}, path=path)) is kind


def test_an_exception_survives_being_stored() -> None:
    error = error_of("PUT", 429, b"", {"Retry-After": "7"})
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.retry_after, again.status) == (str(error), 7.0, 429)
    assert pickle.loads(pickle.dumps(error_of("PUT", 500, b""))).unclear


DATE = {"Date": "Sat, 21 Nov 2026 09:00:00 GMT"}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "93"}, 93),
        ({"retry-after": " 2.5 "}, 2.5),
        ({"Retry-After": "0"}, 1),
        ({"Retry-After": "-5"}, 1),
        ({"Retry-After": "99999999999999999999"}, 900),
        ({"Retry-After": "1e400"}, 900),
        ({"Retry-After": "nan"}, 60),
        ({"Retry-After": "soon"}, 60),
        ({"Retry-After": ""}, 60),
        ({}, 60),
        ({"Retry-After": "Sat, 21 Nov 2026 09:02:00 GMT", **DATE}, 120),
        ({"Retry-After": "Sat, 21 Nov 2026 08:00:00 GMT", **DATE}, 1),
        ({"Retry-After": "Sat, 21 Nov 2037 09:00:00 GMT", **DATE}, 900),
        ({"Retry-After": "Sat, 21 Nov 2026 09:02:00 GMT"}, 60),
        ({"Retry-After": "Sat, 21 Nov 2026 09:02:00", **DATE}, 60),
        ({"ratelimit-reset": "12"}, 12),
        ({"Rate-Limit-Reset": "13"}, 13),
        ({"ratelimit-reset": "soon"}, 60),
        ({"zendesk-ratelimit-per-ticket-updates": "total=30; remaining=0; resets=468", "ratelimit-reset": "12"}, 468),
        ({"Zendesk-Rate-Limit-tickets-update": "total=100; remaining=0; resets=41"}, 41),
        ({"zendesk-ratelimit-tickets-index": "total=100; remaining=99; resets=41"}, 60),
        ({"Retry-After": "5", "ratelimit-reset": "40"}, 5),
    ],
)
def test_how_long_to_wait_is_read_from_any_form_and_bounded(headers: dict[str, str], seconds: float) -> None:
    error = error_of("GET", 429, b"", headers)
    assert (type(error), error.retry_after) == (Busy, seconds)


def test_a_refusal_lists_the_fields_and_never_a_customers_words() -> None:
    details = {
        "base": [
            {"description": "Assignee: is required when solving a ticket", "ticket_field_id": 1},
            {"description": "Ada's secret: is required when solving a ticket", "ticket_field_id": 2},
        ],
        "requester": [{"description": "Email: ada@example.com is already being used", "error": "DuplicateValue"}],
        "subject": ["Call +1 202 555 0100"],
        "tags": "too many",
    }
    error = error_of("PUT", 422, {"error": "RecordInvalid", "description": "Ada's order", "details": details})
    assert str(error) == (
        "ticket 7: refused (422 RecordInvalid): base: field 1 is required when solving a ticket; "
        "base: field 2 is required when solving a ticket; requester: DuplicateValue; "
        "subject: not accepted; tags: not accepted"
    )


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"error": "TooManyValues", "max_count": 100}, "400 TooManyValues"),
        ({"error": {"title": "Forbidden", "message": "no"}}, "400 Forbidden"),
        ({"errors": [{"code": "InvalidPaginationDepth", "title": "t", "detail": "d"}]}, "400 InvalidPaginationDepth"),
        ({"error": "a sentence by Ada"}, "400"),
        ({"errors": []}, "400"),
        ({"errors": ["x"]}, "400"),
        ([], "400"),
    ],
)
def test_the_error_has_its_name_from_any_of_the_envelopes(body: Any, name: str) -> None:
    assert str(error_of("GET", 400, body)) == f"ticket 7: refused ({name})"


def test_the_call_is_named_without_its_query() -> None:
    path = "/api/v2/uploads.json?filename=a.txt&token=secret"
    assert str(error_of("post", 500, b"", path=path)).startswith("POST /api/v2/uploads.json: ")
    assert responses.subject("GET", "/api/v2/tickets/count.json") == "GET /api/v2/tickets/count.json"
    assert responses.subject("GET", "/api/v2/tickets/7/comments.json?x=1") == "ticket 7"


# Of ticket 7, which is what `error_of` asks for.
EXPECTED_OF_QUOTED = {401: Unauthorized, 404: TicketGone, 409: Conflict, 429: Busy, 400: Refused, 422: Refused}


def test_errors_that_others_saw_are_told_apart(shared: Path) -> None:
    cases = json.loads((shared / "zendesk" / "recorded-other" / "quoted" / "errors.json").read_text())
    assert len(cases) >= 10
    for case in cases:
        method = case["method"] if case["method"] != "ANY" else "GET"
        error = error_of(method, case["status"], case["body"], case.get("headers"))
        closed = "closed prevents" in json.dumps(case["body"])
        assert type(error) is (TicketClosed if closed else EXPECTED_OF_QUOTED[case["status"]]), case


def test_recorded_answers_are_read_as_what_they_were(shared: Path) -> None:
    good = bad = 0
    for file in sorted((shared / "zendesk" / "recorded").glob("*.json")):
        for call in json.loads(file.read_text())["http_interactions"]:
            answer, method = call["response"], call["request"]["method"]
            headers = {name: ", ".join(values) for name, values in answer["headers"].items()}
            status, body = answer["status"]["code"], answer["body"].get("string", "").encode()
            if status < 300:
                assert isinstance(read(method, status, body, headers), dict), file.name
                good += 1
            else:
                assert type(error_of(method, status, body, headers)) is EXPECTED_OF_QUOTED[status], file.name
                bad += 1
    assert good > 500
    assert bad > 20
