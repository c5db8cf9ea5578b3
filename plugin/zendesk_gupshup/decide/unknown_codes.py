"""A note for a code that the dictionary does not know: the agent gets the words, the draft, and how to add it. Pure.

It is written once a ticket, with a marker like that of a code's own note, and only where no known code is told of:
the note about that one quotes the unknown one, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from zendesk_gupshup.model.finding import Detection, Finding
from zendesk_gupshup.model.outcome_reasons import GuardName
from zendesk_gupshup.model.reason import Reason

from .policy import Policy, may_write
from .prior_writes import DEED_TAGS, Proof, Witness

# Where a code's note has the code's short name.
SLUG = "unknown_code"
TAG_NOTED_UNKNOWN = f"{DEED_TAGS['note']}{SLUG}"

# An agent who has answered has read the ticket, and a machine's numbers are nobody's report.
_NO_NOTE = frozenset({GuardName.SOLVED, GuardName.AGENT_ANSWERED, GuardName.MACHINE})


def unknown_is_due(
    detection: Detection,
    findings: tuple[Finding, ...],
    done: Mapping[Proof, Witness],
    guards: Iterable[Reason],
    policy: Policy,
) -> bool:
    """Whether a note is to tell of an unknown code."""
    if not detection.unknown or findings or not may_write(policy) or ("note", SLUG) in done:
        return False
    return not any(guard.name in _NO_NOTE for guard in guards)
