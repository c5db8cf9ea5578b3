"""One number with all that stands beside it: what calls it a code, what makes it something else."""

from __future__ import annotations

from dataclasses import dataclass

from zendesk_gupshup.detect.beside import A_RANGE, LABEL, VERB, look_left
from zendesk_gupshup.detect.index import Index
from zendesk_gupshup.detect.lexicon import words
from zendesk_gupshup.detect.lookalikes import glued, plainly_other
from zendesk_gupshup.detect.number_kinds import said
from zendesk_gupshup.detect.owned import own_number, owned
from zendesk_gupshup.detect.patterns import pattern, regex
from zendesk_gupshup.detect.scene import Scene, once
from zendesk_gupshup.model.detection_reasons import DismissalReason
from zendesk_gupshup.model.reason import Reason, is_any

_AFTER, _UNIT, _DEFINITION = words("after"), words("unit"), words("definition")
_HTTP = frozenset({"http", "https", "status", "statuscode", "httpstatus", "estado"})
_WITH = frozenset({"con", "com", "with", "w", "avec", "mit", "dengan"})
_COLOURS = frozenset({"hex", "color", "colour", "cor", "pantone", "rgb", "farbe", "couleur"})
_ANSWERED_BY_ME = pattern("mention.answered_by_me")
_TO_US = frozenset({"nos", "me"})
_VERB_OF_SEEING = VERB - {"todos", "todas", "todo"}
# "Termina en 4003 la tarjeta".
_CARDS = frozenset({"tarjeta", "cartao", "card"})
_WOULD = frozenset({"viria", "would", "saldria", "sairia", "apareceria", "daria", "might", "may"})
_ARROW = pattern("mention.arrow")
_SPEAKER = pattern("mention.speaker")
_FOREIGN_LABEL = pattern("mention.foreign_label")
_CLAUSE_BREAK = pattern("mention.clause_break")
_NEXT_OF_LIST = pattern("mention.next_of_list")
_CLAUSE_START = pattern("mention.clause_start")
_BESIDE_A_NUMBER = pattern("mention.beside_a_number")
_EXAMPLE = pattern("mention.example")
_FROM_GUPSHUP = pattern("mention.from_gupshup")
_FOUND = pattern("mention.found")
_IN_THE_LOG = pattern("mention.in_the_log")
WORD = regex(r"[^\W_]+")
_EQUALS = pattern("mention.equals")
_COUNT = pattern("mention.count")
_ON_SOME = pattern("mention.on_some")
_MAPPED = pattern("mention.mapped")
_STATUS_WORDS = frozenset({"http", "error", "status", "code", "codigo", "erro"})


_SAID = pattern("mention.said")
_WAS_ANOTHER = pattern("mention.was_another")


def _is_corrected(low: str, floor: int, start: int, end: int) -> bool:
    return bool(_SAID.search(low, floor, start)) and bool(_WAS_ANOTHER.match(low, end))


@dataclass(frozen=True)
class Mention:
    """A number as written at one place. `not_a_code` names the other thing that it plainly is."""

    scene: Scene
    number: str
    start: int
    end: int
    labelled: bool = False
    # A cell under a header of codes.
    in_column: bool = False
    # Written as an amount, `131049.0`, in a column or a field of codes.
    in_field: bool = False
    seen: bool = False
    alone: bool = False
    # The first word of its line: "131050 on some contacts".
    heads: bool = False
    # "me rebota con 1002", "failing with 131026".
    with_it: bool = False
    hashed: bool = False
    bracketed: bool = False
    # Other codes of the same breath: "131047, 131049".
    listed: bool = False
    negated: bool = False
    defined: bool = False
    # "codes like 1002", "(e.g. 131026": named to show what is meant.
    example: bool = False
    # Its count follows: "131026: 12 veces", "1007 (801)".
    counted: bool = False
    # "401 → call the owner": a table of what to do.
    mapped: bool = False
    # Other numbers with counts of their own stand in the text.
    together: bool = False
    # Label or verb stands directly before, nothing in between.
    label_word: str = ""
    # Called an HTTP status: "status code 500", "HTTP 401".
    http: bool = False
    not_a_code: Reason | None = None

    @property
    def named(self) -> bool:
        """Something beside it says that it is a code or that it was seen."""
        return self.labelled or self.seen or self.alone or (self.counted and (self.heads or self.together))


# The number counts or names another thing; a title beside it takes that back.
NUMBERS_OF_OTHERS = frozenset({DismissalReason.NUMBER_OF, DismissalReason.CARD_NUMBER, DismissalReason.NUMBER_RANGE})
TAKEN_BACK_BY_TITLE = NUMBERS_OF_OTHERS | {DismissalReason.AMOUNT}
PARTS = frozenset({DismissalReason.NAME_PART, DismissalReason.ADDRESS_PART})


def trouble_in_line(scene: Scene, place: int) -> bool:
    line = scene.line(place)
    return any(scene.within(kind, *line) for kind in ("failing", "before_us"))


def is_known(number: str, index: Index) -> bool:
    return number in index.by_number or (number[:2], len(number)) in index.families


def read_mention(scene: Scene, number: str, start: int, end: int) -> Mention:
    """The number with all that stands beside it on its line and in its sentence."""
    low = scene.low
    left, right = low[max(0, start - 24) : start], low[end : end + 24]
    label = glued(left, right)
    if label is None:
        return Mention(scene, number, start, end, not_a_code=DismissalReason.NAME_PART())
    floor = max(scene.sentence(start)[0], scene.line(start)[0])
    # What an object says is not said of the number behind it: `{"code": 190} 200`.
    floor = max(floor, low.rfind("}", max(floor, start - 240), start) + 1)
    before = scene.words_before(start, 16)
    before = before[: said(scene).count(max(0, floor, start - 240), start)]
    after = scene.words_after(end)
    # A comma or bracket parts what is denied from the number: "no salen, error 131048".
    clause = _CLAUSE_BREAK.split(low[max(floor, start - 240) : start])[-1]
    beside = look_left(before, said(scene).count(start - len(clause), start))
    if beside.other and _parted(low[max(floor, start - 120) : start], beside.other, listed=beside.listed):
        beside = beside._replace(other="")
    # "It does not arrive: 131026" denies the arrival.
    if beside.negated and left.rstrip("\"'`*( ").endswith(":") and _fails_by_denial(scene, floor, start):
        beside = beside._replace(negated=False)
    # "The voucher to 90, 70 with 131026": what the one before counts is not the code.
    if (
        beside.other
        and len(before) > 1
        and before[0] in _WITH
        and before[1].isdigit()
        and not is_known(before[1], scene.index)
    ):
        beside = beside._replace(other="", seen=True)
    if not beside.labelled and not left.isascii() and _FOREIGN_LABEL.search(left):
        beside = beside._replace(labelled=True, word="error", other="")
    in_column = not label and under_a_header_of_codes(scene, start)
    if label or (in_column and not beside.labelled):
        beside = beside._replace(labelled=True, word=label or "code", other="")
    hashed = (left.endswith("#") and len(number) >= 5) or left.endswith("(#")
    bracketed = left[-1:] in "([" and right[:1] in ")]" and bool(left)
    reason = plainly_other(left, right, number)
    if is_any(reason, PARTS) and "," in (right[:1], left[-1:]) and under_a_header_of_codes(scene, start):
        reason = None
    if not reason and number in scene.index.by_number:
        reason = owned(low, scene.line(start)[0], start, end)
    # "Colour #131049", "ticket #131026", "version 131048 (131049)".
    if not reason and (
        (hashed and beside.other in _COLOURS)
        or (hashed and not left.endswith("(#") and own_number(beside.other, before))
        or (bracketed and beside.listed and beside.other)
    ):
        reason = _number_of(beside.other)
    if not reason and not hashed and not bracketed:
        grouped = end - start > len(number)
        amount = bool(after) and after[0] in _UNIT and right[:1].isspace()
        amount = amount and (
            len(number) < 6 or grouped or (len(after[0]) > 3 and not beside.seen and not trouble_in_line(scene, start))
        )
        if not beside.labelled and _CARDS.intersection(after[:3]):
            reason = DismissalReason.CARD_NUMBER()
        elif beside.other:
            reason = _number_of(beside.other)
        elif amount and not beside.labelled:
            reason = DismissalReason.AMOUNT(number=number, unit=after[0])
    first = (not before or bool(_SPEAKER.search(left))) and not _BESIDE_A_NUMBER.search(left)
    return Mention(
        scene,
        number,
        start,
        end,
        labelled=beside.labelled,
        in_column=in_column,
        # "the 401 errors", "1012 dice", "mandar ubicación → 1009".
        seen=(_FOUND.search(low, max(floor, start - 40), start) is not None and _IN_THE_LOG.match(right) is not None)
        or (beside.seen and not _ANSWERED_BY_ME.search(low, max(floor, start - 60), start))
        or (before[:1] != [] and before[0] in _WITH and (before[1:2] or [""])[0].isdigit())
        or (before[:1] != [] and before[0] in _WITH and bool(_UNIT.intersection(before[1:4])))
        or (bool(after) and after[0] in _AFTER and not reason)
        or bool(_ARROW.search(left))
        # "1003 nos sale", "131026 me devuelve".
        or (after[:1] != [] and after[0] in _TO_US and (after[1:2] or [""])[0] in _VERB_OF_SEEING)
        # "1004 is back".
        or after[:2] in (["is", "back"], ["are", "back"])
        or (left.endswith("(") and bool(_FROM_GUPSHUP.match(right))),
        # Nothing else on its line, but perhaps a speaker's name before it; and no cell of a table.
        alone=first
        and (not after or right.lstrip("\"'`*")[:1] in ("?", "!") or (len(number) >= 4 and right[:2] in (". ", ".\n")))
        and low[slice(*scene.line(start))].count("|") < 2,
        heads=first or bool(_CLAUSE_START.search(left)),
        with_it=bool(before) and before[0] in _WITH,
        hashed=hashed,
        bracketed=bracketed,
        listed=beside.listed or _goes_on(right),
        negated=beside.negated or _is_corrected(low, max(floor, start - 40), start, end),
        defined=_is_defined(after, right),
        example=bool(_EXAMPLE.search(low[max(0, start - 60) : start])),
        counted=not reason and bool(_COUNT.match(right) or _ON_SOME.match(right)),
        mapped=bool(_MAPPED.match(low, end)) and (first or bool(before and before[0] in _STATUS_WORDS)),
        label_word=beside.word,
        http=bool(_HTTP.intersection(before[:4])) or after[:1] == ["client"],
        not_a_code=reason,
    )


def _number_of(other: str) -> Reason:
    return DismissalReason.NUMBER_RANGE() if other == A_RANGE else DismissalReason.NUMBER_OF(word=other)


_DENYING = ("no ", "nao ", "not ", "don", "doesn", "won", "never ", "nunca ")


def _fails_by_denial(scene: Scene, first: int, last: int) -> bool:
    return any(
        scene.low.startswith(_DENYING, hit.start) for hit in scene.within("failing", max(first, last - 120), last)
    )


def _parted(left: str, word: str, *, listed: bool) -> bool:
    """`In today's campaign: 1002 (44)`, `1008 for clients, 1003` count nothing; `Pedido: 1002`, `pedido nro: 1002` do."""
    between = left[left.rfind(word) + len(word) :]
    first, colon, _ = between.partition(":")
    return bool(colon and _count_words(first) >= 2) or (not listed and between.startswith((", ", "s, ")))


def _count_words(text: str) -> int:
    return len(WORD.findall(text))


def _is_defined(after: list[str], right: str) -> bool:
    """`1003 means ...`, `"1003 = wallet balance low"`, `1003 would ...`."""
    return bool(after and after[0] in _DEFINITION | _WOULD) or bool(_EQUALS.match(right))


def under_a_header_of_codes(scene: Scene, start: int) -> bool:
    """The number fills a cell whose column is headed `code`, `error` or the like."""
    line_start, line_end = scene.line(start)
    line = scene.low[line_start : min(line_end, line_start + 400)]
    mark = next((m for m in "|;\t," if m in line), "")
    if not mark or start - line_start > 400:
        return False
    header = _header(scene, line_start, mark, line.count(mark))
    if not header or any(char.isdigit() for char in header):
        return False
    name = header.split(mark)[scene.low.count(mark, line_start, start)]
    return any(word in LABEL for word in WORD.findall(name))


@once
def _header(scene: Scene, line_start: int, mark: str, cells: int) -> str:
    """The highest line above with as many cells, no other kind of line between; empty where there is none."""
    header = ""
    floor, end, rows = max(0, line_start - 4000), line_start - 1, 0
    while end >= floor and rows < 60:
        begin = max(floor, scene.low.rfind("\n", floor, end) + 1)
        if scene.low.count(mark, begin, end) != cells:
            break
        header, end, rows = scene.low[begin:end], begin - 1, rows + 1
    return header


def _goes_on(right: str) -> bool:
    return bool(_NEXT_OF_LIST.match(right))
