"""What an agent does in the sidebar: insert the reply, send it, fill in facts, add the draft, judge the code."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from support.browser import ENTER, SPACE, TAB, Browser
from support.zaf_desk import Desk
from support.zaf_views import COMPLETE, FOUND, VIEWS
from support.zaf_worker import QUICK

TEXT = FOUND["reply"]["text"]
HTML = FOUND["reply"]["html"]
ERROR = FOUND["findings"][0]["error"]


def given_line(browser: Browser) -> str:
    """What the page says of the newest feedback."""
    line = browser.script("return document.querySelector('[aria-labelledby=feedback-title] p.quiet').innerText")
    return str(line)


def inserted(text: str, *, edited: bool) -> dict[str, Any]:
    return {"error": ERROR, "edited": edited, "sha256": hashlib.sha256(text.encode()).hexdigest()}


def test_the_reply_is_inserted_in_rich_text(any_desk: Desk) -> None:
    browser = any_desk.open()
    browser.click("#insert")
    assert browser.text(".said.good") == (
        "Inserted without its files: draft.pdf. Attach them from the internal note, then read it through and submit it."
    )
    assert any_desk.composer() == ("public", HTML)
    browser.wait_for(lambda: any_desk.worker.said("POST /inserted"), "the word to the worker")
    assert any_desk.worker.said("POST /inserted") == [inserted(TEXT, edited=False)]
    assert browser.text("#insert") == "Insert again"
    assert browser.count("button.primary") == 0


@pytest.mark.parametrize("draft", [None, FOUND["draft"] | {"files": []}], ids=["no draft", "no files"])
def test_a_reply_without_files_asks_for_none(desk: Desk, draft: dict[str, Any] | None) -> None:
    desk.worker.view = FOUND | {"draft": draft}
    browser = desk.open()
    browser.click("#insert")
    assert browser.text(".said.good") == "Inserted. Read it through and submit it."


def test_an_edited_reply_is_inserted_as_it_was_edited(any_desk: Desk) -> None:
    text = "Hola <b>Inés</b> & **cía.**\n\n- uno\n- dos"
    browser = any_desk.open()
    browser.type("#reply", text)
    assert browser.text("#edited") == "Edited.\nTake the proposal back"
    browser.click("#insert")
    browser.find(".said.good")
    kind, html = any_desk.composer()
    inner = "<p>Hola &lt;b&gt;Inés&lt;/b&gt; &amp; <strong>cía.</strong></p>\n<ul>\n<li>uno</li>\n<li>dos</li>\n</ul>"
    assert (kind, html) == ("public", f"<div>{inner}</div>")
    edited = inserted(text, edited=True)
    browser.wait_for(lambda: any_desk.worker.said("POST /inserted") == [edited], "the word to the worker")


def test_the_reply_is_inserted_in_plain_text_where_rich_text_is_off(any_desk: Desk) -> None:
    any_desk.sandbox.change(app_rich_text=False)
    browser = any_desk.open()
    browser.click("#insert")
    browser.find(".said.good")
    assert any_desk.composer() == ("public", TEXT)


def test_a_note_becomes_a_public_reply_before_anything_is_inserted(any_desk: Desk) -> None:
    browser = any_desk.open()
    any_desk.host().click("input[value=internal]")
    any_desk.sidebar().click("#insert")
    browser.find(".said.good")
    assert any_desk.composer() == ("public", HTML)


def test_nothing_is_inserted_where_the_note_stays_a_note(any_desk: Desk) -> None:
    any_desk.sandbox.change(app_comment_type_fixed=True)
    browser = any_desk.open()
    any_desk.host().click("input[value=internal]")
    any_desk.sidebar().click("#insert")
    assert browser.text(".said.bad").startswith("Not inserted: the reply box is set to internal note.")
    assert any_desk.composer() == ("internal", "")
    assert any_desk.worker.said("POST /inserted") == []


@pytest.mark.parametrize("path", ["comment.text", "comment.type", "comment.useRichText", "comment.appendHtml"])
def test_a_composer_that_refuses_is_named_and_the_worker_hears_of_no_insertion(any_desk: Desk, path: str) -> None:
    any_desk.sandbox.change(app_errors=path)
    browser = any_desk.open()
    browser.click("#insert")
    assert browser.text(".said.bad").startswith("Zendesk did not take the text.")
    assert any_desk.composer() == ("public", "")
    assert any_desk.worker.said("POST /inserted") == []


def test_a_second_insertion_is_asked_for(any_desk: Desk) -> None:
    browser = any_desk.open()
    browser.click("#insert")
    browser.find(".said.good")
    browser.click("#insert")
    assert browser.text("[role=group].said").startswith("It was inserted already.")
    browser.click("#no")
    assert any_desk.composer() == ("public", HTML)
    browser.click("#insert")
    browser.click("#yes")
    browser.find(".said.good")
    assert any_desk.composer() == ("public", HTML * 2)


def test_an_insertion_that_another_page_made_is_known(desk: Desk) -> None:
    desk.worker.view = FOUND | {"queued": ["inserted"]}
    browser = desk.open()
    assert (browser.text("#insert"), browser.count("button.primary")) == ("Insert again", 0)
    browser.click("#insert")
    assert browser.text("[role=group].said").startswith("It was inserted already.")
    assert desk.composer() == ("public", "")


@pytest.mark.parametrize("rich", [True, False])
def test_text_of_the_agent_is_not_joined_unasked(any_desk: Desk, rich: bool) -> None:
    any_desk.sandbox.change(app_rich_text=rich)
    browser = any_desk.open()
    any_desk.host().type("#agent-rich" if rich else "#agent-body", "Hi")
    any_desk.sidebar().click("#insert")
    assert browser.text("[role=group].said").startswith("There is text in the reply box already.")
    assert any_desk.composer()[1] == "Hi"
    browser.click("#yes")
    browser.find(".said.good")
    assert any_desk.composer()[1] == "Hi" + (HTML if rich else TEXT)


def test_an_empty_paragraph_is_no_text(any_desk: Desk) -> None:
    browser = any_desk.open()
    any_desk.host().script("document.getElementById('agent-rich').innerHTML = '<p>&nbsp;<br></p>'")
    any_desk.sidebar().click("#insert")
    browser.find(".said.good")


def test_what_is_inserted_reaches_the_client_when_the_agent_submits(desk: Desk) -> None:
    browser = desk.open()
    browser.click("#insert")
    browser.find(".said.good")
    desk.host().click("#send-agent")
    browser.find("#latest")
    [_, reply] = desk.sandbox.store.comments(1)
    assert (reply["public"], reply["plain_body"]) == (True, TEXT)


def test_another_language_is_rendered_by_the_worker_and_cannot_be_sent_from_here(desk: Desk) -> None:
    browser = desk.open()
    browser.type("#language", "English")
    browser.wait_for(lambda: browser.script("return document.getElementById('reply').value") == "Hello.", "the text")
    assert desk.worker.said("POST /render") == [{"language": "en"}]
    assert browser.script("return document.getElementById('send').disabled")
    browser.click("#insert")
    browser.find(".said.good")
    assert desk.composer() == ("public", "<p>Hello.</p>")


def test_the_worker_sends_the_proposal_after_a_question_and_once(desk: Desk) -> None:
    browser = desk.open()
    browser.click("#send")
    assert desk.worker.said("POST /send") == []
    # As the worker tells it until it has looked at the ticket again.
    desk.worker.view = FOUND | {"queued": ["send"]}
    browser.script("const yes = document.getElementById('yes'); yes.click(); yes.click();")
    browser.find(".said.good")
    assert desk.worker.said("POST /send") == [{"error": ERROR}]
    assert browser.count("#send") == 0


def test_what_was_inserted_is_sent_only_after_a_question_that_says_so(desk: Desk) -> None:
    desk.worker.view = FOUND | {"queued": ["inserted"]}
    browser = desk.open()
    browser.click("#send")
    assert browser.text("[role=group].said").startswith("It was inserted into the reply box before.")
    assert desk.worker.said("POST /send") == []


def test_a_reply_that_the_worker_keeps_back_is_not_promised(desk: Desk) -> None:
    browser = desk.open()
    desk.worker.view = FOUND | {"queued": ["send"]}
    browser.click("#send")
    browser.click("#yes")
    browser.find(".said.good")
    guard = {"name": "agent_answered", "text": "an agent has already answered publicly"}
    desk.worker.view = FOUND | {"guards": [guard], "queued": [], "as_of": "2026-11-30T21:50:00Z"}
    assert browser.text(".said.warn") == "The worker has not sent it. The internal note says why."
    assert "an agent has already answered publicly" in browser.text("main")


def test_an_edited_text_cannot_be_sent_by_the_worker(desk: Desk) -> None:
    browser = desk.open()
    browser.type("#reply", "My own")
    assert browser.script("return document.getElementById('send').disabled")
    assert browser.text("#send-why").startswith("Only the unchanged proposal can be sent")
    browser.click("#reset")
    assert not browser.script("return document.getElementById('send').disabled")


@pytest.mark.parametrize("what", ["send", "draft"])
def test_a_wish_whose_answer_was_lost_is_sent_again_with_the_same_key(desk: Desk, what: str) -> None:
    browser = desk.open()
    desk.worker.answers[f"POST /{what}"] = (500, "")
    for _ in range(2):
        browser.click(f"#{what}")
        if what == "send":
            browser.click("#yes")
        browser.find(".said.bad")
        browser.script("document.querySelector('.said.bad').remove()")
    desk.worker.answers.clear()
    browser.click(f"#{what}")
    if what == "send":
        browser.click("#yes")
    browser.find(".said.good")
    keys = [headers["idempotency-key"] for name, _, headers in desk.worker.calls if name == f"POST /{what}"]
    assert (len(keys), len(set(keys)), len(keys[0])) == (3, 1, 32)


def test_the_draft_is_asked_for_once(desk: Desk) -> None:
    browser = desk.open()
    browser.script("const draft = document.getElementById('draft'); draft.click(); draft.click();")
    # Both at one moment: the worker's next view takes the word back.
    seen = "const draft = document.getElementById('draft'); return draft.disabled && draft.innerText"
    browser.wait_for(lambda: browser.script(seen) == "Draft requested", "the end of it")
    assert desk.worker.said("POST /draft") == [{"error": ERROR}]


def test_a_draft_that_says_nothing_new_is_not_promised(desk: Desk) -> None:
    browser = desk.open()
    guard = {"name": "nothing_new", "text": "nothing is new since our last note"}
    desk.worker.view = FOUND | {"guards": [guard], "queued": []}
    browser.click("#draft")
    assert browser.text(".said.warn").startswith("Nothing was added")
    assert browser.text("#draft") == "Add draft as internal note"


def test_missing_facts_are_saved_with_what_was_shown(desk: Desk) -> None:
    browser = desk.open()
    browser.type("#app_name", " InesOptics ")
    browser.click("#save")
    assert browser.text(".said.good") == "Saved."
    assert desk.worker.said("POST /facts") == [{"app_name": "InesOptics", "expected": {"app_name": None}}]


def test_facts_that_changed_meanwhile_are_shown_and_what_was_typed_is_kept(desk: Desk) -> None:
    browser = desk.open()
    browser.type("#app_name", "Mine")
    desk.worker.answers["POST /facts"] = (409, {"error": "changed"})
    desk.worker.view = FOUND | {"facts": FOUND["facts"] | {"app_name": "Theirs"}}
    browser.click("#save")
    assert browser.text(".said.warn").startswith("Somebody else has changed this meanwhile.")
    assert browser.script("return document.getElementById('app_name').value") == "Mine"
    assert "Now: Theirs" in browser.text("main")
    desk.worker.answers.clear()
    browser.click("#save")
    browser.find(".said.good")
    assert desk.worker.said("POST /facts")[1] == {"app_name": "Mine", "expected": {"app_name": "Theirs"}}


def test_a_refused_fact_is_marked(desk: Desk) -> None:
    browser = desk.open()
    problem = "This is no e-mail address."
    desk.worker.answers["POST /facts"] = (422, {"error": "refused", "fields": {"owner_email": problem}})
    browser.type("#owner_email", "nobody")
    browser.click("#save")
    assert browser.text("#owner_email-problem") == problem
    assert browser.script("return document.getElementById('owner_email').ariaInvalid") == "true"


@pytest.mark.parametrize("verdict", ["right", "not_an_error"])
def test_feedback_is_given_with_one_press(desk: Desk, verdict: str) -> None:
    browser = desk.open()
    browser.click(f"#feedback-{verdict}")
    assert browser.text(".said.good").startswith("Thank you.")
    assert desk.worker.said("POST /feedback") == [{"error": ERROR, "verdict": verdict}]
    assert browser.script(f"return document.getElementById('feedback-{verdict}').ariaPressed") == "true"
    assert "Last given by you, " in browser.text("main")


@pytest.mark.parametrize(
    ("code", "right"),
    [
        ("meta 131049", {"namespace": "meta", "code": "131049"}),
        ("403", {"namespace": "gupshup_http", "code": "403"}),
        ("", None),
    ],
)
def test_a_wrong_code_may_be_named(desk: Desk, code: str, right: dict[str, str] | None) -> None:
    browser = desk.open()
    browser.click("#feedback-wrong_code")
    if code:
        browser.type("#right-error", code)
    browser.type("#right-comment", "See the log")
    browser.click("#correct")
    browser.find(".said.good")
    wish = {"error": ERROR, "verdict": "wrong_code", "comment": "See the log"}
    assert desk.worker.said("POST /feedback") == [wish | ({"right_error": right} if right else {})]
    told = f" The right code is {right['namespace']} {right['code']}. See the log" if right else " See the log"
    assert given_line(browser).partition("M.")[2] == told


@pytest.mark.parametrize(
    ("given", "primary", "said"),
    [
        ({"verdict": "right"}, 1, ""),
        ({"verdict": "not_an_error"}, 0, ""),
        (
            {"verdict": "wrong_code", "right_error": "meta 131049", "comment": "See <b>the log</b>"},
            0,
            " The right code is meta 131049. See <b>the log</b>",
        ),
    ],
    ids=lambda value: value["verdict"] if isinstance(value, dict) else None,
)
def test_the_next_agent_reads_what_was_said_and_is_not_led_to_a_doubted_reply(
    desk: Desk, given: dict[str, str], primary: int, said: str
) -> None:
    feedback = {"recorded_by": "1", "at": "2026-11-30T22:00:00Z", "right_error": None, "comment": None, **given}
    desk.worker.view = FOUND | {"feedback": feedback}
    browser = desk.open()
    head, _, rest = given_line(browser).partition("M.")
    assert (head.startswith("Last given by another agent, "), rest) == (True, said)
    assert (browser.count("#insert"), browser.count("#insert.primary")) == (1, primary)


def test_a_code_that_nobody_knows_is_named_as_such(desk: Desk) -> None:
    desk.worker.answers["POST /feedback"] = (422, {"error": "refused", "fields": {"right_error": "no such code"}})
    browser = desk.open()
    browser.click("#feedback-wrong_code")
    browser.type("#right-error", "meta 1")
    browser.click("#correct")
    assert browser.text(".said.bad").startswith("There is no such code.")
    assert browser.script("return document.getElementById('right-error').value") == "meta 1"


def test_without_a_note_that_proposes_it_there_is_nothing_for_the_worker_to_send(desk: Desk) -> None:
    desk.worker.view = FOUND | {"sent": [], "may": FOUND["may"] | {"send": False}}
    browser = desk.open()
    assert (browser.count("#insert"), browser.count("#send")) == (1, 0)


def test_a_ticket_that_is_not_as_shown_is_read_again(desk: Desk) -> None:
    browser = desk.open()
    desk.worker.answers["POST /draft"] = (409, {"error": "changed"})
    desk.worker.view = VIEWS["answered"]
    browser.click("#draft")
    browser.find("[data-view=answered]")
    assert browser.text(".said.bad").startswith("Changed meanwhile.")


def test_who_may_only_read_gets_no_button_that_writes(desk: Desk) -> None:
    desk.worker.view = VIEWS["read only"]
    browser = desk.open()
    assert [browser.count(css) for css in ("#save", "#send", "#draft", "#feedback-right")] == [0, 0, 0, 0]
    assert browser.text("dd bdi") == "InesOptics"


def test_an_answered_ticket_says_so_and_offers_no_second_reply(desk: Desk) -> None:
    desk.worker.view = VIEWS["answered"]
    browser = desk.open()
    assert browser.text(".sent.good").startswith("Reply sent, ")
    assert browser.count("#send") == 0
    assert not browser.script("return document.getElementById('insert').checkVisibility()")


def test_a_refresh_leaves_alone_what_the_agent_is_typing(desk: Desk) -> None:
    browser = desk.open()
    browser.click("#against summary")
    browser.type("#app_name", "Half a na")
    browser.type("#reply", "Dear Inês")
    desk.worker.view = FOUND | {"stale": True}
    desk.host().script("document.dispatchEvent(new Event('sandbox:changed'))")
    desk.sidebar().find("#look")
    told = "const v = (id) => document.getElementById(id); return [v('app_name').value, v('reply').value,"
    assert browser.script(f"{told} v('against').open, document.activeElement.id]") == [
        "Half a na", "Dear Inês", True, "reply",
    ]  # fmt: skip


def test_late_answers_do_not_replace_newer_ones(desk: Desk) -> None:
    desk.worker.page = QUICK
    browser = desk.open()
    desk.worker.answers["GET "] = "hang"
    desk.host().script("document.dispatchEvent(new Event('sandbox:changed'))")
    browser.wait_for(lambda: len(desk.worker.said("GET ")) == 2, "the slow request")
    desk.worker.answers.clear()
    desk.worker.view = COMPLETE
    desk.host().script("document.dispatchEvent(new Event('sandbox:changed'))")
    desk.sidebar("details#facts")
    assert browser.count(".said.bad") == 0


def test_the_keyboard_alone_is_enough(desk: Desk) -> None:
    browser = desk.open()
    browser.click("h1")
    order = []
    for _ in range(20):
        browser.press(TAB)
        order.append(browser.script("return document.activeElement.id || document.activeElement.localName"))
        if order[-1] == "insert":
            break
    assert order == [
        "blockquote", "summary", "app_name", "app_id", "owner_email", "save", "language", "reply", "insert",
    ]  # fmt: skip
    browser.press(ENTER)
    browser.find(".said.good")
    assert desk.composer() == ("public", HTML)
    desk.sidebar()
    # What was pressed has the focus still, under its new name.
    assert browser.script("return document.activeElement.id") == "insert"
    browser.press(TAB, SPACE)
    assert browser.text("[role=group].said").startswith("It was inserted into the reply box before.")
