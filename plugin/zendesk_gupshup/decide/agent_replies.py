"""Our text in an agent's hands: escalations that an agent sent by hand, and the language they are in. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from zendesk_gupshup.detect.provenance import OUR_CLOSINGS, provenance
from zendesk_gupshup.detect.quotes import OUR_SENTENCES
from zendesk_gupshup.model.base import Language
from zendesk_gupshup.model.ticket import Comment, Ticket

from .prior_writes import in_comments, is_ours, proofs_of_tags

# So many words in a row are no chance; and at least so much of an agent's reply stands in our note.
_ROW, _SHARE, _FEWEST = 6, 0.6, 40


def escalation_by_agent(ticket: Ticket, owner_codes: Iterable[str]) -> Comment | None:
    """The newest public comment of the team that is our owner escalation: by the protocol's sentence or by the words of
    our note, on a ticket where a note of ours is about one of these codes."""
    slugs = frozenset(owner_codes)
    noted = {slug for deed, slug in proofs_of_tags(ticket.tags) | ticket.stored if deed == "note"}
    if not slugs & (noted | {slug for deed, slug in in_comments(ticket, slugs) if deed == "note"}):
        return None
    notes = [_words(c) for c in ticket.comments[1:] if not c.public and is_ours(c, ticket)]
    return next((c for c in reversed(_by_team(ticket)) if _is_protocol(c) or _stands_in(c, notes)), None)


def sent_by_agent(ticket: Ticket) -> bool:
    """Whether an agent has sent our protocol's text, by the macro or by hand."""
    return any(_is_protocol(comment) for comment in _by_team(ticket))


def sent_by_hand(ticket: Ticket, note: Comment) -> bool:
    """Whether a public comment of the team, however old, is the reply that this note of ours proposes."""
    proposed = [_words(note)]
    return any(_stands_in(comment, proposed) for comment in _by_team(ticket))


def language_of_replies(ticket: Ticket) -> Language | None:
    """The language of the newest public reply with our words: the conversation stays in it."""
    for comment in reversed(ticket.comments[1:]):
        if comment.public and (is_ours(comment, ticket) or provenance(ticket, comment) is None):
            text = " ".join(_text(comment).lower().split())
            for language, closing in OUR_CLOSINGS.items():
                if closing in text:
                    return language
    return None


def _by_team(ticket: Ticket) -> list[Comment]:
    return [c for c in ticket.comments[1:] if c.public and not is_ours(c, ticket) and provenance(ticket, c) is None]


def _is_protocol(comment: Comment) -> bool:
    text = " ".join(_text(comment).lower().split())
    return any(sentence in text for sentence in OUR_SENTENCES)


def _stands_in(comment: Comment, notes: list[tuple[str, ...]]) -> bool:
    words = _words(comment)
    if len(words) < _FEWEST:
        return False
    rows = _rows(words)
    return any(len(rows & _rows(note)) >= _SHARE * len(rows) for note in notes)


def _rows(words: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    return frozenset(words[place : place + _ROW] for place in range(len(words) - _ROW + 1))


def _words(comment: Comment) -> tuple[str, ...]:
    return tuple(word.strip(".,:;!?¿¡()[]\"'*>-") for word in _text(comment).lower().split())


def _text(comment: Comment) -> str:
    return comment.plain_body or comment.body
