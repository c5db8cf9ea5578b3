"""Why a file could not be read for the moment, and how often that is tried again before the file counts as unread."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class RetryableReason(StrEnum):
    """A reason that passes by itself, as a timeout does; what lies in the file, such as a password, is none."""

    NOT_FETCHED = "not_fetched"
    READER_BUSY = "reader_busy"
    READER_NOT_READY = "reader_not_ready"
    READER_ENDED = "reader_ended"
    TOO_SLOW = "too_slow"
    NO_TIME_LEFT = "no_time_left"

    @property
    def attempts(self) -> int:
        """After so many attempts the file is given up. With the worker's backoff 4 take a minute, 8 twenty."""
        return _ATTEMPTS[self]


# What may well be the file's own fault is given up sooner: each attempt costs others the reader.
_ATTEMPTS: Mapping[RetryableReason, int] = MappingProxyType(
    {
        RetryableReason.NOT_FETCHED: 8,
        RetryableReason.READER_BUSY: 12,
        RetryableReason.READER_NOT_READY: 8,
        RetryableReason.READER_ENDED: 4,
        RetryableReason.TOO_SLOW: 4,
        RetryableReason.NO_TIME_LEFT: 12,
    }
)
