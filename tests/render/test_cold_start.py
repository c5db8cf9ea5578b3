"""The first tickets of a process come all at once: libraries fill their caches at first use, and not all of them wait
with showing a cache until it is full."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from threading import Barrier

import pytest

from zendesk_gupshup.render import markdown
from zendesk_gupshup.render.markdown import parsed, to_html

THREADS = 16
TIMES = 100
SOURCE = """# Owner's guide

- **Open** the [form](https://support.gupshup.io/hc/en-us/requests/new?tf_subject=a%20b&c=é) as *the owner*.
- Paste the draft.

> Our integration presents `401`.
"""
HTML = """\
Owner's guide
<ul>
<li><strong>Open</strong> the <a href="https://support.gupshup.io/hc/en-us/requests/new?tf_subject=a%20b&amp;c=%C3%A9">\
form</a> as <em>the owner</em>.</li>
<li>Paste the draft.</li>
</ul>
<blockquote>
<p>Our integration presents <code>401</code>.</p>
</blockquote>"""


@pytest.fixture(autouse=True)
def _many_switches() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def _cold() -> None:
    """As in a process that has rendered nothing: our caches and those below markdown-it."""
    for cached in (markdown.markdown, markdown._tokens, markdown._blocks):
        cached.cache_clear()
    # No dependency of ours: markdown-it's.
    import_module("mdurl._encode").encode_cache.clear()


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        pytest.param(lambda: to_html(SOURCE, "en"), HTML, id="to_html"),
        pytest.param(lambda: sum(t.type == "link_open" for p in parsed(SOURCE).tokens for t in p.children or ()), 1,
                     id="parsed"),
    ],
)  # fmt: skip
def test_sixteen_first_texts_at_once_are_read_alike(read: Callable[[], object], expected: object) -> None:
    begin = Barrier(THREADS)

    def first() -> object:
        begin.wait()
        return read()

    with ThreadPoolExecutor(THREADS) as threads:
        for _ in range(TIMES):
            _cold()
            assert [f.result() for f in [threads.submit(first) for _ in range(THREADS)]] == [expected] * THREADS


# Sixteen threads render their first reply, note, draft and guide; the same again when everything is loaded.
FRESH = """
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from zendesk_gupshup.dictionary import load
from zendesk_gupshup.render.catalogue import Templates
from zendesk_gupshup.render.lint_samples import sample
from zendesk_gupshup.render.prefilled_link import GupshupDesk
from zendesk_gupshup.render.updates import render

dictionary = load()
templates = Templates.load(dictionary=dictionary)
begin = Barrier(16)
sys.setswitchinterval(1e-5)

def rendered(number):
    one = sample("owner_escalation", ("en", "es", "pt", "fr")[number % 4], dictionary)
    if number < 16:
        begin.wait()
    return render(one.plan, one.ticket, one.detection, dictionary, templates, GupshupDesk())

with ThreadPoolExecutor(16) as threads:
    first = list(threads.map(rendered, range(16)))
assert first == [rendered(16 + number) for number in range(16)]
"""


@pytest.mark.parametrize("time", range(3))
def test_sixteen_first_tickets_of_a_fresh_process_are_answered_as_later_ones(time: int) -> None:
    ended = subprocess.run([sys.executable, "-c", FRESH], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
