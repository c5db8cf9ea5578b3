"""What of a ticket is evidence: the subject, what the requester's side wrote, and attachments that were read."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Literal

from zendesk_gupshup.detect.decoding import decoded
from zendesk_gupshup.detect.html_text import page, visible_text, with_words_of
from zendesk_gupshup.detect.patterns import regex
from zendesk_gupshup.detect.provenance import (
    SECOND_HAND,
    follows_up,
    is_our_file,
    provenance,
    repeats_us,
    speaker,
    without_merge_sentence,
)
from zendesk_gupshup.detect.quotes import is_automatic, is_forward, is_ours, quotes_history, without_history
from zendesk_gupshup.detect.typography import Hyphenation, Origin, plain
from zendesk_gupshup.model.finding import Place
from zendesk_gupshup.model.reason import Detail, Reason
from zendesk_gupshup.model.ticket import Comment, Ticket
from zendesk_gupshup.model.unread_reasons import UnreadReason
from zendesk_gupshup.text.normalise import fits_latin_1
from zendesk_gupshup.text.truncation import both_ends

# From both ends of a text; errors stand at the start of a message and at the end of a log.
MOST = 256 * 1024


@dataclass(frozen=True)
class Text:
    """One text as read, its cut parts blanked: places are counted in it."""

    text: str
    kind: Literal["subject", "comment", "attachment"]
    comment_id: int | None = None
    attachment: str | None = None
    # Written or put together by staff: where the client says the same, his words are shown first.
    second_hand: bool = False
    # Where `text` is set in plain letters: how it was written.
    origin: Origin | None = None
    # The same text with its quoted history, place for place; empty where nothing was cut.
    uncut: str = ""

    def in_plain_letters(self, hyphenation: Hyphenation) -> Text:
        """The text to search in. Its places and quotes are still those of the text as written."""
        text, origin = plain(self.text, hyphenation)
        return self if origin is None else replace(self, text=text, origin=origin)

    def place(self, start: int, end: int) -> Place:
        start, end = self.span(start, end)
        return Place(kind=self.kind, comment_id=self.comment_id, attachment=self.attachment, start=start, end=end)

    @property
    def written(self) -> str:
        """The text as it was written."""
        return self.text if self.origin is None else self.origin.text

    def quote(self, start: int, end: int) -> str:
        """The words of `text[start:end]` as they were written."""
        start, end = self.span(start, end)
        return self.written[start:end]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where `text[start:end]` stands in `written`."""
        return (start, end) if self.origin is None else self.origin.span(start, end)


def read(ticket: Ticket, *, draft_requested: bool) -> tuple[tuple[Text, ...], tuple[Reason, ...]]:
    """The texts in the order of the ticket, and what was left unread."""
    subject = ticket.subject or ""
    by_client = speaker(ticket, Place(kind="subject")) == "client"
    texts = [Text(subject, "subject", second_hand=not by_client)]
    # A follow-up's first comment answers the ticket before: what it quotes was reported there, unless it is forwarded.
    first = not follows_up(ticket) or is_forward(subject)
    for comment in ticket.comments:
        who = provenance(ticket, comment, everyones=draft_requested)
        if who is not None:
            body = _body(comment) if who != "merged" else _merged(comment)
            # Theirs to our answer, in the midst of a ticket.
            if not first and is_automatic("", body):
                continue
            words, uncut = _own_words(subject, body, first=first)
            second_hand = who in SECOND_HAND
            # An agent's macro or copy of our reply is no evidence either.
            if who == "client" or not repeats_us(words):
                texts.append(Text(words, "comment", comment.id, second_hand=second_hand, uncut=uncut))
            texts.extend(_attachments(ticket, comment, second_hand=second_hand))
        first = False
    if not ticket.comments and ticket.description:
        words, uncut = _own_words(subject, ticket.description, first=first)
        texts.append(Text(words, "comment", uncut=uncut))
    kept, cut = _bounded(_without_automatic(subject, texts))
    names = {file.id: file.file_name for comment in ticket.comments for file in comment.attachments}
    skipped = tuple(
        UnreadReason.IN(name=names.get(file) or Detail.FILE_WITHOUT_NAME(), why=why)
        for file, why in ticket.attachments_unread.items()
    )
    return kept, cut + skipped + ((ticket.conversation_unread,) if ticket.conversation_unread else ())


# Half of a surrogate pair is no character: a ticket's model refuses it, a text from elsewhere may hold it.
_HALVES = regex("[\\ud800-\\udfff]")


def read_plain(subject: str, body: str) -> tuple[tuple[Text, ...], tuple[Reason, ...]]:
    subject, body = (part if fits_latin_1(part) else _HALVES.sub("?", part) for part in (subject, body))
    words, uncut = _own_words(subject, body, first=True)
    texts = [Text(subject, "subject"), Text(words, "comment", 1, uncut=uncut)]
    return _bounded(_without_automatic(subject, texts))


def _without_automatic(subject: str, texts: list[Text]) -> list[Text]:
    """Out-of-office notes, receipts and bounces are nobody's report; nor is a subject that repeats our own reply."""
    if is_automatic(subject, next((text.text for text in texts if text.kind == "comment"), "")):
        return []
    return [text for text in texts if text.kind != "subject" or not is_ours(text.text)]


def is_evidence(ticket: Ticket, comment: Comment, *, draft_requested: bool) -> bool:
    """The requester's side counts, at first or second hand, and where an agent asked for a draft, everyone but us."""
    return provenance(ticket, comment, everyones=draft_requested) is not None


def _body(comment: Comment) -> str:
    plain_body = comment.plain_body or comment.body
    return with_words_of(page(comment.html_body), plain_body) if comment.html_body else plain_body


_ONE_QUOTED = regex(r"(?m)^[ \t]{0,3}>")


def _merged(comment: Comment) -> str:
    """A merge's words: what it quotes is the report, so one step of quotation is taken away."""
    body = visible_text(comment.html_body, keep_quotes=True) if comment.html_body else _body(comment)
    return _ONE_QUOTED.sub(lambda mark: " " * len(mark[0]), without_merge_sentence(comment, body))


def _attachments(ticket: Ticket, comment: Comment, *, second_hand: bool) -> list[Text]:
    return [
        Text(
            decoded(ticket.attachment_texts[file.id]),
            "attachment",
            comment.id,
            file.file_name,
            second_hand,
        )
        for file in comment.attachments
        if file.id in ticket.attachment_texts and not (second_hand and is_our_file(file.file_name))
    ]


def _own_words(subject: str, body: str, *, first: bool) -> tuple[str, str]:
    """What its writer wrote now, and the whole with its history: in later comments the ticket has told that before."""
    if body.lstrip()[:1] == "<" and _is_html(body):
        body = visible_text(body)
    whole = decoded(body)
    words = without_history(whole, keep_forwarded=first and is_forward(subject), first=first)
    # Our own reply in the history is no report, whoever quotes it.
    told_before = first and words != whole and len(words) == len(whole) and quotes_history(whole) and not is_ours(whole)
    return words, whole if told_before else ""


_HTML = regex(
    r"\s{0,400}(?:<!--[^>]{0,400}-->\s{0,40})?"
    r"<(?:!doctype html|html|head|body|div|p|br|table|span|blockquote|font|h[1-6]|ul|ol|meta|center)[\s/>]",
    re.IGNORECASE,
)


def _is_html(body: str) -> bool:
    """Somebody pasted the source of a page or a mail; XML begins with other tags."""
    return _HTML.match(body) is not None


def _name(text: Text) -> str | Reason:
    if text.attachment:
        return text.attachment
    return Detail.COMMENT(comment=text.comment_id) if text.comment_id else Detail.SUBJECT()


def _bounded(texts: list[Text]) -> tuple[tuple[Text, ...], tuple[Reason, ...]]:
    """Each text composed (one character a letter) and cut to its two ends where it is too long; the cut is reported."""
    kept: list[Text] = []
    unread: list[Reason] = []
    for text in texts:
        content = text.text if fits_latin_1(text.text) else unicodedata.normalize("NFC", text.text)
        if content is not text.text or len(content) > MOST:
            text = replace(text, uncut="")
        if len(content) > MOST:
            why = UnreadReason.MIDDLE_CUT_OF(count=len(content) - MOST, total=len(content))
            unread.append(UnreadReason.IN(name=_name(text), why=why))
            content = both_ends(content, MOST)
        if content.strip():
            kept.append(text if content == text.text else replace(text, text=content))
    return tuple(kept), tuple(unread)
