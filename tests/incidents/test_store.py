"""What the store promises: one open incident a code, one worker that opens its problem, no ticket lost on the way."""

from __future__ import annotations

import threading
from dataclasses import replace

import sqlalchemy as sa

from support.databases import ACCOUNT
from zendesk_gupshup.ledger.erasure import erase
from zendesk_gupshup.storage.incidents import IncidentStore, SightingRow

CODE, OTHER = "gupshup_http 401", "gupshup 500"
IDENTITY: dict[str, list[str]] = {"domain": ["d"], "own_domains": [], "accounts": ["a", "b"]}


def sighting(ticket_id: int, at: int) -> SightingRow:
    return SightingRow(ticket_id, at, 5, 20, IDENTITY)


def test_a_report_is_kept_once_a_ticket_and_code_and_the_newest_counts(store: IncidentStore) -> None:
    store.sight(CODE, sighting(7, 100))
    store.sight(CODE, sighting(7, 160))
    store.sight(OTHER, sighting(7, 100))
    assert store.sightings(CODE, 0) == (sighting(7, 160),)
    assert store.sightings(CODE, 160) == ()


def test_reports_of_too_few_organizations_are_not_read(store: IncidentStore) -> None:
    store.sight(CODE, replace(sighting(6, 100), organization_id=None))
    store.sight(CODE, sighting(7, 100))
    store.sight(CODE, sighting(8, 100))
    store.sight(CODE, replace(sighting(9, 50), organization_id=4))
    store.sight(OTHER, replace(sighting(9, 100), organization_id=4))
    read = [[row.ticket_id for row in store.sightings(CODE, 60, organizations=least)] for least in (0, 1, 2)]
    assert read == [[6, 7, 8], [6, 7, 8], []]
    assert len(store.sightings(CODE, 0, organizations=2)) == 4


def test_reports_from_before_the_end_of_an_incident_begin_no_other_one(store: IncidentStore) -> None:
    store.sight(CODE, sighting(7, 100))
    store.begin(CODE, 100, 100, 3, [7], None)
    (row,) = store.open()
    assert store.end(row.id, 200, "agent")
    store.sight(CODE, sighting(8, 150))
    store.sight(CODE, sighting(9, 201))
    assert [one.ticket_id for one in store.sightings(CODE, 0)] == [9]


def test_many_workers_begin_one_incident_and_one_of_them_opens_its_problem(engine: sa.Engine) -> None:
    begun: list[bool] = []
    claimed: list[bool] = []
    together = threading.Barrier(4)

    def work() -> None:
        store = IncidentStore(engine, ACCOUNT)
        together.wait()
        begun.append(store.begin(CODE, 100, 100, 3, [7, 8], None))
        (row,) = store.open()
        together.wait()
        claimed.append(store.claim_opening(row.id, 1000, 60))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (sorted(begun), sorted(claimed)) == ([False, False, False, True], [False, False, False, True])
    (row,) = IncidentStore(engine, ACCOUNT).open()
    assert (row.code, row.organizations, row.problem_id, row.opening_until) == (CODE, 3, None, 1060)


def test_a_claim_of_a_killed_worker_expires_and_an_open_problem_stays(store: IncidentStore) -> None:
    store.begin(CODE, 100, 100, 3, [7], None)
    (row,) = store.open()
    assert store.claim_opening(row.id, 1000, 60)
    assert not store.claim_opening(row.id, 1059, 60)
    assert store.claim_opening(row.id, 1060, 60)
    assert store.opened(row.id, 31)
    assert not store.opened(row.id, 32)
    assert not store.claim_opening(row.id, 9999, 60)
    assert store.open()[0].problem_id == 31


def test_an_incident_that_is_reported_meanwhile_is_not_silent(store: IncidentStore) -> None:
    store.begin(CODE, 100, 100, 3, [7], None)
    (row,) = store.open()
    store.see(row.id, 500)
    store.see(row.id, 300)
    assert not store.end(row.id, 900, "silence", unless_seen_since=500)
    assert store.end(row.id, 900, "silence", unless_seen_since=501)
    assert not store.end(row.id, 901, "agent")
    assert store.listed()[0].ended_by == "silence"


def test_its_tickets_are_kept_until_they_are_queued_again(store: IncidentStore) -> None:
    store.begin(CODE, 100, 100, 3, [7, 8], None)
    (row,) = store.open()
    store.join(row.id, 8, 120)
    store.join(row.id, 9, 130)
    assert [ticket for _, ticket in store.unreleased(ended=False)] == [7, 8, 9]
    assert [ticket for _, ticket in store.unreleased(ended=False, unvisited=True)] == [7]
    assert store.unreleased(ended=True) == ()
    store.end(row.id, 900, "agent")
    store.release(row.id, [7, 8], 901)
    assert [ticket for _, ticket in store.unreleased(ended=True)] == [9]
    assert store.tickets() == {row.id: 3}


def test_accounts_are_apart(engine: sa.Engine, store: IncidentStore) -> None:
    store.begin(CODE, 100, 100, 3, [7], None)
    other = IncidentStore(engine, "https://other.zendesk.com")
    assert (other.open(), other.tickets()) == ((), {})
    assert other.begin(CODE, 100, 100, 3, [7], None)


def test_what_is_old_goes_and_what_a_client_wants_forgotten_goes(engine: sa.Engine, store: IncidentStore) -> None:
    store.sight(CODE, sighting(7, 100))
    store.sight(CODE, sighting(8, 5000))
    store.begin(CODE, 100, 100, 3, [7, 8], None)
    assert erase(engine, ACCOUNT, {"ticket_id": 8}) == (8,)
    assert [one.ticket_id for one in store.sightings(CODE, 0)] == [7]
    assert [ticket for _, ticket in store.unreleased(ended=False)] == [7]
    (row,) = store.open()
    store.forget_before(10_000, sightings_before=4000)
    assert (store.open(), store.sightings(CODE, 0)) == ((row,), ())
    store.end(row.id, 6000, "agent")
    store.forget_before(10_000, sightings_before=4000)
    assert (store.listed(), store.tickets()) == ((), {})
