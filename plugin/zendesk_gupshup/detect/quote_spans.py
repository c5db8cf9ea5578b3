"""Which words a quotation shows: the whole line where it fits, else the sentence, else words around the place."""

from __future__ import annotations

from zendesk_gupshup.detect.scene import Scene

_QUOTE = 200


def quote_span(scene: Scene, start: int, end: int) -> tuple[int, int]:
    """Around `text[start:end]`, at most `_QUOTE` characters as written, and never cut inside a word or a secret."""
    end = min(end, start + _QUOTE)
    line, sentence = scene.line(start), scene.sentence(start)
    part = max(line[0], sentence[0]), max(end, min(line[1], sentence[1]))
    for first, last in ((line[0], max(end, line[1])), part):
        whole = _stripped(scene, first, last, start, end)
        if _size(scene, *whole) <= _QUOTE:
            return whole
    return _around(scene, *part, start, end)


def is_cut(scene: Scene, first: int, last: int) -> tuple[bool, bool]:
    """Whether the line says more before, and more after, what is quoted."""
    text = scene.text.text
    begin, finish = scene.line(first)[0], scene.line(max(first, last - 1))[1]
    return bool(text[begin:first].strip()), bool(text[last:finish].strip())


def _around(scene: Scene, first: int, last: int, start: int, end: int) -> tuple[int, int]:
    """As many words of `text[first:last]` as fit, about as many before the place as after it, where both have them."""
    half = max(0, _QUOTE - (end - start)) // 2
    cut = max(first, min(start - half, last - _QUOTE))
    first = cut if cut == first else _next_word(scene, cut, start)
    limit = max(end, min(last, first + _QUOTE))
    last = _before_half_a_secret(scene, end, _word_end(scene, limit, start) if limit < last else limit)
    first, last = _stripped(scene, first, last, start, min(end, last))
    # As written it may be longer: then fewer words, those of the place last of all.
    while _size(scene, first, last) > _QUOTE and last > start + 1:
        first, last = start, (end if last > end else start + (last - start) // 2)
    return first, _word_end(scene, last, start)


def _size(scene: Scene, first: int, last: int) -> int:
    return len(scene.text.quote(first, last))


def _stripped(scene: Scene, first: int, last: int, start: int, end: int) -> tuple[int, int]:
    text = scene.text.text
    while first < start and text[first].isspace():
        first += 1
    while last > end and text[last - 1].isspace():
        last -= 1
    return first, last


def _next_word(scene: Scene, cut: int, start: int) -> int:
    """The first place from `cut` on where a word begins: behind a blank, else behind a mark."""
    text = scene.text.text
    if text[cut - 1].isspace():
        return cut
    blank = next((at + 1 for at in range(cut, start) if text[at].isspace()), None)
    if blank is not None:
        return blank
    return next((at for at in range(cut, start) if not _inside_a_word(text, at)), start)


def _word_end(scene: Scene, cut: int, start: int) -> int:
    """The last place up to `cut` where a word ends; `cut` itself in a word that has no begin behind `start`."""
    text = scene.text.text
    if cut >= len(text) or text[cut].isspace():
        return cut
    blank = next((at for at in range(cut - 1, start, -1) if text[at].isspace()), None)
    # A payload may be one long run without a blank: its marks part it, too.
    mark = next((at for at in range(cut, start, -1) if not _inside_a_word(text, at)), cut)
    return blank if blank is not None and cut - blank <= _QUOTE // 4 else mark


def _inside_a_word(text: str, at: int) -> bool:
    return text[at - 1].isalnum() and text[at].isalnum()


def _before_half_a_secret(scene: Scene, end: int, last: int) -> int:
    """A quote ends before a secret that does not fit into it, where the words themselves leave room for that."""
    written = scene.text.span(end, last)[1]
    cut = next((span for span in scene.masked if span.start < written < span.end), None)
    while cut is not None and last > end and scene.text.span(end, last)[1] > cut.start:
        last -= 1
    return last
