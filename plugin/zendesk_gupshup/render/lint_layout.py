"""Words that run together in a rendered text: a list's number behind a sentence, a heading inside an item.

Jinja drops the line break behind `{% … %}`, so that two lines of a file may become one, or a paragraph part of an item.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from markdown_it.token import Token

from .markdown import markdown
from .template_files import Problem, Source

# What ends a sentence or a value: "…passwords.2. Sign in", "…masked.- Attach", "…below.## Guide".
_END = r"(?<=[.!?:;)\]}\"'»”\ue001])"
_GLUED = (
    (re.compile(rf"{_END}(?<![0-9][.:])[1-9][0-9]?\. (?=\S)"), "a list's number"),
    (re.compile(r"(?<=[.!?:;\ue001])[-*] (?=\S)"), "an item"),
    (re.compile(r"(?<=[^\s#>])#{1,4} (?=\S)"), "a heading"),
)
_WIDTH = 24
_INSTEAD = "leave two empty lines behind the {% … %} before it"


def layout_problems(source: Source, made: str) -> Iterator[Problem]:
    """`made`: the source rendered, its values still protected."""
    for pattern, what in _GLUED:
        for found in pattern.finditer(made):
            after = made[found.start() : found.start() + _WIDTH].partition("\ue000")[0].strip()
            wrong = f'{what} is glued to the text before it: "{after}"'
            yield Problem(source.key, _line_of(source, after), wrong, _INSTEAD)
    if ".md." in source.key:
        for heading in _headings_inside(markdown().parse(made)):
            wrong = f'a bold heading is inside the paragraph or item before it: "{heading}"'
            yield Problem(source.key, _line_of(source, f"**{heading}"), wrong, _INSTEAD)


def _headings_inside(tokens: list[Token]) -> Iterator[str]:
    """Bold words that have a line of a paragraph for themselves, or follow a sentence's end without a blank."""
    for token in tokens:
        parts = [part for part in token.children or () if part.type != "text" or part.content]
        for at, part in enumerate(parts):
            if part.type != "strong_open" or not at:
                continue
            before, end = parts[at - 1], _closing(parts, at)
            alone = before.type == "softbreak" and (end + 1 == len(parts) or parts[end + 1].type == "softbreak")
            glued = before.type == "text" and before.content[-1:] in tuple(".!?:;")
            if alone or glued:
                yield "".join(inner.content for inner in parts[at + 1 : end]).partition("\ue000")[0]


def _closing(parts: list[Token], at: int) -> int:
    return next((n for n in range(at, len(parts)) if parts[n].type == "strong_close"), len(parts) - 1)


def _line_of(source: Source, words: str) -> int:
    """The source's line that begins with these words; 0 where none or several do."""
    lines = [n for n, line in enumerate(source.text.splitlines(), 1) if line.strip() and words.startswith(_start(line))]
    return lines[0] if len(lines) == 1 else 0


def _start(line: str) -> str:
    """What a line says before its first `{`, as far as a problem shows it."""
    return line.strip().partition("{")[0].rstrip()[:_WIDTH] or "\n"
