"""What Enterprise accounts get: the gateway's answers, and delivery reports as objects, as a query and as rows.

Source: https://docs.gupshup.io/docs/real-time-delivery-reports; 000, 025 and 026 are successes, by the dictionary.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from zendesk_gupshup.detect.columns import as_code
from zendesk_gupshup.detect.patterns import pattern, regex
from zendesk_gupshup.detect.scene import Scene
from zendesk_gupshup.detect.structure import Object
from zendesk_gupshup.dictionary.model import CodeEntry
from zendesk_gupshup.model.detection_reasons import Rule
from zendesk_gupshup.model.reason import Reason
from zendesk_gupshup.text.normalise import fold

_GATEWAY_TEXT = pattern("reports.gateway_text")
_PAIR = regex(r"([a-z_]{2,20})=([^&|;,\s]{0,200})")
_CSV_HEADER = pattern("reports.csv_header")
FAILED = frozenset({"failed", "fail", "failure", "undelivered", "error"})


@dataclass(frozen=True)
class Claim:
    """What one object says. Without an entry it is a symptom, or `number` is a code that the dictionary lacks."""

    scene: Scene
    start: int
    end: int
    rule: Reason
    entry: CodeEntry | None = None
    number: str = ""
    variant: str | None = None
    # The object itself says whose it is (Gupshup's event, Meta's envelope); an API body alone does not.
    signed: bool = True


def delivery_report(scene: Scene, thing: Object) -> Iterator[Claim]:
    code = thing.text("errorcode", "errcode").lower()
    cause, event = thing.text("cause"), thing.text("eventtype")
    yield from _report_row(scene, code, cause, event, thing.start, thing.end)


def _report_row(scene: Scene, code: str, cause: str, event: str, start: int, end: int) -> Iterator[Claim]:
    code = as_code(code) or code
    entry = scene.index.get("gupshup_enterprise", code.zfill(3)) if code else None
    if entry is None:
        entry = _by_title(scene, cause)
    if entry is not None:
        if not entry.success:
            yield Claim(scene, start, end, Rule.DELIVERY_REPORT(), entry)
    elif event.lower() in FAILED and code:
        yield Claim(scene, start, end, Rule.DELIVERY_REPORT(), number=code)


def _by_title(scene: Scene, title: str) -> CodeEntry | None:
    return next(
        (e for e in scene.index.by_title.get(fold(title), ()) if e.error.namespace == "gupshup_enterprise"), None
    )


def gateway_answer(scene: Scene, code: str, start: int, end: int, rule: Reason) -> Iterator[Claim]:
    entry = scene.index.get("gupshup_enterprise", code)
    if entry is None:
        yield Claim(scene, start, end, rule, number=code)
    elif not entry.success:
        yield Claim(scene, start, end, rule, entry)


def gateway_text(scene: Scene, done: list[tuple[int, int]]) -> Iterator[Claim]:
    for line in _GATEWAY_TEXT.finditer(scene.low):
        done.append(line.span())
        if line[1] == "error":
            entry = scene.index.get("gupshup_enterprise", line[2])
            if entry is not None:
                yield from gateway_answer(scene, line[2], *line.span(), Rule.GATEWAY_ANSWER())


def query(scene: Scene, done: list[tuple[int, int]]) -> Iterator[Claim]:
    """`externalId=...&status=FAIL&cause=DND_FAIL`, as a query or as pairs of a log line."""
    place = scene.low.find("cause=")
    while place != -1:
        start, end = scene.line(place)
        fields = {pair[1]: pair[2].strip("\"'") for pair in _PAIR.finditer(scene.low, start, min(end, start + 2000))}
        if fields.keys() & {"externalid", "deliveredts", "phoneno", "errorcode", "errcode", "eventtype"}:
            done.append((start, end))
            code = fields.get("errcode", fields.get("errorcode", ""))
            state = fields.get("status", fields.get("eventtype", ""))
            yield from _report_row(scene, code, fields.get("cause", ""), state, start, end)
        place = scene.low.find("cause=", end)


def table(scene: Scene, done: list[tuple[int, int]]) -> Iterator[Claim]:
    """A delivery report as rows under a header that names `errorCode`."""
    place = 0
    for header in _CSV_HEADER.finditer(scene.low):
        line = header[0]
        if header.start() < place:
            continue
        mark = next((m for m in ("\t", ";", "|", ",") if line.count(m) >= 2), "")
        if not mark or "{" in line:
            continue
        names = [name.strip(" \"'`*") for name in line.split(mark)]
        column = next((i for i, name in enumerate(names) if name in ("errorcode", "errcode", "error_code")), None)
        # Other tables have a column of error codes too: what is in it is read as text.
        if column is None or not {"cause", "eventtype", "externalid"}.intersection(names):
            continue
        place = header.end() + 1
        for row in scene.low[place : place + 100_000].split("\n"):
            cells = [cell.strip(" \"'`*") for cell in row.split(mark)]
            if len(cells) != len(names):
                if set(row.strip()) - set("|-: "):
                    break
                place += len(row) + 1
                continue
            given = dict(zip(names, cells, strict=True))
            done.append((place, place + len(row)))
            yield from _report_row(
                scene,
                cells[column],
                given.get("cause", ""),
                given.get("eventtype", given.get("status", "")),
                place,
                place + len(row),
            )
            place += len(row) + 1
