"""All verdicts on a ticket's texts, gathered into findings in the order in which the ticket reports them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from zendesk_gupshup.detect.quote_spans import is_cut, quote_span
from zendesk_gupshup.detect.scene import Scene
from zendesk_gupshup.detect.verdict import Verdict
from zendesk_gupshup.model.finding import Confidence, Dismissal, ErrorCode, Evidence, Finding, Place, Witness
from zendesk_gupshup.model.reason import Reason

_MAX_EVIDENCE = 4
_MAX_DISMISSED = 30


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
        evidence=_first_and_last(shown),
        against=tuple(dict.fromkeys(best.against)),
        witnesses=witnesses,
        withheld=withheld() if best.confidence is Confidence.CERTAIN else (),
    )


def first_quotes(found: Iterable[Verdict], limit: int) -> tuple[Evidence, ...]:
    """The first `limit` different quotes of the verdicts."""
    return tuple(islice(_each_once(map(evidence, _each_text_once(found))), limit))


def _first_and_last(found: Sequence[Verdict]) -> tuple[Evidence, ...]:
    """The first few, and always the newest: it says when the ticket last reported the code."""
    first = first_quotes(found, _MAX_EVIDENCE + 1)
    if len(first) <= _MAX_EVIDENCE:
        return first
    shown = first[: _MAX_EVIDENCE - 1]
    newest_first = map(evidence, _each_text_once(reversed(found)))
    *_, newest = islice(_each_once((*shown, *islice(newest_first, _MAX_EVIDENCE))), _MAX_EVIDENCE)
    return (*shown, newest)


def _each_text_once(found: Iterable[Verdict]) -> Iterator[Verdict]:
    """Those whose words no verdict before them shows: a text may hold thousands, and masking costs more than a look."""
    seen: set[tuple[Scene, str, str]] = set()
    for verdict in found:
        start, end = quote_span(verdict.scene, verdict.start, verdict.end)
        key = (verdict.scene, verdict.number if verdict.unknown else "", verdict.scene.text.text[start:end])
        if key not in seen:
            seen.add(key)
            yield verdict


def evidence(verdict: Verdict) -> Evidence:
    """The words in their line; `quote` is exactly the text at `place`, but masked."""
    scene = verdict.scene
    start, end = quote_span(scene, verdict.start, verdict.end)
    quote, place = scene.masked_quote(start, end), scene.text.place(start, end)
    before, after = is_cut(scene, start, end)
    code = verdict.number if verdict.unknown else ""
    return Evidence(quote=quote, place=place, rule=verdict.rule, code=code, cut_before=before, cut_after=after)


def _each_once(found: Iterable[Evidence]) -> Iterator[Evidence]:
    """Two rules or two words may find one sentence, which is shown once."""
    seen: set[tuple[str, str, Place]] = set()
    for one in found:
        # Where in its text it begins and ends is no difference to a reader.
        key = (one.code, one.quote, one.place.model_copy(update={"start": 0, "end": 0}))
        if key not in seen:
            seen.add(key)
            yield one


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


def is_told(verdict: Verdict) -> bool:
    """Whether a verdict alone makes a finding, a symptom or a dismissal; of an unknown code the others decide."""
    found = verdict.entry is not None and verdict.confidence is not None
    return verdict.symptom or found or _dismissed(verdict) is not None


def _dismissed(verdict: Verdict) -> tuple[ErrorCode, Reason] | None:
    if verdict.confidence is not None or verdict.entry is None or verdict.symptom or not _notable(verdict):
        return None
    return None if verdict.reason is None else (verdict.entry.error, verdict.reason)


def dismissals(found: Iterable[Verdict]) -> tuple[Dismissal, ...]:
    """What looked like a code and is none, of what an agent might ask about."""
    listed: list[Dismissal] = []
    for verdict in found:
        told = _dismissed(verdict)
        if told is None:
            continue
        start, end = quote_span(verdict.scene, verdict.start, verdict.end)
        place = verdict.scene.text.place(start, end)
        listed.append(
            Dismissal(
                quote=verdict.scene.masked_quote(start, end),
                place=place,
                reason=told[1],
                error=told[0],
            )
        )
        if len(listed) == _MAX_DISMISSED:
            break
    return tuple(listed)
