"""Which entries of the dictionary a number may mean, and how well the words around it fit each."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from zendesk_gupshup.detect.index import SUPPORT, TITLE, VARIANT, WORDING
from zendesk_gupshup.detect.mention import Mention
from zendesk_gupshup.detect.scene import Hit
from zendesk_gupshup.dictionary.model import CodeEntry
from zendesk_gupshup.model.finding import Namespace

HTTP_LABELS = frozenset(
    {"http", "status", "statuscode", "httpstatus", "response", "respuesta", "resposta", "retorno", "resp", "rc"}
)

# Whose a bare number is where no word decides: since October 2025 a bare 1001-1012 is Gupshup's, a bare 401 is HTTP.
_PRIOR: dict[Namespace, float] = {
    "gupshup": 1.0,
    "gupshup_http": 0.9,
    "meta": 0.8,
    "gupshup_enterprise": -0.5,
    "meta_onprem": -1.0,
}
# Of two strings that differ by one or two letters of a title.
_ALIKE = 0.88
_NEAR = 170


@dataclass(frozen=True)
class Reading:
    """One entry that a number may mean, and how well the words around fit it."""

    entry: CodeEntry
    score: float
    supports: int = 0
    worded: Hit | None = None
    # The title or a wording of the entry touches the number: "1001 Message too long", "Invalid Media Size (1011)".
    titled: bool = False


def readings(mention: Mention) -> list[Reading]:
    """What the number may mean, the best reading first: words decide, then form, then whose it is by default."""
    scene = mention.scene
    entries = scene.index.by_number.get(mention.number, ())
    return sorted((_reading(mention, entry) for entry in entries), key=lambda reading: -reading.score)


def _reading(mention: Mention, entry: CodeEntry) -> Reading:
    told = [hit for hit in mention.scene.told_of(mention.number) if hit.sense.entry is entry]
    # Most numbers of a mail have none of their words in it.
    hits = _worded_near(mention, told) if told else []
    touching = next((hit for hit in hits if _touches(mention, hit)), None)
    misspelled = not hits and _nearly_titled(mention, entry)
    supports = _supports_near(mention, told) if told else frozenset[int]()
    score = _PRIOR[entry.error.namespace] + (4.0 if hits or misspelled else 0.0) + min(len(supports), 2)
    if mention.hashed and entry.error.namespace == "meta":
        score += 3.0
    if mention.http or mention.label_word in HTTP_LABELS:
        if entry.error.namespace == "gupshup_http":
            score += 2.0
        elif entry.error.namespace == "gupshup" and entry.context == "strong":
            score -= 5.0
    return Reading(
        entry, score, len(supports), touching or next(iter(hits), None), titled=touching is not None or misspelled
    )


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
