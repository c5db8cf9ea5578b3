"""The language of reply, draft and guide: by organization, the client's own words, the requester's locale, the setting.

The first of these that names a language of ours decides, and what it is chosen against is told in the note. Where a
reply with our words has gone out, the conversation stays in its language.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.model.base import Language
from zendesk_gupshup.model.finding import Detection, Finding
from zendesk_gupshup.model.outcome_reasons import LanguageReason
from zendesk_gupshup.model.reason import Reason
from zendesk_gupshup.model.ticket import Ticket

from .agent_replies import language_of_replies
from .policy import Policy


@dataclass(frozen=True)
class LanguageChoice:
    language: Language
    # Where the sources differ: which of them was followed.
    reasons: tuple[Reason, ...] = ()


def language_of(
    ticket: Ticket, detection: Detection, dictionary: Dictionary, policy: Policy, findings: Iterable[Finding] = ()
) -> LanguageChoice:
    """One language for the whole text: where a code of `findings` has no words in it, the one that replaces it."""
    fields = ticket.organization.organization_fields if ticket.organization else {}
    agreed = _known(fields.get("gupshup_language"), dictionary.languages)
    written = detection.language
    locale = _known(ticket.requester.locale if ticket.requester else None, dictionary.languages)
    replied = _known(language_of_replies(ticket), dictionary.languages)
    chosen = replied or agreed or written or locale or policy.default_language
    # After a reply, the note that came with it has said why.
    reasons = [] if replied else list(_chosen_against(agreed, written, locale))
    wordless = next((f.error for f in findings if not dictionary.speaks(chosen, f.error, f.variant)), None)
    if wordless is not None:
        reasons.append(LanguageReason.CODE_WITHOUT_WORDS(language=chosen, error=str(wordless)))
        chosen = dictionary.languages[chosen].fallback
    return LanguageChoice(chosen, tuple(reasons))


def _chosen_against(agreed: Language | None, written: Language | None, locale: Language | None) -> Iterator[Reason]:
    if agreed and written and agreed != written:
        yield LanguageReason.ORGANIZATION_OVER_WORDS(language=agreed, written=written)
    elif not agreed and written and locale and written != locale:
        yield LanguageReason.WORDS_OVER_LOCALE(language=written, locale=locale)


def _known(locale: object, languages: Container[Language]) -> Language | None:
    """`pt` of `pt-BR` or `PT_br`, where we write it."""
    language = locale.strip().lower().replace("_", "-").split("-")[0] if isinstance(locale, str) else ""
    return language if language in languages else None
