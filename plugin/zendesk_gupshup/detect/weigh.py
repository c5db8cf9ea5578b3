"""How sure it is that a number means a code: each kind of number has its own everyday doubles, and so its own rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from zendesk_gupshup.detect.beside import VERB
from zendesk_gupshup.detect.document import Document
from zendesk_gupshup.detect.index import VARIANT, WORDING
from zendesk_gupshup.detect.interpretations import HTTP_LABELS, Reading
from zendesk_gupshup.detect.mention import Mention
from zendesk_gupshup.detect.patterns import pattern
from zendesk_gupshup.detect.scene import Hit, Scene
from zendesk_gupshup.detect.speaker import said_by_a_stranger
from zendesk_gupshup.dictionary.model import CodeEntry
from zendesk_gupshup.model.detection_reasons import DismissalReason, Doubt
from zendesk_gupshup.model.finding import Confidence
from zendesk_gupshup.model.reason import Reason

_ARTICLES = frozenset({"the", "el", "o", "los", "os", "der", "le", "il"})


@dataclass(frozen=True)
class Weight:
    """Without confidence, `why` says why not."""

    confidence: Confidence | None
    why: Reason | None = None
    against: tuple[Reason, ...] = ()


def weigh(document: Document, mention: Mention, best: Reading, owner: str, how: str) -> Weight:
    """`owner` and `how` are whose the passage is and how near that name stands (`context.whose`)."""
    namespace = best.entry.error.namespace
    if namespace == "gupshup_http":
        return _weigh_status(document, mention, best, owner, how)
    if namespace == "meta" and len(mention.number) >= 5:
        return _weigh_long(document, mention, best)
    if namespace != "gupshup" or best.entry.context == "strong":
        return _weigh_common(document, mention, best, owner, how)
    return _weigh_own(document, mention, best, owner, how)


def _weigh_own(document: Document, mention: Mention, best: Reading, owner: str, how: str) -> Weight:
    """Gupshup's own four digits: they are also order numbers, ports and rooms, and other systems' errors."""
    other = owner == "other"
    about = document.has("gupshup", "whatsapp")
    if other and ((how == "here" and not best.titled) or not (about or best.worded)):
        return Weight(None, DismissalReason.OTHER_SYSTEM())
    if document.whatsapp_works and not best.worded and owner != "gupshup":
        return Weight(None, DismissalReason.OTHER_SYSTEM_AS_WHATSAPP_WORKS(quote=document.whatsapp_works))
    if not about and not best.worded and not best.titled and _of_a_machine(mention):
        return Weight(None, DismissalReason.OTHER_SYSTEM())
    against = (Doubt.OTHER_SYSTEM_NAMED(),) if other else ()
    fails = has_here(mention, "failing")
    named = mention.named or best.titled or ((mention.with_it or mention.bracketed) and fails)
    if best.worded and (about or named or document.has("sending")):
        # "Wallet" and "template" are said elsewhere too.
        ours = document.has("gupshup", "sending")
        sure = ours and not other and (named or mention.bracketed or document.has("failing"))
        return Weight(Confidence.CERTAIN if sure else Confidence.LIKELY, against=against)
    likely = Weight(Confidence.LIKELY, against=against)
    # A form's "Código: 1003" is the code of anything.
    anything = mention.label_word.startswith("cod") and not mention.seen and not best.supports and not best.titled
    anything = anything and not mention.counted and not document.codes_together
    if anything and not document.has("failing", "before_us", "again"):
        return Weight(Confidence.POSSIBLE, against=(*against, Doubt.NOT_CALLED_CODE()))
    if named and not (other and how == "near"):
        if about or document.codes_together or document.has("failing"):
            return likely
        if document.has("sending", "before_us", "again", "occurred") and (mention.labelled or mention.seen):
            return likely
    # "The video with 1010.": no unit follows.
    if mention.with_it and document.has("failing") and document.has("sending", "whatsapp", "gupshup") and not other:
        ends = mention.scene.low[mention.end : mention.end + 1]
        if ends in ("", ".", ",", ";", "\n", ")", "!", "?"):
            return likely
    if best.supports and about and (mention.bracketed or document.has("failing")):
        return likely
    article = mention.scene.words_before(mention.start, 1)[:1]
    if article and article[0] in _ARTICLES and about and has_here(mention, "failing", "again") and not other:
        return likely
    if (owner == "gupshup" and how == "here" and fails) or (best.titled and not other):
        return likely
    return Weight(Confidence.POSSIBLE, against=(*against, Doubt.NOT_CALLED_CODE()))


_MACHINE = pattern("weigh.machine")


def _of_a_machine(mention: Mention) -> bool:
    """Its own words, in the line behind the number or shortly before it, name disks, databases and files."""
    low, (first, last) = mention.scene.low, mention.scene.line(mention.start)
    found = _MACHINE.search(low, max(first, mention.start - 80), min(last, mention.end + 120))
    return found is not None and not mention.scene.within("sending", first, last)


def _weigh_long(document: Document, mention: Mention, best: Reading) -> Weight:
    """Five digits and more are Meta's nearly always; parish codes, references and order numbers are the rest."""
    about = document.has("gupshup", "whatsapp")
    if document.whatsapp_works and not best.worded and not mention.hashed:
        return Weight(None, DismissalReason.OTHER_SYSTEM_AS_WHATSAPP_WORKS(quote=document.whatsapp_works))
    named = mention.named or mention.hashed or best.titled
    if best.worded and (about or named):
        sure = about and (named or mention.bracketed)
        return Weight(Confidence.CERTAIN if sure else Confidence.LIKELY)
    context = about or document.codes_together or document.has("sending", "failing", "before_us")
    about_here = has_here(mention, "whatsapp", "gupshup")
    if (
        mention.hashed
        or (mention.named and context)
        or (_said_again(document, mention) and not document.has("vendor"))
        or (mention.labelled and mention.label_word.startswith("err"))
        or about_here
        or (has_here(mention, "failing") and has_here(mention, "sending"))
        or (mention.heads and document.has("sending") and (best.supports or document.has("failing")))
        or (about and (best.supports or document.has("failing", "before_us")))
    ):
        return Weight(Confidence.LIKELY)
    return Weight(Confidence.POSSIBLE, against=(Doubt.NOT_CALLED_CODE(),))


def _said_again(document: Document, mention: Mention) -> bool:
    """`(131049) again`, `sigue el 131042`, `131050 on half of the list`: whom else would it concern?"""
    if mention.labelled:
        return False
    if has_here(mention, "before_us") and not document.has("nothing_wrong"):
        return True
    once_more = document.has("again") or "again" in mention.scene.words_after(mention.end, 2)
    return mention.counted or (
        once_more and (mention.seen or mention.bracketed) and not (document.has("nothing_wrong") or document.solved)
    )


def _weigh_common(document: Document, mention: Mention, best: Reading, owner: str, how: str) -> Weight:
    """Numbers that mean many things: only with their form, their title or their words."""
    namespace = best.entry.error.namespace
    if owner == "other" and how in ("here", "near"):
        return Weight(None, DismissalReason.OTHER_SYSTEM())
    called = best.worded is not None and mention.labelled
    # `(#100) Invalid parameter`: nobody but Graph writes so, and of its products only WhatsApp is ours.
    graphs = namespace == "meta" and mention.hashed and best.titled and not document.has("vendor")
    if graphs and not document.has("whatsapp", "gupshup") and not document.of_other_meta_products:
        return Weight(Confidence.LIKELY, against=(Doubt.WHATSAPP_NOT_NAMED(),))
    if not document.has("gupshup", "whatsapp") and not (called and document.has("sending")):
        return Weight(None, DismissalReason.COMMON_NUMBER_WITHOUT_WHATSAPP())
    if namespace == "gupshup" and not document.has("gupshup") and not (called and _by_provider(mention)):
        return Weight(None, DismissalReason.STATUS_WITHOUT_GUPSHUP())
    if best.worded and (mention.named or mention.bracketed or mention.hashed or best.titled):
        return Weight(Confidence.CERTAIN if mention.hashed or best.supports else Confidence.LIKELY)
    # "status 200" is no code of Graph's, and `200-299` are codes of theirs only in their form.
    code = mention.labelled and mention.label_word not in HTTP_LABELS and len(mention.number) >= 3
    by_form = {
        "meta": mention.hashed or (code and not mention.number.startswith("2") and document.names_whatsapp),
        "gupshup": (code and document.has("gupshup"))
        or (mention.named and (owner, how) == ("gupshup", "here") and len(mention.number) >= 4)
        or (mention.named and _gupshup_beside(mention)),
    }.get(namespace, False)
    bracketed = mention.bracketed and best.supports > 0 and namespace == "meta"
    if by_form or bracketed or (best.supports and mention.labelled) or (best.supports >= 2 and mention.named):
        return Weight(Confidence.LIKELY)
    return Weight(Confidence.POSSIBLE, against=(Doubt.COMMON_NUMBER(),))


def _weigh_status(document: Document, mention: Mention, best: Reading, owner: str, how: str) -> Weight:
    """An HTTP status is Gupshup's only where Gupshup is named and nobody else is nearer."""
    told = mention.named or mention.bracketed or best.worded is not None
    if (owner, how) == ("gupshup", "here") and (_gupshup_beside(mention) or _tells_the_refusal(mention)):
        told = True
    # "Sale un cuadrito rojo con 401".
    seen = VERB.intersection(mention.scene.words_before(mention.start, 7))
    told = told or (mention.with_it and (bool(seen) or document.has("symptom")))
    if best.worded is not None and best.worded.sense.variant and is_sentence(mention.scene, best.worded):
        owner, how = "gupshup", "here"
    # People's sessions end with 401 and 403 too.
    if owner == "other" or ((owner, how) != ("gupshup", "here") and has_here(mention, "login")):
        return Weight(None, DismissalReason.OTHER_SYSTEM())
    if owner == "meta" and not (how == "far" and document.has("gupshup")):
        return Weight(None, (DismissalReason.META_API_STATUS if told else DismissalReason.META_STATUS)())
    if document.whatsapp_works and (owner, how) != ("gupshup", "here"):
        return Weight(None, DismissalReason.OTHER_SYSTEM_AS_WHATSAPP_WORKS(quote=document.whatsapp_works))
    if owner != "gupshup":
        return _weigh_without_owner(document, told=told)
    if how != "here" and said_by_a_stranger(mention.scene, mention.start):
        return Weight(None, DismissalReason.OTHER_SYSTEM())
    others = document.has("vendor", "own")
    if not told and not (how == "here" and (best.supports or has_here(mention, "failing"))):
        return Weight(Confidence.POSSIBLE, against=(Doubt.NOT_CALLED_STATUS(),))
    if how == "far" and others:
        return Weight(Confidence.POSSIBLE, against=(Doubt.OTHER_SYSTEMS_NAMED(),))
    proved = _proves(mention, best) or (how == "here" and best.supports > 0)
    sure = proved and (mention.labelled or mention.seen or mention.bracketed) and how != "far"
    return Weight(
        Confidence.CERTAIN if sure else Confidence.LIKELY, against=(Doubt.OTHER_SYSTEMS_NAMED(),) if others else ()
    )


def _tells_the_refusal(mention: Mention) -> bool:
    """`Gupshup no longer recognises our key (answer "not authorised", 401)`."""
    near = mention.scene.within("key", mention.start - 60, mention.end + 40)
    return mention.number == "401" and (bool(near) or has_here(mention, "unauthorized", "refused"))


def _proves(mention: Mention, best: Reading) -> bool:
    """A title or wording does; of the words that only refine a status ("whitelist") two together."""
    hit = best.worded
    return hit is not None and (hit.sense.kind != VARIANT or " " in mention.scene.low[hit.start : hit.end])


def _weigh_without_owner(document: Document, *, told: bool) -> Weight:
    """Templates that do not load are the first sign of Gupshup's 401, also where nobody writes Gupshup's name."""
    if told and document.has("symptom") and document.has("whatsapp"):
        return Weight(Confidence.LIKELY, against=(Doubt.GUPSHUP_NOT_NAMED(),))
    # "The owner made another key, and it is still 401": the talk goes on, and nobody else is named in it.
    if (
        told
        and document.has("key")
        and document.has("again")
        and document.is_reply
        and not document.has("vendor", "own")
    ):
        return Weight(Confidence.LIKELY, against=(Doubt.GUPSHUP_NOT_NAMED(),))
    if told and (document.has("meta_access") or document.names_the_cloud_api) and document.names_whatsapp:
        return Weight(None, DismissalReason.META_API_STATUS())
    return Weight(None, DismissalReason.STATUS_WITHOUT_GUPSHUP())


def is_sentence(scene: Scene, hit: Hit) -> bool:
    """Four words or more, as `Portal User Not Found With APIKey`, are nobody else's; nor is `localizable_params`."""
    words = scene.low[hit.start : hit.end]
    return words.count(" ") >= 3 or "gupshup" in words or "_" in words


def has_here(mention: Mention, *kinds: str) -> bool:
    """Does the number's own sentence hold a word of these kinds?"""
    first, last = mention.scene.sentence(mention.start)
    return any(mention.scene.within(kind, first, last) for kind in kinds)


def _gupshup_beside(mention: Mention) -> bool:
    """`Gupshup's 401`, `the 401 from Gupshup`."""
    return bool(mention.scene.within("gupshup", mention.start - 20, mention.end + 20))


def _by_provider(mention: Mention) -> bool:
    """Anybody's server says `500 Internal Server Error`: "the provider answers 500" does not."""
    low, (first, last) = mention.scene.low, mention.scene.sentence(mention.start)
    return mention.number != "500" or any(word in low[first:last] for word in ("provider", "proveedor", "provedor"))


def variant_near(mention: Mention, entry: CodeEntry) -> str | None:
    """Which cause of the code the words around the number tell."""
    if not entry.variants:
        return None
    scene = mention.scene
    low, high = scene.lines_around(mention.start, 2, 3)
    near: Iterable[Hit] = (
        hit
        for kind in (WORDING, VARIANT)
        for hit in scene.within(kind, max(low, mention.start - 300), min(high, mention.end + 300))
    )
    return next((hit.sense.variant for hit in near if hit.sense.entry is entry and hit.sense.variant), None)
