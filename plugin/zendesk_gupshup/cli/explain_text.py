"""`explain` for a person: what was found, what was not and why, what was decided, what would be written."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from zendesk_gupshup.cli.common import console
from zendesk_gupshup.render.reasons import in_words
from zendesk_gupshup.render.witnesses import witnesses_in_words
from zendesk_gupshup.text.redaction import mask
from zendesk_gupshup.text.truncation import ellipsized

if TYPE_CHECKING:
    from zendesk_gupshup.model.finding import Detection, Finding, Place
    from zendesk_gupshup.model.plan import Decision
    from zendesk_gupshup.model.write import Update
    from zendesk_gupshup.pipeline import Look


# What turns the direction of a line, and control characters: raw, they show a terminal's reader other words than stand
# there. https://www.unicode.org/reports/tr9/ lists the former.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Styled(NamedTuple):
    text: str
    style: str = ""
    indent: int = 0


def show(look: Look) -> None:
    from rich.text import Text

    out = console()
    for line in lines(look):
        out.print(Text(" " * line.indent + escaped(line.text), style=line.style))


def escaped(text: str) -> str:
    """With direction marks and control characters as JSON escapes them (`\\u202e`); tabs and line breaks stay."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def lines(look: Look) -> Iterator[Styled]:
    masked = partial(mask, keep=(look.detection.facts.account_id or "",))
    yield from _detected(look.detection, masked)
    yield from _decided(look.decision, masked)
    if not look.updates:
        yield Styled("Nothing would be written.", "", 2)
    for update in look.updates:
        yield from _written(update)


def _detected(detection: Detection, masked: Callable[[str], str]) -> Iterator[Styled]:
    yield Styled("Found" if detection.findings else "Found: no error code", "bold")
    for finding in detection.findings:
        yield from _found(finding, masked)
    for title, evidences in (("Symptoms without a code", detection.symptoms), ("Unknown codes", detection.unknown)):
        if evidences:
            yield Styled(title, "bold")
        for evidence in evidences:
            yield Styled(f"“{_one_line(evidence.shown)}”  {masked(_where(evidence.place))}", "", 2)
    if detection.dismissed:
        yield Styled("Not evidence", "bold")
    for dismissal in detection.dismissed:
        yield Styled(f"“{_one_line(dismissal.quote)}”: {masked(in_words(dismissal.reason))}", "", 2)
    for secret in detection.secrets:
        yield Styled(f"Live secret: {secret.kind}, {masked(_where(secret.place))}", "bold red")
    for unread in detection.unread:
        yield Styled(f"Not read: {masked(in_words(unread))}", "yellow")


def _found(finding: Finding, masked: Callable[[str], str]) -> Iterator[Styled]:
    variant = f" ({finding.variant})" if finding.variant else ""
    yield Styled(f"{finding.error}{variant}  {finding.confidence}", "bold green", 2)
    for evidence in finding.evidence:
        yield Styled(f"“{_one_line(evidence.shown)}”", "", 4)
        yield Styled(f"{masked(_where(evidence.place))}, rule {masked(in_words(evidence.rule))}", "dim", 6)
    for against in finding.against:
        yield Styled(f"against: {masked(in_words(against))}", "yellow", 4)
    for withheld in finding.withheld:
        yield Styled(f"no public reply: {masked(in_words(withheld))}", "yellow", 4)
    for witness in witnesses_in_words(finding):
        yield Styled(f"witness {masked(witness)}", "dim", 4)


def _decided(decision: Decision, masked: Callable[[str], str]) -> Iterator[Styled]:
    yield Styled(f"Decided: {decision.mode}", "bold")
    for guard in decision.guards:
        yield Styled(f"{guard.name}: {masked(in_words(guard))}", "yellow", 2)


def _written(update: Update) -> Iterator[Styled]:
    step = update.step
    yield Styled(f"Would write: {'public reply' if step.kind == 'reply' else step.kind}", "bold")
    for name, value in (
        ("tags", " ".join(f"+{tag}" for tag in sorted(step.add_tags))),
        ("tags", " ".join(f"-{tag}" for tag in sorted(step.remove_tags))),
        ("group", step.group),
        ("priority", step.priority),
        ("status", step.status),
        ("files", ", ".join(f"{file.name} ({len(file.content)} bytes)" for file in update.files)),
    ):
        if value:
            yield Styled(f"{name}: {value}", "", 2)
    if update.html_body:
        yield Styled(textwrap.indent(plain(update.html_body).rstrip(), "    "), "dim")


def _one_line(text: str) -> str:
    return ellipsized(" ".join(text.split()), 160)


def _where(place: Place) -> str:
    # A message of a conversation has no number of Zendesk's; ours are negative.
    comment = "a message" if (place.comment_id or 0) < 0 else f"comment {place.comment_id}"
    name = {"subject": "subject", "comment": comment, "attachment": f"file {place.attachment}"}
    return f"{name[place.kind]}, characters {place.start}-{place.end}"


def plain(text: str) -> str:
    """HTML of our own texts as plain text: one line per paragraph, list items with a dash, links with their URL."""
    text = re.sub(r"\s*\n\s*", " ", text)
    text = re.sub(r'<a href="([^"]*)">(.*?)</a>', r"\2 <\1>".replace("<", "&lt;").replace(">", "&gt;"), text)
    text = re.sub(r"<br>\s*", "\n", text)
    text = re.sub(r"<li>\s*(?:<p>)?", "\n- ", text)
    text = re.sub(r"<hr>", "\n----\n\n", text)
    text = re.sub(r"</(?:p|ul|ol|h2|h3|h4|blockquote|pre)>", "\n\n", text)
    text = html.unescape(re.sub(r"<[^>]+>", "", text))
    lines = (line.strip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"
