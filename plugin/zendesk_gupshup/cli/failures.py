"""`failures`: the dead-letter list, and what to do about its tickets."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from zendesk_gupshup.cli import Fail
from zendesk_gupshup.cli.common import console, ledger_of, settings_of, store_problem
from zendesk_gupshup.cli.tables import print_table, utc

if TYPE_CHECKING:
    from collections.abc import Callable

    from zendesk_gupshup.storage.dead_letters import DeadLetter, DeadLetters

_TICKET = click.IntRange(min=1)


@click.group()
def failures() -> None:
    """The dead-letter list: tickets that failed for good, with the reason.

    An entry is removed as soon as its ticket is handled successfully.
    """


@failures.command("list")
@click.option("--dropped", is_flag=True, help="Include dropped entries.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def list_(ctx: click.Context, dropped: bool, as_json: bool) -> None:
    """List the failed tickets, newest first."""
    found = _dead_letters(ctx)[0].listed(dropped=dropped)
    if as_json:
        click.echo(json.dumps([_values(one) for one in found], indent=2))
        return
    if not found:
        console(err=True).print("The list is empty.")
        return
    head = ("Ticket", "State", "Kind", "Attempts", "First", "Last", "Reason")
    print_table(head, ([str(v) for k, v in _values(one).items() if k != "dropped_because"] for one in found))


@failures.command()
@click.argument("ticket", type=_TICKET)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def show(ctx: click.Context, ticket: int, as_json: bool) -> None:
    """Show one failed ticket."""
    letters, _ = _dead_letters(ctx)
    one = letters.get(ticket)
    if one is None:
        raise Fail(f"ticket {ticket} is not on the dead-letter list; `zendesk-gupshup failures list` prints the list")
    if as_json:
        click.echo(json.dumps(_values(one), indent=2))
        return
    from zendesk_gupshup.render.reasons import in_words

    out = console()
    rows = {
        "Ticket": str(one.ticket_id),
        "State": one.state,
        "Kind": f"{one.kind}: {in_words(one.kind())}",
        "Reason": one.reason,
        "Attempts": str(one.attempts),
        "First": utc(one.first),
        "Last": utc(one.last),
        "Dropped": one.dropped_because or "",
    }
    for name, value in rows.items():
        if value:
            out.print(f"{name + ':':<10}{value}")
    out.print(f"\nRetry: zendesk-gupshup failures retry {ticket}")


@failures.command()
@click.argument("tickets", nargs=-1, type=_TICKET)
@click.option("--all", "all_", is_flag=True, help="Every listed ticket.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def retry(ctx: click.Context, tickets: tuple[int, ...], all_: bool, as_json: bool) -> None:
    """Requeue TICKETS, for a running worker or the next one that starts."""
    from zendesk_gupshup.worker.queue_client import QueueUnavailable, enqueue

    letters, engine = _dead_letters(ctx)
    wanted = _wanted(letters, tickets, all_)
    now = time.time_ns() // 1_000_000

    def queue(ticket_id: int) -> None:
        enqueue(engine, f"retry:{ticket_id}:{now}", ticket_id)

    try:
        done = _or_fail(lambda: letters.retry(wanted, queue))
    except QueueUnavailable as error:
        raise Fail(str(error)) from None
    _report(ctx, wanted, done, "queued", as_json=as_json)


@failures.command()
@click.argument("tickets", nargs=-1, type=_TICKET)
@click.option("--all", "all_", is_flag=True, help="Every listed ticket.")
@click.option("--reason", help="Why they need no handling; without names or addresses.")
@click.option("--yes", is_flag=True, help="Drop without a reason.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def drop(
    ctx: click.Context, tickets: tuple[int, ...], all_: bool, reason: str | None, yes: bool, as_json: bool
) -> None:
    """Dismiss TICKETS from the list; `failures list --dropped` still shows them.

    A dropped ticket that changes in Zendesk is handled like any other.
    """
    letters, _ = _dead_letters(ctx)
    wanted = _wanted(letters, tickets, all_)
    if not reason and not yes:
        raise click.UsageError("give --reason, or --yes to drop without one")
    done = _or_fail(lambda: letters.drop(wanted, reason or "no reason given"))
    _report(ctx, wanted, done, "dropped", as_json=as_json)


def _dead_letters(ctx: click.Context) -> tuple[DeadLetters, Any]:
    from zendesk_gupshup.storage.dead_letters import DeadLetters

    ledger = ledger_of(settings_of(ctx))
    return DeadLetters(ledger.engine, ledger.account), ledger.engine


def _wanted(letters: DeadLetters, tickets: tuple[int, ...], all_: bool) -> tuple[int, ...]:
    if bool(tickets) == all_:
        raise click.UsageError("give ticket numbers, or --all")
    return tuple(dict.fromkeys(tickets)) if tickets else tuple(one.ticket_id for one in letters.listed())


def _or_fail(write: Callable[[], tuple[int, ...]]) -> tuple[int, ...]:
    from sqlalchemy.exc import SQLAlchemyError

    try:
        return write()
    except SQLAlchemyError as error:
        settings = settings_of(click.get_current_context())
        problem = store_problem(error, settings, otherwise="the database cannot be written")
        raise Fail(f"{problem}; try again") from None


def _report(ctx: click.Context, wanted: tuple[int, ...], done: tuple[int, ...], did: str, *, as_json: bool) -> None:
    missing = [ticket_id for ticket_id in wanted if ticket_id not in done]
    if as_json:
        click.echo(json.dumps({did: list(done), "not_listed": missing}))
    else:
        for ticket_id in done:
            click.echo(f"{ticket_id}\t{did}")
        if not wanted:
            click.echo("The list is empty.", err=True)
    for ticket_id in missing:
        click.echo(f"zendesk-gupshup: ticket {ticket_id} is not on the dead-letter list", err=True)
    ctx.exit(0 if not missing else 3 if done else 1)


def _values(one: DeadLetter) -> dict[str, Any]:
    values = asdict(one)
    order = ("ticket_id", "state", "kind", "attempts", "first", "last", "reason", "dropped_because")
    return {name: utc(values[name]) if name in ("first", "last") else values[name] for name in order}
