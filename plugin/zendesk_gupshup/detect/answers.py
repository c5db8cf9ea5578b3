"""What the client answers to a first reply: that it works, that it persists, that the owner has reported it, or data.

A wrong state costs more than a look by a person. So whatever is asked, guessed, planned, or told beside its contrary is
unclear, and the cues lie in `cues/answers/`, one file a language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise

from zendesk_gupshup.detect.cue_files import file_names, known, rows, table
from zendesk_gupshup.detect.facts import facts
from zendesk_gupshup.detect.lexicon import Cue
from zendesk_gupshup.detect.patterns import regex
from zendesk_gupshup.detect.provenance import is_marked, is_merge, provenance
from zendesk_gupshup.detect.quotes import is_automatic
from zendesk_gupshup.detect.scene import Scene, fold_same_length
from zendesk_gupshup.detect.sentences import sentence_breaks
from zendesk_gupshup.model.detection_reasons import Rule
from zendesk_gupshup.model.finding import ClientAnswer, Evidence, Facts, Says
from zendesk_gupshup.model.ticket import Comment, Ticket
from zendesk_gupshup.text.normalise import fold
from zendesk_gupshup.text.redaction import mask_value
from zendesk_gupshup.text.truncation import ellipsized

# Of two that are equally long the first counts.
LABELS = ("doubt", "contrast", "persists", "reported", "works", "close")
_FOLDER = "answers"
# Longer answers tell a story, and logs tell what went before.
_MOST_WORDS = 120
_MOST_QUOTED = 300
# Beside the values and their labels: a greeting, a thank-you, "here is what you asked for".
_MOST_BESIDE_DATA = 14
# In front of what works, was opened or is closed, these say that it does or was not.
_NEGATORS = frozenset({
    "not", "no", "never", "nothing", "without", "neither", "nor", "isnt", "doesnt", "didnt", "hasnt", "havent", "arent", "cant", "dont", "wont",
    "ni", "nunca", "sin", "nada", "tampoco", "falta", "nadie", "nao", "nem", "sem", "ninguem", "nobody", "jamas",
})  # fmt: skip
_BEFORE = 3
# "Sí, ya funciona" is no condition, and "no, sigue igual" denies nothing of what follows.
_YES_OR_NO = regex(r"(?i)\bs(?:í\b|i(?=\s{0,2}[,.!;:]))|^\s*n(?:[oã]o?|ada|ope)\s?[,.:;!]")
# In the sentence that says so: "we opened a ticket because Gupshup refuses us" speaks of the ticket with the team.
_AT_GUPSHUP = regex(
    r"\b(?:with|at|to|in|en|a|ante|con|na|no|com|ao|pela|de|da|do|support) gupshup\b"
    r"|\bgupshup (?:s )?(?:ticket|support|case|form|portal|help)\b"
)
# A ticket with Gupshup that was told of, whoever opened it: then the protocol's next step is done.
_TICKET = regex(
    r"\b(?:tickets?|cases?|casos?|chamados?|requests?|solicitud|solicitacao|protocolo|folio|raised|reported|reportad[oa]|escal\w{2,8})\b"
)
_NUMBER = regex(r"[0-9]{3,7}")
_ADDRESS = regex(r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}")
_OWNER = regex(r"\b(?:owner|propietari[oa]|proprietari[oa]|duen[oa]|don[oa]|titular)\b")
_NOT_OWNERS = ("gupshup.io", "gupshup.com")


# --- Which words are an answer -------------------------------------------------------------------------------


def answers(ticket: Ticket) -> tuple[Comment, ...]:
    """The client's comments since our last note and the team's last public comment; none before a first answer."""
    since = _since(ticket)
    later = ticket.comments[since + 1 :] if since else ()
    return tuple(
        c for c in later if c.public and client_wrote(ticket, c) and not is_automatic("", c.plain_body or c.body)
    )


def client_waits(ticket: Ticket) -> bool:
    """Whether the last public comment is the client's, and not the first of the ticket."""
    public = [c for c in ticket.comments[1:] if c.public]
    return bool(public) and client_wrote(ticket, public[-1])


def _since(ticket: Ticket) -> int | None:
    notes, replies, team = None, None, None
    for place, comment in enumerate(ticket.comments[1:], 1):
        if _is_ours(comment, ticket):
            notes, replies = (notes, place) if comment.public else (place, replies)
        elif comment.public and not client_wrote(ticket, comment):
            team = place
    if replies is None and team is None:
        return None
    # A reply without its note was interrupted between the two, and the note follows.
    return max(place for place in (notes or replies, team) if place is not None)


def client_wrote(ticket: Ticket, comment: Comment) -> bool:
    """Whether the comment is of the requester's side."""
    return comment.author_id is not None and provenance(ticket, comment) == "client"


def _is_ours(comment: Comment, ticket: Ticket) -> bool:
    if comment.metadata is not None:
        return is_marked(comment)
    return ticket.our_user_id is not None and comment.author_id == ticket.our_user_id and not is_merge(comment)


# --- What they say -------------------------------------------------------------------------------------------


def client_answer(ticket: Ticket, scenes: Iterable[Scene]) -> ClientAnswer | None:
    """The one judgement of all that the client wrote since; `None` where nothing is there to be answered."""
    written = answers(ticket)
    if not written:
        return None
    ids = {comment.id for comment in written}
    own = tuple(s for s in scenes if s.text.kind == "comment" and s.text.comment_id in ids)
    told = tuple(sentence for scene in own for sentence in _sentences(scene))
    says, evidence = _judged(told)
    given = values_in(own)
    values = tuple(v for v in (given.app_name, given.app_id, given.account_id, given.owner_email) if v)
    return ClientAnswer(
        comment_ids=tuple(comment.id for comment in written),
        says=says,
        evidence=evidence,
        asks=any(sentence.asks for sentence in told),
        plain=bool(values)
        and says == "unclear"
        and not any(s.asks for s in told)
        and not any(s.labels for s in told)
        and _is_plain(told, values),
        values=values,
    )


def judge(scenes: Iterable[Scene]) -> tuple[Says, tuple[Evidence, ...]]:
    """What these texts say, and the sentences that say so."""
    return _judged(tuple(sentence for scene in scenes for sentence in _sentences(scene)))


class _Sentence:
    """One sentence, and which of its cues hold."""

    def __init__(self, scene: Scene, start: int, end: int) -> None:
        self._scene, self._start, self._end = scene, start, end
        text = scene.text.text[start:end]
        self.words = fold(_YES_OR_NO.sub(" ", text)).replace("n t ", "nt ").split()
        self.asks = "?" in text or "¿" in text
        self.labels, self.denied = _holding(self.words)
        if "reported" in self.labels and not _AT_GUPSHUP.search(" ".join(self.words)):
            self.labels, self.denied = self.labels - {"reported"}, True
        line = " ".join(self.words)
        self.tells_of_ticket = not self.asks and "gupshup" in self.words and _TICKET.search(line) is not None
        if self.asks and "," not in text:
            # "Does it persist?" tells nothing; "it persists, what now?" does.
            self.denied = self.denied or bool(self.labels & {"persists"})
            self.labels -= {"persists"}
        if self.asks and self.labels & {"works", "close", "reported"}:
            self.labels -= {"works", "close", "reported"}
            self.denied = True

    @property
    def evidence(self) -> Evidence:
        text = self._scene.text.text
        start = self._start + len(text[self._start : self._end]) - len(text[self._start : self._end].lstrip())
        quote = ellipsized(mask_value(" ".join(text[start : self._end].split()), ()), _MOST_QUOTED)
        return Evidence(quote=quote, place=self._scene.text.place(start, self._end), rule=Rule.ANSWER())


def _judged(told: tuple[_Sentence, ...]) -> tuple[Says, tuple[Evidence, ...]]:
    words = [word for sentence in told for word in sentence.words]
    labels = frozenset(label for sentence in told for label in sentence.labels)
    denied = any(sentence.denied for sentence in told)
    asks = any(sentence.asks for sentence in told)
    works, doubt = labels & {"works", "close"}, "doubt" in labels
    says: Says = "unclear"
    if len(words) > _MOST_WORDS:
        return says, ()
    if works:
        # A number in another sentence may be another error's: "the 401 is solved, now 1003".
        number = any(not s.labels & works and any(map(_NUMBER.fullmatch, s.words)) for s in told)
        alone = not labels & {"persists", "reported", "contrast"} and not number
        says = "works" if alone and not (doubt or denied or asks) else "unclear"
        wanted = works
    elif "reported" in labels:
        # "It persists, and the owner has opened the ticket": before it was opened, or in spite of it?
        says = "unclear" if doubt or denied or "persists" in labels else "reported"
        wanted = frozenset({"reported"})
    else:
        # With a ticket at Gupshup the next step is no longer to open one.
        sure = not any(s.tells_of_ticket for s in told)
        sure = sure and any("persists" in s.labels and "doubt" not in s.labels for s in told)
        says = "persists" if sure else "unclear"
        wanted = frozenset({"persists"})
    if says == "unclear":
        return says, ()
    return says, tuple(sentence.evidence for sentence in told if sentence.labels & wanted)[:3]


def _sentences(scene: Scene) -> Iterator[_Sentence]:
    text = scene.text.text
    cuts = [0, *sentence_breaks(fold_same_length(text)), len(text)]
    for start, end in pairwise(cuts):
        if text[start:end].strip():
            yield _Sentence(scene, start, end)


def _holding(words: list[str]) -> tuple[frozenset[str], bool]:
    """The labels that hold in these words, and whether one that would change the state is denied.

    Of phrases that overlap the longest counts: "does not work" is no "work".
    """
    line = f" {' '.join(words)} "
    spans = sorted(
        ((found.start(), found.end(), label) for label, one in _phrases() for found in one.finditer(line)),
        key=lambda span: (span[0] - span[1], LABELS.index(span[2])),
    )
    kept: list[tuple[int, int, str]] = []
    for start, end, label in spans:
        if all(end - 1 <= first or start + 1 >= last for first, last, _ in kept):
            kept.append((start, end, label))
    labels, denied = set(), False
    for start, _, label in kept:
        if label in ("doubt", "contrast") or not _NEGATORS.intersection(line[:start].split()[-_BEFORE:]):
            labels.add(label)
        else:
            denied = True
    return frozenset(labels), denied


@cache
def answer_cues() -> tuple[Cue, ...]:
    """The cues of all languages, in the order of their files."""
    found = []
    for name in file_names(_FOLDER):
        path = f"{_FOLDER}/{name}"
        for cue in rows(Cue, path, table(path), "cue"):
            known(cue.label, LABELS, f"{path}, {cue.id}, label")
            found.append(cue)
    return tuple(found)


@cache
def _phrases() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((cue.label, phrase_pattern(cue.phrases)) for cue in answer_cues())


def phrase_pattern(phrases: Iterable[str]) -> re.Pattern[str]:
    """As everywhere in the cues `a|b` is either word and `*` any ending. Here `...` is up to four words, `^` the begin
    of the sentence and `$` its end."""
    return re.compile("|".join(_one(phrase) for phrase in phrases))


def _one(phrase: str) -> str:
    parts = phrase.split()
    words = ["(?:[a-z0-9]+ ){0,4}" if word == "..." else _word(word) for word in parts if word not in ("^", "$")]
    # The space before and the one behind are word boundaries; the latter may begin the next phrase.
    return ("^ " if parts[0] == "^" else " ") + "".join(words)[:-1] + ("(?= $)" if parts[-1] == "$" else "(?= )")


def _word(word: str) -> str:
    choices = (f"{choice[:-1]}[a-z0-9]*" if choice.endswith("*") else choice for choice in word.split("|"))
    return f"(?:{'|'.join(choices)}) "


# --- Which values they bring ---------------------------------------------------------------------------------


def values_in(scenes: tuple[Scene, ...]) -> Facts:
    """The values of the account in the client's answer: as everywhere beside their labels, and the owner's address."""
    return facts(scenes).model_copy(update={"owner_email": _owner_address(scenes)})


def _owner_address(scenes: tuple[Scene, ...]) -> str | None:
    """The one address on a line or below a line that names the owner; two addresses are none."""
    found: dict[str, str] = {}
    for scene in scenes:
        before = ""
        for line in scene.text.text.split("\n"):
            addresses = [a.rstrip(".") for a in _ADDRESS.findall(line)]
            named = _OWNER.search(fold_same_length(_ADDRESS.sub(" ", line))) or (
                before.rstrip().endswith(":") and _OWNER.search(fold_same_length(before))
            )
            if named:
                found |= {a.lower(): a for a in addresses if not a.lower().endswith(_NOT_OWNERS)}
            before = line
    return next(iter(found.values())) if len(found) == 1 else None


def _is_plain(told: tuple[_Sentence, ...], values: tuple[str, ...]) -> bool:
    parts = {part for value in values for part in fold(value).split()}
    beside = [word for sentence in told for word in sentence.words if word not in parts]
    return len(beside) <= _MOST_BESIDE_DATA + 4 * len(values)
