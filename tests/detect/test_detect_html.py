"""HTML says what a person sees: no more where it is hidden, no less where it only looks odd in its source."""

# ruff: noqa: E501

from __future__ import annotations

import gzip
import json
import zlib
from functools import cache
from pathlib import Path

import pytest

from support.html_forms import FORMS, every, in_turn, said, seen_as, ticket
from zendesk_gupshup.detect import detect, reported
from zendesk_gupshup.detect.colours import Colour, colour
from zendesk_gupshup.detect.html_text import visible_text
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.finding import Detection

REPORT = "Gupshup answers error 1003 insufficient balance for our app"
# fmt: off
HIDDEN = {
    "display none": '<div style="display:none">{}</div>',
    "display none within a visible one": '<div style="display: none !important"><p style="display:block">{}</p></div>',
    "visibility": '<p style="visibility:hidden">{}</p>',
    "visibility above": '<div style="visibility:hidden"><p>{}</p></div>',
    "transparent": '<div style="opacity:0"><p style="opacity:1">{}</p></div>',
    "transparent in percent": '<div style="opacity: 0%">{}</div>',
    "attribute": "<div hidden><p>{}</p></div>",
    "mso-hide": '<div style="mso-hide:all">{}</div>',
    "no height": '<div style="max-height:0;overflow:hidden">{}</div>',
    "no height, other order": '<div style="overflow:hidden;color:red;height:0px">{}</div>',
    "no width": '<div style="width:0;overflow:hidden">{}</div>',
    "no size": '<span style="font-size:0">{}</span>',
    "no size above": '<div style="font-size:0px"><span>{}</span></div>',
    "a share of no size": '<div style="font-size:0"><p style="font-size:1em">{}</p></div>',
    "size of a dot": '<span style="font-size:1px;line-height:1px">{}</span>',
    "no size in the shorthand": '<span style="font:0/0 a">{}</span>',
    "off the page by indent": '<p style="text-indent:-9999px">{}</p>',
    "off the page by position": '<p style="position:absolute;left:-10000px">{}</p>',
    "off the page by margin": '<p style="margin-left:-9999px">{}</p>',
    "clipped": '<p style="position:absolute;clip:rect(0 0 0 0)">{}</p>',
    "clipped by a path": '<p style="clip-path:inset(50%)">{}</p>',
    "shrunk": '<p style="transform:scale(0)">{}</p>',
    "white on white": '<p style="color:#fff">{}</p>',
    "white on white above": '<div style="color:white"><p>{}</p></div>',
    "nearly white": '<p style="color:rgb(253, 254, 255)">{}</p>',
    "white by hsl": '<p style="color:hsl(0, 0%, 100%)">{}</p>',
    "font tag": '<font color="#FFFFFF">{}</font>',
    "colour without ink": '<p style="color:transparent">{}</p>',
    "faint ink": '<p style="color:rgba(0,0,0,0.01)">{}</p>',
    "grey on the same grey": '<div style="background:#ccc"><p style="color:#cccccc">{}</p></div>',
    "white on white on dark": '<div style="background:#000"><div style="background:#fff"><b style="color:#fff">{}</b></div></div>',
    "on the table's colour": '<table bgcolor="navy"><tr><td><font color="#000080">{}</font></td></tr></table>',
    "class": "<style>.pre{{display:none}}</style><p class='pre'>{}</p>",
    "class among others": "<style>p{{color:#000}} p.x, .pre {{ color:#333; visibility:hidden }}</style><p class='a pre'>{}</p>",
    "id": "<style>#pre{{font-size:0}}</style><p id='pre'>{}</p>",
    "a remark within the style": '<p style="/* preview */ display:/**/none">{}</p>',
    "class within the body": "<style>html body .pre{{display:none}}</style><p class='pre'>{}</p>",
    "class on every screen": "<style>@media only screen{{.pre{{display:none}}}}</style><p class='pre'>{}</p>",
    "scaled by itself": '<p style="scale:0">{}</p>',
    "a value within a hidden form": '<form hidden><input value="{}"></form>',
    "class that outweighs the element": "<style>.pre{{display:none!important}}</style><p class='pre' style='display:block'>{}</p>",
}
VISIBLE = {
    "MJML": '<div style="font-size:0"><div style="font-size:13px;line-height:1">{}</div></div>',
    "MJML in a table": '<table><tr><td style="font-size:0px"><div style="font-size:13px">{}</div></td></tr></table>',
    "a size in points": '<div style="font-size:0"><p style="font:12pt Arial">{}</p></div>',
    "a size by a word": '<div style="font-size:0"><p style="font-size:small">{}</p></div>',
    "font tag with a size": '<div style="font-size:0"><font size="2">{}</font></div>',
    "visible within hidden": '<div style="visibility:hidden"><p style="visibility:visible">{}</p></div>',
    "half transparent": '<p style="opacity:0.5">{}</p>',
    "hidden but displayed": '<p hidden style="display:block">{}</p>',
    "no height that overflows": '<div style="max-height:0">{}</div>',
    "no line height": '<div style="line-height:0">{}</div>',
    "indented": '<p style="text-indent:-20px">{}</p>',
    "indent taken back": '<div style="text-indent:-9999px"><p style="text-indent:0">{}</p></div>',
    "white on dark above": '<div style="background:#d32f2f"><p><span style="color:#ffffff">{}</span></p></div>',
    "white on bgcolor": '<table><tr><td bgcolor="#1a73e8" style="color:#ffffff">{}</td></tr></table>',
    "white on a table's bgcolor": '<table bgcolor="1a73e8"><tr><td><font color="white">{}</font></td></tr></table>',
    "white on the body's bgcolor": '<body bgcolor="#222222" text="#ffffff"><p>{}</p></body>',
    "white on a picture": '<div style="background-image:url(x.png)"><p style="color:#fff">{}</p></div>',
    "white on a picture by attribute": '<table><tr><td background="x.png"><p style="color:#fff">{}</p></td></tr></table>',
    "white on a gradient": '<div style="background:linear-gradient(90deg,#111,#333)"><p style="color:#fff">{}</p></div>',
    "white on a picture with its colour": '<div style="background:#fff url(\'x.png\') no-repeat"><p style="color:#fff">{}</p></div>',
    "white on a class's dark": "<style>.dark{{background-color:#123}}</style><div class='dark'><p style='color:#fff'>{}</p></div>",
    "white on a perhaps dark": "<style>.a .dark{{background:#123}}</style><div class='dark'><p style='color:#fff'>{}</p></div>",
    "white with a shadow": '<p style="color:#fff;text-shadow:0 0 2px #000">{}</p>',
    "white by a variable": '<div style="background:var(--brand)"><p style="color:#fff">{}</p></div>',
    "a colour nobody knows": '<p style="color:papayawhipped">{}</p>',
    "light grey": '<p style="color:#e0e0e0">{}</p>',
    "a link in white": '<div style="color:#fff"><a href="https://example.com">{}</a></div>',
    "a marked word in white": '<div style="color:#fff"><mark>{}</mark></div>',
    "hidden on phones alone": "<style>@media (max-width:480px){{.x{{display:none!important}}}}</style><p class='x'>{}</p>",
    "hidden in another parent": "<style>.y .x{{display:none}}</style><p class='x'>{}</p>",
    "rule taken back": "<style>.x{{display:none}} p.x{{display:block}}</style><p class='x'>{}</p>",
    "rule taken back by the element": "<style>.x{{display:none}}</style><p class='x' style='display:block'>{}</p>",
    "a size by the parent's class": "<style>.c{{font-size:0}} .c p{{font-size:14px}}</style><div class='c'><p>{}</p></div>",
    "a size on phones": "<style>@media (max-width:480px){{.t{{font-size:14px}}}}</style><div style='font-size:0'><p class='t'>{}</p></div>",
    "shown by the parent's class": "<style>.c p{{visibility:visible}}</style><div style='visibility:hidden'><p>{}</p></div>",
    "white on a picture of the parent's class": "<style>.a .b{{background-image:url(x.png)}}</style><div class='b' style='color:#fff'>{}</div>",
    "no height but a least one": '<div style="height:0;min-height:100px;overflow:hidden">{}</div>',
    "white with an outline": '<p style="color:#fff;-webkit-text-stroke:1px #000">{}</p>',
    "white, blended": '<p style="color:#fff;mix-blend-mode:difference">{}</p>',
    "white on a dark page": '<body style="color-scheme:dark"><p style="color:#fff">{}</p></body>',
    "a field's value": '<form><input type="text" value="{}" readonly></form>',
    "a field's value without a type": '<form><input value="{}"></form>',
    "the words of a button": '<form><input type="submit" value="{}"></form>',
    "a broken sheet": "<style>.x{{display:none</style><p>{}</p>",
    "not for screen readers": '<p aria-hidden="true">{}</p>',
    "a button that Outlook draws": '<a href="https://example.com" style="mso-hide:all">{}</a>',
    "behind a conditional comment": "<!--[if mso]><p hidden><![endif]--><p>{}</p>",
    "deep": "<div>" * 200 + '<p style="font-size:14px">{}</p>' + "</div>" * 200,
}
# fmt: on


def codes(found: Detection) -> list[str]:
    return [str(finding.error) for finding in reported(found)]


@pytest.mark.parametrize("name", HIDDEN)
def test_what_its_own_style_makes_invisible_is_not_read(name: str) -> None:
    page = f"<div>Thanks for the call, see you on Thursday.</div>{HIDDEN[name].format(REPORT)}"
    assert visible_text(page) == "Thanks for the call, see you on Thursday."


@pytest.mark.parametrize("name", HIDDEN)
def test_what_is_invisible_is_not_read_from_the_plain_text_either(name: str) -> None:
    page = f"<div>Thanks for the call, see you on Thursday.</div>{HIDDEN[name].format(REPORT)}"
    plain = f"Thanks for the call, see you on Thursday.\n\n{REPORT}"
    assert codes(detect(ticket("x", html_body=page, plain_body=plain), load())) == []


@pytest.mark.parametrize("name", VISIBLE)
def test_what_a_person_sees_is_read(name: str) -> None:
    assert visible_text(VISIBLE[name].format(REPORT)) == REPORT


@pytest.mark.parametrize("kind", ["hidden", "password", "checkbox", "radio", "HIDDEN"])
def test_a_field_that_shows_no_value_says_nothing(kind: str) -> None:
    assert visible_text(f'<p>Hi</p><form><input type="{kind}" value="{REPORT}"></form>') == "Hi"


@pytest.mark.parametrize(
    ("markup", "lines"),
    [
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<div>a<br></div><div><br></div><div>b</div>", "a\n\nb"),
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("<p class=MsoNormal>a</p><p class=MsoNormal>b</p>", "a\nb"),
        ('<p style="margin:0cm">a</p><p style="margin:0 0 0 0">b</p>', "a\nb"),
        ("<style>p{margin:0}</style><p>a</p><p>b</p>", "a\nb"),
        ("<p>a</p><p>b</p><p>&nbsp;</p><p>c</p>", "a\nb\n\nc"),
        ("a<br>\nb\nc", "a\nb c"),
        ("a<br>\n  b<br>\n<br>\nc", "a\n  b\n\nc"),
        ("<pre>a\n  b\n\nc</pre>", "a\n  b\n\nc"),
        ('<div style="white-space:pre-wrap">a\nb</div>', "a\nb"),
        ("<ul><li>a</li><li><p>b</p></li></ul>c", "- a\n- b\nc"),
        ("<ol start=3><li>a<li>b</ol>", "3. a\n4. b"),
        ('<ul style="list-style:none"><li>a</li></ul>', "a"),
        ("a<blockquote>b<br>c</blockquote>d", "a\n> b\n> c\nd"),
        ('<blockquote style="margin:0 0 0 40px;border:none;padding:0px">a</blockquote>', "a"),
        ("<table><tr><th>code<th>count<tr><td>1003<td>12</table>", "code\tcount\n1003\t12"),
        (
            "<table><tr><td><p>code</p></td><td><p>count</p></td></tr><tr><td>1003</td><td></td></tr></table>",
            "code\tcount\n1003\t",
        ),
        ("<table><tr><td colspan=2>code<td>count<tr><td>a<td>1003<td>12</table>", "code\t\tcount\na\t1003\t12"),
        ("<table><tr><td><div>a</div><div>b</div></td><td>c</td></tr></table>", "a\nb\nc"),
        ("<table><tr><td><table><tr><td>a</td></tr><tr><td>b</td></tr></table></td></tr></table>", "a\nb"),
        ("x <b>10</b><b>03</b> y<sup>2</sup>", "x 1003 y 2"),
        ("a<span style='display:block'>b</span>c", "a\nb\nc"),
        ("a<div style='display:inline'>b</div>c", "abc"),
        ("a&nbsp;&nbsp;b &lt;c&gt; &amp;amp;", "a  b <c> &amp;"),
        ("  a\n   <b> b</b>  \n", "a b"),
        ("", ""),
    ],
)
def test_lines_end_where_a_person_sees_them_end(markup: str, lines: str) -> None:
    assert visible_text(markup) == lines


@pytest.mark.parametrize(
    ("html_body", "plain_body", "found"),
    [
        ("<div></div>", REPORT, ["gupshup 1003"]),
        ("<p>See below</p>", f"See below\n\n{REPORT}", ["gupshup 1003"]),
        (f'<p style="color:#fff">{REPORT}</p>', REPORT, ["gupshup 1003"]),
        (f"<p>{REPORT}</p>", f"{REPORT}\n{'and more words ' * 20}", ["gupshup 1003"]),
        (f'<p>Hi</p><p style="display:none">{REPORT}</p>', f"Hi\n\n{REPORT}", []),
        (f"<p>Hi</p><blockquote type=cite>{REPORT * 9}</blockquote>", f"Hi\n\n{REPORT * 9}", []),
        (f"<p>Hi</p><p hidden>{REPORT}</p>", f"Hi\n\n{REPORT}\n{'and more words ' * 20}", []),
    ],
)
def test_plain_text_that_has_far_more_words_is_read_too(html_body: str, plain_body: str, found: list[str]) -> None:
    detection = detect(ticket("WhatsApp", html_body=html_body, plain_body=plain_body), load())
    assert codes(detection) == found
    quotes = [evidence.quote for finding in detection.findings for evidence in finding.evidence]
    assert len(quotes) == len(set(quotes)) == len(found)


@pytest.mark.parametrize("name", ["mj.json", "mj_control.json", "white.html"])
def test_the_mails_of_the_field_report(shared: Path, name: str) -> None:
    text = (shared / "reports" / "inputs" / name).read_text("utf-8")
    comment = json.loads(text)["comments"][0] if name.endswith(".json") else {"html_body": text}
    assert "gupshup 1003" in codes(detect(ticket("FW: alert", **comment), load()))


def test_source_pasted_as_plain_text_is_read_as_the_page_it_makes() -> None:
    source = f'<div dir="ltr">Boa tarde,<br><br>{REPORT}<p hidden>Error 131049</p></div>'
    written = [ticket("WhatsApp", plain_body=source), ticket("WhatsApp", html_body=FORMS["br and newline"](source))]
    assert [codes(detect(one, load())) for one in written] == [["gupshup 1003"]] * 2


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("#FFF", Colour(255, 255, 255)),
        ("1a73e8", Colour(26, 115, 232)),
        ("rgb(255 0 0 / 50%)", Colour(255, 0, 0, 0.5)),
        ("rgba(10%, 0, 0, 0)", Colour(25.5, 0, 0, 0)),
        ("hsl(120, 100%, 50%)", Colour(0, 255, 0)),
        ("#ffffff00", Colour(255, 255, 255, 0)),
        ("transparent", Colour(0, 0, 0, 0)),
        ("rgb(1,2)", None),
        ("var(--x)", None),
        ("nonsense", None),
        ("", None),
    ],
)
def test_colours_are_read_as_css_has_them(text: str, meant: Colour | None) -> None:
    assert colour(text) == meant


@cache
def _labelled(shared: Path) -> list[tuple[str, str, str]]:
    """One text in so many by its number."""
    found = []
    for file in sorted((shared / "corpus").glob("*.jsonl*")):
        opened = gzip.open if file.suffix == ".gz" else open
        with opened(file, "rt", encoding="utf-8") as lines:
            items = [json.loads(line) for line in lines]
        found += [
            (item["id"], item["subject"], item["body"])
            for item in items
            if zlib.crc32(item["id"].encode()) % every(29) == 0
        ]
    return found


@cache
def _plainly(subject: str, text: str) -> tuple[object, ...]:
    return said(detect(ticket(subject, plain_body=text), load()))


def _says_else(form: str, subject: str, text: str) -> bool:
    found = said(detect(ticket(subject, html_body=FORMS[form](text)), load()))
    return found != _plainly(subject, seen_as(form, text))


@pytest.mark.parametrize("form", FORMS)
def test_the_same_words_say_the_same_in_every_form(shared: Path, form: str) -> None:
    differ = [name for name, subject, body in _labelled(shared) if _says_else(form, subject, body)]
    assert differ == []


EXAMPLES = [f"Hola,\n{example}\n\nGracias" for entry in load().entries for example in entry.examples[:2]]


@pytest.mark.parametrize(("number", "form"), list(enumerate(FORMS)), ids=FORMS)
def test_every_example_of_the_dictionary_says_the_same_in_every_form(number: int, form: str) -> None:
    assert [text for text in in_turn(EXAMPLES, number) if _says_else(form, "", text)] == []
