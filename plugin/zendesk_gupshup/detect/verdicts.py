"""Every verdict of a ticket: what each place of its texts amounts to, and what places make of each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from zendesk_gupshup.detect.document import Document
from zendesk_gupshup.detect.index import SUPPORT, TITLE, WORDING
from zendesk_gupshup.detect.judge import judge_claim, judge_mention, judge_wording
from zendesk_gupshup.detect.lists import lines_of_many, lists_of
from zendesk_gupshup.detect.mention import Mention
from zendesk_gupshup.detect.mentions import TROUBLE, may_hold_a_code, mentions
from zendesk_gupshup.detect.refusal import refusals
from zendesk_gupshup.detect.scene import Hit, Scene
from zendesk_gupshup.detect.shapes import Shapes, shapes
from zendesk_gupshup.detect.symptoms import symptoms
from zendesk_gupshup.detect.verdict import Verdict
from zendesk_gupshup.dictionary.model import CodeEntry
from zendesk_gupshup.model.detection_reasons import DismissalReason, Doubt, Rule
from zendesk_gupshup.model.finding import Confidence, ErrorCode
from zendesk_gupshup.model.reason import is_any

_MOST_OF_EACH = 24


def verdicts(document: Document) -> tuple[Verdict, ...]:
    """One verdict for each payload, number, wording and symptom that could be an error."""
    scenes = document.scenes
    if not _worth_reading(scenes):
        return ()
    found: list[Verdict] = []
    seen: list[tuple[Scene, Shapes, list[Mention]]] = []
    for scene in scenes:
        read = shapes(scene)
        judged = [judge_claim(document, claim) for claim in read.claims]
        found += list(_unless_samples(judged))
        numbers = list(_some_of_each(m for m in mentions(scene) if not _inside(m.start, read.spoken_for)))
        if len({m.number for m in numbers if m.counted and len(m.number) >= 4}) >= 2:
            numbers = [replace(m, together=True) if m.counted else m for m in numbers]
        seen.append((scene, read, numbers))
    called = {
        m.number
        for _, _, numbers in seen
        for m in numbers
        if (m.labelled or (m.counted and (m.heads or m.together))) and not m.not_a_code
    }
    document.codes_together = len(called) >= 2 and any(len(number) >= 5 for number in called)
    document.topics = frozenset(
        m.number
        for scene, _, numbers in seen
        for m in numbers
        if scene.text.kind == "subject" and (m.named or m.hashed) and "?" not in scene.low
    )
    lists = lists_of([(scene, numbers) for scene, _, numbers in seen])
    for scene, read, numbers in seen:
        for mention in numbers:
            verdict = judge_mention(document, mention)
            if verdict.confidence is not None and (scene.number, mention.number) in lists:
                verdict = verdict.dismissed(DismissalReason.CODE_OF_LIST(), by_mode=True)
            found.append(verdict)
        worded = list(_wordings(scene))
        listed_lines = {scene.line(m.start)[0] for m in numbers if (scene.number, m.number) in lists}
        listed_lines |= lines_of_many(scene, worded)
        for hit in worded:
            if not _inside(hit.start, read.spoken_for) and not _numbered(hit, scene, numbers):
                verdict = judge_wording(document, scene, hit)
                near = {scene.line(place)[0] for place in scene.lines_around(hit.start, 1, 1)} | {
                    scene.line(hit.start)[0]
                }
                if verdict.confidence is not None and near & listed_lines:
                    verdict = verdict.dismissed(DismissalReason.TITLE_OF_LIST(), by_mode=True)
                found.append(verdict)
    spoken_for = {scene.number: read.spoken_for for scene, read, _ in seen}
    if not any(_is_status(v, "401") for v in found):
        found.extend(refusals(document, spoken_for))
    found.sort(key=lambda verdict: (verdict.scene.number, verdict.start))
    found = list(_less_sure_of_many(found))
    found = [kept for v in _subject_follows_body(document, found) for kept in _only_what_is_said(document, v)]
    if not any(v.entry is not None and v.confidence not in (None, Confidence.POSSIBLE) for v in found):
        # Where a line's code is only listed, its words report nothing either.
        named = {(v.scene.number, v.scene.line(v.start)[0]) for v in found if is_any(v.reason, _LISTED)}
        found += [v for v in symptoms(document, spoken_for) if (v.scene.number, v.scene.line(v.start)[0]) not in named]
    return tuple(found)


def _unless_samples(judged: list[Verdict]) -> Iterator[Verdict]:
    """API bodies under three statuses, one beside the other, are the page that lists them."""
    bodies = [v for v in judged if v.rule.name is Rule.API_ANSWER and v.confidence is not None and v.entry is not None]
    many = len({v.entry.error for v in bodies if v.entry is not None}) >= 3
    for verdict in judged:
        yield (
            verdict.dismissed(DismissalReason.ANSWER_OF_LIST(), by_mode=True) if many and verdict in bodies else verdict
        )


_LISTED = frozenset(
    {
        DismissalReason.CODE_OF_LIST,
        DismissalReason.TITLE_OF_LIST,
        DismissalReason.ANSWER_OF_LIST,
        DismissalReason.TABLE_ROW,
        DismissalReason.SOURCE_LINE,
        DismissalReason.PROGRAM_LINE,
        DismissalReason.SETTINGS_LINE,
        DismissalReason.PROGRAM_RULE,
        DismissalReason.CHECKLIST_ITEM,
        DismissalReason.UNDER_HEADING,
    }
)
_IN_WORDS = frozenset(
    {
        Rule.NUMBER,
        Rule.NUMBER_AFTER,
        Rule.NUMBER_ALONE,
        Rule.NUMBER_AS_META_WRITES,
        Rule.NUMBER_SEEN,
        Rule.WORDING,
    }
)


def _less_sure_of_many(found: list[Verdict]) -> Iterator[Verdict]:
    """Three codes told in words are as often a list as a report: then none of them is certain."""
    sure = [v for v in found if v.confidence is Confidence.CERTAIN and v.rule.name in _IN_WORDS]
    many = len({v.entry.error for v in sure if v.entry}) >= 3
    for verdict in found:
        if many and verdict in sure:
            yield verdict.found(Confidence.LIKELY, *verdict.against, Doubt.SEVERAL_CODES())
        else:
            yield verdict


def _is_status(verdict: Verdict, code: str) -> bool:
    """Reported, or denied by its own sentence: then the words around it do not report it either."""
    error = verdict.entry.error if verdict.entry else None
    judged = verdict.confidence not in (None, Confidence.POSSIBLE) or verdict.by_mode
    return error is not None and (error.namespace, error.code) == ("gupshup_http", code) and judged


def _only_what_is_said(document: Document, verdict: Verdict) -> Iterator[Verdict]:
    """A body such as `Invalid App Details` is an error; the status that usually bears it is only possible."""
    error = verdict.entry.error if verdict.entry else None
    guessed = error is not None and error.namespace == "gupshup_http" and error.code != "401" and not verdict.number
    if not guessed or error is None or verdict.confidence is None or document.says(error.code):
        yield verdict
        return
    yield verdict.found(Confidence.POSSIBLE, *verdict.against, Doubt.STATUS_NOT_IN_TEXT())
    yield verdict.told_as_symptom()


_TELLING = frozenset({WORDING, "spoken", "symptom", "sending_symptom", "api_symptom", "token_symptom", "unauthorized"})


def _worth_reading(scenes: tuple[Scene, ...]) -> bool:
    """Most tickets hold neither a code nor a wording, a payload nor a symptom: they cost a look each."""
    if any(_tells(scene) for scene in scenes):
        return True
    # The number may stand in the subject, and what it is about in the body.
    kinds = frozenset[str]().union(*(scene.kinds for scene in scenes))
    return bool(kinds & TROUBLE) and any(scene.digits & scene.index.numbers for scene in scenes)


def _tells(scene: Scene) -> bool:
    return (
        may_hold_a_code(scene)
        or bool(scene.kinds & _TELLING)
        or {"refused", "key"} <= scene.kinds
        or {"not_going", "gupshup"} <= scene.kinds
        or ("rcode" in scene.low and any(key in scene.low for key in ("errorcode", "errcode")))
        or ("=" in scene.low and "cause=" in scene.low)
        or ("{" in scene.low and any(word in scene.low for word in ("status", "error", "event")))
    )


def _inside(place: int, spans: Iterable[tuple[int, int]]) -> bool:
    return any(start <= place < end for start, end in spans)


def _some_of_each(numbers: Iterable[Mention]) -> Iterator[Mention]:
    """A log repeats itself: of each number the first mentions that say something, and the first that say nothing."""
    counts: Counter[tuple[str, bool]] = Counter()
    for mention in numbers:
        kind = mention.number, mention.named and not mention.not_a_code
        counts[kind] += 1
        if counts[kind] <= _MOST_OF_EACH:
            yield mention


def _wordings(scene: Scene) -> Iterator[Hit]:
    """The longest of overlapping wordings, the first few of each entry."""
    if WORDING not in scene.kinds:
        return
    counts: Counter[ErrorCode] = Counter()
    reach = 0
    for hit in sorted(scene.hits(WORDING), key=lambda hit: (hit.start, -hit.end)):
        entry = hit.sense.entry
        if entry is None or hit.end <= reach:
            continue
        reach = hit.end
        counts[entry.error] += 1
        if counts[entry.error] <= _MOST_OF_EACH:
            yield hit


def _numbered(hit: Hit, scene: Scene, numbers: list[Mention]) -> bool:
    """A named code stands beside the wording: that number is judged, in view of the wording."""
    line = scene.lines_around(hit.start, 1, 1)
    for mention in numbers:
        near = line[0] <= mention.start <= line[1] and -140 < mention.start - hit.start < 140
        if not near or mention.not_a_code:
            continue
        entries = scene.index.by_number.get(mention.number, ())
        if hit.sense.entry in entries or any(_says_the_same(hit, scene, entry) for entry in entries):
            return True
        other = any(e.error.namespace != "gupshup_http" for e in entries)
        if other and (mention.hashed or mention.labelled) and abs(mention.start - hit.start) < 60:
            return True
    return False


def _says_the_same(hit: Hit, scene: Scene, entry: CodeEntry) -> bool:
    """Meta gave many Cloud API codes the titles of On-Premises ones: the number beside them decides."""
    return any(
        other.sense.entry is entry
        for kind in (WORDING, TITLE, SUPPORT)
        for other in scene.within(kind, hit.start, hit.end)
    )


def _subject_follows_body(document: Document, found: list[Verdict]) -> Iterator[Verdict]:
    """A subject is a headline: what the body says about the same number holds for it too."""
    for verdict in found:
        if verdict.scene.text.kind != "subject" or (verdict.confidence is None and not verdict.symptom):
            yield verdict
            continue
        same = [v for v in found if v.scene.text.kind != "subject" and v.number and v.number == verdict.number]
        if same and all(v.confidence is None and v.by_mode for v in same):
            why = same[0].reason
            yield verdict.dismissed(DismissalReason.SAME_AS_TEXT(why=why) if why else None, by_mode=True)
        elif not same and (said := document.all_is_well or document.solved):
            yield verdict.dismissed(DismissalReason.SAID_IN_TEXT(quote=said), by_mode=True)
        else:
            yield verdict
