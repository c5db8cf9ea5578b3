"""The same words as HTML: as Zendesk stores plain text, and as mail programs, editors and newsletters write it."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from zendesk_gupshup.model.finding import Detection
from zendesk_gupshup.model.ticket import Ticket

# A line that is empty, or blanks.
_EMPTY = re.compile(r"\s*")


def _written(line: str) -> str:
    """As an editor writes a line: a run of blanks, or one at an edge, is kept by no-break spaces."""
    kept = re.sub(r"^ | (?= )| $", "&nbsp;", html.escape(line, quote=False))
    return kept.replace("\t", '<span style="white-space:pre">\t</span>')


def _each(before: str, after: str, empty: str) -> Callable[[str], str]:
    def form(text: str) -> str:
        return "\n".join(
            empty if _EMPTY.fullmatch(line) else f"{before}{_written(line)}{after}" for line in text.split("\n")
        )

    return form


def _zendesk(text: str) -> str:
    """Zendesk's own form of a plain comment: `<br>` and a newline at the end of each line."""
    return (
        f'<div class="zd-comment" dir="auto">{html.escape(text, quote=False).replace(chr(10), "<br>" + chr(10))}</div>'
    )


def _paragraphs(text: str) -> str:
    """A paragraph at each empty line, `<br>` and a newline within it."""
    parts = [html.escape(part, quote=False) for part in text.split("\n\n")]
    inner = "\n".join(f'<p dir="auto">{part.replace(chr(10), "<br>" + chr(10))}</p>' for part in parts)
    return f'<div class="zd-comment" dir="auto">{inner}</div>'


def _preformatted(text: str) -> str:
    # The parser drops the first newline behind `<pre>`.
    return f"<div class='zd-comment'><pre>\n{html.escape(text)}</pre></div>"


_ITEM = re.compile(r"[-*•] (?=\S)(.*)")


def _listed(text: str) -> str:
    """Runs of `- ` lines become a list; the rest a `<div>` a line."""
    parts: list[str] = []
    for line in text.split("\n"):
        item = _ITEM.fullmatch(line)
        if item and parts and parts[-1].endswith("</ul>"):
            parts[-1] = parts[-1].removesuffix("</ul>") + f"<li>{_written(item[1])}</li></ul>"
        elif item:
            parts.append(f"<ul><li>{_written(item[1])}</li></ul>")
        else:
            parts.append(f"<div>{_written(line)}</div>" if line.strip() else "<div><br></div>")
    return "".join(parts)


_CELL = '<td style="font-size:0px;padding:10px 25px;word-break:break-word;">'


def _newsletter(text: str) -> str:
    """Tables within tables whose cells have no font size, as MJML writes them; a block a line."""
    lines = _each('<div style="font-size:13px;color:#000000">', "</div>", '<div style="font-size:13px">&nbsp;</div>')
    return (
        '<body bgcolor="#f4f4f4"><div style="display:none;max-height:0;overflow:hidden">Preview</div>'
        f'<table><tbody><tr>{_CELL}<table role="presentation"><tbody><tr>{_CELL}\n{lines(text)}\n'
        "</td></tr></tbody></table></td></tr></tbody></table></body>"
    )


def _dark(text: str) -> str:
    lines = _each("<div>", "</div>", "<div><br></div>")(text)
    return f'<table><tr><td bgcolor="#1a73e8"><font color="#ffffff">{lines}</font></td></tr></table>'


FORMS: Mapping[str, Callable[[str], str]] = {
    "br and newline": _zendesk,
    "paragraphs": _paragraphs,
    "div a line": _each("<div>", "</div>", "<div><br></div>"),
    "p a line (Outlook)": _each('<p class="MsoNormal">', "</p>", '<p class="MsoNormal"><o:p>&nbsp;</o:p></p>'),
    "p a line": _each("<p>", "</p>", "<p><br></p>"),
    "p without margin": _each('<p style="margin:0">', "</p>", '<p style="margin:0"><br></p>'),
    "row a line": lambda text: f"<table>{_each('<tr><td>', '</td></tr>', '<tr><td>&nbsp;</td></tr>')(text)}</table>",
    "one cell": lambda text: f"<table><tr><td>{_zendesk(text)}</td></tr></table>",
    "pre": _preformatted,
    "list": _listed,
    "blockquote without its own words": lambda text: (
        f'<blockquote style="margin:0 0 0 40px;border:none">{_zendesk(text)}</blockquote>'
    ),
    "newsletter": _newsletter,
    "white on dark": _dark,
}


def ticket(subject: str, **comment: Any) -> Ticket:
    users = {1: {"id": 1, "role": "end-user"}}
    first = {"id": 10, "author_id": 1, **comment}
    return Ticket.model_validate({"id": 7, "subject": subject, "requester_id": 1, "users": users, "comments": [first]})


def said(found: Detection) -> tuple[object, ...]:
    """What a detection says, without the places and the words of its quotes."""
    return (
        tuple((str(f.error), f.confidence, f.variant) for f in found.findings),
        len(found.symptoms),
        len(found.unknown),
    )


def seen_as(form: str, text: str) -> str:
    """The plain text that looks like a form: bare paragraphs without an empty one among them stand apart."""
    lines = text.split("\n")
    bare = form == "p a line" and all(line.strip() for line in lines)
    return "\n\n".join(lines) if bare else text


def every(usual: int) -> int:
    """One text in so many is read; all of them where FORMS_EVERY is 1 (`make forms`)."""
    return int(os.environ.get("FORMS_EVERY", usual))


def in_turn(texts: Sequence[str], number: int, forms: int = 4) -> list[str]:
    """The texts whose turn it is in the form of this number: each text in one of so many forms, each form with one of
    so many texts. With `make forms` all texts have all forms."""
    step = every(forms)
    return list(texts[number % step :: step])
