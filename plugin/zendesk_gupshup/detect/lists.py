"""Codes that stand in a list, a table or a range: a reference, unless each stands with its count."""

from __future__ import annotations

from collections.abc import Iterator

from zendesk_gupshup.detect.index import TITLE, WORDING
from zendesk_gupshup.detect.mention import TAKEN_BACK_BY_TITLE, Mention
from zendesk_gupshup.detect.patterns import pattern, regex
from zendesk_gupshup.detect.scene import Hit, Scene, once
from zendesk_gupshup.model.finding import ErrorCode
from zendesk_gupshup.model.reason import is_any


def lists_of(seen: list[tuple[Scene, list[Mention]]]) -> set[tuple[int, str]]:
    """Codes of a sentence or a list that names four or more of them: a reference, unless each stands with its count."""
    listed: set[tuple[int, str]] = set()
    headed = any(scene.text.kind == "subject" and "document" in scene.kinds for scene, _ in seen)
    for scene, numbers in seen:
        plain = [
            m
            for m in numbers
            if (
                not m.not_a_code and (m.named or m.hashed or m.listed or len(m.number) >= 4 or _has_its_title(scene, m))
            )
            or (is_any(m.not_a_code, TAKEN_BACK_BY_TITLE) and _has_its_title(scene, m))
        ]
        listed |= {(scene.number, m.number) for m in plain if _beside_a_range(scene, m)}
        listed |= _statuses(scene, numbers)
        groups: dict[int, list[Mention]] = {}
        for mention in plain:
            groups.setdefault(scene.sentence(mention.start)[0], []).append(mention)
        for mention in plain:
            groups.setdefault(-1 - scene.line(mention.start)[0], []).append(mention)
        for group in groups.values():
            if len({m.number for m in group}) >= 4 and sum(m.counted for m in group) * 2 < len(group):
                listed |= {(scene.number, m.number) for m in group}
        # A list or table: each code begins its own line.
        heads = [m for m in numbers if not m.not_a_code and len(m.number) >= 3 and _begins_line(scene, m)]
        enough = 3 if headed else 4
        if len({m.number for m in heads}) >= enough and not _counted(scene, heads):
            listed |= {(scene.number, m.number) for m in heads}
    return listed


_STATUS = regex(r"(?<![0-9.,:/-])(?:20[0-24]|40[0-9]|413|422|429|50[0-4])(?![0-9:/-]|[.,][0-9])")


def _statuses(scene: Scene, numbers: list[Mention]) -> set[tuple[int, str]]:
    """`202 (accepted), 400 (bad request), 401 (key)`: successes among errors, or four statuses, are a list."""
    found: set[tuple[int, str]] = set()
    if sum(_STATUS.fullmatch(run) is not None for run in scene.digits) < 3:
        return found
    for mention in numbers:
        if len(mention.number) == 3 and not mention.counted:
            named = set(_STATUS.findall(scene.low, *scene.sentence(mention.start)))
            begin = set(_status_lines(scene, mention)) if _begins_line(scene, mention) else set()
            for group, enough in ((named, 3), (begin, 3)):
                if len(group) > enough or (len(group) >= enough and any(n.startswith("2") for n in group)):
                    found.add((scene.number, mention.number))
    return found


def _status_lines(scene: Scene, mention: Mention) -> Iterator[str]:
    """The statuses with which the lines around begin."""
    low, high = scene.lines_around(mention.start, 5, 5)
    for line in scene.low[low:high].split("\n"):
        status = _STATUS.match(line.lstrip(" -*•|`"))
        if status:
            yield status[0]


_RANGE = pattern("lists.range")


@once
def _names_a_range(scene: Scene, start: int, end: int) -> bool:
    return _RANGE.search(scene.low, start, end) is not None


def _beside_a_range(scene: Scene, mention: Mention) -> bool:
    return _names_a_range(scene, *scene.line(mention.start))


def _has_its_title(scene: Scene, mention: Mention) -> bool:
    """`006 DND_FAIL`: the code with its title after it, as lists write it."""
    return any(
        hit.sense.kind in (TITLE, WORDING) and mention.end <= hit.start < mention.end + 12
        for hit in scene.told_of(mention.number)
    )


def _begins_line(scene: Scene, mention: Mention) -> bool:
    line = scene.line(mention.start)[0]
    before = scene.low[line : mention.start]
    # A recipient or an hour before it makes it a row of what happened.
    if sum(char.isdigit() for char in before) > 2:
        return False
    return len(before) <= 24 and (before.lstrip()[:1] in "-*|#•>`" or not before.strip() or mention.labelled)


def _counted(scene: Scene, heads: list[Mention]) -> bool:
    """Rows such as `1004 Template Disabled Failure,310` report how often each happened."""
    counted = 0
    for mention in heads:
        tail = scene.low[mention.end : scene.line(mention.start)[1]].rstrip(" |\"'`.)")
        counted += tail[-1:].isdigit() or (tail.startswith((":", " x", " (")) and any(c.isdigit() for c in tail[:12]))
    return counted * 2 >= len(heads)


def lines_of_many(scene: Scene, worded: list[Hit]) -> set[int]:
    """Lines that name four titles or more."""
    named: dict[int, set[ErrorCode]] = {}
    for hit in worded:
        if hit.sense.entry is not None:
            named.setdefault(scene.line(hit.start)[0], set()).add(hit.sense.entry.error)
    return {line for line, errors in named.items() if len(errors) >= 4}
