"""From a number or a known wording in its context to a verdict: which code, how sure, by which rule, and what speaks against it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from zendesk_gupshup.detect.context import Document, whose, why_no_report
from zendesk_gupshup.detect.index import SUPPORT, TITLE, VARIANT, WORDING
from zendesk_gupshup.detect.mentions import Mention
from zendesk_gupshup.detect.scene import Hit, Scene
from zendesk_gupshup.detect.shapes import Claim
from zendesk_gupshup.dictionary.model import Entry
from zendesk_gupshup.models import Confidence

_HTTP_LABELS = frozenset(
    {"http", "status", "statuscode", "httpstatus", "response", "respuesta", "resposta", "retorno", "resp", "rc"}
)
_NEAR = 170


@dataclass(frozen=True)
class Verdict:
    """What one place in a text amounts to. Without confidence it is dismissed for `reason`."""

    scene: Scene
    start: int
    end: int
    rule: str
    entry: Entry | None = None
    number: str = ""
    variant: str | None = None
    confidence: Confidence | None = None
    reason: str = ""
    against: tuple[str, ...] = ()
    symptom: bool = False
    unknown: bool = False
    # Dismissed for what the sentence says, not for being another kind of number.
    by_mode: bool = False


@dataclass(frozen=True)
class _Reading:
    """One entry that a number may mean, and how well the words around fit it."""

    entry: Entry
    worded: Hit | None = None
    supports: int = 0
    score: float = 0.0
    # The title or a wording of the entry touches the number: "1001 Message too long", "Invalid Media Size (1011)".
    titled: bool = False


def judge_claim(document: Document, claim: Claim) -> Verdict:
    """A payload reports unless the ticket says that it is a sample, or the body could be anybody's."""
    scene, entry = claim.scene, claim.entry
    at = {"scene": scene, "start": claim.start, "end": claim.end, "rule": claim.rule}
    reason = _payload_is_no_report(document, claim)
    if reason:
        return Verdict(**at, entry=entry, number=claim.number, reason=reason, by_mode=True)
    against: list[str] = []
    certain = claim.signed
    if not claim.signed:
        owner, how = whose(document, scene, claim.start, claim.end)
        if owner in ("other", "meta") and not _only_gupshup_says(scene, claim):
            return Verdict(**at, entry=entry, reason="an answer of another system", by_mode=True)
        if owner != "gupshup" and entry is None:
            return Verdict(**at, reason="an answer whose sender is not named")
        certain = entry is not None and (owner == "gupshup" or _only_gupshup_says(scene, claim))
        if owner == "gupshup" and how == "far" and document.has("vendor", "own"):
            certain = False
            against.append("other systems are named too")
    if entry is None and claim.number:
        return Verdict(**at, number=claim.number, unknown=True, confidence=Confidence.LIKELY)
    if entry is None:
        return Verdict(**at, symptom=True, confidence=Confidence.LIKELY)
    if document.all_is_well or document.solved or document.is_wish:
        said = document.all_is_well or document.solved or document.is_wish
        against.append(f'the ticket also says "{said}"')
        certain = False
    if not certain and not claim.signed and not document.has("gupshup") and not _only_gupshup_says(scene, claim):
        # A refused call without a sender: only its words speak for Gupshup.
        confidence = Confidence.LIKELY if document.has("whatsapp") or entry.error.code != "401" else Confidence.LIKELY
        return Verdict(
            **at, entry=entry, variant=claim.variant, confidence=confidence, against=("Gupshup is not named",)
        )
    confidence = Confidence.CERTAIN if certain else Confidence.LIKELY
    return Verdict(**at, entry=entry, variant=claim.variant, confidence=confidence, against=tuple(against))


def _payload_is_no_report(document: Document, claim: Claim) -> str:
    if document.is_test:
        return f'a test, not an incident ("{document.is_test}")'
    scene = claim.scene
    reason = why_no_report(document, scene, claim.start, claim.end)
    return reason if reason.startswith(("under", "a row", "only a condition", "an item")) else ""


def _only_gupshup_says(scene: Scene, claim: Claim) -> bool:
    return any(_is_sentence(scene, hit) for hit in scene.within(WORDING, claim.start, claim.end))


def _is_sentence(scene: Scene, hit: Hit) -> bool:
    """Four words or more, such as `Portal User Not Found With APIKey`, are nobody else's."""
    return scene.low.count(" ", hit.start, hit.end) >= 3 or "gupshup" in scene.low[hit.start : hit.end]


def judge_mention(document: Document, mention: Mention) -> Verdict:
    scene = mention.scene
    at = {
        "scene": scene,
        "start": mention.start,
        "end": mention.end,
        "rule": _rule_of(mention),
        "number": mention.number,
    }
    readings = sorted(_readings(mention), key=lambda reading: -reading.score)
    best = readings[0] if readings else None
    entry = best.entry if best else None
    if mention.not_a_code and not (best and best.titled and mention.not_a_code.startswith(("the number", "an amount"))):
        return Verdict(**at, entry=entry, reason=mention.not_a_code)
    if entry is not None and entry.success:
        return Verdict(**at, entry=entry, reason="a code of success")
    if mention.negated:
        return Verdict(**at, entry=entry, reason="negated", by_mode=True)
    reason = _number_is_no_report(document, mention, titled=best is not None and best.titled)
    if reason:
        return Verdict(**at, entry=entry, reason=reason, by_mode=True)
    if best is None or entry is None:
        return _unknown(document, mention, at)
    owner, how = whose(document, scene, mention.start, mention.end)
    verdict = _weigh(document, mention, best, owner, how)
    confidence, why, against = verdict
    lost = tuple(f"{r.entry.error}: the words fit less" for r in readings[1:2])
    if confidence is None:
        by_mode = why.startswith("an error of")
        return Verdict(**at, entry=entry, reason=why, by_mode=by_mode, symptom=why == _META_REFUSES)
    variant = _variant_near(mention, entry)
    return Verdict(**at, entry=entry, variant=variant, confidence=confidence, against=(*against, *lost))


def _rule_of(mention: Mention) -> str:
    if mention.hashed:
        return "number as Meta writes it"
    if mention.labelled:
        return f'number after "{mention.label_word}"'
    if mention.seen:
        return f'number after "{mention.label_word}"' if mention.label_word else "number that was seen"
    return "number alone on its line" if mention.alone else "number"


def _number_is_no_report(document: Document, mention: Mention, *, titled: bool) -> str:
    scene = mention.scene
    if document.is_test:
        return f'a test, not an incident ("{document.is_test}")'
    topic = mention.number in document.topics
    if mention.defined and not topic:
        return "explained, not reported"
    if mention.example:
        return "an example"
    reason = why_no_report(document, scene, mention.start, mention.end, topic=topic)
    if reason:
        return reason
    if not document.is_paper:
        if document.all_is_well:
            return f'the ticket says "{document.all_is_well}"'
        if document.is_wish and not mention.seen:
            return f'a wish for the product ("{document.is_wish}")'
    # Who quotes number and title together has them from a report.
    return "" if titled and document.has("gupshup") else _asks_the_meaning(document, mention)


def _asks_the_meaning(document: Document, mention: Mention) -> str:
    """`What does 4003 mean?` reports nothing; `we get 4003, what does it mean?` does, and so does a question amid failures."""
    scene = mention.scene
    first, last = scene.sentence(mention.start)
    asked = scene.within("meaning_question", max(first, mention.start - 60), mention.start)
    if not asked or mention.seen or document.has("before_us"):
        return ""
    failing = [
        h for s in document.scenes for h in s.hits.get("failing", ()) if s is not scene or not first <= h.start < last
    ]
    return "" if failing else "a question about its meaning"


def _readings(mention: Mention) -> Iterable[_Reading]:
    scene = mention.scene
    entries = scene.index.by_number.get(mention.number, ())
    if not entries:
        return
    low, high = scene.lines_around(mention.start, 2, 3)
    low, high = max(low, mention.start - _NEAR), min(high, mention.end + _NEAR)
    first, last = scene.sentence(mention.start)
    line = scene.line(mention.start)
    first, last = min(first, line[0]), max(last, line[1])
    first, last = max(first, mention.start - 240), min(last, mention.end + 240)
    for entry in entries:
        hits = [
            h for kind in (WORDING, TITLE, VARIANT) for h in scene.within(kind, low, high) if h.sense.entry is entry
        ]
        touching = next((h for h in hits if _touches(mention, h)), None)
        worded = touching or next(iter(hits), None)
        supports = {h.start for h in scene.within(SUPPORT, first, last) if h.sense.entry is entry}
        score = _PRIOR.get(entry.error.namespace, 0.0) + (4.0 if worded else 0.0) + min(len(supports), 2)
        if mention.hashed and entry.error.namespace == "meta":
            score += 3.0
        if mention.http or mention.label_word in _HTTP_LABELS:
            score += {"gupshup_http": 2.0, "gupshup": -5.0 if entry.context == "strong" else 0.0}.get(
                entry.error.namespace, 0.0
            )
        yield _Reading(entry, worded, len(supports), score, titled=touching is not None)


def _touches(mention: Mention, hit: Hit) -> bool:
    if hit.start >= mention.end:
        between = mention.scene.low[mention.end : hit.start]
    else:
        between = mention.scene.low[hit.end : mention.start]
    return len(between) <= 24 and sum(1 for char in between if char.isalnum()) <= 5


# Whose a bare number is where no word decides: since October 2025 a bare 1001-1012 is Gupshup's, a bare 401 is HTTP.
_PRIOR = {"gupshup": 1.0, "gupshup_http": 0.9, "meta": 0.8, "gupshup_enterprise": -0.5, "meta_onprem": -1.0}


def _weigh(
    document: Document, mention: Mention, best: _Reading, owner: str, how: str
) -> tuple[Confidence | None, str, tuple[str, ...]]:
    """Confidence or, without one, why not; and the counter-evidence."""
    namespace = best.entry.error.namespace
    if namespace == "gupshup_http":
        return _weigh_http(document, mention, best, owner, how)
    if namespace == "meta" and len(mention.number) >= 5:
        return _weigh_long(document, mention, best, owner, how)
    if namespace in ("meta", "meta_onprem", "gupshup_enterprise") or best.entry.context == "strong":
        return _weigh_common(document, mention, best, owner, how)
    return _weigh_own(document, mention, best, owner, how)


def _weigh_own(
    document: Document, mention: Mention, best: _Reading, owner: str, how: str
) -> tuple[Confidence | None, str, tuple[str, ...]]:
    """Gupshup's own four digits: they are also order numbers, ports and rooms, and other systems' errors."""
    if owner == "other" and how == "here" and not best.titled:
        return None, "an error of another system", ()
    if document.whatsapp_works and not best.worded and owner != "gupshup":
        return None, f'an error of another system: "{document.whatsapp_works}"', ()
    about = document.has("gupshup", "whatsapp")
    if owner == "other" and not about and not best.worded:
        return None, "an error of another system", ()
    against = ("another system is named",) if owner == "other" else ()
    named = mention.named or best.titled or ((mention.with_it or mention.bracketed) and _fails_here(mention))
    if best.worded and (about or document.has("sending") or named):
        sure = about and not against and (named or mention.bracketed or document.has("failing"))
        return (Confidence.CERTAIN if sure else Confidence.LIKELY), "", against
    context = about or document.has("sending", "failing") or document.codes_together
    if named and context and not (owner == "other" and how == "near"):
        if (
            mention.labelled
            or document.has("failing")
            or about
            or document.codes_together
            or (mention.seen and document.has("sending"))
        ):
            return Confidence.LIKELY, "", against
    if best.supports and about and (mention.bracketed or document.has("failing")):
        return Confidence.LIKELY, "", against
    if owner == "gupshup" and how == "here" and _fails_here(mention):
        return Confidence.LIKELY, "", against
    return Confidence.POSSIBLE, "", (*against, "nothing beside the number says that it is a code")


def _weigh_long(
    document: Document, mention: Mention, best: _Reading, owner: str, how: str
) -> tuple[Confidence | None, str, tuple[str, ...]]:
    """Five digits and more are Meta's nearly always; parish codes, references and order numbers are the rest."""
    about = document.has("gupshup", "whatsapp")
    named = mention.named or mention.hashed or best.titled
    if best.worded and (about or named):
        return (Confidence.CERTAIN if about and (named or mention.bracketed) else Confidence.LIKELY), "", ()
    context = about or document.has("sending", "failing", "before_us") or document.codes_together
    if mention.hashed or (mention.labelled and (context or mention.label_word.startswith("err"))):
        return Confidence.LIKELY, "", ()
    if _about_here(mention) or (_fails_here(mention) and _sends_here(mention)):
        return Confidence.LIKELY, "", ()
    if mention.named and context:
        return Confidence.LIKELY, "", ()
    if (about or (mention.heads and document.has("sending"))) and (document.has("failing") or best.supports):
        return Confidence.LIKELY, "", ()
    if best.supports and about:
        return Confidence.LIKELY, "", ()
    return Confidence.POSSIBLE, "", ("nothing beside the number says that it is a code",)


def _weigh_common(
    document: Document, mention: Mention, best: _Reading, owner: str, how: str
) -> tuple[Confidence | None, str, tuple[str, ...]]:
    """Numbers that mean many things: only with their form, title or words."""
    namespace = best.entry.error.namespace
    if owner == "other" and how in ("here", "near"):
        return None, "an error of another system", ()
    about = document.has("gupshup", "whatsapp")
    if not about and not (best.worded and mention.labelled and document.has("sending")):
        return None, "a common number, and nothing of WhatsApp is named", ()
    if namespace == "gupshup" and not document.has("gupshup") and not (best.worded and mention.labelled):
        return None, "an HTTP status, and Gupshup is not named", ()
    if best.worded and (mention.named or mention.bracketed or mention.hashed or best.titled):
        return (Confidence.CERTAIN if mention.hashed or best.supports else Confidence.LIKELY), "", ()
    if namespace == "meta" and mention.hashed:
        return Confidence.LIKELY, "", ()
    if best.supports and (mention.labelled or (mention.named and best.supports >= 2)):
        return Confidence.LIKELY, "", ()
    error_code = mention.label_word not in _HTTP_LABELS and mention.labelled and len(mention.number) >= 3
    if namespace == "meta" and error_code and not mention.number.startswith("2") and document.names_whatsapp:
        return Confidence.LIKELY, "", ()
    if namespace == "gupshup" and mention.named and owner == "gupshup" and how == "here" and len(mention.number) >= 4:
        return Confidence.LIKELY, "", ()
    if namespace == "gupshup" and error_code and (owner == "gupshup" or document.has("gupshup")):
        return Confidence.LIKELY, "", ()
    return Confidence.POSSIBLE, "", ("a common number without its words",)


_DENIALS = frozenset({"no", "not", "sin", "sem", "without", "never", "nunca", "ningun", "nenhum"})
_META_REFUSES = "an HTTP status of Meta's API"


def _weigh_http(
    document: Document, mention: Mention, best: _Reading, owner: str, how: str
) -> tuple[Confidence | None, str, tuple[str, ...]]:
    """An HTTP status is Gupshup's only where Gupshup is named and nobody else is nearer."""
    evidence = mention.named or best.worded is not None or mention.bracketed
    if owner == "gupshup" and how == "here" and _gupshup_beside(mention):
        evidence = True
    if best.worded is not None and best.worded.sense.variant and _is_sentence(mention.scene, best.worded):
        owner, how = "gupshup", "here"
    if owner == "other":
        return None, "an error of another system", ()
    if owner == "meta" and not (how == "far" and document.has("gupshup")):
        return None, _META_REFUSES if evidence else "an HTTP status of Meta", ()
    if document.whatsapp_works and not (owner == "gupshup" and how == "here"):
        return None, f'an error of another system: "{document.whatsapp_works}"', ()
    if owner != "gupshup":
        if document.has("symptom") and document.has("whatsapp") and evidence:
            return Confidence.LIKELY, "", ("Gupshup is not named",)
        if document.has("meta_access") and document.names_whatsapp and evidence:
            return None, _META_REFUSES, ()
        return None, "an HTTP status, and Gupshup is not named", ()
    if not evidence and not (how == "here" and (best.supports or _fails_here(mention))):
        return Confidence.POSSIBLE, "", ("nothing beside the number says that it is a status",)
    others = document.has("vendor", "own")
    if how == "far" and others and not best.worded:
        return Confidence.POSSIBLE, "", ("other systems are named too",)
    sure = (
        best.worded is not None or (how == "here" and best.supports >= 1)
    ) and mention.labelled | mention.seen | mention.bracketed
    sure = sure and (how in ("here", "near") or not others)
    return (Confidence.CERTAIN if sure else Confidence.LIKELY), "", (("other systems are named too",) if others else ())


def _fails_here(mention: Mention) -> bool:
    first, last = mention.scene.sentence(mention.start)
    return bool(mention.scene.within("failing", first, last))


def _gupshup_beside(mention: Mention) -> bool:
    """`Gupshup's 401`, `the 401 from Gupshup`."""
    return bool(mention.scene.within("gupshup", mention.start - 20, mention.end + 20))


def _sends_here(mention: Mention) -> bool:
    first, last = mention.scene.sentence(mention.start)
    return bool(mention.scene.within("sending", first, last))


def _about_here(mention: Mention) -> bool:
    first, last = mention.scene.sentence(mention.start)
    return bool(mention.scene.within("whatsapp", first, last) or mention.scene.within("gupshup", first, last))


def _variant_near(mention: Mention, entry: Entry) -> str | None:
    if not entry.variants:
        return None
    scene = mention.scene
    low, high = scene.lines_around(mention.start, 2, 3)
    for kind in (WORDING, VARIANT):
        for hit in scene.within(kind, max(low, mention.start - 300), min(high, mention.end + 300)):
            if hit.sense.entry is entry and hit.sense.variant:
                return hit.sense.variant
    return None


def _unknown(document: Document, mention: Mention, at: dict[str, object]) -> Verdict:
    """A number of the family, called an error in Gupshup's context, that the dictionary lacks."""
    owner, how = whose(document, mention.scene, mention.start, mention.end)
    named = mention.hashed or (mention.labelled and mention.label_word not in _HTTP_LABELS)
    if named and owner != "other" and document.has("gupshup") and _fails_here(mention):
        return Verdict(**at, unknown=True, confidence=Confidence.LIKELY)  # type: ignore[arg-type]
    return Verdict(**at, reason="no code of the dictionary")  # type: ignore[arg-type]


def judge_wording(document: Document, scene: Scene, hit: Hit) -> Verdict:
    """A sentence that only one code uses, without its number."""
    entry = hit.sense.entry
    at = {
        "scene": scene,
        "start": hit.start,
        "end": hit.end,
        "rule": "wording",
        "entry": entry,
        "variant": hit.sense.variant,
    }
    if document.is_test:
        return Verdict(**at, reason=f'a test, not an incident ("{document.is_test}")', by_mode=True)  # type: ignore[arg-type]
    reason = why_no_report(document, scene, hit.start, hit.end)
    if not reason and document.all_is_well and not document.is_paper:
        reason = f'the ticket says "{document.all_is_well}"'
    if not reason and any(word in _DENIALS for word in scene.words_before(hit.start, 1)):
        reason = "negated"
    if reason:
        return Verdict(**at, reason=reason, by_mode=True)  # type: ignore[arg-type]
    owner, how = whose(document, scene, hit.start, hit.end)
    unique = scene.low.count(" ", hit.start, hit.end) >= 3
    paraphrase = hit.sense.variant is None and entry is not None and entry.error.namespace == "gupshup_http"
    if owner == "other" and how == "here" and (paraphrase or not unique):
        return Verdict(**at, reason="an error of another system", by_mode=True)  # type: ignore[arg-type]
    assert entry is not None
    namespace = entry.error.namespace
    if namespace in ("gupshup", "gupshup_http", "gupshup_enterprise") and not document.has("gupshup"):
        if not (unique and (document.has("whatsapp") or document.has("failing"))):
            if not (document.has("whatsapp") and document.has("failing")):
                return Verdict(**at, reason="Gupshup is not named")  # type: ignore[arg-type]
        return Verdict(**at, confidence=Confidence.LIKELY, against=("Gupshup is not named",))  # type: ignore[arg-type]
    if not document.has("gupshup", "whatsapp") and not (unique and (namespace == "meta" or document.has("sending"))):
        return Verdict(**at, reason="nothing of WhatsApp is named")  # type: ignore[arg-type]
    sure = (
        document.has("gupshup") and (unique or owner == "gupshup") and namespace != "meta_onprem" and owner != "other"
    )
    return Verdict(**at, confidence=Confidence.CERTAIN if sure else Confidence.LIKELY)  # type: ignore[arg-type]
