"""Words that are old by any stamp of their ticket get no public reply; which stamps tell, and which may be missing."""

from __future__ import annotations

from typing import Any

import pytest

from support.second_hand import MERGE, REPORT, look, ticket

MAY, TODAY = "2026-05-01T00:00:00Z", "2026-11-21T00:00:00Z"
# 2026-11-21T00:00:00Z
GENERATED = 1_795_219_200
OLD = {"body": REPORT, "created_at": MAY}


@pytest.mark.parametrize(
    ("comments", "stamps"),
    [
        ([OLD], {"created_at": TODAY, "updated_at": TODAY}),
        # An import sets every stamp but Zendesk's own.
        ([OLD], {"created_at": MAY, "updated_at": MAY, "generated_timestamp": GENERATED}),
        ([{"body": REPORT}], {"created_at": MAY, "updated_at": TODAY}),
        ([{"body": REPORT, "created_at": "2026-11-18T00:30:00-03:00"}], {"updated_at": "2026-11-21T03:31:00Z"}),
        ([OLD, {"body": "> " + REPORT + "\n\nAny news?", "created_at": TODAY}], {"updated_at": TODAY}),
        ([OLD, {"author_id": 3, "via": MERGE, "body": REPORT, "created_at": TODAY}], {"updated_at": TODAY}),
    ],
    ids=["stamps_of_the_import", "whole_import", "no_time_of_the_first", "time_zone", "quoted", "merged"],
)
def test_old_words_get_a_note_only(comments: list[dict[str, Any]], stamps: dict[str, Any]) -> None:
    found = look(ticket(*comments, **stamps))
    assert [update.public for update in found.updates] == [False]
    assert "stale" in [guard.name for guard in found.decision.guards]


@pytest.mark.parametrize(
    ("comments", "stamps"),
    [
        ([{"body": REPORT, "created_at": TODAY}], {"updated_at": TODAY, "generated_timestamp": GENERATED + 3600}),
        # Not told, or no time at all.
        ([OLD], {"updated_at": MAY, "generated_timestamp": 0}),
        ([OLD], {"updated_at": MAY, "generated_timestamp": 10**17}),
        ([OLD], {"updated_at": MAY}),
        ([{"body": REPORT, "created_at": "2026-11-18T00:30:00-03:00"}], {"updated_at": "2026-11-21T03:30:00Z"}),
        ([*[OLD] * 12, {"body": REPORT, "created_at": TODAY}], {"updated_at": TODAY}),
    ],
    ids=["fresh", "not_told", "no_time", "untouched", "time_zone", "told_anew"],
)
def test_fresh_words_are_answered(comments: list[dict[str, Any]], stamps: dict[str, Any]) -> None:
    assert [update.public for update in look(ticket(*comments, **stamps)).updates] == [True, False]
