"""What the sandbox does with tickets, comments, tags and files, where Zendesk is known to do just that."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from support.sandbox_api import Api
from zendesk_sandbox.server import SandboxServer


@pytest.fixture
def api(sandbox: SandboxServer) -> Iterator[Api]:
    with Api(sandbox) as api:
        yield api


def user_id(api: Api, email: str) -> int:
    found: int = api.json("GET", f"/users/search?query={email}")["users"][0]["id"]
    return found


def test_a_ticket_is_shown_with_the_people_beside_it(sandbox: SandboxServer, api: Api) -> None:
    sandbox.store.write_as_client("lin@lovelace.example.com", "Lin", "It fails with 401", subject="Help")
    shown = api.json("GET", "/tickets/1.json?include=users,organizations,groups,comment_count")
    assert shown["ticket"]["comment_count"] == 1
    assert [user["email"] for user in shown["users"]] == ["lin@lovelace.example.com"]
    assert [row["name"] for row in shown["organizations"]] == ["Lovelace Optics"]
    assert shown["organizations"][0]["organization_fields"]["gupshup_app_name"] == "LovelaceOptics"
    assert shown["groups"] == []


def test_every_link_names_the_host_that_was_asked(sandbox: SandboxServer, api: Api) -> None:
    ticket = api.ticket()
    other = sandbox.base_url.replace("127.0.0.1", "localhost")
    assert ticket["url"] == f"{sandbox.base_url}/api/v2/tickets/1.json"
    shown = api.json("GET", f"{other}/api/v2/tickets/1")
    assert shown["ticket"]["url"] == f"{other}/api/v2/tickets/1.json"


def test_a_customers_words_that_look_like_a_link_stay_as_they_are(api: Api) -> None:
    words = 'my config: {"url":"/api/v2/x"}'
    api.ticket(comment={"body": words})
    assert api.json("GET", "/tickets/1")["ticket"]["description"] == words


def test_times_are_whole_seconds_in_utc_and_the_date_header_is_there(api: Api) -> None:
    answer = api.send("POST", "/tickets", {"ticket": {"comment": {"body": "x"}}})
    stamp = answer.json()["ticket"]["updated_at"]
    assert len(stamp) == len("2026-11-21T09:00:00Z")
    assert stamp.endswith("Z")
    assert answer.headers["Date"].endswith("GMT")


def test_an_answer_to_create_carries_the_audit_and_the_location(api: Api) -> None:
    answer = api.send("POST", "/tickets", {"ticket": {"subject": "S", "comment": {"body": "x"}}})
    assert answer.status_code == 201
    assert answer.headers["location"].endswith("/api/v2/tickets/1.json")
    assert [event["type"] for event in answer.json()["audit"]["events"]][:2] == ["Comment", "Create"]


def test_a_ticket_without_words_is_refused(api: Api) -> None:
    refused = api.json("POST", "/tickets", {"ticket": {"subject": "S"}}, 422)
    assert refused["error"] == "RecordInvalid"


def test_tags_in_an_update_replace_all_tags(api: Api) -> None:
    api.ticket(tags=["a", "b"])
    assert api.update(1, tags=["C", "d e"])["ticket"]["tags"] == ["c", "d", "e"]


def test_additional_tags_mean_nothing_in_a_single_update_and_are_warned_of(api: Api) -> None:
    api.ticket(tags=["a"])
    answer = api.send("PUT", "/tickets/1", {"ticket": {"additional_tags": ["b"], "colour": 1}})
    assert answer.status_code == 200
    assert answer.json()["ticket"]["tags"] == ["a"]
    warned = answer.headers["x-zendesk-api-warn"]
    assert ':unpermitted_keys=>["ticket.additional_tags", "ticket.colour"]' in warned


def test_the_tags_endpoint_adds_sets_and_removes(api: Api) -> None:
    api.ticket(tags=["a"])
    assert api.json("PUT", "/tickets/1/tags", {"tags": ["b"]}, 200) == {"tags": ["a", "b"]}
    assert api.json("DELETE", "/tickets/1/tags", {"tags": ["a"]}, 200) == {"tags": ["b"]}
    assert api.json("POST", "/tickets/1/tags", {"tags": ["x", "y"]}, 201) == {"tags": ["x", "y"]}
    assert api.json("GET", "/tickets/1/tags") == {"tags": ["x", "y"]}


def test_a_stale_stamp_is_a_conflict_and_changes_nothing(sandbox: SandboxServer, api: Api) -> None:
    ticket = api.ticket(tags=["a"])
    sandbox.change(clock_offset=5)
    api.update(1, tags=["b"])
    body = {"safe_update": True, "updated_stamp": ticket["updated_at"], "tags": ["c"]}
    refused = api.update(1, 409, **body)
    assert refused["error"] == "UpdateConflict"
    assert api.json("GET", "/tickets/1/tags") == {"tags": ["b"]}


def test_safe_update_counts_even_when_it_is_false_and_not_when_it_is_left_out(sandbox: SandboxServer, api: Api) -> None:
    ticket = api.ticket()
    sandbox.change(clock_offset=5)
    api.update(1, tags=["b"])
    api.update(1, 409, safe_update=False, updated_stamp=ticket["updated_at"], tags=["c"])
    api.update(1, 200, updated_stamp=ticket["updated_at"], tags=["c"])


def test_a_stamp_of_the_same_second_passes(sandbox: SandboxServer, api: Api) -> None:
    api.ticket()
    now = api.json("GET", "/tickets/1")["ticket"]["updated_at"]
    api.update(1, 200, safe_update=True, updated_stamp=now, tags=["c"])


def test_tags_take_a_stamp_too(sandbox: SandboxServer, api: Api) -> None:
    ticket = api.ticket()
    sandbox.change(clock_offset=5)
    api.update(1, priority="high")
    body = {"tags": ["x"], "safe_update": "true", "updated_stamp": ticket["updated_at"]}
    assert api.json("PUT", "/tickets/1/tags", body, 409)["error"] == "UpdateConflict"


def test_a_closed_ticket_takes_no_update(api: Api) -> None:
    api.ticket()
    api.update(1, status="closed")
    refused = api.update(1, 422, tags=["x"])
    assert refused["details"] == {"status": [{"description": "Status: closed prevents ticket update"}]}
    assert api.json("PUT", "/tickets/1/tags", {"tags": ["x"]}, 422)["error"] == "RecordInvalid"


def test_a_deleted_ticket_is_not_found(api: Api) -> None:
    api.ticket()
    assert api.send("DELETE", "/tickets/1").status_code == 204
    assert api.json("GET", "/tickets/1", status=404) == {"error": "RecordNotFound", "description": "Not found"}
    assert api.update(1, 404, tags=["x"])["error"] == "RecordNotFound"


def test_solving_needs_an_assignee_and_the_required_fields(api: Api) -> None:
    field = {"title": "Cause", "type": "text", "required": True}
    field_id = api.json("POST", "/ticket_fields", {"ticket_field": field})["ticket_field"]["id"]
    api.ticket()
    rows = api.update(1, 422, status="solved", comment={"body": "done"})["details"]["base"]
    assert [row["ticket_field_type"] for row in rows] == ["FieldAssignee", "FieldText"]
    assert rows[1]["ticket_field_id"] == field_id
    assert len(api.comments(1)) == 1
    ada = user_id(api, "ada@example.com")
    solved = api.update(1, status="solved", assignee_id=ada, custom_fields=[{"id": field_id, "value": "key"}])
    assert solved["ticket"]["status"] == "solved"


def test_assigning_sets_the_agents_group_and_opens_a_new_ticket(api: Api) -> None:
    api.ticket()
    ticket = api.update(1, assignee_id=user_id(api, "grace@example.com"))["ticket"]
    groups = {row["id"]: row["name"] for row in api.json("GET", "/groups")["groups"]}
    assert (ticket["status"], groups[ticket["group_id"]]) == ("open", "WhatsApp N2")
    assert api.update(1, 422, status="new")["details"] == {"status": [{"description": "Status: cannot be reset"}]}


def test_a_priority_cannot_be_taken_back(api: Api) -> None:
    api.ticket(priority="high")
    refused = api.update(1, 422, priority=None)
    assert refused["details"] == {"priority": [{"description": "Priority: cannot be reset"}]}


def tagger(api: Api) -> int:
    options = [{"name": "Wrong key", "value": "gupshup_401"}, {"name": "Template", "value": "gupshup_132"}]
    field = {"title": "Code", "type": "tagger", "custom_field_options": options}
    made: int = api.json("POST", "/ticket_fields", {"ticket_field": field})["ticket_field"]["id"]
    return made


def test_a_drop_down_and_its_tag_are_two_sides_of_one_thing(api: Api) -> None:
    field_id = tagger(api)
    ticket = api.ticket(tags=["kept"], custom_fields=[{"id": field_id, "value": "gupshup_401"}])
    assert ticket["tags"] == ["gupshup_401", "kept"]
    ticket = api.update(1, custom_fields=[{"id": field_id, "value": "gupshup_132"}])["ticket"]
    assert ticket["tags"] == ["gupshup_132", "kept"]
    ticket = api.update(1, tags=["kept"])["ticket"]
    assert ticket["custom_fields"] == [{"id": field_id, "value": None}] == ticket["fields"]
    ticket = api.update(1, tags=["kept", "gupshup_401"])["ticket"]
    assert ticket["custom_fields"] == [{"id": field_id, "value": "gupshup_401"}]


def test_a_choice_that_is_none_is_refused_and_an_unknown_field_is_passed_over(api: Api) -> None:
    field_id = tagger(api)
    api.ticket()
    refused = api.update(1, 422, custom_fields=[{"id": field_id, "value": "other"}])
    assert refused["details"]["base"][0]["ticket_field_id"] == field_id
    assert api.update(1, custom_fields=[{"id": 5, "value": "x"}])["ticket"]["custom_fields"] == [
        {"id": field_id, "value": None}
    ]


def test_a_field_made_later_shows_on_older_tickets(api: Api) -> None:
    api.ticket()
    field_id = tagger(api)
    assert api.json("GET", "/tickets/1")["ticket"]["custom_fields"] == [{"id": field_id, "value": None}]


def test_a_comment_over_64_kb_is_cut_without_a_word(api: Api) -> None:
    api.ticket()
    answer = api.send("PUT", "/tickets/1", {"ticket": {"comment": {"html_body": "é" * 40_000, "public": False}}})
    assert answer.status_code == 200
    assert "x-zendesk-api-warn" not in answer.headers
    body = api.comments(1)[-1]["body"]
    assert body == "é" * 32_768


def test_without_public_a_comment_is_as_public_as_the_first(api: Api) -> None:
    api.ticket()
    api.ticket(comment={"body": "internal", "public": False})
    for ticket_id in (1, 2):
        api.update(ticket_id, comment={"body": "and more"})
    assert [comment["public"] for comment in api.comments(1)] == [True, True]
    assert [comment["public"] for comment in api.comments(2)] == [False, False]
    assert api.json("GET", "/tickets/2")["ticket"]["is_public"] is False


PLACEHOLDERS = [
    ("<p>{{ticket.id}} {{ticket.requester.name}}</p>", "1 Lin"),
    ("<p>[{{ticket.no_such_thing}}]</p>", "[]"),
    (r"<p>\{{ticket.id}}</p>", "{{ticket.id}}"),
    ("<p><code>{{ticket.id}}</code></p>", "{{ticket.id}}"),
    ("<pre>{{ticket.id}}</pre>", "{{ticket.id}}"),
    ("<p>{{ticket.organization.custom_fields.gupshup_app_name}}</p>", "LovelaceOptics"),
    ("<p>{% if ticket.id %}x{% endif %}</p>", "x"),
]


@pytest.mark.parametrize(("written", "read"), PLACEHOLDERS)
def test_placeholders_in_what_staff_write_are_filled_in(
    sandbox: SandboxServer, api: Api, written: str, read: str
) -> None:
    sandbox.store.write_as_client("lin@lovelace.example.com", "Lin", "x", subject="S")
    api.update(1, comment={"html_body": written, "public": True})
    assert api.comments(1)[-1]["plain_body"] == read


def test_placeholders_in_what_a_client_writes_are_left_alone(sandbox: SandboxServer, api: Api) -> None:
    sandbox.store.write_as_client("lin@example.com", "Lin", "{{ticket.id}} *x*", subject="S")
    assert api.comments(1)[0]["plain_body"] == "{{ticket.id}} *x*"


def test_a_placeholders_value_cannot_bring_markup(sandbox: SandboxServer, api: Api) -> None:
    sandbox.store.write_as_client("lin@example.com", "<b>Lin</b>", "x", subject="S")
    api.update(1, comment={"html_body": "<p>{{ticket.requester.name}}</p>"})
    assert "&lt;b&gt;Lin&lt;/b&gt;" in api.comments(1)[-1]["html_body"]


def test_plain_bodies_of_staff_are_markdown_and_wrapped_as_zendesk_wraps(api: Api) -> None:
    api.ticket(comment={"body": "**bold**"})
    comment = api.comments(1)[0]
    assert comment["html_body"] == ('<div class="zd-comment" dir="auto"><p dir="auto"><strong>bold</strong></p></div>')


def test_scripts_do_not_survive(api: Api) -> None:
    api.ticket(comment={"html_body": "<p onclick='x()'>hi</p><script>alert(1)</script>"})
    assert api.comments(1)[0]["html_body"] == '<div class="zd-comment" dir="auto"><p>hi</p></div>'


def test_metadata_goes_to_the_audit_and_nowhere_else(api: Api) -> None:
    api.ticket()
    audit = api.update(1, comment={"body": "x"}, metadata={"gupshup_worker": "run 7"})["audit"]
    assert audit["metadata"]["custom"] == {"gupshup_worker": "run 7"}
    assert api.json("GET", "/tickets/1/audits")["audits"][-1] == audit


def test_an_update_that_changes_nothing_leaves_no_audit(sandbox: SandboxServer, api: Api) -> None:
    ticket = api.ticket(tags=["a"])
    sandbox.change(clock_offset=5)
    assert api.update(1, tags=["a"])["ticket"]["updated_at"] == ticket["updated_at"]
    assert len(api.json("GET", "/tickets/1/audits")["audits"]) == 1


def test_a_change_is_audited_with_what_was_before(api: Api) -> None:
    api.ticket(tags=["a"])
    event = api.update(1, tags=["b"])["audit"]["events"][0]
    del event["id"]
    assert event == {"type": "Change", "value": ["b"], "field_name": "tags", "previous_value": ["a"]}


def test_an_author_may_differ_from_the_updater(api: Api) -> None:
    api.ticket()
    grace = user_id(api, "grace@example.com")
    audit = api.update(1, comment={"body": "x", "author_id": grace})["audit"]
    assert audit["events"][0]["author_id"] == grace
    assert audit["author_id"] == user_id(api, "worker@example.com")


def test_a_clients_answer_opens_a_solved_ticket_and_follows_up_a_closed_one(sandbox: SandboxServer, api: Api) -> None:
    store = sandbox.store
    store.write_as_client("lin@example.com", "Lin", "x", subject="S")
    api.update(1, status="solved", assignee_id=user_id(api, "ada@example.com"))
    assert store.write_as_client("lin@example.com", "Lin", "again", ticket_id=1)["status"] == "open"
    api.update(1, status="closed")
    follow_up = store.write_as_client("lin@example.com", "Lin", "and again", ticket_id=1)
    assert follow_up["id"] == 2
    assert follow_up["via"]["source"]["rel"] == "follow_up"


def test_comments_come_in_cursor_pages_oldest_first_or_newest(api: Api) -> None:
    api.ticket(comment={"body": "0"})
    for number in range(1, 5):
        api.update(1, comment={"body": str(number)})
    for sort, wanted in (("", "01234"), ("&sort=-created_at", "43210")):
        seen, link = "", f"/tickets/1/comments?page[size]=2{sort}&include=users"
        while link:
            rows = api.json("GET", link)
            assert [user["email"] for user in rows["users"]] == ["worker@example.com"]
            seen += "".join(comment["body"] for comment in rows["comments"])
            link = rows["links"]["next"] if rows["meta"]["has_more"] else ""
        assert seen == wanted


def test_a_page_back_is_the_page_before(api: Api) -> None:
    for _ in range(5):
        api.ticket()
    first = api.json("GET", "/tickets?page[size]=2")
    second = api.json("GET", first["links"]["next"])
    assert api.json("GET", second["links"]["prev"])["tickets"] == first["tickets"]


def test_numbered_pages_count_everything_and_stop_at_10000(api: Api) -> None:
    for _ in range(3):
        api.ticket()
    rows = api.json("GET", "/tickets?per_page=2")
    assert (rows["count"], [t["id"] for t in rows["tickets"]]) == (3, [1, 2])
    assert [t["id"] for t in api.json("GET", rows["next_page"])["tickets"]] == [3]
    refused = api.json("GET", "/tickets?page=101", status=400)
    assert refused["errors"][0]["code"] == "InvalidPaginationDepth"


def test_several_files_gather_under_one_token_which_works_once(sandbox: SandboxServer, api: Api) -> None:
    def upload(name: str, content: bytes, token: str = "") -> dict[str, Any]:
        more = f"&token={token}" if token else ""
        headers = {"Content-Type": "text/plain"}
        answer = api.send("POST", f"/uploads?filename={name}{more}", data=content, headers=headers)
        assert answer.status_code == 201
        uploaded: dict[str, Any] = answer.json()["upload"]
        return uploaded

    first = upload("a%20b.txt", b"one")
    second = upload("c.txt", b"two", first["token"])
    assert second["token"] == first["token"]
    assert [row["file_name"] for row in second["attachments"]] == ["a b.txt", "c.txt"]
    api.ticket(comment={"body": "x", "uploads": [first["token"]]})
    attachments = api.comments(1)[0]["attachments"]
    assert [api.send("GET", row["content_url"]).content for row in attachments] == [b"one", b"two"]
    assert api.send("GET", attachments[0]["content_url"]).headers["content-type"].startswith("text/plain")
    assert api.json("GET", f"/attachments/{attachments[0]['id']}")["attachment"] == attachments[0]
    refused = api.update(1, 422, comment={"body": "x", "uploads": [first["token"]]})
    assert refused["error"] == "RecordInvalid"


def test_an_idempotency_key_makes_one_ticket_of_two_requests(api: Api) -> None:
    body = {"ticket": {"subject": "S", "comment": {"body": "x"}}}
    answers = [api.send("POST", "/tickets", body, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert [answer.headers["x-idempotency-lookup"] for answer in answers] == ["miss", "hit"]
    assert answers[0].json() == answers[1].json()
    assert api.json("GET", "/tickets/count")["count"]["value"] == 1
    other = api.send("POST", "/tickets", {"ticket": {"comment": {"body": "y"}}}, headers={"Idempotency-Key": "k"})
    assert (other.status_code, other.json()["error"]) == (400, "IdempotentRequestError")


def test_a_user_made_twice_is_one_user(api: Api) -> None:
    body = {"user": {"email": "new@example.com", "name": "New"}}
    made = api.json("POST", "/users/create_or_update", body, 201)["user"]
    again = api.json("POST", "/users/create_or_update", {"user": {"email": "new@example.com", "name": "Newer"}}, 200)
    assert (again["user"]["id"], again["user"]["name"]) == (made["id"], "Newer")


def test_organization_fields_are_kept_by_their_key_and_unknown_ones_dropped(api: Api) -> None:
    row = api.json("POST", "/organizations", {"organization": {"name": "Curie Labs"}}, 201)["organization"]
    assert set(row["organization_fields"]) >= {"gupshup_app_id", "gupshup_owner_email"}
    fields = {"gupshup_app_id": "6f1e2d3c-0000-4000-8000-000000000001", "other": "x"}
    path = f"/organizations/{row['id']}"
    changed = api.json("PUT", path, {"organization": {"organization_fields": fields}})["organization"]
    assert changed["organization_fields"]["gupshup_app_id"] == fields["gupshup_app_id"]
    assert "other" not in changed["organization_fields"]
    found = api.json("GET", "/organizations/search?name=curie labs")["organizations"]
    assert [row["id"] for row in found] == [changed["id"]]


def test_a_system_field_cannot_be_deleted_and_a_field_of_ours_can(api: Api) -> None:
    fields = api.json("GET", "/ticket_fields")["ticket_fields"]
    assert api.send("DELETE", f"/ticket_fields/{fields[0]['id']}").status_code == 422
    field_id = tagger(api)
    renamed = api.json("PUT", f"/ticket_fields/{field_id}", {"ticket_field": {"title": "Gupshup code"}})["ticket_field"]
    assert (renamed["title"], renamed["raw_title"], renamed["type"]) == ("Gupshup code", "Gupshup code", "tagger")
    assert api.send("DELETE", f"/ticket_fields/{field_id}").status_code == 204
    assert api.json("GET", f"/ticket_fields/{field_id}", status=404)["error"] == "RecordNotFound"


def test_a_client_can_be_written_for_over_http(sandbox: SandboxServer, api: Api) -> None:
    files = [{"name": "log.txt", "content_type": "text/plain", "content": base64.b64encode(b"401").decode()}]
    body = {"email": "lin@example.com", "name": "Lin", "body": "It fails", "subject": "Help", "files": files}
    made = api.json("POST", f"{sandbox.base_url}/sandbox/write", body, 201)["ticket"]
    assert made["id"] == 1
    attachment = api.comments(1)[0]["attachments"][0]
    assert api.send("GET", attachment["content_url"]).content == b"401"
    refused = api.send("POST", f"{sandbox.base_url}/sandbox/write", {"colour": "red"})
    assert refused.status_code == 400


def test_solving_a_problem_solves_its_incidents_with_its_public_comment(api: Api) -> None:
    problem = api.ticket(type="problem", tags=["gupshup_incident"])["id"]
    linked, other = api.ticket()["id"], api.ticket()["id"]
    api.json("PUT", f"/tickets/{linked}", {"ticket": {"type": "incident", "problem_id": problem}})
    assert api.json("GET", f"/tickets/{problem}")["ticket"]["has_incidents"] is True
    assert [t["id"] for t in api.json("GET", f"/tickets/{problem}/incidents")["tickets"]] == [linked]
    assert [t["id"] for t in api.json("GET", "/problems")["tickets"]] == [problem]
    me = user_id(api, "ada@example.com")
    solved = {"status": "solved", "assignee_id": me, "comment": {"body": "It works again.", "public": True}}
    api.json("PUT", f"/tickets/{problem}", {"ticket": solved})
    found = {t: api.json("GET", f"/tickets/{t}")["ticket"]["status"] for t in (linked, other)}
    told = [c["plain_body"] for c in api.json("GET", f"/tickets/{linked}/comments")["comments"]]
    assert found == {linked: "solved", other: "new"} or found == {linked: "solved", other: "open"}
    assert told[-1] == "It works again."


@pytest.mark.parametrize(
    "link",
    [
        pytest.param({"type": "incident", "problem_id": 99}, id="of no ticket"),
        pytest.param({"type": "incident", "problem_id": 1}, id="of a ticket that is no problem"),
        pytest.param({"type": "outage"}, id="of an unknown type"),
    ],
)
def test_an_incident_is_linked_to_a_problem_alone(api: Api, link: dict[str, Any]) -> None:
    api.ticket()
    ticket = api.ticket()["id"]
    assert api.send("PUT", f"/tickets/{ticket}", {"ticket": link}).status_code == 422


def test_the_link_is_gone_with_the_type(api: Api) -> None:
    problem, ticket = api.ticket(type="problem")["id"], api.ticket()["id"]
    api.json("PUT", f"/tickets/{ticket}", {"ticket": {"type": "incident", "problem_id": problem}})
    changed = api.json("PUT", f"/tickets/{ticket}", {"ticket": {"type": "question"}})["ticket"]
    assert (changed["type"], changed["problem_id"]) == ("question", None)
