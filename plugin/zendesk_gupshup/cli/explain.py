"""`explain`: what is found in a ticket or a text, what is not and why, and every byte that would be written."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from zendesk_gupshup.cli import Fail
from zendesk_gupshup.cli.common import brain_of, exit_on_error, settings_of, zendesk_of
from zendesk_gupshup.cli.explain_input import read_bytes, ticket_of_file

if TYPE_CHECKING:
    from zendesk_gupshup.pipeline import Look


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
        _detect_lines(jsonl)
        return
    settings = settings_of(ctx)
    brain = brain_of(settings)
    if file or ticket == "-":
        found = ticket_of_file(file, brain)
        if found.brand_id is None:
            # A text has no brand and no form: it gets what a ticket within [scope] gets.
            anywhere = brain.policy.model_copy(update={"brands": frozenset(), "forms": frozenset()})
            brain = replace(brain, policy=anywhere)
    else:
        if not (ticket or "").isascii() or not (ticket or "").isdigit():
            raise click.UsageError(f"{ticket}: a ticket is a number; a text comes from --file FILE or -")
        zendesk = zendesk_of(settings)
        from zendesk_gupshup.brain import with_ticket_fields
        from zendesk_gupshup.pipeline import with_files

        with exit_on_error(settings):
            brain = with_ticket_fields(brain, zendesk)
            found = with_files(zendesk, zendesk.ticket(int(ticket or 0)), brain)
    from zendesk_gupshup.cli.explain_text import escaped, show
    from zendesk_gupshup.pipeline import look_at

    look = look_at(found, brain)
    if as_json:
        click.echo(escaped(json.dumps(_document(look), ensure_ascii=False, indent=2)))
    else:
        show(look)


def _document(look: Look) -> dict[str, Any]:
    from zendesk_gupshup.render.reasons import in_words
    from zendesk_gupshup.text.redaction import mask, masked_values

    # Places name files, and a file's name may hold a key.
    masked = partial(mask, keep=(look.detection.facts.account_id or "",))
    worded = {"wording": in_words}
    guards = [{"name": guard.name, "text": in_words(guard)} for guard in look.decision.guards]
    return {
        "ticket_id": look.ticket.id,
        "detection": masked_values(look.detection.model_dump(mode="json", context=worded), masked),
        "decision": masked_values({**look.decision.model_dump(mode="json", context=worded), "guards": guards}, masked),
        "updates": [update.model_dump(mode="json") for update in look.updates],
    }


def _detect_lines(path: str) -> None:
    from zendesk_gupshup.decide.policy import REFUSED_KEY
    from zendesk_gupshup.detect import detect_text, reported
    from zendesk_gupshup.dictionary import load

    dictionary = load()
    for number, line in enumerate(
        read_bytes(None if path == "-" else path).decode("utf-8-sig", "replace").splitlines(), 1
    ):
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
