"""All verdicts on a ticket's texts, gathered into findings in the order in which the ticket reports them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from zendesk_gupshup.detect.scene import Scene
from zendesk_gupshup.detect.verdict import Verdict
from zendesk_gupshup.model.finding import Confidence, Dismissal, ErrorCode, Evidence, Finding, Witness
from zendesk_gupshup.model.reason import Reason

_MAX_EVIDENCE = 4
_MAX_DISMISSED = 30
_QUOTE = 200


def findings(
    found: Iterable[Verdict],
    witnesses: Mapping[ErrorCode, tuple[Witness, ...]],
    withheld: Callable[[], tuple[Reason, ...]],
) -> tuple[Finding, ...]:
    """One finding a code, the surest verdict first among its evidence, in the order of first report."""
    by_code: dict[ErrorCode, list[Verdict]] = {}
    for verdict in found:
        if verdict.entry is not None and verdict.confidence is not None and not verdict.symptom:
            by_code.setdefault(verdict.entry.error, []).append(verdict)
    return tuple(_finding(error, group, witnesses.get(error, ()), withheld) for error, group in by_code.items())


def _finding(
    error: ErrorCode,
    group: list[Verdict],
    witnesses: tuple[Witness, ...],
    withheld: Callable[[], tuple[Reason, ...]],
) -> Finding:
    ranked = sorted(group, key=lambda v: (-(v.confidence or Confidence.POSSIBLE).rank, v.scene.text.second_hand))
    best = ranked[0]
    shown = [v for v in ranked if v.confidence == best.confidence] or ranked
    return Finding(
        error=error,
        confidence=best.confidence or Confidence.POSSIBLE,
        variant=next((v.variant for v in ranked if v.variant), None),
        evidence=tuple(evidence(v) for v in _first_and_last(shown)),
        against=tuple(dict.fromkeys(best.against)),
        witnesses=witnesses,
        withheld=withheld() if best.confidence is Confidence.CERTAIN else (),
    )


def _first_and_last(verdicts: list[Verdict]) -> list[Verdict]:
    """The first few, and always the newest: it says when the ticket last reported the code."""
    if len(verdicts) <= _MAX_EVIDENCE:
        return verdicts
    return [*verdicts[: _MAX_EVIDENCE - 1], verdicts[-1]]


def evidence(verdict: Verdict) -> Evidence:
    """The words in their sentence or line; `quote` is exactly the text at `place`, but masked."""
    scene = verdict.scene
    start, end = quote_span(scene, verdict.start, verdict.end)
    quote, place = scene.masked_quote(start, end), scene.text.place(start, end)
    return Evidence(quote=quote, place=place, rule=verdict.rule)


def quote_span(scene: Scene, start: int, end: int) -> tuple[int, int]:
    end = min(end, start + _QUOTE)
    line = scene.line(start)
    first, last = max(line[0], scene.sentence(start)[0]), max(end, min(line[1], scene.sentence(start)[1]))
    room = max(0, _QUOTE - (end - start))
    first = max(first, start - room // 2)
    last = min(last, first + _QUOTE)
    last = max(last, end)
    text = scene.text.text
    last = _before_half_a_secret(scene, end, last)
    while first < start and text[first].isspace():
        first += 1
    while last > end and text[last - 1].isspace():
        last -= 1
    # As written it may be longer: then the words themselves must do.
    while len(scene.text.quote(first, last)) > _QUOTE and last > start + 1:
        first, last = start, (end if last > end else start + (last - start) // 2)
    return first, last


def _before_half_a_secret(scene: Scene, end: int, last: int) -> int:
    """A quote ends before a secret that does not fit into it, where the words themselves leave room for that."""
    written = scene.text.span(end, last)[1]
    cut = next((span for span in scene.masked if span.start < written < span.end), None)
    while cut is not None and last > end and scene.text.span(end, last)[1] > cut.start:
        last -= 1
    return last


def _notable(verdict: Verdict) -> bool:
    """Somebody might take it for a report: not each of the hundred small numbers of a mail."""
    return (
        verdict.by_mode
        or not verdict.number
        or (
            verdict.entry is not None
            and (verdict.entry.context == "any" or verdict.entry.error.namespace == "gupshup_http")
        )
    )


def dismissals(found: Iterable[Verdict]) -> tuple[Dismissal, ...]:
    """What looked like a code and is none, of what an agent might ask about."""
    listed: list[Dismissal] = []
    for verdict in found:
        if verdict.confidence is not None or verdict.entry is None or verdict.symptom or not _notable(verdict):
            continue
        if verdict.reason is None:
            continue
        start, end = quote_span(verdict.scene, verdict.start, verdict.end)
        place = verdict.scene.text.place(start, end)
        listed.append(
            Dismissal(
                quote=verdict.scene.masked_quote(start, end),
                place=place,
                reason=verdict.reason,
                error=verdict.entry.error,
            )
        )
        if len(listed) == _MAX_DISMISSED:
            break
    return tuple(listed)
