"""Each folder of tests/scenarios is a claim: a ticket as Zendesk gives it, and what has to come of it.

`ticket.json` holds the answers of `GET /tickets/{id}` and of its comments in one object, `settings.toml` (optional) the
configuration, `expected.json` what is found, which guards speak and each update, without the words of the texts.
`transition.json` (optional) is read by `test_transitions.py`.
To see what a new scenario gives: `PYTHONPATH=tests python tests/pipeline/test_scenarios.py NAME`.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support.scenarios import FOLDER, OUR_USER, brain, look, ticket_of
from zendesk_gupshup.decide.prior_writes import metadata_of
from zendesk_gupshup.model.plan import Mode
from zendesk_gupshup.model.ticket import Comment, Metadata
from zendesk_gupshup.pipeline import Look, assess, look_at

LATER = "2026-11-21T10:00:00Z"


def summary(found: Look) -> dict[str, Any]:
    plan = found.decision.plan
    return {
        "found": [f"{f.error} {f.confidence}" for f in found.detection.findings],
        "mode": found.decision.mode.value,
        "guards": [guard.name for guard in found.decision.guards],
        "kind": plan.kind if plan else None,
        "language": plan.language if plan else None,
        "missing": list(plan.app.missing) if plan else [],
        "updates": [
            {
                **json.loads(update.step.model_dump_json(exclude_defaults=True, exclude={"add_tags", "remove_tags"})),
                "add_tags": sorted(update.step.add_tags),
                "remove_tags": sorted(update.step.remove_tags),
                "public": update.public if update.html_body else None,
                "files": [file.name for file in update.files],
            }
            for update in found.updates
        ],
    }


@pytest.mark.parametrize("folder", sorted(f for f in FOLDER.iterdir() if f.is_dir()), ids=lambda folder: folder.name)
def test_scenario(folder: Path) -> None:
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    assert summary(look(folder)) == expected


@pytest.mark.parametrize("folder", sorted(f for f in FOLDER.iterdir() if f.is_dir()), ids=lambda folder: folder.name)
def test_deciding_again_after_the_updates_leaves_nothing_to_do(folder: Path) -> None:
    first = look(folder)
    ticket = first.ticket
    for update in first.updates:
        tags = (set(ticket.tags) | update.step.add_tags) - update.step.remove_tags
        changed: dict[str, Any] = {"tags": tuple(sorted(tags)), "status": update.step.status or ticket.status}
        changed["updated_at"] = max(ticket.updated_at, LATER)
        if update.html_body:
            metadata = Metadata(custom=metadata_of(update.step, "live"))
            ours = Comment(id=99, author_id=OUR_USER, public=update.public, body=update.html_body, metadata=metadata)
            changed["comments"] = (*ticket.comments, ours)
        ticket = ticket.model_copy(update=changed)
    assert look_at(ticket, brain(folder)).updates == ()


HELD: tuple[dict[str, Any], ...] = ({}, {"cap": Mode.OBSERVE}, {"room_for_reply": False})


@pytest.mark.parametrize("folder", sorted(f for f in FOLDER.iterdir() if f.is_dir()), ids=lambda folder: folder.name)
def test_the_shadow_plan_is_the_one_of_a_policy_with_every_code_on_auto(folder: Path) -> None:
    own, ticket = brain(folder), ticket_of(folder)
    free = {"modes": {}, "default_mode": Mode.AUTO, "cap": Mode.AUTO, "room_for_reply": True}
    on_auto = replace(own, policy=own.policy.model_copy(update=free), backfill=None)
    planned = assess(ticket, on_auto).by_codes.plan
    for held in HELD:
        kept_back = replace(own, policy=own.policy.model_copy(update=held))
        assert look_at(ticket, kept_back).shadow == planned, held


if __name__ == "__main__":
    print(json.dumps(summary(look(FOLDER / sys.argv[1])), indent=2))
