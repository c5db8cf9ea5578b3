"""Trouble told without a code: failing sends, templates that do not load, a refused access token."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from zendesk_gupshup.detect.context import whose
from zendesk_gupshup.detect.document import Document
from zendesk_gupshup.detect.mode import why_no_report
from zendesk_gupshup.detect.scene import Hit, Scene
from zendesk_gupshup.detect.verdict import Verdict
from zendesk_gupshup.model.detection_reasons import Rule


def symptoms(document: Document, spoken_for: Mapping[int, tuple[tuple[int, int], ...]]) -> Iterator[Verdict]:
    """Failing sends and templates that do not load, where Gupshup is named; Meta's refusals told without a number."""
    if document.all_is_well or document.is_test or document.solved or document.is_wish or document.changes:
        return
    if document.is_question or document.is_plan or document.is_procedure or document.whatsapp_works:
        return
    for scene in document.scenes:
        kinds: list[str] = []
        if document.has("gupshup"):
            kinds = ["symptom", "sending_symptom"]
        elif document.names_whatsapp:
            kinds = ["symptom"]
        if scene.text.kind != "subject":
            kinds += ["api_symptom", "token_symptom"] if document.names_whatsapp else ["api_symptom"]
        idle = [hit for hit in scene.hits("not_going") if _names_gupshup(scene, *scene.sentence(hit.start))]
        for hit in (*(hit for kind in kinds for hit in scene.hits(kind)), *idle):
            told = not any(first <= hit.start < last for first, last in spoken_for.get(scene.number, ()))
            # `WHATSAPP_TOKEN_EXPIRED` is a name in a program.
            if not told or "_" in scene.low[hit.start : hit.end] or why_no_report(document, scene, hit.start):
                continue
            # A person's password for the console is no traffic.
            if hit in idle and (
                _of_another(scene, hit)
                or _names_an_event(scene, hit)
                or scene.within("login", *scene.sentence(hit.start))
            ):
                continue
            if whose(document, scene, hit.start, hit.end)[0] != "other":
                yield Verdict(scene, hit.start, hit.end, Rule.SYMPTOM()).told_as_symptom()


def _names_gupshup(scene: Scene, start: int, end: int) -> bool:
    """`gs-orders-2` is a topic of the writer's own."""
    named = scene.within("gupshup", start, end)
    return any(scene.low[hit.end : hit.end + 1] not in ("-", "_") or hit.end - hit.start > 3 for hit in named)


# "Não recebemos mais o 401", "how long does it take to move to Gupshup?".
_NO_MORE = frozenset({"mais", "mas", "more", "anymore", "longer"})
_HOW_LONG = frozenset({"cuanto", "quanto", "how", "cuantas", "quantas", "cuantos"})


_EVENTS = frozenset({"sent", "delivered", "read", "enqueued", "deleted", "failed", "submitted"})


def _names_an_event(scene: Scene, hit: Hit) -> bool:
    """`Tick the events failed, sent, delivered and read`."""
    beside = {*scene.words_after(hit.end, 2), *scene.words_before(hit.start, 2)}
    return scene.low[hit.start : hit.end] == "failed" and bool(beside & _EVENTS)


def _of_another(scene: Scene, hit: Hit) -> bool:
    """`Our webhook rejects Gupshup's callbacks`, `Twilio fails, we want Gupshup`."""
    if _NO_MORE.intersection(scene.words_after(hit.end, 1)) or _HOW_LONG.intersection(scene.words_before(hit.start, 3)):
        return True
    return bool(
        scene.within("vendor", *scene.sentence(hit.start)) or scene.within("own", max(0, hit.start - 30), hit.start)
    )
