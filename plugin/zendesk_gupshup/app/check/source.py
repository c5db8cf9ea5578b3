"""An app as files: out of a folder, or out of a zip. A hostile zip is read within bounds and never unpacked to disk."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

# An app of ours has a few kB; Zendesk's own limit is not documented.
MOST_FILES = 2000
MOST_BYTES = 64 * 1024 * 1024


class PackageUnreadable(ValueError):
    """The folder or zip cannot be read at all. The message names it and says why."""


@dataclass(frozen=True)
class PackagedFile:
    """`name`: its path in the package, with `/`. The content of a link is empty: it is not followed."""

    name: str
    content: bytes
    is_link: bool = False


def read_package(path: Path) -> tuple[PackagedFile, ...]:
    """Every file of the folder or zip, folders themselves left out. Raises `PackageUnreadable`."""
    try:
        if path.is_dir():
            return tuple(_within_bounds(_from_folder(path), path))
        return tuple(read_zip(path.read_bytes(), str(path)))
    except OSError as error:
        raise PackageUnreadable(f"{path}: cannot be read: {error.strerror or type(error).__name__}") from None


def read_zip(content: bytes, name: str = "the package") -> Iterator[PackagedFile]:
    """Raises `PackageUnreadable`."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            yield from _within_bounds(_from_zip(archive), name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError) as error:
        # A damaged file, an unknown method, a password.
        raise PackageUnreadable(f"{name}: not a zip that can be read ({type(error).__name__})") from None


def _from_zip(archive: zipfile.ZipFile) -> Iterator[PackagedFile]:
    left = MOST_BYTES
    for row in archive.infolist():
        if row.is_dir():
            continue
        # What the zip says of the size may be a lie.
        with archive.open(row) as file:
            content = file.read(left + 1)
        left -= len(content)
        is_link = stat.S_ISLNK(row.external_attr >> 16)
        yield PackagedFile(row.filename, b"" if is_link else content, is_link)


def _from_folder(folder: Path) -> Iterator[PackagedFile]:
    pending = [folder]
    while pending:
        for path in sorted(pending.pop().iterdir()):
            name = path.relative_to(folder).as_posix()
            if path.is_symlink():
                yield PackagedFile(name, b"", is_link=True)
            elif path.is_dir():
                pending.append(path)
            elif path.is_file():
                with path.open("rb") as file:
                    yield PackagedFile(name, file.read(MOST_BYTES + 1))


def _within_bounds(files: Iterator[PackagedFile], name: object) -> Iterator[PackagedFile]:
    count, size = 0, 0
    for file in files:
        count, size = count + 1, size + len(file.content)
        if count > MOST_FILES or size > MOST_BYTES:
            limit = f"{MOST_FILES:,} files or {MOST_BYTES // 1024**2} MB"
            raise PackageUnreadable(f"{name}: more than {limit}; is this the app's folder?")
        yield file
