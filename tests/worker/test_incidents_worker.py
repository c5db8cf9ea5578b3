"""Incidents with real workers: one problem ticket, no reply twice, and nobody forgotten, whoever is killed when.

On PostgreSQL, too.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from support.databases import queue_database
from support.fleet import CONFIG, Fleet
from support.incident_fleet import Outage
from zendesk_sandbox.faults import Fault

LONG = "each"

NAMES = ("Alfa", "Beta", "Gamma", "Delta")
KNOWN, NOTED, REPLIED = (
    "gupshup_known_incident",
    "gupshup_noted__incident_http_401",
    "gupshup_replied__http_401",
)
BOTH = Counter({"incident reply": 1, "incident note": 1, "code reply": 1, "code note": 1})

# Where a worker is killed, before the end and after it; each on the next request of its kind.
BEFORE = (
    ("kill", "GET", "tickets", 1),
    ("kill", "POST", "tickets", 1),
    ("kill_applied", "POST", "tickets", 2),
    ("kill", "PUT", "tickets/*", 1),
    ("kill_applied", "PUT", "tickets/*", 3),
    ("kill_applied", "PUT", "tickets/*", 5),
)
AFTER = (
    ("kill_applied", "GET", "tickets/show_many", 1),
    ("kill", "PUT", "tickets/*", 1),
    ("kill_applied", "PUT", "tickets/*", 2),
    ("kill_applied", "PUT", "tickets/*", 3),
)


@pytest.fixture
def fleet_config() -> str:
    return CONFIG + '[incident]\nmode = "auto"\nlink = false\n'


@pytest.fixture
def outage(fleet: Fleet) -> Outage:
    made = Outage(fleet)
    made.ready()
    return made


def faults(rows: tuple[tuple[str, str, str, int], ...]) -> list[Fault]:
    return [Fault(kind=kind, method=method, path=path, nth=nth) for kind, method, path, nth in rows]


@pytest.mark.parametrize(
    "shared_engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.kills)], indirect=True
)
@pytest.mark.no_cover
def test_workers_killed_at_every_step_open_one_problem_and_forget_nobody(fleet: Fleet, outage: Outage) -> None:
    plan = fleet.sandbox.plan
    plan.replace(faults(BEFORE))
    for name in NAMES:
        outage.report(name)
    outage.until(lambda: outage.have(NOTED) and len(plan.met) == len(BEFORE) and outage.is_quiet())
    (problem,) = outage.problems
    # Who was first may have been answered before it was an incident; nobody twice.
    before = [outage.written(ticket_id) for ticket_id in outage.tickets]
    assert all(written["incident reply"] == 1 == written["incident note"] for written in before), outage.state()
    assert all(written <= BOTH for written in before), outage.state()
    assert outage.have(KNOWN)

    plan.replace(faults(AFTER))
    outage.solve(problem)
    outage.until(lambda: outage.lack(KNOWN) and outage.have(REPLIED) and len(plan.met) == len(AFTER))
    # A killed worker's ticket waits until its lease has expired.
    outage.until(lambda: all(outage.written(ticket_id) >= BOTH for ticket_id in outage.tickets) and outage.is_quiet())
    assert [outage.written(ticket_id) for ticket_id in outage.tickets] == [BOTH] * len(NAMES), outage.state()
    assert outage.problems == [problem]


@pytest.mark.no_cover
def test_a_lost_store_opens_no_second_problem_and_forgets_nobody(fleet: Fleet, outage: Outage, tmp_path: Path) -> None:
    for name in NAMES[:3]:
        outage.report(name)
    outage.until(lambda: outage.have(NOTED) and outage.is_quiet())
    problems = outage.problems

    outage.kill_all()
    fleet.engine.dispose()
    if fleet.engine.dialect.name == "sqlite":
        for file in (tmp_path / "shared").iterdir():
            file.unlink()
    fleet.engine = queue_database(fleet.engine.dialect.name, tmp_path / "shared")
    outage.ready()
    # One more organization: too few for an incident of its own.
    late = outage.report(NAMES[3])
    outage.until(lambda: outage.have(NOTED) and outage.is_quiet())
    assert (outage.problems, outage.written(late)) == (problems, Counter({"incident reply": 1, "incident note": 1}))

    outage.solve(problems[0])
    outage.until(lambda: outage.lack(KNOWN) and outage.have(REPLIED) and outage.is_quiet())
    assert [outage.written(ticket_id) for ticket_id in outage.tickets] == [BOTH] * len(NAMES), outage.state()


class TestLinked:
    @pytest.fixture
    def fleet_config(self) -> str:
        return CONFIG + '[incident]\nmode = "auto"\n'

    @pytest.mark.no_cover
    def test_tickets_that_zendesk_solves_with_their_problem_get_no_further_reply(self, outage: Outage) -> None:
        for name in NAMES[:3]:
            outage.report(name)
        outage.until(lambda: outage.have(NOTED) and outage.is_quiet())
        (problem,) = outage.problems
        assert outage.linked() == [problem] * 3
        before = [outage.written(ticket_id) for ticket_id in outage.tickets]

        outage.solve(problem, comment={"body": "Gupshup is back.", "public": True})
        for ticket_id in outage.tickets:
            outage.visit(ticket_id)
        outage.until(outage.is_quiet)
        assert [outage.written(ticket_id) for ticket_id in outage.tickets] == before
