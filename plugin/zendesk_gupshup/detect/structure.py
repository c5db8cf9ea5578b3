"""Objects in a text that look like JSON, however damaged: cut off, single-quoted, escaped, or amid log lines.

`json.loads` refuses nearly everything that customers paste. This scanner goes over the text once, never back, keeps its
own stack, and calls everything between braces an object of whatever keys and values it can make out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from zendesk_gupshup.detect.patterns import regex

_SPACE = regex(r"(?:[\s,;]|//[^\n]{0,200}(?=\n))+")
_QUOTE = regex(r"\\{0,15}[\"'“”„«»‘’`]")
_PLAIN_STRING = {'"': regex(r'[^"\\]{0,4000}(?:\\.[^"\\]{0,4000}){0,400}'), "'": regex(r"[^'\\\n]{0,2000}")}
_NESTED = regex(r"[\"'“”]\s{0,20}(?:\[\s{0,20})?\{\s{0,20}\\{0,15}[\"']")
_NAME = regex(r"[^\s,:{}\[\]\"'=]{1,80}")
_SCALAR = regex(r"[^,{}\[\]\n\"']{1,400}")
_COLON = regex(r"\s{0,40}(?:=>|[:=])\s{0,40}")
_CLOSING = {'"': '"', "'": "'", "“": "”", "”": "”", "„": "”", "«": "»", "»": "»", "‘": "’", "’": "’", "`": "`"}
_UNICODE_ESCAPE = regex(r"\\{1,8}u([0-9a-fA-F]{4})")
_MAX_STRING = 4000
# JSON has one kind of number, and spreadsheets write a whole one as `131049.0` where the column has a gap.
_WHOLE = regex(r"([0-9]{1,7})\.0{1,6}")


@dataclass(eq=False, slots=True)
class Scalar:
    text: str
    start: int
    end: int


@dataclass(eq=False, slots=True)
class Object:
    """An object or, without keys, a list; `fields` has the first value of each key in lower case."""

    start: int
    parent: Object | None
    is_list: bool = False
    end: int = 0
    fields: dict[str, Scalar | Object] = field(default_factory=dict)
    items: list[Object] = field(default_factory=list)
    # The key under which the parent holds it.
    name: str = ""

    def text(self, *names: str) -> str:
        """The first scalar of those names, stripped; empty where there is none."""
        for name in names:
            value = self.fields.get(name)
            if isinstance(value, Scalar) and value.text:
                return value.text
        return ""

    def scalar(self, *names: str) -> Scalar | None:
        return next((v for n in names if isinstance(v := self.fields.get(n), Scalar)), None)

    def child(self, name: str) -> Object | None:
        value = self.fields.get(name)
        return value if isinstance(value, Object) else None


def objects(text: str) -> Iterator[Object]:
    """Every object that has a key, outer before inner, in the order of the text."""
    found: list[Object] = []
    place = text.find("{")
    while place != -1:
        place = _scan_root(text, place, found)
        place = text.find("{", place)
    return (thing for thing in found if thing.fields or thing.is_list)


def _scan_root(text: str, place: int, found: list[Object]) -> int:
    """Read from the brace at `place` until it closes or the text ends; each character is looked at a few times."""
    here: Object | None = None
    name: str = ""
    while place < len(text):
        space = _SPACE.match(text, place)
        if space:
            place = space.end()
            continue
        char = text[place]
        if char in "{[":
            child = Object(start=place, parent=here, is_list=char == "[", name=name)
            found.append(child)
            if here is not None:
                if name:
                    here.fields.setdefault(name, child)
                here.items.append(child)
            here, name = child, ""
            place += 1
        elif char in "}]":
            place += 1
            if here is None:
                return place
            here.end = place
            here, name = here.parent, ""
            if here is None:
                return place
        else:
            value, place = _value(text, place, named=bool(name) or (here is not None and here.is_list))
            if value is None:
                continue
            if name and here is not None:
                here.fields.setdefault(name, value)
                name = ""
                continue
            colon = _COLON.match(text, place)
            if colon and here is not None and not here.is_list:
                name, place = value.text.lower().strip(), colon.end()
    while here is not None:
        here.end = len(text)
        here = here.parent
    return place


def _value(text: str, place: int, *, named: bool) -> tuple[Scalar | None, int]:
    """A string, number or word at `place` and where it ends; none for a quote around a nested object."""
    quote = _QUOTE.match(text, place)
    if quote is None:
        pattern = _SCALAR if named else _NAME
        word = pattern.match(text, place)
        if word is None:
            return None, place + 1
        return Scalar(_whole(word[0].strip()), place, word.end()), word.end()
    mark = quote[0]
    if _NESTED.match(text, quote.end() - 1) or text[place - 1 : place] in ("}", "]"):
        return None, quote.end()
    start = quote.end()
    end, after = _string_end(text, start, mark)
    return Scalar(_whole(_unescape(text[start:end])), start, end), after


def _whole(text: str) -> str:
    found = _WHOLE.fullmatch(text) if text.endswith("0") and "." in text else None
    return found[1] if found else text


def _string_end(text: str, start: int, mark: str) -> tuple[int, int]:
    """Where the string's text ends and where reading goes on; a string that never closes ends with its line."""
    if len(mark) == 1 and mark in _PLAIN_STRING:
        body = _PLAIN_STRING[mark].match(text, start)
        if body and text[body.end() : body.end() + 1] == mark:
            return body.end(), body.end() + 1
    closing = mark[:-1] + _CLOSING[mark[-1]]
    end = text.find(closing, start, start + _MAX_STRING)
    if end != -1:
        return end, end + len(closing)
    end = text.find("\n", start, start + _MAX_STRING)
    end = min(start + _MAX_STRING, len(text)) if end == -1 else end
    return end, end


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text.strip()
    text = _UNICODE_ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    return text.replace("\\n", " ").replace("\\", "").strip()
