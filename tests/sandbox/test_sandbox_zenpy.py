"""The sandbox driven by the released zenpy, which was written against the real thing and follows its links."""

from __future__ import annotations

from pathlib import Path

import pytest
from zenpy import Zenpy
from zenpy.lib.api_objects import Comment, Macro, Organization, Ticket, Trigger, User, Webhook
from zenpy.lib.exception import APIException, RecordNotFoundException, SearchResponseLimitExceeded

from support.sandbox_api import Endpoint
from zendesk_sandbox.seed import ADMIN_EMAIL, API_TOKEN
from zendesk_sandbox.server import SandboxServer


@pytest.fixture
def zenpy(sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> Zenpy:
    monkeypatch.setenv("ZENPY_FORCE_NETLOC", sandbox.base_url.removeprefix("http://"))
    monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
    return Zenpy(subdomain="sandbox", email=ADMIN_EMAIL, token=API_TOKEN, disable_cache=True)


def test_a_ticket_is_made_shown_and_updated_with_a_file(zenpy: Zenpy, tmp_path: Path) -> None:
    made = zenpy.tickets.create(Ticket(subject="Help", comment=Comment(body="It fails with 401"), tags=["a"]))
    file = tmp_path / "guide.txt"
    file.write_text("steps")
    upload = zenpy.attachments.upload(str(file), target_name="guide.txt", content_type="text/plain")
    comment = Comment(html_body="<p>Hello</p>", public=True, uploads=[upload.token])
    audit = zenpy.tickets.update(Ticket(id=made.ticket.id, comment=comment, tags=["a", "b"]))
    assert audit.ticket.tags == ["a", "b"]
    assert zenpy.tickets(id=made.ticket.id).updated_at == audit.ticket.updated_at
    comments = list(zenpy.tickets.comments(made.ticket.id))
    assert [comment.plain_body for comment in comments] == ["It fails with 401", "Hello"]
    assert [file.file_name for file in comments[1].attachments] == ["guide.txt"]
    assert [audit.ticket_id for audit in zenpy.tickets.audits(made.ticket.id)] == [1, 1]


def test_comments_and_lists_are_paged_through(zenpy: Zenpy) -> None:
    for number in range(3):
        zenpy.tickets.create(Ticket(subject=str(number), description="x"))
    assert [ticket.id for ticket in zenpy.tickets(cursor_pagination=1)] == [1, 2, 3]
    assert [ticket.id for ticket in zenpy.tickets()] == [1, 2, 3]


def test_the_incremental_export_is_followed_to_its_end_and_on(zenpy: Zenpy) -> None:
    for number in range(3):
        zenpy.tickets.create(Ticket(subject=str(number), description="x"))
    export = zenpy.tickets.incremental(start_time=0, per_page=2)
    assert [ticket.id for ticket in export] == [1, 2, 3]
    zenpy.tickets.update(Ticket(id=1, tags=["x"]))
    assert [ticket.id for ticket in zenpy.tickets.incremental(cursor=export.after_cursor)] == [1]


def test_search_and_its_export_find_the_ticket(zenpy: Zenpy) -> None:
    zenpy.tickets.create(Ticket(subject="Gupshup", description="x", tags=["gupshup"]))
    assert [ticket.id for ticket in zenpy.search(type="ticket", tags="gupshup")] == [1]
    assert [ticket.id for ticket in zenpy.search_export(type="ticket", query="gupshup")] == [1]
    with pytest.raises(SearchResponseLimitExceeded):
        list(zenpy.search(query="colour:red", type="ticket"))


def test_refusals_are_the_exceptions_zenpy_knows(sandbox: SandboxServer, zenpy: Zenpy) -> None:
    with pytest.raises(RecordNotFoundException):
        zenpy.tickets(id=7)
    stamp = zenpy.tickets.create(Ticket(subject="S", description="x")).ticket.updated_at
    sandbox.change(clock_offset=5)
    zenpy.tickets.update(Ticket(id=1, tags=["x"]))
    with pytest.raises(APIException) as conflict:
        zenpy.tickets.update(Ticket(id=1, tags=["y"], safe_update=True, updated_stamp=stamp))
    assert conflict.value.response.status_code == 409


def test_a_job_is_polled_until_it_is_done(sandbox: SandboxServer, zenpy: Zenpy) -> None:
    zenpy.tickets.create(Ticket(subject="S", description="x"))
    tickets = [Ticket(id=1, tags=["x"])]
    job = zenpy.tickets.update(tickets)
    assert sandbox.store.scheduler.wait_idle()
    done = zenpy.job_status(id=job.id)
    assert (done.status, done.results[0].status) == ("completed", "Updated")


def test_rules_webhooks_and_people_are_made(sandbox: SandboxServer, zenpy: Zenpy) -> None:
    with Endpoint() as endpoint:
        given = Webhook(name="w", endpoint=endpoint.url, http_method="POST", request_format="json", status="active")
        given.subscriptions = ["conditional_ticket_events"]
        webhook = zenpy.webhooks.create(given)
        assert len(zenpy.webhooks.show_secret(webhook).secret) == 44
        action = {"field": "notification_webhook", "value": [webhook.id, '{"ticket_id": "{{ticket.id}}"}']}
        condition = {"field": "update_type", "operator": "is", "value": "Create"}
        zenpy.triggers.create(Trigger(title="t", all=[condition], actions=[action]))
        zenpy.tickets.create(Ticket(subject="S", description="x"))
        assert sandbox.store.deliveries.wait_idle()
        assert len(endpoint.received) == 1
        assert [row.status_code for row in zenpy.webhooks.invocations(webhook)] == [200]
    macro = zenpy.macros.create(Macro(title="m", actions=[{"field": "current_tags", "value": "gupshup_draft"}]))
    assert zenpy.tickets.show_macro_effect(1, macro.id).ticket.tags == ["gupshup_draft"]
    user = zenpy.users.create_or_update(User(name="Lin", email="lin@lovelace.example.com"))
    assert user.organization.name == "Lovelace Optics"
    assert zenpy.organizations.create(Organization(name="Curie Labs")).name == "Curie Labs"
    assert zenpy.users.me().email == ADMIN_EMAIL
