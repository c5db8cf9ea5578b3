"""Which entries of the dictionary a number may mean, the best first, by the order of `precedence.toml`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from zendesk_gupshup.detect.index import SUPPORT, TITLE, VARIANT, WORDING
from zendesk_gupshup.detect.mention import Mention
from zendesk_gupshup.detect.patterns import pattern
from zendesk_gupshup.detect.precedence import CodeRule, code_rules
from zendesk_gupshup.detect.scene import Hit
from zendesk_gupshup.dictionary.model import CodeEntry
from zendesk_gupshup.model.finding import ErrorCode

HTTP_LABELS = frozenset(
    {"http", "status", "statuscode", "httpstatus", "response", "respuesta", "resposta", "retorno", "resp", "rc"}
)
# Of two strings that differ by one or two letters of a title.
_ALIKE = 0.88
_NEAR = 170
# So many words that go with an entry prove more than whose the number is by default.
_SUPPORTS = 2

# What signs made of a number elsewhere in the ticket.
ReadAs = Mapping[str, ErrorCode]


@dataclass(frozen=True)
class Reading:
    """One entry that a number may mean, and what around the number fits it."""

    entry: CodeEntry
    supports: int = 0
    worded: Hit | None = None
    # The title or a wording of the entry touches the number: "1001 Message too long", "Invalid Media Size (1011)".
    titled: bool = False
    # The rule of precedence that chose it; of what was not chosen none, nor where nothing shares the number.
    by: str = ""


def readings(mention: Mention, read_as: ReadAs | None = None) -> list[Reading]:
    """What the number may mean: first what the first rules that speak leave, then the others by default."""
    left = [_reading(mention, entry) for entry in mention.scene.index.by_number.get(mention.number, ())]
    if len(left) < 2:
        return left
    rules = code_rules()
    others = sorted(left, key=lambda reading: rules[-1].prefers.index(reading.entry.error.namespace))
    by = ""
    for rule in rules:
        chosen = _chosen(rule, mention, left, read_as or {})
        if chosen and len(chosen) < len(left):
            left, by = chosen, rule.id
        if len(left) == 1:
            break
    return [replace(left[0], by=by), *(reading for reading in others if reading.entry is not left[0].entry)]


def decided_by_signs(found: Sequence[Mention]) -> dict[str, ErrorCode]:
    """What a sign made of each number that entries share, where one did; the first of a ticket counts."""
    made: dict[str, ErrorCode] = {}
    for mention in found:
        if len(mention.scene.index.by_number.get(mention.number, ())) > 1 and mention.number not in made:
            best = readings(mention)[0]
            if best.by != code_rules()[-1].id:
                made[mention.number] = best.entry.error
    return made


def _chosen(rule: CodeRule, mention: Mention, left: Sequence[Reading], read_as: ReadAs) -> list[Reading]:
    """Those of which the rule says that the number means one of them; none where it does not speak."""
    namespaces = {reading.entry.error.namespace for reading in left}
    if not namespaces.issuperset(rule.among):
        return []
    if rule.asks == "elsewhere":
        return [reading for reading in left if reading.entry.error == read_as.get(mention.number)]
    if not rule.asks_a_pattern and rule.asks in _NAMING:
        return [reading for reading in left if _NAMING[rule.asks](reading)]
    best = next((namespace for namespace in rule.prefers if namespace in namespaces), None)
    if best is None or not (_matches(rule, mention) if rule.asks_a_pattern else _FORMS[rule.asks](mention)):
        return []
    return [reading for reading in left if reading.entry.error.namespace == best]


# Signs that name the entries, and signs of the number's form.
_NAMING: Mapping[str, Callable[[Reading], bool]] = {
    "words": lambda reading: reading.worded is not None or reading.titled,
    "supports": lambda reading: reading.supports >= _SUPPORTS,
}
_FORMS: Mapping[str, Callable[[Mention], bool]] = {
    "hashed": lambda mention: mention.hashed,
    "http_label": lambda mention: mention.http or mention.label_word in HTTP_LABELS,
    "order": lambda _: True,
}


def _matches(rule: CodeRule, mention: Mention) -> bool:
    """Does the pattern stand in the number's sentence, on its line?"""
    sentence, line = mention.scene.sentence(mention.start), mention.scene.line(mention.start)
    first = max(sentence[0], line[0], mention.start - 240)
    last = min(sentence[1], line[1], mention.end + 240)
    return pattern(rule.asks).search(mention.scene.low, first, last) is not None


def _reading(mention: Mention, entry: CodeEntry) -> Reading:
    told = [hit for hit in mention.scene.told_of(mention.number) if hit.sense.entry is entry]
    # Most numbers of a mail have none of their words in it.
    hits = _worded_near(mention, told) if told else []
    touching = next((hit for hit in hits if _touches(mention, hit)), None)
    misspelled = not hits and _nearly_titled(mention, entry)
    supports = _supports_near(mention, told) if told else frozenset[int]()
    return Reading(entry, len(supports), touching or next(iter(hits), None), titled=touching is not None or misspelled)


def _worded_near(mention: Mention, told: list[Hit]) -> list[Hit]:
    """Wordings first, then titles."""
    low, high = mention.scene.lines_around(mention.start, 2, 3)
    low, high = max(low, mention.start - _NEAR), min(high, mention.end + _NEAR)
    near = [hit for hit in told if low <= hit.start < high]
    return [hit for kind in (WORDING, TITLE, VARIANT) for hit in near if hit.sense.kind == kind]


def _supports_near(mention: Mention, told: list[Hit]) -> frozenset[int]:
    """Places in the number's sentence or line."""
    sentence, line = mention.scene.sentence(mention.start), mention.scene.line(mention.start)
    first, last = max(min(sentence[0], line[0]), mention.start - 240), min(max(sentence[1], line[1]), mention.end + 240)
    return frozenset(hit.start for hit in told if hit.sense.kind == SUPPORT and first <= hit.start < last)


def _nearly_titled(mention: Mention, entry: CodeEntry) -> bool:
    """`No Templete Match 4003`: the title touches the number, with a letter or two wrong."""
    scene = mention.scene
    for title in scene.index.titles[entry.error]:
        count = title.count(" ") + 1
        title = " ".join(sorted(title.split()))
        if count < 2:
            continue
        for near in (scene.words_after(mention.end, count), scene.words_before(mention.start, count)[::-1]):
            # "Template paused" for "Paused Template".
            said = " ".join(sorted(near))
            alike = len(near) == count and said[:1] == title[:1] and abs(len(said) - len(title)) <= 4
            letters = SequenceMatcher(None, said, title, autojunk=False) if alike else None
            if letters and letters.quick_ratio() >= _ALIKE and letters.ratio() >= _ALIKE:
                return True
    return False


def _touches(mention: Mention, hit: Hit) -> bool:
    low = mention.scene.low
    between = low[mention.end : hit.start] if hit.start >= mention.end else low[hit.end : mention.start]
    return len(between) <= 24 and sum(1 for char in between if char.isalnum()) <= 5
