"""The decision at its edges: mode, group, priority, field, CC, and what is new since the last note."""

from __future__ import annotations

from typing import Any

import pytest

from zendesk_gupshup.decide.account import TicketFields, app_facts
from zendesk_gupshup.decide.decision import decide, news_since_note
from zendesk_gupshup.decide.policy import Policy, kind_of, mode_of
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.detection_reasons import Rule
from zendesk_gupshup.model.finding import Confidence, Detection, ErrorCode, Evidence, Finding, Place
from zendesk_gupshup.model.outcome_reasons import GuardName
from zendesk_gupshup.model.plan import AppFacts, Decision, Mode, Step
from zendesk_gupshup.model.reason import Reason
from zendesk_gupshup.model.ticket import Comment, CustomField, Group, Organization, Ticket, User

DICTIONARY = load()
CLIENT, AGENT, US = 1, 5, 900
KEY_REFUSED = ErrorCode(namespace="gupshup_http", code="401")
REMEDY = ErrorCode(namespace="meta", code="131026")
NO_CODE = ErrorCode(namespace="meta", code="999999")
FIELD = 31


def finding(error: ErrorCode = KEY_REFUSED, confidence: Confidence = Confidence.CERTAIN) -> Finding:
    evidence = Evidence(quote="401", place=Place(kind="comment", comment_id=11), rule=Rule.NUMBER())
    return Finding(error=error, confidence=confidence, evidence=(evidence,))


def ticket(**more: Any) -> Ticket:
    users = {
        CLIENT: User(id=CLIENT, email="ada@example.com"),
        AGENT: User(id=AGENT, role="agent"),
        US: User(id=US, role="admin"),
    }
    first = Comment(id=11, author_id=CLIENT, plain_body="It says 401.")
    base = Ticket(id=7, requester_id=CLIENT, our_user_id=US, users=users, comments=(first,))
    return base.model_copy(update=more)


def decided(of: Ticket, detection: Detection, policy: Policy) -> Decision:
    app = app_facts(of, detection.facts, policy.fields, policy.directory)
    return decide(of, detection, app, DICTIONARY, policy)


def steps(of: Ticket, *found: Finding, **policy: Any) -> tuple[Step, ...]:
    plan = decided(of, Detection(findings=found or (finding(),)), Policy(**policy)).plan
    return plan.steps if plan else ()


@pytest.mark.parametrize(
    ("error", "confidence", "policy", "expected"),
    [
        (KEY_REFUSED, "certain", {}, "auto"),
        (REMEDY, "certain", {}, "assist"),
        (KEY_REFUSED, "likely", {}, "assist"),
        (KEY_REFUSED, "possible", {}, "observe"),
        (KEY_REFUSED, "certain", {"default_mode": "observe"}, "observe"),
        (REMEDY, "certain", {"default_mode": "auto"}, "auto"),
        (REMEDY, "certain", {"default_mode": "observe", "modes": {"meta 131026": "auto"}}, "auto"),
        (REMEDY, "certain", {"modes": {"meta 131049": "auto"}}, "assist"),
        (KEY_REFUSED, "certain", {"cap": "assist"}, "assist"),
        (REMEDY, "certain", {"cap": "observe", "modes": {"meta 131026": "auto"}}, "observe"),
        (REMEDY, "likely", {"modes": {"meta 131026": "auto"}}, "assist"),
    ],
)
def test_a_mode_is_the_codes_own_or_the_default_and_nothing_goes_beyond_the_caps(
    error: ErrorCode, confidence: str, policy: dict[str, Any], expected: str
) -> None:
    assert mode_of(finding(error, Confidence(confidence)), DICTIONARY, Policy(**policy)) is Mode(expected)


def test_the_kind_of_reply_is_the_dictionarys() -> None:
    kinds = {kind_of(finding(error), DICTIONARY) for error in (REMEDY, NO_CODE)}
    assert (kind_of(finding(), DICTIONARY), kinds) == ("owner_escalation", {"remedy"})
    for entry in DICTIONARY.entries:
        if entry.error != KEY_REFUSED:
            due = "owner_ticket" if entry.owner_ticket == "yes" else "remedy"
            assert kind_of(finding(entry.error), DICTIONARY) == due, entry.error


@pytest.mark.parametrize(
    ("told", "policy", "expected"),
    [
        ({}, {}, (None, None)),
        ({}, {"group": "N2"}, ("N2", None)),
        ({"group_id": 4, "group": Group(id=4, name="Support")}, {"group": "N2"}, (None, None)),
        (
            {"group_id": 4, "group": Group(id=4, name="Support")},
            {"group": "N2", "from_groups": ["Support"]},
            ("N2", None),
        ),
        ({"group_id": 4, "group": Group(id=4, name="N2")}, {"group": "N2", "from_groups": ["N2"]}, (None, None)),
        ({"group_id": 4}, {"group": "N2", "from_groups": ["Support"]}, (None, None)),
        ({"assignee_id": AGENT}, {"group": "N2"}, (None, None)),
        ({}, {"priority": "low"}, (None, "low")),
        ({"priority": "normal"}, {"priority": "high"}, (None, "high")),
        ({"priority": "high"}, {"priority": "high"}, (None, None)),
        ({"priority": "urgent"}, {"priority": "high"}, (None, None)),
        ({"priority": "odd"}, {"priority": "low"}, (None, "low")),
    ],
)
def test_group_and_priority_change_where_nobody_has_set_them(
    told: dict[str, Any], policy: dict[str, Any], expected: tuple[str | None, str | None]
) -> None:
    routed = [(step.kind, step.group, step.priority) for step in steps(ticket(**told), **policy)]
    assert routed == [("reply", *expected), ("note", None, None)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, (CustomField(id=FIELD, value="gupshup__http_401"),)),
        ("", (CustomField(id=FIELD, value="gupshup__http_401"),)),
        ("gupshup__http_403", ()),
    ],
)
def test_the_field_of_the_code_is_filled_where_it_is_empty(
    value: str | None, expected: tuple[CustomField, ...]
) -> None:
    of = ticket(custom_fields=(CustomField(id=FIELD, value=value),))
    with_field = steps(of, fields=TicketFields(error_code=FIELD))
    assert [(step.kind, step.custom_fields) for step in with_field] == [("reply", expected), ("note", ())]
    assert [(step.kind, step.custom_fields) for step in steps(of)] == [("reply", ()), ("note", ())]


CC: list[tuple[str | None, dict[str, Any], str | None]] = [
    ("olga@acme.example", {"cc_owner": True}, "olga@acme.example"),
    ("Olga@ACME.example", {"cc_owner": True}, "olga@acme.example"),
    ("olga@acme.example", {}, None),
    ("olga@elsewhere.example", {"cc_owner": True}, None),
    ("olga@elsewhere.example", {"cc_owner": True, "cc_domains": ["Elsewhere.example"]}, "olga@elsewhere.example"),
    ("ada@example.com", {"cc_owner": True, "cc_domains": ["example.com"]}, None),
    ("ADA@example.com", {"cc_owner": True, "cc_domains": ["example.com"]}, None),
    (None, {"cc_owner": True}, None),
]


@pytest.mark.parametrize(("owner", "policy", "expected"), CC)
def test_the_owner_is_in_cc_of_the_reply_only_at_a_domain_that_is_allowed(
    owner: str | None, policy: dict[str, Any], expected: str | None
) -> None:
    fields = {"gupshup_owner_email": owner} if owner else {}
    of = ticket(organization=Organization(id=3, domain_names=("Acme.example",), organization_fields=fields))
    assert [(step.kind, step.cc) for step in steps(of, **policy)] == [("reply", expected), ("note", None)]


@pytest.mark.parametrize(
    ("status", "wished", "expected"),
    [("new", True, "pending"), ("open", True, "pending"), ("hold", True, None), ("pending", True, None),
     ("new", False, None)],
)  # fmt: skip
def test_the_status_is_pending_after_a_reply_to_a_waiting_ticket_if_wished(
    status: str, wished: bool, expected: str | None
) -> None:
    after = steps(ticket(status=status), pending_after_reply=wished)
    assert [(step.kind, step.status) for step in after] == [("reply", expected), ("note", None)]


def our_note(text: str, id_: int = 20) -> Comment:
    return Comment(id=id_, author_id=US, public=False, plain_body=text)


NOTED = {("note", "http_401"): "tag"}
SAYS_ALL = "App: AdaShop 9f86 2000123456 olga@acme.example"
KNOWN = AppFacts(app_name="AdaShop", app_id="9f86", account_id="2000123456", owner_email="olga@acme.example")
FIRST = ticket().comments[0]
CLIENTS = Comment(id=30, author_id=CLIENT, plain_body="Any news?")

NEWS: list[tuple[tuple[Comment, ...], AppFacts, dict[Any, Any], tuple[str, ...] | None]] = [
    ((FIRST,), KNOWN, NOTED, ()),
    ((our_note(SAYS_ALL), FIRST), KNOWN, NOTED, ()),
    ((FIRST, our_note(SAYS_ALL).model_copy(update={"public": True})), KNOWN, NOTED, ()),
    ((FIRST, our_note(SAYS_ALL).model_copy(update={"author_id": AGENT})), KNOWN, NOTED, ()),
    ((FIRST, our_note(SAYS_ALL)), KNOWN, NOTED, None),
    ((FIRST, our_note(SAYS_ALL).model_copy(update={"plain_body": "", "body": SAYS_ALL})), KNOWN, NOTED, None),
    ((FIRST, our_note(SAYS_ALL), CLIENTS), KNOWN, NOTED, ("comments",)),
    ((FIRST, CLIENTS, our_note(SAYS_ALL)), KNOWN, NOTED, None),
    ((FIRST, our_note("", 19), CLIENTS, our_note(SAYS_ALL)), KNOWN, NOTED, None),
    ((FIRST, our_note(SAYS_ALL), our_note("", 21)), AppFacts(), NOTED, None),
    ((FIRST, our_note(SAYS_ALL)), KNOWN, {}, ("codes",)),
    ((FIRST, our_note(SAYS_ALL)), KNOWN, {("reply", "http_401"): "tag"}, ("codes",)),
    ((FIRST, our_note("None yet"),), KNOWN, NOTED, ("app_name", "app_id", "account_id", "owner_email")),
    ((FIRST, our_note("App: AdaShop 9f86"), CLIENTS), KNOWN, {}, ("comments", "codes", "account_id", "owner_email")),
]  # fmt: skip


@pytest.mark.parametrize(("comments", "app", "done", "expected"), NEWS)
def test_what_is_new_since_the_last_note_is_what_it_does_not_say(
    comments: tuple[Comment, ...], app: AppFacts, done: dict[Any, Any], expected: tuple[str, ...] | None
) -> None:
    of = ticket(comments=comments)
    assert news_since_note(of, (finding(),), app, done) == expected
    assert news_since_note(of.model_copy(update={"our_user_id": None}), (finding(),), app, done) == ()


ALL_GUARDS: list[tuple[dict[str, Any], dict[str, Any], list[Reason]]] = [
    ({}, {}, []),
    (
        {},
        {"cap": "observe"},
        [GuardName.OBSERVE()],
    ),
    (
        {"tags": ("gupshup_draft",), "comments": (FIRST, our_note("No owner known: http_401 is noted"))},
        {"modes": {"gupshup_http 401": "assist"}},
        [GuardName.NOTHING_NEW()],
    ),
    (
        {},
        {"room_for_reply": False, "replies_per_hour": 3},
        [GuardName.HOURLY_CAP()],
    ),
]


@pytest.mark.parametrize(("told", "policy", "expected"), ALL_GUARDS)
def test_what_is_kept_back_here_is_told(told: dict[str, Any], policy: dict[str, Any], expected: list[Reason]) -> None:
    of = ticket(**told)
    if "comments" in told:
        of = of.model_copy(update={"stored": frozenset({("note", "http_401")})})
    decision = decided(of, Detection(findings=(finding(),)), Policy(**policy))
    assert list(decision.guards) == expected


def test_a_note_without_a_reply_routes_the_ticket_and_says_what_the_ceiling_held_back() -> None:
    held = steps(ticket(), room_for_reply=False, group="N2", priority="high")
    marks = frozenset({"gupshup", "gupshup__http_401", "gupshup_noted__http_401", "gupshup_held_back"})
    assert held == (Step(kind="note", marker="gupshup_noted__http_401", add_tags=marks, group="N2", priority="high"),)
    assisted = steps(ticket(), modes={"gupshup_http 401": "assist"}, group="N2", priority="high")
    assert assisted == (held[0].model_copy(update={"add_tags": marks - {"gupshup_held_back"}}),)
