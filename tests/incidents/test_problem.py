"""The problem ticket, opened on the sandbox: once, also without a store; and the end that it is of an incident."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from support.answered_ticket import FIRST, desk
from support.databases import ACCOUNT
from zendesk_gupshup.decide.policy import REFUSED_KEY
from zendesk_gupshup.dictionary import CodeEntry, load
from zendesk_gupshup.incidents.book import IncidentBook, IncidentParts
from zendesk_gupshup.incidents.options import IncidentSettings, may_be_gupshups
from zendesk_gupshup.incidents.problem import ProblemRefused, ProblemTickets, problem_words
from zendesk_gupshup.incidents.watch import IncidentWatch
from zendesk_gupshup.pipeline import Brain, assess
from zendesk_gupshup.render.catalogue import Templates
from zendesk_gupshup.storage.alert_state import AlertState
from zendesk_gupshup.storage.incidents import IncidentStore
from zendesk_gupshup.storage.sweep_state import SweepState
from zendesk_gupshup.zendesk.client import Zendesk
from zendesk_gupshup.zendesk.config import ZendeskConfig
from zendesk_sandbox import seed
from zendesk_sandbox.faults import Fault
from zendesk_sandbox.server import SandboxServer

CODE = "gupshup_http 401"


def entry() -> CodeEntry:
    found = load().get(REFUSED_KEY)
    assert found is not None
    return found


@pytest.fixture
def zendesk(sandbox: SandboxServer) -> Iterator[Zendesk]:
    access = ZendeskConfig(base_url=sandbox.base_url, email=seed.ADMIN_EMAIL, api_token=SecretStr(seed.API_TOKEN))
    with Zendesk(access) as made:
        yield made


@pytest.fixture
def queued() -> list[str]:
    return []


@pytest.fixture
def parts(problems: ProblemTickets, engine: sa.Engine, queued: list[str]) -> IncidentParts:
    return IncidentParts(
        store=IncidentStore(engine, ACCOUNT),
        alerts=AlertState(engine, ACCOUNT),
        problems=problems,
        settings=IncidentSettings(),
        dictionary=load(),
        enqueue=lambda entries: queued.extend(key for key, _, _ in entries),
    )


@pytest.fixture
def problems(zendesk: Zendesk) -> ProblemTickets:
    return ProblemTickets(zendesk, language="en", group="WhatsApp N2")


def solve(sandbox: SandboxServer, ticket_id: int, **more: Any) -> None:
    agent = sandbox.store.user_by_email("ada@example.com")["id"]
    sandbox.store.update_ticket(ticket_id, {"status": "solved", "assignee_id": agent, **more}, agent)


def test_it_is_a_private_problem_with_its_tags_in_the_group_and_opened_once(
    sandbox: SandboxServer, problems: ProblemTickets
) -> None:
    opened = problems.open(entry())
    assert problems.open(entry()) == opened
    (ticket,) = sandbox.store.tickets.values()
    assert (ticket["type"], ticket["is_public"], ticket["subject"]) == (
        "problem", False, "Gupshup: possible incident, HTTP 401"
    )  # fmt: skip
    assert ticket["tags"] == ["gupshup_incident", "gupshup_incident__http_401", "gupshup_off"]
    assert sandbox.store.groups[ticket["group_id"]]["name"] == "WhatsApp N2"
    assert [(slug, number) for slug, number, _ in problems.standing()] == [("http_401", opened)]


def test_many_that_know_nothing_of_each_other_open_one(sandbox: SandboxServer, problems: ProblemTickets) -> None:
    opened: list[int] = []
    threads = [threading.Thread(target=lambda: opened.append(problems.open(entry()))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (len(set(opened)), len(sandbox.store.tickets)) == (1, 1)


def test_the_next_incident_has_a_problem_of_its_own(sandbox: SandboxServer, problems: ProblemTickets) -> None:
    first = problems.open(entry())
    solve(sandbox, first)
    second = problems.open(entry())
    assert second != first
    assert problems.finished([first, second, 99]) == {first, 99}


def test_one_that_an_agent_named_is_used_and_says_so(sandbox: SandboxServer, problems: ProblemTickets) -> None:
    agent = sandbox.store.user_by_email("ada@example.com")["id"]
    words = {"comment": {"body": "Gupshup is down.", "public": False}}
    for kind, tags in (
        ("question", ["gupshup_incident", "gupshup__http_401"]),
        ("problem", ["gupshup_incident", "gupshup__1003"]),
        ("problem", ["gupshup_incident", "gupshup__http_401"]),
    ):
        named = sandbox.store.create_ticket({**words, "type": kind, "tags": tags}, agent)["id"]
    assert problems.open(entry()) == named
    assert "gupshup_incident__http_401" in sandbox.store.tickets[named]["tags"]
    assert len(sandbox.store.tickets) == 3


def test_a_refusal_is_about_the_problem_and_not_about_the_account(
    sandbox: SandboxServer, problems: ProblemTickets
) -> None:
    sandbox.plan.replace([Fault(kind="forbidden", method="POST", path="tickets")])
    with pytest.raises(ProblemRefused):
        problems.open(entry())


def test_an_incident_ends_by_silence_or_an_agent_and_each_ticket_is_queued_once(
    sandbox: SandboxServer, parts: IncidentParts, problems: ProblemTickets, engine: sa.Engine, queued: list[str]
) -> None:
    store = parts.store
    now = [1_000_000.0]
    watch = IncidentWatch(parts, SweepState(engine, ACCOUNT), 1.0, clock=lambda: now[0])

    def check(seconds: float) -> list[str]:
        queued.clear()
        now[0] += seconds
        watch.check()
        return list(queued)

    store.begin(CODE, 1_000_000, 1_000_000, 3, [7, 8], problems.open(entry()))
    first = store.open()[0]
    assert check(2) == [f"incident:{first.id}:7", f"incident:{first.id}:8"]
    assert [row.key for row in parts.alerts.listed()] == [f"incident:{first.problem_id}"]
    # The code is silent for just as long as it may be, and nobody has looked at the tickets yet.
    assert check(7200 - 2) == [f"incident:{first.id}:7", f"incident:{first.id}:8"]
    assert store.open()[0].id == first.id
    assert check(2) == [f"incident:{first.id}:7:end", f"incident:{first.id}:8:end"]
    assert (store.listed()[0].ended_by, check(5)) == ("silence", [])

    store.begin(CODE, int(now[0]), int(now[0]), 3, [9], problems.open(entry()))
    second = store.open()[0]
    assert second.problem_id == first.problem_id
    solve(sandbox, int(second.problem_id or 0))
    assert check(5) == [f"incident:{second.id}:9:end"]
    assert [row.ended_by for row in store.listed()] == ["silence", "agent"]


@pytest.mark.parametrize(
    ("tags", "known"),
    [(("gupshup", "gupshup__http_401"), 0), (FIRST, 1), (("gupshup", "gupshup_known_incident"), 1)],
    ids=["neither", "it waits for its owner", "it waits for the end"],
)
def test_without_a_code_an_incident_matters_where_something_waits(
    parts: IncidentParts, tags: tuple[str, ...], known: int
) -> None:
    parts.store.begin(CODE, 1_000_000, 1_000_000, 3, [], parts.problems.open(entry()))
    ticket = desk(text="Please help us with WhatsApp.", tags=tags).ticket_now
    assessment = assess(ticket, Brain(dictionary=load(), templates=Templates.load()))
    assert assessment.detection.findings == ()
    lasting = IncidentBook(parts).lasting(assessment)
    assert [str(incident.error) for incident in lasting or ()] == [CODE] * known


def test_codes_that_gupshup_cannot_be_the_cause_of_are_off_unless_they_are_named() -> None:
    entries = {str(one.error): one for one in load().entries}
    assert may_be_gupshups(entries[CODE])
    settings = IncidentSettings(codes={"meta 131049": "assist", CODE: "off"})
    modes = {name: settings.mode_of(entries[name]) for name in (CODE, "gupshup 500", "meta 131049", "meta 131026")}
    assert modes == {CODE: "off", "gupshup 500": "assist", "meta 131049": "assist", "meta 131026": "off"}


def test_the_words_have_the_same_names_in_every_language() -> None:
    languages = set(load().languages)
    assert {name: set(texts) for name, texts in problem_words().items()} == dict.fromkeys(problem_words(), languages)
