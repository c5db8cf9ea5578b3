"""Finding tickets in the sandbox and changing many of them: export, search, bulk jobs."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from support.sandbox_api import Api
from zendesk_sandbox.export import ExportPage, cursor, read_cursor
from zendesk_sandbox.server import SandboxServer

EXPORT = "/incremental/tickets/cursor"


@pytest.fixture
def api(sandbox: SandboxServer) -> Iterator[Api]:
    with Api(sandbox) as api:
        yield api


def follow(api: Api, path: str) -> tuple[list[int], str]:
    """The ids of all pages from here to the end of the stream, and the cursor then."""
    seen: list[int] = []
    while True:
        rows = api.json("GET", path)
        seen += [row["id"] for row in rows["tickets"]]
        if rows["end_of_stream"]:
            return seen, rows["after_cursor"]
        path = rows["after_url"]


def test_the_export_lists_each_ticket_once_at_its_newest_change(sandbox: SandboxServer, api: Api) -> None:
    for _ in range(4):
        api.ticket()
    sandbox.change(clock_offset=10)
    api.update(2, tags=["x"])
    assert follow(api, f"{EXPORT}?start_time=0&per_page=2")[0] == [1, 3, 4, 2]


def test_a_cursor_stays_good_and_brings_later_changes_also_our_own(api: Api) -> None:
    api.ticket()
    seen, after = follow(api, f"{EXPORT}?start_time=0")
    assert seen == [1]
    assert follow(api, f"{EXPORT}?cursor={after}") == ([], after)
    api.update(1, tags=["by_us"])
    assert follow(api, f"{EXPORT}?cursor={after}")[0] == [1]


def test_a_change_in_the_second_just_read_is_not_passed_over(api: Api) -> None:
    for _ in range(3):
        api.ticket()
    _, after = follow(api, f"{EXPORT}?start_time=0")
    api.update(1, tags=["x"])
    api.update(3, tags=["x"])
    assert follow(api, f"{EXPORT}?cursor={after}")[0] == [1, 3]


def test_the_cursor_is_a_second_and_an_id_as_recorded(api: Api) -> None:
    api.ticket()
    rows = api.json("GET", f"{EXPORT}?start_time=0")
    second = rows["tickets"][0]["generated_timestamp"]
    assert base64.b64decode(rows["after_cursor"]).decode() == f"{second}.0||1|"


def test_the_last_minute_is_hidden(sandbox: SandboxServer, api: Api) -> None:
    sandbox.change(incremental_lag=60)
    api.ticket()
    assert follow(api, f"{EXPORT}?start_time=0")[0] == []
    sandbox.change(clock_offset=61)
    assert follow(api, f"{EXPORT}?start_time=0")[0] == [1]


def test_a_start_inside_the_last_minute_is_refused(sandbox: SandboxServer, api: Api) -> None:
    sandbox.change(incremental_lag=60)
    now = int(sandbox.store.now())
    assert "Too recent" in api.json("GET", f"{EXPORT}?start_time={now - 30}", status=400)["description"]
    assert api.json("GET", f"{EXPORT}?start_time={now - 120}")["tickets"] == []


def test_deleted_tickets_are_listed_as_deleted_unless_left_out(api: Api) -> None:
    api.ticket()
    api.send("DELETE", "/tickets/1")
    assert [row["status"] for row in api.json("GET", f"{EXPORT}?start_time=0")["tickets"]] == ["deleted"]
    assert api.json("GET", f"{EXPORT}?start_time=0&exclude_deleted=true")["tickets"] == []


def test_the_export_puts_users_beside_the_tickets(api: Api) -> None:
    api.ticket()
    rows = api.json("GET", f"{EXPORT}?start_time=0&include=users")
    assert [user["email"] for user in rows["users"]] == ["worker@example.com"]


def test_a_cursor_that_is_none_is_refused(api: Api) -> None:
    assert api.send("GET", f"{EXPORT}?cursor=nonsense").status_code == 400
    assert api.send("GET", EXPORT).status_code == 400


def test_changes_come_in_the_order_of_second_and_id_with_the_newest_only() -> None:
    changes = ExportPage()
    for ticket_id, second in ((3, 10), (1, 10), (2, 11), (3, 12), (1, 12)):
        changes.touch(ticket_id, second)
    assert list(changes.after((0, 0), None)) == [(11, 2), (12, 1), (12, 3)]
    assert list(changes.after((12, 1), None)) == [(12, 3)]
    assert list(changes.after((0, 0), until=11)) == [(11, 2)]
    assert list(changes.from_second(12, None)) == [(12, 1), (12, 3)]
    assert read_cursor(cursor((12, 3))) == (12, 3)
    assert read_cursor("%%") is None


def test_many_changes_of_few_tickets_take_no_more_room() -> None:
    changes = ExportPage()
    for second in range(10_000):
        changes.touch(second % 3, second)
    assert len(changes._order) < 2_000
    assert list(changes.after((0, 0), None)) == [(9_997, 1), (9_998, 2), (9_999, 0)]


QUERIES = [
    ("type:ticket", [1, 2, 3]),
    ("type:ticket status:open", [2]),
    ("type:ticket status<open", [1, 3]),
    ("status>=new tags:gupshup", [2, 3]),
    ("type:ticket -tags:gupshup", [1]),
    ("type:ticket 401", [2]),
    ('type:ticket "portal user not found"', [3]),
    ("type:ticket created>2020-01-01", [1, 2, 3]),
    ("type:ticket created<2020-01-01T00:00:00Z", []),
    ("type:ticket updated>2020-01-01 priority:high", [3]),
    ("requester:lin@example.com", [1]),
    ("type:user ada", []),
    ("type:ticket subject:help", [1]),
    ("type:ticket group:none order_by:created_at sort:asc", [1, 3]),
]


@pytest.fixture
def three(sandbox: SandboxServer, api: Api) -> Api:
    sandbox.store.write_as_client("lin@example.com", "Lin", "hello", subject="Help me")
    api.ticket(subject="S", tags=["gupshup"], assignee_id=sandbox.store.user_by_email("ada@example.com")["id"])
    api.ticket(subject="S", tags=["gupshup"], priority="high", comment={"body": "Portal User Not Found With APIKey"})
    return api


@pytest.mark.parametrize(("query", "wanted"), QUERIES, ids=[row[0] for row in QUERIES])
def test_search_understands_the_queries_it_promises(three: Api, query: str, wanted: list[int]) -> None:
    found = three.json("GET", "/search", params={"query": query})
    assert [row["id"] for row in found["results"] if row["result_type"] == "ticket"] == wanted
    rows = three.json("GET", "/search/export", params={"query": query, "filter[type]": "ticket"})["results"]
    if "type:user" not in query:
        assert sorted(row["id"] for row in rows) == wanted


def test_search_says_when_it_does_not_understand(three: Api) -> None:
    assert three.json("GET", "/search", params={"query": "colour:red"}, status=422)["error"] == "invalid"
    assert three.json("GET", "/search", params={"query": "created>yesterday"}, status=422)["error"] == "invalid"


def test_search_ends_at_1000_results(three: Api) -> None:
    refused = three.json("GET", "/search?query=type:ticket&page=11", status=422)
    assert refused["description"] == "Invalid search: Requested response size was greater than Search Response Limits"
    assert three.json("GET", "/search?query=type:ticket&page=10")["results"] == []


def test_the_search_export_pages_by_cursor_and_wants_a_type(sandbox: SandboxServer, three: Api) -> None:
    assert three.send("GET", "/search/export?query=x").status_code == 400
    first = three.json("GET", "/search/export?query=tags:gupshup&filter[type]=ticket&page[size]=1")
    second = three.json("GET", first["links"]["next"])
    assert [first["results"][0]["id"], second["results"][0]["id"]] == [3, 2]
    assert (first["meta"]["has_more"], second["meta"]["has_more"]) == (True, False)
    sandbox.change(clock_offset=3601)
    assert "expired" in three.json("GET", first["links"]["next"], status=400)["description"]


def finished(sandbox: SandboxServer, api: Api, job: dict[str, Any]) -> dict[str, Any]:
    assert sandbox.store.scheduler.wait_idle()
    done: dict[str, Any] = api.json("GET", f"/job_statuses/{job['id']}.json")["job_status"]
    return done


def test_one_change_for_many_tickets_is_a_job_that_may_add_and_remove_tags(sandbox: SandboxServer, api: Api) -> None:
    for _ in range(2):
        api.ticket(tags=["a", "b"])
    change = {"ticket": {"additional_tags": ["c"], "remove_tags": ["a"]}}
    job = api.json("PUT", "/tickets/update_many?ids=1,2", change, 200)["job_status"]
    assert (job["status"], job["total"], job["results"], job["id"][:3]) == ("queued", 2, None, "V3-")
    done = finished(sandbox, api, job)
    assert (done["status"], done["progress"]) == ("completed", 2)
    assert done["results"][0] == {"action": "update", "status": "Updated", "success": True, "id": 1}
    assert [api.json("GET", f"/tickets/{key}/tags")["tags"] for key in (1, 2)] == [["b", "c"], ["b", "c"]]


def test_a_completed_job_can_hold_failed_rows(sandbox: SandboxServer, api: Api) -> None:
    old = api.ticket()["updated_at"]
    api.ticket()
    api.update(2, status="closed")
    sandbox.change(clock_offset=5)
    api.update(1, tags=["x"])
    stale = {"id": 1, "tags": ["y"], "safe_update": True, "updated_stamp": old}
    rows = [stale, {"id": 2, "tags": ["y"]}, {"id": 9, "tags": ["y"]}]
    job = api.json("PUT", "/tickets/update_many", {"tickets": rows}, 200)["job_status"]
    done = finished(sandbox, api, job)
    assert done["status"] == "completed"
    assert [row["error"] for row in done["results"]] == ["UpdateConflict", "RecordInvalid", "RecordNotFound"]


def test_a_ticket_changed_after_queueing_is_not_overwritten(sandbox: SandboxServer, api: Api) -> None:
    api.ticket()
    sandbox.change(job_delay=3600.0)
    job = api.json("PUT", "/tickets/update_many?ids=1", {"ticket": {"tags": ["job"]}}, 200)["job_status"]
    sandbox.change(clock_offset=5)
    api.update(1, tags=["agent"])
    sandbox.store.scheduler.hurry()
    assert finished(sandbox, api, job)["results"][0]["error"] == "UpdateConflict"
    assert api.json("GET", "/tickets/1/tags")["tags"] == ["agent"]


def test_create_many_answers_with_the_new_ids(sandbox: SandboxServer, api: Api) -> None:
    rows = [{"subject": "S", "comment": {"body": "x"}}, {"subject": "without words"}]
    job = api.json("POST", "/tickets/create_many", {"tickets": rows}, 200)["job_status"]
    results = finished(sandbox, api, job)["results"]
    assert (results[0]["index"], results[0]["id"]) == (0, 1)
    assert (results[1]["index"], results[1]["error"]) == (1, "RecordInvalid")


def test_more_than_100_at_once_are_refused(api: Api) -> None:
    ids = ",".join(str(number) for number in range(1, 102))
    refused = api.json("PUT", f"/tickets/update_many?ids={ids}", {"ticket": {"tags": []}}, 400)
    assert (refused["error"], refused["max_count"]) == ("TooManyValues", 100)


def test_more_than_30_waiting_jobs_are_refused(sandbox: SandboxServer, api: Api) -> None:
    api.ticket()
    sandbox.change(job_delay=3600.0)
    for _ in range(30):
        api.json("PUT", "/tickets/update_many?ids=1", {"ticket": {"tags": []}}, 200)
    refused = api.json("PUT", "/tickets/update_many?ids=1", {"ticket": {"tags": []}}, 429)
    assert (refused["error"], len(refused["current_job_ids"])) == ("TooManyJobs", 30)
