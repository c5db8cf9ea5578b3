"""`report`: sums over invented ledger rows, what stands out, the words, the page, and the command."""

from __future__ import annotations

import base64
import csv
import io
import json
import math
import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from support.browser import Browser, absent
from support.fake_zendesk import TEXT
from zendesk_gupshup.cli import main
from zendesk_gupshup.demo.stage import Api, environment
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.ledger.entry import Found, LedgerEntry
from zendesk_gupshup.ledger.ledger import Counted, Ledger
from zendesk_gupshup.ledger.runs import LIVE, SKIPPED
from zendesk_gupshup.model.base import Language
from zendesk_gupshup.model.finding import Confidence, ErrorCode
from zendesk_gupshup.model.outcome_reasons import GuardName
from zendesk_gupshup.model.plan import Step
from zendesk_gupshup.model.ticket import Comment, Ticket, User
from zendesk_gupshup.model.write import TicketState, Write
from zendesk_gupshup.report import calendar, charts, text
from zendesk_gupshup.report import spikes as spiking
from zendesk_gupshup.report.agreement import cases
from zendesk_gupshup.report.gather import Replied, ReportTally
from zendesk_gupshup.report.live import (
    NAMES_STAY,
    KnownOrganization,
    Reader,
    cached_organizations,
    forget_names,
    names_of,
    organizations,
)
from zendesk_gupshup.report.model import (
    Agreement,
    By,
    Code,
    FailureCount,
    Names,
    NextWord,
    Over,
    PlaceCount,
    Report,
    Requests,
    Scope,
    Series,
    Share,
    Spread,
    Totals,
    Unknown,
)
from zendesk_gupshup.report.page import page
from zendesk_gupshup.report.spikes import CHANCE, LEAST, MANY, WINDOW, CountedTicket, Spike, poisson_tail, spikes, usual
from zendesk_gupshup.report.sums import spread
from zendesk_gupshup.report.words import ReportWords
from zendesk_gupshup.storage.engine import open_engine
from zendesk_sandbox.server import SandboxServer

ACCOUNT = "https://example.zendesk.com"
REFUSED = ErrorCode(namespace="gupshup_http", code="401")
WALLET = ErrorCode(namespace="gupshup", code="1003")
APP = "5b0f8a52-9a0e-4f1c-8a55-3f2d7c1e9b10"
DAY = 86_400
MONDAY = int(datetime(2026, 11, 16, tzinfo=UTC).timestamp())
UTC_ZONE = ZoneInfo("UTC")


def stamp(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def found(*errors: ErrorCode, confidence: Confidence = Confidence.CERTAIN) -> tuple[Found, ...]:
    return tuple(Found(error=error, confidence=confidence) for error in errors)


def write(kind: str, before: int, after: int, marker: str | None = None) -> Write:
    states = [TicketState(updated_at=stamp(at)) for at in (before, after)]
    return Write.model_validate({"kind": kind, "marker": marker, "before": states[0], "after": states[1]})


def entry(ticket_id: int = 7, at: int = MONDAY, **more: object) -> LedgerEntry:
    values: dict[str, object] = {"run": LIVE, "ticket_id": ticket_id, "at": at, "did": "done", "requests": 4}
    return LedgerEntry.model_validate(values | more)


def summed(entries: Sequence[LedgerEntry], run: str | None = None, **more: Any) -> Report:
    since, until = (None, None) if run else (MONDAY, MONDAY + 3 * DAY)
    tally = ReportTally(since, until, run=run)
    for one in entries:
        tally.add(one)
    values: dict[str, Any] = {
        "account": ACCOUNT, "language": "en", "generated": MONDAY + 3 * DAY, "known_from": MONDAY, "zone": UTC_ZONE,
    }  # fmt: skip
    return tally.report(load(), **(values | more))


# --- Sums ----------------------------------------------------------------------------------------------------


def test_rows_become_the_whole_report() -> None:
    at = MONDAY + 9 * 3600
    rows = [
        entry(1, at, created=at - 8, organization_id=70, app=APP, language="es", mode="auto", findings=found(REFUSED),
              writes=(write("reply", at, at + 1), write("note", at + 1, at + 2)), requests=9),
        entry(2, at + DAY, created=at + DAY - 60, organization_id=70, app=APP, language="es", mode="assist",
              findings=found(REFUSED, WALLET), writes=(write("note", at, at + 1),), guards=("agent_answered",)),
        entry(3, at + DAY, organization_id=71, language="pt", mode="assist", did="nothing",
              findings=found(WALLET, confidence=Confidence.LIKELY), guards=("agent_answered", "solved")),
        entry(4, at + DAY, did="nothing", findings=found(WALLET, confidence=Confidence.POSSIBLE), mode="observe"),
        entry(5, at + DAY, did="nothing", symptoms=1, guards=("no_code",)),
        entry(6, at + DAY, did="nothing", unknown=("1099",)),
        entry(8, at + DAY, did="failed", reason="ticket 8: 422, a field is empty"),
        entry(9, at + DAY, did="failed", reason="ticket 9: 422, a field is empty"),
        entry(10, at + DAY, did="later", reason="unreachable"),
        entry(10, at + DAY + 60, did="nothing", symptoms=1),
        entry(11, at + DAY, did="later", reason="it kept changing"),
        entry(12, at + DAY, did="gone", reason="ticket 12 is closed"),
    ]  # fmt: skip
    counted = [
        Counted(LIVE, "2026-11-16", "nothing", 30, 60),
        Counted(LIVE, "2026-11-16", SKIPPED, 25, 0),
        Counted(LIVE, "2026-11-15", "nothing", 99, 99),
    ]
    names = Names(organizations={70: "Farmacias Andina"}, apps={APP: "AndinaCitas"})
    entries = {error: load().get(error) for error in (REFUSED, WALLET)}
    meanings = {error: one.meaning.en for error, one in entries.items() if one}
    assert summed(rows, counted=counted, names=names) == Report(
        scope=Scope(account=ACCOUNT, since=MONDAY, until=MONDAY + 3 * DAY, by="day", generated=MONDAY + 3 * DAY),
        language="en",
        named=True,
        totals=Totals(tickets=11, errors=3, possible=1, without_code=2, replies=1, notes=2, tagged=0, dry=0, failed=2),
        spikes=(),
        over=Over(
            times=("2026-11-16", "2026-11-17", "2026-11-18"),
            series=(Series(code="gupshup 1003", counts=(0, 2, 0)), Series(code="gupshup_http 401", counts=(1, 1, 0))),
        ),
        codes=(
            Code(code="gupshup 1003", title="Wallet Balance Low", meaning=meanings[WALLET], who=("owner",), tickets=2,
                 certain=1, organizations=2),
            Code(code="gupshup_http 401", title="Unauthorized", meaning=meanings[REFUSED],
                 who=("owner", "integrator"), tickets=2, certain=2, organizations=1),
        ),
        who=(Share(name="owner", tickets=4),),
        organizations=(
            PlaceCount(id="70", name="Farmacias Andina", tickets=2,
                  codes=(Share(name="gupshup_http 401", tickets=2), Share(name="gupshup 1003", tickets=1))),
            PlaceCount(id="71", name=None, tickets=1, codes=(Share(name="gupshup 1003", tickets=1),)),
        ),
        apps=(
            PlaceCount(id=APP, name="AndinaCitas", tickets=2,
                  codes=(Share(name="gupshup_http 401", tickets=2), Share(name="gupshup 1003", tickets=1))),
        ),
        languages=(Share(name="es", tickets=2), Share(name="pt", tickets=1)),
        done=(Share(name="replied", tickets=1), Share(name="noted", tickets=1), Share(name="recorded", tickets=1)),
        modes=(Share(name="auto", tickets=1), Share(name="assist", tickets=2)),
        guards=(Share(name="agent_answered", tickets=2), Share(name="no_code", tickets=1),
                Share(name="solved", tickets=1)),
        to_reply=Spread(count=1, median=9, ninetieth=9, longest=9, steps=(1, 0, 0, 0, 0, 0)),
        unknown=(Unknown(code="1099", tickets=(6,)),),
        failures=(
            FailureCount(state="failed", reason="the ticket: 422, a field is empty", tickets=(8, 9)),
            FailureCount(state="waiting", reason="it kept changing", tickets=(11,)),
            FailureCount(state="gone", reason="the ticket is closed", tickets=(12,)),
        ),
        recovered=1,
        requests=Requests(spent=9 + 11 * 4 + 60, looks=12 + 30, skipped=25, saved_by_skipping=50, saved_by_bulk=0),
    )  # fmt: skip


def test_a_code_on_a_ticket_counts_once_however_often_it_is_found() -> None:
    rows = [
        entry(1, MONDAY + 60, findings=found(WALLET, confidence=Confidence.POSSIBLE)),
        entry(1, MONDAY + DAY, findings=found(WALLET), organization_id=70),
        entry(1, MONDAY + 2 * DAY, findings=found(WALLET), run="process-1", created=MONDAY - 90 * DAY, did="dry_run"),
    ]
    report = summed(rows)
    assert [(row.code, row.tickets, row.certain, row.organizations) for row in report.codes] == [
        ("gupshup 1003", 1, 1, 1)
    ]
    # It was told when it was first more than possible.
    assert report.over.series == (Series(code="gupshup 1003", counts=(0, 1, 0)),)
    assert report.totals.possible == 0


def test_old_tickets_count_when_they_were_made_and_work_when_it_was_done() -> None:
    old = entry(1, MONDAY + DAY, run="reprocess-1", created=MONDAY - 40 * DAY, findings=found(WALLET), did="done",
                writes=(write("tags", MONDAY, MONDAY), write("note", MONDAY, MONDAY)), requests=0)  # fmt: skip
    since_then = summed([old])
    assert (since_then.codes, since_then.totals.notes, since_then.totals.tagged) == ((), 1, 1)
    of_run = summed([old], run="reprocess-1", known_from=None)
    assert [row.tickets for row in of_run.codes] == [1]
    assert (of_run.scope.since, of_run.scope.until) == (MONDAY - 40 * DAY, MONDAY - 40 * DAY + 1)


def test_a_run_that_stopped_midway_has_failures_and_a_dry_run_has_plans() -> None:
    rows = [
        entry(1, run="process-1", did="writing"),
        entry(2, run="process-1", did="dry_run", findings=found(WALLET), planned=(Step(kind="note"),)),
    ]
    report = summed(rows, run="process-1")
    assert report.failures == (FailureCount(state="failed", reason="interrupted", tickets=(1,)),)
    assert (report.done, report.totals.dry) == ((Share(name="planned", tickets=1),), 1)


def test_updates_by_the_hundred_save_all_requests_but_the_jobs() -> None:
    tags = write("tags", MONDAY, MONDAY)
    alone = tags.model_copy(update={"audit_id": 9})
    rows = [entry(n, run="reprocess-1", findings=found(WALLET), writes=(tags,), requests=1) for n in range(250)]
    rows += [entry(300, run="reprocess-1", writes=(alone,)), entry(301, run=LIVE, writes=(tags,))]
    assert summed(rows).requests.saved_by_bulk == 250 - 3


def test_nothing_at_all_is_a_report_too() -> None:
    report = summed([], known_from=None)
    assert (report.codes, report.spikes, report.to_reply, report.totals.errors) == ((), (), None, 0)
    for language in ("en", "es", "pt"):
        assert "<html" in page(report.model_copy(update={"language": language}), ReportWords(language))
        assert list(text.plain(report, ReportWords(language)))


def test_a_reminder_is_no_answer_to_the_client() -> None:
    at = MONDAY + 2 * DAY
    reminded = write("reply", at, at + 1, "gupshup_replied__reminder_1")
    rows = [entry(1, at, created=MONDAY, mode="auto", findings=found(REFUSED), writes=(reminded,))]
    assert summed(rows).to_reply is None


def test_a_successful_delivery_report_is_no_error() -> None:
    success = next(one.error for one in load().entries if one.success)
    assert summed([entry(findings=found(success))]).codes == ()


@given(st.lists(st.integers(0, 10**7), min_size=1))
def test_a_spread_is_of_its_values(seconds: list[int]) -> None:
    got = spread(seconds)
    assert got is not None
    assert got.count == len(seconds) == sum(got.steps)
    assert got.median <= got.ninetieth <= got.longest == max(seconds)
    assert sum(one <= got.ninetieth for one in seconds) * 10 >= len(seconds) * 9
    assert sum(one <= got.median for one in seconds) * 2 >= len(seconds)


# --- Days ----------------------------------------------------------------------------------------------------


@given(
    st.integers(0, 2 * 10**9),
    st.integers(1, 100 * DAY),
    st.sampled_from(("day", "week")),
    st.sampled_from(("UTC", "America/Sao_Paulo", "Asia/Kolkata", "Pacific/Apia", "Europe/Lisbon")),
)
def test_every_moment_has_its_beginning(since: int, length: int, by: By, name: str) -> None:  # fmt: skip
    zone = ZoneInfo(name)
    times = calendar.beginnings(since, since + length, by, zone)
    assert list(times) == sorted(set(times))
    inside = random.Random(since).choices(range(since, since + length), k=20)
    assert {calendar.begin_of(at, by, zone) for at in inside} <= set(times)


def test_a_day_is_the_zone_s() -> None:
    at = int(datetime(2026, 11, 17, 2, tzinfo=UTC).timestamp())
    report = summed([entry(1, at, findings=found(WALLET))], zone=ZoneInfo("America/Guayaquil"))
    assert report.over.times[0] == "2026-11-15"
    assert [time for time, n in zip(report.over.times, report.over.series[0].counts, strict=True) if n] == [
        "2026-11-16"
    ]


# --- What stands out -----------------------------------------------------------------------------------------

HISTORY = MONDAY - 10 * 7 * DAY
TOLD = st.builds(
    CountedTicket,
    ticket_id=st.integers(1, 60),
    code=st.sampled_from(("gupshup 1003", "gupshup_http 401")),
    at=st.integers(MONDAY - 2 * DAY, MONDAY + 3 * DAY),
    organization_id=st.none() | st.integers(1, 9),
    app=st.none() | st.sampled_from(("a", "b")),
)
CROWD = st.lists(TOLD, max_size=60)


def burst(
    count: int, organizations: Sequence[int], app: str | None = None, at: int = MONDAY + 9 * 3600
) -> list[CountedTicket]:
    return [
        CountedTicket(100 + n, "gupshup_http 401", at + n * 60, organizations[n % len(organizations)], app)
        for n in range(count)
    ]


def outstanding(told: Sequence[CountedTicket], known_from: int = HISTORY) -> tuple[Spike, ...]:
    return spikes(told, MONDAY, MONDAY + 3 * DAY, known_from=known_from)


def test_one_code_at_many_organizations_is_the_platform_s() -> None:
    at = MONDAY + 9 * 3600
    (spike,) = outstanding(burst(12, (1, 2, 3, 4)))
    assert spike == Spike(
        kind="platform", codes=("gupshup_http 401",), first=at, last=at + 11 * 60, tickets=12, organizations=4,
        account=None, peak=12, usual=0.2, weeks=8, chance=poisson_tail(12, 0.2),
    )  # fmt: skip


def test_one_app_is_its_owner_s_and_its_codes_are_told_together() -> None:
    crowd = burst(6, (1,), app="a")
    crowd.append(replace(crowd[0], code="gupshup 1003"))
    (spike,) = outstanding(crowd)
    assert (spike.kind, spike.account, spike.tickets) == ("owner", "a", 6)
    assert spike.codes == ("gupshup_http 401", "gupshup 1003")


def test_two_organizations_alike_are_neither() -> None:
    (spike,) = outstanding(burst(8, (1, 2)))
    assert (spike.kind, spike.organizations) == ("unclear", 2)


def test_an_account_s_own_trouble_is_told_beside_the_platform_s() -> None:
    both = [*burst(12, (1, 2, 3, 4)), *(replace(one, ticket_id=one.ticket_id + 500, code="gupshup 1003", app="z")
                                          for one in burst(6, (9,)))]  # fmt: skip
    assert [spike.kind for spike in outstanding(both)] == ["owner", "platform"]


def test_what_comes_every_week_is_usual() -> None:
    weekly = [
        CountedTicket(1000 * week + n, "gupshup_http 401", MONDAY + 9 * 3600 + n * 60 - week * 7 * DAY, n)
        for week in range(9)
        for n in range(8)
    ]
    assert outstanding(weekly) == ()
    # The same at another hour is not.
    moved = [replace(one, at=one.at - 5 * 3600) if one.ticket_id >= 1000 else one for one in weekly]
    assert [spike.kind for spike in outstanding(moved)] == ["platform"]


def test_a_new_ledger_says_that_it_has_nothing_to_compare_with() -> None:
    report = summed([entry(n, MONDAY + 60 + n, organization_id=n, findings=found(REFUSED)) for n in range(7)])
    (spike,) = report.spikes
    assert (spike.weeks, spike.usual, spike.kind) == (0, 0.2, "platform")
    said = "\n".join(text.plain(report, ReportWords("en")))
    assert "7 tickets of 7 organizations reported gupshup_http 401" in said
    assert "There is no earlier week to compare with yet; 0.2 was assumed to be usual" in said


@given(CROWD)
@settings(max_examples=60)
def test_spikes_keep_to_their_rules(crowd: list[CountedTicket]) -> None:
    got = outstanding(crowd)
    for spike in got:
        assert MONDAY <= spike.first <= spike.last < MONDAY + 3 * DAY
        assert LEAST <= spike.peak <= spike.tickets
        assert spike.chance < CHANCE
        assert spike.chance == pytest.approx(poisson_tail(spike.peak, spike.usual))
        assert spike.kind != "platform" or spike.organizations >= MANY
        assert (spike.account is not None) == (spike.kind == "owner")
    if len({one.ticket_id for one in crowd}) < LEAST:
        assert got == ()


@given(CROWD, st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_order_and_repetition_change_nothing(crowd: list[CountedTicket], chance: random.Random) -> None:
    later = [replace(one, at=one.at + 4 * DAY) for one in crowd]
    shuffled = [*crowd, *later]
    chance.shuffle(shuffled)
    assert outstanding(shuffled) == outstanding(crowd)


@given(CROWD, st.integers(1, 40))
@settings(max_examples=60)
def test_whole_weeks_later_all_is_the_same(crowd: list[CountedTicket], weeks: int) -> None:
    by = weeks * 7 * DAY
    moved = [replace(one, at=one.at + by) for one in crowd]
    got = spikes(moved, MONDAY + by, MONDAY + 3 * DAY + by, known_from=HISTORY + by)
    assert got == tuple(replace(one, first=one.first + by, last=one.last + by) for one in outstanding(crowd))


@given(st.integers(0, 60), st.floats(0.01, 50))
def test_the_tail_is_a_tail(count: int, expected: float) -> None:
    here = poisson_tail(count, expected)
    assert 0 <= here <= 1
    assert poisson_tail(count + 1, expected) <= here
    assert poisson_tail(count, expected * 1.5) >= here * (1 - 1e-12)


@given(st.integers(0, 25), st.integers(1, 40))
def test_the_tail_is_exact(count: int, tenths: int) -> None:
    mean = Fraction(tenths, 10)
    # Summed as fractions far beyond where anything is left.
    terms = (mean**k / math.factorial(k) for k in range(count, count + 60))
    assert poisson_tail(count, tenths / 10) == pytest.approx(float(sum(terms)) * math.exp(-tenths / 10), rel=1e-9)


@given(st.lists(st.integers(HISTORY, MONDAY), max_size=80), st.integers(0, WINDOW), st.integers(0, 12))
def test_more_in_the_past_is_more_usual(times: list[int], back: int, week: int) -> None:
    before, _ = usual(sorted(times), MONDAY, HISTORY)
    added = MONDAY - max(week, 1) * 7 * DAY - min(back, WINDOW - 1)
    after, weeks = usual(sorted([*times, added]), MONDAY, HISTORY)
    assert weeks == 8
    assert 0.2 <= before <= after or added < HISTORY


def test_a_steady_stream_is_no_alarm_for_three_months() -> None:
    chance = random.Random(11)
    stream = [
        CountedTicket(n, "gupshup_http 401", HISTORY + chance.randrange(20 * 7 * DAY), n % 40) for n in range(3000)
    ]
    assert len(spikes(stream, MONDAY - 4 * 7 * DAY, MONDAY + 8 * 7 * DAY, known_from=HISTORY)) <= 1


# --- Words ---------------------------------------------------------------------------------------------------


def texts() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((Path(spiking.__file__).parent / "words.toml").read_text(encoding="utf-8"))


def test_every_word_stands_in_every_language_with_the_same_values() -> None:
    for name, said in texts().items():
        assert set(said) == {"en", "es", "pt"}, name
        assert len({frozenset(re.findall(r"\{(\w+)\}", words)) for words in said.values()}) == 1, name


@pytest.mark.parametrize(
    ("language", "one", "many"),
    [
        ("en", "1 ticket failed at first and succeeded later.", "2 tickets failed at first and succeeded later."),
        ("es", "1 ticket falló primero y salió bien al final.", "2 tickets fallaron primero y salieron bien al final."),
        ("pt", "1 ticket falhou primeiro e deu certo no final.", "2 tickets falharam primeiro e deram certo no final."),
    ],
)
def test_words_follow_their_number(language: Language, one: str, many: str) -> None:
    words = ReportWords(language)
    assert (words("failures_note", recovered="1"), words("failures_note", recovered="2")) == (one, many)


def test_every_choice_names_a_value_of_its_text() -> None:
    for name, said in texts().items():
        for words in said.values():
            chosen = set(re.findall(r"\[(\w+):[^|\]]*\|[^\]]*\]", words))
            assert chosen <= {*re.findall(r"\{(\w+)\}", words), "tickets"}, name
            assert not re.search(r"[\[\]]", re.sub(r"\[\w+:[^|\]]*\|[^\]]*\]", "", words)), name


def test_every_guard_that_can_speak_has_words() -> None:
    assert {f"guard_{name}" for name in GuardName} == {name for name in texts() if name.startswith("guard_")}


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (125, "2 min 5 s"), (7200, "2 h"), (90_061, "1 d 1 h"), (86_400, "1 d")],
)
def test_durations_have_two_units(seconds: int, said: str) -> None:
    assert ReportWords.duration(seconds) == said


def test_numbers_are_written_as_in_the_language() -> None:
    assert [ReportWords(language).number(12345.6, 1) for language in ("en", "es", "pt")] == [
        "12,345.6", "12.345,6", "12.345,6",
    ]  # fmt: skip


# --- The page ------------------------------------------------------------------------------------------------

HOSTILE = "</title><script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}&lt;"


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.said = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.said += data


def busy(names: Names | None = None, language: str = "en") -> Report:
    """A report with something in every part."""
    rows = [
        entry(n, MONDAY + 3600 * n + 60, organization_id=n % 5, app=APP if n % 5 == 0 else None, language="es",
              mode="auto", created=MONDAY + 3600 * n, findings=found(load().entries[n % 11].error),
              guards=("solved",), unknown=("1099",) if n % 7 == 0 else (),
              writes=(write("reply", MONDAY + 3600 * n, MONDAY + 3600 * n + n),))
        for n in range(60)
    ]  # fmt: skip
    rows += [entry(200 + n, MONDAY + 7200 + n, organization_id=n % 6, findings=found(REFUSED)) for n in range(14)]
    rows.append(entry(300, MONDAY + 60, did="failed", reason=HOSTILE))
    report = summed(rows, names=names, language=language)
    after = Spread(count=3, median=60, ninetieth=4000, longest=4000, steps=(0, 0, 2, 0, 1, 0))
    word = NextWord(replies=60, silent=50, gone=1, not_read=6, by=(Share(name="client", tickets=3),), after=after)
    agreed = (Agreement(code="gupshup 1003", agreed=3, differed=1, open=2),)
    return report.model_copy(update={"next_word": word, "agreement": agreed, "agreement_not_read": 4})


def test_names_from_zendesk_are_words_and_never_markup() -> None:
    names = Names(organizations={n: f"{n}{HOSTILE}" for n in range(6)}, apps={APP: HOSTILE})
    report = busy(names)
    seen = _Elements()
    seen.feed(page(report, ReportWords("en")))
    assert f"0{HOSTILE}" in seen.said
    assert seen.names.isdisjoint({"script", "img", "link", "iframe", "object", "a", "form"})
    assert not {name for name in seen.attributes if name.startswith("on") or name in ("src", "href", "style")}


@pytest.mark.browser
@pytest.mark.skipif(absent() is not None, reason=absent() or "")
@pytest.mark.parametrize("language", ["en", "es", "pt"])
def test_on_paper_it_takes_few_sheets_of_a4_and_breaks_no_word(
    browser: Browser, tmp_path: Path, language: Language
) -> None:
    report, file = busy(language=language), tmp_path / "report.html"
    file.write_text(page(report, ReportWords(language)), encoding="utf-8")
    browser.open(file.as_uri())
    sheets = browser.cdp("Page.printToPDF", preferCSSPageSize=True)["data"]
    printed = PdfReader(io.BytesIO(base64.b64decode(sheets)))
    size = printed.pages[0].mediabox
    words = {word for sheet in printed.pages for word in sheet.extract_text().split()}
    assert (len(printed.pages) <= 5, round(size.width), round(size.height)) == (True, 595, 842)
    assert {word for row in report.codes for word in (*row.code.split(), *row.title.split())} <= words


def test_a_name_is_one_printable_line() -> None:
    class Answers:
        def get(self, path: str, **params: Any) -> dict[str, Any]:
            return {
                "organizations": [
                    {
                        "id": 7,
                        "name": "Ada\u202e\x1b[31m\n\tLtd" + "x" * 500,
                        "organization_fields": {"gupshup_app_id": APP.upper(), "gupshup_app_name": "A\0B"},
                    }
                ]
            }

    found_ = organizations(Answers(), [7])  # type: ignore[arg-type]
    assert names_of(found_) == Names(organizations={7: ("Ada [31m Ltd" + "x" * 500)[:120]}, apps={APP: "A B"})


def test_a_spreadsheet_takes_no_name_for_a_formula() -> None:
    out = io.StringIO()
    text.write_csv(busy(Names(organizations={0: "=cmd|'/c calc'!A1", 1: "@x"})), out)
    rows = list(csv.reader(io.StringIO(out.getvalue())))
    assert rows[0] == ["part", "name", "title", "code", "time", "measure", "value"]
    assert {"'=cmd|'/c calc'!A1", "'@x"} <= {cell for row in rows for cell in row}
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "@", "+", "-")]


def test_the_page_asks_for_nothing_and_says_so() -> None:
    made = page(busy(), ReportWords("en"))
    assert re.search(
        r"default-src &#39;none&#39;; style-src &#39;sha256-[A-Za-z0-9+/=]{44}&#39;; base-uri &#39;none&#39;; "
        r"form-action &#39;none&#39;",
        made,
    )
    assert not re.findall(r"(?:https?:)?//(?!example\.zendesk\.com)[a-z0-9.]+", made)
    assert "url(" not in made
    assert "@import" not in made


def test_what_needs_zendesk_is_left_out_and_said() -> None:
    report = busy().model_copy(update={"next_word": None, "agreement": None})
    for language in ("en", "es", "pt"):
        left_out = texts()["left_out"][language]
        words = ReportWords(language)
        assert page(report, words).count(left_out) == 2
        assert list(text.plain(report, words)).count(left_out) == 2
        assert texts()["unnamed_note"][language] in page(report, words)


@given(st.lists(st.lists(st.integers(0, 10**6), min_size=5, max_size=5), min_size=1, max_size=12))
def test_columns_stay_in_their_picture(counts: list[list[int]]) -> None:
    stacked = charts.stacks([(f"code {n}", tuple(one)) for n, one in enumerate(counts)], "others")
    assert sum(sum(one.counts) for one in stacked) == sum(map(sum, counts))
    drawn = str(charts.columns(stacked, ["a"] * 5, ["a"] * 5, "name", 330))
    for x, y, width, height in re.findall(r'<rect class="c\d" x="(\S+)" y="(\S+)" width="(\S+)" height="(\S+)"', drawn):
        assert float(x) >= 0
        assert float(x) + float(width) <= 330
        assert float(y) >= 0
        assert float(y) + float(height) <= 230


@pytest.mark.browser
@pytest.mark.skipif(bool(absent()), reason=absent() or "")
def test_the_page_fits_a_phone_and_the_console_is_silent(browser: Browser, tmp_path: Path) -> None:
    names = Names(organizations={0: "A" * 90, 1: HOSTILE}, apps={APP: "W" * 120})
    browser.resize(390, 844)
    for language in ("en", "es", "pt"):
        file = tmp_path / f"{language}.html"
        file.write_text(page(busy(names, language), ReportWords(language)), encoding="utf-8")
        browser.open(file.as_uri())
        assert browser.overflow() == []
        assert browser.complaints() == []
        # The sheet applies, and the chart for this width is the one that is seen.
        assert browser.script("return getComputedStyle(document.querySelector('.wide')).display") == "none"
        assert browser.script("return document.querySelector('.narrow svg').getBoundingClientRect().width") > 300


# --- What Zendesk is asked -----------------------------------------------------------------------------------


class FakeZendesk:
    """Tickets as they stand now; counts what is read."""

    def __init__(self, *tickets: Ticket) -> None:
        self._tickets = {ticket.id: ticket for ticket in tickets}
        self.requests_here = 0

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        raise AssertionError(path)

    def tickets(self, ticket_ids: Sequence[int]) -> dict[int, Ticket]:
        self.requests_here += 1
        return {one: self._tickets[one].model_copy(update={"comments": ()})
                for one in ticket_ids if one in self._tickets}  # fmt: skip

    def with_comments(self, ticket: Ticket) -> Ticket:
        self.requests_here += 1
        return self._tickets[ticket.id]

    def group_id(self, name: str) -> int | None:
        return None


US, CLIENT, OWNER, AGENT = (
    User(id=1, role="agent"), User(id=2, email="ada@example.com"), User(id=3, email="Owner@example.com"),
    User(id=4, role="admin"),
)  # fmt: skip


def talked(ticket_id: int, *said: tuple[User, int]) -> Ticket:
    """A ticket with these comments, in seconds after our reply, and changed since."""
    comments = tuple(
        Comment(id=n, author_id=who.id, created_at=datetime.fromtimestamp(MONDAY + after, UTC))
        for n, (who, after) in enumerate(said)
    )
    users = {one.id: one for one in (US, CLIENT, OWNER, AGENT)}
    return Ticket(
        id=ticket_id, requester_id=CLIENT.id, our_user_id=US.id, comments=comments, users=users,
        updated_at=stamp(MONDAY + 9999), tags=("gupshup",),
    )  # fmt: skip


def replied(ticket_id: int) -> Replied:
    return Replied(ticket_id, 70, MONDAY, stamp(MONDAY))


def test_the_next_word_is_the_client_s_or_the_owner_s() -> None:
    silent = Ticket(id=5, updated_at=stamp(MONDAY))
    zendesk = FakeZendesk(
        talked(1, (CLIENT, -60), (US, 0), (AGENT, 30), (CLIENT, 100)),
        talked(2, (CLIENT, -60), (US, 0), (OWNER, 4000)),
        talked(3, (CLIENT, -60), (US, 0), (AGENT, 30)),
        silent,
    )
    got = Reader(zendesk, 50).next_word([replied(n) for n in (1, 2, 3, 4, 5)], {70: "owner@example.com"})
    assert got == NextWord(
        replies=5, silent=2, gone=1, not_read=0,
        by=(Share(name="client", tickets=1), Share(name="owner", tickets=1)),
        after=Spread(count=2, median=100, ninetieth=4000, longest=4000, steps=(0, 0, 1, 0, 1, 0)),
    )  # fmt: skip
    # One for all tickets, one for each that somebody changed.
    assert zendesk.requests_here == 4


def test_no_more_is_read_than_allowed() -> None:
    zendesk = FakeZendesk(*(talked(n, (CLIENT, 10)) for n in range(1, 9)))
    got = Reader(zendesk, 3).next_word([replied(n) for n in range(1, 9)], {})
    assert zendesk.requests_here == 3
    assert (got.not_read, got.by) == (6, (Share(name="client", tickets=2),))


def test_agreement_is_told_by_the_same_function_as_the_command() -> None:
    due = Step(kind="note", add_tags=frozenset((REFUSED.tag,)))
    entries = [entry(n, stamp=stamp(MONDAY), findings=found(REFUSED), would=(due,)) for n in (1, 2, 3)]
    held = [case for one in entries for case in cases((one,), load())]
    zendesk = FakeZendesk(
        Ticket(id=1, tags=(REFUSED.tag,), updated_at=stamp(MONDAY + 5)),
        Ticket(id=2, updated_at=stamp(MONDAY)),
        talked(3, (AGENT, 30)).model_copy(update={"status": "solved"}),
    )
    assert Reader(zendesk, 9).agreement(held, load()) == (
        (Agreement(code="gupshup_http 401", agreed=1, differed=1, open=1),), 0,
    )  # fmt: skip
    assert Reader(FakeZendesk(), 0).agreement(held, load()) == ((), 3)


def test_names_are_kept_for_a_day_and_forgotten_when_asked(tmp_path: Path) -> None:
    asked: list[Sequence[int]] = []

    def read(ids: Sequence[int]) -> dict[int, KnownOrganization]:
        asked.append(list(ids))
        return {one: KnownOrganization(f"Organization {one}", {APP: "Citas"}, "ada@example.com") for one in ids}

    first = cached_organizations(read, (1, 2), tmp_path, MONDAY)
    assert cached_organizations(read, (1, 2), tmp_path, MONDAY + 60) == first
    cached_organizations(read, (1, 3), tmp_path, MONDAY + 60)
    cached_organizations(read, (1,), tmp_path, MONDAY + NAMES_STAY)
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o077 == 0
    file.write_text("{broken")
    cached_organizations(read, (2,), tmp_path, MONDAY + NAMES_STAY)
    forget_names(tmp_path)
    forget_names(tmp_path)
    cached_organizations(read, (2,), tmp_path, MONDAY + NAMES_STAY)
    assert asked == [[1, 2], [3], [1], [2], [2]]


# --- The command ---------------------------------------------------------------------------------------------


@pytest.fixture
def account(tmp_path: Path, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> SandboxServer:
    for name, value in environment(sandbox.base_url, "secret", tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return sandbox


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, list(arguments))
    return result.exit_code, result.stdout, result.stderr


def test_the_command_tells_of_what_a_run_did(account: SandboxServer, tmp_path: Path) -> None:
    api = Api(account.base_url)
    body = {"name": "Andina <b>", "organization_fields": {}}
    organization = int(api.call("POST", "/api/v2/organizations", {"organization": body})["organization"]["id"])
    ticket = int(account.store.write_as_client(
        "client@example.com", "Client", TEXT, subject="WhatsApp", organization_id=organization)["id"])  # fmt: skip
    assert run("process", str(ticket), "--apply")[0] == 0
    (made,) = json.loads(run("runs", "--json")[1])
    code, out, _ = run("report", "--json", "--names", "--live")
    report = Report.model_validate_json(out)
    assert code == 0
    assert [(one.code, one.tickets) for one in report.codes] == [("gupshup_http 401", 1)]
    assert [(one.id, one.name) for one in report.organizations] == [(str(organization), "Andina <b>")]
    assert (report.totals.replies, report.totals.notes) == (1, 1)
    assert report.next_word == NextWord(replies=1, silent=1, gone=0, not_read=0, by=(), after=None)
    assert report.requests.spent > 0
    of_run = Report.model_validate_json(run("report", "--json", "--run", made["id"])[1])
    assert (of_run.scope.run, of_run.totals, of_run.next_word) == (made["id"], report.totals, None)

    file = tmp_path / "report.html"
    code, out, err = run("report", "--html", str(file), "--lang", "es", "--names", "--timezone", "America/Bogota")
    assert (code, out, err.splitlines()[-1]) == (0, "", f"Written: {file}")
    written = file.read_text(encoding="utf-8")
    assert '<html lang="es">' in written
    assert "Andina &lt;b&gt;" in written
    assert [path.name for path in tmp_path.glob(".report*")] == []

    lines = run("report", "--lang", "pt")[1].splitlines()
    assert "# Quais erros" in lines
    assert "gupshup_http 401\tUnauthorized\tO proprietário da conta\t1\t1\t1" in lines
    assert [path.name for path in (tmp_path / "state").glob("*names*")] == ["organization-names.json"]
    assert run("forget", "--organization", "7", "--yes")[0] == 0
    assert list((tmp_path / "state").glob("*names*")) == []
    rows = list(csv.reader(io.StringIO(run("report", "--csv")[1])))
    assert ["code", "gupshup_http 401", "Unauthorized", "gupshup_http 401", "", "tickets", "1"] in rows


def test_days_before_and_after_are_left_out(account: SandboxServer, tmp_path: Path) -> None:
    ledger = Ledger(open_engine(None, tmp_path / "state"), account.base_url, now=lambda: float(MONDAY - 40 * DAY))
    ledger.start_live()
    for n in range(4):
        ledger.record(entry(n + 1, MONDAY - (3 - n) * DAY - 1, findings=found(WALLET)))
    first, last = stamp(MONDAY - 3 * DAY)[:10], stamp(MONDAY - 2 * DAY)[:10]
    out = run("report", "--json", "--since", first, "--until", last, "--by", "day")[1]
    report = Report.model_validate_json(out)
    assert [(one.code, one.tickets) for one in report.codes] == [("gupshup 1003", 2)]
    assert (report.over.times, report.over.series[0].counts) == ((first, last), (1, 1))


def test_tickets_that_a_sweep_skipped_are_no_looks(tmp_path: Path) -> None:
    ledger = Ledger(open_engine(None, tmp_path), ACCOUNT, now=lambda: float(MONDAY))
    ledger.start_live()
    ledger.record(entry(did="nothing", requests=2), everything=False)
    ledger.count_skipped(LIVE, 40)
    ledger.count_skipped(LIVE, 2)
    (live,) = ledger.runs()
    assert (live.looks, live.requests) == (1, 2)
    assert ledger.counted(LIVE) == (
        Counted(LIVE, "2026-11-16", "nothing", 1, 2), Counted(LIVE, "2026-11-16", SKIPPED, 42, 0),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--json", "--csv"), 2, "give one of --json, --csv and --html"),
        (("--run", "live", "--since", "2026-11-01"), 2, "--run reports on a whole run"),
        (("--run", "nowhere"), 1, "nowhere: no such run; `zendesk-gupshup runs` lists them"),
        (("--timezone", "Mars/Olympus"), 2, "Mars/Olympus: no such time zone"),
        (("--since", "2026-11-20", "--until", "2026-11-19"), 2, "--since must be before --until"),
        (("--since", "2126-11-20"), 2, "not in the future"),
        (("--html", "nowhere/report.html"), 1, "nowhere/report.html: cannot be written"),
    ],
)
def test_a_mistake_is_one_line(account: SandboxServer, arguments: tuple[str, ...], code: int, said: str) -> None:
    got, out, err = run("report", *arguments)
    assert (got, out) == (code, "")
    assert said in err
