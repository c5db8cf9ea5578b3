"""The `<style>` of a page and the `style` of an element, read as far as they may hide a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from zendesk_gupshup.detect.patterns import regex

# A mail's own sheets are short; what is longer stays unread, and then hides nothing.
_MOST = 96 * 1024
_MOST_RULES = 1500
_COMMENT = regex(r"/\*[^*]{0,8000}(?:\*(?!/)[^*]{0,8000}){0,400}\*/|<!--|-->")
_DECLARATION = regex(
    r"\s{0,20}([a-zA-Z-]{1,40})\s{0,8}:((?:[^;()\"']|\([^()]{0,2000}\)|\"[^\"]{0,400}\"|'[^']{0,400}'){0,400})(?:;|$)"
)
_IMPORTANT = regex(r"\s{0,8}!\s{0,8}important\s{0,8}$")
_SIMPLE = regex(r"([a-z][a-z0-9]{0,15}|\*)?((?:[.#][a-z0-9_-]{1,80}){0,3})")
# Every element that may have a text is within the body, and every page is read on a screen.
_ANYWHERE = regex(r"^(?:html\s{1,9}(?:>\s{0,9})?)?(?:body\s{1,9})(?:>\s{0,9})?(?=\S)|^html\s{1,9}(?!body)(?=\S)")
_ON_EVERY_SCREEN = regex(r"@media\s{1,9}(?:only\s{1,9})?(?:screen|all)$")
# What `styles` asks for; nothing else is kept.
_KNOWN = frozenset(
    [
        "display",
        "visibility",
        "opacity",
        "font-size",
        "font",
        "color",
        "background",
        "background-color",
        "background-image",
        "background-clip",
        "max-height",
        "height",
        "max-width",
        "width",
        "overflow",
        "overflow-x",
        "overflow-y",
        "text-indent",
        "position",
        "left",
        "right",
        "top",
        "bottom",
        "margin",
        "margin-left",
        "margin-top",
        "clip",
        "clip-path",
        "transform",
        "filter",
        "mso-hide",
        "white-space",
        "text-shadow",
        "content-visibility",
        "list-style",
        "list-style-type",
        "border",
        "border-left",
        "-webkit-text-fill-color",
        "-webkit-text-stroke",
        "min-height",
        "min-width",
        "mix-blend-mode",
        "color-scheme",
        "scale",
    ]
)


Declarations = Mapping[str, str]


class StyleRule(NamedTuple):
    """What one selector sets. Of a doubtful one (a media query, a parent, a state) nobody knows whether it holds."""

    tag: str
    marks: frozenset[str]
    weight: tuple[int, int]
    given: Mapping[str, tuple[str, bool]]
    doubtful: bool


def declarations(text: str) -> dict[str, tuple[str, bool]]:
    """Each property with its last value, in small letters, and whether it is `!important`."""
    found: dict[str, tuple[str, bool]] = {}
    for name, value in _DECLARATION.findall(_COMMENT.sub("", text) if "/*" in text else text):
        name = name.lower()
        if name not in _KNOWN:
            continue
        plain = _IMPORTANT.sub("", value.lower().strip())
        important = len(plain) < len(value.strip())
        if important or not found.get(name, ("", False))[1]:
            # The later of the two backgrounds decides.
            if name == "background":
                found.pop("background-color", None)
            found[name] = (plain, important)
    return found


def rules(sheets: Iterable[str]) -> tuple[StyleRule, ...]:
    """The rules of all sheets, the weakest first."""
    found: list[StyleRule] = []
    for sheet in sheets:
        for selectors, body, doubtful in _blocks(_COMMENT.sub(" ", sheet[:_MOST]).lower()):
            given = declarations(body)
            if given and len(found) < _MOST_RULES:
                found += (_rule(selector.strip(), given, doubtful=doubtful) for selector in selectors.split(",")[:50])
    return tuple(sorted(found, key=lambda rule: rule.weight))


def _rule(selector: str, given: Mapping[str, tuple[str, bool]], *, doubtful: bool) -> StyleRule:
    selector = _ANYWHERE.sub("", selector)
    last = re.split(r"[\s>+~]", selector)[-1]
    simple = _SIMPLE.match(last)
    marks = frozenset(re.findall(r"[.#][a-z0-9_-]{1,80}", simple[2])) if simple else frozenset()
    whole = simple is not None and simple.end() == len(last) and last == selector
    tag = (simple[1] or "*") if simple else "*"
    ids = sum(mark.startswith("#") for mark in marks)
    return StyleRule(tag, marks, (ids, 2 * (len(marks) - ids) + (tag != "*")), given, doubtful or not whole)


def _blocks(sheet: str) -> Iterator[tuple[str, str, bool]]:
    """Selectors and body of each rule; those inside `@media` and its like are doubtful."""
    # For each block that is open, whether it is doubtful.
    inside: list[bool] = []
    place = 0
    while place < len(sheet):
        opened, closed = sheet.find("{", place), sheet.find("}", place)
        if closed != -1 and (closed < opened or opened == -1):
            del inside[-1:]
            place = closed + 1
            continue
        if opened == -1:
            return
        head = sheet[place:opened].rpartition(";")[2].strip()
        if head.startswith("@"):
            if not head.startswith(("@font-face", "@page")):
                inside.append(not _ON_EVERY_SCREEN.match(head))
                place = opened + 1
                continue
            head = ""
        end = closed if closed != -1 else len(sheet)
        if head:
            yield head[-4000:], sheet[opened + 1 : end], any(inside)
        place = end + 1


class Sheets:
    """All that a page says of its elements' looks; each `style` and each set of classes is worked out once."""

    def __init__(self, sheets: Iterable[str]) -> None:
        self._by_mark: dict[str, list[tuple[int, StyleRule]]] = {}
        for place, rule in enumerate(rules(sheets)):
            key = next(iter(sorted(rule.marks)), rule.tag)
            self._by_mark.setdefault(key, []).append((place, rule))
        self._known: dict[tuple[str, str, str, str], Mapping[str, str]] = {}

    def of(self, tag: str, attributes: Mapping[str, str | None]) -> Mapping[str, str]:
        key = (tag, attributes.get("style") or "", attributes.get("class") or "", attributes.get("id") or "")
        if key not in self._known:
            self._known[key] = self._own(*key) if self._by_mark else _alone(key[1])
        return self._known[key]

    def _own(self, tag: str, style: str, classes: str, identity: str) -> Mapping[str, str]:
        marks = {f".{word}" for word in classes.lower().split()} | ({f"#{identity.lower()}"} if identity else set())
        found = sorted(
            (place, rule)
            for key in (tag, "*", *marks)
            for place, rule in self._by_mark.get(key, ())
            if rule.tag in ("*", tag) and rule.marks <= marks
        )
        told: dict[str, tuple[str, bool]] = {}
        for _, rule in found:
            _cascade(told, rule.given, doubtful=rule.doubtful)
        _cascade(told, declarations(style), doubtful=False)
        return {name: value for name, (value, _) in told.items() if value}


def _alone(style: str) -> Mapping[str, str]:
    return {name: value for name, (value, _) in declarations(style).items()} if style else {}


def _cascade(told: dict[str, tuple[str, bool]], given: Mapping[str, tuple[str, bool]], *, doubtful: bool) -> None:
    for name, (value, important) in given.items():
        if important or not told.get(name, ("", False))[1]:
            if name == "background":
                told.pop("background-color", None)
            # Perhaps it holds, perhaps not: then what was told before is no longer sure.
            told[name] = (_UNSURE.get(name, ""), False) if doubtful else (value, important)


# No colour, a ground that nobody knows, and a look of its own whatever the element around it has.
_UNSURE = {
    "color": "?",
    "background": "var(",
    "background-color": "?",
    "background-image": "?",
    "font-size": "?",
    "visibility": "?",
    "text-indent": "?",
}
