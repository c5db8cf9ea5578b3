"""Long runs of letters and digits that no language and no naming makes: keys, with or without a word that says so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zendesk_gupshup.text.known_ids import KNOWN_IDS
from zendesk_gupshup.text.phones import blank
from zendesk_gupshup.text.randomness import STRETCH, Weighed, drawn

# Base64 and its kin for addresses; a key's parts are not parted by anything else.
_RUN = re.compile(rf"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{{{STRETCH},}}+=*")
_PART = re.compile(r"[A-Za-z0-9]+")
_JOINT = re.compile(r"[+_-]{1,3}")
# So many bits more likely as words a stretch must be to stay: one key of 24 characters in tens of thousands is, of 32
# none that was ever drawn, and of what people name next to nothing is not.
_LIKE_WORDS = -12.0
# Signs that join words take the place of some letters of the least run.
_LEAST = 20

# Ids by their label: of a log, a message or a file's content. Such an id has one case, and no letter beyond `f`.
_ID_LABEL = re.compile(
    r"(?i)(?:(?:trace|span|request|req|correlation|conversation|conversaci[óo]n|conversa|transaction|transacci[óo]n|"
    r"transa[çc][ãa]o|message|msg|mensaje|mensagem|event|evento|gs|uuid|guid)"
    r"(?:[ _-]{0,2}id|[\"']\s{0,3}:\s{0,3}\{\s{0,40}[\"']id)?|id (?:de |del |da |do )?(?:mensaje|mensagem|message)|"
    r"(?:commit|revision|rev|git|hash do commit|hash del commit)(?: (?:hash|sha|id))?|head is now at|merge|cherry-pick|"
    r"/(?:blob|commit|commits|tree|raw)/|checksum|md5(?:sum)?|sha-?(?:1|256|384|512)(?:sum)?|etag|digest|"
    r"x-amzn-trace-id: root=1-[0-9a-f]{8}-|traceparent\W{1,5}[0-9a-f]{2}-)"
    r"""["'`)\]]{0,2}\s{0,2}(?:[:=#]|is|es|é|era|was|fue|foi)?\s{0,2}["'`(\[]{0,2}$"""
)
_ID = re.compile(r"[0-9a-f]+|[0-9A-F]+")
# What Kubernetes adds to a deployment's name: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/
_POD = re.compile(r"-[bcdfghjklmnpqrstvwxz2456789]{5,10}-[bcdfghjklmnpqrstvwxz2456789]{5}$")
# A file that a page loads, named for its content.
_ASSET = re.compile(r"://[^\s\"'<>?]{1,200}$")
_ASSET_NAME = re.compile(r"\.(?:min\.)?(?:js|css|map|woff2?|svg|ico)(?![A-Za-z0-9])")
# The first bytes of a picture or a PDF in base64.
_FILE = re.compile(r"iVBORw0KGgo|/9j/|R0lGOD|UklGR|JVBERi0|PHN2Zy")
_FILE_LABEL = re.compile(r"(?i)data:(?:image|video|audio|font)/[\w.+-]{1,40};base64,$")


def long_runs(text: str) -> Iterator[tuple[int, int]]:
    """Where keys stand in `text`, in which all that is known as something else is blanked already."""
    if not _RUN.search(text):
        return
    for pattern in KNOWN_IDS:
        if known := [match.span("id") for match in pattern.finditer(text)]:
            text = blank(text, known)
    for run in _RUN.finditer(text):
        if _FILE.match(run[0]) or _FILE_LABEL.search(text, max(0, run.start() - 60), run.start()):
            continue
        yield from _keys(text, run)


def _keys(text: str, run: re.Match[str]) -> Iterator[tuple[int, int]]:
    """Each stretch that looks drawn by lot, with what belongs to it: whole parts, short pieces beside it, padding."""
    stretches = list(_stretches(run[0]))
    if not stretches:
        return
    parts = [part.span() for part in _PART.finditer(run[0])]
    behind = 0
    for begin, stop in stretches:
        first = next(n for n, part in enumerate(parts) if part[1] > begin)
        last = next(n for n in range(len(parts) - 1, -1, -1) if parts[n][0] < stop)
        while first < last and _is_words(run[0], parts[first]):
            first += 1
        while last > first and _is_words(run[0], parts[last]):
            last -= 1
        if sum(b - a for a, b in parts[first : last + 1]) < _LEAST:
            continue
        while first > 0 and _goes_on(run[0], parts[first - 1], parts[first - 1][1], parts[first][0]):
            first -= 1
        while last + 1 < len(parts) and _goes_on(run[0], parts[last + 1], parts[last][1], parts[last + 1][0]):
            last += 1
        start, end = parts[first][0], parts[last][1]
        if (
            sum(b - a for a, b in parts[first : last + 1]) < _LEAST
            or start < behind
            or _is_id(text, run.start() + start, run.start() + end)
        ):
            continue
        while end < len(run[0]) and run[0][end] in "=_-":
            end += 1
        behind = end
        yield run.start() + start, run.start() + end


def _stretches(run: str) -> Iterator[tuple[int, int]]:
    """Places in a run that are no words, those that overlap as one."""
    weighed = Weighed(_POD.sub("", run))
    places = weighed.places
    size = min(STRETCH, len(places))
    if size < _LEAST:
        return
    begin = stop = -1
    for at in range(len(places) - size + 1):
        if weighed.drawn(at, at + size) <= _LIKE_WORDS or weighed.is_number(at, at + size):
            continue
        if places[at] >= stop:
            if stop >= 0:
                yield begin, stop
            begin = places[at]
        stop = places[at + size - 1] + 1
    if stop >= 0:
        yield begin, stop


def _is_words(run: str, part: tuple[int, int]) -> bool:
    """A word beside a key; random letters are none, but for a few of them by chance."""
    piece = run[slice(*part)]
    return piece.isalpha() and _is_one_case(piece) and (len(piece) < 4 or drawn(piece) < -len(piece))


def _is_one_case(piece: str) -> bool:
    return piece[1:].islower() or piece.isupper()


def _goes_on(run: str, part: tuple[int, int], end: int, start: int) -> bool:
    piece = run[slice(*part)]
    return _JOINT.fullmatch(run, end, start) is not None and not (
        len(piece) > 9 and (piece.isdigit() or (piece.isalpha() and _is_one_case(piece)))
    )


def _is_id(text: str, start: int, end: int) -> bool:
    if not _ID.fullmatch(text, start, end) or end - start > 128:
        return False
    if _ID_LABEL.search(text, max(0, start - 120), start) is not None:
        return True
    return _ASSET_NAME.match(text, end) is not None and _ASSET.search(text, max(0, start - 250), start) is not None


def is_odd(part: str) -> bool:
    """No number and no words, be they joined as programs name things."""
    return not part.isdigit() and drawn(part) > 0
