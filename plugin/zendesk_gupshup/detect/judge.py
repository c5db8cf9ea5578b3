"""From a payload, a number or a known wording in its context to a verdict: what speaks for it, and what against."""

from __future__ import annotations

from dataclasses import replace

from zendesk_gupshup.detect.context import whose
from zendesk_gupshup.detect.document import Document
from zendesk_gupshup.detect.doubts import with_doubts
from zendesk_gupshup.detect.drills import shown_result
from zendesk_gupshup.detect.index import WORDING
from zendesk_gupshup.detect.interpretations import HTTP_LABELS, readings
from zendesk_gupshup.detect.lexicon import words
from zendesk_gupshup.detect.mention import TAKEN_BACK_BY_TITLE, Mention
from zendesk_gupshup.detect.mode import why_no_report
from zendesk_gupshup.detect.papers import ruled
from zendesk_gupshup.detect.patterns import pattern
from zendesk_gupshup.detect.reach import reaching
from zendesk_gupshup.detect.reports import Claim
from zendesk_gupshup.detect.scene import Hit, Scene
from zendesk_gupshup.detect.verdict import Verdict
from zendesk_gupshup.detect.weigh import goes_on, has_here, is_sentence, variant_near, weigh
from zendesk_gupshup.model.detection_reasons import DismissalReason, Doubt, Rule
from zendesk_gupshup.model.finding import Confidence
from zendesk_gupshup.model.reason import Reason, is_any

# It happened, under whatever subject it is told.
_PAST = words("past")
_QUOTES = ('"', "'", "“", "«", "`", "‘")
_DENIALS = frozenset({"no", "not", "sin", "sem", "without", "never", "nunca", "ningun", "nenhum"})
# What makes a payload no report. "Solved" and "imagined" lie in the words around it, which are not about it alone.
_OF_PAYLOADS = frozenset(
    {
        DismissalReason.UNDER_HEADING,
        DismissalReason.TABLE_ROW,
        DismissalReason.CONDITION,
        DismissalReason.CHECKLIST_ITEM,
        DismissalReason.MADE_BY_PROGRAM,
        DismissalReason.GENERAL_RULE,
        DismissalReason.CHANGE,
    }
)
_OF_ANOTHER_SYSTEM = frozenset({DismissalReason.OTHER_SYSTEM, DismissalReason.OTHER_SYSTEM_AS_WHATSAPP_WORKS})
# Meta's API refuses the access token: an error of the Cloud API, though no code of ours.
_META_REFUSES = frozenset({DismissalReason.META_API_STATUS})


def judge_claim(document: Document, claim: Claim) -> Verdict:
    """A payload reports unless the ticket says that it is a sample, or the body could be anybody's."""
    scene, entry = claim.scene, claim.entry
    at = Verdict(scene, claim.start, claim.end, claim.rule, entry, claim.number, claim.variant)
    reason = _test(document) or why_no_report(document, scene, claim.start)
    if reason and (document.is_test or is_any(reason, _OF_PAYLOADS)):
        return at.dismissed(reason, by_mode=True)
    if rule := ruled(scene, claim.start, claim.end) or _as_result(document, scene, claim.start, claim.end):
        return at.dismissed(rule, by_mode=True)
    against = [Doubt.EXAMPLE()] if _is_shown(document, scene, claim.start) else []
    if not claim.signed:
        owner, how = whose(document, scene, claim.start, claim.end)
        only_gupshup = any(is_sentence(scene, hit) for hit in scene.within(WORDING, claim.start, claim.end))
        if owner in ("other", "meta") and not only_gupshup:
            return at.dismissed(DismissalReason.ANSWER_OF_OTHER_SYSTEM(), by_mode=True)
        if owner != "gupshup" and entry is None:
            return at.dismissed(DismissalReason.ANSWER_WITHOUT_SENDER())
        if owner != "gupshup" and not only_gupshup:
            against.append(Doubt.GUPSHUP_NOT_NAMED())
        elif owner == "gupshup" and how == "far" and document.has("vendor", "own"):
            against.append(Doubt.OTHER_SYSTEMS_NAMED())
    if entry is None:
        return at.told_as_unknown() if claim.number else at.told_as_symptom()
    return with_doubts(document, at.found(Confidence.LIKELY if against else Confidence.CERTAIN, *against))


def judge_mention(document: Document, mention: Mention) -> Verdict:
    """A number: is it a code, does its sentence report it, whose is it, and how well do the words fit?"""
    scene = mention.scene
    ranked = readings(mention, document.read_as)
    best = ranked[0] if ranked else None
    entry = best.entry if best else None
    place = scene, mention.start, mention.end
    at = Verdict(*place, _rule_of(mention), entry, mention.number, mention=mention, readings=tuple(ranked))
    titled = best is not None and best.titled
    if mention.not_a_code and not (titled and is_any(mention.not_a_code, TAKEN_BACK_BY_TITLE)):
        return at.dismissed(mention.not_a_code)
    if entry is not None and entry.success:
        return at.dismissed(DismissalReason.SUCCESS())
    reason = _no_report(document, mention, titled=titled)
    if reason:
        return at.dismissed(reason, by_mode=True)
    owner, how = whose(document, scene, mention.start, mention.end)
    # A closed API's number that Gupshup gives is one of Gupshup's that we do not know.
    alike = entry is not None and entry.error.namespace == "meta_onprem" and len(mention.number) == 4
    if best is not None and alike and (owner, how) == ("gupshup", "here") and not (best.worded or best.supports):
        best = None
    if best is None or entry is None:
        return _unknown(document, mention, at, owner)
    weight = weigh(document, mention, best, owner, how)
    if is_any(weight.why, _META_REFUSES):
        return replace(at, reason=weight.why, symptom=True)
    if weight.confidence is None:
        return at.dismissed(weight.why, by_mode=is_any(weight.why, _OF_ANOTHER_SYSTEM))
    lost = tuple(Doubt.FITS_LESS(error=str(reading.entry.error)) for reading in ranked[1:2])
    at = replace(at, variant=variant_near(mention, entry))
    return with_doubts(document, at.found(weight.confidence, *weight.against, *lost))


def judge_wording(document: Document, scene: Scene, hit: Hit) -> Verdict:
    """A sentence that only one code uses, without its number."""
    entry = hit.sense.entry
    at = Verdict(scene, hit.start, hit.end, Rule.WORDING(), entry, variant=hit.sense.variant)
    reason = _test(document) or why_no_report(document, scene, hit.start)
    if not reason and (said := document.is_question or document.is_plan):
        reason = DismissalReason.ASKED_OR_PLANNED(quote=said)
    if not reason and document.is_procedure and not _in_a_heading(scene, hit.start):
        reason = DismissalReason.PROCEDURE(quote=document.is_procedure)
    if not reason and document.all_is_well and not document.is_paper:
        reason = DismissalReason.ALL_IS_WELL(quote=document.all_is_well)
    if not reason and _DENIALS.intersection(scene.words_before(hit.start, 1)):
        reason = DismissalReason.NEGATED()
    reason = reason or ruled(scene, hit.start, hit.end) or _as_result(document, scene, hit.start, hit.end)
    if reason or entry is None:
        return at.dismissed(reason, by_mode=True)
    owner, how = whose(document, scene, hit.start, hit.end)
    if _under_another_number(scene, hit):
        return at.dismissed(DismissalReason.TEXT_OF_OTHER_SYSTEM(), by_mode=True)
    sentence = is_sentence(scene, hit)
    ours = entry.error.namespace in ("gupshup", "gupshup_http", "gupshup_enterprise")
    # Where the vendor has no such words, the phrase only describes the trouble: "rejects our API key".
    described = entry.error.namespace == "gupshup_http" and hit.sense.variant is None
    if described and (owner != "gupshup" or how == "far"):
        return at.dismissed(DismissalReason.GUPSHUP_NOT_BESIDE())
    if owner == "other" and how == "here" and not sentence:
        return at.dismissed(DismissalReason.OTHER_SYSTEM(), by_mode=True)
    if ours and not document.has("gupshup"):
        if entry.error.namespace == "gupshup_http" and not sentence and not _is_of_sending(document):
            return at.dismissed(DismissalReason.GUPSHUP_NOT_IN_TICKET(), by_mode=True)
        about, failing = document.has("whatsapp", "sending"), document.has("failing")
        quoted = sentence and scene.low[hit.start - 1 : hit.start] in _QUOTES
        if quoted and owner != "other":
            return at.found(Confidence.LIKELY, Doubt.GUPSHUP_NOT_NAMED())
        if not ((about and failing) or (sentence and (about or failing))):
            return at.dismissed(DismissalReason.GUPSHUP_NOT_IN_TICKET())
        return at.found(Confidence.LIKELY, Doubt.GUPSHUP_NOT_NAMED())
    alone = sentence and (entry.error.namespace == "meta" or document.has("sending"))
    if not alone and not document.has("gupshup", "whatsapp"):
        return at.dismissed(DismissalReason.WHATSAPP_NOT_IN_TICKET())
    sure = document.has("gupshup") and owner != "other" and not described and (sentence or owner == "gupshup")
    if entry.error.namespace == "meta_onprem":
        sure = False
    return with_doubts(document, at.found(Confidence.CERTAIN if sure else Confidence.LIKELY))


def _is_of_sending(document: Document) -> bool:
    """Everybody's server says "Authentication Failed": Gupshup's where templates or messages fail, and nobody else is named."""
    if goes_on(document) and document.has("key"):
        return True
    return document.has("symptom", "sending_symptom") and not document.has("vendor") and not document.whatsapp_works


_NUMBER_BEFORE = pattern("judge.number_before")


def _under_another_number(scene: Scene, hit: Hit) -> bool:
    found = _NUMBER_BEFORE.search(scene.low, max(scene.line(hit.start)[0], hit.start - 40), hit.start)
    return found is not None and found[1] not in scene.index.by_number


_SHOWN = pattern("judge.shown")


def _is_shown(document: Document, scene: Scene, start: int) -> bool:
    """`A failed event looks like this:` above a payload, and nothing that says it came."""
    if document.has("before_us", "again", "occurred"):
        return False
    above = scene.lines_around(start, 3, 0)[0]
    return _SHOWN.search(scene.low, max(above, start - 240), start) is not None


def _as_result(document: Document, scene: Scene, start: int, end: int) -> Reason | None:
    """What a how-to shows, where nobody says that it came."""
    shown = shown_result(scene, start, end)
    return None if shown is None or document.has("before_us", "again", "occurred") else shown


def _rule_of(mention: Mention) -> Reason:
    if mention.hashed:
        return Rule.NUMBER_AS_META_WRITES()
    if (mention.labelled or mention.seen) and mention.label_word:
        return Rule.NUMBER_AFTER(word=mention.label_word)
    if mention.seen:
        return Rule.NUMBER_SEEN()
    return Rule.NUMBER_ALONE() if mention.alone else Rule.NUMBER()


def _test(document: Document) -> Reason | None:
    return DismissalReason.TEST(quote=document.is_test) if document.is_test else None


def _no_report(document: Document, mention: Mention, *, titled: bool) -> Reason | None:
    """Why this number's sentence, or the whole ticket, does not report it."""
    if mention.negated:
        return DismissalReason.NEGATED()
    if document.is_test:
        return _test(document)
    topic = mention.number in document.topics
    if mention.defined and not topic:
        return DismissalReason.EXPLAINED()
    if mention.example:
        return DismissalReason.EXAMPLE()
    reason = why_no_report(document, mention.scene, mention.start, topic=topic)
    if reason:
        return reason
    if not topic and (rule := ruled(mention.scene, mention.start, mention.end)):
        return rule
    if not topic and (shown := _as_result(document, mention.scene, mention.start, mention.end)):
        return shown
    if document.all_is_well and not document.is_paper:
        return DismissalReason.ALL_IS_WELL(quote=document.all_is_well)
    if document.is_question:
        return DismissalReason.ASKED(quote=document.is_question)
    told = mention.seen and mention.label_word in _PAST
    headed = _in_a_heading(mention.scene, mention.start) or (
        titled and _asked_in_bold(mention.scene, mention.start) and _the_only_code(document, mention.number)
    )
    if document.is_procedure and not (topic or told or headed):
        return DismissalReason.PROCEDURE(quote=document.is_procedure)
    if document.is_plan and not mention.seen:
        return DismissalReason.PLANNED(quote=document.is_plan)
    if mention.mapped and not mention.seen and not topic:
        return DismissalReason.INSTRUCTION()
    if document.is_wish and not mention.seen:
        return DismissalReason.WISH(quote=document.is_wish)
    # Who quotes number and title together has them from a report.
    return None if titled and document.has("gupshup") else _asks_the_meaning(document, mention)


def _in_a_heading(scene: Scene, place: int) -> bool:
    """`## 401 - Portal User Not Found`: an article about one error."""
    return scene.low.startswith("#", scene.line(place)[0])


def _the_only_code(document: Document, number: str) -> bool:
    """Of several each is an entry of a list of questions."""
    codes = document.scenes[0].index.plain_numbers | {"401", "403"}
    return all(scene.digits & codes <= {number} for scene in document.scenes)


_FIRST_PERSON = pattern("judge.first_person")


def _asked_in_bold(scene: Scene, place: int) -> bool:
    """`**I get "1003 - Wallet Balance Low". What now?**`: an entry of its own among questions, in the words of who has it."""
    first, last = scene.line(place)
    line = scene.low[first:last].strip()
    heading = line.startswith(("**", "__")) or line.endswith("?") or not line.strip("*_ ")
    return (
        heading
        and len(line) < 200
        and _FIRST_PERSON.match(line) is not None
        and not scene.within("condition", first, last)
    )


def _asks_the_meaning(document: Document, mention: Mention) -> Reason | None:
    """`What does 4003 mean?` reports nothing; `we get 4003, what does it mean?` does, or a question amid failures."""
    scene = mention.scene
    first, last = scene.sentence(mention.start)
    asked = reaching(scene, "meaning_question", mention.start)
    if not asked or mention.seen or document.has("before_us"):
        return None
    elsewhere = (
        hit
        for other in document.scenes
        for hit in other.hits("failing")
        if other is not scene or not first <= hit.start < last
    )
    return None if any(elsewhere) else DismissalReason.ASKED_MEANING()


def _unknown(document: Document, mention: Mention, at: Verdict, owner: str) -> Verdict:
    """A number of the family, called an error in Gupshup's context, that the dictionary lacks."""
    named = mention.hashed or (mention.labelled and mention.label_word not in HTTP_LABELS)
    if named and owner != "other" and document.has("gupshup") and has_here(mention, "failing"):
        return at.told_as_unknown()
    return at.dismissed(DismissalReason.NOT_IN_DICTIONARY())
