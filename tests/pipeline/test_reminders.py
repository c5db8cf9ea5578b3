"""Reminders of an owner who is waited for: when they go out, what stops them, and that each goes out once."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from support.answered_ticket import AGENT, FIRST, US, desk, note, reply, said, write
from support.fake_zendesk import FakeZendesk, broken
from zendesk_gupshup.decide.account import DirectoryRow
from zendesk_gupshup.decide.policy import Policy
from zendesk_gupshup.decide.prior_writes import KnownWrites
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.office_hours import OfficeHours
from zendesk_gupshup.model.plan import Mode, Step
from zendesk_gupshup.model.ticket import Organization, Ticket, Via
from zendesk_gupshup.pipeline import Brain, BrandRules, OpenGate, handle
from zendesk_gupshup.render.catalogue import Templates
from zendesk_gupshup.render.prefilled_link import GupshupDesk
from zendesk_gupshup.zendesk.errors import OutcomeUnknown

ASKED = datetime(2026, 11, 21, 9, tzinfo=UTC)
SILENT = "gupshup_owner_reminder"
ONCE, TWICE = "gupshup_replied__reminder_1", "gupshup_replied__reminder_2"
REMINDING = Policy(remind_after=("2d", "5d"))
Done = list[tuple[int, str]]


@pytest.fixture(scope="module")
def brain() -> Brain:
    return Brain(dictionary=load(), templates=Templates.load(), policy=REMINDING)


def look(zendesk: FakeZendesk, brain: Brain, hours: float, **more: Any) -> list[str]:
    """What a visit so many hours after the escalation writes, stamped with that time."""
    now = ASKED + timedelta(hours=hours)
    before = len(zendesk.calls)
    handle(zendesk, 7, brain, clock=now.timestamp, **more)
    written = [call for call in zendesk.calls[before:] if call in ("reply", "note", "tags")]
    ticket = zendesk.ticket_now
    if written:
        last = ticket.comments[-1].model_copy(update={"created_at": now})
        zendesk.ticket_now = ticket.model_copy(update={"comments": (*ticket.comments[:-1], last)})
    return written


def over(zendesk: FakeZendesk, brain: Brain, days: int = 14, every: int = 1) -> Done:
    """Which hours of these days something was written in, and what, with a visit `every` so many hours."""
    return [(hour, what) for hour in range(0, days * 24, every) for what in look(zendesk, brain, hour)]


def seldom(zendesk: FakeZendesk, brain: Brain) -> Done:
    """The same with four visits a day, those at which something could be due among them."""
    return over(zendesk, brain, every=6)


def waiting(*later: Any, **more: Any) -> FakeZendesk:
    return desk(reply(), note(), *later, **more)


def last(zendesk: FakeZendesk) -> str:
    return " ".join(unescape(re.sub("<[^>]+>", " ", zendesk.ticket_now.comments[-1].body)).split())


def with_policy(brain: Brain, **changes: Any) -> Brain:
    return replace(brain, policy=brain.policy.model_copy(update=changes))


def test_two_reminders_and_then_a_note_and_a_tag(brain: Brain) -> None:
    zendesk = waiting()
    assert over(zendesk, brain) == [(48, "reply"), (120, "reply"), (168, "note")]
    assert set(zendesk.ticket_now.tags) == {*FIRST, ONCE, TWICE, "gupshup_noted__reminder_over", SILENT}
    assert "reminders sent: 2" in last(zendesk)


@pytest.mark.parametrize(
    ("language", "greeting"),
    [
        ("en", "We wrote to you on 2026-11-21 about the error HTTP 401"),
        ("es", "Le escribimos el 2026-11-21 sobre el error HTTP 401"),
        ("pt", "Escrevemos a você em 2026-11-21 sobre o erro HTTP 401"),
        ("fr", "Nous vous avons écrit le 2026-11-21 au sujet de l'erreur HTTP 401"),
    ],
)
def test_it_is_in_the_language_of_the_reply_and_brings_no_files(brain: Brain, language: str, greeting: str) -> None:
    zendesk = desk(reply(language), note())
    outcome = handle(zendesk, 7, brain, clock=(ASKED + timedelta(hours=50)).timestamp)
    assert outcome.look is not None
    [update] = outcome.look.updates
    assert (update.public, update.files) == (True, ())
    assert greeting in last(zendesk)
    assert "support.gupshup.io" in str(update.html_body)


def test_texts_and_signature_are_those_of_the_tickets_brand(brain: Brain, tmp_path: Path) -> None:
    (tmp_path / "reply").mkdir()
    words = '{% include "reply/_hello.en.md.j2" %}\n\nStill waiting.\n{% include "reply/_bye.en.md.j2" %}'
    (tmp_path / "reply" / "reminder.en.md.j2").write_text(words, "utf-8")
    rules = BrandRules(Mode.AUTO, Templates.load(tmp_path), GupshupDesk(team_name="Acme support"))
    branded = replace(brain, brands={5: rules})
    for number, said_so in ((5, True), (6, False)):
        zendesk = waiting(brand_id=number)
        assert look(zendesk, branded, 48) == ["reply"]
        assert ("Still waiting." in last(zendesk), "Acme support" in last(zendesk)) == (said_so, said_so)


def test_a_brand_that_only_assists_gets_a_note(brain: Brain) -> None:
    rules = BrandRules(Mode.ASSIST, brain.templates, GupshupDesk())
    assert look(waiting(brand_id=5), replace(brain, brands={5: rules}), 48) == ["note"]


def test_the_status_set_with_it_is_the_accounts_own(brain: Brain) -> None:
    pending = with_policy(brain, pending_after_reply=True, pending_status=360030)
    outcome = handle(waiting(), 7, pending, clock=(ASKED + timedelta(hours=50)).timestamp)
    assert outcome.look is not None
    assert [(u.step.status, u.step.custom_status_id) for u in outcome.look.updates] == [("pending", 360030)]


def test_one_reminder_in_hours(brain: Brain) -> None:
    assert over(waiting(), with_policy(brain, remind_after=("36h",)), 5) == [(36, "reply"), (72, "note")]


def test_without_the_setting_or_without_a_clock_nothing_becomes_due(brain: Brain) -> None:
    assert seldom(waiting(), with_policy(brain, remind_after=())) == []
    zendesk = waiting()
    assert handle(zendesk, 7, brain).did == "nothing"


# --- What stops it -------------------------------------------------------------------------------------------

AWAY = "I am out of the office until Monday, with no access to my e-mail."
MERGED = said("Request #9 was closed and merged into this request.", AGENT).model_copy(
    update={"via": Via(channel="web", source={"rel": "merge"})}
)


def _without_state() -> tuple[str, ...]:
    return tuple(tag for tag in FIRST if "state" not in tag)


STOPS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("words of the client", (said("We are on it."), note()), {}),
    ("words of the client, and an agent's", (said("We are on it."), said("Thanks!", AGENT)), {}),
    ("a merged ticket", (MERGED,), {}),
    ("no state", (), {"tags": _without_state()}),
    ("at Gupshup", (), {"tags": (*_without_state(), "gupshup_state__at_gupshup")}),
    ("settled too", (), {"tags": (*FIRST, "gupshup_state__settled")}),
    ("off", (), {"tags": (*FIRST, "gupshup_off")}),
    ("of another brand than those listed", (), {"brand_id": 6}),
    ("solved", (), {"status": "solved"}),
    ("closed", (), {"status": "closed"}),
]


@pytest.mark.parametrize(("later", "more"), [row[1:] for row in STOPS], ids=[row[0] for row in STOPS])
def test_what_stops_it(brain: Brain, later: tuple[Any, ...], more: dict[str, Any]) -> None:
    zendesk = waiting(*later, **more)
    ours = with_policy(brain, brands=frozenset({5})) if "brand_id" in more else brain
    assert [what for _, what in seldom(zendesk, ours) if what != "tags"] == []


def test_it_stops_between_two_reminders(brain: Brain) -> None:
    zendesk = waiting()
    assert look(zendesk, brain, 48) == ["reply"]
    write(zendesk, said("Who is the owner?", day=24))
    assert [what for _, what in seldom(zendesk, brain) if what != "tags"] == []


def test_a_machine_that_says_that_nobody_is_there_does_not_stop_it(brain: Brain) -> None:
    assert (48, "reply") in over(waiting(said(AWAY)), brain, 4)


def test_a_further_reply_that_asks_the_owner_starts_the_clock_again(brain: Brain) -> None:
    completed = said("x", US, step=Step(kind="reply", marker="gupshup_replied__completed"), day=23)
    zendesk = waiting(said("App Name: AdaBakery"), completed, note())
    assert over(zendesk, brain, 5) == [(96, "reply")]


# --- A note in place of it -----------------------------------------------------------------------------------


@pytest.mark.parametrize("changes", [{"cap": Mode.ASSIST}, {"modes": {"gupshup_http 401": Mode.OBSERVE}}])
def test_without_auto_the_agent_gets_it_in_a_note(brain: Brain, changes: dict[str, Any]) -> None:
    zendesk = waiting()
    assisting = with_policy(brain, **changes)
    assert look(zendesk, assisting, 48) == ["note"]
    assert "Reminder 1 is due" in last(zendesk)
    assert "We wrote to you on 2026-11-21" in last(zendesk)
    assert seldom(zendesk, assisting) == [(120, "note"), (168, "note")]
    assert "reminders sent" not in last(zendesk)


@pytest.mark.parametrize("changes", [{"cap": Mode.OBSERVE}, {"default_mode": Mode.OBSERVE}])
def test_where_all_is_only_observed_nothing_is_written(brain: Brain, changes: dict[str, Any]) -> None:
    assert seldom(waiting(), with_policy(brain, **changes)) == []


NOTED: list[tuple[str, tuple[Any, ...], dict[str, Any], str]] = [
    ("an agent writes", (said("We look into it.", AGENT),), {}, "an agent has already answered publicly"),
    ("private", (), {"is_public": False}, "the ticket has no public conversation"),
    ("messaging", (), {"from_messaging_channel": True}, "a public comment may not arrive"),
]


@pytest.mark.parametrize(("later", "more", "why"), [row[1:] for row in NOTED], ids=[row[0] for row in NOTED])
def test_where_a_reply_would_be_kept_back_the_note_says_why(
    brain: Brain, later: tuple[Any, ...], more: dict[str, Any], why: str
) -> None:
    zendesk = waiting(*later, **more)
    assert look(zendesk, brain, 50) == ["note"]
    assert why in last(zendesk)


def test_a_partners_account_gets_a_note_without_the_text_for_an_owner(brain: Brain) -> None:
    fields = {"gupshup_account_type": "partner"}
    zendesk = waiting(organization_id=9, organization=Organization(id=9, organization_fields=fields))
    assert look(zendesk, brain, 50) == ["note"]
    assert "We wrote to you" not in last(zendesk)


def test_an_escalation_of_long_ago_is_an_agents(brain: Brain) -> None:
    zendesk = waiting()
    assert look(zendesk, brain, 48 + 73) == ["note"]
    assert SILENT in zendesk.ticket_now.tags
    assert seldom(zendesk, brain) == []


def test_of_one_that_is_months_old_nobody_is_told(brain: Brain) -> None:
    assert look(waiting(), brain, 24 * 33) == []


# --- When it waits -------------------------------------------------------------------------------------------


def test_it_waits_for_the_quiet_hours_to_be_over(brain: Brain) -> None:
    quiet = with_policy(brain, office=OfficeHours(quiet=(8 * 60, 12 * 60)))
    assert over(waiting(), quiet, 4) == [(51, "reply")]


def test_it_keeps_to_the_schedule(brain: Brain) -> None:
    # 21 November 2026 is a Saturday; open are Monday to Friday, 9 to 17.
    week = OfficeHours(intervals=tuple((day * 1440 + 540, day * 1440 + 1020) for day in range(1, 6)))
    assert over(waiting(), with_policy(brain, office=week), 6) == [(96, "reply")]


def test_the_hours_quota_makes_it_wait(brain: Brain) -> None:
    class Full(OpenGate):
        def reserve_reply(self, ticket_id: int, marker: str) -> bool:
            return False

    zendesk = waiting()
    assert look(zendesk, brain, 48, gate=Full()) == []
    assert look(zendesk, brain, 49) == ["reply"]


def test_the_days_quota_is_that_of_the_day_it_is_due(brain: Brain) -> None:
    one = with_policy(brain, replies_per_day=1, remind_after=("12h",))
    assert over(waiting(), one, 2) == [(24, "reply"), (36, "note")]
    assert look(waiting(), with_policy(brain, replies_per_day=0), 48) == ["note"]
    assert look(waiting(), with_policy(brain, cap=Mode.ASSIST, notes_per_day=0), 48) == []


# --- Once ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("applied", [True, False])
def test_a_reminder_whose_answer_was_lost_is_sent_once(brain: Brain, applied: bool) -> None:
    zendesk = waiting()
    zendesk.faults = {1: broken(OutcomeUnknown("lost"), applied=applied)}
    look(zendesk, brain, 50)
    look(zendesk, brain, 51)
    assert zendesk.written(public=True) == 2


def test_the_tag_is_lost_and_the_comment_proves_it(brain: Brain) -> None:
    zendesk = waiting()
    look(zendesk, brain, 50)
    zendesk.ticket_now = zendesk.ticket_now.model_copy(update={"tags": FIRST})
    assert look(zendesk, brain, 51) == []
    assert look(zendesk, brain, 50 + 72) == ["reply"]
    assert zendesk.written(public=True) == 3


def test_tag_and_comment_are_lost_and_the_store_proves_it(brain: Brain) -> None:
    class Store(OpenGate):
        def known(self, ticket_id: int) -> KnownWrites:
            return KnownWrites(proofs=frozenset({("reply", "reminder_1")}))

    assert look(waiting(), brain, 50, gate=Store()) == []


def test_the_client_answers_while_the_reminder_is_on_its_way(brain: Brain) -> None:
    zendesk = waiting()

    def first_the_client(now: FakeZendesk, apply: Any) -> Ticket:
        write(now, said("It works again, thank you.", day=23))
        return apply()  # type: ignore[no-any-return]  # the stand-in is typed as it is called

    zendesk.faults = {1: first_the_client}
    handle(zendesk, 7, brain, clock=(ASKED + timedelta(hours=50)).timestamp)
    assert zendesk.written(public=True) == 1


def test_the_owner_is_in_cc_where_that_is_allowed(brain: Brain) -> None:
    row = DirectoryRow(organization="example.com", owner_email="olga@example.com")
    owned = with_policy(brain, cc_owner=True, cc_domains=frozenset({"example.com"}), directory=(row,))
    outcome = handle(waiting(), 7, owned, clock=(ASKED + timedelta(hours=50)).timestamp)
    assert outcome.look is not None
    assert [update.step.cc for update in outcome.look.updates] == ["olga@example.com"]
