#!/usr/bin/env bash
# markdown-it-py 4.3.0: the first two renders of one parser, in two threads. No text changes a parser, its options stand,
# and yet the second thread gets its text without markup, or nothing: the lists of rules are published before they are
# filled, and whoever comes meanwhile takes what is there for all there is. No error is raised.
#
# A good guess: a parser that is only rendered with is the same for all threads, or the first ones do the work twice.
# Seen: '' instead of '<p><strong>401</strong></p>', once; later renders are right. mdurl 0.1.2 does the like with its
# table for addresses, and there an IndexError tells of it.
# The product renders a text under a lock before any thread gets the parser.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check markdown-it-py==4.3.0 mdurl==0.1.2
cat >"$folder/race.py" <<'PY'
"""Thread A is held at the line that fills the first list, until the main thread has rendered: what a scheduler may do."""

import inspect
import sys
import threading

from markdown_it import MarkdownIt
from markdown_it.ruler import Ruler

TEXT, RIGHT = "**401**", "<p><strong>401</strong></p>\n"
compile_rules = Ruler.__compile__
source, first = inspect.getsourcelines(compile_rules)
filling = first + next(number for number, line in enumerate(source) if "append(rule.fn)" in line)
published, go_on = threading.Event(), threading.Event()


def trace(frame, event, _argument):
    if frame.f_code is not compile_rules.__code__:
        return trace if event == "call" else None

    def inside(frame, event, _argument):
        if event == "line" and frame.f_lineno == filling and not published.is_set():
            published.set()
            go_on.wait()
        return inside

    return inside


def render_slowly():
    sys.settrace(trace)
    rendered.append(parser.render(TEXT))


parser, rendered = MarkdownIt(), []
thread = threading.Thread(target=render_slowly)
thread.start()
published.wait()
meanwhile = parser.render(TEXT)
go_on.set()
thread.join()
print(repr(meanwhile), repr(rendered[0]), repr(parser.render(TEXT)))
assert meanwhile != RIGHT, "the second thread got its markup: this has changed"
assert (meanwhile, rendered[0], parser.render(TEXT)) == ("", RIGHT, RIGHT)
PY
"$folder/venv/bin/python" "$folder/race.py"
