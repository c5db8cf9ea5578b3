"""All verdicts on a ticket's texts, gathered into findings in the order in which the ticket reports them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from zendesk_gupshup.detect.context import Document, whose, why_no_report
from zendesk_gupshup.detect.index import SUPPORT, TITLE, WORDING, Index
from zendesk_gupshup.detect.judge import judge_claim, judge_mention, judge_wording
from zendesk_gupshup.detect.mentions import Mention, may_hold_a_code, mentions
from zendesk_gupshup.detect.reading import Text
from zendesk_gupshup.detect.refusal import refusals
from zendesk_gupshup.detect.scene import Hit, Scene
from zendesk_gupshup.detect.shapes import Shapes, shapes
from zendesk_gupshup.detect.verdict import Verdict
from zendesk_gupshup.dictionary.model import Entry
from zendesk_gupshup.masking import mask
from zendesk_gupshup.models import Confidence, Dismissal, ErrorCode, Evidence, Finding

_MAX_EVIDENCE = 4
_MAX_DISMISSED = 30
_QUOTE = 200
_MOST_OF_EACH = 24


def verdicts(texts: Iterable[Text], index: Index) -> tuple[Verdict, ...]:
    """One verdict for each payload, number, wording and symptom that could be an error."""
    scenes = tuple(Scene(text, index, number) for number, text in enumerate(texts))
    if not any(_worth_reading(scene) for scene in scenes):
        return ()
    document = Document(scenes)
    found: list[Verdict] = []
    seen: list[tuple[Scene, Shapes, list[Mention]]] = []
    for scene in scenes:
        read = shapes(scene)
        found += [judge_claim(document, claim) for claim in read.claims]
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
    lists = _lists([(scene, numbers) for scene, _, numbers in seen])
    for scene, read, numbers in seen:
        for mention in numbers:
            verdict = judge_mention(document, mention)
            if verdict.confidence is not None and (scene.number, mention.number) in lists:
                verdict = verdict.dismissed("one of a list of many codes", by_mode=True)
            found.append(verdict)
        worded = list(_wordings(scene))
        listed_lines = {scene.line(m.start)[0] for m in numbers if (scene.number, m.number) in lists}
        listed_lines |= _lines_of_many(scene, worded)
        for hit in worded:
            if not _inside(hit.start, read.spoken_for) and not _numbered(hit, scene, numbers):
                verdict = judge_wording(document, scene, hit)
                near = {scene.line(place)[0] for place in scene.lines_around(hit.start, 1, 1)} | {
                    scene.line(hit.start)[0]
                }
                if verdict.confidence is not None and near & listed_lines:
                    verdict = verdict.dismissed("one of a list of many", by_mode=True)
                found.append(verdict)
    spoken_for = {scene.number: read.spoken_for for scene, read, _ in seen}
    if not any(_is_status(v, "401") for v in found):
        found.extend(refusals(document, spoken_for))
    found.sort(key=lambda verdict: (verdict.scene.number, verdict.start))
    found = list(_less_sure_of_many(found))
    found = [kept for v in _subject_follows_body(document, found) for kept in _only_what_is_said(document, v)]
    if not any(v.entry is not None and v.confidence not in (None, Confidence.POSSIBLE) for v in found):
        found.extend(_symptoms(document, spoken_for))
    return tuple(found)


_IN_WORDS = ("number", "wording")


def _less_sure_of_many(found: list[Verdict]) -> Iterator[Verdict]:
    """Three codes told in words are as often a list as a report: then none of them is certain."""
    sure = [v for v in found if v.confidence is Confidence.CERTAIN and v.rule.startswith(_IN_WORDS)]
    many = len({v.entry.error for v in sure if v.entry}) >= 3
    for verdict in found:
        if many and verdict in sure:
            yield verdict.found(Confidence.LIKELY, *verdict.against, "several codes are named")
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
    yield verdict.found(Confidence.POSSIBLE, *verdict.against, "the status is not in the text")
    yield verdict.told_as_symptom()


_TELLING = frozenset({WORDING, "spoken", "symptom", "sending_symptom", "api_symptom", "token_symptom", "unauthorized"})


def _worth_reading(scene: Scene) -> bool:
    """Most texts hold neither a code nor a wording, a payload nor a symptom: they cost a look each."""
    return (
        may_hold_a_code(scene)
        or bool(scene.kinds & _TELLING)
        or {"refused", "key"} <= scene.kinds
        or {"not_going", "gupshup"} <= scene.kinds
        or any(key in scene.low for key in ("cause=", "errorcode", "errcode"))
        or ("{" in scene.low and any(word in scene.low for word in ("status", "error", "event")))
    )


def _inside(place: int, spans: Iterable[tuple[int, int]]) -> bool:
    return any(start <= place < end for start, end in spans)


def _lists(seen: list[tuple[Scene, list[Mention]]]) -> set[tuple[int, str]]:
    """Codes of a sentence or a list that names four or more of them: a reference, unless each stands with its count."""
    listed: set[tuple[int, str]] = set()
    headed = any(scene.text.kind == "subject" and "document" in scene.kinds for scene, _ in seen)
    for scene, numbers in seen:
        plain = [
            m
            for m in numbers
            if (
                not m.not_a_code and (m.named or m.hashed or m.listed or len(m.number) >= 4 or _has_its_title(scene, m))
            )
            or (m.not_a_code.startswith(_TAKEN_BACK) and _has_its_title(scene, m))
        ]
        listed |= {(scene.number, m.number) for m in plain if _beside_a_range(scene, m)}
        listed |= _statuses(scene, numbers)
        groups: dict[int, list[Mention]] = {}
        for mention in plain:
            groups.setdefault(scene.sentence(mention.start)[0], []).append(mention)
        for mention in plain:
            groups.setdefault(-1 - scene.line(mention.start)[0], []).append(mention)
        for group in groups.values():
            if len({m.number for m in group}) >= 4 and sum(m.counted for m in group) * 2 < len(group):
                listed |= {(scene.number, m.number) for m in group}
        # A list or table: each code begins its own line.
        heads = [m for m in plain if _begins_line(scene, m)]
        enough = 3 if headed else 4
        if len({m.number for m in heads}) >= enough and not _counted(scene, heads):
            listed |= {(scene.number, m.number) for m in heads}
    return listed


_STATUS = re.compile(r"(?<![0-9.,:/-])(?:20[0-24]|40[0-9]|413|422|429|50[0-4])(?![0-9:/-]|[.,][0-9])")


def _statuses(scene: Scene, numbers: list[Mention]) -> set[tuple[int, str]]:
    """`202 (accepted), 400 (bad request), 401 (key)`: successes among errors, or four statuses, are a list."""
    found: set[tuple[int, str]] = set()
    for mention in numbers:
        if len(mention.number) == 3 and not mention.counted:
            named = set(_STATUS.findall(scene.low, *scene.sentence(mention.start)))
            begin = set(_status_lines(scene, mention)) if _begins_line(scene, mention) else set()
            for group, enough in ((named, 3), (begin, 3)):
                if len(group) > enough or (len(group) >= enough and any(n.startswith("2") for n in group)):
                    found.add((scene.number, mention.number))
    return found


def _status_lines(scene: Scene, mention: Mention) -> Iterator[str]:
    """The statuses with which the lines around begin."""
    low, high = scene.lines_around(mention.start, 5, 5)
    for line in scene.low[low:high].split("\n"):
        status = _STATUS.match(line.lstrip(" -*•|`"))
        if status:
            yield status[0]


# What a title beside the number takes back (`judge.judge_mention`).
_TAKEN_BACK = ("the number", "an amount")
# `1001-1012`, `4001 to 4005`: all codes of a kind, and what stands beside them, are named, not reported.
_RANGE = re.compile(
    r"(?<![0-9.,-])(1001|400[1-5]|13[0-9]{4})\s?(?:-|–|to|through|al?|ate|hasta|\.\.|…)\s?(10[01][0-9]|400[1-5]|13[0-9]{4})(?![0-9-])"
)


def _beside_a_range(scene: Scene, mention: Mention) -> bool:
    return bool(_RANGE.search(scene.low, *scene.line(mention.start)))


def _has_its_title(scene: Scene, mention: Mention) -> bool:
    """`006 DND_FAIL`: the code with its title after it, as lists write it."""
    entries = scene.index.by_number.get(mention.number, ())
    return any(
        hit.sense.entry in entries
        for kind in (TITLE, WORDING)
        for hit in scene.within(kind, mention.end, mention.end + 12)
    )


def _begins_line(scene: Scene, mention: Mention) -> bool:
    line = scene.line(mention.start)[0]
    before = scene.low[line : mention.start]
    return len(before) <= 24 and (before.lstrip()[:1] in "-*|#•>`" or not before.strip() or mention.labelled)


def _counted(scene: Scene, heads: list[Mention]) -> bool:
    """Rows such as `1004 Template Disabled Failure,310` report how often each happened."""
    counted = 0
    for mention in heads:
        tail = scene.low[mention.end : scene.line(mention.start)[1]].rstrip(" |\"'`.)")
        counted += tail[-1:].isdigit() or (tail.startswith((":", " x", " (")) and any(c.isdigit() for c in tail[:12]))
    return counted * 2 >= len(heads)


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
    for hit in sorted(scene.hits[WORDING], key=lambda hit: (hit.start, -hit.end)):
        entry = hit.sense.entry
        if entry is None or hit.end <= reach:
            continue
        reach = hit.end
        counts[entry.error] += 1
        if counts[entry.error] <= _MOST_OF_EACH:
            yield hit


def _lines_of_many(scene: Scene, worded: list[Hit]) -> set[int]:
    """Lines that name four titles or more."""
    named: dict[int, set[ErrorCode]] = {}
    for hit in worded:
        if hit.sense.entry is not None:
            named.setdefault(scene.line(hit.start)[0], set()).add(hit.sense.entry.error)
    return {line for line, errors in named.items() if len(errors) >= 4}


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


def _says_the_same(hit: Hit, scene: Scene, entry: Entry) -> bool:
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
            yield verdict.dismissed(f"the text says: {same[0].reason}", by_mode=True)
        elif not same and (document.all_is_well or document.solved):
            yield verdict.dismissed(f'the text says "{document.all_is_well or document.solved}"', by_mode=True)
        else:
            yield verdict


def _symptoms(document: Document, spoken_for: Mapping[int, tuple[tuple[int, int], ...]]) -> Iterator[Verdict]:
    """Failing sends and templates that do not load, where Gupshup is named; Meta's refusals told without a number."""
    if document.all_is_well or document.is_test or document.solved or document.is_wish or document.changes:
        return
    if document.is_question or document.is_plan or document.whatsapp_works:
        return
    for scene in document.scenes:
        kinds: list[str] = []
        if document.has("gupshup"):
            kinds = ["symptom", "sending_symptom"]
        elif document.names_whatsapp:
            kinds = ["symptom"]
        if scene.text.kind != "subject":
            kinds += ["api_symptom", "token_symptom"] if document.names_whatsapp else ["api_symptom"]
        idle = [hit for hit in scene.hits.get("not_going", ()) if scene.within("gupshup", *scene.sentence(hit.start))]
        for hit in (*(hit for kind in kinds for hit in scene.hits.get(kind, ())), *idle):
            told = not _inside(hit.start, spoken_for.get(scene.number, ()))
            # `WHATSAPP_TOKEN_EXPIRED` is a name in a program.
            if not told or "_" in scene.low[hit.start : hit.end] or why_no_report(document, scene, hit.start):
                continue
            if hit in idle and _of_another(scene, hit):
                continue
            if whose(document, scene, hit.start, hit.end)[0] != "other":
                yield Verdict(scene, hit.start, hit.end, "symptom").told_as_symptom()


def _of_another(scene: Scene, hit: Hit) -> bool:
    """`Our webhook rejects Gupshup's callbacks`, `Twilio fails, we want Gupshup`."""
    return bool(
        scene.within("vendor", *scene.sentence(hit.start)) or scene.within("own", max(0, hit.start - 30), hit.start)
    )


def findings(found: Iterable[Verdict]) -> tuple[Finding, ...]:
    """One finding a code, the surest verdict first among its evidence, in the order of first report."""
    by_code: dict[ErrorCode, list[Verdict]] = {}
    for verdict in found:
        if verdict.entry is not None and verdict.confidence is not None and not verdict.symptom:
            by_code.setdefault(verdict.entry.error, []).append(verdict)
    return tuple(_finding(error, group) for error, group in by_code.items())


def _finding(error: ErrorCode, group: list[Verdict]) -> Finding:
    ranked = sorted(group, key=lambda v: -(v.confidence or Confidence.POSSIBLE).rank)
    best = ranked[0]
    shown = [v for v in ranked if v.confidence == best.confidence] or ranked
    return Finding(
        error=error,
        confidence=best.confidence or Confidence.POSSIBLE,
        variant=next((v.variant for v in ranked if v.variant), None),
        evidence=tuple(evidence(v) for v in shown[:_MAX_EVIDENCE]),
        against=tuple(dict.fromkeys(best.against)),
    )


def evidence(verdict: Verdict) -> Evidence:
    """The words in their sentence or line; `quote` is exactly the text at `place`, but masked."""
    scene = verdict.scene
    start, end = quote_span(scene, verdict.start, verdict.end)
    return Evidence(quote=mask(scene.text.text[start:end]), place=scene.text.place(start, end), rule=verdict.rule)


def quote_span(scene: Scene, start: int, end: int) -> tuple[int, int]:
    end = min(end, start + _QUOTE)
    line = scene.line(start)
    first, last = max(line[0], scene.sentence(start)[0]), max(end, min(line[1], scene.sentence(start)[1]))
    room = max(0, _QUOTE - (end - start))
    first = max(first, start - room // 2)
    last = min(last, first + _QUOTE)
    last = max(last, end)
    text = scene.text.text
    while first < start and text[first].isspace():
        first += 1
    while last > end and text[last - 1].isspace():
        last -= 1
    return first, last


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
        start, end = quote_span(verdict.scene, verdict.start, verdict.end)
        place = verdict.scene.text.place(start, end)
        listed.append(
            Dismissal(
                quote=mask(verdict.scene.text.text[start:end]),
                place=place,
                reason=verdict.reason,
                error=verdict.entry.error,
            )
        )
        if len(listed) == _MAX_DISMISSED:
            break
    return tuple(listed)
