"""All texts of a ticket together: what is said anywhere in it, and what that makes of the whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from zendesk_gupshup.detect.amounts import with_plain_codes
from zendesk_gupshup.detect.drills import drill
from zendesk_gupshup.detect.lexicon import labels, words
from zendesk_gupshup.detect.number_kinds import Said, said
from zendesk_gupshup.detect.patterns import pattern
from zendesk_gupshup.detect.reach import is_beaten
from zendesk_gupshup.detect.scene import Hit, Scene

_COMMIT = pattern("document.commit")
_MARKDOWN = pattern("document.markdown")
_ASKED_OFTEN = pattern("document.asked_often")
_REPLY = pattern("document.reply")
_NEGATOR = words("negator")
_CHANGE = pattern("document.change")
_RENAMING = pattern("document.renaming")

_CLOUD_API = ("cloud api", "graph explorer", "graph api explorer", "graph.facebook.com")
_OTHER_PRODUCT = pattern("document.other_product")
_UNDER_A_CONDITION = pattern("document.under_a_condition")
_OVER = pattern("document.over")
_NOT_OVER = pattern("document.not_over")


@dataclass(eq=False)
class Document:
    """All texts of a ticket together: what is said anywhere in it."""

    scenes: tuple[Scene, ...]
    # Two numbers or more are called codes, one of them Meta's: they vouch for each other.
    codes_together: bool = False
    # Numbers that the subject calls an error: what the whole text is about.
    topics: frozenset[str] = frozenset()
    # Numbers of the texts that hold a candidate.
    with_candidates: frozenset[int] = frozenset()
    # What the model of the text reads, once it was asked.
    model_words: frozenset[str] | None = None
    _said: dict[int, Said] = field(init=False, repr=False, default_factory=dict)
    _has: dict[str, bool] = field(init=False, repr=False, default_factory=dict)

    @cached_property
    def distinct(self) -> tuple[Scene, ...]:
        """What the models read: each text once, and of several comments those with a candidate in them."""
        told = self.scenes
        if sum(scene.text.kind != "subject" for scene in told) > 1 and self.with_candidates:
            told = tuple(s for s in told if s.text.kind == "subject" or s.number in self.with_candidates)
        return tuple({scene.low.strip(): scene for scene in reversed(told)}.values())[::-1]

    def said(self, scene: Scene) -> Said:
        """The text as the models read it: a code of a field is the same code however it is written."""
        if scene.number not in self._said:
            plain = with_plain_codes(scene)
            self._said[scene.number] = said(scene) if plain is scene.low else Said(plain, scene.index)
        return self._said[scene.number]

    def has(self, *kinds: str) -> bool:
        return any(self._says_of(kind) for kind in kinds)

    def _says_of(self, kind: str) -> bool:
        if kind not in self._has:
            self._has[kind] = any(scene.hits(kind) for scene in self.scenes)
        return self._has[kind]

    def beats(self, label: str) -> bool:
        """Does the ticket say anything that takes the label back?"""
        return self.has(*labels()[label].beaten_by)

    def says(self, number: str) -> bool:
        """Does the number stand anywhere, as a word of its own?"""
        return any(f" {number} " in scene.joined for scene in self.scenes)

    @cached_property
    def is_paper(self) -> bool:
        """Written as a document or change, not as a message: there "resolved" closes a section, not the case."""
        texts = [scene.text.text for scene in self.scenes]
        return any(_COMMIT.match(text) or _MARKDOWN.search(f"\n{text}") for text in texts)

    @cached_property
    def is_reply(self) -> bool:
        return any(scene.text.kind == "subject" and _REPLY.match(scene.low) for scene in self.scenes)

    @cached_property
    def names_whatsapp(self) -> bool:
        return any("whats" in scene.low or "waba" in scene.low or "graph api" in scene.low for scene in self.scenes)

    @cached_property
    def names_the_cloud_api(self) -> bool:
        return any(name in scene.low for scene in self.scenes for name in _CLOUD_API)

    @cached_property
    def of_other_meta_products(self) -> bool:
        return any(_OTHER_PRODUCT.search(scene.low) for scene in self.scenes)

    @cached_property
    def all_is_well(self) -> str:
        """The words by which the ticket says that nothing is wrong, or empty."""
        for scene in self.scenes:
            for hit in scene.hits("nothing_wrong"):
                start = scene.sentence(hit.start)[0]
                if is_beaten(scene, "nothing_wrong", hit) or word_before(scene, hit.start) in _NEGATOR:
                    continue
                if _UNDER_A_CONDITION.search(scene.low, max(start, hit.start - 170), hit.start):
                    continue
                return scene.text.text[hit.start : hit.end]
        return self.is_advertising or self.closed_by_subject

    @cached_property
    def is_advertising(self) -> str:
        """Two phrases of people who sell, and none of somebody to whom it happens; clients quote what they sell, too."""
        said = {s.text.text[hit.start : hit.end].lower(): "" for s in self.scenes for hit in s.hits("advertising")}
        return next(iter(said)) if len(said) >= 2 and not self.beats("advertising") else ""

    @cached_property
    def closed_by_subject(self) -> str:
        """`Thanks - resolved`: the subject of a message that tells of nothing new."""
        if self.is_paper or self.has("before_us", "again"):
            return ""
        for scene in self.scenes:
            found = _OVER.search(scene.low) if scene.text.kind == "subject" and "?" not in scene.low else None
            if found and not _NOT_OVER.search(scene.low):
                return scene.text.text[found.start() : found.end()]
        return ""

    @cached_property
    def whatsapp_works(self) -> str:
        if self.is_paper:
            return ""
        for scene in self.scenes:
            for hit in scene.hits("whatsapp_works"):
                # "en Gupshup sale 1003": what comes out is no message.
                if not any(word.isdigit() or word.startswith("err") for word in scene.words_after(hit.end, 2)):
                    return scene.text.text[hit.start : hit.end]
        return ""

    @cached_property
    def is_test(self) -> str:
        if self.is_paper:
            return self._announced("test") or self._announced("simulated")
        return self._first("test") or ("" if self.has("again") else drill(self.scenes))

    @cached_property
    def changes(self) -> str:
        """`docs: `, `feat(api): `, `Rename Foo.bar` at the start of a change message that fixes nothing."""
        found = next((f for s in self.scenes[:1] if (f := _CHANGE.match(s.low) or _RENAMING.match(s.text.text))), None)
        return found[0].strip() if found else ""

    @cached_property
    def is_commit(self) -> bool:
        """`fix(api): ` heads the message of a commit, which tells of a program."""
        return any(_COMMIT.match(scene.low) for scene in self.scenes[:1])

    @cached_property
    def is_plan(self) -> str:
        if self.beats("planning"):
            return ""
        return self._announced("planning") if self.is_paper else self._first("planning")

    @cached_property
    def is_question(self) -> str:
        """A subject that asks what happens if, and nothing below that says that it did."""
        if self.has("before_us", "again", "occurred"):
            return ""
        for scene in self.scenes:
            if scene.text.kind == "subject":
                for kind in ("hypothesis", "condition"):
                    for hit in scene.hits(kind):
                        return scene.text.text[hit.start : hit.end]
        return ""

    @cached_property
    def is_procedure(self) -> str:
        """A subject that announces rules ("procedure", "on call"), and nothing below that says that it happened."""
        subject = next((scene.low for scene in self.scenes if scene.text.kind == "subject"), "")
        if self.beats("procedure") and not _ASKED_OFTEN.search(subject):
            return ""
        return next(
            (
                scene.text.text[hit.start : hit.end]
                for scene in self.scenes
                if scene.text.kind == "subject"
                for hit in scene.hits("procedure")
            ),
            "",
        )

    @cached_property
    def is_wish(self) -> str:
        return "" if self.is_paper else self._first("wish")

    def _announced(self, kind: str) -> str:
        """In the subject or a heading: of a long document each section speaks for itself."""
        for scene in self.scenes:
            for hit in scene.hits(kind):
                if scene.text.kind == "subject" or scene.low.startswith("# ", scene.line(hit.start)[0]):
                    return scene.text.text[hit.start : hit.end]
        return ""

    def _first(self, kind: str) -> str:
        for scene in self.scenes:
            for hit in scene.hits(kind):
                return scene.text.text[hit.start : hit.end]
        return ""

    @cached_property
    def solved(self) -> str:
        """A message that tells of a solution without a "but"."""
        if self.is_paper:
            return ""
        for scene in self.scenes:
            for hit in scene.hits("solved"):
                if not is_beaten(scene, "solved", hit) and not is_denied(scene, hit):
                    return scene.text.text[hit.start : hit.end]
        return ""


def word_before(scene: Scene, place: int, back: int = 1) -> str:
    before = scene.words_before(place, back)
    return before[back - 1] if len(before) >= back else ""


def is_denied(scene: Scene, hit: Hit) -> bool:
    return any(word in _NEGATOR for word in scene.words_before(hit.start, 3))
