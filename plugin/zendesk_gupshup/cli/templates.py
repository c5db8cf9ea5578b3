"""`templates`: list, lint and preview the texts of replies, notes and drafts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zendesk_gupshup.cli import Fail
from zendesk_gupshup.cli.codes import NAMESPACES
from zendesk_gupshup.cli.common import settings_of
from zendesk_gupshup.text.plural import counted

if TYPE_CHECKING:
    from zendesk_gupshup.dictionary import Dictionary
    from zendesk_gupshup.model.base import Language
    from zendesk_gupshup.model.finding import ErrorCode
    from zendesk_gupshup.model.plan import AnswerKind, ReplyKind
    from zendesk_gupshup.model.ticket import Ticket
    from zendesk_gupshup.model.write import Update
    from zendesk_gupshup.render.catalogue import Templates
    from zendesk_gupshup.render.lint_samples import Sample
    from zendesk_gupshup.settings import Settings

# Written out, because importing `model` would slow `--help` down; a test compares them.
KINDS: tuple[ReplyKind | AnswerKind, ...] = (
    "owner_escalation",
    "owner_ticket",
    "remedy",
    "draft",
    "unread",
    "follow_up",
    "completed",
    "reminder",
    "incident",
)

_folder = click.option(
    "--templates", "folder", type=click.Path(file_okay=False, path_type=Path), help="Folder of your own texts."
)


@click.group()
def templates() -> None:
    """List, check and preview the texts of replies, notes and drafts.

    Without --templates, the folder of your own texts is taken from the settings ([folders] templates).
    """


@templates.command("list")
@_folder
@click.pass_context
def list_templates(ctx: click.Context, folder: Path | None) -> None:
    """List the files in use, tab-separated: family, kind or code, language, shipped or own, file."""
    loaded, _ = _read(settings_of(ctx), folder)
    for source in loaded.sources:
        if not source.is_block:
            origin = "shipped" if source.shipped else "own"
            click.echo("\t".join((source.family, source.name, source.language, origin, str(source.path))))


@templates.command()
@_folder
@click.pass_context
def lint(ctx: click.Context, folder: Path | None) -> None:
    """Check every text: names, syntax, translations, length, no request for a secret. Exit code 1 if one is wrong."""
    loaded, _ = _read(settings_of(ctx), folder)
    problems = loaded.lint()
    for problem in problems:
        click.echo(str(problem))
    if problems:
        raise Fail(f"{counted(len(problems), 'mistake')} in the templates")
    click.echo(f"{counted(sum(not s.is_block for s in loaded.sources), 'text')}, no mistakes", err=True)


@templates.command()
@click.argument("name", metavar="KIND_OR_CODE", nargs=-1, required=True)
@click.option("--lang", default="en", show_default=True, help="Language of the reply, such as es.")
@click.option("--cause", help="One of several causes of the code, such as ip_allowlist.")
@click.option("--html/--text", "as_html", default=False, help="Print HTML, or plain text (default).")
@click.option("--write", type=click.Path(file_okay=False, path_type=Path), help="Folder to write texts and files to.")
@click.option(
    "--file",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Ticket as Zendesk's JSON, instead of a sample.",
)
@_folder
@click.pass_context
def preview(
    ctx: click.Context,
    name: tuple[str, ...],
    lang: Language,
    cause: str | None,
    as_html: bool,
    write: Path | None,
    file: Path | None,
    folder: Path | None,
) -> None:
    """Show reply and note of KIND_OR_CODE (owner_escalation, 1003, "gupshup_http 403") for a sample ticket."""
    from zendesk_gupshup.cli.explain_text import plain
    from zendesk_gupshup.render.catalogue import TemplateError
    from zendesk_gupshup.render.updates import render

    settings = settings_of(ctx)
    loaded, dictionary = _read(settings, folder)
    if lang not in dictionary.languages:
        raise Fail(f"no text is written in {lang}; write one of {', '.join(dictionary.languages)}")
    sample = _sample(" ".join(name), cause, lang, dictionary)
    if file:
        sample = _with_ticket(sample, _ticket(file), settings, dictionary)
    try:
        updates = render(sample.plan, sample.ticket, sample.detection, dictionary, loaded, settings.gupshup)
    except TemplateError as error:
        raise Fail(str(error)) from None
    if write:
        _write(updates, write)
        return
    for update in updates:
        names = "".join(f" [{f.name}]" for f in update.files)
        click.echo(f"=== {'public reply' if update.public else 'internal note'}{names}\n")
        click.echo((update.html_body if as_html else plain(update.html_body or "")) or "")


def _read(settings: Settings, folder: Path | None) -> tuple[Templates, Dictionary]:
    from zendesk_gupshup.dictionary import DictionaryError, load
    from zendesk_gupshup.render.catalogue import TemplateError, Templates

    try:
        dictionary = load(settings.folders.dictionary)
        return Templates.read(folder or settings.folders.templates, dictionary=dictionary), dictionary
    except (TemplateError, DictionaryError) as error:
        raise Fail(str(error)) from None


def _sample(name: str, cause: str | None, language: Language, dictionary: Dictionary) -> Sample:
    from zendesk_gupshup.render.lint_samples import sample, sample_of_code

    for kind in KINDS:
        if kind == name:
            return sample(kind, language, dictionary)
    error = _code(name, dictionary)
    entry = dictionary.get(error)
    causes = [variant.name for variant in entry.variants] if entry else []
    if cause and cause not in causes:
        raise Fail(f"{error} has no cause {cause}; known: {', '.join(causes) or 'none'}")
    made = sample_of_code(error, cause, language, dictionary)
    if made.plan.language != language:
        click.echo(f"{error} has no words in it yet; this is {made.plan.language}", err=True)
    return made


def _code(name: str, dictionary: Dictionary) -> ErrorCode:
    """Of the codes with the same number the first in the order of `codes list`, and a line that says so."""
    found = sorted(dictionary.find(name), key=lambda error: NAMESPACES.index(error.namespace))
    if not found:
        raise Fail(f"{name} is no code and none of {', '.join(KINDS)}")
    taken, *others = found
    if others:
        named = ", ".join(f'"{error}"' for error in others)
        click.echo(
            f"{name} is taken for {taken}; {named} {'has' if len(others) == 1 else 'have'} the same number", err=True
        )
    return taken


def _ticket(file: Path) -> Ticket:
    """A ticket as Zendesk gives it: `{"ticket": …, "comments": […], "users": […]}`."""
    import json

    from zendesk_gupshup.cli.explain_input import assembled_ticket, read_bytes

    try:
        document: Any = json.loads(read_bytes(str(file)))
    except (ValueError, RecursionError):
        raise Fail(f"{file}: not JSON") from None
    if not isinstance(document, dict) or not isinstance(document.get("ticket"), dict):
        raise Fail(f'{file}: no ticket in it; write {{"ticket": …, "comments": […], "users": […]}}')
    return assembled_ticket(document, str(file))


def _with_ticket(sample: Sample, ticket: Ticket, settings: Settings, dictionary: Dictionary) -> Sample:
    """The sample's plan with the user's own ticket: its people, text and app."""
    from zendesk_gupshup.decide.account import app_facts
    from zendesk_gupshup.detect import detect
    from zendesk_gupshup.render.lint_samples import Sample

    policy = settings.policy(dictionary)
    detection = detect(ticket, dictionary, draft_requested=True)
    plan = sample.plan
    lead = next((f for f in detection.findings if plan.lead and f.error == plan.lead.error), None)
    others = tuple(f for f in detection.findings if f is not lead)
    app = app_facts(ticket, detection.facts, policy.fields, policy.directory)
    update = {"ticket_id": ticket.id, "app": app, "lead": lead or plan.lead, "others": others if plan.lead else ()}
    return Sample(ticket, detection, plan.model_copy(update=update))


def _write(updates: tuple[Update, ...], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[str, bytes] = {}
    for update in updates:
        if update.html_body:
            head = '<!doctype html>\n<meta charset="utf-8">\n'
            written["reply.html" if update.public else "note.html"] = (head + update.html_body + "\n").encode()
        for file in update.files:
            written["guide.pdf" if file.content_type == "application/pdf" else "draft.txt"] = file.content
    for name, content in written.items():
        (folder / name).write_bytes(content)
        click.echo(str(folder / name))
