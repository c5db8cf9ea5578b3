"""`report`: what happened in a period or a run, as text, JSON, CSV or an HTML page."""

from __future__ import annotations

import os
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zendesk_gupshup.cli import Fail
from zendesk_gupshup.cli.common import LANGUAGES, brain_of, console, exit_on_error, ledger_of, settings_of, zendesk_of

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from zendesk_gupshup.ledger.ledger import Ledger
    from zendesk_gupshup.model.base import Language
    from zendesk_gupshup.pipeline import Brain
    from zendesk_gupshup.report.gather import ReportTally
    from zendesk_gupshup.report.live import KnownOrganization
    from zendesk_gupshup.report.model import IncidentLine, Names, Report
    from zendesk_gupshup.settings import Settings
    from zendesk_gupshup.zendesk.client import Zendesk

_DAYS = 30
_DAY = click.DateTime(("%Y-%m-%d",))


@click.command()
@click.option("--since", type=_DAY, help="First day (default: 30 days ago).")
@click.option("--until", type=_DAY, help="Last day, inclusive (default: today).")
@click.option("--run", "run", help="Report on one run instead; `zendesk-gupshup runs` lists them.")
@click.option(
    "--by",
    type=click.Choice(("hour", "day", "week")),
    help="Interval of the errors over time (default: by the length of the period).",
)
@click.option(
    "--timezone",
    "zone_name",
    default="UTC",
    show_default=True,
    help="Time zone of days and hours, such as America/Guayaquil.",
)
@click.option("--lang", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Language of the report.")
@click.option(
    "--names", is_flag=True, help="Show names of organizations and apps; read from Zendesk and cached for a day."
)
@click.option(
    "--live", is_flag=True, help="Also read tickets: who wrote next after our replies, and whether agents agreed."
)
@click.option(
    "--reads", type=click.IntRange(min=1), default=200, show_default=True, help="Maximum number of requests of --live."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print one long CSV table.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a page with charts to this file.")
@click.pass_context
def report(
    ctx: click.Context,
    since: datetime | None,
    until: datetime | None,
    run: str | None,
    by: Any,
    zone_name: str,
    lang: Language,
    names: bool,
    live: bool,
    reads: int,
    as_json: bool,
    as_csv: bool,
    html: Path | None,
) -> None:
    """Report which errors occurred, where, who can fix them, what was done, and what is unusual.

    The data comes from the ledger. --names and --live also read from Zendesk; without them the report leaves that part
    out and says so.
    """
    if as_json + as_csv + (html is not None) > 1:
        raise click.UsageError("give one of --json, --csv and --html")
    if run and (since or until):
        raise click.UsageError("--run reports on a whole run: leave out --since and --until")
    zone = _zone(zone_name)
    now = int(time.time())
    start, end = _period(since, until, zone, now) if not run else (None, None)
    settings = settings_of(ctx)
    ledger = ledger_of(settings)
    if run and ledger.run(run) is None:
        raise Fail(f"{run}: no such run; `zendesk-gupshup runs` lists them")
    brain = brain_of(settings)
    tally = _tally(ledger, start, end, run)
    zendesk = zendesk_of(settings) if names or live else None
    found: dict[int, KnownOrganization] = {}
    if zendesk is not None:
        with exit_on_error(settings):
            found = _organizations(zendesk, tally, settings, now)
    made = tally.report(
        brain.dictionary,
        account=settings.zendesk.origin,
        language=lang,
        generated=now,
        known_from=_known_from(ledger, settings, run, now),
        zone=zone,
        by=by,
        counted=ledger.counted(run),
        names=_names(found, brain) if names else None,
    )
    made = made.model_copy(update={"incidents": _incidents(ledger, made)})
    if live and zendesk is not None:
        with exit_on_error(settings):
            made = made.model_copy(update=_live(zendesk, ledger, tally, brain, found, reads))
    _write(made, as_json=as_json, as_csv=as_csv, html=html)


def _zone(name: str) -> ZoneInfo:
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise click.BadParameter(f"{name}: no such time zone; write one like America/Sao_Paulo") from None


def _period(since: datetime | None, until: datetime | None, zone: ZoneInfo, now: int) -> tuple[int, int]:
    """From the start of the first day to the end of the last day, or to now."""
    end = min(int((until + timedelta(days=1)).replace(tzinfo=zone).timestamp()), now + 1) if until else now + 1
    first = since or datetime.fromtimestamp(end, zone).replace(tzinfo=None) - timedelta(days=_DAYS)
    start = int(datetime(first.year, first.month, first.day, tzinfo=zone).timestamp())
    if start >= end:
        raise click.UsageError("--since must be before --until, and not in the future")
    return start, end


def _tally(ledger: Ledger, start: int | None, end: int | None, run: str | None) -> ReportTally:
    from zendesk_gupshup.report.gather import ReportTally
    from zendesk_gupshup.report.spikes import WEEKS

    tally = ReportTally(start, end, run=run)
    # The weeks before are the baseline for what is unusual.
    for entry in ledger.entries(run, since=start - WEEKS * 7 * 86_400 if start is not None else None):
        tally.add(entry)
    return tally


def _known_from(ledger: Ledger, settings: Settings, run: str | None, now: int) -> int | None:
    """When the worker started, as far back as the ledger still reaches; `None` for a run over old tickets."""
    from zendesk_gupshup.ledger.runs import LIVE

    live = ledger.run(LIVE) if run in (None, LIVE) else None
    return max(live.started, now - settings.ledger.retention_days * 86_400) if live else None


def _organizations(zendesk: Zendesk, tally: ReportTally, settings: Settings, now: int) -> dict[int, KnownOrganization]:
    from zendesk_gupshup.report.live import cached_organizations, organizations

    return cached_organizations(
        lambda ids: organizations(zendesk, ids), tally.organization_ids, settings.worker.state, now
    )


def _names(found: dict[int, KnownOrganization], brain: Brain) -> Names:
    """Names from the organizations' fields; where these are empty, from the CSV directory."""
    from zendesk_gupshup.report.live import names_of

    names = names_of(found)
    listed = {
        key.lower(): row.app_name
        for row in brain.policy.directory
        for key in (row.app_id, row.account_id)
        if key and row.app_name
    }
    return names.model_copy(update={"apps": listed | names.apps})


def _incidents(ledger: Ledger, made: Report) -> tuple[IncidentLine, ...]:
    """None for a run over old tickets: it begins no incident."""
    from zendesk_gupshup.report.incidents import incidents_of
    from zendesk_gupshup.storage.incidents import IncidentStore

    if made.scope.run not in (None, "live"):
        return ()
    return incidents_of(IncidentStore(ledger.engine, ledger.account), made.scope.since, made.scope.until)


def _live(
    zendesk: Zendesk, ledger: Ledger, tally: ReportTally, brain: Brain, found: dict[int, KnownOrganization], reads: int
) -> dict[str, Any]:
    from zendesk_gupshup.report.agreement import cases
    from zendesk_gupshup.report.live import Reader

    reader = Reader(zendesk, reads)
    owners = {one: organization.owner_email for one, organization in found.items() if organization.owner_email}
    held = [
        case
        # A request reads up to a hundred tickets.
        for ticket_id in tally.held_back[: reads * 100]
        for case in cases(tuple(ledger.entries(ticket_id=ticket_id)), brain.dictionary, ledger.verdicts(ticket_id))
    ]
    next_word = reader.next_word(tally.replied, owners)
    agreement, not_read = reader.agreement(held, brain.dictionary)
    return {"next_word": next_word, "agreement": agreement, "agreement_not_read": not_read}


def _write(made: Report, *, as_json: bool, as_csv: bool, html: Path | None) -> None:
    from zendesk_gupshup.report import text
    from zendesk_gupshup.report.words import ReportWords

    words = ReportWords(made.language, made.scope.zone)
    if as_json:
        click.echo(made.model_dump_json(indent=2))
    elif as_csv:
        text.write_csv(made, sys.stdout)
    elif html is not None:
        from zendesk_gupshup.report.page import page

        try:
            _replace(html, page(made, words))
        except OSError as error:
            raise Fail(f"{html}: cannot be written: {error.strerror}") from None
        click.echo(f"Written: {html}", err=True)
    elif sys.stdout.isatty():
        text.print_to(console(), made, words)
    else:
        for line in text.plain(made, words):
            click.echo(line)


def _replace(file: Path, content: str) -> None:
    """Atomic: whoever opens the page never sees half of it."""
    new = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        new.write_text(content, encoding="utf-8")
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)
