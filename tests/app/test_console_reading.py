"""What the console reads from the store: filters, pages that stand still while rows arrive, and nothing secret."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError

from support.databases import ACCOUNT
from support.ledger_entries import entry
from zendesk_gupshup.app.console_decisions import DecisionFilter, decision_outcome, decisions
from zendesk_gupshup.app.console_failures import drop_failure, failures_page, retry_failure
from zendesk_gupshup.app.console_held import because_held, held_back
from zendesk_gupshup.app.console_incidents import ShownIncident, incidents_page
from zendesk_gupshup.app.console_modes import ModeLines, mode_of_code, modes_page
from zendesk_gupshup.app.console_paging import PAGE_ROWS, BadCursor, ConsolePage, cursor_of, key_of_cursor
from zendesk_gupshup.app.console_unknown import UnknownSum, unknown_codes_page
from zendesk_gupshup.decide.policy import Policy
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.ledger.entry import LedgerEntry
from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.model.finding import ErrorCode
from zendesk_gupshup.model.outcome_reasons import FailureKind
from zendesk_gupshup.model.plan import Mode
from zendesk_gupshup.pipeline import Brain, BrandRules
from zendesk_gupshup.render.catalogue import Templates
from zendesk_gupshup.render.prefilled_link import GupshupDesk
from zendesk_gupshup.storage.dead_letters import DeadLetters
from zendesk_gupshup.storage.incidents import IncidentStore

REFUSED = {"error": {"namespace": "gupshup_http", "code": "401"}, "confidence": "certain"}
WALLET = {"error": {"namespace": "gupshup", "code": "1003"}, "confidence": "certain"}
POSSIBLE = {"error": {"namespace": "gupshup", "code": "1003"}, "confidence": "possible"}
DAY = int(datetime(2026, 11, 21, tzinfo=UTC).timestamp())
REPLY = {"kind": "reply", "marker": "gupshup_replied__http_401"}
NOTE = {"kind": "note", "marker": "gupshup_noted__http_401"}
TAGS = {"kind": "tags", "add_tags": ["gupshup__http_401"]}


def written(kind: str) -> dict[str, Any]:
    return {"kind": kind, "before": {"updated_at": "a"}, "after": {"updated_at": "b"}}


@pytest.fixture
def ledger(engine: sa.Engine) -> Ledger:
    return Ledger(engine, ACCOUNT)


@pytest.fixture(scope="module")
def brain() -> Brain:
    return Brain(dictionary=load(), templates=Templates.load())


def every_row(
    read: Callable[[str | None], ConsolePage[Any]], between: Callable[[], object] = lambda: None
) -> list[Any]:
    """All rows of all pages; `between` is called before each page but the first."""
    rows: list[Any] = []
    cursor = None
    while True:
        page = read(cursor)
        assert len(page.rows) == PAGE_ROWS or page.next is None
        rows += page.rows
        if page.next is None:
            return rows
        cursor = page.next
        between()


# --- Cursors -------------------------------------------------------------------------------------------------

_SHAPE = TypeAdapter(tuple[int, str])


@pytest.mark.parametrize("key", [(0, ""), (2**63 - 1, "1003"), (7, "ã 5%&")])
def test_a_cursor_gives_its_key_back_and_is_one_word_of_an_address(key: tuple[int, str]) -> None:
    cursor = cursor_of(*key)
    assert (key_of_cursor(cursor, _SHAPE), cursor.replace("-", "").replace("_", "").isalnum()) == (key, True)


@pytest.mark.parametrize(
    "cursor",
    [
        "", "!", "é", "e30", "MQ", "WzFd", cursor_of(1), cursor_of("1", "a"), cursor_of(1, 2), cursor_of(1, "a", "b"),
        cursor_of(-1, "a"), cursor_of(2**63, "a"), cursor_of(1, "a" * 500), "[" * 300, "W1tbW1tbW1tbW1tb",
        cursor_of(1, "a") + "\n",
    ],
)  # fmt: skip
def test_a_cursor_that_was_not_given_out_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursor):
        key_of_cursor(cursor, _SHAPE)


# --- Decisions -----------------------------------------------------------------------------------------------

# Each with the outcome that the console calls it by.
_OUTCOMES: list[tuple[str, dict[str, Any]]] = [
    ("replied", {"did": "done", "writes": [written("reply"), written("note")]}),
    ("replied", {"did": "done", "writes": [written("tags"), written("reply")]}),
    ("noted", {"did": "done", "writes": [written("note"), written("tags")]}),
    ("tagged", {"did": "done", "writes": [written("tags")]}),
    ("planned", {"did": "dry_run", "planned": [NOTE]}),
    ("recorded", {"did": "dry_run"}),
    ("recorded", {"did": "done", "planned": [NOTE]}),
    ("recorded", {"did": "nothing"}),
    ("failed", {"did": "failed", "reason": "Zendesk refused it", "writes": [written("reply")]}),
    ("failed", {"did": "later", "run": "process-1"}),
    ("failed", {"did": "writing", "run": "process-1"}),
    ("waiting", {"did": "later"}),
    ("waiting", {"did": "writing", "writes": [written("note")]}),
    ("gone", {"did": "gone"}),
]


def test_the_filter_by_outcome_finds_what_is_called_so(ledger: Ledger) -> None:
    for number, (_, values) in enumerate(_OUTCOMES, 1):
        ledger.record(entry(number, **values))
    named = {name: [n for n, (other, _) in enumerate(_OUTCOMES, 1) if other == name] for name, _ in _OUTCOMES}
    found = {
        name: sorted(
            row.entry.ticket_id
            for row in decisions(ledger, DecisionFilter.model_validate({"outcome": name}), None).rows
        )
        for name in named
    }
    assert found == named
    assert [decision_outcome(entry(**values)) for _, values in _OUTCOMES] == [name for name, _ in _OUTCOMES]


_KEPT: dict[int, dict[str, Any]] = {
    1: {"at": DAY, "mode": "auto", "findings": [REFUSED]},
    2: {"at": DAY - 1, "mode": "assist", "findings": [WALLET, REFUSED]},
    3: {"at": DAY + 86_399, "mode": "auto", "findings": [WALLET]},
    4: {"at": DAY + 86_400, "mode": "observe", "unknown": ["3001"]},
}


@pytest.mark.parametrize(
    ("wanted", "tickets"),
    [
        ({}, [4, 3, 2, 1]),
        ({"code": "gupshup_http 401"}, [2, 1]),
        ({"code": "gupshup 1003", "mode": "auto"}, [3]),
        ({"code": "gupshup 9999"}, []),
        ({"mode": "assist"}, [2]),
        ({"day": "2026-11-21"}, [3, 1]),
        ({"day": "2026-11-21", "code": "gupshup_http 401"}, [1]),
        ({"ticket": "3"}, [3]),
        ({"ticket": "9223372036854775807"}, []),
    ],
)
def test_the_list_is_narrowed_and_the_newest_stands_first(
    ledger: Ledger, wanted: dict[str, str], tickets: list[int]
) -> None:
    for ticket_id, values in _KEPT.items():
        ledger.record(entry(ticket_id, **values))
    Ledger(ledger.engine, "https://other.zendesk.com").record(entry(9, **_KEPT[1]))
    page = decisions(ledger, DecisionFilter.model_validate(wanted), None)
    assert ([row.entry.ticket_id for row in page.rows], page.next) == (tickets, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", "401"), ("code", ""), ("code", "gupshup_http"), ("code", "' OR 1=1 --"), ("mode", "AUTO"),
        ("outcome", "done"), ("day", "21.11.2026"), ("day", "2026-13-01"), ("ticket", "0"), ("ticket", "-1"),
        ("ticket", "7 OR 1"), ("ticket", "9223372036854775808"), ("colour", "red"),
    ],
)  # fmt: skip
def test_a_filter_that_makes_no_sense_is_refused_by_its_name(field: str, value: str) -> None:
    with pytest.raises(ValidationError) as refused:
        DecisionFilter.model_validate({field: value})
    assert [error["loc"][0] for error in refused.value.errors()] == [field] * refused.value.error_count()


def test_pages_of_decisions_neither_repeat_nor_miss_a_row_while_others_arrive(ledger: Ledger) -> None:
    for number in range(1, 121):
        ledger.record(entry(number, findings=[REFUSED]))
    fresh = iter(range(1000, 2000))

    def arrive() -> None:
        for _ in range(7):
            ledger.record(entry(next(fresh), findings=[REFUSED]))

    rows = every_row(lambda cursor: decisions(ledger, DecisionFilter(), cursor), arrive)
    assert [row.entry.ticket_id for row in rows] == list(range(120, 0, -1))


def test_a_page_goes_on_where_the_last_row_of_the_page_before_was_erased(ledger: Ledger) -> None:
    for number in range(1, 121):
        ledger.record(entry(number, findings=[REFUSED]))
    first = decisions(ledger, DecisionFilter(), None)
    ledger.forget(ticket=first.rows[-1].entry.ticket_id)
    second = decisions(ledger, DecisionFilter(), first.next)
    assert [row.entry.ticket_id for row in second.rows] == list(range(70, 20, -1))


def test_fifty_rows_are_one_page(ledger: Ledger) -> None:
    for number in range(1, PAGE_ROWS + 1):
        ledger.record(entry(number))
    page = decisions(ledger, DecisionFilter(), None)
    assert (len(page.rows), page.next) == (PAGE_ROWS, None)


# --- Replies held back ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "because"),
    [
        ({"planned": [NOTE], "would": [REPLY, NOTE]}, ("mode",)),
        ({"planned": [], "would": [REPLY, NOTE], "guards": ["observe"]}, ("mode", "observe")),
        ({"planned": [NOTE], "would": [NOTE], "guards": ["stale"]}, ("stale",)),
        ({"planned": [NOTE], "would": [REPLY, NOTE], "guards": ["hourly_cap"]}, ("mode", "hourly_cap")),
        ({"planned": [REPLY, NOTE], "would": [REPLY, NOTE]}, ()),
        ({"planned": [TAGS], "would": [TAGS]}, ()),
        ({"planned": [NOTE], "would": [REPLY, NOTE], "guards": ["agent_answered"]}, ()),
        ({"planned": [NOTE], "would": [NOTE], "guards": ["already_replied"]}, ()),
        ({"planned": [], "would": [], "guards": ["closed"]}, ()),
    ],
)
def test_why_a_reply_was_held_back(values: dict[str, Any], because: tuple[str, ...]) -> None:
    assert because_held(entry(findings=[REFUSED], **values)) == because


HELD = {"did": "done", "findings": [REFUSED], "planned": [NOTE], "would": [REPLY, NOTE], "writes": [written("note")]}


def test_a_ticket_is_held_once_by_its_newest_decision_and_not_once_it_was_answered(ledger: Ledger) -> None:
    for ticket_id, values in (
        (1, HELD),
        (2, HELD),
        (2, HELD | {"planned": [], "would": [], "guards": ["agent_answered"]}),
        (3, HELD | {"planned": [REPLY], "writes": [written("reply")]}),
        (3, HELD),
        (4, HELD),
        (4, {"did": "failed"}),
        (1, HELD | {"guards": ["stale"]}),
        (5, {"did": "done", "unknown": ["3001"], "planned": [NOTE]}),
    ):
        ledger.record(entry(ticket_id, **values))
    rows = held_back(ledger, None).rows
    assert [(row.entry.ticket_id, because_held(row.entry)) for row in rows] == [(1, ("mode", "stale")), (4, ("mode",))]


def test_pages_of_held_replies_are_of_one_moment(ledger: Ledger) -> None:
    for number in range(1, 121):
        ledger.record(entry(number, **HELD))
    fresh, answered = iter(range(1000, 2000)), iter((5, 60, 100))

    def arrive() -> None:
        ledger.record(entry(next(fresh), **HELD))
        # Looked at again, and answered: on this moment's list it stays where it was.
        ledger.record(entry(next(answered), **HELD | {"planned": [REPLY], "writes": [written("reply")]}))
        ledger.record(entry(next(answered, 101), **HELD | {"guards": ["stale"]}))

    rows = every_row(lambda cursor: held_back(ledger, cursor), arrive)
    assert [row.entry.ticket_id for row in rows] == list(range(120, 0, -1))


def test_what_is_not_held_fills_no_page(ledger: Ledger) -> None:
    for number in range(1, 501):
        ledger.record(entry(number, **(HELD if number % 5 == 0 else {"did": "done", "findings": [REFUSED]})))
    rows = every_row(lambda cursor: held_back(ledger, cursor))
    assert [row.entry.ticket_id for row in rows] == list(range(500, 0, -5))


# --- Unknown codes -------------------------------------------------------------------------------------------


def test_unknown_codes_are_summed_up_with_their_newest_tickets(ledger: Ledger) -> None:
    for ticket_id, texts in ((1, ["3001"]), (2, ["3001", "8888"]), (2, ["3001"]), (3, ["9999"])):
        ledger.record(entry(ticket_id, at=DAY + ticket_id, unknown=texts))
    Ledger(ledger.engine, "https://other.zendesk.com").record(entry(9, unknown=["3001"]))
    assert unknown_codes_page(ledger, None) == ConsolePage(
        (
            UnknownSum("3001", 2, 3, DAY + 1, DAY + 2, (2, 1)),
            UnknownSum("8888", 1, 1, DAY + 2, DAY + 2, (2,)),
            UnknownSum("9999", 1, 1, DAY + 3, DAY + 3, (3,)),
        ),
        None,
    )


def test_pages_of_unknown_codes_are_of_one_moment(ledger: Ledger) -> None:
    for number in range(120):
        ledger.record(entry(number + 1, unknown=[f"{5000 + number}"]))
    fresh = iter(range(1000, 2000))

    def arrive() -> None:
        # A code of the last page comes up again and again, and would move to the front.
        for _ in range(3):
            ledger.record(entry(next(fresh), unknown=["5119", f"{next(fresh)}"]))

    rows = every_row(lambda cursor: unknown_codes_page(ledger, cursor), arrive)
    assert [row.code for row in rows] == [f"{5000 + number}" for number in range(120)]


# --- Failures ------------------------------------------------------------------------------------------------


def test_pages_of_failures_neither_repeat_nor_miss_one_that_fails_again(ledger: Ledger) -> None:
    clock = iter(range(DAY, DAY + 10_000))
    letters = DeadLetters(ledger.engine, ACCOUNT, now=lambda: next(clock))
    for number in range(1, 121):
        letters.give_up(number, FailureKind.ATTEMPTS, "no answer", 3)
    again = iter((10, 60, 119, 11, 61))

    def fail_again() -> None:
        letters.give_up(next(again), FailureKind.REFUSED, "refused", 1)
        letters.give_up(next(again), FailureKind.REFUSED, "refused", 1)
        letters.give_up(1000 + next(again, 0), FailureKind.REFUSED, "refused", 1)

    rows = every_row(lambda cursor: failures_page(ledger, cursor), fail_again)
    assert [row.ticket_id for row in rows] == list(range(120, 0, -1))


def test_failures_of_the_same_second_are_told_apart(ledger: Ledger) -> None:
    letters = DeadLetters(ledger.engine, ACCOUNT, now=lambda: DAY)
    for number in range(1, 121):
        letters.give_up(number, FailureKind.ATTEMPTS, "no answer", 3)
    assert [row.ticket_id for row in every_row(lambda cursor: failures_page(ledger, cursor))] == list(range(120, 0, -1))


def test_a_dropped_failure_leaves_the_list_and_is_shown_on_demand_with_a_masked_reason(ledger: Ledger) -> None:
    letters = DeadLetters(ledger.engine, ACCOUNT, now=lambda: DAY)
    letters.give_up(7, FailureKind.ATTEMPTS, "no answer", 3)
    assert (drop_failure(ledger, 7, "asked ada@example.com"), drop_failure(ledger, 8, "no")) == (True, False)
    assert failures_page(ledger, None) == ConsolePage((), None)
    dropped = failures_page(ledger, None, dropped=True).rows
    assert [(row.ticket_id, row.state, row.dropped_because) for row in dropped] == [(7, "dropped", "asked [address]")]


def test_a_retry_queues_a_ticket_of_the_list_and_no_other(ledger: Ledger) -> None:
    queued: list[int] = []
    DeadLetters(ledger.engine, ACCOUNT).give_up(7, FailureKind.ATTEMPTS, "no answer", 3)
    done = [retry_failure(ledger, ticket_id, queued.append) for ticket_id in (7, 8)]
    assert (done, queued, [row.state for row in failures_page(ledger, None).rows]) == ([True, False], [7], ["retrying"])


def test_a_ticket_that_cannot_be_queued_stays_open(ledger: Ledger) -> None:
    def refuse(_: int) -> None:
        raise ConnectionError

    DeadLetters(ledger.engine, ACCOUNT).give_up(7, FailureKind.ATTEMPTS, "no answer", 3)
    with pytest.raises(ConnectionError):
        retry_failure(ledger, 7, refuse)
    assert [row.state for row in failures_page(ledger, None).rows] == ["open"]


# --- Modes ---------------------------------------------------------------------------------------------------

KEY = ErrorCode(namespace="gupshup_http", code="401")
FUNDS = ErrorCode(namespace="gupshup", code="1003")


def only(mode: str, error: ErrorCode, *more: str) -> ModeLines:
    return ModeLines(Mode(mode), (f'"{error}" = "{mode}"', *more), raises_cap=bool(more))


@pytest.mark.parametrize(
    ("policy", "error", "mode", "source", "change"),
    [
        ({}, KEY, "auto", "kind", (only("observe", KEY), only("assist", KEY))),
        ({}, FUNDS, "assist", "kind", (only("observe", FUNDS), only("auto", FUNDS))),
        ({"default_mode": "observe"}, KEY, "observe", "default", (only("assist", KEY), only("auto", KEY))),
        ({"modes": {"gupshup 1003": "auto"}}, FUNDS, "auto", "line", (only("observe", FUNDS), only("assist", FUNDS))),
        ({"cap": "assist"}, KEY, "assist", "cap", (only("observe", KEY), only("auto", KEY, 'cap = "auto"'))),
        (
            {"cap": "observe"},
            FUNDS,
            "observe",
            "cap",
            (only("assist", FUNDS, 'cap = "assist"'), only("auto", FUNDS, 'cap = "auto"')),
        ),
        (
            {"modes": {"gupshup_http 401": "observe"}, "cap": "assist"},
            KEY,
            "observe",
            "line",
            (only("assist", KEY), only("auto", KEY, 'cap = "auto"')),
        ),
    ],
)
def test_a_mode_says_where_it_comes_from_and_which_lines_change_it(
    brain: Brain, policy: dict[str, Any], error: ErrorCode, mode: str, source: str, change: tuple[ModeLines, ...]
) -> None:
    row = mode_of_code(error, replace(brain, policy=Policy.model_validate(policy)))
    assert (row.mode, row.source, row.change, row.brands) == (mode, source, change, {})


def test_a_brand_that_goes_less_far_is_named(brain: Brain) -> None:
    brands = {n: BrandRules(mode, brain.templates, GupshupDesk()) for n, mode in ((1, Mode.AUTO), (2, Mode.OBSERVE))}
    assert mode_of_code(KEY, replace(brain, brands=brands)).brands == {2: Mode.OBSERVE}


def test_modes_are_paged_by_tickets_of_one_moment_and_hold_every_code_that_is_an_error_once(
    ledger: Ledger, brain: Brain
) -> None:
    for ticket_id, found in ((1, [WALLET]), (2, [WALLET]), (2, [WALLET, REFUSED]), (3, [POSSIBLE])):
        ledger.record(entry(ticket_id, findings=found))
    fresh = iter(range(1000, 2000))
    last = [one.error for one in brain.dictionary.entries if not one.success][-1]

    def arrive() -> None:
        late = {"error": last.model_dump(), "confidence": "certain"}
        ledger.record(entry(next(fresh), findings=[late, REFUSED]))

    rows = every_row(lambda cursor: modes_page(ledger, brain, cursor), arrive)
    errors = [one.error for one in brain.dictionary.entries if not one.success]
    assert [(str(row.error), row.tickets) for row in rows[:3]] == [
        ("gupshup 1003", 2), ("gupshup_http 401", 1), (str(errors[0]), 0)
    ]  # fmt: skip
    assert sorted(map(str, errors)) == sorted(str(row.error) for row in rows)


# --- Incidents -----------------------------------------------------------------------------------------------


def test_incidents_are_paged_by_their_numbers_with_what_belongs_to_them(ledger: Ledger, engine: sa.Engine) -> None:
    store, stranger = IncidentStore(engine, ledger.account), IncidentStore(engine, "https://other.example.com")
    assert incidents_page(ledger, None) == ConsolePage((), None)
    for number in range(1, 61):
        # Of one code, one incident is open at a time.
        assert store.begin("gupshup 1003", number, number, 3, range(number), None)
        store.end(store.open()[0].id, number + 1, "silence")
    assert stranger.begin("gupshup_http 401", 1, 1, 9, [1], None)
    assert store.begin("gupshup_http 401", 61, 61, 4, [7, 8], 4711)
    later = iter(range(1000, 2000))

    def arrive() -> None:
        assert store.begin(f"meta {next(later)}", 62, 62, 3, [], None)

    rows = every_row(lambda cursor: incidents_page(ledger, cursor), arrive)
    first = ShownIncident(rows[0].id, ErrorCode(namespace="gupshup_http", code="401"), 61, None, 4, 2, 4711)
    assert rows[0] == first
    told = [(row.error, row.begun, row.ended, row.organizations, row.tickets, row.problem_id) for row in rows[1:]]
    wallet = ErrorCode(namespace="gupshup", code="1003")
    assert told == [(wallet, number, number + 1, 3, number, None) for number in range(60, 0, -1)]


def test_an_entry_read_with_its_number_is_the_one_that_was_recorded(ledger: Ledger) -> None:
    kept: LedgerEntry = entry(7, **HELD)
    number = ledger.record(kept)
    row = decisions(ledger, DecisionFilter(), None).rows[0]
    assert (row.number, row.entry) == (number, kept)
