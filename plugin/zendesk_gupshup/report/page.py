"""A report as one HTML page that needs nothing else: no script, no font, no picture, no address."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from zendesk_gupshup.report import charts
from zendesk_gupshup.report.model import Report
from zendesk_gupshup.report.view import alerts, heading, tables, tiles
from zendesk_gupshup.report.words import ReportWords

# The chart is drawn twice, because its letters would shrink with it: for a desk, and for a phone.
_WIDTHS = {"wide": 860, "narrow": 330}


def page(report: Report, words: ReportWords) -> str:
    sheet = resources.files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    stacked = charts.stacks([(series.code, series.counts) for series in report.over.series], words("others"))
    colours = {one.name: one.colour for one in stacked}
    return page_template("zendesk_gupshup.report", "page.html").render(
        words=words,
        report=report,
        heading=heading(report, words),
        tiles=tiles(report, words),
        alerts=alerts(report, words),
        tables={table.key: table for table in tables(report, words)},
        charts=report_charts(report, words, stacked),
        once=_once(report, words),
        stacked=stacked,
        colour=lambda code: colours.get(code, "c0"),
        bar=charts.bar,
        strip=charts.strip,
        sheet=Markup(sheet),  # noqa: S704 - our own file
        # Only this very sheet applies: an attribute or a second sheet that got in would do nothing.
        policy=f"default-src 'none'; style-src 'sha256-{digest(sheet)}'; base-uri 'none'; form-action 'none'",
    )


def page_template(package: str, name: str) -> Template:
    """A page's template in the folder of this package: it escapes all values, and a missing one is an error."""
    return Environment(
        loader=PackageLoader(package, "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template(name)


def digest(text: str) -> str:
    """What a Content-Security-Policy names an inline sheet or script by."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def report_charts(report: Report, words: ReportWords, stacked: tuple[charts.Stack, ...]) -> dict[str, Markup]:
    """The errors over time, for a desk and for a phone; none where there is but one column: the table says the same."""
    times = report.over.times
    if not stacked or _once(report, words):
        return {}
    labels = [words.beginning(time, short=True) for time in times]
    titles = [
        "\n".join(
            [words.beginning(time), *(f"{one.name}: {words.number(one.counts[n])}" for one in stacked if one.counts[n])]
        )
        for n, time in enumerate(times)
    ]
    name = words(f"over_{report.scope.by}")
    return {size: charts.columns(stacked, labels, titles, name, width) for size, width in _WIDTHS.items()}


def _once(report: Report, words: ReportWords) -> str:
    """The one hour, day or week in which all of it came, as a sentence."""
    times, series = report.over.times, report.over.series
    filled = [n for n in range(len(times)) if any(one.counts[n] for one in series)]
    if len(filled) != 1:
        return ""
    by = words(f"by_{report.scope.by}")
    return words("over_once", tickets=words.number(report.totals.errors), by=by, time=words.beginning(times[filled[0]]))
