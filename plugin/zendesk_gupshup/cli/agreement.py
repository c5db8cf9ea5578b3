"""`agreement`: what `observe` and `assist` held back, compared with what agents did."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from zendesk_gupshup.cli import Fail
from zendesk_gupshup.cli.common import brain_of, console, exit_on_error, ledger_of, settings_of, zendesk_of
from zendesk_gupshup.text.plural import counted

if TYPE_CHECKING:
    from zendesk_gupshup.ledger.ledger import Ledger
    from zendesk_gupshup.model.finding import ErrorCode
    from zendesk_gupshup.pipeline import Brain
    from zendesk_gupshup.report.agreement import AgreementVerdict, Case
    from zendesk_gupshup.zendesk.client import Zendesk


@click.command()
@click.option("--since", type=click.DateTime(("%Y-%m-%d",)), help="Only findings of this day (UTC) or later.")
@click.option("--code", help='Only this code, such as "gupshup_http 401".')
@click.option(
    "--limit", type=click.IntRange(min=1), default=500, show_default=True, help="Maximum number of tickets to read."
)
@click.option("--json", "as_json", is_flag=True, help="Print counts by code and each ticket as JSON.")
@click.pass_context
def agreement(ctx: click.Context, since: datetime | None, code: str | None, limit: int, as_json: bool) -> None:
    """Compare what was held back in observe and assist with what the agents then did.

    \b
    AGREED: after we found the code, an agent
      - said in the Zendesk app that it is right,
      - asked for the draft or applied our escalation macro,
      - set the code's tag or gupshup_state__awaiting_owner,
      - answered publicly and named the account owner or Gupshup's support
        (English, Spanish, Portuguese), or for a remedy the code or its title, or
      - moved the ticket to the group that we would have set.
    DIFFERED: an agent
      - said in the Zendesk app that it is another code or no error,
      - set gupshup_off, or removed the code's tag that we had set,
      - named another code, by its tag or by a draft request,
      - moved the ticket out of the group that we had set, or
      - solved it without such an answer.
    OPEN: nobody has done any of this yet, or the ticket no longer exists.

    Codes that we answered publicly are not counted. The command reads the tickets from Zendesk, newest first: one
    request per hundred tickets, and one more for each ticket that changed and whose tags do not decide it.
    """
    settings = settings_of(ctx)
    ledger = ledger_of(settings)
    brain = brain_of(settings)
    error = _code(code, brain) if code else None
    start = int(since.replace(tzinfo=UTC).timestamp()) if since else None
    tickets, left = _tickets(ledger, start, error, limit)
    found = [case for ticket_id in tickets for case in _cases(ledger, brain, ticket_id, start, error)]
    verdicts: list[tuple[Case, AgreementVerdict]] = []
    if found:
        zendesk = zendesk_of(settings)
        with exit_on_error(settings):
            verdicts = _verdicts(zendesk, found, brain)
    by_code: dict[str, Counter[str]] = {}
    for case, verdict in verdicts:
        by_code.setdefault(str(case.error), Counter())[verdict.answer] += 1
    if as_json:
        click.echo(json.dumps(_document(by_code, verdicts, left), indent=2, ensure_ascii=False))
        return
    _show(by_code, verdicts)
    if left:
        click.echo(
            f"{counted(left, 'older ticket was', 'older tickets were')} not read; raise --limit to read more.", err=True
        )


def _code(name: str, brain: Brain) -> ErrorCode:
    found = brain.dictionary.find(name)
    if len(found) != 1:
        names = ", ".join(map(str, found))
        raise Fail(f"{name}: {f'means {names}; write one of them' if found else 'no such code'}")
    return found[0]


def _tickets(ledger: Ledger, since: int | None, error: ErrorCode | None, limit: int) -> tuple[list[int], int]:
    """The newest tickets with something held back, and the number of the older ones beyond `limit`."""
    ids: dict[int, None] = {}
    for entry in ledger.entries(since=since, error=error):
        if entry.findings and entry.would:
            ids.pop(entry.ticket_id, None)
            ids[entry.ticket_id] = None
    newest = list(reversed(ids))
    return newest[:limit], max(0, len(newest) - limit)


def _cases(ledger: Ledger, brain: Brain, ticket_id: int, since: int | None, error: ErrorCode | None) -> list[Case]:
    """Judged with the ticket's whole history: a tag that we set before `since` is still ours."""
    from zendesk_gupshup.report.agreement import cases

    return [
        case
        for case in cases(tuple(ledger.entries(ticket_id=ticket_id)), brain.dictionary, ledger.verdicts(ticket_id))
        if (error is None or case.error == error) and (since is None or case.at >= since)
    ]


def _verdicts(zendesk: Zendesk, found: list[Case], brain: Brain) -> list[tuple[Case, AgreementVerdict]]:
    from zendesk_gupshup.report.live import Reader

    return [(case, verdict) for case, verdict in Reader(zendesk).verdicts(found, brain.dictionary) if verdict]


def _counts(counter: Counter[str]) -> dict[str, int]:
    return {"seen": sum(counter.values()), **{name: counter[name] for name in ("agreed", "differed", "open")}}


def _show(by_code: dict[str, Counter[str]], verdicts: list[tuple[Case, AgreementVerdict]]) -> None:
    from zendesk_gupshup.render.reasons import in_words

    out = console()
    if not by_code:
        out.print("Nothing was held back that an agent could agree with.")
    for code, counter in sorted(by_code.items(), key=lambda item: (-sum(item[1].values()), item[0])):
        counts = _counts(counter)
        out.print(f"{code}: " + ", ".join(f"{number} {name}" for name, number in counts.items()))
        for case, verdict in verdicts:
            if str(case.error) == code and verdict.answer == "differed":
                out.print(f"  ticket {case.ticket_id}: {in_words(verdict.reason)}")


def _document(
    by_code: dict[str, Counter[str]], verdicts: list[tuple[Case, AgreementVerdict]], left: int
) -> dict[str, Any]:
    from zendesk_gupshup.render.reasons import in_words

    return {
        "codes": {code: _counts(counter) for code, counter in sorted(by_code.items())},
        "tickets": [
            {
                "ticket_id": case.ticket_id,
                "code": str(case.error),
                "answer": verdict.answer,
                "reason": in_words(verdict.reason),
            }
            for case, verdict in verdicts
        ],
        "not_read": left,
    }  # fmt: skip
