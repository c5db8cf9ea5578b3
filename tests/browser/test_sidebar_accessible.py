"""The sidebar by an accessibility checker, in each state, at two widths and in both colours; and its words complete."""

from __future__ import annotations

import json
import re
from itertools import product
from pathlib import Path
from typing import get_args

import pytest

import zendesk_gupshup.app
from support import npm_packages
from support.zaf_desk import Desk
from support.zaf_views import VIEWS
from zendesk_gupshup.app.page_files import Notice
from zendesk_gupshup.model.finding import Confidence
from zendesk_gupshup.model.follow_up import State
from zendesk_gupshup.model.plan import Mode

_STATIC = Path(zendesk_gupshup.app.__file__).parent / "static"
_WORDS = {name: json.loads((_STATIC / f"words.{name}.json").read_text("utf-8")) for name in ("en", "es", "pt-BR")}
_LOOKS = "return [innerWidth, document.documentElement.dataset.scheme]"
_RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => done(violations.map(
  ({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map((node) => node.html.slice(0, 100)).join(" ")}`)));
"""


def change_looks(desk: Desk, width: int, scheme: str) -> None:
    """The open page gets this width and colour scheme; the browser is left in the frame."""
    desk.browser.dark(scheme == "dark")
    desk.widen(width)
    browser = desk.sidebar()
    browser.wait_for(lambda: browser.script(_LOOKS) == [width, scheme], f"{width} pixels, {scheme}")


@pytest.mark.skipif(npm_packages.AXE_ABSENT is not None, reason=str(npm_packages.AXE_ABSENT))
@pytest.mark.parametrize("state", [*VIEWS, "session over"])
def test_the_checker_finds_nothing(desk: Desk, state: str) -> None:
    if state == "session over":
        desk.worker.answers["GET "] = (401, {})
    else:
        desk.worker.view = VIEWS[state]
    browser = desk.open()
    browser.script("for (const part of document.querySelectorAll('details')) part.open = true")
    browser.script(npm_packages.axe() + "; window.axe = axe;")
    found = {}
    for width, scheme in product((320, 640), ("light", "dark")):
        change_looks(desk, width, scheme)
        found[width, scheme] = (browser.script_async(_RUN), browser.overflow())
    assert found == dict.fromkeys(product((320, 640), ("light", "dark")), ([], []))


@pytest.mark.skipif(npm_packages.AXE_ABSENT is not None, reason=str(npm_packages.AXE_ABSENT))
def test_the_checker_finds_what_is_wrong(desk: Desk) -> None:
    browser = desk.open()
    browser.script("document.querySelector('label[for=app_name]').remove(); document.body.style.color = '#ddd'")
    browser.script(npm_packages.axe() + "; window.axe = axe;")
    found = {line.split(":")[0] for line in browser.script_async(_RUN)}
    assert found == {"critical label", "serious color-contrast"}


@pytest.mark.parametrize("name", ["es", "pt-BR"])
def test_each_language_has_each_word_with_the_same_values(name: str) -> None:
    assert _WORDS[name].keys() == _WORDS["en"].keys()
    for key, text in _WORDS["en"].items():
        assert set(re.findall(r"\{\w+\}", _WORDS[name][key])) == set(re.findall(r"\{\w+\}", text)), key
    assert [key for key, text in _WORDS[name].items() if not text.strip()] == []


def test_each_word_that_the_page_names_is_there() -> None:
    script = (_STATIC / "sidebar.js").read_text("utf-8")
    named = set(re.findall(r"""(?<![\w.])word\("([\w.]+)\"""", script))
    assert named - _WORDS["en"].keys() == set()


def test_each_value_of_the_worker_has_a_word() -> None:
    values = {f"confidence.{one}" for one in Confidence} | {f"mode.{one}" for one in Mode}
    values |= {f"follow_up.{one.value.removeprefix('gupshup_state__')}" for one in State if one.value}
    values |= {f"place.{kind}" for kind in ("subject", "comment", "attachment")}
    values |= {f"{notice}.{part}" for notice in get_args(Notice) for part in ("title", "text")}
    assert values - _WORDS["en"].keys() == set()


def test_the_page_sets_no_html() -> None:
    script = "".join((_STATIC / name).read_text("utf-8") for name in ("frame.js", "sidebar.js"))
    # `box.innerHTML` is read: it is the agent's own text on its way to the composer.
    assert (
        re.findall(r"(?:innerHTML|outerHTML|srcdoc)\s*\+?=(?!=)|insertAdjacentHTML|document\.write|\beval\(", script)
        == []
    )
