"""What proves that a reply or a note went out on this ticket: tag, comment, store; and what proves nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from support.clock import Clock
from support.databases import ACCOUNT
from support.fake_zendesk import FakeZendesk, stamp
from support.ledger_entries import entry
from support.prior_writes import (
    ALL_OF_THEM,
    NOTED,
    OF_THE_401,
    OFF,
    REPLIED,
    change,
    copied,
    counts,
    guards,
    lose,
)
from zendesk_gupshup.decide.policy import Policy
from zendesk_gupshup.decide.prior_writes import KnownWrites, in_comments, is_copy, metadata_of
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.ledger.recorder import Recorder
from zendesk_gupshup.ledger.runs import LIVE
from zendesk_gupshup.ledger.write_gate import StoreGate, gate_of
from zendesk_gupshup.ledger.written_markers import WrittenMarkers
from zendesk_gupshup.model.outcome_reasons import GuardName
from zendesk_gupshup.model.plan import Step
from zendesk_gupshup.model.reason import Detail, Reason
from zendesk_gupshup.model.ticket import Comment, CustomField, Metadata, Ticket
from zendesk_gupshup.model.write import Update, Write
from zendesk_gupshup.pipeline import Brain, Journal, apply, handle, look_at
from zendesk_gupshup.pipeline.ports import UnclearUpdate
from zendesk_gupshup.render.catalogue import Templates
from zendesk_gupshup.storage.dead_letters import DeadLetters
from zendesk_gupshup.storage.send_quota import SendQuota
from zendesk_gupshup.zendesk.errors import Busy, OutcomeUnknown
from zendesk_gupshup.zendesk.payloads import assembled, tags_since_creation


@pytest.fixture(scope="module")
def brain() -> Brain:
    return Brain(dictionary=load(), templates=Templates.load())


def already(proved_by: Detail) -> list[Reason]:
    """That the reply and the note to HTTP 401 were written, by this proof in place of their tags."""
    return [
        GuardName.ALREADY_REPLIED(error="gupshup_http 401", proof=(proved_by(tag=REPLIED),)),
        GuardName.ALREADY_NOTED(error="gupshup_http 401", proof=(proved_by(tag=NOTED),)),
    ]


# --- A tag that was lost -------------------------------------------------------------------------------------


def test_a_lost_tag_brings_no_second_reply_or_note_and_is_put_back(brain: Brain) -> None:
    zendesk = FakeZendesk()
    handle(zendesk, 7, brain)
    for _ in range(3):
        lose(zendesk, "vip")
        outcome = handle(zendesk, 7, brain)
        assert (outcome.written, counts(zendesk)) == (("tags",), (1, 1))
        assert guards(outcome.look) == already(Detail.PROVED_BY_COMMENT)
        assert {"vip", "gupshup", "gupshup__http_401", REPLIED, NOTED} == set(zendesk.ticket_now.tags)
        assert handle(zendesk, 7, brain).did == "nothing"


def redacted(comment: Comment) -> Comment:
    return comment.model_copy(update={"body": "", "plain_body": "", "html_body": "", "metadata": Metadata()})


def anonymous(comment: Comment) -> Comment:
    return redacted(comment).model_copy(update={"author_id": None, "public": False})


@pytest.mark.parametrize("unread", [redacted, anonymous])
def test_the_stored_row_speaks_where_our_comment_says_nothing(
    engine: sa.Engine, brain: Brain, unread: Callable[[Comment], Comment]
) -> None:
    ledger, zendesk = Ledger(engine, ACCOUNT), FakeZendesk()
    handle(
        zendesk,
        7,
        brain,
        gate=gate_of(ledger, brain.policy.replies_per_hour),
        journal=Recorder(ledger, LIVE, lambda: 0),
    )
    first, *ours = zendesk.ticket_now.comments
    change(zendesk, comments=(first, *map(unread, ours)))
    lose(zendesk, "vip")
    written = zendesk.updates
    outcome = handle(
        zendesk,
        7,
        brain,
        gate=gate_of(ledger, brain.policy.replies_per_hour),
        journal=Recorder(ledger, LIVE, lambda: 0),
    )
    assert (outcome.written, zendesk.updates - written) == (("tags",), 1)
    assert [one for one in guards(outcome.look) if one in already(Detail.PROVED_BY_STORE)] == already(
        Detail.PROVED_BY_STORE
    )
    assert {REPLIED, NOTED} <= set(zendesk.ticket_now.tags)


def test_a_reservation_alone_silences_nobody(engine: sa.Engine, brain: Brain) -> None:
    ledger, zendesk = Ledger(engine, ACCOUNT), FakeZendesk()
    assert SendQuota(engine, ACCOUNT).acquire_reply(7, REPLIED, 100)
    outcome = handle(
        zendesk,
        7,
        brain,
        gate=gate_of(ledger, brain.policy.replies_per_hour),
        journal=Recorder(ledger, LIVE, lambda: 0),
    )
    assert (outcome.written, counts(zendesk)) == (("reply", "note"), (1, 1))


def test_the_store_is_asked_once_and_only_where_something_is_due(engine: sa.Engine, brain: Brain) -> None:
    ledger, zendesk = Ledger(engine, ACCOUNT), FakeZendesk()
    asked: list[int] = []

    class Counting(StoreGate):
        def known(self, ticket_id: int) -> KnownWrites:
            asked.append(ticket_id)
            return super().known(ticket_id)

    gate = Counting(ledger.markers, SendQuota(engine, ACCOUNT), replies_per_hour=100)
    handle(zendesk, 7, brain, gate=gate, journal=Recorder(ledger, LIVE, lambda: 0))
    handle(zendesk, 7, brain, gate=gate, journal=Recorder(ledger, LIVE, lambda: 0))
    assert (asked, zendesk.calls.count("audits")) == ([7], 0)


def test_a_store_that_cannot_be_read_puts_the_ticket_off(engine: sa.Engine, brain: Brain) -> None:
    ledger, zendesk = Ledger(engine, ACCOUNT), FakeZendesk()
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE zg_sent")
    with pytest.raises(Busy, match="the database cannot be used"):
        handle(
            zendesk,
            7,
            brain,
            gate=gate_of(ledger, brain.policy.replies_per_hour),
            journal=Recorder(ledger, LIVE, lambda: 0),
        )
    assert zendesk.updates == 0


def test_the_ledgers_writes_of_an_older_version_are_a_witness(engine: sa.Engine) -> None:
    before = apply.state_of(Ticket(id=7, tags=("vip", NOTED)), Step(kind="reply"))
    after = before.model_copy(update={"tags": ("vip", NOTED, REPLIED, "gupshup_replied__1003")})
    write = Write(kind="reply", marker=REPLIED, public=True, before=before, after=after)
    Ledger(engine, ACCOUNT).record(entry(ticket_id=7, did="done", writes=(write,)))
    assert WrittenMarkers(engine, ACCOUNT).of(7).proofs == {("reply", "http_401"), ("reply", "1003")}
    assert WrittenMarkers(engine, "https://other.zendesk.com").of(7).proofs == frozenset()
    assert WrittenMarkers(engine, ACCOUNT).of(8).proofs == frozenset()


def test_what_is_forgotten_is_no_witness_and_what_is_old_goes(engine: sa.Engine) -> None:
    clock = Clock()
    remembered = WrittenMarkers(engine, ACCOUNT, now=clock)
    remembered.keep(7, {("reply", "http_401"), ("note", "http_401")})
    remembered.keep(7, {("reply", "http_401")})
    remembered.keep(8, {("reply", "1003")})
    assert remembered.of(7).proofs == {("reply", "http_401"), ("note", "http_401")}
    SendQuota(engine, ACCOUNT, now=clock).prune()
    Ledger(engine, ACCOUNT).forget(ticket=7)
    assert remembered.of(7).proofs == frozenset()
    assert remembered.of(8).proofs == {("reply", "1003")}
    remembered.forget_before(clock.now + 1)
    assert remembered.of(8).proofs == frozenset()


# --- What a comment proves -----------------------------------------------------------------------------------


def custom(**told: str) -> Metadata:
    return Metadata(custom={"zendesk_gupshup": "live", **told})


@pytest.mark.parametrize(
    ("comment", "proven"),
    [
        (
            {"metadata": custom(step="reply", marker=REPLIED, codes="1003 http_401")},
            {("reply", "http_401"), ("reply", "1003")},
        ),
        ({"metadata": custom(step="reply", marker=REPLIED)}, {("reply", "http_401")}),
        ({"metadata": custom(step="note", marker="", codes="1003"), "public": False}, {("note", "1003")}),
        ({"metadata": custom(step="reply", codes="1003"), "public": False}, {("reply", "1003")}),
        ({"metadata": custom(step="reply", marker="gupshup_corrected__x"), "body": "Ignore the 401."}, set()),
        ({"metadata": custom(step="tags", codes="1003")}, set()),
        ({"body": "An authentication error has been detected (401)."}, {("reply", "http_401")}),
        ({"body": "Code 1003, as told.", "metadata": Metadata()}, {("reply", "1003")}),
        ({"body": "Code 1003.", "public": False}, {("note", "1003")}),
        ({"body": "Invoice 14010, version 4.401, call 401-22."}, set()),
        ({"body": "HTTP 401", "author_id": 3}, set()),
        ({"body": "Request #3 was merged: HTTP 401", "via": {"channel": "web", "source": {"rel": "merge"}}}, set()),
        ({"body": "HTTP 401", "author_id": None}, set()),
    ],
)  # fmt: skip
def test_our_comment_proves_what_its_metadata_or_its_words_name(
    comment: Mapping[str, Any], proven: set[tuple[str, str]]
) -> None:
    first = Comment(id=1, author_id=900, body="HTTP 401 and 1003")
    second = Comment.model_validate({"id": 2, "author_id": 900, **comment})
    found = in_comments(Ticket(id=7, our_user_id=900, comments=(first, second)), ("http_401", "1003"))
    assert found == proven


def test_nobody_is_us_where_we_do_not_know_who_we_are() -> None:
    comment = Comment(id=2, author_id=None, body="HTTP 401")
    assert in_comments(Ticket(id=7, comments=(comment, comment)), ("http_401",)) == frozenset()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (
            {"system": {"ip_address": "192.0.2.10"}, "custom": {"zendesk_gupshup": "live", "n": 1}},
            {"zendesk_gupshup": "live"},
        ),
        ({"system": {"ip_address": "192.0.2.10"}, "custom": ["anything"]}, {}),
        ({"custom": None}, {}),
        ("words", None),
        (None, None),
    ],
)  # fmt: skip
def test_of_a_comments_metadata_only_custom_words_are_kept(given: Any, kept: Mapping[str, str] | None) -> None:
    page = {"comments": [{"id": 1, "metadata": given}]}
    comment = assembled({"ticket": {"id": 7}}, [page], "the ticket", 900).comments[0]
    assert (comment.metadata.custom if comment.metadata else None) == kept
    assert "192.0.2.10" not in comment.model_dump_json()


def test_an_update_names_every_code_that_it_covers() -> None:
    tags = frozenset(("gupshup", REPLIED, "gupshup_replied__1003", "gupshup_noted__meta_131049"))
    assert metadata_of(Step(kind="reply", marker=REPLIED, add_tags=tags), "live") == {
        "zendesk_gupshup": "live", "step": "reply", "marker": REPLIED, "codes": "1003 http_401",
    }  # fmt: skip


# --- A person with the worker's user -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metadata", "public", "guard"),
    [
        (Metadata(), True, ["agent_answered"]),
        (Metadata(custom={"app": "other"}), True, ["agent_answered"]),
        (Metadata(), False, []),
        (custom(step="reply", marker="gupshup_corrected__x"), True, []),
        (None, True, []),
    ],
)
def test_who_answers_by_hand_with_our_user_is_an_agent(
    brain: Brain, metadata: Metadata | None, public: bool, guard: list[str]
) -> None:
    zendesk = FakeZendesk()
    answer = Comment(id=50, author_id=900, public=public, body="Hello, I am on it.", metadata=metadata)
    change(zendesk, comments=(*zendesk.ticket_now.comments, answer))
    outcome = handle(zendesk, 7, brain)
    assert [one.name for one in guards(outcome.look)] == guard
    assert outcome.written == (("note",) if guard else ("reply", "note"))


def test_what_our_user_answered_for_the_caller_in_the_first_place_is_no_answer(brain: Brain) -> None:
    zendesk = FakeZendesk()
    first = zendesk.ticket_now.comments[0]
    change(zendesk, comments=(first.model_copy(update={"author_id": 900}), first.model_copy(update={"id": 11})))
    outcome = handle(zendesk, 7, brain)
    assert guards(outcome.look) == []


# --- A ticket made out of another one ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("via", "copy"),
    [
        ({"channel": "web", "source": {"rel": "follow_up", "from": {"ticket_id": 3}}}, True),
        ({"channel": "email", "source": {"rel": "follow_up", "from": {}}}, True),
        ({"channel": "closed_ticket", "source": {"rel": None}}, False),
        ({"channel": "web", "source": {"rel": "ticket_split", "from": {"ticket_id": 3}}}, True),
        ({"channel": "api", "source": {"rel": "clone"}}, True),
        ({"channel": "web", "source": {"rel": None, "from": {"ticket_id": 3}}}, True),
        ({"channel": "web", "source": {"rel": "merge", "from": {"ticket_id": 3}}}, False),
        ({"channel": "web", "source": {"rel": None, "from": {"ticket_id": 7}}}, False),
        ({"channel": "web", "source": {"rel": None, "from": {}}}, False),
        ({"channel": "web", "source": {"rel": 4, "from": []}}, False),
        ({"channel": "email", "source": {"rel": None, "from": {"address": "copy@example.com"}}}, False),
    ],
)
def test_a_copy_is_known_by_where_it_came_from(via: Mapping[str, Any], copy: bool) -> None:
    assert is_copy(Ticket.model_validate({"id": 7, "via": via})) is copy


@pytest.mark.parametrize("off", [(), (OFF,)])
def test_the_same_error_on_a_follow_up_gets_its_reply_and_its_note(brain: Brain, off: tuple[str, ...]) -> None:
    zendesk = copied(*ALL_OF_THEM, *off)
    outcome = handle(zendesk, 7, brain)
    assert (outcome.written, counts(zendesk), guards(outcome.look)) == (("reply", "note"), (1, 1), [])
    assert set(zendesk.ticket_now.tags) == {*OF_THE_401, "vip", "gupshup_vip"}
    assert (handle(zendesk, 7, brain).did, zendesk.calls.count("audits")) == ("nothing", 0)


def test_off_is_inherited_only_where_the_setting_says_so() -> None:
    keeping = Brain(load(), Templates.load(), Policy(inherit_off=True))
    zendesk = copied(*ALL_OF_THEM, OFF)
    outcome = handle(zendesk, 7, keeping)
    assert (outcome.did, [guard.name for guard in guards(outcome.look)]) == ("nothing", ["off"])


def test_a_follow_up_without_any_error_only_loses_what_it_took_over(brain: Brain) -> None:
    zendesk = copied(*ALL_OF_THEM, text="Thank you, could you send the invoice of May?")
    outcome = handle(zendesk, 7, brain)
    assert (outcome.written, counts(zendesk), zendesk.ticket_now.tags) == (("tags",), (0, 0), ("gupshup_vip", "vip"))
    assert handle(zendesk, 7, brain).did == "nothing"


def test_where_nothing_is_to_be_written_the_tags_stay() -> None:
    observing = Brain(load(), Templates.load(), Policy.model_validate({"cap": "observe"}))
    zendesk = copied(*ALL_OF_THEM)
    assert (handle(zendesk, 7, observing).did, zendesk.updates) == ("nothing", 0)


@pytest.mark.parametrize(
    ("made_with", "written", "guard"),
    [
        # An agent set it on the follow-up: a wish for this ticket.
        (frozenset(ALL_OF_THEM), (), ["off"]),
        (frozenset((*ALL_OF_THEM, OFF)), ("reply", "note"), []),
        # Its audits cannot be read: whoever set it may have meant this ticket.
        (None, (), ["off"]),
    ],
)
def test_off_that_was_set_on_the_follow_up_itself_stands(
    brain: Brain, made_with: frozenset[str] | None, written: tuple[str, ...], guard: list[str]
) -> None:
    zendesk = copied(*ALL_OF_THEM, OFF, touched=True)
    zendesk.made_with = made_with
    outcome = handle(zendesk, 7, brain)
    assert (outcome.written, [one.name for one in guards(outcome.look)]) == (written, guard)
    assert zendesk.calls.count("audits") == 1


def test_off_set_after_our_first_update_stands_without_another_request(brain: Brain) -> None:
    zendesk = copied(*ALL_OF_THEM, OFF)
    handle(zendesk, 7, brain)
    lose(zendesk, *zendesk.ticket_now.tags, OFF)
    outcome = handle(zendesk, 7, brain)
    assert (outcome.did, [guard.name for guard in guards(outcome.look)], zendesk.calls.count("audits")) == (
        "nothing", ["off"], 0,
    )  # fmt: skip


def test_a_draft_that_an_agent_asks_for_on_a_follow_up_is_written(brain: Brain) -> None:
    zendesk = copied(*ALL_OF_THEM, text="Thank you, could you help us?")
    handle(zendesk, 7, brain)
    zendesk.made_with = frozenset()
    lose(zendesk, *zendesk.ticket_now.tags, "gupshup_draft")
    outcome = handle(zendesk, 7, brain)
    assert (outcome.written, counts(zendesk), "gupshup_draft" in zendesk.ticket_now.tags) == (("note",), (0, 1), False)


def test_a_clone_that_does_not_say_so_is_known_by_its_audits(brain: Brain) -> None:
    zendesk = FakeZendesk(tags=ALL_OF_THEM)
    zendesk.made_with = frozenset(ALL_OF_THEM)
    outcome = handle(zendesk, 7, brain)
    assert (outcome.written, counts(zendesk), zendesk.calls.count("audits")) == (("reply", "note"), (1, 1), 1)
    assert set(zendesk.ticket_now.tags) == {*OF_THE_401, "vip", "gupshup_vip"}


@pytest.mark.parametrize("made_with", [frozenset(), None])
def test_a_marker_that_was_set_by_hand_keeps_the_reply_back(brain: Brain, made_with: frozenset[str] | None) -> None:
    zendesk = FakeZendesk(tags=tuple(OF_THE_401))
    zendesk.made_with = made_with
    outcome = handle(zendesk, 7, brain)
    assert (outcome.did, [guard.name for guard in guards(outcome.look)]) == (
        "nothing",
        ["already_replied", "nothing_left"],
    )


def test_the_parents_field_gives_way_to_the_code_found_here() -> None:
    policy = Policy.model_validate({"fields": {"error_code": 5}})
    ticket = copied("gupshup__1003").ticket_now
    ticket = ticket.model_copy(update={"custom_fields": (CustomField(id=5, value="gupshup__1003"),)})
    look = look_at(ticket, Brain(load(), Templates.load(), policy))
    assert [field.value for field in look.updates[0].step.custom_fields] == ["gupshup__http_401"]
    assert look.updates[0].step.remove_tags == {"gupshup__1003"}


@pytest.mark.parametrize(
    ("audits", "since"),
    [
        ([[("Create", ["a", "b"])]], {"a", "b"}),
        ([[("Create", "a b"), ("Change", "a b c")]], {"a", "b"}),
        ([[("Create", ["a", "b"])], [("Change", ["a"])], [("Change", ["a", "b"])]], {"a"}),
        ([[], [("Change", ["a"])]], set()),
        ([[("Create", None)]], set()),
        ([], set()),
    ],
)
def test_audits_tell_which_tags_a_ticket_was_made_with(audits: list[list[tuple[str, Any]]], since: set[str]) -> None:
    raw = [
        {"events": [{"type": "Comment"}] + [{"type": t, "field_name": "tags", "value": v} for t, v in events]}
        for events in audits
    ]
    assert tags_since_creation(raw) == since


# --- A tag that is not kept ----------------------------------------------------------------------------------


def no_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    """Tags on tickets are switched off."""
    return ()


def without_markers(tags: tuple[str, ...]) -> tuple[str, ...]:
    """The field was full: what came last did not fit."""
    return tuple(tag for tag in tags if "replied" not in tag and "noted" not in tag)


def only_vip(tags: tuple[str, ...]) -> tuple[str, ...]:
    """A trigger with "Set tags" runs on our own update."""
    return ("vip",)


@pytest.mark.parametrize("kept", [no_tags, without_markers, only_vip])
def test_where_the_marker_is_not_kept_the_ticket_is_written_once_and_listed(
    engine: sa.Engine, brain: Brain, kept: Callable[[tuple[str, ...]], tuple[str, ...]]
) -> None:
    ledger, failures, zendesk = Ledger(engine, ACCOUNT), DeadLetters(engine, ACCOUNT), FakeZendesk()
    zendesk.kept = kept

    def again() -> Any:
        zendesk.now += 2
        recording = Recorder(ledger, LIVE, lambda: 0)
        gate = gate_of(ledger, brain.policy.replies_per_hour)
        outcome = handle(zendesk, 7, brain, gate=gate, journal=recording)
        recording.close(outcome)
        return outcome

    first = again()
    assert (first.did, first.written, first.not_kept, counts(zendesk)) == ("failed", ("reply",), "now", (1, 0))
    one = failures.get(7)
    assert one
    assert (one.kind, one.state) == ("not_kept", "open")
    assert "Zendesk did not keep the tag gupshup_replied__http_401" in one.reason
    for _ in range(3):
        outcome = again()
        assert (outcome.did, outcome.not_kept, outcome.reason) == ("failed", "before", one.reason)
    assert (zendesk.updates, failures.get(7)) == (1, one)
    # Dropped from the list is not asked for again.
    failures.drop([7], "as it is")
    assert (again().not_kept, zendesk.updates) == ("before", 1)
    # Asked for again with nothing mended, the note follows and it is listed once more; mended, only tags are missing.
    failures.retry([7], lambda _: None)
    assert (again().not_kept, counts(zendesk)) == ("now", (1, 1))
    failures.retry([7], lambda _: None)
    zendesk.kept = lambda tags: tags
    assert (again().written, counts(zendesk), again().did) == (("tags",), (1, 1), "nothing")


def test_a_request_that_comes_back_with_its_answer_is_answered_once(engine: sa.Engine, brain: Brain) -> None:
    ledger, zendesk = Ledger(engine, ACCOUNT), FakeZendesk(tags=("gupshup_draft",))
    zendesk.kept = lambda tags: (*tags, "gupshup_draft") if "gupshup_noted__http_401" in tags else tags
    for _ in range(4):
        zendesk.now += 2
        recording = Recorder(ledger, LIVE, lambda: 0)
        gate = gate_of(ledger, brain.policy.replies_per_hour)
        outcome = handle(zendesk, 7, brain, gate=gate, journal=recording)
        recording.close(outcome)
    assert (outcome.did, counts(zendesk)) == ("failed", (1, 1))
    assert "the tag gupshup_draft came back in the same update" in str(outcome.reason)


def test_who_answers_each_update_with_tags_of_his_own_is_not_answered_for_ever(engine: sa.Engine, brain: Brain) -> None:
    ledger, zendesk = Ledger(engine, ACCOUNT), FakeZendesk()
    seen = []
    for _ in range(8):
        recording = Recorder(ledger, LIVE, lambda: 0)
        gate = gate_of(ledger, brain.policy.replies_per_hour)
        outcome = handle(zendesk, 7, brain, gate=gate, journal=recording)
        recording.close(outcome)
        seen.append(outcome.written)
        lose(zendesk, "vip")
    assert (seen, counts(zendesk)) == ([("reply", "note"), *[("tags",)] * 3, (), (), (), ()], (1, 1))
    one = DeadLetters(engine, ACCOUNT).get(7)
    assert one
    assert one.reason == "ticket 7: our marker tags were put back 3 times in 24 hours, and lost each time"


# --- Notes of a day ------------------------------------------------------------------------------------------


def with_notes(count: int, **told: str) -> FakeZendesk:
    zendesk = FakeZendesk()
    at = datetime.fromisoformat(stamp(80))
    notes = [
        Comment(id=100 + n, author_id=900, public=False, metadata=custom(step="note", **told), created_at=at)
        for n in range(count)
    ]
    change(zendesk, comments=(*zendesk.ticket_now.comments, *notes))
    return zendesk


@pytest.mark.parametrize(("notes", "written"), [(4, ("reply", "note")), (5, ("reply",)), (6, ("reply",))])
def test_a_ticket_has_so_many_notes_a_day(brain: Brain, notes: int, written: tuple[str, ...]) -> None:
    zendesk = with_notes(notes, marker="gupshup_noted__1003")
    outcome = handle(zendesk, 7, brain)
    assert outcome.written == written
    assert [guard.name for guard in guards(outcome.look)] == ["notes_cap"] * (notes >= 5)
    assert handle(zendesk, 7, brain).written == ()


def test_notes_of_yesterday_count_no_more(brain: Brain) -> None:
    zendesk = with_notes(9, marker="gupshup_noted__1003")
    old = datetime.fromisoformat(stamp(90)).replace(tzinfo=UTC) - timedelta(hours=24)
    first, *notes = zendesk.ticket_now.comments
    change(zendesk, comments=(first, *(n.model_copy(update={"created_at": old}) for n in notes)))
    assert handle(zendesk, 7, brain).written == ("reply", "note")


def test_drafts_that_agents_ask_for_have_places_of_their_own(brain: Brain) -> None:
    zendesk = with_notes(5, marker="gupshup_noted__1003")
    change(zendesk, tags=("gupshup_draft",))
    assert handle(zendesk, 7, brain).written == ("reply", "note")
    full = with_notes(5, marker="")
    last = Comment(id=200, author_id=1, body="Anything new?", created_at=datetime.fromisoformat(stamp(85)))
    change(full, tags=("gupshup_draft",), comments=(*full.ticket_now.comments, last))
    outcome = handle(full, 7, brain)
    # The request waits on the ticket for the next day.
    assert (outcome.written, "gupshup_draft" in full.ticket_now.tags) == (("reply",), True)
    assert [guard.name for guard in guards(outcome.look)] == ["notes_cap"]


# --- An update whose answer was lost -------------------------------------------------------------------------


@pytest.mark.parametrize(("applied", "written"), [(True, ["reply", "note"]), (False, ["note"])])
def test_whether_a_lost_update_was_applied_is_told_by_its_own_comment(
    brain: Brain, applied: bool, written: list[str]
) -> None:
    """Its tags tell nothing: somebody took them away, or somebody else set the same ones."""
    zendesk, journal = FakeZendesk(), Journal()

    def lost(zendesk: FakeZendesk, apply: Callable[[], Ticket]) -> Ticket:
        if applied:
            apply()
        lose(zendesk, *(() if applied else OF_THE_401 - {NOTED}))
        raise OutcomeUnknown("it timed out")

    zendesk.faults[1] = lost
    handle(zendesk, 7, brain, journal=journal)
    assert ([write.kind for write in journal.writes], zendesk.written(public=True)) == (written, int(applied))


def test_a_lost_update_that_changes_no_tag_is_not_taken_for_one_that_was_applied(brain: Brain) -> None:
    """Tags alone are told by the tags: none changed, so it was not applied."""
    journal = Journal()
    ticket = FakeZendesk(tags=("gupshup", "gupshup__http_401")).ticket_now
    step = Step(kind="tags", add_tags=frozenset(("gupshup", "gupshup__http_401")), priority="high")
    journal.unclear = UnclearUpdate(Update(step=step), ticket, "id")
    apply.settle_unclear_update(journal, ticket)
    assert journal.writes == []


@pytest.mark.parametrize("spoken", ["thanks", "error"])
def test_a_renewed_tag_alone_is_no_reason_for_another_update(brain: Brain, spoken: str) -> None:
    """A copy that was never written on: what came with it is known by its audits at every look."""
    zendesk = copied("gupshup", "gupshup__http_401", touched=True, **({"text": "Thanks"} if spoken == "thanks" else {}))
    zendesk.made_with = frozenset(("gupshup", "gupshup__http_401"))
    change(zendesk, status="solved")
    first, second = handle(zendesk, 7, brain), handle(zendesk, 7, brain)
    assert (first.written, second.did) == ((("tags",) if spoken == "thanks" else ()), "nothing")
