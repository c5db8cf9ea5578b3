"""`explain`: what is found in a ticket or a text, what is not and why, and every byte that would be written."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zendesk_gupshup.cli import Fail
from zendesk_gupshup.cli.common import brain_of, console, settings_of, told, zendesk_of

if TYPE_CHECKING:
    from zendesk_gupshup.models import Place, Ticket
    from zendesk_gupshup.triage import Look


@click.command()
@click.argument("ticket", required=False)
@click.option("--file", "file", type=click.Path(dir_okay=False), help="A text, or a ticket as Zendesk's JSON.")
@click.option("--json", "as_json", is_flag=True, help="Findings with evidence and the plan with every byte, as JSON.")
@click.option(
    "--jsonl", type=click.Path(dir_okay=False), help='Lines {"id","subject","body"}: one line of answer each.'
)
@click.pass_context
def explain(ctx: click.Context, ticket: str | None, file: str | None, as_json: bool, jsonl: str | None) -> None:
    """Explain TICKET (a number, or - for a text on standard input). Never writes to Zendesk."""
    if sum(1 for given in (ticket, file, jsonl) if given) != 1:
        raise click.UsageError("give a ticket's number, - for standard input, --file FILE or --jsonl FILE")
    if jsonl:
        _measure(jsonl)
        return
    settings = settings_of(ctx)
    brain = brain_of(settings)
    if file or ticket == "-":
        found = _ticket_of(_text(file))
    else:
        if not (ticket or "").isascii() or not (ticket or "").isdigit():
            raise click.UsageError(f"{ticket}: a ticket is a number; a text comes from --file FILE or -")
        zendesk = zendesk_of(settings)
        from zendesk_gupshup.triage import with_files
        from zendesk_gupshup.worker import with_ticket_fields

        with told(settings):
            brain = with_ticket_fields(brain, zendesk)
            found = with_files(zendesk, zendesk.ticket(int(ticket or 0)), brain)
    from zendesk_gupshup.triage import look_at

    look = look_at(found, brain)
    if as_json:
        click.echo(json.dumps(_document(look), ensure_ascii=False, indent=2))
    else:
        _show(look)


def _text(file: str | None) -> str:
    """The text as UTF-8, with what is not UTF-8 replaced: a log with one odd byte is still a log."""
    try:
        data = Path(file).read_bytes() if file else sys.stdin.buffer.read()
    except OSError as error:
        raise Fail(f"{file}: {(error.strerror or 'cannot be read').lower()}") from None
    return data.decode("utf-8", "replace")


def _ticket_of(text: str) -> Ticket:
    """A ticket as Zendesk's JSON (`{"ticket": …, "comments": […]}`), else one whose only comment is the text."""
    from zendesk_gupshup.errors import Gibberish
    from zendesk_gupshup.records import assembled

    document: Any = None
    if text.lstrip().startswith("{"):
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            document = None
    if not (isinstance(document, dict) and isinstance(document.get("ticket"), dict)):
        document = {
            "ticket": {"id": 0, "requester_id": 1, "via": {"channel": "web"}},
            "comments": [{"id": 0, "author_id": 1, "body": text}],
            "users": [{"id": 1}],
        }
    try:
        return assembled(document, [document], "the ticket", document.get("our_user_id") or 0)
    except Gibberish as error:
        raise Fail(str(error)) from None


def _document(look: Look) -> dict[str, Any]:
    return {
        "ticket_id": look.ticket.id,
        "detection": look.detection.model_dump(mode="json"),
        "decision": look.decision.model_dump(mode="json"),
        "updates": [update.model_dump(mode="json") for update in look.updates],
    }


def _measure(path: str) -> None:
    from zendesk_gupshup.decide import REFUSED_KEY
    from zendesk_gupshup.detect import detect_text, reported
    from zendesk_gupshup.dictionary import load

    dictionary = load()
    for number, line in enumerate(_text(None if path == "-" else path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            subject, body = row.get("subject") or "", row.get("body") or ""
            detection = detect_text(str(subject), str(body), dictionary)
        except (ValueError, AttributeError, RecursionError):
            raise Fail(f'{path}: line {number}: not a JSON object with "id", "subject" and "body"') from None
        found = reported(detection)
        answer = {
            "id": row.get("id"),
            "is_error": detection.is_error,
            "codes": [
                {"namespace": f.error.namespace, "code": f.error.code, "confidence": f.confidence.value} for f in found
            ],
            "owner_escalation": any(f.error == REFUSED_KEY for f in found),
        }
        click.echo(json.dumps(answer, ensure_ascii=False))


def _show(look: Look) -> None:
    """The same for a person: found, not found and why, decided, written."""
    from rich.text import Text

    out = console()

    def line(text: str, style: str = "", indent: int = 0) -> None:
        out.print(Text(" " * indent + text, style=style))

    detection, decision = look.detection, look.decision
    line("Found" if detection.findings else "Found: no error code", "bold")
    for finding in detection.findings:
        variant = f" ({finding.variant})" if finding.variant else ""
        line(f"{finding.error}{variant}  {finding.confidence}", "bold green", 2)
        for evidence in finding.evidence:
            line(f"“{_one_line(evidence.quote)}”", "", 4)
            line(f"{_where(evidence.place)}, rule {evidence.rule}", "dim", 6)
        for against in finding.against:
            line(f"against: {against}", "yellow", 4)
    for title, evidences in (("Symptoms without a code", detection.symptoms), ("Unknown codes", detection.unknown)):
        if evidences:
            line(title, "bold")
        for evidence in evidences:
            line(f"“{_one_line(evidence.quote)}”  {_where(evidence.place)}", "", 2)
    if detection.dismissed:
        line("Not evidence", "bold")
    for dismissal in detection.dismissed:
        line(f"“{_one_line(dismissal.quote)}”: {dismissal.reason}", "", 2)
    for secret in detection.secrets:
        line(f"Live secret: {secret.kind}, {_where(secret.place)}", "bold red")
    for unread in detection.unread:
        line(f"Not read: {unread}", "yellow")

    line(f"Decided: {decision.mode}", "bold")
    for guard in decision.guards:
        line(f"{guard.name}: {guard.text}", "yellow", 2)
    if not look.updates:
        line("Nothing would be written.", "", 2)
    for update in look.updates:
        step = update.step
        line(f"Would write: {'public reply' if step.kind == 'reply' else step.kind}", "bold")
        for name, value in (
            ("tags", " ".join(f"+{t}" for t in sorted(step.add_tags))),
            ("tags", " ".join(f"-{t}" for t in sorted(step.remove_tags))),
            ("group", step.group),
            ("priority", step.priority),
            ("status", step.status),
            ("files", ", ".join(f"{f.name} ({len(f.content)} bytes)" for f in update.files)),
        ):
            if value:
                line(f"{name}: {value}", "", 2)
        if update.html_body:
            line(_plain(update.html_body), "dim", 0)


def _one_line(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 160 else f"{text[:159]}…"


def _where(place: Place) -> str:
    # A message of a conversation has no number of Zendesk's; ours are negative.
    comment = "a message" if (place.comment_id or 0) < 0 else f"comment {place.comment_id}"
    name = {"subject": "subject", "comment": comment, "attachment": f"file {place.attachment}"}
    return f"{name[place.kind]}, characters {place.start}-{place.end}"


def _plain(html: str) -> str:
    from selectolax.lexbor import LexborHTMLParser

    body = LexborHTMLParser(html).body
    text = body.text(separator="\n", strip=True) if body else ""
    return "\n".join(f"    {line}" for line in text.splitlines() if line.strip())
