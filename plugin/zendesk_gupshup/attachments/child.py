"""The process in which hostile files are read: `python -m zendesk_gupshup.attachments.child documents|pictures ...`.

It gets files over the socket that is its standard input and answers each with words or a reason. First it loads all
that reading takes and says that it is ready: the seconds for a file count from then. It holds no secret, may use a
bounded memory, connects nowhere, starts nothing, and ends when the socket closes or nothing comes for long.
"""

from __future__ import annotations

import json
import resource
import socket
import struct
import sys
from collections.abc import Callable

from zendesk_gupshup.model.unread_reasons import UnreadReason

from .limits import FILE_TEXT, LIMITS, FileText

# Lengths of what follows: the head, a JSON object, and the file.
HEAD = struct.Struct(">II")
ANSWER = struct.Struct(">I")
READY = b"."
_MOST_HEAD = 16 * 1024
# Bytes of any file that it may write; it has nothing to write.
_MOST_WRITTEN = 1024 * 1024
_FORBIDDEN = frozenset(
    {
        "socket.connect",
        "socket.bind",
        "socket.getaddrinfo",
        "subprocess.Popen",
        "os.system",
        "os.exec",
        "os.fork",
        "os.posix_spawn",
    }
)

# A name, a content type, the file, and the seconds that reading may take.
Reader = Callable[[str, str, bytes, float], FileText]


def main(what: str, memory: int, idle: float) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MOST_WRITTEN, _MOST_WRITTEN))
    sys.addaudithook(_refuse)
    read = _pictures() if what == "pictures" else _documents()
    with socket.socket(fileno=0) as parent:
        parent.sendall(READY)
        parent.settimeout(idle)
        while _serve_one(parent, read):
            pass


def _refuse(event: str, _arguments: tuple[object, ...]) -> None:
    if event in _FORBIDDEN:
        raise PermissionError(f"{event}: a reader of files has no business with it")


def _serve_one(parent: socket.socket, read: Reader) -> bool:
    """Read one file; whether there may be another."""
    try:
        head_length, length = HEAD.unpack(receive(parent, HEAD.size))
        head = json.loads(receive(parent, min(head_length, _MOST_HEAD)))
        data = receive(parent, length)
    except (TimeoutError, EOFError):
        return False
    reading = _read_safely(read, head["name"], head["content_type"], data, float(head["seconds"]))
    answer = FILE_TEXT.dump_json(reading)
    parent.sendall(ANSWER.pack(len(answer)) + answer)
    return True


def _read_safely(read: Reader, name: str, content_type: str, data: bytes, seconds: float) -> FileText:
    try:
        return read(name, content_type, data, seconds)
    except MemoryError:
        return FileText(unread=(UnreadReason.TOO_MUCH_MEMORY(),))
    except Exception:  # noqa: BLE001 - whatever a parser makes of a hostile file says only that it cannot be read
        return FileText(unread=(UnreadReason.BROKEN(),))


def receive(peer: socket.socket, length: int) -> bytes:
    """Exactly so many bytes. Raises `EOFError` where the other side is gone."""
    pieces: list[bytes] = []
    while length:
        piece = peer.recv(min(length, 256 * 1024))
        if not piece:
            raise EOFError
        pieces.append(piece)
        length -= len(piece)
    return b"".join(pieces)


def _documents() -> Reader:
    # Loaded now: together they take a second, and on a busy machine more than a file may.
    import pypdf  # noqa: F401 - loaded ahead of the limits
    import python_calamine  # noqa: F401 - loaded ahead of the limits

    import zendesk_gupshup.detect.html_text  # noqa: F401 - loaded ahead of the limits

    from . import read
    from .formats import html, mail, office, pdf, spreadsheets  # noqa: F401 - loaded ahead of the limits

    return lambda name, content_type, data, _seconds: read(name, content_type, data)


def _pictures() -> Reader:
    from .formats.pictures import PictureReader

    pictures = PictureReader(LIMITS)
    pictures.load()
    return lambda _name, _content_type, data, seconds: pictures.read(data, seconds)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
