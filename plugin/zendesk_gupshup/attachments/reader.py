"""The files of a ticket: which are fetched, their text, and why others were not read.

A file never fails its ticket: what cannot be fetched or read becomes a line in the note. What fails for the moment is
retried with the ticket, until the file is given up.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Container, Iterator, Mapping
from typing import Protocol

from pydantic import Field

from zendesk_gupshup.detect.reading import is_evidence
from zendesk_gupshup.model.base import StrictModel
from zendesk_gupshup.model.detection_reasons import Doubt
from zendesk_gupshup.model.finding import Confidence, Detection, Evidence, Finding
from zendesk_gupshup.model.retryable import RetryableReason
from zendesk_gupshup.model.ticket import Attachment, Ticket
from zendesk_gupshup.model.unread_reasons import UnreadReason
from zendesk_gupshup.text.truncation import unfinished
from zendesk_gupshup.zendesk.errors import Busy, Unreachable, ZendeskError

from . import FileKind, FileText, is_read_whole, kind_of, needs_child, read, unreadable_by_name
from .failed_attempts import FailedAttempts
from .formats.pictures import can_read_pictures
from .limits import LEAST_PICTURE
from .reader_pool import ReaderPool
from .reader_process import MEGABYTE, ReaderProcess

# The cache of texts, so that the next visit of the ticket fetches nothing: files, and characters.
_KEPT_FILES = 512
_KEPT_CHARACTERS = 16 * MEGABYTE
# The files of one ticket may take so many seconds in all; the rest is read at the next attempt.
_SECONDS_A_TICKET = 60.0
# At the first attempt; a file that needs more gets as much again at each further one.
_DOCUMENT_SECONDS, _DOCUMENT_MEMORY = 5.0, 512 * MEGABYTE
_PICTURE_SECONDS, _PICTURE_MEMORY = 20.0, 2048 * MEGABYTE
_MOST_EXTENSIONS = 3


class FileRules(StrictModel):
    """The section `[reading]`."""

    attachments: bool = Field(default=True, description="Read what is attached to a ticket.")
    pictures: bool = Field(default=True, description="Read pictures, too, where the extra `ocr` is installed.")
    max_file_bytes: int = Field(2 * MEGABYTE, ge=1024, le=20 * MEGABYTE, description="Bytes of one file at most.")
    max_files: int = Field(10, ge=1, le=100, description="Files of one ticket at most, the newest first.")
    readers: int = Field(
        2,
        ge=1,
        le=8,
        description="Processes that read documents at the same time, and as many for pictures, each started when it is "
        "needed; one for pictures takes about 600 MB.",
    )


class FileSource(Protocol):
    def attachment(self, attachment: Attachment, limit: int) -> bytes: ...


class FileReader:
    """Reads the files of tickets, for any number of threads, and caches their texts."""

    def __init__(self, rules: FileRules | None = None, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._rules = rules or FileRules()
        self._monotonic = monotonic
        self._documents = ReaderPool(
            lambda: ReaderProcess("documents", seconds=_DOCUMENT_SECONDS, memory=_DOCUMENT_MEMORY),
            most=self._rules.readers,
        )
        self._pictures = ReaderPool(
            lambda: ReaderProcess("pictures", seconds=_PICTURE_SECONDS, memory=_PICTURE_MEMORY),
            most=self._rules.readers,
        )
        self._failures = FailedAttempts(monotonic)
        self._reads_pictures = self._rules.pictures and can_read_pictures()
        self._kept: OrderedDict[int, tuple[FileKind, FileText]] = OrderedDict()
        self._characters = 0
        self._lock = threading.Lock()

    def close(self) -> None:
        """Stop the reading processes; a later file starts them again."""
        self._documents.close()
        self._pictures.close()

    def read(self, source: FileSource, ticket: Ticket, *, everyones: bool = False, last: bool = False) -> Ticket:
        """The ticket with the texts of its files: those of the requester's side, or everyone's for a draft.

        A ticket without files, or one that is closed, is returned as it is, without a request. `last`: there is no
        further attempt, and what cannot be read now is given up.
        """
        files = list(_files(ticket, everyones=everyones)) if self._rules.attachments else []
        if not files or ticket.status in ("closed", "deleted"):
            return ticket
        deadline = self._monotonic() + _SECONDS_A_TICKET
        most = self._rules.max_files
        read = {file.id: (_OTHER, FileText(unread=(UnreadReason.TOO_MANY_FILES(count=most),))) for file in files}
        client = ticket.organization_id or ticket.requester_id or ticket.id
        # A file that failed before comes last, so that it cannot use up the others' time.
        for file in sorted(files[:most], key=lambda file: self._failures.own_fault(file.id)):
            read[file.id] = self._cached_or_read(source, file, client, deadline)
        return ticket.model_copy(update=self._as_fields(read, last=last))

    def _as_fields(self, read: Mapping[int, tuple[FileKind, FileText]], *, last: bool) -> dict[str, object]:
        waiting: dict[int, RetryableReason] = {}
        given_up: dict[int, RetryableReason] = {}
        for number, (_, reading) in read.items():
            if reading.retryable is None:
                self._failures.forget(number)
            elif self._failures.count(number, reading.retryable) >= reading.retryable.attempts or last:
                given_up[number] = reading.retryable
            else:
                waiting[number] = reading.retryable
        return {
            "attachment_texts": {n: reading.text for n, (_, reading) in read.items() if reading.text},
            "attachments_unread": {n: reading.unread for n, (_, reading) in read.items() if reading.unread},
            "picture_texts": frozenset(n for n, (kind, r) in read.items() if r.text and kind.name == "picture"),
            "attachments_waiting": waiting,
            "attachments_given_up": given_up,
            "attachments_missed": frozenset(n for n, (_, reading) in read.items() if _is_missed(n, reading, given_up)),
        }

    def _cached_or_read(
        self, source: FileSource, file: Attachment, client: int, deadline: float
    ) -> tuple[FileKind, FileText]:
        expected = unreadable_by_name(file.file_name, file.content_type)
        if file.deleted or file.malware_scan_result == "malware_found":
            return _OTHER, FileText(unread=() if file.deleted else (UnreadReason.MALWARE(),))
        if expected and expected.name == "other":
            return expected, FileText(unread=expected.unread)
        if expected and not self._reads_pictures:
            return expected, self._why_no_picture()
        if file.size > self._rules.max_file_bytes and is_read_whole(file.file_name):
            return _OTHER, self._too_large()
        with self._lock:
            if file.id in self._kept:
                self._kept.move_to_end(file.id)
                return self._kept[file.id]
        left = deadline - self._monotonic()
        if left <= 0:
            return _OTHER, _NO_TIME_LEFT
        try:
            data = source.attachment(file, self._rules.max_file_bytes + 1)
        except Busy:
            # Our own rate limit or shutdown: the whole ticket has to wait.
            raise
        except ZendeskError as error:
            if error.account_wide:
                raise
            status = error.status
            why = UnreadReason.NOT_FETCHED_STATUS(status=status) if status else UnreadReason.NOT_FETCHED()
            retryable = RetryableReason.NOT_FETCHED if isinstance(error, Unreachable) else None
            return _OTHER, FileText(unread=(why,), retryable=retryable)
        kind, reading = self._read(file, data, client, deadline)
        if reading.retryable is None:
            self._keep(file.id, kind, reading)
        return kind, reading

    def _read(self, file: Attachment, data: bytes, client: int, deadline: float) -> tuple[FileKind, FileText]:
        limit = self._rules.max_file_bytes
        cut, data = len(data) > limit, data[:limit]
        kind = kind_of(file.file_name, file.content_type, data)
        if cut and kind.name not in ("text", "html", "other"):
            return kind, self._too_large()
        if kind.name == "picture" and not self._reads_pictures:
            return kind, self._why_no_picture()
        if kind.name == "picture" or needs_child(kind):
            picture = kind.name == "picture"
            seconds = _PICTURE_SECONDS if picture else _DOCUMENT_SECONDS
            reading = (self._pictures if picture else self._documents).read(
                file.file_name,
                file.content_type,
                data,
                client=client,
                wait_seconds=deadline - self._monotonic(),
                seconds=seconds * min(1 + self._failures.own_fault(file.id), _MOST_EXTENSIONS),
            )
        else:
            reading = read(file.file_name, file.content_type, data)
        if cut and reading.text:
            reading = FileText(unfinished(reading.text), (UnreadReason.START_ONLY(kilobytes=limit // 1024),))
        return kind, reading

    def _too_large(self) -> FileText:
        return FileText(unread=(UnreadReason.TOO_LARGE(kilobytes=self._rules.max_file_bytes // 1024),))

    def _why_no_picture(self) -> FileText:
        return FileText(
            unread=((UnreadReason.PICTURE_NEEDS_EXTRA if self._rules.pictures else UnreadReason.PICTURES_OFF)(),)
        )

    def _keep(self, file_id: int, kind: FileKind, reading: FileText) -> None:
        with self._lock:
            self._forget(file_id)
            self._kept[file_id] = (kind, reading)
            self._characters += len(reading.text)
            while len(self._kept) > _KEPT_FILES or self._characters > _KEPT_CHARACTERS:
                self._forget(next(iter(self._kept)))

    def _forget(self, file_id: int) -> None:
        if file_id in self._kept:
            self._characters -= len(self._kept.pop(file_id)[1].text)


_OTHER = FileKind("other")
_NO_TIME_LEFT = FileText(unread=(UnreadReason.NO_TIME_LEFT(),), retryable=RetryableReason.NO_TIME_LEFT)


def _is_missed(number: int, reading: FileText, given_up: Container[int]) -> bool:
    """Whether an agent has to look at the file. One without words counts as read, and so does one of which a part was
    read, unless only the time ran out."""
    if reading.retryable is not None:
        return number in given_up
    return bool(reading.unread) and not reading.text and not reading.empty


def _files(ticket: Ticket, *, everyones: bool) -> Iterator[Attachment]:
    """The files that count, newest first, without the logos of signatures."""
    for comment in reversed(ticket.comments):
        if is_evidence(ticket, comment, draft_requested=everyones):
            for file in reversed(comment.attachments):
                if not (file.content_type.lower().startswith("image/") and 0 < file.size < LEAST_PICTURE):
                    yield file


# --- What was read, in what was found ------------------------------------------------------------------------


def less_certain_in_pictures(detection: Detection, ticket: Ticket) -> Detection:
    """A finding that rests on pictures alone is one step less certain: a misread digit is another code.

    A finding's evidence is of its own confidence throughout, so one that also stands in a text keeps it.
    """
    pictures = {
        (comment.id, file.file_name)
        for comment in ticket.comments
        for file in comment.attachments
        if file.id in ticket.picture_texts
    }
    if not pictures:
        return detection
    findings = tuple(
        _less_certain(finding) if all(_in_picture(e, pictures) for e in finding.evidence) else finding
        for finding in detection.findings
    )
    return detection.model_copy(update={"findings": findings})


def _in_picture(evidence: Evidence, pictures: set[tuple[int, str]]) -> bool:
    place = evidence.place
    return place.kind == "attachment" and (place.comment_id, place.attachment) in pictures


def _less_certain(finding: Finding) -> Finding:
    lower = Confidence.LIKELY if finding.confidence is Confidence.CERTAIN else Confidence.POSSIBLE
    if lower is finding.confidence:
        return finding
    return finding.model_copy(update={"confidence": lower, "against": (*finding.against, Doubt.FROM_PICTURE())})
