"""A report in words and tables, the same for a terminal and a page. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from zendesk_gupshup.report.incidents import INCIDENT_HEAD, incident_rows
from zendesk_gupshup.report.model import STEPS, PlaceCount, Report, Share, Spread
from zendesk_gupshup.report.spikes import WINDOW, Spike
from zendesk_gupshup.report.words import ReportWords

_PLACES = 10
_CODES_OF_A_PLACE = 3
_NUMBERS = 12


@dataclass(frozen=True)
class TableRow:
    """`part` of the largest row, for a bar; `hint` belongs to the first cell, and is shown in a lighter tone."""

    cells: tuple[str, ...]
    part: float | None = None
    hint: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """The cells with the hint in the first one's words."""
        return (f"{self.cells[0]} ({self.hint})", *self.cells[1:]) if self.hint else self.cells


@dataclass(frozen=True)
class Table:
    """`note` stands above the rows; without rows it says why there are none. `numbers` counts columns at the right."""

    key: str
    title: str
    head: tuple[str, ...] = ()
    rows: tuple[TableRow, ...] = ()
    note: str = ""
    below: str = ""
    numbers: int = 1


@dataclass(frozen=True)
class Tile:
    key: str
    label: str
    value: str
    hint: str


@dataclass(frozen=True)
class Alert:
    kind: str
    title: str
    text: str
    proof: str


def heading(report: Report, words: ReportWords) -> tuple[str, str, str]:
    """What this is, of when, and made when."""
    scope = report.scope
    period = {"since": words.day(scope.since), "until": words.day(scope.until - 1)}
    of = words("of_run", run=scope.run, **period) if scope.run else words("period", **period)
    return words("title"), of, words("made", generated=words.moment(scope.generated), zone=scope.zone)


def tiles(report: Report, words: ReportWords) -> tuple[Tile, ...]:
    totals, speed = report.totals, report.to_reply
    hint = words("tile_speed_hint", ninetieth=words.duration(speed.ninetieth)) if speed else words("tile_speed_none")
    return (
        Tile("errors", words("tile_errors"), words.number(totals.errors),
             words("tile_errors_hint", codes=len(report.codes), organizations=len(report.organizations))),
        Tile("replies", words("tile_replies"), words.number(totals.replies),
             words("tile_replies_hint", notes=words.number(totals.notes))),
        Tile("speed", words("tile_speed"), words.duration(speed.median) if speed else "–", hint),
        Tile("failed", words("tile_failed"), words.number(totals.failed),
             words("tile_failed_hint", tickets=totals.failed)),
    )  # fmt: skip


def alerts(report: Report, words: ReportWords) -> tuple[Alert, ...]:
    return tuple(_alert(spike, report, words) for spike in report.spikes)


def tables(report: Report, words: ReportWords) -> tuple[Table, ...]:
    """Everything but the figures at the top and what stands out, in the order of reading."""
    return (
        _over(report, words),
        _codes(report, words),
        _shares("who", report.who, words, "who", note=words("who_note")),
        _places("by_organization", "organization", report.organizations, report, words),
        _places("by_app", "app", report.apps, report, words),
        _shares("languages", report.languages, words, "lang", head="language"),
        _shares("done", report.done, words, "done", note=words("done_note")),
        _shares("modes", report.modes, words, "mode", head="mode"),
        _shares("guards", report.guards, words, "guard", head="guard"),
        _durations("to_reply", report.to_reply, words),
        _next_word(report, words),
        _agreement(report, words),
        _incidents(report, words),
        _unknown(report, words),
        _failures(report, words),
        _requests(report, words),
    )


def code_name(report: Report) -> Callable[[str], str]:
    """`gupshup_http 401 Unauthorized`: the code with its title."""
    titles = {row.code: row.title for row in report.codes}
    return lambda code: f"{code} {titles.get(code, '')}".strip()


def _alert(spike: Spike, report: Report, words: ReportWords) -> Alert:
    named = code_name(report)
    apps = {place.id: place.name for place in (*report.organizations, *report.apps)}
    values = {
        "code": named(spike.codes[0]),
        "codes": ", ".join(spike.codes),
        "account": (apps.get(spike.account) or spike.account) if spike.account else "",
        "first": words.moment(spike.first),
        "last": words.moment(spike.last, after=spike.first),
        "tickets": words.number(spike.tickets),
        "organizations": words.number(spike.organizations),
        "peak": words.number(spike.peak),
        "hours": WINDOW // 3600,
        "usual": words.number(spike.usual, 1),
        "weeks": spike.weeks,
        "odds": words.number(_round(1 / max(spike.chance, 1e-6))),
    }
    proof = words("spike_usual" if spike.weeks else "spike_usual_new", **values)
    title, text = (words(f"spike_{spike.kind}{more}", **values) for more in ("", "_text"))
    return Alert(spike.kind, title, text, proof)


def _round(odds: float) -> int:
    """To its first digit: such a chance is no more exact than that."""
    size = int("1" + "0" * (len(str(int(odds))) - 1))
    return round(odds / size) * size


def _over(report: Report, words: ReportWords) -> Table:
    times, series = report.over.times, report.over.series
    rows = []
    totals = [sum(one.counts[n] for one in series) for n in range(len(times))]
    for n, time in enumerate(times):
        counted = sorted(
            ((one.counts[n], one.code) for one in series if one.counts[n]), key=lambda one: (-one[0], one[1])
        )
        if counted:
            codes = ", ".join(f"{code} ({words.number(count)})" for count, code in counted)
            cells = (words.beginning(time), codes, words.number(totals[n]))
            rows.append(TableRow(cells, totals[n] / max(totals)))
    head = (words("time"), words("code"), words("tickets"))
    return _table("over", words, head, rows, note=words(f"over_{report.scope.by}"))


def _codes(report: Report, words: ReportWords) -> Table:
    most = max((row.tickets for row in report.codes), default=1)
    rows = [
        TableRow(
            (
                row.code,
                row.title,
                ", ".join(words.of("who", who) for who in row.who[:1]),
                *map(words.number, (row.tickets, row.certain, row.organizations)),
            ),
            row.tickets / most,
        )
        for row in report.codes
    ]
    totals = report.totals
    note = words("codes_note", possible=words.number(totals.possible), without=words.number(totals.without_code))
    head = ("code", "means", "who", "tickets", "certain", "organizations")
    return _table("codes", words, tuple(map(words, head)), rows, note=note, numbers=3)


def _places(key: str, head: str, places: Sequence[PlaceCount], report: Report, words: ReportWords) -> Table:
    rows = []
    for place in places[:_PLACES]:
        codes = [f"{share.name} ({words.number(share.tickets)})" for share in place.codes[:_CODES_OF_A_PLACE]]
        if left := len(place.codes) - len(codes):
            codes.append(words("more", count=left))
        cells = (place.name or place.id, ", ".join(codes), words.number(place.tickets))
        rows.append(TableRow(cells, place.tickets / places[0].tickets, place.id if place.name else ""))
    below = words("more", count=words.number(len(places) - _PLACES)) if len(places) > _PLACES else ""
    note = "" if report.named or not places else words("unnamed_note")
    return _table(key, words, (words(head), words("code"), words("tickets")), rows, note=note, below=below)


def _shares(
    key: str, shares: Sequence[Share], words: ReportWords, kind: str, *, head: str | None = None, note: str = ""
) -> Table:
    most = max((share.tickets for share in shares), default=1)
    rows = [TableRow((words.of(kind, s.name), words.number(s.tickets)), s.tickets / most) for s in shares]
    return _table(key, words, (words(head or key), words("tickets")), rows, note=note)


def _durations(key: str, spread: Spread | None, words: ReportWords) -> Table:
    rows, note = (_steps(spread, words), _spread(spread, words)) if spread else ([], "")
    return _table(key, words, (words("within"), words("tickets")), rows, note=note)


def _spread(spread: Spread, words: ReportWords) -> str:
    lengths = {name: words.duration(getattr(spread, name)) for name in ("median", "ninetieth", "longest")}
    return words("spread", count=words.number(spread.count), **lengths)


def _steps(spread: Spread, words: ReportWords) -> list[TableRow]:
    labels = [*(f"< {words.duration(step)}" for step in STEPS), words("longer")]
    most = max(spread.steps)
    # Up to the longest there was.
    last = max(n for n, count in enumerate(spread.steps) if count)
    rows = zip(labels, spread.steps, strict=True)
    return [TableRow((label, words.number(n)), n / most) for label, n in rows][: last + 1]


def _next_word(report: Report, words: ReportWords) -> Table:
    found = report.next_word
    if found is None:
        return Table("next_word", words("next_word"), note=words("left_out"))
    numbers = {name: words.number(getattr(found, name)) for name in ("replies", "silent", "gone", "not_read")}
    note = words("next_word_note", heard=words.number(sum(share.tickets for share in found.by)), **numbers)
    if found.after:
        note += " " + _spread(found.after, words)
    table = _shares("next_word", found.by, words, "next", head="next_who", note=note)
    return Table(**{**vars(table), "note": note})


def _agreement(report: Report, words: ReportWords) -> Table:
    if report.agreement is None:
        return Table("agreement", words("agreement"), note=words("left_out"))
    rows = [
        TableRow((row.code, *map(words.number, (row.agreed, row.differed, row.open))),
            row.agreed / (row.agreed + row.differed) if row.agreed + row.differed else None)
        for row in report.agreement
    ]  # fmt: skip
    note = words("agreement_note", not_read=words.number(report.agreement_not_read))
    head = tuple(map(words, ("code", "agreed", "differed", "open")))
    return _table("agreement", words, head, rows, note=note, numbers=3)


def _incidents(report: Report, words: ReportWords) -> Table:
    rows = [TableRow(texts, part) for texts, part in incident_rows(report.incidents, words)]
    return _table("incidents", words, tuple(map(words, INCIDENT_HEAD)), rows, numbers=2)


def _unknown(report: Report, words: ReportWords) -> Table:
    most = max((len(row.tickets) for row in report.unknown), default=1)
    rows = [
        TableRow((row.code, _numbers(row.tickets, words), words.number(len(row.tickets))), len(row.tickets) / most)
        for row in report.unknown
    ]
    return _table("unknown", words, tuple(map(words, ("code", "numbers", "tickets"))), rows)


def _failures(report: Report, words: ReportWords) -> Table:
    rows = [
        TableRow(
            (words.of("state", row.state), row.reason, _numbers(row.tickets, words), words.number(len(row.tickets)))
        )
        for row in report.failures
    ]
    note = words("failures_note", recovered=words.number(report.recovered)) if report.recovered else ""
    return _table("failures", words, tuple(map(words, ("state", "reason", "numbers", "tickets"))), rows, note=note)


def _requests(report: Report, words: ReportWords) -> Table:
    spent = report.requests
    skipped = words("requests_skipped", tickets=words.number(spent.skipped))
    figures = (
        (words("requests_spent"), spent.spent),
        (words("requests_looks"), spent.looks),
        (skipped, spent.saved_by_skipping),
        (words("requests_bulk"), spent.saved_by_bulk),
    )
    rows = [TableRow((label, words.number(figure))) for label, figure in figures]
    return _table("requests", words, (words("kind"), words("count")), rows, note=words("requests_note"))


def _table(
    key: str, words: ReportWords, head: tuple[str, ...], rows: Sequence[TableRow], *, note: str = "", below: str = "",
    numbers: int = 1,
) -> Table:  # fmt: skip
    return Table(key, words(key), head, tuple(rows), note if rows else words("nothing"), below, numbers)


def _numbers(tickets: Sequence[int], words: ReportWords) -> str:
    shown = list(map(str, tickets[:_NUMBERS]))
    if left := len(tickets) - len(shown):
        shown.append(words("more", count=words.number(left)))
    return ", ".join(shown)


def lines(report: Report, words: ReportWords) -> Iterator[str]:
    """The figures at the top and what stands out, a line each."""
    yield from heading(report, words)
    yield from (f"{tile.label}: {tile.value} ({tile.hint})" for tile in tiles(report, words))
