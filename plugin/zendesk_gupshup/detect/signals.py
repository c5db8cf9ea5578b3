"""The named signals of a text, of a sentence and of a place in it: numbers between 0 and about 2, no code among them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from zendesk_gupshup.detect.amounts import amounts
from zendesk_gupshup.detect.candidates import Candidate
from zendesk_gupshup.detect.context import whose
from zendesk_gupshup.detect.document import Document
from zendesk_gupshup.detect.index import NO_CUES, WORDING
from zendesk_gupshup.detect.interpretations import HTTP_LABELS
from zendesk_gupshup.detect.mention import Mention
from zendesk_gupshup.detect.number_kinds import kind_of_number
from zendesk_gupshup.detect.patterns import pattern, regex
from zendesk_gupshup.detect.scene import Scene, once
from zendesk_gupshup.detect.verdict import Verdict
from zendesk_gupshup.detect.voice import voices
from zendesk_gupshup.model.detection_reasons import Doubt

# Whose error it is weighs differently for each kind of code.
_OWNERS = frozenset({"gupshup", "whatsapp", "vendor", "own", "meta_access", "login", "key", "failing", "before_us"})
_BESIDE = (
    "labelled", "seen", "alone", "heads", "with_it", "hashed", "bracketed", "listed", "negated", "defined", "example",
    "counted", "mapped", "together", "http",
)  # fmt: skip
_NEAR = 60
_MARKDOWN = pattern("signals.markdown")
_STAMP = pattern("signals.stamp")
_SPEAKER = pattern("signals.speaker")
_FENCE = pattern("signals.fence")
_SHOWN = regex(r"[\"'`“«‘]")
_QUOTED = regex(r"\".{0,200}$|“[^”]{0,200}$|«[^»]{0,200}$|`[^`\n]{0,200}$")
_READ, _CODE_BLOCK = 6000, 3000


def document_signals(document: Document) -> dict[str, float]:
    """Of all texts together."""
    scenes = document.distinct
    kinds = frozenset[str]().union(*(scene.kinds for scene in scenes)) - NO_CUES
    body = "\n".join(scene.low[:_READ].rstrip() for scene in scenes)
    signals = {f"text cue {kind}": 1.0 for kind in kinds if document.has(kind)}
    signals |= {f"text voice {voice}": 1.0 for voice in voices(_latin_words(body))}
    numbers = {n for scene in scenes for n in scene.digits & scene.index.numbers if len(n) >= 3}
    numbers |= {one.number for scene in scenes for one in amounts(scene) if one.number in scene.index.numbers}
    size = len(body)
    stamps = sum(1 for _ in islice(_STAMP.finditer(body), _FEW_STAMPS + 1))
    present = {
        "paper": document.is_paper,
        "reply": document.is_reply,
        "well": bool(document.all_is_well),
        "whatsapp works": bool(document.whatsapp_works),
        "test": bool(document.is_test),
        "change": bool(document.changes),
        "plan": bool(document.is_plan),
        "question": bool(document.is_question),
        "procedure": bool(document.is_procedure),
        "wish": bool(document.is_wish),
        "solved": bool(document.solved),
        "markdown": any(mark in body for mark in ("#", "```", "**")) and _MARKDOWN.search(body) is not None,
        "table": body.count("|") > 5,
        "fence": "```" in body,
        "objects": "{" in body,
        "stamps": stamps > 0,
        "many stamps": stamps > _FEW_STAMPS,
        "address": "@" in body,
        "link": "http" in body,
        "question mark": "?" in body,
        "quotation": body.count('"') > 1 or "«" in body or "“" in body,
        "other products": document.of_other_meta_products,
        "speakers": sum(1 for _ in islice(_SPEAKER.finditer(body), 2)) > 1,
        "attachment": any(scene.text.kind == "attachment" for scene in scenes),
        "short": size < 120,
        "long": size > 800,
        "very long": size > 2000,
        "list": body.count("\n- ") + body.count("\n* ") > 2,
    }
    signals |= {f"text {name}": 1.0 for name, is_so in present.items() if is_so}
    if numbers:
        signals[f"text codes {min(len(numbers), 5)}"] = 1.0
    return signals


_FEW_STAMPS = 3
# Everything but letters and digits of Latin-1 becomes a space; a character that Latin-1 lacks stays part of its word.
_TO_WORDS = bytes(code if chr(code).isalnum() or chr(code) == "?" else 32 for code in range(256))


def _latin_words(body: str) -> list[str]:
    """Other scripts have no voice of ours: their characters become question marks."""
    return body.replace("?", " ").encode("latin-1", "replace").translate(_TO_WORDS).decode("latin-1").split()


@once
def _stamps(scene: Scene) -> list[int]:
    """Where dates and times of day begin."""
    return [stamp.start() for stamp in _STAMP.finditer(scene.low)]


def _has_a_stamp(scene: Scene, first: int, line: str) -> bool:
    stamps = _stamps(scene)
    at = bisect_left(stamps, first)
    return at < len(stamps) and stamps[at] < first + len(line) and _STAMP.search(line) is not None


def _in_a_code_block(low: str, start: int) -> bool:
    floor = max(0, start - _CODE_BLOCK)
    return "```" in low and sum(1 for _ in _FENCE.finditer(low, floor, start)) % 2 == 1


# What kind of text it is weighs differently for each kind of code: a long number in a short mail is nearly always one.
_OF_FAMILIES = ("text voice ", "text codes ")
CUT_HISTORY = "text cut history"
_KINDS_OF_TEXT = frozenset({
    "text paper", "text reply", "text markdown", CUT_HISTORY, "text speakers", "text stamps", "text short",
    "text long", "text solved", "text well", "text question mark", "text fence", "text objects", "text table",
})  # fmt: skip


def family_signals(family: str, document: Document, of_text: Mapping[str, float]) -> dict[str, float]:
    """The signals of the text that count apart for this kind of code."""
    signals = {
        f"{family} {name}": value
        for name, value in of_text.items()
        if name in _KINDS_OF_TEXT or name.startswith(_OF_FAMILIES)
    }
    return signals | {f"{family} cue {kind} in text": 1.0 for kind in _OWNERS if document.has(kind)}


def sentence_signals(scene: Scene, first: int, last: int, said: Sequence[str]) -> dict[str, float]:
    signals = {f"cue {kind} in sentence": 1.0 for kind in scene.cues_within(first, last)}
    signals |= {f"voice {voice} in sentence": 1.0 for voice in voices(said)}
    if "?" in scene.low[first:last]:
        signals["question mark in sentence"] = 1.0
    if len(said) < 5:
        signals["short sentence"] = 1.0
    return signals


def place_signals(document: Document, candidate: Candidate) -> dict[str, float]:
    """Of the candidate's own place."""
    verdict, scene, start, end = candidate.verdict, candidate.scene, candidate.start, candidate.end
    family = family_of(verdict)
    signals = {f"way {candidate.way}": 1.0, f"family {family}": 1.0, f"{candidate.way} of {family}": 1.0}
    if candidate.way == "payload":
        signals[f"rule {verdict.rule.name.value}"] = 1.0
    for name in _reasons(verdict):
        signals[f"rules: {name}"] = 1.0
    owner, how = whose(document, scene, start, end)
    signals[f"owner {owner or 'nobody'} {how}"] = 1.0
    signals[f"{family} owner {owner or 'nobody'} {how}"] = 1.0
    for kind in scene.cues_within(start - _NEAR, start):
        signals[f"cue {kind} before"] = 1.0
    for kind in scene.cues_within(end, end + _NEAR):
        signals[f"cue {kind} after"] = 1.0
    signals.update(_layout(scene, start, end))
    if verdict.mention is not None:
        signals.update(_beside(verdict.mention, verdict))
    elif verdict.entry is not None:
        told = scene.within(WORDING, start, end)
        signals["wording whole"] = 1.0 if any(hit.sense.entry is verdict.entry for hit in told) else 0.0
        signals["wording words"] = min(scene.low[start:end].count(" ") + 1, 8) / 4
        signals["wording with key"] = 1.0 if "key" in scene.low[start:end] else 0.0
    return signals


def family_of(verdict: Verdict) -> str:
    """The kind of code, whichever of its kind it is."""
    entry = verdict.entry
    if entry is None:
        return "no code"
    return f"{entry.error.namespace} {kind_of_number(entry.error.code, verdict.scene.index)}"


def _beside(mention: Mention, verdict: Verdict) -> dict[str, float]:
    signals = {f"number {name}": 1.0 for name in _BESIDE if getattr(mention, name)}
    signals[f"number {kind_of_number(mention.number, mention.scene.index)}"] = 1.0
    if mention.label_word:
        signals["number http label" if mention.label_word in HTTP_LABELS else "number label word"] = 1.0
    if verdict.readings:
        best = verdict.readings[0]
        signals["reading score"] = max(-2.0, min(best.score, 8.0)) / 4
        signals["reading supports"] = min(best.supports, 4) / 2
        signals["reading worded"] = 1.0 if best.worded else 0.0
        signals["reading titled"] = 1.0 if best.titled else 0.0
        if len(verdict.readings) > 1:
            signals["reading margin"] = min(best.score - verdict.readings[1].score, 4.0) / 2
    return signals


def _reasons(verdict: Verdict) -> Iterable[str]:
    """What the rules hold against it; how sure they are of the rest is for the joining, not for this model."""
    for reason in (verdict.reason, *verdict.against):
        if reason is not None and reason.name is not Doubt.FITS_LESS:
            yield reason.name.value


def _layout(scene: Scene, start: int, end: int) -> dict[str, float]:
    low = scene.low
    first, last = scene.line(start)
    line = low[first : min(last, first + 400)]
    _, sentence_end = scene.sentence(start)
    before = low[max(first, start - 200) : start]
    stripped = line.lstrip()
    present = {
        f"in {scene.text.kind}": True,
        "second hand": scene.text.second_hand,
        "in a table": line.count("|") > 1 or line.count("\t") > 1 or line.count(";") > 2,
        "in a list": stripped[:2] in ("- ", "* ", "• ") or (stripped[:1].isdigit() and stripped[1:2] in ".)"),
        "in a heading": stripped[:1] == "#" or stripped[:2] == "**",
        "in a quotation": stripped[:1] == ">",
        "in a comment": stripped[:2] in ("//", "/*", "# ", "--"),
        "in a code block": _in_a_code_block(low, start),
        "inside quotes": _QUOTED.search(before) is not None and _SHOWN.search(low, end, min(last, end + 200)) is not None,
        "in a long quotation": _in_a_long_quotation(scene, start, end),
        "question behind": "?" in low[end : min(sentence_end, end + 300)],
        "inside an object": low.rfind("{", max(0, start - 400), start) > low.rfind("}", max(0, start - 400), start),
        "a stamp on the line": _has_a_stamp(scene, first, line),
        "first line": first == 0,
        "last line": last >= len(low.rstrip()),
        "line of its own": len(stripped) <= end - start + 4,
        "colon before": before.rstrip("\"'`*( ")[-1:] == ":",
        "arrow after": low[end : end + 4].strip()[:2] in ("->", "=>", "→"),
        "announced as shown": _shown_above(scene, start),
    }  # fmt: skip
    return {name: 1.0 for name, is_so in present.items() if is_so}


_PAIRS = (('"', '"'), ("“", "”"), ("«", "»"))
_LONGEST_QUOTATION, _SHORTEST_QUOTATION = 600, 70


def _in_a_long_quotation(scene: Scene, start: int, end: int) -> bool:
    """Somebody's whole message between quotation marks; an error's own words are shorter, an object is none."""
    low = scene.low
    floor = max(0, start - _LONGEST_QUOTATION, low.rfind("\n\n", 0, start))
    before = low[floor:start]
    for opening, closing in _PAIRS:
        first = before.rfind(opening)
        if first == -1:
            continue
        inside = before.count('"') % 2 == 1 if opening == closing else first > before.rfind(closing)
        last = low.find(closing, end, end + _LONGEST_QUOTATION)
        if inside and last != -1:
            quoted = low[floor + first + 1 : last]
            if len(quoted) >= _SHORTEST_QUOTATION and "{" not in quoted:
                return True
    return False


_ANNOUNCED = pattern("signals.announced")


def _shown_above(scene: Scene, start: int) -> bool:
    above = scene.lines_around(start, 2, 0)[0]
    return _ANNOUNCED.search(scene.low, max(above, start - 200), start) is not None
