"""Whether agents did what we would have done: the ledger compared with the ticket as it stands now. Pure.

It is what an admin looks at before a code goes from `observe` or `assist` to `auto`. When in doubt it says `differed`:
a person then looks, and nothing is switched on by mistake.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from zendesk_gupshup.decide.guards import TAG_OFF
from zendesk_gupshup.decide.policy import kind_of
from zendesk_gupshup.decide.prior_writes import TAG_DRAFT
from zendesk_gupshup.decide.steps import TAG_AWAITING_OWNER, TAG_FOUND, replied_tag
from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.ledger.entry import LedgerEntry
from zendesk_gupshup.model.finding import ErrorCode, Finding
from zendesk_gupshup.model.outcome_reasons import AgreementReason
from zendesk_gupshup.model.reason import Reason
from zendesk_gupshup.model.ticket import Comment, Ticket
from zendesk_gupshup.model.write import Write
from zendesk_gupshup.text.normalise import fold

Answer = Literal["agreed", "differed", "open"]

_FOR_THE_OWNER = ("owner_escalation", "owner_ticket")
# Who has to act, as agents write it, folded; each stands as whole words.
_OWNER = re.compile(
    r"\b(?:owners?|account holder|support gupshup|gupshup(?: s)?(?: official)? support|support of gupshup"
    r"|propietari[oa]s?|duen[oa]s?|titular(?:es)?|soporte(?: oficial)?(?: tecnico)?(?: de| a)? gupshup"
    r"|proprietari[oa]s?|dono|dona da conta|suporte(?: oficial)?(?: tecnico)?(?: da| do| de)? gupshup)\b"
)
_LINKS = ("support.gupshup.io",)
_CODE_TAG = re.compile(r"gupshup__[a-z0-9_-]+")


@dataclass(frozen=True)
class Case:
    """One code on one ticket that we would have answered or noted, and did not answer publicly ourselves."""

    ticket_id: int
    error: ErrorCode
    kind: str
    at: int
    # Zendesk's stamps: of the ticket as we first found the code on it, and as our own updates left it after that.
    stamp: str
    as_left: str
    # Every tag that we set on it, those that requested a draft, the group we would give, the one that we gave.
    ours: frozenset[str]
    draft_tags: frozenset[str]
    group: str | None
    routed: int | None
    codes: frozenset[ErrorCode]
    # What an agent said of the code in the Zendesk app.
    said: str | None = None


@dataclass(frozen=True)
class AgreementVerdict:
    answer: Answer
    reason: Reason


_SAID: Mapping[str, AgreementVerdict] = {
    "right": AgreementVerdict("agreed", AgreementReason.FEEDBACK_RIGHT()),
    "wrong_code": AgreementVerdict("differed", AgreementReason.FEEDBACK_WRONG_CODE()),
    "not_an_error": AgreementVerdict("differed", AgreementReason.FEEDBACK_NO_ERROR()),
}


def cases(
    entries: Sequence[LedgerEntry], dictionary: Dictionary, said: Mapping[str, str] | None = None
) -> tuple[Case, ...]:
    """Out of all entries about one ticket: the first time that each code was found and due for a reply or a note.

    `said`: the agents' verdicts on the ticket, by the code's name (`Ledger.verdicts`).
    """
    writes = [write for entry in entries for write in entry.writes]
    ours = frozenset(tag for w in writes for tag in set(w.after.tags) - set(w.before.tags))
    gone = frozenset(tag for w in writes for tag in set(w.before.tags) - set(w.after.tags))
    routed = next((w.after.group_id for w in reversed(writes) if w.after.group_id != w.before.group_id), None)
    found: dict[ErrorCode, Case] = {}
    for entry in entries:
        due = {tag for step in entry.would if step.kind != "tags" for tag in step.add_tags}
        for one in entry.findings:
            error = one.error
            if error in found or error.tag not in due or not entry.stamp or replied_tag(error) in ours:
                continue
            found[error] = Case(
                ticket_id=entry.ticket_id,
                error=error,
                kind=kind_of(
                    Finding(error=error, confidence=one.confidence, variant=one.variant, evidence=()),
                    dictionary,
                ),
                at=entry.at,
                stamp=entry.stamp,
                as_left=_as_we_left_it(entry.stamp, writes),
                ours=ours,
                draft_tags=frozenset(tag for tag in gone if tag.startswith(TAG_DRAFT)),
                group=next((step.group for step in entry.would if step.group), None),
                routed=routed,
                codes=frozenset(f.error for e in entries for f in e.findings),
                said=(said or {}).get(str(error)),
            )
    return tuple(found.values())


def _as_we_left_it(stamp: str, writes: Sequence[Write]) -> str:
    """Only where each update of ours found the ticket as the one before left it."""
    for write in writes:
        if write.before.updated_at == stamp:
            stamp = write.after.updated_at
    return stamp


def by_tags(case: Case, now: Ticket | None) -> AgreementVerdict | None:
    """What is told without the ticket's comments: an agent's word in the app, tags, which agents set on purpose, and
    that nobody touched it."""
    if told := _SAID.get(case.said or ""):
        return told
    if now is None:
        return AgreementVerdict("open", AgreementReason.TICKET_GONE())
    tags = frozenset(now.tags)
    if TAG_OFF in tags:
        return AgreementVerdict("differed", AgreementReason.TAG_SET(tag=TAG_OFF))
    if case.error.tag in case.ours - tags:
        return AgreementVerdict("differed", AgreementReason.CODE_REMOVED(tag=case.error.tag))
    requests = case.draft_tags | {tag for tag in tags if tag.startswith(TAG_DRAFT)}
    if other := _other_code(case, tags, requests):
        return AgreementVerdict("differed", AgreementReason.OTHER_CODE(tag=other))
    if requests:
        return AgreementVerdict("agreed", AgreementReason.DRAFT_REQUESTED())
    telling = [replied_tag(case.error), case.error.tag]
    if case.kind in _FOR_THE_OWNER:
        telling.insert(0, TAG_AWAITING_OWNER)
    if said := next((tag for tag in telling if tag in tags - case.ours), None):
        return AgreementVerdict("agreed", AgreementReason.TAG_SET(tag=said))
    return AgreementVerdict("open", AgreementReason.NOBODY_ACTED()) if now.updated_at == case.as_left else None


def by_answers(case: Case, now: Ticket, dictionary: Dictionary, *, group_id: int | None = None) -> AgreementVerdict:
    """What agents wrote and did besides; `group_id` is the group that we would have routed the ticket to."""
    answers = [comment for comment in now.comments if _is_agents_answer(comment, case, now)]
    if any(_says_the_same(comment, case, dictionary) for comment in answers):
        return AgreementVerdict("agreed", AgreementReason.ANSWER_SAYS_SO())
    if case.routed is not None and now.group_id != case.routed:
        return AgreementVerdict("differed", AgreementReason.MOVED_OUT())
    if now.status in ("solved", "closed"):
        how = AgreementReason.SOLVED_OTHERWISE if answers else AgreementReason.SOLVED_WITHOUT_ANSWER
        return AgreementVerdict("differed", how())
    if case.routed is None and group_id is not None and now.group_id == group_id:
        return AgreementVerdict("agreed", AgreementReason.MOVED_TO_GROUP())
    return AgreementVerdict("open", (AgreementReason.ANSWERED_OTHERWISE if answers else AgreementReason.NOBODY_ACTED)())


def _other_code(case: Case, tags: frozenset[str], requests: frozenset[str]) -> str | None:
    """A tag of a code that we did not find on the ticket, and did not set."""
    found = {error.tag for error in case.codes}
    named = {tag for tag in tags - case.ours if _CODE_TAG.fullmatch(tag)}
    named |= {tag.replace(f"{TAG_DRAFT}__", f"{TAG_FOUND}__") for tag in requests if tag != TAG_DRAFT}
    return min(named - found, default=None)


def _is_agents_answer(comment: Comment, case: Case, now: Ticket) -> bool:
    if not comment.public or comment.author_id is None or comment.created_at is None:
        return False
    if comment.author_id in (now.our_user_id, now.requester_id):
        return False
    author = now.users.get(comment.author_id)
    return author is not None and author.is_staff and comment.created_at > datetime.fromisoformat(case.stamp)


def _says_the_same(comment: Comment, case: Case, dictionary: Dictionary) -> bool:
    """For the owner: names the owner or Gupshup's support. A remedy: names the code, or one of its titles."""
    text = comment.plain_body or comment.body
    if case.kind in _FOR_THE_OWNER:
        return bool(_OWNER.search(fold(text))) or any(link in text.lower() for link in _LINKS)
    folded = f" {fold(text)} "
    entry = dictionary.get(case.error)
    titles = entry.titles if entry else ()
    return f" {fold(case.error.code)} " in folded or any(f" {fold(title)} " in folded for title in titles)
