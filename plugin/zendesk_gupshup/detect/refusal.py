"""Gupshup's refusal of an API key told in words: the key and what happened to it, or that a call is unauthorized."""

from __future__ import annotations

from collections.abc import Iterator

from zendesk_gupshup.detect.context import whose
from zendesk_gupshup.detect.document import Document
from zendesk_gupshup.detect.index import WORDING
from zendesk_gupshup.detect.lexicon import words
from zendesk_gupshup.detect.mode import why_no_report
from zendesk_gupshup.detect.patterns import pattern
from zendesk_gupshup.detect.reach import reaching
from zendesk_gupshup.detect.scene import Scene
from zendesk_gupshup.detect.verdict import Verdict
from zendesk_gupshup.model.detection_reasons import DismissalReason, Doubt, Rule
from zendesk_gupshup.model.finding import Confidence

_NEGATOR, _VERB, LABEL = words("negator"), words("verb"), words("label")
# Between the key and what is said of it: "our key, which was renewed on Monday, is no longer accepted".
_REACH = 70
_OTHER_STATUS = pattern("refusal.other_status")
_QUESTION = pattern("refusal.question")


def refusals(document: Document, spoken_for: dict[int, tuple[tuple[int, int], ...]]) -> Iterator[Verdict]:
    """At most the first of each text that reports; nothing where Gupshup is not the one who refuses."""
    if not document.has("gupshup") or document.is_test or document.solved or document.all_is_well:
        return
    for scene in document.scenes:
        for start, end in _told(document, scene):
            if any(first <= start < last for first, last in spoken_for.get(scene.number, ())):
                continue
            verdict = _judge(document, scene, start, end)
            if verdict is not None:
                yield verdict
                if verdict.confidence is not None:
                    break


_IT = frozenset({"it", "them", "la", "lo", "las"})


def _told(document: Document, scene: Scene) -> Iterator[tuple[int, int]]:
    """Where a sentence speaks of a key and of its refusal, or of being unauthorized by an answer."""
    kinds = scene.kinds
    if "key" in kinds and "refused" in kinds:
        for refused in scene.hits("refused"):
            first, last = scene.sentence(refused.start)
            keys = scene.within("key", max(first, refused.start - _REACH), min(last, refused.end + _REACH))
            if keys and not _denied(scene, refused.start):
                yield min(keys[0].start, refused.start), max(keys[-1].end, refused.end)
    elif "refused" in kinds and any("key" in other.kinds for other in document.scenes):
        # "Gupshup still rejects it", under a subject that names the key.
        for refused in scene.hits("refused"):
            beside = {*scene.words_after(refused.end, 1), *scene.words_before(refused.start, 1)}
            if beside & _IT and scene.within("gupshup", *scene.sentence(refused.start)):
                yield refused.start, refused.end
    if "unauthorized" in kinds:
        for hit in scene.hits("unauthorized"):
            first, last = scene.lines_around(hit.start, 2, 2)
            answers = (_VERB | LABEL).intersection(scene.words_before(hit.start, 8)) or scene.within(
                "gupshup", *scene.sentence(hit.start)
            )
            if (answers or scene.within("key", first, last)) and not _denied(scene, hit.start):
                yield hit.start, hit.end


def _denied(scene: Scene, place: int) -> bool:
    return any(word in _NEGATOR and word != "don" for word in scene.words_before(place, 1))


def _judge(document: Document, scene: Scene, start: int, end: int) -> Verdict | None:
    first, last = scene.sentence(start)
    around = scene.lines_around(start, 2, 2)
    entry = scene.index.get("gupshup_http", "401")
    if reaching(scene, "login", start) or reaching(scene, "ip_list", start) or _OTHER_STATUS.search(scene.low, *around):
        return None
    if any(h.sense.entry is not entry for h in scene.within(WORDING, first, last)):
        return None
    at = Verdict(scene, start, end, Rule.REFUSED_KEY(), entry)
    reason = why_no_report(document, scene, start) or why_no_report(document, scene, end)
    if reason:
        return at.dismissed(reason, by_mode=True)
    if "?" in scene.low[first:last] and _QUESTION.match(scene.low, first, last):
        return at.dismissed(DismissalReason.QUESTION(), by_mode=True)
    owner, how = whose(document, scene, start, end)
    if owner != "gupshup" or (how == "far" and document.has("vendor", "own", "meta_access")):
        return None
    return at.found(Confidence.LIKELY, Doubt.STATUS_NOT_IN_TEXT())
