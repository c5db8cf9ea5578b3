"""`process`: named tickets through the one path."""

from __future__ import annotations

import json

import click

from zendesk_gupshup.cli.common import brain_of, console, settings_of, told, zendesk_of


@click.command()
@click.argument("tickets", nargs=-1, required=True, type=click.IntRange(min=1))
@click.option("--apply", "write", is_flag=True, help="Write to Zendesk; without it nothing is written.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line for each ticket.")
@click.pass_context
def process(ctx: click.Context, tickets: tuple[int, ...], write: bool, as_json: bool) -> None:
    """Take TICKETS through the one path: find, decide, and with --apply tag, route, note and reply."""
    from zendesk_gupshup.errors import ZendeskError
    from zendesk_gupshup.triage import Outcome, handle
    from zendesk_gupshup.worker import with_ticket_fields

    settings = settings_of(ctx)
    brain = brain_of(settings)
    zendesk = zendesk_of(settings)
    with told(settings):
        brain = with_ticket_fields(brain, zendesk)
    out = console()
    failed = False
    for ticket_id in dict.fromkeys(tickets):
        try:
            outcome = handle(zendesk, ticket_id, brain, apply=write, run="process")
        except ZendeskError as error:
            if error.account_wide:
                with told(settings):
                    raise
            outcome = Outcome(ticket_id, "failed", reason=str(error))
        failed = failed or outcome.did in ("failed", "later", "gone")
        record = outcome.record()
        if as_json:
            click.echo(json.dumps(record, ensure_ascii=False))
        else:
            out.print(_line(record, outcome))
    if not write and not as_json:
        console(err=True).print("Dry run: nothing was written. Add --apply to write.")
    ctx.exit(3 if failed else 0)


def _line(record: dict[str, object], outcome: object) -> str:
    from zendesk_gupshup.triage import Outcome

    assert isinstance(outcome, Outcome)  # noqa: S101
    codes = ", ".join(map(str, record["codes"])) or "no code"  # type: ignore[call-overload]
    steps = outcome.written or tuple(u.step.kind for u in (outcome.look.updates if outcome.look else ()))
    what = {"done": "wrote", "dry_run": "would write"}.get(outcome.did, outcome.did.replace("_", " "))
    guards = "; ".join(g.text for g in outcome.look.decision.guards) if outcome.look else outcome.reason or ""
    return f"{outcome.ticket_id}: {codes}: {what} {' and '.join(steps)}{f' ({guards})' if guards else ''}".rstrip()
