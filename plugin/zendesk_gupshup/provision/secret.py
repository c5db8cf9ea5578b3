"""The webhook's signing secret in the state directory: `setup apply` writes it, `serve` reads it."""

from __future__ import annotations

import os
from pathlib import Path

FILE = "webhook-secret"


def keep_secret(state: Path, secret: str) -> bool:
    """Write the secret atomically, readable for the owner alone; whether the file changed."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = state / FILE
    if kept_secret(state) == secret and path.stat().st_mode & 0o077 == 0:
        return False
    draft = state / f"{FILE}.{os.getpid()}"
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(f"{secret}\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return True


def kept_secret(state: Path) -> str | None:
    """The secret that `setup apply` wrote, if any. Raises `OSError` if it cannot be read."""
    path = state / FILE
    try:
        return path.read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OSError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise OSError(f"{path} cannot be read: it is not a signing secret") from None


def open_to_others(state: Path) -> bool:
    """Whether others than the owner may read the file."""
    path = state / FILE
    return path.exists() and bool(path.stat().st_mode & 0o077)


def forget_secret(state: Path) -> bool:
    """Remove the secret; whether there was one."""
    path = state / FILE
    existed = path.exists()
    path.unlink(missing_ok=True)
    return existed
