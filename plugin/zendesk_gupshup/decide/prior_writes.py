"""What proves that a reply or a note about a code went out on this very ticket, and which tags prove nothing. Pure.

A tag can be lost: whoever sends `tags` without a guard replaces them all. A tag can also be here without anything done:
"Follow-up tickets inherit the tags from the parent ticket upon creation"
(https://developer.zendesk.com/documentation/ticketing/managing-tickets/creating-and-updating-tickets/). So three are
asked: the tag, our own comment on this ticket, and the store. Any one of them keeps a second reply back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from zendesk_gupshup.detect.provenance import MARK as MARK
from zendesk_gupshup.detect.provenance import is_marked, is_merge
from zendesk_gupshup.model.plan import Step
from zendesk_gupshup.model.ticket import Comment, Ticket

# The kind of a step and the short name of its code: `("reply", "http_401")`.
Proof = tuple[str, str]
Witness = Literal["tag", "comment", "store"]

DEED_TAGS: Mapping[str, str] = {"reply": "gupshup_replied__", "note": "gupshup_noted__"}
# Reminders of the owner prove themselves as replies and notes about codes do: `gupshup_replied__reminder_1`.
REMINDER = "reminder_"
# And so do replies and notes about an incident: `gupshup_replied__incident_http_401`.
INCIDENT = "incident_"
TAG_OFF = "gupshup_off"
TAG_DRAFT = "gupshup_draft"
TAG_SEND = "gupshup_send"

# Keys of the metadata that our updates carry beside the mark. Zendesk gives it back as `metadata.custom`, on the
# audit and on the comment: https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments/
_STEP, _MARKER, _CODES, _COVERS, UPDATE_ID = "step", "marker", "codes", "covers", "update"

_OURS = re.compile(
    r"gupshup|gupshup__.+|gupshup_(?:replied|noted|state|draft|corrected)__.+"
    r"|gupshup_(?:held_back|unknown_code|secret|unread|draft|send|client_answered|owner_reminder|known_incident|off)"
)
# Zendesk documents `follow_up` (https://developer.zendesk.com/documentation/ticketing/reference-guides/via-object-reference/)
# and nothing for cloned or split tickets; apps that make such tickets call them so.
_COPIES = re.compile(r"(?i)follow.?up|split|clone|cop(?:y|ied)")
_SLUG_PREFIX = re.compile(r"(?:http|enterprise|meta|onprem)_")


@dataclass(frozen=True)
class KnownWrites:
    """What the store knows of a ticket. `closed`: why it is not to be written to; `listed`: the failures say so too;
    `judged`: an agent has judged a finding in the Zendesk app."""

    proofs: frozenset[Proof] = frozenset()
    closed: str | None = None
    listed: bool = False
    judged: bool = False


# --- What we write, and how it is known again ----------------------------------------------------------------


def metadata_of(step: Step, run: str, update_id: str = "") -> dict[str, str]:
    """What an update says of itself: the run, the kind of step, and every code that it covers."""
    codes = " ".join(sorted({slug for deed, slug in proofs_of_tags(step.add_tags) if deed == step.kind}))
    told = {MARK: run, _STEP: step.kind, _MARKER: step.marker or "", _CODES: codes}
    told |= {_COVERS: " ".join(sorted(step.covers))} if step.covers else {}
    return told | ({UPDATE_ID: update_id} if update_id else {})


def proofs_of_step(step: Step) -> frozenset[Proof]:
    """What an update proves once it was applied: the deeds of its kind, and the comments that it deals with."""
    covers = frozenset(("note", slug) for slug in step.covers)
    return covers | frozenset(proof for proof in proofs_of_tags(step.add_tags) if proof[0] == step.kind)


def covered(ticket: Ticket) -> frozenset[str]:
    """The comments of others that updates of ours have dealt with, by our own comments and by the store."""
    told = (c.metadata.custom.get(_COVERS, "") for c in ticket.comments if is_marked(c) and c.metadata)
    return frozenset(slug for text in told for slug in text.split()) | {slug for _, slug in ticket.stored}


def proofs_of_tags(tags: Iterable[str]) -> frozenset[Proof]:
    return frozenset(
        (deed, tag.removeprefix(prefix)) for tag in tags for deed, prefix in DEED_TAGS.items() if tag.startswith(prefix)
    )


def is_ours(comment: Comment, ticket: Ticket) -> bool:
    """Whether the worker wrote it, also as another user than today's. A comment of our user that came without any
    metadata gets the benefit of the doubt."""
    if comment.metadata is not None:
        return is_marked(comment)
    return ticket.our_user_id is not None and comment.author_id == ticket.our_user_id and not is_merge(comment)


def by_hand(comment: Comment, ticket: Ticket) -> bool:
    """Whether a person wrote it who is signed in as the worker's user: ours by its author, without our metadata."""
    ours = ticket.our_user_id is not None and comment.author_id == ticket.our_user_id
    return ours and not is_merge(comment) and not is_ours(comment, ticket)


def is_requested_note(comment: Comment) -> bool:
    """A draft that an agent asked for has no marker: the request that went away proves it."""
    custom = comment.metadata.custom if comment.metadata else {}
    return custom.get(_STEP) == "note" and not custom.get(_MARKER) and not _is_about_an_answer(custom)


def is_reminder(comment: Comment) -> bool:
    """Whether it is a reminder of the owner, or a note about one."""
    custom = comment.metadata.custom if comment.metadata else {}
    return marks_reminder(custom.get(_MARKER))


def is_about_incident(comment: Comment) -> bool:
    """Whether it tells of an incident."""
    custom = comment.metadata.custom if comment.metadata else {}
    return any(slug.startswith(INCIDENT) for _, slug in proofs_of_tags((custom.get(_MARKER, ""),)))


def number_of_reminder(note: Comment) -> int:
    """Which reminder a note of ours proposes; 0 of the one after the last."""
    custom = note.metadata.custom if note.metadata else {}
    name = custom.get(_MARKER, "").rpartition(REMINDER)[2]
    return int(name) if name.isdigit() else 0


def marks_reminder(marker: str | None) -> bool:
    """Whether an update with this marker is one."""
    return any(slug.startswith(REMINDER) for _, slug in proofs_of_tags((marker or "",)))


def is_proposal(comment: Comment) -> bool:
    """A note of ours with a proposed reply: about codes, or a draft that an agent asked for. Those about the client's
    answer, about unread files or about a reminder propose none."""
    custom = comment.metadata.custom if comment.metadata else {}
    if is_reminder(comment):
        return False
    return custom.get(_CODES) != "" or (not custom.get(_MARKER) and not custom.get(_COVERS))


def _is_about_an_answer(custom: Mapping[str, str]) -> bool:
    return bool(custom.get(_COVERS)) and not custom.get(_CODES)


def has_update(ticket: Ticket, update_id: str) -> bool | None:
    """Whether the comment of this update of ours stands on the ticket; `None` where comments do not say."""
    told = [c.metadata.custom for c in ticket.comments if c.metadata is not None]
    if any(custom.get(UPDATE_ID) == update_id for custom in told):
        return True
    return False if told else None


# --- Witnesses -----------------------------------------------------------------------------------------------


def in_comments(ticket: Ticket, slugs: Iterable[str]) -> frozenset[Proof]:
    """What our own comments on this ticket prove: by the metadata, else by the code that they name in their words."""
    wanted = tuple(slugs)
    found: set[Proof] = set()
    for place, comment in enumerate(ticket.comments):
        custom = comment.metadata.custom if comment.metadata else {}
        by_us = ticket.our_user_id is not None and comment.author_id == ticket.our_user_id
        if is_marked(comment):
            found |= _told_by(custom)
            if _CODES not in custom and proofs_of_tags((custom.get(_MARKER, ""),)):
                # Older versions named the code that leads, and no others, by the marker.
                found |= _told_in_words(comment, custom.get(_STEP, ""), wanted)
        elif by_us and place and not is_merge(comment):
            # The first comment is the ticket's description, whoever wrote it, and a merge quotes another ticket.
            found |= _told_in_words(comment, "reply" if comment.public else "note", wanted)
    return frozenset(found)


def _told_by(custom: Mapping[str, str]) -> frozenset[Proof]:
    deed, marker = custom.get(_STEP, ""), custom.get(_MARKER, "")
    codes = custom.get(_CODES, "").split() if deed in DEED_TAGS else []
    return frozenset((deed, slug) for slug in codes) | proofs_of_tags((marker,))


def _told_in_words(comment: Comment, deed: str, slugs: Iterable[str]) -> frozenset[Proof]:
    words = comment.plain_body or comment.body
    return frozenset((deed, slug) for slug in slugs if _names(words, slug))


def _names(words: str, slug: str) -> bool:
    code = _SLUG_PREFIX.sub("", slug, count=1)
    return re.search(rf"(?<![\w.-]){re.escape(code)}(?![\w-])", words, re.IGNORECASE) is not None


def standing(ticket: Ticket, slugs: Iterable[str]) -> dict[Proof, Witness]:
    """For each of these codes what was done about it on this ticket, and who says so; the tag is asked first."""
    wanted = frozenset(slugs)
    told: dict[Proof, Witness] = dict.fromkeys(ticket.stored, "store")
    told |= dict.fromkeys(in_comments(ticket, wanted), "comment")
    told |= dict.fromkeys(proofs_of_tags(ticket.tags), "tag")
    return {proof: who for proof, who in told.items() if proof[1] in wanted}


# --- Requests of an agent ------------------------------------------------------------------------------------


def request_tags(ticket: Ticket) -> frozenset[str]:
    return frozenset(t for t in ticket.tags if t == TAG_DRAFT or t.startswith(f"{TAG_DRAFT}__"))


def draft_requested(ticket: Ticket) -> bool:
    """Whether an agent asks for a draft, by `gupshup_draft` or by naming the code: `gupshup_draft__http_401`."""
    return any(tag == TAG_DRAFT or tag.startswith(f"{TAG_DRAFT}__") for tag in ticket.tags)


# --- Tags that came with the ticket --------------------------------------------------------------------------


def as_own(ticket: Ticket, *, inherit_off: bool = False) -> Ticket:
    """The ticket without those tags of ours that it took over from another one; they are kept in `inherited`."""
    gone = _taken_over(ticket) - ({TAG_OFF} if inherit_off else frozenset())
    if not gone:
        return ticket
    left = tuple(tag for tag in ticket.tags if tag not in gone)
    return ticket.model_copy(update={"tags": left, "inherited": ticket.inherited | gone})


def is_copy(ticket: Ticket) -> bool:
    """Whether the ticket says that it was made out of another one."""
    source = ticket.via.source
    if source.get("rel") == "merge":
        return False
    told = (source.get("rel"), ticket.via.channel)
    origin = source.get("from")
    parent = origin.get("ticket_id") if isinstance(origin, Mapping) else None
    named = any(isinstance(word, str) and _COPIES.search(word) for word in told)
    return named or (parent is not None and parent != ticket.id)


def origin_matters(ticket: Ticket) -> bool:
    """Whether deciding needs to know which tags the ticket was made with, which only its audits tell.

    That is so on a copy that was changed before we first wrote to it, and on a ticket with a marker of ours and not one
    comment of ours: a clone does not say that it is one.
    """
    tags = _our_tags(ticket)
    if not tags or _we_wrote(ticket):
        return False
    return not _untouched(ticket) if is_copy(ticket) else bool(proofs_of_tags(tags))


def _taken_over(ticket: Ticket) -> frozenset[str]:
    tags = _our_tags(ticket)
    if not tags or not (is_copy(ticket) or proofs_of_tags(ticket.since_creation or ())):
        return frozenset()
    slugs = {slug for _, slug in proofs_of_tags(tags)}
    proven = {f"{DEED_TAGS[deed]}{slug}" for deed, slug in in_comments(ticket, slugs) | ticket.stored}
    doubtful = tags - proven
    if _we_wrote(ticket):
        # Our first update took away what had come with the ticket; what stands now was set on it.
        return frozenset(tag for tag in doubtful if proofs_of_tags((tag,)))
    if ticket.since_creation is not None:
        return doubtful & ticket.since_creation
    if _untouched(ticket):
        return doubtful
    # Perhaps an agent's wish for this ticket.
    return frozenset(
        t for t in doubtful if t not in (TAG_OFF, TAG_DRAFT, TAG_SEND) and not t.startswith(f"{TAG_DRAFT}__")
    )


def _our_tags(ticket: Ticket) -> frozenset[str]:
    return frozenset(tag for tag in ticket.tags if _OURS.fullmatch(tag))


def _we_wrote(ticket: Ticket) -> bool:
    return any(is_ours(comment, ticket) for comment in ticket.comments[1:])


def _untouched(ticket: Ticket) -> bool:
    created = ticket.created_at
    return created is not None and ticket.updated_at == f"{created:%Y-%m-%dT%H:%M:%SZ}"
