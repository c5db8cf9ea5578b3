"""A stranger's words in every field of a view: nothing runs, nothing is loaded, and nothing leaves its box."""

from __future__ import annotations

from typing import Any

import pytest

from support.hostile_texts import HOSTILE
from support.zaf_desk import Desk
from support.zaf_views import COMPLETE, View

IMAGE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
LINE = "x" * 10_000
MARKS = "safe \u202egnp.exe\u202c \u2066isolated\u2069 \u200fend"
# Keys whose values the page takes for more than words.
_PLAIN = {"state", "namespace", "code", "kind", "language", "effective", "verdict", "url", "html"}


def everywhere(value: Any, text: str) -> Any:
    """The view with this text in the place of every sentence, quotation and name."""
    if isinstance(value, dict):
        return {key: item if key in _PLAIN else everywhere(item, text) for key, item in value.items()}
    if isinstance(value, list):
        return [everywhere(item, text) for item in value]
    return text if isinstance(value, str) else value


def hostile_view(text: str) -> View:
    view: View = everywhere(COMPLETE | {"guards": ["x"], "feedback": {"verdict": "right", "recorded_by": "x"}}, text)
    return view


@pytest.mark.parametrize("text", [IMAGE, LINE, MARKS, *HOSTILE], ids=lambda text: ascii(text)[:30])
def test_hostile_words_stay_words(desk: Desk, text: str) -> None:
    desk.worker.view = hostile_view(text)
    browser = desk.open("[data-view]")
    browser.script("for (const part of document.querySelectorAll('details')) part.open = true")
    assert browser.overflow() == []
    assert browser.count("main :is(img, script, iframe)") == 0
    assert browser.script("return document.title") == "Gupshup errors"
    assert desk.host().complaints() == []


def test_direction_marks_are_shown_by_their_number(desk: Desk) -> None:
    desk.worker.view = hostile_view(MARKS)
    shown = desk.open("[data-view]").text(".quote blockquote")
    assert shown == "safe [U+202E]gnp.exe[U+202C] [U+2066]isolated[U+2069] [U+200F]end"


def test_a_long_line_is_kept_in_a_box_that_scrolls(desk: Desk) -> None:
    desk.worker.view = hostile_view(LINE)
    browser = desk.open("[data-view]")
    tall = browser.script("return document.querySelector('.quote').getBoundingClientRect().height")
    assert tall < 300


@pytest.mark.parametrize("url", ["javascript:alert(1)", "http://plain.example/", "data:text/html,x", "//x.example"])
def test_only_a_secure_link_is_a_link(desk: Desk, url: str) -> None:
    desk.worker.view = COMPLETE | {"link": {"url": url, "cut": False}}
    assert desk.open("[data-view]").count("a") == 0


def test_the_link_opens_apart_and_tells_nobody_whence(desk: Desk) -> None:
    browser = desk.open("[data-view]")
    assert browser.script("const a = document.getElementById('link'); return [a.target, a.rel]") == [
        "_blank", "noopener noreferrer",
    ]  # fmt: skip


def test_hostile_html_in_the_reply_reaches_the_composer_without_what_runs(desk: Desk) -> None:
    reply = COMPLETE["reply"] | {"html": f"<p onclick='x()'>Hi</p>{IMAGE}"}
    desk.worker.view = COMPLETE | {"reply": reply}
    browser = desk.open("[data-view]")
    browser.click("#insert")
    browser.find(".said.good")
    assert desk.composer() == ("public", "<p>Hi</p>")
