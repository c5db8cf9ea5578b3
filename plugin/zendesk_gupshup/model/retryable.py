"""Why a file could not be read for the moment, and how often that is tried again before the file counts as unread."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class RetryableReason(StrEnum):
    """A reason that passes by itself, as a timeout does; what lies in the file, such as a password, is none.

    After so many `attempts` the file is given up; with the worker's backoff 4 take a minute, 8 twenty. What may well be
    the file's own fault is given up sooner: each attempt costs others the reader.
    """

    attempts: int

    def __new__(cls, value: str, attempts: int) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.attempts = attempts
        return member

    NOT_FETCHED = "not_fetched", 8
    READER_BUSY = "reader_busy", 12
    READER_NOT_READY = "reader_not_ready", 8
    READER_ENDED = "reader_ended", 4
    TOO_SLOW = "too_slow", 4
    NO_TIME_LEFT = "no_time_left", 12
