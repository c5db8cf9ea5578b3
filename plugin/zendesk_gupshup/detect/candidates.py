"""Every place that could report an error: what the rules judged, what they dismissed, and what they do not look at."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from zendesk_gupshup.detect.document import Document
from zendesk_gupshup.detect.fuzzy import misspelt
from zendesk_gupshup.detect.index import TITLE, WORDING
from zendesk_gupshup.detect.interpretations import readings
from zendesk_gupshup.detect.mention import Mention, read_mention
from zendesk_gupshup.detect.number_kinds import is_telling
from zendesk_gupshup.detect.patterns import regex
from zendesk_gupshup.detect.scene import Scene
from zendesk_gupshup.detect.verdict import Verdict
from zendesk_gupshup.model.detection_reasons import DismissalReason, Rule
from zendesk_gupshup.model.finding import ErrorCode

Way = Literal[
    "number", "payload", "wording", "title", "refusal", "symptom", "unknown", "history", "fuzzy", "joined", "unjudged"
]

_MOST = 200
_MOST_UNJUDGED = 40
_MOST_SYMPTOMS = 6
_MOST_WORDED = 6
_MOST_REFUSED = 3
# A title of one word is everybody's word.
_FEWEST_WORDS = 2
_NUMBER = regex(r"(?<![0-9.,])[0-9]{3,6}(?![0-9]|[.,][0-9])")
# `131\n049`, `1310 49` and `13104=\n9` as a mailer breaks them; one gap, and on both sides nothing but the number.
_BROKEN = regex(r"(?<![0-9.,:/-])13[0-9]{0,3}(?:=?[ \t]{0,2}\n[ \t>]{0,4}|\u00ad|\u200b| )[0-9]{1,4}(?![0-9.,:/-])")
# `1.009` as a person groups it: an amount, unless it is called a code or its title stands beside it.
_GROUPED = regex(r"(?<![0-9.,:/-])[1-9][.,][0-9]{3}(?![0-9]|[.,][0-9])")
_GROUP = b"d.ddd"
_SYMPTOMS = ("symptom", "sending_symptom", "api_symptom", "token_symptom", "not_going")


@dataclass(frozen=True)
class Candidate:
    """One place, what it would report, and what the rules say of it."""

    way: Way
    verdict: Verdict

    @property
    def scene(self) -> Scene:
        return self.verdict.scene

    @property
    def start(self) -> int:
        return self.verdict.start

    @property
    def end(self) -> int:
        return self.verdict.end


def candidates(document: Document, found: Collection[Verdict]) -> tuple[Candidate, ...]:
    """The candidates of a ticket's own words, in the order in which they were found; bounded."""
    judged = [Candidate(_way(verdict), verdict) for verdict in found if _may_report(verdict)]
    taken = {(c.scene.number, place) for c in judged for place in _places(c)}
    taken |= {(verdict.scene.number, verdict.start) for verdict in found}
    more = (
        candidate
        for scene in document.scenes
        for candidate in (
            *_unjudged(scene, taken),
            *_broken(scene, taken),
            *_grouped(scene, taken),
            *_worded(scene, judged),
            *_refused(document, scene, judged),
            *_symptoms(document, scene, taken),
        )
    )
    return (*judged[:_MOST], *islice(more, max(0, _MOST - len(judged))), *_misspelt(document))


def _places(candidate: Candidate) -> Iterator[int]:
    """Where it begins, and in a payload wherever its own code stands."""
    yield candidate.start
    entry = candidate.verdict.entry
    if candidate.way == "payload" and entry is not None:
        low, code = candidate.scene.low, entry.error.code
        place = low.find(code, candidate.start, candidate.end)
        while place != -1:
            yield place
            place = low.find(code, place + 1, candidate.end)


def _may_report(verdict: Verdict) -> bool:
    """What is plainly another number, or dismissed and of a common kind, needs no model."""
    if verdict.entry is None:
        return verdict.symptom or verdict.unknown
    if verdict.entry.success or verdict.confidence is not None:
        return not verdict.entry.success
    if is_telling(verdict.entry.error.code, verdict.scene.index):
        return True
    # A number that everybody uses needs its own words beside it.
    return any(reading.worded is not None for reading in verdict.readings[:1])


def _way(verdict: Verdict) -> Way:
    if verdict.symptom or verdict.unknown:
        return "symptom" if verdict.symptom else "unknown"
    if verdict.mention is not None:
        return "number"
    if verdict.rule.name is Rule.WORDING:
        return "wording"
    return "refusal" if verdict.rule.name is Rule.REFUSED_KEY else "payload"


def _unjudged(scene: Scene, taken: set[tuple[int, int]]) -> Iterator[Candidate]:
    """Numbers of the dictionary inside payloads and addresses, which no rule looks at."""
    known = (run for run in scene.digits & scene.index.numbers if is_telling(run, scene.index))
    numbers = sorted(found.span() for number in known for found in _places_of(number, scene.low))
    left = ((start, end) for start, end in numbers if (scene.number, start) not in taken)
    for start, end in islice(left, _MOST_UNJUDGED):
        yield _numbered("unjudged", read_mention(scene, scene.low[start:end], start, end))


def _places_of(number: str, low: str) -> Iterator[re.Match[str]]:
    """Where it stands as a number of its own."""
    place = low.find(number)
    while place != -1:
        found = _NUMBER.match(low, place)
        if found and found[0] == number:
            yield found
        place = low.find(number, place + len(number))


def _broken(scene: Scene, taken: set[tuple[int, int]]) -> Iterator[Candidate]:
    if not any(run.startswith("13") and len(run) < 6 for run in scene.digits):
        return
    for found in islice(_BROKEN.finditer(scene.low), _MOST_UNJUDGED):
        number = re.sub(r"[^0-9]", "", found[0])
        if number in scene.index.by_number and (scene.number, found.start()) not in taken:
            yield _numbered("joined", read_mention(scene, number, *found.span()))


def _grouped(scene: Scene, taken: set[tuple[int, int]]) -> Iterator[Candidate]:
    for found in islice(_groups(scene), _MOST_UNJUDGED):
        number = found[0][0] + found[0][2:]
        if number in scene.index.by_number and (scene.number, found.start()) not in taken:
            candidate = _numbered("joined", read_mention(scene, number, *found.span()))
            mention = candidate.verdict.mention
            if (mention is not None and mention.labelled) or candidate.verdict.readings[0].titled:
                yield candidate


def _groups(scene: Scene) -> Iterator[re.Match[str]]:
    place = scene.shape.find(_GROUP)
    while place != -1:
        if found := _GROUPED.match(scene.low, place):
            yield found
        place = scene.shape.find(_GROUP, place + 1)


def _numbered(way: Way, mention: Mention) -> Candidate:
    ranked = tuple(readings(mention))
    verdict = Verdict(mention.scene, mention.start, mention.end, Rule.NUMBER(), ranked[0].entry, mention.number)
    return Candidate(way, replace(verdict, reason=DismissalReason.NOT_JUDGED(), mention=mention, readings=ranked))


def _worded(scene: Scene, judged: Collection[Candidate]) -> Iterator[Candidate]:
    """Titles and wordings that stand without their number, and that no rule took for an error."""
    reported = {c.verdict.entry.error for c in judged if c.verdict.entry is not None}
    found: dict[ErrorCode, Candidate] = {}
    for kind in (WORDING, TITLE):
        hits = scene.hits(kind)
        # Two namespaces have one title: where a number beside it decided for one, the other is not told.
        decided = {(h.start, h.end) for h in hits if h.sense.entry is not None and h.sense.entry.error in reported}
        for hit in hits:
            entry = hit.sense.entry
            if entry is None or entry.success or entry.error in found or (hit.start, hit.end) in decided:
                continue
            if scene.low.count(" ", hit.start, hit.end) + 1 >= _FEWEST_WORDS:
                verdict = Verdict(scene, hit.start, hit.end, Rule.WORDING(), entry, reason=DismissalReason.NOT_JUDGED())
                found[entry.error] = Candidate("title" if kind == TITLE else "wording", verdict)
    yield from islice(found.values(), _MOST_WORDED)


def _refused(document: Document, scene: Scene, judged: Collection[Candidate]) -> Iterator[Candidate]:
    """A refused or an unauthorized call told in words, where no rule found the refused key."""
    entry = scene.index.get("gupshup_http", "401")
    if entry is None or any(c.verdict.entry is entry for c in judged):
        return
    places = list(scene.hits("unauthorized"))
    if any("key" in other.kinds for other in document.scenes):
        places += scene.hits("refused")
    for hit in sorted(places, key=lambda hit: hit.start)[:_MOST_REFUSED]:
        verdict = Verdict(scene, hit.start, hit.end, Rule.REFUSED_KEY(), entry, reason=DismissalReason.NOT_JUDGED())
        yield Candidate("refusal", verdict)


def _symptoms(document: Document, scene: Scene, taken: set[tuple[int, int]]) -> Iterator[Candidate]:
    """Trouble told without a code, also where a rule takes it for no report."""
    if not (document.has("gupshup") or document.names_whatsapp):
        return
    hits = [hit for kind in _SYMPTOMS for hit in scene.hits(kind)]
    hits += [hit for hit in scene.hits("failing") if scene.within("gupshup", *scene.sentence(hit.start))]
    places = {hit.start: hit for hit in hits if (scene.number, hit.start) not in taken}
    for start in sorted(places)[:_MOST_SYMPTOMS]:
        yield Candidate(
            "symptom", Verdict(scene, start, places[start].end, Rule.SYMPTOM(), reason=DismissalReason.NOT_JUDGED())
        )


def _misspelt(document: Document) -> Iterator[Candidate]:
    for near in misspelt(document):
        verdict = Verdict(
            near.scene, near.start, near.end, Rule.MISSPELT_WORDING(), near.entry, reason=DismissalReason.NOT_JUDGED()
        )
        yield Candidate("fuzzy", verdict)
