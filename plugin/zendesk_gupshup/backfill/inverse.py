"""What takes a run's updates of a ticket back, where nobody has changed the same thing since. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from zendesk_gupshup.decide.prior_writes import DEED_TAGS
from zendesk_gupshup.model.plan import Step
from zendesk_gupshup.model.ticket import CustomField, Ticket
from zendesk_gupshup.model.write import Write

_SCALARS = ("group_id", "priority", "status", "type", "problem_id")


@dataclass
class Net:
    """All updates of a run on one ticket as one: tags set and taken, values before and after."""

    added: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    values: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    fields: dict[int, tuple[Any, Any]] = field(default_factory=dict)
    comments: list[Write] = field(default_factory=list)


@dataclass(frozen=True)
class Inverse:
    """`body` is what an update sends besides its guard; `left` and `lost` say what stays, and why."""

    step: Step | None = None
    body: dict[str, Any] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


def net(writes: Iterable[Write]) -> Net:
    """The updates of a run on a ticket, oldest first, summed up."""
    total = Net()
    for write in writes:
        before, after = set(write.before.tags), set(write.after.tags)
        for tag in after - before:
            (total.removed.discard if tag in total.removed else total.added.add)(tag)
        for tag in before - after:
            (total.added.discard if tag in total.added else total.removed.add)(tag)
        for name in _SCALARS:
            _change(total.values, name, getattr(write.before, name), getattr(write.after, name))
        then = {f.id: f.value for f in write.after.custom_fields}
        for one in write.before.custom_fields:
            _change(total.fields, one.id, one.value, then.get(one.id))
        if write.public is not None:
            total.comments.append(write)
    return total


def _change(values: dict[Any, tuple[Any, Any]], name: Any, before: Any, after: Any) -> None:
    if name in values:
        values[name] = (values[name][0], after)
    elif before != after:
        values[name] = (before, after)


def inverse(total: Net, now: Ticket) -> Inverse:
    """What brings the ticket back to where it was before the run, as far as that is ours to do."""
    lost = tuple(f"{_called(w)} stays" + (f" (comment {w.comment_id})" if w.comment_id else "") for w in total.comments)
    if now.status in ("closed", "deleted"):
        return Inverse(left=(f"the ticket is {now.status}",), lost=lost)
    body: dict[str, Any] = {}
    left: list[str] = []
    # What went out did go out, and a comment cannot be taken back: the tags that say so stay, also where the run only
    # put them back. Those of another ticket, which came with this one as a copy, do not return.
    deeds = tuple(DEED_TAGS.values())
    kept = (*deeds, *(w.marker for w in total.comments if w.marker))
    # A tag that an agent took away, or set again, is as it was before the run: nothing is left to do about it.
    remove = frozenset(t for t in total.added if t in now.tags and not t.startswith(kept))
    add = frozenset(t for t in total.removed if t not in now.tags and not t.startswith(deeds))
    if remove or add:
        body["tags"] = [tag for tag in now.tags if tag not in remove] + sorted(add)
    for name, (before, after) in total.values.items():
        present = getattr(now, name)
        word = name.removesuffix("_id")
        if present == before or before == after:
            continue
        if present != after:
            left.append(f"{word} was changed since")
        elif name == "type":
            # Zendesk does not say that a type can be taken away; an incident needs no problem.
            left.append(f"type stays {present}")
        elif (name == "priority" and before is None) or (name == "status" and before == "new"):
            left.append(f"{word} cannot be set back to {before or 'none'} in Zendesk")
        else:
            body[name] = before
    fields = []
    for field_id, (before, after) in total.fields.items():
        present = now.field(field_id)
        if present == before:
            continue
        if present != after:
            left.append(f"field {field_id} was changed since")
        else:
            fields.append({"id": field_id, "value": before})
    if fields:
        body["custom_fields"] = fields
    if not body:
        return Inverse(left=tuple(left), lost=lost)
    step = Step(
        kind="tags",
        add_tags=frozenset(add),
        remove_tags=remove,
        priority=body.get("priority"),
        status=body.get("status"),
        custom_fields=tuple(CustomField(**one) for one in fields),
    )
    return Inverse(step, body, tuple(left), lost)


def _called(write: Write) -> str:
    return "the public reply" if write.public else "the internal note"
