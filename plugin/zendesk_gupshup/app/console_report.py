"""The console's report: the figures, tables and charts of `report`, for the last days."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Literal
from zoneinfo import ZoneInfo

from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.ledger.runs import LIVE
from zendesk_gupshup.model.base import CompleteLanguage
from zendesk_gupshup.report import charts
from zendesk_gupshup.report.gather import ReportTally
from zendesk_gupshup.report.model import Report
from zendesk_gupshup.report.page import report_charts
from zendesk_gupshup.report.spikes import WEEKS
from zendesk_gupshup.report.view import alerts, heading, tables, tiles
from zendesk_gupshup.report.words import ReportWords

from .console_words import plain_reason

ReportDays = Literal[7, 30, 90]

_DAY = 86_400
# Left out where they have no numbers: they need Zendesk, and the console asks it nothing.
_LIVE_TABLES = ("next_word", "agreement")


def report_of_days(
    ledger: Ledger,
    dictionary: Dictionary,
    days: int,
    language: CompleteLanguage,
    *,
    retention_days: int,
    now: Callable[[], float] = time.time,
) -> Report:
    """What the ledger tells of the last `days`, by UTC. Raises `SQLAlchemyError`."""
    at = int(now())
    start = (at // _DAY - days + 1) * _DAY
    tally = ReportTally(start, at + 1)
    # The weeks before are the baseline for what is unusual.
    for entry in ledger.entries(since=start - WEEKS * 7 * _DAY):
        tally.add(entry.model_copy(update={"reason": plain_reason(entry.reason)}) if entry.reason else entry)
    live = ledger.run(LIVE)
    return tally.report(
        dictionary,
        account=ledger.account,
        language=language,
        generated=at,
        known_from=max(live.started, at - retention_days * _DAY) if live else None,
        zone=ZoneInfo("UTC"),
        counted=ledger.counted(),
    )


def report_document(report: Report, language: CompleteLanguage) -> dict[str, Any]:
    """The report in words and SVG, as the page shows it."""
    words = ReportWords(language, report.scope.zone)
    title, period, made = heading(report, words)
    shown = [table for table in tables(report, words) if table.key not in _LIVE_TABLES]
    stacked = charts.stacks([(series.code, series.counts) for series in report.over.series], words("others"))
    return {
        "title": title,
        "period": period,
        "made": made,
        "tiles": [asdict(tile) for tile in tiles(report, words)],
        "alerts": [asdict(alert) for alert in alerts(report, words)],
        "legend": [{"name": one.name, "colour": one.colour} for one in stacked],
        "charts": {size: str(chart) for size, chart in report_charts(report, words, stacked).items()},
        "tables": [asdict(table) for table in shown],
    }
