"""A report for a terminal, for a pipe (a line a row, tabs between) and as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from zendesk_gupshup.report.model import Report
from zendesk_gupshup.report.view import Table, alerts, lines, tables
from zendesk_gupshup.report.words import ReportWords

if TYPE_CHECKING:
    from rich.console import Console

_BAR = 12


def print_to(console: Console, report: Report, words: ReportWords) -> None:
    from rich.text import Text

    title, *rest = lines(report, words)
    console.print(Text(title, style="bold"))
    console.print(Text("\n".join(rest)))
    console.print()
    console.print(Text(words("stands_out"), style="bold"))
    found = alerts(report, words)
    if not found:
        console.print(Text(words("nothing_stands_out")))
    for alert in found:
        console.print(Text(alert.title, style="bold yellow"))
        console.print(Text(f"{alert.text} {alert.proof}"))
    for table in tables(report, words):
        console.print()
        _print(console, table)


def plain(report: Report, words: ReportWords) -> Iterator[str]:
    """Lines for a program that cuts them: a part begins with `# ` and its title, its columns are parted by tabs."""
    yield from lines(report, words)
    yield ""
    yield f"# {words('stands_out')}"
    found = alerts(report, words)
    yield from (f"{alert.title}: {alert.text} {alert.proof}" for alert in found)
    if not found:
        yield words("nothing_stands_out")
    for table in tables(report, words):
        yield ""
        yield f"# {table.title}"
        if table.note:
            yield table.note
        if table.rows:
            yield "\t".join(table.head)
        yield from ("\t".join(" ".join(cell.split()) for cell in row.texts) for row in table.rows)
        if table.below:
            yield table.below


def write_csv(report: Report, out: TextIO) -> None:
    """One long table, the same in every language: what is counted, of what, when, and the figure."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("part", "name", "title", "code", "time", "measure", "value"))
    for row in _figures(report):
        writer.writerow([_harmless(cell) for cell in row])


def _figures(report: Report) -> Iterator[tuple[object, ...]]:
    for name, value in (*report.totals, *report.requests):
        part = "totals" if name in type(report.totals).model_fields else "requests"
        yield (part, name, "", "", "", "count", value)
    for series in report.over.series:
        for time, count in zip(report.over.times, series.counts, strict=True):
            yield ("over", report.scope.by, "", series.code, time, "tickets", count)
    for code in report.codes:
        for measure in ("tickets", "certain", "organizations"):
            yield ("code", code.code, code.title, code.code, "", measure, getattr(code, measure))
    for part, shares in (
        ("who", report.who), ("language", report.languages), ("done", report.done), ("mode", report.modes),
        ("guard", report.guards),
    ):  # fmt: skip
        yield from ((part, share.name, "", "", "", "tickets", share.tickets) for share in shares)
    for part, places in (("organization", report.organizations), ("app", report.apps)):
        for place in places:
            yield (part, place.id, place.name or "", "", "", "tickets", place.tickets)
            yield from ((part, place.id, place.name or "", s.name, "", "tickets", s.tickets) for s in place.codes)
    yield from _durations(report)
    for row in report.agreement or ():
        for measure in ("agreed", "differed", "open"):
            yield ("agreement", row.code, "", row.code, "", measure, getattr(row, measure))
    for one in report.incidents:
        for measure in ("organizations", "tickets"):
            yield ("incident", one.ended_by or "", "", one.code, one.begun, measure, getattr(one, measure))
    yield from (("unknown", one.code, "", one.code, "", "tickets", len(one.tickets)) for one in report.unknown)
    yield from (("failure", one.state, one.reason, "", "", "tickets", len(one.tickets)) for one in report.failures)
    for spike in report.spikes:
        for spiked in spike.codes:
            yield ("spike", spike.kind, spike.account or "", spiked, spike.first, "tickets", spike.tickets)


def _durations(report: Report) -> Iterator[tuple[object, ...]]:
    found = report.next_word
    for part, spread in (("to_reply", report.to_reply), ("next_word", found.after if found else None)):
        if spread:
            for measure in ("count", "median", "ninetieth", "longest"):
                yield (part, "", "", "", "", measure if measure == "count" else f"{measure}_seconds",
                       getattr(spread, measure))  # fmt: skip
    if found:
        yield from (("next_word", share.name, "", "", "", "tickets", share.tickets) for share in found.by)
        yield from (("next_word", name, "", "", "", "tickets", getattr(found, name))
                    for name in ("silent", "gone", "not_read"))  # fmt: skip


def _harmless(cell: object) -> object:
    """A name that a spreadsheet would take for a formula is made text."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _print(console: Console, table: Table) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as Drawn
    from rich.text import Text

    console.print(Text(table.title, style="bold"))
    if table.note:
        console.print(Text(table.note, style="dim"))
    if not table.rows:
        return
    drawn = Drawn(box=SIMPLE_HEAD, pad_edge=False)
    texts = len(table.head) - table.numbers
    for number, name in enumerate(table.head):
        drawn.add_column(name, justify="left" if number < texts else "right", no_wrap=number >= texts)
    with_bars = any(row.part is not None for row in table.rows)
    if with_bars:
        drawn.add_column("")
    for row in table.rows:
        bar = [Text("█" * max(round(row.part * _BAR), 1) if row.part else "", style="cyan")] if with_bars else []
        drawn.add_row(*(Text(cell) for cell in row.texts), *bar)
    console.print(drawn)
    if table.below:
        console.print(Text(table.below, style="dim"))
