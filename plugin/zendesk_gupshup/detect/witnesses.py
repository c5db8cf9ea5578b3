"""Confidence by witnesses: the rules, the model of the place and the model of the text, which fail differently.

`certain` needs all three and nothing that speaks against a report; what one of them says alone is likely or possible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice

from zendesk_gupshup.detect.candidate_model import CandidateModel
from zendesk_gupshup.detect.candidates import Candidate
from zendesk_gupshup.detect.document_model import document_parts, document_score
from zendesk_gupshup.detect.index import WORDING
from zendesk_gupshup.detect.joining import CodeGroup, Scored, groups_of, join_signals, joined
from zendesk_gupshup.detect.judgement import JudgedTexts
from zendesk_gupshup.detect.linear import probability
from zendesk_gupshup.detect.mention import PARTS, Mention
from zendesk_gupshup.detect.number_kinds import is_telling
from zendesk_gupshup.detect.patterns import regex
from zendesk_gupshup.detect.verdict import Verdict
from zendesk_gupshup.detect.weights import Thresholds, Weights
from zendesk_gupshup.model.detection_reasons import DismissalReason, Doubt, Rule
from zendesk_gupshup.model.finding import Confidence, ErrorCode, WeightPart, Witness
from zendesk_gupshup.model.reason import is_any

# Nothing certain is told there: on paper, in a quotation, of another system, under a test, a wish or a solution.
_VETOES = frozenset({
    "text paper", "text markdown", "in a comment", "in a quotation", "in a long quotation", "in a code block", "in a heading", "text test", "text solved",
    "text well", "text change", "text wish", "text plan", "text procedure", "text question", "owner other here",
    "owner other near", "text whatsapp works",
})  # fmt: skip
_WORDED = frozenset({"wording", "title", "fuzzy"})
_PARTS = 8
_NOT_JUDGED = frozenset({DismissalReason.NOT_JUDGED})
_SHORT_WORDS, _SHORT_CHANCE, _SHORT_SCORE = 30, 0.6, 0.75
_DENIED = frozenset({DismissalReason.NEGATED})
_SURE_OF_NONE, _EVEN = 0.02, 0.5
_PAYLOADS = frozenset(
    {Rule.FAILED_EVENT, Rule.DELIVERY_REPORT, Rule.GATEWAY_ANSWER, Rule.MESSAGE_STATUS, Rule.ACCOUNT_EVENT}
)
_WORD = regex(r"[a-z]{2,}")
_OBJECT = regex(r"\{[^{}]*\}")
_BARE_READ, _DEEPEST = 20_000, 8
# Of fewer words nothing is brought back, a text is bare, and it is thin: there the models know little.
_FEWEST, _BARE, _THIN = 3, 4, 12
_NOT_IN_TEXT = frozenset({Doubt.STATUS_NOT_IN_TEXT})


@dataclass(frozen=True)
class Judgement:
    """What is reported in the end, and who said so, by code."""

    verdicts: tuple[Verdict, ...]
    witnesses: Mapping[ErrorCode, tuple[Witness, ...]]


def judged(view: JudgedTexts, weights: Weights) -> Judgement:
    """The rules' verdicts with the confidence that all witnesses give them together, and what the models add."""
    if not view.candidates or _is_bare(view):
        return Judgement(view.verdicts, {})
    model = CandidateModel.of(weights.candidate)
    scored = [Scored(c, f, model.score(f)) for c in view.candidates for f in (view.extractor.features(c),)]
    groups = groups_of(scored)
    of_text = document_score(weights.document, view.document)
    seen = {id(candidate.verdict) for candidate in view.candidates}
    kept = [verdict for verdict in view.verdicts if verdict.unknown or id(verdict) not in seen]
    witnesses: dict[ErrorCode, tuple[Witness, ...]] = {}
    document = _of_document(view, of_text, weights)
    without_code: list[Verdict] = []
    for group in groups:
        signals = join_signals(group, groups, of_text)
        if group.entry is None:
            without_code = _symptoms(group, joined(weights.join_symptoms, signals), weights.thresholds)
            continue
        chance = joined(weights.join_codes, signals)
        confidence = confidence_of(view, group, signals, chance, weights.thresholds)
        kept += _verdicts(group, confidence)
        if confidence is not None:
            witnesses[group.entry.error] = (*_of_place(group, model), document())
    told = any(v.entry is not None and v.confidence not in (None, Confidence.POSSIBLE) for v in kept)
    # What only the models take for trouble says nothing new beside a code.
    kept += [v for v in without_code if not told or v.reason is None]
    kept.sort(key=lambda verdict: (verdict.scene.number, verdict.start))
    return Judgement(tuple(kept), witnesses)


def _is_bare(view: JudgedTexts) -> bool:
    """A failed event or an answer, and hardly a word besides: no model has anything to judge by."""
    told = any(
        v.confidence is Confidence.CERTAIN or (v.confidence is Confidence.LIKELY and _is_shape(v))
        for v in view.verdicts
    )
    return told and _words_beside(view, _BARE) < _BARE


def _is_shape(verdict: Verdict) -> bool:
    return verdict.rule.name in _PAYLOADS or _is_in_an_object(verdict)


def _is_in_an_object(verdict: Verdict) -> bool:
    low = verdict.scene.low
    opened = low.rfind("{", 0, verdict.start)
    return opened > low.rfind("}", 0, verdict.start) and low.find("}", verdict.end) != -1


def _words_beside(view: JudgedTexts, most: int) -> int:
    """How many words the texts have beside objects and the dictionary's wordings, counted up to `most` a text."""
    words = 0
    for scene in view.document.scenes:
        own = scene.low[:_BARE_READ]
        for hit in scene.hits(WORDING):
            own = own[: hit.start] + " " * len(own[hit.start : hit.end]) + own[hit.end :]
        for _ in range(_DEEPEST if "}" in own else 0):
            own = _OBJECT.sub(" ", own)
        words += sum(1 for _ in islice(_WORD.finditer(own), most))
    return words


def confidence_of(
    view: JudgedTexts, group: CodeGroup, signals: Mapping[str, float], chance: float, thresholds: Thresholds
) -> Confidence | None:
    if chance <= least(group, thresholds) and not _is_thin(view, group):
        return Confidence.POSSIBLE if group.rules is not None else None
    if group.rules is Confidence.POSSIBLE and _is_guessed(group):
        return Confidence.POSSIBLE
    if may_be_certain(group, signals, chance, thresholds) or _is_plain_and_short(view, group, chance):
        return Confidence.CERTAIN
    if not group.by_rules and not _may_be_rescued(view, group):
        return group.rules
    return Confidence.LIKELY


def _is_thin(view: JudgedTexts, group: CodeGroup) -> bool:
    """What the rules are certain of in so few words no model takes back."""
    return group.rules is Confidence.CERTAIN and 0 < _words_beside(view, _THIN) < _THIN


def _is_plain_and_short(view: JudgedTexts, group: CodeGroup, chance: float) -> bool:
    """Of a sentence or two the model of the text knows little: there the rules decide, unless the models speak against."""
    if group.rules is not Confidence.CERTAIN or chance < _SHORT_CHANCE or not group.own:
        return False
    best = group.best_own
    if best.score < _SHORT_SCORE or _is_vetoed(best):
        return False
    said = (len(view.document.said(scene).between(0, len(scene.low))) for scene in view.document.distinct)
    return sum(said) <= _SHORT_WORDS


def _is_vetoed(best: Scored) -> bool:
    mention = best.candidate.verdict.mention
    # Digits apart may be those of something else.
    parted = mention is not None and _is_parted(mention)
    return parted or any(name in _VETOES for values in best.features.signals for name in values)


def _is_parted(mention: Mention) -> bool:
    written = mention.scene.low[mention.start : mention.end]
    return not mention.in_field and written != mention.number and written[:1].isdigit()


def _is_guessed(group: CodeGroup) -> bool:
    """The body is an error's, and its status is only usual: which code it is, the rules decide."""
    return any(is_any(doubt, _NOT_IN_TEXT) for one in group.own for doubt in one.candidate.verdict.against)


def least(group: CodeGroup, thresholds: Thresholds) -> float:
    """The probability from which the group is reported: less of it where the rules speak for it."""
    if group.entry is None:
        by_rules, by_models = thresholds.symptom, thresholds.symptom_rescue
    else:
        by_rules, by_models = thresholds.report, thresholds.rescue
    # That it stands in the history only, the joining has weighed already.
    if not group.own:
        by_models = min(by_models, _EVEN)
    # Shapes have few words for a model to judge by: only one that is sure takes them back.
    if group.by_procedure:
        return min(by_rules, _SURE_OF_NONE)
    return by_rules if group.by_rules else by_models


def may_be_certain(group: CodeGroup, signals: Mapping[str, float], chance: float, thresholds: Thresholds) -> bool:
    """All three are sure of it, in the writer's own words, and nothing says that it is no case of the writer's."""
    if not group.by_rules:
        return False
    limits = thresholds.of_certain if group.rules is Confidence.CERTAIN else thresholds.of_likely
    best = group.best_own
    sure = best.score >= limits.candidate and signals["document"] >= limits.document and chance >= limits.probability
    return sure and not speaks_against(group)


def speaks_against(group: CodeGroup) -> bool:
    """Is it paper, a quotation, another's case, or a place without words of its own?"""
    best = group.best_own
    mention = best.candidate.verdict.mention
    # A cell has no words of its own: the rules must be certain of its table.
    if mention is not None and mention.in_column and group.rules is not Confidence.CERTAIN:
        return True
    return _is_vetoed(best)


def _may_be_rescued(view: JudgedTexts, group: CodeGroup) -> bool:
    best = group.best.candidate
    # A commit tells of a program; what the writer denies or takes back is denied.
    if best.verdict.entry is None or view.document.is_commit or is_any(best.verdict.reason, _DENIED):
        return False
    # Of a number with no words there is nothing to read it by.
    if _words_beside(view, _FEWEST) < _FEWEST and best.way != "history":
        return False
    mention = best.verdict.mention
    if mention is not None and is_any(mention.not_a_code, PARTS):
        return False
    if best.verdict.entry.error.namespace == "gupshup_enterprise":
        return _has_its_words(best)
    return is_telling(best.verdict.entry.error.code, best.scene.index) or _has_its_words(best)


def _has_its_words(candidate: Candidate) -> bool:
    return any(reading.worded is not None for reading in candidate.verdict.readings[:1]) or candidate.way in _WORDED


def _verdicts(group: CodeGroup, confidence: Confidence | None) -> Iterable[Verdict]:
    """The group's verdicts at no more than this confidence; where the rules have none, the best candidate's."""
    rules = [one.candidate.verdict for one in group.own]
    if confidence is None:
        return [verdict for verdict in rules if not _is_unjudged(verdict)]
    if group.rules is None:
        best = group.best.candidate
        against = (Doubt.MODELS_ALONE(), *((Doubt.IN_HISTORY(),) if best.way == "history" else ()))
        others = [verdict for verdict in rules if verdict is not best.verdict and not _is_unjudged(verdict)]
        return [*others, replace(best.verdict, reason=None).found(confidence, *against)]
    return [_at(verdict, confidence, group.rules) for verdict in rules if not _is_unjudged(verdict)]


def _is_unjudged(verdict: Verdict) -> bool:
    """A candidate that no rule judged is no dismissal that an agent might ask about."""
    return is_any(verdict.reason, _NOT_JUDGED)


def _at(verdict: Verdict, confidence: Confidence, rules: Confidence) -> Verdict:
    if verdict.confidence is None:
        return verdict
    if verdict.confidence is rules:
        doubt = (Doubt.MODELS_DENY(),) if confidence.rank < rules.rank and confidence is Confidence.POSSIBLE else ()
        against = verdict.against if confidence is not Confidence.CERTAIN or rules is Confidence.CERTAIN else ()
        return replace(verdict, confidence=confidence, against=(*against, *doubt))
    lower = min(verdict.confidence, confidence, key=lambda c: c.rank)
    return replace(verdict, confidence=lower)


def _symptoms(group: CodeGroup, chance: float, thresholds: Thresholds) -> list[Verdict]:
    """Trouble without a code: where the rules found it, and where the models do."""
    if chance <= least(group, thresholds):
        return []
    rules = [one.candidate.verdict for one in group.own if one.candidate.verdict.symptom]
    return rules or [group.best.candidate.verdict.told_as_symptom()]


def _of_place(group: CodeGroup, model: CandidateModel) -> Iterable[Witness]:
    best: Candidate = group.best.candidate
    parts = model.parts(group.best.features, _PARTS)
    yield Witness(name="rules", confidence=group.rules, way=best.way)
    yield Witness(name="candidate", probability=round(probability(group.best.score), 3), parts=_strongest(parts))


def _of_document(view: JudgedTexts, of_text: float, weights: Weights) -> Callable[[], Witness]:
    """The witness of the whole text: the same for all its codes, and asked for where one is reported."""

    @cache
    def witness() -> Witness:
        parts = document_parts(weights.document, view.document, _PARTS)
        return Witness(name="document", probability=round(probability(of_text), 3), parts=_strongest(parts))

    return witness


def _strongest(parts: Iterable[tuple[str, float]]) -> tuple[WeightPart, ...]:
    return tuple(WeightPart(name=name, weight=round(weight, 2)) for name, weight in parts)
