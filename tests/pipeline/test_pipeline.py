"""The one path with a Zendesk that remembers: what is written once stays written once, whatever goes wrong between."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from typing import Any, Literal

import pytest

from support.fake_zendesk import TEXT, FakeZendesk, broken, stamp
from zendesk_gupshup.decide.prior_writes import KnownWrites
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.plan import Decision, Mode, Plan, Step
from zendesk_gupshup.model.retryable import RetryableReason
from zendesk_gupshup.model.ticket import (
    Attachment,
    Comment,
    CustomField,
    Organization,
    Ticket,
    User,
)
from zendesk_gupshup.model.write import File, TicketState, Update, Write
from zendesk_gupshup.pipeline import (
    Brain,
    OpenGate,
    Outcome,
    handle,
    unread_because,
    write_of,
)
from zendesk_gupshup.pipeline.apply import _not_kept
from zendesk_gupshup.pipeline.look import _without_idle_steps
from zendesk_gupshup.render.catalogue import Templates
from zendesk_gupshup.zendesk.errors import (
    Busy,
    Conflict,
    NotFound,
    OutcomeUnknown,
    Refused,
    TicketClosed,
    TicketGone,
    Unauthorized,
    Unreachable,
    ZendeskError,
)


@pytest.fixture(scope="module")
def brain() -> Brain:
    return Brain(dictionary=load(), templates=Templates.load())


def test_reply_and_note_are_each_one_update_and_the_second_look_finds_nothing(brain: Brain) -> None:
    zendesk = FakeZendesk()
    assert (handle(zendesk, 7, brain).did, zendesk.calls) == (
        "done",
        ["read", "upload", "upload", "reply", "check", "note"],
    )
    zendesk.calls.clear()
    outcome = handle(zendesk, 7, brain)
    assert (outcome.did, zendesk.calls, zendesk.written(public=True), zendesk.written(public=False)) == (
        "nothing",
        ["read", "read"],  # the ticket had just changed: a second look, when its second was over
        1,
        1,
    )


def test_a_log_attached_to_the_ticket_is_read_once_however_often_we_look(brain: Brain) -> None:
    zendesk = FakeZendesk("Our messages fail, see the file.")
    zendesk.files = {70: TEXT.encode()}
    first = zendesk.ticket_now.comments[0]
    log = Attachment(id=70, file_name="gateway.log", content_type="text/plain", size=len(TEXT))
    zendesk.ticket_now = zendesk.ticket_now.model_copy(
        update={"comments": (first.model_copy(update={"attachments": (log,)}),)}
    )
    assert handle(zendesk, 7, brain).did == "done"
    assert handle(zendesk, 7, brain).did == "nothing"
    assert zendesk.calls == ["read", "file", "upload", "upload", "reply", "check", "note", "read", "read"]


def test_a_dry_run_is_the_same_run_without_its_writes(brain: Brain) -> None:
    zendesk = FakeZendesk()
    dry = handle(zendesk, 7, brain, apply=False)
    assert (dry.did, zendesk.calls, zendesk.updates) == ("dry_run", ["read"], 0)
    wet = handle(zendesk, 7, brain)
    assert dry.look
    assert wet.look
    assert dry.look.updates == wet.look.updates


def test_a_reading_waits_until_the_second_of_the_webhook_is_over(brain: Brain) -> None:
    zendesk = FakeZendesk()
    handle(zendesk, 7, brain, seen_at=stamp(100))
    assert zendesk.now > 100


@pytest.mark.parametrize("applied", [True, False], ids=["after it was applied", "before it was applied"])
@pytest.mark.parametrize("update", [1, 2])
@pytest.mark.parametrize(
    "error", [OutcomeUnknown("it timed out"), Conflict("a conflict")], ids=["time-out", "conflict"]
)
def test_after_an_unclear_update_we_look_and_write_what_is_missing_once(
    brain: Brain, error: ZendeskError, update: int, applied: bool
) -> None:
    zendesk = FakeZendesk()
    zendesk.faults[update] = broken(error, applied=applied)
    outcome = handle(zendesk, 7, brain)
    assert (outcome.did, zendesk.written(public=True), zendesk.written(public=False)) == ("done", 1, 1)


@pytest.mark.parametrize("seconds", [0, 2], ids=["in_the_second_of_the_reply", "later"])
def test_an_agent_who_writes_between_our_two_updates_is_read_before_the_note(brain: Brain, seconds: int) -> None:
    zendesk = FakeZendesk()

    def agent_writes_after(zendesk: FakeZendesk, apply: Callable[[], Ticket]) -> Ticket:
        ours = apply()
        zendesk.now += seconds
        agent = Comment(id=50, author_id=3, public=True, body="Hello, I am on it.")
        zendesk.ticket_now = zendesk.ticket_now.model_copy(
            update={
                "updated_at": stamp(zendesk.now),
                "tags": (*zendesk.ticket_now.tags, "vip"),
                "comments": (*zendesk.ticket_now.comments, agent),
                "users": {**zendesk.ticket_now.users, 3: User(id=3, role="agent")},
            }
        )
        return ours

    zendesk.faults[1] = agent_writes_after
    assert handle(zendesk, 7, brain).did == "done"
    assert (zendesk.written(public=True), zendesk.written(public=False), "vip" in zendesk.ticket_now.tags) == (
        1,
        1,
        True,
    )


def test_a_ticket_that_keeps_changing_is_put_back(brain: Brain) -> None:
    zendesk = FakeZendesk()
    zendesk.faults = {n: broken(Conflict("a conflict"), applied=False) for n in range(1, 20)}
    outcome = handle(zendesk, 7, brain)
    assert (outcome.did, outcome.retry_after, zendesk.written(public=True)) == ("later", 30.0, 0)


@pytest.mark.parametrize(
    ("error", "did"),
    [
        (TicketGone("ticket 7: not found", status=404), "gone"),
        (TicketClosed("ticket 7: closed"), "gone"),
        (Refused("ticket 7: 422"), "failed"),
    ],
)
def test_what_is_final_for_the_ticket_is_an_outcome(brain: Brain, error: ZendeskError, did: str) -> None:
    zendesk = FakeZendesk()
    zendesk.faults[1] = broken(error, applied=False)
    outcome = handle(zendesk, 7, brain)
    assert (outcome.did, outcome.reason) == (did, str(error))


MISSING = [
    NotFound("GET /api/v2/somewhere.json: not found", status=404),
    NotFound("GET /api/v2/somewhere.json: not part of the plan", status=404),
    Unauthorized("GET /api/v2/somewhere.json: not allowed", status=403, account_wide=True),
    Refused("GET /api/v2/somewhere.json: refused", status=400),
    Refused("GET /api/v2/somewhere.json: refused", status=422),
]
NOT_MISSING = [
    Unauthorized("not accepted", status=401, account_wide=True),
    Busy("rate limit", status=429, retry_after=9),
    Refused("redirected", status=302, account_wide=True),
    Unreachable("cannot reach Zendesk"),
    Unreachable("Zendesk could not answer", status=500),
]


def _of_an_organization(zendesk: FakeZendesk) -> FakeZendesk:
    changed = {"organization_id": 50, "organization": Organization(id=50, name="Acme")}
    zendesk.ticket_now = zendesk.ticket_now.model_copy(update=changed)
    return zendesk


@pytest.mark.parametrize("error", MISSING, ids=lambda error: f"{type(error).__name__}-{error.status}")
def test_owners_that_cannot_be_read_are_unknown_and_the_client_is_answered(brain: Brain, error: ZendeskError) -> None:
    zendesk = _of_an_organization(FakeZendesk())
    zendesk.owners_fault = error
    outcome = handle(zendesk, 7, brain)
    assert (outcome.did, outcome.written) == ("done", ("reply", "note"))
    assert f"Not read: the organization's users (status {error.status})" in _plain(zendesk.ticket_now.comments[-1].body)
    assert outcome.look is not None
    assert outcome.look.decision.plan is not None
    assert "owner_email" in outcome.look.decision.plan.app.missing


@pytest.mark.parametrize("error", MISSING, ids=lambda error: f"{type(error).__name__}-{error.status}")
def test_groups_that_cannot_be_read_leave_the_group_and_the_client_is_answered(
    brain: Brain, error: ZendeskError
) -> None:
    zendesk = FakeZendesk()
    zendesk.groups_fault = error
    routed = replace(brain, policy=brain.policy.model_copy(update={"group": "WhatsApp N2"}))
    outcome = handle(zendesk, 7, routed)
    assert (outcome.did, outcome.written) == ("done", ("reply", "note"))
    told = f"Not read: the list of groups, so the group stays as it is (status {error.status})"
    assert told in _plain(zendesk.ticket_now.comments[-1].body)


@pytest.mark.parametrize("error", NOT_MISSING, ids=lambda error: f"{type(error).__name__}-{error.status}")
@pytest.mark.parametrize("which", ["owners_fault", "groups_fault"])
def test_what_is_about_more_than_one_list_is_not_taken_for_unknown(
    brain: Brain, error: ZendeskError, which: str
) -> None:
    zendesk = _of_an_organization(FakeZendesk())
    setattr(zendesk, which, error)
    routed = replace(brain, policy=brain.policy.model_copy(update={"group": "WhatsApp N2"}))
    with pytest.raises(type(error)):
        handle(zendesk, 7, routed)
    assert zendesk.updates == 0


def test_comments_that_are_missing_while_the_ticket_is_there_are_a_failure(brain: Brain) -> None:
    zendesk = FakeZendesk()
    error = NotFound("ticket 7: not found", status=404)
    zendesk.faults = {n: broken(error, applied=False) for n in range(1, 20)}
    outcome = handle(zendesk, 7, brain)
    assert (outcome.did, outcome.status, outcome.reason) == ("failed", 404, "ticket 7: not found")


def _plain(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html))


@pytest.mark.parametrize(
    "error",
    [Busy("rate limit", retry_after=9), Unauthorized("not accepted", account_wide=True)],
    ids=["busy", "credentials"],
)
def test_what_concerns_the_account_is_raised(brain: Brain, error: ZendeskError) -> None:
    zendesk = FakeZendesk()
    zendesk.faults[1] = broken(error, applied=False)
    with pytest.raises(type(error)):
        handle(zendesk, 7, brain)


def test_the_record_of_a_decision_holds_no_word_of_the_customer(brain: Brain) -> None:
    record = handle(FakeZendesk(), 7, brain).record()
    assert record == {
        "ticket_id": 7, "did": "done", "codes": ["gupshup_http 401"], "confidence": ["certain"], "mode": "auto",
        "kind": "owner_escalation", "language": "en", "missing": ["app_id", "app_name", "owner_email"], "guards": [],
        "written": ["reply", "note"], "looks": 1, "reason": None, "retry_after": None,
    }  # fmt: skip


def test_the_owner_is_a_tagged_user_where_no_field_names_one(brain: Brain) -> None:
    zendesk = FakeZendesk()
    organization = Organization(id=5, name="Example", organization_fields={"gupshup_app_name": "ExampleApp"})
    zendesk.ticket_now = zendesk.ticket_now.model_copy(update={"organization_id": 5, "organization": organization})
    outcome = handle(zendesk, 7, brain)
    assert outcome.look
    assert outcome.look.decision.plan
    app = outcome.look.decision.plan.app
    assert (app.owner_email, app.owner_name, app.sources["owner_email"], app.missing) == (
        "olga@example.com",
        "Olga Owner",
        "organization user",
        ("app_id",),
    )
    assert zendesk.calls.count("owners") == 1


EMPTY: dict[str, Any] = {
    "codes": [], "confidence": [], "mode": None, "kind": None, "language": None, "missing": [], "guards": [],
    "written": [], "looks": 1, "reason": None, "retry_after": None,
}  # fmt: skip


def test_the_record_of_a_ticket_that_was_not_looked_at_or_asks_for_nothing_is_whole(brain: Brain) -> None:
    zendesk = FakeZendesk("Thank you, all is well.")
    assert handle(zendesk, 7, brain).record() == {**EMPTY, "ticket_id": 7, "did": "nothing", "mode": "observe"}
    gone = FakeZendesk()
    gone.faults[1] = broken(TicketGone("ticket 7: not found", status=404), applied=False)
    told = {"ticket_id": 7, "did": "gone", "reason": "ticket 7: not found"}
    assert handle(gone, 7, brain).record() == {**EMPTY, **told}


def test_the_log_names_the_list_that_could_not_be_read(brain: Brain, caplog: pytest.LogCaptureFixture) -> None:
    zendesk = _of_an_organization(FakeZendesk())
    zendesk.owners_fault = NotFound("GET somewhere: not found", status=404)
    handle(zendesk, 7, brain, apply=False)
    assert caplog.messages == ["ticket 7: cannot read the organization's users (status 404): GET somewhere: not found"]


def test_a_ticket_that_changed_between_our_updates_is_told_in_the_log(
    brain: Brain, caplog: pytest.LogCaptureFixture
) -> None:
    zendesk = FakeZendesk()

    def tagged_after(zendesk: FakeZendesk, apply: Callable[[], Ticket]) -> Ticket:
        ours = apply()
        zendesk.ticket_now = ours.model_copy(update={"tags": (*ours.tags, "vip")})
        return ours

    zendesk.faults[1] = tagged_after
    with caplog.at_level("INFO", logger="zendesk_gupshup.pipeline"):
        assert handle(zendesk, 7, brain).did == "done"
    assert caplog.messages == ["ticket 7 changed between our two updates; reading the ticket again"]


ADVICE = (
    "so the ticket gets no further update. Check that tags on tickets are enabled, that there is room for one more "
    "(about 5,096 characters in all), and that no trigger sets or removes tags on our updates; then run "
    "`zendesk-gupshup failures retry`"
)
DRAFT = "gupshup_draft"


@pytest.mark.parametrize(
    ("kind", "add", "remove", "after", "told"),
    [
        ("reply", {"gupshup_replied__x", "gupshup"}, set(), {"gupshup_replied__x"}, None),
        ("reply", {"gupshup_replied__x"}, set(), {"vip"}, "Zendesk did not keep the tag gupshup_replied__x"),
        ("tags", {"a", "b"}, set(), {"a"}, "Zendesk did not keep the tag b"),
        ("tags", {"a"}, {"c"}, {"a", "c"}, "the tag c came back in the same update"),
        ("tags", {"b", "a"}, {"d", "c"}, {"c", "d"},
         "Zendesk did not keep the tag a and the tag c came back in the same update"),
        ("note", set(), {DRAFT, "other"}, {"other"}, None),
        ("note", set(), {DRAFT}, {DRAFT}, f"the tag {DRAFT} came back in the same update"),
        ("note", set(), {f"{DRAFT}__http_401"}, {f"{DRAFT}__http_401"},
         f"the tag {DRAFT}__http_401 came back in the same update"),
    ],
)  # fmt: skip
def test_what_was_not_kept_is_what_would_have_us_write_once_more(
    kind: Literal["reply", "note", "tags"], add: set[str], remove: set[str], after: set[str], told: str | None
) -> None:
    step = Step(kind=kind, add_tags=frozenset(add), remove_tags=frozenset(remove))
    answer = Ticket(id=7, tags=tuple(sorted(after)))
    assert _not_kept(step, answer) == (told and f"{told}, {ADVICE}")


def test_what_was_written_is_kept_with_the_state_before_and_after_of_what_it_touches() -> None:
    step = Step(kind="note", marker="m", custom_fields=(CustomField(id=1, value="new"),))
    untouched = CustomField(id=2, value="private")
    before = Ticket(id=7, tags=("vip",), status="new", priority="low", group_id=4, updated_at=stamp(1),
                    custom_fields=(CustomField(id=1, value=None), untouched))  # fmt: skip
    after = Ticket(id=7, tags=("m", "vip"), status="open", priority="high", group_id=5, updated_at=stamp(2),
                   custom_fields=(CustomField(id=1, value="new"), untouched), audit_id=70, comment_id=71)  # fmt: skip
    files = (File(name="guide.pdf", content_type="application/pdf", content=b"x"),)
    note = Update(step=step, html_body="<p>x</p>", public=False, files=files)
    was = TicketState(updated_at=stamp(1), tags=("vip",), group_id=4, priority="low", status="new",
                      custom_fields=(CustomField(id=1, value=None),))  # fmt: skip
    now = TicketState(updated_at=stamp(2), tags=("m", "vip"), group_id=5, priority="high", status="open",
                      custom_fields=(CustomField(id=1, value="new"),))  # fmt: skip
    assert write_of(note, before, after) == Write(
        kind="note", marker="m", public=False, files=("guide.pdf",), before=was, after=now, audit_id=70, comment_id=71
    )
    assert write_of(note.model_copy(update={"html_body": None}), before, after).public is None


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (1, "ticket 7: attachment 30 could not be read (not_fetched)"),
        (5, ", attachment 34 could not be read (not_fetched)"),
        (6, ", attachment 34 could not be read (not_fetched), and 1 more"),
        (8, ", attachment 34 could not be read (not_fetched), and 3 more"),
    ],
)
def test_at_most_five_unread_files_are_named(files: int, expected: str) -> None:
    told = unread_because(7, {30 + n: RetryableReason.NOT_FETCHED for n in range(files)})
    assert (told.startswith("ticket 7: attachment 30 could"), told.count("attachment")) == (True, min(files, 5))
    assert told.endswith(expected)


@pytest.mark.parametrize(("how", "run"), [({}, "live"), ({"run": "2026-11-21 old"}, "2026-11-21 old")])
def test_each_update_says_of_itself_the_run_the_step_and_the_codes(brain: Brain, how: dict[str, Any], run: str) -> None:
    zendesk = FakeZendesk()
    handle(zendesk, 7, brain, **how)
    told = [dict(c.metadata.custom) for c in zendesk.ticket_now.comments[1:] if c.metadata]
    ids = [one.pop("update") for one in told]
    assert len(set(ids)) == 2
    assert told == [
        {"zendesk_gupshup": run, "step": step, "marker": marker, "codes": "http_401"}
        for step, marker in (("reply", "gupshup_replied__http_401"), ("note", "gupshup_noted__http_401"))
    ]


class Told(OpenGate):
    """What a store would tell of every ticket."""

    def __init__(self, known: KnownWrites) -> None:
        self._known = known

    def known(self, ticket_id: int) -> KnownWrites:
        return self._known


@pytest.mark.parametrize(("listed", "not_kept"), [(False, "now"), (True, "before")])
def test_a_ticket_that_is_not_to_be_written_to_fails_with_the_reason_and_is_not_written(
    brain: Brain, listed: bool, not_kept: str
) -> None:
    zendesk = FakeZendesk()
    known = KnownWrites(closed="its marker was not kept", listed=listed)
    ended = handle(zendesk, 7, brain, gate=Told(known))
    assert (ended.did, ended.reason, ended.not_kept, ended.writes, ended.looks) == (
        "failed", "its marker was not kept", not_kept, (), 1,
    )  # fmt: skip
    assert (ended.look is not None, zendesk.updates) == (True, 0)
    assert handle(zendesk, 7, brain, gate=Told(known), apply=False).did == "dry_run"


MISSED = NotFound("ticket 7: no comments", status=404)
NEVER_KEPT = f"ticket 7: Zendesk did not keep the tag gupshup_replied__http_401, {ADVICE}"
ENDS: list[tuple[ZendeskError | None, dict[str, Any]]] = [
    (TicketGone("gone", status=404), {"did": "gone", "reason": "gone", "status": 404}),
    (Refused("refused", status=422), {"did": "failed", "reason": "refused", "status": 422}),
    (MISSED, {"did": "failed", "reason": "ticket 7: no comments", "status": 404, "looks": 4}),
    (Conflict("changed"), {"did": "later", "reason": "it kept changing", "looks": 4, "retry_after": 30.0}),
    (None, {"did": "failed", "reason": NEVER_KEPT, "not_kept": "now"}),
]


@pytest.mark.parametrize(("error", "expected"), ENDS, ids=["gone", "refused", "missing", "changing", "not_kept"])
def test_each_end_is_told_whole(brain: Brain, error: ZendeskError | None, expected: dict[str, Any]) -> None:
    zendesk = FakeZendesk()
    if error:
        zendesk.faults = {n: broken(error, applied=False) for n in range(1, 9)}
    else:
        zendesk.kept = lambda tags: tuple(tag for tag in tags if tag != "gupshup_replied__http_401")
    ended = handle(zendesk, 7, brain)
    assert [write.kind for write in ended.writes] == ([] if error else ["reply"])
    assert replace(ended, look=None, writes=()) == Outcome(ticket_id=7, **expected)


def plan_of(*steps: Step) -> Decision:
    plan = Plan(ticket_id=7, kind="remedy", language="en", lead=None, steps=steps)
    return Decision(ticket_id=7, mode=Mode.AUTO, plan=plan)


def tags(add: str = "", remove: str = "", **more: Any) -> Step:
    return Step(kind="tags", add_tags=frozenset(add.split()), remove_tags=frozenset(remove.split()), **more)


NOTE = Step(kind="note", add_tags=frozenset({"here"}))


@pytest.mark.parametrize(
    ("step", "left"),
    [
        (tags("here"), None),
        (tags("here", marker="here"), None),
        (tags(remove="away"), None),
        (tags("here", "away"), None),
        (tags("here", "here"), None),
        (tags("new"), tags("new")),
        (tags(remove="here"), tags(remove="here")),
        (tags("here new", "here"), tags("here new")),
        (tags("here", group="N2"), tags("here", group="N2")),
        (NOTE, NOTE),
    ],
)
def test_a_step_that_changes_nothing_is_left_out(step: Step, left: Step | None) -> None:
    of = Ticket(id=7, tags=("here", "vip"))
    assert _without_idle_steps(plan_of(step), of) == (
        plan_of(left) if left else plan_of().model_copy(update={"plan": None})
    )
    assert _without_idle_steps(plan_of(step, NOTE), of) == plan_of(*([left] if left else []), NOTE)


def test_owners_are_asked_for_only_where_the_owner_has_to_act(brain: Brain) -> None:
    zendesk = _of_an_organization(FakeZendesk("Meta answers (#131026) Message undeliverable since today."))
    outcome = handle(zendesk, 7, brain)
    assert outcome.look is not None
    assert outcome.look.decision.plan is not None
    assert (outcome.look.decision.plan.kind, outcome.written) == ("remedy", ("note",))
    assert zendesk.calls.count("owners") == 0
