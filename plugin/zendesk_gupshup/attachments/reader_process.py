"""Read a file in a child process that is killed when it takes too long, and started again for the next file."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
import weakref
from typing import Literal

from zendesk_gupshup.model.retryable import RetryableReason
from zendesk_gupshup.model.unread_reasons import UnreadReason

from .child import ANSWER, HEAD, READY, receive
from .limits import FILE_TEXT, FileText

MEGABYTE = 1024 * 1024
_MOST_ANSWER = 8 * MEGABYTE
# The part of the environment that the child gets: where libraries lie, and no secret.
_INHERITED = ("PATH", "HOME", "LANG", "LC_", "TMPDIR", "PYTHON", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "COVERAGE_")

TOO_SLOW = FileText(unread=(UnreadReason.TOO_SLOW(),), retryable=RetryableReason.TOO_SLOW)
# A crash by the file and a kill from outside cannot be told apart.
BROKEN = FileText(unread=(UnreadReason.READER_ENDED(),), retryable=RetryableReason.READER_ENDED)
BUSY = FileText(unread=(UnreadReason.READER_BUSY(),), retryable=RetryableReason.READER_BUSY)
NOT_READY = FileText(unread=(UnreadReason.READER_NOT_READY(),), retryable=RetryableReason.READER_NOT_READY)


class ReaderProcess:
    """One process for any number of threads, which take turns. The first file starts it, and it exits after `idle`
    seconds without one, which frees its memory. Starting takes at most `start_seconds`, on top of a file's own time."""

    def __init__(
        self,
        what: Literal["documents", "pictures"],
        *,
        seconds: float,
        memory: int,
        idle: float = 120.0,
        start_seconds: float = 60.0,
    ) -> None:
        self._command = [sys.executable, "-m", f"{__package__}.child", what, str(memory), str(idle)]
        self._seconds, self._start_seconds = seconds, start_seconds
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._end: weakref.finalize[..., ReaderProcess] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.poll() is None else None

    def read(
        self, name: str, content_type: str, data: bytes, *, wait_seconds: float = 60.0, seconds: float | None = None
    ) -> FileText:
        """The file's text, within `seconds` of reading after `wait_seconds` of waiting for a turn. Never raises."""
        if not self._turn.acquire(timeout=max(wait_seconds, 0)):
            return BUSY
        try:
            seconds = self._seconds if seconds is None else seconds
            head = json.dumps({"name": name[-200:], "content_type": content_type[:200], "seconds": seconds}).encode()
            message = HEAD.pack(len(head), len(data)) + head + data
            fresh = self.pid is None
            reading = self._exchange(message, seconds)
            if reading is None and not fresh:
                # It may have exited just now, as it was idle.
                reading = self._exchange(message, seconds)
            return reading or BROKEN
        finally:
            self._turn.release()

    def close(self) -> None:
        with self._turn:
            self._stop()

    def _exchange(self, message: bytes, seconds: float) -> FileText | None:
        """The answer; none where the process ended instead."""
        peer = self._ready_socket()
        if peer is None:
            return NOT_READY
        deadline = time.monotonic() + seconds
        try:
            peer.settimeout(seconds)
            peer.sendall(message)
            (length,) = ANSWER.unpack(self._receive(peer, ANSWER.size, deadline))
            if length > _MOST_ANSWER:
                raise EOFError
            return FILE_TEXT.validate_json(self._receive(peer, length, deadline))
        except TimeoutError:
            self._stop()
            return TOO_SLOW
        except (OSError, EOFError, ValueError):
            self._stop()
            return None

    def _receive(self, peer: socket.socket, length: int, deadline: float) -> bytes:
        peer.settimeout(max(0.001, deadline - time.monotonic()))
        return receive(peer, length)

    def _ready_socket(self) -> socket.socket | None:
        """The socket of a process that is ready; none where it did not start in time."""
        if self._socket is not None and self.pid is not None:
            return self._socket
        self._stop()
        try:
            ours = self._start()
            ready = self._receive(ours, len(READY), time.monotonic() + self._start_seconds) == READY
        except (OSError, EOFError):
            ready = False
        if not ready:
            self._stop()
        return self._socket

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                self._command,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                # Parsers warn in the customer's own words.
                stderr=subprocess.DEVNULL,
                env={name: value for name, value in os.environ.items() if name.startswith(_INHERITED)},
                close_fds=True,
            )
        self._socket = ours
        self._end = weakref.finalize(self, _kill, self._process, ours)
        return ours

    def _stop(self) -> None:
        if self._end is not None:
            self._end()
        self._end = self._process = self._socket = None


def _kill(process: subprocess.Popen[bytes], peer: socket.socket) -> None:
    peer.close()
    process.kill()
    process.wait()
