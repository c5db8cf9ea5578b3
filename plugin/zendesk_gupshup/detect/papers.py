"""Codes in programs, settings, tables and tasks: they are named there, and nothing of them happened."""

from __future__ import annotations

import re
from itertools import takewhile

from zendesk_gupshup.detect.document import word_before
from zendesk_gupshup.detect.imagined import asks_whether, is_yes
from zendesk_gupshup.detect.patterns import pattern, regex
from zendesk_gupshup.detect.reach import reaching
from zendesk_gupshup.detect.scene import Hit, Scene
from zendesk_gupshup.model.detection_reasons import DismissalReason
from zendesk_gupshup.model.reason import Reason

_PROGRAM = pattern("papers.program")
_SETTING = pattern("papers.setting")
_RULE_KEY = pattern("papers.rule_key")
_QUERY = pattern("papers.query")


# One of these stands wherever the pattern matches, or a colon and a quote, or a list of codes.
_OF_PROGRAMS = ("=", "enum", "case", "switch", "#define", "assert")
_CODE_IN = regex(r"code\s?in\s?[\[(\"']?[0-9]")
_OF_QUERIES = (" AND ", " OR ", " NOT ", "where")


def _holds(text: str, span: tuple[int, int], signs: tuple[str, ...]) -> bool:
    return any(text.find(sign, *span) != -1 for sign in signs)


def _may_be_program(low: str, span: tuple[int, int]) -> bool:
    if _holds(low, span, _OF_PROGRAMS) or _CODE_IN.search(low, *span):
        return True
    return low.find(":", *span) != -1 and _holds(low, span, ('"', "'"))


def programmed(scene: Scene, start: int) -> Reason | None:
    first, last = scene.line(start)
    around = max(first, start - 200), min(last, start + 200)
    if _holds(scene.text.text, around, _OF_QUERIES) and _QUERY.search(scene.text.text, *around):
        return DismissalReason.SEARCH()
    around = max(first, start - 400), min(last, start + 200)
    found = _may_be_program(scene.low, around) and _PROGRAM.search(scene.low, *around)
    if found or _RULE_KEY.match(scene.low, first):
        return DismissalReason.PROGRAM_LINE()
    text = scene.text.text
    beside = scene.lines_around(start, 1, 1)
    settings = _SETTING.match(text, first) and sum(1 for _ in _SETTING.finditer(text, *beside)) >= 2
    return DismissalReason.SETTINGS_LINE() if settings else None


def simulated(scene: Scene, start: int) -> Reason | None:
    """`FAIL_WITH: "1003"  # simulate`: a program makes the error on purpose."""
    for hit in reaching(scene, "simulated", start):
        return DismissalReason.MADE_BY_PROGRAM(quote=scene.text.text[hit.start : hit.end])
    return None


_TASK = pattern("papers.task")
# "we catch 1003 all morning", "the logs detect": somebody does it now.
_ACTORS = frozenset({"we", "i", "they", "you", "logs", "the", "media", "a", "se", "si"})


def handled(scene: Scene, start: int) -> Reason | None:
    line = scene.line(start)[0]
    if _TASK.match(scene.low, line, start):
        return DismissalReason.PROGRAM_TASK()
    for hit in reaching(scene, "handling", start):
        # A single verb must reach the number itself; "the media handle, Graph replies (#100)" does not.
        alone = " " not in scene.low[hit.start : hit.end]
        if alone and sum(w.isalpha() for w in re.findall(r"\w+", scene.low[hit.end : start])) > 3:
            continue
        if alone and word_before(scene, hit.start) in _ACTORS:
            continue
        return DismissalReason.HANDLED_BY_PROGRAM(quote=scene.text.text[hit.start : hit.end])
    return None


_RULE_AFTER = pattern("papers.rule_after")
_TEXT_FOR = pattern("papers.text_for")
_CLASS = pattern("papers.class")


def ruled(scene: Scene, start: int, end: int) -> Reason | None:
    """The rules of a handler, told in the present tense: they hold whenever the code comes, and tell of no day."""
    first, last = scene.sentence(start)
    first, last = max(first, start - 400), min(last, end + 400)
    line = scene.line(start)
    found = _RULE_AFTER.match(scene.low, end, min(last, line[1], end + 260))
    if not found and start - line[0] <= 200:
        found = _CLASS.match(scene.low, line[0], start)
        if found and _COUNTED.search(scene.low, max(line[0], start - 200), min(line[1], end + 200)):
            found = None
    if not found and _TEXT_FOR.match(scene.low, start, last):
        found = next((m for m in [*_TEXT_FOR.finditer(scene.low, first, min(last, first + 600))][1:2]), None)
    if not found:
        return None
    # "1003 stops the queue, nobody can send" is what happens to somebody.
    if _STOPS.match(scene.low, end, last) and _PEOPLE.search(scene.low, first, last + 80):
        return None
    if any(scene.within(kind, first, last) for kind in ("before_us", "again", "occurred")):
        return None
    return DismissalReason.PROGRAM_RULE()


_STOPS = pattern("papers.stops")
_PEOPLE = pattern("papers.people")
_COUNTED = pattern("papers.counted")
_MEANING_COLUMN = pattern("papers.meaning_column")
_COUNT_COLUMN = pattern("papers.count_column")
_SYSTEM_COLUMN = pattern("papers.system_column")
_PAST_TABLE = 20
_LONGEST_HEADER = 600


def _of_meanings(rows: list[str]) -> bool:
    """`rows` go upwards from a row of the table; its header is the highest. Rows with dates or counts tell what happened."""
    table = list(takewhile(lambda row: row.lstrip().startswith("|"), rows))
    header = table[-1][:_LONGEST_HEADER]
    if _COUNT_COLUMN.search(header):
        return False
    return bool(_MEANING_COLUMN.search(header))


def _of_two_systems(scene: Scene, start: int, rows: list[str]) -> bool:
    """`| Twilio | Cloud API |`: which code of one system is which of another."""
    table = list(takewhile(lambda row: row.lstrip().startswith("|"), rows))
    line = scene.line(start)[0]
    header = line - sum(len(row) + 1 for row in table[1:])
    if len(set(_SYSTEM_COLUMN.findall(table[-1][:_LONGEST_HEADER]))) >= 2:
        return True
    return len(table) > 1 and any(hit.start < line for hit in scene.within("vendor", header, header + len(table[-1])))


_TROUBLED = pattern("papers.troubled")


def _is_all(scene: Scene, hit: Hit, first: int, last: int) -> bool:
    """Does the heading hold nothing but the phrase, its marks and emoji aside?"""
    return not any(char.isalnum() for char in scene.low[first : hit.start] + scene.low[hit.end : last])


def on_paper(scene: Scene, start: int) -> Reason | None:
    """Reference material: a table with a column of meanings, a check-box, or a heading that announces a list."""
    line_start, line_end = scene.line(start)
    line = scene.low[line_start:line_end]
    if line.lstrip().startswith(("- [ ]", "* [ ]", "- [x]", "* [x]")):
        return DismissalReason.CHECKLIST_ITEM()
    above = scene.lines_around(start, _PAST_TABLE, 0)[0]
    before = scene.low[above:line_start]
    lines = before.split("\n")
    if line.lstrip().startswith("|"):
        rows = [line, *reversed(lines[:-1])]
        if _of_meanings(rows) or _of_two_systems(scene, start, rows):
            return DismissalReason.TABLE_ROW()
    place = line_start
    for number, text in enumerate(reversed(lines)):
        place -= len(text) + (1 if number else 0)
        begins = place if number else line_start - len(text)
        plain = text.strip()
        if not plain:
            continue
        heading = (
            plain.startswith("#")
            or plain.rstrip("*_ ").endswith(":")
            or (plain.startswith("**") and plain.endswith("**"))
        )
        if heading:
            for kind in ("heading", "document", "condition", "hypothesis"):
                for hit in scene.within(kind, begins, begins + len(text) + 1):
                    # "What happens" heads the description of a bug; "what happens if" does not.
                    if kind == "hypothesis" and _is_all(scene, hit, begins, begins + len(text)):
                        continue
                    # "Added" heads a list of changes; "Number is added but nothing can be sent" does not.
                    if kind == "heading" and _TROUBLED.search(plain[:200]):
                        continue
                    if not asks_whether(scene, hit) and not is_yes(scene, hit):
                        return DismissalReason.UNDER_HEADING(quote=scene.text.text[hit.start : hit.end])
        if plain.startswith("#"):
            break
    return None
