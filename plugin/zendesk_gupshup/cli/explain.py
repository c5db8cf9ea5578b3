"""`explain`: what is found in a ticket or a text, what is not and why, and every byte that would be written."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import click

from zendesk_gupshup.cli import Fail
from zendesk_gupshup.cli.common import brain_of, console, exit_on_error, settings_of, zendesk_of

if TYPE_CHECKING:
    from zendesk_gupshup.model.finding import Place
    from zendesk_gupshup.model.reason import Reason
    from zendesk_gupshup.model.ticket import Attachment, Ticket
    from zendesk_gupshup.pipeline import Brain, Look


_STANDARD_INPUT = "standard input"
# Far more than the worker reads of a file, which says so itself; a device has no end.
_MOST_BYTES = 64 * 1024 * 1024
_WHAT_TO_GIVE = "Give a file with text in it: text, log, CSV, JSON, a spreadsheet, HTML, a mail or PDF."
# A file of such a name holds the words of a ticket; others are what a client attaches.
_WORDS = ("", ".txt", ".text", ".md")
_NO_TICKET: Mapping[str, Any] = {
    "ticket": {"id": 0, "requester_id": 1, "via": {"channel": "web"}},
    "users": [{"id": 1}],
}


@click.command()
@click.argument("ticket", required=False)
@click.option("--file", "file", type=click.Path(), help="A file that a client may send, or a ticket as Zendesk's JSON.")
@click.option("--json", "as_json", is_flag=True, help="Findings with evidence and the plan with every byte, as JSON.")
@click.option(
    "--jsonl", type=click.Path(dir_okay=False), help='Lines {"id","subject","body"}: one line of answer each.'
)
@click.pass_context
def explain(ctx: click.Context, ticket: str | None, file: str | None, as_json: bool, jsonl: str | None) -> None:
    """Explain TICKET (a number, or - for a text or file on standard input). Never writes to Zendesk."""
    if sum(1 for given in (ticket, file, jsonl) if given) != 1:
        raise click.UsageError("give a ticket's number, - for standard input, --file FILE or --jsonl FILE")
    if jsonl:
        _measure(jsonl)
        return
    settings = settings_of(ctx)
    brain = brain_of(settings)
    if file or ticket == "-":
        found = _ticket_of_file(file, brain)
    else:
        if not (ticket or "").isascii() or not (ticket or "").isdigit():
            raise click.UsageError(f"{ticket}: a ticket is a number; a text comes from --file FILE or -")
        zendesk = zendesk_of(settings)
        from zendesk_gupshup.brain import with_ticket_fields
        from zendesk_gupshup.pipeline import with_files

        with exit_on_error(settings):
            brain = with_ticket_fields(brain, zendesk)
            found = with_files(zendesk, zendesk.ticket(int(ticket or 0)), brain)
    from zendesk_gupshup.pipeline import look_at

    look = look_at(found, brain)
    if as_json:
        click.echo(json.dumps(_document(look), ensure_ascii=False, indent=2))
    else:
        _show(look)


def _ticket_of_file(file: str | None, brain: Brain) -> Ticket:
    """The file as the ticket that it holds, as the words of one, or attached to one and read as the worker reads it."""
    from zendesk_gupshup.attachments import kind_of
    from zendesk_gupshup.attachments.formats.plain import text_of

    name, data = Path(file).name if file else _STANDARD_INPUT, _bytes(file)
    if not data:
        raise Fail(f"{file or name}: is empty. {_WHAT_TO_GIVE}")
    if kind_of(name, "", data).name == "text":
        text = text_of(data)
        if ticket := _ticket_in(text):
            return ticket
        if PurePath(name).suffix.lower() in _WORDS:
            if not text.strip():
                raise Fail(f"{file or name}: holds no text. {_WHAT_TO_GIVE}")
            return _assembled({**_NO_TICKET, "comments": [{"id": 0, "author_id": 1, "body": text}]})
    return _with_file(file or name, name, data, brain)


def _with_file(shown: str, name: str, data: bytes, brain: Brain) -> Ticket:
    """A ticket with the file attached, read in the worker's own way and within its bounds. Raises `Fail`."""
    from zendesk_gupshup.model.ticket import Attachment
    from zendesk_gupshup.render.reasons import all_in_words

    # Without a type: it is Zendesk that tells one, and the bytes say more.
    attached = Attachment(id=1, file_name=name, size=len(data))
    ticket = _assembled({**_NO_TICKET, "comments": [{"id": 0, "author_id": 1, "body": ""}]})
    comment = ticket.comments[0].model_copy(update={"attachments": (attached,)})
    try:
        ticket = brain.files.read(_FileInput(data), ticket.model_copy(update={"comments": (comment,)}), last=True)
    finally:
        brain.files.close()
    if not any(text.strip() for text in ticket.attachment_texts.values()):
        unread = ticket.attachments_unread.get(attached.id, ())
        why = all_in_words(unread) or "the settings leave files unread ([reading] attachments)"
        raise Fail(f"{shown}: {why}" if _holds_words(unread) else f"{shown}: {why}. {_WHAT_TO_GIVE}")
    return ticket


def _holds_words(unread: tuple[Reason, ...]) -> bool:
    from zendesk_gupshup.model.reason import UnreadReason

    wordless = {
        UnreadReason.DATABASE,
        UnreadReason.EXECUTABLE,
        UnreadReason.MEDIA,
        UnreadReason.NOT_TEXT,
        UnreadReason.NO_TEXT,
        UnreadReason.PICTURE_WITHOUT_TEXT,
        UnreadReason.WORKBOOK_EMPTY,
    }
    return bool(unread) and not any(reason.name in wordless for reason in unread)


class _FileInput:
    """The file at hand, where the worker has Zendesk's."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def attachment(self, attachment: Attachment, limit: int) -> bytes:  # noqa: ARG002
        return self._data[:limit]


def _bytes(file: str | None) -> bytes:
    """The file or standard input, which may have no end. Raises `Fail`."""
    try:
        if file is None:
            return sys.stdin.buffer.read(_MOST_BYTES)
        with Path(file).open("rb") as opened:
            return opened.read(_MOST_BYTES)
    except IsADirectoryError:
        raise Fail(f"{file}: is a directory. Give one file in it.") from None
    except FileNotFoundError:
        raise Fail(f"{file}: there is no such file. Check the path.") from None
    except PermissionError:
        raise Fail(f"{file}: permission denied. Check who may read it.") from None
    except (OSError, ValueError) as error:
        why = (getattr(error, "strerror", None) or "cannot be read").lower()
        raise Fail(f"{file or _STANDARD_INPUT}: {why}. Check the path.") from None


def _ticket_in(text: str) -> Ticket | None:
    """The ticket that a text is, as Zendesk's JSON (`{"ticket": …, "comments": […]}`), if it is one."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    is_ticket = isinstance(document, dict) and isinstance(document.get("ticket"), dict)
    return _assembled(document) if is_ticket else None


def _assembled(document: dict[str, Any]) -> Ticket:
    from zendesk_gupshup.zendesk.errors import InvalidResponse
    from zendesk_gupshup.zendesk.payloads import assembled

    try:
        return assembled(document, [document], "the ticket", document.get("our_user_id") or 0)
    except InvalidResponse as error:
        raise Fail(str(error)) from None


def _document(look: Look) -> dict[str, Any]:
    from zendesk_gupshup.render.reasons import in_words

    known = (look.detection.facts.account_id or "",)
    worded = {"wording": in_words}
    guards = [{"name": guard.name, "text": in_words(guard)} for guard in look.decision.guards]
    return {
        "ticket_id": look.ticket.id,
        "detection": _masked(look.detection.model_dump(mode="json", context=worded), known),
        "decision": _masked({**look.decision.model_dump(mode="json", context=worded), "guards": guards}, known),
        "updates": [update.model_dump(mode="json") for update in look.updates],
    }


def _masked(value: Any, known: tuple[str, ...]) -> Any:
    """Places name files, and a file's name may hold a key."""
    from zendesk_gupshup.text.redaction import mask

    if isinstance(value, str):
        return mask(value, known)
    if isinstance(value, list):
        return [_masked(item, known) for item in value]
    if isinstance(value, dict):
        return {key: _masked(item, known) for key, item in value.items()}
    return value


def _measure(path: str) -> None:
    from zendesk_gupshup.decide.policy import REFUSED_KEY
    from zendesk_gupshup.detect import detect_text, reported
    from zendesk_gupshup.dictionary import load

    dictionary = load()
    for number, line in enumerate(_bytes(None if path == "-" else path).decode("utf-8-sig", "replace").splitlines(), 1):
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

    from zendesk_gupshup.render.reasons import in_words

    out = console()

    def line(text: str, style: str = "", indent: int = 0) -> None:
        out.print(Text(" " * indent + text, style=style))

    detection, decision = look.detection, look.decision
    known = (detection.facts.account_id or "",)

    def masked(text: str) -> str:
        return str(_masked(text, known))

    def where(place: Place) -> str:
        return masked(_where(place))

    line("Found" if detection.findings else "Found: no error code", "bold")
    for finding in detection.findings:
        variant = f" ({finding.variant})" if finding.variant else ""
        line(f"{finding.error}{variant}  {finding.confidence}", "bold green", 2)
        for evidence in finding.evidence:
            line(f"“{_one_line(evidence.quote)}”", "", 4)
            line(f"{where(evidence.place)}, rule {masked(in_words(evidence.rule))}", "dim", 6)
        for against in finding.against:
            line(f"against: {masked(in_words(against))}", "yellow", 4)
    for title, evidences in (("Symptoms without a code", detection.symptoms), ("Unknown codes", detection.unknown)):
        if evidences:
            line(title, "bold")
        for evidence in evidences:
            line(f"“{_one_line(evidence.quote)}”  {where(evidence.place)}", "", 2)
    if detection.dismissed:
        line("Not evidence", "bold")
    for dismissal in detection.dismissed:
        line(f"“{_one_line(dismissal.quote)}”: {masked(in_words(dismissal.reason))}", "", 2)
    for secret in detection.secrets:
        line(f"Live secret: {secret.kind}, {where(secret.place)}", "bold red")
    for unread in detection.unread:
        line(f"Not read: {masked(in_words(unread))}", "yellow")

    line(f"Decided: {decision.mode}", "bold")
    for guard in decision.guards:
        line(f"{guard.name}: {masked(in_words(guard))}", "yellow", 2)
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
